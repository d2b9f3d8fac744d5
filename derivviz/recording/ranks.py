"""Which process of a distributed training run this is."""

from __future__ import annotations

import torch
from torch import nn


def rank() -> int:
    """The number of this process, 0 where there is only one."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0
    return distributed.get_rank()


def unwrapped(model: nn.Module) -> nn.Module:
    """The user's own model inside DistributedDataParallel, whose names and calls are those recorded."""
    if torch.distributed.is_available() and isinstance(model, nn.parallel.DistributedDataParallel):
        inner: nn.Module = model.module
        return inner
    return model
