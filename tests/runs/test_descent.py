"""Descent: each recorded walk is what its optimizer's own rule gives, on ground that is exactly the loss."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from derivviz.errors import DerivvizError, UsageError
from derivviz.learning.galaxies import galaxies
from derivviz.runs import Progress, Request, _ground, descent
from derivviz.trace import MissingSeriesError, TraceError, open_trace
from derivviz.trace.descent import ACROSS, ALONG, Descent

Record = Callable[..., Path]
QUIET = Progress(lambda line: None, lambda *now: None)


@pytest.fixture(scope="module")
def run(descent_trace: Record) -> Descent:
    return Descent(open_trace(descent_trace()))


def gradient(places: np.ndarray) -> np.ndarray:
    x, t = galaxies()
    u = places @ np.stack([x, np.ones_like(x)]) - t
    return np.stack([u @ x, u @ np.ones_like(x)], axis=-1)


def test_the_bottom_is_least_squares(run: Descent) -> None:
    x, t = galaxies()
    best, left, *_ = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), t, rcond=None)
    np.testing.assert_allclose(run.bottom.place, best, rtol=1e-9)
    assert run.bottom.loss == pytest.approx(left[0] / 2)
    assert run.curve_bottom.place[0] == pytest.approx(x @ t / (x @ x))
    assert run.curve_bottom.curvatures[0] == pytest.approx(x @ x)


def test_each_step_along_the_curve_multiplies_the_way_by_one_minus_rate_times_curvature(run: Descent) -> None:
    for name in ALONG:
        walk = run.walks[name]
        factor = 1 - walk.rate * run.curve_bottom.curvatures[0]
        np.testing.assert_allclose(
            walk.left, abs(factor) ** np.arange(run.steps), rtol=1e-3, atol=1e-6, err_msg=name
        )
    assert not run.walks["slow"].swings
    assert run.walks["good"].arrived == 11
    assert run.walks["swinging"].swings
    assert not run.walks["swinging"].diverges
    assert run.walks["diverging"].diverges
    limit = 2 / run.curve_bottom.curvatures[0]
    assert run.walks["swinging"].rate < limit < run.walks["diverging"].rate


def test_the_walks_follow_the_rules_of_their_optimizers(run: Descent) -> None:
    walk = run.walks["descent"]
    np.testing.assert_allclose(walk.gradients, gradient(walk.places), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(np.diff(walk.places, axis=0), -walk.rate * walk.gradients[:-1], atol=1e-5)

    heavy = run.walks["momentum"]
    assert heavy.rate == walk.rate
    kept = np.zeros(2)
    for n in range(run.steps - 1):
        kept = heavy.momentum * kept + heavy.gradients[n]
        np.testing.assert_allclose(
            heavy.places[n + 1], heavy.places[n] - heavy.rate * kept, rtol=1e-5, atol=1e-5
        )

    adam = run.walks["adam"]  # Kingma and Ba, 2015, algorithm 1
    m, v = np.zeros(2), np.zeros(2)
    for n in range(run.steps - 1):
        m, v = 0.9 * m + 0.1 * adam.gradients[n], 0.999 * v + 0.001 * adam.gradients[n] ** 2
        ahead = adam.rate * (m / (1 - 0.9 ** (n + 1))) / (np.sqrt(v / (1 - 0.999 ** (n + 1))) + 1e-8)
        np.testing.assert_allclose(adam.places[n + 1], adam.places[n] - ahead, rtol=1e-4, atol=1e-5)


def test_losses_curve_and_grid_are_the_loss(run: Descent) -> None:
    x, t = galaxies()

    def loss(w: np.ndarray, b: np.ndarray) -> np.ndarray:
        return ((w[..., None] * x + b[..., None] - t) ** 2).sum(-1) / 2

    for name in ACROSS:
        walk = run.walks[name]
        np.testing.assert_allclose(walk.losses, loss(*walk.places.T), rtol=1e-5)
    w = np.linspace(*run.curve_range, 777)
    np.testing.assert_allclose(run.curve(w), loss(w, np.zeros(777)), rtol=1e-12)
    axes = [np.linspace(*ends, count) for ends, count in zip(run.ranges, run.heights.shape, strict=True)]
    np.testing.assert_allclose(run.heights, loss(*np.meshgrid(*axes, indexing="ij")), rtol=1e-6)
    for name in ("descent", "momentum", "adam"):
        low, high = np.array(run.ranges).T
        assert (run.walks[name].places >= low).all()
        assert (run.walks[name].places <= high).all()


def test_learning_rates_are_written_in_full(run: Descent) -> None:
    assert all(float(f"{walk.rate:.3g}") == walk.rate for walk in run.walks.values())


@pytest.mark.parametrize(
    "points",
    [
        ((0, 10), (1, 9), (2, 8.2), (3, 7)),
        ((1990, 1e6), (1995, 1.2e6), (2020, 1.9e6)),
        ((0, 1e-7), (1e-4, 3e-7), (3e-4, 2e-7)),
        ((-5, -3), (0, -8), (5, -13), (6, -20)),
        ((0, 0.1), (1, 0.2), (1000, 5)),
    ],
)
def test_points_of_any_size(descent_trace: Record, points: tuple[tuple[float, float], ...]) -> None:
    run = Descent(open_trace(descent_trace(points=points, steps=40)))
    assert run.points is not None
    x, t = run.points
    assert [x.min(), x.max(), t.min(), t.max()] == pytest.approx([0, 5, 0, 10])
    best = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), t, rcond=None)[0]
    np.testing.assert_allclose(run.bottom.place, best, rtol=1e-6, atol=1e-8)
    assert run.walks["good"].arrived is not None
    assert run.walks["diverging"].diverges
    assert (run.walks["descent"].above > -1e-9).all()
    away = abs((run.walks["descent"].places[0] - best) @ run.bottom.directions[0])
    assert away > 0.1  # there is a way to go along the valley


def test_two_weights_of_a_model_of_ones_own(descent_trace: Record) -> None:
    run = Descent(open_trace(descent_trace(own=True)))
    assert run.points is None
    assert run.names == ("2.weight[0, 3]", "0.weight[3, 0]")
    assert run.walks["good"].left[-1] < 0.1
    assert run.walks["descent"].above[-1] < 0.1 * run.walks["descent"].above[0]
    places = run.walks["adam"].places
    np.testing.assert_allclose(run.surface(*places.T), run.walks["adam"].losses, rtol=0.05, atol=1e-3)


def test_a_walker_may_find_a_deeper_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ground, "ACROSS", 9)

    def loss(place: torch.Tensor) -> torch.Tensor:
        x, y = place  # two hollows along x, the farther one deeper
        return (x**2 - 1) ** 2 + 0.3 * x + y**2

    leaping = descent.Parameters(steps=40, adam_rate=1.2)
    descent.descend(loss, (1.3, 1.0), tmp_path / "run.zarr", parameters=leaping)
    run = Descent(open_trace(tmp_path / "run.zarr"))
    assert run.walks["descent"].places[-1, 0] > 0.9
    assert run.walks["adam"].places[:, 0].min() < -0.9
    x = run.bottom.place[0]
    assert x == pytest.approx(-1.0354, abs=1e-3)
    np.testing.assert_allclose(run.bottom.curvatures, [2, 12 * x**2 - 4])
    assert all((run.walks[name].above > -1e-9).all() for name in ACROSS)


def test_the_example_of_the_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "descent.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_ground, "ACROSS", 9)
    exec(code, {})
    assert Descent(open_trace(tmp_path / "renders" / "own.zarr")).walks["momentum"].arrived


def test_what_cannot_be_walked_down(tmp_path: Path) -> None:
    start = torch.tensor([1.0, 2.0], dtype=torch.float64)
    with pytest.raises(DerivvizError, match="no lowest place over a and b"):
        descent.descend(lambda p: p[0] ** 2 - p[1], start, tmp_path / "run.zarr", names=("a", "b"))
    with pytest.raises(DerivvizError, match="The start is the lowest place over w: begin somewhere else"):
        descent.descend(lambda p: ((p - start) ** 2).sum(), start, tmp_path / "run.zarr")
    file = tmp_path / "level.csv"
    file.write_text("0,3\n1,3\n2,3\n")
    with pytest.raises(DerivvizError, match=r"All t of level\.csv are the same"):
        descent.train(Request(tmp_path / "run.zarr", file), QUIET)
    with pytest.raises(UsageError, match="--steps 60"):
        descent.train(Request(tmp_path / "run.zarr", epochs=3), QUIET)
    assert not (tmp_path / "run.zarr").exists()


def test_an_existing_trace_is_kept(descent_trace: Record) -> None:
    with pytest.raises(TraceError):
        descent.train(Request(descent_trace()), QUIET)


def test_another_trace_is_told_what_to_record(tiny_trace: Path) -> None:
    with pytest.raises(
        MissingSeriesError, match=r"derivviz record descent.*two weights of a model of your own"
    ):
        Descent(open_trace(tiny_trace))


def test_a_loss_that_is_asked_at_one_place_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ground, "ACROSS", 9)

    def loss(place: torch.Tensor) -> torch.Tensor:
        assert np.isfinite(place[0].item())  # which cannot be asked of many places at once
        return (place * torch.tensor([1.0, 2.0])).square().sum()

    options = descent.Parameters(steps=12)
    descent.descend(loss, (1.0, 2.0), tmp_path / "run.zarr", parameters=options)
    run = Descent(open_trace(tmp_path / "run.zarr"))
    one, other = (np.linspace(*ends, n) for ends, n in zip(run.ranges, run.heights.shape, strict=True))
    np.testing.assert_allclose(run.heights, one[:, None] ** 2 + 4 * other**2, rtol=1e-6)
