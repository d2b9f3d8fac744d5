"""Steps with and without the factor, read out of a trace: held against torch's own Adam on the same gradients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz import open_trace
from derivviz.errors import DerivvizError, UsageError
from derivviz.trace.lr_factor import adam_steps, factor, first_histogram, read_walks, read_weight


@pytest.fixture
def run(seeded: Any, tmp_path: Path) -> Callable[..., Any]:
    """A recorded run of a small network whose optimizer is wrapped, and what that optimizer did by itself."""
    from derivviz.learning import DerivativeFactor

    torch = seeded

    def run(make: Callable[..., Any], *, wrap: bool = True, every: int = 1, steps: int = 12) -> Any:
        network = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
        with torch.no_grad():
            network[2].weight.add_(-1.5)  # a mean that is not 0
        inner = make(network.parameters())
        optimizer = DerivativeFactor(inner) if wrap else inner
        inputs, target = torch.randn(32, 6), torch.arange(32) % 3
        path = tmp_path / "run.zarr"
        with derivviz.record(network, optimizer, path, every=every, snapshot_every=every) as recorder:
            for _ in range(steps):
                loss = torch.nn.functional.cross_entropy(network(inputs), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(loss=loss)
        return open_trace(path)

    return run


def test_adams_steps_are_torchs(seeded: Any) -> None:
    torch = seeded
    gradients = torch.randn(40, dtype=torch.float64) * torch.logspace(-3, 3, 40, dtype=torch.float64)
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer, moved = torch.optim.Adam([weight], lr=1.0), []
    rates = np.linspace(0.1, 0.001, 40)
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.param_groups[0]["lr"] = float(rate)
        before = weight.item()
        weight.grad = gradient.reshape(1).clone()
        optimizer.step()
        moved.append(weight.item() - before)
    np.testing.assert_allclose(adam_steps(gradients.numpy(), rates), moved, rtol=1e-9)


def test_a_step_is_adams_times_the_factor(seeded: Any, run: Any) -> None:
    """Three ways to one number: the update as recorded, update / factor, and Adam from the recorded gradients."""
    trace = run(lambda parameters: seeded.optim.Adam(parameters, lr=0.01))
    walks = read_walks(trace)
    assert [walk.name for walk in walks] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for walk in walks:
        np.testing.assert_allclose(walk.factor, factor(walk.mean), rtol=1e-6)
        weight = read_weight(trace, walks, walk.name)
        assert weight.parameter == walk.name
        np.testing.assert_allclose(weight.adam * weight.factor, weight.update, rtol=2e-3, atol=1e-7)
        np.testing.assert_allclose(weight.adam, weight.bare, rtol=2e-3, atol=1e-7)
    near_peak = next(walk for walk in walks if walk.name == "2.weight")
    assert near_peak.factor[0] == pytest.approx(
        1 + abs(-6 * near_peak.mean[0] ** 2 - 12 * near_peak.mean[0] + 18) / 20
    )


def test_the_way_without_the_factor_adds_up_the_bare_steps(seeded: Any, run: Any) -> None:
    trace = run(lambda parameters: seeded.optim.Adam(parameters, lr=0.01))
    weight = read_weight(trace, read_walks(trace))
    np.testing.assert_allclose(weight.recorded[1:-1], weight.value[1:], rtol=1e-6)
    bare = weight.value[0] + np.concatenate([[0], np.cumsum(weight.adam)])
    np.testing.assert_allclose(weight.path(), bare, atol=1e-5)
    np.testing.assert_allclose(weight.path(2.0) - weight.value[0], 2 * (weight.path() - weight.value[0]))


def test_another_optimizer_is_not_called_adam(seeded: Any, run: Any) -> None:
    trace = run(lambda parameters: seeded.optim.SGD(parameters, lr=0.1, momentum=0.9))
    weight = read_weight(trace, read_walks(trace))
    assert weight.adam is None
    velocity, bare = 0.0, []
    for gradient in weight.gradient:
        velocity = 0.9 * velocity + gradient
        bare.append(-0.1 * velocity)
    np.testing.assert_allclose(weight.bare, bare, rtol=2e-3, atol=1e-7)


def test_with_gaps_between_steps_the_way_still_ends_where_the_factor_puts_it(seeded: Any, run: Any) -> None:
    trace = run(lambda parameters: seeded.optim.Adam(parameters, lr=0.01), every=5)
    weight = read_weight(trace, read_walks(trace), "0.weight")
    assert weight.adam is None  # the gradients between are not in the trace
    assert weight.steps.tolist() == [0, 5, 10]
    whole = weight.recorded[-1] - weight.recorded[0]
    assert whole / (weight.path()[-1] - weight.value[0]) == pytest.approx(weight.factor.mean(), rel=1e-2)


def test_the_histogram_is_of_the_first_snapshot(seeded: Any, run: Any) -> None:
    trace = run(lambda parameters: seeded.optim.Adam(parameters, lr=0.01), steps=2)
    row, counts, edges = first_histogram(trace, "0.weight")
    assert (row, counts.sum(), len(edges)) == (0, 30, len(counts) + 1)
    assert edges[0] == pytest.approx(trace.snapshot(0).param["0.weight"].min())
    assert first_histogram(trace, "nothing") is None


def test_what_is_missing_is_told(seeded: Any, run: Any) -> None:
    trace = run(lambda parameters: seeded.optim.Adam(parameters, lr=0.01))
    with pytest.raises(UsageError, match=r"--parameter is '2.wieght'.*Did you mean '2.weight'"):
        read_weight(trace, read_walks(trace), "2.wieght")


def test_a_run_without_factors_is_told(seeded: Any, run: Any) -> None:
    trace = run(lambda parameters: seeded.optim.Adam(parameters, lr=0.01), wrap=False, steps=2)
    with pytest.raises(DerivvizError, match=r"DerivativeFactor.*derivviz record food"):
        read_walks(trace)
