"""What `parse` refuses: where its caret points, what it says, and that it answers at once."""

import time

import pytest

from derivviz.calculus.expression import ExpressionError, parse
from derivviz.errors import UsageError


def refusal(text: str) -> ExpressionError:
    start = time.thread_time()
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert time.thread_time() - start < 1
    return caught.value


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("sinn(x) + 1", 0, "Unknown name 'sinn'"),
        ("1 + y", 4, "Unknown name 'y'"),
        ("xx", 0, "Unknown name 'xx'"),
        ("x +", 3, "missing at the end"),
        ("x + * 2", 4, r"Unexpected '\*'"),
        ("x + )", 4, r"Unexpected '\)'"),
        ("2*(x+1", 2, "never closed"),
        ("1 + |x", 4, "never closed"),
        ("(|x)|", 3, r"Unexpected '\)'"),
        ("x + 1) * 2", 5, "closes nothing"),
        ("()", 1, r"Unexpected '\)'"),
        ("2 3", 2, "Unexpected number 3"),
        ("x2", 1, "Unexpected number 2"),
        ("1.2.3", 3, "Unexpected number .3"),
        ("sin x", 4, "needs its argument in brackets"),
        ("sin^2(x)", 3, "needs its argument in brackets"),
        ("cos", 3, "needs its argument in brackets"),
        ("^2", 0, r"Unexpected '\^'"),
        ("x = 2", 2, "Unexpected '='"),
        ("1,5x", 1, "Unexpected ','"),
        ("3 + [x]", 4, r"Unexpected '\['"),
        ("2e-3x", 0, "two ways"),
        ("x + 1/0", 6, "divides by zero"),
        ("x/(2-2)", 2, "divides by zero"),
        ("x + sqrt(-1)", 4, "no real value"),
        ("2 + asin(2)", 4, "no real value"),
        ("(-1)^x", 4, "positive base"),
        ("9**9**9**9", 4, "exponent is too large"),
        ("x + 2^1001", 5, "exponent is too large"),
        ("x^10^9", 1, "exponent is too large"),
        ("1/(9^300*9^300)", 2, "number is too large"),
        ("x + (2^999*2^999)^x", 4, "number is too large"),
    ],
)
def test_caret_and_reason(text, at, reason):
    error = refusal(text)
    assert error.at == at
    error_lines = str(error).splitlines()
    assert error_lines[2].index("^") - 2 == at
    assert error_lines[1] == f"  {text}"
    with pytest.raises(ExpressionError, match=reason):
        parse(text)
    assert len(error_lines) == 4  # reason, text, caret, what is right
    assert error_lines[3] == error.advice


@pytest.mark.parametrize(
    ("text", "advice"),
    [("sinn(x)", "'sin'"), ("Sin(x)", "'sin'"), ("sqr(x)", "'sqrt'"), ("arcsn(x)", "'arcsin'"), ("X", "'x'")],
)
def test_the_nearest_name_is_suggested(text, advice):
    assert f"Did you mean {advice}?" in refusal(text).advice


def test_it_is_a_wrong_usage():
    assert refusal("x +").exit_code == UsageError.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "x.__class__",
        "x.real",
        "lambda x: x",
        "exec('1')",
        "open('/etc/passwd')",
        "x if x else x",
        "[x for x in (1,)]",
        "x; x",
        "f'{x}'",
        "x\0",
        "\0",
        "x\n+1",
        "\x1b[31mx",
        "\u202ex+1",
        "x + \ud800",
        "한글",
        "ⅹ",
        "𝑥",
        "١+٢",
        "x!",
        "x % 2",
        "x // 2 // 3",
        "1_000",
        "∞",
        "💥",
        "x" * 501,
        "(" * 10_000,
        "(" * 10_000 + "x" + ")" * 10_000,
        "(" * 400,
        "-" * 400 + "x",
        "|" * 400,
        "√" * 400 + "x",
        "sin(" * 100 + "x" + ")" * 100,
        "x" + "^x" * 200,
        "2" + "^2" * 200,
        "9" * 400,
        "9**9**9**9",
        "9^(9^(9^9))",
        "(9^999)^999",
        "((x^100)^100)^100",
        "((9x)^1000)^1000",
        "0.1^1000^1000",
        "exp(1000)",
        "exp(-10^9*log(9))",
        "exp(10^9*log(9x))",
        "exp((10x)^9/x^9*log(9x))",
        "exp((999+999x-999x)*log(9x))",
        "9^(10^9*log(x)/log(9))",
        "exp(exp(exp(exp(9))))",
        "exp(exp(exp(exp(9+x-x))))",
        "|exp(exp(exp(exp(9+x-x))))-3|",
        "(x-x)/(x-x)",
        "1/(x-x)",
        "log(x-x)",
    ],
)
def test_hostile_input_is_refused_at_once(text):
    message = str(refusal(text))
    assert all(line.isprintable() for line in message.split("\n"))
    assert len(message) < 600


def test_the_caret_stands_under_wide_characters_and_after_a_cut():
    wide = refusal("2x + 가나다")
    assert wide.at == 5
    hangul = refusal("x + 1 가나")
    assert str(hangul).splitlines()[2].index("^") == 2 + 6
    full_width = refusal("（ｘ ＋ ｙ")  # each full-width sign takes two columns
    assert full_width.at == 5
    assert str(full_width).splitlines()[2].index("^") == 2 + 5 + 3
    long = "x + " * 100 + "y" + " + x" * 10
    lines = str(refusal(long)).splitlines()
    assert len(lines[1]) < 80
    assert lines[1][lines[2].index("^")] == "y"
    assert lines[1].strip().startswith("…")


def test_large_but_sensible_expressions_are_read():
    parse("+".join(f"{n}x^{n}" for n in range(1, 60)))
    parse("(" * 25 + "x" + ")" * 25)
    parse("sin(" * 25 + "x" + ")" * 25).derivative()
    parse("(x+1)^1000").derivative()
    parse("exp(-700) x")
