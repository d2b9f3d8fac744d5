"""Which weight of a recorded network is followed: the one that was named, or one that tells much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivviz.errors import UsageError, nearest
from derivviz.trace.convolution import convolution_link
from derivviz.trace.errors import MissingSeriesError
from derivviz.trace.layers import layers
from derivviz.trace.links import Link, linear_link
from derivviz.trace.reader import Trace
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
NAMED = 6  # names, at the most, in a message


@dataclass(frozen=True)
class Chosen:
    """What the user names: step, layer, and sample, unit and input counted from 0; None for what tells most."""

    step: int | None = None
    layer: str | None = None
    sample: int | None = None
    unit: int | None = None
    input: int | None = None


def early(trace: Trace) -> int:
    """The first step with a snapshot after a tenth of the run.

    Raises
    ------
    MissingSeriesError
        When there are none.
    """
    if not len(trace.snapshot_steps):
        raise MissingSeriesError(
            f"the trace {trace.path} has no snapshots, the exact values that a chain rule needs: "
            "derivviz.record(model, optimizer, path, snapshot_every=10) keeps them, and so does 'derivviz record food'"
        )
    later = [int(s) for s in trace.snapshot_steps if s >= trace.steps[-1] / 10]
    return later[0] if later else int(trace.snapshot_steps[-1])


def choose_link(trace: Trace, shot: Snapshot, name: str | None = None) -> Link:
    """The layer of that name, or the one that tells most, and how it hangs in the network.

    Raises
    ------
    UsageError
        When there is no such layer, or it cannot be followed; the message says why, and names those that can.
    MissingSeriesError
        When none can.
    """
    found = layers(trace)
    links: dict[str, Link | str] = {}
    for layer in found:
        if layer.kind.endswith("Linear"):
            links[layer.name] = linear_link(trace, shot, found, layer)
        elif layer.kind.endswith("Conv2d"):
            links[layer.name] = convolution_link(trace, shot, found, layer)
    good = {each: link for each, link in links.items() if isinstance(link, Link)}
    told = f"Those that can: {listed(good)}" if good else "No layer of this trace can"
    if name is not None:
        if name in good:
            return good[name]
        names = [layer.name for layer in found]
        if name not in names:
            near = nearest(name, good or names, 3) or list(good or names)[:NAMED]
            raise UsageError(f"there is no layer {name!r} in this trace. Nearest: {', '.join(near)}")
        kind = next(layer.kind for layer in found if layer.name == name)
        why = links.get(
            name, f"it is a {kind}, and only layers with weights w of their own (Linear, Conv2d) are"
        )
        raise UsageError(f"the layer {name!r} cannot be followed: {why}. {told}.")
    if not good:
        grouped: dict[str, list[str]] = {}
        for each, why in links.items():
            grouped.setdefault(str(why).replace(f"'input of {each}'", "'input of …'"), []).append(each)
        reasons = [f"{listed(names)}: {why}" for why, names in grouped.items()]
        raise MissingSeriesError(
            f"the trace {trace.path} has no layer whose weights can be followed. "
            + ("; ".join(reasons) or "It has no Linear and no Conv2d")
            + ". 'derivviz record food' records a network that has."
        )
    return max(reversed(good.values()), key=_tells)


def _tells(link: Link) -> tuple[bool, bool, int]:
    """The more, the better a layer serves as an example."""
    return link.after is not None, len(link.layer.shape) == 1, link.layer.size


def listed(names: Collection[str]) -> str:
    """Names, of many the first few and how many there are."""
    few = ", ".join(list(names)[:NAMED])
    return few if len(names) <= NAMED else f"{few} … ({len(names)} in all)"


def pick(seen: Array, shot: Snapshot, link: Link, chosen: Chosen, trace: Trace) -> tuple[int, int, int]:
    """Sample, and places of unit and input among the recorded: those chosen, and else the strongest pull.

    Parameters
    ----------
    seen : (sample, unit, input)
        The size of each sample's share of the gradient of each recorded weight.

    Raises
    ------
    UsageError
        When what was chosen was not recorded, or nothing there passes a finite gradient on.
    """
    step = shot.step
    flat = len(link.layer.shape) == 1
    units = np.arange(seen.shape[1]) if not flat else np.asarray(shot.units[link.z])
    inputs = np.arange(seen.shape[2]) if not flat else np.asarray(shot.units[link.x])
    allowed = np.ones_like(seen, bool)
    for axis, (flag, wanted, there) in enumerate(
        (
            ("sample", chosen.sample, np.arange(len(seen))),
            ("unit", chosen.unit, units),
            ("input", chosen.input, inputs),
        )
    ):
        if wanted is None:
            continue
        if wanted not in there:
            near = sorted(int(i) for i in there[np.argsort(np.abs(there - wanted), kind="stable")[:3]])
            raise UsageError(
                f"--{flag} {wanted} of the layer {link.layer.name!r} was not recorded in step {step}, which keeps "
                f"{len(there)}, counted from 0. The nearest: {', '.join(map(str, near))}"
            )
        allowed &= (there == wanted).reshape([-1 if n == axis else 1 for n in range(3)])
    if link.after is not None and chosen.unit is None:
        places = 1 if flat else int(np.prod(link.layer.shape[1:]))
        told = shot.units[link.z] // places
        of_curve = {int(u) for u, curve in zip(told, link.after.curves, strict=True) if curve is not None}
        known = np.array([int(u) in of_curve for u in units])[None, :, None]
        if (allowed & known & (seen > 0)).any():
            allowed &= known
    pulls = np.where(allowed, seen, -1)
    if not np.isfinite(seen).all() or not pulls.max() > 0:
        what = "no longer finite" if not np.isfinite(seen).all() else "all zero"
        steps = listed([str(s) for s in trace.snapshot_steps if s != step])
        raise UsageError(
            f"in step {step} the gradients of the layer {link.layer.name!r} are {what} there: choose another "
            f"with --step, --layer, --unit, --input or --sample"
            + (f"; other snapshots: {steps}" if steps else "")
        )
    n, j, k = np.unravel_index(int(pulls.argmax()), pulls.shape)
    return int(n), int(j), int(k)
