"""A training, step by step · 학습을 한 스텝씩

Scrub through a recorded run: the loss, and what the derivative does to every layer at that step.

기록된 학습의 스텝을 움직여 보자. 손실과 함께, 그 스텝에서 도함수가 각 층에 한 일을 볼 수 있다.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.errors import UsageError
from derivviz.parameters import parameter
from derivviz.publishing.page.parts import Parts
from derivviz.publishing.page.plot import Both, Plot
from derivviz.trace import MissingSeriesError, Trace

requires = ("grad/*/norm",)

MOST_STEPS = 500
MOST_TENSORS = 16
MOST_LOGGED = 24
RANGE = 50.0  # largest to smallest, from which on an axis is logarithmic
OWN = ("time", "recorder_seconds", "epoch")  # not for a plot
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    step: int = parameter(0, "Training step at first", minimum=0)


def parts(parameters: Parameters, trace: Trace | None) -> Parts:
    """What was logged at every step that is kept, and numbers of every tensor at these steps."""
    assert trace is not None
    logged = [key for key in trace.logged if key not in OWN]
    if not logged:
        raise MissingSeriesError(
            f"The trace {trace.path} has no loss: recorder.log(loss=loss) after each step records it."
        )
    main = next((key for key in logged if key == "loss"), None) or next(
        (key for key in logged if "loss" in key), logged[0]
    )
    if parameters.step > trace.steps[-1]:
        raise UsageError(f"--step is {parameters.step}, and the last step of this trace is {trace.steps[-1]}")
    kept = np.unique(np.linspace(0, len(trace.steps) - 1, MOST_STEPS).round().astype(int))
    steps = trace.steps[kept]
    others = [key for key in logged if key != main][:MOST_LOGGED]
    series = {key: logged_at(trace, key, kept) for key in (main, *others)}
    data: dict[str, Any] = {
        "steps": steps,
        "every": len(trace.steps),
        "row": int(np.abs(steps - parameters.step).argmin()),
        "main": main,
        "others": others,
        "series": series,
        "epoch": trace["epoch"][kept] if "epoch" in trace else None,
        "measures": measures(trace, kept),
    }
    plots = {"loss": course(steps, series[main], main), "tensors": tensors(data["measures"])}
    if others:
        plots["other"] = course(steps, series[others[0]], "")
    return Parts(plots, data)


def logged_at(trace: Trace, key: str, kept: NDArray[np.int64]) -> dict[str, Array]:
    """A series at the steps that are kept; of one that is logged now and then, the steps that have it."""
    values = trace[key]
    there = np.flatnonzero(np.isfinite(values))
    if len(there) and np.isnan(values[: there[-1]]).any():
        kept = there[np.unique(np.linspace(0, len(there) - 1, MOST_STEPS).round().astype(int))[: len(there)]]
    return {"steps": trace.steps[kept], "values": rounded(values[kept])}


def measures(trace: Trace, kept: NDArray[np.int64]) -> list[dict[str, Any]]:
    """What is known of the tensors at the steps: values of shape (step, tensor), in the model's order."""
    names = [about["name"] for about in trace.parameters if f"grad/{about['name']}/norm" in trace]
    modules = [
        key.split("/")[1] for key in trace.tensors() if key.startswith("activation/") and "#" not in key
    ]
    layers = [name for name in modules if f"activation_grad/{name}/rms" in trace]
    found = [
        measure(
            trace, kept, names, {"en": "norm of the gradient", "ko": "그래디언트의 노름"}, "grad/{}/norm"
        ),
        measure(
            trace,
            kept,
            names,
            {"en": "update relative to the parameter (norms)", "ko": "변화량 / 파라미터, 노름"},
            "update/{}/norm",
            "param/{}/norm",
        ),
        measure(
            trace,
            kept,
            names,
            {"en": "size of the parameter (rms)", "ko": "파라미터의 크기(rms)"},
            "param/{}/rms",
        ),
        measure(
            trace, kept, names, {"en": "factor of the learning rate", "ko": "학습률의 배율"}, "lr_factor/{}"
        ),
        measure(
            trace,
            kept,
            modules,
            {"en": "size of the output (rms)", "ko": "출력의 크기(rms)"},
            "activation/{}/rms",
        ),
        measure(
            trace,
            kept,
            layers,
            {"en": "derivative of the loss by the output (rms)", "ko": "손실을 출력으로 미분한 값(rms)"},
            "activation_grad/{}/rms",
        ),
    ]
    return [one for one in found if one is not None]


