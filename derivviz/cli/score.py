"""``derivviz score``: the score table of the recommender for a level of hunger."""

from __future__ import annotations

import json
import math

import click

from derivviz.calculus.score import DISHES, KOREAN, check_hunger
from derivviz.cli.console import HELP
from derivviz.cli.table import rows, show
from derivviz.errors import UsageError


@click.command(context_settings=HELP)
@click.option("--hunger", type=float, default=6.0, show_default=True, help="0 (full) to 10 (starving).")
@click.option(
    "--probabilities", metavar="P,P,…", help="One for each dish, comma between. Default: 1 for each."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def command(hunger: float, probabilities: str | None, as_json: bool) -> None:
    """Print the score table of the recommender.

    The score of dish i is p · (1 + f′(x)/20) with x = 4 · hunger/10 − 3 + 0.3 i.
    """
    p = [1.0] * len(DISHES) if probabilities is None else _probabilities(probabilities)
    table = rows(DISHES, p, check_hunger(hunger))
    best = max(row.score for row in table)
    recommended = [row.dish for row in table if math.isclose(row.score, best, rel_tol=1e-12)]
    if as_json:
        dishes = [row._asdict() for row in table]
        answer = {"hunger": hunger, "recommended": recommended[0], "dishes": dishes}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(f"Hunger {hunger:g} of 10")
    show(table, recommended[0])
    click.echo(f"Recommended: {recommended[0]} {KOREAN[recommended[0]]}.")
    if probabilities is None:
        click.echo(
            "p = 1 for every dish, as in the published table, whose network was sure of one dish each time."
        )
    if len(recommended) > 1:
        click.echo(f"The same score: {', '.join(recommended)}; the first of them is recommended.")


def _probabilities(text: str) -> list[float]:
    """The numbers of ``--probabilities``, or a `UsageError` that names the one that is wrong."""
    order = ", ".join(DISHES)
    words = text.split(",")
    if len(words) != len(DISHES):
        raise UsageError(
            f"--probabilities has {len(words)} numbers, and there are {len(DISHES)} dishes ({order}). "
            "Try --probabilities 0.2,0.5,0.1,0.1,0.1"
        )
    values = []
    for word, dish in zip(words, DISHES, strict=True):
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise UsageError(
                f"The probability of {dish} is {word.strip()!r}: it must be a number from 0 to 1."
            )
        values.append(value)
    return values
