"""Garments by the dozen: drawn silhouettes, light on black, of eight kinds.

They stand in for Fashion-MNIST where nobody has it at hand. What is generated from them looks like drawings,
not like photographs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIDE = 28
_FINE = 8  # drawn at so many times its size, so that edges come out smooth

Point = tuple[float, float]
Uniform = Callable[[float, float], float]


def garments(count: int = 2000, seed: int = 0) -> NDArray[np.uint8]:
    """Draw garments, as many of each kind as there is room for.

    Parameters
    ----------
    seed
        Decides cut, size, place and shade of every one; equal seeds give equal pixels.

    Returns
    -------
    ndarray of uint8, shape (count, 28, 28, 1)
        The kinds in turn, in the order of `KINDS`.
    """
    generator = np.random.default_rng(seed)
    kinds = list(KINDS.values())
    return np.stack([_draw(kinds[k % len(kinds)], generator) for k in range(count)])[..., None]


class _Sheet:
    """A garment under the pencil: coordinates in −1…1, x to the right, y down; the outline is mirrored."""

    def __init__(self, scale: float, shift: Point) -> None:
        side = SIDE * _FINE
        self.outline, self.inside = Image.new("L", (side, side)), Image.new("L", (side, side), 128)
        self._scale, self._shift = scale, shift

    def fill(self, *points: Point, mirrored: bool = True) -> None:
        """A polygon of the outline, by default its right half from top to bottom."""
        whole = [*points, *((-x, y) for x, y in reversed(points))] if mirrored else points
        ImageDraw.Draw(self.outline).polygon(self._placed(whole), fill=255)

    def cut(self, *points: Point, mirrored: bool = True) -> None:
        """Take a polygon out of the outline again."""
        whole = [*points, *((-x, y) for x, y in reversed(points))] if mirrored else points
        ImageDraw.Draw(self.outline).polygon(self._placed(whole), fill=0)

    def seam(self, *points: Point, tone: int = 60, width: float = 0.03) -> None:
        """A line within the garment; a tone below 128 is darker than the cloth, above it lighter."""
        thick = max(1, round(width * SIDE * _FINE / 2))
        ImageDraw.Draw(self.inside).line(self._placed(points), fill=tone, width=thick, joint="curve")

    def patch(self, *points: Point, tone: int) -> None:
        """A part of another shade."""
        ImageDraw.Draw(self.inside).polygon(self._placed(points), fill=tone)

    def _placed(self, points: Sequence[Point]) -> list[Point]:
        half = SIDE * _FINE / 2
        return [
            (half * (1 + self._scale * x + self._shift[0]), half * (1 + self._scale * y + self._shift[1]))
            for x, y in points
        ]


def _draw(kind: Callable[[_Sheet, Uniform], None], generator: np.random.Generator) -> NDArray[np.uint8]:
    def uniform(low: float, high: float) -> float:
        return float(generator.uniform(low, high))

    sheet = _Sheet(uniform(0.86, 0.97), (uniform(-0.03, 0.03), uniform(-0.03, 0.03)))
    kind(sheet, uniform)
    small = (SIDE, SIDE)
    shape = np.asarray(sheet.outline.resize(small, Image.Resampling.BOX)) / 255
    rounded = sheet.outline.filter(ImageFilter.GaussianBlur(2.2 * _FINE))  # darker towards the edge
    body = np.asarray(ImageChops.multiply(sheet.outline, rounded).resize(small, Image.Resampling.BOX)) / 255
    lines = np.asarray(sheet.inside.resize(small, Image.Resampling.BOX)) / 128
    across = np.linspace(-1, 1, SIDE)[None, :]
    light = 1 + uniform(-0.15, 0.15) * across
    weave = generator.normal(1, 0.025, (SIDE, SIDE))
    shade = uniform(0.55, 1.0) * (0.7 * shape + 0.3 * body) * lines * light * weave
    return (255 * shade).clip(0, 255).astype(np.uint8)


def _top(sheet: _Sheet, u: Uniform, sleeve: float, hem: float, flare: float = 0.0) -> tuple[float, float]:
    """Body and sleeves; `sleeve` is how far down they reach, 0 for none. Returns half widths of chest and hem."""
    chest = u(0.42, 0.52)
    bottom = chest + flare + u(-0.03, 0.04)
    neck, shoulder = u(0.16, 0.22), u(-0.78, -0.7)
    sheet.fill((neck, -0.88), (chest + 0.08, shoulder), (chest, -0.3), (bottom, hem))
    if sleeve:
        out = u(0.78, 0.92) if sleeve < 0 else u(0.66, 0.86)
        width = u(0.2, 0.26) if sleeve < 0 else u(0.15, 0.2)
        sheet.fill((chest + 0.06, shoulder), (out, sleeve), (out - width, sleeve + 0.07), (chest, -0.36))
        for side in (-1, 1):
            sheet.seam((side * (chest + 0.03), shoulder + 0.05), (side * chest, -0.3), tone=85)
    return chest, bottom


def _neck(sheet: _Sheet, u: Uniform) -> None:
    depth = u(-0.78, -0.66)
    sheet.cut((0.15, -0.95), (0.14, -0.86), (0.09, depth - 0.02), (0, depth))
    sheet.seam((-0.17, -0.88), (-0.1, depth + 0.04), (0.1, depth + 0.04), (0.17, -0.88), tone=80)


def _t_shirt(sheet: _Sheet, u: Uniform) -> None:
    _top(sheet, u, sleeve=u(-0.38, -0.22), hem=u(0.78, 0.9))
    _neck(sheet, u)
    if u(0, 1) < 0.4:
        tone, low = int(u(150, 230)), u(0.0, 0.25)
        sheet.patch((-0.24, -0.3), (0.24, -0.3), (0.24, low), (-0.24, low), tone=tone)


def _pullover(sheet: _Sheet, u: Uniform) -> None:
    hem = u(0.74, 0.86)
    _top(sheet, u, sleeve=u(0.5, 0.72), hem=hem)
    _neck(sheet, u)
    sheet.seam((-0.7, hem - 0.07), (0.7, hem - 0.07), tone=70)
    for k in range(int(u(0, 4.9))):
        y = -0.35 + 0.2 * k
        sheet.seam((-0.9, y), (0.9, y), tone=int(u(60, 200)), width=0.07)


def _coat(sheet: _Sheet, u: Uniform) -> None:
    _top(sheet, u, sleeve=u(0.55, 0.75), hem=u(0.88, 0.98), flare=u(0.0, 0.08))
    sheet.cut((0.1, -0.95), (0.07, -0.8), (0, -0.6))
    sheet.seam((0, -0.6), (0, 1), tone=40, width=0.04)
    for side in (-1, 1):
        sheet.seam((side * 0.2, -0.86), (side * 0.12, -0.5), (0, -0.3), tone=60)
        sheet.seam((side * 0.18, 0.35), (side * 0.38, 0.32), tone=60)


def _dress(sheet: _Sheet, u: Uniform) -> None:
    waist, chest, hem = u(0.17, 0.25), u(0.26, 0.34), u(0.36, 0.68)
    strap = u(0.2, 0.26)
    sheet.fill((strap, -0.95), (chest, -0.6), (waist, -0.12), (hem, 0.93))
    sheet.cut((strap - 0.08, -0.96), (strap - 0.1, u(-0.82, -0.7)), (0, u(-0.72, -0.6)))
    if u(0, 1) < 0.6:
        sheet.seam((-0.4, -0.12), (0.4, -0.12), tone=60, width=0.06)
    for x in (-0.5, 0.0, 0.5):
        sheet.seam((x * waist, -0.1), (x * hem, 0.95), tone=95)


def _trousers(sheet: _Sheet, u: Uniform) -> None:
    waist, hip, ankle = u(0.26, 0.33), u(0.32, 0.4), u(0.3, 0.46)
    crotch, leg = u(-0.35, -0.22), u(0.14, 0.2)
    sheet.fill((waist, -0.93), (hip, -0.45), (ankle, 0.93))
    sheet.cut((ankle - leg - 0.02, 0.96), (0.015, crotch), mirrored=True)
    sheet.seam((-0.5, -0.84), (0.5, -0.84), tone=70)
    sheet.seam((0, -0.93), (0, crotch), tone=60)


def _sneaker(sheet: _Sheet, u: Uniform) -> None:
    heel, tongue, toe = u(-0.2, -0.08), u(-0.4, -0.25), u(0.12, 0.24)
    upper = [(-0.9, heel), (-0.62, heel - 0.06), (-0.3, heel + 0.06), (-0.1, tongue), (0.12, tongue + 0.1)]
    sheet.fill(*upper, (0.5, toe - 0.04), (0.85, toe + 0.1), (0.92, 0.42), (-0.92, 0.42), mirrored=False)
    sheet.patch((-1, 0.3), (1, 0.3), (1, 0.5), (-1, 0.5), tone=int(u(150, 235)))
    sheet.seam((-1, 0.3), (1, 0.3), tone=50)
    for k in range(3):
        sheet.seam((0.0 + 0.13 * k, tongue + 0.12 + 0.09 * k), (-0.12 + 0.13 * k, 0.1 + 0.05 * k), tone=60)


def _boot(sheet: _Sheet, u: Uniform) -> None:
    shaft, top, instep = u(-0.02, 0.12), u(-0.85, -0.6), u(0.05, 0.2)
    leg = [(-0.72, top), (shaft, top - 0.04), (shaft + 0.04, instep - 0.12), (0.5, instep + 0.1)]
    sheet.fill(*leg, (0.82, 0.42), (0.84, 0.62), (-0.74, 0.62), (-0.66, 0.0), mirrored=False)
    high = u(0.66, 0.86)
    sheet.fill((-0.74, 0.6), (-0.36, 0.6), (-0.44, high), (-0.74, high), mirrored=False)
    sheet.fill((0.0, 0.6), (0.84, 0.6), (0.84, 0.68), (0.02, 0.68), mirrored=False)
    sheet.seam((-0.72, 0.56), (0.84, 0.56), tone=60)
    sheet.seam((-0.28, top), (-0.2, 0.1), tone=70, width=0.06)


def _bag(sheet: _Sheet, u: Uniform) -> None:
    top, bottom, wide = u(-0.3, -0.1), u(0.6, 0.8), u(0.6, 0.88)
    reach, grip = u(-0.9, -0.6), u(0.3, 0.46)
    sheet.fill((grip, reach), (grip + 0.1, top + 0.05))
    sheet.cut((grip - 0.1, reach + 0.1), (grip - 0.02, top))
    sheet.fill((wide - u(0.0, 0.14), top), (wide, bottom))
    fold = u(0.1, 0.3)
    sheet.seam((-1, top + fold), (0, top + fold + u(0, 0.16)), (1, top + fold), tone=55)
    sheet.patch(
        (-0.08, top + fold),
        (0.08, top + fold),
        (0.08, top + fold + 0.16),
        (-0.08, top + fold + 0.16),
        tone=225,
    )


KINDS: dict[str, Callable[[_Sheet, Uniform], None]] = {
    "t-shirt": _t_shirt,
    "trousers": _trousers,
    "pullover": _pullover,
    "dress": _dress,
    "coat": _coat,
    "sneaker": _sneaker,
    "bag": _bag,
    "ankle boot": _boot,
}
