"""Interactive pages as files: what is written, what never gets in, and what is told where none can be made."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derivviz.calculus.expression import parse
from derivviz.cli.page import command
from derivviz.errors import DerivvizError, UsageError
from derivviz.publishing.page import path_of, summaries, write
from derivviz.publishing.page.formula import javascript, tex
from derivviz.publishing.page.shell import both, plain
from derivviz.trace import MissingSeriesError

MOST = 5_000_000  # bytes of a page without data


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: object) -> Result:
    result = CliRunner().invoke(command, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((), "renders/tangent.html"),
        (("--lang", "ko", "--theme", "dark"), "renders/tangent.ko.dark.html"),
        (("-o", "here"), "here/tangent.html"),
        (("-o", "a/b.html", "--function", "sin(x)", "--at", "0.5"), "a/b.html"),
    ],
)
def test_where_it_goes(words: tuple[str, ...], name: str) -> None:
    told = run("tangent", *words).output
    assert name in told
    assert [str(path) for path in Path().rglob("*") if path.is_file()] == [name]


def test_one_file_that_asks_for_nothing() -> None:
    text = write("tangent", Path("page.html")).read_text(encoding="utf-8")
    assert len(text.encode()) < MOST
    bokeh = re.compile(r"<script>\n(?:(?!</script>).)*?/\* BEGIN bokeh.*?</script>", re.DOTALL)
    own, left_out = bokeh.subn("", text)
    assert left_out == 2  # Bokeh and its MathJax are inside
    assert "https:" not in own
    assert "http:" not in own
    assert not re.search(r"<(link|iframe|img|script)[^>]*\b(src|href)=", own)
    assert "Content-Security-Policy" in own
    assert "default-src &#x27;none&#x27;" in own or "default-src 'none'" in own
    assert "Copyright (c) Anaconda" in text  # the licence travels with the code


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("x**2 + 2*x + 1", "x^{2} + 2 x + 1"),
        ("2/(x+1)^3", r"\frac{2}{\left(x + 1\right)^{3}}"),
        ("-x - (-x)", r"-x - \left(-x\right)"),
        ("sqrt(x) cbrt(x)", r"\sqrt{x} \sqrt[3]{x}"),
        ("|x| ln(x) e^x", r"\left|x\right| \ln\left(x\right) e^{x}"),
        ("3*4 asin(x)", r"3 \cdot 4 \arcsin\left(x\right)"),
        ("exp(-x^2/2)", r"e^{\frac{-x^{2}}{2}}"),
        ("x^(2/3) + pi", r"x^{2/3} + \pi "),
        ("1/x/x", r"\frac{\frac{1}{x}}{x}"),
        ("(x^2)^3", r"\left(x^{2}\right)^{3}"),
    ],
)
def test_formulas_are_set_as_they_were_typed(typed: str, written: str) -> None:
    assert tex(parse(typed).tree) == written


def test_a_function_becomes_code_of_known_words_alone() -> None:
    code = javascript(parse("-sin(x)^2/ln(|x|) + 0.5 x^(1/3) - 2^x*pi").tree)
    words = set(re.findall(r"[A-Za-z][\w.]*", code))
    helpers = {f"derivviz.{name}" for name in ("quotient", "power", "plainPower", "oddPower", "ln")}
    assert words <= helpers | {"x", "Math.sin", "Math.abs", "true", "false"}


def test_nothing_that_is_typed_reaches_the_page_raw() -> None:
    with pytest.raises(UsageError):
        write("tangent", Path("page.html"), function="alert(1)")
    with pytest.raises(UsageError):
        write("tangent", Path("page.html"), function="x</script><script>alert(1)")
    assert not Path("page.html").exists()


def test_words_are_escaped_and_numbers_that_are_none_are_null() -> None:
    made = both("b", {"en": '<i onclick="x">', "ko": "&"})
    assert "<i" not in made
    assert html.unescape(made).count('<i onclick="x">') == 2
    assert plain({"a": [float("nan"), 1.5, float("inf")]}) == {"a": [None, 1.5, None]}


def test_all_pages_are_listed_and_a_wrong_name_is_told_the_nearest() -> None:
    named = {
        "tangent",
        "derivative_function",
        "gradient_descent",
        "score",
        "polynomial_regression",
        "training",
    }
    assert named == set(summaries())
    assert "polynomial_regression" in run("--help").output
    assert path_of("polynomial-regression").stem == "polynomial_regression"
    with pytest.raises(UsageError, match="Did you mean 'tangent'"):
        path_of("tangnet")


def test_a_page_of_a_run_says_what_it_needs(tiny_trace: Path) -> None:
    with pytest.raises(UsageError, match="derivviz record polynomial"):
        write("polynomial_regression", Path("page.html"))
    with pytest.raises(MissingSeriesError, match="derivviz record polynomial"):
        write("polynomial_regression", Path("page.html"), tiny_trace)
    with pytest.raises(UsageError, match="the last step of this trace is 11"):
        write("training", Path("page.html"), tiny_trace, step="12")
    assert not Path("page.html").exists()


def test_without_bokeh_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("derivviz.publishing.page.")]:
        if name.rpartition(".")[2] in ("plot", "shell", "parts") or ".subjects." in name:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "bokeh.plotting", None)
    with pytest.raises(DerivvizError, match=re.escape("pip install 'derivviz[page]'")):
        write("tangent", Path("page.html"))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DerivvizError, match="Name another place with -o"):
        write("tangent", tmp_path / "file" / "page.html")
