"""The layers of a recorded run: names, kinds, shapes, parameters, and what their classes were made with."""

from __future__ import annotations

import pytest

import derivviz
from derivviz import open_trace
from derivviz.errors import DerivvizError
from derivviz.trace.layers import layers


def test_in_the_order_of_the_model(tiny_trace) -> None:
    found = layers(open_trace(tiny_trace))
    assert [layer.name for layer in found] == ["conv", "act1", "pool", "flatten", "fc1", "act2", "fc2"]
    conv, act1, pool, *_, fc2 = found
    assert (conv.kind, conv.shape, conv.size) == ("Conv2d", (4, 22, 22), 3 * 4 * 9 + 4)
    assert conv.parameters == {"conv.weight": 108, "conv.bias": 4}
    assert conv.options == {"kernel_size": (3, 3), "stride": (1, 1)}
    assert (act1.kind, act1.size, act1.options) == ("Tanh", 0, {})
    assert pool.options["kernel_size"] == 2
    assert (fc2.shape, fc2.options["in_features"]) == ((5,), 16)


def record(torch, model, path, x) -> derivviz.Trace:
    with derivviz.record(model, torch.optim.SGD(model.parameters(), lr=0.1), path) as recorder:
        loss = model(x).square().mean()
        loss.backward()
        recorder._watched.optimizer.step()
    return open_trace(path)


def test_nested_repeated_and_odd_printouts(seeded, tmp_path) -> None:
    nn = seeded.nn

    class Blocks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Sequential(nn.Conv1d(1, 2, 3, padding="same"), nn.LeakyReLU(0.2), nn.Flatten())
            self.rest = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))  # printed as one: (0-2): 3 x Linear
            self.norm = nn.LayerNorm((8,))

        def forward(self, x):
            x = self.first(x)
            for layer in self.rest:
                x = layer(x)
            return self.norm(x)

    found = layers(record(seeded, Blocks(), tmp_path / "t.zarr", seeded.randn(5, 1, 4)))
    assert [layer.name for layer in found] == [
        *("first.0", "first.1", "first.2", "rest.0", "rest.1", "rest.2", "norm")
    ]
    by_name = {layer.name: layer for layer in found}
    assert by_name["first.0"].options["padding"] == "same"
    assert by_name["first.1"].options == {"negative_slope": 0.2}
    assert [by_name[f"rest.{n}"].options["in_features"] for n in range(3)] == [8, 8, 8]
    assert by_name["norm"].options["eps"] == 1e-5


def test_a_model_that_is_one_layer(seeded, tmp_path) -> None:
    (layer,) = layers(record(seeded, seeded.nn.Linear(3, 2), tmp_path / "t.zarr", seeded.randn(5, 3)))
    assert (layer.name, layer.kind, layer.shape, layer.size) == ("model", "Linear", (2,), 8)
    assert layer.options["out_features"] == 2


def test_a_trace_without_layers(tiny_trace, monkeypatch) -> None:
    trace = open_trace(tiny_trace)
    monkeypatch.setattr(type(trace), "modules", [])
    with pytest.raises(DerivvizError, match="tells of no layers"):
        layers(trace)
