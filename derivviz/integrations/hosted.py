"""What the hooks share: a recorder that a host opens, feeds and closes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import ExitStack
from numbers import Real
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from derivviz.errors import DerivvizError
from derivviz.recording import Recorder, record
from derivviz.recording.recorder import OWN_NAMES

_TAKEN = OWN_NAMES | {"self"}


def missing(library: str, extra: str) -> DerivvizError:
    """The error for a `library` that is not installed, naming the extra that brings it."""
    return DerivvizError(f'{library} is not installed here. This brings it: pip install "derivviz[{extra}]"')


class Hosted:
    """A recording whose block is a host's training.

    Parameters
    ----------
    path : the trace to make, a folder
    options : what :func:`derivviz.record` takes beside model, optimizer and path

    Attributes
    ----------
    recorder : the :class:`derivviz.recording.Recorder` while the host trains, else None
    """

    def __init__(self, path: str | Path, **options: Any) -> None:
        inspect.signature(record).bind(
            None, None, path, **options
        )  # a mistyped option is told here, not later
        self.path, self.options = Path(path), options
        self.recorder: Recorder | None = None
        self._block = ExitStack()
        self._logged: dict[str, Any] = {}
        self._step = 0  # of the recorder when it was last told something

    def __getstate__(self) -> dict[str, Any]:
        """A copy, or what a checkpoint keeps, is the hook without the recorder: that stays with the model."""
        return {**self.__dict__, "recorder": None, "_block": None, "_logged": {}}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__ |= {**state, "_block": ExitStack()}

    def _open(self, model: nn.Module, optimizer: Any, scaler: Any = None, step: int = 0) -> None:
        """Begin to record at the host's step `step`: 0, or where the checkpoint was made that it goes on from."""
        options = dict(self.options)
        if (
            self.recorder is not None
        ):  # the host tries again, with a smaller batch: what it began is worth nothing
            self._close()
            options["overwrite"] = True
        if scaler is not None:
            options.setdefault("scaler", scaler)
        if step:
            options.setdefault("first_step", step)
        self.recorder = self._block.enter_context(record(model, optimizer, self.path, **options))
        self._step = self.recorder.step

    def _close(self, error: BaseException | None = None) -> None:
        """End the recording; nothing happens where there is none."""
        block, self._block = self._block, ExitStack()
        self.recorder, self._logged = None, {}
        block.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)

    def _log(self, metrics: Mapping[str, Any]) -> None:
        """Log the numbers among `metrics`; a name that the trace uses itself becomes ``logged/NAME``."""
        if self.recorder is not None:
            numbers = {str(name): value for name, value in metrics.items() if _is_number(value)}
            named = {f"logged/{name}" if name in _TAKEN else name: value for name, value in numbers.items()}
            # A step that is over since the last call is the one meant, though the model may have run again.
            over, self._step = self.recorder.step > self._step, self.recorder.step
            self.recorder.log(self._step - 1 if over else None, **named)

    def _fresh(self, metrics: Mapping[str, Any]) -> dict[str, Any]:
        """Those that are not the same object as at the last call: hosts keep showing what was logged long ago."""
        fresh = {name: value for name, value in metrics.items() if self._logged.get(name) is not value}
        self._logged |= fresh
        return fresh

    def _batch(self, batch: Any) -> None:
        """Tell the recorder the batch where it begins with pictures, (sample, 1 or 3, y, x)."""
        images, *rest = batch if isinstance(batch, list | tuple) and batch else (batch,)
        if self.recorder is None or not isinstance(images, Tensor):
            return
        if images.ndim == 4 and images.shape[1] in (1, 3):
            target = (
                rest[0] if rest and isinstance(rest[0], Tensor) and not rest[0].is_floating_point() else None
            )
            self.recorder.batch(images, target)


def _is_number(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.numel() == 1 and not value.is_complex()
    return isinstance(value, Real)
