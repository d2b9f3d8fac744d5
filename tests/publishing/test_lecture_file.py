"""The file of a lecture: read as it is meant, and answered with line and key where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivviz.errors import UsageError
from derivviz.publishing.lecture import read
from derivviz.publishing.table import line_of

GOOD = """\
title = { en = "A lecture", ko = "강의" }
summary = { en = "About it.", ko = "무엇인지." }
languages = ["ko", "en"]
theme = "paper"
quality = "m"
aspect = "9:16"
captions = false
reading_speed = { en = 12, ko = 7.5 }
opening = { en = "Hello.", ko = "안녕." }
closing = { en = "Bye.", ko = "끝." }

[[lesson]]
name = "tangent"
say = { en = "First.", ko = "먼저." }

[lesson.parameters]
function = "x^3"
at = -1
from = 2.5

[[lesson]]
name = "own/mine.py"
scene = "Mine"
title = { en = "Mine", ko = "나의 것" }
trace = "run.zarr"
"""

OWN = (
    '"""My own · 나만의 것\n\nIt.\n\n그것.\n"""\nfrom manim import Scene\n\n\nclass Mine(Scene):\n    pass\n'
)


@pytest.fixture
def write(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "run.zarr").mkdir()

    def write(text: str) -> Path:
        path = tmp_path / "talk.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_whole_file(write, tmp_path):
    told = read(write(GOOD))
    assert told.title == {"en": "A lecture", "ko": "강의"}
    assert told.languages == ("ko", "en")
    assert (told.theme, told.quality, told.aspect, told.captions) == ("paper", "m", "9:16", False)
    assert told.reading_speed == {"en": 12.0, "ko": 7.5}
    assert (told.opening, told.closing) == ({"en": "Hello.", "ko": "안녕."}, {"en": "Bye.", "ko": "끝."})
    one, other = told.lessons
    assert one.path.name == "tangent.py"
    assert one.title == {"en": "From secant to tangent", "ko": "할선에서 접선으로"}
    assert one.say == {"en": "First.", "ko": "먼저."}
    assert one.parameters == {"function": "x^3", "at": "-1", "from": "2.5"}
    assert (one.scene, one.trace) == (None, None)
    assert one.where == f"{tmp_path / 'talk.toml'}, line 12, lesson 1"
    assert other.path.resolve() == tmp_path / "own" / "mine.py"
    assert (other.scene, other.title, other.say) == ("Mine", {"en": "Mine", "ko": "나의 것"}, None)
    assert other.trace == tmp_path / "run.zarr"


def test_a_trace_may_lie_where_the_user_works(write, tmp_path, monkeypatch):
    (tmp_path / "work" / "renders" / "food.zarr").mkdir(parents=True)
    path = write(GOOD.replace("run.zarr", "renders/food.zarr"))
    monkeypatch.chdir(tmp_path / "own")
    with pytest.raises(UsageError, match=r"no trace renders/food\.zarr, .*'derivviz record food' makes one"):
        read(path)
    monkeypatch.chdir(tmp_path / "work")
    assert read(path).lessons[1].trace == Path("renders/food.zarr")


def test_the_shortest_file(write):
    told = read(write('title = { en = "A", ko = "가" }\n[[lesson]]\nname = "rules"\n'))
    assert (told.languages, told.captions) == (("en",), True)
    assert (told.theme, told.quality, told.aspect) == ("dark", "h", "16:9")
    assert (told.opening, told.closing, told.reading_speed) == (None, None, {})
    assert told.summary == {"en": "", "ko": ""}


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        ("theme =", "tehme =", "line 4, tehme", "there is no such key; did you mean 'theme'?"),
        ('theme = "paper"', 'theme = "pink"', "line 4, theme", "takes dark, paper, not 'pink'"),
        ('quality = "m"', "quality = 720", "line 5, quality", "takes l, m, h, p, k, not 720"),
        ('aspect = "9:16"', 'aspect = "4:3"', "line 6, aspect", "takes 16:9, 9:16, 1:1, not '4:3'"),
        ("captions = false", 'captions = "no"', "line 7, captions", "takes true or false, not 'no'"),
        ('["ko", "en"]', '["ko", "fr"]', "line 3, languages", 'takes ["en"], ["ko"] or both'),
        ('["ko", "en"]', '["ko", "ko"]', "line 3, languages", 'takes ["en"], ["ko"] or both'),
        ('["ko", "en"]', '[\n "ko",\n 3,\n]', "line 6, languages", 'takes ["en"], ["ko"] or both'),
        ("ko = 7.5", "ko = 0", "line 8, reading_speed.ko", "takes characters a second from 1 to 100, not 0"),
        ("ko = 7.5", "fr = 9", "line 8, reading_speed.fr", "there is no such key"),
        ('{ en = "Hello.", ko = "안녕." }', '"Hello."', "line 9, opening", "takes words in both languages"),
        (', ko = "끝." }', "}", "line 10, closing", "takes words in both languages"),
        ('ko = "강의"', 'ko = ""', "line 1, title", "takes words in both languages"),
        ('title = { en = "A l', 'titel = { en = "A l', "line 1, titel", "did you mean 'title'?"),
        ('name = "tangent"', 'name = "tangnet"', "line 13, lesson 1.name", "Did you mean 'tangent'?"),
        ('name = "tangent"', "name = 3", "line 13, lesson 1.name", "takes text in quotes, not 3"),
        ('name = "tangent"\n', "", "line 12, lesson 1.name", "names the lesson"),
        ('say = { en = "First."', 'sya = { en = "First."', "line 14, lesson 1.sya", "did you mean 'say'?"),
        ("at = -1", "att = -1", "line 18, lesson 1.parameters.att", "it has function, at, from. Did you mean 'at'?"),
        ("at = -1", "at = true", "line 18, lesson 1.parameters.at", "takes a number, or text in quotes, not True"),
        ("own/mine.py", "own/nine.py", "line 22, lesson 2.name", "there is no file"),
        ("run.zarr", "ran.zarr", "line 25, lesson 2.trace", "there is no trace ran.zarr"),
        ('name = "own/mine.py"', 'name = "backprop"', "line 25, lesson 2.trace", ""),
    ],
)  # fmt: skip
def test_mistakes_are_answered_with_line_and_key(write, tmp_path, old, new, where, why):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if "backprop" in new:
        text, where, why = (
            text.replace('trace = "run.zarr"\n', ""),
            "line 21, lesson 2.trace",
            "derivviz record food",
        )
    with pytest.raises(UsageError) as error:
        read(write(text))
    told = str(error.value)
    assert told.startswith(f"{tmp_path / 'talk.toml'}, {where}: ")
    assert why in told


@pytest.mark.parametrize(
    "text", ["", 'title = { en = "A", ko = "가" }\n', "lesson = 3\n" + 'title = { en = "A", ko = "가" }\n']
)
def test_a_lecture_has_a_title_and_lessons(write, text):
    with pytest.raises(UsageError, match=r"talk\.toml, line 1, (title|lesson): "):
        read(write(text))


def test_what_is_no_toml_is_told_with_the_line(write):
    with pytest.raises(UsageError, match=r"talk\.toml is not TOML: .*line 2"):
        read(write('title = { en = "A", ko = "가" }\n[[lesson]\n'))


def test_lines():
    text = 'a = 1\n\n[b]\nc = """\nx = 3\n"""\nx = [\n  4,\n]\n[[d]]\ne = 1\n[[d]]\n# e = 2\ne = 2\n'
    places = {
        ("a",): 1,
        ("b",): 3,
        ("b", "c"): 6,
        ("b", "x"): 9,
        ("d", 0, "e"): 11,
        ("d", 1): 12,
        ("d", 1, "e"): 14,
    }
    assert {keys: line_of(text, keys) for keys in places} == places
    assert line_of(text, ("d", 1, "f")) == 12
    assert line_of(text, ("none",)) == 1
