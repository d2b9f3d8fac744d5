"""Classification: p minus y · 분류: p 빼기 y

The probabilities of one recorded sample and the derivative of its loss by each logit; the recorded derivatives of
many samples against p − y; the loss and its derivative over p; and how far p is from the truth as training goes on.

기록된 표본 하나의 확률과 로짓에 대한 손실의 도함수, 여러 표본의 기록된 도함수와 p − y의 비교, p에 따른 손실과 그
도함수, 그리고 학습하는 동안 p가 정답에서 얼마나 떨어져 있는지를 보인다.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from derivviz.calculus.score import KOREAN
from derivviz.figures import Artists, EndLabel, Style, at_the_end, check, grid, in_words, sheet
from derivviz.figures.style import MILLIMETRE, SMALL, TEXT
from derivviz.look import fonts
from derivviz.trace import MissingSeriesError, Trace
from derivviz.trace.classification import Answers, answers, pulls, steps, telling

requires = ("time",)  # of any recorded run; `telling` says what is missing

Array = NDArray[np.float64]
MOST = 8  # classes of the sample that are drawn
TAUGHT = 0.25  # the p of the true class that has most to teach
TOP = 5.0  # of the loss, in nats
LONGEST = 16  # letters of a class
SIZE = (160 * MILLIMETRE, 125 * MILLIMETRE)


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "classification")
    found = telling(trace)
    with sheet(ax, language, SIZE) as (look, ax):
        (sample, compared), (losses, fading) = grid(ax, 2, 2, heights=(1, 1))
        artists = draw_sample(sample, trace, found, look) | draw_compared(compared, trace, look)
        artists |= draw_losses(losses, found, look) | draw_fading(fading, trace, look)
        sample.set_title(look.choose(en="The derivative is p − y", ko="도함수는 p − y"))
    return artists


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    found = telling(trace)
    n = taught(found)
    p, loss = float(found.right[n]), in_words(float(found.losses[n]))
    _, recorded, error = pairs(trace)
    off = in_words(float(np.abs(recorded - error).max()))
    where, pull = pulls(trace)
    return {
        "en": f"Of the sample of step {found.step} the true class has p = {p:.3f}: its loss is {loss}, and the "
        f"derivative by its logit p − 1 = {p - 1:.3f}. {len(error)} recorded derivatives differ from p − y by {off} at "
        f"most. The mean of 1 − p of the true class goes from {pull[0]:.2f} at step {where[0]} to {pull[-1]:.2f} at "
        f"step {where[-1]}.".replace("= -", "= −"),
        "ko": f"스텝 {found.step}의 표본에서 정답의 확률은 p = {p:.3f}이다. 손실은 {loss}이고 그 로짓에 대한 도함수는 "
        f"p − 1 = {p - 1:.3f}이다. 기록된 도함수 {len(error)}개와 p − y의 차이는 가장 커도 {off}이다. 정답의 1 − p "
        f"평균은 스텝 {where[0]}에서 {pull[0]:.2f}, 스텝 {where[-1]}에서 {pull[-1]:.2f}이다.".replace(
            "= -", "= −"
        ),
    }[language]


def taught(found: Answers) -> int:
    """The sample whose true class has a p nearest to `TAUGHT`."""
    return int(np.argmin(np.abs(found.right - TAUGHT)))


def pairs(trace: Trace) -> tuple[NDArray[np.bool_], Array, Array]:
    """Of all snapshots whether it is the true class, the recorded derivative over its sample's weight, and p − y."""
    true, recorded, error = [], [], []
    for step in steps(trace):
        try:
            found = answers(trace, int(step))
        except MissingSeriesError:  # no longer finite
            continue
        true.append((found.y[:, found.kept] > 0).ravel())
        recorded.append((found.gradient / found.weight[:, None]).ravel())
        error.append(found.error[:, found.kept].ravel())
    return np.concatenate(true), np.concatenate(recorded), np.concatenate(error)


def draw_sample(ax: Axes, trace: Trace, found: Answers, look: Style) -> Artists:
    """p of each class, and p − y from there: to 1 for the true class, to 0 for the others."""
    n = taught(found)
    truth = int(found.target[n])
    order = sorted(range(found.classes), key=lambda i: (i != truth, -found.p[n, i]))[:MOST]
    drawn = sorted(order)
    at = np.arange(len(drawn))[::-1].astype(float)
    bars = ax.barh(at, found.p[n, drawn], 0.62, color=look.color("function"), alpha=0.75, linewidth=0)
    artists: Artists = {f"p/{i}": bar for i, bar in zip(drawn, bars, strict=True)}
    for y, i in zip(at, drawn, strict=True):
        p, aim = float(found.p[n, i]), float(i == truth)
        (artists[f"y/{i}"],) = ax.plot(
            [aim], [y], "D", color=look.color("positive"), markersize=5, clip_on=False, zorder=4
        )
        ax.annotate(
            "",
            (aim, y),
            (p, y),
            arrowprops={"arrowstyle": "->", "color": look.color("tangent"), "shrinkA": 0},
        )
        artists[f"error/{i}"] = ax.text(
            1.06,
            y,
            f"{p - aim:+.3f}".replace("-", "−"),
            va="center",
            size=SMALL,
            color=look.legible(look.color("tangent")),
        )
    ax.set_yticks(at, [class_name(trace, i, look) for i in drawn])
    ax.tick_params(axis="y", length=0, pad=7)
    ax.grid(axis="y", visible=False)
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.6, len(drawn) - 0.4)
    some = look.choose(en=f"; {len(drawn)} of {found.classes}", ko=f", {found.classes}개 중 {len(drawn)}개")
    said = look.choose(en="bar p, ◆ y, number p − y", ko="막대 p, ◆ y, 수 p − y")
    ax.set_xlabel(said + (some if len(drawn) < found.classes else ""), fontsize=SMALL)
    return artists


