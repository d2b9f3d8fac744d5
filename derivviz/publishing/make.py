"""A lecture is made: its film, all that goes with it, and the lock from which the same bytes come out again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from derivviz.errors import DerivvizError
from derivviz.publishing import cards, lock
from derivviz.publishing.assemble import Progress, render_all
from derivviz.publishing.cards import Card
from derivviz.publishing.production import Production
from derivviz.publishing.publish import FILES, publish, write
from derivviz.rendering import join
from derivviz.rendering.plan import Plan, Sound
from derivviz.rendering.stills import Moment, stills

STANDS = Moment(time=2.0)  # of a title card that is read slowly: all is there, and nothing has gone yet


@dataclass(frozen=True)
class Made:
    """What was made of a lecture.

    Attributes
    ----------
    files
        The film first, the lock last.
    duration
        Seconds.
    problems
        Failed claims and layout checks, each with the lesson that it is of.
    differs
        What was not as an earlier lock says.
    """

    files: tuple[Path, ...]
    duration: float
    problems: tuple[str, ...]
    differs: tuple[str, ...]


def make(
    production: Production,
    film: Path,
    *,
    workers: int,
    strict: bool = False,
    locked: bool = False,
    cache: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Made:
    """Render a lecture, and put all files in their places once they are whole.

    Parameters
    ----------
    production
        The lecture and its language.
    film
        Where the film goes, an ``.mp4``; everything else is called like it.
    workers
        Processes that draw at a time.
    strict
        Make a failed claim or layout check an error.
    locked
        Make nothing but what the lock beside the film says.
    cache
        Where parts of earlier renders are kept, as for `derivviz.rendering.render.render`; None to draw all.
    progress
        Called with frames done and frames in all, which is 0 while that is not known.

    Raises
    ------
    DerivvizError
        From a lesson; when a file cannot be written; or when `locked`, and something differs from the lock.
    """
    place = film.with_name(f"{film.stem}.lock.json")
    facts = lock.facts(production.lecture, production.stage, production.quality)
    differs = lock.check(place, facts, locked=locked)
    production.check()
    target = join.Target(film)  # says whether anything can be written there
    try:
        with tempfile.TemporaryDirectory(prefix=f".{film.stem}.", dir=film.parent) as name:
            folder = Path(name)
            parts, pieces = zip(*production.pieces(folder), strict=True)
            made = render_all(pieces, workers=workers, strict=strict, cache=cache, progress=progress)
            plans = [rendering.plan for rendering in made]
            joined = folder / film.name
            segments = [(rendering.path, rendering.plan.frames) for rendering in made]
            sound = _sound(plans, production.quality.frame_rate)
            join.film(segments, joined, production.quality, sound=sound)
            talk = production.talk(parts, plans)
            files = [joined, *publish(joined, talk, tuple(FILES)), _poster(production, joined)]
            files.append(folder / place.name)
            write(files[-1], lock.written(facts, files[:-1], place if locked else None))
            for file in files:
                file.replace(film.parent / file.name)
    finally:
        target.discard()
    problems = [
        f"{piece.name}: {problem}"
        for piece, plan in zip(pieces, plans, strict=True)
        for problem in plan.problems
    ]
    return Made(
        tuple(film.parent / file.name for file in files), talk.duration, tuple(problems), tuple(differs)
    )


def _poster(production: Production, film: Path) -> Path:
    """The title and the list of lessons as a picture."""
    lecture = production.lecture
    titles = tuple(episode.title for episode in lecture.lessons)
    card = Card(lecture.title, lecture.summary, lecture.title, titles, len(titles) + 1)
    stage = replace(production.stage, captions=False, reading_speed=1.0)
    (picture,), _ = stills(cards.scene(card), production.quality, stage, [STANDS])
    path = film.with_name(f"{film.stem}.poster.png")
    write(path, picture)
    return path


def _sound(plans: Sequence[Plan], frame_rate: int) -> Sound | None:
    """What all pieces let be heard, one after the other; None where they are all silent."""
    heard = [plan.sound for plan in plans if plan.sound]
    if not heard:
        return None
    if len({(sound.rate, sound.channels) for sound in heard}) > 1:
        raise DerivvizError("the lessons have sound at different rates: record them all at the same one")
    rate, channels = heard[0].rate, heard[0].channels
    samples, frames = b"", 0
    for plan in plans:
        frames += plan.frames
        end = round(frames / frame_rate * rate) * channels * 2
        own = plan.sound.samples if plan.sound else b""
        samples = (samples + own)[:end].ljust(end, b"\0")
    return Sound(samples, rate, channels)
