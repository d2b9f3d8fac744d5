"""Formulas, words and live numbers as manim mobjects, set by Typst without LaTeX, Pango or files."""

from __future__ import annotations

from functools import cache
from typing import Self

import numpy as np
from manim import LEFT, ORIGIN, VectorizedPoint, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.stage import SIZES, color
from derivviz.errors import DerivvizError
from derivviz.look.outlines import Outline, Shape
from derivviz.look.typst import outline

UNITS_PER_POINT = 1 / 96  # manim's font size 48 is half a unit of the frame


class Glyph(VMobject):
    """One filled outline. `glyph` names its form and `labels` the parts that it belongs to."""

    def __init__(self, shape: Shape, em: float, fill: str) -> None:
        super().__init__(stroke_width=0, fill_opacity=1, fill_color=fill)
        self.glyph, self.labels = shape.glyph, shape.labels
        flat = shape.curves.reshape(-1, 2) * em
        self.points = np.column_stack([flat, np.zeros(len(flat))])


class Label(VGroup):
    """Typeset material; the layout checks look after everything of this kind."""

    def __init__(self, made: Outline, size: float, fill: str) -> None:
        super().__init__()
        self.size = size
        left = min((float(shape.curves[..., 0].min()) for shape in made.shapes), default=0.0)
        self.pen = VectorizedPoint(np.array([left, made.baseline, 0]) * size * UNITS_PER_POINT)
        self.add(self.pen, *(Glyph(shape, size * UNITS_PER_POINT, fill) for shape in made.shapes))
        self._height_as_set = self.height

    @property
    def drawn_size(self) -> float:
        """The font size after whatever scaling it went through."""
        return self.size * (self.height / self._height_as_set if self._height_as_set else 1.0)

    @property
    def glyphs(self) -> list[Glyph]:
        """The glyphs in reading order."""
        return [m for m in self.submobjects if isinstance(m, Glyph)]

    def select(self, label: str) -> VGroup:
        """The glyphs of a labelled part.

        Raises
        ------
        DerivvizError
            When no part has that label.
        """
        found = [g for g in self.glyphs if label in g.labels]
        if not found:
            known = sorted({name for g in self.glyphs for name in g.labels})
            raise DerivvizError(f"no part is labelled {label!r}; labels here: {', '.join(known) or 'none'}")
        return VGroup(*found)

    def at(self, point: ArrayLike) -> Self:
        """Put the left end of the baseline at a point of the frame."""
        self.shift(np.asarray(point, float) - self.pen.points[0])
        return self

    def paint(self, **roles: str) -> Self:
        """Give labelled parts the colour of a role: ``formula.paint(dx="parameter")``."""
        for label, role in roles.items():
            for glyph in self.select(label):
                glyph.set_fill(color(role), opacity=1)
        return self


class Formula(Label):
    """A formula in Typst's math notation, ``{{ body : label }}`` marking parts.

    Parameters
    ----------
    markup
        Inside of a Typst display formula.
    size
        Font size, or a name of `SIZES`.
    fill
        Colour role of what has no role of its own.
    **roles
        Colour roles of labelled parts.
    """

    def __init__(self, markup: str, size: float | str = "formula", fill: str = "ink", **roles: str) -> None:
        points = SIZES[size] if isinstance(size, str) else size
        super().__init__(outline(markup, math=True), points, color(fill))
        self.markup = markup
        self.center()
        self.paint(**roles)


class Words(Label):
    """Words in Typst's markup, with ``*bold*`` and inline ``$math$``; wraps at `width` units of the frame."""

    def __init__(
        self,
        markup: str,
        size: float | str = "body",
        fill: str = "ink",
        width: float | None = None,
        centered: bool = False,
        **roles: str,
    ) -> None:
        points = SIZES[size] if isinstance(size, str) else size
        wrapped = f"#align(center)[{markup}]" if centered else markup
        em_width = None if width is None else round(width / (points * UNITS_PER_POINT), 3)
        super().__init__(outline(wrapped, width=em_width), points, color(fill))
        self.markup = markup
        self.center()
        self.paint(**roles)


@cache
def _digit(sign: str) -> tuple[Shape | None, float]:
    """Outline of one sign standing at the origin, and how far the pen moves on, in em."""
    if sign == ",":
        return None, 0.18
    zero = outline('"00"', math=True).shapes
    advance = zero[1].origin[0] - zero[0].origin[0]
    if sign == " ":  # pads as wide as a digit
        return None, advance
    text = "−" if sign == "-" else sign
    between = outline(f'"0{text}0"', math=True).shapes
    pen, after = np.array(between[0].origin), np.array(between[-1].origin)
    own = between[1]
    start = np.array([pen[0] + advance, pen[1]])
    shape = Shape(own.curves - start, (0.0, 0.0), (), own.glyph)
    return shape, advance if sign.isdigit() else float(
        after[0] - start[0]
    )  # digits do not kern as they count


@cache
def _outline(sign: str, em: float) -> tuple[NDArray[np.float64] | None, float]:
    """Points of one sign at a size, standing at the origin, and how far the pen moves on, in em."""
    shape, advance = _digit(sign)
    if shape is None:
        return None, advance
    flat = shape.curves.reshape(-1, 2) * em
    return np.column_stack([flat, np.zeros(len(flat))]), advance


class Number(Label):
    """A live number: `set_value` only moves ready outlines, so it is cheap enough for every frame.

    Parameters
    ----------
    value
        What it shows first.
    spec
        Python's format specification, as in ``f"{value:.2f}"``; a comma stands for a thin space.
    size, fill
        As for `Formula`.
    anchor
        Which end stays where it is put: manim's LEFT, RIGHT or ORIGIN (the middle).
    width
        Most characters that it will ever show.
    """

    def __init__(
        self,
        value: float = 0.0,
        spec: str = ".2f",
        size: float | str = "label",
        fill: str = "ink",
        *,
        anchor: NDArray[np.float64] = LEFT,
        width: int = 14,
    ) -> None:
        VGroup.__init__(self)
        self.size = float(SIZES[size] if isinstance(size, str) else size)
        self.spec, self.anchor = spec, anchor
        self.pen = VectorizedPoint(ORIGIN)
        self._slots = [VMobject(stroke_width=0, fill_opacity=1, fill_color=color(fill)) for _ in range(width)]
        self.add(self.pen, *self._slots)
        self.set_value(value)

    @property
    def drawn_size(self) -> float:
        return self.size

    def text(self, value: float) -> str:
        """How `value` is written: a minus sign is never given to zero."""
        written = format(value, self.spec)
        return written.replace("-", "", 1) if {c for c in written if c.isdigit()} == {"0"} else written

    def set_value(self, value: float) -> Self:
        """Show another value where the number stands."""
        written, em = self.text(value), self.size * UNITS_PER_POINT
        if len(written) > len(self._slots):
            raise DerivvizError(
                f"{written} has more signs than the {len(self._slots)} this Number was made for"
            )
        parts = [_outline(sign, em) for sign in written]
        total = sum(advance for _, advance in parts) * em
        x, y, _ = self.pen.points[0]
        x -= total * (self.anchor[0] + 1) / 2
        for slot, (points, advance) in zip(self._slots, parts, strict=False):
            slot.points = np.zeros((0, 3)) if points is None else np.add(points, (x, y, 0.0))
            x += advance * em
        for slot in self._slots[len(parts) :]:
            slot.points = np.zeros((0, 3))
        self.value = value
        return self

    def at(self, point: ArrayLike) -> Self:
        """Put the anchored end of the baseline at a point of the frame."""
        self.pen.points = np.array([point], float)
        return self.set_value(self.value)
