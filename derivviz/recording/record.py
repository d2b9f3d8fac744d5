"""The way in: record a model while it trains."""

from __future__ import annotations

from pathlib import Path

from torch import nn
from torch.optim import Optimizer

from derivviz.errors import UsageError
from derivviz.recording.recorder import Recorder


def record(
    model: nn.Module,
    optimizer: Optimizer,
    path: str | Path,
    *,
    every: int = 1,
    snapshot_every: int = 10,
    steps: int | None = None,
    overwrite: bool = False,
) -> Recorder:
    """Record every training step of a model into a trace.

    >>> with record(model, optimizer, "run.zarr") as recorder:       # doctest: +SKIP
    ...     for images, target in batches:
    ...         recorder.batch(images, target)
    ...         loss = criterion(model(images), target)
    ...         optimizer.zero_grad(); loss.backward(); optimizer.step()
    ...         recorder.log(loss=loss)

    A step is one ``optimizer.step()``. Weights, buffers, optimizer state and random numbers come out bit by
    bit as without recording. Forwards in evaluation mode or without gradients are not recorded.

    Parameters
    ----------
    path : the trace to make, a folder
    every : record each so many steps
    snapshot_every : keep exact values, histograms and thumbnails each so many steps, beginning with the first
    steps : how many steps the loop will make, if known: the last is then a snapshot as well
    overwrite : replace an existing trace (nothing but a trace is ever replaced)

    Raises
    ------
    UsageError : what is given is no model, no optimizer, or a model that is compiled already.
    TraceError : on entering the block, if the trace cannot be made.
    """
    if not isinstance(model, nn.Module):
        raise UsageError(f"record takes a torch.nn.Module, not {type(model).__name__}.")
    if not isinstance(optimizer, Optimizer):
        raise UsageError(f"record takes a torch.optim.Optimizer, not {type(optimizer).__name__}.")
    if hasattr(model, "_orig_mod"):
        raise UsageError("Hooks never fire in a compiled model. Give record the model before torch.compile.")
    if min(every, snapshot_every) < 1:
        raise UsageError("every and snapshot_every are numbers of steps, 1 at the least.")
    return Recorder(
        model, optimizer, path, every=every, snapshot_every=snapshot_every, steps=steps, overwrite=overwrite
    )
