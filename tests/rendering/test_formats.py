"""Films without a background, folders of pictures, single moments with and without pixels, other shapes."""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import typst
from manim import (
    BLUE,
    DOWN,
    LEFT,
    RED,
    RIGHT,
    UP,
    WHITE,
    Circle,
    Create,
    FadeOut,
    ImageMobject,
    Scene,
    Square,
    Text,
    ThreeDScene,
    VGroup,
    config,
)
from PIL import Image
from pypdf import PdfReader

from derivviz.animation import Lesson, Stage
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.theme import PAPER
from derivviz.rendering.quality import QUALITIES, Quality
from derivviz.rendering.render import render
from derivviz.rendering.stills import END, Moment, stills
from derivviz.rendering.transparency import straight

pytestmark = pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")  # manim's use of Pillow

TINY = Quality(160, 90, 10)
SMALL = Quality(320, 180, 10)
CLEAR = Quality(160, 90, 10, transparent=True)
SHADE = "#C83C28"


class Half(Lesson):
    """A half transparent square on the left, a solid one on the right, which moves."""

    def construct(self) -> None:
        half = Square(3, stroke_width=0, fill_opacity=0.5, fill_color=SHADE).shift(4 * LEFT)
        solid = Square(3, stroke_width=0, fill_opacity=1, fill_color=SHADE).shift(3.9 * RIGHT)
        self.add(half)
        self.play(solid.animate.shift(0.1 * RIGHT), run_time=0.6)
        self.wait(0.4)


