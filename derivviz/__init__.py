"""Record a real training run once, then let the recording teach.

Names are loaded when they are first used (PEP 562), so ``import derivviz`` costs nothing:
torch, manim and matplotlib wait until something asks for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivviz.figures import figure
    from derivviz.notebook import lesson, load_ipython_extension
    from derivviz.recording.record import record
    from derivviz.trace import Trace, open_trace

__version__ = "0.1.0"

_HOME = {
    "figure": "derivviz.figures",
    "lesson": "derivviz.notebook",
    "load_ipython_extension": "derivviz.notebook",
    "record": "derivviz.recording",
    "open_trace": "derivviz.trace",
    "Trace": "derivviz.trace",
}

__all__ = ["Trace", "__version__", "figure", "lesson", "load_ipython_extension", "open_trace", "record"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'derivviz' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
