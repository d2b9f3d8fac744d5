"""What can be wrong with a trace, or with what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable

from derivviz.errors import DerivvizError, nearest


class TraceError(DerivvizError):
    """A folder that is no trace, a damaged one, or one that must not be overwritten."""


class MissingSeriesError(TraceError, KeyError):
    """A name that the trace does not hold; the message names the nearest that it does."""

    def __str__(self) -> str:  # KeyError would show the message in quotes, with its line breaks escaped
        return str(self.args[0])

    @classmethod
    def among(cls, what: str, name: object, known: Iterable[str]) -> MissingSeriesError:
        """The error for `name`, with the nearest of the `known` names."""
        names = list(known)
        close = nearest(str(name), names) or names[:3]
        hint = f" Nearest: {', '.join(close)}." if close else " There is none at all."
        return cls(f"There is no {what} {str(name)!r} in this trace.{hint}")
