"""What a report says of one run, section by section; every number in it is of the trace."""

from __future__ import annotations

from collections.abc import Iterator

from derivviz import library
from derivviz.figures import in_words
from derivviz.publishing.report.blocks import Block, Items, Listing, Table
from derivviz.publishing.report.method import data, method
from derivviz.publishing.report.results import HUNGERS, epochs, first_lost, held_out, scores
from derivviz.publishing.report.teller import Teller, listed
from derivviz.publishing.report.words import class_name
from derivviz.trace import Trace

CUBIC = "f'(x) = -6x^2 - 12x + 18"
ADAMS = ("Adam", "AdamW", "DerivativeFactor", "Together")


def question(teller: Teller) -> Iterator[Block]:
    yield teller.heading(en="Question", ko="질문")
    if teller.uses_derivative:
        yield teller.paragraph(
            en="What happens when a derivative is put to work inside a neural network? Here the derivative of "
            "f(x) = −2x³ − 6x² + 18x is used: as activation function, as a factor of the learning rate, or as "
            "an adjustment of scores. This report tells what one recorded run did.",
            ko="도함수를 신경망 안에서 일하게 하면 어떤 일이 일어날까? 여기서는 f(x) = −2x³ − 6x² "
            "+ 18x의 도함수를 "
            "활성화 함수, 학습률의 배율, 점수 보정에 쓴다. 이 보고서는 한 번의 학습을 기록하여 그 "
            "결과를 정리한 것이다.",
        )
        yield teller.formula(
            CUBIC,
            en="f prime of x equals minus 6 x squared minus 12 x plus 18",
            ko="f 프라임 x는 마이너스 6 x제곱 마이너스 12 x 플러스 18이다",
        )
    else:
        yield teller.paragraph(
            en="How do derivatives train this network? This report tells what one recorded run did.",
            ko="도함수는 이 신경망을 어떻게 학습시키는가? 이 보고서는 한 번의 학습을 기록하여 그 "
            "결과를 정리한 것이다.",
        )


def model(teller: Teller) -> Iterator[Block]:
    if found := teller.picture("model"):
        yield teller.heading(en="Model", ko="모형")
        yield found


def results(teller: Teller) -> Iterator[Block]:
    yield teller.heading(en="Results", ko="결과")
    for figure in ("loss", *_own_figures(teller.trace)):
        if found := teller.picture(figure):
            yield found
    if rows := epochs(teller.trace):
        yield Table(
            teller.say(
                en="The loss over the steps of an epoch: mean, and standard deviation.",
                ko="에포크 안의 스텝에 걸친 손실의 평균과 표준편차.",
            ),
            (
                teller.say(en="epoch", ko="에포크"),
                teller.say(en="steps", ko="스텝"),
                teller.say(en="mean loss", ko="평균 손실"),
                teller.say(en="spread", ko="표준편차"),
            ),
            tuple((f"{e.number}", f"{e.steps}", in_words(e.mean), in_words(e.spread)) for e in rows),
            (0, 1, 2, 3),
        )
    tested = held_out(teller.trace)
    classes = teller.classes
    if tested is None:
        return
    yield teller.paragraph(
        en=f"Of {tested.count} pictures held out, {tested.right} are right at the end: "
        f"{tested.share:.0%}, with a "
        f"standard error of {tested.error:.0%}.",
        ko=f"남겨 둔 그림 {tested.count}장 가운데 {tested.right}장을 맞혔다. 비율은 "
        f"{tested.share:.0%}, 표준오차는 "
        f"{tested.error:.0%}이다.",
    )
    if len(classes) == len(tested.confusion) <= 12:
        yield Table(
            teller.say(
                en="What each held-out picture is (rows) and what the network says (columns).",
                ko="남겨 둔 그림의 실제 클래스(행)와 신경망의 답(열).",
            ),
            ("", *classes),
            tuple(
                (name, *map(str, line)) for name, line in zip(classes, tested.confusion.tolist(), strict=True)
            ),
            tuple(range(1, len(classes) + 1)),
        )


def derivative(teller: Teller) -> Iterator[Block]:
    """What f′ did: in the activations, in the learning rate, in the scores."""
    names = ("activation", "diagnosis", "lr_factor") if teller.uses_derivative else ("diagnosis",)
    pictures = [found for name in names if (found := teller.picture(name))]
    scored = scores(teller.trace)
    if not (pictures or scored):
        return
    yield teller.heading(en="What the derivative did", ko="도함수가 한 일")
    yield from pictures
    if scored:
        told = ", ".join(
            f"{name} {p:.2f}" for name, p in zip(teller.classes, scored.probabilities, strict=True)
        )
        dishes = [class_name(name, teller.language) for name in scored.names]
        best = ", ".join(
            teller.say(en=f"{dish} at hunger {h:g}", ko=f"배고픔 {h:g}에서 {dish}")
            for dish, h in zip(dishes, HUNGERS, strict=True)
        )
        yield teller.paragraph(
            en="The score of a class is its probability times 1 + f′(x)/20, at an x that moves with hunger. "
            f"For the first picture held out the probabilities are {told}; recommended is {best}. For "
            f"{scored.changing} of {scored.count} pictures the recommendation changes with hunger.",
            ko="클래스의 점수는 확률에 1 + f′(x)/20을 곱한 값이며, x는 배고픔에 따라 움직인다. "
            "남겨 둔 첫 그림의 확률은 "
            f"{told}이고, 추천은 {best}이다. 그림 {scored.count}장 가운데 {scored.changing}장에서 "
            f"배고픔에 따라 추천이 "
            "달라진다.",
        )
        score = teller.say(en="score", ko="점수")
        yield teller.formula(
            f'"{score}"_i = p_i (1 + frac(f\'(x_i), 20))',
            en="score i equals p i times 1 plus f prime of x i over 20",
            ko="점수 i는 p i 곱하기, 1 더하기 20분의 f 프라임 x i이다",
        )
        if found := teller.picture("score"):
            yield found


