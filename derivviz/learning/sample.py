"""The toy sample: twenty emoji of five dishes, served on drawn plates.

It lets the whole path run where nobody has photos at hand. What a network learns from it is how to tell
drawings apart, not food. The drawings and their licences lie in `emoji/`.
"""

from __future__ import annotations

import colorsys
import io
from functools import lru_cache
from pathlib import Path

import numpy as np
import typst
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from derivviz.calculus.score import DISHES
from derivviz.learning.dataset import Pictures
from derivviz.learning.pictures import SIDE

EMOJI = Path(__file__).parent / "emoji"
SETS = ("fluent-emoji", "fluent-emoji-flat", "noto", "noto-v1")
PER_CLASS = 16
_FILES = {"chicken": "fried_chicken"}
_RASTER = 240  # pixels of a rasterised emoji, a little over its largest size on a plate
_FINE = 2  # everything is drawn at twice its size, so that edges come out smooth

Color = tuple[int, int, int]


def toy_sample(seed: int = 0, per_class: int = PER_CLASS) -> Pictures:
    """Draw the toy sample.

    Parameters
    ----------
    seed
        Decides table, plate, size, turn and place of every picture; equal seeds give equal pixels.
    per_class
        Pictures of each of the five dishes; the four drawings of a dish take turns.
    """
    generator = np.random.default_rng(seed)
    images: list[NDArray[np.uint8]] = []
    names: list[str] = []
    for dish in DISHES:
        for k in range(per_class):
            style = SETS[k % len(SETS)]
            images.append(_serve(_drawings()[style, dish], generator))
            names.append(f"toy sample/{dish}/{k + 1:02d} ({style})")
    return Pictures(
        images=np.stack(images),
        target=np.repeat(np.arange(len(DISHES), dtype=np.int64), per_class),
        classes=DISHES,
        found=DISHES,
        names=tuple(names),
        skipped=(),
        description=f"toy sample: {len(images)} emoji on drawn plates (seed {seed})",
    )


@lru_cache(maxsize=1)
def _drawings() -> dict[tuple[str, str], Image.Image]:
    """Every emoji as RGBA, rasterised in one Typst document of a page each."""
    keys = [(style, dish) for style in SETS for dish in DISHES]
    pages = [
        f"#page(width: {_RASTER}pt, height: {_RASTER}pt, margin: 0pt, fill: none)"
        f'[#image("{style}__{_FILES.get(dish, dish)}.svg", width: 100%, height: 100%, fit: "contain")]'
        for style, dish in keys
    ]
    compiler = typst.Compiler(root=str(EMOJI), ignore_system_fonts=True)
    rendered = compiler.compile(input="\n".join(pages).encode(), format="png", ppi=72.0 * _FINE)
    assert isinstance(rendered, list)  # a PNG of each page
    return {key: Image.open(io.BytesIO(png)).convert("RGBA") for key, png in zip(keys, rendered, strict=True)}


def _serve(emoji: Image.Image, generator: np.random.Generator) -> NDArray[np.uint8]:
    side = SIDE * _FINE
    table = _table(side, generator)
    radius = side * generator.uniform(0.36, 0.43)
    center = side / 2 + side * generator.uniform(-0.05, 0.05, size=2)
    _plate(table, center, radius, generator)
    size = int(radius * generator.uniform(1.25, 1.6))
    food = emoji.resize((size, size), Image.Resampling.LANCZOS)
    if generator.random() < 0.5:
        food = food.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    food = food.rotate(generator.uniform(-35, 35), Image.Resampling.BICUBIC, expand=True)
    place = center + radius * generator.uniform(-0.07, 0.07, size=2) - np.array(food.size) / 2
    corner = (int(place[0]), int(place[1]))
    _shadow(table, food.getchannel("A"), corner, offset=int(0.02 * side), blur=0.016 * side, strength=0.42)
    table.alpha_composite(food, corner)
    small = table.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    light = generator.uniform(0.9, 1.06)
    grain = generator.normal(0, 2.0, size=(SIDE, SIDE, 1))
    return (np.asarray(small) * light + grain).clip(0, 255).astype(np.uint8)


