"""Activation functions: values and derivatives as torch has them, formulas that Typst can set."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.calculus.nonlinearity import KNOWN, hill, known
from derivviz.look.typst import outline

MADE = {
    "ReLU": ({},),
    "LeakyReLU": ({}, {"negative_slope": 0.3}, {"negative_slope": 2.0}),
    "Tanh": ({},),
    "Sigmoid": ({},),
    "SiLU": ({},),
    "GELU": ({}, {"approximate": "tanh"}),
    "ELU": ({}, {"alpha": 0.5}),
    "Softplus": ({}, {"beta": 3.0}),
}


def test_all_are_tried() -> None:
    assert MADE.keys() == KNOWN.keys()


@pytest.mark.parametrize("kind", KNOWN)
def test_as_torch_has_them(torch, kind: str) -> None:
    z = torch.cat([torch.linspace(-6, 6, 241, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)])
    for options in MADE[kind]:
        found = known(kind, options)
        assert found is not None
        x = z.clone().requires_grad_()
        assert outline(found.formula, math=True).shapes
        assert outline(found.slope, math=True).shapes
        a = getattr(torch.nn, kind)(**options)(x)
        a.sum().backward()
        np.testing.assert_allclose(found(z.numpy()), a.detach().numpy(), rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(found.rise(z.numpy()), x.grad.numpy(), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("preset", ["stable", "faithful"])
def test_the_derivative_activation(torch, preset: str) -> None:
    from derivviz.learning import DerivativeActivation

    layer = DerivativeActivation(2, preset)
    if preset == "stable":
        layer.calibrate(torch.randn(50, 2, generator=torch.Generator().manual_seed(0)) * 3 + 1)
    x = torch.linspace(-9, 9, 61).repeat(2, 1).T.clone().requires_grad_()
    a = layer(x)
    a.sum().backward()
    for unit in range(2):
        if preset == "stable":
            rate = 0.5 / float(layer.scale[unit])
            found = hill(rate, -3 - float(layer.center[unit]) * rate, True)
        else:
            found = hill(1, 0, False)
        z = x.detach().numpy()[:, unit]
        np.testing.assert_allclose(found(z), a.detach().numpy()[:, unit], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found.rise(z), x.grad.numpy()[:, unit], rtol=1e-5, atol=1e-5)


def test_others_are_not_known() -> None:
    assert known("Softmax", {}) is None
    assert known("Linear", {}) is None


def test_far_out_nothing_overflows() -> None:
    for kind in KNOWN:
        found = known(kind, {})
        assert found is not None
        far = np.array([-800.0, 800.0])
        with np.errstate(over="raise", invalid="raise"):
            assert np.isfinite(found(far)).all()
            assert np.isfinite(found.rise(far)).all()
