"""The figure of the sensitivity: maps, norms and slopes are those of the trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.figures import page, style
from derivviz.look.theme import THEMES
from derivviz.trace import Trace

CLASSES = ["pizza", "chicken", "hamburger", "pasta", "salad"]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, torch: Any) -> Any:
    """Records the recommender in small: pictures of 16 pixels, or rows of numbers."""
    import derivviz

    def make(pictures: bool = True, probes: int = 2, spoil: bool = False) -> Trace:
        path = tmp_path_factory.mktemp("figures") / "run.zarr"
        with torch.random.fork_rng():
            torch.manual_seed(0)
            layers = [torch.nn.Conv2d(3, 2, 3), torch.nn.ReLU(), torch.nn.Flatten()] if pictures else []
            model = torch.nn.Sequential(*layers, torch.nn.Linear(2 * 14 * 14 if pictures else 6, 5))
            inputs = torch.rand(4, 3, 16, 16) if pictures else torch.rand(4, 6)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
            if spoil:
                with torch.no_grad():
                    model[-1].weight.fill_(float("nan"))
            options = {"probe": inputs[:probes], "sensitivity_every": 5}
            with derivviz.record(model, optimizer, path, **options) as recorder:
                recorder.note(classes=CLASSES)
                for _ in range(3):
                    loss = model(inputs).square().sum()
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
        return open_trace(path)

    return make


@pytest.fixture(scope="module")
def trace(make: Any) -> Trace:
    return make()


def texts(artists: dict) -> str:
    return "\n".join(t.get_text() for t in page(artists, "sensitivity").findobj(Text) if t.get_visible())


def test_maps_are_the_traces(figure, trace) -> None:
    artists, found = figure("sensitivity").draw(trace), trace.sensitivity
    for row in (0, 1):
        for name in ("saliency", "integrated_gradients", "smooth_grad"):
            np.testing.assert_array_equal(artists[f"{name}/{row}"].get_array(), getattr(found, name)[row, 0])
        np.testing.assert_array_equal(artists[f"picture/{row}"].get_array(), trace.probe.input_image[0])
    low, high = artists["integrated_gradients/1"].get_clim()
    assert -low == high > 0


def test_large_maps_are_means_of_cells(figure) -> None:
    values = np.arange(224.0 * 224).reshape(224, 224)
    small = figure("sensitivity").coarse(values, 56)
    assert small.shape == (56, 56)
    assert small[1, 2] == values[4:8, 8:12].mean()
    assert small.mean() == pytest.approx(values.mean())


def test_norms_and_slopes(figure, trace) -> None:
    artists, found = figure("sensitivity").draw(trace), trace.sensitivity
    for row in (0, 1):
        norms = [found.input_norm[row, 0], *(v[row, 0] for v in found.jacobian_norm.values())]
        np.testing.assert_array_equal(artists[f"jacobian/{row}"].get_ydata(), norms)
    for c in range(5):
        np.testing.assert_array_equal(artists[f"slope/{c}"].get_xdata(), found.path.t)
        np.testing.assert_array_equal(artists[f"slope/{c}"].get_ydata(), found.path.slope[-1, :, c])


def test_classes_are_named_with_what_the_network_gave_them(figure, trace) -> None:
    target = int(trace.sensitivity.target[0, 0])
    logits = trace.sensitivity.output[0, 0].astype(float)
    sure = np.exp(logits[target]) / np.exp(logits).sum()
    told = texts(figure("sensitivity").draw(trace))
    assert f"before training\n{CLASSES[target]}, p = {sure:.2f}" in told
    assert "trained\n" in told


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("language", "title"), [("en", "What the network"), ("ko", "신경망이 보는 곳")])
def test_both_languages_and_themes(figure, trace, theme: str, language: str, title: str) -> None:
    with style(theme, language):
        artists = figure("sensitivity").draw(trace, language=language)
        drawn = page(artists, "sensitivity")
        drawn.draw_without_rendering()
    told = texts(artists)
    assert title in told
    assert any("가" <= c <= "힣" for c in told) == (language == "ko")
    assert ("pizza" in told) == (language == "en")
    for text in drawn.findobj(Text):
        box = text.get_window_extent()
        if text.get_visible() and text.get_text().strip() and box.width > 1:
            assert 0 <= box.x0 < box.x1 <= drawn.bbox.x1 + 1, text.get_text()


def test_without_captum(figure, make, monkeypatch) -> None:
    from derivviz.learning import sensitivity

    monkeypatch.setattr(sensitivity, "find_spec", lambda name: None)
    artists = figure("sensitivity").draw(make())
    assert "saliency/1" in artists
    assert "smooth_grad/1" not in artists


def test_inputs_that_are_no_pictures_and_one_alone(figure, make) -> None:
    artists = figure("sensitivity").draw(make(pictures=False, probes=1))
    assert "saliency/0" not in artists
    assert {"jacobian/0", "path/none"} <= set(artists)


def test_a_run_that_is_nan(figure, make) -> None:
    assert "before training\nNaN" in texts(figure("sensitivity").draw(make(spoil=True)))


def test_without_it_the_error_says_what_records_it(figure, tiny_trace) -> None:
    with pytest.raises(DerivvizError, match=r"no values of 'sensitivity/saliency'.*\n.*derivviz record food"):
        figure("sensitivity").draw(open_trace(tiny_trace))


def test_it_draws_on_given_axes(figure, trace) -> None:
    other, mine = Figure(figsize=(8, 12)).subplots(2, 1)
    artists = figure("sensitivity").draw(trace, ax=mine)
    assert artists["picture/0"].axes is mine
    assert not other.images


def test_its_film_ends_with_it(figure, trace: Trace, ends_still) -> None:
    ends_still("sensitivity", trace)
    artists, found = figure("sensitivity").draw(trace), trace.sensitivity
    last = len(found.steps) - 1
    motion = figure("sensitivity").animate(artists, trace)
    motion.show(float(found.steps[0]))
    np.testing.assert_array_equal(artists[f"jacobian/{last}"].get_ydata(), artists["jacobian/0"].get_ydata())
    np.testing.assert_array_equal(artists[f"saliency/{last}"].get_array(), artists["saliency/0"].get_array())
    assert artists[f"saliency/{last}"].get_clim() == artists["saliency/0"].get_clim()
    assert artists[f"name/{last}"].get_text() == artists["name/0"].get_text()
