"""A time limit for pure Python work that cannot be told to stop, as SymPy's limits."""

from __future__ import annotations

import cProfile
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from time import thread_time
from types import FrameType
from typing import Any


class OutOfTime(BaseException):
    """The time is over. Not an Exception, so that a library's broad ``except`` does not swallow it."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` inside the block when it works longer than `seconds`.

    The thread's own processor time is looked at whenever a function is called, so it works in any
    thread, on any system and in a forked worker, where an alarm signal would not, and other work on the
    machine does not count. A single long C call is not interrupted. Of two deadlines, one inside the
    other, the earlier one counts.
    """
    end = thread_time() + seconds
    before = sys.getprofile()

    def look(frame: FrameType, event: Any, argument: Any) -> None:
        if callable(before):  # a profiler written in C is not, and misses this block
            before(frame, event, argument)
        # A generator may be called only to be thrown away, and what is raised there is lost.
        if event == "call" and thread_time() > end and not frame.f_code.co_flags & CO_GENERATOR:
            raise OutOfTime

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before if callable(before) else None)
        if isinstance(before, cProfile.Profile):  # known to Python as the profiler, yet not to be set as one
            before.enable()
