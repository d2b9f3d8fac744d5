"""Pictures of a network's inside on a dashboard: its filters, maps and answers as they change through a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from manim import ImageMobject
from numpy.typing import NDArray

from derivviz.animation.blend import rgb
from derivviz.animation.dashboard import Box, Panel
from derivviz.animation.frame import shape
from derivviz.animation.network import picture, shade
from derivviz.animation.numerals import plain
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color
from derivviz.animation.typeset import Number, Words
from derivviz.trace.training import Answers, Looks

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Caption = Callable[[str, str], Words]
COUNTED = 6  # classes, at the most, whose counts are written into the cells
NAMED = 10  # classes, at the most, that are named
_CELL = 24  # pixels of a tile's shorter side at the least, so that gaps are narrow
_SQUARE = 480  # pixels of the side of truth against answer
_MATRIX = 64  # pixels of each side of a matrix at the least
_FULL = 0.62  # of a cell's colour where it is strongest, so that a number on it can be read


class Tiles(Panel):
    """Pictures of one kind as they are now, and how they have changed; of maps, before them what they are of.

    Parameters
    ----------
    caption
        Makes the words below a picture, given in both languages.

    Attributes
    ----------
    looks
        What is shown.
    look
        The number of the look that is shown.
    now, change
        The two pictures that change; no second one where each look is at another input.
    """

    def __init__(self, box: Box, heading: Words, looks: Looks, caption: Caption) -> None:
        super().__init__(box, heading)
        self.looks, self.look = looks, -1
        self._ends, self._most = _ends(looks.values), _most(looks.values - looks.values[0])
        self._size = _most(looks.values)
        brighter = plain(self._size / self._most, 2) if len(looks.steps) > 1 else "1"
        told = [("now", "지금"), (f"change × {brighter}", f"변화 × {brighter}")]
        pictures = [self._now(0), self._change(0)]
        if looks.inputs is not None:
            told.insert(0, ("input", "입력"))
            pictures.insert(0, np.asarray(looks.inputs[0], np.uint8))
        if not looks.same:  # what differs is the picture, too
            told.pop()
            pictures.pop()
        self.images = _arranged(pictures, [caption(en, ko) for en, ko in told], self.inside, self)
        self.now = self.images[-2 if looks.same else -1]
        self.change: ImageMobject | None = self.images[-1] if looks.same else None
        self.moving.add(*self.images)
        self.show(float(looks.steps[0]))

    def show(self, done: float) -> None:
        n = self.looks.at(done)
        if n != self.look:
            self.look = n
            _repaint(self.now, self._now(n))
            if self.change is not None:
                _repaint(self.change, self._change(n))
            if self.looks.inputs is not None and len(self.looks.inputs) > 1:
                _repaint(self.images[0], self.looks.inputs[n])

    def corner(self) -> tuple[float, float]:
        """The first number shown now, read off its colour, and the largest that colours tell: for `verify`."""
        pixel, most = self.now.pixel_array[0, 0, :3].astype(float), self._size
        if self.looks.values.ndim == 5:
            return float(most * (2 * pixel[0] / 255 - 1)), most
        ground, up, down = (rgb(role) for role in ("panel", "positive", "negative"))
        shares = [float((pixel - ground) @ (c - ground) / ((c - ground) @ (c - ground))) for c in (up, down)]
        misses = [
            float(np.abs(ground + share * (c - ground) - pixel).max())
            for share, c in zip(shares, (up, down), strict=True)
        ]
        return most * (shares[0] if misses[0] <= misses[1] else -shares[1]), most

    def _now(self, n: int) -> Pixels:
        """One look as a picture, all looks on one scale."""
        values, (low, high) = self.looks.values[n], self._ends
        if self.looks.kind == "maps":
            return tiled(shade(values, "function", low=low, high=high))
        return self._signed(values, self._size)

    def _change(self, n: int) -> Pixels:
        return self._signed(self.looks.values[n] - self.looks.values[0], self._most)

    def _signed(self, values: Array, most: float) -> Pixels:
        if values.ndim == 3:
            return tiled(signed(values, most))
        grey = 0.5 + 0.5 * np.nan_to_num(values, nan=0.0, posinf=most, neginf=-most) / most
        return tiled(np.round(255 * np.clip(grey, 0, 1)).astype(np.uint8))


def _arranged(
    pictures: Sequence[Pixels], captions: Sequence[Words], inside: Box, panel: Panel
) -> list[ImageMobject]:
    """Pictures side by side, as large as they go, with words below them."""
    left, bottom, width, height, text = inside
    gap = 0.25
    room = (width - gap * (len(pictures) - 1)) / len(pictures), height - 0.36 * text
    images = [_image(pixels, room) for pixels in pictures]
    x, top = left, bottom + height
    if shape() != "wide":  # in the middle of its room
        taken = sum(max(image.width, words.width) for image, words in zip(images, captions, strict=True))
        x += (width - taken - gap * (len(images) - 1)) / 2
    for image, caption in zip(images, captions, strict=True):
        image.move_to([x + image.width / 2, top - image.height / 2, 0])
        middle = min(max(image.get_x(), x + caption.width / 2), left + width - caption.width / 2)
        caption.at([middle - caption.width / 2, top - image.height - 0.29 * text, 0])
        panel.add(image, caption)
        x += max(image.width, caption.width) + gap
    return images


class Confusion(Panel):
    """Truth against answer as a square of cells: a row a truth, a column an answer, both in the same order.

    Attributes
    ----------
    answers
        What is shown.
    row
        The number of the evaluation that it shows; None before the first.
    numbers
        Counts in the cells, row by row; empty where there is no room.
    """

    def __init__(self, box: Box, heading: Words, answers: Answers, names: Sequence[str]) -> None:
        super().__init__(box, heading)
        self.answers = answers
        self.row: int | None = None
        count = answers.counts.shape[1]
        left, bottom, width, height, text = self.inside
        written = [fitted(name, 0.45 * width, box.tick) for name in names] if count <= NAMED else []
        side = min(height, width - max((name.width for name in written), default=0.0) - 0.2)
        right = left + width
        if shape() != "wide":  # in the middle, where its room is much wider than it is
            right -= (width - side - max((name.width for name in written), default=0.0)) / 2
        self.image = picture(self._pixels(None), side)
        self.image.move_to([right - side / 2, bottom + height - side / 2, 0])
        self.add(self.image)
        cell = side / count
        corner = np.array([right - side, bottom + height, 0])
        for n, name in enumerate(written):
            self.add(name.at([corner[0] - 0.15 - name.width, corner[1] - (n + 0.5) * cell - 0.09 * text, 0]))
        self.numbers: list[Number] = []
        if count <= COUNTED and answers.counts.max(initial=0) < 100:
            for i in range(count):
                for j in range(count):
                    at = corner + np.array([(j + 0.5) * cell, -(i + 0.5) * cell - 0.09 * text, 0])
                    self.numbers.append(Number(0, ".0f", box.tick, anchor=np.zeros(3), width=2).at(at))
        self.moving.add(self.image, *self.numbers)
        self.add(*self.numbers)
        self.show(-1.0)

    def show(self, done: float) -> None:
        row = self.answers.at(done)
        if row != self.row or row is None:
            self.row = row
            _repaint(self.image, self._pixels(row))
            counts = self.answers.counts[row].ravel() if row is not None else np.zeros(len(self.numbers))
            for number, n in zip(self.numbers, counts, strict=False):
                number.set_value(float(n)).set_fill(color("ink"), opacity=float(n > 0))

    def shares(self) -> Array:
        """What the colours of the cells say, (truth, answer): for `verify`."""
        count = self.answers.counts.shape[1]
        pixels = self.image.pixel_array[..., :3].astype(float)
        middles = ((np.arange(count) + 0.5) / count * len(pixels)).astype(int)
        ground, right, wrong = (rgb(role) for role in ("panel", "positive", "negative"))
        full = _FULL * (np.where(np.eye(count, dtype=bool)[..., None], right, wrong) - ground)
        return np.asarray(
            ((pixels[np.ix_(middles, middles)] - ground) * full).sum(-1) / (full * full).sum(-1)
        )

    def _pixels(self, row: int | None) -> Pixels:
        """Cells coloured by their share of their row: right ones, on the diagonal, in the colour of right."""
        count = self.answers.counts.shape[1]
        counts = np.zeros((count, count)) if row is None else self.answers.counts[row].astype(float)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        ground, right, wrong = (rgb(role) for role in ("panel", "positive", "negative"))
        full = np.where(np.eye(count, dtype=bool)[..., None], right, wrong)
        cells = ground + _FULL * share[..., None] * (full - ground)
        side = max(2, _SQUARE // count)
        made = np.round(cells).astype(np.uint8).repeat(side, axis=0).repeat(side, axis=1)
        if side > 12:
            made[::side] = made[:, ::side] = rgb("background").astype(np.uint8)
        return made


def signed(values: Array, most: float) -> Pixels:
    """Numbers as colours: the ground's for 0, towards the colour of positive or of negative ones up to `most`."""
    share = np.clip(np.nan_to_num(values, nan=0.0, posinf=most, neginf=-most) / most, -1, 1)[..., None]
    ground, up, down = (rgb(role) for role in ("panel", "positive", "negative"))
    return np.round(ground + np.abs(share) * (np.where(share > 0, up, down) - ground)).astype(np.uint8)


