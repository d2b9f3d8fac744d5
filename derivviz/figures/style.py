"""How a figure looks: the theme as matplotlib settings, for as long as a ``with`` block lasts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.colors import to_hex, to_rgb

from derivviz.errors import UsageError
from derivviz.figures.sizes import MILLIMETRE, TEXT, Size
from derivviz.look import fonts
from derivviz.look.theme import PAPER, Theme, contrast
from derivviz.look.theme import theme as theme_named

Language = Literal["en", "ko"]
SIZE = (160 * MILLIMETRE, 100 * MILLIMETRE)
"""Width and height in inches that fit the text block of an A4 page."""

SMALL = 8.0  # points
TITLE = 12.0
FAINTEST = 3.5  # contrast of a shade with the background; WCAG 2.2 asks 3 of a line, criterion 1.4.11

LEGIBLE = 4.5  # contrast of small text at the least (WCAG 2.2, success criterion 1.4.3)


@dataclass(frozen=True)
class Style:
    """Theme and language that a figure is drawn in, and the size that it is drawn for; None for its own."""

    theme: Theme
    language: Language
    size: Size | None = None

    def choose(self, *, en: str, ko: str) -> str:
        """Text in the language of the figure."""
        return ko if self.language == "ko" else en

    def color(self, role: str) -> str:
        """The colour of a role of the theme, as ``#RRGGBB``."""
        return self.theme.color(role)

    def legible(self, color: str) -> str:
        """The colour for small text: `color` itself, or as much nearer to ink as reading it takes."""
        start, ink = (np.array(to_rgb(self.color(c))) for c in (color, "ink"))
        path = (to_hex(start + (ink - start) * t) for t in np.linspace(0, 1, 21))
        return next(
            (c.upper() for c in path if contrast(c, self.theme.background) >= LEGIBLE), self.theme.ink
        )

    def shades(self, role: str, count: int) -> list[str]:
        """`count` shades of one role, evenly apart in contrast, so that they also differ in grey.

        The meaning stays with the hue: a shade tells members of a family apart, never another family.
        """
        if count == 1:
            return [self.color(role)]
        ground, hue, ink = (np.array(to_rgb(self.color(r))) for r in ("background", role, "ink"))
        steps = np.linspace(0, 1, 101)[:, None]
        path = [
            to_hex(c).upper()
            for c in (*(ground + (hue - ground) * steps), *(hue + (ink - hue) * steps * 0.6))
        ]
        found = np.array([contrast(c, self.theme.background) for c in path])
        wanted = np.geomspace(FAINTEST, found[-1], count)
        return [path[int(np.searchsorted(found, w - 1e-9))] for w in wanted]


_OUTSIDE = Style(PAPER, "en")
_current: ContextVar[Style] = ContextVar("style", default=_OUTSIDE)


def current() -> Style:
    """The style of the innermost ``with style(…)``; outside of any, paper and English."""
    return _current.get()


@contextmanager
def style(theme: Theme | str = PAPER, language: str = "en", size: Size | None = None) -> Iterator[Style]:
    """Draw and save within this block, and figures look like the lessons; outside, nothing has changed.

    Parameters
    ----------
    theme
        A theme, or its name.
    language
        ``en`` or ``ko``.
    size
        Where the figure will be seen; None for the size that it has by itself.

    Raises
    ------
    UsageError
        For a theme or a language that there is not.
    """
    if language not in ("en", "ko"):
        raise UsageError(f"there is no language {language!r}: figures are in 'en' or 'ko'")
    chosen = theme_named(theme) if isinstance(theme, str) else theme
    _register_fonts()
    subsetting = logging.getLogger("fontTools")  # tells every table that it drops once anyone wants INFO
    level = subsetting.level
    now = Style(chosen, "ko" if language == "ko" else "en", size)
    token = _current.set(now)
    try:
        subsetting.setLevel(logging.WARNING)
        with mpl.rc_context(cast(Any, _settings(chosen, size))):
            yield now
    finally:
        subsetting.setLevel(level)
        _current.reset(token)


@cache
def _register_fonts() -> None:
    for path in fonts.paths():
        font_manager.fontManager.addfont(path)


def _settings(theme: Theme, size: Size | None) -> dict[str, Any]:
    return {
        "figure.figsize": SIZE,
        "figure.facecolor": theme.background,
        "savefig.facecolor": theme.background,
        "savefig.dpi": size.dots if size else 300,
        "axes.facecolor": theme.background,
        "font.family": [fonts.FAMILY],
        "font.size": TEXT,
        "mathtext.fontset": "custom",  # exponents of tick labels in the family of words
        "mathtext.fallback": "cm",
        **{f"mathtext.{face}": fonts.FAMILY for face in ("rm", "it", "bf", "sf", "tt", "cal")},
        "axes.formatter.use_mathtext": True,
        "text.color": theme.ink,
        "axes.titlesize": size.title if size else TITLE,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 9,
        "axes.labelsize": TEXT,
        "axes.labelcolor": theme.ink,
        "axes.labelpad": 5,
        "axes.edgecolor": theme.axis,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": theme.grid,
        "grid.linewidth": 0.7,
        "xtick.color": theme.axis,
        "ytick.color": theme.axis,
        "xtick.labelcolor": theme.muted,
        "ytick.labelcolor": theme.muted,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "xtick.minor.visible": False,
        "ytick.minor.visible": False,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.5,
        "lines.solid_capstyle": "round",
        "lines.dash_capstyle": "butt",
        "pdf.fonttype": 42,  # whole outlines and a character map; journals refuse Type 3
        "ps.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "derivviz",  # the same ids in every run
    }
