"""What is measured of a tensor: samples, statistics, norms, thumbnails."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from derivviz.recording import measure, sampling


@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_norms_do_not_overflow(seeded: Any, scale: float) -> None:
    values = torch.randn(1_000_003) * scale
    wanted = values.double().norm().item()
    assert measure.norms([values]) == [pytest.approx(wanted, rel=2e-6)]
    values[5], values[7] = float("nan"), float("-inf")
    assert measure.norms([values]) == [pytest.approx(wanted, rel=1e-3)]
    assert measure.norms([torch.zeros(5000)]) == [0.0]


def test_exact_statistics(seeded: Any) -> None:
    values = torch.randn(10_000, dtype=torch.float64) + 3
    values[3], values[4] = float("inf"), float("nan")
    finite = np.delete(values.numpy(), [3, 4])
    wanted = [9998, 2, finite.sum(), (finite**2).sum(), finite.min(), finite.max(), np.linalg.norm(finite)]
    np.testing.assert_allclose(measure.exact(values), wanted, rtol=1e-12)
    assert measure.exact(values[3:5])[:2].tolist() == [0, 2]


def test_statistics_of_a_vector(seeded: Any) -> None:
    values = torch.randn(10_000, dtype=torch.float64) + 3
    values[3], values[4] = float("inf"), float("nan")
    parts = [sampling.Part.of("param", "whole", values), sampling.Part.of("param", "lost", values[3:5])]
    plan = sampling.Plan([parts, [sampling.Part.of("param", "one", values[:1])]], 10_000)
    vector = torch.cat([values, values[3:5], values[:1]]).numpy()
    statistics = plan.statistics(vector)
    np.testing.assert_allclose(statistics[0], measure.exact(values)[:-1], rtol=1e-12)
    np.testing.assert_array_equal(statistics[1], [0, 2, *[np.nan] * 4])
    counts, edges = plan.histograms(vector, statistics)
    finite = np.delete(values.numpy(), [3, 4])
    wanted_counts, wanted_edges = np.histogram(finite, sampling.BINS)
    np.testing.assert_allclose(edges[0], wanted_edges)
    assert np.abs(counts[0] - wanted_counts).sum() <= 4  # values on an edge may fall either way
    assert counts.sum(1).tolist() == [9998, 0, 1]
    followed = plan.followed(vector)
    np.testing.assert_array_equal(followed[0], values[:8].float())
    np.testing.assert_array_equal(np.isnan(followed).sum(1), [1, 7, 7])


@pytest.mark.parametrize("value", [0.0, 3.0, -1e17, 1e150])
def test_a_histogram_of_equal_values_however_large(value: float) -> None:
    values = torch.full((5,), value, dtype=torch.float64)
    plan = sampling.Plan([[sampling.Part.of("param", "equal", values)]], 10)
    counts, edges = plan.histograms(values.numpy(), plan.statistics(values.numpy()))
    assert counts[0, 0] == counts.sum() == 5
    assert np.isfinite(edges).all()


@pytest.mark.parametrize(
    ("size", "row"), [(1025, 1), (1500, 500), (401_408, 784), (2**20, 2**10), (10_000, 10), (3000, 3000)]
)
def test_a_sample_is_spread_over_the_tensor_and_over_all_columns(size: int, row: int) -> None:
    cut = sampling.Cut.of(sampling.Part("param", "w", size, row, "float32"), 1024)
    taken = cut.positions()
    assert 512 <= len(taken) <= 1024
    assert len(np.unique(taken)) == len(taken)
    assert taken.max() < size
    assert taken.max() >= size * 0.9
    assert taken.min() <= size * 0.1
    # In rows that a run fits into, no stretch of columns is left out that is much longer than others.
    columns = np.sort(np.unique(taken % row))
    gaps = np.diff([*columns, columns[0] + row])
    assert gaps.max() <= max(4 * sampling.RUN * row / len(taken) + sampling.RUN, 2)


@pytest.mark.parametrize("change", ["plain", "transposed", "channels", "expanded", "sliced"])
def test_a_sample_is_of_the_tensor_however_it_lies_in_memory(seeded: Any, change: str) -> None:
    tensor = {
        "plain": lambda: torch.randn(40, 60),
        "transposed": lambda: torch.randn(60, 40).t(),
        "channels": lambda: torch.randn(4, 3, 16, 18).to(memory_format=torch.channels_last),
        "expanded": lambda: torch.randn(40, 1).expand(40, 60),
        "sliced": lambda: torch.randn(50, 99)[3:43, 7:67],
    }[change]()
    part = sampling.Part.of("param", "w", tensor)
    flat, small = tensor.reshape(-1), torch.randn(3)
    sheet = sampling.Sheet("param")
    for most in (1024, 10**6):
        sample = flat[sampling.Cut.of(part, most).positions()]
        alone = sampling.pick(tensor, part, most)
        assert torch.equal(alone[: len(sample)], sample)
        parts, together = sheet.take({"w": tensor, "b": small, "v": tensor}, most)
        plan = sampling.Plan([(part,), parts], most)
        vector = torch.cat([alone, together]).double().numpy()
        statistics, followed = plan.statistics(vector), plan.followed(vector)
        for row, values in enumerate([sample, sample, small, sample]):
            wanted = measure.exact(values.double())[:-1]
            np.testing.assert_allclose(statistics[row], wanted, rtol=1e-12, atol=1e-12)
            assert plan.histograms(vector, statistics)[0][row].sum() == len(values)
        for row in (0, 1, 3):  # the same elements, whatever the sample
            np.testing.assert_array_equal(followed[row], flat[part.followed])
        np.testing.assert_array_equal(followed[2, :3], small)


def test_thumbnails_are_area_means(seeded: Any) -> None:
    maps = torch.rand(1, 2, 11, 7)
    small = measure.thumbnail(maps, 5)
    assert small.shape == (1, 2, 4, 3)  # cells of 3×3, smaller ones at the far edges
    assert small[0, 1, 1, 1].item() == pytest.approx(maps[0, 1, 3:6, 3:6].mean().item())
    assert small[0, 0, 3, 2].item() == pytest.approx(maps[0, 0, 9:, 6:].mean().item())
    assert measure.thumbnail(maps, 11).shape == maps.shape
    gray = measure.pictures(torch.tensor([[[[-1.0, 0.0], [1.0, 3.0]]]]), 4)
    assert gray.dtype == np.uint8
    assert gray[0, :, :, 0].tolist() == [[0, 64], [128, 255]]
    assert (gray[..., 0] == gray[..., 2]).all()
    white = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    assert (measure.pictures(white, 4) == 255).all()
