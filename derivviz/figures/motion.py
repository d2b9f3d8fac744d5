"""A figure that goes through steps: which of its artists change with them, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection, PathCollection
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox, TransformedBbox
from numpy.typing import ArrayLike, NDArray

from derivviz.errors import DerivvizError
from derivviz.figures.canvas import Artists
from derivviz.figures.labels import in_words

Show = Callable[[float], None]
STEP = {"en": "step", "ko": "스텝"}


@dataclass(frozen=True)
class Motion:
    """How a figure changes from step to step; what ``animate`` of a figure's file returns.

    Attributes
    ----------
    steps
        Those that it goes through, rising; between them it may be anywhere.
    artists
        Those that change. All others stay as they are.
    show
        Makes them what they are at a step. At the last one they are as ``draw`` made them. It reads nothing from
        a trace: what it needs is read before, for it may be called in a copy of the process.
    unit
        What a step is called, by language.
    """

    steps: NDArray[np.float64]
    artists: tuple[Artist, ...]
    show: Show
    unit: dict[str, str]

    def at(self, moment: float) -> float:
        """The step at a moment of the film, 0 at its begin and 1 at its end."""
        first, last = float(self.steps[0]), float(self.steps[-1])
        return last if moment >= 1 else first + (last - first) * moment

    def told(self, step: float, language: str) -> str:
        """What a viewer is told of it: the last whole step, where all are whole."""
        are_whole = bool((self.steps % 1 == 0).all())
        return f"{self.unit[language]} {in_words(int(step) if are_whole else step)}"

    def joined(self, artists: Sequence[Artist], show: Show) -> Motion:
        """This, with other artists that change as well."""

        def both(step: float) -> None:
            self.show(step)
            show(step)

        return Motion(self.steps, (*self.artists, *artists), both, self.unit)


def growing(
    steps: ArrayLike,
    artists: Artists,
    *,
    still: Sequence[str] = (),
    in_order: Sequence[str] = (),
    unit: dict[str, str] = STEP,
) -> Motion:
    """Curves that grow with the steps, which are their x: lines, bands, points and notes.

    Parameters
    ----------
    steps
        All of the run.
    artists
        What ``draw`` returned.
    still
        Names, or patterns of names, of those that do not grow.
    in_order
        Names of those whose x is something else, with one point for each step, in order.
    unit
        What a step is called, by language.

    Raises
    ------
    DerivvizError
        When there are fewer than two steps.
    """
    along = np.asarray(steps, float)
    if len(along) < 2 or along[-1] <= along[0]:
        raise DerivvizError(
            "an animated figure needs a run of at least two steps: draw it as pdf, svg or png"
        )
    moves = [
        move
        for name, artist in artists.items()
        if not any(fnmatch(name, pattern) for pattern in still)
        and (move := _growth(artist, along if any(fnmatch(name, p) for p in in_order) else None, along[-1]))
    ]

    def show(step: float) -> None:
        for _, move in moves:
            move(step)

    return Motion(along, tuple(artist for artist, _ in moves), show, unit)


def _growth(artist: Artist, along: NDArray[np.float64] | None, last: float) -> tuple[Artist, Show] | None:
    """What an artist is up to a step; None where it shows nothing over the steps."""
    match artist:
        case Line2D():
            return artist, _line(artist, along, last)
        case PathCollection():
            return artist, _points(artist, last)
        case Collection():
            return artist, _band(artist, last)
        case Annotation():
            x = float(artist.xy[0])
            return artist, lambda step: artist.set_visible(step >= min(x, last))
    return None


def _line(line: Line2D, along: NDArray[np.float64] | None, last: float) -> Show:
    x, y = (np.asarray(values, float) for values in line.get_data())
    where = x if along is None else along[: len(x)]
    marks = line.get_markevery()

    def show(step: float) -> None:
        there = len(where) if step >= last else int(np.searchsorted(where, step, side="right"))
        ahead = _between(where, x, y, there, step)
        line.set_data(np.append(x[:there], ahead[:1]), np.append(y[:there], ahead[1:]))
        if isinstance(marks, list):  # by number; one at the end goes with the end
            at_end = [there + len(ahead) // 2 - 1] if len(x) - 1 in marks and there else []
            line.set_markevery(marks if there == len(x) else [n for n in marks if n < there] + at_end)

    return show


def _between(
    where: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], there: int, step: float
) -> NDArray[np.float64]:
    """The point on the way from one step to the next; empty where there is none."""
    if not 0 < there < len(where) or where[there - 1] == step:
        return np.empty(0)
    share = (step - where[there - 1]) / (where[there] - where[there - 1])
    return np.array([values[there - 1] + share * (values[there] - values[there - 1]) for values in (x, y)])


def _points(points: PathCollection, last: float) -> Show:
    offsets = np.asarray(points.get_offsets(), float)

    def show(step: float) -> None:
        points.set_offsets(offsets if step >= last else np.where(offsets[:, :1] <= step, offsets, np.nan))

    return show


def _band(band: Collection, last: float) -> Show:
    clip, ax = band.get_clip_box(), band.axes
    assert ax is not None
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()

    def show(step: float) -> None:
        seen = Bbox.from_extents(left, low, min(max(step, left), right), high)
        band.set_clip_box(clip if step >= last else TransformedBbox(seen, ax.transData))

    return show
