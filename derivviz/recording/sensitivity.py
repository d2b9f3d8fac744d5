"""How the outputs change with the probe inputs, again and again while the model learns."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from derivviz.errors import UsageError
from derivviz.learning import sensitivity as measures
from derivviz.recording.hooks import first_tensor
from derivviz.recording.measure import thumbnail
from derivviz.recording.probe import ProbeInput, call, unmarked
from derivviz.trace.writer import TraceWriter

MOST_INPUTS = 16
MOST_ELEMENTS = 2**16  # of one input that is no picture; of more, attributions are left out
SIDE = 224  # of a map; larger ones are area means
POINTS, SAMPLES, NOISE, SEED, H = 16, 8, 0.15, 0, 1e-5
PATH_POINTS = 21
MOST_PATH_CLASSES = measures.EXACT_CLASSES

Array = np.ndarray[Any, Any]


class Sensitivity:
    """What :mod:`derivviz.learning.sensitivity` says of a model at fixed inputs.

    Parameters
    ----------
    modules : those whose outputs' Jacobians are measured
    inputs : a tensor of floating numbers (probe, …), or a tuple or mapping of arguments with one tensor in it
    every : steps from one look to the next

    Raises
    ------
    UsageError : there is nothing that outputs could be differentiated by.
    """

    def __init__(
        self, model: nn.Module, modules: Mapping[str, nn.Module], inputs: ProbeInput, every: int
    ) -> None:
        self._model, self._modules, self._inputs, self.every = model, modules, inputs, every
        values = inputs.values() if isinstance(inputs, Mapping) else inputs
        tensors = [v for v in ([inputs] if isinstance(inputs, Tensor) else values) if isinstance(v, Tensor)]
        if len(tensors) != 1 or not tensors[0].is_floating_point() or not tensors[0].dim():
            raise UsageError(
                "sensitivity_every differentiates the outputs by the probe, so that has to be one tensor of "
                "floating numbers (or arguments with one in them). Leave sensitivity_every out for this model."
            )
        self._x = tensors[0][:MOST_INPUTS]

    def look(self) -> dict[str, Any]:
        """Measure now, in evaluation mode. Modes, buffers, random numbers and gradients are as before."""
        with unmarked(self._model), torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
            # Without cuDNN: its recurrent layers have no backward pass in evaluation mode.
            return self._look()

    def _look(self) -> dict[str, Any]:
        began = time.perf_counter()
        first = next(self._model.parameters(), None)
        x = self._x.detach().to(first.device if first is not None else "cpu")
        forward = self._forward(self._model)
        with torch.no_grad():
            output = forward(x)
        target = output.argmax(1)
        gradient = measures.saliency(forward, x, target)
        found: dict[str, Any] = {"target": target, "output": output}
        missing: dict[str, str] = {}
        small = x.dim() == 4 or x[0].numel() <= MOST_ELEMENTS
        if small:
            found["saliency"] = _map(gradient, signed=False)
        else:
            missing["saliency"] = f"an input has more than {MOST_ELEMENTS} elements"
        if (why := measures.captum_missing()) is not None:
            missing["integrated_gradients"] = missing["smooth_grad"] = why
        else:
            self._attribute(forward, x, target, found, small)
        try:
            self._check(x, target, gradient, found)
        except Exception as error:  # not every model can be copied, or run in float64
            missing["difference_quotient"] = f"{type(error).__name__}: {error}"
        norms = measures.jacobian_norms(forward, x, self._modules, SEED)
        found["input_norm"], found["jacobian"] = norms.input, norms.layers
        if len(x) < 2:
            missing["path"] = "there is one probe input alone"
        elif output.shape[1] > MOST_PATH_CLASSES:
            missing["path"] = f"there are more than {MOST_PATH_CLASSES} outputs"
        else:
            found["path"] = measures.path(forward, x[0], x[1], PATH_POINTS)
        return found | {"exact": norms.exact, "missing": missing, "seconds": time.perf_counter() - began}

    def _attribute(
        self, forward: measures.Forward, x: Tensor, target: Tensor, found: dict[str, Any], small: bool
    ) -> None:
        attribution = measures.integrated_gradients(forward, x, target, points=POINTS)
        found |= {"difference": attribution.difference, "completeness_error": attribution.error}
        if small:
            found["integrated_gradients"] = _map(attribution.values, signed=True)
            smooth = measures.smooth_grad(forward, x, target, SAMPLES, NOISE, SEED)
            found["smooth_grad"] = _map(smooth, signed=False)

    def _check(self, x: Tensor, target: Tensor, gradient: Tensor, found: dict[str, Any]) -> None:
        exact = copy.deepcopy(self._model).double()
        check = measures.finite_differences(self._forward(exact), x, target, gradient, h=H, seed=SEED)
        found |= {"derivative": check.derivative, "difference_quotient": check.quotient}

    def _forward(self, model: nn.Module) -> measures.Forward:
        def forward(x: Tensor) -> Tensor:
            given: ProbeInput = x
            if isinstance(self._inputs, Mapping):
                given = {name: x if isinstance(v, Tensor) else v for name, v in self._inputs.items()}
            elif isinstance(self._inputs, tuple):
                given = tuple(x if isinstance(v, Tensor) else v for v in self._inputs)
            output = first_tensor(call(model, given))
            if output is None or output.dim() < 1 or len(output) != len(x):
                raise ValueError("the model's output has no row for each input")
            return output.reshape(len(x), -1)

        return forward


def _map(values: Tensor, signed: bool) -> Tensor:
    """Of pictures one value a pixel: the sum over the channels, or the largest size; anything else flat."""
    if values.dim() != 4:
        return values.flatten(1)
    one = values.sum(1, keepdim=True) if signed else values.abs().amax(1, keepdim=True)
    return thumbnail(one, SIDE)[:, 0]


def append(writer: TraceWriter, step: int, found: Mapping[str, Any]) -> None:
    """Append what was measured before `step` to the table ``sensitivity``."""
    declare, labels, table = writer.declare, writer.labels, "sensitivity"
    row: dict[str, Any] = {"step": step, "seconds": found["seconds"]}
    declare(f"{table}/step", dtype=np.int64)
    declare(f"{table}/seconds", units="s", long_name="that measuring took")

    def put(name: str, value: Tensor, dims: tuple[str, ...], dtype: Any, units: str, about: str) -> None:
        row[name] = array = value.detach().cpu().numpy()
        declare(f"{table}/{name}", dims, array.shape, dtype, units=units, long_name=about)

    for name, (dims, dtype, units, about) in _ARRAYS.items():
        if name in found:
            value = found[name]
            own = (*dims[:1], "y", "x") if dims[1:] == ("input",) and value.dim() == 3 else dims
            put(name, value, own, dtype, units, about)
    kind = "exact" if found["exact"] else f"Hutchinson's estimate from {measures.DRAWS} random vectors"
    if found["jacobian"]:
        names, norms = list(found["jacobian"]), list(found["jacobian"].values())
        put(
            "jacobian_norm", torch.stack(norms, 1), ("probe", "module"), np.float64, "1",
            f"Frobenius norm of d outputs / d output of the module, {kind}",
        )  # fmt: skip
        labels(f"{table}/module", ("module",), names)
    if "derivative" in found:
        directions = found["derivative"].shape[1]
        labels(
            f"{table}/direction", ("direction",), ["gradient", *(f"random {n}" for n in range(1, directions))]
        )
    if "path" in found:
        line = found["path"]
        about = "on the line from the first probe input (t = 0) to the second (t = 1)"
        put("path_output", line.output, ("point", "class"), np.float64, "logit", f"outputs {about}")
        put("path_slope", line.slope, ("point", "class"), np.float64, "logit", f"d output / dt {about}")
        labels(f"{table}/t", ("point",), line.t.cpu().numpy().astype(np.float64), units="1")
    writer.describe(
        table,
        coordinates="step module direction t",
        estimator=kind,
        integrated_gradients={"baseline": "zeros", "points": POINTS, "rule": "Gauss-Legendre"},
        smooth_grad={"samples": SAMPLES, "noise": NOISE, "seed": SEED},
        differences={"h": H, "seed": SEED, "dtype": "float64"},
    )
    writer.note(sensitivity={"missing": found["missing"]})
    writer.append(table, row)


_ARRAYS: dict[str, tuple[tuple[str, ...], Any, str, str]] = {
    "target": (("probe",), np.int64, "1", "class with the largest output, which is what is differentiated"),
    "output": (("probe", "class"), np.float32, "logit", "outputs of the network"),
    "saliency": (
        ("probe", "input"), np.float32, "logit per unit of input",
        "d output / d input; of pictures the largest size over the channels",
    ),
    "integrated_gradients": (
        ("probe", "input"), np.float32, "logit",
        "share in output(input) - output(0); of pictures the sum over the channels",
    ),
    "smooth_grad": (
        ("probe", "input"), np.float32, "logit per unit of input",
        "mean gradient over noisy copies; of pictures the largest size over the channels",
    ),
    "difference": (("probe",), np.float64, "logit", "output(input) - output(0)"),
    "completeness_error": (("probe",), np.float64, "logit", "sum of integrated gradients - difference"),
    "derivative": (("probe", "direction"), np.float64, "logit per unit of input", "by the gradient"),
    "difference_quotient": (
        ("probe", "direction"), np.float64, "logit per unit of input", "central difference in float64",
    ),
    "input_norm": (("probe",), np.float64, "logit per unit of input", "Frobenius norm of d outputs / d input"),
}  # fmt: skip
