"""The score table on a terminal: one way to show it, for ``score`` and for ``recommend``."""

from __future__ import annotations

import click

from derivviz.calculus.recommendation import Recommendation

LONGEST = 20  # rows on a terminal; --json has all
WIDEST = 32  # columns of a dish's name


def tell(heading: str, answer: Recommendation, dish: str | None, language: str) -> None:
    """Print the table, what is recommended, and how one score came about.

    Parameters
    ----------
    dish
        The dish whose score is explained; None for the recommended one.
    language
        Of the explanation.

    Raises
    ------
    UsageError
        If there is no such dish; nothing is printed then.
    """
    explained = None if dish is None else answer.row(dish)
    click.echo(heading)
    _show(answer)
    click.echo(f"Recommended: {answer.best.name}.")
    if len(answer.ties) > 1:
        names = ", ".join(row.dish for row in answer.ties)
        click.echo(f"The same score: {names}; the first of them is recommended.")
    if not answer.distribution:
        click.echo(
            "p = 1 for every dish, as in the published table, whose network was sure of one dish each time: "
            "these scores are the bare multipliers."
        )
    if answer.repelled:
        first = ", ".join(row.dish for row in answer.repelled[:5])
        more = f" and {len(answer.repelled) - 5} more" if len(answer.repelled) > 5 else ""
        click.echo(f"Negative factor at this hunger, because f′(x) < −20: {first}{more}.")
    click.echo(answer.explain(explained, language))


def _show(answer: Recommendation) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=SIMPLE)
    table.add_column("dish", no_wrap=True, max_width=WIDEST, overflow="ellipsis")
    for heading in ("p", "x_i", "f′(x_i)", "factor", "score"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    rows, best = answer.rows, answer.best
    if len(rows) > LONGEST:
        highest = sorted(rows, key=lambda row: -row.score)[:LONGEST]
        rows = tuple(row for row in rows if row in highest or row == best)
    for row in rows:
        # Rounding first, and adding 0, so that −1e−16 does not read −0.00.
        numbers = (f"{round(value, 2) + 0.0:.2f}" for value in row[2:])
        chosen = row == best
        table.add_row(escape(row.name), *numbers, "◀" if chosen else "", style="bold" if chosen else "")
    console = Console()
    console.print(table)
    if len(rows) < len(answer.rows):
        console.print(f"The {len(rows)} highest scores of {len(answer.rows)}; --json prints all.")
