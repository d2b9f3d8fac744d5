"""Convolutions in a trace: their windows, what a value of a map sees of the picture, their gradients by place.

For the output z_oyx = b_o + Σ_cij w_ocij · x_c(ys + i − p)(xs + j − p) of one sample

    ∂L/∂w_ocij = Σ_yx ∂L/∂z_oyx · x_c(ys + i − p)(xs + j − p)      and      ∂L/∂b_o = Σ_yx ∂L/∂z_oyx

with the stride s and the padding p: the same weight is used at every place, so its gradient adds up over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from derivviz.trace.layers import Layer
from derivviz.trace.links import Link, activation_after, batch_of, close
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
Pair = tuple[int, int]
WINDOWED = ("Conv2d", "MaxPool2d", "AvgPool2d")


@dataclass(frozen=True)
class Window:
    """The window that slides over a map, in (y, x): its size, its stride and the rim of zeros around the map."""

    kernel: Pair
    stride: Pair
    padding: Pair

    @classmethod
    def of(cls, layer: Layer) -> Window | None:
        """That of a layer; None where it is none or one with gaps, groups or a rim of another kind."""
        told = layer.options
        plain = told.get("groups", 1) == 1 and _pair(told.get("dilation", 1)) == (1, 1)
        if layer.kind not in WINDOWED or "kernel_size" not in told or not plain:
            return None
        if told.get("padding_mode", "zeros") != "zeros" or told.get("ceil_mode"):
            return None
        kernel, padding = _pair(told["kernel_size"]), told.get("padding", 0)
        if padding == "same":
            if kernel[0] % 2 == 0 or kernel[1] % 2 == 0:
                return None
            padding = (kernel[0] // 2, kernel[1] // 2)
        elif padding == "valid":
            padding = 0
        default = 1 if layer.kind == "Conv2d" else kernel
        return cls(kernel, _pair(told.get("stride", default)), _pair(padding))

    def reaches(self, size: Pair) -> Pair:
        """How large a map must be for a result of that size."""
        pairs = zip(size, self.kernel, self.stride, self.padding, strict=True)
        low, high = ((n - 1) * s + k - 2 * p for n, k, s, p in pairs)
        return low, high

    def patches(self, x: Array) -> Array:
        """What the window sees at every place of maps (…, y, x): shape (…, place y, place x, i, j)."""
        (py, px), (sy, sx) = self.padding, self.stride
        around = [(0, 0)] * (x.ndim - 2) + [(py, py), (px, px)]
        return sliding_window_view(np.pad(x, around), self.kernel, axis=(-2, -1))[..., ::sy, ::sx, :, :]


def _pair(value: int | Sequence[int]) -> Pair:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


@dataclass(frozen=True)
class Field:
    """What one value of a map sees of the picture: rows and columns from … to (not included), and its size."""

    rows: Pair
    columns: Pair
    picture: Pair


def receptive_field(way: Sequence[Layer], place: Pair) -> Field | None:
    """What a value of the last layer's map sees of the picture before the first.

    Parameters
    ----------
    way
        Layers from the picture on, one after another.
    place
        Row and column of the value.

    Returns
    -------
    None where a layer on the way mixes places in some other way, or their sizes do not fit.
    """
    (top, left), (bottom, right) = place, (place[0] + 1, place[1] + 1)
    for n in range(len(way) - 1, -1, -1):
        window, size = Window.of(way[n]), way[n].shape[-2:]
        if len(way[n].shape) != 3:
            return None
        before = way[n - 1].shape[-2:] if n else None
        if window is None:
            if way[n].kind in WINDOWED or (before is not None and before != size):
                return None
            continue
        needed = window.reaches((size[0], size[1]))
        if before is not None and any(
            not 0 <= have - need < step
            for have, need, step in zip(before, needed, window.stride, strict=True)
        ):
            return None
        (ky, kx), (sy, sx), (py, px) = window.kernel, window.stride, window.padding
        top, bottom = top * sy - py, (bottom - 1) * sy - py + ky
        left, right = left * sx - px, (right - 1) * sx - px + kx
    first = next((layer for layer in way if Window.of(layer)), None)
    if first is None:
        return None
    window = Window.of(first)
    assert window is not None
    height, width = window.reaches((first.shape[-2], first.shape[-1]))
    return Field((top, bottom), (left, right), (height, width))


def whole_maps(shot: Snapshot, name: str) -> Array | None:
    """Maps of the first samples, (shown, channel, y, x), if they were recorded as large as they are; else None.

    They are those of the first 16 channels.
    """
    if name == "image":
        pictures = np.asarray(shot.images, float) / 255
        return np.moveaxis(pictures, -1, 1)
    if name not in shot.map or shot.map[name].shape[-2:] != shot.shape[name][-2:]:
        return None
    return np.asarray(shot.map[name], float)


def convolution_link(trace: Trace, shot: Snapshot, found: list[Layer], layer: Layer) -> Link | str:
    """How a convolution hangs in the network, or the reason for which it cannot be followed."""
    name, weight, window = layer.name, f"{layer.name}.weight", Window.of(layer)
    if f"{name}#2" in shot.activation:
        return "it runs several times in one forward pass"
    if window is None:
        return "it has gaps or groups, which the lesson does not draw"
    if weight not in shot.grad or name not in shot.grad_map:
        return "no gradient of it was recorded"
    if shot.rows[weight] is not None:
        return f"of its {layer.parameters.get(weight, 0):,} weights the trace keeps only some"
    z = whole_maps(shot, name)
    if z is None:
        return f"its maps of {layer.shape[1]} × {layer.shape[2]} were recorded smaller than they are, 56 × 56 at most"
    w = np.asarray(shot.param[weight], float)
    b = np.asarray(shot.param[f"{name}.bias"], float) if f"{name}.bias" in shot.param else np.zeros(len(w))
    count, kept = min(len(z), shot.samples), z.shape[1]
    order = [each.name for each in found]
    names = [*reversed(order[: order.index(name)]), *shot.map, *(["image"] if has_images(shot) else [])]
    for other in dict.fromkeys(names):
        x = whole_maps(shot, other) if other != name else None
        if x is None:
            continue
        x = x[:, : w.shape[1]]
        if x.shape[1] != w.shape[1] or window.patches(x).shape[2:4] != z.shape[2:]:
            continue
        expected = np.einsum("ncyxij,ocij->noyx", window.patches(x[:count]), w[:kept]) + b[:kept, None, None]
        if close(expected, z[:count]):
            batch = batch_of(shot, name)
            return Link(layer, other, name, activation_after(trace, shot, found, name), batch, np.nan)
    return "what it is fed with was not recorded as it is, in at most 16 channels of 56 × 56 or as a picture"


def has_images(shot: Snapshot) -> bool:
    """Whether the pictures of the batch were recorded."""
    try:
        return len(shot.images) > 0
    except KeyError:
        return False


def by_place(shot: Snapshot, link: Link, sample: int) -> Array:
    """What each place adds to the gradient of every weight: shape (o, c, i, j, y, x)."""
    window, x, delta = (
        Window.of(link.layer),
        whole_maps(shot, link.x),
        np.asarray(shot.grad_map[link.z], float),
    )
    assert window is not None
    assert x is not None
    patches = window.patches(x[sample, : shot.full[f"{link.layer.name}.weight"][1]])
    return np.einsum("oyx,cyxij->ocijyx", delta[sample], patches)


def bias_share(shot: Snapshot, layer: Layer, sample: int, channel: int) -> float:
    """Σ ∂L/∂z over all places of one map of one shown sample, which is its share of ∂L/∂b.

    Of a map that was recorded as means over k × k cells it is their sum, each counted with the places in it.
    """
    cells = np.asarray(shot.grad_map[layer.name][sample, channel], float)
    height, width = layer.shape[-2:]
    k = -(-max(height, width) // max(cells.shape))
    rows, columns = (
        np.minimum(k, size - k * np.arange(count))
        for size, count in zip((height, width), cells.shape, strict=True)
    )
    return float((cells * rows[:, None] * columns[None, :]).sum())
