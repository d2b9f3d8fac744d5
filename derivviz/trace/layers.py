"""The layers of a recorded network, in the order of the model: what each one is, and what it puts out."""

from __future__ import annotations

import ast
import contextlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from derivviz.errors import DerivvizError
from derivviz.trace.reader import Trace

# A line of a module's repr: "  (conv): Conv2d(3, 16, kernel_size=(3, 3))", "(0-2): 3 x Linear(…)", "Net(".
_LINE = re.compile(r"( *)(?:\(([^()]*)\): )?(?:(\d+) x )?(\w+)\((.*)")


@dataclass(frozen=True)
class Layer:
    """A module that holds no others.

    Attributes
    ----------
    name : str
        As the model calls it, such as ``fc1`` or ``encoder.0``; ``trace[f"activation/{name}/rms"]`` is its output.
    kind : str
        Its class, such as ``Linear``.
    shape : tuple of int
        Of its output for one sample.
    parameters : dict of str to int
        Number of elements of each of its parameters, by full name (``fc1.weight``).
    options : dict of str to anything
        What the class was made with, as far as the model's printout tells: ``kernel_size``, ``stride``,
        ``negative_slope``, …
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: dict[str, int] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many parameters it has."""
        return sum(self.parameters.values())


def layers(trace: Trace) -> list[Layer]:
    """The layers that hold no others and whose output was recorded, in the order of the model.

    That is the order in which the model names them: of a ``Sequential``, that in which they run.

    Raises
    ------
    DerivvizError
        When the trace tells of none.
    """
    sizes = {parameter["name"]: math.prod(parameter.get("shape") or ()) for parameter in trace.parameters}
    names = [module["name"] for module in trace.modules]
    options = _options(str(trace.attrs.get("structure", "")))
    found = [
        Layer(
            module["name"],
            str(module.get("type", "")),
            tuple(module["output_shape"]),
            {
                full: sizes[full]
                for own in module.get("parameters") or ()
                # A model that is a single layer is called "model", which its parameters' names do not say.
                if (full := f"{module['name']}.{own}") in sizes or (full := own) in sizes
            },
            options.get(module["name"], {}),
        )
        for module in trace.modules
        if module["name"]
        and module.get("output_shape") is not None
        and not any(name.startswith(f"{module['name']}.") for name in names)
    ]
    if not found:
        raise DerivvizError(
            f"the trace {trace.path} tells of no layers: 'derivviz record food' records one that does"
        )
    return found


def _options(structure: str) -> dict[str, dict[str, Any]]:
    """The named arguments of each module by its name, from the printout of the model."""
    found: dict[str, dict[str, Any]] = {}
    above: list[tuple[int, list[str]]] = []  # indentation and names of the modules that are open
    for line in structure.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        indent, own, _, kind, rest = match.groups()
        while above and above[-1][0] >= len(indent):
            above.pop()
        prefixes = above[-1][1] if above else [""]
        names = [f"{prefix}.{each}".strip(".") for prefix in prefixes for each in _expanded(own or "")]
        above.append((len(indent), names))
        arguments = _arguments(f"{kind}({rest}")
        found.update((name or "model", arguments) for name in names)
    return found


def _expanded(name: str) -> Iterator[str]:
    """A module's own name, or all of those that ``0-2`` stands for."""
    first, dash, last = name.partition("-")
    if dash and first.isdigit() and last.isdigit():
        yield from map(str, range(int(first), int(last) + 1))
    else:
        yield name


def _arguments(call: str) -> dict[str, Any]:
    """The named arguments of a call that are plain values or names; nothing where it cannot be read."""
    try:
        read = ast.parse(call, mode="eval").body
    except SyntaxError:
        return {}
    found: dict[str, Any] = {}
    for each in read.keywords if isinstance(read, ast.Call) else ():
        if each.arg and isinstance(each.value, ast.Name):
            found[each.arg] = each.value.id  # padding=same
        elif each.arg:
            with contextlib.suppress(ValueError):
                found[each.arg] = ast.literal_eval(each.value)
    return found
