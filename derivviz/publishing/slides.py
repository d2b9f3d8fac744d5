"""Slides: a film in the format of manim-slides, one slide a sentence, which are the speaker's notes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from derivviz.errors import DerivvizError
from derivviz.publishing.cut import cut, reverse
from derivviz.publishing.publish import write
from derivviz.publishing.talk import Talk
from derivviz.rendering.quality import Quality


def slides(
    film: Path,
    talk: Talk,
    folder: Path,
    name: str,
    quality: Quality,
    background: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Write a film as slides: ``NAME.json`` in a folder, and what it names in ``files/NAME``.

    Parameters
    ----------
    film
        An mp4 as `derivviz.rendering` makes it.
    talk
        What is told in it.
    folder
        Folder of slides, as ``manim-slides --folder`` takes it.
    name
        What manim-slides calls it.
    quality
        Size and frame rate of the film.
    background
        Colour around it, as ``#RRGGBB``.
    progress
        Called with slides done and slides in all.

    Returns
    -------
    path
        The JSON file.

    Raises
    ------
    DerivvizError
        When the film has no sentences, or the files cannot be written.
    """
    rate = quality.frame_rate
    starts = [0, *(round(beat.start * rate) for beat in talk.beats[1:])]
    ends = [*starts[1:], round(talk.duration * rate)]
    if not talk.beats:
        raise DerivvizError(
            f"{name} has no sentences: a slide is made of each. A Lesson has, by say(en=…, ko=…)"
        )
    place = folder / "files" / name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=place.parent) as beside:
            told = []
            for number, (start, end, notes) in enumerate(
                zip(starts, ends, talk.sentences(talk.beats), strict=True)
            ):
                forwards, backwards = f"{number + 1:03d}.mp4", f"{number + 1:03d}.reversed.mp4"
                cut(film, start, end, Path(beside, forwards), quality)
                reverse(Path(beside, forwards), Path(beside, backwards), quality)
                # manim-slides looks from beside its folder
                own = f"{folder.name}/files/{name}"
                told.append({"file": f"{own}/{forwards}", "rev_file": f"{own}/{backwards}", "notes": notes})
                progress(number + 1, len(starts))
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(beside, place)
    except OSError as error:
        raise DerivvizError(
            f"cannot write in {folder}: {error.strerror}; name another place with -o"
        ) from error
    made = {"slides": told, "resolution": [quality.width, quality.height], "background_color": background}
    path = folder / f"{name}.json"
    write(path, json.dumps(made, ensure_ascii=False, indent=2).encode())
    return path
