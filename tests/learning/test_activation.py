"""The activation against its closed form, autograd and finite differences."""

from __future__ import annotations

import pytest
import torch

from derivviz.calculus.cubic import df
from derivviz.learning import DerivativeActivation


def _calibrated(features: int = 3, dtype: torch.dtype = torch.float64) -> DerivativeActivation:
    activation = DerivativeActivation(features).to(dtype)
    generator = torch.Generator().manual_seed(0)
    activation(2 + 3 * torch.randn(64, features, 4, 4, dtype=dtype, generator=generator))
    return activation


def _inputs(features: int = 3) -> torch.Tensor:
    # Wide enough for u below −3, between, and above 1.
    generator = torch.Generator().manual_seed(1)
    return 2 + 12 * torch.randn(8, features, 3, 3, dtype=torch.float64, generator=generator)


def test_faithful_is_the_published_polynomial() -> None:
    z = torch.linspace(-5, 5, 41, dtype=torch.float64, requires_grad=True)
    a = DerivativeActivation(preset="faithful")(z)
    torch.testing.assert_close(a, -6 * z**2 - 12 * z + 18)
    (slope,) = torch.autograd.grad(a.sum(), z)
    torch.testing.assert_close(slope, -12 * z.detach() - 12)
    torch.testing.assert_close(DerivativeActivation(preset="faithful").derivative(z.detach()), slope)


def test_stable_is_f_prime_over_its_maximum_on_the_interval_where_f_rises() -> None:
    activation, z = _calibrated(), _inputs()
    u = -3 + (z - activation.center.view(1, 3, 1, 1)) / (2 * activation.scale.view(1, 3, 1, 1))
    assert (u < -3).any()
    assert (u > 1).any()
    expected = torch.where((u > -3) & (u < 1), df(u) / 24, 0.0)
    torch.testing.assert_close(activation(z), expected)
    torch.testing.assert_close(activation.operating_point(z), u)
    assert activation(z).min() >= 0
    assert activation(z).max() <= 1


def test_its_derivative_is_what_autograd_and_finite_differences_find() -> None:
    activation, z = _calibrated(), _inputs().requires_grad_()
    (by_autograd,) = torch.autograd.grad(activation(z).sum(), z)
    torch.testing.assert_close(activation.derivative(z.detach()), by_autograd)
    step = 1e-6
    by_difference = (activation(z.detach() + step) - activation(z.detach() - step)) / (2 * step)
    # At the two corners, u = −3 and u = 1, the difference straddles two slopes.
    u = activation.operating_point(z.detach())
    inside = ((u + 3).abs() > 1e-4) & ((u - 1).abs() > 1e-4)
    found = activation.derivative(z.detach())
    torch.testing.assert_close(found[inside], by_difference[inside], rtol=1e-5, atol=1e-7)


def test_gradcheck_to_second_order() -> None:
    activation = _calibrated()
    generator = torch.Generator().manual_seed(2)
    inside = 2 + 3 * (2 + torch.randn(2, 3, 2, 2, dtype=torch.float64, generator=generator).clamp(-1.5, 1.5))
    inside.requires_grad_()
    assert torch.autograd.gradcheck(activation, inside)
    assert torch.autograd.gradgradcheck(activation, inside)


def test_the_jacobian_is_diagonal_also_on_the_calibrating_batch() -> None:
    # Batch normalisation fails this: there every sample's gradient depends on the others.
    activation = DerivativeActivation(2).double()
    z = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    jacobian = torch.autograd.functional.jacobian(activation, z).reshape(10, 10)
    assert bool(activation.calibrated)
    torch.testing.assert_close(jacobian, torch.diag(activation.derivative(z).flatten()))


def test_statistics_come_from_the_first_training_batch_alone() -> None:
    activation = DerivativeActivation(2)
    activation.eval()
    activation(torch.full((4, 2), 7.0))
    assert activation.constants()["center"] == [0, 0]
    activation.train()
    first = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    activation(first)
    activation(100 * first)
    assert activation.constants()["center"] == [2, 5]
    assert activation.constants()["scale"] == [1, 1], "the second unit does not vary"


def test_constants_survive_the_state_dict() -> None:
    activation = _calibrated()
    other = DerivativeActivation(3).double()
    other.load_state_dict(activation.state_dict())
    other(_inputs())  # in training: would calibrate anew if it did not know that it is calibrated
    assert other.constants() == activation.constants()


@pytest.mark.parametrize(
    ("arguments", "message"), [((None, "stable"), "features"), ((3, "sable"), "stable, faithful")]
)
def test_wrong_construction_says_what_is_right(arguments: tuple[int | None, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DerivativeActivation(*arguments)  # type: ignore[arg-type]
