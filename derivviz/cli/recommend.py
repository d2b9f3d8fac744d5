"""``derivviz recommend``: predict with a recorded network and recommend a dish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derivviz.calculus.score import check_hunger
from derivviz.cli.console import HELP
from derivviz.cli.table import tell
from derivviz.errors import UsageError

if TYPE_CHECKING:
    from derivviz.calculus.recommendation import Recommendation
    from derivviz.learning import Recommender

TRACE = Path("renders/food.zarr")
FORMATS = ("png", "pdf", "svg")


@click.command(context_settings=HELP)
@click.option("--trace", type=click.Path(path_type=Path), help=f"A recorded run of food. Default: {TRACE}.")
@click.option("--model", type=click.Path(path_type=Path), help="The network alone: a safetensors file.")
@click.option("--hunger", type=float, default=6.0, show_default=True, help="0 (full) to 10 (starving).")
@click.option("--dish", help="The dish whose score is explained. Default: the recommended one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option(
    "--picture", type=click.Path(path_type=Path), help="Draw the answer as well: a png, pdf or svg file."
)
@click.option(
    "--lang",
    type=click.Choice(["en", "ko"]),
    default="en",
    show_default=True,
    help="Language of picture and explanation.",
)
@click.option(
    "--theme",
    type=click.Choice(["paper", "dark"]),
    default="paper",
    show_default=True,
    help="Colours of the picture.",
)
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…")
def command(
    trace: Path | None,
    model: Path | None,
    hunger: float,
    dish: str | None,
    as_json: bool,
    picture: Path | None,
    lang: str,
    theme: str,
    images: tuple[str, ...],
) -> None:
    """Predict with a recorded network and recommend a dish.

    The score of dish i is p · (1 + f′(x)/20) with x = 4 · hunger/10 − 3 + 0.3 i; the largest is recommended.
    """
    check_hunger(hunger)
    if trace and model:
        raise UsageError("--trace and --model both name a network: give one of them.")
    files = [] if picture is None else _files(picture, len(images))
    from derivviz.calculus.recommendation import recommend_from
    from derivviz.learning import Recommender
    from derivviz.learning.folder import text

    recommender = Recommender.load(model or trace or TRACE)
    names = [text(image) for image in images]
    answers = [recommend_from(p, hunger, recommender.classes) for p in recommender.probabilities(images)]
    if as_json:
        told = [{"image": name, **a.to_dict(dish)} for name, a in zip(names, answers, strict=True)]
        whole = {"model": recommender.source, "hunger": hunger, "images": told}
        click.echo(json.dumps(whole, ensure_ascii=False))
    else:
        for name, answer in zip(names, answers, strict=True):
            tell(f"{name}, hunger {hunger:g} of 10", answer, dish, lang)
            click.echo()
    for file, image, name, answer in zip(files, images, names, answers, strict=False):
        _draw(recommender, answer, image, Path(name).name, file, lang, theme)
        click.echo(file, err=as_json)


def _files(picture: Path, count: int) -> list[Path]:
    """The file of each picture: the one that was named, or, of several, numbered ones beside it."""
    if picture.suffix[1:].lower() not in FORMATS:
        raise UsageError(f"--picture {picture}: the file ends in {', '.join('.' + f for f in FORMATS)}")
    if count == 1:
        return [picture]
    return [picture.with_stem(f"{picture.stem}-{n}") for n in range(1, count + 1)]


def _draw(
    recommender: Recommender,
    answer: Recommendation,
    image: str,
    name: str,
    file: Path,
    language: str,
    theme: str,
) -> None:
    from derivviz.figures import page, save, style
    from derivviz.figures.recommendation import draw

    with style(theme, language) as look:
        drawn = draw(answer, recommender.pixels(image), language=language)
        title = look.choose(en=f"Recommendation for {name}", ko=f"{name}의 추천")
        save(page(drawn, "recommendation"), file, title=title, summary=answer.explain(language=language))
