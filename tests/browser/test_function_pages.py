"""Pages of a function in a real Chromium: what the browser works out is what derivviz works out."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz.calculus.expression import parse
from derivviz.calculus.shape import Shape
from derivviz.publishing.page import write

Make = Callable[..., Any]


@pytest.fixture
def show(open_page: Make, tmp_path: Path) -> Make:
    """Makes a page and opens it."""

    def opened(name: str, language: str = "en", theme: str = "paper", **typed: str) -> Any:
        one = open_page(write(name, tmp_path / f"{name}.html", language=language, theme=theme, **typed))
        one.page.wait_for_selector("html[data-ready]", state="attached")
        return one

    return opened


def slide(page: Any, name: str, value: float) -> None:
    page.locator(f"#{name}").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", value
    )


def read(page: Any, name: str) -> float:
    return float(page.locator(f"#{name}").get_attribute("data-value"))


@pytest.mark.parametrize(
    ("function", "start", "end"), [("-2x^3 - 6x^2 + 18x", -5, 3), ("x ln(x)", -1, 4), ("e^(-x^2/2)", -3, 3)]
)
def test_the_slope_draws_the_derivative(show: Make, function: str, start: float, end: float) -> None:
    opened = show("derivative_function", function=function, **{"from": str(start), "to": str(end)})
    page, f = opened.page, parse(function)
    slope, shape = f.derivative(), Shape(f, start, end)
    for x in np.linspace(start, end, 7):
        page.fill("#x", repr(float(x)))
        assert read(page, "height") == pytest.approx(f(float(x)), rel=1e-12, abs=1e-12, nan_ok=True)
        assert read(page, "slope") == pytest.approx(slope(float(x)), rel=1e-12, abs=1e-12, nan_ok=True)
    drawn = page.evaluate("derivviz.model('below', 'drawn').data_source.data")
    xs, ys = (
        np.array([np.nan if value is None else value for value in drawn[column]], float) for column in "xy"
    )
    assert xs[-1] == end  # drawn as far as the point has been
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ys, slope(xs), rtol=1e-9, atol=1e-9)
    assert page.locator("#table tr").count() == len(shape.extrema)
    assert opened.violations() == []


def test_a_drag_along_the_curve(show: Make) -> None:
    page = show("derivative_function").page
    box = page.locator("#below").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    before = read(page, "at")
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    x = read(page, "at")
    assert x > before + 1
    assert read(page, "slope") == pytest.approx(-6 * x**2 - 12 * x + 18)


@pytest.mark.parametrize(
    ("start", "rate", "told"),
    [(1.9, 0.03, "a deeper valley elsewhere"), (-0.5, 0.03, "at the bottom"), (1.9, 0.5, "thrown out")],
)
def test_every_step_goes_down_the_slope(show: Make, start: float, rate: float, told: str) -> None:
    opened = show("gradient_descent", at=str(start), rate=str(rate))
    page, slope = opened.page, parse("x^4 - 4x^2 + x").derivative()
    walk = json.loads(page.locator("#ends").get_attribute("data-walk"))
    for x, following in pairwise(walk):
        assert following == pytest.approx(x - rate * slope(x), rel=1e-9)
    assert told in page.locator("#ends").inner_text()
    slide(page, "row", 1)
    assert read(page, "x") == pytest.approx(walk[1])
    assert read(page, "move") == pytest.approx(-rate * slope(walk[1]))
    slide(page, "power", -2)
    assert read(page, "rate") == pytest.approx(0.01)
    assert opened.violations() == []


def test_every_page_of_a_function_speaks_korean_in_the_dark(show: Make) -> None:
    for name in ("derivative_function", "gradient_descent", "score", "tangent"):
        opened = show(name, language="ko", theme="dark")
        assert opened.page.evaluate("document.documentElement.lang") == "ko"
        words = opened.page.locator("main").inner_text()
        assert any("가" <= sign <= "힣" for sign in words)
        assert not {"the", "of", "at", "slope"} & set(words.lower().split())
        assert opened.violations() == []
