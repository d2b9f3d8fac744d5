"""The Lightning callback, in real trainers."""

from __future__ import annotations

import copy
import importlib
import os
import pickle

import numpy as np
import pytest

import derivviz
from derivviz.errors import UsageError
from derivviz.trace import TraceError

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated"),
    pytest.mark.filterwarnings("ignore:.*`isinstance.treespec, LeafSpec.` is deprecated"),
    pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning"),
]
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 1,
}


@pytest.fixture(params=["lightning", "pytorch_lightning"])
def either(request):
    return importlib.import_module(request.param)


@pytest.fixture
def make_module(torch, make_net):
    def make(library, dropout=0.0, fails_at=None, error=RuntimeError):
        class Module(library.LightningModule):
            validates = True

            def __init__(self):
                super().__init__()
                self.net = make_net()
                self.net[3].p = dropout

            def training_step(self, batch, index):
                if fails_at is not None and self.trainer.global_step == fails_at:
                    raise error("on purpose")
                loss = torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])
                self.log("train_loss", loss)
                self.log("mean_loss", loss, on_step=False, on_epoch=True)
                self.log("lr", 0.1)
                return loss

            def validation_step(self, batch, index):
                self.log("val_loss", torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1]))

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.5 if dropout else 0)

        return Module()

    return make


@pytest.fixture
def fit(torch, data):
    def fit(library, module, callbacks, ckpt_path=None, **options):
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*data), batch_size=4)
        trainer = library.Trainer(callbacks=callbacks, **{**QUIET, "max_epochs": 2, **options})
        trainer.fit(module, loader, loader if hasattr(module, "validates") else None, ckpt_path=ckpt_path)
        return trainer

    return fit


@pytest.fixture
def record():
    from derivviz.integrations.lightning import RecordTraining

    return RecordTraining


def test_gradients_are_autograds_and_losses_the_hosts(
    either, record, make_module, fit, plain, same_gradients, hooks_of, here
):
    module = make_module(either)
    trainer = fit(either, module, [record("run.zarr", snapshot_every=1)])
    trace = derivviz.open_trace("run.zarr")
    expected = plain(8)
    assert trace.steps.tolist() == list(range(8))
    same_gradients(trace, expected)
    losses = [loss for _, loss in expected]
    np.testing.assert_allclose(trace["loss"], losses, rtol=1e-6)
    assert trace["train_loss"].tolist() == trace["loss"].tolist()
    assert trace["epoch"].tolist() == [1] * 4 + [2] * 4
    assert trace["logged/lr"].tolist() == pytest.approx([0.1] * 8)
    # What comes once an epoch stands at its last step, and nowhere else.
    assert np.flatnonzero(np.isfinite(trace["val_loss"])).tolist() == [3, 7]
    assert np.flatnonzero(np.isfinite(trace["mean_loss"])).tolist() == [3, 7]
    assert trace["mean_loss"][[3, 7]] == pytest.approx([np.mean(losses[:4]), np.mean(losses[4:])])
    assert trace["val_loss"][7] == trainer.callback_metrics["val_loss"].item()
    assert hooks_of(module, trainer.optimizers[0]) == 0
    assert os.listdir(here) == ["run.zarr"]


def test_training_is_bit_for_bit_the_same(record, make_module, fit, digest, torch):
    import lightning

    def trained(callbacks):
        torch.manual_seed(3)
        module = make_module(lightning, dropout=0.5)
        trainer = fit(lightning, module, callbacks)
        return digest(module.state_dict(), trainer.optimizers[0].state_dict())

    assert trained([record("run.zarr", snapshot_every=2)]) == trained([])


def test_validation_inside_the_epoch_is_kept_apart(record, make_module, fit, plain):
    import lightning

    fit(lightning, make_module(lightning), [record("run.zarr", snapshot_every=1)], val_check_interval=2)
    trace = derivviz.open_trace("run.zarr")
    assert np.flatnonzero(np.isfinite(trace["val_loss"])).tolist() == [1, 3, 5, 7]
    np.testing.assert_allclose(trace["loss"], [loss for _, loss in plain(8)], rtol=1e-6)
    assert "activation/net.0#2/mean" not in trace


def test_a_step_of_accumulated_gradients_is_one_step(record, make_module, fit, plain):
    import lightning

    callback = record("run.zarr", snapshot_every=1)
    fit(lightning, make_module(lightning), [callback], accumulate_grad_batches=2)
    trace = derivviz.open_trace("run.zarr")
    expected = plain(4, parts=2)
    assert trace.steps.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(trace["loss"], [loss for _, loss in expected], rtol=1e-6)
    for step, (gradients, _) in enumerate(expected):
        got = trace.snapshot(step).grad["net.0.weight"]
        np.testing.assert_allclose(got, gradients["0.weight"], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("error", "raised"), [(RuntimeError, RuntimeError), (KeyboardInterrupt, SystemExit)])
def test_whatever_is_raised_closes_the_trace(record, make_module, fit, hooks_of, error, raised):
    import lightning

    module, callback = make_module(lightning, fails_at=3, error=error), record("run.zarr")
    with pytest.raises(raised):
        fit(lightning, module, [callback])
    assert callback.recorder is None
    assert hooks_of(module) == 0
    assert derivviz.open_trace("run.zarr").steps.tolist() == [0, 1, 2]


