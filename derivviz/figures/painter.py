"""Frames of a figure that changes from step to step: what stays is drawn once, what changes each time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.spines import Spine
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from derivviz.figures.motion import Motion
from derivviz.figures.saving import no_boxes
from derivviz.figures.style import SMALL, current

Pixels = tuple[int, int, int, int]  # left, top, right, bottom
PAD = 7.0  # points around axes that markers may reach to
CORNERS = ((1, 0), (1, 1), (0, 0), (0, 1))  # of the figure, in which the step may be told


@dataclass
class Patch:
    """What lies above all that moves and stays as it is: drawn once, and laid over each frame.

    `ink` is its colour times its opacity, shape (height, width, 3); `gap` what it leaves of what is below.
    """

    rows: slice
    columns: slice
    ink: NDArray[np.uint16]
    gap: NDArray[np.uint16]

    def over(self, picture: NDArray[np.uint8]) -> None:
        below = picture[self.rows, self.columns, :3]
        below[:] = (below * self.gap + self.ink + 127) // 255


@dataclass
class Layer:
    """What is drawn anew of one axes: in order all that moves and what lies between, then what lies above it."""

    artists: list[Artist]
    above: list[Artist]


@dataclass
class Painter:
    """Draws the figure as it is at a step.

    Attributes
    ----------
    changed
        Rectangles of pixels, outside of which all frames are the same. Their sides are even.
    """

    canvas: FigureCanvasAgg
    motion: Motion
    layers: list[Layer]
    patches: list[Patch] | None
    grounds: list[Any]
    changed: list[Pixels]
    label: Text

    def frame(self, moment: float) -> NDArray[np.uint8]:
        """The picture at a moment, 0 at the begin and 1 at the end; RGBA, shape (height, width, 4).

        The last one is to a pixel the figure as it is when nothing moves. The next call draws over it.
        """
        step = self.motion.at(moment)
        for ground in self.grounds:
            self.canvas.restore_region(ground)
        self.motion.show(step)
        renderer = self.canvas.get_renderer()
        laid_over = self.patches is not None and moment < 1
        for layer in self.layers:
            for artist in layer.artists if laid_over else (*layer.artists, *layer.above):
                artist.draw(renderer)
        picture = np.asarray(self.canvas.buffer_rgba())
        if laid_over:
            for patch in self.patches or ():
                patch.over(picture)
        if moment < 1:
            self.label.set_text(self.motion.told(step, current().language))
            self.label.draw(renderer)
        return picture


@contextmanager
def painter(figure: Figure, motion: Motion, width: int, *, transparent: bool = False) -> Iterator[Painter]:
    """A painter of pictures so many pixels wide, within ``style``; the figure is afterwards as it was.

    Width and height are even, as films want them.
    """
    inches, dots, canvas, engine = (
        figure.get_size_inches().copy(),
        figure.dpi,
        figure.canvas,
        figure.get_layout_engine(),
    )
    layers = _layers(figure, motion)
    with ExitStack() as after, no_boxes():
        wide = width - width % 2
        figure.set_dpi(wide / inches[0])
        high = 2 * round(inches[1] * figure.dpi / 2)
        figure.set_size_inches((wide + 0.01) / figure.dpi, (high + 0.01) / figure.dpi)  # a canvas rounds down
        after.callback(_restore, figure, inches, dots, canvas, engine)
        for ax in figure.axes:  # from where they are the layout begins, and it does not quite forget it
            after.callback(_put_back, ax, ax.get_position(True).frozen(), ax.get_position().frozen())
        if transparent:
            for patch in (figure.patch, *(ax.patch for ax in figure.findobj(Axes))):
                after.callback(patch.set_visible, patch.get_visible())
                patch.set_visible(False)
        agg = FigureCanvasAgg(figure)
        agg.draw()  # which lays it out, and makes the ticks
        figure.set_layout_engine("none")
        label = _label(figure, motion)
        after.callback(label.remove)
        patches = (
            None if transparent else [p for layer in layers for a in layer.above for p in _patch(a, agg)]
        )
        for artist in (artist for layer in layers for artist in (*layer.artists, *layer.above)):
            after.callback(artist.set_animated, artist.get_animated())
            artist.set_animated(True)
        after.callback(motion.show, float(motion.steps[-1]))
        agg.draw()
        places = [*(_place(layer, agg) for layer in layers), _box(label.get_window_extent().padded(4), agg)]
        grounds: list[Any] = [agg.copy_from_bbox(_extent(place, high)) for place in places]
        yield Painter(agg, motion, layers, patches, grounds, places, label)


def _restore(
    figure: Figure, inches: NDArray[np.float64], dots: float, canvas: object, engine: object
) -> None:
    figure.set_layout_engine(engine)  # type: ignore[arg-type]
    figure.set_size_inches(*inches)
    figure.set_dpi(dots)
    figure.set_canvas(canvas)  # type: ignore[arg-type]


def _put_back(ax: Axes, original: Bbox, active: Bbox) -> None:
    laid_out = ax.get_in_layout()
    ax.set_position(original, "original")
    ax.set_position(active, "active")
    ax.set_in_layout(laid_out)


def _layers(figure: Figure, motion: Motion) -> list[Layer]:
    """By axes what is drawn anew in each frame: what changes, and what lies above and near it."""
    changing = {id(artist) for artist in motion.artists}
    found = []
    for ax in figure.findobj(Axes):
        assert isinstance(ax, Axes)
        own = sorted((a for a in ax.get_children() if a is not ax.patch), key=lambda a: a.get_zorder())
        moving = [n for n, artist in enumerate(own) if id(artist) in changing]
        if moving:
            first, last = moving[0], moving[-1] + 1
            between = [a for a in own[first:last] if id(a) in changing or _is_above(a, ax)]
            found.append(Layer(between, [a for a in own[last:] if _is_above(a, ax)]))
    return found


def _is_above(artist: Artist, ax: Axes) -> bool:
    """Whether what stays may lie on what moves in the axes."""
    if isinstance(artist, (Axis, Spine)) and not ax.axison:
        return False
    if not artist.get_visible() or isinstance(artist, Axes):
        return False
    box = _seen(artist)
    return box is not None and bool(_near(ax).overlaps(box))


def _seen(artist: Artist) -> Bbox | None:
    """Where an artist is seen, in pixels; None where it is empty."""
    box = artist.get_tightbbox()
    if box is None or not np.isfinite(box.extents).all() or not (box.width > 0 or box.height > 0):
        return None
    return box


def _patch(artist: Artist, canvas: FigureCanvasAgg) -> Iterator[Patch]:
    """An artist that stays, alone on a canvas; nothing when it shows nothing."""
    renderer = canvas.get_renderer()
    renderer.clear()
    artist.draw(renderer)
    picture = np.asarray(canvas.buffer_rgba())
    seen = picture[..., 3] > 0
    if not seen.any():
        return
    (top, *_, bottom), (left, *_, right) = (np.flatnonzero(seen.any(axis=axis))[[0, -1]] for axis in (1, 0))
    rows, columns = slice(top, bottom + 1), slice(left, right + 1)
    cut = picture[rows, columns].astype(np.uint16)
    yield Patch(rows, columns, cut[..., :3] * cut[..., 3:], 255 - cut[..., 3:])


def _near(ax: Axes) -> Bbox:
    """The axes, and as far around as a marker may reach."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return ax.get_window_extent().padded(PAD * figure.dpi / 72)


