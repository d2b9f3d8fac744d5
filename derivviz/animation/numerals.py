"""How numbers are written in formulas and in sentences: as in figures, so it lives beside the fonts."""

from derivviz.look.numerals import bracket, digits_apart, numeral, plain, printed, short, value

__all__ = ["bracket", "digits_apart", "numeral", "plain", "printed", "short", "value"]
