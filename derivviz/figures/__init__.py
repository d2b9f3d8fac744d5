"""Figures for print: matplotlib in the look of the lessons, with Typst formulas as vectors."""

from derivviz.figures.canvas import Artists, check, grid, page, save, sheet
from derivviz.figures.drawing import Drawing, figure
from derivviz.figures.formula import put
from derivviz.figures.labels import EndLabel, at_the_end, in_words
from derivviz.figures.style import Style, current, style

__all__ = [
    "Artists",
    "Drawing",
    "EndLabel",
    "Style",
    "at_the_end",
    "check",
    "current",
    "figure",
    "grid",
    "in_words",
    "page",
    "put",
    "save",
    "sheet",
    "style",
]
