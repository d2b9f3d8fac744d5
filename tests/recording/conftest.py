"""Recording is tested with one thread."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread(torch: Any) -> None:
    """Asking for torch sets it up."""
