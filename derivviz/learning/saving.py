"""The trained network beside its recording: weights as safetensors, which run no code when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from derivviz.errors import DerivvizError
from derivviz.learning.network import FoodCNN

FILE = "model.safetensors"


class ModelError(DerivvizError):
    """A recorded network that cannot be rebuilt."""


def save_model(model: FoodCNN, folder: Path) -> dict[str, Any]:
    """Write the weights to ``model.safetensors`` in `folder`.

    Returns
    -------
    dict
        What `load_model` needs besides: network, format version, and the arguments of `FoodCNN`.
    """
    unfinished = folder / f".{FILE}.unfinished"
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, unfinished)
    unfinished.replace(folder / FILE)
    return {"network": type(model).__name__, "version": 1, "file": FILE, **model.config}


def load_model(folder: Path, config: dict[str, Any] | None) -> FoodCNN:
    """Rebuild a network that `save_model` wrote, ready to predict.

    Parameters
    ----------
    folder
        The trace.
    config
        What `save_model` returned, from the attributes of the trace; None if there is none.

    Raises
    ------
    ModelError
        If there is no network, it is of another kind or version, or the file is damaged.
    """
    path = folder / FILE
    if config is None or not path.is_file():
        raise ModelError(
            f"The trace {folder} holds no trained network. This records one: "
            f"derivviz record food -o renders/food.zarr"
        )
    if config.get("network") != FoodCNN.__name__ or config.get("version") != 1:
        raise ModelError(
            f"The network in {folder} is {config.get('network')!r}, version {config.get('version')!r}; "
            "this derivviz rebuilds FoodCNN, version 1. Record it again: derivviz record food"
        )
    try:
        model = FoodCNN(config["classes"], config["preset"], config["side"])
        model.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"The network in {path} cannot be read ({reason}). Record it again: "
            f"derivviz record food -o renders/food.zarr"
        ) from error
    return model.eval()
