"""A derivation on the blackboard: the formula in work, the part at work, and the rule beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from manim import DOWN, RIGHT, UP, FadeIn, FadeOut, RoundedRectangle, Transform, VGroup
from numpy.typing import NDArray

from derivviz.animation.frame import pick
from derivviz.animation.lesson import Lesson
from derivviz.animation.morph import Morph
from derivviz.animation.stage import SIZES as STAGE_SIZES
from derivviz.animation.stage import color
from derivviz.animation.typeset import UNITS_PER_POINT, Formula, Words
from derivviz.calculus.derivation import Derivation, Path, Step, at
from derivviz.calculus.tree import Derivative, Node, children
from derivviz.errors import UsageError
from derivviz.look.breaking import DOTS, broken, extent, foldable, folded, least_height
from derivviz.look.math import typst_math
from derivviz.look.rule_words import name_of, telling
from derivviz.look.terms import SPLITTING, Terms, carried, split

PALETTE = ("function", "loss", "parameter", "negative", "positive", "secant")
"""Colour roles of the terms, in their order; after the last the first comes again. Small letters go without
the last two, which are too pale for them on paper."""

SIZES = (64, 56, 48, 42, 36)
SMALLEST = 28


def width() -> float:
    """Of the blackboard, in units of the frame."""
    return pick(wide=12.9, tall=7.2, square=11.2)


@dataclass(frozen=True)
class View:
    """What of a tree is on screen: the part at `root`, at a font size, with dots for the `hidden` parts."""

    root: Path
    size: float
    hidden: tuple[Node, ...] = ()
    deep: bool = False  # whether lines may break anywhere, and not only in the outermost sum


class Working:
    """The formula in work: d/dx f at first, f′ at last.

    Parameters
    ----------
    lesson
        Whose blackboard it is.
    derivation
        What is worked out.
    middle
        Of the formula, a point of the frame.
    height
        Most height that the formula may take.
    """

    def __init__(
        self, lesson: Lesson, derivation: Derivation, middle: NDArray[np.float64], height: float
    ) -> None:
        self.lesson, self.middle, self.height = lesson, middle, height
        first = derivation.steps[0]
        self.tree: Node = first.before
        self.terms: Terms = split(first) if first.rule.name in SPLITTING else {}
        self.parting = next((step for step in derivation.steps if step.rule.name in SPLITTING), None)
        self.view = self.view_of([first.before], ())
        self.formula = self.written()
        self.card = VGroup()

    # ---- writing ----------------------------------------------------------------------------------------

    def written(self, works: Sequence[Path] = ()) -> Formula:
        """The formula as it is seen now; the parts at work are labelled w0, w1 and so on."""
        names: dict[Path, list[str]] = {path: [f"t{number}"] for path, number in self.terms.items()}
        for number, path in enumerate(works):
            names.setdefault(path, []).append(f"w{number}")
        cut = len(self.view.root)
        labels = {path[cut:]: found for path, found in names.items() if path[:cut] == self.view.root}
        around = [f"t{n}" for path, n in self.terms.items() if path == self.view.root[: len(path)]]
        labels.setdefault((), around[-1:])
        tree = at(self.tree, self.view.root)
        for part in self.view.hidden:
            tree = folded(tree, part)
        room = width() / (self.view.size * UNITS_PER_POINT)
        markup = broken(tree, labels, room, _start(self.view), self.view.deep)
        formula = Formula(markup, self.view.size)
        paint(formula, self.terms.values())
        return formula.move_to(self.middle)

    def view_of(self, trees: Sequence[Node], path: Path) -> View:
        """The widest view around a path in which all trees are legible."""
        roots = [path[:end] for end in range(len(path) + 1)]
        for view in (*(View(root, SIZES[-1]) for root in roots), View(path, SMALLEST, deep=True)):
            found = self._fitting(trees, view)
            if found:
                return found
        view = View(path, SMALLEST, deep=True)
        shown = [at(tree, path) for tree in trees]
        whole = [child for tree in shown for child in children(tree) if isinstance(tree, Derivative)]
        while parts := [part for tree in shown for part in foldable(tree) if part not in whole]:
            view = replace(view, hidden=(*view.hidden, max(parts, key=extent_of)))
            shown = [folded(tree, view.hidden[-1]) for tree in shown]
            found = self._fitting(trees, view)
            if found:
                return found
        raise too_wide()

    def _fitting(self, trees: Sequence[Node], least: View) -> View | None:
        """A view in the largest size in which all trees are legible, down to that of `least`."""
        shown = [at(tree, least.root) for tree in trees]
        for part in least.hidden:
            shown = [folded(tree, part) for tree in shown]
        sizes = [float(size) for size in (*SIZES, SMALLEST) if size >= least.size]
        if hasattr(self, "view") and replace(least, size=self.view.size) == self.view:
            sizes = [size for size in sizes if size <= self.view.size]
        start = _start(least)
        longest = max(extent(f"{start} {typst_math(tree)}")[0] for tree in shown)
        room = width()
        for size in sizes:
            em = size * UNITS_PER_POINT
            if least_height(longest, room / em) * em > self.height:
                continue
            boxes = (extent(broken(tree, {}, room / em, start, least.deep)) for tree in shown)
            if all(w * em <= room and h * em <= self.height for w, h in boxes):
                return replace(least, size=size)
        return None

    # ---- moving -----------------------------------------------------------------------------------------

    def look(self, view: View) -> None:
        """Zoom to another view of the same tree."""
        if view == self.view:
            return
        self.view = view
        self._morph(self.written(), 0.8)

    def apply(self, steps: Sequence[Step], seconds: float = 1.2) -> None:
        """Take steps at once: the parts at work light up and become what the rules make of them."""
        path = _common([step.path for step in steps])
        self.look(self.view_of([steps[0].before, steps[-1].after], path))
        if steps[0] is self.parting:
            self.terms = split(steps[0])
        works: list[Path] = []
        for step in steps:
            if not any(step.path[: len(work)] == work for work in works):
                works.append(step.path)
        source = self.written(works)
        self.lesson.remove(self.formula)
        self.lesson.add(source)
        self.formula = source
        lights = self._lights(works)
        self.lesson.play(FadeIn(lights), run_time=0.35)
        for step in steps:
            self.terms = carried(self.terms, step)
        self.tree = steps[-1].after
        target = self.written(works)
        self._morph(target, seconds, Transform(lights, self._lights(works, target)))
        self.lesson.play(FadeOut(lights), run_time=0.3)

    def conclude(self, step: Step, middle: NDArray[np.float64], height: float) -> None:
        """A last step, which works on the whole formula, in the room that the rules leave."""
        self.middle, self.height = middle, height
        view = self._fitting([step.before, step.after], View((), SMALLEST, deep=True))
        if view:
            self.look(view)
        self.terms, self.tree = carried(self.terms, step), step.after
        self.view = self.view_of([step.after], ())
        self._morph(self.written(), 1.5)

    def _lights(self, works: Sequence[Path], formula: Formula | None = None) -> VGroup:
        """Soft grounds behind the parts at work."""
        parts = ((formula or self.formula).select(f"w{number}") for number in range(len(works)))
        return VGroup(*(ground(part) for part in parts)).set_z_index(-1)

    def _morph(self, target: Formula, seconds: float, *others: Transform) -> None:
        self.lesson.play(Morph(self.formula, target), *others, run_time=seconds)
        self.formula = target

    # ---- the rule beside it -----------------------------------------------------------------------------

    def name_rules(self, steps: Sequence[Step], y: float) -> None:
        """The rules of some steps, each by its name and its formula, in place of those before."""
        formulas = {step.rule: telling(step).formula for step in reversed(steps)}
        rules = [rule for rule in dict.fromkeys(step.rule for step in steps) if formulas[rule]]
        entries = (entry(self.lesson.choose(**name_of(rule)), formulas[rule]) for rule in rules)
        way, gap = pick(wide=(RIGHT, 0.8), tall=(DOWN, 0.45), square=(RIGHT, 0.8))
        card = VGroup(*entries).arrange(way, buff=gap)
        if steps[0] is self.parting:  # its letters are the first terms
            paint_letters(card[0][1], len(split(self.parting)))
        while card.width > width() or card.height > _CARD:  # the plainest first
            if len(card) == 1:
                card.scale_to_fit_width(width())
                break
            plain = [entry for entry, rule in zip(card, rules, strict=True) if rule.name in _PLAIN]
            gone = plain[0] if plain else card[-1]
            rules.pop(list(card).index(gone))
            card.remove(gone).arrange(way, buff=gap)
        card.set_y(y).set_x(0)
        if len(self.card):
            self.lesson.play(FadeOut(self.card), run_time=0.2)
        self.lesson.play(FadeIn(card, shift=UP * 0.15), run_time=0.5)
        self.card = card


_PLAIN = ("identity", "constant")
_CARD = 3.3  # most height of the rules that are named at once


def paint(formula: Formula, numbers: Iterable[int]) -> None:
    """Give every glyph the colour of its term, the innermost where terms lie in one another."""
    palette = PALETTE if formula.size >= STAGE_SIZES["label"] else PALETTE[:4]
    roles = {f"t{number}": palette[number % len(palette)] for number in numbers}
    for glyph in formula.glyphs:
        role = next((roles[name] for name in glyph.labels if name in roles), None)
        if role:
            glyph.set_fill(color(role), opacity=1)


def paint_letters(formula: Formula, terms: int) -> None:
    """Give u, v and w of a rule the colours of the terms that they stand for, if there are as many."""
    letters = [letter for letter in "uvw" if any(letter in glyph.labels for glyph in formula.glyphs)]
    if len(letters) == terms:
        formula.paint(**{letter: PALETTE[number] for number, letter in enumerate(letters)})


def lettered(markup: str, size: float | str = 50) -> Formula:
    """A formula whose parts u, v and d have the colours of a function, of another one and of a derivative."""
    formula = Formula(markup, size)
    known = {name for glyph in formula.glyphs for name in glyph.labels}
    roles = {"u": "function", "v": "positive", "d": "tangent"}
    return formula.paint(**{name: role for name, role in roles.items() if name in known})


def entry(name: str, formula: str) -> VGroup:
    """A rule: its name, and its formula below."""
    scale = pick(wide=1.0, tall=1.2, square=1.25)
    return VGroup(Words(name, 36 * scale, "muted"), Formula(formula, 46 * scale)).arrange(DOWN, buff=0.18)


def ground(part: VGroup) -> RoundedRectangle:
    """A soft ground behind a part of a formula."""
    box = RoundedRectangle(
        corner_radius=0.12, width=part.width + 0.16, height=part.height + 0.2, stroke_width=0
    )
    return box.set_fill(color("tangent"), opacity=0.22).move_to(part)


def extent_of(tree: Node) -> float:
    """Width of a part on one line, in em."""
    return extent(broken(tree, {}, float("inf")))[0]


def too_wide() -> UsageError:
    """What is said of an expression that fits on no blackboard."""
    return UsageError(
        "The expression, or a part of its derivation, is too long to be drawn legibly: use shorter numbers or "
        "a shorter expression, or differentiate a part of it alone"
    )


def _start(view: View) -> str:
    return "{{f'(x) : y}} {{= : eq}}" if not view.root else f"{{{{{DOTS.name} : y}}}} quad"


def _common(paths: Sequence[Path]) -> Path:
    """The path of the smallest part that holds all of these."""
    shared: list[int] = []
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return tuple(shared)


def function(tree: Node, terms: Terms, largest: float, height: float) -> Formula:
    """f(x) = … as large as it goes in the width of the frame and a height, in the colours of its terms."""
    labels = {path: [f"t{number}"] for path, number in terms.items()}
    sizes = [*(size for size in SIZES if size <= largest), SMALLEST]
    for size, deep in ((size, deep) for deep in (False, True) for size in sizes):
        markup = broken(tree, labels, width() / (size * UNITS_PER_POINT), "f(x) =", deep)
        if all(
            e * size * UNITS_PER_POINT <= most
            for e, most in zip(extent(markup), (width(), height), strict=True)
        ):
            break
    else:
        raise too_wide()
    formula = Formula(markup, size)
    paint(formula, terms.values())
    return formula
