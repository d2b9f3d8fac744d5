"""Figures as films: every format, the same for any number of processes, and in the end the figure in print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import derivviz
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures import style
from derivviz.figures.painter import painter
from derivviz.rendering import animated
from derivviz.rendering.animated import HELD, animate

SMALL = {"pixels": 240, "seconds": 1.0}


@pytest.fixture
def drawing(tiny_trace: Path) -> derivviz.figures.Drawing:  # type: ignore[name-defined]
    return derivviz.figure("loss", tiny_trace)


def still(drawing) -> np.ndarray:  # type: ignore[no-untyped-def]
    with style("paper"), painter(drawing.figure, drawing.motion(), SMALL["pixels"]) as drawer:
        return drawer.frame(1.0)[..., :3].copy()


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "h264"), ("webm", "vp9")])
def test_films(drawing, tmp_path: Path, kind: str, codec: str) -> None:  # type: ignore[no-untyped-def]
    path = animate(drawing, tmp_path / f"a.{kind}", frame_rate=10, **SMALL)
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.width) == (codec, 240)
        pictures = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
        assert film.duration / 1e6 == pytest.approx(1 + HELD, abs=0.21)
    expected = still(drawing)
    assert pictures[0].shape == expected.shape
    assert np.abs(pictures[-1] - expected).mean() < 1.5
    assert np.abs(pictures[0] - expected).mean() > 1.6


def test_an_animated_png_ends_with_the_very_figure(drawing, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = animate(drawing, tmp_path / "a.apng", frame_rate=8, **SMALL)
    with Image.open(path) as film:
        assert film.n_frames == 8
        assert film.info["loop"] == 0
        film.seek(film.n_frames - 1)
        assert film.info["duration"] == pytest.approx(1000 * (1 / 8 + HELD), abs=70)
        np.testing.assert_array_equal(np.asarray(film.convert("RGB")), still(drawing))
        film.seek(0)
        assert (np.asarray(film.convert("RGB")) != still(drawing)).any()


def test_a_gif(drawing, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with Image.open(animate(drawing, tmp_path / "a.gif", frame_rate=10, **SMALL)) as film:
        assert film.n_frames > 8
        film.seek(film.n_frames - 1)
        assert np.abs(np.asarray(film.convert("RGB")).astype(int) - still(drawing)).mean() < 3


@pytest.mark.parametrize("kind", ["webm", "apng"])
def test_without_a_ground(drawing, tmp_path: Path, kind: str) -> None:  # type: ignore[no-untyped-def]
    path = animate(drawing, tmp_path / f"a.{kind}", frame_rate=4, transparent=True, **SMALL)
    if kind == "apng":
        with Image.open(path) as film:
            film.seek(film.n_frames - 1)
            opacity = np.asarray(film.convert("RGBA"))[..., 3]
        assert opacity[0, 0] == 0
        assert opacity.max() == 255
    else:
        with av.open(str(path)) as film:
            assert film.streams.video[0].metadata["ALPHA_MODE"] == "1"


@pytest.mark.parametrize("kind", ["mp4", "gif", "apng"])
def test_the_same_bytes_for_any_number_of_processes(
    drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(animated, "CHUNK", 4)
    monkeypatch.setattr(animated, "is_safe", lambda: True)  # the copies touch nothing of torch's
    told: list[tuple[int, int]] = []
    found = {}
    for workers in (1, 2, 3):
        path = animate(
            drawing,
            tmp_path / f"{workers}.{kind}",
            frame_rate=10,
            workers=workers,
            progress=lambda *n: told.append(n),
            **SMALL,
        )
        found[workers] = path.read_bytes()
    assert found[1] == found[2] == found[3]
    assert told.count((10, 10)) == 3


def test_what_cannot_be(drawing, tiny_trace: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=r"a\.avi: an animated figure ends in \.mp4, \.webm, \.gif, \.apng"):
        animate(drawing, tmp_path / "a.avi")
    with pytest.raises(UsageError, match="a gif is never transparent: choose webm or apng"):
        animate(drawing, tmp_path / "a.gif", transparent=True)
    with pytest.raises(UsageError, match="has no steps to go through"):
        animate(derivviz.figure("model", tiny_trace), tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_file(drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.mp4"
    path.write_text("old")

    def full(self: object, *given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(animated.Film, "write", full)
    with pytest.raises((DerivvizError, OSError)):
        animate(drawing, path, frame_rate=4, **SMALL)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_of_a_figure_imports_no_manim(tiny_trace: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from derivviz.cli import cli;"
        f"cli.main(['figure', 'loss', '--trace', {str(tiny_trace)!r}, '--format', 'gif', '--pixels', '160', "
        "'--seconds', '0.4'], standalone_mode=False);"
        "print({'manim', 'torch', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.endswith("set()\n")
    assert (tmp_path / "renders" / "loss.gif").is_file()
