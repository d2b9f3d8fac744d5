"""Sizes by name: files as wide as they say, text as large, panels where there is room for them."""

from __future__ import annotations

import math
import re
from itertools import product
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from pypdf import PdfReader

import derivviz
from derivviz.cli import figure as command
from derivviz.errors import UsageError
from derivviz.figures import JOURNALS, WIDTHS, grid, save, sheet, size_named, style

MILLIMETRES = 25.4 / 72  # of a point
SIZES = [size_named(*names) for names in product(WIDTHS, JOURNALS)]


def test_the_command_line_has_the_same_names() -> None:
    assert (command.WIDTHS, command.JOURNALS) == (WIDTHS, JOURNALS)


@pytest.mark.parametrize(
    ("width", "journal", "wide"),
    [
        ("text", None, 160.0),
        ("column", None, 77.0),
        (None, "ieee", 88.9),
        (None, "nature", 89.0),
        ("page", "nature", 183.0),
        ("poster", "nature", 430.0),
        ("slide", "ieee", 338.67),
    ],
)
def test_a_file_is_as_wide_as_asked_for(
    tiny_trace: Path, tmp_path: Path, width: str, journal: str, wide: float
) -> None:
    drawing = derivviz.figure("loss", tiny_trace, width=width, journal=journal)
    dots = drawing.size.dots  # type: ignore[union-attr]
    pdf, svg, png = (drawing.save(tmp_path / f"a.{kind}") for kind in ("pdf", "svg", "png"))
    (page,) = PdfReader(pdf).pages
    assert float(page.mediabox.width) * MILLIMETRES == pytest.approx(wide, abs=0.05)
    (told,) = re.findall(r'<svg [^>]*width="([0-9.]+)pt"', svg.read_text(encoding="utf-8"))
    assert float(told) * MILLIMETRES == pytest.approx(wide, abs=0.05)
    with Image.open(png) as picture:
        assert picture.width == pytest.approx(wide / 25.4 * dots, abs=1.5)
        assert picture.info["dpi"][0] == pytest.approx(dots, abs=0.1)
    proportions = float(page.mediabox.height / page.mediabox.width)
    assert proportions == pytest.approx(picture.height / picture.width, abs=0.003)


def test_text_is_scaled_with_its_figure(tiny_trace: Path, tmp_path: Path) -> None:
    drawing = derivviz.figure("loss", tiny_trace, journal="nature")
    sizes: set[float] = set()

    def seen(text: str, matrix: list[float], at: list[float], font: object, size: float) -> None:
        if text.strip():
            sizes.add(round(size * math.hypot(*matrix[:2]) * math.hypot(*at[:2]), 2))  # turned or not

    pdf = PdfReader(drawing.save(tmp_path / "a.pdf"))
    assert "loss" in pdf.pages[0].extract_text(visitor_text=seen)
    assert sizes
    assert 5 <= min(sizes) <= max(sizes) <= 7.01  # what the journal allows
    fonts = [font.get_object()["/Subtype"] for font in pdf.pages[0]["/Resources"]["/Font"].values()]
    assert set(fonts) == {"/Type0"}
    assert pdf.metadata is not None
    assert pdf.metadata.title == drawing.title


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_the_same_figure_is_the_same_file(tiny_trace: Path, tmp_path: Path, kind: str) -> None:
    for name in ("one", "two"):
        derivviz.figure("model", tiny_trace, width="column").save(tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s.name} {s.width:g}")
def test_high_figures_keep_to_the_page(size) -> None:  # type: ignore[no-untyped-def]
    wide, high = size.layout((6.3, 30.0))
    assert high / wide <= size.height / size.width + 1e-9
    text = 9 * size.width / 25.4 / wide
    assert text >= (size.least_text or size.text) - 1e-9


def test_a_slide_is_filled() -> None:
    slide = size_named("slide")
    assert slide is not None
    for high in (2.0, 4.0, 5.5, 9.0):
        found = slide.layout((6.3, high))
        assert found[0] / found[1] == pytest.approx(16 / 9, abs=1e-3)


