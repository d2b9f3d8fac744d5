"""Loss and accuracy · 손실과 정확도

The loss of every training step and its mean over each epoch; below, how many pictures the network
got right, those it learns from and those held out.

학습 스텝마다의 손실과 그 에포크 평균, 그 아래에 학습 그림과 검증 그림을 맞힌 비율을 보인다.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from derivviz.figures import (
    Artists,
    EndLabel,
    Motion,
    Style,
    at_the_end,
    check,
    grid,
    growing,
    in_words,
    sheet,
)
from derivviz.figures.style import SMALL
from derivviz.trace import MissingSeriesError, Trace

requires = ("loss",)

LOG_BEYOND = 100.0  # largest over smallest loss, from where its axis is logarithmic
NUMBERED = 10  # so many epochs, at the most, are numbered and marked
Series = tuple[NDArray[np.float64], NDArray[np.float64]]  # steps, values


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "loss")
    told_right = accuracies(trace)
    with sheet(ax, language) as (look, ax):
        panels = [row[0] for row in grid(ax, 2, 1, heights=(3, 2))] if told_right else [ax]
        artists = draw_loss(panels[0], trace, look)
        if told_right:
            artists |= draw_accuracy(panels[1], trace, told_right, look)
            panels[1].sharex(panels[0])
            panels[0].tick_params(labelbottom=False)
            panels[0].set_title(look.choose(en="Loss and accuracy", ko="손실과 정확도"))
        else:
            panels[0].set_title(look.choose(en="Loss", ko="손실"))
        mark_epochs(panels, trace, look)
        panels[-1].set_xlabel(look.choose(en="training step", ko="학습 스텝"))
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The curves grow with the training."""
    return growing(trace.steps, artists, still=("guessing",))


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    steps, loss = logged(trace, "loss")
    known = np.isfinite(loss)
    (first, last), ends = loss[known][[0, -1]], steps[known][[0, -1]]
    told = {
        "en": [
            f"The loss goes from {in_words(first)} at step {ends[0]} to {in_words(last)} at step {ends[1]}."
        ],
        "ko": [f"스텝 {ends[0]}에서 {in_words(first)}이던 손실이 스텝 {ends[1]}에서는 {in_words(last)}이다."],
    }
    if not known.all():
        lost = steps[int(np.argmin(known))]
        told["en"].append(f"It is no longer a finite number at step {lost}.")
        told["ko"].append(f"스텝 {lost}에서 유한한 수가 아니게 된다.")
    for key, en, ko in (
        ("accuracy", "of the pictures it learns from", "학습 그림"),
        ("held_out", "of the pictures held out", "검증 그림"),
    ):
        shares = accuracies(trace).get(key)
        if shares is not None and len(right := shares[1][np.isfinite(shares[1])]):
            told["en"].append(f"In the end {right[-1]:.0%} {en} are right.")
            told["ko"].append(f"마지막에 {ko}의 {right[-1]:.0%}를 맞힌다.")
    if classes := trace.attrs.get("classes"):
        told["en"].append(f"Guessing among {len(classes)} classes gets {1 / len(classes):.0%}.")
        told["ko"].append(f"클래스 {len(classes)}개에서 아무거나 고르면 {1 / len(classes):.0%}를 맞힌다.")
    return " ".join(told[language])


def draw_loss(ax: Axes, trace: Trace, look: Style) -> Artists:
    """The loss of each step, its mean in each epoch, and where it stops being a number."""
    steps, loss = logged(trace, "loss")
    finite = np.isfinite(loss)
    shown = loss[finite]
    pale, strong = look.shades("loss", 2)[0], look.color("loss")
    if shown.min() > 0 and shown.max() > LOG_BEYOND * shown.min():
        ax.set_yscale("log")
        ax.minorticks_off()
    ax.set_ylabel(look.choose(en="loss", ko="손실"))
    ax.set_xlim(trace.steps[0], max(trace.steps[-1], trace.steps[0] + 1))
    artists: Artists = {}
    (artists["loss"],) = ax.plot(steps, np.where(finite, loss, np.nan), color=pale, linewidth=0.8, alpha=0.6)
    labels = [EndLabel(look.choose(en="each step", ko="스텝마다"), steps[finite][-1], shown[-1], pale)]
    if has_epochs(trace):
        where, mean = epoch_means(trace, "loss")
        (artists["loss/epoch"],) = ax.plot(
            where, mean, color=strong, marker="o", markevery=thinned(len(where)), clip_on=False
        )
        labels.append(EndLabel(look.choose(en="epoch mean", ko="에포크 평균"), where[-1], mean[-1], strong))
    if not finite.all():
        first = int(np.argmin(finite))
        what, at = "NaN" if np.isnan(loss[first]) else "∞", steps[first]
        artists["nonfinite"] = ax.axvline(at, color=look.color("negative"), linestyle=(0, (2, 1.5)))
        side = 1 if first < 0.7 * len(steps) else -1
        artists["nonfinite/name"] = ax.annotate(
            look.choose(en=f"{what} at step {at}", ko=f"스텝 {at}에서 {what}"),
            (at, 0.0),  # at the bottom: a loss that explodes is at the top by then
            xycoords=("data", "axes fraction"),
            xytext=(5 * side, 5),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            color=look.color("negative"),
        )
    ax.set_ylim(*ax.get_ylim())
    at_the_end(ax, labels)
    return artists


