"""``derivviz recommend``: predict with a recorded network and recommend a dish."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.score import check_hunger
from derivviz.cli.console import HELP
from derivviz.cli.table import Row, rows, show
from derivviz.errors import DerivvizError


@click.command(context_settings=HELP)
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    default=Path("renders/food.zarr"),
    show_default=True,
    help="A recorded run of food.",
)
@click.option("--hunger", type=float, default=6.0, show_default=True, help="0 (full) to 10 (starving).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…")
def command(trace: Path, hunger: float, as_json: bool, images: tuple[str, ...]) -> None:
    """Predict with a recorded network and recommend a dish.

    The score of dish i is p · (1 + f′(x)/20) with x = 4 · hunger/10 − 3 + 0.3 i; the largest is recommended.
    """
    check_hunger(hunger)
    classes, probabilities = _predict(trace, images)
    answers = [rows(classes, p.tolist(), hunger) for p in probabilities]
    if as_json:
        click.echo(json.dumps(_as_json(trace, hunger, images, answers), ensure_ascii=False))
        return
    for image, table in zip(images, answers, strict=True):
        best = _best(table).dish
        click.echo(f"{image}, hunger {hunger:g} of 10")
        show(table, best)
        click.echo(f"Recommended: {best}.\n")


def _predict(trace: Path, images: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Class names, and probabilities (image, class)."""
    from derivviz.learning.dataset import to_batch
    from derivviz.learning.network import predict
    from derivviz.learning.pictures import PictureError, read_picture
    from derivviz.learning.saving import load_model
    from derivviz.trace import open_trace

    recorded = open_trace(trace)
    model = load_model(trace, recorded.attrs.get("model"))
    pictures, wrong = [], []
    for image in images:
        try:
            pictures.append(read_picture(image))
        except PictureError as error:
            wrong.append(f"{image}: {error}")
    if wrong:
        raise DerivvizError("These pictures cannot be used:\n  " + "\n  ".join(wrong))
    probabilities = predict(model, to_batch(np.stack(pictures))).double().numpy()
    if not np.isfinite(probabilities).all():
        preset = recorded.attrs.get("preset")
        raise DerivvizError(
            f"The network in {trace} answers NaN: its training (preset {preset}) ended in overflow. "
            "Record one that can be asked: derivviz record food --preset stable -o PATH"
        )
    return list(recorded.attrs["classes"]), probabilities


def _best(table: Sequence[Row]) -> Row:
    return max(table, key=lambda row: row.score)


def _as_json(
    trace: Path, hunger: float, images: Sequence[str], answers: Sequence[Sequence[Row]]
) -> dict[str, Any]:
    return {
        "trace": str(trace),
        "hunger": hunger,
        "images": [
            {
                "image": image,
                "predicted": max(table, key=lambda row: row.p).dish,
                "recommended": _best(table).dish,
                "dishes": [row._asdict() for row in table],
            }
            for image, table in zip(images, answers, strict=True)
        ],
    }