def _place(layer: Layer, canvas: FigureCanvasAgg) -> Pixels:
    """All that is drawn anew of one axes."""
    ax = layer.artists[0].axes
    assert isinstance(ax, Axes)
    still = [box for artist in (*layer.artists, *layer.above) if (box := _seen(artist)) is not None]
    return _box(Bbox.union([_near(ax), *still]), canvas)


def _box(box: Bbox, canvas: FigureCanvasAgg) -> Pixels:
    """The pixels of a box, and one or two around; rows are counted from the top."""
    width, height = canvas.get_width_height(physical=True)
    left, right = (int(np.clip(x, 0, width)) for x in (box.x0 - 2, box.x1 + 3))
    top, bottom = (int(np.clip(height - y, 0, height)) for y in (box.y1 + 2, box.y0 - 3))
    return left - left % 2, top - top % 2, right + right % 2, bottom + bottom % 2


def _extent(place: Pixels, height: int) -> Bbox:
    left, top, right, bottom = place
    return Bbox.from_extents(left, height - bottom, right, height - top)


def _label(figure: Figure, motion: Motion) -> Text:
    """Where the step is told: in a corner that is free."""
    texts = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    taken = [Text.get_window_extent(t) for t in texts]
    look = current()
    longest = max((motion.told(float(step), look.language) for step in motion.steps), key=len)
    widest = re.sub(r"\d", "8", longest)
    label = figure.text(0, 0, widest, size=SMALL, color=look.color("muted"), animated=True)
    for x, y in CORNERS:
        label.set(
            x=0.992 if x else 0.008,
            y=0.992 if y else 0.008,
            ha="right" if x else "left",
            va="top" if y else "bottom",
        )
        if not any(label.get_window_extent().overlaps(box) for box in taken):
            break
    return label
