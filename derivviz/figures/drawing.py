"""A figure by its name, as Python asks for it: drawn, to be shown or saved."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any

from matplotlib.figure import Figure

from derivviz import library
from derivviz.errors import UsageError
from derivviz.figures.canvas import Artists, check, page
from derivviz.figures.data import rows, table
from derivviz.figures.motion import Motion
from derivviz.figures.saving import no_boxes, save, whole
from derivviz.figures.sizes import Size, size_named
from derivviz.figures.snippets import snippets
from derivviz.figures.style import style
from derivviz.parameters import fill
from derivviz.trace import Trace, open_trace

SCREEN = 192  # dots an inch: two for each of a notebook's pixels


@dataclass(frozen=True)
class Drawing:
    """A figure that was drawn. A notebook shows it.

    Attributes
    ----------
    figure
        matplotlib's.
    artists
        Those that show data, by what they show.
    title, summary
        In the language that it is drawn in.
    caption
        What it shows, with the numbers; the summary where the figure's file tells none.
    theme, language
        What it is drawn in.
    size
        What it is drawn for; None for the size of its own.
    animate
        Makes its motion; None for a figure without steps.
    """

    figure: Figure
    artists: Artists
    title: str
    summary: str
    caption: str
    theme: str
    language: str
    size: Size | None = None
    animate: Callable[[], Motion] | None = None

    def motion(self) -> Motion:
        """How it goes through its steps.

        Raises
        ------
        UsageError
            When it has none.
        """
        if self.animate is None:
            moving = ", ".join(entry.name for entry in library.entries("scripts") if entry.moves)
            raise UsageError(
                f"the figure {self.title!r} has no steps to go through: draw it as pdf, svg or png. "
                f"Those that move: {moving}"
            )
        with style(self.theme, self.language, self.size):
            return self.animate()

    def save(self, path: str | PathLike[str], *, transparent: bool = False) -> Path:
        """Write it as PDF, SVG or PNG, as the name ends: all of it or nothing.

        `transparent` leaves the ground out.

        Raises
        ------
        DerivvizError
            As `derivviz.figures.save`.
        """
        where = Path(path)
        with style(self.theme, self.language, self.size):
            save(self.figure, where, title=self.title, summary=self.alt, transparent=transparent)
        return where

    @property
    def alt(self) -> str:
        """What it shows, for those who do not see it."""
        return self.summary if self.caption == self.summary else f"{self.summary} {self.caption}"

    def describe(self, path: str | PathLike[str]) -> list[Path]:
        """Write its numbers and its words beside the file `path` that it was saved to.

        Returns
        -------
        ``NAME.caption.md``: title, caption, alternative text, and what to paste into LaTeX, Typst, Quarto and
        Markdown; and ``NAME.data.csv``, every number that is drawn, where any is.

        Raises
        ------
        DerivvizError
            When a file cannot be written.
        """
        where = Path(path)
        pasted = snippets(Path(where.name), self.title, self.caption, self.alt)
        words = [f"# {self.title}", self.caption, f"Alternative text: {self.alt}"]
        words += [f"## {name}\n\n~~~\n{text}\n~~~" for name, text in pasted.items()]
        texts = {where.with_suffix(".caption.md"): "\n\n".join(words) + "\n"}
        if any(True for artist in self.artists.values() for _ in rows(artist)):
            texts[where.with_suffix(".data.csv")] = table(self.artists)
        for file, text in texts.items():
            whole(file, partial(Path.write_text, data=text, encoding="utf-8"))
        return list(texts)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        picture = BytesIO()
        with style(self.theme, self.language), no_boxes():
            self.figure.savefig(picture, format="png", dpi=SCREEN)
        width, height = (round(side * SCREEN / 2) for side in self.figure.get_size_inches())
        data = {"image/png": picture.getvalue(), "text/plain": f"{self.title}. {self.alt}"}
        return data, {"image/png": {"width": width, "height": height}}


def figure(
    name: str,
    trace: Trace | str | PathLike[str] | None = None,
    *,
    theme: str = "paper",
    language: str = "en",
    width: str | None = None,
    journal: str | None = None,
    **parameters: Any,
) -> Drawing:
    """Draw the figure of a name that ``derivviz list`` shows, or of a file of one's own, which is run.

    Parameters
    ----------
    trace
        A recorded run, or where one is; None for a figure of a function.
    theme
        ``paper`` or ``dark``.
    language
        ``en`` or ``ko``.
    width
        Where it will be seen: ``column``, ``text``, ``page``, ``poster`` or ``slide``. It is laid out for that, and
        saved as wide. None for the width of an A4 page's text.
    journal
        Whose columns and pages: ``a4-report``, ``ieee`` or ``nature``.
    **parameters
        Values of the figure's own parameters, by the names of its options.

    Raises
    ------
    UsageError
        For a name, theme, language, size or parameter that there is not, and where a trace is needed or is too much.
    DerivvizError
        When the trace lacks what is drawn.

    Examples
    --------
    >>> from derivviz.figures import figure
    >>> figure("lr_factor", "renders/food.zarr").save("factor.pdf")  # doctest: +SKIP
    """
    path = library.find("scripts", name)
    entry = library.read(path)
    if entry.requires and trace is None:
        raise _no_trace(entry, name)
    runs = []
    if trace is not None:
        runs.append(trace if isinstance(trace, Trace) else open_trace(trace))
        check(runs[0], entry.requires, entry.name, entry.recorded_by)
    module = library.load(path)
    if not callable(getattr(module, "draw", None)):
        raise UsageError(
            f"{path} draws nothing: a figure has a function draw(trace, *, ax=None, language='en')"
        )
    if _takes_trace(module) and trace is None:
        raise _no_trace(entry, name)
    if trace is not None and not _takes_trace(module):
        raise UsageError(f"the figure {entry.name!r} is drawn from no recorded run: leave --trace out")
    typed = {flag.replace("_", "-"): value for flag, value in parameters.items()}
    if typed and not entry.options:
        raise UsageError(f"the figure {entry.name!r} has no parameters, but {', '.join(typed)} was given")
    own = vars(fill(module.Parameters, typed)) if entry.options else {}
    size = size_named(width, journal)
    with style(theme, language, size):
        artists = module.draw(*runs, **own, language=language)
        drawn = page(artists, entry.name)
    title = drawn.axes[0].get_title(loc="left") or entry.title[language]  # a figure may say what it found
    summary = entry.summary[language]
    tell = getattr(module, "caption", None)
    caption = tell(*runs, **own, language=language) if callable(tell) else summary
    moves = getattr(module, "animate", None)
    motion = partial(moves, artists, *runs, **own) if callable(moves) else None
    return Drawing(drawn, artists, title, summary, caption, theme, language, size, motion)


def _takes_trace(module: ModuleType) -> bool:
    return "trace" in inspect.signature(module.draw).parameters


def _no_trace(entry: library.Entry, name: str) -> UsageError:
    return UsageError(
        f"the figure {entry.name!r} is drawn from a recorded run. Record one with "
        f"'derivviz record {entry.recorded_by}', then type "
        f"'derivviz figure {name} --trace renders/{entry.recorded_by}.zarr'"
    )
