"""The tables of docs/laboratory.md, made from the results."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from document import fill, markdown
from plan import ADAM_RATES, PARTS, Arm, arms
from results import Row, Rows, chosen, key, tuning

HEADERS = (
    *("", "rate", "accuracy on unseen pictures", "right, 95 % interval", "difference"),
    *("training loss", "unseen loss", "act1, act2 (rms)", "gradient of conv, fc1, fc2"),
    *("silent in act1, act2", "s"),
)


def write(rows: Rows, document: Path) -> None:
    """Fill in the document's tables: what stands between ``<!-- table NAME -->`` and ``<!-- end -->``."""
    made = {name: table(rows, name) for name in PARTS}
    made |= {"rates": rates(rows), "tuning": tuned(rows), "confidence": confidence(rows)}
    fill(document, made)


def table(rows: Rows, part: str) -> str:
    """One line an arm; arms whose runs are not all there are left out."""
    lines = [HEADERS, ("---",) * len(HEADERS)]
    for arm in arms():
        found = chosen(arm, rows) if arm.part == part else None
        if found is not None:
            lines.append((arm.name, _rate(*found[0]), *_numbers(found[1], _rival(arm, rows))))
    return markdown(lines)


def rates(rows: Rows) -> str:
    """Share of unseen pictures right at every rate, on the tuning seeds."""
    lines: list[Sequence[str]] = [("", *(_rate(*rate) for rate in ADAM_RATES))]
    lines.append(("---",) * len(lines[0]))
    for arm in arms():
        if arm.part != "activations":
            continue
        found = [[rows.get(key(arm.at(rate), seed)) for seed in tuning(arm)] for rate in arm.rates]
        if all(row is not None for runs in found for row in runs):
            lines.append((arm.name, *(f"{_accuracy([r for r in runs if r]).mean():.2f}" for runs in found)))
    return markdown(lines)


def tuned(rows: Rows) -> str:
    """What the finalists chose their rates by: right and training loss on the tuning seeds."""
    lines: list[Sequence[str]] = [("", "rate", "right on the tuning seeds", "training loss"), ("---",) * 4]
    for arm in arms():
        for rate in arm.rates if arm.part == "finalists" else ():
            found = [row for seed in tuning(arm) if (row := rows.get(key(arm.at(rate), seed)))]
            if len(found) == arm.tuning_seeds:
                right, shown = (int(_values(found, name).sum()) for name in ("correct", "held_out"))
                lines.append((arm.name, _rate(*rate), f"{right}/{shown}", _mean(found, "loss")))
    return markdown(lines)


def confidence(rows: Rows) -> str:
    """How sure the finalists are on unseen pictures: the largest p beside the share that is right, and the entropy."""
    lines: list[Sequence[str]] = [("", "right", "mean of the largest p", "mean entropy, ln 5 = 1.61 at most")]
    lines.append(("---",) * len(lines[0]))
    for arm in arms():
        found = chosen(arm, rows) if arm.part == "finalists" else None
        if found is not None:
            values = (_accuracy(found[1]), _values(found[1], "confidence"), _values(found[1], "entropy"))
            lines.append((arm.name, *(f"{v.mean():.2f} ± {v.std(ddof=1):.2f}" for v in values)))
    return markdown(lines)


def wilson(right: int, shown: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share: where it lies with 95 % confidence, if the pictures were drawn at random."""
    share = right / shown
    middle = (share + z**2 / (2 * shown)) / (1 + z**2 / shown)
    half = z * math.sqrt(share * (1 - share) / shown + (z / (2 * shown)) ** 2) / (1 + z**2 / shown)
    return middle - half, middle + half


def _numbers(runs: Sequence[Row], rival: Sequence[Row] | None) -> Iterator[str]:
    accuracy = _accuracy(runs)
    yield f"{accuracy.mean():.3f} ± {accuracy.std(ddof=1):.3f}"
    right, shown = (sum(int(row[name]) for row in runs) for name in ("correct", "held_out"))
    low, high = wilson(right, shown)
    yield f"{right}/{shown}, {low:.2f}…{high:.2f}"
    if rival is None or [row["seed"] for row in rival] != [row["seed"] for row in runs]:
        yield ""
    else:
        gap = accuracy - _accuracy(rival)
        yield f"{gap.mean():+.3f} ± {gap.std(ddof=1) / math.sqrt(len(gap)):.3f}" if gap.any() else "0"
    lost = sum(int(row["diverged"]) for row in runs)
    yield _spread(runs, "loss") + (f" ({lost} of {len(runs)} diverged)" if lost else "")
    yield _spread(runs, "held_out_loss")
    yield ", ".join(_mean(runs, name) for name in ("act1_rms", "act2_rms"))
    yield ", ".join(_mean(runs, name) for name in ("conv_gradient", "fc1_gradient", "fc2_gradient"))
    yield ", ".join(f"{_values(runs, name).mean():.0%}" for name in ("act1_silent", "act2_silent"))
    yield f"{_values(runs, 'seconds').mean():.1f}"


def _rival(arm: Arm, rows: Rows) -> list[Row] | None:
    """What an arm is compared with: ReLU in the same setting, or the part's first arm where there is no ReLU."""
    part = [other for other in arms() if other.part == arm.part]
    plain = arm.name.endswith("plain")
    relus = [o for o in part if o.name.startswith("ReLU") and o.name.endswith("plain") == plain]
    found = chosen((relus or part)[0], rows)
    return None if found is None else found[1]


def _accuracy(runs: Sequence[Row]) -> np.ndarray:
    return _values(runs, "correct") / _values(runs, "held_out")


def _values(runs: Sequence[Row], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in runs])


def _mean(runs: Sequence[Row], name: str) -> str:
    return f"{_values(runs, name).mean():.2g}"


def _spread(runs: Sequence[Row], name: str) -> str:
    values = _values(runs, name)
    return f"{values.mean():.3g} ± {values.std(ddof=1):.2g}"


def _rate(rule: str, rate: float) -> str:
    return f"{rate:g}" + {"relative": " s", "fast output": " s, output ×10", "uniform": ""}[rule]
