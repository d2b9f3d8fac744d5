"""Two networks that play against each other: a generator, and a discriminator or critic."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LATENT_RING = 2
LATENT_PICTURE = 64
_WIDE, _NARROW = 256, 128  # units of a layer of the discriminator and of the generator on the ring
_MAPS = 64  # channels of the coarsest convolution; each finer one has half as many, 8 at the least


class Game(nn.Module):
    """A generator G and the discriminator D that it plays against.

    Attributes
    ----------
    generator
        Makes samples (n, …) of latent points (n, latent).
    discriminator
        Gives one logit or score a sample, shape (n, 1); without normalisation over the batch, which the
        gradient penalty does not allow. Its output is no probability.
    latent
        Dimensions of a latent point.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent: int) -> None:
        super().__init__()
        self.generator, self.discriminator, self.latent = generator, discriminator, latent

    def forward(self, z: Tensor) -> Tensor:
        """The samples G(z)."""
        made: Tensor = self.generator(z)
        return made

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Latent points from a standard normal distribution, shape (count, latent)."""
        return torch.randn(count, self.latent, generator=generator)


def ring_game(seed: int) -> Game:
    """Two perceptrons of two hidden layers for points of the plane; the global generator stays as it is.

    The discriminator is twice as wide: at equal learning rates a critic that is no wider than its
    generator cannot keep up with it, and its estimate of the distance falls to 0 while the samples are far.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Game(_perceptron(LATENT_RING, _NARROW, 2), _perceptron(2, _WIDE, 1), LATENT_RING)


def flat_game(seed: int, side: int, colors: int) -> Game:
    """Two perceptrons for small pictures with values in −1…1, as in Goodfellow et al., 2014.

    The discriminator leaves out units at random while it trains, by numbers of the global generator.

    Parameters
    ----------
    side
        Width and height in pixels.
    colors
        1 for grey, 3 for RGB.
    """
    shape, leak, out = (colors, side, side), 0.2, 0.3
    size = colors * side * side
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = nn.Sequential(
            *(nn.Linear(LATENT_PICTURE, 256), nn.LeakyReLU(leak)),
            *(nn.Linear(256, 512), nn.LeakyReLU(leak)),
            *(nn.Linear(512, size), nn.Tanh(), nn.Unflatten(1, shape)),
        )
        discriminator = nn.Sequential(
            *(nn.Flatten(), nn.Linear(size, 512), nn.LeakyReLU(leak), nn.Dropout(out)),
            *(nn.Linear(512, 256), nn.LeakyReLU(leak), nn.Dropout(out)),
            nn.Linear(256, 1),
        )
        return Game(generator, discriminator, LATENT_PICTURE)


def picture_game(seed: int, side: int, colors: int) -> Game:
    """Two convolutional networks for square pictures with values in −1…1.

    As in Radford, Metz & Chintala, "Unsupervised representation learning with deep convolutional generative
    adversarial networks", 2016, strided convolutions go up and down by factors of 2, and the discriminator
    has leaky rectifiers; in small, and without batch normalisation in either.

    Parameters
    ----------
    side
        Width and height in pixels: 7, 8 or their multiples by powers of 2, such as 28 or 64.
    colors
        1 for grey, 3 for RGB.

    Raises
    ------
    ValueError
        For another side.
    """
    halvings, coarse = 0, side
    while coarse > 8 and coarse % 2 == 0:
        coarse, halvings = coarse // 2, halvings + 1
    if coarse not in (7, 8) or not halvings:
        raise ValueError(f"side is {side}, but pictures have 14, 28, 56, … or 16, 32, 64, … pixels a side")
    maps = [max(8, _MAPS >> k) for k in reversed(range(halvings))]  # from the finest to the coarsest
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Game(_painter(coarse, maps, colors), _judge(coarse, maps, colors), LATENT_PICTURE)


def _perceptron(inputs: int, width: int, outputs: int) -> nn.Sequential:
    hidden = nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
    return nn.Sequential(*hidden, nn.Linear(width, outputs))


def _painter(coarse: int, maps: list[int], colors: int) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Linear(LATENT_PICTURE, maps[-1] * coarse**2),
        nn.ReLU(),
        nn.Unflatten(1, (maps[-1], coarse, coarse)),
    ]
    for wide, narrow in zip(maps[:0:-1], maps[-2::-1], strict=True):
        layers += [nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(maps[0], colors, 4, stride=2, padding=1), nn.Tanh())


def _judge(coarse: int, maps: list[int], colors: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip([colors, *maps], maps, strict=False):
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(maps[-1] * coarse**2, 1))
