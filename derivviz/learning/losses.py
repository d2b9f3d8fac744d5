"""Losses whose derivative is the point: focal loss, the GAN's two, WGAN's and its gradient penalty.

All take logits or scores, never probabilities: log(σ(z)) is worked out without ever forming a 0 in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

Reduction = Literal["mean", "sum", "none"]

_INSIDE_ROOT = 1e-12  # the derivative of a norm has none at 0


def focal_loss(
    logits: Tensor,
    targets: Tensor,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """−α_t (1 − p_t)^γ log p_t, the cross-entropy with little weight on what is easy already.

    Source: Lin, Goyal, Girshick, He & Dollár, "Focal loss for dense object detection", 2017, equation 5.

    Parameters
    ----------
    logits
        z of p = σ(z), any shape; each element is a decision of its own.
    targets
        1 where the answer is yes and 0 where it is no, the shape of `logits`, any type.
    alpha
        Weight α_t of the positives, 1 − α of the negatives, in 0…1. None weighs both with 1.
    gamma
        Focus γ ≥ 0. With 0 and no `alpha` this is the binary cross-entropy.
    reduction
        ``"mean"`` and ``"sum"`` over all elements, or ``"none"``.

    Returns
    -------
    Tensor
        A scalar, or the shape of `logits` for ``"none"``, in nats.

    Raises
    ------
    ValueError
        For shapes that differ, or an `alpha`, `gamma` or `reduction` that there is not.

    Notes
    -----
    With s = ±1 for yes and no, ∂/∂z = s α_t (1 − p_t)^γ (γ p_t log p_t + p_t − 1): at most as large as that of
    the cross-entropy, and less the surer the right answer.

    Examples
    --------
    >>> logits, targets = torch.tensor([4.0, -1.0]), torch.tensor([1.0, 1.0])
    >>> [round(v, 4) for v in focal_loss(logits, targets, reduction="none").tolist()]
    [0.0, 0.1755]
    """
    if logits.shape != targets.shape:
        raise ValueError(
            f"targets have shape {tuple(targets.shape)}, but logits {tuple(logits.shape)}: "
            "focal_loss wants a 0 or 1 for each logit, such as one_hot(classes)"
        )
    if alpha is not None and not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}, but the weight of the positives lies in 0…1")
    if not gamma >= 0:
        raise ValueError(f"gamma is {gamma}, but it is 0 (cross-entropy) or more")
    yes = targets.to(logits.dtype)
    right = (2 * yes - 1) * logits  # p_t = σ(right)
    # (1 − p_t)^γ as an exponential: the power has no finite derivative at 0 for γ < 1.
    loss = -torch.exp(gamma * logsigmoid(-right)) * logsigmoid(right)
    if alpha is not None:
        loss = loss * (alpha * yes + (1 - alpha) * (1 - yes))
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is {reduction!r}, but it is one of mean, sum, none")
    return loss.mean() if reduction == "mean" else loss.sum()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """−E[log D(x)] − E[log(1 − D(G(z)))], what the discriminator makes small.

    Source: Goodfellow et al., "Generative adversarial nets", 2014, equation 1, from logits: D = σ(logit).

    Parameters
    ----------
    real, fake
        The discriminator's logits of real and of generated samples, any shapes.

    Returns
    -------
    Tensor
        A scalar, in nats; 2 log 2 = 1.386… where nothing is told apart.

    Examples
    --------
    >>> round(discriminator_loss(torch.zeros(8), torch.zeros(8)).item(), 3)
    1.386
    """
    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(fake: Tensor, saturating: bool = False) -> Tensor:
    """What the generator makes small: −E[log D(G(z))], or as in the minimax game E[log(1 − D(G(z)))].

    Source: Goodfellow et al., 2014: the game of equation 1 and, in section 3, its replacement. They have the
    same fixed point; but where D is sure of its fakes (D → 0) the derivative by the logit goes to 0 for the
    minimax form and to −1 for the other one.

    Parameters
    ----------
    fake
        The discriminator's logits of generated samples, any shape.
    saturating
        The minimax form.

    Returns
    -------
    Tensor
        A scalar, in nats; negative for the minimax form.
    """
    return -softplus(fake).mean() if saturating else softplus(-fake).mean()


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """E[D(x̃)] − E[D(x)]; with the other sign it estimates the Wasserstein distance, in the units of x.

    Source: Arjovsky, Chintala & Bottou, "Wasserstein GAN", 2017. The generator makes −E[D(x̃)] small.

    Parameters
    ----------
    real, fake
        The critic's scores of real samples x and generated ones x̃, any shapes.

    Returns
    -------
    Tensor
        A scalar, in the unit of the scores.
    """
    return fake.mean() - real.mean()


def interpolate(real: Tensor, fake: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """x̂ = ε x + (1 − ε) x̃ with one ε ∈ [0, 1) a sample, detached from what made both.

    Parameters
    ----------
    real, fake
        Samples, both of shape (n, ...).
    generator
        Where ε comes from; the global one if None.

    Returns
    -------
    Tensor
        Shape (n, ...).

    Raises
    ------
    ValueError
        For shapes that differ.
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"real has shape {tuple(real.shape)} and fake {tuple(fake.shape)}: each real sample wants one fake"
        )
    shape = (len(real), *[1] * (real.dim() - 1))
    share = torch.rand(shape, generator=generator, dtype=real.dtype, device=real.device)
    return torch.lerp(fake.detach(), real.detach(), share)


def gradient_norms(critic: Callable[[Tensor], Tensor], points: Tensor, create_graph: bool = True) -> Tensor:
    """‖∇D(x̂)‖₂ of each point, over all of its dimensions.

    Parameters
    ----------
    critic
        Gives one score a sample, shape (n,) or (n, 1). It must treat the samples of a batch apart: no batch
        normalisation.
    points
        x̂, shape (n, ...).
    create_graph
        Whether the norms can be differentiated in their turn, as the penalty needs.

    Returns
    -------
    Tensor
        Shape (n,), in score per unit of x.
    """
    with torch.enable_grad():
        points = points.detach().requires_grad_()
        (slope,) = torch.autograd.grad(critic(points).sum(), points, create_graph=create_graph)
    return (slope.flatten(1).square().sum(1) + _INSIDE_ROOT).sqrt()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    generator: torch.Generator | None = None,
) -> Tensor:
    """E[(‖∇D(x̂)‖₂ − 1)²] at points between real and fake samples, without its factor λ.

    Source: Gulrajani, Ahmed, Arjovsky, Dumoulin & Courville, "Improved training of Wasserstein GANs", 2017,
    equation 3 and algorithm 1 (λ = 10). The norm goes over all dimensions of a sample.

    Parameters
    ----------
    critic
        As in `gradient_norms`.
    real, fake
        Samples, both of shape (n, ...). Nothing flows back into what generated them.
    generator
        Decides where between them; the global one if None.

    Returns
    -------
    Tensor
        A scalar whose own derivative is the second derivative of the critic.

    Examples
    --------
    >>> slope_three = lambda x: 3 * x[:, 0]
    >>> round(gradient_penalty(slope_three, torch.rand(5, 2), torch.rand(5, 2)).item(), 3)
    4.0
    """
    return (gradient_norms(critic, interpolate(real, fake, generator)) - 1).square().mean()