def draw_compared(ax: Axes, trace: Trace, look: Style) -> Artists:
    """Every recorded derivative over p − y, and the line on which they are equal."""
    true, recorded, error = pairs(trace)
    artists: Artists = {}
    (artists["equal"],) = ax.plot(
        [-1, 1], [-1, 1], color=look.color("axis"), linewidth=1, linestyle=(0, (4, 2))
    )
    for key, which, role, marker in (
        ("others", ~true, "function", "o"),
        ("true", true, "positive", "D"),
    ):
        (artists[f"recorded/{key}"],) = ax.plot(
            error[which],
            recorded[which],
            marker,
            color=look.color(role),
            markersize=3.2,
            alpha=0.6,
            linewidth=0,
        )
    names = {
        "others": look.choose(en="other classes", ko="다른 클래스"),
        "true": look.choose(en="true class", ko="정답"),
    }
    ax.legend(
        [artists[f"recorded/{key}"] for key in names],
        list(names.values()),
        frameon=False,
        loc="upper left",
        fontsize=SMALL,
    )
    ax.set_xlim(-1.05, 1.05)
    ax.set_ylim(-1.05, 1.05)
    ax.set_xlabel("p − y")
    _heading(ax, look.choose(en="Recorded ∂L/∂z, per sample", ko="기록된 ∂L/∂z, 표본마다"))
    return artists


def draw_losses(ax: Axes, found: Answers, look: Style) -> Artists:
    """−ln p and, by the logit of the true class, its derivative's size 1 − p; the samples of the step on both."""
    p = np.linspace(np.exp(-TOP), 1, 300)
    artists: Artists = {}
    (artists["loss"],) = ax.plot(p, -np.log(p), color=look.color("loss"))
    (artists["slope"],) = ax.plot(p, 1 - p, color=look.color("tangent"), linestyle=(0, (5, 1.5)))
    seen = found.losses <= TOP
    (artists["samples/loss"],) = ax.plot(
        found.right[seen], found.losses[seen], "o", color=look.color("loss"), markersize=4, clip_on=False
    )
    (artists["samples/slope"],) = ax.plot(
        found.right, 1 - found.right, "s", color=look.color("tangent"), markersize=4, clip_on=False
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, TOP)
    ax.legend(
        [artists["loss"], artists["slope"]], ["−ln p", "|∂L/∂z| = 1 − p"], frameon=False, loc="upper right"
    )
    above = int((~seen).sum())
    more = look.choose(en=f"  ({above} above)", ko=f"  (위로 {above}개)") if above else ""
    ax.set_xlabel(look.choose(en="p of the true class", ko="정답의 확률 p") + more)
    _heading(ax, look.choose(en=f"Loss of step {found.step}", ko=f"스텝 {found.step}의 손실"))
    return artists


def draw_fading(ax: Axes, trace: Trace, look: Style) -> Artists:
    """The mean of 1 − p of the true class at each snapshot."""
    where, pull = pulls(trace)
    artists: Artists = {}
    (artists["pull"],) = ax.plot(
        where, pull, color=look.color("tangent"), marker="o", markersize=4, clip_on=False
    )
    ax.set_xlim(where[0], max(int(where[-1]), int(where[0]) + 1))
    ax.set_ylim(0, 1)
    ax.set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    _heading(ax, look.choose(en="Mean of 1 − p of the true class", ko="정답의 1 − p, 평균"))
    at_the_end(ax, [EndLabel(f"{pull[-1]:.2f}", float(where[-1]), float(pull[-1]), look.color("tangent"))])
    return artists


def class_name(trace: Trace, i: int, look: Style) -> str:
    """The name of a class, with what the font has, or its number; a long one cut behind its number."""
    known = trace.attrs.get("classes") or []
    if i >= len(known):
        return look.choose(en=f"class {i}", ko=f"클래스 {i}")
    name = KOREAN.get(str(known[i]), str(known[i])) if look.language == "ko" else str(known[i])
    drawn = "".join(c if ord(c) in fonts.characters() else "?" for c in name.replace("_", " "))
    cut = drawn if len(drawn) <= LONGEST else f"{i} {drawn[: LONGEST - 4].rstrip()}…"
    return cut.replace("$", r"\$")


def _heading(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def main() -> None:
    """``python scripts/classification.py TRACE``, which ``derivviz figure`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
