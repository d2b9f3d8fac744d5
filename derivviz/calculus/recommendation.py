"""From probabilities to a recommended dish: every number of the score table, ties, and how each came about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivviz.calculus.cubic import df
from derivviz.calculus.score import DISHES, KOREAN, check_hunger, multiplier, name_key, operating_point
from derivviz.errors import UsageError, nearest
from derivviz.markup import table

SUM_TOLERANCE = 1e-3
"""How far from 1 the sum of probabilities may be: 0.333 three times is a distribution, 0.33 is not."""

_RELATIVE, _ABSOLUTE = 1e-9, 1e-12  # scores that are nearer to one another are the same


class Row(NamedTuple):
    """One dish: its names, p, x_i, f′(x_i), the multiplier 1 + f′(x_i)/20, and the score."""

    dish: str
    korean: str
    p: float
    x: float
    slope: float
    factor: float
    score: float

    @property
    def name(self) -> str:
        """English and Korean name, where there are two."""
        return f"{self.dish} {self.korean}".strip()


@dataclass(frozen=True)
class Recommendation:
    """The score table at one level of hunger, and what follows from it.

    Attributes
    ----------
    hunger
        h in 0…10.
    rows
        One for each class, in their order: a row's place is its i.
    distribution
        Whether the p are probabilities that sum to 1. In the published table p = 1 for every dish: there the
        scores are the bare multipliers.
    """

    hunger: float
    rows: tuple[Row, ...]
    distribution: bool = True

    @property
    def ties(self) -> tuple[Row, ...]:
        """All rows with the highest score, but for rounding; more than one when there is a tie."""
        top = max(row.score for row in self.rows)
        return tuple(
            row for row in self.rows if math.isclose(row.score, top, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
        )

    @property
    def best(self) -> Row:
        """The recommended dish: of equal scores the first in the order of the classes."""
        return self.ties[0]

    @property
    def likeliest(self) -> Row:
        """The dish with the largest p: what the picture shows, whatever the hunger."""
        return max(self.rows, key=lambda row: row.p)

    @property
    def repelled(self) -> tuple[Row, ...]:
        """The dishes whose multiplier is negative at this hunger: the likelier, the lower their score."""
        return tuple(row for row in self.rows if row.factor < 0)

    def row(self, name: str) -> Row:
        """The row of a dish, by its English or Korean name; case and spelling of spaces make no difference.

        Raises
        ------
        UsageError
            If there is no such dish.
        """
        for row in self.rows:
            if name_key(row.dish) == name_key(name):
                return row
        known = [row.dish for row in self.rows]
        guess = nearest(name, known, 1)
        hint = f" Did you mean {guess[0]!r}?" if guess else ""
        more = f" and {len(known) - 12} more" if len(known) > 12 else ""
        raise UsageError(f"There is no dish {name!r}.{hint} There are: {', '.join(known[:12])}{more}.")

    def explain(self, row: Row | None = None, language: str = "en") -> str:
        """How the score of a dish (default: the recommended one) came about, in numbers."""
        row = self.best if row is None else row
        i = self.rows.index(row)
        x = f"x = 4·{number(self.hunger)}/10 − 3 + 0.3·{i} = {number(row.x)}"
        sign = "+" if row.slope >= 0 else "−"
        factor = f"1 {sign} {number(abs(row.slope))}/20 = {number(row.factor)}"
        score = f"{number(row.p)} · {bracketed(row.factor)} = {number(row.score)}"
        if language == "ko":
            return (
                f"{row.korean or row.dish}: 배고픔 {number(self.hunger)}에서 {x}이고 그곳의 기울기는 "
                f"f′(x) = {number(row.slope)}이다. 배율은 {factor}, 점수는 확률 × 배율 = {score}이다."
            )
        return (
            f"{row.dish}: at hunger {number(self.hunger)} it stands at {x}, where f′(x) = "
            f"{number(row.slope)}. The factor is {factor}, so the score is p · factor = {score}."
        )

    def to_dict(self, explained: str | None = None) -> dict[str, Any]:
        """All of it as plain numbers and text, for JSON.

        Parameters
        ----------
        explained
            Name of the dish whose score is explained; None for the recommended one.

        Raises
        ------
        UsageError
            If there is no such dish.
        """
        row = self.best if explained is None else self.row(explained)
        return {
            "hunger": self.hunger,
            "recommended": self.best.dish,
            "tied": [row.dish for row in self.ties],
            "predicted": self.likeliest.dish if self.distribution else None,
            "explained": row.dish,
            "explanation": {language: self.explain(row, language) for language in ("en", "ko")},
            "dishes": [row._asdict() for row in self.rows],
        }

    def _repr_html_(self) -> str:
        numbers = [[f"{round(value, 2) + 0.0:.2f}" for value in row[2:]] for row in self.rows]
        return table(
            f"Hunger {number(self.hunger)}: {self.best.name}",
            ("dish", "p", "x_i", "f′(x_i)", "factor", "score"),
            [[row.name, *told] for row, told in zip(self.rows, numbers, strict=True)],
            strong=self.rows.index(self.best),
        )


def recommend_from(p: ArrayLike, hunger: float, classes: Sequence[str] = DISHES) -> Recommendation:
    """Recommend a dish from the probabilities of all.

    Parameters
    ----------
    p
        Shape (classes,): numbers in 0…1 that sum to 1.
    hunger
        h in 0…10.
    classes
        Their names in order; the place is i.

    Raises
    ------
    UsageError
        If `p` is no distribution over the classes, or hunger lies outside 0…10.
    """
    return _table(_distribution(p, classes), hunger, classes, True)


def multipliers(hunger: float) -> Recommendation:
    """The published table: p = 1 for each of the five dishes, so that the scores are the bare multipliers."""
    return _table(np.ones(len(DISHES)), hunger, DISHES, False)


def number(value: float) -> str:
    """Three decimals, or two digits of what is smaller; with a real minus sign."""
    text = f"{value:.3f}" if 0.001 <= abs(value) < 1000 else f"{value:.2g}" if abs(value) > 1e-9 else "0"
    return (text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text).replace("-", "−")


def bracketed(value: float) -> str:
    """The number as a factor stands in a product."""
    return f"({number(value)})" if value < 0 else number(value)


def _table(
    p: NDArray[np.float64], hunger: float, classes: Sequence[str], distribution: bool
) -> Recommendation:
    i = np.arange(len(classes))
    check_hunger(hunger)
    x, factor = operating_point(i, hunger), multiplier(i, hunger)
    columns = (p, x, df(x), factor, p * factor)
    numbers = zip(*(column.tolist() for column in columns), strict=True)
    rows = (Row(c, KOREAN.get(c, ""), *values) for c, values in zip(classes, numbers, strict=True))
    return Recommendation(float(hunger), tuple(rows), distribution)


def _distribution(p: ArrayLike, classes: Sequence[str]) -> NDArray[np.float64]:
    try:
        given = np.asarray(p, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"The probabilities are not all numbers: {p!r}.") from None
    if given.shape != (len(classes),):
        some = ", ".join(classes[:12]) + (", …" if len(classes) > 12 else "")
        raise UsageError(
            f"Probabilities of shape {given.shape} were given, but there are {len(classes)} classes: {some}."
        )
    for name, value in zip(classes, given.tolist(), strict=True):
        if not 0 <= value <= 1:
            percent = " In percent? 20 % is 0.2." if 1 < value <= 100 else ""
            raise UsageError(f"The probability of {name} is {value:g}, but it lies in 0…1.{percent}")
    total = float(given.sum())
    if abs(total - 1) > SUM_TOLERANCE:
        share = ",".join(f"{v / total:.4g}" for v in given) if total > 0 and len(given) <= 12 else ""
        hint = f" Divided by their sum they are {share}." if share else ""
        raise UsageError(f"The probabilities sum to {total:g}, but those of all classes sum to 1.{hint}")
    return given