def test_panels_of_a_column_stand_below_one_another() -> None:
    with style("paper", "en", size_named("column")), sheet(None, "en", (6.3, 4.0)) as (_, ax):
        (above,), (below,) = grid(ax, 2, 1, heights=(1, 3))
        panels = grid(below, 1, 3)[0]
        figure = ax.get_figure(root=True)
        boxes = [panel.get_position() for panel in (above, *panels)]
        high = [box.height * figure.get_figheight() for box in boxes]  # type: ignore[union-attr]
    assert all(box.x0 == boxes[0].x0 and box.x1 == boxes[0].x1 for box in boxes)
    tops = [box.y1 for box in boxes]
    assert tops == sorted(tops, reverse=True)
    assert figure.get_figheight() > 1.5 * 4.0  # type: ignore[union-attr]
    np.testing.assert_allclose(high[1:], high[1])
    assert high[0] == pytest.approx(4.0 * 0.77 / 4, rel=0.25)  # about as before, for it shared no row


@pytest.mark.parametrize(("columns", "pictures"), [(4, False), (3, True)])
def test_small_pictures_stay_side_by_side(columns: int, pictures: bool) -> None:
    with style("paper", "en", size_named("column")), sheet(None, "en") as (_, ax):
        panels = grid(ax, 2, columns, pictures=pictures)
    assert len({panel.get_position().x0 for panel in panels[0]}) == columns


def test_panels_below_one_another_are_as_high_as_said() -> None:
    heights = {}
    for name in ("column", "text"):
        with style("paper", "en", size_named(name)), sheet(None, "en") as (_, ax):
            panels = grid(ax, 1, 2, below=(1, 2))[0]
        heights[name] = [panel.get_position().height for panel in panels]
    assert heights["column"][1] == pytest.approx(2 * heights["column"][0], rel=0.02)
    assert heights["text"][1] == pytest.approx(heights["text"][0])


def test_a_title_ends_on_the_sheet() -> None:
    with style("paper", "en", size_named("column")), sheet(None, "en") as (_, ax):
        ax.set_yticks([0.5], ["a name that is long"])
        ax.set_title("A title about as long as its sheet is wide")
    title = next(t for t in ax.get_children() if getattr(t, "get_text", str)() == ax.get_title("left"))
    assert 0 < title.get_window_extent().x0 < ax.get_window_extent().x0 - 5
    assert title.get_window_extent().x1 < ax.get_figure(root=True).bbox.x1  # type: ignore[union-attr]


def crowd() -> None:
    with style("paper", "en", size_named("column", "nature")), sheet(None, "en") as (_, ax):
        for row in grid(ax, 9, 3):
            for panel in row:
                panel.set_xlabel("x")


def test_what_does_not_fit_is_refused() -> None:
    told = "too high for this column, 89 mm wide and at most 170 mm high: take --width text"
    with pytest.raises(UsageError, match=told):
        crowd()


def test_given_axes_stay_as_they_are() -> None:
    mine = Figure(figsize=(5, 3)).add_subplot()
    with style("paper", "en", size_named("column")), sheet(mine, "en") as (_, ax):
        left, right = grid(ax, 1, 2)[0]
    assert left.get_position().y0 == right.get_position().y0
    assert tuple(mine.figure.get_size_inches()) == (5, 3)


def test_a_title_stands_above_the_legend() -> None:
    with style("paper", "en", size_named("column")), sheet(None, "en") as (_, ax):
        ax.plot([1, 2], label="a line that has a long name, longer than half")
        ax.set_title("A title that is long as well")
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1))
    title = next(
        text for text in ax.get_children() if getattr(text, "get_text", str)() == ax.get_title("left")
    )
    assert not title.get_window_extent().overlaps(ax.get_legend().get_window_extent())


def test_a_figure_of_ones_own_is_scaled(tmp_path: Path) -> None:
    mine = Figure(figsize=(10, 5))
    mine.add_subplot().plot([1, 2])
    with style("paper", "en", size_named("column", "nature")):
        save(mine, tmp_path / "a.pdf", title="", summary="")
    assert float(PdfReader(tmp_path / "a.pdf").pages[0].mediabox.width) == pytest.approx(
        89 / MILLIMETRES, abs=0.1
    )


def test_nothing_is_left_behind(tiny_trace: Path) -> None:
    before = dict(mpl.rcParams)
    derivviz.figure("loss", tiny_trace, width="slide", theme="dark")
    assert dict(mpl.rcParams) == before
    assert size_named(None) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"width": "colum"}, r"no width 'colum'.*Did you mean 'column'"),
        ({"journal": "natur"}, r"no journal 'natur'.*Did you mean 'nature'"),
    ],
)
def test_wrong_names(tiny_trace: Path, given: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        derivviz.figure("loss", tiny_trace, **given)  # type: ignore[arg-type]
