"""Typst's SVG as filled outlines in em, for manim and matplotlib alike."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

EM = 10.0  # points, the size everything is compiled at


@dataclass(frozen=True)
class Shape:
    """One glyph or bar as a filled outline.

    Attributes
    ----------
    curves
        Cubic Bézier curves, shape (curves, 4, 2), in em, y upwards, the markup's top left at the origin.
    origin
        Where the glyph's pen stood, in em; bars have their own middle.
    labels
        Labels of the parts it belongs to, the innermost first.
    glyph
        The same for every occurrence of one glyph of one font; empty for bars.
    """

    curves: NDArray[np.float64]
    origin: tuple[float, float]
    labels: tuple[str, ...]
    glyph: str


@dataclass(frozen=True)
class Outline:
    """Typeset markup: its shapes in reading order, and its size in em."""

    shapes: tuple[Shape, ...]
    width: float
    height: float

    @property
    def baseline(self) -> float:
        """Height of the line that most glyphs stand on, in em (negative: below the top)."""
        heights = [round(shape.origin[1], 3) for shape in self.shapes if shape.glyph]
        return max(set(heights), key=heights.count) if heights else -self.height


def read_svg(svg: bytes, labels: dict[str, tuple[str, ...]]) -> Outline:
    root = ET.fromstring(svg)
    symbols = {e.get("id"): e[0].get("d", "") for e in root.iter() if _tag(e) == "symbol" and len(e)}
    shapes: list[Shape] = []

    def walk(parent: ET.Element, outer: NDArray[np.float64]) -> None:
        for element in parent:
            tag = _tag(element)
            if tag == "defs":
                continue
            matrix = outer @ _matrix(element.get("transform", ""))
            colour = element.get("fill", "none")
            glyph = ""
            if tag == "use":
                glyph = next(v for k, v in element.attrib.items() if k.endswith("href"))[1:]
                matrix = matrix @ _matrix(f"translate({element.get('x', 0)} {element.get('y', 0)})")
                curves = _curves(symbols.get(glyph, ""))
            elif tag == "path":
                curves = _curves(element.get("d", ""))
                if colour == "none":
                    colour = element.get("stroke", "none")
                    curves = _stroked(curves, float(element.get("stroke-width", "1")))
            else:
                walk(element, matrix)
                continue
            if len(curves):
                placed = curves @ matrix[:2, :2].T + matrix[:2, 2]
                origin = matrix[:2, 2] if glyph else placed.reshape(-1, 2).mean(axis=0)
                shapes.append(
                    Shape(placed, (float(origin[0]), float(origin[1])), labels.get(colour, ()), glyph)
                )

    to_em = np.diag([1 / EM, -1 / EM, 1.0])
    walk(root, to_em)
    size = [float(root.get(side, "0pt").removesuffix("pt")) / EM for side in ("width", "height")]
    return Outline(tuple(shapes), size[0], size[1])


def _tag(element: ET.Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _matrix(transform: str) -> NDArray[np.float64]:
    total = np.eye(3)
    for name, inside in re.findall(r"(\w+)\(([^)]*)\)", transform):
        numbers = [float(n) for n in re.split(r"[\s,]+", inside.strip())]
        one = np.eye(3)
        if name == "matrix":
            one[:2] = np.array(numbers).reshape(3, 2).T
        elif name == "translate":
            one[:2, 2] = (*numbers, 0.0)[:2]
        elif name == "scale":
            one[0, 0], one[1, 1] = numbers[0], numbers[-1]
        total = total @ one
    return total


@lru_cache(maxsize=4096)
def _curves(path: str) -> NDArray[np.float64]:
    """An SVG path as cubic curves, shape (curves, 4, 2); straight lines are curves too."""
    from fontTools.pens.basePen import decomposeQuadraticSegment
    from fontTools.pens.recordingPen import RecordingPen
    from fontTools.svgLib.path import parse_path

    pen = RecordingPen()
    parse_path(path, pen)
    done: list[list[NDArray[np.float64]]] = []
    start = here = np.zeros(2)

    def line(target: NDArray[np.float64]) -> None:
        if not np.allclose(here, target):
            done.append([here, here + (target - here) / 3, here + (target - here) * 2 / 3, target])

    for name, raw in pen.value:
        points = [np.array(p, float) for p in raw]
        if name == "moveTo":
            start = here = points[0]
            continue
        if name == "lineTo":
            line(points[0])
        elif name == "curveTo":
            done.append([here, *points])
        elif name == "qCurveTo":
            for control, target in decomposeQuadraticSegment(points):
                c, t = np.array(control), np.array(target)
                done.append([here, here + (c - here) * 2 / 3, t + (c - t) * 2 / 3, t])
                here = t
        elif name == "closePath":
            line(start)
        here = start if name == "closePath" else done[-1][-1] if done else here
    return np.array(done) if done else np.zeros((0, 4, 2))


def _stroked(curves: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Each straight piece of a stroked path as the thin rectangle that it covers."""
    boxes = []
    for a, _, _, b in curves:
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-12)
        side = np.array([-along[1], along[0]]) * width / 2
        corners = [a + side, b + side, b - side, a - side, a + side]
        boxes += [[p, p + (q - p) / 3, p + (q - p) * 2 / 3, q] for p, q in pairwise(corners)]
    return np.array(boxes) if boxes else np.zeros((0, 4, 2))
