"""The score table, as rows and as a picture on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from derivviz.calculus.cubic import df
from derivviz.calculus.score import KOREAN, multiplier, operating_point, scores


class Row(NamedTuple):
    """One dish: its names, p, x_i, f′(x_i), 1 + f′(x_i)/20, and the score."""

    dish: str
    korean: str
    p: float
    x: float
    slope: float
    factor: float
    score: float


def rows(dishes: Sequence[str], probabilities: Sequence[float], hunger: float) -> list[Row]:
    """The rows of the table, in the order of the dishes."""
    adjusted = scores(probabilities, hunger)
    made = []
    for i, dish in enumerate(dishes):
        x = float(operating_point(i, hunger))
        factor = float(multiplier(i, hunger))
        made.append(
            Row(
                dish,
                KOREAN.get(dish, ""),
                float(probabilities[i]),
                x,
                float(df(x)),
                factor,
                float(adjusted[i]),
            )
        )
    return made


def show(table_of: Sequence[Row], recommended: str) -> None:
    """Print the table, with the recommended dish marked."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE)
    table.add_column("dish", no_wrap=True)
    for heading in ("p", "x_i", "f′(x_i)", "factor", "score"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for row in table_of:
        # Rounding first, and adding 0, so that −1e−16 does not read −0.00.
        numbers = (f"{round(value, 2) + 0.0:.2f}" for value in row[2:])
        chosen = row.dish == recommended
        name = escape(f"{row.dish} {row.korean}".strip())
        table.add_row(name, *numbers, "◀" if chosen else "", style="bold" if chosen else "")
    Console().print(table)
