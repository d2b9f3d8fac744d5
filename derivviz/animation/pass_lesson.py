"""The first half of the lesson on backpropagation: a sample flows forward, the loss, its gradients flow back."""

from __future__ import annotations

import numpy as np
from manim import (
    RIGHT,
    UP,
    FadeIn,
    FadeOut,
    Group,
    Indicate,
    Line,
    ShowPassingFlash,
    VGroup,
    VMobject,
)

from derivviz.animation.frame import Panel, body, pick, shape
from derivviz.animation.layout import mark
from derivviz.animation.lesson import Lesson
from derivviz.animation.numerals import plain, short
from derivviz.animation.opening import Opening
from derivviz.animation.passing import Passing
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.look.layer_words import kind_words
from derivviz.look.names import display
from derivviz.trace.chain import Chain
from derivviz.trace.convolution import Window
from derivviz.trace.flow import outputs, passed, pictures
from derivviz.trace.snapshot import Snapshot

TOP = 1.45  # height of the row of stages in a wide frame


class PassLesson(Lesson):
    """Forward, loss and backward of one sample: the beats and their pictures.

    Attributes
    ----------
    chain, shot
        The weight that is followed, and the snapshot of its step.
    flow
        What the layers put out for the sample.
    outputs
        What the network said of it.
    row : Passing
        The stages.
    """

    def begin(self, chain: Chain, shot: Snapshot) -> None:
        """Take the weight, and lay out the row of stages."""
        self.chain, self.shot = chain, shot
        link = chain.link
        self.flow = passed(self.trace, shot, chain.sample, link.x, link.z)
        self.outputs = outputs(self.trace, shot, chain.sample)
        self.source = next((each for each in self.flow if link.x in each.names), None)
        names = [
            name for name in (link.x, link.z, link.after and link.after.name) if name and name != "image"
        ]
        truth = self.outputs.truth
        told = {"en": "input", "ko": "입력"} if truth is None else display(self.outputs.names[truth])
        image = pictures(shot, chain.sample)
        self.row = Passing(
            image, told[self.stage.language], self.flow, names, self._channels(), self.outputs, TOP
        )
        self.opening = Opening(self.row)  # the gradients are where it will be when they are shown

    @property
    def below(self) -> Panel | None:
        """The room under the row, where it is that of a frame which is not wide."""
        return None if shape() == "wide" else self.row.below

    def under(self, label: VGroup, height: float, grow: float = 2.0) -> VGroup:
        """Put a formula under the row: in a wide frame at that height, else so much larger as there is room."""
        room = self.below
        if room is None:
            return label.move_to([0, height, 0])
        grow = min(grow, room.width / label.width, room.height / label.height)
        return label.scale(grow).move_to(room.center)

    def _channels(self) -> dict[str, int]:
        """Which feature map to show first, by recorded tensor."""
        chain, link = self.chain, self.chain.link
        found = {}
        if self.source is not None and self.source.is_map:
            channel = self.input_place[0]
            same = [each for each in self.flow if each.is_map and len(each.ahead) == len(self.source.ahead)]
            found = {name: channel for each in same for name in each.names}
        if chain.place is not None:
            names = [link.z, *([link.after.name] if link.after else [])]
            found |= dict.fromkeys(names, chain.unit)
        return found

    @property
    def input_place(self) -> tuple[int, int, int]:
        """Channel, row and column of the followed input on its maps."""
        chain, link = self.chain, self.chain.link
        if chain.place is not None:
            window = Window.of(link.layer)
            assert window is not None
            shape = (self.shot.full[chain.weight][1], *window.kernel)
            channel, i, j = (int(n) for n in np.unravel_index(chain.input, shape))
            (sy, sx), (py, px) = window.stride, window.padding
            return channel, chain.place[0] * sy - py + i, chain.place[1] * sx - px + j
        assert self.source is not None
        channel, y, x = (int(n) for n in np.unravel_index(chain.input, self.shot.shape[self.source.names[0]]))
        return channel, y, x

    # ---- forward ----------------------------------------------------------------------------------------

    def forward(self) -> None:
        """The sample, its way through the layers, what comes out."""
        c = self.chain
        attrs = self.trace.attrs
        what = ("An input picture", "입력 그림")
        if attrs.get("run") == "food":
            toy = attrs.get("toy_sample", False)
            what = (
                ("A picture of the toy sample", "장난감 데이터의 그림")
                if toy
                else ("A real picture", "실제 사진")
            )
        if self.row.image is None:
            what = ("One sample of a batch", "배치의 샘플 하나")
        self.say(
            en=f"{what[0]}, from step {c.step} of a recorded training run.",
            ko=f"기록된 학습의 스텝 {c.step}에 들어온 {what[1]}이다."
            if self.row.image is not None
            else f"기록된 학습의 스텝 {c.step}에 들어온 {what[1]}를 따라가 본다.",
        )
        stages = list(self.row.stages)
        large, image = pick(wide=1.0, tall=2.6, square=3.0), self.row.image
        if image is not None:
            spot = image.get_center()
            if large > 1:
                image.scale(large).move_to(body(0).center)
            self.play(FadeIn(image), run_time=0.9)
        else:
            self.play(FadeIn(*stages.pop(0).ahead), run_time=0.9)
        self._tell_layers()
        if image is not None and large > 1:
            self.play(image.animate.scale(1 / large).move_to(spot), run_time=0.8)
        quick = 0.8 if len(stages) <= 5 else 4.0 / len(stages)
        self.play(FadeIn(self.row.dots), run_time=0.2)
        for stage in stages:
            self.play(FadeIn(*stage.ahead, shift=RIGHT * 0.25), run_time=quick)
        self.play(FadeIn(self.row.bars), run_time=0.8)

    def _tell_layers(self) -> None:
        count, act = len(self.outputs.values), self.activation_word()
        thinned = len(self.row.shown), len(self.flow)
        # The last layer's numbers are drawn as bars.
        few = thinned[0] < thinned[1] - (self.outputs.truth is not None)
        drawn = {
            "en": f" {thinned[0]} of {thinned[1]} layers are drawn." if few else "",
            "ko": f" 층 {thinned[1]}개 중 {thinned[0]}개를 그렸다." if few else "",
        }
        bends = {
            "en": f"; {act['en']}, the activation, bends every number" if act else "",
            "ko": f" 활성화 함수({act['ko']})를 지나" if act else "",
        }
        if act and few and shape() == "tall":  # whose captions hold less
            bends["en"] = f"; {act['en']} bends every number"
        if act == {"en": "f′", "ko": "f′"}:
            bends["ko"] = " 활성화 함수 f′을 지나"
        if any(each.is_map for each in self.row.shown):
            self.say(
                en=f"Filters turn it into feature maps{bends['en']}; {count} come out.{drawn['en']}",
                ko=f"필터가 특징 맵을 만들고, 값들이{bends['ko']} 수 {count}개가 나온다.{drawn['ko']}",
            )
        else:
            self.say(
                en=f"Each layer adds up weighted values{bends['en']}; {count} come out.{drawn['en']}",
                ko=f"층마다 값에 가중치를 곱해 더하고, 그 값이{bends['ko']} 수 {count}개가 나온다.{drawn['ko']}",
            )

    def activation_word(self) -> dict[str, str] | None:
        """The word for the activation behind the followed layer."""
        after = self.chain.link.after
        if after is None:
            return None
        told = kind_words(after.kind)
        return {"en": "f′", "ko": "f′"} if after.kind == "DerivativeActivation" else told

    # ---- loss and backward ------------------------------------------------------------------------------

    def loss(self) -> None:
        """What the loss is."""
        out = self.outputs
        if out.truth is not None and out.losses is not None:
            p = float(out.values[out.truth])
            self.say(
                en=f"The right answer gets the probability {plain(p, 3)}. The loss tells how wrong that is.",
                ko=f"정답의 확률은 {plain(p, 3)}이다. 손실은 이것이 얼마나 틀렸는지를 잰다.",
            )
            self.play(*self.opening.end(), run_time=0.9)
            own = self.under(Formula(f"-ln p = {short(float(out.losses[self.chain.sample]))}", 46), -0.85)
            self.play(FadeIn(own, shift=UP * 0.15), run_time=0.7)
            if out.truth in self.row.rows:
                bar = self.row.bars[self.row.rows.index(out.truth)][0]
                self.play(Indicate(bar, 1.1, color("positive")), run_time=0.8)
            self.say(
                en=f"The loss L of this step is the mean over the {out.batch} samples of its batch.",
                ko=f"이 스텝의 손실 L은 배치에 든 샘플 {out.batch}개의 평균이다.",
            )
            told = f" = {{{{{short(out.loss)} : l}}}}" if np.isfinite(out.loss) else ""
            mean = Formula(
                f"{{{{L : l}}}} = frac(1, {out.batch}) sum_(n = 1)^{out.batch} (-ln p_n){told}", 46, l="loss"
            )
            self.under(mean, -1.2)
            self.play(FadeOut(own, shift=UP * 0.2), FadeIn(mean, shift=UP * 0.2), run_time=0.8)
        else:
            self.say(
                en=f"One number, the loss L, tells how wrong the outputs for all {out.batch} samples of the batch are.",
                ko=f"배치에 든 샘플 {out.batch}개의 출력이 얼마나 틀렸는지를 손실 L이라는 수 하나로 나타낸다.",
            )
            self.play(*self.opening.end(), run_time=0.9)
            told = f" = {{{{{short(out.loss)} : l}}}}" if np.isfinite(out.loss) else ""
            mean = Formula(f"{{{{L : l}}}}{told}", 46, l="loss")
            self.under(mean, -1.2)
            self.play(FadeIn(mean, shift=UP * 0.2), run_time=0.8)
        self.loss_formula = mean

    def backward(self) -> None:
        """The gradients of all stages, from the last to the first."""
        self.say(
            en="Now backward: how would the loss change if a number grew? Strong colour: a lot.",
            ko="이제 거꾸로 간다. 각 값이 조금 커지면 손실은 얼마나 변할까? 색이 진할수록 많이 변한다.",
        )
        question = Formula(
            "frac(partial {{L : l}}, partial {{square : m}}) = thick {{? : t}}", 46, l="loss", t="tangent"
        )
        self.under(question, -1.2, 2.4)
        self.play(FadeOut(self.loss_formula), FadeIn(question), run_time=0.6)
        self.question = question
        stages = [stage for stage in reversed(self.row.stages) if stage.backward is not None]
        self.lit = Group(*(stage.backward for stage in stages if stage.backward is not None))
        start = self.row.entry
        quick = min(1.0, 6 / max(len(stages), 1))
        for stage in stages:
            assert stage.backward is not None
            pulse = self._pulse(start, stage.rim.get_right())
            self.play(ShowPassingFlash(mark(pulse, backdrop=True), time_width=0.8), run_time=0.3 * quick)
            self.play(FadeIn(stage.backward), run_time=0.45 * quick)
            start = stage.rim.get_left()

    def _pulse(self, start: np.ndarray, end: np.ndarray) -> VMobject:
        """The way back to a stage."""
        if shape() == "wide":
            x = self.row.bars.get_left()[0] if start is self.row.entry else start[0]
            return Line([x, TOP, 0], end, color=color("tangent"), stroke_width=7)
        return self.row.way_between(end, start, "tangent", 7).reverse_direction()

    # ---- where things are -------------------------------------------------------------------------------

    @property
    def source_is_map(self) -> bool:
        """Whether the followed input is a value of a map or of the picture."""
        return self.source is None or self.source.is_map

    def spots(self) -> list[np.ndarray]:
        """Where on the frame x, z and, if its function is known, a are."""
        c, link = self.chain, self.chain.link
        names = [link.z, *([link.after.name] if link.after is not None and c.curve is not None else [])]
        if c.place is not None:
            own = [self.row.spot(name, c.unit, 0, self._share(link.z, c.place)) for name in names]
        else:
            own = [self.row.spot(name, c.row, len(self.shot.units[name])) for name in names]
        if not self.source_is_map:
            return [self.row.spot(link.x, c.column, len(self.shot.units[link.x])), *own]
        channel, y, x = self.input_place
        return [self.row.spot(link.x, channel, 0, self._share(link.x, (y, x))), *own]

    def _share(self, name: str, place: tuple[int, int]) -> tuple[float, float]:
        """A place of a map as shares of its height and width."""
        if name == "image":
            height, width = self.shot.images.shape[1:3]
        else:
            shown = next(each for each in self.flow if name in each.names)
            height, width = self.shot.shape[shown.names[0]][-2:]
        y, x = (place[0] + 0.5) / height, (place[1] + 0.5) / width
        return min(max(y, 0.0), 1.0), min(max(x, 0.0), 1.0)

    def between(self, spots: list[np.ndarray]) -> float:
        """Where the name of the weight is written: between the stages of x and z."""
        left, right = self.row.stage(self.chain.link.x), self.row.stage(self.chain.link.z)
        if self.row.row_of(spots[0]) != self.row.row_of(spots[1]):
            return 2.6  # on the wire from row to row, away from the other letters
        if left is None or right is None or not self.source_is_map:
            return float((spots[0][0] + spots[1][0]) / 2)
        return float((left.rim.get_right()[0] + right.rim.get_left()[0]) / 2)

    def recorded_values(self) -> dict[str, float]:
        """x, w, z and a as the recorder kept them."""
        c, link, shot = self.chain, self.chain.link, self.shot
        ahead, where = (
            (shot.activation, (c.sample, c.row))
            if c.place is None
            else (shot.map, (c.sample, c.unit, *c.place))
        )
        weight = np.asarray(shot.param[c.weight], float)
        kept = weight if shot.rows[c.weight] is not None else weight.reshape(len(weight), -1)
        column = c.column if shot.rows[c.weight] is not None else c.input
        row = c.row if shot.rows[c.weight] is not None else c.unit
        a = {} if link.after is None else {"a": float(ahead[link.after.name][where])}
        return {"x": c.x, "w": float(kept[row, column]), "z": float(ahead[link.z][where]), **a}

    def recorded_factors(self) -> list[float]:
        """The factors of the product as the recorder kept them: ∂a/∂z is the ratio of two gradients."""
        c, link, shot = self.chain, self.chain.link, self.shot
        where: tuple[int, ...] = (c.sample, c.row) if c.place is None else (c.sample, c.unit, *c.place)
        back = shot.activation_grad if c.place is None else shot.grad_map
        grad_z = float(back[link.z][where])
        x = float(shot.activation[link.x][c.sample, c.column]) if c.place is None else c.x
        if c.slope is None or link.after is None:
            return [grad_z, x]
        grad_a = float(back[link.after.name][where])
        return [grad_a, grad_z / grad_a, x]
