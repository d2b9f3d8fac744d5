"""The chain rule in a real network · 실제 신경망 속의 연쇄법칙

One recorded training step: a sample flows forward, its gradients flow back, and one weight is updated.

기록된 학습의 한 스텝을 따라간다. 샘플이 앞으로 흐르고, 그래디언트가 거꾸로 흘러, 가중치 하나가 바뀐다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import (
    DOWN,
    LEFT,
    UP,
    Create,
    FadeIn,
    FadeOut,
    Indicate,
    Mobject,
    Square,
    UpdateFromAlphaFunc,
    VGroup,
    linear,
    smooth,
)

from derivviz.animation import Formula, Number, parameter
from derivviz.animation.depth_plot import DepthPlot, arrival
from derivviz.animation.factors import Part, Product, Values
from derivviz.animation.filter_lesson import FilterLesson
from derivviz.animation.frame import pick
from derivviz.animation.numerals import plain, short, value
from derivviz.animation.pull import Shares, UpdateRule, of_the_batch
from derivviz.animation.slope_inset import SlopeInset, sentences
from derivviz.animation.stage import color
from derivviz.calculus.cubic import df
from derivviz.look.names import literal
from derivviz.trace.chain import read_chain
from derivviz.trace.choice import Chosen
from derivviz.trace.depth import read_depth


class Backprop(FilterLesson):
    """Forward, backward and the update of one weight, with the numbers of a recorded step."""

    requires = ("time",)  # of any recorded run; what else is missing is said where it is missed
    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        step: int | None = parameter(
            None, "Recorded step that has a snapshot; by default one early in the run", minimum=0
        )
        layer: str = parameter("", "Layer whose weight is followed, as 'derivviz figure model' names it")
        unit: int | None = parameter(None, "Unit of that layer (of a convolution: map), from 0", minimum=0)
        input: int | None = parameter(None, "Which of that unit's weights, from 0", minimum=0)
        sample: int | None = parameter(None, "Sample of the batch, from 0", minimum=0)

    def construct(self) -> None:
        p = self.parameters
        chain = read_chain(self.trace, Chosen(p.step, p.layer or None, p.sample, p.unit, p.input))
        self.depth = read_depth(self.trace, chain.step)
        self.begin(chain, self.trace.snapshot(chain.step))
        self.title()
        self.forward()
        self.loss()
        self.backward()
        self.one_weight()
        self.product()
        if chain.products is not None:
            self.play(FadeOut(*self.shown), run_time=0.5)
            self.shown.clear()
            self.filters()
        self.whole_batch()
        self.update()
        if chain.products is None:
            self.filters()
        self.all_layers()

    # ---- one weight -------------------------------------------------------------------------------------

    def one_weight(self) -> None:
        c, link, act = self.chain, self.chain.link, self.activation_word()
        en, ko = (f", through {act['en']} to a", ", 다시 a로") if act else ("", "")
        name = literal(link.layer.name)
        self.say(
            en=f"Follow one single weight w of the layer {name}: from a value x to the unit z{en}.",
            ko=f"층 {name}의 가중치 w 하나만 따라가자. 값 x에서 유닛 z로{ko} 간다.",
        )
        spots = self.spots()
        sides = [
            0.16 if self.source_is_map else 0.3,
            *([0.3 if c.place is None else 0.16] * (len(spots) - 1)),
        ]
        stops = [
            Square(side, stroke_color=color("parameter"), stroke_width=4).move_to(spot)
            for side, spot in zip(sides, spots, strict=True)
        ]
        ends = [*(stop.get_left() for stop in stops[1:]), self.row.entry]
        wires = [self.row.way_between(stop.get_right(), end) for stop, end in zip(stops, ends, strict=True)]
        self.play(FadeOut(self.lit, self.question), run_time=0.6)
        self.play(Create(stops[0]), run_time=0.5)
        for line, stop in zip(wires, [*stops[1:], VGroup()], strict=True):
            self.play(Create(line), Create(stop), run_time=0.5)
        self.stops, self.path = stops, VGroup(*stops, *wires)
        middles = [self.between(spots), *(spot[0] for spot in spots[1:])]
        self.path_names = VGroup(
            *(
                Formula(m, "label", "parameter").move_to([x, self.row.over(spot), 0])
                for m, x, spot in zip("wza", middles, [spots[1], *spots[1:]], strict=False)
            )
        )
        self.values = Values(c.x, c.w, c.z, c.a, self.below)
        self.play(FadeIn(self.path_names, self.values), run_time=0.6)

    def product(self) -> None:
        c, known, place = self.chain, self.chain.slope is not None, self.chain.place is not None
        later = self.choose(en="from later layers", ko="뒤쪽 층에서 온 값")
        own = Part("frac(partial z, partial w)", c.x, self.choose(en="the input $x$", ko="입력값 $x$"))
        slope = self.choose(en="activation's slope", ko="활성화의 기울기")
        letter = "a" if known else "z"
        parts = [Part(f"frac(partial {{{{L : l}}}}, partial {letter})", c.factors[0], later), own]
        if known:
            parts.insert(1, Part("frac(partial a, partial z)", c.factors[1], slope))
        self.say(
            en=f"The chain rule cuts the question into {'three' if known else 'two'} and multiplies the answers.",
            ko=f"연쇄법칙은 이 질문을 {'셋으로' if known else '둘로'} 나누고, 그 답을 곱한다.",
        )
        whole = "(frac(partial {{L : l}}, partial w))_" + ("(n y x)" if place else "n")
        self.factors = product = Product([Part(whole, c.product), *parts], self.below)
        self.play(FadeOut(self.values), run_time=0.3)
        self.play(FadeIn(*(card[0] for card in product.cards), product.symbols), run_time=0.8)
        self.say(
            en=f"First: how the loss reacts to {letter}. It comes back from the layers behind.",
            ko=f"첫째, 손실이 {letter}에 어떻게 반응하는가. 뒤쪽 층에서 거꾸로 온 값이다.",
        )
        hint = Indicate(self.stops[-1], 1.3, color("tangent"))
        self.play(FadeIn(*product.cards[1][1:]), hint, run_time=0.9)
        self.shown: list[Mobject] = [product]
        if known:
            self.slope_of_activation()
        self.say(
            en=f"{'Third' if known else 'Second'}: z grows by x for every unit of w. "
            "So this factor is the input x itself.",
            ko=f"{'셋째' if known else '둘째'}, w가 1만큼 커지면 z는 x만큼 커진다. 그래서 이 값은 입력값 x 자체이다.",
        )
        hint = Indicate(self.stops[0], 1.6, color("tangent"))
        self.play(FadeIn(*product.cards[-1][1:]), hint, run_time=0.9)
        en, ko = (
            ("this sample, at this one place,", "이 위치 하나에서 샘플이")
            if place
            else (
                "this one sample, number n of its batch,",
                "샘플 n 하나가",
            )
        )
        self.say(
            en=f"Multiply: this is how much {en} pulls on w.",
            ko=f"모두 곱하면, {ko} w를 당기는 정도가 나온다.",
        )
        self.play(FadeIn(product.numbers), run_time=0.4)
        self.play(FadeIn(product.cards[0][1], scale=1.3), run_time=0.8)

    def slope_of_activation(self) -> None:
        """The activation around z with its tangent; where it is f′, that slope is f″."""
        c, after = self.chain, self.chain.link.after
        assert after is not None
        assert c.curve is not None
        assert c.slope is not None
        self.say(**sentences(after.kind))
        inset = self.inset = SlopeInset(c.curve, c.z, c.slope, self.factors.beside)
        self.play(FadeIn(inset.plane, inset.law), Create(inset.graph), run_time=0.9)
        self.play(FadeIn(inset.point), Create(inset.tangent), run_time=0.8)
        self.play(FadeIn(self.factors.cards[2][1:], inset.formula), run_time=0.8)
        self.shown.append(inset)

    # ---- the batch and the update -----------------------------------------------------------------------

    def whole_batch(self) -> None:
        c, batch = self.chain, self.chain.link.batch
        self.say(**of_the_batch(c))
        if self.shown:
            self.play(FadeOut(*self.shown), run_time=0.6)
        upper, lower = (None, None) if self.below is None else self.below.rows()
        self.shares = shares = Shares(c, upper)
        scale = f"{short(c.scale, 3)} " if c.scale < 1 else ""
        total = VGroup(
            Formula(
                f"frac(partial {{{{L : l}}}}, partial w) = {scale}sum_(n = 1)^{batch} "
                "(frac(partial {{L : l}}, partial w))_n",
                46,
                l="loss",
            ),
            Formula(f"= {{{{{short(c.gradient)} : t}}}}", 46, t="tangent"),
        )
        self.total = total.arrange(DOWN, buff=0.35, aligned_edge=LEFT).move_to([3.75, -1.3, 0])
        if lower is not None:
            total.scale(min(1.4, lower.width / total.width, 0.94 * lower.height / total.height))
            total.move_to(lower.center)
        self.play(Create(shares.axis), FadeIn(shares.own, *shares[3:]), run_time=0.6)
        self.play(Create(shares.others, lag_ratio=0), FadeIn(total[0]), run_time=1.4, rate_func=linear)
        self.play(FadeIn(total[1], scale=1.2), run_time=0.7)

    def update(self) -> None:
        c, name = self.chain, str(self.trace.attrs.get("optimizer", ""))
        with_factor = name == "DerivativeFactor" or c.factor != 1
        if with_factor:
            self.say(
                en="Adam turns the gradient into a step s, and f′ once more scales the learning rate.",
                ko="Adam이 그래디언트를 한 걸음 s로 바꾸고, f′이 다시 나서서 학습률을 조절한다.",
            )
        else:
            self.say(
                en=f"The optimizer ({literal(name)}) makes a step s of the gradient; the learning rate scales it.",
                ko=f"옵티마이저({literal(name)})가 그래디언트에서 한 걸음 s를 만들고, 학습률이 그 크기를 정한다.",
            )
        self.play(FadeOut(self.total, self.shares), run_time=0.5)
        self.rule = rule = UpdateRule(c, with_factor, self.below)
        self.play(FadeIn(rule.rule), run_time=0.7)
        for each in rule.names:
            self.play(FadeIn(each, shift=UP * 0.1), run_time=0.4)
        moved = np.format_float_positional(c.change, 3, fractional=False, trim="-").replace("-", "−")
        if len(moved) > 10:
            moved = plain(c.change, 3)
        if c.change:
            self.say(
                en=f"One step: the weight moves by {moved}.",
                ko=f"한 걸음에 이 가중치는 {moved}만큼 움직인다.",
            )
        else:
            self.say(
                en="And the weight does not move: the step is too small for the last digit of a 32-bit number.",
                ko="그런데 가중치는 움직이지 않는다. 걸음이 32비트 수의 마지막 자리에도 미치지 못하기 때문이다.",
            )
        (word, number), *others = rule.names
        x, y, _ = np.array([0, -0.75, 0]) if self.below is None else self.below.center + UP * 0.7
        self.play(FadeOut(rule.rule, *others, number), word.animate.move_to([x, y, 0]), run_time=0.7)
        digits = min(11, max(4, int(np.ceil(-np.log10(abs(c.change)))) + 2)) if c.change else 8
        size = pick(wide=60, tall=84, square=84)
        self.weight = Number(c.w, f".{digits}f", size, "parameter", width=20)
        self.weight.at([x - self.weight.width / 2, -1.65 if self.below is None else y - 1.2, 0])
        self.play(FadeIn(self.weight), run_time=0.4)
        count = UpdateFromAlphaFunc(self.weight, lambda m, alpha: m.set_value(c.w + c.change * alpha))
        self.play(count, run_time=1.6)
        self.play(FadeOut(self.path, self.path_names, self.weight, word), run_time=0.6)

    # ---- all layers -------------------------------------------------------------------------------------

    def all_layers(self) -> None:
        """The same rule for every weight; and how large the gradient is at each layer."""
        count = sum(int(np.prod(each["shape"])) for each in self.trace.parameters if each.get("shape"))
        self.say(
            en=f"The same rule for all {count:,} parameters at once: this is backpropagation.",
            ko=f"같은 규칙을 파라미터 {count:,}개에 한꺼번에 적용하는 것이 역전파이다.",
        )
        inner = "frac(partial {{L : l}}, partial z)"
        if self.chain.slope is not None:
            inner = "frac(partial {{L : l}}, partial a) dot frac(partial a, partial z)"
        final = Formula(
            f"frac(partial {{{{L : l}}}}, partial w) = {inner} dot frac(partial z, partial w)", 60, l="loss"
        )
        self.under(final, -1.35)
        self.play(FadeIn(self.lit, final), run_time=0.7)
        quick = min(0.35, 2.0 / len(self.row.stages))
        for stage in reversed(self.row.stages):
            self.play(Indicate(stage.rim, 1.05, color("tangent")), run_time=quick)
        self.say(
            en="At every layer slopes and weights multiply. How large is the gradient that arrives?",
            ko="층을 지날 때마다 기울기와 가중치가 곱해진다. 끝에 닿는 그래디언트는 얼마나 클까?",
        )
        self.play(FadeOut(self.row, self.lit, final), run_time=0.6)
        words = (
            self.choose(en="layer", ko="층"),
            self.choose(en="size of the gradient", ko="그래디언트의 크기"),
        )
        self.plot = plot = DepthPlot(self.depth, layer=words[0], size=words[1])
        self.play(FadeIn(plot), run_time=0.6)
        self.play(FadeIn(plot.dots[-1]), run_time=0.3)
        plot.draw(0.0)
        self.add(plot.way, *plot.dots[:-1])
        back = UpdateFromAlphaFunc(plot.way, lambda _, alpha: plot.draw(alpha))
        self.play(back, run_time=3.0, rate_func=smooth)
        d = self.depth
        self.say(**arrival(d))
        size, spot = pick(wide=(44, (5.65, 1.2)), tall=(84, (0, -3.7)), square=(56, (4.6, 0.6)))
        self.each = Formula(f"times {short(d.factor, 3)}", size, "tangent").move_to([*spot, 0])
        note = self.words(
            en="at each layer", ko="층마다", size=pick(wide=28, tall=40, square=32), fill="muted"
        )
        note.next_to(self.each, DOWN, pick(wide=0.2, tall=0.3, square=0.25))
        self.play(FadeIn(self.each, note), run_time=0.6)
        self.wait(1.0)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        c, shot, link = self.chain, self.shot, self.chain.link
        n, at = c.sample, int(np.flatnonzero(self.trace.steps == c.step)[0])
        product, *factors = (value(card[1].markup) for card in self.factors.cards)
        recorded = self.recorded_factors()
        names = ("∂L/∂a", "∂a/∂z", "∂z/∂w") if len(factors) == 3 else ("∂L/∂z", "∂z/∂w")
        for name, shown, true in zip(names, factors, recorded, strict=True):
            self.claim(f"{name} on screen is what was recorded", shown / true if true else shown + 1, 1, 2e-3)
        self.claim(
            "the factors on screen multiply to the product on screen",
            float(np.prod(np.array(factors))) / product,
            1,
            6e-3,
        )
        for letter, shown in self.values.numbers.items():
            true = self.recorded_values()[letter]
            self.claim(
                f"{letter} on screen is what was recorded", shown / true if true else shown + 1, 1, 1e-3
            )
        scale = max(abs(c.gradient), float(np.abs(c.shares).max()))
        if np.isfinite(c.scale):
            told = min(c.scale, 1.0) * c.shares.sum() / scale, c.gradient / scale
            self.claim("the samples' shares add up to the recorded gradient", *told, 2e-3)
        drawn = self.shares.ends[:, 1, 1] - self.shares.ends[:, 0, 1]
        held = np.append(c.shares, [] if len(drawn) == len(c.shares) else c.gradient - c.shares.sum())
        told = drawn.sum() / np.abs(drawn).max(), held.sum() / np.abs(held).max()
        self.claim("the bars add up as the shares do", *told)
        if c.slope is not None and c.curve is not None:
            slope, true = self.inset.slope, float(c.curve.rise(c.z))
            self.claim("slope of the drawn tangent is ∂a/∂z", slope, true, 1e-4)
        if self.outputs.losses is not None and "loss" in self.trace:
            shown = value(self.loss_formula.markup.rpartition("{{")[2].partition(" :")[0])
            self.claim("L on screen is the recorded loss", shown / float(self.trace["loss"][at]), 1, 2e-3)
        after = c.w + c.change
        self.claim("the read-out ends at the new weight", self.weight.value, after, 1e-9)
        if c.change and np.isfinite(c.learning_rate):
            step = float(np.prod([value(name[1].markup) for name in self.rule.names[1:]]))
            self.claim("rate · factor · step on screen is the recorded update", -step / c.change, 1, 2e-3)
        if str(self.trace.attrs.get("optimizer")) == "DerivativeFactor":
            rule = 1 + abs(float(df(c.mean_weight))) / 20
            self.claim("the factor is 1 + |f′(mean w)|/20", value(self.rule.names[2][1].markup), rule, 2e-2)
        self.verify_filters()
        for name, mark in zip(self.plot.drawn_names, self.plot.dots, strict=True):
            true = shot.statistics[f"activation_grad/{name}"]["norm"]
            size = self.plot.size_at(mark.get_center())
            self.claim(f"the point of {name} is at the size of its recorded gradient", size / true, 1, 1e-4)
        del n, link
