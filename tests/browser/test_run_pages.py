"""Pages of recorded runs in a real Chromium: what they show is what the trace holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivviz.calculus.polynomial import least_squares
from derivviz.calculus.score import DISHES, multiplier, scores
from derivviz.publishing.page import write
from derivviz.trace import Trace, open_trace

Make = Callable[..., Any]
HOSTILE = (
    "<b>bold</b>",
    "</script><script>alert(1)</script>",
    "$$x^2$$",
    "<img src=x onerror=alert(1)>",
    "샐러드 & co",
)


@pytest.fixture
def show(open_page: Make, tmp_path: Path) -> Make:
    """Makes a page and opens it."""

    def opened(name: str, trace: Any = None, language: str = "en", theme: str = "paper", **typed: str) -> Any:
        path = write(name, tmp_path / f"{name}.html", trace, language=language, theme=theme, **typed)
        one = open_page(path)
        one.page.wait_for_selector("html[data-ready]", state="attached")
        return one

    return opened


@pytest.fixture(scope="module")
def cubic(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    from derivviz.parameters import fill
    from derivviz.runs import Progress, Request, polynomial

    path = tmp_path_factory.mktemp("runs") / "run.zarr"
    typed = fill(polynomial.Parameters, {"steps": "60", "points": "7"})
    silent = Progress(lambda line: None, lambda *now: None)
    polynomial.train(Request(path, snapshot_every=10, parameters=typed), silent)
    return open_trace(path)


def table(page: Any) -> np.ndarray[Any, Any]:
    """The numbers of the table, a row a line."""
    rows = page.evaluate(
        "[...document.querySelectorAll('#table tr')].map((row) => [...row.cells].slice(1).map((c) => c.dataset.value))"
    )
    return np.array(rows, float)


def slide(page: Any, name: str, value: float) -> None:
    """Move a slider as a reader does."""
    page.locator(f"#{name}").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", value
    )


WALK = """() => {
  const [dots, numbers, x, y] = ["walkers", "numbers", "x", "y"].map((name) => derivviz.model("walk", name));
  const place = document.getElementById("walk"), pixels = ({ data }) => [...data.x].map((at, n) =>
    [(at / (x.end - x.start)) * (place.clientWidth - 90), (data.y[n] / (y.end - y.start)) * (place.clientHeight - 90)]);
  return [dots.glyph.size.value, pixels(dots.data_source), pixels(numbers.data_source)];
}"""


@pytest.mark.parametrize("width", [390, 1100])
def test_dishes_and_their_numbers_stand_apart(open_page: Make, tmp_path: Path, width: int) -> None:
    opened = open_page(write("score", tmp_path / "page.html", None), viewport={"width": width, "height": 844})
    page = opened.page
    page.wait_for_selector("html[data-ready]", state="attached")
    for hunger in (0, 2.5, 6, 10):
        slide(page, "hunger", hunger)
        size, dots, numbers = page.evaluate(WALK)
        dots, numbers = np.array(dots), np.array(numbers)
        between = np.linalg.norm(dots[:, None] - dots[None], axis=2) + 1e6 * np.eye(len(dots))
        assert between.min() > size
        beside = np.linalg.norm(numbers[:, None] - dots[None], axis=2)
        if width < 600:
            assert beside.min() > size / 2 + 6
        else:
            np.testing.assert_allclose(numbers, dots)
        apart = np.linalg.norm(numbers[:, None] - numbers[None], axis=2) + 1e6 * np.eye(len(dots))
        assert apart.min() > 11


def test_sliding_hunger_gives_the_published_scores(show: Make) -> None:
    opened = show("score")
    page = opened.page
    for hunger in (0, 2.5, 6, 10):
        slide(page, "hunger", hunger)
        found = table(page)
        np.testing.assert_allclose(found[:, 4], scores(np.ones(5), hunger), atol=1e-12)
        np.testing.assert_allclose(found[:, 3], multiplier(np.arange(5), hunger), atol=1e-12)
        best = page.locator("#table tr.best th").inner_text()
        assert best.endswith(DISHES[int(np.argmax(scores(np.ones(5), hunger)))])
    slide(page, "hunger", 6)
    published = dict(zip(DISHES, table(page)[:, 4], strict=True))
    assert {dish: round(published[dish], 2) for dish in ("pasta", "chicken", "salad")} == {
        "pasta": 1.69,
        "chicken": 2.05,
        "salad": 1.43,
    }
    page.locator("#hunger").focus()
    page.keyboard.press("ArrowRight")
    assert float(page.locator("#shown").get_attribute("data-value")) == pytest.approx(6.05)
    assert opened.violations() == []


def test_a_dish_is_dragged_along_the_derivative(show: Make) -> None:
    page = show("score", hunger="6").page
    where = """(x) => {
        const view = Bokeh.index.get_by_id(derivviz.model("walk", "walkers").document.roots()[0].id);
        const box = view.canvas_view.el.getBoundingClientRect();
        return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(0)];
    }"""
    page.mouse.move(*page.evaluate(where, 0.6))  # salad, i = 4
    page.mouse.down()
    page.mouse.move(*page.evaluate(where, 1.2), steps=3)
    page.mouse.up()
    assert float(page.locator("#shown").get_attribute("data-value")) == pytest.approx(7.5, abs=0.05)


def test_pictures_of_a_run_are_scored(show: Make, tiny_trace: Path) -> None:
    opened = show("score", tiny_trace, language="ko", theme="dark", hunger="8")
    page, last = opened.page, open_trace(tiny_trace).evaluation.probabilities[-1]
    options = page.locator("#case option")
    assert options.count() == 10
    for n in (0, 7):
        page.select_option("#case", index=n)
        image = page.evaluate(f"derivviz.data.cases[{n}].image")
        np.testing.assert_allclose(table(page)[:, 4], scores(last[image], 8), atol=1e-9)
        assert page.locator("#picture").evaluate("(picture) => picture.naturalWidth") > 0
    assert opened.violations() == []


def test_names_from_data_are_only_shown(show: Make, tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    trace.attrs["classes"] = list(HOSTILE)
    page = show("score", trace).page
    assert page.locator("#table th").all_inner_texts() == [f"{i} {name}" for i, name in enumerate(HOSTILE)]
    assert page.locator("main b").all_inner_texts() == ["h = 6"]
    assert page.locator("main img").count() == 1
    drawn = page.evaluate("[...derivviz.model('scores', 'names').data_source.data.text]")
    assert drawn == [f"{i} {name}" for i, name in enumerate(HOSTILE)]


def test_scrubbing_a_regression_shows_its_errors_and_gradients(show: Make, cubic: Trace) -> None:
    opened = show("polynomial_regression", cubic)
    page = opened.page
    for step in (0, 20, 50):
        slide(page, "row", page.evaluate(f"derivviz.nearest(derivviz.data.steps, {step})"))
        snapshot, found = cubic.snapshot(step), table(page)
        assert page.locator("#step").inner_text() == str(step)
        np.testing.assert_allclose(found[:, 0], snapshot.param["coefficients"], rtol=1e-6)
        np.testing.assert_allclose(found[:, 1], snapshot.grad["coefficients"], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found[:, 2], cubic.attrs["least_squares"])
        loss = float(page.locator("#says").get_attribute("data-loss"))
        assert loss == pytest.approx(float(cubic["loss"][step]), rel=1e-5)
    slide(page, "degree", 5)
    x, y = (
        np.array(page.evaluate(f"[...derivviz.model('fit', 'best').data_source.data.{column}]"))
        for column in "xy"
    )
    fit = least_squares(np.array(cubic.attrs["x"]), np.array(cubic.attrs["target"]), 5)
    np.testing.assert_allclose(y, np.polynomial.polynomial.polyval(x, fit), atol=1e-9)
    slide(page, "row", 0)
    page.click("#play")
    page.locator("#step").filter(has_not_text="0").wait_for()
    page.click("#play")
    assert opened.violations() == []


def test_scrubbing_a_training_shows_the_numbers_of_the_trace(show: Make, tiny_trace: Path) -> None:
    opened = show("training", tiny_trace, step="3")
    page, trace = opened.page, open_trace(tiny_trace)
    names = page.locator("#table th").all_inner_texts()
    for step in (3, 11):
        slide(page, "row", step)
        assert float(page.locator("#says").get_attribute("data-loss")) == pytest.approx(
            trace["loss"][step], rel=1e-5
        )
        norms = [trace[f"grad/{name}/norm"][step] for name in names]
        np.testing.assert_allclose(table(page)[:, 0], norms, rtol=1e-5)
    page.select_option("#measure", label="update relative to the parameter (norms)")
    shares = [trace[f"update/{name}/norm"][11] / trace[f"param/{name}/norm"][11] for name in names]
    np.testing.assert_allclose(table(page)[:, 0], shares, rtol=1e-5)
    page.select_option("#measure", label="factor of the learning rate")
    np.testing.assert_allclose(
        table(page)[:, 0], [trace[f"lr_factor/{name}"][11] for name in names], rtol=1e-5
    )
    page.select_option("#which", label="accuracy")
    dot = page.evaluate("derivviz.model('other', 'now').data_source.data.y[0]")
    assert dot == pytest.approx(trace["accuracy"][11])
    box = page.locator("#loss canvas").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 17, box["y"] + box["height"] / 2)
    assert page.locator("#step").inner_text() == "11"
    assert opened.violations() == []
