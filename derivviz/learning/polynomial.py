"""Polynomial regression: the smallest model whose derivative can be followed by hand.

Source: polynomial regression by steepest descent. With u_j = f(x_j) − t_j the chain rule gives
∂E/∂a_i = Σ_j u_j x_j^i.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Polynomial(nn.Module):
    """f(x) = Σ a_k x^k, all coefficients 0 at first.

    Parameters
    ----------
    degree
        n ≥ 0: there are n + 1 coefficients.

    Attributes
    ----------
    coefficients : nn.Parameter
        a_0 … a_n, shape (n + 1,), float64: with powers up to the ninth, float32 is too coarse.
    """

    def __init__(self, degree: int) -> None:
        super().__init__()
        self.coefficients = nn.Parameter(torch.zeros(degree + 1, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """f(x), the shape of `x`, by Horner's scheme."""
        value = torch.zeros_like(x)
        for coefficient in self.coefficients.flip(0):
            value = value * x + coefficient
        return value


def squared_error(f: Tensor, target: Tensor) -> Tensor:
    """E = ½ Σ_j (f(x_j) − t_j)², a scalar in squared units of t."""
    return (f - target).square().sum() / 2
