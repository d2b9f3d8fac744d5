"""The contest of losses: what its trace says is what the losses did, and each learns as it would alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from derivviz.calculus.focal import GAMMAS
from derivviz.errors import UsageError
from derivviz.learning.folder import DataError
from derivviz.learning.frames import Task, road_task
from derivviz.learning.precision import Judge
from derivviz.runs import Outcome, Progress, Request, focal, load
from derivviz.runs._contest import Contest, Loss
from derivviz.trace import MissingSeriesError, Trace, open_trace
from derivviz.trace.focal import Contest as Read

SILENT = Progress(lambda line: None, lambda *now: None)
STEPS = 4
TINY = {"steps": STEPS, "batch_size": 2, "scenes": 8, "test_scenes": 8}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trace, Outcome]:
    path = tmp_path_factory.mktemp("runs") / "run.zarr"
    outcome = focal.train(Request(path, seed=3, parameters=focal.Parameters(**TINY)), SILENT)
    return open_trace(path), outcome


@pytest.fixture(scope="module")
def task() -> Task:
    return road_task(8, 8, 3)


def contest(task: Task, **losses: Loss) -> Contest:
    return Contest(task, losses or focal.arms(0.25), seed=3, steps=STEPS, batch=2, rate=0.005)


def test_the_command_finds_it() -> None:
    assert load("focal") is focal


def test_the_arms_are_the_curves_of_the_source() -> None:
    arms = focal.arms(0.25)
    assert list(arms) == ["gamma0", "gamma0_5", "gamma1", "gamma2", "gamma5"]
    assert [loss.gamma for loss in arms.values()] == list(GAMMAS)
    assert [loss.alpha for loss in arms.values()] == [None, 0.25, 0.25, 0.25, 0.25]


def test_what_is_recorded(made: tuple[Trace, Outcome]) -> None:
    trace, outcome = made
    assert outcome.steps == len(trace.steps) == STEPS
    assert trace.attrs["run"] == "focal"
    assert trace.attrs["finished"] is True
    assert "stopped" not in trace.attrs
    assert not trace.attrs.get("skipped")
    assert np.isfinite(trace["ap/gamma2/vehicle"][-1])
    assert trace.probe.input_image.shape == (8, 96, 160, 3)
    maps = trace.probe.map["detectors.gamma5.classify"]
    assert maps.shape[1:] == (8, 3, 24, 40)
    assert trace.tensors()
    assert any(name.startswith("activation_grad/detectors.gamma0.classify") for name in trace.tensors())


def test_masses_are_the_gradients_of_the_losses(made: tuple[Trace, Outcome], task: Task) -> None:
    trace, _ = made
    held = contest(task)
    said = held.model(held.draw()[0])
    fresh = contest(task)
    images, yes, edges = fresh.draw()
    places = int((yes.amax(1) > 0).sum())
    tallies = fresh.step(images, yes, edges)
    for name, loss in fresh.losses.items():
        logits = said[name][0].detach().double().requires_grad_()
        weight = 1.0 if loss.alpha is None else loss.alpha * yes + (1 - loss.alpha) * (1 - yes)
        p_t = torch.where(yes > 0, logits.sigmoid(), (-logits).sigmoid())
        by_hand = (-weight * (1 - p_t) ** loss.gamma * p_t.log()).sum() / places
        by_hand.backward()
        tally = tallies[name]
        assert logits.grad is not None
        assert tally.classes == pytest.approx(by_hand.item(), rel=1e-4)
        assert tally.mass.sum() == pytest.approx(float(logits.grad.abs().sum()), rel=1e-4)
        # Before the first step all detectors are equal: what one does is what it would do of another's decisions.
        np.testing.assert_allclose(tallies["gamma0"].as_if[name], tally.mass, rtol=1e-4, atol=1e-9)
        assert tally.count.sum() == logits.numel()
        objects = float(logits.grad[yes > 0].abs().sum()) / float(logits.grad.abs().sum())
        assert tally.objects == pytest.approx(objects, rel=1e-4)
        assert trace[f"loss/{name}"][0] == pytest.approx(tally.classes, rel=1e-5)
        assert [trace[f"mass/{name}/{k}"][0] for k in range(10)] == pytest.approx(
            tally.mass.tolist(), rel=1e-4
        )


def test_each_learns_as_it_would_alone(task: Task) -> None:
    together, alone = contest(task), contest(task, gamma2=Loss(2, 0.25))
    for one in (together, alone):
        for _ in range(3):
            one.step(*one.draw())
    pairs = zip(
        together.model.detectors["gamma2"].parameters(),
        alone.model.detectors["gamma2"].parameters(),
        strict=True,
    )
    for first, second in pairs:
        torch.testing.assert_close(first, second)


def test_recording_changes_nothing(made: tuple[Trace, Outcome], task: Task) -> None:
    trace, _ = made
    held = contest(task)
    for step in range(STEPS):
        tallies = held.step(*held.draw())
        for name, tally in tallies.items():
            assert trace[f"loss/{name}"][step] == pytest.approx(tally.classes, rel=1e-6)


def test_the_reader(made: tuple[Trace, Outcome], task: Task) -> None:
    trace, _ = made
    read = Read(trace)
    assert read.classes == ["vehicle", "pedestrian", "bicycle"]
    assert read.gammas["gamma0_5"] == 0.5
    assert read.decisions == 24 * 40 * 3
    assert read.train_boxes == task.train.counts(3)
    assert 0 < read.positives < 200
    for arm in read.gammas:
        assert read.mass(arm).sum() == pytest.approx(1)
        assert read.as_if(arm).sum() == pytest.approx(1)
        assert len(read.precision(arm)) == len(read.tested) > 0
    by_hand = sum(trace[f"mass/gamma1/{k}"][STEPS // 2 :].sum() for k in range(10))
    assert read.mass("gamma1")[9] == pytest.approx(trace["mass/gamma1/9"][STEPS // 2 :].sum() / by_hand)
    picture = read.pictures[0]
    assert picture.pixels.shape == (96, 160, 3)
    assert len(picture.boxes) == len(picture.labels) > 0
    assert set(picture.found) == set(read.gammas)


def test_detections_are_those_of_the_last_weights(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trained detector's own boxes, as many as reach the threshold of their class."""
    held = contest(task)
    found = held.find("gamma0", task.test)
    judged = Judge(task.test.boxes, task.test.labels, 3).judge(found)
    tested = held.test()["gamma0"]
    assert [one.average for one in tested] == pytest.approx([one.average for one in judged], nan_ok=True)


