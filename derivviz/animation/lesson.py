"""A lesson is a manim scene told in spoken beats, whose pictures are claims that it verifies itself."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

from manim import DOWN, LEFT, UP, FadeIn, FadeOut, Scene, config, logger
from pydub import AudioSegment

from derivviz import library
from derivviz.animation import frame
from derivviz.animation import stage as staging
from derivviz.animation.layout import Problem, check
from derivviz.animation.stage import SIZES, Clip, Stage
from derivviz.animation.typeset import UNITS_PER_POINT, Words
from derivviz.errors import DerivvizError
from derivviz.look.prose import plain, together
from derivviz.look.typst import quoted
from derivviz.parameters import fill

if TYPE_CHECKING:
    from derivviz.trace import Trace

NOTICED = 0.8  # seconds until a new sentence is seen, before it is read
MARGIN = 0.45  # between the title and the edges of the frame
_NARROWER = (0.9, 0.8, 0.7, 0.6)  # widths to try for a caption, as shares of the widest
BREATH = 0.4  # seconds between two spoken sentences, at least


@dataclasses.dataclass
class Beat:
    """One spoken sentence and the stretch of the lesson that it covers.

    Attributes
    ----------
    number
        From 1.
    start, end
        Seconds from the start of the lesson.
    text
        The sentence by language.
    """

    number: int
    start: float
    text: dict[str, str]
    end: float = 0.0


class Lesson(Scene):
    """Base of every lesson: a manim scene with beats, two languages, themes, parameters and claims.

    A subclass gives `construct`, which opens each beat with `say`, and `verify`, which reads numbers back off
    the final mobjects and holds them against the mathematics or the trace with `claim`.

    Attributes
    ----------
    requires
        Keys of a trace that the lesson reads, paths of arrays outside the step table (``"sensitivity/saliency"``),
        and ``"evaluation"`` where it reads the held-out pictures.
    aspects
        Shapes of the frame that it is laid out for: ``"16:9"``, ``"9:16"``, ``"1:1"``. `construct` asks
        `derivviz.animation.frame` where things belong; the shorter side is 8 units, 12 in a square.
    Parameters
        A frozen dataclass of `parameter` fields; its values are in `parameters`.
    stage
        Language, theme, captions and trace of this rendering.
    beats
        The beats told so far.
    problems
        Failed claims and layout checks so far.
    on_beat_end
        Called when the last picture of a beat was shown, before its layout is looked at.
    """

    requires: ClassVar[tuple[str, ...]] = ()
    aspects: ClassVar[tuple[str, ...]] = ("16:9",)

    @dataclasses.dataclass(frozen=True)
    class Parameters:
        """A lesson without parameters of its own."""

    def __init__(self, renderer: Any = None, *, stage: Stage | None = None, **kwargs: Any) -> None:
        self.stage = stage or Stage.from_environment()
        staging.enter(self.stage)
        frame.enter()
        config.background_color = self.stage.theme.background
        self.parameters: Any = fill(self.Parameters, self.stage.parameters)
        self.beats: list[Beat] = []
        self.problems: list[Problem] = []
        self.on_beat_end: Callable[[], None] = lambda: None
        self._caption: Words | None = None
        self._told_at = ""  # line of the sentence of this beat
        super().__init__(renderer=renderer, **kwargs)
        camera = self.renderer.camera  # made before the lesson, where a renderer is given
        camera.frame_width, camera.frame_height = config.frame_width, config.frame_height
        camera.background_color = self.stage.theme.background

    # ---- telling ----------------------------------------------------------------------------------------

    def choose(self, *, en: str, ko: str) -> str:
        """Text in the language of this rendering."""
        return self.stage.choose(en=en, ko=ko)

    def words(self, *, en: str, ko: str, **kwargs: Any) -> Words:
        """Words in the language of this rendering; further arguments as for `Words`."""
        return Words(self.choose(en=en, ko=ko), **kwargs)

    def title(self) -> Words:
        """Show the lesson's title, from its docstring, at the top left."""
        source = sys.modules[type(self).__module__].__file__ or ""
        told = library.read(Path(source)).title[self.stage.language]
        title = Words(f"*{quoted(told)}*", "title")
        room = config.frame_width - 2 * MARGIN
        if title.width > room:
            size = title.size * room / title.width
            small = size < SIZES["label"]  # then on two lines, the second one behind a colon
            lines = told.replace(": ", ":\n", 1).split("\n") if small else [told]
            broken = " \\ ".join(f"*{quoted(line)}*" for line in lines)
            title = Words(broken, SIZES["label"] if small else size, width=room if small else None)
        title.to_corner(UP + LEFT, buff=MARGIN)
        self.play(FadeIn(title, shift=DOWN * 0.15), run_time=0.7)
        return title

    def say(self, *, en: str, ko: str) -> None:
        """Open a beat: end the one before, once there was time to read it, and show the new sentence."""
        self.end_beat()
        self.on_beat_end()  # also of what came before the first one
        self.beats.append(Beat(len(self.beats) + 1, self.time, {"en": en, "ko": ko}))
        self._told_at = self._line()
        if clip := self._spoken():
            with clip.path.open("rb") as file:  # `add_sound` would leave it open
                self.renderer.file_writer.add_audio_segment(AudioSegment.from_wav(file), self.time)
        if not self.stage.captions:
            return
        sentence = self._sentence(en=en, ko=ko)
        sentence.set_y(frame.caption_top() - 0.12 - sentence.height / 2)
        if self._caption is not None:  # first out, then in: two sentences on each other are none
            self.play(FadeOut(self._caption), run_time=0.15)
        self.play(FadeIn(sentence), run_time=0.25)
        self._caption = sentence

    def _sentence(self, *, en: str, ko: str) -> Words:
        """A sentence set for the captions; one that takes several lines, in lines of like lengths."""
        room = config.frame_width - frame.pick(wide=1.2, tall=0.9, square=1.2)
        en, ko = together(en), together(ko)
        sentence = self.words(en=en, ko=ko, size="caption", width=room, centered=True)
        if sentence.height < 1.5 * sentence.size * UNITS_PER_POINT:  # one line
            return sentence
        for share in _NARROWER:
            narrower = self.words(en=en, ko=ko, size="caption", width=share * room, centered=True)
            if narrower.height > sentence.height + 0.1:  # a line more
                break
            sentence = narrower
        return sentence

    def end_beat(self) -> None:
        """Give the viewer the time that is left to read the sentence, or to hear it, and end its beat.

        The next `say` does so, and the end of the lesson; a lesson that clears its picture does it before.
        """
        if not self.beats or self.beats[-1].end:
            return
        beat = self.beats[-1]
        clip = self._spoken()
        needed = (
            clip.seconds + BREATH
            if clip
            else NOTICED + self.stage.reading_time(plain(beat.text[self.stage.language]))
        )
        frames = math.ceil((beat.start + needed - self.time) * config.frame_rate - 1e-6)
        if frames > 0:  # manim cuts a wait down to whole frames
            self.wait((frames + 0.01) / config.frame_rate)
        beat.end = self.time
        self.on_beat_end()
        self._report("layout", check(self.mobjects))

    def _spoken(self) -> Clip | None:
        """The voice of the beat that is told."""
        number = len(self.beats)
        return self.stage.spoken[number - 1] if number <= len(self.stage.spoken) else None

    def tear_down(self) -> None:
        self.end_beat()
        if not self.beats:
            self._report("layout", check(self.mobjects))
        self.verify()
        for problem in self.problems:
            logger.warning(str(problem))
        super().tear_down()

    # ---- the trace --------------------------------------------------------------------------------------

    @cached_property
    def trace(self) -> Trace:
        """The recorded run that the lesson teaches from.

        Raises
        ------
        DerivvizError
            When none was named, or when it lacks a series that the lesson `requires`.
        """
        told = library.read(Path(sys.modules[type(self).__module__].__file__ or "lesson.py"))
        run = told.recorded_by
        if self.stage.trace is None:
            raise DerivvizError(
                f"the lesson '{told.name}' teaches from a recorded run. Record one with 'derivviz record {run}', "
                f"then type 'derivviz render {told.name} --trace renders/{run}.zarr'"
            )
        from derivviz.trace import open_trace

        trace = open_trace(self.stage.trace)
        missing = [key for key in self.requires if not _recorded(trace, key)]
        if missing:
            raise DerivvizError(
                f"the trace {self.stage.trace} has no {', '.join(missing)}, which the lesson '{told.name}' shows. "
                f"'derivviz record {run}' records one that has"
            )
        return trace

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Hold the final picture against the mathematics or the trace, a `claim` for each thing it says."""

    def claim(self, what: str, drawn: float, true: float, tolerance: float = 1e-6) -> None:
        """Say that a number read off the picture equals what it stands for.

        Parameters
        ----------
        what
            The claim in words, for the message when it fails.
        drawn
            The number read back off the mobjects.
        true
            What the mathematics or the trace gives.
        tolerance
            Allowed difference, relative for numbers beyond 1 in size, absolute below.
        """
        agree = math.isfinite(true) and abs(drawn - true) <= tolerance * max(1.0, abs(true))
        if not (agree or drawn == true):
            self._report("claim", [f"{what}: the picture says {drawn!r}, but it is {true!r}"])

    def _report(self, kind: str, messages: list[str]) -> None:
        where = self._told_at if kind == "layout" and self._told_at else self._line()
        self.problems += [Problem(kind, len(self.beats), self.time, message, where) for message in messages]

    def _line(self) -> str:
        """File and line of the lesson that are being run, as ``tangent.py:214``."""
        source = sys.modules[type(self).__module__].__file__ or ""
        caller: FrameType | None = sys._getframe(1)
        while caller is not None and caller.f_code.co_filename != source:
            caller = caller.f_back
        return Path(source).name + (f":{caller.f_lineno}" if caller else "")


def _recorded(trace: Trace, key: str) -> bool:
    """Whether a trace has a series, an array by its path or, by the name ``evaluation``, its held-out pictures."""
    if key != "evaluation":
        return key in trace or key in trace.arrays
    try:
        return trace.evaluation is not None
    except KeyError:
        return False
