"""``derivviz list``: told from the files, in both languages, for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivviz import library
from derivviz.cli.list_command import command


def listed(*words: str) -> str:
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_table_tells_title_summary_and_need():
    told = listed()
    assert "derivviz render NAME" in told
    assert "derivviz figure NAME [--trace PATH]" in told
    rows = {line.split()[0]: line for line in told.splitlines() if line[:1].strip()}
    assert "From secant to tangent" in rows["tangent"]
    assert rows["tangent"].rstrip().endswith("nothing")
    assert rows["backprop"].rstrip().endswith("a trace")
    assert "slides towards the first" in told


def test_the_table_in_korean():
    assert "할선에서 접선으로" in listed("--lang", "ko")
    assert "할선에서 접선으로" not in listed()


def test_json_has_everything():
    told = json.loads(listed("--json"))
    assert set(told) == {"lessons", "figures", "pages", "lectures"}
    tangent = next(e for e in told["lessons"] if e["name"] == "tangent")
    assert tangent["title"] == {"en": "From secant to tangent", "ko": "할선에서 접선으로"}
    assert tangent["requires"] == []
    assert {o["flag"]: o["default"] for o in tangent["options"]} == {
        "function": "x**2 + 2*x + 1",
        "at": "1.0",
        "from": "chosen to fit",
    }
    assert Path(tangent["path"]).is_file()
    needs = {e["name"]: bool(e["requires"]) for e in told["figures"]}
    assert (needs["loss"], needs["tangent"]) == (True, False)
    assert "할선" in listed("--json")  # not escaped


@pytest.mark.parametrize(
    "title", ["Slopes [red]in red[/red]", "a [/] b", "[link=x]", "half :smile: {0} [bold", "back \\[slash]"]
)
def test_titles_are_shown_literally(tmp_path, monkeypatch, title):
    monkeypatch.setattr(library, "folder", lambda kind: tmp_path / kind)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "own.py").write_text(f'r"""{title}\n\nA line of [i]it[/i].\n"""\n')
    told = listed()
    assert title in told
    assert "A line of [i]it[/i]." in told


def test_a_broken_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "folder", lambda kind: tmp_path / kind)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "broken.py").write_text("def (")
    result = CliRunner().invoke(command)
    assert "broken.py is not Python that can be read" in str(result.exception)
