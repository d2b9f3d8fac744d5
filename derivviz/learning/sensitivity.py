"""How a network's outputs change with its inputs: gradients, attributions, Jacobians, and checks of them.

Every function takes `forward`, a model or whatever else turns inputs (n, …) into outputs (n, class), each
row by itself, as a network in evaluation mode does. F_c is the output (logit, score) of class c. Nothing of
the model changes: gradients are taken of the inputs alone, and ``.grad`` of a parameter is never touched.

Attributions: saliency – Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks", 2014;
integrated gradients – Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", 2017; SmoothGrad –
Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017. The last two are Captum's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from derivviz.errors import DerivvizError

Forward = Callable[[Tensor], Tensor]

INSTALL = 'pip install "derivviz[sensitivity]"'
BATCH = 16  # inputs that are looked at together, so that memory stays small
EXACT_CLASSES = 32  # of more outputs, the norm of a Jacobian is estimated …
DRAWS = 8  # … from so many random vectors
_MOST_CALLS = 4  # of one module in a forward pass


def captum_missing() -> str | None:
    """What to say where Captum is not installed; None where it is."""
    if find_spec("captum") is not None:
        return None
    return f"Captum is not installed, which integrated gradients and SmoothGrad take: {INSTALL}"


def saliency(forward: Forward, x: Tensor, target: Tensor) -> Tensor:
    """∂F_target/∂x.

    Parameters
    ----------
    x : inputs, (n, …)
    target : a class for each, int64 (n,)

    Returns
    -------
    Tensor
        In the shape of `x`, in outputs per unit of input.
    """
    return _gradient(forward, x, lambda outputs: outputs.gather(1, target[:, None]).sum())


class Attribution(NamedTuple):
    """Integrated gradients.

    values : the share of each input in F(x) − F(baseline), in the shape of x, in units of the output
    difference : F_target(x) − F_target(baseline), (n,)
    error : sum of the values − difference, (n,): 0 if the integral were exact (completeness)
    """

    values: Tensor
    difference: Tensor
    error: Tensor


def integrated_gradients(
    forward: Forward, x: Tensor, target: Tensor, baseline: Tensor | None = None, points: int = 32
) -> Attribution:
    """(x − b) · ∫₀¹ ∂F_target/∂x (b + α(x − b)) dα, by the Gauss–Legendre rule on so many points.

    Parameters
    ----------
    baseline : b, in the shape of `x` or of one input; zeros (a black picture) if left out

    Raises
    ------
    DerivvizError
        Captum is not installed; the message says how to.
    """
    attribute = _captum("IntegratedGradients")(forward)
    b = torch.zeros_like(x) if baseline is None else baseline.expand_as(x)
    values = attribute.attribute(
        _leaf(x), b, target=target, n_steps=points, internal_batch_size=max(BATCH, len(x))
    ).detach()
    with torch.no_grad():
        difference = (forward(x) - forward(b)).gather(1, target[:, None])[:, 0]
    return Attribution(values, difference, values.flatten(1).sum(1) - difference)


def smooth_grad(
    forward: Forward, x: Tensor, target: Tensor, samples: int = 16, noise: float = 0.15, seed: int = 0
) -> Tensor:
    """The mean of the saliency over noisy copies of x; random numbers are put back.

    Parameters
    ----------
    noise : standard deviation of the noise, as a share of the range of `x`; Smilkov et al. use 10% to 20%

    Raises
    ------
    DerivvizError
        Captum is not installed; the message says how to.
    """
    tunnel = _captum("NoiseTunnel")(_captum("Saliency")(forward))
    deviation = float(noise * (x.max() - x.min()))
    with _random_numbers(x.device, seed):
        found: Tensor = tunnel.attribute(
            _leaf(x),
            nt_type="smoothgrad",
            nt_samples=samples,
            nt_samples_batch_size=max(BATCH // len(x), 1),
            stdevs=deviation,
            target=target,
            abs=False,
        )
    return found.detach()


class Check(NamedTuple):
    """A derivative along directions u of length 1, by the gradient and by a difference, each (n, direction).

    derivative : ⟨∂F/∂x, u⟩, of the gradient that was given
    quotient : (F(x + hu) − F(x − hu)) / 2h, in float64

    The first direction is that of the gradient itself, the others are random.
    """

    derivative: Tensor
    quotient: Tensor


def finite_differences(
    forward: Forward,
    x: Tensor,
    target: Tensor,
    gradient: Tensor,
    random: int = 2,
    h: float = 1e-5,
    seed: int = 0,
) -> Check:
    """Hold a gradient against central differences.

    The two agree where F is smooth. On flat parts of a picture, a white background say, max pooling has ties:
    there the gradient goes to one of the equal values, F has no derivative, and the difference tells it.

    Parameters
    ----------
    forward : in float64: of a model's copy, ``copy.deepcopy(model).double()``
    gradient : what is checked, in the shape of `x`
    random : how many random directions
    """
    x, gradient = x.detach().double(), gradient.detach().double()
    generator = torch.Generator().manual_seed(seed)
    directions = [gradient] + [
        torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x) for _ in range(random)
    ]
    derivative, quotient = [], []
    with torch.no_grad():
        for direction in directions:
            length = direction.flatten(1).norm(dim=1).clamp_min(torch.finfo(x.dtype).tiny)
            u = direction / length.view(-1, *[1] * (x.dim() - 1))
            above, below = (forward(x + side * h * u).gather(1, target[:, None])[:, 0] for side in (1, -1))
            derivative.append((gradient * u).flatten(1).sum(1))
            quotient.append((above - below) / (2 * h))
    return Check(torch.stack(derivative, 1), torch.stack(quotient, 1))


class Jacobians(NamedTuple):
    """Frobenius norms of Jacobians of the outputs, float64 (n,) each.

    input : ‖∂F/∂x‖
    layers : ‖∂F/∂a‖ by module, a being its output; of a further call ``name#2``
    exact : whether every class had its own backward pass; else Hutchinson's estimate
    """

    input: Tensor
    layers: dict[str, Tensor]
    exact: bool


def jacobian_norms(forward: Forward, x: Tensor, modules: Mapping[str, nn.Module], seed: int = 0) -> Jacobians:
    """How far the outputs move at most, in all, when a layer's output moves: ‖∂F/∂a‖ of each input.

    Up to 32 outputs each has a backward pass. Of more, the square of the norm is the mean of ‖vᵀ ∂F/∂a‖² over
    8 vectors v of random signs (Hutchinson, "A stochastic estimator of the trace of the influence matrix",
    1989): right on average, and 8 draws leave some tens of percent of error.
    """
    held: dict[str, Tensor] = {}
    hooks = [module.register_forward_hook(partial(_hold, held, name)) for name, module in modules.items()]
    try:
        with torch.enable_grad():
            leaf = _leaf(x)
            outputs = forward(leaf)
    finally:
        for hook in hooks:
            hook.remove()
    layers = {name: a for name, a in held.items() if len(a) == len(x)}
    sources = [leaf, *layers.values()]
    classes = outputs.shape[1]
    exact = classes <= EXACT_CLASSES
    if exact:
        vectors = [row.expand_as(outputs) for row in torch.eye(classes).to(outputs)]
    else:
        generator = torch.Generator().manual_seed(seed)
        vectors = [
            (torch.randint(2, outputs.shape, generator=generator) * 2 - 1).to(outputs) for _ in range(DRAWS)
        ]
    squares = torch.zeros(len(sources), len(x), dtype=torch.float64)
    for vector in vectors:
        found = torch.autograd.grad(outputs, sources, vector, retain_graph=True, allow_unused=True)
        for square, gradient in zip(squares, found, strict=True):
            if gradient is not None:
                square += gradient.detach().double().flatten(1).square().sum(1).cpu()
    norms = (squares if exact else squares / DRAWS).sqrt()
    return Jacobians(norms[0], dict(zip(layers, norms[1:], strict=True)), exact)


class Path(NamedTuple):
    """The outputs on the straight line x(t) = (1 − t) x₀ + t x₁.

    t : (point,), from 0 to 1
    output : F(x(t)), (point, class)
    slope : d F_c(x(t)) / dt = ⟨∂F_c/∂x, x₁ − x₀⟩, (point, class)
    """

    t: Tensor
    output: Tensor
    slope: Tensor


def path(forward: Forward, start: Tensor, end: Tensor, points: int = 33) -> Path:
    """Go straight from one input to another, both (…), and see how each class's output changes on the way."""
    t = torch.linspace(0, 1, points, dtype=start.dtype, device=start.device)
    outputs, slopes = [], []
    for part in t.split(BATCH):
        weight = part.view(-1, *[1] * start.dim())
        with torch.enable_grad():
            x = _leaf((1 - weight) * start + weight * end)
            output = forward(x)
        along = []
        for c in range(output.shape[1]):
            (gradient,) = torch.autograd.grad(output[:, c].sum(), x, retain_graph=True)
            along.append((gradient * (end - start)).flatten(1).sum(1))
        outputs.append(output.detach())
        slopes.append(torch.stack(along, 1).detach())
    return Path(t, torch.cat(outputs), torch.cat(slopes))


