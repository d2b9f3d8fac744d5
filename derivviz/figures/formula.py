"""Typst formulas and words in matplotlib, as filled outlines: the typography of the lessons, in print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, DrawingArea
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from derivviz.figures.style import TEXT, current
from derivviz.look.outlines import Outline, Shape
from derivviz.look.typst import outline

Horizontal = Literal["left", "center", "right"]
Vertical = Literal["top", "center", "baseline", "bottom"]
_ACROSS = {"left": 0.0, "center": 0.5, "right": 1.0}
_UPWARDS = {"bottom": 0.0, "center": 0.5, "top": 1.0}


def put(
    ax: Axes,
    markup: str,
    xy: tuple[float, float],
    *,
    size: float = TEXT,
    color: str = "ink",
    colors: Mapping[str, str] | None = None,
    math: bool = True,
    align: tuple[Horizontal, Vertical] = ("left", "baseline"),
    coords: Any = "data",
    offset: tuple[float, float] = (0.0, 0.0),
    zorder: float = 6.0,
) -> AnnotationBbox:
    """Set Typst markup at a point of the axes.

    Parameters
    ----------
    markup
        Typst markup, or the inside of a display formula when `math`. ``{{ body : label }}`` labels a part.
    xy
        The point, in `coords` (as for ``Axes.annotate``).
    size
        Points to the em.
    color
        A role of the theme, or ``#RRGGBB``.
    colors
        Colours of labelled parts, by label.
    align
        Which part of the markup stands at the point.
    offset
        Points by which it is moved from there, right and up.

    Returns
    -------
    AnnotationBbox
        Its label (``get_label``) is the markup, its children one filled path a colour.

    Raises
    ------
    TypesetError, FontError
        When Typst refuses the markup, or no font has a glyph for a character of it.
    """
    theme = current().theme
    set_text = outline(markup, math)
    area = DrawingArea(set_text.width * size, set_text.height * size)
    for paint, shapes in _by_color(set_text, color, colors or {}).items():
        path = _path(shapes, size, set_text.height)
        area.add_artist(PathPatch(path, facecolor=theme.color(paint), edgecolor="none", linewidth=0))
    baseline = (set_text.height + set_text.baseline) / max(set_text.height, 1e-9)
    artist = AnnotationBbox(
        area,
        xy,
        xybox=offset,
        xycoords=coords,
        boxcoords="offset points",
        box_alignment=(_ACROSS[align[0]], _UPWARDS.get(align[1], baseline)),
        frameon=False,
        pad=0,
        annotation_clip=False,
        label=markup,
    )
    artist.set_zorder(zorder)
    ax.add_artist(artist)
    return artist


def _by_color(text: Outline, color: str, colors: Mapping[str, str]) -> dict[str, list[Shape]]:
    """The shapes by colour: that of the innermost label that has one, else `color`."""
    groups: dict[str, list[Shape]] = {}
    for shape in text.shapes:
        paint = next((colors[label] for label in shape.labels if label in colors), color)
        groups.setdefault(paint, []).append(shape)
    return groups


def _path(shapes: Sequence[Shape], size: float, height: float) -> Path:
    """All shapes as one path in points, the bottom left of the markup at the origin."""
    outlines: NDArray[np.float64] = np.concatenate([shape.curves for shape in shapes])
    curves = (outlines + np.array([0.0, height])) * size
    first = np.ones(len(curves), bool)  # where a curve does not go on from the one before, a contour begins
    first[1:] = ~np.isclose(curves[1:, 0], curves[:-1, 3]).all(axis=1)
    points, codes = [], []
    for curve, begins in zip(curves, first, strict=True):
        if begins:
            points.append(curve[:1])
            codes.append(Path.MOVETO)
        points.append(curve[1:])
        codes += [Path.CURVE4] * 3
    return Path(np.concatenate(points), codes)
