"""The recommender's network in a training loop of your own, here on handwritten digits.

python examples/own_loop.py

The lines marked derivviz are all that it takes.
"""

from __future__ import annotations

from pathlib import Path

import click
import torch
from sklearn.datasets import load_digits  # pip install scikit-learn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset, random_split

import derivviz
from derivviz.errors import DerivvizError
from derivviz.learning import DerivativeFactor, FoodCNN  # derivviz

SIDE = 24


def run(output: Path, epochs: int, seed: int, overwrite: bool) -> float:
    """Train, record, and return the held-out accuracy."""
    torch.manual_seed(seed)
    data = load_digits()
    grey = torch.tensor(data.images / 16, dtype=torch.float32)[:, None]
    images = functional.interpolate(grey, SIDE, mode="bilinear").expand(-1, 3, -1, -1)
    learn, held_out = random_split(TensorDataset(images, torch.tensor(data.target)), [0.8, 0.2])

    model = FoodCNN(classes=10, side=SIDE)  # derivviz
    optimizer = DerivativeFactor(torch.optim.Adam(model.parameters(), lr=1e-3))  # derivviz
    with derivviz.record(
        model, optimizer, output, every=5, snapshot_every=100, overwrite=overwrite
    ) as recorder:
        for epoch in range(1, epochs + 1):
            for x, y in DataLoader(learn, batch_size=32, shuffle=True):
                recorder.batch(x, y)  # derivviz
                loss = functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(loss=loss, epoch=epoch)  # derivviz
            click.echo(f"epoch {epoch} of {epochs}: loss {loss.item():.3f}")

    model.eval()
    with torch.no_grad():
        x, y = next(iter(DataLoader(held_out, batch_size=len(held_out))))
        return (model(x).argmax(1) == y).float().mean().item()


@click.command(help=__doc__)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("renders/own_loop.zarr"))
@click.option("--epochs", type=click.IntRange(1), default=8, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--overwrite", is_flag=True, help="Replace an existing recording.")
def main(output: Path, epochs: int, seed: int, overwrite: bool) -> None:
    try:
        accuracy = run(output, epochs, seed, overwrite)
    except DerivvizError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Held-out accuracy {accuracy:.3f}")
    click.echo(f"{output}: the recording. Next: derivviz inspect {output}")
    click.echo(f"      derivviz figure loss --trace {output}")


if __name__ == "__main__":
    main()
