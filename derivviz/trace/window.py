"""Which steps of a trace are looked at, and the rows of each table that belong to them."""

from __future__ import annotations

import numpy as np

from derivviz.errors import UsageError
from derivviz.trace.store import Array, Store


class Window:
    """The recorded steps start ≤ step < stop of a trace; None is no bound."""

    def __init__(self, store: Store, start: int | None = None, stop: int | None = None) -> None:
        self._store, self.start, self.stop = store, start, stop

    def __str__(self) -> str:
        shown = ["" if bound is None else str(bound) for bound in (self.start, self.stop)]
        return f"[{':'.join(shown)}]" if self.cut else ""

    @property
    def cut(self) -> bool:
        """Whether there is a bound at all."""
        return self.start is not None or self.stop is not None

    def between(self, steps: slice) -> Window:
        """What of it lies between two step numbers.

        Raises
        ------
        UsageError : these are no step numbers.
        """
        bounds = (steps.start, steps.stop)
        if steps.step is not None or not all(b is None or isinstance(b, int | np.integer) for b in bounds):
            raise UsageError("a trace is cut by step numbers, first and end: trace[100:500]")
        if any(bound is not None and bound < 0 for bound in bounds):
            raise UsageError(
                "a trace is cut by step numbers, and those begin at 0: for the last 10 recorded steps "
                "type trace[trace.steps[-10]:]"
            )
        starts = [int(bound) for bound in (self.start, steps.start) if bound is not None]
        stops = [int(bound) for bound in (self.stop, steps.stop) if bound is not None]
        return Window(self._store, max(starts, default=None), min(stops, default=None))

    def of(self, store: Store) -> Window:
        """The same steps of another trace."""
        return Window(store, self.start, self.stop)

    def rows(self, table: str) -> slice:
        """The rows of a table that belong to these steps."""
        numbers = self._all(table)
        start = 0 if self.start is None else int(np.searchsorted(numbers, self.start))
        stop = len(numbers) if self.stop is None else int(np.searchsorted(numbers, self.stop))
        return slice(start, max(start, stop))

    def numbers(self, table: str) -> Array:
        """The step numbers of those rows, int64, shape (row,)."""
        return self._all(table)[self.rows(table)]

    def _all(self, table: str) -> Array:
        """The step numbers of all rows. They never fall: a later row is of a later step."""
        name = f"{table}/step"
        if name not in self._store:
            return np.zeros(0, np.int64)
        if name not in self._store.numbers:
            numbers = self._store.read(name)
            if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or (len(numbers) and numbers[0] < 0):
                raise self._store.damaged(name, ValueError("these are no step numbers"))
            if (np.diff(numbers.astype(np.int64)) < 0).any():
                raise self._store.damaged(name, ValueError("the steps are not in order"))
            self._store.numbers[name] = numbers.astype(np.int64)
        return self._store.numbers[name]
