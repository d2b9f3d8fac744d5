"""What lessons and figures say and write of each rule of differentiation, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derivviz.calculus.derivation import Step
from derivviz.calculus.rules import Rule, groups
from derivviz.calculus.tree import Derivative, Product
from derivviz.look.terms import SPLITTING

_LONG = 12  # beats: beyond, the quick steps are told along with the step before them


@dataclass(frozen=True)
class Telling:
    """A rule on screen: its formula in Typst, and the sentence that opens its first beat and later ones."""

    formula: str
    en: str = ""
    ko: str = ""
    again_en: tuple[str, ...] = ()
    again_ko: tuple[str, ...] = ()


_U, _V, _W = "{{u : u}}", "{{v : v}}", "{{w : w}}"

TELLINGS: dict[str, Telling] = {
    "sum": Telling(
        f"({_U} plus.minus {_V})' = {_U}' plus.minus {_V}'",
        "A sum: differentiate every term by itself.",
        "합은 항마다 따로 미분하면 된다.",
        ("A sum again, term by term.",),
        ("다시 합이다. 항마다 미분한다.",),
    ),
    "product": Telling(
        f"({_U} {_V})' = {_U}' {_V} + {_U} {_V}'",
        "A product: differentiate one factor at a time, keep the rest, and add.",
        "곱은 인수를 하나씩 돌아가며 미분하고 나머지는 그대로 둔다. 그 결과를 모두 더한다.",
        ("Another product: each factor takes its turn.", "A product once more, one factor at a time."),
        ("또 곱이다. 인수를 차례로 하나씩 미분한다.", "다시 곱의 미분법을 쓴다."),
    ),
    "quotient": Telling(
        f"(frac({_U}, {_V}))' = frac({_U}' {_V} - {_U} {_V}', {_V}^2)",
        "A quotient: like a product with a minus, over the denominator squared.",
        "몫은 곱과 비슷하지만 빼기이고, 분모의 제곱으로 나눈다.",
        ("Another quotient: the same rule.",),
        ("또 몫이 나왔다. 같은 법칙을 쓴다.",),
    ),
    "reciprocal": Telling(
        f"(frac(1, {_V}))' = -frac({_V}', {_V}^2)",
        "One over a function: minus its derivative, over its square.",
        "역수는 분모의 도함수를 분모의 제곱으로 나누고 음의 부호를 붙인다.",
        ("Another reciprocal: the same rule.",),
        ("또 역수가 나왔다. 같은 법칙을 쓴다.",),
    ),
    "chain": Telling(
        f"(f({_U}))' = f'({_U}) dot {_U}'",
        "A function inside a function: the outer derivative times the inner one.",
        "함수 안에 함수가 있다. 바깥을 미분하되 안은 그대로 두고, 안의 도함수를 곱한다.",
        (
            "There is another function inside: the chain rule again.",
            "Again from the outside in.",
            "Outside first, then times the inside's derivative.",
        ),
        (
            "안에 또 다른 함수가 있다. 다시 연쇄법칙이다.",
            "이번에도 바깥에서 안으로 들어간다.",
            "바깥을 먼저 미분하고 안의 도함수를 곱한다.",
        ),
    ),
    "logarithmic differentiation": Telling(
        f"({_U}^({_V}))' = {_U}^({_V}) ({_V} ln {_U})'",
        "Variable base, variable exponent: the logarithm brings the exponent down into a product.",
        "밑과 지수에 모두 변수가 있다. 로그를 취하면 지수가 곱으로 내려온다.",
        ("Base and exponent both vary again: take the logarithm.",),
        ("또 밑과 지수가 모두 변한다. 로그를 취한다.",),
    ),
    "constant": Telling("(c)' = 0"),
    "identity": Telling("(x)' = 1"),
    "constant multiple": Telling(f"(c {_U})' = c {_U}'"),
    "power": Telling("(x^n)' = n x^(n - 1)"),
    "exponential with base a": Telling("(a^x)' = a^x ln a"),
    "sine": Telling("(sin x)' = cos x"),
    "cosine": Telling("(cos x)' = -sin x"),
    "tangent": Telling("(tan x)' = frac(1, cos^2 x)"),
    "arcsine": Telling("(arcsin x)' = frac(1, sqrt(1 - x^2))"),
    "arccosine": Telling("(arccos x)' = -frac(1, sqrt(1 - x^2))"),
    "arctangent": Telling("(arctan x)' = frac(1, 1 + x^2)"),
    "hyperbolic sine": Telling("(sinh x)' = cosh x"),
    "hyperbolic cosine": Telling("(cosh x)' = sinh x"),
    "hyperbolic tangent": Telling("(tanh x)' = 1 - tanh^2 x"),
    "exponential": Telling("(e^x)' = e^x"),
    "logarithm": Telling("(ln x)' = frac(1, x)"),
    "square root": Telling("(sqrt(x))' = frac(1, 2 sqrt(x))"),
    "cube root": Telling("(root(3, x))' = frac(1, 3 root(3, x)^2)"),
    "absolute value": Telling("(abs(x))' = frac(abs(x), x)"),
    "arithmetic": Telling(
        "", "No d over dx is left. Now work out the numbers.", "더 미분할 것이 없다. 이제 수를 계산하자."
    ),
    "simplification": Telling("", "The same, written as short as it goes.", "같은 식을 가장 짧게 정리하자."),
}
"""By the name of the rule."""

_THREE_FACTORS = f"({_U} {_V} {_W})' = {_U}' {_V} {_W} + {_U} {_V}' {_W} + {_U} {_V} {_W}'"
_GROUPED = Telling(
    "",
    "Many factors: gather them into groups. One group at a time is differentiated.",
    "인수가 많으면 몇 개씩 묶는다. 묶음을 하나씩 돌아가며 미분하고 나머지는 그대로 둔다.",
    ("Many factors once more: group by group.",),
    ("또 인수가 많다. 묶음을 하나씩 미분한다.",),
)

_OWN_NAMES = {
    "identity": "derivative of x",
    "logarithmic differentiation": "logarithmic differentiation",
    "exponential with base a": "exponential rule",
}
GENERAL = ("constant", "sum", "constant multiple", "product", "reciprocal", "quotient", "power", "chain")


def name_of(rule: Rule) -> dict[str, str]:
    """What a rule is called, by language."""
    if rule.name in _OWN_NAMES:
        return {"en": _OWN_NAMES[rule.name], "ko": rule.korean}
    if not TELLINGS[rule.name].formula:  # no rule of differentiation
        return {"en": rule.name, "ko": rule.korean}
    if rule.name in GENERAL:
        return {"en": f"{rule.name} rule", "ko": rule.korean}
    return {"en": f"derivative of the {rule.name}", "ko": f"{rule.korean}의 미분"}


def telling(step: Step) -> Telling:
    """What is said and written of a step: of a product, as many letters as factors take their turn."""
    part = step.part.inner if isinstance(step.part, Derivative) else step.part
    known = TELLINGS[step.rule.name]
    if step.rule.name != "product" or not isinstance(part, Product) or len(part.factors) == 2:
        return known
    formula = _THREE_FACTORS if len(groups(part)) == 3 else known.formula
    return replace(known if len(part.factors) == 3 else _GROUPED, formula=formula)


def sentence(telling: Telling, before: int) -> dict[str, str]:
    """What is said of a rule, by language, when it was told so often before."""
    en, ko = (telling.en, *telling.again_en), (telling.ko, *telling.again_ko)
    n = before if before < len(en) else 1 + (before - 1) % (len(en) - 1)
    return {"en": en[n], "ko": ko[n]}


@dataclass(frozen=True)
class Beat:
    """Steps told together: one that takes the function apart, or none, and the quick ones after it."""

    big: Step | None
    quick: tuple[Step, ...]


def beats(steps: Sequence[Step]) -> list[Beat]:
    """The steps of differentiation in beats, few enough for one sitting."""
    told: list[Beat] = []
    for number, step in enumerate(steps):
        if step.rule.name in SPLITTING and (step.rule.name != "sum" or number == 0):
            told.append(Beat(step, ()))
        elif told and told[-1].big is None:
            told[-1] = Beat(None, (*told[-1].quick, step))
        else:
            told.append(Beat(None, (step,)))
    if len(told) <= _LONG:
        return told
    joined: list[Beat] = []
    for beat in told:
        big = joined[-1].big if joined else None
        if beat.big or big is None:
            joined.append(beat)
            continue
        under = [step for step in beat.quick if step.path[: len(big.path)] == big.path]
        joined[-1] = Beat(big, tuple(under))
        if len(under) < len(beat.quick):
            joined.append(Beat(None, beat.quick[len(under) :]))
    return joined
