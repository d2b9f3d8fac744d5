"""What a convolution does, in the lesson on backpropagation: receptive field, and the sum over places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DL, DOWN, DR, RIGHT, UL, UR, FadeIn, FadeOut, Group, Mobject
from numpy.typing import NDArray

from derivviz.animation.filters import SIDE, Magnified, Places
from derivviz.animation.frame import Shape, pick, shape
from derivviz.animation.numerals import short
from derivviz.animation.pass_lesson import PassLesson
from derivviz.animation.typeset import Formula
from derivviz.look.layer_words import kind_words
from derivviz.trace.convolution import Field, bias_share, receptive_field
from derivviz.trace.flow import pictures
from derivviz.trace.layers import Layer, layers

Array = NDArray[np.float64]
_PLACES: dict[Shape, dict[str, tuple[float, float]]] = {  # of what is shown of the sum over places
    "wide": {
        "map": (-0.75, -1.55),
        "formula": (3.85, -0.9),
        "sum": (2.75, -2.0),
        "own": (3.4, -2.5),
        "total": (5.75, -1.9),
        "whole": (5.75, -2.5),
    },
    "tall": {
        "map": (0, 3.0),
        "formula": (0, -1.0),
        "sum": (-3.2, -3.3),
        "own": (-2.1, -4.1),
        "total": (2.0, -3.15),
        "whole": (2.0, -4.1),
    },
    "square": {
        "map": (-2.6, 1.7),
        "formula": (0, -2.9),
        "sum": (2.2, 3.1),
        "own": (3.4, 2.3),
        "total": (3.4, 0.75),
        "whole": (3.4, -0.2),
    },
}


class FilterLesson(PassLesson):
    """What one value of a feature map sees of the picture, and the sum that a filter's gradient is.

    Attributes
    ----------
    lens : Magnified or None
        The receptive field, if the trace has pictures and maps.
    places : Places or None
        What each place adds to the gradient of the followed weight or, where a linear layer is followed, of the
        bias of the convolution before it.
    filter : (Layer, int)
        That convolution, and which of its maps.
    """

    lens: Magnified | None = None
    places: Places | None = None

    def filters(self) -> None:
        """Both beats, as far as the trace has what they show; in a narrow frame each has it for itself."""
        self.away: list[Mobject] = []  # what made room for them
        shown = self.see()
        if shape() == "wide":
            shown += self.add_up()
        else:
            shown = self.add_up(shown) or shown
        if shown:
            back = [FadeIn(each) for each in self.away]
            if shape() == "wide" and self.lens is not None and self.row.image is not None:
                back = [FadeIn(self.row.image.label)]
            self.play(*(FadeOut(each) for each in shown), *back, run_time=0.5)

    def _make_room(self, *besides: Mobject) -> None:
        """Fade out the network, where that is not done yet, and something besides."""
        if not self.away:
            path = [self.path, self.path_names] if self.chain.products is not None else []
            self.away = [self.row.ahead, *path]
            besides = *self.away, *besides
        self.play(*(FadeOut(each) for each in besides), run_time=0.5)

    def see(self) -> list[Mobject]:
        """The receptive field; what is shown of it."""
        image, field = pictures(self.shot, self.chain.sample), self._field()
        if image is None or field is None or self.row.image is None:
            return []
        height, width = int(np.ptp(field.rows)), int(np.ptp(field.columns))
        end = kind_words(next(each.kind for each in layers(self.trace) if each.name == self._seer()[0]))
        self.say(
            en=f"After {end['en']}, one value sees only {height} × {width} pixels: its receptive field.",
            ko=f"{end['ko']}까지 지난 값 하나는 사진에서 {height} × {width}픽셀만 본다. 이를 수용 영역이라고 한다.",
        )
        size = f"{height} times {width}"
        if shape() == "wide":
            self.lens = Magnified(image, field, self.row.image, np.array([-5.6, -1.55, 0]))
            label = Formula(size, 40, "parameter").next_to(self.lens.rim, RIGHT, 0.35)
            self.play(FadeIn(self.lens.small), FadeOut(self.row.image.label), run_time=0.5)
        else:
            stage = self.row.image.copy()
            whole = Group(stage.forward, stage.rim)
            whole.scale(pick(wide=1, tall=3.9, square=4.6) / max(whole.width, whole.height))
            whole.move_to(pick(wide=[0, 0, 0], tall=[0, 3.75, 0], square=[-3.4, 0.4, 0]))
            self.lens = Magnified(
                image,
                field,
                stage,
                pick(wide=np.zeros(3), tall=np.array([0, -1.65, 0]), square=np.array([2.6, 0.4, 0])),
                pick(wide=0.0, tall=5.2, square=5.8),
                pick(wide=(), tall=((DL, UL), (DR, UR)), square=((UR, UL), (DR, DL))),
            )
            label = Formula(size, 56, "parameter").next_to(self.lens.rim, DOWN, 0.25)
            self._make_room()
            self.lens.add_to_back(whole)
            self.play(FadeIn(whole, self.lens.small), run_time=0.5)
        self.play(FadeIn(self.lens.rays, self.lens.view, self.lens.rim), run_time=0.7)
        self.play(FadeIn(self.lens.large, label), run_time=0.6)
        return [self.lens, label]

    def _field(self) -> Field | None:
        end, place = self._seer()
        if not end:
            return None
        found = layers(self.trace)
        return receptive_field(found[: [layer.name for layer in found].index(end) + 1], place)

    def _seer(self) -> tuple[str, tuple[int, int]]:
        """The layer of whose map one value is followed, and where in the map; no name where there is none."""
        c = self.chain
        if c.place is not None:
            return c.link.z, c.place
        if self.source is not None and self.source.is_map:
            return self.source.names[0], self.input_place[1:]
        return "", (0, 0)

    def add_up(self, instead_of: Sequence[Mobject] = ()) -> list[Mobject]:
        """The sum over all places, in a narrow frame in the place of what was shown; what is shown of it."""
        found = self._parts()
        if found is None:
            return []
        parts, (height, width), symbol, total = found
        self.say(
            en=f"A filter of the convolution works at all {height} × {width} places of its map. "
            "So its gradient adds up over them.",
            ko=f"합성곱의 필터는 {height} × {width}개의 모든 위치에서 쓰인다. "
            "그래서 그래디언트도 모든 위치에 걸쳐 더한다.",
        )
        at = {name: np.array([*xy, 0]) for name, xy in _PLACES[shape()].items()}
        side, large, small = pick(wide=(SIDE, 38, 28), tall=(5.6, 50, 36), square=(6.0, 50, 36))
        self.places = Places(parts, at["map"], at["sum"], side, large)
        formula = Formula(symbol, 40, l="loss").move_to(at["formula"])
        if shape() != "wide":
            formula.scale(min(1.6, pick(wide=0.0, tall=7.2, square=11.0) / formula.width))
        own = self.words(en="this picture", ko="이 사진", size=small, fill="muted").move_to(at["own"])
        self.filter_gradient = Formula(short(total), large, "tangent").move_to(at["total"])
        batch = self.outputs.batch
        whole = self.words(en=f"all {batch} together", ko=f"{batch}장 모두", size=small, fill="muted")
        whole.move_to(at["whole"])
        drawn = self.places
        if shape() != "wide":
            self._make_room(*instead_of)
        self.play(FadeIn(drawn.map, drawn.rim, formula), run_time=0.7)
        self.play(FadeIn(drawn.window, drawn.sum, drawn.tens, own), run_time=0.3)
        self.play(drawn.run(), run_time=2.6)
        self.play(FadeIn(self.filter_gradient, whole), run_time=0.5)
        return [
            Group(drawn.map, drawn.rim, drawn.window, drawn.sum, drawn.tens),
            formula,
            own,
            self.filter_gradient,
            whole,
        ]

    def _parts(self) -> tuple[Array, tuple[int, int], str, float] | None:
        """What each place adds, how many places there are, the formula, and the gradient of the whole batch."""
        c, derivative = self.chain, "frac(partial {{L : l}}, partial z_(n y x))"
        if c.products is not None:
            height, width = c.link.layer.shape[-2:]
            symbol = f"frac(partial {{{{L : l}}}}, partial w) = sum_n sum_(y, x) {derivative} dot x_(n y x)"
            return c.products, (height, width), symbol, c.gradient
        found = self._filter()
        if found is None:
            return None
        layer, channel = self.filter = found
        height, width = layer.shape[-2:]
        cells = np.asarray(self.shot.grad_map[layer.name][c.sample, channel], float)
        k = -(-max(height, width) // max(cells.shape))
        down, across = (
            np.minimum(k, size - k * np.arange(n))
            for size, n in zip((height, width), cells.shape, strict=True)
        )
        symbol = f"frac(partial {{{{L : l}}}}, partial b) = sum_n sum_(y, x) {derivative}"
        total = float(self.shot.grad[f"{layer.name}.bias"][channel])
        return cells * down[:, None] * across[None, :], (height, width), symbol, total

    def _filter(self) -> tuple[Layer, int] | None:
        """The convolution whose gradient is added up, and the map where it is largest; None where there is none."""
        for each in self.flow:
            layer = each.layer
            biased = f"{layer.name}.bias" in self.shot.grad and layer.name in self.shot.grad_map
            if layer.kind == "Conv2d" and each.is_map and each.back is not None and biased:
                sums = [
                    abs(bias_share(self.shot, layer, self.chain.sample, n)) for n in range(len(each.back))
                ]
                if np.isfinite(sums).all() and max(sums) > 0:
                    return layer, int(np.argmax(sums))
        return None

    def verify_filters(self) -> None:
        """Hold the receptive field and the sum over places against the trace."""
        c = self.chain
        if self.lens is not None:
            field = self._field()
            assert field is not None
            unit = self.lens.view.height / self.lens.piece[2] / self.lens.cell
            low, high = np.clip(field.rows, 0, self.lens.view_of[0] * self.lens.cell)
            self.claim(
                "the frame is as large as the receptive field",
                self.lens.large.height / unit,
                high - low,
                1e-3,
            )
        if self.places is None:
            return
        true = (
            c.shares[c.sample] if c.products is not None else bias_share(self.shot, *self.filter_arguments())
        )
        size = float(np.abs(self.places.parts).max())
        self.claim("the sum over places is this sample's share", self.places.total / size, true / size, 1e-3)

    def filter_arguments(self) -> tuple[Layer, int, int]:
        """Layer, sample and map of the convolution whose gradient is added up."""
        layer, channel = self.filter
        return layer, self.chain.sample, channel
