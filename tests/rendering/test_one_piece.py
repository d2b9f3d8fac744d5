"""What cannot be split, or needs more than pictures: sound, OpenGL, scenes that wait for a person, chance."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from manim import RIGHT, Circle, Dot, Scene, Square, VGroup

from derivviz import library
from derivviz.animation import Stage
from derivviz.errors import DerivvizError, UsageError
from derivviz.rendering import opengl
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import find_scene, render

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # pydub's reading of sounds

TINY = Quality(96, 54, 15)
RATE = 22050

# ---- sound ----------------------------------------------------------------------------------------------


def click(path: Path, channels: int = 1) -> Path:
    """A tenth of a second of noise."""
    loud = np.random.default_rng(0).integers(-20000, 20000, (RATE // 10, channels)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(loud.tobytes())
    return path


@pytest.fixture
def ticking(tmp_path) -> type[Scene]:
    """Clicks at 0.4, 2.4 and 4.15 seconds, where chunks begin, in them, and across."""
    file = str(click(tmp_path / "click.wav"))

    class Ticking(Scene):
        def construct(self) -> None:
            dot = Dot()
            self.wait(0.4)
            self.add_sound(file)
            self.play(dot.animate.shift(RIGHT), run_time=2)
            self.add_sound(file, gain=-3)
            turning = Square().add_updater(lambda m, dt: m.rotate(dt))
            self.add(turning)
            self.add_sound(file, time_offset=1.75)
            self.wait(2.6)

    return Ticking


def heard(path: Path) -> tuple[np.ndarray, int]:
    """Loudness by the sample, as a player hears it, and samples a second."""
    with av.open(str(path)) as film:
        stream = film.streams.audio[0]
        rate = stream.rate
        samples = np.zeros(10 * rate)
        for frame in film.decode(stream):
            flat = frame.to_ndarray().reshape(len(frame.layout.channels), -1)
            at = round(float(frame.pts * frame.time_base) * rate)
            part = np.abs(flat).max(axis=0)
            skip = max(0, -at)
            samples[at + skip : at + len(part)] = part[skip:]
    return samples, rate


def onsets(path: Path) -> list[float]:
    samples, rate = heard(path)
    loud = np.flatnonzero(samples > 0.1)
    starts = loud[np.diff(loud, prepend=-rate) > rate // 4]
    return [start / rate for start in starts]


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "aac"), ("mov", "aac"), ("webm", "opus")])
def test_sounds_are_heard_where_they_were_added(tmp_path, ticking, kind, codec):
    path = tmp_path / f"a.{kind}"
    rendering = render(ticking, path, TINY, Stage(), start="fork", workers=2)
    with av.open(str(path)) as film:
        assert film.streams.audio[0].codec_context.name.startswith(codec)
        assert len(film.streams.video) == 1
    assert onsets(path) == pytest.approx([0.4, 2.4, 4.15], abs=0.02)  # a frame lasts 0.067 s
    assert rendering.plan.sound is not None
    assert rendering.plan.sound.duration == pytest.approx(4.25, abs=0.01)


def test_sound_and_pictures_are_the_same_for_any_number_of_workers(tmp_path, ticking):
    files = set()
    for workers, start in ((1, "fork"), (3, "fork"), (1, "one piece")):
        render(ticking, tmp_path / "a.mp4", TINY, Stage(), start=start, workers=workers)
        files.add((tmp_path / "a.mp4").read_bytes())
    assert len(files) == 1


def test_sounds_of_two_channels_keep_both(tmp_path):
    file = str(click(tmp_path / "stereo.wav", channels=2))

    class Stereo(Scene):
        def construct(self) -> None:
            self.add_sound(file)
            self.wait(0.4)

    render(Stereo, tmp_path / "a.mp4", TINY, Stage())
    with av.open(str(tmp_path / "a.mp4")) as film:
        assert film.streams.audio[0].layout.name == "stereo"
    assert onsets(tmp_path / "a.mp4") == pytest.approx([0], abs=0.02)


def test_what_has_no_sound_is_made_without(tmp_path, ticking):
    render(ticking, tmp_path / "a.gif", TINY, Stage())
    with av.open(str(tmp_path / "a.gif")) as film:
        assert not film.streams.audio


# ---- OpenGL and people ----------------------------------------------------------------------------------


def own(tmp_path: Path, source: str) -> type[Scene]:
    path = tmp_path / "own.py"
    path.write_text(f'"""Own."""\nfrom manim import *\n{source}')
    return find_scene(library.load(path), "Own")


SURFACE = """
from manim.opengl import *
class Own(Scene):
    def construct(self):
        self.add(OpenGLSurface(lambda u, v: [u, v, 0], u_range=(-2, 2), v_range=(-2, 2), color=RED))
        self.wait(0.4)