def draw_accuracy(ax: Axes, trace: Trace, told_right: dict[str, Series], look: Style) -> Artists:
    """The share of pictures got right, and what guessing would give."""
    looks = {
        "accuracy": ("muted", (0, (3, 1.5)), "o", look.choose(en="training", ko="학습")),
        "held_out": ("positive", "-", "s", look.choose(en="held out", ko="검증")),
    }
    artists: Artists = {}
    labels = []
    for key, (where, share) in told_right.items():
        role, dashes, marker, name = looks[key]
        face = look.color("background" if key == "accuracy" else role)
        (artists[key],) = ax.plot(
            where,
            share,
            color=look.color(role),
            linestyle=dashes,
            marker=marker,
            markevery=thinned(len(where)),
            markerfacecolor=face,
            clip_on=False,
        )
        labels.append(EndLabel(name, where[-1], share[-1], look.color(role)))
    if classes := trace.attrs.get("classes"):
        chance = 1 / len(classes)
        artists["guessing"] = ax.axhline(chance, color=look.color("muted"), linewidth=0.9, linestyle=":")
        name = look.choose(en="guessing", ko="무작위")
        labels.append(EndLabel(name, trace.steps[-1], chance, look.color("muted")))
    ax.set_ylabel(look.choose(en="accuracy", ko="정확도"))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_yticks([0, 0.5, 1])
    ax.set_ylim(0, 1.05)
    at_the_end(ax, labels)
    return artists


def mark_epochs(panels: list[Axes], trace: Trace, look: Style) -> None:
    """A line where each epoch begins, numbered above the first panel; steps get no grid of their own."""
    for ax in panels:
        ax.grid(axis="x", visible=False)
    if not has_epochs(trace):
        return
    epochs, begins = np.unique(trace["epoch"], return_index=True)
    epochs = epochs[np.isfinite(epochs)]
    begins = begins[: len(epochs)]  # NaN, where no epoch was logged, comes last
    every = thinned(len(epochs))
    starts = trace.steps[begins[::every]]
    above = panels[0].secondary_xaxis("top")
    above.set_xticks(starts, [f"{epoch:g}" for epoch in epochs[::every]])
    above.tick_params(length=0, pad=2)
    panels[0].annotate(
        look.choose(en="epoch", ko="에포크"),
        (starts[0], 1),
        xycoords=("data", "axes fraction"),
        xytext=(-8, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        size=SMALL,
        color=look.color("muted"),
    )
    above.spines["top"].set_visible(False)
    for ax in panels:
        for step in starts:
            ax.axvline(step, color=look.color("grid"), linewidth=0.7, zorder=0.5)


def thinned(epochs: int) -> int:
    """Every how many epochs there is room for a number or a marker."""
    return -(-epochs // NUMBERED)


def accuracies(trace: Trace) -> dict[str, Series]:
    """The accuracy in training, as epoch means where epochs are known, and on held-out pictures [1]."""
    found: dict[str, Series] = {}
    if "accuracy" in trace:
        by_step = logged(trace, "accuracy")
        found["accuracy"] = epoch_means(trace, "accuracy") if has_epochs(trace) else by_step
    try:
        evaluation = trace.evaluation
    except MissingSeriesError:
        return found
    if evaluation.target is not None and has_epochs(trace):
        right = evaluation.probabilities.argmax(axis=2) == evaluation.target
        ends = [
            trace.steps[trace["epoch"] <= epoch].max(initial=trace.steps[0]) for epoch in evaluation.epochs
        ]
        found["held_out"] = np.array(ends, float), right.mean(axis=1)
    return found


def logged(trace: Trace, key: str) -> Series:
    """The steps at which it was logged. Where the trace does not say which NaN was logged, that is all."""
    steps, values = trace.steps, trace[key]
    if (nonfinite := trace.attrs.get("nonfinite")) is None:
        return steps, values
    there = np.isfinite(values) | (steps == nonfinite.get(key))
    return steps[there], values[there]


def has_epochs(trace: Trace) -> bool:
    """Whether epochs are numbered; some loops log what share of the epochs is done, step by step."""
    return "epoch" in trace and all(
        float(number).is_integer() for number in trace["epoch"] if number == number
    )


def epoch_means(trace: Trace, key: str) -> Series:
    """The middle of each epoch, in steps, and the mean of its finite values, if it has any."""
    epoch, values = trace["epoch"], trace[key]
    finite = np.isfinite(values) & np.isfinite(epoch)
    numbers = np.unique(epoch[finite])
    where = [trace.steps[epoch == number].mean() for number in numbers]
    return np.array(where), np.array([values[finite & (epoch == number)].mean() for number in numbers])


def main() -> None:
    """``python scripts/loss.py TRACE`` does what ``derivviz figure loss --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
