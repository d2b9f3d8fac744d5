"""The polynomial: its slopes by hand, and how fast it may descend."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from derivviz.calculus.polynomial import largest_stable_rate, least_squares, wave
from derivviz.learning.polynomial import Polynomial, squared_error


def test_the_chain_rule_gives_the_slope_of_every_coefficient():
    model = Polynomial(4)
    x, target = torch.linspace(-1, 1, 7, dtype=torch.float64), torch.randn(7, dtype=torch.float64)
    with torch.no_grad():
        model.coefficients.copy_(torch.tensor([1.0, -2, 0.5, 3, -1]))
    f = model(x)
    np.testing.assert_allclose(f.detach(), np.polynomial.Polynomial([1, -2, 0.5, 3, -1])(x.numpy()))
    squared_error(f, target).backward()
    u = (f - target).detach()
    by_hand = torch.stack([(u * x**i).sum() for i in range(5)])
    torch.testing.assert_close(model.coefficients.grad, by_hand)
    assert gradcheck(lambda at: model(at).sum(), x.clone().requires_grad_())


@pytest.mark.parametrize(("share", "converges"), [(0.9, True), (1.1, False)])
def test_beyond_the_largest_stable_rate_it_diverges(share, converges):
    points = wave(12, 0.1, seed=3)
    model = Polynomial(2)
    rate = share * largest_stable_rate(points.x, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    x, target = torch.from_numpy(points.x), torch.from_numpy(points.target)
    for _ in range(400):
        optimizer.zero_grad()
        squared_error(model(x), target).backward()
        optimizer.step()
    best = least_squares(points.x, points.target, 2)
    assert np.allclose(model.coefficients.detach(), best, atol=1e-3) == converges
