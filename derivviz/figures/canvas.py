"""What a figure is drawn on: a sheet, divided into panels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import filter as matching
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecBase, SubplotSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from derivviz.errors import UsageError
from derivviz.figures.labels import settle
from derivviz.figures.saving import no_boxes
from derivviz.figures.style import SIZE, TEXT, Style, current, style
from derivviz.trace import MissingSeriesError, Trace

Artists = dict[str, Artist]
"""What ``draw`` returns: each artist that shows data, by what it shows."""

LOWER = 0.7  # how high a panel of its own is, beside one that shares its row
PICTURES = 4  # so many panels side by side are small pictures, which stay so in a column
_around: WeakKeyDictionary[GridSpecBase, SubplotSpec] = WeakKeyDictionary()  # where a grid of `grid` stands


class _Layout(ConstrainedLayoutEngine):
    """Constrained layout to a millionth of the sheet.

    The last digits of its solver hang on where its variables lie in memory, and an SVG names its clips by them.
    """

    def execute(self, fig: Figure) -> None:
        super().execute(fig)
        for ax in fig.axes:
            place = Bbox(np.round(ax.get_position(original=True).get_points(), 6))
            ax._set_position(place, which="original")  # type: ignore[attr-defined]  # the public one ends the layout


@contextmanager
def sheet(ax: Axes | None, language: str, size: tuple[float, float] = SIZE) -> Iterator[tuple[Style, Axes]]:
    """The style to draw in and the axes to draw on: `ax`, or those of a new figure.

    The new figure is of `size` inches, or in the proportions that the size which was asked for wants instead.
    """
    wanted = current().size if ax is None else None
    with style(current().theme, language, wanted) as look:
        if ax is not None:
            yield look, ax
            return
        own = Figure(
            figsize=wanted.layout(size) if wanted else size,
            layout=_Layout(w_pad=0.06, h_pad=0.06, hspace=0.03, wspace=0.03),
        )
        yield look, own.add_subplot()
        with no_boxes():
            own.draw_without_rendering()  # ticks are made when first drawn, in the fonts of that moment
            if wanted and _place_title(own):
                own.draw_without_rendering()
        for panel in own.axes:
            settle(panel)


def _place_title(figure: Figure) -> bool:
    """Begin the title so far left that it ends on the sheet, and put it above legends that it would stand on.

    Either may be so in a narrow figure. Whether the panels have to make room for it.
    """
    ax, margin = figure.axes[0], TEXT / 2 * figure.dpi / 72
    title = next((t for t in ax.findobj(Text) if t.get_text() and t.get_text() == ax.get_title("left")), None)
    if title is None:
        return False
    above, panel = title.get_window_extent(), ax.get_window_extent()
    beyond = max(0.0, above.x1 + margin - figure.bbox.x1)
    title.set_x(max(-beyond, margin - panel.x0) / panel.width if beyond else 0.0)
    legend = ax.get_legend()
    if legend is None or not (below := legend.get_window_extent()).overlaps(above):
        return False
    up = (below.y1 - panel.y1) * 72 / figure.dpi
    ax.set_title(title.get_text(), pad=up + float(title.get_fontsize()) / 2)
    return True


def grid(
    ax: Axes,
    rows: int,
    columns: int,
    heights: Sequence[float] | None = None,
    widths: Sequence[float] | None = None,
    *,
    below: Sequence[float] | None = None,
    pictures: bool = False,
) -> list[list[Axes]]:
    """Divide the place of `ax`, which becomes the top left of the panels returned, row by row.

    In a narrow figure two or three panels of a row stand below one another, and it becomes higher.

    Parameters
    ----------
    heights, widths
        Of the rows and columns, in proportion.
    below
        Heights, in proportion to their row's, of panels that stand below one another; as high as that where not said.
    pictures
        That they are small ones, which stay side by side in a narrow figure, as four and more do.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    size = current().size
    narrow = size is not None and size.narrow and columns < PICTURES and not pictures
    shares = np.ones(columns if narrow else 1) if below is None or not narrow else np.asarray(below, float)
    stacked = len(shares)
    spot = ax.get_subplotspec()
    if spot is None:
        box = ax.get_position()
        spot = figure.add_gridspec(1, 1, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1)[0]
    high = np.outer(np.ones(rows) if heights is None else heights, shares).ravel()
    across = columns // stacked
    cells = spot.subgridspec(
        len(high), across, height_ratios=high, width_ratios=widths if stacked == 1 else None
    )
    _around[cells] = spot
    if size is not None and stacked > 1:
        _heighten(figure, spot, 1 + LOWER * (shares.sum() - 1), size.highest)
    ax.set_subplotspec(cells[0, 0])
    figure._align_label_groups["y"].remove(ax)  # type: ignore[attr-defined]  # it now stands beside others than before
    places = [divmod(n, across) for n in range(rows * columns)]
    flat = [ax, *(figure.add_subplot(cells[place]) for place in places[1:])]
    panels = [flat[r * columns : (r + 1) * columns] for r in range(rows)]
    for line in zip(*[flat[n : n + across] for n in range(0, len(flat), across)], strict=True):
        figure.align_ylabels(line)
    return panels


def _heighten(figure: Figure, spot: SubplotSpec | None, factor: float, highest: float) -> None:
    """Make the place in its grid so many times as high, and the figure by as much, as far as it may be."""
    while spot is not None:
        cells = spot.get_gridspec()
        ratios = np.array(cells.get_height_ratios(), float)
        whole = ratios.sum()
        ratios[spot.rowspan] *= factor
        cells.set_height_ratios(ratios.tolist())
        factor = ratios.sum() / whole
        spot = _around.get(cells)
    wide, high = figure.get_size_inches()
    figure.set_size_inches(wide, min(high * factor, highest))
    for ax in figure.axes:  # which keep the places that they had
        if (own := ax.get_subplotspec()) is not None:
            ax.set_subplotspec(own)


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
