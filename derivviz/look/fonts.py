"""The one font family of words, Korean and Latin, and the check that a character can be drawn."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from derivviz.errors import DerivvizError

FOLDER = Path(__file__).parent / "fonts"
FAMILY = "Pretendard"
MATH_FAMILY = "New Computer Modern Math"  # travels inside the typst package
FILES = ("Pretendard-Regular.ttf", "Pretendard-SemiBold.ttf", "Pretendard-Bold.ttf")


class FontError(DerivvizError):
    """A font file is missing, or no font has a glyph for a character."""


@cache
def paths() -> tuple[Path, ...]:
    """The font files that travel with the package."""
    found = tuple(FOLDER / name for name in FILES)
    for path in found:
        if not path.is_file():
            raise FontError(f"the font file {path.name} is missing from {FOLDER}: reinstall derivviz")
    return found


@cache
def characters() -> frozenset[int]:
    """Code points that the family of words can draw."""
    from fontTools.ttLib import TTFont

    with TTFont(paths()[0], lazy=True) as font:
        return frozenset(font.getBestCmap())
