"""The two kinds of error that a user meets: told in words, without a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DerivvizError(Exception):
    """Something that could not be done. Exit code 1.

    The message names what was wrong, what is right, and the next thing to type.
    """

    exit_code = 1


class UsageError(DerivvizError):
    """Something that was asked for in the wrong way. Exit code 2."""

    exit_code = 2


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known words that a mistyped `word` most likely meant, best first."""
    return difflib.get_close_matches(word, list(known), n=count, cutoff=0.5)
