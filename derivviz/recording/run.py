"""The trace of a run while it grows: new, or gone on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from derivviz.recording.gathering import PICTURE_SIDE, Gathering
from derivviz.recording.measure import pictures
from derivviz.recording.probe import Probe
from derivviz.recording.provenance import provenance, session
from derivviz.recording.sensitivity import append
from derivviz.recording.tables import Tables
from derivviz.recording.watch import Watched
from derivviz.trace.errors import TraceError
from derivviz.trace.layout import ROW_DIMENSION
from derivviz.trace.writer import TraceWriter

TIMES = ("time", "recorder_seconds")


class Run:
    """Rows of a trace, written as the training goes on.

    Parameters
    ----------
    path : the trace's folder
    data_hash, overwrite, resume, first_step : see :func:`derivviz.record`

    Attributes
    ----------
    first_step : number of the first step that will be made
    probed, sensed : the last step before which the probe was shown, and before which the sensitivity to it was
        measured, -1 if there is none
    times : ``time`` and ``recorder_seconds`` [s] of what a resumed trace has already

    Raises
    ------
    TraceError : the trace cannot be made, or is of another model.
    """

    def __init__(
        self,
        path: Path,
        watched: Watched,
        *,
        data_hash: str | None = None,
        overwrite: bool = False,
        resume: bool = False,
        first_step: int | None = None,
    ) -> None:
        about = provenance(watched, data_hash)
        self._modules: list[dict[str, Any]] = about["modules"]
        parameters = list(watched.parameters)
        about["recorded"] = {"modules": list(watched.modules), "parameters": parameters}
        self._writer = writer = TraceWriter(path, about, overwrite, resume)
        if writer.resumed:
            try:
                self._must_match(about)
            except TraceError:
                writer.close()  # it was made ready to append to
                raise
        self._tables = Tables(writer, watched.modules, parameters)
        steps = np.zeros(0, np.int64)
        if "step/step" in writer:
            if first_step is not None:
                self._drop(first_step)
            steps = writer.values("step/step")
        self.first_step = int(steps[-1]) + 1 if len(steps) else 0
        if first_step is not None:
            self.first_step = first_step
        self.probed, self.sensed = (
            int(writer.values(f"{table}/step")[-1]) if writer.rows.get(table) else -1
            for table in ("probe", "sensitivity")
        )
        self.times = {name: float(writer.values(f"step/{name}")[-1]) if len(steps) else 0.0 for name in TIMES}
        now = session(self.first_step)
        earlier = writer.attributes.get("sessions", [])
        writer.note(**({} if earlier else now), sessions=[*earlier, now])
        writer.commit()

    def step(self, gathered: Gathering, times: Mapping[str, float], scalars: Mapping[str, Any]) -> None:
        """Take in a step, with what was logged of it so far."""
        if gathered.snapshot:
            shapes = {name: p.shape for (kind, name), p in gathered.pieces.items() if kind == "activation"}
            for module in self._modules:
                module["output_shape"] = shapes.get(module["name"], module.get("output_shape"))
            self._writer.note(modules=self._modules)
        self._tables.add(gathered, times, scalars)

    def log(self, step: int, scalars: Mapping[str, Any]) -> None:
        """Add to what is logged of `step`, if that is the last one taken in."""
        last = self._tables.last
        if last is not None and last.step == step:
            self._tables.log(scalars)

    def probe(self, step: int, probe: Probe) -> None:
        """Record what the model makes of the probe before `step`."""
        self._tables.append_probe(step, *probe.look(), probe.images())

    def sensitivity(self, step: int, found: Mapping[str, Any]) -> None:
        """Record how the outputs change with the probe before `step`."""
        append(self._writer, step, found)

    def note(self, **values: Any) -> None:
        """Add to what the trace says of the run."""
        self._writer.note(**values)

    def evaluation(
        self,
        step: int,
        probabilities: Any,
        epoch: int | None,
        target: Any,
        names: Sequence[str] | None,
        images: Tensor | None,
    ) -> None:
        """Record probabilities of held-out images after so many steps."""
        writer, values = self._writer, _numpy(probabilities)
        if not values.size:
            return  # nothing was held out
        writer.declare("evaluation/epoch", dtype=np.int64)
        writer.declare("evaluation/step", dtype=np.int64, long_name="steps made by then")
        writer.declare("evaluation/probabilities", ("image", "class"), values.shape, np.float32)
        if target is not None:
            writer.labels("evaluation/target", ("image",), _numpy(target).astype(np.int64))
        if names is not None:
            writer.labels("evaluation/name", ("image",), [str(name) for name in names])
        if images is not None:
            dims = ("image", "y", "x", "rgb")
            writer.labels("evaluation/thumbnail", dims, pictures(images, PICTURE_SIDE))
        number = writer.rows.get("evaluation", 0) + 1 if epoch is None else epoch
        writer.append("evaluation", {"epoch": number, "step": step, "probabilities": values})

    def flush(self) -> None:
        """Make the rows of what was taken in until now."""
        self._tables.flush()

    def commit(self) -> None:
        """Make everything taken in until now visible to readers."""
        self._tables.flush()
        self._writer.commit()

    def close(self) -> None:
        """Commit, and lay the trace out for reading."""
        self._tables.flush()
        self._writer.close()

    def _must_match(self, about: Mapping[str, Any]) -> None:
        """Hold the recorded modules and parameters, and the shapes of these, against those of the trace."""
        for what in ("modules", "parameters"):
            old, new = (_recorded(attributes, what) for attributes in (self._writer.attributes, about))
            differing = [name for name in old | new if old.get(name, "") != new.get(name, "")]
            if differing:
                raise TraceError(
                    f"The trace {self._writer.path} is of another model, or of another choice of it: its {what} "
                    f"differ at {', '.join(differing[:3])}. Resume it with the same model, or name another path."
                )

    def _drop(self, first_step: int) -> None:
        """Drop what is recorded from `first_step` on."""
        for table in ROW_DIMENSION:
            if f"{table}/step" in self._writer:
                steps = self._writer.values(f"{table}/step")
                # An evaluation, and the probe's last look, are of the state that so many steps led to.
                keep = steps <= first_step if table == "evaluation" else steps < first_step
                if not keep.all():
                    self._writer.truncate(table, int(keep.argmin()))


def _recorded(about: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The recorded modules or parameters by name, with their shapes as far as they have one."""
    shapes = {each["name"]: each.get("shape") for each in about.get(what, [])}
    return {name: shapes.get(name) for name in about.get("recorded", {}).get(what, [])}


def _numpy(values: Any) -> np.ndarray[Any, Any]:
    return np.asarray(values.detach().cpu().numpy() if isinstance(values, Tensor) else values)
