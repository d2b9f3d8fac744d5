"""Convolutions in a trace: sums over places and receptive fields, against autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz import open_trace
from derivviz.errors import UsageError
from derivviz.trace.chain import read_chain
from derivviz.trace.choice import Chosen
from derivviz.trace.convolution import Field, Window, bias_share, receptive_field
from derivviz.trace.layers import Layer, layers


@pytest.fixture(scope="module")
def cnn(recorded, torch: Any) -> Any:
    nn = torch.nn
    return recorded(
        nn.Sequential(
            nn.Conv2d(3, 5, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(5, 6, 2), nn.GELU(), nn.Flatten(),
            nn.Linear(6, 4),
        )
    )  # fmt: skip


@pytest.mark.parametrize("layer", ["0", "3"])
def test_a_convolution_adds_up_over_places(cnn, layer: str) -> None:
    chain = read_chain(cnn, Chosen(layer=layer, unit=2, step=1))
    assert chain.products is not None
    assert chain.place is not None
    assert chain.product == pytest.approx(chain.products[chain.place], rel=2e-3)
    assert chain.products.sum() == pytest.approx(chain.shares[chain.sample], rel=1e-6)
    assert chain.slope is not None
    assert chain.grad_a is not None
    assert chain.grad_a * chain.slope == pytest.approx(chain.grad_z, rel=2e-3)
    assert chain.scale == 1.0
    assert chain.link.x == {"0": "image", "3": "2"}[layer]
    shot = cnn.snapshot(1)
    flat = np.asarray(shot.grad[f"{layer}.weight"]).reshape(len(shot.grad[f"{layer}.weight"]), -1)
    assert chain.gradient == pytest.approx(float(flat[2, chain.input]))
    assert chain.shares.sum() == pytest.approx(chain.gradient, rel=5e-3)
    bias = sum(bias_share(shot, chain.link.layer, n, 2) for n in range(4))
    assert bias == pytest.approx(float(shot.grad[f"{layer}.bias"][2]), rel=1e-5)


def test_small_pictures_of_large_maps_still_add_up(torch, tmp_path) -> None:
    """A map larger than 56 is kept as means over cells, the last of which are smaller."""
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(2 * 59 * 61, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    images, target = torch.rand(3, 1, 61, 63), torch.arange(3)
    with derivviz.record(model, optimizer, tmp_path / "t.zarr") as recorder:
        recorder.batch(images, target)
        torch.nn.functional.cross_entropy(model(images), target).backward()
        optimizer.step()
    trace = open_trace(tmp_path / "t.zarr")
    shot, conv = trace.snapshot(0), layers(trace)[0]
    assert shot.grad_map["0"].shape[-2:] == (30, 31)
    bias = sum(bias_share(shot, conv, n, 1) for n in range(3))
    assert bias == pytest.approx(float(shot.grad["0.bias"][1]), rel=2e-3)
    with pytest.raises(UsageError, match="its maps of 59 × 61 were recorded smaller"):
        read_chain(trace, Chosen(layer="0"))


@pytest.mark.parametrize("place", [(0, 0), (3, 4), (7, 8)])
def test_the_receptive_field_is_where_the_gradient_is(torch, place: tuple[int, int]) -> None:
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 1, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(1, 1, (2, 4), stride=(1, 1)),
        nn.AvgPool2d(2, 2),
    )
    x = torch.zeros(1, 1, 36, 48, requires_grad=True)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0)
    way, value = [], x
    for module in model:
        value = module(value)
        told = {
            key: getattr(module, key) for key in ("kernel_size", "stride", "padding") if hasattr(module, key)
        }
        way.append(Layer("", type(module).__name__, tuple(value.shape[1:]), {}, told))
    # A maximum passes on one of its inputs only: of zeros plus 1 all are equal, so the mean stands in for it.
    model[2] = nn.AvgPool2d(2)
    model(x)[0, 0, *place].backward()
    rows, columns = (np.flatnonzero(x.grad[0, 0].abs().sum(dim).numpy()) for dim in (1, 0))
    field = receptive_field(way, place)
    assert field is not None
    assert field.picture == (36, 48)
    inside = [
        np.clip(ends, 0, size) for ends, size in zip((field.rows, field.columns), field.picture, strict=True)
    ]
    assert inside[0].tolist() == [rows[0], rows[-1] + 1]
    assert inside[1].tolist() == [columns[0], columns[-1] + 1]


def test_windows_that_are_not_drawn() -> None:
    def window(**options: Any) -> Window | None:
        return Window.of(Layer("c", "Conv2d", (1, 4, 4), {}, {"kernel_size": (3, 3), **options}))

    assert window() == Window((3, 3), (1, 1), (0, 0))
    assert window(padding="same") == Window((3, 3), (1, 1), (1, 1))
    assert window(groups=2) is None
    assert window(dilation=(2, 2)) is None
    assert window(padding_mode="circular") is None
    assert receptive_field([Layer("l", "Linear", (4,), {}, {})], (0, 0)) is None
    assert Field((0, 1), (0, 1), (4, 4)).picture == (4, 4)
