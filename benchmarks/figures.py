"""Animated figures: how many frames a second derivviz writes, and `FuncAnimation.save` of matplotlib.

The figure has a line that grows, points that wander and a heat-map that changes in every frame. Every round runs
each once, one after the other; the table shows medians of the rounds' ratios, of wall time and of processor time:
on a machine that others use too, trust the latter, which several processes share. `FuncAnimation` writes as it does
by default, from a picture saved for each frame, with the encoder's own settings; it gets fewer frames, for it takes
as long for each.

    python benchmarks/figures.py                    1280×720 and 1920×1080, three rounds
    python benchmarks/figures.py --workers 1 2 4
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from derivviz.figures import Drawing, Motion
from derivviz.rendering.animated import animate

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
RATE = 30
STEPS = 200


class AvWriter(AbstractMovieWriter):
    """What `FFMpegWriter` does, where there is no program ffmpeg: each frame saved as pixels, then encoded."""

    def setup(self, fig: Figure, outfile: str, dpi: float | None = None) -> None:
        super().setup(fig, outfile, dpi)
        self.container = av.open(str(outfile), "w")
        self.stream: Any = self.container.add_stream("libx264", rate=int(self.fps))
        self.stream.width, self.stream.height = self.frame_size
        self.stream.pix_fmt = "yuv420p"

    def grab_frame(self, **given: Any) -> None:
        saved = BytesIO()
        self.fig.savefig(saved, format="rgba", dpi=self.dpi, **given)
        width, height = self.frame_size
        pixels = np.frombuffer(saved.getvalue(), np.uint8).reshape(height, width, 4)
        picture = av.VideoFrame.from_ndarray(pixels, format="rgba")
        self.container.mux(self.stream.encode(picture))

    def finish(self) -> None:
        self.container.mux(self.stream.encode())
        self.container.close()


def workload(width: int, height: int) -> tuple[Figure, Motion]:
    """The figure, and how it moves."""
    random = np.random.default_rng(0)
    figure = Figure(figsize=(12.8, 7.2), dpi=width / 12.8, layout="constrained")
    assert height * 16 == width * 9
    (left, middle, right) = figure.subplots(1, 3)
    x = np.arange(STEPS)
    y = np.cumsum(random.normal(size=STEPS))
    places = np.cumsum(random.normal(size=(STEPS, 300, 2)), axis=0)
    heat = np.cumsum(random.normal(size=(STEPS, 60, 60)), axis=0)
    (line,) = left.plot(x, y)
    points = middle.scatter(*places[-1].T, c=np.arange(300), s=12)
    picture = right.imshow(heat[-1], vmin=heat.min(), vmax=heat.max())
    for ax, title in zip((left, middle, right), ("line", "points", "heat-map"), strict=True):
        ax.set_title(title)

    def show(step: float) -> None:
        now = int(step)
        line.set_data(x[: now + 1], y[: now + 1])
        points.set_offsets(places[now])
        picture.set_data(heat[now])

    return figure, Motion(x.astype(float), (line, points, picture), show, {"en": "step", "ko": "스텝"})


def timed(make: Callable[[], object], frames: int) -> tuple[float, float]:
    """Frames a second on the clock, and frames a second of all processors together."""
    wall, cpu = time.perf_counter(), _processors()
    make()
    return frames / (time.perf_counter() - wall), frames / (_processors() - cpu)


def _processors() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def ours(size: tuple[int, int], path: Path, frames: int, workers: int) -> tuple[float, float]:
    """As `timed`."""
    figure, motion = workload(*size)
    artists = {str(n): artist for n, artist in enumerate(motion.artists)}
    drawing = Drawing(figure, artists, "", "", "", "paper", "en", None, lambda: motion)
    length = frames / RATE
    return timed(
        lambda: animate(drawing, path, seconds=length, frame_rate=RATE, pixels=size[0], workers=workers),
        frames,
    )


def theirs(size: tuple[int, int], path: Path, frames: int) -> tuple[float, float]:
    """As `timed`."""
    figure, motion = workload(*size)
    FigureCanvasAgg(figure)

    def update(frame: int) -> tuple[Any, ...]:
        motion.show(motion.at(frame / (frames - 1)))
        return motion.artists

    film = FuncAnimation(figure, update, frames=frames, interval=1000 / RATE, blit=False)
    writer = FFMpegWriter(fps=RATE) if shutil.which("ffmpeg") else AvWriter(fps=RATE)
    return timed(lambda: film.save(str(path), writer=writer), frames)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=480, help="of ours")
    parser.add_argument("--fewer", type=int, default=48, help="of FuncAnimation")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    asked = parser.parse_args()
    heads = "  ".join(f"{f'{n} process' + 'es' * (n > 1):>24}" for n in asked.workers)
    print(f"frames a second{'':6}{'FuncAnimation':>14}  {heads}", flush=True)
    with TemporaryDirectory() as place:
        path = Path(place) / "film.mp4"
        for name in asked.sizes:
            plain: list[tuple[float, float]] = []
            found: dict[int, list[tuple[float, float]]] = {n: [] for n in asked.workers}
            for _ in range(asked.rounds):  # in turn, for others use this machine, too
                plain.append(theirs(SIZES[name], path, asked.fewer))
                for n in asked.workers:
                    found[n].append(ours(SIZES[name], path, asked.frames, n))
            cells = []
            for n in asked.workers:
                wall, cpu = (
                    statistics.median(o[k] / p[k] for o, p in zip(found[n], plain, strict=True))
                    for k in (0, 1)
                )
                cells.append(f"{statistics.median(f[0] for f in found[n]):6.1f} ({wall:.1f}×; {cpu:.1f}×)")
            middle = statistics.median(p[0] for p in plain)
            print(f"{name:21}{middle:14.1f}  " + "  ".join(f"{c:>24}" for c in cells), flush=True)


if __name__ == "__main__":
    main()