def test_an_existing_trace_is_not_replaced(record, make_module, fit):
    import lightning

    fit(lightning, make_module(lightning), [record("run.zarr")])
    with pytest.raises(TraceError, match="already a trace"):
        fit(lightning, make_module(lightning), [record("run.zarr")])
    fit(lightning, make_module(lightning), [record("run.zarr", overwrite=True)], max_epochs=1)
    assert len(derivviz.open_trace("run.zarr").steps) == 4


def test_copies_pickles_and_checkpoints_go_on_while_it_records(record, make_module, fit, here):
    import lightning

    class Copier(lightning.Callback):
        def on_train_batch_end(self, trainer, module, outputs, batch, index):
            recording = trainer.callbacks[0]
            assert recording.recorder is not None
            for copied in (copy.deepcopy(recording), pickle.loads(pickle.dumps(recording))):
                assert (copied.recorder, copied.path) == (None, recording.path)
            trainer.save_checkpoint("last.ckpt")

    fit(lightning, make_module(lightning), [record("run.zarr"), Copier()])
    assert len(derivviz.open_trace("run.zarr").steps) == 8
    assert sorted(os.listdir(here)) == ["last.ckpt", "run.zarr"]


def test_a_fit_from_a_checkpoint_goes_on_in_its_trace(record, make_module, fit, plain):
    """Killed at step 6, gone on with from the checkpoint after step 4."""
    import lightning

    class Saver(lightning.Callback):
        def on_train_batch_end(self, trainer, module, outputs, batch, index):
            if trainer.global_step == 4:
                trainer.save_checkpoint("four.ckpt")

    module = make_module(lightning, fails_at=6)
    with pytest.raises(RuntimeError):
        fit(lightning, module, [record("run.zarr", snapshot_every=1), Saver()])
    fit(
        lightning,
        make_module(lightning),
        [record("run.zarr", snapshot_every=1, resume=True), Saver()],
        ckpt_path="four.ckpt",
    )
    trace = derivviz.open_trace("run.zarr")
    assert trace.steps.tolist() == list(range(8))
    np.testing.assert_allclose(trace["loss"], [loss for _, loss in plain(8)], rtol=1e-5)


def test_the_gradscaler_of_the_host_is_handed_on(record, make_module, fit, monkeypatch, torch):
    import lightning
    from lightning.pytorch.plugins import MixedPrecision

    from derivviz.integrations import hosted

    seen = {}
    real = hosted.record

    def spy(*arguments, **options):
        seen.update(options)
        return real(*arguments, **options)

    monkeypatch.setattr(hosted, "record", spy)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    precision = MixedPrecision("16-mixed", "cpu", scaler=scaler)
    fit(lightning, make_module(lightning), [record("run.zarr")], plugins=[precision], max_epochs=1)
    assert seen["scaler"] is scaler
    fit(lightning, make_module(lightning), [record("plain.zarr")], max_epochs=1)
    norm, same = (derivviz.open_trace(f"{n}.zarr")["grad/net.0.weight/norm"] for n in ("run", "plain"))
    np.testing.assert_allclose(norm, same, rtol=0.05)  # unscaled


@pytest.fixture
def gan(torch):
    import lightning

    class Gan(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False
            self.generator, self.critic = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)

        def training_step(self, batch, index):
            ours, theirs = self.optimizers()
            fake = self.generator(batch[0][:, :2])
            loss = self.critic(fake).square().mean()
            ours.zero_grad()
            self.manual_backward(loss)
            ours.step()
            real = (self.critic(fake.detach()) - self.critic(batch[0])).square().mean()
            theirs.zero_grad()
            self.manual_backward(real)
            theirs.step()
            self.log_dict({"g": loss, "d": real})

        def configure_optimizers(self):
            return (
                torch.optim.SGD(self.generator.parameters(), lr=0.1),
                torch.optim.Adam(self.critic.parameters(), lr=0.01),
            )

    return lightning, Gan()


def test_of_several_optimizers_one_is_chosen(record, fit, gan):
    library, module = gan
    with pytest.raises(UsageError, match=r"2 optimizers \(0: SGD, 1: Adam\).*optimizer=0"):
        fit(library, module, [record("run.zarr")])
    with pytest.raises(UsageError, match="There is no optimizer 2"):
        fit(library, module, [record("run.zarr", optimizer=2)])
    fit(library, module, [record("run.zarr", optimizer=1)])
    trace = derivviz.open_trace("run.zarr")
    assert len(trace.steps) == 8
    assert np.isfinite([trace["g"], trace["d"], trace["grad/critic.weight/norm"]]).all()
    assert np.isnan(trace["lr/generator.weight"]).all()


def test_metrics_stand_at_the_step_of_an_optimizer_that_is_not_the_last(record, fit, gan):
    library, module = gan
    fit(library, module, [record("run.zarr", optimizer=0)])
    assert np.isfinite(derivviz.open_trace("run.zarr")["g"]).all()


def test_a_mistyped_option_is_told_before_training(record):
    with pytest.raises(TypeError, match="snapshots_every"):
        record("run.zarr", snapshots_every=3)
