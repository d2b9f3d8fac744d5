"""The Fréchet distance against closed forms and SciPy, and the judge whose features it is of."""

from __future__ import annotations

import pytest
import torch
from scipy.linalg import sqrtm

from derivviz.learning.frechet import FEATURES, frechet_distance, trained_judge
from derivviz.learning.garments import garments


def features(count: int, size: int, seed: int) -> torch.Tensor:
    made = torch.Generator().manual_seed(seed)
    mix = torch.randn(size, size, generator=made, dtype=torch.float64)
    return torch.randn(count, size, generator=made, dtype=torch.float64) @ mix + torch.randn(
        size, generator=made
    )


@pytest.mark.parametrize("size", [1, 2, 7])
def test_as_it_is_defined(size: int) -> None:
    one, other = features(60, size, 1), features(40, size, 2)
    a, b = (torch.atleast_2d(torch.cov(x.T)) for x in (one, other))
    root = torch.from_numpy(sqrtm((a @ b).numpy()).real)
    expected = (one.mean(0) - other.mean(0)).square().sum() + (a + b - 2 * root).trace()
    assert frechet_distance(one, other).item() == pytest.approx(expected.item(), rel=1e-6)
    assert frechet_distance(other, one).item() == pytest.approx(expected.item(), rel=1e-6)


def test_closed_forms() -> None:
    one = features(100, 3, 3)
    assert frechet_distance(one, one).item() == pytest.approx(0, abs=1e-6)
    shift = torch.tensor([1.0, -2.0, 2.0])
    assert frechet_distance(one, one + shift).item() == pytest.approx(9.0, rel=1e-6)
    # N(0, s²) against N(0, t²): (s − t)².
    line = torch.tensor([[-1.0], [1.0]]) / 2**0.5
    assert frechet_distance(3 * line, 5 * line).item() == pytest.approx(4.0, rel=1e-6)
    # Fewer samples than features: a covariance that has no inverse.
    few = features(4, 9, 5)
    assert frechet_distance(few, 2 * few).item() == pytest.approx(
        (few.mean(0).square().sum() + torch.cov(few.T).trace()).item(), rel=1e-5
    )


def test_shapes_that_do_not_fit() -> None:
    for one, other in (((5, 2), (5, 3)), ((5,), (5, 2)), ((1, 2), (5, 2))):
        with pytest.raises(ValueError, match="are wanted"):
            frechet_distance(torch.zeros(one), torch.zeros(other))


def test_the_judge() -> None:
    state = torch.get_rng_state()
    drawn = torch.from_numpy(garments(160)).permute(0, 3, 1, 2).float() / 127.5 - 1
    kinds = torch.arange(160) % 8
    judge, again = (trained_judge(drawn, kinds) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(judge.parameters(), again.parameters(), strict=True))
    assert (judge(drawn).argmax(1) == kinds).double().mean() > 0.5
    found = judge.features(drawn)
    assert found.shape == (160, FEATURES)
    near = frechet_distance(found[:80], found[80:])
    noise = torch.rand(80, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert frechet_distance(found, judge.features(noise)) > 5 * near