def _gradient(forward: Forward, x: Tensor, of: Callable[[Tensor], Tensor]) -> Tensor:
    with torch.enable_grad():
        leaf = _leaf(x)
        (found,) = torch.autograd.grad(of(forward(leaf)), leaf)
    return found


def _leaf(x: Tensor) -> Tensor:
    return x.detach().clone().requires_grad_()


def _hold(held: dict[str, Tensor], name: str, module: nn.Module, inputs: Any, output: Any) -> Any:
    """Keep a module's output, and hand on a copy, which an operation in place may then overwrite."""
    tensor = output[0] if isinstance(output, tuple) and output else output
    if not isinstance(tensor, Tensor) or not tensor.requires_grad or not tensor.dim():
        return None
    call = 1 + sum(key == name or key.startswith(f"{name}#") for key in held)
    if call > _MOST_CALLS:
        return None
    held[name if call == 1 else f"{name}#{call}"] = tensor
    return tensor.clone() if tensor is output else None


def _captum(name: str) -> Any:
    if missing := captum_missing():
        raise DerivvizError(f"{missing}.")
    import captum.attr

    return getattr(captum.attr, name)


@contextmanager
def _random_numbers(device: torch.device, seed: int) -> Iterator[None]:
    """Random numbers from `seed` on; afterwards all generators are as they were."""
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        torch.default_generator.manual_seed(seed)
        yield
