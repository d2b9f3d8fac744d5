"""How long each layer's gradient is and how far its steps go, on a dashboard that follows a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from derivviz.animation.arena import Cloud
from derivviz.animation.blend import mixed
from derivviz.animation.dashboard import COLUMNS, DECADES, Box, Panel, ending, tens
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, straight
from derivviz.animation.typeset import Formula, Words
from derivviz.trace.thinning import Band, band, stretches
from derivviz.trace.training import Layer, short

Array = NDArray[np.float64]


class Sizes(Panel):
    """A row a layer: how long its gradient is, and how far its step goes, as dots on axes of powers of ten.

    Around a dot, which is the median of a stretch of steps, goes a line from the least to the greatest of it; the
    pale one spans all that there was up to then.

    Attributes
    ----------
    bands
        Gradients and steps by layer: `Band`s over the stretches of the run.
    """

    ROLES = ("tangent", "parameter")

    def __init__(self, box: Box, heading: Words, layers: Sequence[Layer], steps: Array) -> None:
        super().__init__(box, heading)
        self.layers, edges = list(layers), stretches(len(steps), COLUMNS)
        self.ends = steps[edges[1:] - 1] + 1  # how many steps are over at the end of each stretch
        self.bands = [[band(layer.gradient, edges), band(layer.update, edges)] for layer in layers]
        left, bottom, width, height, text = self.inside
        names = [
            ending(name, width - 3.0 * text, box.tick) for name in short([layer.name for layer in layers])
        ]
        beside = max(name.width for name in names) + 0.2
        gap = 0.16 * text
        room = (width - beside - 2 * gap) / 2
        self.axes = [(left + beside + n * (room + 2 * gap), room) for n in (0, 1)]
        self.decades = [_decades([row[n] for row in self.bands]) for n in (0, 1)]
        laws = ("norm(partial L \\/ partial w)", "norm(Delta w) \\/ norm(w)")
        top, self.unit = bottom + height - 0.42 * text, (height - 0.92 * text) / len(layers)
        self.rows = [top - self.unit * (n + 0.5) for n in range(len(layers))]
        for (start, length), law, role, (low, high) in zip(
            self.axes, laws, self.ROLES, self.decades, strict=True
        ):
            self.add(Formula(law, box.tick, role).at([start, top + 0.12 * text, 0]))
            ticks = [Formula(tens(power), box.tick, "muted") for power in (low, high)]
            for tick, x in zip(ticks, (start, start + length - ticks[1].width), strict=True):
                self.add(tick.move_to([x + tick.width / 2, bottom + 0.12 * text, 0]))
            lines = [[[start, y, 0], [start + length, y, 0]] for y in self.rows]
            self.add(mark(Segments(lines, "grid", 2), backdrop=True))
        for name, y in zip(names, self.rows, strict=True):
            self.add(name.at([left, y - 0.09 * text, 0]))
        pale, now = 8.0 * text, 5.0 * text
        self.trails = [Segments(np.zeros((0, 2, 3)), mixed("background", r, 0.35), pale) for r in self.ROLES]
        self.spans = [Segments(np.zeros((0, 2, 3)), r, now) for r in self.ROLES]
        self.dots = [Cloud(np.zeros((0, 3)), r, 0.1 * text) for r in self.ROLES]
        for part in (*self.trails, *self.spans, *self.dots):
            self.moving.add(mark(part, backdrop=True))
        self.add(self.moving)
        self.show(float(self.ends[0]))

    def x(self, kind: int, values: Array) -> Array:
        """Places on the axis of gradients (0) or steps (1); what is too small for it stands at its left end."""
        (start, length), (low, high) = self.axes[kind], self.decades[kind]
        with np.errstate(all="ignore"):
            share = (np.log10(values) - low) / (high - low)
        return start + length * np.clip(np.nan_to_num(share, nan=0.0, neginf=0.0, posinf=1.0), 0, 1)

    def value(self, kind: int, layer: int) -> float:
        """What a dot says, for `verify`."""
        (start, length), (low, high) = self.axes[kind], self.decades[kind]
        x = self.dots[kind].centers[self.seen[kind].index(layer), 0]
        return float(10 ** (low + (x - start) / length * (high - low)))

    def stretch(self, done: float) -> int:
        """Number of the stretch that ends after so many steps."""
        return int(np.clip(np.searchsorted(self.ends, done), 0, len(self.ends) - 1))

    def show(self, done: float) -> None:
        n = self.stretch(done)
        self.seen: list[list[int]] = []
        for kind in (0, 1):
            seen = [k for k, row in enumerate(self.bands) if np.isfinite(row[kind].middle[n])]
            self.seen.append(seen)
            ys = np.array([self.rows[k] for k in seen])
            now = [self.bands[k][kind] for k in seen]
            self._line(self.spans[kind], kind, [(b.low[n], b.high[n]) for b in now], ys)
            past = [(np.nanmin(b.low[: n + 1]), np.nanmax(b.high[: n + 1])) for b in now]
            self._line(self.trails[kind], kind, past, ys)
            xs = self.x(kind, np.array([b.middle[n] for b in now]))
            self.dots[kind].move(np.column_stack([xs, ys, 0 * xs]))

    def _line(self, line: Segments, kind: int, ends: Sequence[tuple[float, float]], ys: Array) -> None:
        xs = self.x(kind, np.array(ends, float).reshape(-1, 2))
        points = np.stack([xs, np.repeat(ys[:, None], 2, axis=1), np.zeros_like(xs)], axis=-1)
        line.points = straight(points) if len(points) else np.zeros((0, 3))


def _decades(bands: Sequence[Band]) -> tuple[int, int]:
    """Powers of ten between which all finite values above 0 are."""
    values = np.concatenate([np.concatenate([b.low, b.high]) for b in bands])
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return -1, 0
    low, high = math.floor(np.log10(values.min())), math.ceil(np.log10(values.max()))
    return max(low, int(high - DECADES)) if high > low else low - 1, high
