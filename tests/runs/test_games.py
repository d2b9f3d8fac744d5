"""The two games on the ring and on pictures: what their traces hold, and that recording changes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from derivviz import library
from derivviz.errors import UsageError
from derivviz.learning import ring
from derivviz.learning.folder import DataError
from derivviz.learning.game import picture_game, ring_game
from derivviz.learning.losses import generator_loss
from derivviz.parameters import fill
from derivviz.runs import Progress, Request, _match, _player, gan, load, wgan_gp
from derivviz.runs._player import Nobody
from derivviz.trace import Trace, open_trace
from derivviz.trace.diagnosis import diagnose

SILENT = Progress(lambda line: None, lambda *now: None)
RING = Path("ring")
ROUNDS = 4
Made = tuple[Trace, Any]


def run(
    module: ModuleType, path: Path, *, data: Path | None = RING, seed: int = 0, every: int = 1, **typed: Any
) -> Made:
    typed = {"steps": ROUNDS, "batch-size": 16} | {name.replace("_", "-"): v for name, v in typed.items()}
    parameters = fill(module.Parameters, {name: str(value) for name, value in typed.items()})
    request = Request(path, data, seed=seed, snapshot_every=every, parameters=parameters)
    outcome = module.train(request, SILENT)
    return open_trace(path), outcome


@pytest.fixture(scope="module")
def on_ring(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    root = tmp_path_factory.mktemp("runs")
    return {
        "gan": run(gan, root / "gan.zarr"),
        "minimax": run(gan, root / "minimax.zarr", generator_loss="saturating"),
        "wgan-gp": run(wgan_gp, root / "wgan.zarr", critic_steps=2),
    }


def test_the_command_finds_them() -> None:
    assert load("gan") is gan
    assert load("wgan-gp") is wgan_gp


@pytest.mark.parametrize("name", ["gan", "wgan-gp"])
def test_what_to_type_next_is_a_lesson_of_the_run(name: str, on_ring: dict[str, Made]) -> None:
    trace, outcome = on_ring[name]
    lesson = outcome.next_command.removeprefix("derivviz render ").partition(" --trace ")[0]
    assert library.read(library.find("scenes", lesson)).recorded_by == name
    assert Path(outcome.next_command.partition(" --trace ")[2]) == trace.path


@pytest.mark.parametrize(("name", "turns"), [("gan", 1), ("wgan-gp", 2)])
def test_the_players_take_turns(name: str, turns: int, on_ring: dict[str, Made]) -> None:
    trace, outcome = on_ring[name]
    assert outcome.steps == len(trace.steps) == ROUNDS * (turns + 1)
    assert trace["player"].tolist() == ([0] * turns + [1]) * ROUNDS
    assert trace["round"].tolist() == np.repeat(np.arange(1, ROUNDS + 1), turns + 1).tolist()
    assert trace.attrs["finished"] is True
    assert trace.attrs["run"] == name
    assert "stopped" not in trace.attrs
    assert not trace.attrs.get("skipped")
    for step, player in zip(trace.steps, trace["player"], strict=True):
        moved = {key.partition(".")[0] for key, value in trace.snapshot(step).update.items() if value.any()}
        assert moved == {"generator" if player else "discriminator"}


@pytest.mark.parametrize(("name", "sign"), [("gan", 1), ("minimax", -1)])
def test_losses_follow_from_the_recorded_logits(name: str, sign: int, on_ring: dict[str, Made]) -> None:
    trace, _ = on_ring[name]
    for row, step in enumerate(trace.steps):
        found = trace.snapshot(step).activation
        fake, real = (torch.from_numpy(found[f"{name}_logit"]) for name in ("fake", "real"))
        assert trace["fake_probability"][row] == pytest.approx(float(fake.sigmoid().mean()), rel=1e-5)
        if trace["player"][row]:
            expected = sign * softplus(-sign * fake).mean()
            assert trace["generator_loss"][row] == pytest.approx(float(expected), rel=1e-5)
            assert real.isnan().all()  # it saw none
            slope = trace.snapshot(step).activation_grad["fake_logit"]
            by_hand = -(fake.sigmoid() if sign < 0 else 1 - fake.sigmoid()) / len(fake)
            np.testing.assert_allclose(slope, by_hand, rtol=1e-4)
        else:
            expected = softplus(-real).mean() + softplus(fake).mean()
            assert trace["discriminator_loss"][row] == pytest.approx(float(expected), rel=1e-5)
            assert trace["real_probability"][row] == pytest.approx(float(real.sigmoid().mean()), rel=1e-5)


def test_distance_and_penalty_follow_from_the_recorded_scores(on_ring: dict[str, Made]) -> None:
    trace, _ = on_ring["wgan-gp"]
    for row in np.flatnonzero(trace["player"] == 0):
        found = trace.snapshot(int(trace.steps[row])).activation
        distance = found["real_score"].mean() - found["fake_score"].mean()
        penalty = ((found["gradient_norm"] - 1) ** 2).mean()
        assert found["gradient_norm"].shape == (16, 1)
        assert trace["wasserstein"][row] == pytest.approx(distance, abs=1e-6)
        assert trace["gradient_penalty"][row] == pytest.approx(penalty, rel=1e-5)
        assert trace["critic_loss"][row] == pytest.approx(10 * penalty - distance, rel=1e-4, abs=1e-6)
    generator = trace["player"] == 1
    assert np.isfinite(trace["generator_loss"][generator]).all()
    assert np.isnan(trace["wasserstein"][generator]).all()


@pytest.mark.parametrize("name", ["gan", "wgan-gp"])
def test_the_gradient_of_the_generator(name: str, on_ring: dict[str, Made]) -> None:
    trace, _ = on_ring[name]
    square = sum(
        trace[key] ** 2 for key in trace if key.startswith("grad/generator") and key.endswith("/norm")
    )
    rows = trace["player"] == 1
    np.testing.assert_allclose(trace["generator_gradient"][rows], np.sqrt(square[rows]), rtol=1e-5)
    assert (trace["generator_gradient"][rows] > 0).all()


@pytest.mark.parametrize(("name", "probability"), [("gan", True), ("wgan-gp", False)])
def test_samples_field_and_modes(name: str, probability: bool, on_ring: dict[str, Made]) -> None:
    trace, outcome = on_ring[name]
    samples = trace.probe.output.reshape(len(trace.probe.steps), 512, 2)
    assert len(samples) == len(trace.steps) + 1
    assert np.isfinite(samples).all()
    # The field is that of the first weights at the points of the grid, x running fastest.
    field = trace.evaluation.probabilities[..., 0]
    assert field.shape == (ROUNDS + 1, 41 * 41)
    assert trace.evaluation.epochs.tolist() == list(range(ROUNDS + 1))
    game = ring_game(0)
    axis = np.linspace(-3, 3, 41)
    points = torch.tensor([(x, y) for y in axis for x in axis], dtype=torch.float32)
    score = game.discriminator(points).detach()
    expected = score.sigmoid() if probability else score
    np.testing.assert_allclose(field[0], expected[:, 0], atol=1e-6)
    latent = torch.tensor(trace.attrs["probe_latent"])
    np.testing.assert_allclose(samples[0], game(latent).detach(), atol=1e-5)
    # Modes are counted before the first step and after each round.
    rows = np.flatnonzero(np.isfinite(trace["modes_covered"]))
    assert rows.tolist() == [0, *np.flatnonzero(trace["player"] == 1).tolist()]
    assert f"{trace['modes_covered'][-1]:.0f} of 8 modes" in outcome.result
    assert 0 <= trace["good_share"][-1] <= 1
    assert np.allclose(trace.attrs["modes"], ring.centers())


def test_the_gradient_by_either_loss() -> None:
    latent, norms = torch.randn(40, 2, generator=torch.Generator().manual_seed(1)), []
    for saturating in (True, False):
        game = ring_game(0)
        generator_loss(game.discriminator(game(latent)), saturating).backward()
        norms.append(float(_player.gradient_norm(game.generator)))
    game = ring_game(0).train()
    found = _player.gradients_of_both(game, latent)
    assert [float(norm) for norm in found] == pytest.approx(norms, rel=1e-6)
    assert game.training
    assert all(p.grad is None for p in game.parameters())
    # Where D is sure that everything is made, the one vanishes and the other does not.
    with torch.no_grad():
        list(game.discriminator.parameters())[-1].sub_(20)
    sure = _player.gradients_of_both(game, latent)
    assert float(sure[0]) < 1e-6 * norms[0]
    assert float(sure[1]) > norms[1]


def test_both_gradients_are_recorded(on_ring: dict[str, Made]) -> None:
    for name in ("gan", "minimax"):
        trace, _ = on_ring[name]
        for key in ("saturating_gradient", "non_saturating_gradient"):
            assert np.flatnonzero(np.isfinite(trace[key])).tolist() == [1]  # of every fifth round the first
            assert trace[key][1] > 0


def test_the_plain_gan_beside_it_is_the_run_itself(on_ring: dict[str, Made], tmp_path: Path) -> None:
    trace, _ = on_ring["wgan-gp"]
    told = trace.attrs["gan"]
    assert (told["rounds"], told["steps"]) == (6, 12) == (ROUNDS * 3 // 2, len(trace.steps))
    alone, _ = run(gan, tmp_path / "alone.zarr", every=99, steps=6)
    np.testing.assert_allclose(np.array(told["samples"]), alone.probe.output[-1].reshape(512, 2), atol=1e-6)
    for key in ("modes_covered", "modes_with_a_tenth", "good_share"):
        assert trace[f"gan_{key}"][-1] == alone[key][-1]
        np.testing.assert_array_equal(np.isfinite(trace[f"gan_{key}"]), np.isfinite(trace[key]))


def test_points_between_lie_between(on_ring: dict[str, Made]) -> None:
    trace, _ = on_ring["wgan-gp"]
    found = trace.snapshot(0).activation
    real, fake, between = (found[f"{name}_point"] for name in ("real", "fake", "between"))
    assert between.shape == (16, 2)
    way = real - fake
    share = ((between - fake) * way).sum(1) / (way**2).sum(1)
    assert ((share >= 0) & (share < 1)).all()
    np.testing.assert_allclose(fake + share[:, None] * way, between, atol=1e-5)
    assert np.linalg.norm(real, axis=1) == pytest.approx(2, abs=0.2)


def test_a_field_is_no_class(on_ring: dict[str, Made]) -> None:
    assert diagnose(on_ring["gan"][0])["output"]["one_hot_last"] is None


@pytest.mark.parametrize("name", ["gan", "wgan-gp"])
def test_recording_changes_nothing(name: str, on_ring: dict[str, Made], tmp_path: Path) -> None:
    recorded, states = tmp_path / "run.zarr", []
    for table in ("recorder", "nobody"):
        turns = {"gan": 1, "wgan-gp": 2}[name]
        request = Request(recorded, RING, seed=5, snapshot_every=2)
        match = _match.prepare(
            request, SILENT, lambda: pytest.fail("the ring needs no pictures"), picture_game,
            side=28, colors=1, rounds=(5, 5), batch=(16, 16), turns=turns, answer=torch.sigmoid,
        )  # fmt: skip
        optimizer = _player.optimizer_of(match.game, 0.01, (0.0, 0.9))
        last = (SILENT, True) if name == "gan" else (SILENT, 10.0)
        play: Callable[..., None] = gan.play if name == "gan" else wgan_gp.play
        if table == "recorder":
            with match.recorded(optimizer, request) as recorder:
                play(match, optimizer, recorder, *last)
        else:
            play(match, optimizer, Nobody(), *last)
        moments = optimizer.state_dict()["state"].values()
        parts = [*match.game.state_dict().values(), *(m[k] for m in moments for k in sorted(m))]
        states.append([*parts, match.chance.get_state()])
    assert len(states[0]) == len(states[1])
    assert all(torch.equal(one, other) for one, other in zip(*states, strict=True))
    assert len(open_trace(recorded).steps) == 5 * (turns + 1)


def test_equal_seeds_play_equal_games(on_ring: dict[str, Made], tmp_path: Path) -> None:
    state = torch.get_rng_state()
    again, _ = run(gan, tmp_path / "again.zarr", every=99)
    other, _ = run(gan, tmp_path / "other.zarr", every=99, seed=1)
    first = on_ring["gan"][0]["discriminator_loss"]
    np.testing.assert_array_equal(again["discriminator_loss"], first)
    assert not np.array_equal(other["discriminator_loss"], first, equal_nan=True)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("module", "shape"), [(gan, (1, 28, 28)), (wgan_gp, (3, 64, 64))])
def test_pictures(
    module: ModuleType, shape: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gan, "FASHION", tmp_path / "not installed")
    monkeypatch.setattr(gan, "garments", lambda seed: np.full((8, 28, 28, 1), 9, np.uint8))
    monkeypatch.setattr(wgan_gp, "blue_marble_file", lambda: None)
    monkeypatch.setattr(wgan_gp, "terrain", lambda seed: np.full((8, 64, 64, 3), 9, np.uint8))
    trace, _ = run(module, tmp_path / "run.zarr", data=None, every=99, steps=1, batch_size=2)
    assert trace.attrs["sample_shape"] == list(shape)
    assert trace.probe.output.shape == (3, 16, math.prod(shape))
    assert np.abs(trace.probe.output).max() <= 1
    assert trace.snapshot(0).images.shape[1:3] == shape[1:]
    assert trace.snapshot(0).images[0, 0, 0].tolist() == [9, 9, 9]
    assert "stopped" not in trace.attrs
    assert np.isfinite(trace["diversity"]).tolist() == [True] * 2 if module is gan else True
    assert "evaluation/epoch" not in trace.arrays
    again, _ = run(module, tmp_path / "again.zarr", data=None, every=99, steps=1, batch_size=2)
    np.testing.assert_array_equal(again["generator_loss"], trace["generator_loss"])


def test_the_installed_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "train-images.npz"
    np.savez(file, images=np.zeros((3, 28, 28), np.uint8))
    monkeypatch.setattr(gan, "FASHION", file)
    trace, _ = run(gan, tmp_path / "run.zarr", data=None, every=99, steps=1, batch_size=2)
    assert trace.attrs["data"] == "3 pictures of the file train-images.npz"


def test_how_far_samples_are_apart(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "noise.npz", pixels)
    trace, outcome = run(gan, tmp_path / "run.zarr", data=tmp_path / "noise.npz", steps=1, batch_size=4)
    assert trace["diversity"].shape == (2,)
    assert 0 < trace["diversity"][0] < 0.5  # untrained, all are nearly grey
    assert f"{trace['diversity'][-1]:.0%} as far apart" in outcome.result


@pytest.mark.parametrize("module", [gan, wgan_gp])
def test_an_interrupted_game_can_be_read(module: ModuleType, tmp_path: Path) -> None:
    def interrupt(done: int, *now: object) -> None:
        if done == 3:
            raise KeyboardInterrupt

    threads = torch.get_num_threads()
    request = Request(tmp_path / "run.zarr", RING, parameters=module.Parameters(steps=5, batch_size=8))
    with pytest.raises(KeyboardInterrupt):
        module.train(request, Progress(lambda line: None, interrupt))
    trace = open_trace(tmp_path / "run.zarr")
    assert trace.attrs["finished"] is False
    assert len(trace.steps) == 3
    assert torch.get_num_threads() == threads


def test_what_means_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.zarr"
    with pytest.raises(UsageError, match="Did you mean saturating"):
        run(gan, path, generator_loss="saturated")
    for module in (gan, wgan_gp):
        with pytest.raises(UsageError, match="--steps"):
            module.train(Request(path, RING, epochs=3), SILENT)
        with pytest.raises(DataError, match="There is no"):
            run(module, path, data=tmp_path / "missing")
    assert not path.exists()
