"""Runs that the command line starts take but a short look at the sensitivity: the tests share the machine."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name == "test_record.py":  # the other commands do without torch
        from derivviz.recording import sensitivity

        for name in ("POINTS", "SAMPLES", "PATH_POINTS"):
            monkeypatch.setattr(sensitivity, name, 2)
