"""How the stages of a network stand on the frame: in one row or two, with its outputs behind or below them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.frame import body, pick
from derivviz.animation.stage import color

Array = NDArray[np.float64]
GAP, APART = 0.3, 0.42  # between stages, and where layers between them are not drawn
LETTERS, LABEL = 0.5, 0.5  # room for letters above a row, and for the names of its stages below it
_ROOM = 0.15  # more of it between two rows, for a wire
_BEND = 0.14  # radius of a wire's corners


@dataclass(frozen=True)
class Rows:
    """One way to arrange the stages.

    Attributes
    ----------
    side, column
        Of a picture, and the width of a column of units.
    ends : ((left, right), …)
        Of each row.
    apart
        Whether the outputs stand in a place of their own below the rows; else at the end of the last row.
    widest
        The largest gap between two stages.
    """

    side: float
    column: float
    ends: tuple[tuple[float, float], ...]
    apart: bool = False
    widest: float = 1.1

    def room(self, row: int) -> float:
        """The width of a row."""
        left, right = self.ends[row]
        return right - left

    def middles(self, lettered: bool) -> list[float]:
        """The height of each row's middle, in a frame that is not wide; whether letters stand above the first."""
        first = body(0).top - (LETTERS if lettered else 0.1) - self.side / 2
        return [first - n * (self.side + LABEL + LETTERS + _ROOM) for n in range(len(self.ends))]

    def divided(
        self, tried: Sequence[int], widths: Sequence[float], lead: float, must: Sequence[int]
    ) -> list[list[int]] | None:
        """Which stages stand in which row, if they fit.

        Parameters
        ----------
        tried
            The stages that are to be drawn, by their numbers; `widths` are those of all.
        lead
            Width of what stands before the first of them, with the gap behind it.
        must
            Stages that had better stay in one row.
        """
        best: tuple[float, list[list[int]]] | None = None
        for cut in range(len(tried) + 1) if len(self.ends) > 1 else (len(tried),):
            rows = [list(tried[:cut]), list(tried[cut:])][: len(self.ends)]
            filled = []
            for n, row in enumerate(rows):
                before = -1 if n == 0 or not cut else tried[cut - 1]
                skips = sum(b - a > 1 for a, b in itertools.pairwise([before, *row]))
                taken = sum(widths[k] for k in row) + GAP * (len(row) - 1) + APART * skips
                filled.append(taken - (self.room(n) - (lead if n == 0 else 0)))
            if max(filled) > 0 or (cut == 0 and not lead and tried):
                continue
            severed = len(rows) > 1 and 0 < sum(k in rows[0] for k in must) < len(must)
            cost = 100.0 * severed + abs(filled[0] - filled[-1])
            if best is None or cost < best[0]:
                best = cost, rows
        return best and best[1]


def ways(outputs: float) -> list[Rows]:
    """The arrangements to try, the best first, where the bars of the outputs are so wide."""
    right = 3.75 - outputs - GAP
    tall = [Rows(side, 0.5, ((-3.75, 3.6),), True, 3.0) for side in (2.8, 2.4)]
    tall += [
        Rows(side, 0.5, ((-3.75, 3.75), (-3.75, right)), widest=3.0) for side in (2.15, 2.0, 1.85, 1.6, 1.4)
    ]
    return pick(
        wide=[Rows(side, 0.34, ((-6.95, 3.3),)) for side in (1.74, 1.4)],
        tall=tall,
        square=[Rows(side, 0.5, ((-5.8, 5.55),), True, 3.0) for side in (2.5, 2.25, 2.0, 1.75, 1.5)],
    )


def routed(corners: ArrayLike, role: str = "parameter", width: float = 3.5) -> VMobject:
    """A wire along straight pieces from corner to corner, shape (corners, 3), around which it bends."""
    at = np.asarray(corners, float)
    ends = [at[0]]
    for before, here, after in zip(at, at[1:], at[2:], strict=False):
        for other in (before, after):
            away = other - here
            length = float(np.linalg.norm(away))
            ends.append(here + away * min(_BEND, length / 2) / max(length, 1e-9))
    ends.append(at[-1])
    made = VMobject(stroke_color=color(role), stroke_width=width, fill_opacity=0)
    made.start_new_path(ends[0])
    for n, end in enumerate(ends[1:]):
        if n % 2 == 0:
            made.add_line_to(end)
        else:
            made.add_quadratic_bezier_curve_to(at[n // 2 + 1], end)
    return made
