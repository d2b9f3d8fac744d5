"""Small outputs of modules, held until all of them are read in one go.

Work in a hook of its own is dear, as its code has left the caches by then; what is read together costs a
fraction. A tensor's version tells whether an in-place operation has overwritten it in the meantime.
"""

from __future__ import annotations

from functools import partial

from torch import Tensor

MOST_ELEMENTS = 2**18  # of a tensor that is held …
MOST_IN_ALL = 2**23  # … and of all of them; what is beyond is read at once


class Held:
    """Outputs of one forward pass, and after the backward pass their gradients.

    Attributes
    ----------
    overwritten : names of outputs that in-place operations follow, which are not held
    """

    def __init__(self) -> None:
        self.overwritten: set[str] = set()
        self._learnt: set[str] = set()  # names whose output was seen whole at the end of a forward pass
        self._outputs: dict[str, tuple[Tensor, int]] = {}
        self._watched: dict[str, tuple[Tensor, int]] = {}
        self._heard: set[str] = set()  # names of outputs whose gradients were asked for
        self._gradients: dict[str, Tensor] = {}
        self._elements = 0

    def take(self, name: str, tensor: Tensor) -> bool:
        """Hold it, unless it is large, or may be overwritten; whether it is held."""
        size = tensor.numel()
        if size > MOST_ELEMENTS or self._elements + size > MOST_IN_ALL or name in self.overwritten:
            return False
        self._elements += size
        if name not in self._learnt:
            self._watched[name] = tensor, tensor._version
            return False
        self._outputs[name] = tensor, tensor._version
        return True

    def listen(self) -> None:
        """Ask for the gradients of the outputs held, all at once, before the backward pass."""
        for name, (tensor, _) in self._outputs.items():
            # A leaf is the caller's own tensor (an input passed through). Never its `retain_grad`: the gradient
            # would be that of a later version, the sum with those of `autograd.grad`, not ours to take away.
            if name not in self._heard and tensor.requires_grad and not tensor.is_leaf:
                tensor.register_hook(partial(self._gradients.__setitem__, name))
        self._heard.update(self._outputs)

    def outputs(self) -> dict[str, Tensor]:
        """The outputs held, without those that were overwritten, which will not be held again."""
        for name, (tensor, version) in self._watched.items():
            (self._learnt if tensor._version == version else self.overwritten).add(name)
        self._watched.clear()
        lost = [name for name, (tensor, version) in self._outputs.items() if tensor._version != version]
        for name in lost:
            del self._outputs[name]
        self.overwritten.update(lost)
        return {name: tensor.detach() for name, (tensor, _) in self._outputs.items()}

    def gradients(self) -> dict[str, Tensor]:
        """∂L/∂output of those held, of the last backward pass."""
        found = self._gradients
        return {name: found[name].detach() for name in self._outputs if name in found}

    def clear(self) -> None:
        """Let everything go."""
        self._gradients.clear()  # which may hold the graph, and the graph a hook that holds this
        self._gradients = {}  # a backward pass yet to come through the old graph is none of the next step's
        self._outputs.clear()
        self._watched.clear()
        self._heard.clear()
        self._elements = 0
