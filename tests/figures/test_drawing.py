"""A figure by its name: its numbers, its caption, and what to paste, beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typst as compiler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import derivviz
from derivviz.errors import DerivvizError
from derivviz.figures.data import rows, table
from derivviz.figures.labels import in_words
from derivviz.figures.snippets import latex, snippets

HARD = '5 % of $x_1$ & #2: "a" [b] {c} <d> *e* `f` \\ ~ ^ \' / @g −3 f′ 10⁻⁸'


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda ax: ax.plot([1, 2], [3, np.nan])[0], [(1, 3, ""), (2, np.nan, "")]),
        (lambda ax: ax.axvline(4), [(4, "", ""), (4, "", "")]),
        (lambda ax: ax.axhline(4), [("", 4, ""), ("", 4, "")]),
        (lambda ax: ax.vlines([1], [2], [5]), [(1, 2, ""), (1, 5, "")]),
        (lambda ax: ax.scatter([1, 2], [3, 4]), [(1, 3, ""), (2, 4, "")]),
        (lambda ax: ax.scatter([1, 2], [3, 4], c=[5, 6]), [(1, 3, 5), (2, 4, 6)]),
        (lambda ax: ax.imshow([[1, 2], [3, 4]]), [(0, 0, 1), (1, 0, 2), (0, 1, 3), (1, 1, 4)]),
        (lambda ax: ax.imshow(np.full((1, 1, 4), [0.0, 0.5, 1.0, 1.0])), [(0, 0, 0.5)]),
        (lambda ax: ax.pcolormesh([[1, 2]]), [(0, 0, 1), (1, 0, 2)]),
        (lambda ax: ax.barh([2], [7], 1)[0], [(7, 2.5, "")]),
        (lambda ax: ax.bar([2], [7], 1)[0], [(2.5, 7, "")]),
        (lambda ax: ax.annotate("a", (1, 2)), []),
    ],
)
def test_numbers_are_read_back(ax: Axes, make: Callable[[Axes], object], expected: list[object]) -> None:
    np.testing.assert_equal(list(rows(make(ax))), expected)  # type: ignore[arg-type]


def test_the_table_is_csv(ax: Axes) -> None:
    (line,) = ax.plot([0.1, 2], [1e-9, 4])
    read = list(csv.DictReader(io.StringIO(table({"a, b": line}))))
    assert [(row["artist"], float(row["x"]), float(row["y"]), row["value"]) for row in read] == [
        ("a, b", 0.1, 1e-9, ""),
        ("a, b", 2.0, 4.0, ""),
    ]


def test_files_beside_the_figure(tiny_trace: Path, tmp_path: Path) -> None:
    drawing = derivviz.figure("loss", tiny_trace)
    where = drawing.save(tmp_path / "my.loss.pdf")
    words, numbers = drawing.describe(where)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "my.loss.caption.md",
        "my.loss.data.csv",
        "my.loss.pdf",
    ]
    trace = derivviz.open_trace(tiny_trace)
    drawn = [
        row
        for row in csv.DictReader(numbers.read_text(encoding="utf-8").splitlines())
        if row["artist"] == "loss"
    ]
    np.testing.assert_array_equal([float(row["y"]) for row in drawn], trace["loss"])
    told = words.read_text(encoding="utf-8")
    assert in_words(trace["loss"][0]) in told
    for part in (r"\includegraphics", 'image("my.loss.pdf"', "{#fig-my-loss fig-alt=", "![The loss"):
        assert part in told


def test_a_figure_without_numbers_has_no_table(tiny_trace: Path, tmp_path: Path) -> None:
    (words,) = derivviz.figure("model", tiny_trace).describe(tmp_path / "model.pdf")
    assert words.name == "model.caption.md"


def test_beside_a_figure_that_cannot_be_described(tiny_trace: Path, tmp_path: Path) -> None:
    (tmp_path / "loss.data.csv").mkdir()
    with pytest.raises(DerivvizError, match=r"loss\.data\.csv cannot be written"):
        derivviz.figure("loss", tiny_trace).describe(tmp_path / "loss.pdf")


def test_typst_takes_what_is_to_be_pasted(tmp_path: Path) -> None:
    drawing = Figure()
    drawing.add_subplot().plot([1, 2])
    drawing.savefig(tmp_path / "a.svg")
    text = snippets(Path("a.svg"), HARD, HARD, HARD)["Typst"]
    (tmp_path / "text.typ").write_text(text, encoding="utf-8")
    assert compiler.compile(str(tmp_path / "text.typ")).startswith(b"%PDF")
    caption = json.loads(compiler.query(str(tmp_path / "text.typ"), "figure", field="caption", one=True))
    assert plain(caption["body"]) == f"{HARD}. {HARD}"


def plain(content: Any) -> str:
    """The letters of what Typst made."""
    if content["func"] == "space":
        return " "
    below = content.get("children") or [content["body"]] if "text" not in content else []
    return content.get("text", "") + "".join(map(plain, below))


def test_latex_gets_only_what_it_knows() -> None:
    assert latex("50% of f′ is −3·10⁻⁸") == r"50\% of f$'$ is $-$3$\cdot$10$^{-8}$"
    assert latex("f′ 10⁻⁸", spoken=True) == r"f' 10\textasciicircum{}-8"
    assert latex("a_b\\^") == r"a\_b\textbackslash{}\textasciicircum{}"


def test_quotes_do_not_end_an_attribute() -> None:
    assert r'fig-alt="a \"b\" \\"' in snippets(Path("a.svg"), "t", "c", 'a "b" \\')["Quarto"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (-2.0, "−2"),
        (9441.2, "9,441"),
        (1e-9, "1.00·10⁻⁹"),
        (3.25e8, "3.25·10⁸"),
        (-1e9, "−1.00·10⁹"),
    ],
)
def test_numbers_in_words(value: float, told: str) -> None:
    assert in_words(value) == told
