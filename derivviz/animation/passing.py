"""A sample on its way through a recorded network, as a row of stages with what came out at its end."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from manim import ORIGIN, RIGHT, Group, Line, VGroup
from numpy.typing import NDArray

from derivviz.animation.layout import mark
from derivviz.animation.network import Stage, picture, shade, tiles
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color, current
from derivviz.animation.typeset import Formula, Number, Words
from derivviz.look.layer_words import kind_words
from derivviz.look.names import display
from derivviz.look.numerals import short
from derivviz.trace.flow import Outputs, Passed

Array = NDArray[np.float64]
SIDES, COLUMN = (1.74, 1.4), 0.34  # sides of a picture, the smaller where more fits then; width of a column
LEFT_END, RIGHT_END = -6.95, 3.3  # of the row of stages
GAP, APART = 0.3, 0.42  # between stages, and where layers between them are not drawn
ROWS = 6  # outputs, at the most, that are drawn


class Passing(Group):
    """Stages from left to right, and the outputs.

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
        Height of the row's middle.

    Attributes
    ----------
    image : Stage or None
    stages : list of Stage
        Those of the layers that are drawn; `shown` are the layers.
    bars : VGroup
        The outputs; `rows` are the numbers of those drawn, from the top.
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
        tried = []
        for side in SIDES:
            height = 0.0 if image is None else min(side, side * image.shape[0] / image.shape[1])
            first = None if image is None else Stage(picture(image, height), None, fitted(title, 2.0, 30))
            made = [_stage(each, channel, side, kind_words(each.layer.kind)[language]) for each in ordered]
            room = RIGHT_END - LEFT_END - (0 if first is None else first.rim.width + GAP)
            kept = _kept([_width(stage) for stage in made], must, outputs.truth is not None, room)
            tried.append((first, made, kept))
        self.image, made, kept = max(tried, key=lambda each: len(each[2]))  # of equals the first
        self.shown, self.stages = [ordered[n] for n in kept], [made[n] for n in kept]
        self.channels = {
            name: _channels(each, channel) for each in self.shown for name in each.names if each.is_map
        }
        self.dots = VGroup()
        self._place(kept, y)
        self.bars, self.rows = _bars(outputs, y)
        super().__init__(*([] if self.image is None else [self.image]), *self.stages, self.dots, self.bars)

    @property
    def ahead(self) -> Group:
        """All that the forward pass shows."""
        stages = self.stages if self.image is None else [self.image, *self.stages]
        return Group(self.bars, self.dots, *(part for stage in stages for part in stage.ahead))

    def stage(self, name: str) -> Stage | None:
        """The stage that shows a recorded tensor; that of ``image`` is the picture."""
        if name == "image":
            return self.image
        return next((s for s, each in zip(self.stages, self.shown, strict=True) if name in each.names), None)

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

    def _place(self, kept: Sequence[int], y: float) -> None:
        stages = self.stages if self.image is None else [self.image, *self.stages]
        widths = [_width(stage) for stage in stages]
        skips = [b - a > 1 for a, b in itertools.pairwise(kept)]
        if self.image is not None:
            skips = [bool(kept) and kept[0] > 0, *skips]
        room = RIGHT_END - LEFT_END - sum(widths) - APART * sum(skips)
        gap = min(1.1, room / max(len(stages) - 1, 1))
        x = LEFT_END
        for n, (stage, width) in enumerate(zip(stages, widths, strict=True)):
            stage.shift(np.array([x + width / 2, y, 0]) - stage.rim.get_center())
            x += width
            if n < len(skips) and skips[n]:  # a line may run through what only stands for layers
                self.dots.add(
                    mark(Formula("dots.c", "label", "muted"), backdrop=True).move_to(
                        [x + (gap + APART) / 2, y, 0]
                    )
                )
                x += APART
            x += gap


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


