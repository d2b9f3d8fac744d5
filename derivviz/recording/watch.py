"""Listening to a training step through hooks, and gathering what is to be recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from derivviz.recording.gathering import Gathering, unscaled
from derivviz.recording.held import Held
from derivviz.recording.hooks import (
    IN_TRANSFORM,
    Guard,
    Hook,
    first_tensor,
    has_closure,
    held_scale,
    in_backward,
    in_transform,
    obstacle,
    overflowed,
)

_MOST_CALLS = 4  # of one module in one forward; a recurrent cell's hundredth call says no more


@dataclass(frozen=True)
class Watched:
    """What is watched: names are those of the model.

    Attributes
    ----------
    model, optimizer : whose forward and step mark the beginning and the end of a step
    modules, parameters : those recorded
    scaler : of mixed precision, whose scale gradients are freed from
    """

    model: nn.Module
    optimizer: Optimizer
    modules: dict[str, nn.Module]
    parameters: dict[str, nn.Parameter]
    scaler: torch.amp.GradScaler | None = None


class Watch:
    """The hooks on one model and one optimizer.

    A step ends when the optimizer has stepped. Of several forwards before that (accumulation, a closure,
    a GAN's two), the last training one counts; forwards in evaluation mode, without gradients or inside a
    backward pass (checkpointing's recomputation) are none of its business, unless only the recomputation
    has gradients.

    Parameters
    ----------
    guard : what every hook runs under
    begin : step number → what to gather of it, None if it is not recorded
    before : told that the optimizer is about to make a recorded step
    finished : takes what was gathered of a recorded step, right after the optimizer's step
    """

    def __init__(
        self,
        watched: Watched,
        first_step: int,
        guard: Guard,
        begin: Callable[[int], Gathering | None],
        before: Callable[[Gathering], None],
        finished: Callable[[Gathering], None],
    ) -> None:
        self._watched, self._guard = watched, guard
        self._begin, self._before, self._finished = begin, before, finished
        self._handles: list[Any] = []
        self._parameters: dict[str, nn.Parameter] = {}  # of the recorded ones, those that can be read
        self._held = Held()
        self._calls: dict[str, int] = {}
        self._forwarded: set[str] = set()  # modules that ran outside of a backward pass
        self._forwards = 0
        self._scale, self._stepped, self._skips = 1.0, True, 0
        self.skipped: dict[str, str] = {}  # what could not be recorded, and why
        self.recomputed: set[str] = set()  # modules recorded as checkpointing ran them again
        self.step = first_step - 1
        self._next()

    def attach(self) -> None:
        """Hook in, or not at all. A module's own hooks come before the model's, as its calls do."""
        try:
            self._attach()
        except BaseException:
            self.detach()
            raise

    def _attach(self) -> None:
        keep, model, optimizer = self._handles.append, self._watched.model, self._watched.optimizer
        keep(model.register_forward_pre_hook(self._hook(self._forward_begins)))
        for name, module in self._watched.modules.items():
            keep(module.register_forward_hook(self._hook(self._module_ran, name)))
        keep(model.register_forward_hook(self._hook(self._forward_ends)))
        keep(optimizer.register_step_pre_hook(self._hook(self._before_step)))
        keep(optimizer.register_step_post_hook(self._hook(self._after_step)))

    def detach(self) -> None:
        """Leave no hook behind."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._held.clear()

    def seen(self, name: str, output: Any) -> None:
        """Record a tensor as the output of the module, or of whatever else is called, `name`."""
        if not (torch.is_grad_enabled() and self._watched.model.training):
            return
        if in_transform():
            self.skipped[f"activation/{name}"] = IN_TRANSFORM
            return
        again = in_backward()
        if again and name in self._forwarded:
            return  # recorded when it ran first
        self.under_way = True
        if self.gathering is None:
            return
        if again:
            self.recomputed.add(name)
        else:
            self._forwarded.add(name)
        tensor = first_tensor(output)
        why = "puts out no tensor" if tensor is None else obstacle(tensor)
        if why is not None:
            self.skipped[f"activation/{name}"] = why
            return
        assert tensor is not None
        call = self._calls[name] = self._calls.get(name, 0) + 1
        if call > _MOST_CALLS:
            return
        name = name if call == 1 else f"{name}#{call}"
        # What is held was read if the model's own forward is over: a GAN's discriminator runs after it.
        if self._unread and self._held.take(name, tensor):
            if not self._inside:  # no end of a forward pass comes to do it
                self._held.listen()
        else:
            # Read now: an in-place operation may overwrite the values before the forward pass is over.
            self.gathering.tensor("activation", name, tensor.detach())
            # A leaf is the caller's own tensor (an input passed through): it would keep the hook.
            if tensor.requires_grad and not tensor.is_leaf:
                tensor.register_hook(self._hook(self._gradient, name, self._forwards, self.step))

    def _hook(self, listener: Callable[..., None], *bound: Any) -> Hook:
        return Hook(self._guard, listener, *bound)

    def _next(self) -> None:
        self.step += 1
        self.under_way = False  # whether a training forward of this step has begun
        self.gathering = self._begin(self.step)
        self._calls.clear()
        self._forwarded.clear()
        self._held.clear()
        self._unread = True  # whether what is held was not read yet
        self._inside = False  # whether the model's own forward is under way

    def _training(self) -> bool:
        again = in_backward() and self._forwarded  # else the recomputation is what has gradients
        aside = again or in_transform()
        return torch.is_grad_enabled() and self._watched.model.training and not aside

    def _forward_begins(self, module: nn.Module, inputs: Any) -> None:
        if self._watched.scaler is not None and self._watched.model.training:
            self._read_scale(self._watched.scaler)
        if not self._training():
            return
        self.under_way = True
        self._forwards += 1
        self._calls.clear()
        self._forwarded.clear()
        self._held.clear()
        self._unread = self._inside = True
        if self.gathering is not None:
            self.gathering.forget_forward()

    def _module_ran(self, name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        self.seen(name, output)

    def _gradient(self, name: str, forward: int, step: int, gradient: Tensor) -> None:
        current = forward == self._forwards and step == self.step
        if current and self.gathering is not None and obstacle(gradient) is None:
            if self._scale != 1:
                gradient = unscaled(gradient, self._scale)
            self.gathering.tensor("activation_grad", name, gradient.detach())

    def _forward_ends(self, module: nn.Module, inputs: Any, output: Any) -> None:
        if self.gathering is None or not self._training():
            return
        self._inside = False
        self._read_outputs(self.gathering)
        self._held.listen()
        if self.gathering.snapshot:
            tensor = first_tensor(output)
            if tensor is not None and obstacle(tensor) is None:
                self.gathering.output(tensor.detach())

    def _read_outputs(self, gathering: Gathering) -> None:
        """Read what is held of this forward pass, once."""
        if self._unread:
            self._unread = False
            gathering.outputs(self._held.outputs())

    def _read_backward(self, gathering: Gathering, scale: float = 1.0) -> None:
        """Read what forward and backward left: outputs, their gradients, the parameters' gradients."""
        self._read_outputs(gathering)
        gathering.output_gradients(self._held.gradients(), self._scale)
        gathering.gradients(self._parameters, scale)

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        gathering = self.gathering
        if gathering is None or overflowed(optimizer):
            return
        if gathering.snapshot or not self._parameters:
            self._note_obstacles()
        self._before(gathering)
        gathering.before(self._parameters)
        if not has_closure(args, kwargs):
            self._read_backward(gathering, held_scale(optimizer))

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if overflowed(optimizer):
            return
        gathering = self.gathering
        if gathering is not None:
            if has_closure(args, kwargs):  # forward and backward were within the step
                self._read_backward(gathering)
            gathering.after(self._parameters)
            gathering.lr, gathering.factor = self._rates(optimizer)
            if self._watched.scaler is not None:
                gathering.scalars = {"loss_scale": self._scale, "skipped": float(self._skips)}
        self._stepped, self._skips = True, 0
        self._next()
        if gathering is not None:
            self._finished(gathering)

    def _read_scale(self, scaler: torch.amp.GradScaler) -> None:
        """Where the scale fell and no step was made since, the scaler has skipped one."""
        scale = float(scaler.get_scale()) if scaler.is_enabled() else 1.0
        if scale < self._scale and not self._stepped:
            self._skips += 1
        self._scale, self._stepped = scale, False

    def _note_obstacles(self) -> None:
        """Find the parameters that can be read; a lazy layer has its own only once it ran."""
        self._parameters = {}
        for name, parameter in self._watched.parameters.items():
            why = "not initialized" if is_lazy(parameter) else obstacle(parameter)
            if why is None:
                self._parameters[name] = parameter
                if parameter.grad is not None and (no := obstacle(parameter.grad)) is not None:
                    self.skipped[f"grad/{name}"] = no
            else:
                self.skipped[f"param/{name}"] = why

    def _rates(self, optimizer: Optimizer) -> tuple[dict[str, float], dict[str, float]]:
        """Learning rate and factor of each recorded parameter that the optimizer holds."""
        names = {id(parameter): name for name, parameter in self._watched.parameters.items()}
        factors = getattr(optimizer, "factors", None)
        factors = factors if isinstance(factors, Mapping) else {}
        lr, factor = {}, {}
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if (name := names.get(id(parameter))) is not None:
                    lr[name], factor[name] = float(group["lr"]), float(factors.get(parameter, 1.0))
        return lr, factor
