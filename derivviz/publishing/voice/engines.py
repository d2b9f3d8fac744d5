"""Engines that read sentences aloud: espeak-ng without a network, or a service of manim-voiceover."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from derivviz.animation.stage import Clip
from derivviz.errors import DerivvizError, UsageError, nearest
from derivviz.publishing.voice.recording import Recording, clips, read

OFFLINE = "espeak-ng"
WORDS_A_MINUTE = 150


def speak(
    sentences: Sequence[str],
    language: str,
    engine: str,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Clip, ...]:
    """Have sentences read aloud.

    Parameters
    ----------
    sentences
        As they are read.
    language
        ``"en"`` or ``"ko"``.
    engine
        ``"espeak-ng"``, or a service of manim-voiceover by the name of its module, as ``"gtts"``.
    folder
        Where the sound files go.
    progress
        Called with how many sentences are read, and of how many.

    Raises
    ------
    UsageError
        When there is no such engine.
    DerivvizError
        When it is not installed, or fails.
    """
    reader = _espeak(language, folder) if engine == OFFLINE else _service(engine, language, folder)
    made: list[Clip] = []
    for number, sentence in enumerate(sentences):
        progress(number, len(sentences))
        said: Recording = reader(sentence)
        place = folder / f"sentence{number + 1}"
        place.mkdir()
        made += clips(said, [(0.0, said.duration)], place)
    progress(len(sentences), len(sentences))
    return tuple(made)


def _espeak(language: str, folder: Path) -> Callable[[str], Recording]:
    program = shutil.which(OFFLINE)
    if program is None:
        raise DerivvizError(
            "the voice engine espeak-ng is not installed: type  sudo apt-get install espeak-ng  "
            "(macOS:  brew install espeak-ng), or bring a recording of your own with --voice"
        )
    path = folder / "espeak.wav"

    def say(sentence: str) -> Recording:
        words = [program, "-v", language, "-s", str(WORDS_A_MINUTE), "-w", str(path), "--stdin"]
        done = subprocess.run(words, input=sentence.encode(), capture_output=True)
        if done.returncode:
            raise DerivvizError(f"espeak-ng could not read {sentence!r}: {done.stderr.decode().strip()}")
        return read(path)

    return say


def _service(name: str, language: str, folder: Path) -> Callable[[str], Recording]:
    try:
        from manim_voiceover import services
        from manim_voiceover.services.base import SpeechService
    except ImportError as error:
        raise UsageError(
            f"there is no voice engine {name!r}: it is espeak-ng, or a service of manim-voiceover, which is an "
            "extra: type  pip install 'derivviz[voice]'"
        ) from error
    known = sorted(
        {found.name for found in pkgutil.iter_modules(services.__path__)} - {"base", "cache", "stitcher"}
    )
    if name not in known or not re.fullmatch(r"\w+", name):
        guess = nearest(name, [OFFLINE, *known], 1)
        hint = f" Did you mean {guess[0]!r}?" if guess else ""
        raise UsageError(
            f"there is no voice engine {name!r}: it is {OFFLINE} or one of {', '.join(known)}.{hint}"
        )
    try:
        module = importlib.import_module(f"manim_voiceover.services.{name}")
        kind: Any
        (kind,) = (
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and issubclass(value, SpeechService)
            and value.__module__ == module.__name__
        )
        tongue = {"lang": language} if "lang" in inspect.signature(kind).parameters else {}
        service = kind(cache_dir=folder, **tongue)
    except Exception as error:  # whatever somebody else's service says when its package or key is missing
        raise DerivvizError(f"the voice engine {name!r} does not start: {error}") from error

    def say(sentence: str) -> Recording:
        try:
            said = service.generate_from_text(sentence)
        except Exception as error:
            raise DerivvizError(f"the voice engine {name!r} could not read {sentence!r}: {error}") from error
        return read(folder / said["original_audio"])

    return say
