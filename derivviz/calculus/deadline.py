"""A time limit for pure Python work that cannot be told to stop, as SymPy's limits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any


class OutOfTime(BaseException):
    """The time is over. Not an Exception, so that a library's broad ``except`` does not swallow it."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` inside the block when it runs longer than `seconds`.

    The clock is looked at whenever a function is called, so it works in any thread, on any system and
    in a forked worker, where an alarm signal would not. A single long C call is not interrupted.
    """
    end = monotonic() + seconds
    before = sys.getprofile()

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and monotonic() > end:
            raise OutOfTime

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
