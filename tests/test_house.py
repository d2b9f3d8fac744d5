"""Rules of the house that no single room can keep: what is loaded when, and how long a file may be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from derivviz.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
SLOWEST = {"torch", "manim", "matplotlib", "sympy"}
HEAVY = SLOWEST | {"numpy", "zarr", "typst", "PIL"}
LONGEST = 350  # lines; a file aims at 250, and past this it holds two ideas


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running `code`."""
    told = "import sys; print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    program = f"try:\n {code}\nexcept SystemExit as done:\n assert not done.code, done\n{told}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


def command_line(*words: str) -> str:
    return f"import sys; sys.argv = {['derivviz', *words]}; import derivviz.cli; derivviz.cli.main()"


def test_import_loads_nothing_heavy() -> None:
    assert not loaded_by("import derivviz") & HEAVY


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by(command_line("--help"))
    assert "click" in loaded  # the command line did run
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_waits_for_nothing_slow(name: str) -> None:
    assert not loaded_by(command_line(name, "--help")) & SLOWEST


def test_listing_runs_no_lesson() -> None:
    assert not loaded_by(command_line("list", "--json")) & HEAVY


def test_reading_a_trace_needs_no_torch() -> None:
    loaded = loaded_by("from derivviz import open_trace")
    assert "zarr" in loaded
    assert not loaded & {"torch", "manim", "matplotlib"}


def test_recording_knows_neither_manim_nor_matplotlib() -> None:
    loaded = loaded_by("from derivviz import record")
    assert "torch" in loaded
    assert not loaded & {"manim", "matplotlib"}


def test_files_stay_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "derivviz").rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}
