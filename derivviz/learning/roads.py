"""Roads through a windscreen: generated scenes of vehicles, pedestrians and bicycles, with their boxes.

They stand in for a set of real frames where nobody has one at hand. As on real roads the classes are far from
equally frequent, and most of a picture is none of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from derivviz.learning import roadside, traffic
from derivviz.learning.traffic import Color, Pen, Point

HEIGHT, WIDTH = 96, 160
CLASSES = ("vehicle", "pedestrian", "bicycle")
_FINE = 4  # drawn at so many times its size, so that edges come out smooth
_FOCAL, _EYE = 1.2 * WIDTH * _FINE, 1.45  # pixels; metres above the road
_LANE, _WALK = 3.4, 3.2  # metres
_IN_VIEW = 2.5  # metres ahead for each to the side, that people on foot and on bicycles are in the picture
_BICYCLES = 0.25  # share of scenes that have one
_SEEN, _LEAST = 0.35, 4.0  # share of an outline that must show, and pixels that its box must have a side

Boxes = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """One picture and what is in it.

    Attributes
    ----------
    image
        uint8, shape (96, 160, 3).
    boxes
        Left, top, right and bottom in pixels, float32, shape (object, 4).
    labels
        Numbers of `CLASSES`, int64, shape (object,).
    """

    image: NDArray[np.uint8]
    boxes: Boxes
    labels: NDArray[np.int64]


def roads(count: int, seed: int = 0) -> list[Scene]:
    """Draw scenes.

    A pinhole camera looks along a road that may bend; the sun, clouds, fog, rain and dusk change from scene to
    scene. A box holds all that is drawn of its object inside the picture, hidden parts too; objects of
    which little more than a third of the outline or less is seen have none. A bicycle has a rider, who belongs to it.

    Parameters
    ----------
    seed
        Decides all of it; equal seeds give equal pixels.
    """
    return [_scene(np.random.default_rng([seed, number])) for number in range(count)]


_Draw = Callable[[Pen, traffic.Project], None]


@dataclass(frozen=True)
class _Act:
    """Something to draw, so many metres ahead and to the right; `label` is its class, None for scenery."""

    z: float
    x: float
    label: int | None
    draw: _Draw


class _Camera:
    """Projects metres (right, up, ahead) to pixels; the road bends to one side by the square of the distance."""

    def __init__(self, uniform: traffic.Uniform) -> None:
        self.horizon = uniform(0.38, 0.46) * HEIGHT * _FINE
        self.bend = uniform(-0.004, 0.004) if uniform(0, 1) < 0.5 else 0.0
        self.middle = WIDTH * _FINE / 2 + uniform(-0.06, 0.06) * WIDTH * _FINE

    def __call__(self, x: float, y: float, z: float) -> Point:
        near = max(z, 0.6)
        scale = _FOCAL / near
        return self.middle + (x + self.bend * near**2) * scale, self.horizon + (_EYE - y) * scale


@dataclass(frozen=True)
class _Air:
    """Weather and light: the colours of sky and haze, what is left of a colour at a distance, and the sun."""

    top: Color
    haze: Color
    tint: Color
    density: float
    rain: bool
    lamps: bool

    def at(self, z: float) -> Callable[[Color], tuple[int, int, int]]:
        clear = math.exp(-self.density * z)

        def light(color: Color) -> tuple[int, int, int]:
            parts = zip(color, self.tint, self.haze, strict=True)
            r, g, b = (min(255, max(0, round(c * t * clear + h * (1 - clear)))) for c, t, h in parts)
            return r, g, b

        return light


def _air(u: traffic.Uniform) -> _Air:
    kind, bright = u(0, 1), u(0.85, 1.1)
    if kind < 0.4:  # sunny
        tint = (1.06 * bright, 1.02 * bright, 0.96 * bright)
        return _Air((92, 142, 206), (206, 220, 232), tint, u(0.002, 0.006), False, False)
    if kind < 0.65:  # overcast
        tint = (0.84 * bright, 0.87 * bright, 0.92 * bright)
        return _Air((160, 168, 178), (200, 204, 208), tint, u(0.006, 0.012), False, u(0, 1) < 0.3)
    if kind < 0.77:  # fog
        return _Air((186, 190, 194), (198, 202, 205), (0.8, 0.82, 0.85), u(0.025, 0.045), False, True)
    if kind < 0.89:  # rain
        return _Air((112, 120, 132), (150, 156, 164), (0.66, 0.7, 0.76), u(0.012, 0.02), True, True)
    return _Air((70, 70, 112), (230, 150, 104), (0.66, 0.52, 0.52), u(0.005, 0.01), False, True)  # dusk


def _scene(generator: np.random.Generator) -> Scene:
    def u(low: float, high: float) -> float:
        return float(generator.uniform(low, high))

    camera, air = _Camera(u), _air(u)
    size = (WIDTH * _FINE, HEIGHT * _FINE)
    image = Image.new("RGB", size)
    picture = ImageDraw.Draw(image, "RGBA")
    left, right = -_LANE * (1.5 if u(0, 1) < 0.7 else 2.5), _LANE * (0.5 if u(0, 1) < 0.6 else 1.5)
    _sky(picture, camera, air, u)
    _ground(picture, camera, air, left, right, u)
    acts = sorted(_beside(left, right, u) + _traffic(left, right, air, u), key=lambda act: -act.z)
    outlines = []
    for act in acts:  # from the farthest to the nearest
        sheet = Image.new("L", size)
        act.draw(Pen(picture, ImageDraw.Draw(sheet), air.at(act.z)), camera)
        outlines.append(np.asarray(sheet) > 0)
    if air.rain:
        _rain(picture, u)
    found: list[tuple[list[float], int]] = []
    hidden = np.zeros(size[::-1], bool)
    for act, outline in zip(reversed(acts), reversed(outlines), strict=True):
        box = _box(outline, hidden) if act.label is not None else None
        if box is not None and act.label is not None:
            found.append((box, act.label))
        hidden |= outline
    pixels = np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX), np.float64)
    pixels = pixels + generator.normal(0, 2.5, pixels.shape)
    return Scene(
        pixels.clip(0, 255).astype(np.uint8),
        np.array([box for box, _ in found], np.float32).reshape(-1, 4),
        np.array([label for _, label in found], np.int64),
    )


def _box(outline: NDArray[np.bool_], hidden: NDArray[np.bool_]) -> list[float] | None:
    """What holds the outline, in pixels of the final picture; None where too little of it is seen."""
    whole = int(outline.sum())
    if not whole or int((outline & ~hidden).sum()) < _SEEN * whole:
        return None
    rows, columns = np.flatnonzero(outline.any(1)), np.flatnonzero(outline.any(0))
    edges = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    box = [float(edge) / _FINE for edge in edges]
    return box if min(box[2] - box[0], box[3] - box[1]) >= _LEAST / 2 and box[3] - box[1] >= _LEAST else None


def _traffic(left: float, right: float, air: _Air, u: traffic.Uniform) -> list[_Act]:
    """Who is on the road: some vehicles, fewer people, hardly a bicycle."""
    acts: list[_Act] = []

    def add(label: int, x: float, z: float, apart: float, draw: _Draw) -> None:
        if all(abs(x - act.x) > 1.9 or abs(z - act.z) > apart for act in acts):
            acts.append(_Act(z, x, label, draw))

    lanes = np.arange(left + _LANE / 2, right, _LANE)
    for _ in range(int(u(1, 5.5))):
        lane, z = float(lanes[int(u(0, len(lanes) - 1e-6))]), 6.5 * math.exp(u(0, 1.8))
        x, oncoming, lit = lane + u(-0.3, 0.3), lane < -_LANE / 2, air.lamps or u(0, 1) < 0.15
        add(0, x, z, 9.0, partial(traffic.vehicle, x=x, z=z, u=u, oncoming=oncoming, lit=lit))
    for _ in range(int(u(1, 3.2)) if u(0, 1) < 0.6 else 0):
        side = u(right + 0.6, right + _WALK - 0.4) if u(0, 1) < 0.5 else u(left - _WALK + 0.4, left - 0.6)
        x, z = side if u(0, 1) < 0.8 else u(left, right), 6.0 * math.exp(u(0, 1.1))
        z = max(z, _IN_VIEW * abs(x))
        add(1, x, z, 0.8, partial(traffic.pedestrian, x=x, z=z, u=u))
    if u(0, 1) < _BICYCLES:
        edge = right - u(0.4, 1.0) if u(0, 1) < 0.6 else left + u(0.4, 1.0)
        x, z = edge if u(0, 1) < 0.75 else u(left, right), 6.0 * math.exp(u(0, 1.1))
        z = max(z, _IN_VIEW * abs(x))
        add(2, x, z, 1.5, partial(traffic.bicycle, x=x, z=z, u=u))
    return acts


def _beside(left: float, right: float, u: traffic.Uniform) -> list[_Act]:
    """Houses, trees and posts along both sides."""
    acts: list[_Act] = []
    for side, edge in ((-1, left - _WALK), (1, right + _WALK)):
        built, green, z = u(0, 1) < 0.6, u(0.2, 0.8), u(3, 9)
        while z < 70:
            x = edge + side * u(0.8, 2.0)
            if built and u(0, 1) < 0.8:
                acts.append(_Act(z, x, None, partial(roadside.house, x=x + side, z=z, u=u)))
                z += u(11, 17)
            else:
                if u(0, 1) < green:
                    acts.append(_Act(z, x, None, partial(roadside.tree, x=x + side * u(0, 3), z=z, u=u)))
                z += u(5, 10)
        for _ in range(int(u(0, 4))):
            z = u(6, 35)
            x = edge - side * (_WALK - 0.4)
            acts.append(_Act(z, x, None, partial(roadside.post, x=x, z=z, u=u)))
    return acts


def _sky(picture: ImageDraw.ImageDraw, camera: _Camera, air: _Air, u: traffic.Uniform) -> None:
    wide, horizon = WIDTH * _FINE, round(camera.horizon)
    for row in range(horizon + 1):
        share = (row / horizon) ** 1.3
        picture.line([(0, row), (wide, row)], fill=_mixed(air.top, air.haze, share))
    for _ in range(int(u(2, 6)) if air.density < 0.02 else 0):  # clouds
        x, y, size = u(0, wide), u(0.05, 0.6) * horizon, u(0.05, 0.13) * wide
        for _ in range(6):
            cx, cy, r = x + u(-1, 1) * size, y + u(-0.12, 0.12) * size, u(0.2, 0.45) * size
            picture.ellipse(
                (cx - 1.7 * r, cy - 0.4 * r, cx + 1.7 * r, cy + 0.4 * r),
                fill=(*_mixed(air.haze, (255, 255, 255), 0.35), 70),
            )
    far = air.at(90)((86, 104, 96))
    picture.rectangle((0, horizon, wide, HEIGHT * _FINE), fill=far)
    heights = [camera.horizon - u(0.0, 0.07) * HEIGHT * _FINE for _ in range(9)]
    hills = [(k * wide / 8, y) for k, y in enumerate(heights)]
    picture.polygon([(0, camera.horizon + 2), *hills, (wide, camera.horizon + 2)], fill=far)


def _ground(
    picture: ImageDraw.ImageDraw, camera: _Camera, air: _Air, left: float, right: float, u: traffic.Uniform
) -> None:
    """Grass, pavements, the road and its markings, in strips from far to near."""
    grass = traffic.chosen(((96, 118, 66), (122, 124, 80), (128, 124, 116)), u)
    asphalt = traffic.chosen(((82, 84, 88), (98, 98, 98), (70, 72, 78)), u)
    paving = traffic.chosen(((158, 154, 148), (140, 138, 136)), u)
    dashes, lines = u(0, 8), np.arange(left + _LANE, right - 0.1, _LANE)
    edges = 3.0 * np.exp(np.linspace(math.log(40), 0, 70))  # metres ahead, from 120 to 3
    for far, near in pairwise(map(float, edges)):
        light = air.at(near)

        def strip(a: float, b: float, color: Color, far: float = far, near: float = near) -> None:
            corners = camera(a, 0, far), camera(b, 0, far), camera(b, 0, near), camera(a, 0, near)
            picture.polygon(corners, fill=air.at(near)(color))

        y = camera(0, 0, far)[1], camera(0, 0, near)[1]
        picture.rectangle((0, y[0], WIDTH * _FINE, y[1] + 1), fill=light(grass))
        strip(left - _WALK, right + _WALK, paving)
        strip(left - 0.14, right + 0.14, traffic.dark(paving, 1.2))
        strip(left, right, asphalt)
        for edge in (left + 0.15, right - 0.27):
            strip(edge, edge + 0.12, (214, 214, 208))
        for n, line in enumerate(lines):
            middle = abs(float(line) + _LANE / 2) < 0.1
            if middle and n == len(lines) // 2 - 1 + len(lines) % 2:
                strip(float(line) - 0.06, float(line) + 0.06, (216, 176, 70))
            elif (near + dashes) % 8 < 3.5:
                strip(float(line) - 0.07, float(line) + 0.07, (214, 214, 208))
    if air.rain:  # wet asphalt shows the sky
        corners = camera(left, 0, 60), camera(right, 0, 60), camera(right, 0, 3), camera(left, 0, 3)
        picture.polygon(corners, fill=(*_mixed(air.haze, air.top, 0.3), 46))


def _rain(picture: ImageDraw.ImageDraw, u: traffic.Uniform) -> None:
    slant = u(-0.25, 0.25)
    for _ in range(170):
        x, y, long = u(0, WIDTH * _FINE), u(0, HEIGHT * _FINE), u(8, 26)
        picture.line([(x, y), (x + slant * long, y + long)], fill=(226, 230, 236, 70), width=1)


def _mixed(one: Color, other: Color, share: float) -> tuple[int, int, int]:
    r, g, b = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return r, g, b
