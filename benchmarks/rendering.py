"""How long a scene takes: plain manim, and derivviz with one worker and with several.

Every round runs each contestant once, one after the other, on the same file at the same size; the table shows
medians of the rounds' ratios, of wall time and of processor time. On a machine that others use too, trust the
processor time.

    python benchmarks/rendering.py                      all lessons, 480p15, one round
    python benchmarks/rendering.py --full               1080p60
    python benchmarks/rendering.py tangent rules        some of them
    python benchmarks/rendering.py mine.py:MyScene      a scene of your own

A lesson that teaches from a recorded run takes the one that lies in `renders` under its own name, as
`derivviz record` leaves it there; without one it is left out, which is said.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from derivviz import library
from derivviz.rendering.render import find_scene

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """One run: seconds on the clock, seconds of all processors, and bytes of the file."""

    wall: float
    cpu: float
    size: int


def run(command: Sequence[str], folder: Path, trace: str | None, cache: str | None) -> Run:
    """Run a command to its end, and look at the one file that it made."""
    environment = dict(os.environ, PYTHONHASHSEED="0")
    if cache:
        environment["XDG_CACHE_HOME"] = cache
    if trace:
        environment["DERIVVIZ_TRACE"] = trace
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    films = [film for film in folder.rglob("*.mp4") if "partial_movie_files" not in film.parts]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, films[0].stat().st_size)


@dataclass(frozen=True)
class Contest:
    """A scene to render: its file, its class, and the trace that it teaches from."""

    file: str
    scene: str
    trace: str | None = None

    @classmethod
    def of(cls, told: str) -> Contest | None:
        """A lesson by its name, or ``FILE:SCENE``; None where its recorded run is not there."""
        if ":" in told:
            return cls(*told.rsplit(":", 1))
        lesson = library.read(library.find("scenes", told))
        trace = ROOT / "renders" / f"{lesson.recorded_by}.zarr"
        if lesson.requires and not trace.exists():
            print(f"{told}: left out; 'derivviz record {lesson.recorded_by}' makes its run", flush=True)
            return None
        scene = find_scene(library.load(lesson.path)).__name__
        return cls(str(lesson.path), scene, str(trace) if lesson.requires else None)


def plain_manim(contest: Contest, quality: str) -> Run:
    """Have manim itself render it."""
    with TemporaryDirectory() as place:
        command = [sys.executable, "-m", "manim", "render", "--disable_caching", f"-q{quality}"]
        command += ["--media_dir", place, contest.file, contest.scene]
        return run(command, Path(place), contest.trace, None)


def rounds(
    contest: Contest, quality: str, count: int, workers: Sequence[int], again: bool
) -> list[list[Run]]:
    """Runs of manim, of derivviz with each number of workers, and on request once more with what it kept."""
    trace = contest.trace
    table = []
    for _ in range(count):
        row = []
        with TemporaryDirectory() as cache:
            for worker in (0, *workers, *([-workers[-1], -workers[-1]] if again else [])):
                if worker == 0:
                    row.append(plain_manim(contest, quality))
                    continue
                with TemporaryDirectory() as place:
                    command = [_script("derivviz"), "render", contest.file, contest.scene, f"-q{quality}"]
                    command += ["-o", f"{place}/a.mp4", "--workers", str(abs(worker))]
                    command += ["--no-cache"] if worker > 0 else []
                    command += ["--trace", trace] if trace else []
                    row.append(run(command, Path(place), trace, cache if worker < 0 else None))
        if again:
            del row[-2]  # it filled the cache
        table.append(row)
    return table


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "scenes", nargs="*", metavar="LESSON or FILE:SCENE", help="all lessons if none is named"
    )
    parser.add_argument("--full", action="store_true", help="1080p60")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--again", action="store_true", help="and render once more what did not change")
    asked = parser.parse_args()
    quality, count = "h" if asked.full else "l", asked.rounds
    print(f"-q {quality}, {count} round(s); times faster than manim: wall (processor)", flush=True)
    heads = [f"{w} worker{'s' if w > 1 else ''}" for w in asked.workers]
    columns = [*asked.workers, *([0] if asked.again else [])]  # 0 stands for the second render
    heads += ["again"] if asked.again else []
    print(f"{'scene':21} {'manim':>18}  " + "  ".join(f"{h:>14}" for h in heads) + "   size")
    overall: dict[int, list[float]] = {w: [] for w in columns}
    for told in asked.scenes or [lesson.name for lesson in library.entries("scenes")]:
        if (contest := Contest.of(told)) is None:
            continue
        table = rounds(contest, quality, count, asked.workers, asked.again)
        plain = [row[0] for row in table]
        cells = []
        for i, worker in enumerate(columns, 1):
            wall = statistics.median(row[0].wall / row[i].wall for row in table)
            cpu = statistics.median(row[0].cpu / row[i].cpu for row in table)
            overall[worker].append(wall)
            cells.append(f"{wall:5.1f}× ({cpu:4.1f}×)")
        manim = f"{statistics.median(r.wall for r in plain):.1f} s ({statistics.median(r.cpu for r in plain):.1f})"
        size = statistics.median(row[-1].size / row[0].size for row in table)
        print(f"{contest.scene:21} {manim:>18}  " + "  ".join(f"{c:>14}" for c in cells), end="")
        print(f"  {size:4.1f}×", flush=True)
    means = [f"{statistics.geometric_mean(overall[w]):5.1f}×" for w in columns]
    print(f"{'geometric mean':>40}  " + "  ".join(f"{m:>14}" for m in means))


if __name__ == "__main__":
    main()
