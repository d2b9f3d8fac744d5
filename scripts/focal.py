"""Focal loss · 초점 손실

The family of losses over the probability of the right answer; the gradient that the decisions of the
cross-entropy would have under each γ; and what detectors that differ in γ alone find of each class.

정답의 확률에 따른 손실의 모음, 교차 엔트로피가 내린 판단들이 γ마다 가졌을 그래디언트, 그리고 γ만 다른 검출기들의
클래스별 평균 정밀도를 보인다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from derivviz.calculus.focal import loss
from derivviz.figures import Artists, EndLabel, Motion, Style, at_the_end, check, grid, growing, sheet
from derivviz.figures.style import TEXT
from derivviz.trace import Trace
from derivviz.trace.focal import FOCAL, PLAIN, TENTHS, Contest

requires = ("loss/gamma0", "mass/gamma2/9", "as_if/gamma2/9", "count/9")
recorded_by = "focal"

MARKERS = "osD^vPX*"
DASHES = ("-", (0, (5, 1.5)), (0, (3, 1.2)), (0, (3, 1, 1, 1)), (0, (1, 1)))
TOP = 3.0  # of the loss, in nats
KOREAN = {"vehicle": "차량", "pedestrian": "보행자", "bicycle": "자전거"}


@dataclass(frozen=True)
class Kind:
    """How an arm is drawn: every panel uses the same dashes and markers."""

    arm: str
    gamma: float
    dashes: object
    marker: str

    @property
    def name(self) -> str:
        return f"γ = {self.gamma:g}"


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "focal", recorded_by)
    run = Contest(trace)
    arms = sorted(run.gammas, key=lambda arm: run.gammas[arm])
    kinds = [
        Kind(arm, run.gammas[arm], DASHES[n % len(DASHES)], MARKERS[n % len(MARKERS)])
        for n, arm in enumerate(arms)
    ]
    with sheet(ax, language) as (look, ax):
        (family, mass), (way, classes) = grid(ax, 2, 2, heights=(1, 1))
        artists = draw_family(family, kinds, look) | draw_mass(mass, run, kinds, look)
        artists |= draw_way(way, run, kinds, look) | draw_classes(classes, run, kinds, look)
        family.set_title(look.choose(en="Focal loss", ko="초점 손실"))
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The average precisions from test to test, of the rarest class and of all."""
    run = Contest(trace)
    steps = run.steps[run.tested] + 1
    arms = sorted(run.gammas, key=lambda arm: run.gammas[arm])
    tested = {
        artists[f"classes/{name}"]: np.array([run.precision(arm, n) for arm in arms])  # (arm, test)
        for n, name in enumerate(run.classes)
    }

    def show(step: float) -> None:
        test = int(np.searchsorted(steps, step, side="right")) - 1
        for line, values in tested.items():
            line.set_ydata(values[:, test])

    growing_ones = {name: artist for name, artist in artists.items() if name.startswith("precision/")}
    return growing(steps, growing_ones).joined(list(tested), show)


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    run = Contest(trace)
    plain, focal = run.as_if(PLAIN)[-1], run.as_if(FOCAL)[-1]
    one, other = (float(run.precision(arm)[-1]) for arm in (PLAIN, FOCAL))
    rare, count = run.classes[run.rare], run.test_boxes[run.rare]
    return {
        "en": f"Decisions with p of 0.9 and more make {plain:.0%} of the gradient of the cross-entropy, and weighed "
        f"with γ = 2 {focal:.1%}. In the end the average precision of {rare}, the rarest class ({count} in the test), "
        f"is {one:.3f} by cross-entropy and {other:.3f} with γ = 2; of one seed.",
        "ko": f"p가 0.9 이상인 판단은 교차 엔트로피 그래디언트의 {plain:.0%}를, γ = 2로 매기면 {focal:.1%}를 차지한다. "
        f"가장 드문 클래스인 {KOREAN.get(rare, rare)}(시험에 {count}개)의 마지막 평균 정밀도는 교차 엔트로피에서 "
        f"{one:.3f}, γ = 2에서 {other:.3f}이다. 시드 하나의 결과이다.",
    }[language]


