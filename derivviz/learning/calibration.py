"""Calibrating activations before training, where the first batch alone would mislead them."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from derivviz.learning.activation import DerivativeActivation


def calibrate(model: nn.Module, *inputs: Any, passes: int = 4) -> None:
    """Give each stable `DerivativeActivation` of a model the μ and σ of all that it meets in `inputs`.

    Without it an activation takes them from its first call in training. In a recurrent network that is the
    first time step, when the state is still 0; here they are over all time steps. As calibrated
    activations change what the others meet, and in a recurrent network what they meet themselves, it is
    done several times over.

    Parameters
    ----------
    model
        Any network with such activations. Its weights stay, and so does its mode.
    inputs
        A batch, as the model is called with it.
    passes
        How often: at least as many as there are activations one behind the other.

    Examples
    --------
    >>> network = nn.Sequential(nn.Linear(4, 8), DerivativeActivation(8), nn.Linear(8, 2))
    >>> calibrate(network, torch.randn(32, 4))
    >>> network[1].calibrated
    tensor(True)
    """
    activations = [m for m in model.modules() if isinstance(m, DerivativeActivation) and m.center is not None]
    training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        for _ in range(passes):
            met = _met(model, inputs, activations)
            for activation, calls in met.items():
                if calls:
                    activation.calibrate(torch.cat(calls))
    finally:
        for module, mode in training.items():
            module.training = mode


def _met(
    model: nn.Module, inputs: tuple[Any, ...], activations: list[DerivativeActivation]
) -> dict[DerivativeActivation, list[Tensor]]:
    """The pre-activations of every call of each activation, while the model runs once."""
    met: dict[DerivativeActivation, list[Tensor]] = {activation: [] for activation in activations}

    def keep(calls: list[Tensor], module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        calls.append(arguments[0])

    handles = [a.register_forward_pre_hook(partial(keep, calls)) for a, calls in met.items()]
    try:
        with torch.no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return met
