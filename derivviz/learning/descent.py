"""Walkers on one loss: several optimizers that begin side by side, and what the ground under them is like.

Source: steepest descent is w ← w − η ∇E(w). Where E is a parabola with second derivative λ, each step multiplies the
distance to its lowest point by 1 − ηλ: it comes nearer for 0 < η < 2/λ, and from η = 1/λ on it leaps to the other side.
With several weights λ is the largest eigenvalue of the Hessian matrix (Y. Nesterov, Lectures on Convex Optimization,
2018, section 2.1.5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.optim import Optimizer

from derivviz.errors import UsageError, nearest

Loss = Callable[[Tensor], Tensor]


class Walkers(nn.Module):
    """Places on the ground of one loss, by name, each of them walked by an optimizer of its own.

    Parameters
    ----------
    loss
        Of a place, shape (n,): a scalar; by the names of the walkers.
    starts
        The first place of each.
    """

    def __init__(self, loss: Mapping[str, Loss], starts: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._loss = dict(loss)
        self.place = nn.ParameterDict()
        for name in loss:  # one by one: of a whole mapping it makes an alphabet
            self.place[name] = nn.Parameter(starts[name].clone())

    def forward(self) -> Tensor:
        """The loss at the place of each, shape (walker,)."""
        return torch.stack([loss(self.place[name]) for name, loss in self._loss.items()])


class Together(Optimizer):
    """Several optimizers of different parameters that step as one, so that a recorder sees one step."""

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        self.optimizers = list(optimizers)
        super().__init__([group for one in self.optimizers for group in one.param_groups], {})

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step of each of them."""
        for one in self.optimizers:
            one.step()


def lowest(loss: Loss, start: Tensor) -> Tensor:
    """The lowest place that L-BFGS finds from `start`, same shape; a minimum nearby, if there is one."""
    place = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [place], max_iter=500, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def look() -> Tensor:
        optimizer.zero_grad()
        found = loss(place)
        found.backward()
        return found

    optimizer.step(look)
    return place.detach()


def curvatures(loss: Loss, place: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues of the Hessian matrix, the smallest first, shape (n,), and its eigenvectors in columns, (n, n)."""
    hessian = torch.autograd.functional.hessian(loss, place)
    assert isinstance(hessian, Tensor)
    values, vectors = torch.linalg.eigh(hessian)
    return values, vectors


def two_weights(
    model: nn.Module, loss: Callable[[nn.Module], Tensor], one: str, other: str
) -> tuple[Loss, Tensor]:
    """The loss of a model as a function of two of its weights, while all others stay as they are.

    Parameters
    ----------
    model
        Yours, trained or not. It is left as it is.
    loss
        Of the model: calls it on whatever data is yours, always the same, and gives a scalar.
    one, other
        Which weights: the name of a parameter and where in it, as ``fc.weight[0, 3]``.

    Returns
    -------
    (function, place)
        The function takes a tensor of shape (2,); the place is where the two weights stand now.

    Raises
    ------
    UsageError
        For a weight that there is not, or the same one twice.
    """
    at = [_found(model, told) for told in (one, other)]
    if at[0] == at[1]:
        raise UsageError(f"{one} and {other} are the same weight: name two.")
    kept = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    start = torch.stack([kept[name][where] for name, where in at])

    def function(place: Tensor) -> Tensor:
        weights = dict(kept)
        for value, (name, where) in zip(place, at, strict=True):
            whole = torch.tensor(where, device=place.device)
            weights[name] = weights[name].index_put(tuple(whole), value.to(weights[name].dtype))
        return functional_call(_Shown(model, loss), {f"model.{name}": w for name, w in weights.items()}, ())

    return function, start


class _Shown(nn.Module):
    """A model and what is asked of it, as a module: `functional_call` wants one."""

    def __init__(self, model: nn.Module, loss: Callable[[nn.Module], Tensor]) -> None:
        super().__init__()
        self.model, self._loss = model, loss

    def forward(self) -> Tensor:
        return self._loss(self.model)


def _found(model: nn.Module, told: str) -> tuple[str, tuple[int, ...]]:
    name, _, rest = told.partition("[")
    parameters = dict(model.named_parameters())
    if name not in parameters:
        guess = nearest(name, parameters, 1)
        hint = f" Did you mean {guess[0]!r}?" if guess else ""
        raise UsageError(f"The model has no parameter {name!r}.{hint} It has: {', '.join(parameters)}.")
    shape = tuple(parameters[name].shape)
    try:
        where = tuple(int(number) for number in rest.removesuffix("]").split(",")) if rest else ()
        inside = len(where) == len(shape) and all(
            0 <= n < size for n, size in zip(where, shape, strict=False)
        )
    except ValueError:
        inside = False
    if not inside:
        example = f"{name}[{', '.join('0' for _ in shape)}]" if shape else name
        raise UsageError(
            f"{told!r} is no weight of {name}, whose shape is {shape}: write for example {example!r}."
        )
    return name, where
