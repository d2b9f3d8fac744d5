"""PyTorch's derivative of an expression, to hold other ways of finding it against."""

from __future__ import annotations

import numpy as np
import torch

from derivviz.calculus.expression import Expression
from derivviz.calculus.program import Kind, run
from derivviz.calculus.tree import Node, evaluate, rational


def derivative(function: Expression, at: float) -> float:
    """f′ at `at` by autograd in float64: the very program of the expression, run on tensors.

    Where f has no derivative, it is whatever torch makes of it: 0 for |x| at 0, an infinity for √x.
    """
    x = torch.tensor(float(at), dtype=torch.float64, requires_grad=True)
    result = run(function.tree, x, _TENSOR)
    if not result.requires_grad:  # x does not occur
        return 0.0
    (slope,) = torch.autograd.grad(result, x)
    return float(slope)


def _call(name: str, u: torch.Tensor) -> torch.Tensor:
    return u.sign() * u.abs() ** (1 / 3) if name == "cbrt" else getattr(torch, name)(u)


def _power(u: torch.Tensor, exponent: Node) -> torch.Tensor:
    exact = rational(exponent)
    if exact is not None and exact.denominator > 1 and exact.denominator % 2:  # the real root
        root = u.abs() ** float(exact)
        return u.sign() * root if exact.numerator % 2 else root
    return u ** float(evaluate(exponent, np.float64(0)))


_TENSOR: Kind[torch.Tensor] = Kind(
    lambda number: torch.tensor(float(number), dtype=torch.float64), _call, _power
)
