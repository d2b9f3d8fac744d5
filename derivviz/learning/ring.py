"""Eight Gaussians on a ring: a distribution in the plane whose modes can be counted.

Source of the numbers: Metz, Poole, Pfau & Sohl-Dickstein, "Unrolled generative adversarial networks", 2017,
section 3.1 and appendix A: radius 2, standard deviation 0.02. Source of the measure: Srivastava et al.,
"VEEGAN: reducing mode collapse in GANs using implicit variational learning", 2017, section 5.1: of 2,500
samples one is good if it lies within three standard deviations of a mode, and a mode is covered if it has
a good sample.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

MODES = 8
RADIUS = 2.0
SIGMA = 0.02
WITHIN = 3.0
"""Standard deviations from a mode up to which a sample is good."""
SAMPLES = 2500
"""How many samples a generator is judged by."""
TENTH = SAMPLES // (10 * MODES)
"""A tenth of the good samples that would be a mode's fair share."""


def centers() -> Tensor:
    """Where the modes lie, shape (8, 2), counter-clockwise from (2, 0)."""
    angle = torch.arange(MODES) * (2 * math.pi / MODES)
    return RADIUS * torch.stack([angle.cos(), angle.sin()], dim=1)


def draw(count: int, generator: torch.Generator | None = None) -> Tensor:
    """Samples of the ring, shape (count, 2), every mode as likely as any other.

    Parameters
    ----------
    generator
        Decides which; the global one if None.
    """
    mode = torch.randint(MODES, (count,), generator=generator)
    return centers()[mode] + SIGMA * torch.randn(count, 2, generator=generator)


def good_samples(samples: Tensor) -> Tensor:
    """How many good samples each mode has.

    Parameters
    ----------
    samples
        Shape (n, 2). One that is not finite is not good.

    Returns
    -------
    Tensor
        int64, shape (8,); a sample counts for one mode at the most, as these lie far apart.

    Raises
    ------
    ValueError
        For samples that are no points of the plane.
    """
    if samples.dim() != 2 or samples.shape[1] != 2:
        raise ValueError(f"samples have shape {tuple(samples.shape)}, but points of the plane have (n, 2)")
    away = (samples[:, None] - centers().to(samples)).square().sum(2).sqrt()
    return (away <= WITHIN * SIGMA).sum(0)


def modes_covered(samples: Tensor, least: int = 1) -> int:
    """How many of the eight modes have `least` good samples or more.

    Parameters
    ----------
    samples
        Shape (n, 2).
    least
        1 is the usual definition. It is easily met: of points strewn over the square around the ring, 2,500
        hit most modes by chance. A tenth of a mode's fair share, n/80, is not.

    Examples
    --------
    >>> modes_covered(centers()[:3]), modes_covered(centers()[:3], least=2)
    (3, 0)
    """
    return int((good_samples(samples) >= least).sum())


def good_share(samples: Tensor) -> float:
    """Share of the samples that are good, in 0…1; of the ring itself 1 − exp(−9/2) = 0.989."""
    return float(good_samples(samples).sum()) / len(samples)
