"""Scenes that only manim's OpenGL renderer draws: by manim itself, in one piece, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import av
from manim import Scene, config
from manim.constants import RendererType

from derivviz.errors import DerivvizError, UsageError
from derivviz.rendering import join
from derivviz.rendering.plan import Plan
from derivviz.rendering.quality import Quality
from derivviz.rendering.stills import END, Moment

KINDS = ("mp4", "webm", "mov", "gif", "png")  # what manim makes with it


def is_asked_for() -> bool:
    """Whether the file of the scene has chosen that renderer, with ``config.renderer = "opengl"``."""
    return bool(config.renderer == RendererType.OPENGL)


def render(scene: type[Scene], path: Path, quality: Quality, moment: Moment) -> Plan:
    """Have manim draw a scene into a file.

    Raises
    ------
    UsageError
        When the format is none of manim's.
    DerivvizError
        When manim fails, as it does where no OpenGL is.
    """
    kind = path.suffix[1:].lower()
    if kind not in KINDS or moment != END:
        raise UsageError(
            f"{scene.__name__} needs manim's OpenGL renderer, which makes {', '.join(KINDS[:-1])}, "
            "or a png of the end: choose one of them with --format"
        )
    source = Path(str(sys.modules[scene.__module__].__file__)).resolve()
    with tempfile.TemporaryDirectory(prefix="derivviz-") as media:
        command = [sys.executable, "-m", "manim", "render", "--renderer=opengl", "--format", kind]
        command += ["-r", f"{quality.width},{quality.height}", "--fps", str(quality.frame_rate)]
        command += ["--media_dir", media, "--progress_bar", "none", "--disable_caching"]
        command += ["--transparent"] if quality.transparent else []
        environment = dict(os.environ, PYTHONHASHSEED="0")
        done = subprocess.run(
            [*command, str(source), scene.__name__],
            env=environment,
            cwd=source.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        made = [f for f in Path(media).rglob(f"*.{kind}") if "partial_movie_files" not in f.parts]
        if done.returncode or len(made) != 1:
            said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            raise DerivvizError(
                f"{scene.__name__} needs manim's OpenGL renderer, and that failed: "
                f"{said[-1] if said else 'nothing was made'}. To see more:  "
                f"manim render --renderer=opengl {source.name} {scene.__name__}"
            )
        frames = 1 if kind == "png" else _length(made[0], quality)
        if kind == "mp4":
            join.copied(made[0], path)
        else:
            path.write_bytes(made[0].read_bytes())
    return Plan(frames, frames / quality.frame_rate, (), ())


def _length(film: Path, quality: Quality) -> int:
    with av.open(str(film)) as container:
        return round((container.duration or 0) / 1e6 * quality.frame_rate)
