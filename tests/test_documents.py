"""What the documents tell people to type and to write works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from derivviz import cli

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    "README.md",
    "docs/recording.md",
    "docs/library.md",
    "docs/laboratory.md",
    "docs/recommender.md",
    "docs/losses.md",
    "docs/focal.md",
    "docs/descent.md",
    "docs/figures.md",
    "docs/lectures.md",
    "docs/pages.md",
    "docs/regression.md",
    "docs/rendering.md",
    "README.ko.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "THIRD_PARTY_NOTICES.md",
)


def commands(name: str) -> list[list[str]]:
    """The derivviz command lines of a document, without their comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [shlex.split(line, comments=True)[1:] for line in re.findall(r"^\$ (derivviz .*)$", text, re.M)]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "README.ko.md",
        "docs/recording.md",
        "docs/recommender.md",
        "docs/losses.md",
        "docs/descent.md",
        "docs/figures.md",
        "docs/lectures.md",
        "docs/pages.md",
        "docs/regression.md",
        "docs/rendering.md",
    ],
)
def test_every_command_reads(name):
    told = commands(name)
    assert len(told) > 3
    for words in told:
        context = cli.cli.make_context("derivviz", list(words), resilient_parsing=False)
        _, command, rest = cli.cli.resolve_command(context, words)
        command.make_context(words[0], rest)  # raises for an option that is not there


def test_both_languages_tell_the_same_commands():
    plain = [[w for w in words if w not in ("--lang", "ko")] for words in commands("README.ko.md")]
    assert {tuple(w) for w in plain} >= {
        tuple(w for w in words if w not in ("--lang", "ko")) for words in commands("README.md")
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for place in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / name).parent.joinpath(place).exists(), place


def test_the_lesson_in_contributing_is_whole(tmp_path):
    pytest.importorskip("manim")
    from derivviz import library
    from derivviz.animation import Stage
    from derivviz.rendering.quality import Quality
    from derivviz.rendering.render import find_scene, plan

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    source = re.search(r"```python\n(.*?)```", text, re.S)
    assert source is not None
    path = tmp_path / "slope.py"
    path.write_text(source[1], encoding="utf-8")
    scene = find_scene(library.load(path))
    for language in ("en", "ko"):
        made = plan(scene, Quality(320, 180, 5), Stage(language, parameters={"slope": "2"}))
        assert made.problems == ()
        assert len(made.beats) == 1


def test_the_lecture_in_its_document_is_one(tmp_path):
    from derivviz.publishing.lecture import KEYS, LESSON_KEYS, read

    text = (ROOT / "docs" / "lectures.md").read_text(encoding="utf-8")
    source = re.search(r"```toml\n(.*?)```", text, re.S)
    assert source is not None
    path = tmp_path / "mine.toml"
    path.write_text(source[1], encoding="utf-8")
    assert [lesson.path.stem for lesson in read(path).lessons] == ["tangent", "rules"]
    for key in (*KEYS, *LESSON_KEYS):
        assert f"`{key}`" in text or f"`[[{key}]]`" in text
