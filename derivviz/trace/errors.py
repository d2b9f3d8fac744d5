"""What can be wrong with a trace, or with what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable

from derivviz.errors import DerivvizError, nearest


def printable(text: object) -> str:
    """`text` with every character that a terminal might obey, or that reorders a line, as its escape.

    A trace may come from anyone, and so do the names in it.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


class TraceError(DerivvizError):
    """A folder that is no trace, a damaged one, or one that must not be overwritten."""

    def __init__(self, message: str) -> None:
        super().__init__("\n".join(printable(line) for line in message.split("\n")))


class MissingSeriesError(TraceError, KeyError):
    """A name that the trace does not hold; the message names the nearest that it does."""

    def __str__(self) -> str:  # KeyError would show the message in quotes, with its line breaks escaped
        return str(self.args[0])

    @classmethod
    def among(cls, what: str, name: object, known: Iterable[str]) -> MissingSeriesError:
        """The error for `name`, with the nearest of the `known` names."""
        names = list(known)
        close = nearest(str(name), names) or names[:3]
        hint = f" Nearest: {', '.join(printable(n) for n in close)}." if close else " There is none at all."
        return cls(f"There is no {what} {str(name)!r} in this trace.{hint}")
