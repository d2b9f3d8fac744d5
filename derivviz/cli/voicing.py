"""What ``--voice`` and ``--voice-engine`` ask for: a lesson with its sentences spoken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from derivviz.cli.console import progress
from derivviz.errors import UsageError

if TYPE_CHECKING:
    from derivviz.animation import Stage
    from derivviz.rendering.quality import Quality

HEARD = ("mp4", "webm", "mov")  # films that have sound
OFFLINE = "espeak-ng"


def check(where: Path, voice: Path | None, marks: Path | None, engine: str | None) -> None:
    """Refuse what does not go together."""
    if voice and engine:
        raise UsageError("--voice brings a recording and --voice-engine makes one: name one of them")
    if marks and not voice:
        raise UsageError("--marks says where the sentences of a recording start: add --voice FILE")
    if (voice or engine) and where.suffix[1:].lower() not in HEARD:
        raise UsageError(f"a voice is heard in {', '.join(HEARD)}, not in {where.name}")


def with_voice(
    scene: type,
    quality: Quality,
    stage: Stage,
    folder: Path,
    *,
    voice: Path | None,
    marks: Path | None,
    engine: str | None,
) -> Stage:
    """The stage with a clip for each sentence of the scene, whose files go into `folder`."""
    if not (voice or engine):
        return stage
    from derivviz.look.prose import plain
    from derivviz.publishing import voice as voicing
    from derivviz.rendering.render import plan

    beats = plan(scene, quality, stage).beats
    if not beats:
        raise UsageError(
            f"{scene.__name__} has no sentences to speak. A class derived from derivviz.animation.Lesson has: "
            "each is opened with say(en=…, ko=…)"
        )
    if engine:
        sentences = [plain(beat.text[stage.language]) for beat in beats]
        with progress(f"Reading aloud by {engine}", "sentences") as tell:
            return replace(stage, spoken=voicing.speak(sentences, stage.language, engine, folder, tell))
    assert voice is not None
    recording = voicing.read(voice)
    spans = (
        voicing.marked(marks, len(beats), recording.duration)
        if marks
        else voicing.pauses(recording, len(beats))
    )
    return replace(stage, spoken=voicing.clips(recording, spans, folder))
