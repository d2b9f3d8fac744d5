"""A report as a Typst document, which compiles to a tagged PDF and is there to be edited."""

from __future__ import annotations

from functools import singledispatch
from pathlib import Path

import typst

from derivviz.errors import DerivvizError
from derivviz.figures.snippets import typst as escaped
from derivviz.look import fonts
from derivviz.look.typst import WHOLE_WORDS
from derivviz.publishing.report.blocks import (
    Block,
    Formula,
    Heading,
    Items,
    Listing,
    Paragraph,
    Picture,
    Report,
    Table,
)

_HEAD = """\
// Edit this file and compile it with Typst (https://typst.app): typst compile report.typ
// Its font is {family} (OFL); without it Typst takes another.
#set document(title: {title}, author: {authors}, date: none)
#set page(paper: "a4", margin: (x: 25mm, y: 25mm), numbering: "1")
#set text(font: ("{family}", "{math}"), size: 10pt, lang: "{language}")
#set par(justify: true, leading: 0.72em, spacing: 1.15em)
#set heading(numbering: "1")
#set table(stroke: none, inset: (x: 6pt, y: 4pt))
#show heading: set block(above: 1.6em, below: 0.9em)
#show math.equation: set text(font: ("{math}", "{family}"))
#show figure: set block(breakable: false, above: 1.6em, below: 1.6em)
#show figure.caption: set text(size: 9pt)
#show figure.caption: set align(left)
{words}
#align(center)[
  #text(size: 18pt, weight: "bold", {title})
  {by}
]
"""


def source(report: Report) -> str:
    """The document as Typst markup; its figures lie in the folder ``figures`` beside it, as SVG."""
    authors = f"({_string(report.author)},)" if report.author else "()"
    head = _HEAD.format(
        family=fonts.FAMILY,
        math=fonts.MATH_FAMILY,
        title=_string(report.title),
        authors=authors,
        language=report.language,
        words=WHOLE_WORDS if report.language == "ko" else "",
        by=f"\n  #v(0.3em)\n  {escaped(report.author)}" if report.author else "",
    )
    return "\n".join([head, *map(markup, report.blocks)])


def pdf(path: Path) -> bytes:
    """The Typst document at `path` as PDF/UA-1: tagged, its headings bookmarks, in the fonts that come along.

    Raises
    ------
    DerivvizError
        When Typst refuses it.
    """
    found = typst.Fonts(include_system_fonts=False, font_paths=[str(fonts.FOLDER)])
    try:
        made = typst.compile(
            str(path),
            format="pdf",
            font_paths=found,
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=0,
        )
    except typst.TypstError as error:
        raise DerivvizError(f"{path}: Typst could not set the report: {error}") from error
    return bytes(made)


@singledispatch
def markup(block: Block) -> str:
    """One block of it."""
    raise TypeError(block)


@markup.register
def _(block: Heading) -> str:
    return f"= {escaped(block.text)}\n"


@markup.register
def _(block: Paragraph) -> str:
    return f"{escaped(block.text)}\n"


@markup.register
def _(block: Items) -> str:
    return "".join(f"- {escaped(entry)}\n" for entry in block.entries)


@markup.register
def _(block: Formula) -> str:
    return f"#math.equation(block: true, alt: {_string(block.spoken)}, $ {block.markup} $)\n"


@markup.register
def _(block: Picture) -> str:
    drawing = block.drawing
    return (
        "#figure(\n"
        f'  image("figures/{block.name}.svg", width: 100%, alt: {_string(drawing.alt)}),\n'
        f"  caption: [*{escaped(drawing.title)}.* {escaped(drawing.caption)}],\n"
        f") <fig-{block.name}>\n"
    )


@markup.register
def _(block: Table) -> str:
    align = ", ".join("right" if n in block.right else "left" for n in range(len(block.head)))
    head = ", ".join(f"[*{escaped(cell)}*]" if cell else "[]" for cell in block.head)
    rows = "".join(f"    {', '.join(f'[{escaped(cell)}]' for cell in row)},\n" for row in block.rows)
    return (
        "#figure(\n  table(\n"
        f"    columns: {len(block.head)}, align: ({align}),\n"
        f"    table.hline(), table.header({head}), table.hline(stroke: 0.5pt),\n{rows}"
        f"    table.hline(),\n  ),\n  caption: [{escaped(block.caption)}],\n)\n"
    )


@markup.register
def _(block: Listing) -> str:
    return f"#block(fill: luma(245), inset: 8pt, breakable: false, width: 100%, raw({_string(block.text)}))\n"


def _string(text: str) -> str:
    escaped_text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped_text}"'
