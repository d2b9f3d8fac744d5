"""What of a composition is shown: which machines, which nudges, which graph; or why it cannot be shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from derivviz.animation.frame import pick
from derivviz.animation.machines import Row
from derivviz.animation.net import Net
from derivviz.animation.nudging import room
from derivviz.calculus.chain import Machine, Run, machines, operations
from derivviz.calculus.expression import Expression
from derivviz.errors import UsageError

_LETTERS, _GRAPH_LETTERS = "uvw", "abcds"
_MOST_OPERATIONS = 6  # nodes that the graph has room for
_NUDGES = (0.1, -0.1, 0.01, -0.01, 0.001, -0.001)  # the first that stays inside the domain is taken
_LARGEST, _TINY = 1e7, 2e-5  # a value, and the shift that the largest nudge makes


@dataclass(frozen=True)
class Shown:
    """A composition as it fits on the frame.

    Attributes
    ----------
    chain, nodes : Run
        The machines, and the nodes of the computational graph.
    letters : tuple of str
        Of the machines' values.
    sizes : tuple of float
        Three nudges, each a tenth of the one before.
    row : Row
        The machines in their places.
    net : Net
        The graph in its place.
    text : float
        Size of what is written around the row.
    """

    chain: Run
    nodes: Run
    letters: tuple[str, ...]
    sizes: tuple[float, float, float]
    row: Row
    net: Net
    text: float


def shown(function: Expression, at: float) -> Shown:
    """Choose what is shown of `function` at x = `at`.

    Raises
    ------
    UsageError
        If it is no composition, has no value or derivative there, or takes more room than there is.
    """
    error = UsageError()
    for most in (4, 3, 2):  # with fewer machines, the first one holds more
        chain = _run(function, machines(function, most), at)
        sizes = _sizes(function, chain)
        letters = ("x", *_LETTERS[: len(chain.links) - 1], "y")
        try:
            row, text = _row(chain, letters, sizes)
        except UsageError as too_long:
            error = too_long
            continue
        for links in (operations(function), chain.links):
            if 2 <= len(links) <= _MOST_OPERATIONS:
                nodes = _run(function, links, at)
                with suppress(UsageError):
                    return Shown(chain, nodes, letters, sizes, row, _net(nodes), text)
    raise (
        error
        if error.args
        else UsageError(
            f"{function.text} at x = {at:g} is too long to be drawn: take shorter parts, as in 'sin(x^2)' at 1"
        )
    )


def _row(chain: Run, letters: Sequence[str], sizes: tuple[float, float, float]) -> tuple[Row, float]:
    """The row of machines, with the largest text around it for which there is room; and the size of that text."""
    y, length = pick(wide=1.05, tall=1.5, square=2.0), pick(wide=13.1, tall=6.1, square=11.5)
    across = pick(wide=1.35, tall=5.6, square=1.35)
    *larger, least = pick(wide=(36,), tall=(50, 43), square=(46, 41, 36))
    for text in larger:
        with suppress(UsageError):
            return Row(chain.links, letters, [0, y, 0], room(chain, sizes, text), length, across), text
    return Row(chain.links, letters, [0, y, 0], room(chain, sizes, least), length, across), least


def _net(nodes: Run) -> Net:
    """The computational graph, with the largest text for which there is room."""
    letters = ("x", *_GRAPH_LETTERS[: len(nodes.links) - 1], "y")
    y, length = pick(wide=0.6, tall=-0.1, square=0.7), pick(wide=13.1, tall=7.9, square=11.5)
    *larger, least = pick(wide=(36,), tall=(50, 43), square=(46, 41, 36))
    for text in larger:
        with suppress(UsageError):
            return Net(nodes, letters, y, text, length)
    return Net(nodes, letters, y, least, length)


def _run(function: Expression, links: Sequence[Machine], at: float) -> Run:
    """x sent through a chain, with finite values and rates."""
    run = Run.of(links, at)
    if not all(map(math.isfinite, run.values)):
        raise UsageError(f"{function.text} has no value at x = {at:g}: choose another --at")
    if not all(map(math.isfinite, run.rates)):
        raise UsageError(f"a part of {function.text} has no derivative at x = {at:g}: choose another --at")
    return run


def _sizes(function: Expression, run: Run) -> tuple[float, float, float]:
    """A nudge, a tenth and a hundredth of it, that move every value and leave none undefined."""
    for h in _NUDGES:
        sizes = (h, h / 10, h / 100)
        shifts = [shift for size in sizes for shift in run.shifts(size)]
        if all(math.isfinite(shift) and shift != 0 for shift in shifts):
            break
    else:
        raise UsageError(
            f"{function.text} cannot be nudged at x = {run.values[0]:g}: choose an --at inside its domain, "
            "where no part of it stands still"
        )
    if max(map(abs, run.nudged(h))) > _LARGEST or min(map(abs, run.shifts(h))) < _TINY:
        raise UsageError(
            f"at x = {run.values[0]:g} {function.text} runs into numbers that are too long to be shown: choose "
            "an --at where every machine gives out something between a thousandth and a million"
        )
    return sizes