def draw_family(ax: Axes, kinds: list[Kind], look: Style) -> Artists:
    """−(1 − p)^γ ln p."""
    artists: Artists = {}
    for kind, shade in zip(kinds, look.shades("loss", len(kinds)), strict=True):
        p = np.linspace(1e-3, 1, 400)
        height = loss(p, kind.gamma)
        (artists[f"loss/{kind.arm}"],) = ax.plot(
            p, height, color=shade, linestyle=kind.dashes, label=kind.name, clip_on=True
        )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, TOP)
    ax.set_xlabel(look.choose(en="p of the right answer", ko="정답의 확률 p"))
    ax.legend(frameon=False, handlelength=2.4, labelspacing=0.2, loc="upper right")
    ax.set_ylabel(look.choose(en="loss of a decision", ko="판단 하나의 손실"))
    return artists


def draw_mass(ax: Axes, run: Contest, kinds: list[Kind], look: Style) -> Artists:
    """The gradient of the same decisions by tenths of p, under each γ."""
    artists: Artists = {}
    labels = []
    middle = (np.arange(TENTHS) + 0.5) / TENTHS
    for kind, shade in zip(kinds, look.shades("tangent", len(kinds)), strict=True):
        (artists[f"mass/{kind.arm}"],) = ax.plot(
            middle,
            run.as_if(kind.arm),
            color=shade,
            linestyle=kind.dashes,
            marker=kind.marker,
            markersize=3.5,
        )
        labels.append(EndLabel(kind.name, float(middle[-1]), float(run.as_if(kind.arm)[-1]), shade))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, None)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlabel(look.choose(en="p of the right answer", ko="정답의 확률 p"))
    _heading(ax, look.choose(en="Gradient of the same decisions", ko="같은 판단들의 그래디언트"))
    at_the_end(ax, labels)
    return artists


def draw_way(ax: Axes, run: Contest, kinds: list[Kind], look: Style) -> Artists:
    """The average precision of the rarest class, each time that it was tested."""
    artists: Artists = {}
    labels = []
    steps = run.steps[run.tested] + 1
    for kind, shade in zip(kinds, look.shades("parameter", len(kinds)), strict=True):
        precision = run.precision(kind.arm)
        (artists[f"precision/{kind.arm}"],) = ax.plot(
            steps,
            precision,
            color=shade,
            linestyle=kind.dashes,
            marker=kind.marker,
            markersize=3.5,
            clip_on=False,
        )
        labels.append(EndLabel(kind.name, float(steps[-1]), float(np.nan_to_num(precision[-1])), shade))
    ax.set_xlim(0, int(steps[-1]))
    ax.set_ylim(0, max(0.05, ax.get_ylim()[1]))
    ax.set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    name = _class(run.classes[run.rare], look)
    _heading(ax, look.choose(en=f"Average precision: {name}", ko=f"평균 정밀도: {name}"))
    at_the_end(ax, labels)
    return artists


def draw_classes(ax: Axes, run: Contest, kinds: list[Kind], look: Style) -> Artists:
    """The average precision of every class in the end, over γ."""
    artists: Artists = {}
    labels = []
    where = np.arange(len(kinds))
    for n, (name, shade) in enumerate(
        zip(run.classes, look.shades("positive", len(run.classes)), strict=True)
    ):
        values = np.array([run.precision(kind.arm, n)[-1] for kind in kinds])
        (artists[f"classes/{name}"],) = ax.plot(
            where,
            values,
            color=shade,
            marker=MARKERS[n % len(MARKERS)],
            markersize=4,
            linestyle=DASHES[n % len(DASHES)],
        )
        told = f"{_class(name, look)} ({run.train_boxes[n]:,})"
        labels.append(EndLabel(told, float(where[-1]), float(np.nan_to_num(values[-1])), shade))
    ax.set_xticks(where, [f"{kind.gamma:g}" for kind in kinds])
    ax.set_ylim(0, 1)
    ax.set_xlim(-0.2, len(kinds) - 0.8)
    ax.set_xlabel("γ")
    _heading(ax, look.choose(en="AP in the end (boxes learnt)", ko="마지막 평균 정밀도 (학습한 상자)"))
    at_the_end(ax, labels)
    return artists


def _class(name: str, look: Style) -> str:
    return KOREAN.get(name, name) if look.language == "ko" else name


def _heading(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def main() -> None:
    """``python scripts/focal.py TRACE``, which ``derivviz figure`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
