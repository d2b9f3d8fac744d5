"""How large a figure is where it will be seen, and how large its text is there."""

from __future__ import annotations

from dataclasses import dataclass

from derivviz.errors import UsageError, nearest

MILLIMETRE = 1 / 25.4  # in inches, as matplotlib wants sizes
TEXT = 9.0  # points of the text that figures are laid out with, before they are scaled
NARROW = 120.0  # millimetres at `TEXT`: narrower ones have their panels below one another
JOURNAL = "a4-report"


@dataclass(frozen=True)
class Size:
    """A place for a figure.

    Attributes
    ----------
    name
        As it is typed after ``--width``.
    width, height
        Millimetres; the figure is as wide as that, and at the most so high.
    text
        Points of its text, where nothing else is said.
    dots
        Dots an inch of a PNG.
    title
        Points of the title, at `TEXT`: journals tell it in the caption and want it small.
    least_text
        Where it is given, the figure fills the place, and its text may get as small as that for a high one.
    """

    name: str
    width: float
    height: float
    text: float
    dots: int = 300
    title: float = 12.0
    least_text: float | None = None

    def layout(self, size: tuple[float, float]) -> tuple[float, float]:
        """Inches at which a figure is laid out in `TEXT`, that at its usual width is of `size` inches."""
        if self.least_text is None:
            wide = self._wide(self.text)
            return wide, min(size[1] * max(1.0, wide / size[0]) ** 0.5, self.highest)
        fits = self.height * MILLIMETRE / size[1] * TEXT  # the text with which it is as high as it wants
        text = min(self.text, max(self.least_text, fits))
        return self._wide(text), self.height * MILLIMETRE * TEXT / text

    @property
    def highest(self) -> float:
        """Inches, at `TEXT`, that a figure may be high."""
        return self.height * MILLIMETRE * TEXT / (self.least_text or self.text)

    @property
    def narrow(self) -> bool:
        """Whether panels side by side would be too narrow."""
        return self._wide(self.text) < NARROW * MILLIMETRE

    def _wide(self, text: float) -> float:
        return self.width * MILLIMETRE * TEXT / text


# Nature: research-figure-guide.nature.com, 89 and 183 mm wide, at most 170 mm high, text of 5 to 7 points.
# IEEE: Author Center, "Size Requirements for Graphics" and "Resolution and Size": 3.5 and 7.16 inches, line art of
# 600 dots an inch; 8 points and at most 9 inches by its author guidelines.
_PRINTED = {
    "a4-report": (
        Size("column", 77.0, 240.0, 7.0),
        Size("text", 160.0, 240.0, TEXT),
        Size("page", 190.0, 270.0, TEXT),
    ),
    "ieee": (
        Size("column", 88.9, 228.0, 8.0, 600, TEXT),
        Size("text", 182.0, 228.0, 8.0, 600, TEXT),
        Size("page", 182.0, 228.0, 8.0, 600, TEXT),
    ),
    "nature": (
        Size("column", 89.0, 170.0, 7.0, 450, TEXT),
        Size("text", 183.0, 170.0, 7.0, 450, TEXT),
        Size("page", 183.0, 170.0, 7.0, 450, TEXT),
    ),
}
_SHOWN = (
    Size("poster", 430.0, 600.0, 24.0, 150),  # half as wide as an upright A0
    Size("slide", 338.67, 190.5, 18.0, 144, least_text=12.0),  # 16:9 as slide programs have it
)
WIDTHS = ("column", "text", "page", "poster", "slide")
JOURNALS = tuple(_PRINTED)


def size_named(width: str | None, journal: str | None = None) -> Size | None:
    """The size of these names; None when there is neither.

    Parameters
    ----------
    width
        One of `WIDTHS`; with a journal alone, a column of it.
    journal
        One of `JOURNALS`; an A4 report when it is not named. Posters and slides are the same for all.

    Raises
    ------
    UsageError
        For a name that there is not; the message has the nearest.
    """
    if width is None and journal is None:
        return None
    for what, named, known in (("width", width, WIDTHS), ("journal", journal, JOURNALS)):
        if named is not None and named not in known:
            guess = nearest(named, known, 1)
            hint = f" Did you mean {guess[0]!r}?" if guess else ""
            raise UsageError(f"there is no {what} {named!r}: a figure takes {', '.join(known)}.{hint}")
    return next(size for size in (*_PRINTED[journal or JOURNAL], *_SHOWN) if size.name == (width or "column"))
