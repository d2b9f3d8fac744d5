"""Every part that a render needs, put to work once: what is there, what is missing, how to mend it.

Whatever can be tried is tried: libraries are imported (in a process of their own, which may crash), a glyph
is drawn, a formula is set, a clip is encoded and read back, a file is written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from derivviz.rendering import remedies

MANIM_SERIES = "0.22."  # what the extra `render` asks for, and what the lessons are written for
_HANGUL = "한"
_NO_GLYPH = "\U0010fffd"  # a private character that no font draws: what comes out is the missing-glyph box


@dataclass(frozen=True)
class Part:
    """What was found out about one part of a render.

    Attributes
    ----------
    name
        The part.
    ok
        Whether it does its work.
    detail
        What is there, or what is wrong.
    remedy
        The next thing to type or to do; empty when `ok`.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


class PartError(Exception):
    """A part is not there or does not work: what was seen, and a remedy where the usual one is wrong."""

    def __init__(self, seen: str, remedy: str = "") -> None:
        super().__init__(seen)
        self.remedy = remedy


def examine(renders: Path) -> list[Part]:
    """Try every part that a render needs, each whatever became of the others.

    Parameters
    ----------
    renders
        The folder that renders are written to. It need not exist and is not made.
    """
    core, extra = remedies.install(), remedies.install("render")
    elsewhere = "give yourself write access, or name another place with -o"
    checks: list[tuple[str, Callable[[], str], str]] = [
        ("system libraries", system_libraries, extra),
        ("manim", manim, extra),
        ("fonts", fonts, remedies.restore_files()),
        ("Typst", typst, core),
        ("encoder", encoder, extra),
        ("write access", lambda: write_access(renders), elsewhere),
        ("cores", cores, ""),
        ("torch", torch, core),
    ]
    parts = []
    for name, check, remedy in checks:
        try:
            parts.append(Part(name, True, check()))
        except PartError as lack:
            parts.append(Part(name, False, str(lack), lack.remedy or remedy))
        except Exception as error:  # a part may break in any way, and the others are still to be tried
            parts.append(Part(name, False, f"{type(error).__name__}: {error}", remedy))
    return parts


def system_libraries() -> str:
    """Cairo and Pango at work, or at least what their Python packages compile with."""
    if find_spec("cairo") and find_spec("manimpango"):
        import_apart("cairo", "pycairo")
        import_apart("manimpango", "manimpango")
        return "cairo and pango at work"
    lacking = [tool for tool in ("pkg-config", "cc") if not shutil.which(tool)]
    lacking += [f"headers of {name}" for name in ("cairo", "pango") if not _has_headers(name)]
    if lacking:
        raise PartError("no " + ", no ".join(lacking), remedies.system_packages())
    return "cairo and pango, ready to compile with"


def manim() -> str:
    """Manim imports, and is of the series that the lessons are written for."""
    import_apart("manim", "manim")
    if not version("manim").startswith(MANIM_SERIES):
        wanted = f"'manim=={MANIM_SERIES}*'"
        raise PartError(f"{version('manim')}, not {MANIM_SERIES}x", remedies.reinstall(wanted))
    return version("manim")


def fonts() -> str:
    """Every font file draws a Hangul glyph that is not the missing-glyph box."""
    from PIL import ImageFont

    from derivviz.look.fonts import FAMILY, paths

    for path in paths():
        font = ImageFont.truetype(str(path), 48)
        glyph, box = (bytes(font.getmask(sign)) for sign in (_HANGUL, _NO_GLYPH))
        if not any(glyph) or glyph == box:
            raise PartError(f"{path.name} has no glyph for {_HANGUL}")
    return f"{FAMILY} draws {_HANGUL} in {len(paths())} weights"


def typst() -> str:
    """Typst sets a formula with words of both scripts beside it."""
    from derivviz.look.typst import compile_svg

    if b"<path" not in compile_svg(f"$ (d y) / (d x) = lim_(h -> 0) (f(x + h) - f(x)) / h $ {_HANGUL} P"):
        raise PartError("a formula came out empty", remedies.reinstall("typst"))
    return f"{version('typst')} sets a formula"


def encoder() -> str:
    """PyAV writes a tiny H.264 clip and reads its frames back."""
    if not find_spec("av"):
        raise PartError("PyAV is not installed")
    import av
    import numpy as np

    frames = 3
    with TemporaryDirectory() as folder:
        clip = str(Path(folder) / "clip.mp4")
        with av.open(clip, "w") as out:
            stream = out.add_stream("libx264", rate=15)
            stream.width = stream.height = 64
            stream.pix_fmt = "yuv420p"
            for i in range(frames):
                picture = np.full((64, 64, 3), 80 * i, np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            out.mux(stream.encode())
        with av.open(clip) as back:
            read = sum(1 for _ in back.decode(video=0))
    if read != frames:
        raise PartError(f"{frames} frames were written and {read} read back", remedies.reinstall("av"))
    return f"PyAV {version('av')} writes and reads H.264"


def write_access(renders: Path) -> str:
    """A file can be written where renders go, or where that folder would be made."""
    folder = renders.absolute()
    while not folder.exists():
        folder = folder.parent
    try:
        with TemporaryDirectory(dir=folder) as inside:
            (Path(inside) / "frame").write_bytes(bytes(2**20))
    except OSError as error:
        raise PartError(f"{folder}: {error.strerror}") from error
    return f"{renders}, {shutil.disk_usage(folder).free / 1e9:.0f} GB free"


def cores() -> str:
    """How many processors this process may use."""
    return str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


def torch() -> str:
    """Torch imports. Recording and recommending need it, rendering a saved trace does not."""
    import_apart("torch", "torch")
    return f"{version('torch')}, for recording"


def import_apart(module: str, package: str) -> None:
    """Import `module` in a process of its own: one that crashes takes nothing along.

    Raises
    ------
    PartError
        When it is not installed, or `package`, which brought it, has to be laid anew.
    """
    if not find_spec(module):
        raise PartError("not installed")
    command = [sys.executable, "-W", "ignore", "-c", f"import {module}"]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if run.returncode:
        last = (run.stderr.strip().splitlines() or [f"crashed ({run.returncode})"])[-1]
        raise PartError(f"{module} does not import: {last}", remedies.reinstall(package))


def _has_headers(name: str) -> bool:
    return (
        bool(shutil.which("pkg-config")) and not subprocess.run(["pkg-config", "--exists", name]).returncode
    )
