"""The losses against their closed forms, torch's own, SymPy's derivatives and finite differences."""

import doctest
import math

import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import binary_cross_entropy_with_logits

from derivviz.learning import losses
from derivviz.learning.losses import (
    critic_loss,
    discriminator_loss,
    focal_loss,
    generator_loss,
    gradient_norms,
    gradient_penalty,
    interpolate,
)

numbers = st.floats(-30, 30)
QUICK = settings(max_examples=60, deadline=None, derandomize=True)


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@QUICK
@given(numbers, st.sampled_from([0, 1]), st.floats(0, 1), st.floats(0, 6))
def test_focal_loss_is_the_formula_of_the_paper(z, target, alpha, gamma):
    p = sympy.Float(1, 60) / (1 + sympy.exp(-sympy.Float(z, 60)))
    p_t = p if target else 1 - p
    alpha_t = alpha if target else 1 - alpha
    expected = float(-alpha_t * (1 - p_t) ** gamma * sympy.log(p_t))
    found = focal_loss(doubles(z), torch.tensor([target]), alpha, gamma).item()
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-300)


@QUICK
@given(numbers, st.sampled_from([0, 1]), st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0]))
def test_its_derivative_is_the_closed_form(z, target, gamma):
    logits = doubles(z).requires_grad_()
    focal_loss(logits, torch.tensor([target]), 0.25, gamma).backward()
    sign, weight = (1, 0.25) if target else (-1, 0.75)
    p_t = 1 / (1 + math.exp(-sign * z))
    lost = 1 / (1 + math.exp(sign * z))
    expected = sign * weight * lost**gamma * (gamma * p_t * -math.log1p(math.exp(-sign * z)) - lost)
    assert logits.grad.item() == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_without_focus_and_weight_it_is_torchs_cross_entropy():
    logits, targets = torch.randn(7, 3), (torch.rand(7, 3) < 0.5).float()
    for reduction in ("mean", "sum", "none"):
        ours = focal_loss(logits, targets, None, 0, reduction)
        torch.testing.assert_close(
            ours, binary_cross_entropy_with_logits(logits, targets, reduction=reduction)
        )


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2, 5])
def test_gradients_are_finite_where_probabilities_are_0_or_1_to_the_last_bit(gamma):
    logits = torch.tensor([-200.0, 0.0, 200.0, -200.0, 0.0, 200.0], requires_grad=True)
    loss = focal_loss(logits, torch.tensor([0, 0, 0, 1, 1, 1]), gamma=gamma, reduction="none")
    (slope,) = torch.autograd.grad(loss.sum(), logits)
    assert torch.isfinite(loss).all()
    assert torch.isfinite(slope).all()
    assert loss[0] == loss[5] == 0


