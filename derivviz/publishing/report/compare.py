"""What a report says of two runs side by side; every number in it is of their traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

import numpy as np

from derivviz.figures import in_words
from derivviz.publishing.report.blocks import Block, Items, Listing, Picture, Table
from derivviz.publishing.report.results import first_lost, held_out
from derivviz.publishing.report.tell import origin, references
from derivviz.publishing.report.teller import Teller
from derivviz.publishing.report.words import SETTINGS, setting
from derivviz.trace import Trace
from derivviz.trace.diagnosis import diagnose

NAMES = ("A", "B")
TOLD = tuple(key for key in SETTINGS if key != "data_hash")  # nobody reads that one


def runs(traces: tuple[Trace, Trace], language: str) -> tuple[Block, ...]:
    """The report of a comparison."""
    return tuple(_tell(tuple(Teller(trace, language) for trace in traces)))


def _tell(tellers: tuple[Teller, ...]) -> Iterator[Block]:
    teller = tellers[0]
    yield teller.heading(en="Question", ko="질문")
    keys = [key for key in SETTINGS if len({str(t.trace.attrs.get(key)) for t in tellers}) > 1]
    differing = ", ".join(setting(key, teller.language) for key in keys)
    yield teller.paragraph(
        en="Two recorded runs are compared, A and B. "
        + (
            f"They differ in: {differing}."
            if differing
            else "The traces name no difference between their settings."
        ),
        ko="기록된 두 학습 A와 B를 비교한다. "
        + (f"서로 다른 설정: {differing}." if differing else "기록에서 설정의 차이는 찾을 수 없다."),
    )
    yield teller.heading(en="The two runs", ko="두 학습")
    yield Table(
        teller.say(en="Settings and results.", ko="설정과 결과."),
        ("", *NAMES),
        tuple(_rows(tellers)),
        (1, 2),
    )
    yield from _difference(tellers)
    yield teller.heading(en="Loss", ko="손실")
    for name, one in zip(NAMES, tellers, strict=True):
        if found := one.picture("loss"):
            drawing = replace(found.drawing, title=f"{name}: {found.drawing.title}")
            yield Picture(f"loss-{name.lower()}", drawing)
    yield teller.heading(en="Limits", ko="한계")
    yield Items(
        (
            teller.say(
                en="Each is one run. A difference between two runs can come from the seed alone: repeat both with "
                "several seeds before you conclude anything.",
                ko="각각 한 번의 학습이다. 두 학습의 차이는 시드만으로도 생길 수 있으므로, 결론을 "
                "내리려면 여러 시드로 되풀이해야 한다.",
            ),
        )
    )
    yield teller.heading(en="Reproduction", ko="재현")
    for name, one in zip(NAMES, tellers, strict=True):
        yield Listing(f"{name}\n{origin(one)}")
    yield from references(*tellers)


def _rows(tellers: tuple[Teller, ...]) -> Iterator[tuple[str, ...]]:
    teller = tellers[0]
    for key in TOLD:
        values = [one.setting(key) for one in tellers]
        if any(value is not None for value in values):
            yield setting(key, teller.language), *(value or "–" for value in values)
    yield teller.say(en="steps", ko="스텝"), *(f"{len(one.trace.steps):,}" for one in tellers)
    ends = [_ends(one.trace) for one in tellers]
    yield teller.say(en="first loss", ko="처음 손실"), *(first for first, _ in ends)
    yield teller.say(en="last loss", ko="마지막 손실"), *(last for _, last in ends)
    lost = [first_lost(one.trace) for one in tellers]
    yield (
        teller.say(en="loss not finite from step", ko="손실이 유한하지 않은 첫 스텝"),
        *("–" if step is None else str(step) for step in lost),
    )
    tested = [held_out(one.trace) for one in tellers]
    yield (
        teller.say(en="held out: right", ko="검증: 맞힌 비율"),
        *("–" if one is None else f"{one.share:.0%} ± {one.error:.0%}" for one in tested),
    )
    largest = [_largest(one.trace) for one in tellers]
    yield teller.say(en="largest rms of an output", ko="출력의 가장 큰 제곱평균제곱근"), *largest


def _difference(tellers: tuple[Teller, ...]) -> Iterator[Block]:
    a, b = (held_out(one.trace) for one in tellers)
    if a is None or b is None:
        return
    apart, error = b.share - a.share, sqrt(a.error**2 + b.error**2)
    if apart == 0:
        yield tellers[0].paragraph(
            en="On the pictures held out the two are right equally often.",
            ko="남겨 둔 그림을 맞힌 비율은 두 학습이 같다.",
        )
        return
    tells = abs(apart) > 2 * error
    yield tellers[0].paragraph(
        en=f"On the pictures held out B is {100 * abs(apart):.0f} percentage points "
        f"{'above' if apart > 0 else 'below'} A, with a standard error of {100 * error:.0f} if the pictures "
        "are independent: "
        + ("more than twice that error." if tells else "within twice that error, so it may be chance."),
        ko=f"남겨 둔 그림에서 B는 A보다 {100 * abs(apart):.0f}%p {'높다' if apart > 0 else '낮다'}. 그림이 "
        f"서로 독립이라면 차이의 "
        f"표준오차는 {100 * error:.0f}%p이므로, "
        + (
            "차이는 표준오차의 두 배보다 크다."
            if tells
            else "차이는 표준오차의 두 배 안에 있어 우연일 수 있다."
        ),
    )


def _ends(trace: Trace) -> tuple[str, str]:
    if "loss" not in trace:
        return "–", "–"
    known = trace["loss"][np.isfinite(trace["loss"])]
    return (in_words(known[0]), in_words(known[-1])) if len(known) else ("–", "–")


def _largest(trace: Trace) -> str:
    sizes = [layer["rms_largest"] for layer in diagnose(trace)["layers"] if layer["rms_largest"]]
    return in_words(max(sizes)) if sizes else "–"
