"""The learning-rate factor around any optimizer, against steps computed by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from derivviz.learning import DerivativeFactor, step_factor

Make = Callable[[Iterable[Tensor]], Optimizer]
MAKERS: dict[str, Make] = {
    "adam": lambda p: Adam(p, lr=0.01),
    "adam foreach": lambda p: Adam(p, lr=0.01, foreach=True),
    "adamw": lambda p: AdamW(p, lr=0.01, weight_decay=0.1),
    "sgd momentum": lambda p: SGD(p, lr=0.01, momentum=0.9),
}


def _model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))


def _backward(model: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    loss = model(torch.randn(5, 4, generator=generator)).square().sum()
    model.zero_grad()
    loss.backward()


@pytest.mark.parametrize(("mean", "factor"), [(0.0, 1.9), (-1.0, 2.2), (1.0, 1.0), (-3.0, 1.0), (2.0, 2.5)])
def test_the_factor_itself(mean: float, factor: float) -> None:
    # |f′(2)| = |−24 − 24 + 18| = 30
    assert step_factor(torch.tensor([mean - 0.5, mean + 0.5])) == pytest.approx(factor)


@pytest.mark.parametrize("name", MAKERS)
def test_each_step_is_the_wrapped_ones_step_times_the_factor(name: str) -> None:
    model = _model()
    optimizer = DerivativeFactor(MAKERS[name](model.parameters()))
    for seed in range(3):
        _backward(model, seed)
        # A bare optimizer in the same state, on a copy of the parameters, tells the step without the factor.
        twin = copy.deepcopy(model)
        for parameter, source in zip(twin.parameters(), model.parameters(), strict=True):
            parameter.grad = source.grad.clone()  # type: ignore[union-attr]
        bare = MAKERS[name](twin.parameters())
        bare.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        before = [p.detach().clone() for p in model.parameters()]
        bare.step()
        optimizer.step()
        for old, plain, now in zip(before, twin.parameters(), model.parameters(), strict=True):
            mean = old.mean().item()
            factor = 1 + abs(-6 * mean**2 - 12 * mean + 18) / 20
            torch.testing.assert_close(now.detach(), old + factor * (plain.detach() - old))
            assert optimizer.factors[now] == pytest.approx(factor, rel=1e-5)


def test_first_adam_step_by_hand() -> None:
    weight = nn.Parameter(torch.tensor([-1.0]))
    optimizer = DerivativeFactor(Adam([weight], lr=0.001))
    weight.grad = torch.tensor([5.0])
    optimizer.step()
    # Adam's first step is lr · sign(gradient); the factor at mean −1 is 1 + 24/20.
    assert weight.item() == pytest.approx(-1 - 0.001 * 2.2, abs=3e-7)


def test_state_dict_goes_on_where_it_stopped_and_is_that_of_the_bare_optimizer() -> None:
    model = _model()
    optimizer = DerivativeFactor(Adam(model.parameters(), lr=0.01))
    _backward(model, 0)
    optimizer.step()
    twin = copy.deepcopy(model)
    resumed = DerivativeFactor(Adam(twin.parameters(), lr=0.5))
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for seed in (1, 2):
        for network, stepper in ((model, optimizer), (twin, resumed)):
            _backward(network, seed)
            stepper.step()
    for one, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    Adam(twin.parameters()).load_state_dict(optimizer.state_dict())


def test_schedulers_groups_hooks_and_zero_grad_reach_the_wrapped_optimizer() -> None:
    model = _model()
    first, last = model[0], model[2]  # type: ignore[index]
    inner = SGD([{"params": first.parameters()}], lr=1.0)
    optimizer = DerivativeFactor(inner)
    optimizer.add_param_group({"params": last.parameters(), "lr": 0.5})
    assert [group["lr"] for group in inner.param_groups] == [1.0, 0.5]
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.1)
    seen: list[str] = []
    optimizer.register_step_pre_hook(lambda *_: seen.append("pre"))
    optimizer.register_step_post_hook(lambda *_: seen.append("post"))
    _backward(model, 0)
    optimizer.step()
    scheduler.step()
    assert seen == ["pre", "post"]
    assert [group["lr"] for group in inner.param_groups] == pytest.approx([0.1, 0.05])
    assert len(optimizer.factors) == 4
    optimizer.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_parameter_without_gradient_stays_and_has_no_factor() -> None:
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = DerivativeFactor(AdamW([used, unused], lr=0.1))
    used.grad = torch.ones(2)
    optimizer.step()
    assert list(optimizer.factors) == [used]
    assert unused.tolist() == [1, 1]


def test_closure_and_deepcopy() -> None:
    weight = nn.Parameter(torch.tensor([1.5]))
    optimizer = DerivativeFactor(SGD([weight], lr=0.1))

    def closure() -> float:
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == pytest.approx(2.25)
    twin = copy.deepcopy(optimizer)
    assert twin.param_groups is twin.optimizer.param_groups
    assert twin.param_groups[0]["params"][0] is not weight


def test_only_an_optimizer_can_be_wrapped() -> None:
    with pytest.raises(TypeError, match=r"torch.optim.Adam"):
        DerivativeFactor([nn.Parameter(torch.ones(1))])  # type: ignore[arg-type]
