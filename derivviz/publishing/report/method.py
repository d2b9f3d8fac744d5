"""What a report says of the data and the method of a run, with the formulas."""

from __future__ import annotations

from collections.abc import Iterator

from derivviz.publishing.report.blocks import Block, Paragraph, Table
from derivviz.publishing.report.teller import Teller
from derivviz.publishing.report.words import class_name, setting
from derivviz.trace import Trace

FACTS = ("optimizer", "learning_rate", "batch_size", "epochs", "preset", "seed")


def data(teller: Teller) -> Iterator[Block]:
    about = teller.trace.attrs
    told = []
    if data := teller.setting("data"):
        told.append(teller.say(en=f"The data: {data}.", ko=f"자료: {data}."))
    if pictures := about.get("pictures"):
        named = isinstance(pictures, dict)
        training, kept = (pictures.get("training", 0), pictures.get("held_out", 0)) if named else pictures
        told.append(
            teller.say(
                en=f"The network learns from {training} pictures; {kept} are held out to test it.",
                ko=f"신경망은 그림 {training}장으로 학습하고, {kept}장은 검증을 위해 남겨 둔다.",
            )
        )
    if about.get("augmented"):
        told.append(
            teller.say(
                en="Each time a picture is seen, it is changed a little at random.",
                ko="그림을 볼 때마다 무작위로 조금씩 변형한다.",
            )
        )
    if not told:
        return
    yield teller.heading(en="Data", ko="자료")
    yield Paragraph(" ".join(told))
    if counts := about.get("data_counts"):
        yield Table(
            teller.say(en="Pictures of each class.", ko="클래스별 그림 수."),
            (teller.say(en="class", ko="클래스"), teller.say(en="pictures", ko="그림 수")),
            tuple((class_name(name, teller.language), f"{count:,}") for name, count in counts.items()),
            (1,),
        )


def method(teller: Teller) -> Iterator[Block]:
    yield teller.heading(en="Method", ko="방법")
    yield teller.paragraph(
        en="The loss L compares the network's answer with the right one. Back-propagation carries its derivative "
        "from layer to layer by the chain rule, and the optimizer moves each parameter w against it.",
        ko="손실 L은 신경망의 답과 정답을 비교한다. 역전파는 연쇄법칙으로 손실의 미분을 층에서 "
        "층으로 전하고, 옵티마이저는 "
        "각 파라미터 w를 그 반대 방향으로 옮긴다.",
    )
    yield teller.formula(
        "frac(partial L, partial w) = frac(partial L, partial a) dot frac(partial a, partial z) "
        "dot frac(partial z, partial w)",
        en="the derivative of L by w is the derivative of L by a, times that of a by z, times that of z by w",
        ko="L을 w로 미분한 값은 L을 a로, a를 z로, z를 w로 미분한 값을 모두 곱한 것이다",
    )
    yield from activation(teller)
    if any(key.startswith("lr_factor/") for key in teller.trace) and teller.uses_derivative:
        yield teller.paragraph(
            en="The step of each parameter tensor is multiplied by a factor that depends on the "
            "mean of its values.",
            ko="각 파라미터 텐서의 스텝에는 그 값들의 평균으로 정해지는 배율을 곱한다.",
        )
        mean = teller.say(en="mean", ko="평균")
        yield teller.formula(
            f'1 + abs(f\'("{mean}"(w)))/20',
            en="1 plus the size of f prime at the mean of w, over 20",
            ko="1 더하기 20분의 w의 평균에서 f 프라임의 절댓값",
        )
    facts = [(setting(key, teller.language), teller.setting(key)) for key in FACTS]
    facts.append((teller.say(en="steps", ko="스텝"), f"{len(teller.trace.steps):,}"))
    yield Table(
        teller.say(en="How it was trained.", ko="학습 설정."),
        (teller.say(en="what", ko="항목"), teller.say(en="value", ko="값")),
        tuple((name, value) for name, value in facts if value is not None),
    )


def activation(teller: Teller) -> Iterator[Block]:
    """How f′ is used as the activation function, by the presets that the trace names."""
    for preset in _presets(teller.trace):
        if preset == "stable":
            yield teller.paragraph(
                en="The activation a of a pre-activation z is f′ over its maximum, 24. Before, z is standardised "
                "with the mean μ and the standard deviation σ of its channel in the first batch.",
                ko="활성화 전 값 z의 활성값 a는 f′을 최댓값 24로 나눈 것이다. 그에 앞서 첫 배치에서 구한 채널의 "
                "평균 μ와 표준편차 σ로 z를 표준화한다.",
            )
            otherwise = teller.say(en="otherwise", ko="그 밖의 곳에서")
            yield teller.formula(
                "u = -3 + frac(z - mu, 2 sigma), quad "
                f'a = cases(f\'(u)\\/24 quad & -3 <= u <= 1, 0 & "{otherwise}")',
                en="u is minus 3 plus z minus mu over 2 sigma; a is f prime of u over 24 where u lies between "
                "minus 3 and 1, and 0 elsewhere",
                ko="u는 마이너스 3 더하기 2 시그마 분의 z 빼기 뮤이다. a는 u가 마이너스 3과 1 사이이면 "
                "24분의 f 프라임 u이고, 그 밖의 곳에서는 0이다",
            )
        else:
            yield teller.paragraph(
                en="The activation a of a pre-activation z is f′ itself, as published.",
                ko="활성화 전 값 z의 활성값 a는 발표된 그대로 f′이다.",
            )
            yield teller.formula("a = f'(z)", en="a is f prime of z", ko="a는 f 프라임 z이다")


def _presets(trace: Trace) -> list[str]:
    """The presets of f′ that its activations have, each once."""
    known = trace.attrs.get("activations")
    told = [one.get("preset") for one in known.values()] if isinstance(known, dict) else []
    return list(dict.fromkeys(preset for preset in told if preset in ("stable", "faithful")))
