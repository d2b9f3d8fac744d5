"""What is kept of frames until someone draws them, and the children that are forked later, or end earlier."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from manim import (
    DOWN,
    LEFT,
    RED,
    RIGHT,
    UP,
    DashedLine,
    DecimalNumber,
    Dot,
    FadeOut,
    ImageMobject,
    PMobject,
    Scene,
    Square,
    Text,
    ValueTracker,
    VGroup,
    always_redraw,
)
from manim.camera.camera import Camera

from derivviz.animation import Lesson, Stage
from derivviz.rendering import fork, reel
from derivviz.rendering.crew import Crew
from derivviz.rendering.folder import Folder
from derivviz.rendering.reel import Exposure, Reel
from derivviz.rendering.render import render
from derivviz.rendering.shapes import gather
from derivviz.rendering.share import Share

sys.path.insert(0, str(Path(__file__).parent))
from test_workers import TINY, Pure


class Kept(Scene):
    """What moves, stands still, comes and goes, is an image that is painted over, or another background."""

    def construct(self) -> None:
        h = ValueTracker(0.0)
        pixels = np.zeros((6, 6, 4), np.uint8)
        pixels[..., 3] = 255
        image = ImageMobject(pixels).scale(8).to_edge(DOWN)

        def paint(mobject: ImageMobject) -> None:
            mobject.pixel_array[:, int(h.get_value()) % 6, 0] += 31  # in place

        def pieces(mobject: VGroup) -> None:
            mobject.submobjects = [Dot([0.3 * n, 1, 0]) for n in range(1 + int(4 * h.get_value()) % 5)]

        self.add(Square(2), image.add_updater(paint), VGroup().add_updater(pieces))
        self.add(always_redraw(lambda: DecimalNumber(h.get_value(), mob_class=Text, font_size=40)))
        self.add(always_redraw(lambda: DashedLine(LEFT, [h.get_value(), 1, 0])))
        self.play(h.animate.set_value(3.5), run_time=1.75)
        self.camera.background_color = RED
        self.play(h.animate.set_value(3), run_time=0.5)
        self.wait(0.5)
        self.play(h.animate.set_value(1), run_time=1.5)


class Strange(Scene):
    """Points turn up, which only manim draws."""

    def construct(self) -> None:
        dot = Dot().add_updater(lambda m, dt: m.shift(dt * RIGHT))
        self.add(dot)
        self.wait(2)
        points = PMobject().add_points([[0, 0, 0], [1, 1, 0]]).add_updater(lambda m, dt: m.shift(dt * UP))
        self.add(points)
        self.wait(2)


class Pinned(Scene):
    """An image and a square that stay as they are, beside what does not show that it moves."""

    def construct(self) -> None:
        self.add(ImageMobject(np.full((4, 4, 4), 255, np.uint8)).scale(9).add_updater(lambda m, dt: None))
        self.add(Square().add_updater(lambda m, dt: None))
        for _ in range(3):
            self.wait(1)
        self.play(FadeOut(*self.mobjects))


class Swapped(Scene):
    """Has another camera on the way."""

    def construct(self) -> None:
        dot = Dot().add_updater(lambda m, dt: m.shift(dt * RIGHT))
        self.add(dot)
        self.wait(1)
        self.renderer.camera = Camera(background_color=RED)
        self.wait(2)


SCENES = (Kept, Strange, Pinned)
pytestmark = pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")


@pytest.fixture
def taken(monkeypatch, tmp_path) -> Callable[[], list[int]]:
    """How many frames had been kept of each chunk when someone took it."""
    log = tmp_path / "taken"
    log.write_text("")
    begin = Reel.__iter__

    def told(self: Reel):
        with log.open("a") as file:
            file.write(f"{len(self.exposures)} ")
        return begin(self)

    monkeypatch.setattr(Reel, "__iter__", told)
    return lambda: [int(number) for number in log.read_text().split()]


def made(scene: type[Scene], folder: Path, start: str = "fork", workers: int = 1) -> bytes:
    """A film, drawn at the first attempt."""
    path = folder / f"{scene.__name__}.mp4"
    attempts = []
    with pytest.MonkeyPatch.context() as patched:
        for name in ("draw", "draw_in_one_piece"):
            way = getattr(Crew, name)
            patched.setattr(Crew, name, lambda *a, way=way, **k: (attempts.append(way), way(*a, **k))[1])
        render(scene, path, TINY, Stage(), start=start, workers=workers)
    assert attempts == [Crew.draw if start == "fork" else Crew.draw_in_one_piece]
    return path.read_bytes()


def test_chunks_that_are_kept_make_the_same_film(tmp_path, taken):
    whole = made(Kept, tmp_path, "one piece")
    assert not taken()
    assert made(Kept, tmp_path) == whole
    assert 60 in taken()


def test_what_cannot_be_kept_is_drawn_as_it_goes_on(tmp_path, taken):
    whole = made(Strange, tmp_path, "one piece")
    assert made(Strange, tmp_path) == whole
    assert taken()[:2] == [60, 20]  # of the second chunk only what is before the points
    assert not any(taken()[2:])


@pytest.mark.parametrize("until", [0, 1, 25])
@pytest.mark.parametrize("scene", [Kept, Pinned, Pure])
def test_a_child_plays_on_from_wherever_it_is_forked(tmp_path, taken, monkeypatch, scene, until):
    whole = made(scene, tmp_path, "one piece")
    left = [0, 0]

    def waits(self: fork.Forked, chunk) -> bool:
        left[:] = [left[0] + 1, left[1]] if left[1] == chunk.number else [0, chunk.number]
        return left[0] <= until

    monkeypatch.setattr(fork.Forked, "waits", waits)
    assert made(scene, tmp_path) == whole
    assert until in taken()


def test_another_camera_draws_in_one_piece(tmp_path):
    path = tmp_path / "film.mp4"
    render(Swapped, path, TINY, Stage(), start="fork", workers=1)
    assert path.read_bytes() == made(Swapped, tmp_path, "one piece")


def test_what_takes_much_memory_is_not_kept(tmp_path, taken, monkeypatch):
    whole = made(Kept, tmp_path, "one piece")
    monkeypatch.setattr(reel, "ROOM", 600_000)
    assert made(Kept, tmp_path) == whole
    assert 0 < max(taken()) < 60


@pytest.mark.parametrize("scene", SCENES)
def test_chunks_that_are_kept_have_the_address_of_others(tmp_path, monkeypatch, scene):
    def addresses(name: str) -> list[str]:
        cache = tmp_path / name
        render(scene, tmp_path / "film.mp4", TINY, Stage(), start="fork", workers=1, cache=cache)
        return sorted(file.name for file in cache.rglob("*.chunk"))

    kept = addresses("kept")
    monkeypatch.setattr(fork.Forked, "waits", Share.waits)
    assert len(kept) >= 3
    assert addresses("at once") == kept
    monkeypatch.setattr(Folder, "begin", None)  # nothing is drawn that was found
    assert addresses("kept") == kept


def test_an_image_is_kept_as_it_is():
    pixels = np.zeros((2, 2, 4), np.uint8)
    image, square = ImageMobject(pixels), Square()
    kept = Reel(Camera())
    for _ in range(2):
        assert kept.keep(Exposure(None, gather([square, image])), 1)
    image.pixel_array[0, 0] = 9
    image.shift(RIGHT)
    assert kept.keep(Exposure(gather([image]), gather([square])), 3)
    first, second, third = (exposure for exposure, _ in kept)
    assert first.moving.mobjects[0] is square
    assert first.moving.mobjects[1] is image
    assert first.moving.strange[1] is second.moving.strange[1]  # nothing changed, so it is kept once
    assert not first.moving.strange[1].mobject.pixel_array.any()
    assert third.still is not None
    assert (third.still.strange[0].mobject.pixel_array[0, 0] == 9).all()
    assert np.array_equal(third.still.strange[0].mobject.points, image.points)
    assert [frames for _, frames in kept] == [1, 1, 3]


# ---- the end of a beat ----------------------------------------------------------------------------------


class Between(Lesson):
    """Notes which process makes the next beat ready."""

    log = Path()

    def construct(self) -> None:
        square = Square()
        for number in range(3):
            self.say(en=f"Number {number}.", ko=f"{number}번.")
            self.play(square.animate.shift(RIGHT), run_time=2)

    def _report(self, kind: str, messages: list[str]) -> None:
        with self.log.open("a") as file:
            file.write(f"{os.getpid()} ")
        super()._report(kind, messages)


def test_whoever_draws_the_end_of_a_beat_does_not_look_at_its_layout(tmp_path):
    Between.log = tmp_path / "log"
    made(Between, tmp_path, workers=2)
    assert Between.log.read_text().split() == [str(os.getpid())] * 3


def test_a_beat_that_is_ended_before_it_is_cleared_loses_no_frame(tmp_path):
    class Cleared(Lesson):
        def construct(self) -> None:
            square = Square()
            self.say(en="One.", ko="하나.")
            self.play(square.animate.shift(RIGHT))
            self.end_beat()
            self.play(square.animate.shift(LEFT))
            self.say(en="Two.", ko="둘.")

        def tear_down(self) -> None:
            super().tear_down()
            self.wait(0.5)

    assert made(Cleared, tmp_path, workers=2) == made(Cleared, tmp_path, "one piece")
    drawn = render(Cleared, tmp_path / "all.pngs", TINY, Stage(), start="fork", workers=2)
    assert len(list(drawn.path.iterdir())) == drawn.plan.frames
