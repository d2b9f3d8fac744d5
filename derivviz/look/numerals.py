"""How numbers are written in formulas and in sentences."""

from __future__ import annotations

import math

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_WHOLE = 1e6  # whole numbers below are written out


def numeral(value: float, digits: int = 6) -> str:
    """A number as math: so many digits at most, powers of ten where they are shorter."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, power = text.split("e")
        tens = f"10^({int(power)})"
        text = tens if mantissa == "1" else f"-{tens}" if mantissa == "-1" else f"{mantissa} dot {tens}"
    return text.replace("-", "−")


def value(markup: str) -> float:
    """The number that `numeral` wrote: for `verify`, which reads it back off the screen."""
    text = markup.replace("−", "-")
    if "10^(" not in text:
        return float(text)
    mantissa, power = text.rstrip(")").split("10^(")
    return float(f"{mantissa.removesuffix(' dot ') if len(mantissa) > 1 else f'{mantissa}1'}e{power}")


def short(number: float, digits: int = 4) -> str:
    """A number as math with so many significant digits; a whole number below a million has all of them."""
    if abs(number) < _WHOLE and number == int(number):
        return numeral(number)
    return numeral(float(f"{number:.{digits}g}"), digits)


def digits_apart(one: float, other: float, least: int = 4) -> int:
    """How many significant digits two numbers need so that their difference is seen."""
    gap, size = abs(one - other), max(abs(one), abs(other))
    return least if gap == 0 else max(least, min(15, math.ceil(math.log10(size / gap)) + 2))


def bracket(number: float, digits: int = 4) -> str:
    """A number after a minus sign: in brackets when it is negative."""
    return f"({short(number, digits)})" if number < 0 else short(number, digits)


def printed(text: str) -> str:
    """Python's print of a float as math, digit for digit."""
    mantissa, e, power = text.partition("e")
    if e:
        tens = f"10^({int(power)})"
        mantissa = tens if mantissa == "1" else f"-{tens}" if mantissa == "-1" else f"{mantissa} dot {tens}"
    return mantissa.replace("-", "−")


def plain(number: float, digits: int = 6) -> str:
    """A number in a sentence, so many digits at most."""
    mantissa, e, power = f"{number:.{digits}g}".partition("e")
    if e:
        tens = f"10{str(int(power)).translate(_RAISED)}"
        mantissa = tens if mantissa == "1" else f"-{tens}" if mantissa == "-1" else f"{mantissa} × {tens}"
    return mantissa.replace("-", "−")
