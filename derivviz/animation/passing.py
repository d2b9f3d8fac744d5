"""A sample on its way through a recorded network, as a row of stages with what came out at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from manim import UP, Group, Line, VGroup, VMobject
from numpy.typing import NDArray

from derivviz.animation.frame import SHORTER, Panel, body, shape
from derivviz.animation.layout import mark
from derivviz.animation.network import Stage, picture, wire
from derivviz.animation.passing_parts import bars_of, channels_of, stage_of
from derivviz.animation.passing_rows import APART, GAP, LABEL, routed, ways
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color, current
from derivviz.animation.typeset import Formula
from derivviz.look.layer_words import kind_words
from derivviz.trace.flow import Outputs, Passed

Array = NDArray[np.float64]


class Passing(Group):
    """Stages from left to right, in a narrow frame in rows, and the outputs.

    Parameters
    ----------
    image
        The picture of the sample, uint8 (y, x, 3), or None.
    title
        What is written below the picture.
    layers
        What the layers put out, in order.
    needed
        Recorded tensors whose stages must be among those drawn, in the order in which they are to stand.
    channel
        The feature map to show first, by recorded tensor.
    outputs
        What the network said.
    y
        Height of the row's middle in a wide frame.

    Attributes
    ----------
    image : Stage or None
    stages : list of Stage
        Those of the layers that are drawn; `shown` are the layers.
    bars : VGroup
        The outputs; `rows` are the numbers of those drawn, from the top.
    entry : (3,)
        Where what goes to the outputs arrives.
    """

    def __init__(
        self,
        image: NDArray[np.uint8] | None,
        title: str,
        layers: Sequence[Passed],
        needed: Sequence[str],
        channel: dict[str, int],
        outputs: Outputs,
        y: float,
    ) -> None:
        language = current().language
        ordered = _in_order(layers, needed)
        must = [n for n, each in enumerate(ordered) if set(each.names) & set(needed)]
        self.bars, self.rows = bars_of(outputs, y)
        tried = []
        for way in ways(self.bars.width):
            height = 0.0 if image is None else min(way.side, way.side * image.shape[0] / image.shape[1])
            first = None if image is None else Stage(picture(image, height), None, fitted(title, 2.0, 30))
            made = [stage_of(each, channel, way, kind_words(each.layer.kind)[language]) for each in ordered]
            lead = 0 if first is None else first.rim.width + GAP
            widths = [_width(stage) for stage in made]
            fits = partial(way.divided, widths=widths, lead=lead, must=must)
            kept = _kept(len(made), must, outputs.truth is not None, fits)
            tried.append((first, made, kept, fits(kept) or [kept, *[[] for _ in way.ends[1:]]], way))
        self.image, made, kept, divided, self.way = max(
            tried, key=lambda each: len(each[2])
        )  # the first of equals
        self.shown, self.stages = [ordered[n] for n in kept], [made[n] for n in kept]
        self.channels = {
            name: channels_of(each, channel) for each in self.shown for name in each.names if each.is_map
        }
        self.lines = [[made[n] for n in row] for row in divided]
        if self.image is not None:
            self.lines[0].insert(0, self.image)
        self.levels = (
            [y] if shape() == "wide" else self.way.middles(not {*must}.isdisjoint(divided[0]) or not must)
        )
        self.dots = VGroup(*(VGroup() for _ in self.lines))
        for n, row in enumerate(divided):
            self._place(n, row, kept)
        self.entry = self._set_bars(y)
        super().__init__(*([] if self.image is None else [self.image]), *self.stages, self.dots, self.bars)

    @property
    def ahead(self) -> Group:
        """All that the forward pass shows."""
        stages = self.stages if self.image is None else [self.image, *self.stages]
        return Group(self.bars, self.dots, *(part for stage in stages for part in stage.ahead))

    def ahead_in(self, row: int) -> Group:
        """What of it stands in a row."""
        bars = [] if self.way.apart or row < len(self.lines) - 1 else [self.bars]
        return Group(*bars, self.dots[row], *(part for stage in self.lines[row] for part in stage.ahead))

    @property
    def below(self) -> Panel:
        """The room below it, beside outputs that stand apart in a square."""
        under = body(0).bottom, self.levels[-1] - self.way.side / 2 - LABEL - 0.3
        if shape() == "square":
            return Panel(-5.75, self.bars.get_left()[0] - 0.5, *under)
        return Panel(-3.6, 3.6, under[0], self.bars.get_bottom()[1] - 0.35 if self.way.apart else under[1])

    def stage(self, name: str) -> Stage | None:
        """The stage that shows a recorded tensor; that of ``image`` is the picture."""
        if name == "image":
            return self.image
        return next((s for s, each in zip(self.stages, self.shown, strict=True) if name in each.names), None)

    def row_of(self, point: Array) -> int:
        """In which row a point is."""
        return int(np.argmin([abs(level - point[1]) for level in self.levels]))

    def over(self, point: Array) -> float:
        """The height of letters above the row of a point."""
        if shape() == "wide":
            return float(self.stages[0].rim.get_top()[1] + 0.22)
        return self.levels[self.row_of(point)] + self.way.side / 2 + 0.25

    def way_between(self, start: Array, end: Array, role: str = "parameter", width: float = 3.5) -> VMobject:
        """A wire from a point to another; from row to row it goes around the stages."""
        apart = self.way.apart and end is self.entry
        if self.row_of(start) == self.row_of(end) and not apart:
            return wire(start, end, role, width)
        edge = SHORTER[shape()] / 2 - 0.13
        level = self.bars.get_top()[1] + 0.2 if apart else self.over(end) + 0.28
        turn = end[0] - (GAP if apart else GAP / 2) if end is self.entry else -edge
        turns = [[edge, start[1]], [edge, level], [turn, level], [turn, end[1]]]
        return routed(np.array([start, *([x, y, 0] for x, y in turns), end]), role, width)

    def spot(self, name: str, unit: int, kept: int, place: tuple[float, float] | None = None) -> Array:
        """Where on the frame a value of a recorded tensor is.

        Parameters
        ----------
        unit, kept
            Which of so many recorded units; of maps the channel.
        place
            Shares (0…1) of height and width of the map.
        """
        stage = self.stage(name)
        assert stage is not None
        if name == "image" and place is not None:
            return stage.spot(*place)
        if place is None:
            return stage.spot((unit + 0.5) / kept, 0.5)
        shown = self.channels[name]
        if unit not in shown:  # of a map that is not drawn
            return np.asarray(stage.rim.get_right())
        at, grid = shown.index(unit), 1 if len(shown) == 1 else 2
        return stage.spot((at // grid + place[0]) / grid, (at % grid + place[1]) / grid)

    def _place(self, row: int, numbers: Sequence[int], kept: Sequence[int]) -> None:
        """Put the stages of a row, the layers of these numbers, where they belong, and dots for layers left out."""
        stages, y = self.lines[row], self.levels[row]
        widths = [_width(stage) for stage in stages]
        before = [n for n in kept if numbers and n < numbers[0]][-1:]
        skips = [b - a > 1 for a, b in pairwise([*(before or [-1]), *numbers])]
        if row == 0 and self.image is None:
            skips[:1] = []
        room = self.way.room(row) - sum(widths) - APART * sum(skips)
        gap = min(self.way.widest, room / max(len(stages) - 1, 1))
        x = self.way.ends[row][0]
        if row and skips and skips.pop(0):
            x = self._skip(row, x, 0.0)
        for n, (stage, width) in enumerate(zip(stages, widths, strict=True)):
            stage.shift(np.array([x + width / 2, y, 0]) - stage.rim.get_center())
            x += width
            if n < len(skips) and skips[n]:
                x = self._skip(row, x, gap)
            x += gap

    def _skip(self, row: int, x: float, gap: float) -> float:
        # A line may run through what only stands for layers.
        dots = mark(Formula("dots.c", "label", "muted"), backdrop=True)
        self.dots[row].add(dots.move_to([x + (gap + APART) / 2, self.levels[row], 0]))
        return x + APART

    def _set_bars(self, y: float) -> Array:
        """Put the outputs where they belong; the point where what goes to them arrives.

        In a frame that is not wide it arrives at a line that all of them stand on.
        """
        if shape() == "wide":
            return np.array([3.6, self.levels[-1], 0])
        if self.way.apart:
            top = self.levels[-1] - self.way.side / 2 - LABEL - 0.35
            if shape() == "tall":
                right, larger = 3.3, min(1.8, 6.4 / self.bars.width)
            else:
                right, larger = 5.65, min(1.15, 2.9 / self.bars.height)
            self.bars.scale(larger)
            self.bars.shift([right - self.bars.get_right()[0], top - self.bars.get_top()[1], 0])
        else:
            self.bars.shift([3.75 - self.bars.get_right()[0], self.levels[-1] - y, 0])
        first, last = (self.bars[n][0].get_start() for n in (0, len(self.rows) - 1))
        beyond = 0.15 * UP
        self.bars.add(Line(first + beyond, last - beyond, stroke_width=2.5, color=color("axis")))
        return np.asarray((first + last) / 2)


def _in_order(layers: Sequence[Passed], needed: Sequence[str]) -> list[Passed]:
    """The layers in the order of the model, or, where that is another, those needed in theirs."""
    ordered = list(layers)
    chain = [each for name in needed for each in layers if name in each.names]
    places = sorted(ordered.index(each) for each in chain)
    for place, each in zip(places, chain, strict=True):
        ordered[place] = each
    return ordered


def _width(stage: Stage) -> float:
    return float(max(stage.rim.width, stage.label.width))


def _kept(
    count: int, must: Sequence[int], barred: bool, fits: Callable[[list[int]], list[list[int]] | None]
) -> list[int]:
    """Which stages are drawn: those that must be, and of the others the nearest to them that there is room for."""
    kept = set(must)
    middle = must[len(must) // 2] if must else 0
    # What comes out at the end is drawn as bars already.
    others = [n for n in range(count) if n not in kept and not (barred and n == count - 1)]
    for n in sorted(others, key=lambda n: (abs(n - middle), n)):
        if fits(sorted(kept | {n})) is not None:
            kept.add(n)
    return sorted(kept)