"""


def test_a_scene_with_opengl_mobjects_is_recognised(tmp_path, monkeypatch):
    asked: list[Any] = []

    def pretend(scene: type[Scene], path: Path, quality: Quality, moment: Any) -> Any:
        asked.append((scene.__name__, path.suffix, quality))
        path.write_bytes(b"film")
        return opengl.Plan(6, 0.4, (), ())

    monkeypatch.setattr(opengl, "render", pretend)
    rendering = render(own(tmp_path, SURFACE), tmp_path / "a.mp4", TINY, Stage())
    assert asked == [("Own", ".mp4", TINY)]
    assert rendering.plan.frames == 6


@pytest.mark.slow
def test_manims_opengl_renderer_draws_it(tmp_path):
    (tmp_path / "own.py").write_text(
        '"""Own."""\nfrom manim import *\nconfig.renderer = "opengl"\n'
        "class Own(Scene):\n    def construct(self):\n"
        "        self.add(Square(4, color=RED, fill_opacity=1))\n        self.wait(0.4)\n"
        "        self.interactive_embed()\n"
    )
    command = [
        sys.executable,
        "-c",
        "from derivviz.cli import main; main()",
        "render",
        "own.py",
        "--no-cache",
    ]
    done = subprocess.run(
        [*command, "--resolution", "160x90", "--fps", "10", "-o", "a.mp4"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if "OpenGL renderer, and that failed" in done.stderr:
        pytest.skip("no OpenGL here")
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "a.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 4
    assert frames[0][45, 80, 0] > 200
    assert frames[0][45, 10].max() < 40


@pytest.mark.parametrize("kind", ["svg", "pngs"])
def test_opengl_makes_what_manim_makes(tmp_path, kind):
    with pytest.raises(
        UsageError, match="Own needs manim's OpenGL renderer, which makes mp4, webm, mov, gif"
    ):
        render(own(tmp_path, SURFACE), tmp_path / f"a.{kind}", TINY, Stage())
    assert os.listdir(tmp_path) == ["own.py"] or set(os.listdir(tmp_path)) == {"own.py", "__pycache__"}


def test_where_no_opengl_is_that_is_told(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nException: cannot create a context\n")
    monkeypatch.setattr(opengl.subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(
        DerivvizError, match=r"Own needs .* failed: Exception: cannot create a context.*own\.py"
    ):
        render(own(tmp_path, SURFACE), tmp_path / "a.mp4", TINY, Stage())
    assert not (tmp_path / "a.mp4").exists()


class Waits(Scene):
    def construct(self) -> None:
        self.play(Square().animate.shift(RIGHT), run_time=0.4)
        self.interactive_embed()
        self.embed()
        self.wait(0.2)


def test_a_film_waits_for_nobody(tmp_path):
    assert render(Waits, tmp_path / "a.mp4", TINY, Stage()).plan.frames == 9


# ---- chance ---------------------------------------------------------------------------------------------


class Dice(Scene):
    """Random numbers from every source that can be repeated."""

    def construct(self) -> None:
        own, numbers = random.Random(1), np.random.default_rng(2)
        dots = VGroup(*(Dot() for _ in range(4)))
        draws = (random.random, np.random.random, own.random, numbers.random)
        for dot, draw in zip(dots, draws, strict=True):
            dot.add_updater(lambda m, draw=draw: m.move_to([3 * draw(), 2 * draw(), 0]))
        self.add(dots)
        self.play(Circle().animate.shift(RIGHT), run_time=2)
        self.wait(1, frozen_frame=False)


def test_chance_falls_the_same_way_for_any_number_of_workers(tmp_path):
    files = set()
    for workers, start in ((1, "fork"), (3, "fork"), (1, "one piece")):
        render(Dice, tmp_path / "a.mp4", TINY, Stage(), start=start, workers=workers)
        files.add((tmp_path / "a.mp4").read_bytes())
    assert len(files) == 1


class Unrepeatable(Scene):
    """Numbers from the system, another whenever one is drawn."""

    drawn: Path

    def construct(self) -> None:
        dot = Dot()
        system = random.SystemRandom()
        dot.add_updater(lambda m: m.move_to([3 * system.random(), 0, 0]))
        self.add(dot)
        self.wait(3, frozen_frame=False)
        with self.drawn.open("a") as log:
            log.write(f"{os.getpid()}\n")


def test_what_can_not_be_repeated_is_drawn_in_one_piece(tmp_path):
    log = tmp_path / "log"
    scene = type("Unrepeatable", (Unrepeatable,), {"drawn": log, "__module__": __name__})
    assert render(scene, tmp_path / "a.mp4", TINY, Stage(), start="fork", workers=2).plan.frames == 45
    assert log.read_text().split().count(str(os.getpid())) == 3  # jumping, stepping, and at last by itself