def measure(
    trace: Trace, kept: NDArray[np.int64], names: list[str], title: Both, key: str, per: str = ""
) -> dict[str, Any] | None:
    """One of them; None where the trace has no number above 0 for it, or every factor is 1."""
    there = [name for name in names if key.format(name) in trace and (not per or per.format(name) in trace)]
    chosen = [there[n] for n in np.unique(np.linspace(0, len(there) - 1, MOST_TENSORS).round().astype(int))]
    if not chosen:
        return None
    table = trace.columns([key.format(name) for name in chosen])
    values = np.stack([table[key.format(name)][kept] for name in chosen], axis=1)
    if per:
        below = trace.columns([per.format(name) for name in chosen])
        with np.errstate(all="ignore"):
            values = values / np.stack([below[per.format(name)][kept] for name in chosen], axis=1)
    seen = values[np.isfinite(values) & (values > 0)]
    if not len(seen) or (key.startswith("lr_factor") and (seen == 1).all()):
        return None
    low, high = float(seen.min()), float(seen.max())
    room = (high / low) ** 0.05 if high > low else 2.0
    return {
        "title": title,
        "names": chosen,
        "of": len(there),
        "values": rounded(values),
        "ends": (low / room, high * room),
    }


def rounded(values: Array) -> Array:
    """Six digits, which is what a page shows."""
    with np.errstate(all="ignore"):
        power = 10.0 ** (5 - np.floor(np.log10(np.abs(values))))
        whole = np.round(values * power) / power
    return np.where(np.isfinite(whole), whole, values)


def course(steps: NDArray[np.int64], series: dict[str, Array], name: str) -> Plot:
    """A series and where in it one is; without a name, one that the reader chooses."""
    there = series["values"][np.isfinite(series["values"])]
    log = bool(name) and bool(len(there)) and bool(there.min() > 0) and there.max() > RANGE * there.min()
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 1.0)
    room = (high / low) ** 0.06 if log else 0.08 * (high - low) or 1.0
    ends = (low / room, high * room) if log else (low - room, high + room)
    wide = float(steps[-1] - steps[0]) or 1.0
    role = "loss" if name else "function"
    plot = Plot(
        (float(steps[0]) - 0.01 * wide, float(steps[-1]) + 0.01 * wide),
        ends,
        x_label={"en": "training step", "ko": "학습 스텝"},
        y_label={"en": name, "ko": name},
        shape=2.0,
        log="y" if log else "",
    )
    plot.line("series", role, series["steps"], series["values"], width=2)
    plot.segments("cursor", "parameter", width=2, dash=[2, 3])
    plot.dots("now", role, size=12)
    return plot


def tensors(known: list[dict[str, Any]]) -> Plot:
    """A line and a dot for each tensor on a logarithmic axis; the first tensor of the model on top."""
    rows = max(len(one["names"]) for one in known)
    plot = Plot(
        known[0]["ends"],
        (-0.5, rows - 0.2),
        x_label=known[0]["title"],
        y_label={"en": "", "ko": ""},
        shape=1.0 if rows < 9 else 0.7,
        log="x",
    )
    plot.figure.xaxis[0].name = "measure axis"
    plot.figure.yaxis.visible = plot.figure.ygrid.visible = False
    plot.segments("range", "grid", width=9)
    plot.segments("stems", "tangent", width=3)
    plot.dots("values", "tangent", size=11)
    plot.text("names", align="left", dx=2)
    return plot
