"""The learning-rate factor around any optimizer, against steps computed by hand."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn, optim
from torch.optim import SGD, Adam, AdamW, Optimizer

import derivviz
from derivviz.learning import DerivativeFactor, step_factor

Make = Callable[[Iterable[Tensor]], Optimizer]

# Every optimizer of torch.optim by name, with options of its own; of some, their other ways to compute.
MAKERS: dict[str, Make] = {
    "Adam": lambda p: Adam(p, lr=0.01),
    "Adam foreach": lambda p: Adam(p, lr=0.01, foreach=True),
    "Adam fused": lambda p: Adam(p, lr=0.01, fused=True),
    "Adam amsgrad maximize": lambda p: Adam(p, lr=0.01, amsgrad=True, maximize=True),
    "Adam lr tensor": lambda p: Adam(p, lr=torch.tensor(0.01)),
    "AdamW": lambda p: AdamW(p, lr=0.01, weight_decay=0.1),
    "AdamW fused": lambda p: AdamW(p, lr=0.01, weight_decay=0.1, fused=True),
    "SGD": lambda p: SGD(p, lr=0.01, weight_decay=0.1),
    "SGD nesterov": lambda p: SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "SGD foreach": lambda p: SGD(p, lr=0.01, momentum=0.9, foreach=True),
    "SGD fused": lambda p: SGD(p, lr=0.01, momentum=0.9, fused=True),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.01),
    "Adagrad fused": lambda p: optim.Adagrad(p, lr=0.01, fused=True),
    "Adadelta": lambda p: optim.Adadelta(p, lr=0.5),
    "Adamax": lambda p: optim.Adamax(p, lr=0.01),
    "NAdam": lambda p: optim.NAdam(p, lr=0.01),
    "RAdam": lambda p: optim.RAdam(p, lr=0.01),
    "ASGD": lambda p: optim.ASGD(p, lr=0.01),
    "Rprop": lambda p: optim.Rprop(p, lr=0.01),
    "Adafactor": lambda p: optim.Adafactor(p, lr=0.01),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.1, max_iter=3),
}
if hasattr(optim, "Muon"):  # since torch 2.9; for matrices only
    MAKERS["Muon"] = lambda p: optim.Muon([w for w in p if w.ndim == 2], lr=0.01)  # type: ignore[list-item]
ELSEWHERE = {"Optimizer", "SparseAdam"}  # the base class; sparse gradients have a test of their own


def _model(dtype: torch.dtype = torch.float32) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).to(dtype)


def _loss(model: nn.Module, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(5, 4, generator=generator).to(next(model.parameters()).dtype)
    loss: Tensor = model(x).square().sum()
    return loss


def _backward(model: nn.Module, seed: int) -> None:
    model.zero_grad()
    _loss(model, seed).backward()


def _step(optimizer: Optimizer, model: nn.Module, seed: int) -> None:
    def closure() -> float:
        _backward(model, seed)
        return _loss(model, seed).item()

    if isinstance(optimizer, optim.LBFGS) or isinstance(getattr(optimizer, "optimizer", None), optim.LBFGS):
        optimizer.step(closure)
    else:
        closure()
        optimizer.step()


def _same(one: nn.Module, other: nn.Module) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def _by_hand(old: Tensor, plain: Tensor) -> tuple[float, Tensor]:
    """Factor and new weights in float64, from the weights and from where the bare optimizer brings them."""
    old, plain = old.double(), plain.detach().double()
    mean = old.sum().item() / old.numel()
    factor = 1 + abs(-6 * mean**2 - 12 * mean + 18) / 20
    return factor, old + factor * (plain - old)


@pytest.mark.parametrize(("mean", "factor"), [(0.0, 1.9), (-1.0, 2.2), (1.0, 1.0), (-3.0, 1.0), (2.0, 2.5)])
def test_the_factor_itself(mean: float, factor: float) -> None:
    # |f′(2)| = |−24 − 24 + 18| = 30
    assert step_factor(torch.tensor([mean - 0.5, mean + 0.5])) == pytest.approx(factor)


def test_the_factor_of_half_double_and_complex_weights() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        assert step_factor(torch.full((1000,), -1.0, dtype=dtype)) == pytest.approx(2.2)
    # f′(i) = 6 − 12i + 18, whose modulus is √(24² + 12²)
    assert step_factor(torch.tensor([1j, 1j])) == pytest.approx(1 + (24**2 + 12**2) ** 0.5 / 20)


def test_every_optimizer_of_torch_is_tried() -> None:
    classes = {n for n, c in vars(optim).items() if isinstance(c, type) and issubclass(c, Optimizer)}
    assert classes - ELSEWHERE == {name.split()[0] for name in MAKERS}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", MAKERS)
def test_each_step_is_the_wrapped_ones_step_times_the_factor(name: str, dtype: torch.dtype) -> None:
    if name == "LBFGS" and dtype == torch.bfloat16:
        pytest.skip("its line search finds no direction in eight bits")
    model = _model(dtype)
    optimizer = DerivativeFactor(MAKERS[name](model.parameters()))
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    for seed in range(3):
        # A bare optimizer in the same state, on a copy of the parameters, tells the step without the factor.
        twin = copy.deepcopy(model)
        bare = MAKERS[name](twin.parameters())
        bare.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        before = [p.detach().clone() for p in model.parameters()]
        _step(bare, twin, seed)
        _step(optimizer, model, seed)
        for old, plain, now in zip(before, twin.parameters(), model.parameters(), strict=True):
            if id(now) not in held:
                continue
            assert not torch.equal(plain, old)
            factor, expected = _by_hand(old, plain)
            tolerances = {torch.bfloat16: (4e-3, 1e-6), torch.float32: (1e-6, 1e-7)}
            rtol, atol = tolerances.get(dtype, (1e-12, 1e-13 if name != "NAdam" else 1e-8))  # float32 state
            torch.testing.assert_close(now.detach().double(), expected, rtol=rtol, atol=atol)
            assert optimizer.factors[now] == pytest.approx(factor, rel=1e-6)


@pytest.mark.parametrize("name", MAKERS)
def test_state_dict_goes_on_where_it_stopped_and_is_that_of_the_bare_optimizer(name: str) -> None:
    model = _model()
    optimizer = DerivativeFactor(MAKERS[name](model.parameters()))
    _step(optimizer, model, 0)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    twin = copy.deepcopy(model)
    bare = MAKERS[name](twin.parameters())
    bare.load_state_dict(torch.load(file))  # into the bare one, and from there into another wrapped one
    resumed = DerivativeFactor(MAKERS[name](twin.parameters()))
    resumed.load_state_dict(copy.deepcopy(bare.state_dict()))
    for seed in (1, 2):
        _step(optimizer, model, seed)
        _step(resumed, twin, seed)
    _same(model, twin)
    assert resumed.param_groups is resumed.optimizer.param_groups
    assert resumed.state is resumed.optimizer.state


@pytest.mark.parametrize("name", ["Adam", "SGD foreach", "Adafactor"])
def test_copies_pickles_and_saved_optimizers_step_like_the_original(name: str) -> None:
    model = _model()
    optimizer = DerivativeFactor(MAKERS[name](model.parameters()))
    _step(optimizer, model, 0)
    saved = io.BytesIO()
    torch.save((model, optimizer), saved)
    saved.seek(0)
    copies = [
        copy.deepcopy((model, optimizer)),
        pickle.loads(pickle.dumps((model, optimizer))),
        torch.load(saved, weights_only=False),
    ]
    _step(optimizer, model, 1)
    for other, stepper in copies:
        assert list(stepper.factors) == list(other.parameters())
        _step(stepper, other, 1)
        _same(model, other)


def test_an_optimizer_that_has_stepped_already_keeps_its_state() -> None:
    weight = nn.Parameter(torch.tensor([1.5]))
    bare = Adam([weight])
    weight.grad = torch.ones(1)
    bare.step()
    DerivativeFactor(bare).step()
    assert bare.state[weight]["step"] == 2


def test_first_adam_step_by_hand() -> None:
    weight = nn.Parameter(torch.tensor([-1.0]))
    optimizer = DerivativeFactor(Adam([weight], lr=0.001))
    weight.grad = torch.tensor([5.0])
    optimizer.step()
    # Adam's first step is lr · sign(gradient); the factor at mean −1 is 1 + 24/20.
    assert weight.item() == pytest.approx(-1 - 0.001 * 2.2, abs=3e-7)


def test_another_factor_and_none() -> None:
    for factor, expected in ((0.5, -1.05), (1.0, -1.1), (0.0, -1.0)):
        weight = nn.Parameter(torch.tensor([-1.0]))
        optimizer = DerivativeFactor(SGD([weight], lr=0.1), factor=lambda _, factor=factor: factor)
        weight.grad = torch.ones(1)
        optimizer.step()
        assert weight.item() == pytest.approx(expected)
        assert optimizer.factors == {weight: factor}
    # A factor of 1 is the bare optimizer, bit for bit.
    model = _model()
    twin = copy.deepcopy(model)
    pairs = [
        (model, DerivativeFactor(Adam(model.parameters()), factor=lambda w: 1.0)),
        (twin, Adam(twin.parameters())),
    ]
    for network, optimizer_ in pairs:
        for seed in range(3):
            _step(optimizer_, network, seed)
    _same(model, twin)


def test_the_factor_is_that_of_the_weights_before_the_step() -> None:
    weight = nn.Parameter(torch.tensor([0.0]))
    seen: list[float] = []
    optimizer = DerivativeFactor(SGD([weight], lr=1.0), factor=lambda w: seen.append(w.item()) or 1.0)
    weight.grad = torch.ones(1)
    optimizer.step()
    assert seen == [0.0]


def test_hooks_of_a_step_run_once_around_the_whole() -> None:
    weight = nn.Parameter(torch.tensor([-1.0]))
    optimizer = DerivativeFactor(SGD([weight], lr=0.1))
    seen: list[Any] = []
    optimizer.register_step_pre_hook(lambda which, *_: seen.append(("pre", which, weight.item())))
    optimizer.register_step_post_hook(lambda which, *_: seen.append(("post", which, weight.item())))
    optimizer.optimizer.register_step_post_hook(lambda which, *_: seen.append(("inner", which)))
    weight.grad = torch.ones(1)
    optimizer.step()
    assert seen == [
        ("pre", optimizer, -1.0),
        ("inner", optimizer.optimizer),
        ("post", optimizer, pytest.approx(-1.22)),
    ]


def test_hooks_of_the_state_run_once() -> None:
    optimizer = DerivativeFactor(Adam(_model().parameters()))
    seen: list[str] = []
    optimizer.register_state_dict_pre_hook(lambda _: seen.append("save"))
    optimizer.register_state_dict_post_hook(lambda _, state: {**state, "mark": 7})
    optimizer.register_load_state_dict_pre_hook(lambda _, state: seen.append(f"load {state['mark']}"))
    optimizer.register_load_state_dict_post_hook(lambda _: seen.append("loaded"))
    optimizer.load_state_dict(optimizer.state_dict())
    assert seen == ["save", "load 7", "loaded"]


def test_groups_added_later_frozen_parameters_and_zero_grad() -> None:
    model = _model()
    first, last = model[0], model[2]  # type: ignore[index]
    optimizer = DerivativeFactor(SGD([{"params": first.parameters()}], lr=1.0))
    first.bias.requires_grad_(False)
    _backward(model, 0)
    frozen = first.bias.clone()
    optimizer.step()
    assert list(optimizer.factors) == [first.weight]
    optimizer.add_param_group({"params": last.parameters(), "lr": 0.5})
    assert [group["lr"] for group in optimizer.optimizer.param_groups] == [1.0, 0.5]
    _backward(model, 1)
    optimizer.step()
    assert set(optimizer.factors) == {first.weight, last.weight, last.bias}
    assert torch.equal(first.bias, frozen)
    optimizer.zero_grad(set_to_none=False)
    assert all(p.grad is not None and not p.grad.any() for p in optimizer.factors)
    optimizer.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_a_parameter_without_gradient_stays_and_has_no_factor() -> None:
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = DerivativeFactor(AdamW([used, unused], lr=0.1))
    used.grad = torch.ones(2)
    optimizer.step()
    assert list(optimizer.factors) == [used]
    assert unused.tolist() == [1, 1]


def test_empty_complex_and_tied_parameters() -> None:
    empty, spiral = nn.Parameter(torch.empty(0)), nn.Parameter(torch.tensor([1j, 1j]))
    optimizer = DerivativeFactor(SGD([empty, spiral], lr=0.1))
    empty.grad, spiral.grad = torch.empty(0), torch.tensor([1.0 + 0j, 0])
    optimizer.step()
    assert list(optimizer.factors) == [spiral]
    torch.testing.assert_close(
        spiral.detach(), torch.tensor([1j - 0.1 * step_factor(torch.tensor([1j])), 1j])
    )

    tied = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    optimizer = DerivativeFactor(SGD(tied.parameters(), lr=0.1))
    old, mean = tied[0].weight.detach().clone(), tied[0].weight.mean().item()
    tied(torch.ones(1, 3)).sum().backward()
    gradient = tied[0].weight.grad.clone()  # type: ignore[union-attr]
    optimizer.step()
    factor = 1 + abs(-6 * mean**2 - 12 * mean + 18) / 20
    torch.testing.assert_close(tied[1].weight.detach(), old - 0.1 * factor * gradient)


@pytest.mark.parametrize(
    ("dtype", "weight"), [(torch.float32, 1e21), (torch.bfloat16, 1e21), (torch.float64, 1e160)]
)
def test_a_factor_too_large_for_the_weights_makes_them_infinite_and_raises_nothing(
    dtype: torch.dtype, weight: float
) -> None:
    grown = nn.Parameter(torch.full((2,), weight, dtype=dtype))
    optimizer = DerivativeFactor(SGD([grown], lr=1.0))
    grown.grad = grown.detach() / 100
    optimizer.step()
    assert optimizer.factors[grown] > torch.finfo(dtype).max
    assert (grown == -torch.inf).all()


def test_nan_and_infinity_go_into_the_factor_of_their_parameter_alone() -> None:
    sick, huge, well = (nn.Parameter(torch.tensor([v, 1.0])) for v in (float("nan"), float("inf"), 0.0))
    optimizer = DerivativeFactor(SGD([sick, huge, well], lr=0.1))
    for parameter in (sick, huge, well):
        parameter.grad = torch.ones(2)
    optimizer.step()
    factors = torch.tensor(list(optimizer.factors.values()))
    assert factors.isnan().tolist() == [True, False, False]
    assert factors.isinf().tolist() == [False, True, False]
    assert sick.isnan().all()
    assert well.isfinite().all()


@pytest.mark.parametrize("name", ["SparseAdam", "SGD"])
def test_rows_that_a_sparse_gradient_leaves_out_stay_as_they_are(name: str) -> None:
    torch.manual_seed(0)
    table = nn.Embedding(50, 3, sparse=True)
    twin = copy.deepcopy(table)
    optimizer = DerivativeFactor(getattr(optim, name)(table.parameters(), lr=0.1))
    bare = getattr(optim, name)(twin.parameters(), lr=0.1)
    old = table.weight.detach().clone()
    for network, stepper in ((table, optimizer), (twin, bare)):
        network(torch.tensor([3, 7, 3])).sum().backward()
        stepper.step()
    _, expected = _by_hand(old, twin.weight)
    torch.testing.assert_close(table.weight.detach().double(), expected, rtol=1e-6, atol=1e-7)
    changed = (table.weight != old).any(1).nonzero().flatten().tolist()
    assert changed == [3, 7]


def test_closure() -> None:
    weight = nn.Parameter(torch.tensor([1.5]))
    optimizer = DerivativeFactor(SGD([weight], lr=0.1))

    def closure() -> float:
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == pytest.approx(2.25)
    # f′(1.5) = −13.5 − 18 + 18, and the gradient is 3.
    assert weight.item() == pytest.approx(1.5 - (1 + 13.5 / 20) * 0.3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated")  # torch's own, of its compiler
def test_a_compiled_step_is_the_same_step() -> None:
    model = _model()
    twin = copy.deepcopy(model)
    optimizer = DerivativeFactor(Adam(model.parameters()))
    other = DerivativeFactor(Adam(twin.parameters()))
    step = torch.compile(lambda: optimizer.step(), backend="eager")
    for seed in range(2):
        _backward(model, seed)
        step()
        _backward(twin, seed)
        other.step()
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    assert list(optimizer.factors.values()) == pytest.approx(list(other.factors.values()))


def test_the_recorder_keeps_the_factors(tmp_path: Any) -> None:
    for name in ("Adam fused", "SGD foreach", "LBFGS", "Rprop"):
        model = _model()
        optimizer = DerivativeFactor(MAKERS[name](model.parameters()))
        factors = []
        with derivviz.record(model, optimizer, tmp_path / f"{name}.zarr") as recorder:
            for seed in range(3):
                _step(optimizer, model, seed)
                factors.append(optimizer.factors[model[0].weight])  # type: ignore[index]
                recorder.log(loss=seed)
        trace = derivviz.open_trace(tmp_path / f"{name}.zarr")
        assert trace["lr_factor/0.weight"].tolist() == pytest.approx(factors)
        assert len(set(factors)) > 1


def test_what_cannot_be_wrapped_is_refused() -> None:
    with pytest.raises(TypeError, match=r"torch.optim.Adam"):
        DerivativeFactor([nn.Parameter(torch.ones(1))])  # type: ignore[arg-type]
    weight = nn.Parameter(torch.ones(1))
    optimizer = DerivativeFactor(Adam([weight], differentiable=True))
    weight.grad = torch.ones(1)
    with pytest.raises(ValueError, match="differentiable=True"):
        optimizer.step()
    assert "DerivativeFactor(Adam" in repr(optimizer)
