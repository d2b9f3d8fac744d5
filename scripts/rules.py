"""The rules of differentiation · 미분법

An expression differentiated line by line, with the rule that makes each line beside it; what a line changes stands
out in colour.

식 하나를 한 줄씩 미분하고, 줄마다 쓴 미분법을 옆에 적는다. 각 줄에서 바뀐 부분은 색으로 나타낸다.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from matplotlib.axes import Axes

from derivviz.calculus.derivation import Derivation, Path, Step, derive
from derivviz.calculus.expression import Expression
from derivviz.calculus.tree import Node
from derivviz.calculus.tree import size as size_of
from derivviz.errors import UsageError
from derivviz.figures import Artists, current, put, sheet
from derivviz.figures.style import MILLIMETRE, SIZE
from derivviz.look.breaking import broken, extent
from derivviz.look.math import typst_math
from derivviz.look.rule_words import TELLINGS, beats, name_of
from derivviz.look.terms import SPLITTING
from derivviz.look.typst import outline
from derivviz.parameters import parameter

POINTS = 72.0  # in an inch
PAGE = 235 * MILLIMETRE * POINTS  # the text block of an A4 page, in points
TITLE = 26.0  # points that the title takes
MARGIN = 12.0  # points that the formulas stay clear of the right edge
FIRST = "f'(x) ="
SIZES = (12.0, 11.0, 10.0, 9.0, 8.0, 7.0)
SMALLER = 0.86  # size of a rule's name beside that of the formulas
GAP = 0.75  # between lines, in em
MOST_NODES = 60  # of an expression: beyond, no page is large enough
LEADING = 1.25  # of rules' names that share a line, in em


@dataclass(frozen=True)
class Parameters:
    expression: Expression = parameter("x^2 * sin(3x)", "An expression of x to derive step by step")


@dataclass(frozen=True)
class Line:
    """A line of the derivation: what stands on it, the parts that are new, and the rules that made it.

    `head` is the markup before what stands on it.
    """

    tree: Node
    new: tuple[Path, ...] = ()
    rules: tuple[str, ...] = ()
    head: str = "="


@dataclass(frozen=True)
class Setting:
    """Lines as they are set: their markups and heights, the left edge of the formulas, and the font size."""

    lines: list[Line]
    markups: list[str]
    heights: list[float]
    column: float
    size: float


def caption(*, expression: Expression, language: str = "en") -> str:
    """What the figure shows, in words."""
    derivation = derive(expression)
    names = dict.fromkeys(name_of(step.rule)[language] for step in derivation.steps)
    told, result = ", ".join(names), derivation.result.text
    if language == "ko":
        return f"{expression.text}의 도함수는 {result}이다. 쓴 것: {told}. SymPy로 확인했다."
    return f"The derivative of {expression.text} is {result}. Used: {told}. SymPy agrees."


def draw(*, expression: Expression, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own as high as it needs; the artists by what they show."""
    size = current().size
    pages = [(SIZE[0], PAGE / POINTS)] if size is None else [size.layout((SIZE[0], PAGE / POINTS))]
    if size is not None and size.least_text:  # a slide: larger where little is on it
        pages.insert(0, size.layout(SIZE))
    if ax is not None:
        pages = [np.array(ax.get_window_extent().size) / ax.get_figure(root=True).dpi]
    found = None
    if size_of(expression.tree) <= MOST_NODES:
        derivation = derive(expression)
        ways = (lines_of(derivation, language), parts_of(derivation, language))  # the parts alone are shorter
        tries = ((wide, high, lines) for lines in ways for wide, high in pages)
        for wide, high, lines in tries:
            if found := setting(lines, wide * POINTS - MARGIN, high * POINTS):
                break
    if found is None:
        raise UsageError(
            f"The derivation of {expression.text[:40]} does not fit on a page: use a shorter expression, or type "
            "'derivviz render rules --expression …', which zooms."
        )
    if size is None or not size.least_text:  # which is always full
        high = (sum(found.heights) + TITLE) / POINTS
    with sheet(ax, language, (wide, high)) as (look, ax):
        ax.set_axis_off()
        ax.set_title(look.choose(en="The derivative, step by step", ko="한 단계씩 미분하기"))
        artists = write(ax, found)
    return artists


