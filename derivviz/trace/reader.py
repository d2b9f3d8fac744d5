"""Reading a trace: NumPy and Zarr, no torch.

>>> trace = open_trace("renders/food.zarr")                                    # doctest: +SKIP
>>> trace["loss"], trace["grad/fc1.weight/norm"], trace["lr_factor/fc1.weight"]  # doctest: +SKIP
>>> trace[100:500]["grad/fc1.weight"]["norm"]                                  # doctest: +SKIP
>>> trace.snapshot(0).activation["act1"]                                       # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from derivviz.trace import conversion
from derivviz.trace.card import card
from derivviz.trace.check import About
from derivviz.trace.errors import MissingSeriesError, printable
from derivviz.trace.place import Folder, place
from derivviz.trace.probe import Probe
from derivviz.trace.sensitivity import Sensitivity
from derivviz.trace.series import Series, labelled
from derivviz.trace.snapshot import Evaluation, Snapshot
from derivviz.trace.store import Array, Store
from derivviz.trace.window import Window

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class Sampled(NamedTuple):
    """A few fixed elements of one tensor, followed through all steps.

    values : float32, shape (step, unit)
    positions : indices into the flattened parameter, or into the flattened output of the first sample of
        the batch; int64, shape (unit,)
    """

    values: Array
    positions: Array


class Trace:
    """A recorded training run, or some of its steps.

    ``trace[key]`` is a float64 array with one value a recorded step. Keys: ``time`` [s],
    ``recorder_seconds`` [s], whatever the loop logged (``loss``, ``epoch``, …), ``lr/PARAM``,
    ``lr_factor/PARAM`` [1], and ``KIND/NAME/STAT`` with KIND in activation, activation_grad, param, grad,
    update and STAT in mean, std, norm, rms, min, max, nonfinite. All but nonfinite are of the finite
    values; NaN where there was nothing to look at.

    ``trace["KIND/NAME"]`` is all of these statistics at once: a structured array, shape (step,), with a
    field for each, so that ``trace["grad/fc1.weight"]["norm"]`` is ``trace["grad/fc1.weight/norm"]`` and
    ``pandas.DataFrame(trace["grad/fc1.weight"])`` a table.

    ``trace[100:500]`` is the same run with only the recorded steps 100 ≤ step < 500, in its series,
    snapshots, probes, sampled elements, evaluations and tables. It is cut by step *number*, not by row, so
    for the last ten recorded steps say ``trace[trace.steps[-10]:]``.

    Nothing is read before it is asked for. Other runs, ranks of one run: :meth:`rank`.
    """

    def __init__(self, store: Store, window: Window | None = None) -> None:
        self._store = store
        self._window = Window(store) if window is None else window
        self._series = Series(store)
        where = store.place
        self.path = where.path if isinstance(where, Folder) else str(where)
        self.attrs: dict[str, Any] = dict(store.root)

    def __repr__(self) -> str:
        about = f"{len(self.steps)} steps, {len(self.snapshot_steps)} snapshots"
        return f"<Trace {printable(self.path)}{self._window}: {about}>"

    def _repr_html_(self) -> str:
        return card(self)

    @cached_property
    def steps(self) -> Array:
        """Numbers of the recorded steps, int64, shape (step,)."""
        return self._window.numbers("step")

    @cached_property
    def snapshot_steps(self) -> Array:
        """Numbers of the steps that have a snapshot, int64, shape (snapshot,)."""
        return self._window.numbers("snapshot")

    def snapshot(self, step: int) -> Snapshot:
        """The exact values of one step.

        Raises
        ------
        MissingSeriesError : that step has none; the message names the nearest that has.
        """
        found = np.flatnonzero(self.snapshot_steps == step)
        if len(found):
            return Snapshot(self._store, self._window.rows("snapshot").start + int(found[0]), int(step))
        if not len(self.snapshot_steps):
            raise MissingSeriesError(f"The trace {self.path} has no snapshots.")
        order = np.argsort(np.abs(self.snapshot_steps - step), kind="stable")[:3]
        near = ", ".join(str(number) for number in sorted(self.snapshot_steps[order].tolist()))
        raise MissingSeriesError(f"Step {step} has no snapshot. The nearest that have one: {near}.")

    @cached_property
    def evaluation(self) -> Evaluation:
        """Probabilities of the held-out images, epoch by epoch."""
        if "evaluation/epoch" not in self._store or not self._store.arrays["evaluation/epoch"].shape[0]:
            raise MissingSeriesError(
                f"The trace {self.path} has no evaluation: recorder.evaluation(...) records one, and so does "
                "'derivviz record food'."
            )
        if self._window.cut and "evaluation/step" not in self._store:
            raise MissingSeriesError(
                f"The evaluations of {self.path} do not say after which step they were made (an older version "
                "recorded it): read them from the whole trace, not from some of its steps."
            )
        return Evaluation(self._store, self._window.rows("evaluation") if self._window.cut else slice(None))

    @cached_property
    def probe(self) -> Probe:
        """What the network made of the fixed probe inputs, snapshot by snapshot.

        Raises
        ------
        MissingSeriesError : the run was recorded without.
        """
        if "probe/step" not in self._store:
            raise MissingSeriesError(
                f"The trace {self.path} has no probe: derivviz.record(model, optimizer, path, probe=x0) records "
                "what the network makes of the inputs x0."
            )
        return Probe(self._store, self._window.rows("probe"), self._window.numbers("probe"))

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """How the outputs change with the probe inputs: gradients, attributions, Jacobians, checks of them.

        Raises
        ------
        MissingSeriesError : the run was recorded without.
        """
        if "sensitivity/step" not in self._store:
            raise MissingSeriesError(
                f"The trace {self.path} has no sensitivity: 'derivviz record food' records it, and so does "
                "derivviz.record(model, optimizer, path, probe=x0, sensitivity_every=100); integrated gradients "
                'and SmoothGrad take pip install "derivviz[sensitivity]".'
            )
        return Sensitivity(self._store, self._window.rows("sensitivity"), self._window.numbers("sensitivity"))

    def sampled(self, key: str) -> Sampled:
        """A few fixed elements of the tensor ``KIND/NAME`` in every recorded step.

        Raises
        ------
        MissingSeriesError : there is no such tensor, or the run was recorded without.
        """
        if "sample/value" not in self._store:
            raise MissingSeriesError(
                f"The trace {self.path} follows no single elements (an older version recorded it): record the "
                "run again to have them."
            )
        tensors = labelled(self._store, "sample", "value")
        if key not in tensors:
            raise MissingSeriesError.among("sampled tensor", key, tensors)
        rows, n = self._window.rows("sample"), tensors[key]
        values = self._store.read("sample/value", (rows, n))
        positions = self._store.read("sample/position", n).astype(np.int64)
        if positions.shape != values.shape[1:]:
            raise self._store.damaged("sample/position", ValueError("it has not as many units as the values"))
        return Sampled(values[:, positions >= 0], positions[positions >= 0])

    @cached_property
    def ranks(self) -> tuple[int, ...]:
        """The ranks of the process group that were recorded; (0,) where there was no group."""
        names = [name[4:] for name in self._store.place.children() if name.startswith("rank")]
        # As the recorder writes them, or not at all: no sign, no leading zero, no digit of another script.
        return (
            0,
            *sorted(int(k) for k in names if k.isascii() and k.isdigit() and k[0] != "0" and len(k) < 8),
        )

    def rank(self, k: int) -> Trace:
        """What rank `k` recorded of its own: activations, their gradients and what it logged.

        Raises
        ------
        MissingSeriesError : that rank recorded nothing.
        """
        if k == 0:
            return self
        if k not in self.ranks:
            known = ", ".join(map(str, self.ranks))
            raise MissingSeriesError(
                f"The trace {self.path} has no rank {k}; it has {known}. Each process of a group records its "
                "own rank when all of them call derivviz.record with the same path."
            )
        other = Store(self._store.place.below(f"rank{k}"))
        return Trace(other, self._window.of(other))

    def to_xarray(self, group: str = "step") -> xr.Dataset:
        """A group as an ``xarray.Dataset``: named dimensions, units, the run's provenance as attributes.

        Read when used, not before. Groups: step (logged scalars; lr and lr_factor by param; stats by tensor
        and stat, where sums are stored, from which ``trace[key]`` derives mean, std and rms), sample,
        snapshot and below it activation, param, …, probe, sensitivity, evaluation.

        Raises
        ------
        DerivvizError : xarray is not installed; the message says how.
        MissingSeriesError : there is no such group.
        """
        rows = self._window.rows(group.partition("/")[0]) if self._window.cut else slice(None)
        return conversion.to_xarray(self._store, group, rows)

    def to_pandas(self, keys: str | Sequence[str] = "*") -> pd.DataFrame:
        """The step table as a ``pandas.DataFrame``: a row a step, a column a key.

        Parameters
        ----------
        keys : patterns as of a shell, e.g. ``["loss", "grad/*/norm"]``. Only what they mean is read.

        Raises
        ------
        DerivvizError : pandas is not installed; the message says how.
        MissingSeriesError : a pattern means no key.
        """
        return conversion.to_pandas(self.steps, self.columns(keys), self.attrs)

    def columns(self, keys: str | Sequence[str] = "*") -> dict[str, Array]:
        """The series that the patterns mean, by key, each float64, shape (step,); read in one go."""
        if isinstance(keys, str):
            keys = [keys]
        chosen = list(self._series.keys) if list(keys) == ["*"] else self._series.matching(keys)
        return self._series.read(chosen, self._window.rows("step"))

    def keys(self) -> list[str]:
        """Every key of which ``trace[key]`` has one value a step."""
        return list(self._series.keys)

    def tensors(self) -> list[str]:
        """Every ``KIND/NAME`` of which there are statistics."""
        return list(self._series.tensors)

    @property
    def arrays(self) -> dict[str, About]:
        """What the metadata says of each array, by its path in the trace."""
        return self._store.arrays

    @property
    def unknown(self) -> dict[str, str]:
        """Arrays that a newer version wrote and this one cannot read, and why."""
        return self._store.unknown

    @property
    def bytes_on_disk(self) -> dict[str, int]:
        """Size of each file of the trace [B]; empty where the file system cannot list."""
        return self._store.bytes_on_disk

    @property
    def logged(self) -> list[str]:
        """The keys that the training loop logged, and the recorder's own times."""
        return [key for key, (_, column) in self._series.keys.items() if column is None]

    @property
    def modules(self) -> list[dict[str, Any]]:
        """What is known of each module: name, type, …, in the order of the model."""
        return self._store.listed("modules")

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """What is known of each parameter: name, shape, …, in the order of the model."""
        return self._store.listed("parameters")

    def __contains__(self, key: object) -> bool:
        return key in self._series.keys or key in self._series.tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self._series.keys)

    @overload
    def __getitem__(self, key: str) -> Array: ...
    @overload
    def __getitem__(self, key: slice) -> Trace: ...
    def __getitem__(self, key: str | slice) -> Array | Trace:
        if isinstance(key, slice):
            return Trace(self._store, self._window.between(key))
        if key not in self._series.keys and key in self._series.tensors:
            return self._series.table(key, self._window.rows("step"))
        return self._series.read([key], self._window.rows("step"))[key]


def open_trace(path: str | os.PathLike[str]) -> Trace:
    """Open a recorded run for reading.

    Parameters
    ----------
    path : the trace's folder, e.g. ``renders/food.zarr``, or a URL: ``s3://bucket/run.zarr``, ``gs://…``,
        ``https://…``, ``memory://…``, or any other that fsspec knows

    Raises
    ------
    TraceError : there is none, it is something else, damaged, or made by a newer version.
    """
    return Trace(Store(place(path)))
