"""What someone would use to watch a training run, each set up in the way that its own documentation shows.

A contestant is a context manager: given a workload and a folder of its own, it yields a function that makes
one training step and records it. What it does on leaving (flushing, closing) is part of its cost.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from workloads import Workload

Step = Callable[[], None]


@contextmanager
def derivviz(load: Workload, folder: Path) -> Iterator[Step]:
    """Everything that is on by default: all layers and parameters, each step, a snapshot each tenth."""
    from derivviz.recording import record

    with record(load.model, load.optimizer, folder / "run.zarr") as recorder:

        def step() -> None:
            recorder.batch(load.inputs, load.target)
            recorder.log(loss=load.step())

        yield step


@contextmanager
def tensorboard(load: Workload, folder: Path, every: int = 1) -> Iterator[Step]:
    """Histograms of parameters, gradients and activations each `every` steps, the loss each step."""
    from torch.utils.tensorboard import SummaryWriter

    activations: dict[str, Tensor] = {}
    number = 0

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if number % every == 0:
                activations[name] = (output[0] if isinstance(output, tuple) else output).detach()

        return hook

    for name, module in leaves(load.model):
        module.register_forward_hook(keep(name))
    with SummaryWriter(str(folder)) as writer:

        def step() -> None:
            nonlocal number
            writer.add_scalar("loss", load.step(), number)
            if number % every == 0:
                for name, parameter in load.model.named_parameters():
                    writer.add_histogram(f"param/{name}", parameter, number)
                    if parameter.grad is not None:
                        writer.add_histogram(f"grad/{name}", parameter.grad, number)
                for name, value in activations.items():
                    writer.add_histogram(f"activation/{name}", value, number)
            number += 1

        yield step


@contextmanager
def wandb_watch(load: Workload, folder: Path, every: int = 1) -> Iterator[Step]:
    """``wandb.watch(log="all")`` offline: histograms of parameters and gradients; it has no activations.

    The measurements of the machine are off: they are not what is compared.
    """
    import wandb

    quiet = wandb.Settings(silent=True, console="off", x_disable_stats=True, x_disable_meta=True)
    run = wandb.init(project="benchmark", mode="offline", dir=str(folder), settings=quiet)
    run.watch(load.model, log="all", log_freq=every)
    yield lambda: run.log({"loss": load.step().item()})
    run.finish()
    wandb.teardown()  # ends wandb's own process, whose time is then known


@contextmanager
def torchlens_recorder(load: Workload, folder: Path) -> Iterator[Step]:
    """torchlens' Recorder around the training step's own forward and backward.

    It keeps four statistics of each operation's output and gradient instead of the tensors, or it would hold
    the memory of every step. It has no parameters, and writes no file of a whole run.
    """
    from torchlens.fastlog import CaptureSpec, Recorder

    options = {
        "default_op": CaptureSpec(),
        "activation_transform": four_statistics,
        "save_raw_activations": False,
        "save_grads": True,
        "grad_transform": four_statistics,
        "save_raw_gradients": False,
    }
    kept = []

    def step() -> None:
        load.optimizer.zero_grad()
        with Recorder(load.model, **options) as recorder:
            loss = functional.cross_entropy(recorder.log(load.inputs), load.target)
            recorder.log_backward(loss)
        load.optimizer.step()
        kept.append((loss.item(), recorder.recording))

    yield step


@contextmanager
def torchlens_trace(load: Workload, folder: Path) -> Iterator[Step]:
    """torchlens' full trace of every step, with gradients; none is kept."""
    import torchlens

    options = torchlens.options.CaptureOptions(backward_ready=True, save_grads=True)

    def step() -> None:
        load.optimizer.zero_grad()
        trace = torchlens.trace(load.model, load.inputs, capture=options)
        loss = functional.cross_entropy(trace[-1].out, load.target)
        trace.log_backward(loss)
        load.optimizer.step()
        loss.item()
        trace.cleanup()  # or the tensors of many steps stay in memory, in reference cycles

    yield step


@contextmanager
def captum(load: Workload, folder: Path) -> Iterator[Step]:
    """captum's LayerActivation, and its layer gradients of each sample's loss, for all layers.

    captum does forwards of its own, so this comes before the training step. Four statistics of each are
    kept and saved at the end: captum itself writes no files.
    """
    from captum.attr import LayerActivation, LayerGradientXActivation

    layers = [module for _, module in leaves(load.model)]

    def losses(inputs: Tensor) -> Tensor:
        return functional.cross_entropy(load.model(inputs), load.target, reduction="none")

    activation = LayerActivation(losses, layers)
    gradient = LayerGradientXActivation(losses, layers, multiply_by_inputs=False)
    kept = []

    def step() -> None:
        with warnings.catch_warnings():  # of tokens, that integers have no gradient
            warnings.simplefilter("ignore")
            found = [*activation.attribute(load.inputs), *gradient.attribute(load.inputs)]
        kept.append([four_statistics(one[0] if isinstance(one, tuple) else one) for one in found])
        load.step().item()

    yield step
    torch.save(kept, folder / "layers.pt")


def four_statistics(tensor: Tensor) -> Tensor:
    """Mean, standard deviation, minimum and maximum, shape (4,)."""
    values = tensor.detach().float()
    return torch.stack([values.mean(), values.std(), *values.aminmax()])


def leaves(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """The layers that run in a forward, by name.

    Not the projection inside attention, whose weights are used without calling it, so that no hook of it
    ever fires.
    """
    inner = torch.nn.modules.linear.NonDynamicallyQuantizableLinear
    return [
        (name, module)
        for name, module in model.named_modules()
        if next(module.children(), None) is None and not isinstance(module, inner)
    ]


def every_tenth(contestant: Callable[..., AbstractContextManager[Step]]) -> Callable[..., Any]:
    """The same, looking only at each tenth step."""
    return lambda load, folder: contestant(load, folder, every=10)


CONTESTANTS: dict[str, Callable[[Workload, Path], AbstractContextManager[Step]]] = {
    "derivviz": derivviz,
    "TensorBoard histograms": tensorboard,
    "TensorBoard each 10th": every_tenth(tensorboard),
    "wandb.watch": wandb_watch,
    "wandb.watch each 10th": every_tenth(wandb_watch),
    "torchlens Recorder": torchlens_recorder,
    "torchlens trace": torchlens_trace,
    "captum": captum,
}
