"""Plots of a page: Bokeh's, with colours that follow the theme and words that follow the language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derivviz.errors import DerivvizError
from derivviz.look.theme import THEMES

try:
    from bokeh.core.properties import value
    from bokeh.embed import json_item
    from bokeh.models import ColumnDataSource, Range1d
    from bokeh.plotting import figure
except ModuleNotFoundError as missing:
    raise DerivvizError(
        "interactive pages are drawn by Bokeh, which is not installed: pip install 'derivviz[page]'"
    ) from missing

FONT = "Pretendard, 'Noto Sans KR', 'Malgun Gothic', 'Apple SD Gothic Neo', system-ui, sans-serif"
DASHED = [7, 4]
SHORT = 8  # signs of an axis label that need not be turned
Both = dict[str, str]
Numbers = Sequence[Any] | Any


class Plot:
    """A plot of a page. Its script finds the parts by their names.

    Parameters
    ----------
    x, y
        Ends of the axes, in their units.
    x_label, y_label
        By language; TeX stands between ``$$``.
    shape
        Width to height.
    log
        The axis that is logarithmic: ``x``, ``y``, ``both`` or none.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        x_label: Both,
        y_label: Both,
        shape: float = 1.5,
        log: str = "",
    ) -> None:
        self.worn: list[tuple[str, str, Any]] = []
        self.set_above: dict[str, Any] | None = None
        self.figure = figure(
            x_range=Range1d(*map(float, x), name="x"),
            y_range=Range1d(*map(float, y), name="y"),
            x_axis_type="log" if log in ("x", "both") else "linear",
            y_axis_type="log" if log in ("y", "both") else "linear",
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_width",
            aspect_ratio=shape,
            min_border_right=16,
            match_aspect=False,
        )
        # Without a ground of its own: a painted one leaves a light edge.
        self.wear(self.figure, background_fill_color=None, border_fill_color=None, outline_line_color="grid")
        for axis, label in ((self.figure.xaxis[0], x_label), (self.figure.yaxis[0], y_label)):
            axis.name = "x axis" if axis is self.figure.xaxis[0] else "y axis"
            axis.axis_label_text_font = axis.major_label_text_font = FONT
            axis.axis_label_text_font_style = "normal"
            if len(label["en"]) <= SHORT:
                axis.axis_label_orientation = "horizontal"
            axis.axis_label_text_font_size, axis.major_label_text_font_size = "15px", "13px"
            self.wear(
                axis,
                axis_label_text_color="ink",
                axis_label=label,
                major_label_text_color="muted",
                axis_line_color="axis",
                major_tick_line_color="axis",
                minor_tick_line_color=None,
            )
        for grid in self.figure.grid:
            self.wear(grid, grid_line_color="grid")

    def wear(self, model: Any, **looks: Any) -> Any:
        """Let properties of a model follow: a role of the theme, or words by language. Returns the model."""
        for name, look in looks.items():
            if look is None:
                setattr(model, name, None)
                continue
            self.worn.append((model.id, name, look))
            setattr(model, name, look["en"] if isinstance(look, dict) else THEMES["paper"].color(look))
        return model

    def formula(self, tex: str, text: str, wide: float, role: str = "ink") -> None:
        """A formula above it.

        Parameters
        ----------
        tex, text
            As MathJax sets it, and in plain signs: those are shown where the formula would be too small to read.
        wide
            Its width in em.
        role
            Its colour.
        """
        title = self.figure.title
        title.name, title.text_font_style = "title", "normal"
        self.wear(title, text_color=role, text=dict.fromkeys(("en", "ko"), f"$${tex}$$"))
        self.set_above = {"text": text, "wide": wide}

    def line(
        self,
        name: str,
        role: str,
        x: Numbers = (),
        y: Numbers = (),
        *,
        width: float = 2.5,
        dash: Any = (),
    ) -> Any:
        """A line through points; NaN leaves a gap."""
        drawn = self.figure.line("x", "y", source=source(x=x, y=y), name=name, line_width=width)
        drawn.glyph.line_dash = list(dash)
        drawn.glyph.line_join = "round"
        self.wear(drawn.glyph, line_color=role)
        return drawn

    def dots(
        self,
        name: str,
        role: str,
        x: Numbers = (),
        y: Numbers = (),
        *,
        size: float = 11,
        hollow: bool = False,
        marker: str = "circle",
    ) -> Any:
        """Points, the hollow ones filled with the ground."""
        drawn = self.figure.scatter(
            "x", "y", source=source(x=x, y=y), name=name, size=size, marker=marker, line_width=2
        )
        self.wear(drawn.glyph, line_color=role, fill_color="background" if hollow else role)
        return drawn

    def segments(self, name: str, role: str, *, width: float = 2, dash: Any = ()) -> Any:
        """Segments from (x, y) to (u, v)."""
        empty = source(x=(), y=(), u=(), v=())
        drawn = self.figure.segment("x", "y", "u", "v", source=empty, name=name, line_width=width)
        drawn.glyph.line_dash = list(dash)
        self.wear(drawn.glyph, line_color=role)
        return drawn

    def bars(self, name: str, role: str, *, thick: float = 0.6, pattern: str | None = None) -> Any:
        """Level bars at y from `left` to `right`."""
        empty = source(y=(), left=(), right=())
        drawn = self.figure.hbar("y", height=thick, left="left", right="right", source=empty, name=name)
        self.wear(drawn.glyph, fill_color=role, line_color=role)
        if pattern is not None:
            drawn.glyph.hatch_pattern = pattern
            drawn.glyph.hatch_alpha = 0.6
            self.wear(drawn.glyph, hatch_color="background")
        return drawn

    def text(
        self, name: str, role: str = "ink", *, align: str = "center", dx: float = 0, dy: float = 0
    ) -> Any:
        """Words at points, shown as they are."""
        drawn = self.figure.text(
            "x", "y", "text", source=source(x=(), y=(), text=()), name=name, x_offset=dx, y_offset=dy
        )
        drawn.glyph.text_align, drawn.glyph.text_baseline = align, "middle"
        drawn.glyph.text_font, drawn.glyph.text_font_size = value(FONT), value("14px")
        self.wear(drawn.glyph, text_color=role)
        return drawn

    def item(self) -> dict[str, Any]:
        """What the page embeds."""
        return {"item": json_item(self.figure), "worn": self.worn, "formula": self.set_above}


def source(**columns: Numbers) -> Any:
    """Columns of plain numbers or words: small, and readable where they stand in the page."""
    return ColumnDataSource({name: list(values) for name, values in columns.items()})
