"""Scenes as files of every kind: size, frames, colours; and nothing left behind by what fails."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from manim import RIGHT, MovingCameraScene, Scene, Square, ThreeDScene, config
from PIL import Image

from derivviz.animation import Lesson, Stage
from derivviz.errors import DerivvizError
from derivviz.look.theme import PAPER
from derivviz.rendering import encode
from derivviz.rendering import render as rendering_module
from derivviz.rendering.folder import Folder
from derivviz.rendering.quality import QUALITIES, Quality
from derivviz.rendering.render import JOINS, Rendering, find_scene, plan, render

TINY = Quality(160, 90, 10)
KINDS = (*(kind for kind in JOINS if kind != "pngs"), "png")
RED, GREEN, DARK = (220, 40, 40), (30, 200, 90), (16, 20, 31)


def paint(rgb: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*rgb)


class Turns(Lesson):
    """One second: a red square for half of it, then a green one."""

    def construct(self) -> None:
        square = Square(4, stroke_width=0, fill_opacity=1, fill_color=paint(RED))
        self.add(square)
        self.wait(0.5)
        square.set_fill(paint(GREEN))
        self.play(square.animate.shift(0.001 * RIGHT), run_time=0.5)


class Plain(Scene):
    def construct(self) -> None:
        square = Square(2, stroke_width=0, fill_opacity=1, fill_color=paint(RED))
        self.play(square.animate.shift(RIGHT), run_time=0.3)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Callable[[str], Rendering]:
    """The one-second lesson as a file of a kind, made once."""
    folder, done = tmp_path_factory.mktemp("films"), {}

    def made(kind: str) -> Rendering:
        if kind not in done:
            done[kind] = render(Turns, folder / kind / f"turns.{kind}", TINY, Stage())
        return done[kind]

    return made


def film_of(path: Path) -> dict[float, np.ndarray]:
    """Frames by the second that they appear at."""
    with av.open(str(path)) as film:
        return {
            float(f.pts * f.time_base): f.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray()
            for f in film.decode(video=0)
        }


def frames(path: Path) -> list[np.ndarray]:
    return list(film_of(path).values())


def near(pixel: np.ndarray, rgb: tuple[int, int, int], room: int = 12) -> bool:
    return bool(np.abs(pixel.astype(int) - rgb).max() <= room)


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "h264"), ("webm", "vp9"), ("mov", "prores")])
def test_videos(made, kind, codec):
    rendering = made(kind)
    with av.open(str(rendering.path)) as film:
        stream = film.streams.video[0]
        assert stream.codec_context.name.startswith(codec)
        assert (stream.width, stream.height) == (160, 90)
        assert stream.codec_context.colorspace == 1  # BT.709
        assert film.duration / 1e6 == pytest.approx(1.0, abs=0.11)
    film = film_of(rendering.path)
    times = np.array(list(film))
    assert times * 10 == pytest.approx(np.round(times * 10), abs=0.02)  # whole frames
    assert times[0] == 0
    assert np.diff(times).max() < 0.51  # what stands still is written twice a second
    assert times[times >= 0.499] == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9], abs=0.002)
    assert rendering.duration == 1.0
    assert rendering.plan.frames == 10
    assert rendering.size == rendering.path.stat().st_size > 100
    for second, frame in film.items():
        assert near(frame[45, 80], RED if second < 0.499 else GREEN), second
    shown = list(film.values())
    assert near(shown[0][4, 4], DARK)
    assert near(shown[0][45, 48], DARK)  # the square is 4 of 8 units high: 45 pixels
    assert near(shown[0][45, 62], RED)


def test_a_gif(made):
    with Image.open(made("gif").path) as film:
        assert film.size == (160, 90)
        assert film.is_animated
        assert film.info["loop"] == 0
        lengths, colours = [], []
        for number in range(film.n_frames):
            film.seek(number)
            lengths.append(film.info["duration"])
            colours.append(np.array(film.convert("RGB"))[45, 80])
    assert sum(lengths) == 1000
    assert near(colours[0], RED, 3)
    assert near(colours[-1], GREEN, 3)


def test_a_gif_is_no_faster_than_viewers_play(tmp_path):
    path = render(Turns, tmp_path / "fast.gif", Quality(64, 36, 60), Stage()).path
    with av.open(str(path)) as film:
        assert sum(1 for _ in film.decode(video=0)) == 15
    with Image.open(path) as film:
        total = 0
        for number in range(film.n_frames):
            film.seek(number)
            total += film.info["duration"]
        assert total == pytest.approx(1000, abs=20)


def test_a_still_is_the_last_frame(made):
    with Image.open(made("png").path) as picture:
        assert picture.size == (160, 90)
        assert picture.mode == "RGB"
        pixels = np.array(picture)
    assert tuple(pixels[45, 80]) == GREEN
    assert tuple(pixels[4, 4]) == DARK


def test_a_scene_that_only_adds_things_is_one_picture(tmp_path):
    class Still(Lesson):
        def construct(self) -> None:
            self.add(Square(4, stroke_width=0, fill_opacity=1, fill_color=paint(GREEN)))

    render(Still, tmp_path / "still.png", TINY, Stage(theme=PAPER))
    pixels = np.array(Image.open(tmp_path / "still.png"))
    assert tuple(pixels[45, 80]) == GREEN
    assert tuple(pixels[4, 4]) == (255, 255, 255)
    assert len(frames(render(Still, tmp_path / "still.mp4", TINY, Stage()).path)) == 1


class Turned(ThreeDScene):
    def construct(self) -> None:
        self.set_camera_orientation(phi=1.0)
        self.play(Square().animate.shift(RIGHT), run_time=0.3)


class Zoomed(MovingCameraScene):
    def construct(self) -> None:
        self.add(Square(2, stroke_width=0, fill_opacity=1, fill_color=paint(RED)))
        self.play(self.camera.frame.animate.scale(0.15), run_time=0.3)


@pytest.mark.parametrize("scene", [Plain, Turned, Zoomed])
def test_plain_scenes_of_manim(tmp_path, scene):
    rendering = render(scene, tmp_path / "plain.mp4", TINY, Stage())
    shown = frames(rendering.path)
    assert len(shown) == 3
    assert rendering.plan.beats == rendering.plan.problems == ()
    if scene is Zoomed:
        assert near(shown[-1][10, 70], RED)
        assert not near(shown[0][10, 70], RED)


def test_progress_goes_up_to_the_number_of_frames(tmp_path):
    told = []
    render(Plain, tmp_path / "a.mp4", TINY, Stage(), progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (3, 3)
    assert {total for _, total in told} <= {0, 3}  # 0 while it is not known


def test_a_plan_draws_nothing(monkeypatch):
    from manim.camera.camera import Camera

    monkeypatch.setattr(Camera, "capture_mobjects", None)
    assert plan(Turns, TINY, Stage()).frames == 10


def test_a_plan_tells_what_will_be_drawn(made):
    planned = plan(Turns, TINY, Stage())
    assert (planned.frames, planned.duration) == (10, 1.0)
    assert planned == made("mp4").plan


# ---- nothing is left behind -----------------------------------------------------------------------------


def in_the_middle(error: BaseException) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done >= 3:
            raise error

    return progress


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), RuntimeError("out of memory")], ids=["ctrl-c", "error"]
)
def test_an_interrupted_render_leaves_the_earlier_file_and_no_other(tmp_path, kind, error):
    path = tmp_path / f"lesson.{kind}"
    path.write_bytes(b"the earlier one")
    with pytest.raises(type(error)):
        render(Turns, path, TINY, Stage(), progress=in_the_middle(error))
    assert path.read_bytes() == b"the earlier one"
    assert os.listdir(tmp_path) == [path.name]


def test_a_lesson_that_fails_leaves_nothing(tmp_path):
    class Fails(Lesson):
        def construct(self) -> None:
            self.wait(0.2)
            raise ValueError("a mistake in the lesson")

    before = dict(config)
    with pytest.raises(ValueError, match="a mistake in the lesson"):
        render(Fails, tmp_path / "sub" / "fails.mp4", TINY, Stage())
    assert os.listdir(tmp_path) == []
    assert dict(config) == before


def test_a_lesson_that_fails_while_it_is_drawn_leaves_nothing(tmp_path):
    walking = os.getpid()

    def fail(mobject: Any) -> None:
        if os.getpid() != walking:
            raise ValueError("where it is drawn")

    class Drawn(Lesson):
        def construct(self) -> None:
            self.play(Square().add_updater(fail).animate.shift(RIGHT), run_time=0.3)

    with pytest.raises(ValueError, match="where it is drawn"):
        render(Drawn, tmp_path / "fails.mp4", TINY, Stage(), start="fork")
    assert os.listdir(tmp_path) == []


def full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_fills_up_leaves_the_earlier_file_and_no_other(tmp_path, kind, monkeypatch):
    path = tmp_path / f"lesson.{kind}"
    path.write_bytes(b"the earlier one")
    monkeypatch.setitem(rendering_module.JOINS, kind, full)
    monkeypatch.setattr(rendering_module, "_write", full)
    with pytest.raises(DerivvizError, match=r"cannot write .*No space left.*-o"):
        render(Turns, path, TINY, Stage())
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_bytes() == b"the earlier one"


class Noise(Lesson):
    """Frames that do not compress."""

    def construct(self) -> None:
        at = np.random.default_rng(0).uniform((-6, -4, 0), (6, 4, 0), (300, 3))
        self.play(*(Square(0.4, fill_opacity=0.5).move_to(p).animate.shift(RIGHT) for p in at), run_time=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_stays_full_while_the_file_is_given_up_leaves_nothing(tmp_path, kind):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, usual[1]))  # writing beyond fails, as on a full disk
    try:
        with pytest.raises(DerivvizError, match=r"cannot write .*File too large.*-o"):
            render(Noise, tmp_path / f"noise.{kind}", TINY, Stage())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("kind", "segment"), [("mp4", encode.Film), ("gif", encode.Packed)])
def test_a_worker_whose_disk_is_full_stops_the_drawing_and_leaves_nothing(
    tmp_path, monkeypatch, kind, segment
):
    monkeypatch.setattr(segment, "write", full)
    with pytest.raises(DerivvizError, match=r"cannot write .*No space left.*-o"):
        render(Turns, tmp_path / f"a.{kind}", TINY, Stage(), start="fork")  # a spawned worker knows no patch
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DerivvizError, match=r"cannot write in .*file: .*; name another place with -o"):
        render(Turns, tmp_path / "file" / "a.mp4", TINY, Stage())


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(
        DerivvizError, match=r"cannot write in .*Permission denied; name another place with -o"
    ):
        render(Turns, tmp_path / "a.mp4", TINY, Stage())


class Wrong(Lesson):
    drawn = 0

    def construct(self) -> None:
        self.wait(0.2)

    def verify(self) -> None:
        self.claim("two and two", 4, 5)


def test_strict_refuses_and_leaves_nothing(tmp_path):
    with pytest.raises(
        DerivvizError, match=r"(?s)Wrong does not pass its checks:.*two and two.*Without --strict"
    ):
        render(Wrong, tmp_path / "a.mp4", TINY, Stage(), strict=True)
    assert os.listdir(tmp_path) == []


def test_strict_refuses_before_anything_is_drawn(tmp_path, monkeypatch):
    begun = tmp_path / "begun"

    def begin(self: Folder, chunk: Any) -> Any:
        begun.write_text("drawn")
        raise AssertionError("drawn")

    monkeypatch.setattr(Folder, "begin", begin)
    with pytest.raises(DerivvizError, match=r"test_files\.py:\d+: claim: beat 0, 0\.2 s: two and two"):
        render(Wrong, tmp_path / "a.mp4", TINY, Stage(), strict=True)
    assert not begun.exists()


def test_without_strict_problems_are_told_and_the_file_is_made(tmp_path):
    rendering = render(Wrong, tmp_path / "a.mp4", TINY, Stage())
    assert [p.message.split(":")[0] for p in rendering.plan.problems] == ["two and two"]
    assert rendering.path.exists()


def test_the_configuration_of_manim_is_as_before(tmp_path, monkeypatch):
    from manim import logger

    monkeypatch.chdir(tmp_path)
    before, level = dict(config), logger.level
    render(Turns, tmp_path / "a.png", TINY, Stage(theme=PAPER))
    assert dict(config) == before
    assert logger.level == level
    assert os.listdir(tmp_path) == ["a.png"]  # no media folder


def test_qualities_are_those_of_manim():
    from manim.constants import QUALITIES as THEIRS

    names = {
        "l": "low_quality",
        "m": "medium_quality",
        "h": "high_quality",
        "p": "production_quality",
        "k": "fourk_quality",
    }
    assert set(QUALITIES) == set(names)
    for letter, name in names.items():
        theirs, ours = THEIRS[name], QUALITIES[letter]
        assert (ours.width, ours.height, ours.frame_rate) == (
            theirs["pixel_width"],
            theirs["pixel_height"],
            theirs["frame_rate"],
        )
        assert ours.width % 2 == ours.height % 2 == 0


# ---- finding the scene ----------------------------------------------------------------------------------


def module(tmp_path: Path, source: str) -> Any:
    from derivviz import library

    path = tmp_path / "own.py"
    path.write_text(f"from manim import Scene\nfrom derivviz.animation import Lesson\n{source}\n")
    return library.load(path)


def test_the_only_scene_is_found_whatever_is_imported(tmp_path):
    assert find_scene(module(tmp_path, "class Own(Lesson): ...")).__name__ == "Own"


def test_of_several_scenes_one_is_named(tmp_path):
    several = module(tmp_path, "class One(Lesson): ...\nclass Two(Scene): ...")
    assert find_scene(several, "Two").__name__ == "Two"
    with pytest.raises(DerivvizError, match=r"own\.py has several scenes: name one of One, Two"):
        find_scene(several)
    with pytest.raises(DerivvizError, match=r"own\.py has no scene 'Three'; it has: One, Two"):
        find_scene(several, "Three")


def test_a_file_without_a_scene_is_told(tmp_path):
    none = module(tmp_path, "x = 1")
    with pytest.raises(DerivvizError, match=r"own\.py has no class derived from Lesson or Scene"):
        find_scene(none)
    with pytest.raises(DerivvizError, match="it has: none"):
        find_scene(none, "Scene")
