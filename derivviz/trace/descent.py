"""A recorded descent as a lesson or a figure needs it: the ground, the ways down it, what the steps were. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.reader import Trace

Array = NDArray[np.float64]
ALONG = ("slow", "good", "swinging", "diverging")  # walks along the curve, by what they are made to show
ACROSS = ("descent", "momentum", "adam")  # walks over the surface
ARRIVED = 0.01  # of the way from the start to the bottom, within which a walk is there


@dataclass(frozen=True)
class Bottom:
    """The lowest place, and how the ground curves there.

    Attributes
    ----------
    place
        Shape (n,).
    loss
        There.
    curvatures, directions
        Second derivatives along the directions in which they are smallest … largest: (n,) and, in rows, (n, n).
    """

    place: Array
    loss: float
    curvatures: Array
    directions: Array

    @classmethod
    def of(cls, told: dict[str, Any]) -> Bottom:
        """From the attributes of a trace."""
        arrays = (np.array(told[key], float) for key in ("place", "curvatures", "directions"))
        place, curvatures, directions = arrays
        return cls(place, float(told["loss"]), curvatures, directions)


@dataclass(frozen=True)
class Walk:
    """One way down. All arrays have a row for each step: what was there before it was taken.

    Attributes
    ----------
    rate, momentum
        Learning rate η, and share of the last step that is kept.
    optimizer
        Its name in torch.optim.
    places, gradients
        Shape (step, n).
    losses
        Shape (step,).
    bottom
        Of its ground.
    """

    rate: float
    momentum: float
    optimizer: str
    places: Array
    gradients: Array
    losses: Array
    bottom: Bottom

    @cached_property
    def left(self) -> Array:
        """The distance to the bottom over that at the start, shape (step,); infinite where it is no number."""
        with np.errstate(all="ignore"):
            away = np.linalg.norm(self.places - self.bottom.place, axis=1)
        return np.asarray(np.nan_to_num(away / away[0], nan=np.inf))

    @property
    def above(self) -> Array:
        """The loss less the lowest one, shape (step,)."""
        return self.losses - self.bottom.loss

    @property
    def arrived(self) -> int | None:
        """The number of steps from which on it stays within a hundredth of the way, or None."""
        outside = np.flatnonzero(self.left > ARRIVED)
        return None if outside[-1] + 1 == len(self.left) else int(outside[-1]) + 1

    @property
    def diverges(self) -> bool:
        """Whether it ends farther away than it began."""
        return bool(self.left[-1] > 1)

    @property
    def swings(self) -> bool:
        """Whether most steps go past the bottom, along the direction in which the ground curves most."""
        with np.errstate(all="ignore"):
            away = self.places - self.bottom.place
            across = away @ self.bottom.directions[-1]
            past = across[1:] * across[:-1] < 0
            far = np.abs(across[:-1]) > ARRIVED * np.linalg.norm(away[0])
        return bool(far.any() and past[far].mean() > 0.5)


class Descent:
    """A trace of ``derivviz record descent``, or of `derivviz.runs.descent.descend` on a loss of one's own.

    Attributes
    ----------
    names
        Of the two weights.
    walks
        By name: those of `ALONG` change the first weight alone, those of `ACROSS` both.
    curve_bottom, bottom
        Of the curve and of the surface.
    still
        Where the second weight stays while the first one walks alone.
    ranges, wide, one_scale
        The rectangle of the surface by weight; which weight lies along its longer side; whether a step of
        either is drawn equally long.
    heights
        The loss on the grid of the rectangle, shape (first, second).

    Raises
    ------
    MissingSeriesError
        If the trace is of another run, or of one that did not end.
    """

    def __init__(self, trace: Trace) -> None:
        about = trace.attrs
        if about.get("run") != "descent" or not about.get("finished"):
            why = "was broken off before its end" if about.get("run") == "descent" else "is of another run"
            raise MissingSeriesError(
                f"The trace {trace.path} {why}: it has no loss over two weights with several ways down. "
                "'derivviz record descent' records one of points (--data FILE.csv for your own), and "
                "derivviz.runs.descent.descend one of two weights of a model of your own; then name it: "
                "--trace renders/descent.zarr."
            )
        self.about: dict[str, Any] = about
        self.names: tuple[str, str] = (str(about["names"][0]), str(about["names"][1]))
        self.still = float(about["still"])
        self.curve_bottom, self.bottom = Bottom.of(about["curve_bottom"]), Bottom.of(about["bottom"])
        self.walks = {name: self._walk(trace, name, told) for name, told in about["walks"].items()}
        grid = about["grid"]
        low, high = grid["ranges"]
        self.ranges = (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))
        self.wide, self.one_scale = int(grid["wide"]), bool(grid["one_scale"])
        self.heights = trace.evaluation.probabilities[0, :, 0].reshape(grid["counts"])
        self._curve = {key: np.array(values, float) for key, values in about["curve"].items()}

    def _walk(self, trace: Trace, name: str, told: dict[str, Any]) -> Walk:
        places, gradients = (trace.sampled(f"{kind}/place.{name}").values for kind in ("param", "grad"))
        return Walk(
            float(told["learning_rate"]),
            float(told["momentum"]),
            str(told["optimizer"]),
            places.astype(np.float64),
            gradients.astype(np.float64),
            trace[f"loss/{name}"],
            self.curve_bottom if told["along"] == "curve" else self.bottom,
        )

    @property
    def points(self) -> tuple[Array, Array] | None:
        """x and t of the points that a line is fitted to; None for a loss of one's own."""
        if "x" not in self.about:
            return None
        return np.array(self.about["x"], float), np.array(self.about["target"], float)

    @property
    def steps(self) -> int:
        """Of each walk."""
        return len(self.walks["descent"].losses)

    @property
    def best(self) -> str:
        """Which of `ACROSS` is lowest in the end."""
        return min(ACROSS, key=lambda name: float(np.nan_to_num(self.walks[name].losses[-1], nan=np.inf)))

    @property
    def curve_range(self) -> tuple[float, float]:
        """The first and the last place of the curve."""
        return float(self._curve["place"][0]), float(self._curve["place"][-1])

    @property
    def curve_losses(self) -> Array:
        """The loss at the recorded places of the curve, shape (place,)."""
        return self._curve["loss"]

    def curve(self, place: ArrayLike) -> Array:
        """The loss along the first weight: the cubics that have the recorded losses and slopes; NaN beyond them.

        A parabola is its own cubic, so that the loss of a line is exact everywhere.
        """
        x, y, m = (self._curve[key] for key in ("place", "loss", "slope"))
        at = np.asarray(place, float)
        n = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
        width = x[n + 1] - x[n]
        s = (at - x[n]) / width
        found = (
            (1 + 2 * s) * (1 - s) ** 2 * y[n]
            + s * (1 - s) ** 2 * width * m[n]
            + s**2 * (3 - 2 * s) * y[n + 1]
            + s**2 * (s - 1) * width * m[n + 1]
        )
        return np.asarray(np.where((s < -1e-9) | (s > 1 + 1e-9), np.nan, found))

    def surface(self, one: ArrayLike, other: ArrayLike) -> Array:
        """The loss over both weights: exact at the places of the grid, straight between them; NaN beyond them."""
        at, corner = [], []
        for place, ends, count in zip((one, other), self.ranges, self.heights.shape, strict=True):
            u = (np.asarray(place, float) - ends[0]) / (ends[1] - ends[0]) * (count - 1)
            u = np.where(np.abs(u - np.round(u)) < 1e-7, np.round(u), u)
            n = np.clip(np.floor(u), 0, count - 2).astype(np.int64)
            at.append(u - n)
            corner.append(n)
        (u, v), (i, j), z = at, corner, self.heights
        found = (1 - u) * (1 - v) * z[i, j] + u * (1 - v) * z[i + 1, j]
        found = found + (1 - u) * v * z[i, j + 1] + u * v * z[i + 1, j + 1]
        return np.asarray(np.where((u < 0) | (u > 1) | (v < 0) | (v > 1), np.nan, found))

    def levels(self, count: int) -> Array:
        """Losses of contour lines: evenly apart from the bottom to the start in distance, not in height, and on."""
        start = float(self.walks["descent"].above[0])
        top = float(np.nanmax(np.where(np.isfinite(self.heights), self.heights, np.nan))) - self.bottom.loss
        last = min(2 * count, int(np.sqrt(max(1.0, top / start)) * count))
        return np.asarray(self.bottom.loss + start * (np.arange(1, last + 1) / count) ** 2)
