"""``derivviz render``: names, places, options of lessons, and what is told."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
import rich.console
from click.testing import CliRunner

from derivviz.animation.layout import Problem
from derivviz.cli import console
from derivviz.cli.render import command
from derivviz.errors import DerivvizError, UsageError
from derivviz.rendering import render as rendering
from derivviz.rendering import store
from derivviz.rendering.quality import Quality
from derivviz.rendering.stills import END, Moment


@pytest.fixture
def asked(monkeypatch, tmp_path) -> SimpleNamespace:
    """Calls the command in an empty folder; what it asks of the renderer is kept, and nothing is drawn."""
    kept = SimpleNamespace(problems=(), opened=[])

    def pretend(scene, path, quality, stage, *, moment, strict, workers, scheduler, cache, progress, glimpse):
        kept.moment, kept.cache = moment, cache
        kept.scene, kept.path, kept.quality, kept.stage, kept.strict = scene, path, quality, stage, strict
        kept.workers, kept.scheduler = workers, scheduler
        progress(3, 3)
        planned = rendering.Plan(30, 2.0, (), kept.problems)
        return rendering.Rendering(path, 1234, 2.0, 0.5, planned)

    def call(*words: str) -> SimpleNamespace:
        result = CliRunner().invoke(command, words, catch_exceptions=False)
        kept.code, kept.out, kept.err = result.exit_code, result.stdout, result.stderr
        return kept

    monkeypatch.setattr(rendering, "render", pretend)
    monkeypatch.setattr(click, "launch", kept.opened.append)
    monkeypatch.chdir(tmp_path)
    kept.call = call
    return kept


# ---- where the file goes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ((), "renders/tangent.mp4"),
        (("--lang", "ko"), "renders/tangent.ko.mp4"),
        (("--theme", "paper"), "renders/tangent.paper.mp4"),
        (("--lang", "ko", "--theme", "paper", "--format", "gif"), "renders/tangent.ko.paper.gif"),
        (("--format", "png"), "renders/tangent.png"),
        (("-o", "here.webm"), "here.webm"),
        (("-o", "here.mov", "--format", "mov"), "here.mov"),
        (("-o", "new/folder"), "new/folder/tangent.mp4"),
        (("-o", ".", "--lang", "ko"), "tangent.ko.mp4"),
        (("-o", "folder.v1"), "folder.v1/tangent.mp4"),
        (("--format", "pngs"), "renders/tangent.pngs"),
        (("-o", "frames.pngs"), "frames.pngs"),
        (("--aspect", "9:16"), "renders/tangent.9x16.mp4"),
        (("--aspect", "16:9"), "renders/tangent.mp4"),
        (("--beat", "4"), "renders/tangent.beat4.png"),
        (("--time", "3.5", "--lang", "ko"), "renders/tangent.ko.3.5s.png"),
        (("--time", "3", "--format", "svg"), "renders/tangent.3s.svg"),
        (("--beat", "4", "-o", "here.pdf"), "here.pdf"),
        (("--beat", "4", "-o", "folder.v1"), "folder.v1/tangent.beat4.png"),
    ],
)
def test_default_names_and_places(asked, tmp_path, words, path):
    (tmp_path / "folder.v1").mkdir()
    (tmp_path / "frames.pngs").mkdir()  # of an earlier render
    assert asked.call("tangent", *words).code == 0
    assert asked.path == Path(path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-o", "a.avi"), "-o a.avi: the file ends in .mp4, .gif, .webm, .mov, .pngs, .png, .svg, .pdf"),
        (("-o", "a.mp4", "--format", "gif"), "-o a.mp4 and --format gif disagree: name one of them"),
        (("--time", "1", "--beat", "2"), "--time and --beat both choose a moment: name one of them"),
        (
            ("--beat", "2", "--format", "gif"),
            "--time and --beat choose one moment: add --format png, svg or pdf",
        ),
        (
            ("--beat", "2", "-o", "a.mp4"),
            "--time and --beat choose one moment: add --format png, svg or pdf",
        ),
        (
            ("--resolution", "1280x720", "--aspect", "9:16"),
            "--resolution 1280x720 is not 9:16: leave one of them out, or type --resolution 720x1280",
        ),
    ],
)
def test_places_that_contradict(asked, words, told):
    with pytest.raises(UsageError) as error:
        asked.call("tangent", *words)
    assert str(error.value) == told


# ---- options --------------------------------------------------------------------------------------------


def test_the_choices_reach_the_renderer(asked):
    asked.call(
        "tangent",
        "-q",
        "m",
        "--lang",
        "ko",
        "--theme",
        "paper",
        "--trace",
        "a.zarr",
        "--no-captions",
        "--strict",
    )
    assert (asked.quality.width, asked.quality.height, asked.quality.frame_rate) == (1280, 720, 30)
    stage = asked.stage
    assert (stage.language, stage.theme.name, stage.trace, stage.captions) == ("ko", "paper", "a.zarr", False)
    assert asked.strict
    assert asked.scene.__name__ == "Tangent"
    assert stage.parameters == {}


@pytest.mark.parametrize(
    ("words", "quality"),
    [
        (("-q", "l"), Quality(854, 480, 15)),
        (("-q", "l", "--fps", "24"), Quality(854, 480, 24)),
        (("--resolution", "640x360"), Quality(640, 360, 60)),
        (("--resolution", "640,360", "--fps", "10"), Quality(640, 360, 10)),
        (("--resolution", "360×640", "--aspect", "9:16"), Quality(360, 640, 60)),
        (("-q", "m", "--aspect", "9:16"), Quality(720, 1280, 30)),
        (("-q", "h", "--aspect", "1:1"), Quality(1080, 1080, 60)),
        (("-q", "k", "--aspect", "16:9"), Quality(3840, 2160, 60)),
        (("-q", "l", "-t", "--format", "webm"), Quality(854, 480, 15, transparent=True)),
    ],
)
def test_size_rate_and_shape(asked, words, quality):
    assert asked.call("tangent", *words).code == 0
    assert asked.quality == quality


@pytest.mark.parametrize("words", [("--resolution", "big"), ("--resolution", "9x9"), ("--fps", "0")])
def test_sizes_that_are_none(asked, words):
    told = asked.call("tangent", *words)
    assert told.code == 2
    assert words[1] in told.err


def test_a_moment_reaches_the_renderer(asked):
    assert asked.call("tangent", "--beat", "4").moment == Moment(beat=4)
    assert asked.call("tangent", "--time", "3.5").moment == Moment(time=3.5)
    assert asked.call("tangent").moment == END


def test_the_cache_is_the_users_and_can_be_done_without_and_cleared(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    folder = store.default_folder()
    assert asked.call("tangent").cache == folder
    assert asked.call("tangent", "--no-cache").cache is None
    folder.mkdir(parents=True)
    (folder / "a.chunk").write_bytes(bytes(1500))
    (folder / "mine.txt").write_text("mine")
    told = asked.call("--clear-cache")
    assert (told.code, told.out) == (0, f"Removed 1.5 kB of earlier renders from {folder}\n")
    assert [p.name for p in folder.iterdir()] == ["mine.txt"]


def test_the_defaults(asked):
    asked.call("tangent")
    assert asked.quality.width == 1920
    assert (asked.stage.language, asked.stage.theme.name, asked.stage.captions) == ("en", "dark", True)
    assert not asked.strict
    assert asked.opened == []
    assert asked.workers is None
    assert asked.call("tangent", "--workers", "3").workers == 3
    assert asked.call("tangent", "--workers", "0").code == 2
    assert asked.scheduler is None
    assert asked.call("tangent", "--scheduler", "tcp://there:8786").scheduler == "tcp://there:8786"


@pytest.mark.parametrize(
    "words",
    [
        ("tangent", "--function", "-x**2", "--at", "-1", "--from", "-3"),
        ("tangent", "--function=-x**2", "--at=-1", "--from=-3"),
        ("--function", "-x**2", "--at", "-1", "tangent", "--from", "-3"),
        (
            "-q",
            "l",
            "--lang=ko",
            "--function",
            "-x**2",
            "--at=-1",
            "--from",
            "-3",
            "-p",
            "--strict",
            "tangent",
        ),
    ],
)
def test_options_of_the_lesson_anywhere_with_values_that_begin_with_a_dash(asked, words):
    assert asked.call(*words).code == 0
    assert asked.stage.parameters == {"function": "-x**2", "at": "-1", "from": "-3"}


def test_help_lists_the_parameters_of_the_lesson(asked):
    told = " ".join(asked.call("tangent", "--help").out.split())
    for word in ("--function", "--at", "--from", "x of the point P", "(tangent; default: 1.0)", "--strict"):
        assert word in told
    other = asked.call("--help").out
    assert "--function" not in other
    assert "--quality" in other
    assert "--step" in asked.call("backprop", "--help").out


def test_a_parameter_of_another_lesson_is_unknown(asked):
    told = asked.call("backprop", "--function", "x")
    assert told.code == 2
    assert "--function" in told.err


def test_a_second_word_names_the_scene(asked, tmp_path):
    (tmp_path / "two.py").write_text(
        '"""Two."""\nfrom manim import Scene\nclass One(Scene): ...\nclass Other(Scene): ...\n'
    )
    asked.call("two.py", "Other")
    assert asked.scene.__name__ == "Other"
    with pytest.raises(DerivvizError, match="several scenes: name one of One, Other"):
        asked.call("two.py")


def test_preview_opens_what_was_made(asked):
    asked.call("tangent", "-p", "-o", "here.mp4")
    assert asked.opened == ["here.mp4"]


# ---- what is told ---------------------------------------------------------------------------------------


def test_the_last_line_tells_path_size_length_and_seconds(asked):
    told = asked.call("tangent", "-q", "l")
    assert (
        told.out
        == "renders/tangent.mp4  (1.2 kB, 2.0 s long, 854×480 at 15 frames a second, made in 0.5 s)\n"
    )
    assert "long" not in asked.call("tangent", "--format", "png").out


def test_problems_are_warnings(asked):
    asked.problems = (Problem("claim", 3, 12.34, "slope of the tangent: no", "tangent.py:214"),)
    told = asked.call("tangent")
    assert told.code == 0
    assert told.err == "Warning: tangent.py:214: claim: beat 3, 12.3 s: slope of the tangent: no\n"


def test_a_manim_that_is_not_known_is_told(asked, monkeypatch):
    monkeypatch.setattr("manim.__version__", "0.23.0")
    assert asked.call("tangent").err == (
        "Note: made with manim's own, slower code: derivviz knows 0.22.x only\n"
    )


def test_without_manim_the_extra_is_named(asked, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "manim" else find(name, *rest)
    )
    with pytest.raises(DerivvizError) as error:
        asked.call("tangent")
    assert "pip install 'derivviz[render]'" in str(error.value)
    assert not hasattr(asked, "path")


def test_a_lesson_that_does_not_load_is_told(asked, tmp_path):
    (tmp_path / "own.py").write_text('"""Own."""\nimport no_such_module_at_all\n')
    with pytest.raises(ModuleNotFoundError, match="no_such_module_at_all"):
        asked.call("own.py")


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_340_000, "2.3 MB"), (5e9, "5.0 GB")]
)
def test_sizes(count, told):
    assert console.size(count) == told


def test_the_bar_takes_any_name(monkeypatch):
    """Names of files come from the user: square brackets and braces are letters."""
    screen = io.StringIO()
    real = rich.console.Console
    monkeypatch.setattr("rich.console.Console", lambda **_: real(file=screen, force_terminal=True, width=100))
    with console.progress("Rendering a[/]{0}[red]", "frames") as tell:
        tell(1, 2)
    assert "Rendering a[/]{0}[red]" in screen.getvalue()


def test_a_log_gets_a_line_now_and_then(monkeypatch, capsys):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(console.time, "monotonic", lambda: clock.now)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    with console.progress("Rendering", "frames") as tell:
        for frame in range(61):
            clock.now = frame / 2
            tell(frame, 60)
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "Rendering: 21 of 60 frames"
    assert len(told) == 2


def test_a_log_leaves_out_a_total_that_is_not_known(monkeypatch, capsys):
    monkeypatch.setattr(console, "LOG_EVERY", -1)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    with console.progress("Rendering", "frames") as tell:
        tell(7, 0)
    assert capsys.readouterr().err == "Rendering: 7 frames\n"


# ---- the real thing -------------------------------------------------------------------------------------


def test_a_file_of_ones_own_becomes_a_video(tmp_path):
    (tmp_path / "own.py").write_text(
        '"""Own · 나의 것"""\nfrom derivviz.animation import Formula, Lesson\n'
        "class Own(Lesson):\n"
        "    def construct(self):\n"
        "        self.add(Formula('x'))\n        self.wait(0.2)\n"
        "    def verify(self):\n        self.claim('one', 1, 2)\n"
    )
    render = [
        sys.executable,
        "-c",
        "from derivviz.cli import main; main()",
        "render",
        "own.py",
        "-q",
        "l",
        "--no-cache",
    ]
    done = subprocess.run(render, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("renders/own.mp4  (")
    assert done.stderr == "Warning: own.py:8: claim: beat 0, 0.2 s: one: the picture says 1, but it is 2\n"
    made = [
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if "__pycache__" not in str(path)
    ]
    assert sorted(made) == ["own.py", "renders/own.mp4"]
    strict = subprocess.run(
        [*render, "--strict", "-o", "b.mp4"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert strict.returncode == 1
    assert strict.stderr.startswith("Error: Own does not pass its checks:\n  own.py:8: claim: beat 0")
    assert not (tmp_path / "b.mp4").exists()