def tiled(tiles: Pixels, gap: int = 2) -> Pixels:
    """Pictures (tile, y, x, 3) in one that is as nearly square as can be.

    A single one, a matrix, is stretched towards a square.
    """
    count, high, wide, _ = tiles.shape
    across = min(count, int(np.ceil(np.sqrt(count * high / wide))))
    least = _CELL if count > 1 else _MATRIX
    times = (-(-least // min(high, wide)),) * 2 if count > 1 else (-(-least // high), -(-least // wide))
    tiles = tiles.repeat(times[0], axis=1).repeat(times[1], axis=2)
    _, high, wide, _ = tiles.shape
    rows = -(-count // across)
    made = np.empty((rows * (high + gap) - gap, across * (wide + gap) - gap, 3), np.uint8)
    made[:] = rgb("background").astype(np.uint8)
    for n, tile in enumerate(tiles):
        top, left = n // across * (high + gap), n % across * (wide + gap)
        made[top : top + high, left : left + wide] = tile
    return made


def _ends(values: Array) -> tuple[float, float]:
    """Ends of a scale for all looks: all but the outermost hundredth of the values, and never of no length."""
    finite = values[np.isfinite(values)]
    low, high = (float(end) for end in np.percentile(finite, (1, 99))) if finite.size else (0.0, 1.0)
    return low, high if high > low else low + 1.0


def _most(values: Array) -> float:
    """The size of all values but the largest hundredth, and never 0."""
    sizes = np.abs(values[np.isfinite(values)])
    sizes = sizes[sizes > 0]
    return float(np.percentile(sizes, 99)) if sizes.size else 1.0


def _image(pixels: Pixels, room: tuple[float, float]) -> ImageMobject:
    """A picture as large as fits."""
    ratio = pixels.shape[1] / pixels.shape[0]
    height = min(room[1], room[0] / ratio)
    return picture(pixels, height, height * ratio)


def _repaint(image: ImageMobject, pixels: Pixels) -> None:
    image.pixel_array = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
