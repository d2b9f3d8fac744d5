"""The chain rule of one weight, read out of a recorded step.

For the layer z = Wx + b, a = φ(z), a sample n of the batch and the weight w from x_k to z_j

    ∂L/∂w = Σ_n ∂L/∂a_j · ∂a_j/∂z_j · ∂z_j/∂w      with ∂z_j/∂w = x_k,

each factor as recorded for that sample. A convolution uses the same weight at every place of a map, so that each
sample's share is itself a sum of such products over places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.nonlinearity import Nonlinearity
from derivviz.trace.choice import Chosen, choose_link, early, pick
from derivviz.trace.convolution import Window, by_place, has_images, whole_maps
from derivviz.trace.links import Link, ratio, table
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
SHOWN = 4  # samples of which pictures and maps are kept


@dataclass(frozen=True)
class Chain:
    """One weight of a layer in one recorded step, with everything it hangs on.

    Attributes
    ----------
    step : int
        The recorded step.
    link : Link
        The layer with its input, its output and the activation behind it.
    sample, unit, input : int
        Row of the batch, unit of the layer (of a convolution the map), and which of the unit's weights.
    row, column : int
        Places of unit and input among the recorded ones.
    place : (int, int) or None
        Of a convolution, where on the map z is.
    x, w, z, grad_z : float
        The input, the weight before the step, the layer's output, and ∂L/∂z.
    a, grad_a, slope : float or None
        The activation's output, ∂L/∂a, and ∂a/∂z; None where no known activation follows.
    curve : Nonlinearity or None
        The activation of that unit.
    shares : (sample,)
        Every recorded sample's share of the gradient.
    products : (y, x) or None
        Of a convolution, what every place adds to the share of this sample.
    scale : float
        What the recorded gradient is of the sum of all shares: below 1 where the loop clips gradients; NaN
        where some samples were not recorded.
    gradient, change : float
        The recorded ∂L/∂w, and by how much the step moved w.
    learning_rate, factor, mean_weight : float
        Of the layer's weight in that step; NaN where they were not recorded.
    """

    step: int
    link: Link
    sample: int
    unit: int
    input: int
    row: int
    column: int
    place: tuple[int, int] | None
    x: float
    w: float
    z: float
    grad_z: float
    a: float | None
    grad_a: float | None
    slope: float | None
    curve: Nonlinearity | None
    shares: Array
    products: Array | None
    scale: float
    gradient: float
    change: float
    learning_rate: float
    factor: float
    mean_weight: float

    @property
    def factors(self) -> tuple[float, ...]:
        """What multiplies to `product`: ∂L/∂a · ∂a/∂z · x, or ∂L/∂z · x where no known activation follows."""
        if self.grad_a is None or self.slope is None:
            return self.grad_z, self.x
        return self.grad_a, self.slope, self.x

    @property
    def product(self) -> float:
        """What this sample, at this place, adds to ∂L/∂w."""
        return float(np.prod(self.factors))

    @property
    def weight(self) -> str:
        """The name of the parameter."""
        return "weight" if self.link.layer.name == "model" else f"{self.link.layer.name}.weight"

    @property
    def optimizer_step(self) -> float:
        """By what the optimizer would have moved the weight at learning rate and factor 1, downhill positive."""
        return -self.change / (self.learning_rate * self.factor) + 0.0  # no −0


def read_chain(trace: Trace, chosen: Chosen | None = None) -> Chain:
    """One weight in a step that has a snapshot: where nothing is chosen, that which one sample pulled on most.

    Parameters
    ----------
    trace
        A recorded run of any network.
    chosen
        By default the first snapshot after a tenth of the run, and of the linear layers with a known activation
        behind them the largest.

    Raises
    ------
    DerivvizError
        When there are no snapshots, no layer that can be followed, or only numbers that are zero or not finite.
    UsageError
        When what was chosen is not there or was not recorded.
    """
    chosen = chosen or Chosen()
    step = chosen.step if chosen.step is not None else early(trace)
    shot = trace.snapshot(step)
    link = choose_link(trace, shot, chosen.layer)
    weight = f"{link.layer.name}.weight" if link.layer.name != "model" else "weight"
    shares = _all_shares(shot, link)
    seen = np.abs(shares[: SHOWN if shot.map or has_images(shot) else None])
    n, j, k = pick(seen, shot, link, chosen, trace)
    products = None if len(link.layer.shape) == 1 else _products(shot, link, n, j, k)
    place = None if products is None else _strongest(products)
    z, grad_z, a, grad_a, curve = _values(shot, link, n, j, place)
    at = int(np.flatnonzero(trace.steps == step)[0])

    def series(key: str, otherwise: float = np.nan) -> float:
        return float(trace[key][at]) if key in trace else otherwise

    row, column = (j, k)
    own = shares[:, row, column]
    gradient, before, change = (
        float(_flat(kind[weight], shot, weight, link)[row, column])
        for kind in (shot.grad, shot.param, shot.update)
    )
    scale = link.scale
    if products is not None and len(own) == link.batch:
        scale = ratio(_flat(shot.grad[weight], shot, weight, link)[: shares.shape[1]], shares.sum(0))
    unit, number = (
        (j, k) if products is not None else (int(shot.units[link.z][j]), int(shot.units[link.x][k]))
    )
    return Chain(
        step=step,
        link=link,
        sample=n,
        unit=unit,
        input=number,
        row=row,
        column=column,
        place=place,
        x=_input(shot, link, n, k, place),
        w=before,
        z=z,
        grad_z=grad_z,
        a=a,
        grad_a=grad_a,
        slope=None if curve is None else float(curve.rise(z)),
        curve=curve,
        shares=own,
        products=products,
        scale=scale,
        gradient=gradient,
        change=change,
        learning_rate=series(f"lr/{weight}"),
        factor=series(f"lr_factor/{weight}", 1.0),
        mean_weight=series(f"param/{weight}/mean"),
    )


def _flat(values: object, shot: Snapshot, weight: str, link: Link) -> Array:
    """Values of the weight as (unit, input), at the recorded ones."""
    if len(link.layer.shape) == 1:
        return table(values, shot, weight, link.z, link.x)
    whole = np.asarray(values, float)
    return whole.reshape(len(whole), -1)


def _all_shares(shot: Snapshot, link: Link) -> Array:
    """What every recorded sample adds to the gradient of every recorded weight: (sample, unit, input)."""
    if len(link.layer.shape) == 1:
        x, grad_z = (
            np.asarray(shot.activation[link.x], float),
            np.asarray(shot.activation_grad[link.z], float),
        )
        with np.errstate(all="ignore"):
            return np.asarray(grad_z[:, :, None] * x[:, None, :])
    count = min(len(shot.grad_map[link.z]), shot.samples)
    shares = np.stack([by_place(shot, link, n).sum(axis=(-2, -1)) for n in range(count)])
    return shares.reshape(*shares.shape[:2], -1)


def _products(shot: Snapshot, link: Link, sample: int, unit: int, number: int) -> Array:
    """What each place of a map adds to the share of a sample, (y, x)."""
    found = by_place(shot, link, sample)
    return np.asarray(found.reshape(len(found), -1, *found.shape[-2:])[unit, number])


def _strongest(products: Array) -> tuple[int, int]:
    row, column = np.unravel_index(int(np.abs(products).argmax()), products.shape)
    return int(row), int(column)


def _input(shot: Snapshot, link: Link, sample: int, number: int, place: tuple[int, int] | None) -> float:
    """What the weight is multiplied by."""
    if place is None:
        return float(shot.activation[link.x][sample, number])
    window, maps = Window.of(link.layer), whole_maps(shot, link.x)
    assert window is not None
    assert maps is not None
    channel, i, j = np.unravel_index(number, (shot.full[f"{link.layer.name}.weight"][1], *window.kernel))
    return float(window.patches(maps[sample])[channel, place[0], place[1], i, j])


def _values(
    shot: Snapshot, link: Link, sample: int, row: int, place: tuple[int, int] | None
) -> tuple[float, float, float | None, float | None, Nonlinearity | None]:
    """z, ∂L/∂z, a, ∂L/∂a and the activation at the unit; the last three None where none is known."""
    after = link.after
    if place is None:
        where: tuple[int, ...] = (sample, row)
        ahead, back = shot.activation, shot.activation_grad
        curve = None if after is None else after.curves[row]
    else:
        where = (sample, row, *place)
        ahead, back = shot.map, shot.grad_map
        channels = shot.units[link.z] // int(np.prod(link.layer.shape[1:]))
        curves = {} if after is None else dict(zip(channels.tolist(), after.curves, strict=True))
        curve = curves.get(row)
    z, grad_z = float(ahead[link.z][where]), float(back[link.z][where])
    if after is None or curve is None:
        return z, grad_z, None, None, None
    return z, grad_z, float(ahead[after.name][where]), float(back[after.name][where]), curve
