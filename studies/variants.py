"""What the study varies in the network and the optimizer: activation, normalisation, first weights, factor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from moments import second_moment, second_moment_clamped
from torch import Tensor, nn
from torch.nn import functional

from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS, df
from derivviz.learning import FoodCNN, step_factor

LOW, HIGH = DERIVATIVE_ZEROS
PEAK = DERIVATIVE_PEAK[1]


def parabola(v: Tensor, peak: float) -> Tensor:
    """peak · (1 − v²/4), which for v = u + 1 is f′(u) · peak/24, in one pass over the tensor."""
    return torch.addcmul(v.new_tensor(peak), v, v, value=-peak / 4)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "f′": lambda u: parabola(u + 1, PEAK),
    "f′/24": lambda u: parabola(u + 1, 1),
    "f′ clamped": lambda u: parabola(u.clamp(LOW, HIGH) + 1, PEAK),
    "f′/24 clamped": lambda u: parabola(u.clamp(LOW, HIGH) + 1, 1),
    "f′/24 to the peak": lambda u: parabola(u.clamp(LOW, -1) + 1, 1),  # 0 below −3, 1 above −1
    "ReLU": functional.relu,
    "LeakyReLU": functional.leaky_relu,
    "tanh": torch.tanh,
    "GELU": functional.gelu,
    "SiLU": functional.silu,
    "identity": lambda u: u,
}

NORMALISATIONS = ("none", "first batch", "running", "batch", "sample")
MOMENTUM = 0.1


class Activation(nn.Module):
    """a = φ(u) with u = point + spread · ẑ, where ẑ is the normalised pre-activation.

    ``none``: ẑ = z. ``first batch``: ẑ = (z − μ)/σ, each channel's mean and standard deviation over the
    first training batch, constants from then on. ``running``: the same, but each later batch moves μ and σ²
    by a tenth of the way; no gradient flows through them. ``batch``: batch normalisation without weights of
    its own.
    ``sample``: mean and standard deviation over all channels and places of each sample.
    """

    def __init__(self, features: int, name: str, normalisation: str, point: float, spread: float) -> None:
        super().__init__()
        if normalisation not in NORMALISATIONS:
            raise ValueError(f"normalisation is {normalisation!r}, but one of {', '.join(NORMALISATIONS)}")
        self.function, self.normalisation = ACTIVATIONS[name], normalisation
        self.point, self.spread = point, spread
        self.batch_norm = nn.BatchNorm1d(features, affine=False)
        self.register_buffer("center", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.calibrated = False

    def forward(self, z: Tensor) -> Tensor:
        """a for pre-activations z (n, features, …)."""
        a: Tensor = self.function(self.operating_point(z))
        return a

    def operating_point(self, z: Tensor) -> Tensor:
        """u, the shape of z."""
        if self.normalisation == "none" and (self.point, self.spread) == (0.0, 1.0):
            return z
        shape = (1, -1, *[1] * (z.dim() - 2))
        if self.normalisation in ("first batch", "running"):
            if self.training and (self.normalisation == "running" or not self.calibrated):
                self._calibrate(z.detach())
            slope = self.spread / self.scale
            return torch.addcmul((self.point - self.center * slope).view(shape), z, slope.view(shape))
        if self.normalisation == "batch":
            flat = z.flatten(2) if z.dim() > 2 else z
            norm = self.batch_norm
            if self.training and flat.dim() == 2 and len(flat) == 1:  # one value has no spread
                flat = functional.batch_norm(flat, norm.running_mean, norm.running_var)
            else:
                flat = norm(flat)
            z = flat.view_as(z)
        elif self.normalisation == "sample":
            z = functional.layer_norm(z, z.shape[1:])
        return self.point + self.spread * z

    def _calibrate(self, z: Tensor) -> None:
        over = [dim for dim in range(z.dim()) if dim != 1]
        variance, mean = torch.var_mean(z, dim=over, correction=0)
        if self.calibrated:
            mean = self.center.lerp(mean, MOMENTUM)
            variance = self.scale.square().lerp(variance, MOMENTUM)
        self.center.copy_(mean)
        self.scale.copy_(torch.where(variance > 0, variance.sqrt(), torch.ones_like(variance)))
        self.calibrated = True


def matched_weights(model: FoodCNN, activation: str, point: float, spread: float, image_power: float) -> None:
    """Normal first weights with which every pre-activation has variance 1, biases 0.

    Var z = fan_in · Var w · E[input²]; behind an activation E[input²] = E[φ(u)²] for u ~ N(point, spread²),
    in closed form for f′ and sampled for the others. Pooling raises it a little, which is left out.

    Parameters
    ----------
    image_power
        Mean square of the pixels, E[input²] of the first layer.
    """
    power = {
        "f′": second_moment(point, spread),
        "f′/24": second_moment(point, spread) / PEAK**2,
        "f′ clamped": second_moment_clamped(point, spread),
        "f′/24 clamped": second_moment_clamped(point, spread) / PEAK**2,
    }.get(activation)
    if power is None:
        u = point + spread * torch.randn(100_000, generator=torch.Generator().manual_seed(0))
        power = float(ACTIVATIONS[activation](u).square().mean())
    for layer, square in ((model.conv, image_power), (model.fc1, power), (model.fc2, power)):
        nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.weight[0].numel() * square))


def signed(weights: Tensor) -> float:
    """1 + f′(mean(w))/20: without the absolute value; it falls below 1 where f′ < 0, and turns round at −20."""
    return 1 + df(weights.mean(dtype=torch.float64).item()) / 20


class Factor:
    """Multiplies the steps of an optimizer by a form of the derivative factor.

    ``normalised``: the published factor of each tensor, divided by its mean over the tensors, so that the
    average step is as without it. ``signed``: without the absolute value. ``elementwise``: 1 + |f′(w)|/20 for
    each single weight. ``constant``: 1.9 for all, what the published factor is at mean 0.
    """

    FORMS = ("normalised", "signed", "elementwise", "constant")

    def __init__(self, optimizer: torch.optim.Optimizer, form: str) -> None:
        if form not in self.FORMS:
            raise ValueError(f"the factor's form is {form!r}, but one of {', '.join(self.FORMS)}")
        self.optimizer, self.form, self.param_groups = optimizer, form, optimizer.param_groups

    def step(self) -> None:
        parameters = [p for group in self.param_groups for p in group["params"]]
        before = [p.detach().clone() for p in parameters]
        self.optimizer.step()
        with torch.no_grad():
            for parameter, old, factor in zip(parameters, before, self.factors(before), strict=True):
                parameter.copy_(old + factor * (parameter - old))

    def factors(self, weights: Sequence[Tensor]) -> list[float] | list[Tensor]:
        """What each tensor's step is multiplied by."""
        if self.form == "elementwise":
            return [1 + df(w).abs() / 20 for w in weights]
        if self.form == "constant":
            return [1.9 for _ in weights]
        if self.form == "signed":
            return [signed(w) for w in weights]
        factors = [step_factor(w) for w in weights]
        return [factor * len(factors) / sum(factors) for factor in factors]
