"""A report as one HTML page that holds all it shows and loads nothing."""

from __future__ import annotations

import base64
import re
from functools import singledispatch
from html import escape
from io import BytesIO

from derivviz.figures import style
from derivviz.look.theme import PAPER
from derivviz.look.typst import compile_svg
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

_STYLE = f"""
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.6; color: {PAPER.ink};
  background: {PAPER.background}; font-family: Pretendard, system-ui, sans-serif; word-break: keep-all;
  overflow-wrap: anywhere; }}
h1 {{ line-height: 1.25; }} h2 {{ margin-top: 2.2rem; }}
figure {{ margin: 1.6rem 0; }} figure img {{ width: 100%; height: auto; }}
figcaption, .author {{ color: {PAPER.muted}; font-size: 0.92rem; }}
.formula {{ text-align: center; margin: 1.2rem 0; }} .formula svg {{ height: auto; max-width: 100%; }}
table {{ border-collapse: collapse; border-top: 1.5px solid; border-bottom: 1.5px solid; }}
caption {{ caption-side: bottom; text-align: left; color: {PAPER.muted}; font-size: 0.92rem; padding-top: 0.5rem; }}
th, td {{ text-align: left; padding: 0.2rem 0.8rem; }}
thead > tr > * {{ border-bottom: 1px solid; }} tbody th {{ font-weight: normal; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.table {{ overflow-x: auto; margin: 1.4rem 0; }}
pre {{ background: {PAPER.panel}; padding: 0.8rem; overflow-x: auto; white-space: pre-wrap; }}
"""
_EM = 10  # points of an SVG that are one em


def source(report: Report) -> str:
    """The whole page."""
    by = f'<p class="author">{escape(report.author)}</p>\n' if report.author else ""
    body = "\n".join(map(markup, report.blocks))
    return (
        f'<!DOCTYPE html>\n<html lang="{report.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(report.title)}</h1>\n{by}{body}\n</main>\n</body>\n</html>\n"
    )


@singledispatch
def markup(block: Block) -> str:
    """One block of it."""
    raise TypeError(block)


@markup.register
def _(block: Heading) -> str:
    return f"<h2>{escape(block.text)}</h2>"


@markup.register
def _(block: Paragraph) -> str:
    return f"<p>{escape(block.text)}</p>"


@markup.register
def _(block: Items) -> str:
    return f"<ul>{''.join(f'<li>{escape(entry)}</li>' for entry in block.entries)}</ul>"


@markup.register
def _(block: Formula) -> str:
    svg = compile_svg(f"$ {block.markup} $").decode()
    width = re.search(r'width="([\d.]+)pt"', svg)
    assert width is not None
    inside = svg[svg.index("<svg") + 4 :]
    inside = re.sub(r' (width|height)="[\d.]+pt"', "", inside, count=2)
    size = f'style="width: {float(width[1]) / _EM * 1.15:.2f}em"'
    return f'<div class="formula"><svg role="img" aria-label="{escape(block.spoken)}" {size}{inside}</div>'


@markup.register
def _(block: Picture) -> str:
    drawing, picture = block.drawing, BytesIO()
    with style(drawing.theme, drawing.language):
        drawing.figure.savefig(picture, format="svg", metadata={"Date": None})
    data = base64.b64encode(picture.getvalue()).decode()
    return (
        f'<figure><img alt="{escape(drawing.alt)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption><b>{escape(drawing.title)}.</b> {escape(drawing.caption)}</figcaption></figure>"
    )


@markup.register
def _(block: Table) -> str:
    def cells(row: tuple[str, ...], head: bool = False) -> str:
        made = []
        for n, cell in enumerate(row):
            tag, scope = "td", ""
            if head and cell:  # a corner without words heads nothing
                tag, scope = "th", ' scope="col"'
            elif not head and n == 0 and 0 not in block.right:
                tag, scope = "th", ' scope="row"'
            kind = ' class="number"' if n in block.right else ""
            made.append(f"<{tag}{scope}{kind}>{escape(cell)}</{tag}>")
        return "".join(made)

    rows = "".join(f"<tr>{cells(row)}</tr>" for row in block.rows)
    return (  # a wide table scrolls, and the keyboard has to get at it
        f'<div class="table" tabindex="0"><table><caption>{escape(block.caption)}</caption>'
        f"<thead><tr>{cells(block.head, head=True)}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


@markup.register
def _(block: Listing) -> str:
    return f"<pre>{escape(block.text)}</pre>"
