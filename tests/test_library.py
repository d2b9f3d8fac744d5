"""Lessons and figures by name and by path, told from their source without running it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from derivviz import library
from derivviz.errors import DerivvizError, UsageError

LESSON = '''\
"""Rates of change · 변화율

How fast it changes.

얼마나 빨리 변하는지.
"""
raise SystemExit("a listed file was run")


class Rates:
    requires: tuple[str, ...] = ("loss", "grad/fc1.weight/norm")

    class Parameters:
        speed: float = parameter(-2.5, "how fast", unit="m/s")
        start: float = parameter(1.0, "where from", flag="from")
        slow_down: int = parameter(3, "a longer name")
'''


@pytest.fixture
def house(tmp_path, monkeypatch) -> Path:
    (tmp_path / "scenes").mkdir()
    monkeypatch.setattr(library, "folder", lambda kind: tmp_path / kind)
    (tmp_path / "scenes" / "rates_of_change.py").write_text(LESSON, encoding="utf-8")
    (tmp_path / "scenes" / "another.py").write_text('"""Another."""\n', encoding="utf-8")
    (tmp_path / "scenes" / "_shared.py").write_text('"""No lesson."""\n', encoding="utf-8")
    return tmp_path


def test_a_lesson_is_told_without_running_it(house):
    one, other = library.entries("scenes")
    assert one.name == "another"
    assert other.name == "rates_of_change"
    assert other.title == {"en": "Rates of change", "ko": "변화율"}
    assert other.summary == {"en": "How fast it changes.", "ko": "얼마나 빨리 변하는지."}
    assert other.requires == ("loss", "grad/fc1.weight/norm")
    told = [(o.flag, o.default, o.help) for o in other.options]
    assert told == [
        ("speed", "-2.5", "how fast [m/s]"),
        ("from", "1.0", "where from"),
        ("slow-down", "3", "a longer name"),
    ]


def test_a_docstring_in_one_language_serves_for_both(house):
    entry = library.entries("scenes")[0]
    assert entry.title == {"en": "Another", "ko": "Another"}
    assert entry.summary == {"en": "", "ko": ""}
    assert entry.requires == entry.options == ()


def test_a_file_without_a_docstring_is_called_by_its_name(tmp_path):
    path = tmp_path / "bare.py"
    path.write_text("x = 1\n")
    assert library.read(path).title["en"] == "bare"


def test_requires_of_a_module(tmp_path):
    path = tmp_path / "figure.py"
    path.write_text('requires = ("loss",)\n')
    assert library.read(path).requires == ("loss",)


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ('a: float = parameter(default=2.0, help="how much")', ("a", "2.0", "how much")),
        ('a: float = parameter(2.0, help="how much")', ("a", "2.0", "how much")),
        ('a: float = parameter(math.pi, "how much")', ("a", "math.pi", "how much")),
        ('a: float = parameter(2.0, "how" + MUCH)', ("a", "2.0", "'how' + MUCH")),
        ('a: float = animation.parameter(2.0, "how much")', ("a", "2.0", "how much")),
        ('a: float = parameter(2.0, "how much", flag="my_flag")', ("my-flag", "2.0", "how much")),
        ("a: float = field(default=1)", None),
        ("a: list = list()", None),
        ("a: float = 3.0", None),
    ],
)
def test_parameters_are_read_however_they_are_written(tmp_path, line, option):
    path = tmp_path / "own.py"
    path.write_text(f"class Own:\n    class Parameters:\n        {line}\n")
    told = [(o.flag, o.default, o.help) for o in library.read(path).options]
    assert told == ([option] if option else [])


def test_listed_options_are_those_that_are_filled(tmp_path):
    """What `derivviz list` and `--help` tell is what the lesson takes."""
    from dataclasses import make_dataclass

    from derivviz.parameters import fill, parameter

    made = make_dataclass(
        "Made", [("a_b", float, parameter(1.0, "x")), ("c", float, parameter(1.0, "y", flag="d_e"))]
    )
    assert fill(made, {"a-b": "2", "d-e": "3"}) == made(2.0, 3.0)


@pytest.mark.parametrize("source", [b"def broken(:\n", b"\xff\xfe\x00", b"x = '\x00'\n"])
def test_what_is_not_python_is_told(tmp_path, source):
    path = tmp_path / "broken.py"
    path.write_bytes(source)
    with pytest.raises(DerivvizError, match=r"broken\.py is not Python that can be read"):
        library.read(path)


def test_found_by_name_with_dashes_or_underscores(house):
    path = house / "scenes" / "rates_of_change.py"
    assert library.find("scenes", "rates_of_change") == path
    assert library.find("scenes", "rates-of-change") == path


def test_an_unknown_name_tells_the_nearest_and_the_list(house):
    with pytest.raises(UsageError, match=r"no lesson 'anoter'\. Did you mean 'another'\? 'derivviz list'"):
        library.find("scenes", "anoter")
    with pytest.raises(UsageError, match=r"no lesson 'qqqq'\. 'derivviz list' shows"):
        library.find("scenes", "qqqq")
    with pytest.raises(UsageError, match="no figure 'another'"):
        library.find("scripts", "another")
    with pytest.raises(UsageError, match="no lesson '_shared'"):
        library.find("scenes", "_shared")


def test_found_by_path(house, tmp_path, monkeypatch):
    own = tmp_path / "own.py"
    own.write_text("")
    assert library.find("scenes", str(own)) == own
    monkeypatch.chdir(tmp_path)
    assert library.find("scenes", "own.py") == Path("own.py")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert library.find("scenes", "~/own.py") == own
    for missing in ("other.py", "nowhere/own.py", str(tmp_path / "scenes") + "/"):
        with pytest.raises(UsageError, match="there is no file"):
            library.find("scenes", missing)


def test_loading_leaves_the_path_and_other_modules_alone(tmp_path):
    path = tmp_path / "json.py"  # a name that is taken
    path.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: float = 1.0\n"
    )
    import json

    before = list(sys.path)
    module = library.load(path)
    assert module.Point().x == 1.0
    assert sys.path == before
    assert sys.modules["json"] is json


def test_what_comes_with_derivviz_is_complete():
    lessons = {entry.name: entry for entry in library.entries("scenes")}
    assert {"tangent", "backprop"} <= set(lessons)
    assert lessons["tangent"].requires == ()
    assert [o.flag for o in lessons["tangent"].options] == ["function", "at", "from"]
    assert "time" in lessons["backprop"].requires  # of any recorded run
    for entry in [*lessons.values(), *library.entries("scripts")]:
        for told in (entry.title, entry.summary):
            hangul = {lang: any("가" <= letter <= "힣" for letter in told[lang]) for lang in ("en", "ko")}
            assert hangul == {"en": False, "ko": True}
            assert told["en"] != told["ko"]


# ---- lectures -------------------------------------------------------------------------------------------

LECTURE = """\
title = { en = "A talk", ko = "강연" }
summary = { en = "About it.", ko = "무엇인지." }
[[lesson]]
name = "tangent"
[[lesson]]
name = "backprop"
trace = "food.zarr"
"""


def test_a_lecture_is_told_from_its_file(house):
    (house / "lectures").mkdir()
    path = house / "lectures" / "talk.toml"
    path.write_text(LECTURE, encoding="utf-8")
    (told,) = library.entries("lectures")
    assert (told.name, told.title, told.summary) == (
        "talk",
        {"en": "A talk", "ko": "강연"},
        {"en": "About it.", "ko": "무엇인지."},
    )
    assert told.requires == ("food.zarr",)
    assert library.find("lectures", "talk") == path
    assert library.find("lectures", str(path)) == path
    with pytest.raises(UsageError, match=r"no lecture 'tulk'\. Did you mean 'talk'\?"):
        library.find("lectures", "tulk")
    with pytest.raises(UsageError, match=r"no file other\.toml"):
        library.find("lectures", "other.toml")
    path.write_text("title = ", encoding="utf-8")
    with pytest.raises(DerivvizError, match=r"talk\.toml is not TOML"):
        library.entries("lectures")
