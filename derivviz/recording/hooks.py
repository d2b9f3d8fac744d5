"""Hooks on a model and its optimizer: attached together, removed together, harmless when copied."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

IN_TRANSFORM = "inside a transformation of torch.func"


class Guard:
    """Keeps the faults of the recorder from the training, and counts the seconds that it takes.

    Parameters
    ----------
    on_fault : told the first fault; nothing is run after it

    Attributes
    ----------
    stopped : whether nothing is run, at first or again
    seconds : spent within :meth:`run` and in hooks
    """

    def __init__(self, on_fault: Callable[[Exception], None], seconds: float = 0.0) -> None:
        self._on_fault, self.seconds, self.stopped = on_fault, seconds, False

    def run(self, action: Callable[..., None], *arguments: Any) -> None:
        """Run `action`, unless stopped; a fault in it ends here."""
        if self.stopped:
            return
        start = time.perf_counter()
        try:
            action(*arguments)
        except Exception as fault:
            self.stopped = True
            self._on_fault(fault)
        finally:
            self.seconds += time.perf_counter() - start


class Hook:
    """Run ``listener(*bound, *arguments of the hook)`` under the guard; never change what flows.

    An object rather than a closure, so that ``torch.save(model)`` and ``copy.deepcopy(model)`` work while
    the model is recorded. The copy's hook is empty: only the model itself is recorded.
    """

    def __init__(
        self, guard: Guard | None = None, listener: Callable[..., None] | None = None, *bound: Any
    ) -> None:
        self._guard, self._listener, self._bound = guard, listener, bound

    def __call__(self, *arguments: Any) -> None:
        if self._guard is not None and self._listener is not None:
            self._guard.run(self._listener, *self._bound, *arguments)

    def __reduce__(self) -> tuple[type[Hook], tuple[()]]:
        return (Hook, ())


def first_tensor(output: Any) -> Tensor | None:
    """The output itself, the ``logits`` of a mapping, or the first tensor in a tuple, list or mapping."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):
        output = [output["logits"]] if "logits" in output else list(output.values())
    if isinstance(output, list | tuple):
        return next((found for item in output if (found := first_tensor(item)) is not None), None)
    return None


def obstacle(tensor: Tensor) -> str | None:
    """Why no values can be taken from it; None if they can."""
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        return IN_TRANSFORM
    if tensor.layout is not torch.strided:
        return f"stored as {str(tensor.layout).removeprefix('torch.')}"
    if tensor.is_meta:
        return "without data (device meta)"
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return f"of type {str(tensor.dtype).removeprefix('torch.')}"
    return None if tensor.numel() else "empty"


def real(tensor: Tensor) -> Tensor:
    """The tensor detached from its graph; of complex numbers, real and imaginary parts side by side."""
    tensor = tensor.detach()
    return torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor


def in_backward() -> bool:
    """Whether a backward pass is under way: a forward in it is checkpointing's recomputation."""
    # Private, and what torch.utils.checkpoint itself asks; there is no public name for it.
    return bool(torch._C._current_graph_task_id() != -1)


def in_transform() -> bool:
    """Whether a transformation of torch.func is under way, whose forwards are not the training's."""
    return bool(torch._C._functorch.peek_interpreter_stack() is not None)


def held_scale(optimizer: Optimizer) -> float:
    """A fused optimizer is handed gradients that are still scaled, and the scale beside them."""
    scale = getattr(optimizer, "grad_scale", None)
    return 1.0 if scale is None else float(scale)


def overflowed(optimizer: Optimizer) -> bool:
    """Whether this step is skipped: a fused optimizer is called all the same, and told."""
    found = getattr(optimizer, "found_inf", None)
    return found is not None and float(found) > 0


def has_closure(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether forward and backward are within the optimizer's step."""
    # The hooks of an optimizer are given its step's arguments; the first may be the optimizer itself.
    given = [*(a for a in args if not isinstance(a, Optimizer)), kwargs.get("closure")]
    return any(callable(value) for value in given)
