"""Listening to a training step through hooks, and gathering what is to be recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from derivviz.recording.gathering import Gathering
from derivviz.recording.hooks import Hook, first_tensor, in_backward, readable, recorded_modules

_MOST_CALLS = 4  # of one module in one forward; a recurrent cell's hundredth call says no more


class Watch:
    """The hooks on one model and one optimizer.

    A step ends when the optimizer has stepped. Of several forwards before that (accumulation, a closure,
    a GAN's two), the last training one counts; forwards in evaluation mode, without gradients or inside a
    backward pass (checkpointing's recomputation) are none of its business.

    Parameters
    ----------
    wanted : step number → (is it recorded, is it a snapshot)
    guard : calls the listener given to it, and keeps its faults from the training
    finished : takes what was gathered of a recorded step, right after the optimizer's step
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        wanted: Callable[[int], tuple[bool, bool]],
        guard: Callable[..., None],
        finished: Callable[[Gathering], None],
    ) -> None:
        self._model, self._optimizer = model, optimizer
        self._wanted, self._guard, self._finished = wanted, guard, finished
        self.parameters = dict(model.named_parameters())
        self.modules = dict(recorded_modules(model))
        self._handles: list[Any] = []
        self._calls: dict[str, int] = {}
        self._forwards = 0
        self.step = -1
        self._next()

    def attach(self) -> None:
        """Hook in. A module's own hooks come before the model's, as its calls do."""
        keep, model, optimizer = self._handles.append, self._model, self._optimizer
        keep(model.register_forward_pre_hook(self._hook(self._forward_begins)))
        for name, module in self.modules.items():
            keep(module.register_forward_hook(self._hook(self._module_ran, name)))
        keep(model.register_forward_hook(self._hook(self._forward_ends)))
        keep(optimizer.register_step_pre_hook(self._hook(self._before_step)))
        keep(optimizer.register_step_post_hook(self._hook(self._after_step)))

    def detach(self) -> None:
        """Leave no hook behind."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _hook(self, listener: Callable[..., None], *bound: Any) -> Hook:
        return Hook(self._guard, listener, *bound)

    def _next(self) -> None:
        self.step += 1
        self.under_way = False  # whether a training forward of this step has begun
        recorded, snapshot = self._wanted(self.step)
        self.gathering = Gathering(self.step, snapshot) if recorded else None
        self._calls.clear()

    def _training(self) -> bool:
        return torch.is_grad_enabled() and self._model.training and not in_backward()

    def _forward_begins(self, module: nn.Module, inputs: Any) -> None:
        if not self._training():
            return
        self.under_way = True
        self._forwards += 1
        self._calls.clear()
        if self.gathering is not None:
            self.gathering.forget_forward()

    def _module_ran(self, name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        if not self._training():
            return
        self.under_way = True
        tensor = first_tensor(output)
        if self.gathering is None or tensor is None or not readable(tensor):
            return
        call = self._calls[name] = self._calls.get(name, 0) + 1
        if call > _MOST_CALLS:
            return
        name = name if call == 1 else f"{name}#{call}"
        # Read now: an in-place operation may overwrite the values before the forward pass is over.
        self.gathering.tensor("activation", name, tensor.detach())
        # A leaf is the caller's own tensor (an input passed through): it would keep the hook.
        if tensor.requires_grad and not tensor.is_leaf:
            tensor.register_hook(self._hook(self._gradient, name, self._forwards, self.step))

    def _gradient(self, name: str, forward: int, step: int, gradient: Tensor) -> None:
        current = forward == self._forwards and step == self.step
        if current and self.gathering is not None and readable(gradient):
            self.gathering.tensor("activation_grad", name, gradient.detach())

    def _forward_ends(self, module: nn.Module, inputs: Any, output: Any) -> None:
        tensor = first_tensor(output)
        if self.gathering is not None and self.gathering.snapshot and self._training() and readable(tensor):
            assert tensor is not None
            self.gathering.output(tensor.detach())

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self.gathering is not None:
            self.gathering.before(self.parameters, gradients=not _has_closure(args, kwargs))

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        gathering = self.gathering
        if gathering is not None:
            if _has_closure(args, kwargs):
                gathering.gradients(self.parameters)
            gathering.after(self.parameters)
            gathering.lr, gathering.factor = self._rates(optimizer)
        self._next()
        if gathering is not None:
            self._finished(gathering)

    def _rates(self, optimizer: Optimizer) -> tuple[dict[str, float], dict[str, float]]:
        """Learning rate and factor of each of the model's parameters that the optimizer holds."""
        names = {id(parameter): name for name, parameter in self.parameters.items()}
        factors = getattr(optimizer, "factors", None)
        factors = factors if isinstance(factors, Mapping) else {}
        lr, factor = {}, {}
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if (name := names.get(id(parameter))) is not None:
                    lr[name], factor[name] = float(group["lr"]), float(factors.get(parameter, 1.0))
        return lr, factor


def _has_closure(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    # The hooks of an optimizer are given its step's arguments; the first may be the optimizer itself.
    given = [*(a for a in args if not isinstance(a, Optimizer)), kwargs.get("closure")]
    return any(callable(value) for value in given)
