"""The course of WGAN-GP · WGAN-GP의 경과

Samples from fixed latent points, the estimated Wasserstein distance, how long the critic's gradients are
between real and made, and, on the ring, how evenly the samples are spread beside those of a plain GAN.

고정된 잠재점에서 나온 샘플, 어림한 바서슈타인 거리, 진짜와 만든 것 사이에서 비평자의 그래디언트의 길이를 보인다.
고리에서는 샘플이 얼마나 고르게 퍼졌는지 보통의 GAN과 견준다.
"""

from __future__ import annotations

from matplotlib.axes import Axes

from derivviz.figures import Artists, EndLabel, Motion, Style, at_the_end, check, grid, growing, sheet
from derivviz.figures.course import ROUND, animate_course, band, draw_course, draw_served, heading
from derivviz.trace import Trace
from derivviz.trace.game import DISCRIMINATOR, Game, binned, read_game

requires = ("wasserstein", "gradient_norm", "activation/gradient_norm/mean")
recorded_by = "wgan-gp"

BINS = 100  # of a curve over the whole game


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    check(trace, requires, "wgan_gp", recorded_by)
    game = read_game(trace)
    with sheet(ax, language) as (look, ax):
        (above,), (below,) = grid(ax, 2, 1, heights=(1, 1.35))
        distance, norms, last = grid(below, 1, 3, widths=(1, 1, 1.25))[0]
        artists = draw_course(above, game, look, look.choose(en="The course of WGAN-GP", ko="WGAN-GP의 경과"))
        over_rounds = (
            [distance, norms] if game.on_ring or "diversity" not in trace else [distance, norms, last]
        )
        for panel in over_rounds:
            panel.set_xlim(0, int(game.sample_rounds[-1]))
            panel.locator_params(axis="x", nbins=3)
            panel.set_xlabel(look.choose(en="round", ko="라운드"))
        artists |= draw_distance(distance, game, look) | draw_norms(norms, game, look)
        if game.on_ring:
            served = {} if game.rival is None else {"GAN": game.served(game.rival["samples"])}
            artists |= draw_served(last, served | {"WGAN-GP": game.served(game.samples[-1])}, look)
            last.set_xlabel(
                look.choose(en="nearest cluster; filled: inside", ko="가장 가까운 무리 (칠: 그 안)")
            )
        elif last in over_rounds:
            artists |= draw_variety(last, game, look)
        else:
            last.set_axis_off()
    return artists


def animate(artists: Artists, trace: Trace) -> Motion:
    """The curves grow, and the samples move."""
    game = read_game(trace)
    still = ("one", "real", "fair", "nearest/*", "good/*", "samples/*", "field/*", "modes/*")
    return growing(game.sample_rounds, artists, still=still, unit=ROUND).joined(
        *animate_course(artists, game)
    )


def draw_distance(ax: Axes, game: Game, look: Style) -> Artists:
    """E[D(x)] − E[D(x̃)], as means of equal stretches of the game."""
    at, values = binned(*game.curve("wasserstein"), BINS)
    artists: Artists = {}
    (artists["wasserstein"],) = ax.plot(at, values, color=look.color("loss"))
    heading(ax, look.choose(en="Estimated distance", ko="어림한 거리"))
    return artists


def draw_norms(ax: Axes, game: Game, look: Style) -> Artists:
    """‖∇D(x̂)‖: its mean, and the middle 80 % of the points kept."""
    rounds, found = band(game, "gradient_norm", DISCRIMINATOR)
    artists: Artists = {}
    tint = look.color("tangent")
    artists["band"] = ax.fill_between(rounds, found[0], found[2], color=tint, alpha=0.2, linewidth=0)
    at, values = binned(*game.curve("gradient_norm"), BINS)
    (artists["gradient_norm"],) = ax.plot(at, values, color=tint)
    artists["one"] = ax.axhline(1, color=look.color("muted"), linestyle=":", linewidth=0.9)
    ax.set_ylim(bottom=0)
    heading(ax, look.choose(en="Gradient: mean, middle 80 %", ko="그래디언트: 평균, 가운데 80 %"))
    return artists


def draw_variety(ax: Axes, game: Game, look: Style) -> Artists:
    """Mean distance between two samples, as a share of that between two real pictures."""
    at, values = game.curve("diversity")
    artists: Artists = {}
    (artists["diversity"],) = ax.plot(at, values, color=look.color("negative"), marker="o", markersize=3)
    artists["real"] = ax.axhline(1, color=look.color("muted"), linestyle=":", linewidth=0.9)
    ax.set_ylim(bottom=0)
    heading(ax, look.choose(en="Distance between samples", ko="샘플 사이의 거리"))
    at_the_end(ax, [EndLabel(look.choose(en="real", ko="진짜"), at[-1], 1.0, look.color("muted"))])
    return artists


def main() -> None:
    """``python scripts/wgan_gp.py TRACE`` does what ``derivviz figure wgan_gp --trace TRACE`` does."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
