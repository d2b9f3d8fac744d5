"""f′ as an activation: as published, and made trainable."""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from derivviz.calculus.cubic import DERIVATIVE_PEAK, DERIVATIVE_ZEROS, d2f, df

Preset = Literal["stable", "faithful"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

LOW, HIGH = DERIVATIVE_ZEROS
PEAK = DERIVATIVE_PEAK[1]
SPREAD = 0.5


class DerivativeActivation(nn.Module):
    """f′(x) = −6x² − 12x + 18 as an activation.

    ``faithful``, as published:

        a = f′(z)          ∂a/∂z = f″(z) = −12z − 12

    Each layer squares the size of what it gets, so activations and gradients explode.

    ``stable``, the same idea made trainable:

        u = −3 + (z − μ)/(2σ)
        a = f′(u)/24              where −3 ≤ u ≤ 1, and 0 elsewhere
        ∂a/∂z = f″(u)/24 · 1/(2σ)  where −3 < u < 1, and 0 elsewhere

    At −3, where f has its minimum, f′ leaves 0: half of the units are silent and the others rise, as with
    a ReLU. 24 is the maximum of f′, so 0 ≤ a ≤ 1. μ and σ are mean and standard deviation of each channel
    (or unit) over the first training batch. From then on they are constants: no later batch moves them
    and no gradient flows through them, so the derivative is elementwise and the chain rule multiplies out
    sample by sample.

    Parameters
    ----------
    features
        Channels (or units) of the input. Only ``stable`` needs it.
    preset
        ``"stable"`` or ``"faithful"``.
    dim
        Which dimension of the input the features are: 1, as after a convolution or a linear layer; −1 in a
        Transformer, where they come last.

    Attributes
    ----------
    center, scale : Tensor or None
        μ and σ, shape (features,), in the units of z; None for ``faithful``.
    calibrated : Tensor or None
        bool: whether a training batch has set them.

    Examples
    --------
    >>> activation = DerivativeActivation(3)
    >>> activation(torch.randn(16, 3, 8, 8)).shape
    torch.Size([16, 3, 8, 8])
    >>> DerivativeActivation(3, dim=-1)(torch.randn(16, 8, 3)).shape
    torch.Size([16, 8, 3])
    >>> DerivativeActivation(preset="faithful")(torch.tensor([-3.0, -1.0, 1.0]))
    tensor([ 0., 24.,  0.])
    """

    center: Tensor | None
    scale: Tensor | None
    calibrated: Tensor | None

    def __init__(self, features: int | None = None, preset: Preset = "stable", dim: int = 1) -> None:
        super().__init__()
        if preset not in PRESETS:
            raise ValueError(f"preset is {preset!r}, but it is one of {', '.join(PRESETS)}")
        stable = preset == "stable"
        if stable and features is None:
            raise ValueError("the stable preset standardises each channel: say how many features there are")
        self.preset, self.dim = preset, dim
        self.register_buffer("center", torch.zeros(features or 0) if stable else None)
        self.register_buffer("scale", torch.ones(features or 0) if stable else None)
        self.register_buffer("calibrated", torch.tensor(False) if stable else None)

    def forward(self, z: Tensor) -> Tensor:
        """a for pre-activations z, the shape of `z`: any for ``faithful``, (n, features, ...) for ``stable``.

        Raises
        ------
        ValueError : `z` has not as many features as it should in the dimension where they should be.
        """
        if self.preset == "faithful":
            return df(z)
        if self.training and not self.calibrated:
            self.calibrate(z)
        slope, shift = self._line(z)
        a: Tensor = _Hill.apply(z, slope, shift)
        return a

    def operating_point(self, z: Tensor) -> Tensor:
        """Where on f′ each unit stands: u = −3 + (z − μ)/(2σ) for ``stable``, z itself for ``faithful``."""
        if self.center is None:
            return z
        slope, shift = self._line(z)
        return torch.addcmul(shift, z, slope)

    def derivative(self, z: Tensor) -> Tensor:
        """∂a/∂z at z, elementwise, the shape of `z`: what multiplies ∂L/∂a in the chain rule."""
        u = self.operating_point(z)
        if self.preset == "faithful":
            return d2f(u)
        rising = d2f(u) / PEAK * self._line(z)[0]
        return torch.where((u > LOW) & (u < HIGH), rising, torch.zeros_like(u))

    def calibrate(self, z: Tensor) -> None:
        """Take μ and σ from a batch, shaped as for `forward`. A channel that does not vary gets σ = 1."""
        assert self.center is not None
        assert self.scale is not None
        assert self.calibrated is not None
        with torch.no_grad():
            shape = self._broadcast(z)
            over = [dim for dim in range(z.dim()) if shape[dim] == 1]
            variance, mean = torch.var_mean(z, dim=over, correction=0)
            self.center.copy_(mean)
            self.scale.copy_(torch.where(variance > 0, variance.sqrt(), torch.ones_like(variance)))
            self.calibrated.fill_(True)

    def constants(self) -> dict[str, Any]:
        """All that u, a and ∂a/∂z are computed from, as plain numbers."""
        if self.center is None or self.scale is None:
            return {"preset": self.preset}
        return {
            "preset": self.preset,
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "spread": SPREAD,
            "low": LOW,
            "high": HIGH,
            "peak": PEAK,
        }

    def extra_repr(self) -> str:
        return f"preset={self.preset!r}"

    def _line(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Slope 1/(2σ) and shift −3 − μ/(2σ) of u = shift + slope · z, shaped to broadcast against z."""
        assert self.center is not None
        assert self.scale is not None
        shape = self._broadcast(z)
        slope = SPREAD / self.scale
        return slope.view(shape), (LOW - self.center * slope).view(shape)

    def _broadcast(self, z: Tensor) -> list[int]:
        """The shape in which one number a feature meets z: −1 where z has its features, 1 elsewhere."""
        assert self.center is not None
        shape = [1] * z.dim()
        if not -z.dim() <= self.dim < z.dim() or z.shape[self.dim] != len(self.center):
            last = z.dim() > 0 and z.shape[-1] == len(self.center)
            raise ValueError(
                f"DerivativeActivation has {len(self.center)} features, which it looks for in dimension "
                f"{self.dim}, but its input has the shape {tuple(z.shape)}."
                + (" Where features come last, say dim=-1." if last else "")
            )
        shape[self.dim] = -1
        return shape


class _Hill(torch.autograd.Function):
    """f′(u)/24 = 1 − (u + 1)²/4 on −3 ≤ u ≤ 1, 0 outside, for u = shift + slope · z.

    The same as ``df(u.clamp(-3, 1)) / 24``, but with one new tensor forward and three backward: after the
    convolution each holds 100 MB, and the plain formula's ten would make a training step three times as
    long.
    """

    generate_vmap_rule = True  # for torch.func

    @staticmethod
    def forward(z: Tensor, slope: Tensor, shift: Tensor) -> Tensor:
        # hardtanh_ is clamp_, except that torch.func.vmap knows it.
        a = functional.hardtanh_(torch.addcmul(shift, z, slope), LOW, HIGH).add_(1)
        return a.mul_(a).mul_(-0.25).add_(1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        return _rise(grads[0], *ctx.saved_tensors), None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> Tensor:
        return _rise(tangents[0], *ctx.saved_tensors)


def _rise(tangent: Tensor, z: Tensor, slope: Tensor, shift: Tensor) -> Tensor:
    """∂a/∂z · tangent, of which a backward pass and a forward-mode pass are made alike."""
    u = torch.addcmul(shift, z, slope)
    inside = torch.ops.aten.hardtanh_backward(tangent, u, LOW, HIGH)  # 0 where u is on or past an end
    return (u + 1).mul_(-0.5 * slope) * inside
