"""Frames are manim's, to the last bit: its own scenes, and what its camera draws in ways of its own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from manim import (
    BLUE,
    DOWN,
    GREEN,
    LEFT,
    RED,
    RESAMPLING_ALGORITHMS,
    RIGHT,
    UP,
    Circle,
    Create,
    Dot,
    FadeOut,
    ImageMobject,
    MovingCameraScene,
    PMobject,
    Rotate,
    Scene,
    Square,
    Text,
    Transform,
    ValueTracker,
    VectorizedPoint,
    VGroup,
    VMobject,
    Write,
    always_redraw,
    tempconfig,
)
from manim.camera.camera import Camera

from derivviz.rendering import draw, patches, paths, tiles
from derivviz.rendering.images import laid
from derivviz.rendering.quality import Quality
from derivviz.rendering.shapes import gather

sys.path.insert(0, str(Path(__file__).parent))
from stock import documented, our_frames, stock_frames

SMALL = Quality(214, 120, 15)

# Scenes that no one here wrote: examples in manim's documentation, read from the installed package.
DOCUMENTED = [
    ("manim.animation.changing", "TracedPathExample"),
    ("manim.animation.composition", "SuccessionExample"),
    ("manim.animation.creation", "ShowIncreasingSubsetsScene"),
    ("manim.animation.growing", "Growing"),
    ("manim.animation.movement", "HomotopyExample"),
    ("manim.animation.rotation", "UsingRotate"),
    ("manim.animation.specialized", "BroadcastExample"),
    ("manim.animation.speedmodifier", "SpeedModifierExample"),
    ("manim.animation.transform", "DifferentFadeTransforms"),
    ("manim.animation.transform", "WarpSquare"),
    ("manim.mobject.geometry.arc", "ArcPolygonExample"),
    ("manim.mobject.geometry.polygram", "StarExample"),
    ("manim.mobject.graph", "MovingVertices"),
    ("manim.mobject.mobject", "ApplyFuncExample"),
    ("manim.mobject.types.point_cloud_mobject", "PointCloudDotExample2"),
    ("manim.mobject.types.vectorized_mobject", "ChangeOfDirection"),
    ("manim.mobject.vector_field", "ScaleVectorFieldFunction"),
    ("manim.scene.zoomed_scene", "UseZoomedScene"),
]


class Mixed(Scene):
    """All that the camera draws in a way of its own, above and below what moves."""

    def construct(self) -> None:
        gradient = Square(2, fill_opacity=0.8).set_color_by_gradient(RED, BLUE).shift(3 * LEFT)
        gradient.set_stroke([RED, GREEN], width=8)
        picture = ImageMobject(np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)).scale(20)
        picture.shift(3 * RIGHT + UP)
        cloud = PMobject().add_points(np.random.default_rng(1).uniform(-1, 1, (30, 3))).shift(2 * UP)
        outlined = Text("f", stroke_width=2).set_stroke(RED, 6, background=True)
        bare = VMobject().set_points_as_corners([LEFT, UP, RIGHT]).set_stroke(width=12)
        broken = Dot().shift(2 * DOWN)
        broken.points[0, 0] = np.nan
        high = Circle(0.6, fill_opacity=0.5, z_index=3)
        self.add(high, gradient, picture, cloud, outlined, bare, broken)
        self.add_foreground_mobject(Square(0.3, color=GREEN))
        self.play(Create(Circle(0.4).shift(3 * LEFT + 3 * UP)), run_time=0.4)
        self.play(bare.animate.shift(DOWN), run_time=0.5)
        self.wait(0.3)
        self.play(Rotate(gradient), picture.animate.shift(LEFT), run_time=0.5)
        self.play(high.animate.shift(RIGHT), cloud.animate.shift(DOWN), run_time=0.4)
        self.remove(bare)
        self.play(Write(outlined), Create(Circle(3)), run_time=0.5)


class Pictured(Scene):
    """Images over every edge of the frame, turned, faded, as wide as a line, and still below what moves."""

    def construct(self) -> None:
        pixels = np.random.default_rng(2).integers(0, 255, (9, 7, 4), np.uint8)
        places = ((-7, 3, 0), (7, -3.8, 0), (0, 4, 0), (2, 1, 0), (0, 30, 0))
        images = [ImageMobject(pixels).scale(25).move_to(place) for place in places]
        images[3].set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest"])
        flat = ImageMobject(pixels).stretch_to_fit_height(1e-4)
        self.add(*images, flat, Dot().shift(UP))
        self.play(images[3].animate.rotate(1), Create(Circle(3)), run_time=0.4)
        self.play(FadeOut(images[0]), images[1].animate.shift(2 * LEFT), run_time=0.4)
        self.play(images[2].animate.shift(7 * LEFT + DOWN), Rotate(images[3]), run_time=0.5)


class Pointed(Scene):
    """A point is part of many groups, and nothing to be seen."""

    def construct(self) -> None:
        point = VectorizedPoint(UP, stroke_width=9, fill_opacity=1)
        self.add(Square(), VGroup(point, Circle(0.3)))
        self.play(point.animate.shift(RIGHT), run_time=0.4)
        self.play(FadeOut(point), Create(Dot().shift(DOWN)), run_time=0.4)


class Followed(Scene):
    """Updaters, a mobject drawn anew every frame, parts that come and go, one mobject in two groups."""

    def construct(self) -> None:
        h = ValueTracker(0)
        dot = Dot().add_updater(lambda m: m.move_to([h.get_value(), 0.3, 0]))
        ring = always_redraw(lambda: Circle(0.2 + h.get_value() / 2).move_to(dot))
        turning = Square().add_updater(lambda m, dt: m.rotate(dt * 2)).shift(2 * LEFT)
        blinking = Square(0.4).shift(2 * UP)
        corners = blinking.points.copy()

        def blink(m: VMobject) -> None:
            m.points = corners.copy() if int(h.get_value() * 10) % 3 else np.zeros((0, 3))

        shared = Dot(color=RED).shift(DOWN)
        self.add(VGroup(shared, Square(1).shift(DOWN)), VGroup(Circle(1).shift(DOWN), shared))
        self.add(dot, ring, turning, blinking.add_updater(blink))
        self.play(h.animate.set_value(2), run_time=2)
        self.wait(0.5)
        self.play(Transform(shared, Square(0.5).shift(DOWN)), run_time=0.5)


class Reordered(Scene):
    """What stands still in one play moves in the next, in front of others or behind them, and back again."""

    def construct(self) -> None:
        squares = [Square(0.8, fill_opacity=1, color=hue) for hue in (RED, GREEN, BLUE)]
        for k, square in enumerate(squares):
            square.shift(0.4 * k * (RIGHT + UP))
        self.add(Circle(3), *squares, Dot().shift(3 * LEFT))
        self.play(squares[0].animate.shift(0.3 * RIGHT), run_time=0.3)
        self.bring_to_front(squares[0])
        self.play(squares[2].animate.shift(0.3 * DOWN), run_time=0.3)
        self.bring_to_back(squares[1])
        self.wait(0.2)
        squares[1].set_fill(RED)
        self.play(Rotate(squares[2]), FadeOut(squares[0]), run_time=0.3)
        self.play(Create(squares[0]), run_time=0.3)
        self.clear()
        self.play(Create(Dot()), run_time=0.2)


class Panned(MovingCameraScene):
    def construct(self) -> None:
        self.add(Square(2), Circle(0.5))
        self.play(self.camera.frame.animate.scale(0.5).shift(RIGHT), run_time=0.6)


class Still(Scene):
    def construct(self) -> None:
        self.add(Square(2), Circle(0.5))


def test_the_replacements_are_for_the_manim_that_is_installed():
    assert patches.known()


@pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")  # manim's use of Pillow
@pytest.mark.parametrize("scene", [Mixed, Pictured, Pointed, Followed, Reordered, Panned, Still])
@pytest.mark.parametrize("jumping", [False, True], ids=["through", "jumping"])
def test_frames_of_our_own_scenes(scene, jumping):
    assert our_frames(scene, SMALL, jumping=jumping) == stock_frames(scene, SMALL)


@pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")
@pytest.mark.parametrize("scene", [Mixed, Reordered])
def test_frames_where_no_one_says_which_cairo_is_loaded(scene, monkeypatch):
    assert callable(paths.APPEND) is (sys.platform == "linux")
    monkeypatch.setattr(paths, "APPEND", None)
    assert our_frames(scene, SMALL) == stock_frames(scene, SMALL)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")
@pytest.mark.parametrize(("module", "name"), DOCUMENTED)
def test_frames_of_manims_documentation(module, name):
    scene = documented(module, name)
    stock = stock_frames(scene, SMALL)
    assert our_frames(scene, SMALL, jumping=True) == stock
    assert len(stock) >= 15


@pytest.mark.parametrize("name", ["tangent"])
def test_frames_of_a_lesson(name):
    from derivviz import library
    from derivviz.rendering.render import find_scene

    lesson = find_scene(library.load(library.find("scenes", name)))
    coarse = Quality(160, 90, 2)
    assert our_frames(lesson, coarse) == stock_frames(lesson, coarse)


@pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")
def test_an_image_that_stays_as_it_is_is_laid_once(monkeypatch):
    class Staying(Scene):
        def construct(self) -> None:
            behind, over = ImageMobject(np.zeros((4, 4), np.uint8)), ImageMobject(np.ones((4, 4), np.uint8))
            dot = Dot().shift(LEFT)
            self.add(behind, dot, over)
            self.play(dot.animate.shift(2 * RIGHT), run_time=0.6)

    made = []
    monkeypatch.setattr(draw, "laid", lambda *given: made.append(given) or laid(*given))
    assert our_frames(Staying, SMALL) == stock_frames(Staying, SMALL)
    assert len(made) == 2


def test_a_point_changes_nothing():
    with patches.applied(), tempconfig({"pixel_width": 320, "pixel_height": 192}):
        camera, point, square = Camera(), VectorizedPoint(), Square(0.1)
        canvas = draw.Canvas(camera)
        canvas.draw(gather([point, square]))
        assert canvas.draw(gather([point.shift(UP), square])) == []
        [(left, top, right, bottom)] = canvas.draw(gather([point, square.shift(RIGHT)]))
        assert (right - left, bottom - top) <= (96, 64)


def test_the_first_frame_of_a_play_is_drawn_where_something_changed(monkeypatch):
    parts = []

    class Noting(draw.Canvas):
        def draw(self, shapes):
            parts.append(super().draw(shapes))
            return parts[-1]

    monkeypatch.setattr("derivviz.rendering.walk.Canvas", Noting)
    our_frames(Reordered, Quality(640, 360, 10))
    assert len(parts) == 15
    assert parts[0] is None
    assert None not in parts[1:]


def test_of_shapes_in_another_order_the_fewest_count_as_changed():
    with patches.applied(), tempconfig({"pixel_width": 640, "pixel_height": 384}):
        camera = Camera()
        small, large = Dot(radius=0.05).shift(LEFT), Circle(3)
        others = [Dot(radius=0.05).shift(RIGHT * k / 9) for k in range(5)]
        before, after = (
            tiles.shown(gather(shapes), camera)
            for shapes in ([small, large, *others], [large, *others, small])
        )
        found = tiles.changed(before, after, (12, 20))
        left, top, right, bottom = before.boxes[0]
        assert found.sum() == (right + 1 - left) * (bottom + 1 - top)
        assert found[top : bottom + 1, left : right + 1].all()


def test_another_manim_is_left_alone(monkeypatch):
    from manim import Mobject

    before = Mobject.get_family
    with patches.applied():
        assert Mobject.get_family is patches.get_family
    assert Mobject.get_family is before
    monkeypatch.setattr("manim.__version__", "0.23.0")
    with patches.applied():
        assert Mobject.get_family is before
    assert our_frames(Followed, SMALL) == stock_frames(Followed, SMALL)


def test_every_replaced_name_is_there():
    assert importlib.util.find_spec("manim")
    for owner, name, _ in patches.REPLACEMENTS:
        assert callable(getattr(owner, name))
