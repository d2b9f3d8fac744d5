"""The section of ``derivviz inspect`` that says how large numbers grew and how far steps went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from derivviz.cli.printing import grid, line, number, table

if TYPE_CHECKING:
    from rich.console import Console


def show_diagnosis(console: Console, told: dict[str, Any]) -> None:
    """Print what :func:`derivviz.trace.diagnosis.diagnose` found."""
    layers = [
        (
            layer["name"] or ".",
            number(layer["rms_first"]),
            number(layer["rms_last"]),
            _times(layer["growth"]),
            _change(layer["dead_first"], layer["dead_last"]),
            _change(layer["exploded_first"], layer["exploded_last"]),
        )
        for layer in told["layers"]
    ]
    heads = ("output of", "rms, first step", "last", "growth", "dead, first → last", "exploded")
    table(console, "Size of activations", heads, layers, right=(1, 2, 3, 4, 5))
    steps = [
        (parameter["name"], _range(parameter["effective"]), _range(parameter["ratio"]))
        for parameter in told["parameters"]
    ]
    names = ("parameter", "lr × factor", "update / parameter, norms")
    table(console, "Steps: smallest, median, largest", names, steps, right=(1, 2))
    rows = [("power", _power(power)) for power in told["powers"] if power["exponent"] is not None]
    output = told["output"]
    if output and output["one_hot_last"] is not None:
        most = f"{told['thresholds']['one_hot']:g}"
        rows.append(
            (
                "softmax",
                f"above {most}, as good as one-hot, for {output['one_hot_first']:.0%} of the {output['of']} "
                f"at first and {output['one_hot_last']:.0%} at last.",
            )
        )
    if rows:
        console.print()
        console.print(line("Powers and probabilities", "bold"))
        console.print(
            grid([(key if n == 0 or key != rows[n - 1][0] else "", s) for n, (key, s) in enumerate(rows)])
        )


def _power(power: dict[str, Any]) -> str:
    low, high = power["input_rms"]
    told = f"{power['name']}: rms of its output goes as rms of its input to the power {power['exponent']:.2f}"
    told += f" (input, the output of {power['input']}: {low:.3g} to {high:.3g})"
    reference = power["reference"]
    if reference and "coefficient" in reference:
        told += f", {power['coefficient']:.3g} times its square"
        return f"{told}. Far from 0, f′ is quadratic: the power 2, and 6 times the square at least."
    return f"{told}; theory says {reference['exponent']:g}." if reference else f"{told}."


def _times(value: float | None) -> str:
    return "" if value is None else f"× {value:.3g}"


def _change(first: float | None, last: float | None) -> str:
    if first is None and last is None:
        return ""
    return f"{_share(first)} → {_share(last)}"


def _share(value: float | None) -> str:
    return "?" if value is None else f"{value:.0%}"


def _range(values: list[float] | None) -> str:
    told = [] if values is None else [f"{value:.2g}" for value in values]
    return told[0] if len(set(told)) == 1 else "  ".join(told)