def _table(side: int, generator: np.random.Generator) -> Image.Image:
    """A table seen from above: plain wood, planks or a checked cloth, lit from one corner."""
    kind = generator.choice(("planks", "cloth", "plain"))
    if kind == "planks":
        base = _color(generator.uniform(0.06, 0.1), generator.uniform(0.3, 0.5), generator.uniform(0.5, 0.78))
    else:
        base = _color(generator.random(), generator.uniform(0.12, 0.4), generator.uniform(0.6, 0.93))
    image = Image.new("RGB", (side, side), base)
    draw = ImageDraw.Draw(image, "RGBA")  # on an RGB image this mode blends what is drawn
    if kind == "planks":
        width = side // int(generator.integers(4, 7))
        for left in range(0, side, width):
            tone = int(generator.integers(0, 60))
            draw.rectangle((left, 0, left + width, side), fill=(40, 20, 0, tone))
            for _ in range(7):
                x = left + generator.uniform(0.05, 0.95) * width
                draw.line((x, 0, x + generator.uniform(-8, 8), side), fill=(50, 25, 0, 45), width=2)
            draw.line((left, 0, left, side), fill=(40, 20, 0, 120), width=3)
    elif kind == "cloth":
        stripe = side // int(generator.integers(8, 13))
        for at in range(0, side, 2 * stripe):
            draw.rectangle((at, 0, at + stripe - 1, side), fill=(255, 255, 255, 70))
            draw.rectangle((0, at, side, at + stripe - 1), fill=(255, 255, 255, 70))
    if generator.random() < 0.5:
        image = image.rotate(90)
    ramp = Image.linear_gradient("L").resize((side, side)).rotate(int(generator.integers(4)) * 90)
    image.paste((0, 0, 0), mask=ramp.point(lambda v: v * 0.22))
    return image.convert("RGBA")


def _plate(
    table: Image.Image, center: NDArray[np.float64], radius: float, generator: np.random.Generator
) -> None:
    """A round plate: shadow, rim with a coloured line, and a well that is a shade darker."""
    disc = Image.new("L", table.size)
    ImageDraw.Draw(disc).ellipse(_box(center, radius), fill=255)
    _shadow(table, disc, (0, 0), offset=int(0.09 * radius), blur=0.09 * radius, strength=0.5)
    hue, tint = generator.random(), generator.uniform(0.0, 0.1)
    rim = _color(hue, tint, generator.uniform(0.92, 1.0))
    draw = ImageDraw.Draw(table)
    draw.ellipse(_box(center, radius), fill=rim)
    line = _color(hue, generator.uniform(0.25, 0.7), generator.uniform(0.45, 0.85))
    if generator.random() < 0.6:
        draw.ellipse(_box(center, 0.965 * radius), outline=line, width=max(2, int(0.022 * radius)))
    draw.ellipse(_box(center, 0.76 * radius), fill=_color(hue, tint, 0.86))
    draw.ellipse(_box(center + 0.012 * radius, 0.745 * radius), fill=_color(hue, tint, 0.95))


def _shadow(
    table: Image.Image, shape: Image.Image, corner: tuple[int, int], offset: int, blur: float, strength: float
) -> None:
    """Darken `table` softly below `shape`, a mask whose upper left corner lies at `corner`."""
    mask = Image.new("L", table.size)
    mask.paste(shape, (corner[0] + offset // 2, corner[1] + offset))
    mask = mask.filter(ImageFilter.GaussianBlur(blur)).point(lambda v: v * strength)
    dark = Image.new("RGBA", table.size, (20, 12, 8, 0))
    dark.putalpha(ImageChops.multiply(mask, table.getchannel("A")))
    table.alpha_composite(dark)


def _box(center: NDArray[np.float64], radius: float) -> tuple[float, float, float, float]:
    x, y = center
    return (x - radius, y - radius, x + radius, y + radius)


def _color(hue: float, saturation: float, value: float) -> Color:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return (round(255 * red), round(255 * green), round(255 * blue))
