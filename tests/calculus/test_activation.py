"""The activations that are held side by side, against torch's own and against autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from derivviz.calculus.activation import KEYS, functions

Z = np.concatenate([np.linspace(-6, 6, 241) + 0.013, [-40.0, 40.0]])


def test_they_are_torchs(torch: Any) -> None:
    from derivviz.learning.activation import DerivativeActivation

    scaled = DerivativeActivation(1).eval().double()  # center 0 and scale 1, as it is made
    theirs = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "gelu": torch.nn.functional.gelu,
        "raw": DerivativeActivation(preset="faithful"),
        "scaled": lambda z: scaled(z[:, None])[:, 0],
    }
    assert tuple(theirs) == KEYS == tuple(functions())
    for key, function in functions().items():
        z = torch.tensor(Z, requires_grad=True)
        a = theirs[key](z)
        a.sum().backward()
        np.testing.assert_allclose(function(Z), a.detach().numpy(), rtol=1e-12, atol=1e-12, err_msg=key)
        np.testing.assert_allclose(function.slope(Z), z.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=key)


@pytest.mark.parametrize("key", KEYS)
def test_the_slope_is_that_of_the_function_but_where_it_jumps(key: str) -> None:
    function = functions()[key]
    far = np.array([z for z in Z if all(abs(z - jump) > 0.01 for jump in function.jumps)])
    quotient = (function(far + 1e-6) - function(far - 1e-6)) / 2e-6
    np.testing.assert_allclose(function.slope(far), quotient, rtol=1e-6, atol=1e-6)
    for jump in function.jumps:
        low, high = function.slope(np.array([jump - 1e-9, jump + 1e-9]))
        assert abs(high - low) > 0.4


def test_the_scaled_one_is_bounded() -> None:
    """0 ≤ a ≤ 1 and |da/du| ≤ 1, as the lesson says: u moves by 1/2 where the standardised z moves by 1."""
    scaled = functions()["scaled"]
    z = np.linspace(-1e4, 1e4, 200001)
    assert scaled(z).min() == 0
    assert scaled(z).max() == pytest.approx(1.0, abs=1e-3)
    assert np.abs(scaled.slope(np.linspace(-10, 20, 30001))).max() == pytest.approx(0.5, abs=1e-3)
