"""The command line as a whole: exit codes, messages, and what is imported when."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from derivviz import cli
from derivviz.errors import DerivvizError, UsageError, nearest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch, capsys) -> Run:
    """Runs the command line in this process; exit code, output, messages."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["derivviz", *words])
        with pytest.raises(SystemExit) as done:
            cli.main()
        told = capsys.readouterr()
        return int(done.value.code or 0), told.out, told.err

    return run


@pytest.fixture
def failing(monkeypatch) -> Callable[[BaseException], None]:
    """Makes ``derivviz list`` raise."""

    def failing(error: BaseException) -> None:
        @click.command()
        def command() -> None:
            raise error

        module = importlib.import_module("derivviz.cli.list_command")
        monkeypatch.setattr(module, "command", command)

    return failing


def test_success_is_0(run):
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert "tangent" in out


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (DerivvizError("the trace is gone"), 1, "Error: the trace is gone"),
        (UsageError("no such thing"), 2, "Error: no such thing"),
        (KeyboardInterrupt(), 130, "Interrupted: nothing unfinished was left behind."),
        (
            ZeroDivisionError("by zero"),
            1,
            "Error: ZeroDivisionError: by zero\nRun it again with --debug to see where.",
        ),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (MemoryError(), 1, "Error: MemoryError"),
    ],
)
def test_errors_are_told_without_a_traceback(run, failing, error, code, words):
    failing(error)
    found, out, err = run("list")
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [("--debug", "list"), ("list", "--debug")])
def test_debug_shows_where(failing, monkeypatch, words):
    failing(DerivvizError("the trace is gone"))
    monkeypatch.setattr(sys, "argv", ["derivviz", *words])
    with pytest.raises(DerivvizError, match="the trace is gone"):
        cli.main()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("rendr", "tangent"), "Did you mean 'derivviz render'?"),
        (("qqqq",), "There is no command 'qqqq'. 'derivviz --help' lists them."),
        (("list", "--jsno"), "--json"),
        (("--nothing",), "--nothing"),
        (("render",), "LESSON"),
        (("render", "tangnet"), "Did you mean 'tangent'?"),
        (("render", "no/such.py"), "there is no file no/such.py"),
        (("render", "tangent", "--quality", "x"), "'l', 'm', 'h', 'p', 'k'"),
        (("render", "tangent", "--functoin", "x"), "--function"),
        (("render", "tangent", "--lang", "fr"), "'en', 'ko'"),
        (("render", "tangent", "--format", "avi"), "'mp4', 'gif'"),
    ],
)
def test_wrong_usage_is_2_and_names_the_nearest(run, words, told):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_help_names_every_command_and_help_of_each_works(run):
    code, out, _ = run("--help")
    assert code == 0
    for name, line in cli.COMMANDS.items():
        assert f"  {name}" in out
        assert line in " ".join(out.split())
        code, told, _ = run(name, "-h")
        assert code == 0
        assert told.startswith(f"Usage: derivviz {name}")


def test_every_command_is_told_in_the_help_and_no_other():
    here = {path.stem.removesuffix("_command") for path in Path(cli.__file__).parent.glob("[!_]*.py")}
    assert set(cli.COMMANDS) == here - {
        "beside",
        "console",
        "diagnosis",
        "files",
        "grown",
        "printing",
        "table",
        "voicing",
        "watching",
    }


def test_version(run):
    code, out, _ = run("--version")
    assert (code, out.split()[0]) == (0, "derivviz")
    assert out.split()[1][0].isdigit()


def test_nothing_at_all_shows_the_help(run):
    code, out, err = run()
    assert code in (0, 2)
    assert "Commands:" in out + err


def test_nearest_words():
    assert nearest("tangnet", ["tangent", "score"]) == ["tangent"]
    assert nearest("zzz", ["tangent"]) == []
    assert len(nearest("aaab", ["aaa", "aab", "aaac", "baaa"], 2)) == 2


@pytest.mark.parametrize(
    "words", [["--help"], ["list"], ["list", "--json"], ["render", "tangent", "--help"], ["--version"]]
)
def test_what_only_tells_is_quick_to_import(words):
    told = (
        f"import sys; sys.argv = ['derivviz', *{words}]\nfrom derivviz.cli import main\n"
        "try: main()\nexcept SystemExit as done: assert not done.code\n"
        "heavy = {'manim', 'torch', 'matplotlib', 'numpy', 'sympy', 'zarr', 'typst'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
