"""Figures for print: matplotlib in the look of the lessons, with Typst formulas as vectors."""

from derivviz.figures.canvas import Artists, check, grid, page, sheet
from derivviz.figures.drawing import Drawing, figure
from derivviz.figures.formula import put
from derivviz.figures.labels import EndLabel, at_the_end, in_words
from derivviz.figures.motion import Motion, growing
from derivviz.figures.saving import save
from derivviz.figures.sizes import JOURNALS, WIDTHS, Size, size_named
from derivviz.figures.style import Style, current, style

__all__ = [
    "JOURNALS",
    "WIDTHS",
    "Artists",
    "Drawing",
    "EndLabel",
    "Motion",
    "Size",
    "Style",
    "at_the_end",
    "check",
    "current",
    "figure",
    "grid",
    "growing",
    "in_words",
    "page",
    "put",
    "save",
    "sheet",
    "size_named",
    "style",
]
