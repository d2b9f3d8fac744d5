"""Figures that go through steps: what they are on the way, and that blitting draws what drawing all would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import derivviz
from derivviz import library
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures import Motion, growing, style
from derivviz.figures.painter import painter

WIDTH = 200
ROUNDING = 6  # levels of 255: ink that is drawn apart and laid over is rounded twice


@pytest.fixture
def ax():  # type: ignore[no-untyped-def]
    return Figure().add_subplot()


def test_a_line_grows_to_between_its_points(ax) -> None:  # type: ignore[no-untyped-def]
    (line,) = ax.plot([0, 10, 20], [0, 1, 5])
    motion = growing([0, 10, 20], {"line": line})
    motion.show(15)
    np.testing.assert_array_equal(line.get_data(), [[0, 10, 15], [0, 1, 3]])
    motion.show(0)
    np.testing.assert_array_equal(line.get_data(), [[0], [0]])
    motion.show(20)
    np.testing.assert_array_equal(line.get_data(), [[0, 10, 20], [0, 1, 5]])


def test_points_in_the_order_of_the_steps(ax) -> None:  # type: ignore[no-untyped-def]
    (walk,) = ax.plot([5, 3, 9], [1, 2, 4])
    growing([0, 10, 20], {"walk/a": walk}, in_order=("walk/*",)).show(15)
    np.testing.assert_array_equal(walk.get_data(), [[5, 3, 6], [1, 2, 3]])


def test_a_mark_at_the_end_goes_with_it(ax) -> None:  # type: ignore[no-untyped-def]
    (line,) = ax.plot([0, 10, 20], [0, 1, 5], "o-", markevery=[0, 2])
    motion = growing([0, 10, 20], {"line": line})
    for step, marked in ((0, [0, 0]), (15, [0, 2]), (20, [0, 2])):
        motion.show(step)
        assert line.get_markevery() == marked
        assert len(line.get_xdata()) > marked[-1]


def test_bands_points_notes_and_lines_across(ax) -> None:  # type: ignore[no-untyped-def]
    band = ax.fill_between([0, 10], [0, 0], [1, 1])
    points = ax.scatter([2, 8], [0.5, 0.5])
    note = ax.annotate("here", (6, 0.5))
    across = ax.axvline(6)
    artists = {"band": band, "points": points, "note": note, "across": across, "still": ax.axhline(0.5)}
    motion = growing([0, 10], artists, still=("still",))
    assert set(motion.artists) == {band, points, note, across}
    clip = band.get_clip_box()
    motion.show(5)
    assert band.get_clip_box().x1 == pytest.approx(ax.transData.transform((5, 0))[0])
    assert np.isfinite(points.get_offsets()[:, 0]).tolist() == [True, False]
    assert not note.get_visible()
    assert len(across.get_xdata()) == 0
    motion.show(10)
    assert band.get_clip_box() is clip
    assert note.get_visible()
    assert list(across.get_xdata()) == [6, 6]


@pytest.mark.parametrize("steps", [[], [3], [4, 4]])
def test_one_step_does_not_move(ax, steps: list[int]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DerivvizError, match="at least two steps"):
        growing(steps, {"line": ax.plot([1])[0]})


def test_motions_go_together(ax) -> None:  # type: ignore[no-untyped-def]
    (line,), text = ax.plot([0, 4], [0, 4]), ax.text(0, 0, "")
    motion = growing([0, 4], {"line": line}).joined([text], lambda step: text.set_text(f"{step:g}"))
    motion.show(2)
    assert (text.get_text(), line.get_xdata()[-1]) == ("2", 2)
    assert motion.artists == (line, text)
    assert (motion.at(0), motion.at(0.5), motion.at(1)) == (0, 2, 4)


def test_a_figure_without_steps_says_which_have_some(tiny_trace: Path) -> None:
    with pytest.raises(UsageError, match=r"'The network' has no steps .*Those that move: .*loss"):
        derivviz.figure("model", tiny_trace).motion()
    assert library.read(library.find("scripts", "loss")).moves
    assert not library.read(library.find("scripts", "model")).moves


# ---- frames ---------------------------------------------------------------------------------------------


def crowded() -> tuple[Figure, Motion]:
    """What moves, between, below and above all kinds of things that do not."""
    with style("paper"):
        figure = Figure(figsize=(4, 3))
        upper, lower = figure.subplots(2, 1)
        x = np.linspace(0, 9, 40)
        artists = {
            "curve": upper.plot(x, np.sin(x), "o-", markevery=4, clip_on=False)[0],
            "band": upper.fill_between(x, np.sin(x) - 0.3, np.sin(x) + 0.3, alpha=0.4),
            "below": lower.plot(x, x**2, zorder=4)[0],
        }
        upper.plot(x, np.cos(x), zorder=2.2, color="black")
        upper.text(4, 0, "over the curves", backgroundcolor="white")
        upper.annotate(
            "end", (9, 0), xytext=(1.05, 0.5), textcoords="axes fraction", arrowprops={"arrowstyle": "-"}
        )
        lower.imshow([[0.0, 1.0], [1.0, 0.0]], extent=(0, 9, 0, 81), aspect="auto", alpha=0.5)
        lower.legend(["parabola"], loc="upper left")
        figure.subplots_adjust(right=0.8)
        figure.draw_without_rendering()
    return figure, growing(np.arange(10), artists)


def whole(figure: Figure, motion: Motion, moment: float) -> np.ndarray:
    """The figure drawn without blitting, as it is at a moment."""
    canvas, size = figure.canvas, figure.get_size_inches().copy()
    dots = figure.dpi
    figure.set_dpi(WIDTH / size[0])
    figure.set_size_inches(
        (WIDTH + 0.01) / figure.dpi, (2 * round(size[1] * figure.dpi / 2) + 0.01) / figure.dpi
    )
    agg = FigureCanvasAgg(figure)
    motion.show(float(motion.steps[-1]))
    agg.draw()
    motion.show(motion.at(moment))
    agg.draw()
    picture = np.array(agg.buffer_rgba())
    motion.show(float(motion.steps[-1]))
    figure.set_canvas(canvas)
    figure.set_dpi(dots)
    figure.set_size_inches(size)
    return picture


def test_frames_are_what_drawing_everything_gives() -> None:
    figure, motion = crowded()
    with style("paper"):
        expected = {moment: whole(figure, motion, moment) for moment in (0.0, 0.37, 0.8, 1.0)}
        with painter(figure, motion, WIDTH) as drawer:
            drawer.label.set_visible(False)
            for moment in (0.8, 0.0, 1.0, 0.37):  # in any order
                differ = np.abs(drawer.frame(moment).astype(int) - expected[moment])
                assert differ.max() <= (0 if moment == 1 else ROUNDING), moment
    assert np.abs(expected[0.37].astype(int) - expected[0.8]).max() > 100


def test_outside_of_what_changes_all_frames_are_the_same() -> None:
    figure, motion = crowded()
    with style("paper"), painter(figure, motion, WIDTH) as drawer:
        same = np.ones((drawer.frame(1.0).shape[0], WIDTH), bool)
        for left, top, right, bottom in drawer.changed:
            assert not any(side % 2 for side in (left, top, right, bottom))
            same[top:bottom, left:right] = False
        first, second = drawer.frame(0.1).copy(), drawer.frame(0.9)
        assert same.any()
        assert (first[same] == second[same]).all()
        assert (first != second).any()


def test_a_figure_is_afterwards_as_it_was() -> None:
    figure, motion = crowded()
    before = (
        tuple(figure.get_size_inches()),
        figure.dpi,
        figure.canvas,
        figure.get_layout_engine(),
        len(figure.texts),
    )
    with style("paper"), painter(figure, motion, WIDTH) as drawer:
        drawer.frame(0.2)
    after = (
        tuple(figure.get_size_inches()),
        figure.dpi,
        figure.canvas,
        figure.get_layout_engine(),
        len(figure.texts),
    )
    assert after == before
    assert not any(artist.get_animated() for artist in figure.findobj())
    assert len(motion.artists[0].get_xdata()) == 40  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_step_is_told_in_a_free_corner(language: str) -> None:
    figure, motion = crowded()
    with style("paper", language), painter(figure, motion, WIDTH) as drawer:
        drawer.frame(0.5)
        assert drawer.label.get_text() == {"en": "step 4", "ko": "스텝 4"}[language]
        others = [text for text in figure.axes[1].get_xticklabels() if text.get_text()]
        box = drawer.label.get_window_extent()
        assert not any(box.overlaps(text.get_window_extent()) for text in others)
