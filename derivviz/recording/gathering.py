"""What is gathered of one training step while it runs: copies only, never a reference into the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor, nn

from derivviz.recording.hooks import readable
from derivviz.recording.measure import exact, histogram, norms, pictures, sample, thumbnail, units

Array = np.ndarray[Any, Any]
Key = tuple[str, str]  # (kind, module or parameter name)

MOST_SAMPLES = 64
SHOWN = 4
PICTURE_SIDE = 112
MOST_CHANNELS = 16
MAP_SIDE = 56
WHOLE = 4096  # parameters of at most so many elements are kept whole
MOST_KEPT = 2**18  # of a larger one, no more than this: an embedding is left to its statistics


@dataclass
class Piece:
    """One array of a snapshot: of a module or parameter `name`, which has the shape `shape`."""

    name: str
    value: Array
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chosen: tuple[str, Array] | None = None  # the dimension of which only some were kept, and which


@dataclass
class Gathering:
    """Statistics of a step, and the pieces of its snapshot if it is one."""

    step: int
    snapshot: bool
    samples: dict[Key, Tensor] = field(default_factory=dict)
    norms: dict[Key, float] = field(default_factory=dict)
    sizes: dict[Key, int] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    exact: dict[Key, Array] = field(default_factory=dict)
    histograms: dict[Key, tuple[Array, Array]] = field(default_factory=dict)
    pieces: dict[Key, Piece] = field(default_factory=dict)
    batch: dict[str, Array] = field(default_factory=dict)
    lr: dict[str, float] = field(default_factory=dict)
    factor: dict[str, float] = field(default_factory=dict)
    kept: int = 0
    _whole: dict[str, Tensor] = field(default_factory=dict)

    def forget_forward(self) -> None:
        """Another forward of the same step begins: its activations count, not those of the one before."""
        for store in (self.samples, self.exact, self.histograms, self.pieces):
            for key in [
                key for key in store if key[0] in ("activation", "activation_grad", "map", "grad_map")
            ]:
                del store[key]

    def tensor(self, kind: str, name: str, tensor: Tensor) -> None:
        """An activation or its gradient, (sample, …)."""
        self._measure((kind, name), tensor)
        if not self.snapshot or tensor.ndim == 0:
            return
        shape = tuple(tensor.shape[1:])
        flat = tensor[:MOST_SAMPLES].flatten(1) if tensor.ndim > 1 else tensor[:MOST_SAMPLES, None]
        chosen = units(flat.shape[1], flat.device)
        value = flat.index_select(1, chosen).float().cpu().numpy()
        dimension = ("unit", chosen.cpu().numpy())
        self.pieces[kind, name] = Piece(name, value, ("sample", "unit"), shape, dimension)
        if kind == "activation":
            self.shapes[name] = shape
        if tensor.ndim == 4:
            small = thumbnail(tensor[:SHOWN, :MOST_CHANNELS], MAP_SIDE).cpu().numpy()
            kind = "map" if kind == "activation" else "grad_map"
            self.pieces[kind, name] = Piece(name, small, ("shown", "channel", "y", "x"), shape)

    def before(self, parameters: Mapping[str, nn.Parameter], gradients: bool) -> None:
        """The parameters before the step, and their gradients unless a closure is yet to make them."""
        for name, parameter in parameters.items():
            if readable(parameter):
                value = parameter.detach()
                self._parameter("param", name, value)
                if self.snapshot:
                    self._whole[name] = value.clone()
        if gradients:
            self.gradients(parameters)

    def gradients(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """∂L/∂parameter; a parameter without one gets no entry."""
        found = {
            name: p.grad.detach() for name, p in parameters.items() if p.grad is not None and readable(p.grad)
        }
        for name, gradient in found.items():
            self._parameter("grad", name, gradient)
        for name, norm in zip(found, norms(list(found.values())), strict=True):
            self.norms["grad", name] = norm

    def after(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """The parameters after the step; an update is after − before."""
        for name, parameter in parameters.items():
            old = self.samples.get(("param", name))
            if old is None:
                continue
            value = parameter.detach()
            if self.snapshot:
                self._parameter("update", name, value - self._whole.pop(name))
            self.samples["update", name] = sample(value) - old
            self.sizes["update", name] = value.numel()

    def images(self, images: Tensor, target: Tensor | None) -> None:
        """The batch: thumbnails of its first pictures, and its true classes."""
        if images.ndim == 4:
            self.batch["input_image"] = pictures(images[:SHOWN], PICTURE_SIDE)
        if target is not None and target.ndim == 1:
            self.batch["target"] = target[:MOST_SAMPLES].detach().cpu().numpy()

    def output(self, output: Tensor) -> None:
        """The output of the whole network, (sample, …)."""
        if output.ndim > 0:
            flat = output[:MOST_SAMPLES].detach().reshape(min(len(output), MOST_SAMPLES), -1)
            self.batch["output"] = flat.float().cpu().numpy()
            self.kept = len(flat)

    def _measure(self, key: Key, tensor: Tensor) -> None:
        self.samples[key] = sample(tensor)
        self.sizes[key] = tensor.numel()
        if self.snapshot:
            self.exact[key], self.histograms[key] = exact(tensor), histogram(tensor)

    def _parameter(self, kind: str, name: str, tensor: Tensor) -> None:
        self._measure((kind, name), tensor)
        if not self.snapshot:
            return
        shape = tuple(tensor.shape)
        if tensor.numel() <= WHOLE:
            dims = tuple(f"dim_{n}" for n in range(tensor.ndim))
            self.pieces[kind, name] = Piece(name, _copied(tensor), dims, shape)
            return
        table = tensor.reshape(len(tensor) if tensor.ndim > 1 else 1, -1)
        chosen = units(table.shape[1], table.device)
        if len(table) * len(chosen) <= MOST_KEPT:
            value = _copied(table.index_select(1, chosen))
            self.pieces[kind, name] = Piece(
                name, value, ("row", "column"), shape, ("column", chosen.cpu().numpy())
            )


def _copied(tensor: Tensor) -> Array:
    # A view into the tensor would change with the next step.
    return np.array(tensor.float().cpu().numpy())
