"""Facts and numbers as HTML, for notebooks; whatever comes from data is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table(
    heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]], strong: int | None = None
) -> str:
    """An HTML table under a heading; the row `strong` is bold."""
    head = "".join(f'<th style="text-align: left">{escape(name)}</th>' for name in columns)
    body = []
    for n, row in enumerate(rows):
        weight = "; font-weight: bold" if n == strong else ""
        cells = (f'<td style="text-align: left{weight}">{escape(cell)}</td>' for cell in row)
        body.append(f"<tr>{''.join(cells)}</tr>")
    top = f"<thead><tr>{head}</tr></thead>" if columns else ""
    return f"<div><b>{escape(heading)}</b><table>{top}<tbody>{''.join(body)}</tbody></table></div>"
