"""Pictures of a network's inside on paper: its filters, maps and outputs at the first look and at the last."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from numpy.typing import NDArray

from derivviz.figures.canvas import Artists, grid
from derivviz.figures.style import SMALL, TEXT, Style
from derivviz.trace.training import Looks

Array = NDArray[np.float64]
LONGEST = 14  # letters of a name
KINDS = {
    "filters": ("filters", "필터"),
    "matrix": ("weights", "가중치"),
    "maps": ("maps", "특징 맵"),
    "answers": ("outputs", "출력"),
}


def draw_looks(ax: Axes, looks: Looks, name: str, look: Style) -> Artists:
    """The first look above the last, on one scale: ``name/first`` and ``name/last``."""
    en, ko = KINDS[looks.kind]
    called = looks.name if len(looks.name) <= LONGEST else f"…{looks.name[1 - LONGEST :]}"
    sides = looks.values.shape[1:2] if looks.kind in ("filters", "maps") else looks.values.shape[2:4]
    part, whole = (" × ".join(str(side) for side in each) for each in (sides, looks.whole))
    count = (part, part) if part == whole else (f"{part} of {whole}", f"{whole} 중 {part}")
    panels = grid(ax, 2, 1)
    artists: Artists = {}
    low, high = ends(looks)
    for (panel,), n, moment in zip(panels, (0, len(looks.steps) - 1), ("first", "last"), strict=True):
        artists[f"{name}/{moment}"] = panel.imshow(
            composed(looks, n, look.color("background")),
            cmap=colors_of(looks, look),
            vmin=low,
            vmax=high,
            interpolation="nearest",
            aspect="auto" if looks.kind in ("matrix", "answers") else "equal",
        )
        bare(panel)
        panel.annotate(
            look.choose(en=f"step {looks.steps[n]:,}", ko=f"스텝 {looks.steps[n]:,}"),
            (0, 0.5),
            xycoords="axes fraction",
            xytext=(-4, 0),
            textcoords="offset points",
            rotation=90,
            ha="right",
            va="center",
            size=SMALL,
            color=look.color("muted"),
        )
    heading = look.choose(en=f"{called}\n{count[0]} {en}", ko=f"{called}\n{ko} {count[1]}")
    panels[0][0].set_title(heading, fontsize=TEXT, fontweight="semibold", pad=6, loc="center")
    return artists


def bare(ax: Axes) -> None:
    """Nothing around a picture."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


def ends(looks: Looks) -> tuple[float, float]:
    """Ends of the scale of all looks, but for the outermost hundredth; the same on both sides of 0 but for maps."""
    finite = looks.values[np.isfinite(looks.values)]
    if looks.kind == "maps":
        low, high = np.percentile(finite, (1, 99)) if finite.size else (0.0, 1.0)
        return float(low), float(high if high > low else low + 1)
    most = (float(np.percentile(np.abs(finite), 99)) if finite.size else 0.0) or 1.0
    return -most, most


def composed(looks: Looks, n: int, ground: str) -> Array:
    """The tiles of a look in one picture, as nearly square as can be, with gaps of the ground's colour."""
    tiles = looks.values[n]
    if tiles.ndim == 4:  # colours: grey is 0
        most = ends(looks)[1]
        tiles = np.clip(0.5 + 0.5 * np.nan_to_num(tiles) / most, 0, 1)
    count, high, wide = tiles.shape[:3]
    if count == 1:
        return np.asarray(tiles[0])
    across, gap = int(np.ceil(np.sqrt(count * high / wide))), max(1, min(high, wide) // 12)
    rows = -(-count // across)
    made = np.full((rows * (high + gap) - gap, across * (wide + gap) - gap, *tiles.shape[3:]), np.nan)
    if tiles.ndim == 4:
        made[:] = to_rgb(ground)
    for k, tile in enumerate(tiles):
        top, left = k // across * (high + gap), k % across * (wide + gap)
        made[top : top + high, left : left + wide] = tile
    return made


def colors_of(looks: Looks, look: Style) -> Colormap:
    """From below 0 to above it through the ground's colour; of maps, from the ground's colour on."""
    roles = ("negative", "background", "positive")
    if looks.kind == "maps":
        roles = ("background", "function", "ink")
    made = LinearSegmentedColormap.from_list(looks.kind, [look.color(role) for role in roles])
    return made.with_extremes(bad=look.color("background"))
