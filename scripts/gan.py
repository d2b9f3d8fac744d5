"""The course of a GAN · GAN의 경과

Samples from fixed latent points, the two losses, what the discriminator says of real and made samples, and
how long the generator's gradient would be by either of its losses.

고정된 잠재점에서 나온 샘플, 두 손실, 판별자가 진짜와 만든 것에 주는 확률, 그리고 생성자의 두 손실에 따른 그래디언트의
길이를 보인다.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from derivviz.figures import Artists, EndLabel, Motion, Style, at_the_end, check, grid, growing, sheet
from derivviz.figures.course import ROUND, animate_course, band, draw_course, heading
from derivviz.trace import Trace
from derivviz.trace.game import DISCRIMINATOR, Game, binned, read_game

requires = ("discriminator_loss", "generator_loss", "real_probability", "saturating_gradient")
recorded_by = "gan"

BINS = 100  # of a curve over the whole game


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "gan", recorded_by)
    game = read_game(trace)
    with sheet(ax, language) as (look, ax):
        (above,), (below,) = grid(ax, 2, 1, heights=(1, 1.35))
        losses, answers, gradients = grid(below, 1, 3)[0]
        artists = draw_course(above, game, look, look.choose(en="The course of a GAN", ko="GAN의 경과"))
        last = int(game.sample_rounds[-1])
        for panel in (losses, answers):
            panel.set_xlim(0, last)
            panel.locator_params(axis="x", nbins=3)
        gradients.set_xscale("log")
        gradients.set_xlim(1, last)
        artists |= draw_losses(losses, game, look) | draw_answers(answers, game, look)
        artists |= draw_gradients(gradients, game, look)
        for panel in (losses, answers, gradients):
            panel.set_xlabel(look.choose(en="round", ko="라운드"))
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The curves grow, and the samples move."""
    game = read_game(trace)
    still = ("draw", "samples/*", "field/*", "modes/*")
    return growing(game.sample_rounds, artists, still=still, unit=ROUND).joined(
        *animate_course(artists, game)
    )


def draw_losses(ax: Axes, game: Game, look: Style) -> Artists:
    """Both losses, as means of equal stretches of the game."""
    artists: Artists = {}
    names = {"discriminator_loss": ("D", "-"), "generator_loss": ("G", (0, (3, 1.5)))}
    labels = []
    for key, (name, dashes) in names.items():
        at, values = binned(*game.curve(key), BINS)
        (artists[key],) = ax.plot(at, values, color=look.color("loss"), linestyle=dashes)
        labels.append(EndLabel(name, at[-1], values[-1], look.color("loss")))
    ax.set_ylim(*ax.get_ylim())
    heading(ax, look.choose(en="Losses", ko="손실"))
    at_the_end(ax, labels)
    return artists


def draw_answers(ax: Axes, game: Game, look: Style) -> Artists:
    """D of real and of made samples: means, and the middle 80 % of the samples kept."""
    artists: Artists = {}
    labels = []
    for name, role, dashes in (("real", "positive", "-"), ("fake", "negative", (0, (3, 1.5)))):
        rounds, logits = band(game, f"{name}_logit", DISCRIMINATOR)
        low, _, high = 1 / (1 + np.exp(-logits))
        artists[f"{name}/band"] = ax.fill_between(
            rounds, low, high, color=look.color(role), alpha=0.18, linewidth=0
        )
        at, values = binned(*game.curve(f"{name}_probability", DISCRIMINATOR), BINS)
        (artists[f"{name}_probability"],) = ax.plot(at, values, color=look.color(role), linestyle=dashes)
        labels.append(EndLabel("D(x)" if name == "real" else "D(G(z))", at[-1], values[-1], look.color(role)))
    artists["draw"] = ax.axhline(0.5, color=look.color("muted"), linestyle=":", linewidth=0.9)
    ax.set_ylim(0, 1)
    heading(ax, look.choose(en="D: mean, middle 80 %", ko="D: 평균과 가운데 80 %"))
    at_the_end(ax, labels)
    return artists


def draw_gradients(ax: Axes, game: Game, look: Style) -> Artists:
    """How long the gradient of all of G's weights would be, at the same weights and latent points."""
    artists: Artists = {}
    labels = []
    for key, name, dashes in (
        ("saturating_gradient", "ln(1 − D)", "-"),
        ("non_saturating_gradient", "−ln D", (0, (3, 1.5))),
    ):
        at, values = stretches(*game.curve(key))
        (artists[key],) = ax.plot(at, values, color=look.color("tangent"), linestyle=dashes)
        labels.append(EndLabel(name, at[-1], values[-1], look.color("tangent")))
    ax.set_yscale("log")
    ax.set_ylim(*ax.get_ylim())
    ax.minorticks_off()
    heading(ax, look.choose(en="G's gradient by each loss", ko="손실에 따른 G의 그래디언트"))
    at_the_end(ax, labels)
    return artists


def stretches(at: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve as its medians over stretches that are equally wide on a logarithmic axis, a tenth of a decade."""
    parts = np.split(np.arange(len(at)), 1 + np.flatnonzero(np.diff(np.floor(10 * np.log10(at)))))
    return np.array([np.median(at[p]) for p in parts]), np.array([np.median(values[p]) for p in parts])


def main() -> None:
    """``python scripts/gan.py TRACE`` does what ``derivviz figure gan --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
