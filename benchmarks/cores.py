"""How long a render would take with more cores: from what each chunk takes on this machine.

A lesson is rendered by one worker, so that nothing stands in its way, and the processor time of the walk up to
each chunk, and of the chunk itself, is noted. Then so many workers are played through: a chunk begins as soon as
the walk has come to it and one of them is free; the walk waits while none is, and at the end the chunks are joined.
So it goes where cores are many. Where they are few, the walk plays on meanwhile, and a render takes less than this.
Cores that share memory and caches are slower than that, as the difference for two workers tells.

    python benchmarks/cores.py                     all lessons, 1080p60
    python benchmarks/cores.py tangent rules       some of them
    python benchmarks/cores.py --manim tangent     and how many times faster than plain manim that is
"""

from __future__ import annotations

import argparse
import heapq
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from rendering import Contest, plain_manim

from derivviz import library
from derivviz.animation.stage import Stage
from derivviz.rendering import fork, join
from derivviz.rendering.encode import Segment
from derivviz.rendering.folder import Folder
from derivviz.rendering.plan import Chunk, Drawn
from derivviz.rendering.quality import QUALITIES
from derivviz.rendering.render import find_scene
from derivviz.rendering.walk import walk

WORKERS = (1, 2, 4, 8)


class Timed(fork.Forked):
    """Notes how much processor time the walk took up to each chunk, and each chunk."""

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder, workers=1)
        self.reached: list[float] = []

    def take(self, chunk: Chunk) -> Segment | None:
        self.make_room()
        self.reached.append(time.process_time())
        return super().take(chunk)

    def waits(self, chunk: Chunk) -> bool:
        return False

    def done(self, chunk: Chunk, drawn: Drawn, content: str | None) -> None:
        self._note(chunk.number).write_text(str(time.process_time()))
        super().done(chunk, drawn, content)

    def taken(self) -> list[float]:
        """Seconds that each chunk took."""
        return [float(self._note(number).read_text()) for number in range(len(self.reached))]

    def _note(self, number: int) -> Path:
        return self.folder.path / f"{number}.seconds"


def with_workers(count: int, reached: Sequence[float], taken: Sequence[float], end: float) -> float:
    """Seconds until all chunks are there and joined.

    Parameters
    ----------
    reached : processor seconds of the walk up to each chunk, its start with imports included
    taken : processor seconds of each chunk
    end : processor seconds of the walk and of joining together
    """
    free = [0.0] * count
    late = 0.0  # how long the walk has waited for a worker
    for begin, seconds in zip(reached, taken, strict=True):
        late = max(late, free[0] - begin)
        heapq.heapreplace(free, begin + late + seconds)
    return max(max(free), reached[-1] + late) + end - reached[-1]


def measure(contest: Contest) -> tuple[list[float], list[float], float]:
    """Render a lesson in this process, which began a moment ago; what `with_workers` takes."""
    lesson, quality = find_scene(library.load(Path(contest.file))), QUALITIES["h"]
    with TemporaryDirectory() as place:
        folder = Folder(Path(place), "mp4", quality)
        share = Timed(folder)
        walked = walk(lesson, quality, Stage(trace=contest.trace), share)
        join.film(folder.parts(walked.chunks), Path(place) / "a.mp4", quality)
        return share.reached, share.taken(), time.process_time()


def main() -> None:
    """Print one line a lesson."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="all if none is named")
    parser.add_argument("--manim", action="store_true", help="render with plain manim, too")
    asked = parser.parse_args()
    names = asked.lessons or [lesson.name for lesson in library.entries("scenes")]
    print(f"{'seconds with so many workers':38}" + "".join(f"{count:12}" for count in WORKERS))
    ratios: dict[int, list[float]] = {count: [] for count in WORKERS}
    fresh = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    for name in names:
        if (contest := Contest.of(name)) is None:
            continue
        reached, taken, end = fresh.submit(measure, contest).result()
        times = [with_workers(count, reached, taken, end) for count in WORKERS]
        print(f"{name:22} walk {end:4.1f} s, {len(taken):2}", end="  ")
        if asked.manim:
            plain = plain_manim(contest, "h").wall
            for count, seconds in zip(WORKERS, times, strict=True):
                ratios[count].append(plain / seconds)
        print(
            "  ".join(f"{t:5.1f}" + (f" {plain / t:4.1f}×" if asked.manim else "") for t in times), flush=True
        )
    if asked.manim:
        means = [f"{statistics.geometric_mean(ratios[count]):.1f}×" for count in WORKERS]
        print("geometric mean: " + ", ".join(means))


if __name__ == "__main__":
    main()
