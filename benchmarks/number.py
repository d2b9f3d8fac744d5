"""What a frame of a counting number costs: our `Number.set_value` against manim's `DecimalNumber.set_value`.

Run it with ``python benchmarks/number.py``. Both show the same values, one after the other in turns, so that a
machine that slows down slows both. manim's digits are `Text` (Pango), so that no LaTeX is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle

import numpy as np
from manim import DecimalNumber, Text

from derivviz.animation import Number

ROUNDS = 300
PLACES = 4


def once(change: Callable[[float], object], value: float) -> float:
    """Seconds that showing one value takes."""
    started = time.perf_counter()
    change(value)
    return time.perf_counter() - started


def main() -> None:
    """Print the median and the 95th percentile of each, and the ratio of the medians."""
    numbers = {
        "derivviz Number": Number(0, f".{PLACES}f").set_value,
        "manim DecimalNumber": DecimalNumber(0, num_decimal_places=PLACES, mob_class=Text).set_value,
    }
    values = np.linspace(0, 999, ROUNDS)
    for change in numbers.values():  # every digit is set once before the clock runs
        for value in values:
            change(float(value))
    taken: dict[str, list[float]] = {name: [] for name in numbers}
    for value, (name, change) in zip(np.repeat(values, 2), cycle(numbers.items()), strict=False):
        taken[name].append(once(change, float(value)))
    print(f"{ROUNDS} values with {PLACES} decimal places, milliseconds a value")
    print(f"{'':22}{'median':>9}{'95 %':>9}")
    for name, seconds in taken.items():
        print(f"{name:22}{np.median(seconds) * 1e3:9.3f}{np.percentile(seconds, 95) * 1e3:9.3f}")
    ours, theirs = (float(np.median(seconds)) for seconds in taken.values())
    print(f"manim / derivviz: {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
