"""Names written beside the lines that they name, instead of a legend over the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from numpy.typing import NDArray

from derivviz.figures.style import SMALL, current

LONGEST = 24  # characters of a name
_BESIDE = 1.045  # of the axes' width, where names begin
_LINE = 1.25  # line height in em
_ROOM = 1.16  # times that, for a layout that makes the axes lower than they are now


@dataclass(frozen=True)
class EndLabel:
    """A name for the point (x, y), in data coordinates, at which a line ends."""

    text: str
    x: float
    y: float
    color: str


def at_the_end(ax: Axes, labels: Sequence[EndLabel], size: float = SMALL) -> list[Annotation]:
    """Write names to the right of the axes, each as near its line's end as the others let it.

    The limits of `ax` are to be final. A hair line leads from each name to its line.
    """
    if not labels:
        return []
    heights = _heights(ax, [(label.x, label.y) for label in labels], _ROOM * _LINE * size)
    return [
        ax.annotate(
            name,
            (label.x, label.y),
            xytext=(_BESIDE, float(at)),
            textcoords="axes fraction",
            color=current().legible(label.color),
            size=size,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": label.color,
                "linewidth": 0.5,
                "relpos": (0.0, 0.5),
                "shrinkA": 1,
                "shrinkB": 3.5,
            },
        )
        for label, name, at in zip(labels, shortened([label.text for label in labels]), heights, strict=True)
    ]


def settle(ax: Axes) -> None:
    """Put the names that `at_the_end` wrote where they belong, now that the layout has made `ax` as high as it is."""
    names = [text for text in ax.texts if isinstance(text, Annotation) and text.xyann[0] == _BESIDE]
    if names:
        heights = _heights(
            ax, [name.xy for name in names], _LINE * max(float(name.get_fontsize()) for name in names)
        )
        for name, at in zip(names, heights, strict=True):
            name.xyann = (_BESIDE, float(at))


def _heights(ax: Axes, ends: Sequence[tuple[float, float]], gap: float) -> NDArray[np.float64]:
    """Heights in the axes, 0…1, for names of lines that end at `ends` in data coordinates, `gap` points apart."""
    to_axes = ax.transData + ax.transAxes.inverted()
    height = ax.get_window_extent().height * 72 / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    return spread(np.array([to_axes.transform(end)[1] for end in ends]), gap / height)


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def in_words(value: float) -> str:
    """A number as a sentence has it: three digits, of large and small ones with a power of ten."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        return text.replace("-", "−")
    digits, _, power = f"{value:.2e}".partition("e")
    return f"{digits}·10{str(int(power)).translate(RAISED)}".replace("-", "−")


def spread(wanted: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Positions in 0…1 at least `gap` apart, in the order of those `wanted` and as near to them as can be.

    Least squares: isotonic regression of ``wanted − rank · gap`` by pooling adjacent violators. Too many
    positions go on above 1.
    """
    order = np.argsort(wanted, kind="stable")
    ladder = np.arange(len(wanted)) * gap
    pools: list[tuple[float, int]] = []  # (mean, how many)
    for value in wanted[order] - ladder:
        mean, count = float(value), 1
        while pools and pools[-1][0] > mean:
            other, many = pools.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        pools.append((mean, count))
    found = np.empty(len(wanted))
    pooled = np.repeat([mean for mean, _ in pools], [count for _, count in pools])
    found[order] = np.clip(pooled, 0.0, max(1.0 - ladder[-1], 0.0)) + ladder
    return found


def shortened(names: Sequence[str]) -> list[str]:
    """Names of at most `LONGEST` characters, still apart: what a reader needs least is left out.

    Where one is too long, that is the path which all begin with, then the middle.
    """
    if all(len(name) <= LONGEST for name in names):
        return list(names)
    paths = [name.split(".") for name in names]
    while len({path[0] for path in paths}) == 1 and all(len(path) > 2 for path in paths):
        paths = [path[1:] for path in paths]
    rests, tail = [".".join(path) for path in paths], LONGEST * 3 // 5
    return [
        rest if len(rest) <= LONGEST else f"{rest[: LONGEST - tail - 1]}…{rest[-tail:].lstrip('.')}"
        for rest in rests
    ]
