"""The numbers that a figure shows, read back off its artists, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from derivviz.figures.canvas import Artists

COLUMNS = ("artist", "x", "y", "value")
Row = tuple[float | str, float | str, float | str]


def rows(artist: Artist) -> Iterator[Row]:
    """x, y and value of each number that the artist shows; nothing for words and formulas.

    A line, points, an area or a stem gives x and y; a bar the point at its free end; a picture or a map the
    column, the row and the value of each cell, of a colour picture the mean of its channels. What stands at a
    place of the axes and not of the data, as the ends of a line across them, is left empty.
    """
    match artist:
        case Line2D():
            yield from _line(artist)
        case LineCollection():
            for stem in artist.get_segments():
                yield from _pairs(stem)
        case PathCollection():
            points, shades = np.asarray(artist.get_offsets(), float), artist.get_array()
            values = [""] * len(points) if shades is None else np.asarray(shades, float).tolist()
            for (x, y), value in zip(points.tolist(), values, strict=True):
                yield x, y, value
        case PolyCollection():
            for path in artist.get_paths():
                yield from _pairs(path.vertices)
        case AxesImage() | QuadMesh():
            yield from _cells(artist)
        case Rectangle():
            x, y = artist.get_xy()
            yield x + artist.get_width(), y + artist.get_height(), ""


def _line(line: Line2D) -> Iterator[Row]:
    assert line.axes is not None
    inside = line.get_transform().contains_branch_seperately(line.axes.transData)
    for point in np.column_stack([np.asarray(v, float) for v in line.get_data(orig=False)]).tolist():
        x, y = (number if known else "" for number, known in zip(point, inside, strict=True))
        yield x, y, ""


def _pairs(points: ArrayLike) -> Iterator[Row]:
    for x, y in np.asarray(points, float).tolist():
        yield x, y, ""


def _cells(artist: AxesImage | QuadMesh) -> Iterator[Row]:
    values: NDArray[np.float64] = np.ma.asarray(artist.get_array(), float).filled(np.nan)
    if isinstance(artist, AxesImage) and values.ndim == 3:
        values = values[..., :3].mean(axis=2)
    for y, line in enumerate(values.tolist()):
        for x, value in enumerate(line):
            yield x, y, value


def table(artists: Artists) -> str:
    """All of it as CSV: the columns artist, x, y and value; a line for each number, empty where there is none.

    >>> import pandas as pd
    >>> pd.read_csv("renders/loss.csv").groupby("artist")  # doctest: +SKIP
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, artist in artists.items():
        writer.writerows((name, *row) for row in rows(artist))
    return text.getvalue()
