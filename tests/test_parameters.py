"""Parameters of lessons: text in, checked values out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from derivviz.animation import parameter
from derivviz.calculus.expression import Expression
from derivviz.errors import UsageError
from derivviz.parameters import fill


@dataclass(frozen=True)
class Made:
    function: Expression = parameter("x**2", "the function")  # noqa: RUF009
    start: float = parameter(5.0, "where it starts", flag="from", minimum=-10, maximum=10)
    many_steps: int = parameter(3, "how many", minimum=1)
    name: str = parameter("plain", "what it is called")


def test_defaults_are_converted_too():
    made = fill(Made, {})
    assert made.function(3.0) == 9.0
    assert (made.start, made.many_steps, made.name) == (5.0, 3, "plain")


def test_typed_values_replace_them():
    made = fill(Made, {"function": "-x**2", "from": "-2.5e0", "many-steps": "7", "name": "-x"})
    assert made.function(3.0) == -9.0
    assert (made.start, made.many_steps, made.name) == (-2.5, 7, "-x")
    assert type(made.many_steps) is int


def test_the_result_is_frozen():
    with pytest.raises(AttributeError):
        fill(Made, {}).start = 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"from": "ten"}, "--from takes a number, not 'ten'"),
        ({"from": ""}, "--from takes a number"),
        ({"from": "nan"}, "--from takes a finite number"),
        ({"from": "-inf"}, "--from takes a finite number"),
        ({"from": "1e999"}, "--from takes a finite number"),
        ({"from": "10.5"}, "--from is 10.5: it must lie in -10 … 10"),
        ({"from": "-11"}, "it must lie in -10 … 10"),
        ({"many-steps": "2.5"}, "--many-steps takes a whole number"),
        ({"many-steps": "0"}, "--many-steps is 0: it must lie in 1 … inf"),
        ({"many-steps": "9" * 5000}, "--many-steps"),
        ({"step": "1"}, "no parameter --step; there are: --function, --from, --many-steps, --name"),
        ({"form": "1"}, "Did you mean --from?"),
        ({"start": "1"}, "no parameter --start"),
    ],
)
def test_what_does_not_fit_is_told(typed, words):
    with pytest.raises(UsageError) as told:
        fill(Made, typed)
    assert words in str(told.value)


def test_bounds_themselves_are_allowed():
    assert fill(Made, {"from": "10"}).start == 10
    assert fill(Made, {"from": "-10"}).start == -10
    assert fill(Made, {"many-steps": "1"}).many_steps == 1


@pytest.mark.parametrize(
    "text", ["__import__('os').system('true')", "x.__class__", "x; x", "open(x)", "x y z("]
)
def test_an_expression_is_never_run(text):
    with pytest.raises(UsageError, match=r"\^"):
        fill(Made, {"function": text})


def test_a_lesson_without_parameters_says_so():
    @dataclass(frozen=True)
    class Nothing:
        pass

    with pytest.raises(UsageError, match="there are: none"):
        fill(Nothing, {"function": "x"})


@dataclass(frozen=True)
class Chosen:
    start: float | None = parameter(None, "where it starts", minimum=-10, maximum=10)


def test_a_number_may_be_left_to_be_chosen():
    assert fill(Chosen, {}).start is None
    assert fill(Chosen, {"start": "3"}).start == 3.0
    with pytest.raises(UsageError, match="it must lie in -10"):
        fill(Chosen, {"start": "11"})
    with pytest.raises(UsageError, match="--start takes a number, not 'x': write for example --start 1"):
        fill(Chosen, {"start": "x"})
