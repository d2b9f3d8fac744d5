"""What a recorded contest of losses says: who pulled on the weights, and what was found in the end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.errors import UsageError
from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.reader import Trace

Array = NDArray[np.float64]
TENTHS = 10
SAME = 0.5  # intersection over union from which a box is right
PLAIN, FOCAL = "gamma0", "gamma2"


@dataclass(frozen=True)
class Picture:
    """A test picture of the trace.

    Attributes
    ----------
    pixels
        uint8, shape (y, x, 3).
    boxes, labels
        What is in it: left, top, right, bottom in pixels of a picture `width` wide, and numbers of the classes.
    found
        By arm, the boxes and labels of what it found there.
    """

    pixels: NDArray[np.uint8]
    boxes: Array
    labels: NDArray[np.int64]
    found: dict[str, tuple[Array, NDArray[np.int64]]]

    def judged(self, arm: str) -> tuple[Array, Array, Array]:
        """Boxes of an arm that are right, those that are not, and true ones that it missed, each (box, 4).

        Right is a box that overlaps one of its class, which no surer box had, by a half at the least.
        """
        boxes, labels = self.found[arm]
        free, right = np.ones(len(self.boxes), bool), np.zeros(len(boxes), bool)
        for n, (box, label) in enumerate(zip(boxes, labels, strict=True)):
            overlap = _overlaps(box, self.boxes) * (free & (self.labels == label))
            if len(overlap) and overlap.max() >= SAME:
                right[n], free[overlap.argmax()] = True, False
        return boxes[right], boxes[~right], self.boxes[free]


class Contest:
    """A trace of ``derivviz record focal``.

    Attributes
    ----------
    classes
        Names, the most frequent in training first.
    rare
        Number of the rarest class that the test has.
    gammas
        γ by the name of its arm.
    decisions, positives
        Of one picture: how many there are, and the mean of how many are to be answered with yes.
    train_boxes, test_boxes
        How many there are of each class.

    Raises
    ------
    MissingSeriesError
        If the trace is of another run, or of one that did not end.
    """

    def __init__(self, trace: Trace) -> None:
        about = trace.attrs
        if about.get("run") != "focal" or "found" not in about:
            why = "was broken off before its end" if about.get("run") == "focal" else "is of another run"
            raise MissingSeriesError(
                f"The trace {trace.path} {why}. Record one with 'derivviz record focal', and name it: "
                "--trace renders/focal.zarr."
            )
        self._trace = trace
        self.classes: list[str] = about["classes"]
        self.gammas = {arm: float(loss["gamma"]) for arm, loss in about["arms"].items()}
        self.alpha = float(about["arms"][FOCAL]["alpha"])
        rows, columns = about["places"]
        self.places = int(rows), int(columns)
        self.decisions = rows * columns * len(self.classes)
        self.positives = float(about["positives"])
        self.train_boxes: list[int] = about["train_boxes"]
        self.test_boxes: list[int] = about["test_boxes"]
        self.rare = max(
            (k for k, count in enumerate(self.test_boxes) if count), default=len(self.classes) - 1
        )
        self.least_precision = float(about["least_precision"])

    @property
    def steps(self) -> NDArray[np.int64]:
        """Numbers of the training steps."""
        return np.asarray(self._trace.steps)

    @cached_property
    def tested(self) -> NDArray[np.int64]:
        """Rows of the steps after which the detectors were tested."""
        return np.flatnonzero(np.isfinite(self._trace[f"ap/{PLAIN}/{self.classes[self.rare]}"]))

    def precision(self, arm: str, number: int | None = None) -> Array:
        """Average precision of a class, by default the rarest, each time; NaN where the test has none of it."""
        name = self.classes[self.rare if number is None else number]
        return np.asarray(self._trace[f"ap/{arm}/{name}"][self.tested])

    def recall(self, arm: str) -> float:
        """The share of the rarest class that is found in the end, while at least half of the detections are right."""
        return float(self._trace[f"recall/{arm}/{self.classes[self.rare]}"][self.tested[-1]])

    def mass(self, arm: str) -> Array:
        """The share of an arm's gradient by tenths of p_t, the mean over the second half of the steps."""
        return self._share(f"mass/{arm}")

    def as_if(self, arm: str) -> Array:
        """The same of the decisions of the cross-entropy, weighed as `arm` would."""
        return self.mass(PLAIN) if arm == PLAIN else self._share(f"as_if/{arm}")

    @cached_property
    def counts(self) -> Array:
        """The share of the decisions of the cross-entropy in each tenth of p_t, over the same steps."""
        return self._share("count")

    def objects(self, arm: str) -> Array:
        """The share of the gradient that is of objects, at every step."""
        return np.asarray(self._trace[f"objects/{arm}"])

    def losses(self, arm: str) -> Array:
        """The loss of the decisions at every step, over the number of places where something is."""
        return np.asarray(self._trace[f"loss/{arm}"])

    @cached_property
    def pictures(self) -> list[Picture]:
        """The test pictures that the trace has, those with most of the rarest class first."""
        about: dict[str, Any] = self._trace.attrs
        return [
            Picture(pixels, *_boxes(shown), {arm: _boxes(about["found"][arm][n]) for arm in self.gammas})
            for n, (pixels, shown) in enumerate(
                zip(self._trace.probe.input_image, about["shown"], strict=True)
            )
        ]

    def picture(self, number: int) -> Picture:
        """One of them, counted from 1; 0 for that with the largest object of the rarest class.

        Raises
        ------
        UsageError
            For a number beyond the last.
        """
        if number > len(self.pictures):
            raise UsageError(
                f"--picture is {number}, but the trace {self._trace.path} has {len(self.pictures)} test pictures."
            )
        return self.pictures[number - 1] if number else max(self.pictures, key=self._largest)

    def _largest(self, one: Picture) -> float:
        sides = one.boxes[:, 2:] - one.boxes[:, :2]
        return float(np.max(np.prod(sides, axis=1) * (one.labels == self.rare), initial=0.0))

    def _share(self, key: str) -> Array:
        half = len(self._trace.steps) // 2
        sums = np.array([np.nansum(self._trace[f"{key}/{k}"][half:]) for k in range(TENTHS)])
        return np.asarray(sums / sums.sum())


def _boxes(told: dict[str, Any]) -> tuple[Array, NDArray[np.int64]]:
    return np.array(told["boxes"], float).reshape(-1, 4), np.array(told["labels"], np.int64)


def _overlaps(one: Array, others: Array) -> Array:
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    inner = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(one[2:] - one[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(inner / np.maximum(areas - inner, 1e-9))
