"""The parts in other people's code: the page that tells of them, their doctests, and what torch does to modules."""

from __future__ import annotations

import copy
import doctest
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from derivviz.learning import DerivativeActivation, calibrate
from derivviz.recording import Recorder

PAGE = Path(__file__).parent.parent.parent / "docs" / "library.md"


def _calibrated(features: int = 4, **options: Any) -> DerivativeActivation:
    activation = DerivativeActivation(features, **options)
    shape = (64, features) if activation.dim == 1 else (16, 4, features)
    activation(2 + 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(0)))
    return activation


def _inputs(*shape: int) -> torch.Tensor:
    return 2 + 9 * torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_the_snippets_of_the_page_run() -> None:
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(snippets) == 4
    batches = [(torch.rand(8, 3, 32, 32), torch.arange(8) % 2) for _ in range(2)]
    names: dict[str, Any] = {"torch": torch, "batches": batches}
    for snippet in snippets:
        exec(compile(snippet, str(PAGE), "exec"), names)
    assert names["loss"].isfinite()
    assert len(names["network"](torch.randn(5, 64))[0]) == 10
    assert names["network"][1].calibrated


@pytest.mark.parametrize("name", ["activation", "calibration", "factor", "network"])
def test_docstrings_run(name: str) -> None:
    module = import_module(f"derivviz.learning.{name}")
    names = {**vars(module), "nn": nn, "torch": torch}
    failed, tried = doctest.testmod(module, extraglobs=names)
    assert failed == 0
    assert tried or name == "network"


def test_features_that_come_last_are_those_of_dimension_1_moved() -> None:
    last, first = DerivativeActivation(4, dim=-1), DerivativeActivation(4)
    z = _inputs(16, 5, 4).requires_grad_()
    y = last(z)
    torch.testing.assert_close(y, first(z.detach().movedim(-1, 1)).movedim(1, -1))
    assert last.center is not None
    torch.testing.assert_close(last.center, z.detach().mean((0, 1)))
    (slope,) = torch.autograd.grad(y.sum(), z)
    torch.testing.assert_close(slope, last.derivative(z.detach()))


@pytest.mark.parametrize(("shape", "hint"), [((8, 5), ""), ((4,), "dim=-1"), ((8, 5, 4), "dim=-1"), ((), "")])
def test_features_in_the_wrong_place_are_named(shape: tuple[int, ...], hint: str) -> None:
    for activation in (DerivativeActivation(4), _calibrated().eval()):
        with pytest.raises(ValueError, match=rf"4 features.*dimension 1.*{re.escape(str(shape))}.*{hint}"):
            activation(torch.zeros(shape))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch's own, of its forward mode
def test_transforms_of_torch_func() -> None:
    activation, z = _calibrated(), _inputs(8, 4)
    one_by_one = torch.func.vmap(lambda row: activation(row[None])[0])(z)
    torch.testing.assert_close(one_by_one, activation(z))
    slope = activation.derivative(z)
    torch.testing.assert_close(torch.func.grad(lambda x: activation(x).sum())(z), slope)
    _, forward = torch.func.jvp(activation, (z,), (torch.full_like(z, 2.0),))
    torch.testing.assert_close(forward, 2 * slope)


