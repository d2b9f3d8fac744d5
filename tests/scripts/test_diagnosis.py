"""The figure of the diagnosis: its points are the trace's, its shares and steps those of the diagnosis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.figures import page, style
from derivviz.look.theme import THEMES, contrast
from derivviz.trace import Trace
from derivviz.trace.diagnosis import diagnose


@pytest.fixture(scope="module")
def exploding(tmp_path_factory: pytest.TempPathFactory, torch: Any) -> Trace:
    """A raw f′ network that squares what it gets until it is NaN."""
    import derivviz
    from derivviz.learning import FoodCNN

    path = tmp_path_factory.mktemp("figures") / "faithful.zarr"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = FoodCNN(5, "faithful", side=24)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
        images, target = torch.rand(20, 3, 24, 24), torch.arange(20) % 5
        with derivviz.record(model, optimizer, path, snapshot_every=1) as recorder:
            recorder.note(activations={name: {"preset": "faithful"} for name in ("act1", "act2")})
            for _ in range(6):
                loss = torch.nn.functional.cross_entropy(model(images), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                recorder.log(loss=loss)
    return open_trace(path)


def texts(artists: dict) -> str:
    return "\n".join(t.get_text() for t in page(artists, "diagnosis").findobj(Text) if t.get_visible())


def test_lines_are_the_traces(figure, exploding) -> None:
    artists = figure("diagnosis").draw(exploding)
    for name in ("conv", "act1", "fc1", "act2", "fc2"):
        np.testing.assert_array_equal(artists[f"size/{name}"].get_xdata(), exploding.steps)
        np.testing.assert_array_equal(
            artists[f"size/{name}"].get_ydata(), exploding[f"activation/{name}/rms"]
        )
    assert "size/flatten" not in artists  # it is the pooling in another shape
    assert artists["size/conv"].axes.get_yscale() == "log"


def test_points_of_an_activation_are_its_input_and_output(figure, exploding) -> None:
    artists = figure("diagnosis").draw(exploding)
    z, a = artists["power/act2"].get_data()
    seen = np.isfinite(exploding["activation/fc1/rms"]) & np.isfinite(exploding["activation/act2/rms"])
    np.testing.assert_array_equal(z, exploding["activation/fc1/rms"][seen])
    np.testing.assert_array_equal(a, exploding["activation/act2/rms"][seen])
    x, y = artists["square"].get_data()
    np.testing.assert_allclose(y, 6 * x**2)
    np.testing.assert_array_equal(*artists["line"].get_data())
    power = next(p for p in diagnose(exploding)["powers"] if p["name"] == "act2")
    assert f"act2, slope {power['exponent']:.2f}" in texts(artists)


def test_shares_and_steps(figure, exploding) -> None:
    found, artists = diagnose(exploding), figure("diagnosis").draw(exploding)
    for layer in found["layers"]:
        if f"exploded/{layer['name']}" in artists:
            assert artists[f"exploded/{layer['name']}"].get_width() == layer["exploded_last"]
            assert artists[f"dead/{layer['name']}"].get_width() == (layer["dead_last"] or 0)
    assert artists["exploded/fc2"].get_width() == 1
    for parameter in found["parameters"]:
        if parameter["ratio"] and parameter["ratio"][0] > 0:
            assert artists[f"step/{parameter['name']}"].get_xdata() == [parameter["ratio"][1]]
    assert set(artists["usual"].get_xdata()) == {found["thresholds"]["usual_ratio"]}


def test_where_it_stops_being_a_number(figure, exploding) -> None:
    artists = figure("diagnosis").draw(exploding)
    first = diagnose(exploding)["first_nonfinite"]["step"]
    assert set(artists["lost"].get_xdata()) == {first}
    assert f"NaN or ∞ from step {first}" in texts(artists)
    assert "Why this run explodes" in texts(artists)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "title"), [("en", "Size of a run's"), ("ko", "학습 중 값의 크기")])
def test_both_languages_and_themes(figure, tiny_trace, theme: str, language: str, title: str) -> None:
    with style(theme, language) as look:
        artists = figure("diagnosis").draw(open_trace(tiny_trace), language=language)
    assert title in texts(artists)
    assert any("가" <= c <= "힣" for c in texts(artists)) == (language == "ko")
    assert contrast(artists["size/fc1"].get_color(), look.theme.background) >= 3


def test_words_stay_on_the_sheet(figure, exploding) -> None:
    for language in ("en", "ko"):
        drawn = page(figure("diagnosis").draw(exploding, language=language), "diagnosis")
        drawn.draw_without_rendering()
        for text in drawn.findobj(Text):
            words = text.get_text().strip()
            if (
                text.get_visible() and words and not words.startswith("$")
            ):  # a number beyond the end of its axis
                box = text.get_window_extent()
                assert 0 <= box.x0 < box.x1 <= drawn.bbox.x1 + 1, text.get_text()


def test_a_trace_with_less_in_it(figure, make_trace, torch, tmp_path) -> None:
    import derivviz

    model = torch.nn.ModuleDict({"fc": torch.nn.Linear(3, 2)})
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with derivviz.record(model, optimizer, tmp_path / "run.zarr"):
        model["fc"](torch.rand(4, 3)).sum().backward()
        optimizer.step()
    artists = figure("diagnosis").draw(open_trace(tmp_path / "run.zarr"))
    assert {"size/fc", "power/none", "steps/none"} <= set(artists)
    with pytest.raises(DerivvizError, match=r"no values of 'activation/\*/rms'"):
        figure("diagnosis").draw(make_trace({"loss": [1.0]}))


def test_it_draws_on_given_axes(figure, exploding) -> None:
    other, mine = Figure().subplots(2, 1)
    artists = figure("diagnosis").draw(exploding, ax=mine)
    assert artists["size/conv"].axes is mine
    assert not other.lines


def test_its_film_ends_with_it(tiny_trace, ends_still) -> None:
    ends_still("diagnosis", open_trace(tiny_trace))
