"""The course of a recorded game in small panels: samples, field and clusters, or sheets of pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.text import Text
from numpy.typing import NDArray

from derivviz.figures.canvas import Artists
from derivviz.figures.style import SMALL, TEXT, Style
from derivviz.trace.game import Game, Served

Array = NDArray[np.float64]
ROUND = {"en": "round", "ko": "라운드"}
PANELS, COLUMNS = 5, 4  # moments of the game; pictures side by side in each


def draw_course(ax: Axes, game: Game, look: Style, title: str) -> Artists:
    """Under the title five recorded moments: ``samples/ROUND``, and on the ring ``field/ROUND``, ``modes/ROUND``."""
    rows = np.unique(np.linspace(0, len(game.sample_rounds) - 1, PANELS).round().astype(int))
    ax.set_axis_off()
    ax.set_title(title, pad=16)
    artists: Artists = {}
    for k, row in enumerate(rows):
        panel = ax.inset_axes((k / PANELS, 0, 0.94 / PANELS, 1))
        now = int(game.sample_rounds[row])
        if game.on_ring:
            artists |= _plane(panel, game, int(row), look)
        else:
            sheet = _sheet(game.samples[row])
            artists[f"samples/{now}"] = panel.imshow(
                sheet, interpolation="nearest", vmin=0, vmax=1, cmap="gray"
            )
        panel.set_xticks([])
        panel.set_yticks([])
        panel.grid(visible=False)
        for spine in panel.spines.values():
            spine.set_visible(game.on_ring)
        told = look.choose(en=f"round {now}", ko=f"라운드 {now}") if row == rows[0] else f"{now}"
        panel.set_title(told, fontsize=SMALL, fontweight="normal", color=look.color("muted"), pad=3)
    return artists


def _plane(ax: Axes, game: Game, row: int, look: Style) -> Artists:
    now, reach = int(game.sample_rounds[row]), game.reach
    looked, field = game.field(now)
    green = LinearSegmentedColormap.from_list("answers", [look.color("background"), look.color("positive")])
    low, high = (0.0, 1.0) if field.min() >= 0 and field.max() <= 1 else (field.min(), field.max())
    artists: Artists = {}
    artists[f"field/{now}"] = ax.imshow(
        field,
        origin="lower",
        extent=(-reach, reach, -reach, reach),
        cmap=green,
        vmin=low,
        vmax=high + 0.6 * (high - low),  # pale, so that dots are seen on it
        interpolation="bilinear",
        label=f"round {looked}",
    )
    (artists[f"samples/{now}"],) = ax.plot(
        *game.samples[row].T, ".", color=look.color("negative"), markersize=1.6, markeredgewidth=0
    )
    (artists[f"modes/{now}"],) = ax.plot(
        *game.modes.T, "o", color=look.color("ink"), markerfacecolor="none", markersize=5, markeredgewidth=0.7
    )
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    return artists


def _sheet(pictures: Array) -> Array:
    """Pictures, shape (n, y, x, color), in rows of four as one, with a white line between them."""
    count, high, wide, colors = pictures.shape
    rows = -(-count // COLUMNS)
    made = np.ones((rows * (high + 1) - 1, COLUMNS * (wide + 1) - 1, 3))
    shown = np.repeat(pictures, 3, axis=3) if colors == 1 else pictures
    for n, one in enumerate(shown):
        top, left = n // COLUMNS * (high + 1), n % COLUMNS * (wide + 1)
        made[top : top + high, left : left + wide] = one
    return made


def animate_course(artists: Artists, game: Game) -> tuple[list[Artist], Callable[[float], None]]:
    """Each panel appears when its round is reached, and the last one goes through all that were recorded."""
    final = int(game.sample_rounds[-1])
    parts = {
        name: artist for name, artist in artists.items() if name.startswith(("samples/", "field/", "modes/"))
    }
    samples, field = artists[f"samples/{final}"], artists.get(f"field/{final}")
    assert isinstance(samples.axes, Axes)
    told = samples.axes.get_title("left")
    title = next(text for text in samples.axes.findobj(Text) if text.get_text() == told)
    fields = {int(now): game.field(int(now))[1] for now in game.sample_rounds} if game.on_ring else {}
    sheets = game.samples if game.on_ring else [_sheet(pictures) for pictures in game.samples]

    def show(round: float) -> None:
        for name, artist in parts.items():
            now = int(name.split("/")[1])
            artist.set_visible(now == final or now <= round)
        row = int(np.searchsorted(game.sample_rounds, round, side="right")) - 1
        now = int(game.sample_rounds[row])
        if game.on_ring:
            samples.set_data(*sheets[row].T)  # type: ignore[attr-defined]
            field.set_data(fields[now])  # type: ignore[union-attr]
        else:
            samples.set_data(sheets[row])  # type: ignore[attr-defined]
        title.set_text(told if now == final else f"{now}")

    return [*parts.values(), title], show


def draw_served(ax: Axes, served: dict[str, Served], look: Style) -> Artists:
    """How many samples are nearest to each mode, side by side for each game; filled are the good ones."""
    artists: Artists = {}
    count = len(next(iter(served.values())).nearest)
    wide = 0.8 / len(served)
    for n, (name, found) in enumerate(served.items()):
        at = np.arange(1, count + 1) - 0.4 + wide * (n + 0.5)
        role = ("muted", "negative")[n % 2]
        nearest = ax.bar(
            at, found.nearest, 0.9 * wide, facecolor="none", edgecolor=look.color(role), linewidth=0.9
        )
        good = ax.bar(at, found.good, 0.9 * wide, color=look.color(role), label=name)
        artists |= {f"nearest/{name}/{k + 1}": bar for k, bar in enumerate(nearest)}
        artists |= {f"good/{name}/{k + 1}": bar for k, bar in enumerate(good)}
    fair = float(next(iter(served.values())).nearest.mean())
    artists["fair"] = ax.axhline(fair, color=look.color("ink"), linestyle=(0, (3, 1.5)), linewidth=0.8)
    ax.set_xticks(range(1, count + 1))
    ax.grid(axis="x", visible=False)
    ax.legend(
        loc="lower right", bbox_to_anchor=(1.02, 0.98), ncols=2, frameon=False, fontsize=SMALL, handlelength=1
    )
    return artists


def heading(ax: Axes, text: str) -> None:
    """A small title of a panel."""
    ax.set_title(text, fontsize=TEXT, fontweight="semibold", pad=6)


def band(game: Game, name: str, player: int) -> tuple[Array, Array]:
    """Steps with a snapshot by that player, and the 10th, 50th and 90th percentile of a tagged tensor there.

    Returns
    -------
    rounds : shape (n,)
    percentiles : shape (3, n)
    """
    rounds, found = [], []
    for step in game.snapshots(player):
        values = game.trace.snapshot(step).activation[name].ravel()
        values = values[np.isfinite(values)]
        if len(values):
            rounds.append(step / (game.turns + 1))
            found.append(np.percentile(values, [10, 50, 90]))
    return np.array(rounds), np.array(found).T
