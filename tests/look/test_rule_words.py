"""What is said of the rules, and how the steps of a derivation are gathered into beats."""

import pytest

from derivviz.calculus.derivation import ARITHMETIC, SIMPLIFICATION, derive
from derivviz.calculus.expression import parse
from derivviz.calculus.rules import RULES
from derivviz.look.rule_words import TELLINGS, beats, name_of, sentence, telling
from derivviz.look.terms import SPLITTING


@pytest.mark.parametrize("rule", [*RULES, ARITHMETIC, SIMPLIFICATION], ids=lambda rule: rule.name)
def test_every_rule_has_a_name_in_both_languages(rule):
    names = name_of(rule)
    assert names["en"].isascii()
    assert any("가" <= sign <= "힣" for sign in names["ko"])
    assert TELLINGS[rule.name].formula or "derivative of" not in names["en"]
    if rule.name in SPLITTING:
        said = [sentence(TELLINGS[rule.name], before) for before in range(5)]
        assert all(told["en"] and told["ko"] for told in said)
        assert said[0] != said[1]


def test_beats_hold_every_step_once_and_in_their_order():
    steps = derive(parse("x^2*sin(3x) + ln(x)/x")).steps
    rules = [step for step in steps if TELLINGS[step.rule.name].formula]
    told = [step for beat in beats(rules) for step in ((beat.big,) if beat.big else ()) + beat.quick]
    assert told == rules
    assert all(beat.big is None or beat.big.rule.name in SPLITTING for beat in beats(rules))


@pytest.mark.parametrize(
    ("expression", "letters", "many"),
    [("x*e^x", "uv", False), ("x*e^x*ln(x)", "uvw", False), ("x*e^x*ln(x)*sin(x)", "uv", True)],
)
def test_a_product_is_told_with_as_many_letters_as_take_their_turn(expression, letters, many):
    told = telling(next(iter(derive(parse(expression)).steps)))
    assert "".join(letter for letter in "uvw" if f": {letter}}}}}" in told.formula) == letters
    assert told.en.startswith("Many factors") == many
