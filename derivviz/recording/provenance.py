"""Where a trace comes from: command, versions, revision, machine, model."""

from __future__ import annotations

import datetime
import platform
import shlex
import subprocess
import sys
from typing import Any

import numpy as np
import torch
from torch import nn

import derivviz
from derivviz.recording.hooks import recorded_modules


def provenance(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """What the root of the trace says of the run. ``seed`` is that of torch's default generator."""
    first = next(model.parameters(), None)
    return {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv),
        "seed": torch.initial_seed(),
        "versions": {
            "derivviz": derivviz.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "device": str(first.device) if first is not None else "cpu",
        "git": _revision(),
        "data_hash": None,
        "optimizer": type(optimizer).__name__,
        "modules": [
            {
                "name": name,
                "type": type(module).__name__,
                "parameters": [own for own, _ in module.named_parameters(recurse=False)],
            }
            for name, module in recorded_modules(model)
        ],
        "parameters": [{"name": name, "shape": list(p.shape)} for name, p in model.named_parameters()],
    }


def _revision() -> str | None:
    """The git revision of the working directory, if it has one."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
