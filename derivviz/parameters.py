"""Parameters of a lesson, a figure or a run: a frozen dataclass whose fields become command-line options."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, get_args, get_type_hints

from derivviz.calculus.expression import Expression, parse
from derivviz.calculus.field import Field, parse_field
from derivviz.errors import UsageError, nearest

_READERS: dict[type, Callable[[str], Any]] = {Expression: parse, Field: parse_field}


def parameter(
    default: Any,
    help: str,
    *,
    flag: str | None = None,
    unit: str = "",
    minimum: float = -math.inf,
    maximum: float = math.inf,
) -> Any:
    """A field of the `Parameters` of a lesson, a figure or a run.

    Parameters
    ----------
    default
        Its value when nothing is typed; text for an `Expression` or a `Field`. None, in a field of
        ``float | None``, for a number that is then chosen to fit.
    help
        One line for ``--help``.
    flag
        Name of the option, when it is not that of the field (``from`` is no name in Python).
    unit
        Its unit, shown with the help.
    minimum, maximum
        Bounds that a number must keep.
    """
    metadata = {"help": help, "flag": flag, "unit": unit, "minimum": minimum, "maximum": maximum}
    return dataclasses.field(default=default, metadata=metadata)


def flag_of(field: dataclasses.Field[Any]) -> str:
    """The option's name without dashes."""
    return str(field.metadata.get("flag") or field.name).replace("_", "-")


def fill(kind: type, typed: Mapping[str, str]) -> Any:
    """The parameters dataclass `kind` with the values that were typed, converted and checked.

    Parameters
    ----------
    kind
        A frozen dataclass whose fields were made by `parameter`.
    typed
        Text by option name, without dashes.

    Raises
    ------
    UsageError
        For an unknown name, text that does not read as the field's type, or a number out of bounds.
    """
    fields = {flag_of(f): f for f in dataclasses.fields(kind)}
    hints = get_type_hints(kind)
    for name in typed:
        if name not in fields:
            guess = nearest(name, fields, 1)
            known = ", ".join(f"--{f}" for f in fields) or "none"
            hint = f" Did you mean --{guess[0]}?" if guess else ""
            raise UsageError(f"there is no parameter --{name}; there are: {known}.{hint}")
    values = {
        field.name: _read(flag, typed.get(flag, field.default), hints[field.name], field)
        for flag, field in fields.items()
    }
    return kind(**values)


def _read(flag: str, value: Any, kind: type, field: dataclasses.Field[Any]) -> Any:
    bounds = field.metadata
    if value is None:
        return None
    kind = next((k for k in get_args(kind) if k is not NoneType), kind)  # float of float | None
    if kind in _READERS:
        return _READERS[kind](value) if isinstance(value, str) else value
    if kind in (int, float) and isinstance(value, str):
        value = _number(flag, value, kind, field.default)
    if kind in (int, float) and not bounds["minimum"] <= value <= bounds["maximum"]:
        raise UsageError(
            f"--{flag} is {value:g}: it must lie in {bounds['minimum']:g} … {bounds['maximum']:g}"
        )
    return value


def _number(flag: str, text: str, kind: type, example: Any) -> float:
    try:
        number = kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        example = 1 if example is None else example
        raise UsageError(
            f"--{flag} takes {what}, not {text!r}: write for example --{flag} {example}"
        ) from None
    if not math.isfinite(number):
        raise UsageError(f"--{flag} takes a finite number, not {text!r}")
    return float(number) if kind is float else int(number)
