"""Sensitivities against closed forms, against autograd and against differences."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from derivviz.errors import DerivvizError
from derivviz.learning import FoodCNN, sensitivity

captum = pytest.importorskip("captum")


@pytest.fixture
def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 36, 6), nn.Tanh(), nn.Linear(6, 5)
        ).double()


@pytest.fixture
def images() -> Tensor:
    return torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.fixture
def line() -> tuple[Any, Tensor, Tensor]:
    """Outputs W x + c of inputs (n, 7), and W."""
    generator = torch.Generator().manual_seed(2)
    weight, shift = (torch.randn(s, generator=generator, dtype=torch.float64) for s in ((4, 7), (4,)))
    return (lambda x: x @ weight.T + shift), weight, torch.randn(5, 7, generator=generator).double()


TARGET = torch.tensor([2, 0, 4])


def test_saliency_is_the_gradient_of_the_target(network: nn.Module, images: Tensor) -> None:
    found = sensitivity.saliency(network, images, TARGET)
    for n, target in enumerate(TARGET):
        x = images[n : n + 1].clone().requires_grad_()
        (wanted,) = torch.autograd.grad(network(x)[0, target], x)
        torch.testing.assert_close(found[n : n + 1], wanted)
    at, h = (1, 2, 3, 4), 1e-6
    above, below = images.clone(), images.clone()
    above[at] += h
    below[at] -= h
    difference = (network(above)[1, 0] - network(below)[1, 0]).detach() / (2 * h)
    assert float(found[at]) == pytest.approx(float(difference), rel=1e-6)
    assert all(p.grad is None for p in network.parameters())


def test_of_a_line_everything_is_known(line: Any) -> None:
    forward, weight, x = line
    target = torch.tensor([0, 1, 2, 3, 0])
    wanted = weight[target]
    torch.testing.assert_close(sensitivity.saliency(forward, x, target), wanted)
    torch.testing.assert_close(sensitivity.smooth_grad(forward, x, target, samples=3), wanted)
    baseline = torch.full_like(x, 0.5)
    found = sensitivity.integrated_gradients(forward, x, target, baseline, points=2)
    torch.testing.assert_close(found.values, wanted * (x - baseline))
    torch.testing.assert_close(found.difference, (wanted * (x - baseline)).sum(1))
    assert found.error.abs().max() < 1e-12
    check = sensitivity.finite_differences(forward, x, target, wanted)
    torch.testing.assert_close(check.quotient, check.derivative, rtol=1e-8, atol=1e-9)
    torch.testing.assert_close(check.derivative[:, 0], wanted.norm(dim=1))
    norms = sensitivity.jacobian_norms(forward, x, {})
    torch.testing.assert_close(norms.input, weight.norm().expand(5))
    way = sensitivity.path(forward, x[0], x[1], points=5)
    torch.testing.assert_close(way.slope, (weight @ (x[1] - x[0])).expand(5, 4))
    torch.testing.assert_close(way.output[2], forward((x[:1] + x[1:2]) / 2)[0])


def test_integrated_gradients_are_complete(network: nn.Module, images: Tensor) -> None:
    found = sensitivity.integrated_gradients(network, images, TARGET, points=20)
    rows = torch.arange(3)
    difference = network(images)[rows, TARGET] - network(torch.zeros_like(images))[rows, TARGET]
    torch.testing.assert_close(found.difference, difference)
    torch.testing.assert_close(found.values.flatten(1).sum(1), difference, atol=1e-6, rtol=0)
    torch.testing.assert_close(found.error, found.values.flatten(1).sum(1) - difference)
    coarse = sensitivity.integrated_gradients(network, images, TARGET, points=1)
    assert coarse.error.abs().max() > 100 * found.error.abs().max()


def test_smooth_grad_leaves_the_random_numbers_alone(network: nn.Module, images: Tensor) -> None:
    state = torch.get_rng_state()
    one = sensitivity.smooth_grad(network, images, TARGET, samples=8)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    assert torch.equal(sensitivity.smooth_grad(network, images, TARGET, samples=8), one)
    torch.set_rng_state(state)
    other = sensitivity.smooth_grad(network, images, TARGET, samples=8, seed=1)
    gradient = sensitivity.saliency(network, images, TARGET)
    assert 0 < float((one - other).abs().max()) < float(gradient.abs().max())


def test_differences_agree_only_with_the_right_gradient(network: nn.Module, images: Tensor) -> None:
    gradient = sensitivity.saliency(network, images, TARGET)
    check = sensitivity.finite_differences(network, images, TARGET, gradient, random=3)
    assert check.quotient.shape == (3, 4)
    torch.testing.assert_close(check.quotient, check.derivative, rtol=1e-6, atol=1e-9)
    wrong = sensitivity.finite_differences(network, images, TARGET, 1.01 * gradient)
    assert ((wrong.derivative / wrong.quotient - 1.01).abs() < 1e-6).all()


def test_jacobians_against_torch_func(network: nn.Module, images: Tensor) -> None:
    modules = {name: module for name, module in network.named_modules() if name}
    norms = sensitivity.jacobian_norms(network, images, modules)
    assert norms.exact
    a = images
    for n, layer in enumerate(network):  # type: ignore[arg-type]
        rest = network[n:]  # type: ignore[index]
        jacobian = torch.func.jacrev(lambda x, rest=rest: rest(x[None])[0])
        wanted = torch.stack([jacobian(one).norm() for one in a])
        torch.testing.assert_close(norms.input if n == 0 else norms.layers[str(n - 1)], wanted.detach())
        a = layer(a).detach()
    assert not any(module._forward_hooks for module in network.modules())


def test_what_an_operation_in_place_overwrites_is_kept(images: Tensor) -> None:
    """∂F/∂z of the convolution, not of what the ReLU makes of it in the same memory."""
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(144, 5)
    ).double()
    z = network[0](images).detach()
    norms = sensitivity.jacobian_norms(network, images, {"z": network[0], "a": network[1]})
    weight = network[3].weight.detach()
    passes = (z > 0).flatten(1).double()
    torch.testing.assert_close(norms.layers["z"], torch.stack([(weight * p).norm() for p in passes]))
    torch.testing.assert_close(norms.layers["a"], weight.norm().expand(3))


def test_of_many_outputs_the_norm_is_an_estimate() -> None:
    generator = torch.Generator().manual_seed(3)
    weight = torch.randn(200, 30, generator=generator)
    x = torch.randn(40, 30, generator=generator)
    norms = sensitivity.jacobian_norms(lambda x: x @ weight.T, x, {})
    assert not norms.exact
    ratio = norms.input.square() / weight.double().square().sum()
    assert float(ratio.mean()) == pytest.approx(1, abs=0.1)
    assert 0 < float(ratio.std()) < 0.4


def test_slopes_along_a_path_are_the_derivatives_along_it(network: nn.Module, images: Tensor) -> None:
    way = sensitivity.path(network, images[0], images[1], points=201)
    assert way.t[[0, -1]].tolist() == [0, 1]
    torch.testing.assert_close(way.output[[0, -1]], network(images[:2]).detach())
    central = (way.output[2:] - way.output[:-2]) / (way.t[2] - way.t[0])
    torch.testing.assert_close(way.slope[1:-1], central, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("preset", ["stable", "faithful"])
def test_the_recommender(preset: Any) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, x = FoodCNN(5, preset, side=24), torch.rand(2, 3, 24, 24)
    model(x)
    model.eval()
    target = model(x).argmax(1)
    gradient = sensitivity.saliency(model, x, target)
    check = sensitivity.finite_differences(model.double(), x, target, gradient)
    torch.testing.assert_close(check.quotient, check.derivative, rtol=1e-2, atol=1e-4)


def test_nan_is_no_reason_to_fail(images: Tensor) -> None:
    model, x = FoodCNN(5, "faithful", side=24), torch.rand(2, 3, 24, 24)
    with torch.no_grad():
        model.fc1.weight[0, 0] = float("nan")
    target = torch.tensor([0, 1])
    assert sensitivity.saliency(model, x, target).isnan().any()
    assert sensitivity.integrated_gradients(model, x, target, points=2).error.isnan().all()
    assert sensitivity.jacobian_norms(model, x, {"fc1": model.fc1}).input.isnan().all()
    assert sensitivity.path(model, x[0], x[1], points=2).slope.isnan().any()


def test_without_captum(line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    forward, _, x = line
    monkeypatch.setattr(sensitivity, "find_spec", lambda name: None)
    with pytest.raises(DerivvizError, match=r'pip install "derivviz\[sensitivity\]"'):
        sensitivity.integrated_gradients(forward, x, torch.zeros(5, dtype=torch.long))
    sensitivity.saliency(forward, x, torch.zeros(5, dtype=torch.long))


def test_where_pooling_has_ties_differences_tell_it() -> None:
    """Four equal values under a maximum: the gradient takes one of them, a difference sees all."""
    network = nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 1)).double()
    flat, target = torch.full((1, 1, 8, 8), 0.5, dtype=torch.float64), torch.zeros(1, dtype=torch.long)
    rough = flat + 1e-3 * torch.rand(flat.shape, generator=torch.Generator().manual_seed(0)).double()
    errors = []
    for x in (flat, rough):
        gradient = sensitivity.saliency(network, x, target)
        check = sensitivity.finite_differences(network, x, target, gradient)
        errors.append(float((check.quotient - check.derivative).abs().max()))
    assert errors[0] > 0.01
    assert errors[1] < 1e-8
