"""Walkers side by side: they walk as each would alone, and the ground is what the mathematics says it is."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from derivviz.errors import UsageError
from derivviz.learning.descent import Together, Walkers, curvatures, lowest, two_weights
from derivviz.learning.galaxies import galaxies

X, T = (torch.from_numpy(values) for values in galaxies())
POWERS = np.stack([X.numpy(), np.ones(len(X))], axis=1)


def error(place: Tensor) -> Tensor:
    return (place[0] * X + place[1] - T).square().sum() / 2


def test_the_galaxies_are_those_of_the_paper() -> None:
    slope, intercept = np.polyfit(X / 3.2616, 100 * T, 1)  # per megaparsec, in km/s
    assert len(X) == 24
    assert slope == pytest.approx(454.158, abs=1e-3)  # as R's lm and every textbook that fits them has it
    assert intercept == pytest.approx(-40.784, abs=1e-3)


def test_together_they_walk_as_each_alone() -> None:
    start = torch.tensor([0.0, 9.0], dtype=torch.float64)
    makers = {
        "plain": lambda p: torch.optim.SGD([p], lr=0.005),
        "heavy": lambda p: torch.optim.SGD([p], lr=0.005, momentum=0.7),
        "adam": lambda p: torch.optim.Adam([p], lr=0.5),
    }
    walkers = Walkers(dict.fromkeys(makers, error), dict.fromkeys(makers, start))
    assert list(walkers.place) == list(makers)
    together = Together([make(walkers.place[name]) for name, make in makers.items()])
    for _ in range(20):
        together.zero_grad()
        walkers().sum().backward()
        together.step()
    for name, make in makers.items():
        alone = start.clone().requires_grad_()
        optimizer = make(alone)
        for _ in range(20):
            optimizer.zero_grad()
            error(alone).backward()
            optimizer.step()
        assert torch.equal(walkers.place[name], alone)


def test_one_that_is_lost_leaves_the_others_alone() -> None:
    start = torch.tensor([1e200], dtype=torch.float64)
    steep = Walkers(
        {"lost": lambda p: p.square().sum() ** 2, "here": lambda p: p.square().sum()},
        {"lost": start, "here": start / start},
    )
    steep().sum().backward()
    assert not torch.isfinite(steep().sum())
    assert steep.place["here"].grad.item() == 2


def test_the_lowest_place_is_least_squares() -> None:
    found = lowest(error, torch.tensor([0.0, 9.0], dtype=torch.float64))
    np.testing.assert_allclose(found, np.linalg.lstsq(POWERS, T.numpy(), rcond=None)[0], rtol=1e-9)


def test_curvatures_are_the_eigenvalues_of_the_hessian_matrix() -> None:
    values, vectors = curvatures(error, torch.tensor([3.0, -2.0], dtype=torch.float64))
    hessian = POWERS.T @ POWERS
    np.testing.assert_allclose(values, np.linalg.eigvalsh(hessian))
    np.testing.assert_allclose(hessian @ vectors.numpy(), vectors.numpy() * values.numpy())


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(1, 3), nn.Tanh(), nn.Linear(3, 1)).double()


def test_two_weights_of_a_model() -> None:
    model, x = network(), torch.linspace(-1, 1, 7, dtype=torch.float64)[:, None]
    before = {name: value.clone() for name, value in model.state_dict().items()}

    def loss(m: nn.Module) -> Tensor:
        return (m(x) - x.sin()).square().mean()

    function, start = two_weights(model, loss, "0.weight[2, 0]", "2.bias[0]")
    assert start.tolist() == [model[0].weight[2, 0].item(), model[2].bias[0].item()]
    assert function(start) == pytest.approx(loss(model).item())
    place = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(function(place), place)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with torch.no_grad():
        model[0].weight[2, 0], model[2].bias[0] = place.tolist()
    loss(model).backward()
    torch.testing.assert_close(slope, torch.stack([model[0].weight.grad[2, 0], model[2].bias.grad[0]]))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        ("0.wieght[0, 0]", "Did you mean '0.weight'"),
        ("0.weight", r"write for example '0.weight\[0, 0\]'"),
        ("0.weight[3, 0]", r"whose shape is \(3, 1\)"),
        ("0.weight[a, 0]", "is no weight"),
        ("0.bias[-1]", "is no weight"),
        ("2.bias[0]", "are the same weight"),
    ],
)
def test_a_weight_that_there_is_not(one: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        two_weights(network(), lambda m: m(torch.ones(1)).sum(), one, "2.bias[0]")
