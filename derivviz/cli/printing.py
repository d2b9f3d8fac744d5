"""How commands print tables, facts and numbers on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SHOWN = 12  # rows of a table; --json has them all


def table(
    console: Console,
    title: str,
    heads: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    right: tuple[int, ...] = (),
) -> None:
    from rich.table import Table

    if not rows:
        return
    shown = rows if len(rows) <= SHOWN else (*rows[: SHOWN - 4], *rows[-3:])
    drawn = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for n, head in enumerate(heads):
        drawn.add_column(
            head,
            justify="right" if n in right else "left",
            no_wrap=n == 0,
            overflow="ellipsis" if n == 0 else "fold",
            # A heading may be broken. A number may not: × 3.95e+04 cut short would read × 3.95e+0.
            min_width=max(len(row[n]) for row in shown) if n in right else None,
        )
    for n, row in enumerate(shown):
        if len(shown) < len(rows) and n == SHOWN - 4:
            drawn.add_row(line(f"… {len(rows) - len(shown)} more", "dim"))
        drawn.add_row(*(line(cell) for cell in row))
    console.print()
    console.print(line(title, "bold"))
    console.print(drawn)


def grid(rows: list[tuple[str, str]]) -> RenderableType:
    from rich.table import Table

    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for key, value in rows:
        drawn.add_row(line(key, "dim"), line(value))
    return drawn


def line(text: object, style: str = "") -> RenderableType:
    """Text as it is: names in a trace may come from anyone, and are neither markup nor terminal commands."""
    from rich.text import Text

    from derivviz.trace.errors import printable

    return Text(printable(text), style)


def short(value: object, most: int = 300) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if isinstance(value, float):
        text = f"{value:.6g}"
    return text if len(text) <= most else f"{text[:most]} …"


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def shape(sizes: object) -> str:
    return "×".join(map(str, sizes)) or "scalar" if isinstance(sizes, list) else ""
