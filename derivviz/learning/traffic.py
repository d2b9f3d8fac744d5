"""What is met on a road, drawn in metres: vehicles, pedestrians, bicycles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import ImageDraw

Color = tuple[float, float, float]
Point = tuple[float, float]
Uniform = Callable[[float, float], float]

PAINTS: Sequence[Color] = (
    *((236, 236, 234), (28, 30, 34), (122, 128, 134), (176, 180, 184), (168, 30, 32), (26, 58, 128)),
    *((60, 84, 72), (196, 160, 60), (92, 40, 44), (70, 110, 150)),
)
CLOTHES: tuple[Color, ...] = (
    *(
        (40, 44, 60),
        (170, 40, 44),
        (232, 228, 220),
        (52, 96, 60),
        (214, 168, 50),
        (88, 60, 110),
        (30, 30, 32),
    ),
    *((90, 130, 170), (120, 84, 60), (214, 120, 60)),
)
SKINS: Sequence[Color] = ((226, 180, 150), (190, 140, 108), (140, 96, 70), (96, 64, 48))
GLASS: Color = (38, 46, 56)
TYRE: Color = (22, 22, 24)


@dataclass
class Pen:
    """Draws in pixels on the picture, and the outline alone on a mask.

    Attributes
    ----------
    light
        Makes of a colour what arrives of it through the air of the scene.
    """

    picture: ImageDraw.ImageDraw
    mask: ImageDraw.ImageDraw
    light: Callable[[Color], tuple[int, int, int]]

    def polygon(self, points: Sequence[Point], color: Color, glow: bool = False) -> None:
        self.picture.polygon(points, fill=self._seen(color, glow))
        self.mask.polygon(points, fill=255)

    def disc(self, middle: Point, rx: float, ry: float, color: Color, glow: bool = False) -> None:
        (x, y), seen = middle, self._seen(color, glow)
        self.picture.ellipse((x - rx, y - ry, x + rx, y + ry), fill=seen)
        self.mask.ellipse((x - rx, y - ry, x + rx, y + ry), fill=255)

    def ring(self, middle: Point, rx: float, ry: float, color: Color, width: float) -> None:
        (x, y), thick = middle, max(1, round(width))
        box = (x - rx, y - ry, x + rx, y + ry)
        self.picture.ellipse(box, outline=self._seen(color, False), width=thick)
        self.mask.ellipse(box, outline=255, width=thick)

    def line(self, points: Sequence[Point], color: Color, width: float) -> None:
        thick = max(1, round(width))
        self.picture.line(points, fill=self._seen(color, False), width=thick, joint="curve")
        self.mask.line(points, fill=255, width=thick)

    def _seen(self, color: Color, glow: bool) -> tuple[int, int, int]:
        return (round(color[0]), round(color[1]), round(color[2])) if glow else self.light(color)


Project = Callable[[float, float, float], Point]
"""Metres to the right, up and ahead to pixels."""


def dark(color: Color, share: float) -> Color:
    """The colour in the shade, `share` of its light left."""
    return color[0] * share, color[1] * share, color[2] * share


def chosen(colors: Sequence[Color], u: Uniform) -> Color:
    """One of the colours, and a little to one side of it."""
    color, tint = colors[int(u(0, len(colors) - 1e-6))], u(0.88, 1.12)
    return min(255.0, color[0] * tint), min(255.0, color[1] * tint), min(255.0, color[2] * tint)


def vehicle(pen: Pen, at: Project, x: float, z: float, u: Uniform, oncoming: bool, lit: bool) -> None:
    """A car, a van or a lorry whose nearer end is at `z`, seen from behind or, oncoming, from the front."""
    kind = u(0, 1)
    tall = kind > 0.72
    lorry = kind > 0.88
    wide, high, long = (2.4, u(2.8, 3.3), u(6, 9)) if lorry else (1.8, u(1.4, 1.55), u(3.9, 4.6))
    if tall and not lorry:
        wide, high, long = 1.95, u(1.95, 2.2), u(4.6, 5.4)
    paint = chosen(PAINTS, u)
    half, belt = wide / 2, high if lorry else high * (0.62 if not tall else 0.55)
    left, right, near, far = x - half, x + half, z, z + long
    shadow = [
        at(left - 0.12, 0, near - 0.1),
        at(right + 0.12, 0, near - 0.1),
        at(right + 0.12, 0, far),
        at(left - 0.12, 0, far),
    ]
    pen.picture.polygon(shadow, fill=(8, 9, 12, 120))
    for side in (left, right):  # of the two flanks the nearer end hides one
        if (side == left) == (x > 0):
            flank = [at(side, 0.28, near), at(side, belt, near), at(side, belt, far), at(side, 0.28, far)]
            pen.polygon(flank, dark(paint, 0.62))
            for wheel in (near + 0.18 * long, far - 0.2 * long):
                cx, cy = at(side, 0.33, wheel)
                radius = abs(at(side, 0.66, wheel)[1] - cy)
                pen.disc((cx, cy), 0.32 * radius + abs(at(side, 0.3, wheel + 0.33)[0] - cx), radius, TYRE)
    inset = 0.0 if lorry else 0.12 * wide
    if not lorry:  # the cabin, narrower than the body, and its nearer glass leaning
        lean = 0.1 if tall else 0.45
        top, back = near + lean, far - (0.4 if tall else 1.3)
        side = left if x > 0 else right
        inner = side + (inset if side == left else -inset)
        pen.polygon(
            [at(side, belt, near), at(inner, high, top), at(inner, high, back), at(side, belt, far - 0.9)],
            GLASS,
        )
        roof = [
            at(left + inset, high, top),
            at(right - inset, high, top),
            at(right - inset, high, back),
            at(left + inset, high, back),
        ]
        pen.polygon(roof, dark(paint, 0.9))
        pen.polygon(
            [
                at(left + 0.02, belt, near),
                at(left + inset, high, top),
                at(right - inset, high, top),
                at(right - 0.02, belt, near),
            ],
            dark(paint, 0.85),
        )
        pane = [
            at(left + 0.14, belt, near),
            at(left + inset + 0.08, high * 0.96, top),
            at(right - inset - 0.08, high * 0.96, top),
            at(right - 0.14, belt, near),
        ]
        pen.polygon(pane, dark(GLASS, 1.5 if oncoming else 1.1))
    for edge in (left, right):  # tyres under the nearer end
        inside = edge + (0.26 if edge == left else -0.26)
        pen.polygon(
            [at(edge, 0, near), at(edge, 0.5, near), at(inside, 0.5, near), at(inside, 0, near)], TYRE
        )
    pen.polygon(
        [at(left, 0.26, near), at(left, belt, near), at(right, belt, near), at(right, 0.26, near)], paint
    )
    pen.polygon(
        [at(left, 0.26, near), at(left, 0.5, near), at(right, 0.5, near), at(right, 0.26, near)],
        dark(paint, 0.55),
    )
    low = 0.62 if not lorry else 0.75
    lamp: Color = (255, 246, 214) if oncoming else (226, 30, 26)
    if not lit:
        lamp = (206, 208, 200) if oncoming else (142, 22, 24)
    for edge in (left + 0.06, right - 0.38):
        pen.polygon(
            [
                at(edge, low, near),
                at(edge, low + 0.18, near),
                at(edge + 0.32, low + 0.18, near),
                at(edge + 0.32, low, near),
            ],
            lamp,
            glow=lit,
        )
    if lorry and not oncoming:
        pen.line([at(x, 0.6, near), at(x, high - 0.1, near)], dark(paint, 0.6), 2)
    if lorry and oncoming:
        pen.polygon(
            [
                at(left + 0.15, 1.5, near),
                at(left + 0.15, 2.4, near),
                at(right - 0.15, 2.4, near),
                at(right - 0.15, 1.5, near),
            ],
            GLASS,
        )
    elif oncoming:
        pen.polygon(
            [
                at(x - 0.45, low - 0.02, near),
                at(x - 0.45, low + 0.14, near),
                at(x + 0.45, low + 0.14, near),
                at(x + 0.45, low - 0.02, near),
            ],
            dark(GLASS, 0.8),
        )
    pen.polygon(
        [
            at(x - 0.26, 0.4, near),
            at(x - 0.26, 0.53, near),
            at(x + 0.26, 0.53, near),
            at(x + 0.26, 0.4, near),
        ],
        (222, 222, 212),
    )


def pedestrian(pen: Pen, at: Project, x: float, z: float, u: Uniform) -> None:
    """Someone on foot, walking across or along."""
    high, wide = u(1.5, 1.88), u(0.85, 1.15)
    stride, facing = u(0.04, 0.3), 1 if u(0, 1) < 0.5 else -1
    coat, legs, skin = chosen(CLOTHES, u), chosen(CLOTHES[:1] + CLOTHES[3:9], u), chosen(SKINS, u)

    def to(a: float, b: float) -> Point:
        return at(x + facing * a * wide * high, b * high, z)

    unit = at(x + 1, 0, z)[0] - at(x, 0, z)[0]
    _shadow(pen, at, x, z, 0.32)
    thick = 0.085 * high * unit
    for side in (-1, 1):
        knee = (0.5 * side * stride + 0.02, 0.26)
        pen.line([to(0.02 * side, 0.5), to(*knee), to(side * stride * 0.55 - 0.02, 0.02)], legs, thick)
        pen.line(
            [to(side * stride * 0.55 - 0.02, 0.015), to(side * stride * 0.55 + 0.05, 0.015)],
            TYRE,
            thick * 0.7,
        )
    pen.line(
        [to(0.0, 0.78), to(-stride * 0.5, 0.6), to(-stride * 0.35, 0.46)], dark(coat, 0.75), thick * 0.75
    )
    long = 0.36 if u(0, 1) < 0.3 else 0.47
    pen.polygon(
        [to(-0.1, 0.82), to(0.1, 0.82), to(0.115, 0.62), to(0.1, long), to(-0.1, long), to(-0.115, 0.62)],
        coat,
    )
    pen.line(
        [to(0.03, 0.78), to(stride * 0.5, 0.6), to(stride * 0.62 + 0.03, 0.47)],
        dark(coat, 0.85),
        thick * 0.75,
    )
    if u(0, 1) < 0.3:  # a bag
        pen.polygon([to(-0.16, 0.78), to(-0.09, 0.8), to(-0.09, 0.58), to(-0.17, 0.56)], chosen(CLOTHES, u))
    pen.disc(to(0.01, 0.91), 0.058 * high * unit, 0.075 * high * unit, skin)
    hair = [
        to(-0.06, 0.9),
        to(-0.05, 0.985),
        to(0.03, 0.995),
        to(0.065, 0.95),
        to(0.0, 0.945),
        to(-0.03, 0.87),
    ]
    pen.polygon(hair, chosen(((30, 24, 20), (70, 48, 30), (150, 120, 80), (120, 120, 120)), u))


def bicycle(pen: Pen, at: Project, x: float, z: float, u: Uniform) -> None:
    """A bicycle with its rider, turned by any angle: from the side 1.7 m long, from behind half a metre wide."""
    turned = u(0.28, 1.0) * (1 if u(0, 1) < 0.5 else -1)
    frame, shirt, legs = chosen(PAINTS, u), chosen(CLOTHES, u), chosen(CLOTHES, u)

    def to(a: float, b: float) -> Point:
        return at(x + turned * a, b, z)

    unit = at(x + 1, 0, z)[0] - at(x, 0, z)[0]
    _shadow(pen, at, x, z, 0.3 + 0.6 * abs(turned))
    bar, limb = 0.05 * unit, 0.13 * unit
    for hub in (-0.53, 0.53):
        pen.ring(to(hub, 0.34), 0.34 * unit * max(abs(turned), 0.14), 0.34 * unit, TYRE, 0.06 * unit)
        pen.line([to(hub - 0.3, 0.34), to(hub + 0.3, 0.34)], (150, 152, 156), 0.015 * unit)
    for way in (
        [(-0.53, 0.34), (-0.06, 0.32), (0.4, 0.86), (-0.17, 0.84), (-0.53, 0.34)],
        [(-0.06, 0.32), (-0.2, 0.96)],
        [(0.53, 0.34), (0.38, 0.98), (0.5, 1.04)],
    ):
        pen.line([to(*point) for point in way], frame, bar)
    pen.line([to(-0.32, 0.97), to(-0.08, 0.98)], TYRE, 0.07 * unit)
    pedal = u(-0.13, 0.13)
    for side, share in ((-1, 0.7), (1, 1.0)):
        foot = (-0.06 + side * pedal, 0.3 + side * 0.12)
        pen.line([to(-0.18, 1.0), to(0.16, 0.72 + side * 0.08), to(*foot)], dark(legs, share), limb)
        pen.line([to(foot[0] - 0.05, foot[1]), to(foot[0] + 0.12, foot[1])], TYRE, 0.07 * unit)
    lean = u(0.16, 0.34)
    neck = (-0.16 + lean, 1.52)
    back = [(-0.3, 0.98), (-0.06, 0.98), (neck[0] + 0.12, neck[1] - 0.06), (neck[0] - 0.1, neck[1])]
    shoulder = 0.21 * (1 - abs(turned))  # from behind one sees how wide the rider is
    pen.polygon(
        [
            (px + s * shoulder * unit, py)
            for s, (px, py) in zip(_outward(turned), [to(*p) for p in back], strict=True)
        ],
        shirt,
    )
    pen.line([to(neck[0], neck[1] - 0.1), to(0.24, 1.16), to(0.47, 1.06)], dark(shirt, 0.8), limb * 0.75)
    head = to(neck[0] + 0.07, neck[1] + 0.16)
    pen.disc(head, 0.1 * unit, 0.13 * unit, chosen(SKINS, u))
    helmet = chosen(((230, 230, 226), (200, 40, 40), (40, 90, 180), (240, 200, 40), (30, 30, 34)), u)
    pen.polygon(
        [
            (head[0] + dx * unit, head[1] - dy * unit)
            for dx, dy in ((-0.13, 0.02), (-0.1, 0.13), (0, 0.17), (0.1, 0.13), (0.13, 0.02))
        ],
        helmet,
    )


def _outward(turned: float) -> tuple[int, int, int, int]:
    return (-1, 1, 1, -1) if turned > 0 else (1, -1, -1, 1)


def _shadow(pen: Pen, at: Project, x: float, z: float, reach: float) -> None:
    (left, top), (right, bottom) = at(x - reach, 0, z + 0.35), at(x + reach, 0, z - 0.25)
    pen.picture.ellipse((min(left, right), top, max(left, right), bottom), fill=(8, 9, 12, 90))
