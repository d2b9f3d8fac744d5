"""``derivviz render --watch``: what is asked for, and what is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from derivviz.cli.render import command
from derivviz.errors import UsageError
from derivviz.publishing import watch as watching
from derivviz.rendering import render as rendering
from derivviz.rendering.plan import Plan, Rendering


@pytest.fixture
def asked(monkeypatch, tmp_path) -> SimpleNamespace:
    """Calls the command; the file is saved twice, is wrong once, and then the user has seen enough."""
    kept = SimpleNamespace(opened=[], quality=None)

    def pretend(scene, path, quality, stage, *, glimpse, **_):
        kept.quality = quality
        glimpse(3)
        return Rendering(path, 12, 2.0, 0.5, Plan(30, 2.0, (), ()))

    def watch(source, make, *, opened, glimpsed, changed, failed):
        opened("http://here/")
        glimpsed(0)
        for first in (0, 3, None):
            changed(first, make(glimpsed))
        failed("NameError: x")
        raise KeyboardInterrupt

    def call(*words: str):
        return CliRunner().invoke(command, ["tangent", "--watch", *words], catch_exceptions=False)

    monkeypatch.setattr(rendering, "render", pretend)
    monkeypatch.setattr(watching, "watch", watch)
    monkeypatch.setattr(click, "launch", kept.opened.append)
    monkeypatch.chdir(tmp_path)
    kept.call = call
    return kept


def test_each_render_is_told_and_ctrl_c_is_no_fault(asked):
    told = asked.call()
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[0].endswith("tangent.py, shown at http://here/ (Ctrl-C ends)")
    assert [line[9:] for line in lines if line[2:3] == ":"] == [
        "the start is shown, the whole film follows",
        "beat 3 is shown, the whole film follows",
        "shown from the start",
        "beat 3 is shown, the whole film follows",
        "shown from beat 3",
        "beat 3 is shown, the whole film follows",
        "nothing that is seen has changed",
    ]
    assert lines[-1] == "No longer watching"
    assert told.stderr == "NameError: x\n"
    assert asked.opened == []


def test_low_quality_unless_another_is_chosen(asked):
    asked.call()
    assert asked.quality.height == 480
    asked.call("-q", "h")
    assert asked.quality.height == 1080


def test_a_preview_opens_the_page(asked):
    asked.call("-p")
    assert asked.opened == ["http://here/"]


@pytest.mark.parametrize("words", [("--format", "gif"), ("-o", "a.webm"), ("--beat", "2")])
def test_only_an_mp4_is_watched(asked, words):
    with pytest.raises(UsageError, match="--watch shows an mp4"):
        asked.call(*words)
    assert not Path("renders").exists()
