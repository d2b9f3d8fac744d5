"""The way in: record a model while it trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from derivviz.errors import UsageError
from derivviz.recording.choice import Wanted, choose_modules, choose_parameters
from derivviz.recording.pace import INTERVALS, Budget, Pace
from derivviz.recording.probe import Probe, ProbeInput
from derivviz.recording.provenance import hash_of
from derivviz.recording.ranks import unwrapped
from derivviz.recording.recorder import Recorder
from derivviz.recording.sensitivity import Sensitivity
from derivviz.recording.watch import Watched


def record(
    model: nn.Module,
    optimizer: Optimizer,
    path: str | Path,
    *,
    probe: ProbeInput | None = None,
    every: int = 1,
    snapshot_every: int = 10,
    sensitivity_every: int | None = None,
    steps: int | None = None,
    modules: Wanted = None,
    parameters: Wanted = None,
    scaler: torch.amp.GradScaler | None = None,
    budget: float | None = None,
    data: Any = None,
    overwrite: bool = False,
    resume: bool = False,
    first_step: int | None = None,
) -> Recorder:
    """Record every training step of a model into a trace.

    >>> with record(model, optimizer, "run.zarr", probe=x0) as recorder:       # doctest: +SKIP
    ...     for images, target in batches:
    ...         recorder.batch(images, target)
    ...         loss = criterion(model(images), target)
    ...         optimizer.zero_grad(); loss.backward(); optimizer.step()
    ...         recorder.log(loss=loss)

    A step is one ``optimizer.step()``. Weights, buffers, optimizer state and random numbers come out bit by
    bit as without recording. Forwards in evaluation mode or without gradients are not recorded. What is no
    module (``functional.relu``, an addition) is not seen by itself: ``x = recorder.tag("sum", x)`` shows it.

    Every recorded step has statistics of each output, its gradient, each parameter, its gradient and its
    update: where there are more than 1,024 values, from some that are spread over the tensor, which the trace
    says; norms of parameter gradients are always exact. A snapshot has them exact, with histograms, values at
    chosen units and thumbnails of feature maps.

    Parameters
    ----------
    model : inside DistributedDataParallel too; each process then records its own activations, and process 0
        the parameters, whose gradients are the averaged ones. A model for torch.compile is given as it is
        before compiling, and compiled without ``fullgraph=True``, which admits no hooks.
    path : the trace to make, a folder
    probe : fixed inputs (an argument, a tuple of arguments, or a mapping of named ones) that the model is
        shown at each snapshot, in evaluation mode, and once more when training is over
    every : record each so many steps
    snapshot_every : keep exact values, histograms and thumbnails each so many steps, beginning with the first
    sensitivity_every : measure how the outputs change with the probe each so many steps, beginning with the
        first, and once more when training is over: input gradients (with Captum, ``derivviz[sensitivity]``,
        also integrated gradients and SmoothGrad), finite-difference checks, norms of each layer's Jacobian,
        and the slope of each output on the line from the first probe input to the second. It costs some
        hundred forward passes of one input each time
    steps : how many steps the loop will make, if known: the last is then a snapshot as well
    modules, parameters : which of them: name patterns (``"encoder.*"``), types (``nn.Linear``), or several
    scaler : of mixed precision: gradients are recorded without its scale, and the scale and the steps that
        it skipped as ``loss_scale`` and ``skipped``
    budget : at most this share of the training time (0.02 is 2%): the sample and the interval of snapshots
        are chosen over the first twenty steps, and if need be steps are left out; the trace says what was
        chosen (``trace.attrs["budget"]``) and what it cost
    data : what is learnt from, to be told by its SHA-256: tensors, arrays, or a ``pathlib.Path``
    overwrite : replace an existing trace (nothing but a trace is ever replaced)
    resume : append to an existing trace of the same model; there may be none yet
    first_step : number of the first step; by default 0, or what follows the last one of a resumed trace.
        Steps from it on that the trace has already are dropped, as the loop makes them anew.

    Raises
    ------
    UsageError : what is given is no model, no optimizer, or a model that is compiled already; a pattern that
        fits nothing; numbers that make no sense.
    TraceError : on entering the block, if the trace cannot be made, or is of another model.
    """
    _check_model(model)
    if not isinstance(optimizer, Optimizer):
        raise UsageError(f"record takes a torch.optim.Optimizer, not {type(optimizer).__name__}.")
    if min(every, snapshot_every) < 1:
        raise UsageError("every and snapshot_every are numbers of steps, 1 at the least.")
    if sensitivity_every is not None and (sensitivity_every < 1 or probe is None):
        raise UsageError(
            "sensitivity_every is a number of steps, 1 at the least, and needs inputs: say probe=x0 as well."
        )
    if budget is not None and not 0 < budget < 1:
        raise UsageError(f"budget={budget} is no share of the training time: 0.02 is 2%.")
    if overwrite and resume:
        raise UsageError("overwrite replaces a trace and resume goes on with it: say one of them.")
    if first_step is not None and first_step < 0:
        raise UsageError(f"first_step={first_step}, but steps are counted from 0.")
    last = None if steps is None else steps - 1
    # A budget chooses for itself, and needs a snapshot soon.
    pace = Pace(every, snapshot_every, last) if budget is None else Pace(1, INTERVALS[0], last)
    model = unwrapped(model)
    watched = Watched(
        model, optimizer, choose_modules(model, modules), choose_parameters(model, parameters), scaler
    )
    sensitivity = None
    if sensitivity_every is not None and probe is not None:
        sensitivity = Sensitivity(model, watched.modules, probe, sensitivity_every)
    return Recorder(
        watched,
        path,
        pace=pace,
        budget=None if budget is None else Budget(budget),
        probe=None if probe is None else Probe(model, watched.modules, probe),
        sensitivity=sensitivity,
        data_hash=hash_of(data),
        overwrite=overwrite,
        resume=resume,
        first_step=first_step,
    )


def _check_model(model: nn.Module) -> None:
    if not isinstance(model, nn.Module):
        raise UsageError(f"record takes a torch.nn.Module, not {type(model).__name__}.")
    for name, module in model.named_modules():
        if hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None:
            where = f"The module {name!r} is compiled, and hooks" if name else "Hooks"
            raise UsageError(
                f"{where} never fire in a compiled model. Give record the model before torch.compile, "
                "and compile it inside the block."
            )
    if isinstance(model, nn.DataParallel):
        raise UsageError(
            "DataParallel runs copies of the model, whose hooks mix. Use DistributedDataParallel, or one device."
        )