def folder_of(path: Path, classes: list[str]) -> Path:
    told = {}
    for n in range(8):
        Image.new("RGB", (64, 48), (90, 90, 90)).save(path / f"{n}.png")
        told[f"{n}.png"] = [[classes[n % len(classes)], 8, 8, 40, 40]]
    (path / "boxes.json").write_text(json.dumps(told))
    return path


def test_frames_of_ones_own(tmp_path: Path) -> None:
    lines: list[str] = []
    request = Request(
        tmp_path / "run.zarr",
        folder_of(tmp_path, ["bus", "tram"]),
        parameters=focal.Parameters(steps=1, batch_size=2),
    )
    outcome = focal.train(request, Progress(lines.append, lambda *now: None))
    trace = open_trace(request.path)
    assert sorted(trace.attrs["classes"]) == ["bus", "tram"]
    assert f"ap/gamma2/{trace.attrs['classes'][-1]}" in trace
    assert "8 frames of the folder" in lines[0]
    assert trace.attrs["classes"][-1] in outcome.result


def test_what_means_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.zarr"

    def run(data: Path | None = None, epochs: int | None = None, **own: object) -> None:
        focal.train(Request(path, data, epochs=epochs, parameters=focal.Parameters(**own)), SILENT)  # type: ignore[arg-type]

    with pytest.raises(UsageError, match="--steps"):
        run(epochs=3)
    with pytest.raises(UsageError, match="--classes chooses among the categories of --data"):
        run(classes="bicycle")
    with pytest.raises(DataError, match="does not exist"):
        run(tmp_path / "missing")
    with pytest.raises(UsageError, match="Did you mean tram"):
        run(folder_of(tmp_path, ["bus", "tram"]), classes="trams")
    assert not path.exists()


def test_an_interrupted_contest_can_be_read_and_is_no_lesson(tmp_path: Path) -> None:
    def interrupt(done: int, *now: object) -> None:
        if done == 2:
            raise KeyboardInterrupt

    request = Request(tmp_path / "run.zarr", parameters=focal.Parameters(**TINY))
    with pytest.raises(KeyboardInterrupt):
        focal.train(request, Progress(lambda line: None, interrupt))
    trace = open_trace(request.path)
    assert trace.attrs["finished"] is False
    assert len(trace.steps) == 2
    with pytest.raises(MissingSeriesError, match="broken off before its end"):
        Read(trace)
