"""The ring and its measure, against a count sample by sample."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derivviz.learning import ring


def counted(samples: list[list[float]]) -> list[int]:
    """Good samples of each mode, by looking at each sample and each mode."""
    found = [0] * 8
    for x, y in samples:
        for mode in range(8):
            angle = math.pi * mode / 4
            if math.dist((x, y), (2 * math.cos(angle), 2 * math.sin(angle))) <= 0.06:
                found[mode] += 1
    return found


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 4))
def test_the_measure_is_a_count(seed: int, spread: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    samples = torch.cat([ring.draw(40, generator), ring.centers() * spread])
    samples = samples + 0.03 * torch.randn(samples.shape, generator=generator)
    found = counted(samples.tolist())
    assert ring.good_samples(samples).tolist() == found
    assert ring.modes_covered(samples) == sum(n > 0 for n in found)
    assert ring.modes_covered(samples, least=3) == sum(n >= 3 for n in found)
    assert ring.good_share(samples) == pytest.approx(sum(found) / len(samples))


def test_the_ring_itself_is_good() -> None:
    samples = ring.draw(20_000, torch.Generator().manual_seed(0))
    counts = ring.good_samples(samples)
    # In two dimensions the distance from the mean, over σ, has P(r > 3) = exp(−9/2).
    assert ring.good_share(samples) == pytest.approx(1 - math.exp(-4.5), abs=0.003)
    assert counts.min() > 2300  # 2,472 of each are expected
    assert samples.norm(dim=1).mean() == pytest.approx(2, abs=0.01)


def test_equal_seeds_draw_equal_samples() -> None:
    one, other = (ring.draw(9, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(one, other)


def test_what_is_not_finite_is_not_good() -> None:
    assert ring.modes_covered(torch.full((5, 2), math.nan)) == 0
    assert ring.good_share(torch.full((5, 2), math.inf)) == 0


def test_only_points_of_the_plane() -> None:
    with pytest.raises(ValueError, match=r"\(4, 3\)"):
        ring.modes_covered(torch.zeros(4, 3))
