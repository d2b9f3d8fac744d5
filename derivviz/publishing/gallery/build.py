"""Run what has to be run, and write the site around it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import derivviz
from derivviz.animation.stage import LANGUAGES
from derivviz.errors import DerivvizError
from derivviz.publishing.gallery.plan import Job, Topic
from derivviz.publishing.gallery.site import NAMES, source
from derivviz.publishing.publish import write

_PROGRAM = "from derivviz.cli import main; main()"


def build(
    topics: Sequence[Topic], folder: Path, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Path]:
    """Make the gallery: run each command whose file is missing or older than what it is made from.

    Parameters
    ----------
    topics
        What it shows.
    folder
        Where the site goes; its films and figures lie beside its pages.
    progress
        Called with how many commands are done, and of how many.

    Returns
    -------
    pages
        The first page in each language.

    Raises
    ------
    DerivvizError
        When a command fails; it says what the command printed. What was made before it stays, so that the
        same call goes on from there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = list(dict.fromkeys(job for topic in topics for job in topic.jobs()))
    for done, job in enumerate(jobs):
        progress(done, len(jobs))
        if not fresh(job):
            run(job)
    progress(len(jobs), len(jobs))
    pages = []
    for language in LANGUAGES:
        pages.append(folder / NAMES[language])
        write(pages[-1], source(topics, folder, language).encode())
    return pages


def fresh(job: Job) -> bool:
    """Whether the file is there, and newer than its sources and all of derivviz; a trace is only to be there."""
    if not job.made.exists() or job.words[0] == "record":
        return job.made.exists()
    made = job.made.stat().st_mtime
    return made >= max([code_changed(), *(path.stat().st_mtime for path in job.sources)])


def code_changed() -> float:
    """When a file of derivviz was last changed, in seconds since the epoch."""
    package = Path(derivviz.__file__).parent
    files = [path for path in package.rglob("*.*") if path.is_file() and path.suffix != ".pyc"]
    return max(path.stat().st_mtime for path in files)


def run(job: Job) -> None:
    """Run a command in a process of its own, as it would be typed."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *job.words], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise DerivvizError(f"'{job.typed}' failed, exit code {done.returncode}:\n{done.stderr.strip()}")
