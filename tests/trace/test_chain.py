"""One weight of a recorded network: its factors, shares and gradient, against autograd on the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import derivviz
from derivviz import open_trace
from derivviz.errors import DerivvizError, UsageError
from derivviz.learning import DerivativeActivation
from derivviz.trace.chain import Chain, read_chain
from derivviz.trace.choice import Chosen, early
from derivviz.trace.depth import read_depth
from derivviz.trace.flow import outputs, passed


def mlp(nn: Any, activation: Any, hidden: int = 12) -> Any:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(48, hidden), activation, nn.Linear(hidden, 9), activation, nn.Linear(9, 4)
    )


def holds(chain: Chain) -> None:
    """What must be true of any chain: the factors multiply to the share, the shares add up to the gradient."""
    if chain.slope is not None:
        assert chain.grad_a is not None
        assert chain.grad_a * chain.slope == pytest.approx(chain.grad_z, rel=2e-3)
    if chain.products is None:
        assert chain.product == pytest.approx(chain.shares[chain.sample], rel=2e-3)
    else:
        assert chain.place is not None
        assert chain.product == pytest.approx(chain.products[chain.place], rel=2e-3)
        assert chain.products.sum() == pytest.approx(chain.shares[chain.sample], rel=1e-6)
    if np.isfinite(chain.scale):
        size = np.abs(chain.shares).max()
        assert chain.scale * chain.shares.sum() / size == pytest.approx(chain.gradient / size, abs=4e-3)
    assert chain.optimizer_step * chain.learning_rate * chain.factor == pytest.approx(-chain.change)


@pytest.mark.parametrize("name", ["ReLU", "LeakyReLU", "Tanh", "Sigmoid", "GELU", "SiLU", "ELU", "Softplus"])
def test_any_activation_is_found_by_its_numbers(recorded, torch, name: str) -> None:
    trace = recorded(mlp(torch.nn, getattr(torch.nn, name)()))
    chain = read_chain(trace, Chosen(step=1))
    assert (chain.link.layer.name, chain.link.x) == ("1", "0")
    assert chain.link.after is not None
    assert (chain.link.after.name, chain.link.after.kind) == ("2", name)
    assert chain.slope is not None
    holds(chain)


def test_one_module_called_twice_follows_the_right_layer(recorded, torch) -> None:
    trace = recorded(mlp(torch.nn, torch.nn.Tanh()))  # the same Tanh after both layers
    second = read_chain(trace, Chosen(layer="3"))
    assert second.link.after is not None
    assert (second.link.x, second.link.after.name) == ("2", "2#2")
    holds(second)


@pytest.mark.parametrize("preset", ["stable", "faithful"])
def test_the_derivative_activation_of_any_network(recorded, torch, preset: str) -> None:
    """Its μ and σ are not in the trace of a user's own run: they follow from the recorded numbers."""
    activation = DerivativeActivation(12, preset)
    trace = recorded(
        torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 12), activation, torch.nn.Linear(12, 4)),
        batch=16,
    )
    chain = read_chain(trace, Chosen(step=0))
    assert chain.curve is not None
    holds(chain)
    if preset == "stable":
        assert chain.curve.rate == pytest.approx(0.5 / float(activation.scale[chain.unit]), rel=1e-3)


def test_what_the_user_chooses(recorded, torch) -> None:
    trace = recorded(mlp(torch.nn, torch.nn.Tanh()))
    chain = read_chain(trace, Chosen(step=2, layer="3", sample=1, unit=4, input=7))
    assert (chain.step, chain.sample, chain.unit, chain.input) == (2, 1, 4, 7)
    shot = trace.snapshot(2)
    assert chain.gradient == pytest.approx(float(shot.grad["3.weight"][4, 7]))
    assert chain.x == pytest.approx(float(shot.activation["2"][1, 7]))
    holds(chain)
    last = read_chain(trace, Chosen(layer="5"))
    assert (last.link.after, last.slope, len(last.factors)) == (None, None, 2)
    holds(last)


def test_what_was_not_recorded_is_named(recorded, torch) -> None:
    trace = recorded(mlp(torch.nn, torch.nn.Tanh()))
    with pytest.raises(UsageError, match=r"no layer 'fc' in this trace. Nearest: 1, 3, 5"):
        read_chain(trace, Chosen(layer="fc"))
    with pytest.raises(UsageError, match=r"'2' cannot be followed: it is a Tanh.*Those that can: 1, 3, 5"):
        read_chain(trace, Chosen(layer="2"))
    with pytest.raises(UsageError, match=r"--unit 12 .* keeps 12, counted from 0. The nearest: 9, 10, 11"):
        read_chain(trace, Chosen(layer="1", unit=12))
    with pytest.raises(UsageError, match="--sample 4"):
        read_chain(trace, Chosen(sample=4))
    with pytest.raises(DerivvizError, match="Step 7 has no snapshot"):
        read_chain(trace, Chosen(step=7))


def test_clipped_gradients_and_large_batches(recorded, torch) -> None:
    clipped = read_chain(recorded(mlp(torch.nn, torch.nn.Tanh()), clip=0.01))
    assert 0 < clipped.scale < 0.5
    holds(clipped)
    large = read_chain(recorded(mlp(torch.nn, torch.nn.Tanh()), batch=80))
    assert (len(large.shares), large.link.batch) == (64, 80)
    assert np.isnan(large.scale)
    wide = recorded(mlp(torch.nn, torch.nn.Tanh(), hidden=70), batch=80)  # neither all units nor all samples
    assert read_chain(wide, Chosen(layer="3")).link.x == "2"


