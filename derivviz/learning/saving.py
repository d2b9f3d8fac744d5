"""The trained network as a file: safetensors, which run no code when they are read.

The file is all that asking the network takes: its metadata say, as JSON under ``derivviz``, of which kind and
version the network is, the arguments that it is built with, its classes, and the constants of its activations.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import nn

from derivviz.calculus.score import DISHES
from derivviz.errors import DerivvizError, nearest
from derivviz.learning.activation import DerivativeActivation
from derivviz.learning.folder import text
from derivviz.learning.network import FoodCNN

FILE = "model.safetensors"
VERSION = 1

_KEY = "derivviz"
_CALIBRATED = {"center", "scale"}  # constants of an activation that travel as tensors
_RECORD = "derivviz record food -o renders/food.zarr"


class ModelError(DerivvizError):
    """A recorded network that cannot be rebuilt or asked."""


def save_model(model: FoodCNN, folder: Path, classes: Sequence[str] | None = None) -> dict[str, Any]:
    """Write the network to ``model.safetensors`` in `folder`.

    Parameters
    ----------
    classes
        Their names in the order of the outputs; of a network of five the dishes if left out.

    Returns
    -------
    dict
        What the file says of the network: kind, format version, the arguments of `FoodCNN`.
    """
    write_model(model, folder / FILE, classes)
    return {"network": type(model).__name__, "version": VERSION, "file": FILE, **model.config}


def write_model(model: FoodCNN, path: Path, classes: Sequence[str] | None = None) -> None:
    """Write the network to a file of any name, whole or not at all.

    Raises
    ------
    ModelError
        If it cannot be written there, or has another activation than f′: the file could not bring it back.
    """
    if model.config["preset"] is None:
        raise ModelError(
            "This network has another activation than f′, which its file could not bring back. "
            "Save its state_dict() instead."
        )
    about = {
        "network": type(model).__name__,
        "version": VERSION,
        "config": model.config,
        "classes": list(_named(model.config["classes"]) if classes is None else classes),
        "activations": _constants(model),
    }
    tensors = {name: value.contiguous() for name, value in model.state_dict().items()}
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(save(tensors, {_KEY: json.dumps(about, ensure_ascii=False)}))
        os.replace(beside, path)
    except OSError as error:
        raise ModelError(f"The network cannot be written to {path}: {error.strerror or error}.") from error
    finally:
        beside.unlink(missing_ok=True)


def read_model(path: Path) -> tuple[FoodCNN, tuple[str, ...]]:
    """The network and the names of its classes, from a file or from a trace that holds one.

    Traces of derivviz 0.1 say in their own attributes what newer files say themselves.

    Raises
    ------
    ModelError
        If there is no network, it is of another kind or version, or the file is damaged.
    """
    if not path.exists():
        raise ModelError(f"There is nothing at {path}.{_beside(path)} This records a network: {_RECORD}")
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise ModelError(f"There is no trained network in {path}. This records one: {_RECORD}")
    try:
        with safe_open(file, "pt") as opened:
            about = json.loads((opened.metadata() or {}).get(_KEY, "null"))
        if about is None:
            attributes = json.loads((file.parent / "zarr.json").read_text(encoding="utf-8"))["attributes"]
            config = attributes["model"]
            about = {**config, "config": config, "classes": attributes["classes"]}
            about["activations"] = attributes.get("activations", {})
    except FileNotFoundError:
        raise ModelError(
            f"{file} does not say what network it holds: it was recorded by derivviz 0.1, or not by derivviz. "
            "Give the trace that it lay in"
        ) from None
    except Exception as error:  # of a file that may hold anything
        raise _unreadable(file, error) from error
    return _build(file, about)


def _build(file: Path, about: dict[str, Any]) -> tuple[FoodCNN, tuple[str, ...]]:
    if not isinstance(about, dict):
        raise _unreadable(file, ValueError(f"it says of itself {about!r}"))
    if about.get("network") != FoodCNN.__name__ or about.get("version") != VERSION:
        raise ModelError(
            f"The network in {file} is {about.get('network')!r}, version {about.get('version')!r}; "
            f"this derivviz rebuilds FoodCNN, version {VERSION}. Record it again: derivviz record food"
        )
    try:
        config = about["config"]
        extra = {"network", "version", "file"}
        with torch.device("meta"):  # without memory: the file may ask for a network of any size
            model = FoodCNN(**{name: value for name, value in config.items() if name not in extra})
        # Copied: where in the file a tensor begins would otherwise decide how sums are rounded.
        tensors = {name: value.clone() for name, value in load_file(file).items()}
        model.load_state_dict(tensors, assign=True)
        model.float()
        classes = tuple(text(str(name)) for name in about.get("classes") or _named(config["classes"]))
        if len(classes) != config["classes"]:
            raise ValueError(f"{len(classes)} names of {config['classes']} classes")
        known = _constants(model)
        for module, constants in (about.get("activations") or {}).items():
            for name, value in constants.items():
                if name not in _CALIBRATED and (here := known[module].get(name)) != value:
                    raise ValueError(f"f′ of {module} had {name} {value}, in this derivviz {here}")
    except Exception as error:  # of a file that may hold anything
        raise _unreadable(file, error) from error
    return model.eval(), classes


def _constants(model: nn.Module) -> dict[str, dict[str, Any]]:
    """What the activations are computed with, by module; only what is the same for every training."""
    return {
        name: {key: value for key, value in module.constants().items() if key not in _CALIBRATED}
        for name, module in model.named_modules()
        if isinstance(module, DerivativeActivation)
    }


def _named(count: int) -> tuple[str, ...]:
    return DISHES if count == len(DISHES) else tuple(f"class {i}" for i in range(count))


def _beside(path: Path) -> str:
    """A hint at what lies there under a similar name."""
    try:
        guess = nearest(path.name, [p.name for p in path.parent.iterdir() if not p.name.startswith(".")], 1)
    except OSError:
        return ""
    return f" Did you mean {path.parent / guess[0]}?" if guess else ""


def _unreadable(file: Path, error: Exception) -> ModelError:
    if isinstance(error, SafetensorError):
        reason = f"it is damaged, or no safetensors file: {error}"
    else:
        lines = [line.strip() for line in str(error).splitlines()] or [type(error).__name__]
        reason = " ".join(lines[:2])  # torch names the first parameter that does not fit in the second
    return ModelError(f"The network in {file} cannot be read ({reason}). Record it again: {_RECORD}")
