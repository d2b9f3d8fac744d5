"""Traces of runs that never were, with numbers made for what a figure has to show. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import derivviz
from derivviz import library, open_trace
from derivviz.figures import style
from derivviz.figures.data import table
from derivviz.figures.painter import painter
from derivviz.trace import Trace
from derivviz.trace.layout import STATS
from derivviz.trace.writer import TraceWriter

Make = Callable[..., Trace]
Load = Callable[[str], Any]


@pytest.fixture
def figure() -> Load:
    """The module of a figure, by name."""
    return lambda name: library.load(library.find("scripts", name))


@pytest.fixture
def ends_still() -> Callable[..., None]:
    """Checks that a figure moves, and that its film ends with the figure in print, in its pixels and its numbers."""

    def check(name: str, trace: Trace, language: str = "ko", theme: str = "dark") -> None:
        moving, still = (derivviz.figure(name, trace, language=language, theme=theme) for _ in range(2))
        with style(theme, language), painter(moving.figure, moving.motion(), 320) as drawer:
            still.figure.set_dpi(moving.figure.dpi)
            still.figure.set_size_inches(moving.figure.get_size_inches())
            first = drawer.frame(0.0).copy()
            drawer.frame(0.55)
            last = drawer.frame(1.0).copy()
            canvas = FigureCanvasAgg(still.figure)
            canvas.draw()
            printed = np.asarray(canvas.buffer_rgba()).astype(int)
        assert (
            np.abs(last - printed).max() <= 1
        )  # of 255: the arrow of a note, placed twice, may be rounded so
        assert (first != last).any()
        assert table(moving.artists) == table(still.artists)

    return check


@pytest.fixture
def make_trace(tmp_path: Path) -> Make:
    """Writes a trace of logged `scalars`, and of the `means` of parameters and the `factors` they got, by name."""

    def make(
        scalars: Mapping[str, Any],
        means: Mapping[str, Any] | None = None,
        factors: Mapping[str, Any] | None = None,
        right: np.ndarray[Any, Any] | None = None,
        **attributes: Any,
    ) -> Trace:
        writer = TraceWriter(tmp_path / "made.zarr", attributes)
        names = list(means or {})
        for name in scalars:
            writer.declare(f"step/{name}", name=name)
        writer.declare("step/step", dtype=np.int64)
        if means and factors:
            writer.labels("step/param", ("param",), names)
            for label, values in (
                ("kind", ["param"] * len(names)),
                ("name", names),
                ("size", [4.0] * len(names)),
            ):
                writer.labels(f"step/{label}", ("tensor",), values)
            writer.declare("step/lr_factor", ("param",), (len(names),))
            writer.declare("step/stats", ("tensor", "stat"), (len(names), len(STATS)))
        for step in range(len(next(iter(scalars.values())))):
            row: dict[str, Any] = {"step": step, **{name: values[step] for name, values in scalars.items()}}
            if means and factors:
                sums = [[4, 0, 4 * means[n][step], 0, 0, 0, 0] for n in names]
                row |= {"lr_factor": [factors[n][step] for n in names], "stats": sums}
            writer.append("step", row)
        if right is not None:  # (epoch, image): whether the true class, 0, got the larger probability
            writer.labels("evaluation/target", ("image",), np.zeros(right.shape[1], np.int64))
            writer.declare("evaluation/epoch", dtype=np.int64)
            writer.declare("evaluation/probabilities", ("image", "class"), (right.shape[1], 2))
            for epoch, row_right in enumerate(right, start=1):
                p = np.where(row_right, 0.9, 0.1)
                writer.append("evaluation", {"epoch": epoch, "probabilities": np.stack([p, 1 - p], axis=1)})
        writer.close()
        return open_trace(tmp_path / "made.zarr")

    return make