def seen(path: Path) -> np.ndarray:
    """The last picture of a film, shape (height, width, 4), with its opacity."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        decoder: Any = stream.codec_context
        if decoder.name == "vp9":  # the usual decoder passes over the opacity
            decoder = av.codec.Codec("libvpx-vp9", "r").create()
        frames = [frame for packet in film.demux(stream) for frame in decoder.decode(packet)]
        return frames[-1].reformat(format="rgba", src_colorspace="ITU709").to_ndarray()


# ---- without a background -------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [Stage(), Stage(theme=PAPER)], ids=["dark", "paper"])
@pytest.mark.parametrize("kind", ["webm", "mov", "pngs", "png"])
def test_a_transparent_picture_has_its_colours_and_nothing_else(tmp_path, kind, theme):
    path = tmp_path / f"half.{kind}"
    render(Half, path, CLEAR, theme)
    if kind == "pngs":
        path = path / "00009.png"
    shown = np.array(Image.open(BytesIO(path.read_bytes()))) if path.suffix == ".png" else seen(path)
    shown = shown.astype(int)
    assert shown[45, 80, 3] <= 1
    assert shown[45, 35] == pytest.approx([200, 60, 40, 128], abs=4)
    assert shown[45, 125] == pytest.approx([200, 60, 40, 255], abs=4)


def test_players_are_told_of_the_opacity(tmp_path):
    render(Half, tmp_path / "a.webm", CLEAR, Stage())
    assert b"\x53\xc0\x81\x01" in (tmp_path / "a.webm").read_bytes()  # AlphaMode of the track
    render(Half, tmp_path / "a.mov", CLEAR, Stage())
    with av.open(str(tmp_path / "a.mov")) as film:
        assert film.streams.video[0].codec_context.profile == "4444"
        assert next(film.decode(video=0)).colorspace == 1  # BT.709, in every frame


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_formats_that_know_no_opacity_say_so(tmp_path, kind):
    with pytest.raises(UsageError, match=r"--transparent: .*choose webm, mov, pngs, png, svg, pdf"):
        render(Half, tmp_path / f"a.{kind}", CLEAR, Stage())
    assert os.listdir(tmp_path) == []


def test_edges_take_nothing_from_the_background():
    class Edge(Scene):
        def construct(self) -> None:
            self.camera.background_color = WHITE
            image = ImageMobject(np.full((4, 4, 3), 90, np.uint8)).set_opacity(0.5)
            self.add(Circle(2, color=SHADE, fill_opacity=1), image.scale(30).shift(4 * RIGHT))

    (file,), _ = stills(Edge, CLEAR, Stage(), [END])
    picture = np.array(Image.open(BytesIO(file))).astype(int)
    edge = picture[(picture[..., 3] > 60) & (picture[..., 3] < 200)]
    red, grey = edge[edge[:, 0] > 150], edge[edge[:, 0] < 150]
    assert len(red) > 10
    assert np.abs(red[:, :3] - [200, 60, 40]).max() <= 4
    assert len(grey) > 10
    assert np.abs(grey[:, :3] - 90).max() <= 2
    assert picture[45, 125, 3] == pytest.approx(127, abs=2)


def test_colours_come_back_from_times_opacity():
    opacity = np.arange(256, dtype=np.uint8)
    for colour in (0, 40, 200, 255):
        times = np.rint(colour * (opacity / 255))
        picture = np.stack([times, times, times, opacity], axis=1).astype(np.uint8)[None]
        made = straight(picture)
        off = np.abs(made[0, 1:, 0].astype(int) - colour)
        assert (off <= 128 / opacity[1:] + 0.5).all()  # as exact as eight bits of the product are
        assert (made[..., 3] == opacity).all()


# ---- a folder of pictures -------------------------------------------------------------------------------


def test_a_folder_has_a_picture_for_every_frame_time(tmp_path):
    rendering = render(Half, tmp_path / "half.pngs", TINY, Stage())
    pictures = sorted((tmp_path / "half.pngs").iterdir())
    assert [p.name for p in pictures] == [f"{n:05d}.png" for n in range(10)]
    with Image.open(pictures[0]) as first:
        assert first.mode == "RGB"
    still, moving = (p.read_bytes() for p in (pictures[7], pictures[3]))
    assert still == pictures[9].read_bytes() != moving
    assert 0 < rendering.size < sum(p.stat().st_size for p in pictures)  # what stands still takes room once


def test_a_folder_is_replaced_only_where_it_holds_nothing_else(tmp_path):
    path = tmp_path / "half.pngs"
    path.mkdir()
    (path / "00099.png").write_bytes(b"of an earlier, longer film")
    render(Half, path, TINY, Stage())
    assert len(os.listdir(path)) == 10
    (path / "notes.txt").write_text("mine")
    with pytest.raises(DerivvizError, match=r"half\.pngs is a folder with other things in it: move it away"):
        render(Half, path, TINY, Stage())
    assert (path / "notes.txt").exists()
    (tmp_path / "file.pngs").write_text("mine")
    with pytest.raises(DerivvizError, match=r"file\.pngs is a file"):
        render(Half, tmp_path / "file.pngs", TINY, Stage())
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(DerivvizError, match=r"folder\.mp4 is a folder"):
        render(Half, tmp_path / "folder.mp4", TINY, Stage())
    assert sorted(os.listdir(tmp_path)) == ["file.pngs", "folder.mp4", "half.pngs"]


def test_a_folder_that_fails_leaves_the_earlier_one(tmp_path):
    class Fails(Lesson):
        def construct(self) -> None:
            self.wait(0.2)
            raise ValueError("a mistake in the lesson")

    path = tmp_path / "a.pngs"
    path.mkdir()
    (path / "00000.png").write_bytes(b"earlier")
    with pytest.raises(ValueError, match="a mistake"):
        render(Fails, path, TINY, Stage())
    assert os.listdir(tmp_path) == ["a.pngs"]
    assert (path / "00000.png").read_bytes() == b"earlier"


# ---- moments --------------------------------------------------------------------------------------------


class Told(Lesson):
    def construct(self) -> None:
        self.say(en="One.", ko="하나.")
        square = Square(2, fill_opacity=1)
        self.play(Create(square), run_time=0.5)
        self.say(en="Two.", ko="둘.")
        self.play(square.animate.shift(2 * RIGHT), run_time=2.5)
        self.play(square.animate.set_fill(RED), run_time=0.5)


def pictures_of(path: Path) -> list[bytes]:
    return [picture(p.read_bytes()) for p in sorted(path.iterdir())]


def picture(file: bytes) -> bytes:
    return Image.open(BytesIO(file)).tobytes()


def test_a_still_of_a_time_is_the_frame_of_the_film(tmp_path):
    render(Told, tmp_path / "told.pngs", TINY, Stage())
    film = pictures_of(tmp_path / "told.pngs")
    times = [0.0, 0.3, 0.57, 2.05, 3.6, (len(film) - 1) / 10]
    found, planned = stills(Told, TINY, Stage(), [Moment(time=t) for t in times])
    assert planned.frames == len(film)
    for time, file in zip(times, found, strict=True):
        assert picture(file) == film[int(time * 10 + 1e-6)], time
    assert len(set(found)) == len(times)


def test_a_still_of_a_beat_shows_all_that_it_told(tmp_path):
    (one, two, end), planned = stills(Told, TINY, Stage(), [Moment(beat=1), Moment(beat=2), END])
    assert two == end
    render(Told, tmp_path / "told.pngs", TINY, Stage())
    film = pictures_of(tmp_path / "told.pngs")
    last_of_one = int(planned.beats[0].end * 10 + 1e-6) - 1
    assert picture(one) == film[last_of_one]
    assert picture(end) not in film[:-1]


class Cleared(Told):
    def construct(self) -> None:
        super().construct()
        self.end_beat()
        self.play(FadeOut(*self.mobjects), run_time=0.3)


def test_a_still_of_a_beat_is_not_of_what_clears_up_behind_it():
    (full, empty), _ = stills(Cleared, TINY, Stage(), [Moment(beat=2), END])
    (told,), _ = stills(Told, TINY, Stage(), [Moment(beat=2)])
    assert full == told != empty


@pytest.mark.parametrize(
    ("scene", "moment", "told"),
    [
        (Told, Moment(time=99), r"Told has no picture at 99 s: it is \d\.\d s long"),
        (Told, Moment(beat=3), r"Told has no beat 3: it has 1 to 2"),
        (Half, Moment(beat=1), r"Half has no beats: name a moment with --time"),
    ],
)
def test_moments_that_there_are_not(tmp_path, scene, moment, told):
    with pytest.raises(UsageError, match=told):
        render(scene, tmp_path / "a.png", TINY, Stage(), moment=moment)
    assert os.listdir(tmp_path) == []


class Looks(Scene):
    def construct(self) -> None:
        square = Square(2, fill_opacity=1)
        self.play(square.animate.shift(LEFT), run_time=0.4)
        assert self.renderer.get_frame().any()
        self.play(square.animate.shift(RIGHT), run_time=0.4)


def test_a_moment_of_a_scene_that_reads_its_own_pictures(tmp_path):
    render(Looks, tmp_path / "a.pngs", TINY, Stage())
    (file,), _ = stills(Looks, TINY, Stage(), [Moment(time=0.6)])
    assert picture(file) == pictures_of(tmp_path / "a.pngs")[6]


# ---- without pixels -------------------------------------------------------------------------------------


class Drawn(Scene):
    def construct(self) -> None:
        gradient = Square(2, fill_opacity=0.8).shift(3 * LEFT)
        gradient.set_fill([RED, BLUE])
        self.add(gradient, Circle(1, color="#30C85A", stroke_width=10), Text("f").shift(2 * UP))
        noise = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
        self.add(ImageMobject(noise).scale(20).shift(3 * RIGHT))


def drawing(scene: type[Scene], kind: str, quality: Quality = SMALL) -> bytes:
    (file,), _ = stills(scene, quality, Stage(), [END], kind)
    return file


def painted(file: bytes, kind: str, tmp_path: Path) -> np.ndarray:
    """A drawing as Typst, which no line of ours is in, paints it."""
    (tmp_path / f"a.{kind}").write_bytes(file)
    page = f'#set page(width: 320pt, height: 180pt, margin: 0pt, fill: none)\n#image("a.{kind}", width: 100%)'
    (tmp_path / "a.typ").write_text(page)
    return np.array(Image.open(BytesIO(typst.compile(str(tmp_path / "a.typ"), format="png", ppi=72))))


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_drawing_looks_as_the_picture_does(tmp_path, kind):
    (file,), _ = stills(Drawn, SMALL, Stage(), [END])
    there = np.array(Image.open(BytesIO(file))).astype(int)
    made = painted(drawing(Drawn, kind), kind, tmp_path)[..., :3].astype(int)
    assert made.shape == there.shape
    assert np.abs(made - there).mean() < 1.5
    assert (np.abs(made - there).max(axis=2) > 60).mean() < 0.005


def test_a_drawing_is_curves():
    svg = drawing(Drawn, "svg").decode()
    assert svg.count("<image") == 1  # the one image of the scene
    assert len(re.findall(r"<path[^>]* d=\"[^\"]*C ", svg)) >= 3
    assert "linearGradient" in svg
    assert "<text" not in svg  # letters are outlines: no font is needed to see them
    page = PdfReader(BytesIO(drawing(Drawn, "pdf"))).pages[0]
    assert [float(edge) for edge in page.mediabox[2:]] == [240, 135]
    assert len(page.images) == 1
    assert page.get_contents().get_data().count(b" c ") > 10


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_drawing_is_the_same_again(kind):
    assert drawing(Drawn, kind) == drawing(Drawn, kind)


def test_a_drawing_without_a_background(tmp_path):
    clear = Quality(320, 180, 10, transparent=True)
    made = painted(drawing(Drawn, "svg", clear), "svg", tmp_path)
    assert made[5, 5, 3] == 0
    assert painted(drawing(Drawn, "svg"), "svg", tmp_path)[5, 5, 3] == 255


class Solid(ThreeDScene):
    def construct(self) -> None:
        self.set_camera_orientation(phi=1.0, theta=0.4)
        self.add(VGroup(Square(3, fill_opacity=0.7, color=RED), Circle(2)))


def test_a_drawing_of_a_scene_in_space(tmp_path):
    (file,), _ = stills(Solid, SMALL, Stage(), [END])
    there = np.array(Image.open(BytesIO(file))).astype(int)
    made = painted(drawing(Solid, "svg"), "svg", tmp_path)[..., :3].astype(int)
    assert np.abs(made - there).mean() < 1.5


# ---- shapes ---------------------------------------------------------------------------------------------


class Anywhere(Lesson):
    """Laid out for any shape: a square at the bottom left corner of the frame."""

    aspects = ("16:9", "9:16", "1:1")

    def construct(self) -> None:
        corner = [-config.frame_width / 2, -config.frame_height / 2, 0]
        self.add(Square(2, stroke_width=0, fill_opacity=1, fill_color=SHADE).move_to(corner))


@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
def test_a_lesson_reads_the_frame(aspect):
    quality = TINY.shaped(aspect)
    (file,), _ = stills(Anywhere, quality, Stage(), [END])
    found = np.array(Image.open(BytesIO(file)))
    assert found.shape[:2] == (quality.height, quality.width)
    red = found[..., 0] > 150
    unit = min(quality.width, quality.height) / (12 if aspect == "1:1" else 8)
    assert red.sum() == pytest.approx(unit**2, rel=0.2)
    assert red[-1, 0]


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
def test_a_lesson_that_is_not_laid_out_for_a_shape_says_so(tmp_path, aspect):
    with pytest.raises(
        UsageError, match=rf"Half is laid out for 16:9 only, .*\({aspect}\): type --aspect 16:9"
    ):
        render(Half, tmp_path / "a.mp4", TINY.shaped(aspect), Stage())
    assert os.listdir(tmp_path) == []


def test_a_size_of_no_named_shape():
    with pytest.raises(UsageError, match=r"not for 160×120 \(4:3\): choose a --resolution of that shape"):
        stills(Half, Quality(160, 120, 10), Stage(), [END])
    assert stills(Drawn, Quality(160, 120, 10), Stage(), [END])[0]  # a plain scene of manim takes any


@pytest.mark.parametrize("letter", QUALITIES)
def test_shapes_of_every_quality(letter):
    wide = QUALITIES[letter]
    tall, square = wide.shaped("9:16"), wide.shaped("1:1")
    assert (wide.aspect, tall.aspect, square.aspect) == ("16:9", "9:16", "1:1")
    assert (tall.width, tall.height) == (wide.height, wide.width)
    assert square.width == square.height == wide.height
    assert wide.frame == pytest.approx((14.222, 8), rel=1e-3)
    assert tall.frame == pytest.approx((8, 14.222), rel=1e-3)
    assert square.frame == (8, 8)
    assert tall.shaped("16:9") == wide
    assert square.shaped("16:9").width == pytest.approx(wide.width, abs=2)


def test_films_of_odd_sizes(tmp_path):
    odd = Quality(160, 91, 10)
    with pytest.raises(UsageError, match="160×91: a film needs an even width and height"):
        render(Drawn, tmp_path / "a.mp4", odd, Stage())
    assert render(Drawn, tmp_path / "a.gif", odd, Stage()).size > 0


class Downward(Scene):
    def construct(self) -> None:
        self.play(Square().animate.shift(DOWN), run_time=0.3)


def test_a_film_in_portrait(tmp_path):
    render(Downward, tmp_path / "a.mp4", TINY.shaped("9:16"), Stage())
    with av.open(str(tmp_path / "a.mp4")) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (90, 160)
