"""Hooks on a model and its optimizer: attached together, removed together, harmless when copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class Hook:
    """Call ``listener(*bound, *arguments of the hook)``; never change what flows.

    An object rather than a closure, so that ``torch.save(model)`` and ``copy.deepcopy(model)`` work while
    the model is recorded. The copy's hook is empty: only the model itself is recorded.
    """

    def __init__(self, listener: Callable[..., None] | None = None, *bound: Any) -> None:
        self.listener, self.bound = listener, bound

    def __call__(self, *arguments: Any) -> None:
        if self.listener is not None:
            self.listener(*self.bound, *arguments)

    def __reduce__(self) -> tuple[type[Hook], tuple[()]]:
        return (Hook, ())


def recorded_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules whose outputs are recorded: those without children, and those with parameters of their own.

    A model that is a single layer is called ``model``.
    """
    for name, module in model.named_modules():
        own = next(module.parameters(recurse=False), None) is not None
        leaf = next(module.children(), None) is None
        if (leaf and not isinstance(module, _CONTAINERS)) or (own and name):
            yield name or "model", module


def first_tensor(output: Any) -> Tensor | None:
    """The output itself, or the first tensor in a tuple, list or dict (an LSTM's output sequence)."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, list | tuple):
        return next((found for item in output if (found := first_tensor(item)) is not None), None)
    return None


def readable(tensor: Tensor | None) -> bool:
    """Whether values can be taken from it: real floating point, dense, not a stand-in of torch.func."""
    return (
        tensor is not None
        and tensor.is_floating_point()
        and tensor.layout is torch.strided
        and not tensor.is_meta
        and tensor.numel() > 0
        and not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    )


def in_backward() -> bool:
    """Whether a backward pass is under way: a forward in it is checkpointing's recomputation."""
    # Private, and what torch.utils.checkpoint itself asks; there is no public name for it.
    return bool(torch._C._current_graph_task_id() != -1)
