"""What is gathered of one training step while it runs: copies only, never a reference into the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from derivviz.recording.hooks import real
from derivviz.recording.measure import exact, norms, pictures, thumbnail, units
from derivviz.recording.sampling import SAMPLE, SNAPSHOT_SAMPLE, Part, Sheet, pick

Array = np.ndarray[Any, Any]
Key = tuple[str, str]  # (kind, module or parameter name)

MOST_SAMPLES = 64
SHOWN = 4
PICTURE_SIDE = 160
MOST_CHANNELS = 16
MAP_SIDE = 56
PARAMETER_KINDS = {"param", "grad", "update"}
WHOLE = 4096  # parameters of at most so many elements are kept whole


class Sheets:
    """One a kind, kept from step to step."""

    def __init__(self) -> None:
        self.activation, self.activation_grad = Sheet("activation"), Sheet("activation_grad")
        self.param, self.grad, self.update = Sheet("param", lasting=True), Sheet("grad"), Sheet("update")


@dataclass
class Piece:
    """One array of a snapshot: of a module or parameter `name`, which has the shape `shape`.

    `chosen` says of a dimension of which only some were kept, which those are.
    """

    name: str
    value: Array
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chosen: Mapping[str, Array] = field(default_factory=dict)


@dataclass
class Gathering:
    """A sample of every tensor of a step, and the pieces of its snapshot if it is one.

    Parameters
    ----------
    sampled : values looked at of each tensor
    sheets : to be given again to the next such step
    """

    step: int
    snapshot: bool
    sampled: int = SAMPLE
    sheets: Sheets = field(default_factory=Sheets)
    norms: dict[Key, float] = field(default_factory=dict)
    exact: dict[Key, Array] = field(default_factory=dict)
    pieces: dict[Key, Piece] = field(default_factory=dict)
    batch: dict[str, Array] = field(default_factory=dict)
    lr: dict[str, float] = field(default_factory=dict)
    factor: dict[str, float] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)  # what the recorder itself logs
    _single: dict[Key, tuple[Part, Tensor]] = field(default_factory=dict)
    _groups: dict[str, tuple[tuple[Part, ...], Tensor]] = field(default_factory=dict)  # by kind
    _before: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.snapshot:
            self.sampled = max(self.sampled, SNAPSHOT_SAMPLE)

    def forget_forward(self) -> None:
        """Another forward of the same step begins: its activations count, not those of the one before."""
        self._single.clear()
        for kind in self._groups.keys() - PARAMETER_KINDS:
            del self._groups[kind]
        for store in (self.exact, self.pieces):
            for key in [key for key in store if key[0] not in PARAMETER_KINDS]:
                del store[key]

    def tensor(self, kind: str, name: str, tensor: Tensor) -> None:
        """An activation or its gradient, (sample, …)."""
        part = Part.of(kind, name, tensor)
        self._single[kind, name] = part, pick(tensor, part, self.sampled)
        if self.snapshot:
            self._examine(part, real(tensor))

    def outputs(self, tensors: Mapping[str, Tensor]) -> None:
        """Activations of many modules."""
        self._together(self.sheets.activation, tensors)

    def output_gradients(self, tensors: Mapping[str, Tensor], scale: float = 1.0) -> None:
        """∂L/∂activation of many modules, of a loss that was multiplied by `scale`."""
        self._together(self.sheets.activation_grad, tensors, scale)

    def _together(self, sheet: Sheet, tensors: Mapping[str, Tensor], scale: float = 1.0) -> None:
        if not tensors:
            return
        parts, values = sheet.take(tensors, self.sampled)
        self._groups[sheet.kind] = parts, values if scale == 1 else unscaled(values, scale)
        if self.snapshot:
            for part, tensor in zip(parts, tensors.values(), strict=True):
                self._examine(part, real(tensor if scale == 1 else unscaled(tensor, scale)))

    def before(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """The parameters before the step."""
        self._together(self.sheets.param, parameters)
        if self.snapshot:
            self._before = {name: parameter.detach().clone() for name, parameter in parameters.items()}

    def gradients(self, parameters: Mapping[str, nn.Parameter], scale: float = 1.0) -> None:
        """∂L/∂parameter, of a loss that was multiplied by `scale`; a parameter without one gets no entry."""
        found = {
            name: gradient
            for name, p in parameters.items()
            if (gradient := p.grad) is not None and gradient.layout is torch.strided
        }
        sizes = norms([real(gradient) for gradient in found.values()])
        self.norms.update({("grad", name): norm / scale for name, norm in zip(found, sizes, strict=True)})
        self._together(self.sheets.grad, found, scale)

    def after(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """The parameters after the step; an update is after − before."""
        if "param" not in self._groups:
            return
        parts, values = self.sheets.param.take(parameters, self.sampled)
        renamed = self.sheets.update.renamed(parts)
        self._groups["update"] = renamed, values - self._groups["param"][1]
        if self.snapshot:
            for part, parameter in zip(renamed, parameters.values(), strict=True):
                before = self._before.pop(part.name)  # whose memory serves the difference
                self._examine(part, real(torch.sub(parameter.detach(), before, out=before)))

    def images(self, images: Tensor, target: Tensor | None) -> None:
        """The batch: thumbnails of its first pictures, and its true classes."""
        if images.ndim == 4:
            self.batch["input_image"] = pictures(images[:SHOWN], PICTURE_SIDE)
        if target is not None and target.ndim == 1:
            self.batch["target"] = np.array(target[:MOST_SAMPLES].detach().cpu().numpy())

    def output(self, output: Tensor) -> None:
        """The output of the whole network, (sample, …)."""
        if output.ndim:
            self.batch["output"] = flattened(output)

    def taken(self) -> tuple[tuple[tuple[Part, ...], ...], list[Tensor]]:
        """What was taken of all tensors, group by group: the parts of each, and their values."""
        groups = [*self._groups.values(), *(((part,), value) for part, value in self._single.values())]
        return tuple(parts for parts, _ in groups), [value for _, value in groups]

    def _examine(self, part: Part, tensor: Tensor) -> None:
        """What a snapshot has of a tensor besides the sample."""
        kind, name = key = part.kind, part.name
        if part.size > self.sampled:
            self.exact[key] = exact(tensor)
        if kind in PARAMETER_KINDS:
            self.pieces[key] = _chosen_elements(name, tensor)
        elif tensor.ndim:
            self.pieces[key] = chosen_units(name, tensor, MOST_SAMPLES)
            if tensor.ndim == 4:
                self.pieces["map" if kind == "activation" else "grad_map", name] = maps(name, tensor[:SHOWN])


def unscaled(gradient: Tensor, scale: float) -> Tensor:
    """The gradient of a loss that was multiplied by `scale`, in float32 lest it vanish."""
    return gradient.detach().to(torch.promote_types(gradient.dtype, torch.float32)) / scale


def flattened(output: Tensor) -> Array:
    """A copy of the network's output for the samples that are kept, float32 (sample, class)."""
    return _copied(_rows(real(output[:MOST_SAMPLES])))


