"""How far generated pictures are from real ones, by what a small classifier sees in them. This is not the FID."""

from __future__ import annotations

import torch
from torch import Tensor, nn

FEATURES = 32
_EPOCHS, _BATCH = 6, 64


def frechet_distance(one: Tensor, other: Tensor) -> Tensor:
    """‖μ − μ′‖² + tr(Σ + Σ′ − 2 (Σ Σ′)^½), the squared Fréchet distance of the Gaussians with these moments.

    Source: Dowson & Landau, "The Fréchet distance between multivariate normal distributions", 1982. With the
    features of Inception-v3 on ImageNet it is the FID of Heusel et al., "GANs trained by a two time-scale
    update rule converge to a local Nash equilibrium", 2017; with any others it is not, and its numbers compare
    only with those of the same features.

    Parameters
    ----------
    one, other
        Features, shapes (n, feature) and (m, feature), with n and m larger than the number of features.

    Returns
    -------
    Tensor
        A scalar of float64 in units of the features squared, 0 for equal moments.

    Raises
    ------
    ValueError
        For shapes that do not fit each other, or fewer than two samples.

    Examples
    --------
    >>> points = torch.tensor([[0.0], [2.0]])
    >>> round(frechet_distance(points, points + 3).item(), 6)
    9.0
    """
    if one.dim() != 2 or other.dim() != 2 or one.shape[1] != other.shape[1] or min(len(one), len(other)) < 2:
        raise ValueError(
            f"features have the shapes {tuple(one.shape)} and {tuple(other.shape)}, but (n, feature) and "
            "(m, feature) are wanted, with two samples at the least"
        )
    one, other = one.double(), other.double()
    shift = (one.mean(0) - other.mean(0)).square().sum()
    first, second = _covariance(one), _covariance(other)
    root = _square_root(first)
    # (Σ Σ′)^½ has the trace of (Σ^½ Σ′ Σ^½)^½, which is symmetric.
    both = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    return shift + first.trace() + second.trace() - 2 * both


class Judge(nn.Module):
    """A small convolutional classifier of 28 × 28 grey pictures, whose last hidden layer gives the features.

    Parameters
    ----------
    classes
        How many kinds of pictures there are.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.ReLU()),
            *(nn.Conv2d(16, 32, 4, stride=2, padding=1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(32 * 7 * 7, FEATURES), nn.ReLU()),
        )
        self.answer = nn.Linear(FEATURES, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, shape (n, classes), of pictures with values in −1…1, shape (n, 1, 28, 28)."""
        found: Tensor = self.answer(self.features(pictures))
        return found


def trained_judge(pictures: Tensor, kinds: Tensor, seed: int = 0) -> Judge:
    """A judge that has learned to tell the kinds apart.

    Parameters
    ----------
    pictures
        Values in −1…1, shape (n, 1, 28, 28).
    kinds
        int64 from 0, shape (n,).
    seed
        Decides weights and order; the global generator stays as it is.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        judge = Judge(int(kinds.max()) + 1)
        optimizer = torch.optim.Adam(judge.parameters(), lr=0.002)
        for _ in range(_EPOCHS):
            for rows in torch.randperm(len(pictures)).split(_BATCH):
                optimizer.zero_grad()
                nn.functional.cross_entropy(judge(pictures[rows]), kinds[rows]).backward()
                optimizer.step()
    return judge.eval().requires_grad_(False)


def _covariance(features: Tensor) -> Tensor:
    return torch.atleast_2d(torch.cov(features.T))


def _square_root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T
