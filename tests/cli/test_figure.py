"""`derivviz figure`: from a trace to a file, and what it says when it cannot."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from derivviz import library
from derivviz.cli.figure import STILL, command
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures import saving

ROOT = Path(__file__).resolve().parents[2]
MINE = '''"""Mine · 내 그림"""
from derivviz.figures import sheet
requires = ("{needs}",)
def draw(trace, *, ax=None, language="en"):
    with sheet(ax, language) as (look, ax):
        return {{"line": ax.plot(trace["loss"])[0]}}
'''


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: object) -> Result:
    result = CliRunner().invoke(command, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_formats_are_those_that_can_be_saved() -> None:
    assert STILL == saving.FORMATS


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((), "renders/loss.pdf"),
        (("--lang", "ko", "--format", "svg"), "renders/loss.ko.svg"),
        (("--theme", "dark", "--format", "svg"), "renders/loss.dark.svg"),
        (("--width", "slide", "--format", "svg"), "renders/loss.slide.svg"),
        (("--width", "page", "--journal", "ieee", "--format", "png"), "renders/loss.page.ieee.png"),
        (("--journal", "nature", "--lang", "ko"), "renders/loss.ko.nature.pdf"),
        (("-o", "here/mine.png"), "here/mine.png"),
        (("-o", "here", "--lang", "ko", "--theme", "dark", "--format", "png"), "here/loss.ko.dark.png"),
    ],
)
def test_where_it_goes(tiny_trace: Path, tmp_path: Path, words: tuple[str, ...], name: str) -> None:
    told = run("loss", "--trace", tiny_trace, "--alone", *words).output
    path = tmp_path / name
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]
    start = {".pdf": b"%PDF", ".svg": b"<?xml", ".png": b"\x89PNG"}[path.suffix]
    assert path.read_bytes().startswith(start)
    assert re.fullmatch(rf"{name}  \([\d.]+ k?B, made in [\d.]+ s\)\n", told)


def test_without_a_ground(tiny_trace: Path) -> None:
    for name, option in (("with.png", ()), ("without.png", ("--transparent",))):
        run("loss", "--trace", tiny_trace, "--alone", "-o", name, *option)
    corners = {
        name: Image.open(name).convert("RGBA").getpixel((0, 0))[3] for name in ("with.png", "without.png")
    }
    assert corners == {"with.png": 255, "without.png": 0}


def test_a_film_and_what_comes_beside_it(tiny_trace: Path) -> None:
    small = ("--pixels", "160", "--seconds", "0.3", "--fps", "5", "--workers", "1")
    told = run("loss", "--trace", tiny_trace, "--format", "mp4", "-o", "here", *small).output.splitlines()
    assert re.fullmatch(r"here/loss\.mp4  \([\d.]+ kB, made in [\d.]+ s\)", told[0])
    words = Path("here/loss.caption.md").read_text(encoding="utf-8")
    assert '<video src="loss.mp4"' in words
    assert "includegraphics" not in words
    assert Path("here/loss.data.csv").read_text(encoding="utf-8").count("loss/epoch,") == 3  # as in print


@pytest.mark.parametrize(
    "option", [("--seconds", "2"), ("--fps", "5"), ("--pixels", "300"), ("--workers", "1")]
)
def test_options_of_a_film_need_one(tiny_trace: Path, option: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="are of a film: add --format mp4"):
        run("loss", "--trace", tiny_trace, *option)


def test_its_numbers_and_caption_come_beside_it(tiny_trace: Path) -> None:
    told = run("loss", "--trace", tiny_trace, "--lang", "ko", "-o", "here").output.splitlines()
    assert sorted(p.name for p in Path("here").iterdir()) == [
        "loss.ko.caption.md",
        "loss.ko.data.csv",
        "loss.ko.pdf",
    ]
    assert told[1] == "Beside it: loss.ko.caption.md and loss.ko.data.csv"


def test_every_figure_of_the_library(tiny_trace: Path) -> None:
    for entry in library.entries("scripts"):
        assert entry.title["en"] != entry.title["ko"]
        assert entry.summary["en"] != entry.summary["ko"]
        if entry.recorded_by != "food" or entry.name == "sensitivity":
            continue  # these have traces of their own in tests/scripts
        trace = ["--trace", tiny_trace] if entry.requires else []
        assert run(entry.name, *trace, "-o", f"{entry.name}.svg").exit_code == 0


def test_a_figure_names_the_run_that_records_what_it_draws(tiny_trace: Path) -> None:
    told = "Record one.* with 'derivviz record polynomial'.* --trace renders/polynomial.zarr'"
    for arguments in ([], ["--trace", tiny_trace]):
        with pytest.raises(DerivvizError, match=re.compile(told, re.DOTALL)):
            run("polynomial_regression", *arguments)


def test_twice_is_the_same(tiny_trace: Path) -> None:
    for name in ("one.svg", "two.svg"):
        run("lr_factor", "--trace", tiny_trace, "-o", name)
    assert Path("one.svg").read_bytes() == Path("two.svg").read_bytes()


def test_a_file_of_ones_own(tiny_trace: Path) -> None:
    Path("my_fig.py").write_text(MINE.format(needs="loss"), encoding="utf-8")
    assert run("my_fig.py", "--trace", tiny_trace).output.startswith("renders/my_fig.pdf")


SLOPE = '''"""Slope · 기울기"""
from dataclasses import dataclass
from derivviz.calculus.expression import Expression
from derivviz.figures import sheet
from derivviz.parameters import parameter
@dataclass(frozen=True)
class Parameters:
    function: Expression = parameter("x^2", "The function")
    at: float = parameter(1.0, "Where", minimum=-5, maximum=5)
def draw(function, at, *, ax=None, language="en"):
    with sheet(ax, language) as (look, ax):
        ax.set_title(f"{function.text} {function(at):g}")
        return {"point": ax.plot(at, function(at), "o")[0]}
def main():
    from derivviz.cli.figure import run_script
    run_script(__file__)
if __name__ == "__main__":
    main()
'''


def test_a_figure_of_a_function_needs_no_trace(tiny_trace: Path) -> None:
    Path("slope.py").write_text(SLOPE, encoding="utf-8")
    assert "--function VALUE" in run("slope.py", "--help").output
    run("slope.py", "--function", "x^3", "--at", "2", "-o", "one.svg")
    run("slope.py", "-o", "two.svg")
    assert Path("one.svg").read_bytes() != Path("two.svg").read_bytes()
    with pytest.raises(UsageError, match=r"--at is 9: it must lie in -5 … 5"):
        run("slope.py", "--at", "9")
    with pytest.raises(UsageError, match=r"'slope' is drawn from no recorded run: leave --trace out"):
        run("slope.py", "--trace", tiny_trace)


def test_a_script_without_a_trace_runs_by_itself(tmp_path: Path) -> None:
    Path("slope.py").write_text(SLOPE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "slope.py", "--at", "3", "--format", "svg"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    )
    assert done.stdout.startswith("renders/slope.svg"), done.stderr


def test_a_file_without_requires_that_reads_a_trace() -> None:
    text = MINE.format(needs="loss").replace('requires = ("loss",)\n', "")
    Path("my_fig.py").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="'my_fig' is drawn from a recorded run"):
        run("my_fig.py")


def test_a_file_that_draws_nothing(tiny_trace: Path) -> None:
    Path("my_fig.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"my_fig.py draws nothing: a figure has a function draw"):
        run("my_fig.py", "--trace", tiny_trace)


def test_a_missing_series_is_told_before_the_file_is_run(tiny_trace: Path) -> None:
    Path("my_fig.py").write_text(MINE.format(needs="entropy") + "1 / 0\n", encoding="utf-8")
    with pytest.raises(DerivvizError, match=r"'entropy'.*\n.*'derivviz record food'"):
        run("my_fig.py", "--trace", tiny_trace)
    assert not Path("renders").exists()


def test_without_a_trace() -> None:
    with pytest.raises(UsageError) as raised:
        run("loss")
    assert "'derivviz record food'" in str(raised.value)
    assert "'derivviz figure loss --trace renders/food.zarr'" in str(raised.value)


def test_a_trace_that_is_not_there() -> None:
    with pytest.raises(DerivvizError, match=r"no trace at gone\.zarr.*derivviz record food"):
        run("loss", "--trace", "gone.zarr")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("los", "--trace", "t"), "Did you mean 'loss'"),
        (("loss", "--trace", "t", "-o", "a.jpg"), r"a\.jpg: the file ends in \.pdf, \.svg, \.png, \.mp4"),
        (("loss", "--trace", "t", "-o", "a.pdf", "--format", "svg"), "disagree"),
    ],
)
def test_wrong_words(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        run(*words)


def test_a_script_runs_by_itself(tiny_trace: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONPATH": str(ROOT)}
    words = [str(ROOT / "scripts" / "loss.py"), str(tiny_trace), "--lang", "ko", "--format", "svg"]
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("renders/loss.ko.svg")
    assert done.stderr == ""


def test_drawing_imports_neither_manim_nor_torch(tiny_trace: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from derivviz.cli import cli;"
        f"cli.main(['figure', 'lr_factor', '--trace', {str(tiny_trace)!r}], standalone_mode=False);"
        "print({'manim', 'torch', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.endswith("set()\n")
