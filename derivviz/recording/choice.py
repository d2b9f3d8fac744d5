"""Which modules and parameters of a model are recorded: by name pattern or by type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TypeAlias

from torch import nn

from derivviz.errors import UsageError, nearest

Wanted: TypeAlias = str | type | Sequence[str | type] | None

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def recorded_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules whose outputs are recorded: those without children, and those with parameters of their own.

    A model that is a single layer is called ``model``.
    """
    for name, module in model.named_modules():
        own = next(module.parameters(recurse=False), None) is not None
        leaf = next(module.children(), None) is None
        if (leaf and not isinstance(module, _CONTAINERS)) or (own and name):
            yield name or "model", module


def choose_modules(model: nn.Module, wanted: Wanted = None) -> dict[str, nn.Module]:
    """The recorded modules by name, of those `wanted`.

    A pattern chooses among :func:`recorded_modules`; a whole name or a type also a module with children.

    Raises
    ------
    UsageError : a pattern or type fits no module.
    """
    usual = dict(recorded_modules(model))
    if wanted is None:
        return usual
    every = {name: module for name, module in model.named_modules() if name} | usual
    found: set[str] = set()
    for one in _listed(wanted):
        if isinstance(one, type):
            fitting = {name for name, module in every.items() if isinstance(module, one)}
        else:
            fitting = {one} if one in every else {name for name in usual if fnmatchcase(name, one)}
        if not fitting:
            raise _nothing("module", one, usual)
        found |= fitting
    return {name: module for name, module in every.items() if name in found}


def choose_parameters(model: nn.Module, wanted: Wanted = None) -> dict[str, nn.Parameter]:
    """The recorded parameters by name, of those `wanted`; a type chooses the parameters of such modules.

    Raises
    ------
    UsageError : a pattern or type fits no parameter.
    """
    every = dict(model.named_parameters())
    if wanted is None:
        return every
    found: set[str] = set()
    for one in _listed(wanted):
        if isinstance(one, type):
            owned = {id(p) for m in model.modules() if isinstance(m, one) for p in m.parameters()}
            fitting = {name for name, parameter in every.items() if id(parameter) in owned}
        else:
            fitting = {name for name in every if fnmatchcase(name, one)}
        if not fitting:
            raise _nothing("parameter", one, every)
        found |= fitting
    return {name: parameter for name, parameter in every.items() if name in found}


def _listed(wanted: str | type | Sequence[str | type]) -> Sequence[str | type]:
    return [wanted] if isinstance(wanted, str | type) else wanted


def _nothing(
    what: str, wanted: str | type, known: dict[str, nn.Module] | dict[str, nn.Parameter]
) -> UsageError:
    shown = wanted.__name__ if isinstance(wanted, type) else repr(wanted)
    close = nearest(wanted, known) if isinstance(wanted, str) else []
    names = close or [*list(known)[:5], *(["…"] if len(known) > 5 else [])]
    hint = f"Nearest: {', '.join(names)}." if close else f"There are: {', '.join(names)}."
    return UsageError(f"No {what} of the model fits {shown}. {hint}")
