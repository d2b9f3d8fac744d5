"""Typst as the one typesetter: markup in, glyph outlines out, for video and print alike.

One compiler is kept for the process, sees no system font, and turns warnings and missing glyphs into
errors. Strokes (fraction bars, radicals) come out as filled shapes, so that they never thin away at low
resolution.

A part of a formula is labelled by ``{{ body : label }}``; labels nest and may repeat. Each labelled part is
compiled in a colour of its own, which leaves the layout untouched, and the colour is read back as the label.
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.errors import DerivvizError
from derivviz.look import fonts

_PREAMBLE = f"""\
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#set text(size: 10pt, font: ("{fonts.FAMILY}",), lang: "ko")
#set par(leading: 0.55em)
#show math.equation: set text(font: ("{fonts.MATH_FAMILY}", "{fonts.FAMILY}"))
#let part(colour, body) = text(fill: rgb(colour), body)
"""
_EM = 10.0  # points, the size everything is compiled at


class TypesetError(DerivvizError):
    """Typst could not set some markup; the message holds Typst's own."""


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


def quoted(text: str) -> str:
    """Markup that sets `text` literally, whatever is in it: for names that come from data.

    Every sign that means something to Typst or to labelled parts is written by its number; decomposed
    letters, as macOS has them in file names, are composed.
    """
    composed = unicodedata.normalize("NFC", text).replace("\n", " ")
    return '#"' + re.sub(r"[!-/:-@\[-`{-~]", lambda sign: f"\\u{{{ord(sign[0]):x}}}", composed) + '"'


@lru_cache(maxsize=2048)
def outline(markup: str, math: bool = False, width: float | None = None) -> Outline:
    """Typeset markup as outlines.

    Parameters
    ----------
    markup
        Typst markup, or the inside of a display formula when `math`.
    math
        Whether `markup` is a formula.
    width
        Width in em at which lines break; None never breaks.

    Raises
    ------
    TypesetError
        When Typst refuses the markup.
    FontError
        When no font has a glyph for a character.
    """
    source, labels = _colour_parts(f"$ {markup} $" if math else markup)
    return _read_svg(compile_svg(source, width), labels)


def compile_svg(markup: str, width: float | None = None) -> bytes:
    """Typeset markup as an SVG, 10 pt to the em."""
    import typst

    _check_glyphs(markup)
    page = "" if width is None else f"#set page(width: {width * _EM}pt)\n"
    try:
        svg, warnings = _compiler().compile_with_warnings(
            f"{_PREAMBLE}{page}{markup}\n".encode(), format="svg"
        )
    except typst.TypstError as error:
        raise TypesetError(f"Typst could not set {markup!r}: {error}") from error
    if warnings:
        raise TypesetError(f"Typst warned about {markup!r}: " + "; ".join(w.message for w in warnings))
    return bytes(svg)


@cache
def _compiler() -> Any:
    import typst

    folder = str(fonts.paths()[0].parent)
    found = typst.Fonts(include_system_fonts=False, font_paths=[folder])
    for family in (fonts.FAMILY, fonts.MATH_FAMILY):
        if family not in found.families():
            raise fonts.FontError(f"Typst does not find the font {family!r}: reinstall derivviz and typst")
    return typst.Compiler(font_paths=found, ignore_system_fonts=True)


def _check_glyphs(markup: str) -> None:
    missing = [c for c in sorted(set(markup)) if not " " <= c <= "~" and not c.isspace() and not _drawable(c)]
    if missing:
        names = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in missing)
        raise fonts.FontError(
            f"neither {fonts.FAMILY} nor {fonts.MATH_FAMILY} can draw {names}: write it another way"
        )


@cache
def _drawable(character: str) -> bool:
    if ord(character) in fonts.characters():
        return True
    return _math_glyph(character) not in ("", _math_glyph("\ue000"))  # the private one is the empty box


@cache
def _math_glyph(character: str) -> str:
    alone = f'#set page(width: auto, height: auto)\n#set text(font: "{fonts.MATH_FAMILY}", fallback: false)\n'
    svg = _compiler().compile(f'{alone}#"\\u{{{ord(character):x}}}"'.encode(), format="svg").decode()
    found = re.search(r'<symbol id="(\w+)"', svg)
    return found.group(1) if found else ""


# ---- labelled parts -------------------------------------------------------------------------------------


def _colour_parts(markup: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Rewrite every ``{{ body : label }}`` as a coloured part; colours and the labels they stand for."""
    labels: dict[str, tuple[str, ...]] = {}

    def rewrite(text: str, outer: tuple[str, ...], in_math: bool) -> str:
        done, i = [], 0
        while i < len(text):
            if text[i] == "$" and text[i - 1 : i] != "\\":
                in_math = not in_math
            if text.startswith("{{", i):
                end = _closing(text, i)
                body, colon, label = text[i + 2 : end].rpartition(":")
                if not colon or not label.strip().replace("-", "_").isidentifier():
                    raise TypesetError(
                        f"a labelled part reads {{{{ body : label }}}}, not {text[i : end + 2]!r}"
                    )
                colour = f"#{len(labels) + 1:06x}"
                labels[colour] = (label.strip(), *outer)
                inner = rewrite(body.strip(), labels[colour], in_math)
                done.append(
                    f'part("{colour}", {_escape_commas(inner)})' if in_math else f'#part("{colour}")[{inner}]'
                )
                i = end + 2
            else:
                done.append(text[i])
                i += 1
        return "".join(done)

    return rewrite(markup, (), False), labels


def _closing(text: str, start: int) -> int:
    depth, i = 0, start
    while i < len(text) - 1:
        if text.startswith("{{", i):
            depth, i = depth + 1, i + 2
        elif text.startswith("}}", i):
            depth -= 1
            if depth == 0:
                return i
            i += 2
        else:
            i += 1
    raise TypesetError(f"{{{{ is never closed in {text!r}")


def _escape_commas(body: str) -> str:
    """A comma at the top of a part is a sign, not the end of an argument."""
    done, depth, in_string = [], 0, False
    for i, sign in enumerate(body):
        if sign == '"' and body[i - 1 : i] != "\\":
            in_string = not in_string
        depth += (sign in "([{") - (sign in ")]}") if not in_string else 0
        bare = depth == 0 and not in_string and sign in ",;" and body[i - 1 : i] != "\\"
        done.append("\\" + sign if bare else sign)
    return "".join(done)


# ---- reading Typst's SVG --------------------------------------------------------------------------------


def _read_svg(svg: bytes, labels: dict[str, tuple[str, ...]]) -> Outline:
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

    to_em = np.diag([1 / _EM, -1 / _EM, 1.0])
    walk(root, to_em)
    size = [float(root.get(side, "0pt").removesuffix("pt")) / _EM for side in ("width", "height")]
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
