"""The figure of the network: the layers that the trace tells of, in their order."""

from __future__ import annotations

import math

import pytest
from matplotlib.text import Text

from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.figures import page


def texts(artists: dict) -> list[str]:
    return [text.get_text() for text in page(artists, "model").findobj(Text) if text.get_text()]


def test_every_layer_in_its_order(figure, tiny_trace) -> None:
    trace = open_trace(tiny_trace)
    artists = figure("model").draw(trace)
    boxes = {key.partition("/")[2]: artist for key, artist in artists.items() if key.startswith("layer/")}
    assert list(boxes) == [module["name"] for module in trace.modules if module["name"]]
    heights = [box.get_y() for box in boxes.values()]
    assert heights == sorted(heights)
    for module in trace.modules:
        if module["name"]:
            shape = " × ".join(f"{side:,}" for side in module["output_shape"])
            assert artists[f"shape/{module['name']}"].get_text() == shape
    count = sum(math.prod(parameter["shape"]) for parameter in trace.parameters)
    told = [int(text.split()[0].replace(",", "")) for text in texts(artists) if text.endswith("parameters")]
    assert sum(told) == count
    assert f"{count:,} parameters" in figure("model").caption(trace)
    assert f"파라미터 {count:,}개" in figure("model").caption(trace, language="ko")


def test_f_prime_stands_out(figure, tiny_trace, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = open_trace(tiny_trace)
    modules = [m | {"type": m["type"].replace("Tanh", "DerivativeActivation")} for m in trace.modules]
    monkeypatch.setattr(type(trace), "modules", modules)
    artists = figure("model").draw(trace)
    assert artists["layer/act1"].get_linewidth() > artists["layer/fc1"].get_linewidth()
    assert artists["layer/act1"].get_edgecolor() != artists["layer/fc1"].get_edgecolor()


def test_many_layers_are_shortened(figure, tiny_trace, monkeypatch: pytest.MonkeyPatch) -> None:
    trace, module = open_trace(tiny_trace), figure("model")
    many = [{"name": f"l{n}", "type": "Linear", "output_shape": [n + 1], "parameters": []} for n in range(40)]
    monkeypatch.setattr(type(trace), "modules", many)
    artists = module.draw(trace)
    shown = [key for key in artists if key.startswith("layer/")]
    assert shown == [f"layer/l{n}" for n in (*range(6), *range(34, 40))]
    assert "… 28 more layers …" in texts(artists)
    monkeypatch.setattr(type(trace), "modules", [])
    with pytest.raises(DerivvizError, match="tells of no layers"):
        module.draw(trace)