class Residual:
    """A graph in which the order of the model is not the order of the layers, and a sum that is no module."""

    @staticmethod
    def make(nn: Any, tag: Any) -> Any:
        class Graph(nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.head, self.act = nn.Linear(8, 4), nn.ReLU()
                self.b, self.a, self.flat = nn.Linear(8, 8), nn.Linear(48, 8), nn.Flatten()

            def forward(self, x: Any) -> Any:
                h = self.act(self.a(self.flat(x)))
                return self.head(tag("sum", h + self.act(self.b(h))))

        return Graph()


def test_a_graph_with_a_sum(torch, tmp_path) -> None:
    recorders: list[Any] = []
    model = Residual.make(torch.nn, lambda name, x: recorders[0].tag(name, x))
    images, target = torch.rand(6, 3, 4, 4), torch.arange(6) % 4
    optimizer = torch.optim.Adam(model.parameters())
    with derivviz.record(model, optimizer, tmp_path / "t.zarr") as recorder:
        recorders.append(recorder)
        for _ in range(2):
            loss = torch.nn.functional.cross_entropy(model(images), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    trace = open_trace(tmp_path / "t.zarr")
    links = {name: read_chain(trace, Chosen(layer=name)).link for name in ("head", "a", "b")}
    assert {name: link.x for name, link in links.items()} == {"head": "sum", "a": "flat", "b": "act"}
    assert {name: link.after and link.after.name for name, link in links.items()} == {
        **{"head": None, "a": "act", "b": "act#2"}
    }
    for name in links:
        holds(read_chain(trace, Chosen(layer=name)))
    row = [each.names for each in passed(trace, trace.snapshot(0), 0, "sum", "head")]
    assert row.index(("sum",)) + 1 == row.index(("head",))


def test_functional_activations_are_asked_to_be_tagged(recorded, torch) -> None:
    class Functional(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = torch.nn.Linear(48, 8), torch.nn.Linear(8, 4)

        def forward(self, x: Any) -> Any:
            return self.b(torch.relu(self.a(x.flatten(1))))

    trace = recorded(Functional())
    with pytest.raises(DerivvizError, match=r"a, b: what it is fed with was not recorded: x = recorder.tag"):
        read_chain(trace)


def test_no_snapshots(recorded, torch, monkeypatch) -> None:
    trace = recorded(mlp(torch.nn, torch.nn.Tanh()))[1:1]
    with pytest.raises(DerivvizError, match=r"has no snapshots.*snapshot_every=10"):
        early(trace)


# ---- outputs and depth ----------------------------------------------------------------------------------


def test_outputs_are_probabilities_only_where_the_loss_says_so(recorded, torch) -> None:
    trace = recorded(mlp(torch.nn, torch.nn.Tanh()))
    out = outputs(trace, trace.snapshot(1), 2)
    assert out.truth == 2
    assert out.values.sum() == pytest.approx(1)
    assert out.losses is not None
    assert out.losses.mean() == pytest.approx(float(trace["loss"][1]), rel=1e-6)
    silent = recorded(mlp(torch.nn, torch.nn.Tanh()), told=False)
    out = outputs(silent, silent.snapshot(1), 2)
    assert (out.truth, out.losses) == (None, None)
    assert out.loss == pytest.approx(float(silent["loss"][1]))
    np.testing.assert_allclose(out.values, silent.snapshot(1).output[2])


def test_gradient_by_depth(recorded, torch) -> None:
    nn = torch.nn
    deep = [nn.Flatten(), nn.Linear(48, 6), nn.Sigmoid()]
    for _ in range(6):
        deep += [nn.Linear(6, 6), nn.Sigmoid()]
    depth = read_depth(recorded(nn.Sequential(*deep, nn.Linear(6, 4))), 1)
    assert depth.verdict == "vanishing"
    assert set(depth.kinds) == {"Linear"}
    assert len(depth.names) == 8
    assert depth.factor**7 == pytest.approx(depth.ratio)
    trace = recorded(mlp(nn, nn.Tanh()))
    shallow = read_depth(trace, 1)
    assert shallow.verdict == "steady"
    assert shallow.names == [
        "1",
        "2",
        "3",
        "5",
    ]  # with few layers, the others too; of a second call, the first
    whole = np.asarray(trace.snapshot(1).activation_grad["5"], float)
    assert shallow.sizes[-1] == pytest.approx(np.linalg.norm(whole), rel=1e-5)


def test_a_run_that_explodes(food_faithful) -> None:
    depth = read_depth(food_faithful, 1)
    assert depth.verdict == "exploding"
    assert depth.names[0] == "conv"


@pytest.fixture(scope="module")
def food_faithful(recorded, torch: Any) -> Any:
    """f′ as published, which squares the size of what it gets, before and behind a convolution's layer."""
    nn = torch.nn
    model = nn.Sequential()
    model.add_module("conv", nn.Conv2d(3, 4, 3))
    for name, module in (
        ("act1", DerivativeActivation(preset="faithful")),
        ("flatten", nn.Flatten()),
        ("fc1", nn.Linear(16, 8)),
        ("act2", DerivativeActivation(preset="faithful")),
        ("fc2", nn.Linear(8, 4)),
    ):
        model.add_module(name, module)
    return recorded(model, clip=1e-6)
