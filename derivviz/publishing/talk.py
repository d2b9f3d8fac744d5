"""What is told in a film: its title, its parts, and the sentences of each with their times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derivviz.animation.lesson import Beat
from derivviz.animation.stage import Language, Stage
from derivviz.library import Entry
from derivviz.look.prose import plain
from derivviz.publishing import chapters
from derivviz.publishing.chapters import Chapter
from derivviz.rendering.plan import Rendering


@dataclass(frozen=True)
class Part:
    """A lesson of a lecture, or the whole of a lesson that stands by itself.

    Attributes
    ----------
    title
        By language.
    start
        Seconds from the start of the film.
    beats
        Its sentences, their times counted from the start of the film.
    """

    title: Mapping[str, str]
    start: float
    beats: tuple[Beat, ...]


@dataclass(frozen=True)
class Talk:
    """All that is told in a film.

    Attributes
    ----------
    title, summary
        By language.
    parts
        One for a lesson, one a lesson for a lecture.
    duration
        Seconds.
    language
        The one that the film is rendered in.
    captions
        Whether its sentences are drawn in the picture.
    """

    title: Mapping[str, str]
    summary: Mapping[str, str]
    parts: tuple[Part, ...]
    duration: float
    language: Language
    captions: bool

    @property
    def beats(self) -> list[Beat]:
        """The sentences of all parts."""
        return [beat for part in self.parts for beat in part.beats]

    def chapters(self) -> list[Chapter]:
        """A chapter a part where there are several, and a chapter a sentence where there is one."""
        if len(self.parts) == 1:
            return chapters.of_beats(self.beats, self.language, self.duration)
        titles = [part.title[self.language] for part in self.parts]
        return chapters.in_a_row([part.start for part in self.parts], titles, self.duration)

    def sentences(self, beats: Sequence[Beat]) -> list[str]:
        """The sentences of beats in the language of the film."""
        return [plain(beat.text[self.language]) for beat in beats]


def of_lesson(entry: Entry, made: Rendering, stage: Stage) -> Talk:
    """What is told in the film of one lesson."""
    part = Part(entry.title, 0.0, made.plan.beats)
    return Talk(entry.title, entry.summary, (part,), made.duration, stage.language, stage.captions)
