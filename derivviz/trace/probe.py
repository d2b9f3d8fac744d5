"""What the network made of the same few inputs, again and again, while it learned."""

from __future__ import annotations

from derivviz.trace.errors import MissingSeriesError, printable
from derivviz.trace.snapshot import beside, by_name, shape
from derivviz.trace.store import Array, Store


class Probe:
    """The network's answers to the inputs that ``derivviz.record(…, probe=x0)`` was given.

    Each row has the weights as they were before that step; a last row, whose step follows the last of the
    run, has the trained ones. Every mapping goes by module name:

    steps : int64, shape (row,)
    activation : output of the module, at chosen units, float32, shape (row, probe, unit)
    units : indices of those units in the flattened output of one input, shape (unit,)
    shape : shape of the output of one input, a tuple
    map : thumbnails of 4-D outputs, area means, float32, shape (row, probe, channel, y, x)
    """

    def __init__(self, store: Store, rows: slice, steps: Array) -> None:
        self._store, self._rows, self.steps = store, rows, steps
        self.activation, self.map = (
            by_name(store, f"probe/{kind}", self._read) for kind in ("activation", "map")
        )
        self.units = by_name(store, "probe/activation", lambda path: beside(store, path, "unit"))
        self.shape = by_name(store, "probe/activation", lambda path: shape(store, path))

    def __repr__(self) -> str:
        return f"<Probe, {len(self.steps)} rows: {printable(', '.join(self.activation))}>"

    @property
    def output(self) -> Array:
        """The network's output (logits), float32, shape (row, probe, class)."""
        if "probe/output" not in self._store:
            raise MissingSeriesError(
                "The probe of this trace has no output: the network's is not one tensor."
            )
        return self._read("probe/output")

    @property
    def input_image(self) -> Array:
        """The probe inputs as pictures, uint8, shape (probe, y, x, 3)."""
        if "probe/input_image" not in self._store:
            raise MissingSeriesError(
                "The probe of this trace has no pictures: its inputs are not of the shape (probe, channel, y, x)."
            )
        return self._store.read("probe/input_image")

    def _read(self, path: str) -> Array:
        return self._store.read(path, self._rows)
