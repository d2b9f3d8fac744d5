"""Fixed inputs that a model is shown again and again while it learns, without leaving a mark on it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from derivviz.recording.gathering import (
    MOST_SAMPLES,
    PICTURE_SIDE,
    Array,
    Piece,
    chosen_units,
    flattened,
    maps,
)
from derivviz.recording.hooks import first_tensor, obstacle, real
from derivviz.recording.measure import pictures

ProbeInput: TypeAlias = Tensor | tuple[Any, ...] | Mapping[str, Any]
MOST_SHOWN = 16


class Probe:
    """What a model makes of fixed inputs.

    Parameters
    ----------
    inputs : the model's argument, a tuple of its arguments, or a mapping of named ones; (probe, …) each
    """

    def __init__(self, model: nn.Module, modules: Mapping[str, nn.Module], inputs: ProbeInput) -> None:
        self._model, self._modules, self._inputs = model, modules, inputs
        self._found: dict[tuple[str, str], Piece] = {}

    def images(self) -> Array | None:
        """Thumbnails, uint8 (probe, y, x, 3), if the model takes pictures."""
        first = first_tensor(self._inputs)
        return None if first is None or first.ndim != 4 else pictures(first[:MOST_SAMPLES], PICTURE_SIDE)

    def look(self) -> tuple[Array | None, dict[tuple[str, str], Piece]]:
        """One forward pass in evaluation mode and without gradients.

        Returns
        -------
        output : float32 (probe, class); None if the model puts out no such tensor
        pieces : by (kind, module): units of activations, thumbnails of maps
        """
        self._found.clear()
        hooks = [
            module.register_forward_hook(partial(self._module_ran, name))
            for name, module in self._modules.items()
        ]
        try:
            with unmarked(self._model):
                output = first_tensor(call(self._model, self._inputs))
        finally:
            for hook in hooks:
                hook.remove()
        if output is None or not output.ndim or obstacle(output) is not None:
            return None, self._found
        return flattened(output), self._found

    def _module_ran(self, name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        tensor = first_tensor(output)
        if tensor is None or not tensor.ndim or obstacle(tensor) is not None:
            return
        values = real(tensor)
        self._found["activation", name] = chosen_units(name, values, MOST_SAMPLES)
        if values.ndim == 4:
            self._found["map", name] = maps(name, values[:MOST_SHOWN])


def call(model: nn.Module, inputs: ProbeInput) -> Any:
    """What the model returns for inputs that are moved to where it is."""
    first = next(model.parameters(), None)
    device = first.device if first is not None else torch.device("cpu")

    def there(value: Any) -> Any:
        return value.to(device) if isinstance(value, Tensor) else value

    if isinstance(inputs, Mapping):
        return model(**{name: there(value) for name, value in inputs.items()})
    return model(*(there(value) for value in (inputs if isinstance(inputs, tuple) else (inputs,))))


@contextmanager
def unmarked(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients, for the block; modes, buffers and random numbers afterwards as they were."""
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.clone(), buffer._version) for buffer in model.buffers()]
    python, numpy = random.getstate(), np.random.get_state()
    kind = next((p.device.type for p in model.parameters()), "cpu")
    devices = sorted({p.device.index or 0 for p in model.parameters()}) if kind != "cpu" else []
    # Without autocast: it would remember the weights it converts here, without their gradients.
    still = torch.random.fork_rng(devices, device_type=kind if devices else "cuda")
    with still, torch.no_grad(), torch.autocast(kind, enabled=False):
        try:
            for module, _ in modes:
                module.training = False
            yield
        finally:
            for module, mode in modes:
                module.training = mode
            for buffer, before, version in buffers:
                if buffer._version != version:
                    buffer.copy_(before)
            random.setstate(python)
            np.random.set_state(numpy)