def _rows(tensor: Tensor) -> Tensor:
    """(sample, …) as (sample, unit), with one unit where there is nothing but samples."""
    return tensor.unsqueeze(-1).flatten(1)


def chosen_units(name: str, tensor: Tensor, most: int) -> Piece:
    """Values at the kept units of at most so many samples of (sample, …)."""
    flat = _rows(tensor[:most])
    chosen = units(flat.shape[1])
    return Piece(name, _picked(flat, chosen), ("sample", "unit"), tuple(tensor.shape[1:]), {"unit": chosen})


def maps(name: str, tensor: Tensor) -> Piece:
    """Thumbnails of the first channels of (shown, channel, y, x)."""
    small = _copied(thumbnail(tensor[:, :MOST_CHANNELS], MAP_SIDE))
    return Piece(name, small, ("shown", "channel", "y", "x"), tuple(tensor.shape[1:]))


def _chosen_elements(name: str, tensor: Tensor) -> Piece:
    """A small parameter whole; of a larger one the rows and columns of the kept units."""
    shape = tuple(tensor.shape)
    if tensor.numel() <= WHOLE:
        return Piece(name, _copied(tensor), tuple(f"dim_{n}" for n in range(tensor.ndim)), shape)
    rows_of = shape[0] if len(shape) > 1 else 1
    rows, columns = units(rows_of), units(tensor.numel() // rows_of)
    return Piece(
        name,
        _copied(_table(tensor, rows, columns)),
        ("row", "column"),
        shape,
        {"row": rows, "column": columns},
    )


def _table(tensor: Tensor, rows: Array, columns: Array) -> Tensor:
    table = tensor.reshape(len(tensor) if tensor.ndim > 1 else 1, -1)
    return table[torch.from_numpy(rows).to(table.device)[:, None], torch.from_numpy(columns).to(table.device)]


def _picked(table: Tensor, columns: Array) -> Array:
    if len(columns) == table.shape[1]:
        return _copied(table)
    picked = table.index_select(1, torch.from_numpy(columns).to(table.device))
    return np.asarray(picked.float().cpu().numpy())


def _copied(tensor: Tensor) -> Array:
    # A view into the tensor would change with the next step.
    return np.array(tensor.detach().float().cpu().numpy())
