"""A lesson by its name, as Python asks for it: it plays itself in a notebook, with its sentences below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from derivviz import library
from derivviz.errors import DerivvizError, UsageError
from derivviz.look.prose import plain
from derivviz.notebook.shown import Shown
from derivviz.trace import Trace, open_trace

if TYPE_CHECKING:
    from manim import Scene

    from derivviz.animation.stage import Stage
    from derivviz.rendering.plan import Rendering


@dataclass
class ShownLesson:
    """A lesson that a notebook plays; it is rendered when it is first shown, and kept.

    Attributes
    ----------
    title, summary
        In the language that it is told in.
    """

    title: str
    summary: str
    scene: type[Scene]
    stage: Stage
    quality: str

    def __repr__(self) -> str:
        return f"{self.title}. {self.summary}"

    def save(self, path: str | PathLike[str], quality: str = "h") -> Path:
        """Render it into a file, as ``derivviz render -q`` does: an mp4, webm, mov or gif.

        Raises
        ------
        DerivvizError
            As `derivviz.rendering.render.render`.
        """
        return self._render(Path(path), quality).path

    def _render(self, path: Path, quality: str) -> Rendering:
        from derivviz.rendering.quality import QUALITIES
        from derivviz.rendering.render import render
        from derivviz.rendering.store import default_folder

        if quality not in QUALITIES:
            raise UsageError(f"there is no quality {quality!r}: it is one of {', '.join(QUALITIES)}")
        return render(self.scene, path, QUALITIES[quality], self.stage, cache=default_folder())

    @cached_property
    def _html(self) -> str:
        with TemporaryDirectory(prefix="derivviz-") as place:
            film = self._render(Path(place) / "lesson.mp4", self.quality)
            played = Shown(film.path)._repr_html_()
        told = "".join(
            f"<li>{escape(plain(beat.text[self.stage.language]))}</li>" for beat in film.plan.beats
        )
        heading = {"en": "What is said", "ko": "설명"}[self.stage.language]
        below = f"<details><summary>{heading}</summary><ol>{told}</ol></details>" if told else ""
        return f"<p><strong>{escape(self.title)}</strong><br>{escape(self.summary)}</p>{played}{below}"

    def _repr_html_(self) -> str:
        return self._html

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def lesson(
    name: str,
    trace: Trace | str | PathLike[str] | None = None,
    *,
    theme: str = "dark",
    language: Literal["en", "ko"] = "en",
    quality: str = "l",
    **parameters: Any,
) -> ShownLesson:
    """The lesson of a name that ``derivviz list`` shows, or of a file of one's own, which is run.

    Parameters
    ----------
    trace
        A recorded run, or where one is, for a lesson that teaches from it.
    theme
        ``dark`` or ``paper``.
    language
        ``en`` or ``ko``.
    quality
        Of the film in the notebook: ``l`` for 480p15, ``m`` for 720p30, ``h`` for 1080p60.
    **parameters
        Values of the lesson's own parameters, by the names of its options.

    Raises
    ------
    UsageError
        For a name, theme, language or parameter that there is not, and where a trace is needed.
    DerivvizError
        Where manim is missing.

    Examples
    --------
    >>> import derivviz
    >>> derivviz.lesson("tangent", function="x^3", at=1)  # doctest: +SKIP
    """
    path = library.find("scenes", name)
    entry = library.read(path)
    if entry.requires and trace is None:
        raise UsageError(
            f"the lesson {entry.name!r} teaches from a recorded run. Record one with "
            f"'derivviz record {entry.recorded_by}', and give its path: "
            f"lesson({name!r}, 'renders/{entry.recorded_by}.zarr')"
        )
    if language not in ("en", "ko"):
        raise UsageError(f"there is no language {language!r}: lessons are in 'en' or 'ko'")
    try:
        from derivviz.animation.stage import Stage
        from derivviz.rendering.render import find_scene
    except ModuleNotFoundError as missing:
        raise DerivvizError(
            f"a lesson needs {missing.name}, which is an extra: pip install 'derivviz[render]'"
        ) from None
    from derivviz.look.theme import theme as theme_named
    from derivviz.parameters import fill

    place = None
    if trace is not None:
        place = str((trace if isinstance(trace, Trace) else open_trace(trace)).path)
    typed = {flag.replace("_", "-"): value for flag, value in parameters.items()}
    scene = find_scene(library.load(path))
    kind = getattr(scene, "Parameters", None)
    if kind is not None:
        fill(kind, typed)  # so that a wrong one is told now
    elif typed:
        raise UsageError(f"{entry.name!r} has no parameters, but {', '.join(typed)} was given")
    stage = Stage(language, theme_named(theme), trace=place, parameters=typed)
    return ShownLesson(entry.title[language], entry.summary[language], scene, stage, quality)
