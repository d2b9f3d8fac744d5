"""The chain rule in a real network · 실제 신경망 속의 연쇄법칙

One recorded training step: a picture flows forward, its gradients flow back, and one weight is updated.

기록된 학습의 한 스텝을 따라간다. 사진이 앞으로 흐르고, 그래디언트가 거꾸로 흘러, 가중치 하나가 바뀐다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Group,
    Indicate,
    Line,
    ShowPassingFlash,
    Square,
    UpdateFromAlphaFunc,
    VGroup,
    linear,
)

from derivviz.animation import Formula, Lesson, Number, Words, parameter
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, dot
from derivviz.animation.network import Stage, picture, shade, tiles, wire
from derivviz.animation.numerals import short, value
from derivviz.animation.plane import Plane
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color
from derivviz.calculus.cubic import df
from derivviz.look.names import display
from derivviz.trace.chain import read_chain

TOP, DROP = 1.45, 1.3  # height of the row of stages, and how much lower it starts


class Backprop(Lesson):
    """Forward, backward and the update of one weight, with the numbers of a recorded step."""

    requires = (
        "loss",
        "activation/conv/mean",
        "activation/pool/mean",
        "grad/fc1.weight/norm",
        "lr/fc1.weight",
        "lr_factor/fc1.weight",
    )

    @dataclass(frozen=True)
    class Parameters:
        step: int = parameter(
            -1, "Recorded step that has a snapshot; -1 takes one early in the run", minimum=-1
        )

    def construct(self) -> None:
        step = self.parameters.step
        self.chain = read_chain(self.trace, None if step < 0 else step)
        self.title()
        self.forward()
        self.loss()
        self.backward()
        self.one_weight()
        self.product()
        self.whole_batch()
        self.update()
        self.conclusion()

    # ---- forward ----------------------------------------------------------------------------------------

    def forward(self) -> None:
        c = self.chain
        self.build()
        toy = self.trace.attrs.get("toy_sample", False)
        what = (
            ("A picture of the toy sample", "장난감 데이터의 그림")
            if toy
            else ("A real picture", "실제 사진")
        )
        self.say(
            en=f"{what[0]}, from step {c.step} of a recorded training run.",
            ko=f"기록된 학습의 스텝 {c.step}에 들어온 {what[1]}이다.",
        )
        self.play(FadeIn(self.image), run_time=0.9)
        self.say(
            en="Filters turn it into feature maps; f′, the activation, bends every number of them.",
            ko="필터가 특징 맵을 만들고, 활성화 함수 f′이 모든 값을 비선형으로 바꾼다.",
        )
        for stage in (self.conv, self.act1, self.pool):
            self.play(FadeIn(*stage.ahead, shift=RIGHT * 0.25), run_time=0.8)
        self.say(
            en=f"{len(c.z)} units add up weighted values; f′ bends them again; {len(c.classes)} numbers come out.",
            ko=f"유닛 {len(c.z)}개가 가중치를 곱해 더하고, 다시 f′을 거쳐 수 {len(c.classes)}개가 나온다.",
        )
        for stage in (self.fc1, self.act2):
            self.play(FadeIn(*stage.ahead, shift=RIGHT * 0.25), run_time=0.7)
        self.play(FadeIn(self.bars), run_time=0.8)

    def build(self) -> None:
        """All stages, in their places, from the recorded values."""
        c = self.chain
        side = 1.74
        self.image = Stage(picture(c.image, side), None, self.name_of(c.truth, "label"))
        self.conv = self.map_stage(
            "conv", c.maps["conv"], c.grad_maps["conv"], side, en="convolution", ko="합성곱"
        )
        self.act1 = self.map_stage("act1", c.maps["act1"], c.grad_maps["act1"], side, en="$f'$", ko="$f'$")
        self.pool = self.map_stage("pool", c.maps["pool"], c.grad_maps["pool"], side, en="pooling", ko="풀링")
        self.fc1 = self.unit_stage(c.z, c.grad_z, en="linear", ko="선형")
        self.act2 = self.unit_stage(c.a, c.grad_a, en="$f'$", ko="$f'$")
        self.stages = (self.image, self.conv, self.act1, self.pool, self.fc1, self.act2)
        for stage, x in zip(self.stages, (-5.95, -3.8, -1.72, 0.36, 1.95, 3.0), strict=True):
            stage.shift(np.array([x, TOP, 0]) - stage.rim.get_center())
        self.bars = self.output_bars()
        self.network = Group(self.bars, *(part for stage in self.stages for part in stage.ahead))
        self.network.shift(DOWN * DROP)

    def map_stage(self, module: str, maps: np.ndarray, grads: np.ndarray, side: float, **name: str) -> Stage:
        ahead = picture(tiles(maps, "function"), side)
        back = picture(
            tiles(np.abs(grads), "tangent", low=0.0, high=float(np.percentile(np.abs(grads), 99.8))), side
        )
        return Stage(ahead, back, self.words(**name, size=30, fill="muted"))

    def unit_stage(self, values: np.ndarray, grads: np.ndarray, **name: str) -> Stage:
        ahead = picture(shade(values[:, None], "function"), 1.74, 0.34)
        back = picture(shade(np.abs(grads)[:, None], "tangent", low=0.0), 1.74, 0.34)
        return Stage(ahead, back, self.words(**name, size=30, fill="muted"))

    def output_bars(self) -> VGroup:
        """Probabilities of the classes, the true one in the colour of what is right."""
        c, rows = self.chain, VGroup()
        height, longest = min(0.36, 1.8 / len(c.classes)), float(c.probabilities.max())
        for i, (name, p) in enumerate(zip(c.classes, c.probabilities, strict=True)):
            y = TOP + height * (len(c.classes) / 2 - i - 0.5)
            role = "positive" if i == c.truth else "muted"
            length = max(0.02, 0.6 * p / longest)
            bar = Line([3.7, y, 0], [3.7 + length, y, 0], stroke_width=16, color=color(role))
            fill = "ink" if i == c.truth else "muted"
            share = Number(100 * p, ".0f", 28, fill, anchor=RIGHT).at([4.9, y - 0.1, 0])
            percent = Words("%", 28, fill).at([4.93, y - 0.1, 0])
            dish = fitted(self.dish(name), 1.6, 28)
            dish.set_fill(color(fill)).at([5.35, y - 0.1, 0])
            rows.add(VGroup(bar, share, percent, dish))
        return rows

    def name_of(self, number: int, size: str) -> Words:
        return Words(self.dish(self.chain.classes[number]), size)

    def dish(self, name: str) -> str:
        return display(name)[self.stage.language]

    # ---- loss and backward ------------------------------------------------------------------------------

    def loss(self) -> None:
        c = self.chain
        p = float(c.probabilities[c.truth])
        self.say(
            en=f"The right answer gets the probability {p:.3g}. The loss tells how wrong it is.",
            ko=f"정답의 확률은 {p:.3g}이다. 손실은 이것이 얼마나 틀렸는지를 잰다.",
        )
        self.play(self.network.animate.shift(UP * DROP), run_time=0.9)
        own = Formula(f"-ln p = {short(c.losses[c.sample])}", 46).move_to([0, -0.85, 0])
        self.play(FadeIn(own, shift=UP * 0.15), run_time=0.7)
        self.play(Indicate(self.bars[c.truth][0], 1.1, color("positive")), run_time=0.8)
        count = len(c.losses)
        self.say(
            en=f"The loss L of this step is the mean over the {count} pictures of its batch.",
            ko=f"이 스텝의 손실 L은 배치에 든 사진 {count}장의 평균이다.",
        )
        mean = Formula(
            f"{{{{L : l}}}} = frac(1, {count}) sum_(n = 1)^{count} (-ln p_n) = {{{{{short(c.losses.mean())} : l}}}}",
            46,
            l="loss",
        ).move_to([0, -1.2, 0])
        self.play(FadeOut(own, shift=UP * 0.2), FadeIn(mean, shift=UP * 0.2), run_time=0.8)
        self.loss_formula = mean

    def backward(self) -> None:
        self.say(
            en="Now backward. For every number: if it grew a little, how would the loss change?",
            ko="이제 거꾸로 간다. 각 값이 조금 커지면 손실은 얼마나 변할까?",
        )
        question = Formula(
            "frac(partial {{L : l}}, partial {{square : m}}) = thick {{? : t}}",
            46,
            l="loss",
            t="tangent",
        ).move_to([0, -1.2, 0])
        self.play(FadeOut(self.loss_formula), FadeIn(question), run_time=0.6)
        self.question = question
        for right, stage in zip(
            (None, self.act2, self.fc1, self.pool, self.act1),
            (self.act2, self.fc1, self.pool, self.act1, self.conv),
            strict=True,
        ):
            start = self.bars.get_left() if right is None else right.rim.get_left()
            pulse = Line([start[0], TOP, 0], stage.rim.get_right(), color=color("tangent"), stroke_width=7)
            self.play(ShowPassingFlash(mark(pulse, backdrop=True), time_width=0.8), run_time=0.3)
            self.play(FadeIn(stage.backward), run_time=0.45)
        self.say(
            en="The stronger the colour, the more the loss depends on it: recorded gradients.",
            ko="색이 진할수록 손실에 미치는 영향이 크다. 모두 실제로 기록된 그래디언트이다.",
        )

    # ---- one weight -------------------------------------------------------------------------------------

    def one_weight(self) -> None:
        c = self.chain
        self.say(
            en="Follow one single weight w: from one value x of a map to one unit z, through f′ to a.",
            ko="가중치 w 하나만 따라가 보자. 특징 맵의 값 x에서 유닛 z로, 그리고 f′을 지나 a로 간다.",
        )
        spot = self.pool.spot(c.place[0] / 2, c.place[1] / 2)  # its map is the first of two by two
        unit = (c.unit + 0.5) / len(c.z)
        self.pixel = Square(0.16, stroke_color=color("parameter"), stroke_width=4).move_to(spot)
        z, a = self.fc1.spot(unit, 0.5), self.act2.spot(unit, 0.5)
        marks = [Square(0.3, stroke_color=color("parameter"), stroke_width=4).move_to(p) for p in (z, a)]
        first = wire(self.pixel.get_right(), marks[0].get_left())
        second = wire(marks[0].get_right(), marks[1].get_left())
        third = wire(marks[1].get_right(), np.array([3.6, TOP, 0]))
        back = (self.fc1.backward, self.act2.backward, self.pool.backward)
        self.play(*(FadeOut(m) for m in back), FadeOut(self.question), run_time=0.6)
        self.play(Create(self.pixel), run_time=0.5)
        self.play(Create(first), run_time=0.6)
        self.play(Create(marks[0]), Create(second), run_time=0.5)
        self.play(Create(marks[1]), Create(third), run_time=0.5)
        self.path = VGroup(self.pixel, first, *marks, second, third)
        names = [("w", (spot + z) / 2), ("z", z), ("a", a)]
        self.path_names = VGroup()
        for markup, at in names:
            label = Formula(markup, "label", "parameter")
            above = [at[0], self.fc1.rim.get_top()[1] + 0.22, 0]
            self.path_names.add(label.move_to(above))
        self.path_names[0].move_to(
            [
                (self.pool.rim.get_right()[0] + self.fc1.rim.get_left()[0]) / 2,
                self.fc1.rim.get_top()[1] + 0.22,
                0,
            ]
        )
        self.play(FadeIn(self.path_names), run_time=0.4)

    def product(self) -> None:
        c = self.chain
        self.say(
            en="The chain rule cuts the question into three, and multiplies the answers.",
            ko="연쇄법칙은 이 질문을 셋으로 나누고, 그 답을 곱한다.",
        )
        parts = (
            ("(frac(partial {{L : l}}, partial w))_n", c.product, None),
            (
                "frac(partial {{L : l}}, partial a)",
                c.grad_a[c.unit],
                ("from later layers", "뒤쪽 층에서 온 값"),
            ),
            ("frac(partial a, partial z)", c.slope, ("activation's slope", "활성화의 기울기")),
            ("frac(partial z, partial w)", c.x, ("the input $x$", "입력값 $x$")),
        )
        xs = (-5.75, -3.15, -0.45, 2.15)
        self.cards = VGroup()
        for (markup, number, meaning), x in zip(parts, xs, strict=True):
            symbol = Formula(markup, 44, **({"l": "loss"} if "l}}" in markup else {})).move_to([x, -0.7, 0])
            digits = 3 if meaning is None else 5  # the product of what is shown must be what is shown
            figure = Formula(short(number, digits), 38, "tangent").move_to([x, -1.65, 0])
            card = VGroup(symbol, figure)
            if meaning is not None:
                card.add(
                    self.words(en=meaning[0], ko=meaning[1], size=28, fill="muted").move_to([x, -2.3, 0])
                )
            self.cards.add(card)
        signs = VGroup()
        for markup, (left, right) in zip(("=", "dot", "dot"), ((0, 1), (1, 2), (2, 3)), strict=True):
            for row, y in ((0, -0.7), (1, -1.65)):
                middle = (self.cards[left][row].get_right()[0] + self.cards[right][row].get_left()[0]) / 2
                signs.add(Formula(markup, 44).move_to([middle, y, 0]))
        self.signs = signs
        self.play(FadeIn(*(card[0] for card in self.cards), *signs[::2]), run_time=0.8)

        self.say(
            en="First: how the loss reacts to a. It comes back from the layers behind.",
            ko="첫째, 손실이 a에 어떻게 반응하는가. 뒤쪽 층에서 거꾸로 온 값이다.",
        )
        self.play(FadeIn(*self.cards[1][1:]), Indicate(self.path[3], 1.3, color("tangent")), run_time=0.9)
        self.slope_of_activation()
        self.say(
            en="Third: z grows by x for every unit of w. So this factor is the input x itself.",
            ko="셋째, w가 1만큼 커지면 z는 x만큼 커진다. 그래서 이 값은 입력값 x 자체이다.",
        )
        self.play(FadeIn(*self.cards[3][1:]), Indicate(self.pixel, 1.6, color("tangent")), run_time=0.9)
        self.say(
            en="Multiply: this is how much this one picture, number n of its batch, pulls on w.",
            ko="모두 곱하면, 배치의 n번째인 이 사진 한 장이 w를 당기는 정도가 나온다.",
        )
        self.play(FadeIn(*signs[1::2]), run_time=0.4)
        self.play(FadeIn(self.cards[0][1], scale=1.3), run_time=0.8)

    def slope_of_activation(self) -> None:
        """f′ is the activation here; what the chain rule needs is its slope, f″."""
        c = self.chain
        self.say(
            en="Second: here f′ is the activation itself. So its slope comes from the second derivative, f″.",
            ko="둘째, 여기서는 f′이 활성화 함수이다. 그래서 그 기울기에는 이계도함수 f″이 나온다.",
        )
        low, high = (-3.9, 1.9) if c.activation.bounded else sorted((c.u * 1.3 + 2, -c.u * 1.3 - 4))
        ends = float(c.activation(np.array([low, high])).min())
        bottom, top = (-0.14, 1.22) if c.activation.bounded else (1.1 * ends, -0.35 * ends)
        names = ("u", "a") if c.activation.bounded else ("z", "a")
        plane = Plane((low, high), (bottom, top), 2.9, 1.5, names, (5, 2)).move_to([5.3, -1.05, 0])
        plane.tick_labels.set_opacity(0)
        self.curve = plane.curve(c.activation, role="function", width=5)
        at = plane.point(c.u, float(c.activation(np.array(c.u))))
        self.point = dot(at, "parameter")
        middle = (c.u, float(c.a[c.unit]))
        self.slope_line = Segments([plane.clip(c.activation.slope(c.u), middle, 0.2)], "tangent", 5)
        law = "a = f'(u) \\/ 24" if c.activation.bounded else "a = f'(z)"
        self.activation_plane = plane
        label = Formula(law, 30, "function").next_to(plane, UP, 0.16).align_to(plane, LEFT)
        self.play(FadeIn(plane, label), Create(self.curve), run_time=0.9)
        self.play(FadeIn(self.point), Create(self.slope_line), run_time=0.8)
        chain = "frac(f''(u), 24) dot frac(1, 2 sigma)" if c.activation.bounded else "f''(z)"
        self.second = Formula(f"frac(partial a, partial z) = {chain}", 34, "tangent").next_to(
            plane, DOWN, 0.1
        )
        self.play(FadeIn(self.cards[2][1:], self.second), run_time=0.8)
        self.inset = Group(plane, label, self.curve, self.point, self.slope_line, self.second)

    # ---- the batch and the update -----------------------------------------------------------------------

    def whole_batch(self) -> None:
        c = self.chain
        self.say(
            en=f"All {len(c.shares)} pictures of the batch pull on w, some not at all. Their sum is the gradient.",
            ko=f"배치의 사진 {len(c.shares)}장이 저마다 w를 당긴다. 당기지 않는 것도 있다. 그 합이 그래디언트이다.",
        )
        self.play(FadeOut(self.cards, self.signs, self.inset), run_time=0.6)
        top = float(np.abs(c.shares).max())
        width, height, base = 6.2, 0.95, -1.3
        xs = np.linspace(-width / 2, width / 2, len(c.shares)) - 3.2
        ends = [[[x, base, 0], [x, base + s / top * height, 0]] for x, s in zip(xs, c.shares, strict=True)]
        thick = min(14.0, 640 / len(c.shares))
        axis = Segments([[[xs[0] - 0.25, base, 0], [xs[-1] + 0.25, base, 0]]], "axis", 2)
        others = Segments([e for n, e in enumerate(ends) if n != c.sample], "tangent", thick)
        own = Segments([ends[c.sample]], "ink", thick)
        self.share_bars = VGroup(axis, others, own)
        self.share_ends = np.array(ends)
        total = (
            VGroup(
                Formula(
                    "frac(partial {{L : l}}, partial w) = sum_(n = 1)^"
                    f"{len(c.shares)} (frac(partial {{{{L : l}}}}, partial w))_n",
                    46,
                    l="loss",
                ),
                Formula(f"= {{{{{short(c.gradient)} : t}}}}", 46, t="tangent"),
            )
            .arrange(DOWN, buff=0.35, aligned_edge=LEFT)
            .move_to([3.75, -1.3, 0])
        )
        self.play(Create(axis), FadeIn(own), run_time=0.6)
        self.play(Create(others, lag_ratio=0), FadeIn(total[0]), run_time=1.4, rate_func=linear)
        self.play(FadeIn(total[1], scale=1.2), run_time=0.7)
        self.total = total

    def update(self) -> None:
        c = self.chain
        self.say(
            en="Adam turns the gradient into a step s, and f′ once more scales the learning rate.",
            ko="Adam이 그래디언트를 한 걸음 s로 바꾸고, f′이 다시 나서서 학습률을 조절한다.",
        )
        rule = Formula(
            "w arrow.l w - {{eta : e}} dot {{(1 + frac(|f'(macron(w))|, 20)) : f}} dot s",
            46,
            e="parameter",
            f="tangent",
        ).move_to([0, -0.7, 0])
        names = (
            VGroup(
                *(
                    VGroup(
                        self.words(en=en, ko=ko, size=28, fill="muted"), Formula(short(value), 36, role)
                    ).arrange(DOWN, buff=0.2)
                    for en, ko, value, role in (
                        ("weight", "가중치", c.w, "ink"),
                        ("learning rate $eta$", "학습률 $eta$", c.learning_rate, "parameter"),
                        ("factor of the mean $macron(w)$", "평균 $macron(w)$의 배율", c.factor, "tangent"),
                        ("Adam's step $s$", "Adam의 걸음 $s$", c.adam_step, "ink"),
                    )
                )
            )
            .arrange(RIGHT, buff=0.9)
            .move_to([0, -2.05, 0])
        )
        self.play(FadeOut(self.total, self.share_bars), run_time=0.5)
        self.play(FadeIn(rule), run_time=0.7)
        for name in names:
            self.play(FadeIn(name, shift=UP * 0.1), run_time=0.45)
        self.rule, self.rule_names = rule, names
        moved = np.format_float_positional(c.change, 3, fractional=False, trim="-").replace("-", "−")
        digits = int(np.ceil(-np.log10(max(abs(c.change), 1e-12)))) + 2
        self.say(
            en=f"One step: the weight moves by {moved}.",
            ko=f"한 걸음에 이 가중치는 {moved}만큼 움직인다.",
        )
        self.play(
            FadeOut(rule, names[1:], names[0][1]), names[0][0].animate.move_to([0, -0.75, 0]), run_time=0.7
        )
        self.weight = Number(c.w, f".{max(4, digits)}f", 60, "parameter", width=20)
        self.weight.at([-self.weight.width / 2, -1.65, 0])
        self.play(FadeIn(self.weight), run_time=0.4)
        count = UpdateFromAlphaFunc(self.weight, lambda m, alpha: m.set_value(c.w + c.change * alpha))
        self.play(count, run_time=1.6)
        self.wait(0.4)

    def conclusion(self) -> None:
        c = self.chain
        count = f"{c.parameters:,}"
        self.say(
            en=f"The same rule for all {count} parameters at once: this is backpropagation.",
            ko=f"같은 규칙을 파라미터 {count}개 모두에 한꺼번에 적용한다. 이것이 역전파이다.",
        )
        self.play(FadeOut(self.path, self.path_names, self.weight, self.rule_names[0][0]), run_time=0.6)
        back = (self.act2, self.fc1, self.pool)
        self.play(*(FadeIn(stage.backward) for stage in back), run_time=0.7)
        final = Formula(
            "frac(partial {{L : l}}, partial w) = frac(partial {{L : l}}, partial a) dot frac(partial a, partial z) "
            "dot frac(partial z, partial w)",
            60,
            l="loss",
        ).move_to([0, -1.45, 0])
        self.play(FadeIn(final), run_time=0.8)
        for stage in (self.act2, self.fc1, self.pool, self.act1, self.conv):
            self.play(Indicate(stage.rim, 1.05, color("tangent")), run_time=0.35)
        self.wait(0.6)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        c, shot = self.chain, self.trace.snapshot(self.chain.step)
        n, j, at = c.sample, c.unit, int(np.flatnonzero(self.trace.steps == c.step)[0])
        product, *factors = (value(card[1].markup) for card in self.cards)
        recorded = (
            float(shot.activation_grad["act2"][n, j]),
            float(shot.activation_grad["fc1"][n, j] / shot.activation_grad["act2"][n, j]),
            float(shot.activation["flatten"][n, c.pixel]),
        )
        for name, shown, true in zip(("∂L/∂a", "∂a/∂z", "∂z/∂w"), factors, recorded, strict=True):
            self.claim(f"{name} on screen is what was recorded", shown / true, 1, 1e-4)
        self.claim(
            "the factors on screen multiply to the product on screen", np.prod(factors) / product, 1, 6e-3
        )
        scale = max(abs(c.gradient), float(np.abs(c.shares).max()))
        self.claim(
            "the pictures' shares add up to the recorded gradient",
            c.shares.sum() / scale,
            c.gradient / scale,
            1e-4,
        )
        drawn = self.share_ends[:, 1, 1] - self.share_ends[:, 0, 1]
        told = (drawn.sum() / np.abs(drawn).max(), c.shares.sum() / np.abs(c.shares).max())
        self.claim("the bars add up as the shares do", *told)
        slope = self.activation_plane.slope_of(self.slope_line)
        self.claim("slope of the drawn tangent is f″", slope, c.activation.slope(c.u), 1e-4)
        told_loss = value(self.loss_formula.markup.rpartition("{{")[2].partition(" :")[0])
        self.claim("L on screen is the recorded loss", told_loss / float(self.trace["loss"][at]), 1, 1e-3)
        after = float(shot.param["fc1.weight"][j, c.pixel] + shot.update["fc1.weight"][j, c.pixel])
        self.claim("the read-out ends at the new weight", self.weight.value / after, 1, 1e-6)
        rate, factor, step = (value(name[1].markup) for name in self.rule_names[1:])
        self.claim(
            "rate · factor · step on screen is the recorded update", -rate * factor * step / c.change, 1, 2e-3
        )
        rule = 1 + abs(float(df(c.mean_weight))) / 20
        self.claim("the factor is 1 + |f′(mean w)|/20", factor, rule, 2e-2)
