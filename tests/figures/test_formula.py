"""Typst markup in matplotlib: where it stands, how large, in which colours."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from derivviz.figures import put, style
from derivviz.look.fonts import FontError
from derivviz.look.parts import TypesetError
from derivviz.look.theme import DARK, PAPER
from derivviz.look.typst import outline


@pytest.fixture
def ax() -> Axes:
    figure = Figure(figsize=(4, 3), dpi=72)  # a pixel is a point
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 288), ylim=(0, 216))
    return ax


def patches(artist: object) -> list[PathPatch]:
    return [patch for patch in artist.findobj(PathPatch) if patch.get_linewidth() == 0]  # type: ignore[attr-defined]


def drawn_box(ax: Axes, artist: object) -> np.ndarray:
    """Left, bottom, right, top of what is drawn, in points."""
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    boxes = [patch.get_window_extent() for patch in patches(artist)]
    return np.array([*np.min([b.min for b in boxes], axis=0), *np.max([b.max for b in boxes], axis=0)])


def test_size_is_points_to_the_em(ax: Axes) -> None:
    box = drawn_box(ax, put(ax, "x", (100, 100), size=40))
    ink = np.concatenate([s.curves for s in outline("x", True).shapes]).reshape(-1, 2)
    assert box[2] - box[0] == pytest.approx(40 * np.ptp(ink[:, 0]), abs=0.2)


@pytest.mark.parametrize("markup", ["x", "x^2", "1/2 x", "sqrt(x)"])
def test_letters_stand_on_the_point(ax: Axes, markup: str) -> None:
    set_text = outline(markup, True)
    bottom = min(s.curves[..., 1].min() for s in set_text.shapes) - set_text.baseline
    box = drawn_box(ax, put(ax, markup, (100, 100), size=30, align=("left", "baseline")))
    assert box[1] == pytest.approx(100 + 30 * bottom, abs=0.2)
    assert box[0] == pytest.approx(100, abs=3)


def test_alignment_and_offset(ax: Axes) -> None:
    box = drawn_box(ax, put(ax, "a + b", (100, 100), size=20, align=("right", "top"), offset=(-7, -5)))
    assert box[2] == pytest.approx(93, abs=1.5)
    assert box[3] <= 95.1


def test_parts_are_coloured_by_label(ax: Axes) -> None:
    markup = "1 + {{ abs(f'({{m : mean}})) : slope }}"
    with style("dark"):
        artist = put(ax, markup, (10, 10), colors={"slope": "tangent", "mean": "parameter"})
    colors = {to_hex(patch.get_facecolor()).upper() for patch in patches(artist)}
    assert colors == {DARK.ink, DARK.tangent, DARK.parameter}
    assert artist.get_label() == markup


def test_a_part_without_a_colour_takes_that_of_the_part_around_it(ax: Axes) -> None:
    artist = put(ax, "{{ a {{ b : inner }} : outer }}", (10, 10), colors={"outer": "loss"})
    assert {to_hex(patch.get_facecolor()).upper() for patch in patches(artist)} == {PAPER.loss}


def test_every_contour_of_a_glyph_is_kept(ax: Axes) -> None:
    """A hole that is joined to its outline would be filled."""
    (patch,) = patches(put(ax, "8", (10, 10), math=False))
    assert list(patch.get_path().codes).count(1) == 3


def test_korean_words(ax: Axes) -> None:
    ko, en = (drawn_box(ax, put(ax, text, (10, 10), math=False)) for text in ("평균", "mm"))
    assert ko[2] - ko[0] > 0.8 * (en[2] - en[0])


@pytest.mark.parametrize(("markup", "error"), [("frac(1", TypesetError), ("🍕", FontError)])
def test_what_cannot_be_set_is_an_error(ax: Axes, markup: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        put(ax, markup, (10, 10))
