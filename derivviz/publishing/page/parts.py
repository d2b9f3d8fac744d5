"""What a subject gives to a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from derivviz.publishing.page.plot import Plot


@dataclass(frozen=True)
class Parts:
    """Plots by the id of their element, data for the script, and functions in JavaScript by name."""

    plots: Mapping[str, Plot]
    data: Mapping[str, Any]
    functions: Mapping[str, str] = field(default_factory=dict)
