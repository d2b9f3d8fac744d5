"""How numbers are written in formulas and in sentences."""

from __future__ import annotations


def numeral(value: float, digits: int = 6) -> str:
    """A number as math: so many digits at most, powers of ten where they are shorter."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, power = text.split("e")
        return f"{mantissa} dot 10^({int(power)})".replace("-", "−")
    return text.replace("-", "−")


def value(markup: str) -> float:
    """The number that `numeral` wrote: for `verify`, which reads it back off the screen."""
    return float(markup.replace("−", "-").replace(" dot 10^(", "e").rstrip(")"))


def short(number: float, digits: int = 4) -> str:
    """A number as math with so many significant digits."""
    return numeral(float(f"{number:.{digits}g}"), digits)


def bracket(number: float) -> str:
    """A number after a minus sign: in brackets when it is negative."""
    return f"({short(number)})" if number < 0 else short(number)


def printed(text: str) -> str:
    """Python's print of a float as math, digit for digit."""
    mantissa, e, power = text.partition("e")
    written = mantissa.replace("-", "−")
    return f"{written} dot 10^({int(power)})".replace("-", "−") if e else written


def plain(number: float) -> str:
    """A number in a sentence, six digits at most."""
    return f"{number:.6g}".replace("-", "−")
