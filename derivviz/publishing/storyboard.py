"""Storyboard: a contact sheet with a still and the sentence of every beat, for print and for the screen."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from derivviz.animation import frame
from derivviz.errors import DerivvizError
from derivviz.look import fonts
from derivviz.look.theme import PAPER
from derivviz.look.typst import WHOLE_WORDS, quoted
from derivviz.publishing.chapters import clock
from derivviz.publishing.stills import stills
from derivviz.publishing.talk import Talk

STILL = 720  # pixels across
BEFORE = 0.02  # seconds before a beat ends, when its picture is complete
PPI = 190

_PREAMBLE = f"""\
#set document(date: none)
#set text(size: 8.5pt, font: "{fonts.FAMILY}", lang: "ko", fill: rgb("{PAPER.ink}"))
#set par(leading: 0.55em)
#let muted(body) = text(fill: rgb("{PAPER.muted}"), body)
#let still(file, number, time, sentence) = block(breakable: false, {{
  box(image(file, width: 100%), stroke: 0.4pt + rgb("{PAPER.axis}"))
  v(-0.45em)
  grid(columns: (auto, 1fr, auto), column-gutter: 0.6em,
    text(weight: "bold", number), par(justify: false, sentence), muted(time))
}})
{WHOLE_WORDS}\
#let sheet(..stills) = grid(columns: (1fr,) * 3, column-gutter: 5mm, row-gutter: 5.5mm, ..stills)
"""
_PAGES = {
    "pdf": 'paper: "a4", margin: (x: 12mm, top: 14mm, bottom: 15mm), numbering: "1 / 1"',
    "png": "width: 240mm, height: auto, margin: 12mm",
}


def storyboard(film: Path, talk: Talk, kind: Literal["pdf", "png"]) -> bytes:
    """A contact sheet of a film: on A4 pages as a PDF, on one long page as a PNG.

    The band of the captions is cut off the stills where it is drawn: each sentence stands below its still.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="derivviz-") as place:
        pictures = stills(film, [max(0.0, beat.end - BEFORE) for beat in talk.beats], STILL)
        for number, picture in enumerate(pictures):
            below = frame.caption_room(frame.shape_of(*picture.size)) if talk.captions else 0.0
            rows = round(picture.height * (1 - below))
            picture.crop((0, 0, picture.width, rows)).save(Path(place, f"{number}.png"))
        source = f"#set page({_PAGES[kind]})\n{_PREAMBLE}{_sheet(talk)}"
        found = typst.Fonts(include_system_fonts=False, font_paths=[str(fonts.FOLDER)])
        compiler = typst.Compiler(root=place, font_paths=found, ignore_system_fonts=True)
        try:
            made: Any = compiler.compile(source.encode(), format=kind, ppi=PPI, timestamp=0)
        except typst.TypstError as error:
            raise DerivvizError(f"Typst could not set the storyboard: {error}") from error
    return bytes(made)


def _sheet(talk: Talk) -> str:
    """The markup of the whole storyboard."""
    language, count = talk.language, len(talk.beats)
    told = {
        "en": f"{clock(talk.duration)} · {count} sentences",
        "ko": f"{clock(talk.duration)} · 문장 {count}개",
    }
    lines = [
        f'#text(size: 18pt, weight: "bold")[{quoted(talk.title[language])}]',
        f"#block(above: 0.9em, below: 1.6em)[{quoted(talk.summary[language])} "
        f"#h(1fr) #box(muted[{quoted(told[language])}])]",
    ]
    number = 0
    for part in talk.parts:
        if len(talk.parts) > 1:
            heading = f'#text(size: 12pt, weight: "bold")[{quoted(part.title[language])}]'
            lines.append(f"#block(above: 2em, below: 1em, sticky: true)[{heading}]")
        cells = []
        for beat, sentence in zip(part.beats, talk.sentences(part.beats), strict=True):
            words = f'[{quoted(str(number + 1))}], "{clock(beat.start)}", [{quoted(sentence)}]'
            cells.append(f'still("{number}.png", {words})')
            number += 1
        lines.append(f"#sheet({', '.join(cells)})")
    return "\n".join(lines)
