"""Which classes a ranking by hunger has room for, how their numbers are written, and how rows change places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from derivviz.animation.ranking import Indices
from derivviz.calculus.score import HUNGERS, course

Array = NDArray[np.float64]
MOST = 7  # rows that fit the picture
SWAP = 0.28  # half the stretch of hunger over which two rows change places
DEEPEST = 0.6  # of the longest bar, how far a bar goes to the left at most


def needed(p: Array) -> set[int]:
    """The classes that a picture cannot do without: the likeliest, and all that are ever recommended."""
    return {int(np.argmax(p)), *(int(i) for i in course(p).argmax(axis=1))}


def shown(p: Array) -> Indices:
    """The classes that the picture has room for, in their order: those needed, then the highest scores."""
    first, highest = needed(p), course(p).max(axis=0)
    best = sorted(range(len(p)), key=lambda i: (i not in first, -highest[i]))
    return np.sort(np.array(best[:MOST], np.int64))


def reach(p: Array, index: Indices) -> tuple[float, float]:
    """Least and largest length that the bars have; a class of a far place may score less than the least."""
    value = np.concatenate([course(p), p[None]])[:, index]
    high = float(value.max())
    return max(min(0.0, float(value.min())), -DEEPEST * high), high


def precision(p: Array, value: Array) -> str:
    """How many decimals tell the two largest probabilities, and the two largest scores, apart: 2 or 3."""
    for numbers in (p, value):
        second, first = np.sort(numbers)[-2:]
        if f"{second:.2f}" == f"{first:.2f}":
            return ".3f"
    return ".2f"


class Ranks:
    """The place of each dish as hunger goes on: 0 for the highest score, gliding where two change places."""

    def __init__(self, p: Array, index: Indices) -> None:
        value = course(p)[:, index]
        self.hard = np.argsort(np.argsort(-value, axis=1, kind="stable"), axis=1).astype(float)
        half = round(SWAP * 100)
        kernel = np.hanning(2 * half + 1) / np.hanning(2 * half + 1).sum()
        padded = np.pad(self.hard, ((half, half), (0, 0)), mode="edge")
        self.soft = np.stack([np.convolve(column, kernel, "valid") for column in padded.T], axis=1)

    def at(self, h: float, calm: float) -> Array:
        """Places at hunger `h`; gliding where `calm` is 0, whole numbers where it is 1."""
        soft = np.array([np.interp(h, HUNGERS, column) for column in self.soft.T])
        return (1 - calm) * soft + calm * self.hard[int(np.clip(round(h * 100), 0, 1000))]
