"""The Hugging Face callback, in real Trainers."""

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
def record():
    from derivviz.integrations.huggingface import RecordTraining

    return RecordTraining


@pytest.fixture
def make_model(torch, make_net):
    def make(dropout=0.0, fails_at=None, error=RuntimeError):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net = make_net()
                self.net[3].p = dropout
                self.calls = 0

            def forward(self, x, labels):
                if self.training:
                    if self.calls == fails_at:
                        raise error("on purpose")
                    self.calls += 1
                logits = self.net(x)
                return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

        return Model()

    return make


@pytest.fixture
def make_trainer(torch, data):
    from transformers import Trainer, TrainingArguments

    class InOrder(Trainer):
        def _get_train_sampler(self, *_):
            return torch.utils.data.SequentialSampler(self.train_dataset)

    def make(model, callbacks, **options):
        rows = [{"x": x, "labels": y} for x, y in zip(*data, strict=True)]
        told = {
            "output_dir": "out",
            "max_steps": 8,
            "logging_steps": 1,
            "save_strategy": "no",
            "report_to": "none",
            "use_cpu": True,
            "disable_tqdm": True,
            "per_device_train_batch_size": 4,
            "learning_rate": 0.1,
            "lr_scheduler_type": "constant",
            "max_grad_norm": 0.0,
            "optim": "sgd",
            **options,
        }
        return InOrder(
            model, TrainingArguments(**told), train_dataset=rows, eval_dataset=rows, callbacks=callbacks
        )

    return make


def logged(trainer, name):
    """Step → value, as the host has it."""
    return {row["step"]: row[name] for row in trainer.state.log_history if name in row}


def test_gradients_are_autograds_and_losses_the_hosts(
    record, make_model, make_trainer, plain, same_gradients, hooks_of, here
):
    model = make_model()
    trainer = make_trainer(
        model, [record("run.zarr", snapshot_every=1)], eval_strategy="steps", eval_steps=3, eval_on_start=True
    )
    trainer.train()
    trace = derivviz.open_trace("run.zarr")
    expected = plain(8)
    assert trace.steps.tolist() == list(range(8))
    same_gradients(trace, expected)
    np.testing.assert_allclose(trace["loss"], [loss for _, loss in expected], rtol=1e-6)
    assert dict(zip((trace.steps + 1).tolist(), trace["loss"].tolist(), strict=True)) == logged(
        trainer, "loss"
    )
    assert trace["epoch"].tolist() == [1] * 4 + [2] * 4
    told = {s + 1: v for s, v in enumerate(trace["eval_loss"].tolist()) if v == v}
    assert told == {s: v for s, v in logged(trainer, "eval_loss").items() if s > 0}
    assert set(told) == {3, 6, 8}
    assert trace["train_loss"][-1] == logged(trainer, "train_loss")[8]
    assert hooks_of(model, trainer.optimizer.optimizer) == 0
    assert set(os.listdir(here)) <= {"run.zarr", "out"}


def test_training_is_bit_for_bit_the_same(record, make_model, make_trainer, digest, torch):
    def trained(callbacks):
        torch.manual_seed(3)
        model = make_model(dropout=0.5)
        trainer = make_trainer(model, callbacks, optim="adamw_torch", max_grad_norm=1.0)
        trainer.train()
        return digest(model.state_dict(), trainer.optimizer.state_dict())

    assert trained([record("run.zarr", snapshot_every=2)]) == trained([])


def test_a_step_of_accumulated_gradients_is_one_step(record, make_model, make_trainer, plain):
    trainer = make_trainer(
        make_model(),
        [record("run.zarr", snapshot_every=1)],
        gradient_accumulation_steps=2,
        max_steps=4,
        logging_steps=2,
    )
    trainer.train()
    trace = derivviz.open_trace("run.zarr")
    expected = plain(4, parts=2)
    assert trace.steps.tolist() == [0, 1, 2, 3]
    for step, (gradients, _) in enumerate(expected):
        got = trace.snapshot(step).grad["net.0.weight"]
        np.testing.assert_allclose(got, gradients["0.weight"], rtol=1e-5, atol=1e-8)
    # The Trainer logs each second step: the mean of two.
    losses = [loss for _, loss in expected]
    np.testing.assert_allclose(
        trace["loss"], [np.nan, np.mean(losses[:2]), np.nan, np.mean(losses[2:])], rtol=1e-6
    )


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_whatever_is_raised_closes_the_trace(record, make_model, make_trainer, hooks_of, error):
    model, callback = make_model(fails_at=3, error=error), record("run.zarr")
    trainer = make_trainer(model, [callback])
    with pytest.raises(error, match="on purpose"):
        trainer.train()
    assert callback.recorder is None
    assert hooks_of(model, trainer.optimizer.optimizer) == 0
    assert derivviz.open_trace("run.zarr").steps.tolist() == [0, 1, 2]


def test_an_existing_trace_is_not_replaced(record, make_model, make_trainer):
    make_trainer(make_model(), [record("run.zarr")]).train()
    with pytest.raises(TraceError, match="already a trace"):
        make_trainer(make_model(), [record("run.zarr")]).train()
    make_trainer(make_model(), [record("run.zarr", overwrite=True)], max_steps=2).train()
    assert len(derivviz.open_trace("run.zarr").steps) == 2


def test_copies_pickles_and_checkpoints_go_on_while_it_records(record, make_model, make_trainer, torch):
    from transformers import TrainerCallback

    class Copier(TrainerCallback):
        def on_step_end(self, args, state, control, model=None, **_):
            assert recording.recorder is not None
            for copied in (copy.deepcopy(recording), pickle.loads(pickle.dumps(recording))):
                assert (copied.recorder, copied.path) == (None, recording.path)

    recording = record("run.zarr")
    trainer = make_trainer(make_model(), [recording, Copier()], save_strategy="steps", save_steps=4)
    trainer.train()
    assert len(derivviz.open_trace("run.zarr").steps) == 8
    assert {"checkpoint-4", "checkpoint-8"} <= set(os.listdir("out"))


def test_a_training_from_a_checkpoint_goes_on_in_its_trace(record, make_model, make_trainer, plain):
    """Killed at step 6, gone on with from the checkpoint after step 4."""
    often = {"save_strategy": "steps", "save_steps": 4}
    with pytest.raises(RuntimeError):
        make_trainer(make_model(fails_at=6), [record("run.zarr", snapshot_every=1)], **often).train()
    recording = record("run.zarr", snapshot_every=1, resume=True)
    make_trainer(make_model(), [recording], **often).train(resume_from_checkpoint=True)
    trace = derivviz.open_trace("run.zarr")
    assert trace.steps.tolist() == list(range(8))
    np.testing.assert_allclose(trace["loss"], [loss for _, loss in plain(8)], rtol=1e-5)


def test_a_model_of_the_library_itself(record, here, torch):
    """Its outputs are mappings, and its names those of the model."""
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

    config = BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    rows = [{"input_ids": torch.arange(4) + n, "labels": n % 2} for n in range(8)]
    arguments = TrainingArguments(
        "out",
        max_steps=2,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
    )
    callbacks = [record("run.zarr")]
    Trainer(BertForSequenceClassification(config), arguments, train_dataset=rows, callbacks=callbacks).train()
    trace = derivviz.open_trace("run.zarr")
    assert np.isfinite(trace["grad/bert.encoder.layer.0.attention.self.query.weight/norm"]).all()
    assert np.isfinite(trace["activation/classifier/mean"]).all()
    assert trace.snapshot(0).output.shape == (8, 2)
