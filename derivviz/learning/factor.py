"""The learning-rate factor: how far a parameter steps is decided by f′ at its own mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from derivviz.calculus.cubic import df


def step_factor(weights: Tensor) -> float:
    """1 + |f′(mean(w))| / 20, the factor on the step of a parameter tensor.

    It is 1.9 at mean 0, 2.2 at most between the zeros −3 and 1 of f′ (at mean −1), and grows without
    bound outside.

    Parameters
    ----------
    weights
        A parameter of any shape.
    """
    return 1 + abs(df(weights.detach().mean(dtype=torch.float64).item())) / 20


class DerivativeFactor(Optimizer):
    """Multiply each parameter tensor's step of another optimizer by 1 + |f′(mean(w))| / 20.

    The mean is taken before the step: w ← w + (1 + |f′(mean(w))|/20) · Δw, where Δw is what the wrapped
    optimizer would have done. Its moments and its weight decay are its own; parameter groups, state,
    hooks, learning-rate schedulers and ``state_dict`` work as on the wrapped optimizer.

    Parameters
    ----------
    optimizer
        Any optimizer of ``torch.optim`` (Adam in the published recommender, with lr 0.001).

    Attributes
    ----------
    factors : dict[Tensor, float]
        The factor of each parameter in the last step [1]; parameters without a gradient have none.

    Examples
    --------
    >>> layer = torch.nn.Linear(2, 1)
    >>> optimizer = DerivativeFactor(torch.optim.Adam(layer.parameters(), lr=0.001))
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"DerivativeFactor wraps an optimizer such as torch.optim.Adam(model.parameters()), "
                f"not {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        self.factors: dict[Tensor, float] = {}
        super().__init__(optimizer.param_groups, optimizer.defaults)
        self._share()

    def _share(self) -> None:
        # One list of groups and one state for both, so that a scheduler or a loaded state reaches the
        # wrapped one.
        self.param_groups = self.optimizer.param_groups
        self.state = self.optimizer.state

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Let the wrapped optimizer step, then lengthen each parameter's step by its factor.

        Parameters
        ----------
        closure
            Recomputes and returns the loss; passed on to the wrapped optimizer.

        Returns
        -------
        float or None
            What the wrapped optimizer returned.
        """
        parameters = [p for group in self.param_groups for p in group["params"]]
        before = [p.detach().clone() for p in parameters]
        loss = self.optimizer.step(closure) if closure is not None else self.optimizer.step()
        self.factors = {}
        with torch.no_grad():
            for parameter, old in zip(parameters, before, strict=True):
                if parameter.grad is None:
                    continue
                factor = step_factor(old)
                self.factors[parameter] = factor
                parameter.copy_(old.lerp_(parameter, factor))
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients through the wrapped optimizer."""
        self.optimizer.zero_grad(set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters to the wrapped optimizer."""
        if self.__dict__.get("param_groups") is self.optimizer.param_groups:
            self.optimizer.add_param_group(param_group)
        else:  # called by Optimizer.__init__ with the groups that the wrapped optimizer has already
            super().add_param_group(param_group)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "optimizer": self.optimizer, "factors": self.factors}

    def state_dict(self) -> dict[str, Any]:
        """State of the wrapped optimizer: the factor has none of its own."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` of this or of the bare optimizer gave."""
        self.optimizer.load_state_dict(state_dict)
        self._share()
