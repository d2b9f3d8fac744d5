"""How a network's outputs change with its inputs, again and again while it learned."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.store import Array, Store


def coarse(values: Array, cells: int) -> Array:
    """Means over square cells of a map (y, x), so many along its longer side; a rest at the edges is left out."""
    cell = max(max(values.shape) // cells, 1)
    rows, columns = values.shape[0] // cell, values.shape[1] // cell
    return np.asarray(
        values[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell).mean(axis=(1, 3))
    )


class Checks(NamedTuple):
    """The derivative of the target's output along directions u of length 1, in two ways.

    directions : names: ``gradient``, that of the gradient itself, and random ones
    derivative : ⟨∂F/∂x, u⟩, from the gradient of the training's precision, (row, probe, direction)
    quotient : (F(x + hu) − F(x − hu)) / 2h in float64, (row, probe, direction)
    error : |quotient − derivative| / the larger of the two [1], (row, probe, direction); 0 where both are 0
    """

    directions: list[str]
    derivative: Array
    quotient: Array
    error: Array


class Line(NamedTuple):
    """The outputs on the straight line x(t) = (1 − t) x₀ + t x₁ from the first probe input to the second.

    t : (point,), from 0 to 1
    output : logits, (row, point, class)
    slope : d output / dt, (row, point, class)
    probability : softmax of the outputs, (row, point, class)
    probability_slope : d probability / dt, p_c (s_c − Σ_k p_k s_k) with the slopes s, (row, point, class)
    """

    t: Array
    output: Array
    slope: Array
    probability: Array
    probability_slope: Array


class Sensitivity:
    """What ``derivviz.record(…, probe=x0, sensitivity_every=n)`` measured at the inputs x0.

    Each row has the weights as they were before that step; a last row, whose step follows the last of the
    run, has the trained ones. F is the output (logit) of the class that the network found most likely.

    steps : int64, shape (row,)
    seconds : what measuring took [s], shape (row,)
    target : that class, int64, shape (row, probe)
    output : the network's outputs, shape (row, probe, class)
    """

    def __init__(self, store: Store, rows: slice, steps: Array) -> None:
        self._store, self._rows, self.steps = store, rows, steps

    def __repr__(self) -> str:
        return f"<Sensitivity, {len(self.steps)} rows>"

    @property
    def seconds(self) -> Array:
        return self._read("seconds")

    @property
    def target(self) -> Array:
        return self._read("target")

    @property
    def output(self) -> Array:
        return self._read("output")

    @property
    def saliency(self) -> Array:
        """∂F/∂x [logit per unit of input], (row, probe, y, x): of a pixel the largest size over the channels.

        Of inputs that are no pictures it is (row, probe, input), with its sign.
        """
        return self._read("saliency")

    @property
    def integrated_gradients(self) -> Array:
        """Each pixel's share in F(x) − F(0) [logit], summed over the channels, (row, probe, y, x)."""
        return self._read("integrated_gradients")

    @property
    def smooth_grad(self) -> Array:
        """Like the saliency, of the mean gradient over noisy copies, (row, probe, y, x)."""
        return self._read("smooth_grad")

    @property
    def difference(self) -> Array:
        """F(x) − F(0) [logit], which integrated gradients share out, (row, probe)."""
        return self._read("difference")

    @property
    def completeness_error(self) -> Array:
        """Sum of the integrated gradients − `difference` [logit], (row, probe): 0 if the integral were exact."""
        return self._read("completeness_error")

    @property
    def jacobian_norm(self) -> dict[str, Array]:
        """‖∂outputs/∂a‖, Frobenius, for the output a of each module, by its name; each (row, probe)."""
        names, norms = self._read("module", whole=True), self._read("jacobian_norm")
        if names.ndim != 1 or len(names) < norms.shape[-1]:
            raise self._store.damaged("sensitivity/module", ValueError("the names are not all there"))
        return {str(name): norms[:, :, n] for n, name in enumerate(names[: norms.shape[-1]])}

    @property
    def input_norm(self) -> Array:
        """‖∂outputs/∂x‖, Frobenius, (row, probe)."""
        return self._read("input_norm")

    @property
    def checks(self) -> Checks:
        """The gradient held against finite differences."""
        derivative, quotient = self._read("derivative"), self._read("difference_quotient")
        with np.errstate(all="ignore"):
            larger = np.maximum(np.abs(derivative), np.abs(quotient))
            error = np.where(larger == 0, 0, np.abs(quotient - derivative) / larger)
        names = [str(name) for name in self._read("direction", whole=True)]
        return Checks(names, derivative, quotient, error)

    @property
    def path(self) -> Line:
        """The slope of each output on the way from the first probe input to the second."""
        output, slope = self._read("path_output"), self._read("path_slope")
        with np.errstate(all="ignore"):
            likely = np.exp(output - output.max(axis=-1, keepdims=True))
            likely /= likely.sum(axis=-1, keepdims=True)
            bent = likely * (slope - (likely * slope).sum(axis=-1, keepdims=True))
        return Line(self._read("t", whole=True), output, slope, likely, bent)

    def _read(self, name: str, whole: bool = False) -> Array:
        path = f"sensitivity/{name}"
        if path not in self._store:
            raise MissingSeriesError(
                f"The sensitivity in {self._store.place} has no {name!r}: {self._why(name)}."
            )
        return self._store.read(path, () if whole else self._rows)

    def _why(self, name: str) -> str:
        about: Any = self._store.root.get("sensitivity")
        missing = about.get("missing") if isinstance(about, dict) else None
        known = missing if isinstance(missing, dict) else {}
        kin = {
            "path_output": "path",
            "t": "path",
            "derivative": "difference_quotient",
            "difference": "integrated_gradients",
            "completeness_error": "integrated_gradients",
        }
        return str(known.get(kin.get(name, name), "it was not measured"))
