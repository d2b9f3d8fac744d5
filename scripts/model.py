"""The network · 신경망

The layers of the recorded network in the order of the model: what each one is, the shape of its
output for one sample, and how many parameters it has.

기록된 신경망의 층을 모델에 적힌 순서대로 그리고, 층의 종류와 샘플 하나에 대한 출력의 모양, 파라미터 수를 보인다.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from derivviz.figures import Artists, Style, sheet
from derivviz.figures.style import MILLIMETRE, SMALL
from derivviz.trace import Trace
from derivviz.trace.layers import Layer, layers

requires = ("time",)  # of any recorded run

ROWS = 14  # layers, at the most, that are drawn
ROW = 11 * MILLIMETRE  # inches
LONGEST = 30  # characters of a name


def draw(trace: Trace, *, ax: Axes | None = None, language: str = "en") -> Artists:
    """Draw the figure on `ax`, or on a sheet of its own; the artists by what they show."""
    found = layers(trace)
    shown, left_out = shortened(found)
    rows = len(shown) + bool(left_out)
    with sheet(ax, language, (160 * MILLIMETRE, ROW * rows + 16 * MILLIMETRE)) as (look, ax):
        ax.set_title(look.choose(en="The network", ko="신경망"))
        ax.set_axis_off()
        ax.set_xlim(0, 10)
        ax.set_ylim(rows - 0.5, -0.5)
        artists: Artists = {}
        at = 0
        for n, layer in enumerate(shown):
            artists |= draw_layer(ax, at, layer, look)
            at += 1
            if left_out and n + 1 == len(shown) // 2:
                told = look.choose(en=f"… {left_out} more layers …", ko=f"… {left_out}개 층 생략 …")
                ax.text(2.2, at, told, ha="center", va="center", color=look.color("muted"))
                at += 1
        for row in range(rows - 1):
            arrow = FancyArrowPatch(
                (2.2, row + 0.32),
                (2.2, row + 0.68),
                arrowstyle="-|>",
                mutation_scale=7,
                shrinkA=0,
                shrinkB=0,
                color=look.color("axis"),
            )
            ax.add_patch(arrow)
    return artists


def caption(trace: Trace, *, language: str = "en") -> str:
    """What the figure shows, in numbers."""
    found = layers(trace)
    count, largest = sum(layer.size for layer in found), max(found, key=lambda each: each.size)
    share = largest.size / count if count else 0
    told = {
        "en": f"{len(found)} layers with {count:,} parameters.",
        "ko": f"층 {len(found)}개, 파라미터 {count:,}개.",
    }
    if share > 0.999:
        told["en"] += f" Nearly all of them are in {largest.name} ({largest.kind})."
        told["ko"] += f" 거의 전부가 {largest.name}({largest.kind})에 있다."
    elif share:
        told["en"] += f" {share:.1%} of them are in {largest.name} ({largest.kind})."
        told["ko"] += f" 그중 {share:.1%}가 {largest.name}({largest.kind})에 있다."
    return told[language]


def shortened(layers: list[Layer]) -> tuple[list[Layer], int]:
    """As many layers as there is room for, from both ends, and how many are left out between."""
    if len(layers) <= ROWS:
        return layers, 0
    half = (ROWS - 1) // 2
    return [*layers[:half], *layers[-half:]], len(layers) - 2 * half


def draw_layer(ax: Axes, row: int, layer: Layer, look: Style) -> Artists:
    """A box with name and class; beside it the shape of the output and the number of parameters."""
    role = "tangent" if layer.kind == "DerivativeActivation" else "parameter" if layer.size else "axis"
    box = FancyBboxPatch(
        (0.1, row - 0.26),
        4.2,
        0.52,
        boxstyle="round,pad=0.05",
        facecolor="none",
        edgecolor=look.color(role),
        linewidth=1.6 if role == "tangent" else 1.1,
    )
    ax.add_patch(box)
    name = layer.name if len(layer.name) <= LONGEST else f"…{layer.name[-LONGEST + 1 :]}"
    ax.text(0.3, row, name, va="center", weight="semibold")
    ax.text(4.15, row, layer.kind, va="center", ha="right", color=look.color("muted"), size=SMALL)
    shape = " × ".join(f"{side:,}" for side in layer.shape)
    words = ax.text(4.8, row, shape, va="center")
    if layer.size:
        told = look.choose(en=f"{layer.size:,} parameters", ko=f"파라미터 {layer.size:,}개")
        ax.text(9.95, row, told, va="center", ha="right", color=look.legible("parameter"))
    return {f"layer/{layer.name}": box, f"shape/{layer.name}": words}


def main() -> None:
    """``python scripts/model.py TRACE``, which ``derivviz figure model --trace TRACE`` does too."""
    from derivviz.cli.figure import run_script

    run_script(__file__)


if __name__ == "__main__":
    main()