def test_gradients_of_each_sample() -> None:
    network = nn.Sequential(nn.Linear(4, 4), _calibrated(), nn.Linear(4, 1))
    parameters, x = dict(network.named_parameters()), _inputs(6, 4)

    def loss(parameters: dict[str, torch.Tensor], row: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(network, parameters, (row[None],)).sum()

    each = torch.func.vmap(torch.func.grad(loss), (None, 0))(parameters, x)
    network(x).sum().backward()
    torch.testing.assert_close(each["0.weight"].sum(0), network[0].weight.grad)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision(dtype: torch.dtype) -> None:
    exact, half = _calibrated(), _calibrated().to(dtype)
    z = _inputs(8, 4).to(dtype).requires_grad_()
    a = half(z)
    assert a.dtype == dtype
    torch.testing.assert_close(a.float(), exact(z.detach().float()), rtol=0, atol=0.02)
    a.sum().backward()
    assert z.grad is not None
    assert z.grad.dtype == dtype


def test_autocast_keeps_the_constants_exact() -> None:
    network = nn.Sequential(nn.Linear(4, 4), DerivativeActivation(4), nn.Linear(4, 1))
    with torch.autocast("cpu", torch.bfloat16):
        network(_inputs(8, 4)).float().sum().backward()
    assert network[1].center.dtype == torch.float32
    assert network[0].weight.grad.isfinite().all()


def test_copies_and_states() -> None:
    activation, z = _calibrated(), _inputs(8, 4)
    twin = copy.deepcopy(activation)
    torch.testing.assert_close(twin(z), activation(z))
    loaded = DerivativeActivation(4)
    loaded.load_state_dict(activation.state_dict())
    torch.testing.assert_close(loaded(z), activation(z))  # in training mode: it is calibrated
    with pytest.raises(RuntimeError, match="size mismatch for center"):
        DerivativeActivation(5).load_state_dict(activation.state_dict())
    with pytest.raises(RuntimeError, match="Missing key"):
        DerivativeActivation(4).load_state_dict(DerivativeActivation(preset="faithful").state_dict())


def test_as_a_parametrization() -> None:
    layer = nn.Linear(4, 3)
    nn.utils.parametrize.register_parametrization(layer, "weight", DerivativeActivation(4))
    assert 0 <= layer.weight.min() <= layer.weight.max() <= 1
    layer(_inputs(2, 4)).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:The .grad attribute:UserWarning"
)  # torch's own
@pytest.mark.filterwarnings("ignore:.*:torch.jit.TracerWarning")
def test_exported_and_compiled() -> None:
    network, z = nn.Sequential(nn.Linear(4, 4), _calibrated()), _inputs(8, 4)
    compiled = torch.compile(network, backend="aot_eager")
    torch.testing.assert_close(compiled(z), network(z))
    compiled(z).sum().backward()
    assert network[0].weight.grad.isfinite().all()
    network.eval()
    whole = torch.compile(network, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(whole(z), network(z))
    exported = torch.export.export(network, (z,), dynamic_shapes=({0: torch.export.Dim("n")},))
    torch.testing.assert_close(exported.module()(z[:3]), network(z[:3]))
    torch.testing.assert_close(torch.jit.trace(network, z)(z), network(z))


def test_calibrating_a_recurrent_network_takes_all_time_steps() -> None:
    class Cell(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.input, self.turn = nn.Linear(3, 5), nn.Linear(5, 5)
            self.act, self.drop = DerivativeActivation(5), nn.Dropout()
            self.met: list[torch.Tensor] = []

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = torch.zeros(len(x), 5)
            for row in x.unbind(1):
                self.met.append(self.input(row) + self.turn(h))
                h = self.act(self.met[-1])
            return h

    cell, x = Cell(), _inputs(32, 6, 3)
    cell.drop.eval()
    weights, random = copy.deepcopy(list(cell.parameters())), torch.get_rng_state()
    calibrate(cell, x, passes=12)
    for parameter, before in zip(cell.parameters(), weights, strict=True):
        assert torch.equal(parameter, before)
    assert torch.equal(random, torch.get_rng_state())
    assert (cell.training, cell.act.training, cell.drop.training) == (True, True, False)
    assert not cell.act._forward_pre_hooks
    # What a further pass meets has, over all six time steps, the mean and the spread that it has taken.
    cell.met.clear()
    cell.eval()(x)
    met = torch.cat(cell.met)
    assert cell.act.center is not None
    assert cell.act.scale is not None
    torch.testing.assert_close(cell.act.center, met.mean(0), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(cell.act.scale, met.std(0, correction=0), rtol=1e-3, atol=1e-3)


def test_calibrating_layers_one_behind_the_other_is_what_the_first_batch_does() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(4, 6), DerivativeActivation(6), nn.Linear(6, 6), DerivativeActivation(6), nn.ReLU()
    )
    twin, x = copy.deepcopy(network), _inputs(32, 4)
    calibrate(network, x, passes=2)
    twin(x)
    for one, other in zip(network.buffers(), twin.buffers(), strict=True):
        torch.testing.assert_close(one, other)
    calibrate(nn.Sequential(nn.Linear(4, 2), nn.Tanh()), x)  # nothing to do
    calibrate(nn.Sequential(DerivativeActivation(preset="faithful")), x)


def test_the_page_names_what_there_is() -> None:
    import derivviz.learning

    text = PAGE.read_text(encoding="utf-8")
    assert all(name in text for name in derivviz.learning.__all__)
    assert Recorder.__name__ not in text  # that is the other page's
