"""Colours that stay apart for the colour-blind, and figures that can be read in grey: measured, not believed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

import derivviz
from derivviz import library
from derivviz.look.theme import DARK, PAPER, THEMES

DATA = ("function", "secant", "tangent", "parameter", "loss", "positive", "negative")
# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# severity 1.0, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
APART = 11.0  # OKLab distance × 100 of the closest pair; Okabe and Ito's eight have 7.6
BROADER = 1.4  # times as broad, from where two lines are told apart by that
GREY = 8.0  # difference of CIE lightness from which greys are told apart side by side


def linear(color: Any) -> np.ndarray:
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Ottosson (2020), of linear RGB."""
    cones = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                      [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
    lab = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                    [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
    return lab @ np.cbrt(cones @ rgb)


def lightness(color: Any) -> float:
    """CIE L*, what is left of a colour in grey."""
    y = float(np.array([0.2126, 0.7152, 0.0722]) @ linear(color))
    return 116 * y ** (1 / 3) - 16 if y > (6 / 29) ** 3 else y * (29 / 3) ** 3


def distance(one: str, other: str, seen: str) -> float:
    a, b = (oklab(np.clip(np.array(DEFICIENCIES[seen]) @ linear(c), 0, 1)) for c in (one, other))
    return 100 * float(np.linalg.norm(a - b))


def test_the_measures_are_those_of_the_books() -> None:
    assert lightness("#FFFFFF") == pytest.approx(100, abs=1e-3)
    assert lightness("#777777") == pytest.approx(50.03, abs=0.05)
    np.testing.assert_allclose(oklab(linear("#FF0000")), [0.6280, 0.2249, 0.1258], atol=1e-3)
    for matrix in DEFICIENCIES.values():
        np.testing.assert_allclose(np.sum(matrix, axis=1), 1, atol=1e-5)  # grey stays grey
    assert distance("#FF0000", "#00A000", "deutan") < distance("#FF0000", "#00A000", "none") / 2


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("seen", DEFICIENCIES)
def test_every_pair_of_data_colours_stays_apart(theme, seen: str) -> None:  # type: ignore[no-untyped-def]
    for one, other in combinations(DATA, 2):
        assert distance(theme.color(one), theme.color(other), seen) >= APART, (one, other)


@pytest.mark.parametrize("theme", [PAPER, DARK], ids=lambda theme: theme.name)
def test_grey_alone_would_not_do(theme) -> None:  # type: ignore[no-untyped-def]
    """Which is why lines have dashes and markers: seven colours do not fit into the greys that a page has."""
    greys = [lightness(theme.color(role)) for role in DATA]
    assert min(abs(a - b) for a, b in combinations(greys, 2)) < GREY


# ---- figures --------------------------------------------------------------------------------------------


def twins(figure: Figure) -> Iterator[str]:
    """Lines and bars of one panel that differ in colour, and in grey in nothing."""
    for ax in figure.findobj(Axes):
        assert isinstance(ax, Axes)
        lines = [line for line in ax.lines if line.get_visible() and len(np.atleast_1d(line.get_xdata()))]
        for one, other in combinations(lines, 2):
            if one.get_color() != other.get_color() and form(one) == form(other):
                apart = abs(lightness(one.get_color()) - lightness(other.get_color()))
                thin, broad = sorted((one.get_linewidth(), other.get_linewidth()))
                if apart < GREY and broad < BROADER * thin:
                    yield f"{one.get_color()} {other.get_color()} {form(one)}"
        bars = {(bar.get_facecolor(), bar.get_hatch()) for bar in ax.patches if isinstance(bar, Rectangle)}
        for (one_face, one_hatch), (other_face, other_hatch) in combinations(bars, 2):
            apart = abs(lightness(one_face) - lightness(other_face))
            if one_hatch == other_hatch and 0 not in (one_face[3], other_face[3]) and apart < GREY:
                yield f"bars {one_face} {other_face}"


def form(line: Line2D) -> tuple[object, ...]:
    """What of a line is seen in grey, but for its width: dashes, marker, and whether that is hollow."""
    dashes = getattr(line, "_unscaled_dash_pattern", None) if line.get_linestyle() == "--" else None
    hollow = line.get_markerfacecolor() != line.get_color()
    marker = line.get_marker() if line.get_marker() not in ("None", "", None) else None
    return line.get_linestyle(), str(dashes), marker, marker is not None and hollow


def test_twins_are_found() -> None:
    figure = Figure()
    ax = figure.add_subplot()
    ax.plot([1, 2], color=PAPER.tangent)
    ax.plot([2, 1], color=PAPER.parameter)
    assert len(list(twins(figure))) == (abs(lightness(PAPER.tangent) - lightness(PAPER.parameter)) < GREY)
    ax.plot([2, 3], color="#808080")
    ax.plot([3, 3], color="#7F7F81")
    assert "#808080 #7F7F81" in " ".join(twins(figure))
    ax.lines[-1].set_linestyle("--")
    assert "#808080 #7F7F81" not in " ".join(twins(figure))


def test_every_figure_can_be_read_in_grey_and_tells_its_numbers(tiny_trace: Path) -> None:
    for entry in library.entries("scripts"):
        if entry.recorded_by != "food" or entry.name == "sensitivity":
            continue  # these have traces of their own in tests/scripts
        told = []
        for language, theme in (("en", "paper"), ("ko", "dark")):
            trace = tiny_trace if entry.requires else None
            drawing = derivviz.figure(entry.name, trace, theme=theme, language=language)
            if entry.name != "score":  # whose bars carry their numbers
                assert list(twins(drawing.figure)) == [], (entry.name, theme)
            assert drawing.caption != entry.summary[language]
            assert any(c.isdigit() for c in drawing.caption), entry.name
            told.append(drawing.caption)
        assert told[0] != told[1]
