"""Hunger and the scores · 배고픔과 점수

The scores of a held-out picture over hunger; below, which class is recommended for each held-out picture, and the
published scores beside the multipliers, which they are.

배고픔에 따른 검증 사진 한 장의 점수를 보인다. 그 아래는 검증 사진마다 추천되는 클래스이고, 발표된 점수는 배율과
똑같다.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from derivviz.calculus.published import HUNGER, SCORES
from derivviz.calculus.score import (
    DISHES,
    HUNGERS,
    KOREAN,
    changes,
    course,
    multiplier,
    worth,
)
from derivviz.figures import Artists, EndLabel, Style, at_the_end, grid, sheet
from derivviz.figures.style import MILLIMETRE, SMALL, TEXT
from derivviz.look import fonts
from derivviz.look.theme import contrast
from derivviz.trace import MissingSeriesError, Trace

requires = ("time",)  # of any run with held-out pictures; `chosen` says what is missing

Array = NDArray[np.float64]
MOST = 7  # classes that have a line
ROWS = 16  # pictures that have a strip
NUMBERED = 0.35  # hunger that a stretch takes to have room for a number
SIZE = (160 * MILLIMETRE, 125 * MILLIMETRE)
DASHES = ("-", (0, (5, 1.5)), (0, (3, 1.2)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (6, 1, 1, 1)), (0, (2, 2)))
MARKERS = "osD^vPX"


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    image, p = chosen(trace)
    drawn = classes_drawn(p[image])
    with sheet(ax, language, SIZE) as (look, ax):
        (curves, photo), (strips, published) = grid(ax, 2, 2, heights=(1, 1.1), widths=(2.3, 1))
        artists = draw_scores(curves, trace, p[image], drawn, look) | draw_photo(photo, trace, image, look)
        artists |= draw_strips(strips, p, look) | draw_published(published, look)
        said = look.choose(
            en=f"Scores of held-out picture {image} over hunger",
            ko=f"배고픔에 따른 검증 사진 {image}번의 점수",
        )
        curves.set_title(said)
    return artists


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    image, p = chosen(trace)
    own = changes(p[image])
    many, count = answered(trace), len(answered(trace))
    moved = sum(bool(changes(one)) for one in many)
    sure = float(np.mean(many.max(axis=1) > 0.999))
    first = int(course(p[image])[0].argmax())
    en, ko = (
        [f"At hunger 0 class {first} is recommended for picture {image}."],
        [f"배고픔 0에서 {image}번 사진의 추천은 {first}번 클래스이다."],
    )
    if own:
        en.append("It changes at " + ", ".join(f"{h:.1f} to class {after}" for h, _, after in own) + ".")
        ko.append("추천은 " + ", ".join(f"{h:.1f}에서 {after}번으로" for h, _, after in own) + " 바뀐다.")
    else:
        en.append("No hunger changes that.")
        ko.append("배고픔은 그것을 바꾸지 못한다.")
    en.append(f"Hunger changes the recommendation for {moved} of {count} held-out pictures.")
    ko.append(f"검증 사진 {count}장 중 {moved}장에서 배고픔이 추천을 바꾼다.")
    if sure > 0.5:
        en.append(f"For {sure:.0%} of them the network is as good as certain (p above 0.999).")
        ko.append(f"그 가운데 {sure:.0%}에서 신경망은 확신한다(p가 0.999를 넘는다).")
    en.append("The published scores 1.69, 2.05 and 1.43 are the multipliers at hunger 6: every p was 1.")
    ko.append("발표된 점수 1.69, 2.05, 1.43은 배고픔 6의 배율이다. p가 모두 1이었다는 뜻이다.")
    return " ".join({"en": en, "ko": ko}[language])


def chosen(trace: Trace) -> tuple[int, Array]:
    """The number of the held-out picture for which hunger matters most, and the last answers to all of them.

    Raises
    ------
    MissingSeriesError
        When no held-out picture has an answer of finite numbers.
    """
    p = trace.evaluation.probabilities[-1]
    able = np.flatnonzero(np.isfinite(p).all(axis=1))
    if not len(able):
        raise MissingSeriesError(
            f"The network of {trace.path} answers NaN: its training ended in overflow. Record one that can be asked "
            "with 'derivviz record food --preset stable'."
        )
    return int(max(able, key=lambda n: worth(p[n]))), p


def answered(trace: Trace) -> Array:
    """The last probabilities of the pictures that have finite ones, shape (picture, class)."""
    p = trace.evaluation.probabilities[-1]
    return np.asarray(p[np.isfinite(p).all(axis=1)])


def classes_drawn(p: Array) -> list[int]:
    """The classes with a line: those that are recommended for the longest, then the highest scores."""
    value = course(p)
    ever, highest = np.bincount(value.argmax(axis=1), minlength=len(p)), value.max(axis=0)
    return sorted(sorted(range(len(p)), key=lambda i: (-ever[i], -highest[i]))[:MOST])


def draw_scores(ax: Axes, trace: Trace, p: Array, drawn: list[int], look: Style) -> Artists:
    """The score of each class over hunger, the highest with a band behind it, and where the highest changes."""
    value = course(p)
    artists: Artists = {}
    (artists["best"],) = ax.plot(
        HUNGERS,
        value.max(axis=1),
        color=look.color("positive"),
        linewidth=7,
        alpha=0.3,
        solid_capstyle="butt",
    )
    shades = look.shades("tangent", len(drawn))
    labels = []
    for n, i in enumerate(drawn):
        (artists[f"score/{i}"],) = ax.plot(
            HUNGERS,
            value[:, i],
            color=shades[n],
            linestyle=DASHES[n % len(DASHES)],
            marker=MARKERS[n % len(MARKERS)],
            markevery=(40 + 15 * n, 200),
            markersize=4,
        )
        labels.append(EndLabel(class_name(trace, i, look), 10.0, float(value[-1, i]), shades[n]))
    for k, (h, _, _) in enumerate(changes(p)):
        artists[f"change/{k}"] = ax.axvline(
            h, color=look.color("parameter"), linewidth=0.9, linestyle=(0, (2, 1.5))
        )
    low, high = float(value[:, drawn].min()), float(value.max())
    ax.set_xlim(0, 10)
    ax.set_ylim(max(low, -0.6 * high) - 0.05 * high, 1.08 * high)
    ax.axhline(0, color=look.color("axis"), linewidth=0.8)
    some = look.choose(
        en=f"  ({len(drawn)} of {len(p)} classes drawn)", ko=f"  (클래스 {len(p)}개 중 {len(drawn)}개)"
    )
    ax.set_ylabel(look.choose(en="score", ko="점수"))
    ax.set_xlabel(look.choose(en="hunger h", ko="배고픔 h") + (some if len(drawn) < len(p) else ""))
    foot = ax.get_ylim()[0]
    kept = [one for one in labels if one.y >= foot]
    at_the_end(ax, [*kept, *(EndLabel(one.text, 10.0, foot, one.color) for one in labels if one.y < foot)])
    return artists


def draw_photo(ax: Axes, trace: Trace, image: int, look: Style) -> Artists:
    """The picture, where the trace has it, and what it shows in truth."""
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[], anchor="N")
    evaluation = trace.evaluation
    if evaluation.target is not None:
        truth = class_name(trace, int(evaluation.target[image]), look)
        ax.set_xlabel(look.choose(en=f"truth: {truth}", ko=f"정답: {truth}"), fontsize=SMALL)
    if evaluation.thumbnails is None:
        ax.spines[["left", "bottom"]].set_visible(False)
        return {}
    return {"photo": ax.imshow(evaluation.thumbnails[image], interpolation="antialiased")}


def draw_strips(ax: Axes, p: Array, look: Style) -> Artists:
    """For each picture, from the one where hunger matters most, the number of the class that is recommended."""
    able = np.flatnonzero(np.isfinite(p).all(axis=1))
    rows = sorted(able.tolist(), key=lambda n: -worth(p[n]))[:ROWS]
    best = np.array([course(p[n]).argmax(axis=1) for n in rows])
    numbers = np.unique(best).tolist()
    shades = dict(zip(numbers, look.shades("positive", len(numbers)), strict=True))
    artists: Artists = {}
    for y, (n, winners) in enumerate(zip(rows, best, strict=True)):
        edges = [0, *(np.flatnonzero(np.diff(winners)) + 1).tolist(), len(HUNGERS)]
        for k, (start, end) in enumerate(pairwise(edges)):
            left, right = float(HUNGERS[start]), float(HUNGERS[min(end, len(HUNGERS) - 1)])
            winner = int(winners[start])
            shade = shades[winner]
            (artists[f"strip/{n}/{k}"],) = ax.barh(
                [y], [right - left], 0.82, left=left, color=shade, linewidth=0
            )
            if right - left > NUMBERED:
                ink = max((look.color("background"), look.color("ink")), key=lambda c: contrast(c, shade))
                artists[f"strip/{n}/{k}/number"] = ax.text(
                    (left + right) / 2,
                    y,
                    str(winner),
                    ha="center",
                    va="center_baseline",
                    size=SMALL - 1,
                    color=ink,
                )
            if k:
                ax.plot([left, left], [y - 0.41, y + 0.41], color=look.color("background"), linewidth=1.2)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, 10)
    ax.grid(visible=False)
    ax.set_yticks(range(len(rows)), [str(n) for n in rows], size=SMALL - 1)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(look.choose(en="hunger h", ko="배고픔 h"))
    ax.set_ylabel(look.choose(en="picture", ko="사진"))
    some = look.choose(en=f", {len(rows)} of {len(p)} pictures", ko=f", 사진 {len(p)}장 중 {len(rows)}장")
    said = look.choose(en="Number of the recommended class", ko="추천되는 클래스의 번호")
    ax.set_title(said + (some if len(rows) < len(p) else ""), fontsize=TEXT, fontweight="semibold", pad=6)
    return artists


def draw_published(ax: Axes, look: Style) -> Artists:
    """The multipliers at the published hunger, and the published scores on them."""
    at = np.arange(len(DISHES))[::-1]
    bars = ax.barh(at, multiplier(np.arange(len(DISHES)), HUNGER), 0.6, color=look.color("muted"), alpha=0.5)
    artists: Artists = {f"multiplier/{name}": bar for name, bar in zip(DISHES, bars, strict=True)}
    for name, score in SCORES.items():
        y = float(at[DISHES.index(name)])
        (artists[f"published/{name}"],) = ax.plot(
            [score], [y], "D", color=look.color("tangent"), markersize=5.5, clip_on=False, zorder=4
        )
        artists[f"published/{name}/number"] = ax.text(
            0.08, y, f"{score}", va="center", size=SMALL, color=look.color("ink")
        )
    ax.set_yticks(at, [KOREAN[name] if look.language == "ko" else name for name in DISHES])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.set_xlim(0, 2.3)
    ax.set_xlabel(look.choose(en="bar: multiplier\n◆ published", ko="막대: 배율\n◆ 발표값"), fontsize=SMALL)
    ax.set_title(
        look.choose(en="Published, h = 6: p = 1", ko="발표된 점수, h = 6: p = 1"),
        fontsize=TEXT,
        fontweight="semibold",
        pad=6,
    )
    return artists


def class_name(trace: Trace, i: int, look: Style) -> str:
    """Number and name of a class, with what the font has."""
    known = trace.attrs.get("classes") or []
    name = str(known[i]) if i < len(known) else look.choose(en="class", ko="클래스")
    plain = KOREAN.get(name, name) if look.language == "ko" else name
    drawn = "".join(c if ord(c) in fonts.characters() else "?" for c in plain.replace("_", " "))
    return f"{i} {drawn}".replace("$", r"\$")


def main() -> None:
    """``python scripts/score.py TRACE``, which ``derivviz figure`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
