"""What the examples share: scikit-learn's handwritten digits, the comparison, the options.

1,797 pictures of 8×8 pixels in ten classes. A fifth of them, the same share of each class, is held out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import torch
from sklearn.datasets import load_digits  # pip install scikit-learn
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional

import derivviz
from derivviz.cli.console import progress, size
from derivviz.errors import DerivvizError
from derivviz.learning import DerivativeFactor, calibrate
from derivviz.recording import Recorder

Activation = Callable[[int], nn.Module]  # makes one for so many features
Network = Callable[[Activation], nn.Module]

BATCH = 32


@dataclass(frozen=True)
class Digits:
    """Images (n, 8, 8) in [0, 1] and their classes (n,), those to learn from and those held out."""

    images: Tensor
    target: Tensor
    held_out_images: Tensor
    held_out_target: Tensor


def digits(seed: int) -> Digits:
    """The digits, split by seed."""
    data = load_digits()
    images, target = torch.tensor(data.images / 16, dtype=torch.float32), torch.tensor(data.target)
    learn, keep = train_test_split(range(len(target)), test_size=0.2, stratify=target, random_state=seed)
    return Digits(images[learn], target[learn], images[keep], target[keep])


def accuracy(model: nn.Module, data: Digits) -> float:
    """The share of held-out digits that the model tells right."""
    model.eval()
    with torch.no_grad():
        right = model(data.held_out_images).argmax(1) == data.held_out_target
    return right.float().mean().item()


def train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Digits,
    epochs: int,
    tell: Callable[[int, int], None],
    recorder: Recorder | None = None,
) -> None:
    """A training loop like any other; with a recorder, one line more."""
    total, done = epochs * len(data.images.split(BATCH)), 0
    for epoch in range(1, epochs + 1):
        for rows in torch.randperm(len(data.images)).split(BATCH):
            loss = functional.cross_entropy(model(data.images[rows]), data.target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if recorder is not None:
                recorder.log(loss=loss, epoch=epoch)
            done += 1
            tell(done, total)


def compare(
    network: Network,
    derivative: Activation,
    usual: Activation,
    *,
    output: Path,
    epochs: int,
    seed: int,
    learning_rate: float,
    overwrite: bool,
) -> None:
    """Train a network with f′, recorded, and the same with its usual activation; print how both do.

    Both begin with the same weights, see the same batches and have the same optimizer.
    """
    data = digits(seed)
    try:
        for activation in (derivative, usual):
            torch.manual_seed(seed)
            model = network(activation)
            calibrate(model, data.images[:256])
            optimizer = DerivativeFactor(torch.optim.Adam(model.parameters(), lr=learning_rate))
            name = "f′" if activation is derivative else type(activation(1)).__name__
            start = time.monotonic()
            with progress(f"Training with {name}", "steps") as tell:
                if activation is derivative:
                    probe = data.held_out_images[:8]
                    with derivviz.record(
                        model,
                        optimizer,
                        output,
                        probe=probe,
                        every=5,
                        snapshot_every=100,
                        overwrite=overwrite,
                    ) as recorder:
                        train(model, optimizer, data, epochs, tell, recorder)
                else:
                    train(model, optimizer, data, epochs, tell)
            seconds = time.monotonic() - start
            click.echo(f"{name:5} held-out accuracy {accuracy(model, data):.3f}, {seconds:.0f} s")
    except DerivvizError as error:
        raise click.ClickException(str(error)) from error
    made = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    click.echo(f"{output}: {size(made)}, the training with f′")
    click.echo(f"Next: derivviz inspect {output}")
    click.echo(f"      derivviz figure loss --trace {output}")


def options(name: str, epochs: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options of an example."""
    each = (
        click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path),
            default=Path("renders", f"{name}.zarr"),
            show_default=True,
            help="The recording.",
        ),
        click.option("--epochs", type=click.IntRange(1), default=epochs, show_default=True),
        click.option(
            "--seed",
            type=click.IntRange(0, 2**32 - 1),
            default=0,
            show_default=True,
            help="Decides weights, split and order.",
        ),
        click.option(
            "--learning-rate", type=click.FloatRange(0, min_open=True), default=1e-3, show_default=True
        ),
        click.option("--overwrite", is_flag=True, help="Replace an existing recording."),
    )

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(each):
            command = option(command)
        return command

    return add
