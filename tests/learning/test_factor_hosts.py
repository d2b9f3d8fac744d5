"""The wrapped optimizer in the hands of others: schedulers, gradient scaling, Lightning, Accelerate."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer, lr_scheduler
from torch.optim.swa_utils import SWALR, AveragedModel

from derivviz.learning import DerivativeFactor, step_factor

SCHEDULERS: dict[str, Callable[[Optimizer], Any]] = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 4]),
    "ConstantLR": lambda o: lr_scheduler.ConstantLR(o, total_iters=3),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda o: lr_scheduler.PolynomialLR(o, 8),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 8),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda epoch: 0.9),
    "CyclicLR with momentum": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=2),
    "OneCycleLR with momentum": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=10),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=1),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.9)], milestones=[3]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "SWALR": lambda o: SWALR(o, swa_lr=0.01, anneal_epochs=3),
}


def _stepped(optimizer: Optimizer, gradient: float = 1.0) -> None:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.full_like(parameter, gradient)
    optimizer.step()


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_turn_the_wrapped_optimizer_as_they_turn_a_bare_one(name: str) -> None:
    def course(wrap: Callable[[Optimizer], Optimizer]) -> list[tuple[float, float]]:
        optimizer = wrap(SGD([nn.Parameter(torch.zeros(2))], lr=0.1, momentum=0.9))
        scheduler, seen = SCHEDULERS[name](optimizer), []
        for _ in range(8):
            _stepped(optimizer)
            scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
            group = getattr(optimizer, "optimizer", optimizer).param_groups[0]
            seen.append((group["lr"], group["momentum"]))
        return seen

    bare = course(lambda o: o)
    assert course(DerivativeFactor) == bare
    assert len(set(bare)) > 1


def test_every_scheduler_of_torch_is_tried() -> None:
    base = lr_scheduler.LRScheduler
    there = {n for n, c in vars(lr_scheduler).items() if isinstance(c, type) and issubclass(c, base)}
    assert there - {"LRScheduler", "_LRScheduler"} <= {name.split()[0] for name in SCHEDULERS}


def test_a_scheduled_optimizer_is_copied_and_resumed() -> None:
    weight = nn.Parameter(torch.zeros(2))
    optimizer = DerivativeFactor(Adam([weight], lr=0.1))
    scheduler = lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    _stepped(optimizer)
    scheduler.step()
    twin_weight, twin = copy.deepcopy((weight, optimizer))
    _stepped(optimizer)
    _stepped(twin)
    assert torch.equal(weight, twin_weight)

    other = nn.Parameter(torch.zeros(2))
    resumed = DerivativeFactor(Adam([other], lr=0.1))
    again = lr_scheduler.StepLR(resumed, 1, gamma=0.5)
    resumed.load_state_dict(optimizer.state_dict())
    again.load_state_dict(scheduler.state_dict())
    for stepper, one in ((optimizer, scheduler), (resumed, again)):
        _stepped(stepper)
        one.step()
    assert again.get_last_lr() == scheduler.get_last_lr() == [0.025]


def test_averaged_weights_are_averages_of_what_the_factor_made() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, -1.0)
    optimizer, averaged, seen = DerivativeFactor(SGD(model.parameters(), lr=0.1)), AveragedModel(model), []
    for _ in range(3):
        _stepped(optimizer)
        averaged.update_parameters(model)
        seen.append(model.weight.item())
    assert seen[0] == pytest.approx(-1.22)
    assert averaged.module.weight.item() == pytest.approx(sum(seen) / 3)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("unscaled", [False, True])
def test_gradient_scaling_unscales_first_and_a_skipped_step_moves_nothing(
    fused: bool, unscaled: bool
) -> None:
    weight = nn.Parameter(torch.tensor([-1.0, -1.0]))
    optimizer = DerivativeFactor(SGD([weight], lr=0.1, fused=fused))
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)

    def step(worth: Tensor) -> None:
        optimizer.zero_grad()
        scaler.scale((weight * worth).sum()).backward()
        if unscaled:
            scaler.unscale_(optimizer)
            assert weight.grad is not None
            assert torch.equal(weight.grad, worth)
        scaler.step(optimizer)
        scaler.update()

    step(torch.tensor([1.0, 2.0]))
    # The factor at mean −1 is 2.2.
    torch.testing.assert_close(weight.detach(), torch.tensor([-1 - 0.22, -1 - 0.44]))
    assert optimizer.factors == {weight: pytest.approx(2.2)}
    before = weight.detach().clone()
    step(torch.tensor([float("inf"), 1.0]))
    assert torch.equal(weight, before)
    assert scaler.get_scale() == 512
    step(torch.tensor([1.0, 1.0]))
    torch.testing.assert_close(weight.detach(), before - 0.1 * step_factor(before))


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.filterwarnings("ignore:.*LeafSpec")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_lightning_takes_it_from_configure_optimizers(tmp_path: Any) -> None:
    lightning = pytest.importorskip("lightning")
    import derivviz
    from derivviz.integrations.lightning import RecordTraining

    class Module(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(3, 1)
            nn.init.constant_(self.net.weight, -1.0)

        def training_step(self, batch: Any, index: int) -> Tensor:
            loss: Tensor = self.net(batch[0]).sum()
            return loss

        def configure_optimizers(self) -> Any:
            optimizer = DerivativeFactor(SGD(self.parameters(), lr=0.1))
            return [optimizer], [lr_scheduler.StepLR(optimizer, 1, gamma=0.5)]

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 3)), batch_size=4)
    module = Module()
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=2,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
        enable_checkpointing=False,
        callbacks=[RecordTraining(tmp_path / "run.zarr", snapshot_every=1)],
    )
    trainer.fit(module, loader)
    # Each gradient is the sum over four rows of ones; f′ is 24 at mean −1, and the rate is halved after it.
    first = -1 - 0.1 * 2.2 * 4
    factor = 1 + abs(-6 * first**2 - 12 * first + 18) / 20
    assert module.net.weight[0, 0].item() == pytest.approx(first - 0.05 * factor * 4)
    trainer.save_checkpoint(tmp_path / "end.ckpt")
    states = torch.load(tmp_path / "end.ckpt", weights_only=False)["optimizer_states"]
    assert states[0]["param_groups"][0]["lr"] == pytest.approx(0.025)
    trace = derivviz.open_trace(tmp_path / "run.zarr")
    assert trace["lr_factor/net.weight"].tolist() == pytest.approx([2.2, factor])


@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_accelerate_prepares_it(precision: str) -> None:
    accelerate = pytest.importorskip("accelerate")
    accelerate.state.AcceleratorState._reset_state(True)
    try:
        accelerator = accelerate.Accelerator(cpu=True, mixed_precision=precision)
        model = nn.Linear(3, 1, bias=False)
        nn.init.constant_(model.weight, -1.0)
        factor = DerivativeFactor(SGD(model.parameters(), lr=0.125))
        scheduler = lr_scheduler.StepLR(factor, 1, gamma=0.5)
        model, optimizer, scheduler = accelerator.prepare(model, factor, scheduler)
        for _ in range(2):
            optimizer.zero_grad()
            accelerator.backward(model(torch.ones(4, 3)).sum())
            optimizer.step()
            scheduler.step()
        first = -1 - 0.125 * 2.2 * 4
        second = 1 + abs(-6 * first**2 - 12 * first + 18) / 20
        assert model.weight[0, 0].item() == pytest.approx(first - 0.0625 * second * 4)
        assert list(factor.factors.values()) == pytest.approx([second])
        assert factor.param_groups[0]["lr"] == pytest.approx(0.03125)
    finally:
        accelerate.state.AcceleratorState._reset_state(True)