def _kept(widths: Sequence[float], must: Sequence[int], barred: bool, room: float) -> list[int]:
    """Which stages are drawn: those that must be, and of the others the nearest to them that there is room for."""
    kept = set(must)
    last = len(widths) - 1
    middle = must[len(must) // 2] if must else 0
    # What comes out at the end is drawn as bars already.
    others = [n for n in range(len(widths)) if n not in kept and not (barred and n == last)]
    for n in sorted(others, key=lambda n: (abs(n - middle), n)):
        tried = sorted(kept | {n})
        skips = sum(b - a > 1 for a, b in itertools.pairwise(tried)) + (tried[0] > 0)
        if sum(widths[k] for k in tried) + GAP * (len(tried) - 1) + APART * skips <= room:
            kept.add(n)
    return sorted(kept)


def _channels(each: Passed, channel: dict[str, int]) -> list[int]:
    """The feature maps that are drawn: the one asked for first, then those in which most is to be seen."""
    first = [channel[name] for name in each.names if name in channel and channel[name] < len(each.ahead)]
    busy = np.argsort(-np.nan_to_num(each.ahead.std(axis=(1, 2))), kind="stable")
    chosen = [*first[:1], *(int(n) for n in busy if n not in first[:1])]
    return chosen[: 4 if len(chosen) >= 4 else 1]


def _stage(each: Passed, channel: dict[str, int], side: float, word: str) -> Stage:
    """One layer as a stage: four maps two by two, or a column of units."""
    label = Words(word, 30, "muted")
    if each.is_map:
        drawn = _channels(each, channel)
        ahead = picture(_sheet(each.ahead[drawn], "function"), side, side)
        back = None
        if each.back is not None:
            size = np.abs(each.back[drawn])
            finite = size[np.isfinite(size)]
            top = float(np.percentile(finite, 99.8)) if finite.size else 1.0
            back = picture(_sheet(size, "tangent", low=0.0, high=top), side, side)
        return Stage(ahead, back, label)
    ahead = picture(shade(each.ahead[:, None], "function"), side, COLUMN)
    back = None
    if each.back is not None:
        back = picture(shade(np.abs(each.back)[:, None], "tangent", low=0.0), side, COLUMN)
    return Stage(ahead, back, label)


def _sheet(maps: Array, role: str, **ends: float) -> NDArray[np.uint8]:
    return (
        tiles(maps, role, gap=max(1, round(maps.shape[-1] / 19)), **ends)
        if len(maps) > 1
        else shade(maps[0], role, **ends)
    )


def _bars(outputs: Outputs, y: float) -> tuple[VGroup, list[int]]:
    """The outputs as bars: the largest, and the true class among them, in its own colour."""
    values, truth = outputs.values, outputs.truth
    order: Iterable[int] = range(len(values))
    if len(values) > ROWS:
        ranked = [int(n) for n in np.argsort(-np.nan_to_num(np.abs(values)), kind="stable")]
        best = [n for n in ranked if n != truth][: ROWS - (truth is not None) - 1]
        order = sorted([*best, *([] if truth is None else [truth])])
    rows = list(order)
    made = VGroup()
    count, language = len(rows) + (len(values) > ROWS), current().language
    height = min(0.36, 1.95 / count)
    longest = max(float(np.nan_to_num(np.abs(values[rows])).max()), 1e-300)
    for at, n in enumerate(rows):
        level = y + height * (count / 2 - at - 0.5)
        role, fill = (
            ("positive", "ink") if n == truth else ("muted" if truth is not None else "function", "muted")
        )
        length = max(0.02, 0.6 * abs(float(np.nan_to_num(values[n]))) / longest)
        bar = Line([3.7, level, 0], [3.7 + length, level, 0], stroke_width=16, color=color(role))
        if truth is None:
            told = VGroup(Formula(short(float(values[n]), 3), 28, "muted"))
            told[0].move_to([5.15, level, 0], aligned_edge=ORIGIN).align_to([5.55, 0, 0], RIGHT)
            name_left, room = 5.75, 1.1
        else:
            share = Number(100 * values[n], ".0f", 28, fill, anchor=RIGHT).at([4.9, level - 0.1, 0])
            told = VGroup(share, Words("%", 28, fill).at([4.93, level - 0.1, 0]))
            name_left, room = 5.35, 1.6
        name = fitted(display(outputs.names[n])[language], room, 28)
        name.set_fill(color(fill)).at([name_left, level - 0.1, 0])
        made.add(VGroup(bar, *told, name))
    if len(rows) < len(values):
        told_of = {"en": f"{len(rows)} of {len(values)} shown", "ko": f"{len(values)}개 중 {len(rows)}개"}
        note = Words(told_of[language], 28, "muted").move_to([5.3, y - height * (count / 2 - 0.5) - 0.05, 0])
        made.add(VGroup(note))
    return made, rows
