"""What a report says of one run, section by section; every number in it is of the trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derivviz.errors import DerivvizError
from derivviz.figures import figure, in_words
from derivviz.publishing.report.blocks import (
    Block,
    Formula,
    Heading,
    Items,
    Listing,
    Paragraph,
    Picture,
    Table,
)
from derivviz.publishing.report.results import HUNGERS, epochs, first_lost, held_out, scores
from derivviz.trace import Trace

CUBIC = "f'(x) = -6x^2 - 12x + 18"


@dataclass(frozen=True)
class Teller:
    """A run, and the language that it is told in."""

    trace: Trace
    language: str

    def say(self, *, en: str, ko: str) -> str:
        return ko if self.language == "ko" else en

    def paragraph(self, *, en: str, ko: str) -> Paragraph:
        return Paragraph(self.say(en=en, ko=ko))

    def heading(self, *, en: str, ko: str) -> Heading:
        return Heading(self.say(en=en, ko=ko))

    @property
    def uses_derivative(self) -> bool:
        """Whether f′ is an activation of the network, or moves its learning rate."""
        return any(m.get("type") == "DerivativeActivation" for m in self.trace.modules) or any(
            (self.trace[key] != 1).any() for key in self.trace if key.startswith("lr_factor/")
        )

    def picture(self, name: str) -> Picture | None:
        """A figure of the run, if the trace has what it draws."""
        try:
            return Picture(name, figure(name, self.trace, language=self.language))
        except DerivvizError:
            return None

    # ---- sections ---------------------------------------------------------------------------------------

    def question(self) -> Iterator[Block]:
        yield self.heading(en="Question", ko="질문")
        if self.uses_derivative:
            yield self.paragraph(
                en="What happens when a derivative is put to work inside a neural network? Here the derivative of "
                "f(x) = −2x³ − 6x² + 18x is used: as activation function, as a factor of the learning rate, or as "
                "an adjustment of scores. This report tells what one recorded run did.",
                ko="도함수를 신경망 안에서 일하게 하면 어떤 일이 일어날까? 여기서는 f(x) = −2x³ − 6x² "
                "+ 18x의 도함수를 "
                "활성화 함수, 학습률의 배율, 점수 보정에 쓴다. 이 보고서는 한 번의 학습을 기록하여 그 "
                "결과를 정리한 것이다.",
            )
            yield Formula(CUBIC, "f prime of x equals minus 6 x squared minus 12 x plus 18")
        else:
            yield self.paragraph(
                en="How do derivatives train this network? This report tells what one recorded run did.",
                ko="도함수는 이 신경망을 어떻게 학습시키는가? 이 보고서는 한 번의 학습을 기록하여 그 "
                "결과를 정리한 것이다.",
            )

    def model(self) -> Iterator[Block]:
        yield self.heading(en="Model", ko="모형")
        if found := self.picture("model"):
            yield found

    def data(self) -> Iterator[Block]:
        about = self.trace.attrs
        told = []
        if data := about.get("data"):
            told.append(self.say(en=f"The data: {data}.", ko=f"자료: {data}."))
        if pictures := about.get("pictures"):
            training, kept = pictures.get("training", 0), pictures.get("held_out", 0)
            told.append(
                self.say(
                    en=f"The network learns from {training} pictures; {kept} are held out to test it.",
                    ko=f"신경망은 그림 {training}장으로 학습하고, {kept}장은 검증을 위해 남겨 둔다.",
                )
            )
        if about.get("augmented"):
            told.append(
                self.say(
                    en="Each time a picture is seen, it is changed a little at random.",
                    ko="그림을 볼 때마다 무작위로 조금씩 변형한다.",
                )
            )
        if not told:
            return
        yield self.heading(en="Data", ko="자료")
        yield Paragraph(" ".join(told))
        if counts := about.get("data_counts"):
            yield Table(
                self.say(en="Pictures of each class.", ko="클래스별 그림 수."),
                (self.say(en="class", ko="클래스"), self.say(en="pictures", ko="그림 수")),
                tuple((str(name), f"{count:,}") for name, count in counts.items()),
                (1,),
            )

    def method(self) -> Iterator[Block]:
        about = self.trace.attrs
        yield self.heading(en="Method", ko="방법")
        yield self.paragraph(
            en="The loss L compares the network's answer with the right one. Back-propagation carries its derivative "
            "from layer to layer by the chain rule, and the optimizer moves each parameter w against it.",
            ko="손실 L은 신경망의 답과 정답을 비교한다. 역전파는 연쇄법칙으로 손실의 미분을 층에서 "
            "층으로 전하고, 옵티마이저는 "
            "각 파라미터 w를 그 반대 방향으로 옮긴다.",
        )
        yield Formula(
            "frac(partial L, partial w) = frac(partial L, partial a) dot frac(partial a, partial z) "
            "dot frac(partial z, partial w)",
            "the derivative of L by w is the derivative of L by a, times that of a by z, times that of z by w",
        )
        yield from self.activation()
        if any(key.startswith("lr_factor/") for key in self.trace) and self.uses_derivative:
            yield self.paragraph(
                en="The step of each parameter tensor is multiplied by a factor that depends on the "
                "mean of its values.",
                ko="각 파라미터 텐서의 스텝에는 그 값들의 평균으로 정해지는 배율을 곱한다.",
            )
            yield Formula(
                '1 + abs(f\'("mean"(w)))/20', "1 plus the size of f prime at the mean of w, over 20"
            )
        facts = [
            (self.say(en="optimizer", ko="옵티마이저"), about.get("optimizer")),
            (self.say(en="learning rate", ko="학습률"), _listed(about.get("learning_rate"))),
            (self.say(en="batch size", ko="배치 크기"), about.get("batch_size")),
            (self.say(en="epochs", ko="에포크"), about.get("epochs")),
            (self.say(en="preset", ko="설정"), about.get("preset")),
            (self.say(en="seed", ko="시드"), about.get("seed")),
            (self.say(en="steps", ko="스텝"), f"{len(self.trace.steps):,}"),
        ]
        yield Table(
            self.say(en="How it was trained.", ko="학습 설정."),
            (self.say(en="what", ko="항목"), self.say(en="value", ko="값")),
            tuple((name, str(value)) for name, value in facts if value not in (None, "")),
        )

    def activation(self) -> Iterator[Block]:
        """How f′ is used as the activation function, by the presets that the trace names."""
        for preset in _presets(self.trace):
            if preset == "stable":
                yield self.paragraph(
                    en="The activation a of a pre-activation z is f′ over its maximum, 24. Before, z is standardised "
                    "with the mean μ and the standard deviation σ of its channel in the first batch.",
                    ko="활성화 전 값 z의 활성값 a는 f′을 최댓값 24로 나눈 것이다. 그에 앞서 첫 배치에서 구한 채널의 "
                    "평균 μ와 표준편차 σ로 z를 표준화한다.",
                )
                yield Formula(
                    "u = -3 + frac(z - mu, 2 sigma), quad "
                    'a = cases(f\'(u)\\/24 quad & -3 <= u <= 1, 0 & "otherwise")',
                    "u is minus 3 plus z minus mu over 2 sigma; a is f prime of u over 24 where u lies between "
                    "minus 3 and 1, and 0 elsewhere",
                )
            else:
                yield self.paragraph(
                    en="The activation a of a pre-activation z is f′ itself, as published.",
                    ko="활성화 전 값 z의 활성값 a는 발표된 그대로 f′이다.",
                )
                yield Formula("a = f'(z)", "a is f prime of z")

    def results(self) -> Iterator[Block]:
        yield self.heading(en="Results", ko="결과")
        if found := self.picture("loss"):
            yield found
        if rows := epochs(self.trace):
            yield Table(
                self.say(
                    en="The loss over the steps of an epoch: mean, and standard deviation.",
                    ko="에포크 안의 스텝에 걸친 손실의 평균과 표준편차.",
                ),
                (
                    self.say(en="epoch", ko="에포크"),
                    self.say(en="steps", ko="스텝"),
                    self.say(en="mean loss", ko="평균 손실"),
                    self.say(en="spread", ko="표준편차"),
                ),
                tuple((f"{e.number}", f"{e.steps}", in_words(e.mean), in_words(e.spread)) for e in rows),
                (0, 1, 2, 3),
            )
        tested = held_out(self.trace)
        classes = [str(name) for name in self.trace.attrs.get("classes") or ()]
        if tested is None:
            return
        yield self.paragraph(
            en=f"Of {tested.count} pictures held out, {tested.right} are right at the end: "
            f"{tested.share:.0%}, with a "
            f"standard error of {tested.error:.0%}.",
            ko=f"남겨 둔 그림 {tested.count}장 가운데 {tested.right}장을 맞혔다. 비율은 "
            f"{tested.share:.0%}, 표준오차는 "
            f"{tested.error:.0%}이다.",
        )
        if len(classes) == len(tested.confusion) <= 12:
            yield Table(
                self.say(
                    en="What each held-out picture is (rows) and what the network says (columns).",
                    ko="남겨 둔 그림의 실제 클래스(행)와 신경망의 답(열).",
                ),
                ("", *classes),
                tuple(
                    (name, *map(str, line))
                    for name, line in zip(classes, tested.confusion.tolist(), strict=True)
                ),
                tuple(range(1, len(classes) + 1)),
            )

    def derivative(self) -> Iterator[Block]:
        """What f′ did: in the activations, in the learning rate, in the scores."""
        activation = self.picture("diagnosis")
        factor = self.picture("lr_factor") if self.uses_derivative else None
        scored = scores(self.trace)
        if not (activation or factor or scored):
            return
        yield self.heading(en="What the derivative did", ko="도함수가 한 일")
        if activation:
            yield activation
        if factor:
            yield factor
        if scored:
            classes = [str(name) for name in self.trace.attrs["classes"]]
            told = ", ".join(f"{name} {p:.2f}" for name, p in zip(classes, scored.probabilities, strict=True))
            best = ", ".join(
                self.say(en=f"{dish} at hunger {h:g}", ko=f"배고픔 {h:g}에서 {dish}")
                for dish, h in zip(scored.names, HUNGERS, strict=True)
            )
            yield self.paragraph(
                en="The score of a class is its probability times 1 + f′(x)/20, at an x that moves with hunger. "
                f"For the first picture held out the probabilities are {told}; recommended is {best}. For "
                f"{scored.changing} of {scored.count} pictures the recommendation changes with hunger.",
                ko="클래스의 점수는 확률에 1 + f′(x)/20을 곱한 값이며, x는 배고픔에 따라 움직인다. "
                "남겨 둔 첫 그림의 확률은 "
                f"{told}이고, 추천은 {best}이다. 그림 {scored.count}장 가운데 {scored.changing}장에서 "
                f"배고픔에 따라 추천이 "
                "달라진다.",
            )
            yield Formula(
                '"score"_i = p_i (1 + frac(f\'(x_i), 20))',
                "score i equals p i times 1 plus f prime of x i over 20",
            )

    def limits(self) -> Iterator[Block]:
        yield self.heading(en="Limits", ko="한계")
        told = [
            self.say(
                en="This is one run with one seed. Another seed would give other numbers; how far they "
                "lie apart, one "
                "run cannot tell.",
                ko="시드 하나로 한 번 학습한 결과이다. 시드가 다르면 값도 달라지며, 얼마나 "
                "달라지는지는 한 번의 학습으로 알 수 없다.",
            )
        ]
        if tested := held_out(self.trace):
            told.append(
                self.say(
                    en=f"Only {tested.count} pictures test it: one picture more or less is {1 / tested.count:.1%}.",
                    ko=f"검증에 쓴 그림은 {tested.count}장뿐이어서, 한 장이 {1 / tested.count:.1%}에 해당한다.",
                )
            )
        if self.trace.attrs.get("toy_sample"):
            told.append(
                self.say(
                    en="The pictures are drawn, not photographed: they are easier than real ones.",
                    ko="그림은 사진이 아니라 그려서 만든 것이어서 실제 사진보다 쉽다.",
                )
            )
        if (lost := first_lost(self.trace)) is not None:
            told.append(
                self.say(
                    en=f"From step {lost} on the loss is not a finite number: what follows says nothing of learning.",
                    ko=f"스텝 {lost}부터 손실이 유한한 수가 아니므로 그 뒤의 값은 학습에 대해 아무것도 "
                    f"말해 주지 않는다.",
                )
            )
        told.append(
            self.say(
                en="Statistics of large tensors are estimated from a sample of their values; norms of "
                "gradients are exact.",
                ko="큰 텐서의 통계량은 일부 값으로 추정한 것이고, 기울기의 노름은 정확한 값이다.",
            )
        )
        yield Items(tuple(told))

    def reproduction(self) -> Iterator[Block]:
        about = self.trace.attrs
        yield self.heading(en="Reproduction", ko="재현")
        lines = [
            f"{name}: {value}"
            for name, value in (
                ("command", _typed(about.get("command"))),
                ("created", about.get("created")),
                ("seed", about.get("seed")),
                ("device", about.get("device")),
                ("versions", _listed(about.get("versions"))),
                ("git", about.get("git")),
                ("data hash", about.get("data_hash")),
            )
            if value not in (None, "")
        ]
        yield Listing("\n".join(lines))

    def references(self) -> Iterator[Block]:
        yield self.heading(en="References", ko="참고 문헌")
        entries = [
            "D. E. Rumelhart, G. E. Hinton, R. J. Williams: Learning representations by back-propagating errors. "
            "Nature 323, 533–536 (1986)."
        ]
        if "Adam" in str(about := self.trace.attrs.get("optimizer")) or about == "DerivativeFactor":
            entries.append("D. P. Kingma, J. Ba: Adam: A method for stochastic optimization. ICLR (2015).")
        if self.trace.attrs.get("preset") == "faithful":
            entries.append(
                "X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural networks. "
                "AISTATS (2010)."
            )
        yield Items(tuple(entries))


def run(trace: Trace, language: str) -> tuple[Block, ...]:
    """The report of one run."""
    teller = Teller(trace, language)
    parts = (
        teller.question,
        teller.model,
        teller.data,
        teller.method,
        teller.results,
        teller.derivative,
        teller.limits,
        teller.reproduction,
        teller.references,
    )
    return tuple(block for part in parts for block in part())


def _presets(trace: Trace) -> list[str]:
    """The presets of f′ that its activations have, each once."""
    known = trace.attrs.get("activations")
    told = [one.get("preset") for one in known.values()] if isinstance(known, dict) else []
    return list(dict.fromkeys(preset for preset in told if preset in ("stable", "faithful")))


def _listed(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_listed(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def _typed(command: object) -> str:
    """The command without the path of the program, which is of one machine."""
    first, _, rest = str(command or "").partition(" ")
    return f"{first.rpartition('/')[2]} {rest}".strip()
