"""The variants against their formulas, autograd, finite differences and the library's own parts."""

from __future__ import annotations

import math

import pytest
import torch
from variants import ACTIVATIONS, NORMALISATIONS, Activation, Factor, matched_weights

from derivviz.calculus.cubic import df
from derivviz.learning import DerivativeActivation, FoodCNN, step_factor


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("normalisation", ["none", "first batch"])
def test_slope_is_what_finite_differences_find(name: str, normalisation: str) -> None:
    activation = Activation(3, name, normalisation, -3.0, 0.5).double()
    generator = torch.Generator().manual_seed(0)
    activation(1 + 2 * torch.randn(50, 3, dtype=torch.float64, generator=generator))
    z = (1 + 4 * torch.randn(200, 3, dtype=torch.float64, generator=generator)).requires_grad_()
    (slope,) = torch.autograd.grad(activation(z).sum(), z)
    step = 1e-6
    found = (activation(z.detach() + step) - activation(z.detach() - step)) / (2 * step)
    u = activation.operating_point(z.detach())
    smooth = torch.stack([(u - corner).abs() for corner in (-3, 0, 1)]).amin(dim=0) > 1e-4
    torch.testing.assert_close(slope[smooth], found[smooth], rtol=1e-5, atol=1e-6)


def test_the_forms_of_f_prime() -> None:
    u = torch.linspace(-6, 4, 101, dtype=torch.float64)
    inside = u.clamp(-3, 1)
    for name, expected in {
        "f′": df(u),
        "f′/24": df(u) / 24,
        "f′ clamped": df(inside),
        "f′/24 clamped": df(inside) / 24,
    }.items():
        torch.testing.assert_close(ACTIVATIONS[name](u), expected)


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 5, 5)])
def test_first_batch_is_the_stable_preset(shape: tuple[int, ...]) -> None:
    ours, librarys = Activation(4, "f′/24 clamped", "first batch", -3.0, 0.5), DerivativeActivation(4)
    generator = torch.Generator().manual_seed(0)
    for size in (1.0, 5.0):
        z = 2 + size * torch.randn(shape, generator=generator)
        torch.testing.assert_close(ours(z), librarys(z))


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_normalised_pre_activations(normalisation: str) -> None:
    activation = Activation(4, "identity", normalisation, 0.0, 1.0)
    z = 3 + 2 * torch.randn(64, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    u = activation(z)
    over = {"none": None, "sample": (1, 2, 3)}.get(normalisation, (0, 2, 3))
    if over is None:
        assert torch.equal(u, z)
        return
    variance, mean = torch.var_mean(u, dim=over, correction=0)
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-5, rtol=0)
    torch.testing.assert_close(variance, torch.ones_like(variance), atol=1e-4, rtol=0)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(ValueError, match="first batch"):
        Activation(3, "ReLU", "bacth", 0.0, 1.0)
    with pytest.raises(ValueError, match="elementwise"):
        Factor(torch.optim.SGD([torch.zeros(1, requires_grad=True)]), "none")


def test_matched_weights_keep_pre_activations_near_variance_one() -> None:
    torch.manual_seed(0)
    images = torch.randn(32, 3, 32, 32)
    for name in ("f′", "f′/24 clamped", "ReLU"):
        model = FoodCNN(side=32, activation=lambda n, name=name: Activation(n, name, "none", 0.0, 1.0))
        matched_weights(model, name, 0.0, 1.0, float(images.square().mean()))
        z1 = model.conv(images)
        assert 0.7 < z1.square().mean() < 1.4
        # The linear layer sees pooled maps: somewhat larger for a ReLU than what was reckoned with.
        z2 = model.fc1(model.flatten(model.pool(model.act1(z1))))
        assert 0.3 < z2.square().mean() < 5


def _stepped(form: str | None, weights: torch.Tensor) -> torch.Tensor:
    parameter = torch.nn.Parameter(weights.clone())
    other = torch.nn.Parameter(torch.full((2,), -1.0))
    sgd = torch.optim.SGD([parameter, other], lr=0.1)
    optimizer = sgd if form is None else Factor(sgd, form)
    parameter.grad, other.grad = torch.ones_like(parameter), torch.ones_like(other)
    optimizer.step()
    return parameter.detach() - weights


def test_the_forms_of_the_factor() -> None:
    weights = torch.tensor([0.0, 3.0])
    bare = _stepped(None, weights)
    mean = df(1.5)
    assert mean < 0
    torch.testing.assert_close(_stepped("signed", weights), bare * (1 + mean / 20))
    torch.testing.assert_close(_stepped("constant", weights), bare * 1.9)
    torch.testing.assert_close(_stepped("elementwise", weights), bare * (1 + df(weights).abs() / 20))
    average = (step_factor(weights) + 2.2) / 2  # the other tensor stands on the peak of f′
    torch.testing.assert_close(_stepped("normalised", weights), bare * (step_factor(weights) / average))
    assert math.isclose(step_factor(torch.tensor([-1.0])), 2.2)


def test_running_statistics_follow_and_carry_no_gradient() -> None:
    activation = Activation(2, "identity", "running", 0.0, 1.0)
    generator = torch.Generator().manual_seed(0)
    activation(torch.randn(500, 2, generator=generator))
    before = activation.center.clone()
    z = (5 + torch.randn(500, 2, generator=generator)).requires_grad_()
    (slope,) = torch.autograd.grad(activation(z).sum(), z)
    torch.testing.assert_close(activation.center, before.lerp(z.detach().mean(dim=0), 0.1))
    torch.testing.assert_close(slope, (1 / activation.scale).expand_as(slope))
    activation.eval()
    kept = activation.center.clone()
    activation(z)
    assert torch.equal(activation.center, kept)
