"""``derivviz score``: the score table of the recommender for a level of hunger."""

from __future__ import annotations

import json

import click

from derivviz.calculus.recommendation import multipliers, recommend_from
from derivviz.calculus.score import DISHES
from derivviz.cli.console import HELP
from derivviz.cli.table import tell
from derivviz.errors import UsageError


@click.command(context_settings=HELP)
@click.option("--hunger", type=float, default=6.0, show_default=True, help="0 (full) to 10 (starving).")
@click.option(
    "--probabilities",
    metavar="P,P,…",
    help="One for each dish, comma between; they sum to 1. Default: 1 for each, as published.",
)
@click.option("--dish", help="The dish whose score is explained. Default: the recommended one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option(
    "--lang", type=click.Choice(["en", "ko"]), default="en", show_default=True, help="Of the explanation."
)
def command(hunger: float, probabilities: str | None, dish: str | None, as_json: bool, lang: str) -> None:
    """Print the score table of the recommender.

    The score of dish i is p · (1 + f′(x)/20) with x = 4 · hunger/10 − 3 + 0.3 i.
    """
    answer = (
        multipliers(hunger)
        if probabilities is None
        else recommend_from(_probabilities(probabilities), hunger)
    )
    if as_json:
        click.echo(json.dumps(answer.to_dict(dish), ensure_ascii=False))
        return
    tell(f"Hunger {hunger:g} of 10", answer, dish, lang)


def _probabilities(text: str) -> list[float]:
    """The numbers of ``--probabilities``, or a `UsageError` that names the one that is wrong."""
    words = text.split(",")
    if len(words) != len(DISHES):
        raise UsageError(
            f"--probabilities has {len(words)} numbers, and there are {len(DISHES)} dishes "
            f"({', '.join(DISHES)}). Try --probabilities 0.2,0.5,0.1,0.1,0.1"
        )
    values = []
    for word, dish in zip(words, DISHES, strict=True):
        try:
            values.append(float(word))
        except ValueError:
            raise UsageError(f"The probability of {dish} is {word.strip()!r}: it must be a number.") from None
    return values
