"""Frames as manim itself draws them, frames as ours, and the scenes in manim's own documentation."""

from __future__ import annotations

import hashlib
import inspect
import re
import textwrap
from typing import Any

import manim
from manim import Scene
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter

from derivviz.animation import Stage
from derivviz.rendering import patches
from derivviz.rendering.encode import Segment
from derivviz.rendering.plan import Chunk
from derivviz.rendering.quality import Quality
from derivviz.rendering.setting import configured, make
from derivviz.rendering.share import Share
from derivviz.rendering.walk import walk


def digest(frame: Any) -> str:
    return hashlib.sha256(frame.tobytes()).hexdigest()


class _Frames(SceneFileWriter):
    """Digests instead of files."""

    frames: list[str]

    def begin_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def end_animation(self, *args: Any, **kwargs: Any) -> None: ...
    def add_partial_movie_file(self, *args: Any, **kwargs: Any) -> None: ...
    def finish(self) -> None: ...
    def save_image(self, *args: Any, **kwargs: Any) -> None: ...

    def write_frame(self, frame: Any, num_frames: int = 1, repeat: int = 1) -> None:
        self.frames += [digest(frame)] * max(num_frames, repeat)


def stock_frames(scene: type[Scene], quality: Quality) -> list[str]:
    """Digests of the frames that manim's own renderer draws, with manim's own code."""
    frames: list[str] = []
    patched, patches.REPLACEMENTS = patches.REPLACEMENTS, ()
    try:
        with configured(quality):
            made = make(scene, CairoRenderer(type("Writer", (_Frames,), {"frames": frames})), Stage())
            made.setup()
            made.construct()
            made.tear_down()
            if not made.renderer.num_plays:
                made.renderer.update_frame(made)
                frames.append(digest(made.renderer.camera.pixel_array))
    finally:
        patches.REPLACEMENTS = patched
    return frames


class _Keep(Segment):
    def __init__(self, frames: list[str]) -> None:
        self.frames = frames

    def write(self, frame: Any, repeat: int = 1, changed: Any = None) -> None:
        self.frames += [digest(frame)] * repeat

    def close(self) -> None: ...


class _Every(Share):
    """Keeps the frames of every chunk, or of every second one, which is jumped to."""

    def __init__(self, odd: bool | None) -> None:
        self.odd, self.whole = odd, odd is None
        self.frames: dict[int, list[str]] = {}

    def take(self, chunk: Chunk) -> Segment | None:
        if self.odd is not None and chunk.number % 2 != self.odd:
            return None
        return _Keep(self.frames.setdefault(chunk.number, []))


def our_frames(scene: type[Scene], quality: Quality, *, jumping: bool = False) -> list[str]:
    """Digests of the frames that we draw, in one go or in chunks that are jumped to."""
    found: dict[int, list[str]] = {}
    for odd in (False, True) if jumping else (None,):
        share = _Every(odd)
        walk(scene, quality, Stage(), share)
        found |= share.frames
    return [frame for number in sorted(found) for frame in found[number]]


def documented(module: str, name: str) -> type[Scene]:
    """A scene from the documentation of a module of manim, as its authors wrote it there."""
    source = inspect.getsource(__import__(module, fromlist=["_"]))
    directive = re.search(rf"^( *)\.\. manim:: {name}\n", source, re.MULTILINE)
    assert directive, f"{module} no longer has the example {name}"
    indent = len(directive[1])
    lines = []
    for line in source[directive.end() :].splitlines():
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        lines.append(line)
    code = textwrap.dedent("\n".join(line for line in lines if not line.strip().startswith(":")))
    space: dict[str, Any] = dict(vars(manim), __name__="documented")
    exec(compile(code, f"{module}:{name}", "exec", dont_inherit=True), space)  # manim's own, as installed
    return space[name]  # type: ignore[no-any-return]
