"""A lecture in one language: the pieces that its film is joined of, and all that is told in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from derivviz import library
from derivviz.animation import Beat, Lesson
from derivviz.animation.stage import Language, Stage
from derivviz.errors import DerivvizError
from derivviz.look.theme import theme
from derivviz.parameters import fill
from derivviz.publishing.assemble import Piece
from derivviz.publishing.cards import Card
from derivviz.publishing.lecture import Lecture
from derivviz.publishing.talk import Part, Talk
from derivviz.rendering.plan import Plan
from derivviz.rendering.quality import QUALITIES, Quality
from derivviz.rendering.render import find_scene
from derivviz.rendering.setting import check_shape


@dataclass(frozen=True)
class Production:
    """A lecture to be made in one language.

    Attributes
    ----------
    lecture
        What its file says; how it is rendered may have been chosen otherwise.
    language
        ``"en"`` or ``"ko"``.
    """

    lecture: Lecture
    language: Language

    @property
    def quality(self) -> Quality:
        """Size, shape and frame rate."""
        return QUALITIES[self.lecture.quality].shaped(self.lecture.aspect)

    @property
    def stage(self) -> Stage:
        """What all lessons are staged in."""
        lecture = self.lecture
        speed = lecture.reading_speed.get(self.language)
        return Stage(self.language, theme(lecture.theme), lecture.captions, reading_speed=speed)

    def card(self, number: int) -> Card | None:
        """A title card: before lesson `number` from 1, the opening one for 0, the closing one after the last."""
        lecture = self.lecture
        titles = tuple(episode.title for episode in lecture.lessons)
        if 1 <= number <= len(titles):
            episode = lecture.lessons[number - 1]
            nothing = dict.fromkeys(episode.title, "")
            return Card(episode.title, nothing, episode.say, titles, number) if episode.say else None
        say = lecture.closing if number else lecture.opening
        return Card(lecture.title, lecture.summary, say, titles, number) if say else None

    def pieces(self, folder: Path) -> list[tuple[int, Piece]]:
        """Title cards and lessons in order, each with the number of the part that it belongs to, from 0."""
        found: list[tuple[int, Piece]] = []

        def add(
            part: int, source: Path | Card | None, name: str, stage: Stage, scene: str | None = None
        ) -> None:
            if source is not None:
                film = folder / f"{len(found):03d}.mp4"
                found.append((part, Piece(source, scene, stage, self.quality, film, name)))

        lessons = self.lecture.lessons
        add(0, self.card(0), f"{self.lecture.path}, opening", self.stage)
        for part, episode in enumerate(lessons):
            add(part, self.card(part + 1), f"{episode.where}.say", self.stage)
            trace = None if episode.trace is None else str(episode.trace)
            own = replace(self.stage, trace=trace, parameters=dict(episode.parameters))
            add(part, episode.path, f"{episode.where} ({episode.path.stem})", own, episode.scene)
        add(len(lessons) - 1, self.card(len(lessons) + 1), f"{self.lecture.path}, closing", self.stage)
        return found

    def check(self) -> None:
        """Load every lesson, and look at its shapes and parameters, before an hour is spent on the others.

        Raises
        ------
        DerivvizError
            When a lesson does not load or has not the shape of the lecture, or when a parameter is wrong; the
            message names file, line and key.
        """
        for episode in self.lecture.lessons:
            try:
                scene = find_scene(library.load(episode.path), episode.scene)
                check_shape(scene, self.quality)
                if issubclass(scene, Lesson):
                    fill(scene.Parameters, episode.parameters)
            except DerivvizError as error:
                raise type(error)(f"{episode.where}: {error}") from error

    def talk(self, parts: Sequence[int], plans: Sequence[Plan]) -> Talk:
        """All that is told in the film, at its times there.

        Parameters
        ----------
        parts, plans
            Of each piece: the part that it belongs to, and what was rendered.
        """
        frames = 0
        begins: dict[int, float] = {}
        beats: dict[int, list[Beat]] = {}
        for part, plan in zip(parts, plans, strict=True):
            start = frames / self.quality.frame_rate
            begins.setdefault(part, start)
            told = [replace(b, start=b.start + start, end=b.end + start) for b in plan.beats]
            beats.setdefault(part, []).extend(told)
            frames += plan.frames
        lecture = self.lecture
        found = tuple(
            Part(episode.title, begins[part], tuple(beats[part]))
            for part, episode in enumerate(lecture.lessons)
        )
        duration = frames / self.quality.frame_rate
        return Talk(lecture.title, lecture.summary, found, duration, self.language, lecture.captions)
