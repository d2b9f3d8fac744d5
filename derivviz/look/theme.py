"""Two themes, one meaning a colour: what video and print share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from derivviz.errors import UsageError, nearest

Role = Literal["function", "secant", "tangent", "parameter", "loss", "positive", "negative", "ink", "muted"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Theme:
    """Colours by role, as ``#RRGGBB``.

    The seven data colours were searched for, so that the closest pair stays apart in normal vision and
    under protanopia, deuteranopia and tritanopia. `secant` is always dashed and `tangent` stands for every
    slope, derivative and gradient, so that meaning never rests on colour alone.
    """

    name: str
    background: str
    panel: str
    ink: str
    muted: str
    grid: str
    axis: str
    function: str
    secant: str
    tangent: str
    parameter: str
    loss: str
    positive: str
    negative: str

    def color(self, role: str) -> str:
        """The colour of a role; a colour that is already written as ``#RRGGBB`` is returned as it is."""
        if role.startswith("#"):
            return role
        if role not in ROLES and role not in ("background", "panel", "grid", "axis"):
            raise UsageError(f"no colour role {role!r}; there are {', '.join(ROLES)}")
        return str(getattr(self, role))


DARK = Theme(
    "dark",
    background="#10141F",
    panel="#1A2030",
    ink="#EEF1F6",
    muted="#A3ADBF",
    grid="#20283A",
    axis="#76829A",
    function="#4C88FA",
    secant="#FED53F",
    tangent="#F2652A",
    parameter="#7FF2FF",
    loss="#BBA6F6",
    positive="#56CC9A",
    negative="#B973A6",
)
PAPER = Theme(
    "paper",
    background="#FFFFFF",
    panel="#F3F5F9",
    ink="#161C2A",
    muted="#566176",
    grid="#E9ECF2",
    axis="#7C879B",
    function="#1B3E83",
    secant="#AD7A00",
    tangent="#A8240C",
    parameter="#006C82",
    loss="#7F33CB",
    positive="#0F977F",
    negative="#751643",
)
THEMES = {theme.name: theme for theme in (DARK, PAPER)}


def theme(name: str) -> Theme:
    """The theme of that name.

    Raises
    ------
    UsageError
        When there is no such theme; the message lists those there are.
    """
    if name not in THEMES:
        guess = nearest(name, THEMES, 1)
        hint = f"; did you mean {guess[0]!r}?" if guess else ""
        raise UsageError(f"there is no theme {name!r}: --theme takes {' or '.join(THEMES)}{hint}")
    return THEMES[name]


def luminance(color: str) -> float:
    """Relative luminance in 0…1 of ``#RRGGBB`` (WCAG 2.2, definition of relative luminance)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio in 1…21 of two colours (WCAG 2.2, success criterion 1.4.3)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