def write(ax: Axes, found: Setting) -> Artists:
    """The lines from the top of the axes downwards, the equals signs below one another where the whole is meant."""
    artists: Artists = {}
    y, size = 0.0, found.size
    hang = (extent(FIRST)[0] - extent("=")[0]) * size
    for n, (line, markup, height) in enumerate(zip(found.lines, found.markups, found.heights, strict=True)):
        middle = -y - height / 2
        x = found.column + (hang if markup.startswith("=") else 0.0)
        artists[f"line/{n}"] = put(
            ax, markup, (0, 1), coords="axes fraction", offset=(x, middle), size=size,
            colors={"new": "tangent"}, align=("left", "center"),
        )  # fmt: skip
        for k, rule in enumerate(line.rules):
            above = ((len(line.rules) - 1) / 2 - k) * size * LEADING
            artists[f"rule/{n}/{k}"] = put(
                ax, rule, (0, 1), coords="axes fraction", offset=(0, middle + above), size=size * SMALLER,
                color="muted", math=False, align=("left", "center"),
            )  # fmt: skip
        y += height
    for artist in artists.values():
        artist.set_in_layout(False)
    return artists


def setting(lines: list[Line], width: float, room: float) -> Setting | None:
    """The lines in the largest size in which they fit, if there is one; all measures in points."""
    names = max(outline(rule).width for line in lines for rule in line.rules) * SMALLER
    for size in SIZES:
        column = (names + 1.2) * size
        if least_height(lines, (width - column) / size) * size > room:
            continue
        markups = [written(line, (width - column) / size) for line in lines]
        heights = [
            max(extent(markup)[1], len(line.rules) * LEADING) * size + GAP * size
            for markup, line in zip(markups, lines, strict=True)
        ]
        if sum(heights) <= room and max(extent(m)[0] for m in markups) * size <= width - column:
            return Setting(lines, markups, heights, column, size)
    return None


def least_height(lines: list[Line], width: float) -> float:
    """Height in em that the lines take at the least, known without breaking them, which takes its time."""
    return sum(ceil(extent(typst_math(line.tree))[0] / width) * LEADING + GAP for line in lines)


def lines_of(derivation: Derivation, language: str) -> list[Line]:
    """The whole, line by line: a step that takes the function apart has a line, quick ones share one."""
    steps = derivation.steps
    rules = [step for step in steps if TELLINGS[step.rule.name].formula]
    groups = [
        group for beat in beats(rules) for group in ((beat.big,) if beat.big else (), beat.quick) if group
    ]
    made = [Line(group[-1].after, tops(group), names_of(group, language)) for group in groups]
    ends = [Line(step.after, (), names_of((step,), language)) for step in steps[len(rules) :]]
    return [Line(steps[0].before, head=FIRST), *made, *ends]


def parts_of(derivation: Derivation, language: str) -> list[Line]:
    """Of each step that takes something apart that part alone, and then the result."""
    first, last = derivation.steps[0], derivation.steps[-1]
    made = [
        Line(step.made, (), names_of((step,), language), f"{typst_math(step.part)} =" if step.path else "=")
        for step in derivation.steps
        if step.rule.name in SPLITTING
    ]
    end = Line(last.after, (), names_of((last,), language), FIRST)
    return [Line(first.before, head=FIRST), *made, end]


def names_of(steps: Sequence[Step], language: str) -> tuple[str, ...]:
    """The rules of some steps by name, each once."""
    return tuple(dict.fromkeys(name_of(step.rule)[language] for step in steps))


def tops(steps: Sequence[Step]) -> tuple[Path, ...]:
    """Where the parts stand that some steps changed: none inside another, and not the whole."""
    paths = {step.path for step in steps}
    return tuple(p for p in sorted(paths) if p and not any(p != q and p[: len(q)] == q for q in paths))


def written(line: Line, width: float) -> str:
    """The markup of a line at most so many em wide, where it can be broken."""
    labels = {path: ["new"] for path in line.new}
    if extent(line.head)[0] < width / 2:
        return broken(line.tree, labels, width, line.head, deep=True)
    return f"{line.head.removesuffix(' =')} \\ {broken(line.tree, labels, width, '=', deep=True)}"


def main() -> None:
    """``python scripts/rules.py`` does what ``derivviz figure rules`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
