"""The learning-rate factor: how far a parameter steps is decided by f′ at its own mean."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from derivviz.calculus.cubic import df


def step_factor(weights: Tensor) -> float:
    """1 + |f′(mean(w))| / 20, the published factor on the step of a parameter tensor [1].

    It is 1.9 at mean 0, 2.2 at most between the zeros −3 and 1 of f′ (at mean −1), and grows without
    bound outside. Of complex weights |f′| is the modulus; NaN or infinity among the weights makes the
    factor NaN or infinite.

    Parameters
    ----------
    weights
        A parameter of any shape with at least one element.

    Examples
    --------
    >>> step_factor(torch.tensor([-1.5, -0.5]))
    2.2
    """
    # In float64 the sum of a large float32 tensor takes fifty times as long, and tells the same factor.
    dtype = torch.promote_types(weights.dtype, torch.float32)
    mean = weights.detach().mean(dtype=dtype)
    # As a tensor, because the square of a float raises where it overflows; in double precision as a float.
    slope: float = df(mean.to(torch.promote_types(dtype, torch.float64))).abs().item()
    return 1 + slope / 20


class DerivativeFactor(Optimizer):
    """Multiply each parameter tensor's step of another optimizer by 1 + |f′(mean(w))| / 20.

        w ← w + factor · Δw

    Δw is all that the wrapped optimizer would have added to w, weight decay included, and the factor is
    that of w before the step. Groups, state, ``state_dict`` and its hooks are those of the wrapped
    optimizer, so schedulers and checkpoints know no difference; the hooks of a step run around the whole,
    factor included.

    A step takes one more copy of the parameters that have gradients, for as long as it lasts. What an
    optimizer remembers of its own steps (the curvature of LBFGS, the average of ASGD) knows nothing of the
    factor.

    Parameters
    ----------
    optimizer
        Any optimizer of ``torch.optim`` (Adam in the published recommender, with lr 0.001), except those
        made with ``differentiable=True``.
    factor
        The factor [1] of a parameter before its step; a function at the top of a module, if the optimizer
        is to be pickled.

    Attributes
    ----------
    factors : dict[Tensor, float]
        The factor of each parameter in the last step [1]; parameters without a gradient have none. A
        recording has them as ``lr_factor``.

    Raises
    ------
    TypeError : what is to be wrapped is no optimizer.
    ValueError : on stepping, a group has ``differentiable=True``.

    Examples
    --------
    >>> layer = torch.nn.Linear(2, 1)
    >>> optimizer = DerivativeFactor(torch.optim.Adam(layer.parameters(), lr=0.001))
    >>> layer(torch.ones(3, 2)).sum().backward()
    >>> optimizer.step()
    >>> len(optimizer.factors)
    2
    >>> gentle = DerivativeFactor(torch.optim.SGD(layer.parameters(), lr=0.1), factor=lambda w: 0.5)
    """

    def __init__(self, optimizer: Optimizer, factor: Callable[[Tensor], float] = step_factor) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"DerivativeFactor wraps an optimizer such as torch.optim.Adam(model.parameters()), "
                f"not {type(optimizer).__name__}"
            )
        self.optimizer, self.factor = optimizer, factor
        self.factors: dict[Tensor, float] = {}
        # Optimizer.__init__ would make groups and a state of its own; this makes the hooks of a step alone.
        super().__setstate__({})

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
        if any(group.get("differentiable") for group in self.param_groups):
            raise ValueError(
                "differentiable=True asks for a step that autograd goes through, but DerivativeFactor "
                "multiplies numbers. Make the wrapped optimizer without it."
            )
        # A closure may bring gradients where there are none yet.
        before = {
            parameter: parameter.detach().clone()
            for group in self.param_groups
            for parameter in group["params"]
            if parameter.numel() and (parameter.grad is not None or closure is not None)
        }
        loss = self.optimizer.step(closure) if closure is not None else self.optimizer.step()
        moved = {parameter: old for parameter, old in before.items() if parameter.grad is not None}
        self.factors = {parameter: self.factor(old) for parameter, old in moved.items()}
        with torch.no_grad():
            for parameter, factor in self.factors.items():
                weight = 1 - factor
                # Tensors overflow to infinity, but lerp_ refuses a number that is too large for them.
                if abs(weight) > torch.finfo(torch.promote_types(parameter.dtype, torch.float32)).max:
                    weight = math.copysign(math.inf, weight)
                parameter.lerp_(moved[parameter], weight)  # exact where nothing moved, or factor is 1
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients through the wrapped optimizer."""
        self.optimizer.zero_grad(set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters to the wrapped optimizer."""
        self.optimizer.add_param_group(param_group)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The wrapped optimizer's groups."""
        return self.optimizer.param_groups

    @param_groups.setter
    def param_groups(self, groups: list[dict[str, Any]]) -> None:
        self.optimizer.param_groups = groups

    @property
    def state(self) -> Any:
        """The wrapped optimizer's state of each parameter."""
        return self.optimizer.state

    @state.setter
    def state(self, state: Any) -> None:
        self.optimizer.state = state

    @property
    def defaults(self) -> dict[str, Any]:  # type: ignore[override]
        """The wrapped optimizer's options, as a new group gets them."""
        return self.optimizer.defaults

    def state_dict(self) -> dict[str, Any]:
        """State of the wrapped optimizer: the factor has none of its own."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` of this or of the bare optimizer gave."""
        self.optimizer.load_state_dict(state_dict)

    def register_state_dict_pre_hook(self, *args: Any, **kwargs: Any) -> RemovableHandle:
        """Register it on the wrapped optimizer, whose ``state_dict`` this is; so with the next three."""
        return self.optimizer.register_state_dict_pre_hook(*args, **kwargs)

    def register_state_dict_post_hook(self, *args: Any, **kwargs: Any) -> RemovableHandle:
        return self.optimizer.register_state_dict_post_hook(*args, **kwargs)

    def register_load_state_dict_pre_hook(self, *args: Any, **kwargs: Any) -> RemovableHandle:
        return self.optimizer.register_load_state_dict_pre_hook(*args, **kwargs)

    def register_load_state_dict_post_hook(self, *args: Any, **kwargs: Any) -> RemovableHandle:
        return self.optimizer.register_load_state_dict_post_hook(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer, "factor": self.factor, "factors": self.factors}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.optimizer!r})"
