"""The Ignite handler, on real engines."""

from __future__ import annotations

import copy
import os
import pickle

import numpy as np
import pytest

import derivviz
from derivviz.trace import TraceError

pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning"),
]


@pytest.fixture
def ignite():
    return pytest.importorskip("ignite.engine")


@pytest.fixture
def record(ignite):
    from derivviz.integrations.ignite import RecordTraining

    return RecordTraining


@pytest.fixture
def make(torch, ignite, make_net):
    """A trainer, its model and its optimizer."""

    def make(dropout=0.0, fails_at=None, error=RuntimeError, **options):
        model = make_net()
        model[3].p = dropout
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5 if dropout else 0)
        loss = torch.nn.functional.cross_entropy
        trainer = ignite.create_supervised_trainer(model, optimizer, loss, **options)

        @trainer.on(ignite.Events.ITERATION_STARTED)
        def fail(engine):
            if engine.state.iteration - 1 == fails_at:
                raise error("on purpose")

        return trainer, model, optimizer

    return make


@pytest.fixture
def batches(data):
    return [(data[0][n : n + 4], data[1][n : n + 4]) for n in range(0, 16, 4)]


def test_gradients_are_autograds_and_losses_the_hosts(
    record, make, ignite, batches, plain, hooks_of, torch, here
):
    from ignite.metrics import Loss, RunningAverage

    trainer, model, optimizer = make()
    loss = torch.nn.functional.cross_entropy
    evaluator = ignite.create_supervised_evaluator(model, {"nll": Loss(loss)})
    outputs, running = [], []
    RunningAverage(output_transform=lambda output: output).attach(trainer, "running")
    record("run.zarr", snapshot_every=1).attach(trainer, model, optimizer, {"held_out": evaluator})
    trainer.add_event_handler(ignite.Events.EPOCH_COMPLETED, lambda: evaluator.run(batches))
    trainer.add_event_handler(ignite.Events.ITERATION_COMPLETED, lambda: outputs.append(trainer.state.output))
    trainer.add_event_handler(
        ignite.Events.ITERATION_COMPLETED, lambda: running.append(trainer.state.metrics["running"])
    )
    handlers = {event: len(known) for event, known in trainer._event_handlers.items()}
    trainer.run(batches, max_epochs=2)
    trace = derivviz.open_trace("run.zarr")
    expected = plain(8)
    assert trace.steps.tolist() == list(range(8))
    for step, (gradients, _) in enumerate(expected):
        for name, gradient in gradients.items():
            np.testing.assert_allclose(trace.snapshot(step).grad[name], gradient, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(trace["loss"], [loss for _, loss in expected], rtol=1e-6)
    assert trace["loss"].tolist() == outputs
    assert trace["running"].tolist() == running
    assert trace["epoch"].tolist() == [1] * 4 + [2] * 4
    assert np.flatnonzero(np.isfinite(trace["held_out/nll"])).tolist() == [3, 7]
    assert trace["held_out/nll"][7] == evaluator.state.metrics["nll"]
    assert hooks_of(model, optimizer) == 0
    assert {event: len(known) for event, known in trainer._event_handlers.items() if known} == handlers
    assert os.listdir(here) == ["run.zarr"]


def test_training_is_bit_for_bit_the_same(record, make, batches, digest, torch):
    def trained(recording):
        torch.manual_seed(3)
        trainer, model, optimizer = make(dropout=0.5)
        if recording:
            recording.attach(trainer, model, optimizer)
        trainer.run(batches, max_epochs=2)
        return digest(model.state_dict(), optimizer.state_dict())

    assert trained(record("run.zarr", snapshot_every=2)) == trained(None)


def test_a_step_of_accumulated_gradients_is_one_step(record, make, batches, plain):
    trainer, model, optimizer = make(gradient_accumulation_steps=2)
    record("run.zarr", snapshot_every=1).attach(trainer, model, optimizer)
    trainer.run(batches, max_epochs=2)
    trace = derivviz.open_trace("run.zarr")
    assert trace.steps.tolist() == [0, 1, 2, 3]
    for step, (gradients, _) in enumerate(plain(4, parts=2)):
        got = trace.snapshot(step).grad["0.weight"]
        np.testing.assert_allclose(got, gradients["0.weight"], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (lambda output: {"nll": output, "half": output / 2, "words": "left out"}, {"nll", "half"}),
        (lambda output: ("no", "number"), set()),
    ],
)
def test_what_is_logged_of_the_output(record, make, batches, output, told):
    trainer, model, optimizer = make()
    record("run.zarr", output_transform=output).attach(trainer, model, optimizer)
    trainer.run(batches, max_epochs=1)
    trace = derivviz.open_trace("run.zarr")
    assert {key for key in trace if "/" not in key} == told | {"epoch", "time", "recorder_seconds"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_whatever_is_raised_closes_the_trace_and_is_raised(record, make, batches, hooks_of, error):
    trainer, model, optimizer = make(fails_at=3, error=error)
    recording = record("run.zarr")
    recording.attach(trainer, model, optimizer)
    with pytest.raises(error, match="on purpose"):
        trainer.run(batches, max_epochs=2)
    assert recording.recorder is None
    assert hooks_of(model, optimizer) == 0
    assert derivviz.open_trace("run.zarr").steps.tolist() == [0, 1, 2]


def test_a_handler_of_exceptions_is_heard_as_without_it(record, make, ignite, batches):
    trainer, model, optimizer = make(fails_at=2)
    recording = record("run.zarr")
    recording.attach(trainer, model, optimizer)
    heard = []
    trainer.add_event_handler(ignite.Events.EXCEPTION_RAISED, lambda engine, error: heard.append(error))
    trainer.run(batches, max_epochs=1)
    assert [str(error) for error in heard][:1] == ["on purpose"]
    assert recording.recorder is None
    assert derivviz.open_trace("run.zarr").steps.tolist() == [0, 1]


def test_an_existing_trace_is_not_replaced(record, make, batches):
    trainer, model, optimizer = make()
    record("run.zarr").attach(trainer, model, optimizer)
    trainer.run(batches, max_epochs=1)
    with pytest.raises(TraceError, match="already a trace"):
        trainer.run(batches, max_epochs=1)


def test_a_run_from_a_state_goes_on_in_its_trace(record, make, batches, torch):
    """Two epochs, of which the second is made once more."""
    trainer, model, optimizer = make()
    record("run.zarr").attach(trainer, model, optimizer)
    trainer.run(batches, max_epochs=1)
    state = {"trainer": trainer.state_dict(), "model": copy.deepcopy(model.state_dict())}
    state["trainer"]["max_epochs"] = 2
    losses = []
    for _ in range(2):
        trainer, model, optimizer = make()
        model.load_state_dict(state["model"])
        trainer.load_state_dict(state["trainer"])
        record("run.zarr", resume=True).attach(trainer, model, optimizer)
        trainer.run(batches, max_epochs=2)
        losses.append(derivviz.open_trace("run.zarr")["loss"].tolist())
    assert derivviz.open_trace("run.zarr").steps.tolist() == list(range(8))
    assert losses[0] == losses[1]


def test_copies_pickles_and_checkpoints_go_on_while_it_records(record, make, ignite, batches, torch):
    trainer, model, optimizer = make()
    recording = record("run.zarr")
    recording.attach(trainer, model, optimizer)

    @trainer.on(ignite.Events.ITERATION_COMPLETED)
    def copied(engine):
        assert recording.recorder is not None
        for twin in (copy.deepcopy(recording), pickle.loads(pickle.dumps(recording))):
            assert (twin.recorder, twin.path) == (None, recording.path)
        torch.save({"engine": engine.state_dict(), "model": model}, "last.pt")

    trainer.run(batches, max_epochs=1)
    assert len(derivviz.open_trace("run.zarr").steps) == 4
    assert torch.load("last.pt", weights_only=False)["engine"]["iteration"] == 4


def test_pictures_of_the_batch_are_kept(record, ignite, torch):
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 5 * 5, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = ignite.create_supervised_trainer(model, optimizer, torch.nn.functional.cross_entropy)
    record("run.zarr").attach(trainer, model, optimizer)
    trainer.run([(torch.rand(6, 3, 5, 5), torch.arange(6) % 2)], max_epochs=1)
    snapshot = derivviz.open_trace("run.zarr").snapshot(0)
    assert snapshot.images.shape == (4, 5, 5, 3)
    assert snapshot.target.tolist() == [0, 1] * 3