def limits(teller: Teller) -> Iterator[Block]:
    yield teller.heading(en="Limits", ko="한계")
    told = [
        teller.say(
            en="This is one run with one seed. Another seed would give other numbers; how far they "
            "lie apart, one "
            "run cannot tell.",
            ko="시드 하나로 한 번 학습한 결과이다. 시드가 다르면 값도 달라지며, 얼마나 "
            "달라지는지는 한 번의 학습으로 알 수 없다.",
        )
    ]
    if tested := held_out(teller.trace):
        told.append(
            teller.say(
                en=f"Only {tested.count} pictures test it: one picture more or less is {1 / tested.count:.1%}.",
                ko=f"검증에 쓴 그림은 {tested.count}장뿐이어서, 한 장이 {1 / tested.count:.1%}에 해당한다.",
            )
        )
    if teller.trace.attrs.get("toy_sample"):
        told.append(
            teller.say(
                en="The pictures are drawn, not photographed: they are easier than real ones.",
                ko="그림은 사진이 아니라 그려서 만든 것이어서 실제 사진보다 쉽다.",
            )
        )
    if (lost := first_lost(teller.trace)) is not None:
        told.append(
            teller.say(
                en=f"From step {lost} on the loss is not a finite number: what follows says nothing of learning.",
                ko=f"스텝 {lost}부터 손실이 유한한 수가 아니므로 그 뒤의 값은 학습에 대해 아무것도 "
                f"말해 주지 않는다.",
            )
        )
    told.append(
        teller.say(
            en="Statistics of large tensors are estimated from a sample of their values; norms of "
            "gradients are exact.",
            ko="큰 텐서의 통계량은 일부 값으로 추정한 것이고, 기울기의 노름은 정확한 값이다.",
        )
    )
    yield Items(tuple(told))


def reproduction(teller: Teller) -> Iterator[Block]:
    yield teller.heading(en="Reproduction", ko="재현")
    yield Listing(origin(teller))


def origin(teller: Teller) -> str:
    """What made the trace, a fact a line."""
    about = teller.trace.attrs
    return "\n".join(
        f"{name}: {value}"
        for name, value in (
            (teller.say(en="command", ko="명령"), _typed(about.get("command"))),
            (teller.say(en="created", ko="기록한 때"), about.get("created")),
            (teller.say(en="seed", ko="시드"), about.get("seed")),
            (teller.say(en="device", ko="장치"), about.get("device")),
            (teller.say(en="versions", ko="버전"), listed(about.get("versions"))),
            (teller.say(en="git commit", ko="git 커밋"), about.get("git")),
            (teller.say(en="data hash", ko="자료의 해시"), about.get("data_hash")),
        )
        if value not in (None, "")
    )


def references(*tellers: Teller) -> Iterator[Block]:
    """What the methods of the runs were published in, each once."""
    yield tellers[0].heading(en="References", ko="참고 문헌")
    runs = [teller.trace.attrs for teller in tellers]
    entries = [
        "D. E. Rumelhart, G. E. Hinton, R. J. Williams: Learning representations by back-propagating errors. "
        "Nature 323, 533–536 (1986)."
    ]
    if any(about.get("optimizer") in ADAMS for about in runs):
        entries.append("D. P. Kingma, J. Ba: Adam: A method for stochastic optimization. ICLR (2015).")
    if any(about.get("preset") == "faithful" for about in runs):
        entries.append(
            "X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural networks. "
            "AISTATS (2010)."
        )
    yield Items(tuple(entries))


def run(trace: Trace, language: str) -> tuple[Block, ...]:
    """The report of one run."""
    teller = Teller(trace, language)
    parts = (
        question,
        model,
        data,
        method,
        results,
        derivative,
        limits,
        reproduction,
        references,
    )
    return tuple(block for part in parts for block in part(teller))


def _own_figures(trace: Trace) -> list[str]:
    """Figures that are drawn from such runs alone; those of the recommender have a section of their own."""
    made_by = trace.attrs.get("run", "food")
    figures = library.entries("scripts") if made_by != "food" else []
    return [entry.name for entry in figures if entry.recorded_by == made_by]


def _typed(command: object) -> str:
    """The command without the path of the program, which is of one machine."""
    first, _, rest = str(command or "").partition(" ")
    return f"{first.rpartition('/')[2]} {rest}".strip()
