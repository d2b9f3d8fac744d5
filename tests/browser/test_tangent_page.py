"""The tangent page in a real Chromium: dragged, slid, typed into, and read."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz.calculus.difference import difference_quotient
from derivviz.calculus.differentiability import look_at
from derivviz.calculus.expression import parse
from derivviz.publishing.page import write
from derivviz.publishing.page.formula import javascript

Make = Callable[..., Any]
EXPRESSIONS = (
    *("x**2 + 2*x + 1", "-2x^3 - 6x^2 + 18x", "x sin(1/x)", "|x - 1| + sqrt(x)", "x^(1/3)", "x^(2/3)"),
    *("ln(x)/x", "e^(-x^2/2)", "2^x - x^x", "tan(x)", "1/(x^2 - 1)", "x^(-2)", "(-x)^0.5", "cbrt(x)^2"),
    *(
        "asin(x) + acos(x) + atan(x)",
        "sinh(x)/cosh(x) - tanh(x)",
        "x^0 + pi",
        "x^(3/5) - x^(-1/3)",
        "x^(1/4)",
        "x^(x - 2)",
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def tangent(open_page: Make, folder: Path) -> Make:
    """Opens the page for a function, made once for each."""

    def opened(context: dict[str, Any] | None = None, **typed: str) -> Any:
        path = folder / f"{abs(hash(tuple(sorted(typed.items()))))}.html"
        if not path.exists():
            write("tangent", path, **typed)
        one = open_page(path, **(context or {}))
        one.page.wait_for_selector("html[data-ready]", state="attached")
        return one

    return opened


def read(page: Any, name: str) -> float:
    """A number as the page knows it, not as it prints it."""
    return float(page.locator(f"#{name}").get_attribute("data-value"))


def drawn(page: Any, plot: str, name: str, column: str) -> list[float]:
    """What Bokeh draws."""
    return page.evaluate(
        "([plot, name, column]) => [...derivviz.model(plot, name).data_source.data[column]]",
        [plot, name, column],
    )


def on_screen(page: Any, x: float, y: float) -> tuple[float, float]:
    """Where a point of the curve is on the screen."""
    box = page.evaluate(
        """([x, y]) => {
            const view = Bokeh.index.get_by_id(derivviz.model("curve", "P").document.roots()[0].id);
            const box = view.canvas_view.el.getBoundingClientRect();
            return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)];
        }""",
        [x, y],
    )
    return box[0], box[1]


def test_dragging_q_towards_p_with_the_mouse(tangent: Make) -> None:
    page = tangent().page
    assert read(page, "slope") == 8  # as the source has it: Q at x = 5
    page.mouse.move(*on_screen(page, 5, 36))
    page.mouse.down()
    seen = []
    for x in (4.0, 3.0, 2.0, 1.2):
        page.mouse.move(*on_screen(page, x, (x + 1) ** 2))
        seen.append(read(page, "slope"))
        assert read(page, "q") == pytest.approx(x, abs=0.02)
        assert read(page, "slope") == pytest.approx(2 + read(page, "q") + 1, rel=1e-12)
        (drawn_x,), (drawn_y,) = drawn(page, "curve", "Q", "x"), drawn(page, "curve", "Q", "y")
        assert drawn_y == pytest.approx((drawn_x + 1) ** 2)
        xs, ys = drawn(page, "curve", "secant", "x"), drawn(page, "curve", "secant", "y")
        assert (ys[1] - ys[0]) / (xs[1] - xs[0]) == pytest.approx(read(page, "slope"))
    page.mouse.up()
    assert seen == sorted(seen, reverse=True)
    page.mouse.move(*on_screen(page, 4, 25))
    assert read(page, "slope") == seen[-1]  # let go


def test_a_finger_drags_q_sideways_and_scrolls_the_page_upwards(tangent: Make) -> None:
    page = tangent({"has_touch": True, "viewport": {"width": 390, "height": 700}}).page
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *place: float) -> None:
        points = [{"x": place[0], "y": place[1]}] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for x, kind in ((5.0, "touchStart"), (4.0, "touchMove"), (3.0, "touchMove"), (2.0, "touchMove")):
        touch(kind, *on_screen(page, x, 20))
    touch("touchEnd")
    assert read(page, "q") == pytest.approx(2, abs=0.05)
    left, top = on_screen(page, 4, 20)
    touch("touchStart", left, top)
    for up in range(20, 160, 20):
        touch("touchMove", left, top - up)
    touch("touchEnd")
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(scrollY))))"
    assert page.evaluate(frames) > 0
    assert read(page, "q") == pytest.approx(2, abs=0.05)
    page.touchscreen.tap(*on_screen(page, 3, 20))
    assert read(page, "q") == pytest.approx(3, abs=0.05)
    assert page.evaluate("document.documentElement.scrollWidth") == 390  # nothing sticks out


def test_the_keyboard_alone_brings_q_to_p_and_beyond(tangent: Make) -> None:
    page = tangent().page
    for _ in range(3):  # past language and theme
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "place"
    before = read(page, "slope")
    page.keyboard.press("ArrowLeft")
    assert 4 < read(page, "slope") < before
    page.keyboard.press("Home")
    assert read(page, "dx") < 0
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("0")
    assert page.locator("#slope").inner_text() == "0/0"
    assert "0/0" in page.locator("#says").inner_text()
    assert drawn(page, "curve", "secant", "x") == []


def test_the_published_numbers_digit_for_digit(tangent: Make) -> None:
    page = tangent().page
    for h, slope in ((4, "8"), (0.1, "4.100000000000001"), (0.000001, "4.000000999759834")):
        page.fill("#h", repr(h))
        assert page.locator("#slope").inner_text() == slope
    assert page.locator("#limit").inner_text() == "4"
    page.fill("#h", "1e-16")
    assert read(page, "slope") == 0
    assert "rounding" in page.locator("#says").inner_text()


@pytest.mark.parametrize(
    ("function", "at"),
    [("sin(x)/x", 0.0), ("|x|", 0.0), ("x^3 - x", 0.5), ("e^x ln(x)", 2.0), ("sqrt(x)", 0.0)],
)
def test_any_function_gives_what_derivviz_gives(tangent: Make, function: str, at: float) -> None:
    opened = tangent(function=function, at=repr(at))
    page, point = opened.page, look_at(parse(function), at)
    for h in (0.5, 0.25, -0.25, 0.001):
        page.fill("#h", repr(h))
        expected = float(difference_quotient(point, at, read(page, "dx")))
        assert read(page, "slope") == pytest.approx(expected, rel=1e-9, nan_ok=True)
    limit = math.nan if point.slope is None else float(point.slope)
    assert read(page, "limit") == pytest.approx(limit, nan_ok=True)
    if point.kind == "corner":
        assert drawn(page, "slopes", "limits", "y") == list(point.slopes())
        assert "two limits differ" in page.locator("#says").inner_text()


def test_code_made_of_an_expression_computes_what_the_expression_does(tangent: Make) -> None:
    page = tangent().page
    x = np.concatenate([np.linspace(-4, 4, 161), [1e-9, -1e-9, 1e200, -1e200]])
    session = page.context.new_cdp_session(page)  # past the page's own policy, which forbids eval
    for text in EXPRESSIONS:
        expression = parse(text)
        code = f"(xs) => xs.map({javascript(expression.tree)}).map(String)"
        called = session.send(
            "Runtime.evaluate",
            {"expression": f"({code})({x.tolist()})", "returnByValue": True},
        )
        found = np.array([float(value) for value in called["result"]["value"]])
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(found, expression(x), rtol=1e-12, atol=1e-14, err_msg=text)


def test_language_and_theme_change_everything_and_stay_accessible(tangent: Make) -> None:
    opened = tangent()
    page = opened.page
    assert opened.violations() == []
    assert page.title() == "From secant to tangent"
    page.click("#language")
    assert page.title() == "할선에서 접선으로"
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.evaluate("derivviz.model('slopes', 'x axis').axis_label") == "Q의 x좌표"
    assert "할선의 기울기는 8" in page.locator("#says").inner_text()
    page.click("#theme")
    assert page.evaluate("derivviz.model('curve', 'function').glyph.line_color.value") == "#4C88FA"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 31)"
    assert opened.violations() == []
    page.click("#language")
    assert not [sign for sign in page.locator("main").inner_text() if "가" <= sign <= "힣"]


def test_magnified_the_curve_is_straight(tangent: Make) -> None:
    page = tangent().page
    page.fill("#h", "0.0001")
    page.click("#zoom")
    assert page.locator("#zoom").get_attribute("aria-pressed") == "true"
    x, y = (np.array(drawn(page, "curve", "function", column)) for column in "xy")
    assert np.ptp(x) == pytest.approx(1.9e-4)
    assert np.abs(y - np.interp(x, x[[0, -1]], y[[0, -1]])).max() < 1e-4 * np.ptp(y)
    page.click("#again")
    assert read(page, "slope") == 8


LONG = "(x^5 - 3x^4 + 2x^3 - x^2 + 7x - 1)/(x^2 + 1) + sin(2x) - sqrt(x + 5) ln(x + 6)"
LONGER = f"{LONG} + cos(3x)^2 atan(x) - x/(x + 9) + x^3/7 - 2^x/11"


@pytest.mark.parametrize(
    ("function", "width", "written_out"),
    [("x^2", 390, False), (LONG, 1100, False), (LONG, 390, True), (LONGER, 1100, True)],
)
def test_a_long_formula_is_set_smaller_or_written_out(
    tangent: Make, function: str, width: int, written_out: bool
) -> None:
    page = tangent({"viewport": {"width": width, "height": 800}}, function=function).page
    assert page.evaluate("derivviz.model('curve', 'title').visible") is not written_out
    assert (f"y = {function}" in page.locator("main p").all_inner_texts()) is written_out
    assert page.evaluate("document.documentElement.scrollWidth") <= width
