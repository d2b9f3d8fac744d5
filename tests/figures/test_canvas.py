"""Panels, the check of a trace, and files that are whole, the same each time, and print."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox
from pypdf import PdfReader

from derivviz import open_trace
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures import check, grid, page, put, save, sheet, style
from derivviz.figures.saving import FORMATS
from derivviz.look import fonts
from derivviz.look.theme import DARK, PAPER
from derivviz.trace import MissingSeriesError


def drawn(text: str = "학습률 learning rate −3", theme: str = "paper") -> Figure:
    with style(theme), sheet(None, "ko") as (_, ax):
        ax.plot([1, 2], [3, 1000])
        ax.set_yscale("log")
        ax.set_title(text)
        put(ax, "1 + abs(f'(m))/20", (1.2, 30))
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def saved(path: Path, **kwargs: str) -> Path:
    figure = drawn(**kwargs)
    with style():
        save(figure, path, title="제목", summary="A summary.")
    return path


# ---- panels ---------------------------------------------------------------------------------------------


def test_the_given_axes_become_the_first_panel() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    panels = grid(right, 2, 2, heights=(3, 1))
    assert panels[0][0] is right
    assert len(figure.axes) == 5
    edge = left.get_position().x1
    assert all(ax.get_position().x0 > edge for row in panels for ax in row)
    heights = [row[0].get_position().height for row in panels]
    assert heights[0] == pytest.approx(3 * heights[1])


def test_axes_that_were_placed_by_hand_are_divided_in_place() -> None:
    ax = Figure().add_axes((0.5, 0.5, 0.4, 0.3))
    (one,), (two,) = grid(ax, 2, 1)
    assert one.get_position().bounds[0] == pytest.approx(0.5)
    assert one.get_position().y1 == pytest.approx(0.8)
    assert two.get_position().y0 == pytest.approx(0.5)


def test_a_figure_drawn_in_the_style_keeps_its_fonts_outside() -> None:
    figure = drawn()
    assert mpl.rcParams["font.family"] != [fonts.FAMILY]
    ax = figure.axes[0]
    texts = [ax.title, *ax.get_xticklabels(), *ax.get_yticklabels()]
    assert {text.get_fontfamily()[0] for text in texts} == {fonts.FAMILY}


def test_page_wants_the_artists() -> None:
    with sheet(None, "en") as (_, ax):
        assert page({"line": ax.plot([1])[0]}, "mine") is ax.get_figure(root=True)
    with pytest.raises(UsageError, match="'mine' has to return the artists"):
        page(None, "mine")  # type: ignore[arg-type]


# ---- what a figure needs --------------------------------------------------------------------------------


def test_check_takes_keys_and_patterns(tiny_trace: Path) -> None:
    check(open_trace(tiny_trace), ("loss", "lr_factor/*", "param/*/mean"), "mine")


@pytest.mark.parametrize("missing", ["entropy", "lr_factors/*"])
def test_check_names_what_is_missing_and_what_records_it(tiny_trace: Path, missing: str) -> None:
    with pytest.raises(MissingSeriesError) as raised:
        check(open_trace(tiny_trace), ("loss", missing), "mine")
    told = str(raised.value)
    assert repr(missing) in told
    assert "'derivviz record food'" in told
    assert "'derivviz figure mine --trace" in told


# ---- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_figure_is_the_same_file(tmp_path: Path, kind: str) -> None:
    one, two = saved(tmp_path / f"one.{kind}"), saved(tmp_path / f"two.{kind}")
    assert one.read_bytes() == two.read_bytes()
    assert len(one.read_bytes()) > 2000


def test_pdf_embeds_its_fonts(tmp_path: Path) -> None:
    (only,) = PdfReader(saved(tmp_path / "a.pdf")).pages
    text = only.extract_text()
    assert "학습률 learning rate −3" in text
    found = [font.get_object() for font in only["/Resources"]["/Font"].values()]
    assert found
    for font in found:
        assert font["/Subtype"] == "/Type0"  # what Type 42 becomes in a PDF; never Type 3
        descendant = font["/DescendantFonts"][0].get_object()
        assert fonts.FAMILY in descendant["/FontDescriptor"]["/FontName"]
        embedded = TTFont(BytesIO(descendant["/FontDescriptor"]["/FontFile2"].get_object().get_data()))
        glyphs, names = embedded.getGlyphSet(), embedded.getGlyphOrder()
        used = np.frombuffer(descendant["/CIDToGIDMap"].get_object().get_data(), ">u2")
        for code in np.flatnonzero(used):
            pen = RecordingPen()
            glyphs[names[used[code]]].draw(pen)
            assert pen.value or code == ord(" ")


def test_pdf_says_what_it_is(tmp_path: Path) -> None:
    about = PdfReader(saved(tmp_path / "a.pdf")).metadata
    assert about is not None
    assert (about.title, about.subject) == ("제목", "A summary.")
    assert about.creation_date is None


@pytest.mark.parametrize(("theme", "colour"), [("paper", PAPER.background), ("dark", DARK.background)])
def test_the_ground_is_the_themes(tmp_path: Path, theme: str, colour: str) -> None:
    with style(theme):
        save(drawn(theme=theme), tmp_path / "a.svg", title="", summary="")
    assert f"fill: {colour.lower()}" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_a_character_that_no_font_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(fonts.FontError, match="Write it another way"):
        drawn("🍕")
    figure = drawn()
    figure.axes[0].set_title("🍕")
    with pytest.raises(fonts.FontError), style():
        save(figure, tmp_path / "a.pdf", title="", summary="")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pdf"
    path.write_text("old")

    def full(self: Figure, file: Path, **kwargs: object) -> None:
        file.write_text("half")
        raise OSError(28, "No space left on device")

    figure = drawn()
    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(DerivvizError, match="No space left on device"):
        save(figure, path, title="", summary="")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.pdf, \.svg, \.png"):
        save(drawn(), tmp_path / "a.gif", title="", summary="")


def test_figures_need_neither_manim_nor_torch() -> None:
    program = (
        "import sys, derivviz.figures; print({'manim', 'torch', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_the_last_digits_of_the_layout_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver's hang on where its variables lie in memory."""
    first = saved(tmp_path / "first.svg").read_bytes()
    execute = ConstrainedLayoutEngine.execute

    def noisy(engine: ConstrainedLayoutEngine, figure: Figure) -> None:
        execute(engine, figure)
        for ax in figure.axes:
            ax._set_position(Bbox(ax.get_position(original=True).get_points() + 1e-13), which="original")

    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", noisy)
    assert saved(tmp_path / "second.svg").read_bytes() == first
