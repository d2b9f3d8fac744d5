"""What the tests of rendering share."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from derivviz.rendering.encode import Film


@pytest.fixture
def deaths(tmp_path_factory, monkeypatch) -> Path:
    """How often the worker that draws frame 100, in the second chunk, is still to be killed, in a file."""
    left = tmp_path_factory.mktemp("deaths") / "left"
    walking, write = os.getpid(), Film.write

    def mortal(self: Film, *args: Any) -> None:
        times = int(left.read_text())
        if times and os.getpid() != walking and self.count == 40 and "00001" in self.container.name:
            left.write_text(str(times - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, *args)

    monkeypatch.setattr(Film, "write", mortal)
    return left