def test_focal_loss_passes_torchs_gradient_check():
    logits = torch.linspace(-3, 3, 9, dtype=torch.float64, requires_grad=True)
    targets = torch.arange(9) % 2
    assert gradcheck(lambda z: focal_loss(z, targets, gamma=1.5), logits)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"targets": torch.zeros(2, 3)}, r"shape \(2, 3\)"),
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"gamma": -1}, "gamma is -1"),
        ({"gamma": math.nan}, "gamma is nan"),
        ({"reduction": "median"}, "median"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        focal_loss(**{"logits": torch.zeros(3), "targets": torch.zeros(3), **arguments})


def test_the_gans_losses_are_binary_cross_entropies():
    real, fake = torch.randn(9), torch.randn(9)
    ones, zeros = torch.ones(9), torch.zeros(9)
    expected = binary_cross_entropy_with_logits(real, ones) + binary_cross_entropy_with_logits(fake, zeros)
    torch.testing.assert_close(discriminator_loss(real, fake), expected)
    torch.testing.assert_close(generator_loss(fake), binary_cross_entropy_with_logits(fake, ones))
    torch.testing.assert_close(
        generator_loss(fake, saturating=True), -binary_cross_entropy_with_logits(fake, zeros)
    )


@QUICK
@given(st.lists(numbers, min_size=1, max_size=6), st.lists(numbers, min_size=1, max_size=6))
def test_the_gans_losses_are_the_formulas_of_the_paper(real, fake):
    exact = lambda z: 1 / (1 + sympy.exp(-sympy.Float(z, 60)))  # noqa: E731
    mean = lambda terms: float(sum(terms) / len(terms))  # noqa: E731
    of_real = mean([sympy.log(exact(z)) for z in real])
    of_fake, missed = (
        mean([sympy.log(1 - exact(z)) for z in fake]),
        mean([sympy.log(exact(z)) for z in fake]),
    )
    assert discriminator_loss(doubles(*real), doubles(*fake)).item() == pytest.approx(-of_real - of_fake)
    assert generator_loss(doubles(*fake)).item() == pytest.approx(-missed)
    assert generator_loss(doubles(*fake), saturating=True).item() == pytest.approx(of_fake)
    assert critic_loss(doubles(*real), doubles(*fake)).item() == pytest.approx(
        math.fsum(fake) / len(fake) - math.fsum(real) / len(real), abs=1e-12
    )


def test_the_gans_losses_pass_torchs_gradient_check():
    real = torch.linspace(-4, 4, 7, dtype=torch.float64, requires_grad=True)
    fake = torch.linspace(-3, 5, 5, dtype=torch.float64, requires_grad=True)
    assert gradcheck(discriminator_loss, (real, fake))
    assert gradcheck(critic_loss, (real, fake))
    for saturating in (False, True):
        assert gradcheck(lambda z, form=saturating: generator_loss(z, form), fake)


def test_only_the_saturating_generator_is_left_without_a_derivative():
    slopes = []
    for saturating in (True, False):
        fake = torch.tensor([-40.0], requires_grad=True)
        generator_loss(fake, saturating).backward()
        slopes.append(fake.grad.item())
    assert slopes == pytest.approx([-math.exp(-40), -1])


def test_no_logit_is_too_large():
    far = torch.tensor([-1e4, 1e4])
    assert torch.isfinite(discriminator_loss(far, far))
    assert torch.isfinite(generator_loss(far, saturating=True))


def test_the_critics_loss_is_a_difference_of_means():
    assert critic_loss(doubles(1, 3), doubles(5)).item() == 3


def test_interpolation_lies_between_and_holds_nothing_back():
    real = torch.full((50, 3, 4), 2.0, requires_grad=True)
    fake = torch.full((50, 3, 4), -1.0, requires_grad=True)
    points = interpolate(real, fake, torch.Generator().manual_seed(1))
    assert not points.requires_grad
    assert ((points >= -1) & (points < 2)).all()
    assert (points.flatten(1).std(1) < 1e-6).all()  # one share a sample
    assert points.flatten(1)[:, 0].std() > 0.5  # another one for each
    again = interpolate(real, fake, torch.Generator().manual_seed(1))
    assert torch.equal(points, again)
    with pytest.raises(ValueError, match="one fake"):
        interpolate(real, fake[:3])


def test_the_norm_goes_over_all_dimensions_of_a_sample():
    weight = torch.randn(2, 3, 4, dtype=torch.float64)
    norms = gradient_norms(lambda x: (x * weight).flatten(1).sum(1), torch.randn(5, 2, 3, 4).double())
    torch.testing.assert_close(norms, weight.norm().expand(5))


def test_the_penalty_is_that_of_a_known_slope_and_0_where_the_slope_is_1():
    direction = torch.nn.functional.normalize(torch.randn(6, dtype=torch.float64), dim=0)
    real, fake = torch.randn(2, 10, 6, dtype=torch.float64)
    assert gradient_penalty(lambda x: x @ direction, real, fake).item() == pytest.approx(0, abs=1e-20)
    assert gradient_penalty(lambda x: x @ (3 * direction), real, fake).item() == pytest.approx(4)
    assert torch.isfinite(gradient_penalty(lambda x: 0 * x.sum(1), real, fake))


def test_the_penalty_differentiates_twice():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    points = torch.randn(5, 3, dtype=torch.float64)

    def penalty(weight):
        scores = lambda x: critic[2](torch.tanh(x @ weight.T))  # noqa: E731
        return (gradient_norms(scores, points) - 1).square().mean()

    weight = critic[0].weight.detach().clone().requires_grad_()
    assert gradcheck(penalty, weight)
    assert gradgradcheck(penalty, weight)


def test_the_penalty_reaches_the_critic_under_no_grad_too_and_never_the_generator():
    critic, generator = nn.Linear(2, 1), nn.Linear(2, 2)
    real, fake = torch.randn(4, 2), generator(torch.randn(4, 2))
    gradient_penalty(critic, real, fake).backward()
    assert critic.weight.grad is not None
    assert generator.weight.grad is None
    with torch.no_grad():
        assert gradient_norms(critic, real).shape == (4,)


def test_the_examples_of_the_docstrings_are_true():
    assert doctest.testmod(losses).failed == 0
