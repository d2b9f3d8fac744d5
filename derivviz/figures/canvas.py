"""What a figure is drawn on, and how it becomes a file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import filter as matching
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from derivviz import __version__
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures.style import SIZE, Style, current, style
from derivviz.look.fonts import FontError
from derivviz.trace import MissingSeriesError, Trace

FORMATS = ("pdf", "svg", "png")
Artists = dict[str, Artist]
"""What ``draw`` returns: each artist that shows data, by what it shows."""


@contextmanager
def sheet(ax: Axes | None, language: str, size: tuple[float, float] = SIZE) -> Iterator[tuple[Style, Axes]]:
    """The style to draw in and the axes to draw on: `ax`, or those of a new figure of `size` inches."""
    with style(current().theme, language) as look:
        if ax is not None:
            yield look, ax
            return
        own = Figure(
            figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06, hspace=0.03, wspace=0.03)
        )
        yield look, own.add_subplot()
        with no_boxes():
            own.draw_without_rendering()  # ticks are made when first drawn, in the fonts of that moment


@contextmanager
def no_boxes() -> Iterator[None]:
    """Make an error of a character that would be drawn as an empty box; matplotlib only warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=r"Glyph .* missing")
        try:
            yield
        except UserWarning as missing:
            raise FontError(
                f"a text of the figure cannot be drawn: {missing} Write it another way."
            ) from missing


def grid(
    ax: Axes,
    rows: int,
    columns: int,
    heights: Sequence[float] | None = None,
    widths: Sequence[float] | None = None,
) -> list[list[Axes]]:
    """Divide the place of `ax`, which becomes the top left of the panels returned, row by row."""
    figure = ax.get_figure()
    assert figure is not None
    spot = ax.get_subplotspec()
    if spot is None:
        box = ax.get_position()
        spot = figure.add_gridspec(1, 1, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1)[0]
    cells = spot.subgridspec(rows, columns, height_ratios=heights, width_ratios=widths)
    ax.set_subplotspec(cells[0, 0])
    panels = [
        [ax if r == c == 0 else figure.add_subplot(cells[r, c]) for c in range(columns)] for r in range(rows)
    ]
    for column in zip(*panels, strict=True):
        figure.align_ylabels(column)
    return panels


def check(trace: Trace, requires: Sequence[str], name: str, recorded_by: str = "food") -> None:
    """Make sure that the trace holds what the figure `name` reads.

    Parameters
    ----------
    requires
        Keys, or patterns of keys such as ``lr_factor/*``; each wants one series with a finite value. Or the
        path of an array outside the step table, ``sensitivity/saliency``.
    recorded_by
        The run of ``derivviz record`` that makes such a trace.

    Raises
    ------
    MissingSeriesError
        Naming what is missing and the command that records it.
    """
    keys = trace.keys()
    for pattern in requires:
        known = pattern in trace.arrays or any(
            np.isfinite(trace[key]).any() for key in matching(keys, pattern)
        )
        if not known:
            raise MissingSeriesError(
                f"The trace {trace.path} has no values of {pattern!r}, which the figure {name!r} shows.\n"
                f"Record one that does with 'derivviz record {recorded_by}', then type "
                f"'derivviz figure {name} --trace renders/{recorded_by}.zarr'."
            )


def page(artists: Artists, name: str) -> Figure:
    """The figure that the artists, which ``draw`` of the figure `name` returned, are on."""
    for artist in artists.values() if isinstance(artists, dict) else ():
        if found := artist.get_figure(root=True):
            return found
    raise UsageError(
        f"draw of the figure {name!r} has to return the artists that it drew, by name, in a dict"
    )


def save(figure: Figure, path: Path, *, title: str, summary: str, transparent: bool = False) -> None:
    """Write the figure, in the format that the name ends in; within ``style``, and all of it or nothing.

    `transparent` leaves the ground out, behind the axes as well.

    Saved twice, it is the same byte by byte: no date is written.

    Raises
    ------
    UsageError
        When the name ends in no format that there is.
    FontError
        When the font has no glyph for a character.
    DerivvizError
        When the file cannot be written.
    """
    kind = path.suffix[1:].lower()
    if kind not in FORMATS:
        raise UsageError(f"{path}: a figure ends in {', '.join('.' + f for f in FORMATS)}")
    by = f"derivviz {__version__}"
    about: dict[str, dict[str, str | None]] = {
        "pdf": {"Title": title, "Subject": summary, "Creator": by, "CreationDate": None},
        "svg": {"Title": title, "Description": summary, "Creator": by, "Date": None},
        "png": {"Title": title, "Description": summary, "Software": by},
    }
    with no_boxes():
        whole(
            path,
            lambda beside: figure.savefig(beside, format=kind, metadata=about[kind], transparent=transparent),
        )


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place, then put there: all of it or nothing.

    Raises
    ------
    DerivvizError
        When it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        os.replace(beside, path)
    except OSError as error:
        why = error.strerror or error
        raise DerivvizError(f"{path} cannot be written: {why}. Name another place.") from error
    finally:
        beside.unlink(missing_ok=True)
