"""From probability to recommendation · 확률에서 추천으로

Slide hunger: every dish walks along f′, and the height that it reaches there decides what is recommended.

배고픔을 움직이면 음식들이 도함수 f′ 위를 걷고, 그 자리의 높이가 추천을 바꾼다.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.calculus.cubic import df
from derivviz.calculus.score import DISHES, KOREAN, changes, course, operating_point, worth
from derivviz.errors import DerivvizError
from derivviz.parameters import parameter
from derivviz.publishing.page.parts import Parts
from derivviz.publishing.page.plot import Both, Plot
from derivviz.trace import Trace

MOST = 12  # classes that the picture has room for
PICTURES = 60
EDGE = 160  # pixels of a picture
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    hunger: float = parameter(6.0, "Hunger at first", minimum=0, maximum=10)


def parts(parameters: Parameters, trace: Trace | None = None) -> Parts:
    """f′ with the dishes on it and their scores: as published, or of the held-out pictures of a run."""
    if trace is None:
        classes: Sequence[str] = DISHES
        cases = [
            case("published", {"en": "1 for each, as published", "ko": "공개된 결과처럼 모두 1"}, np.ones(5))
        ]
        cases.append(case("equal", {"en": "the same for all, 1/5", "ko": "모두 같게 1/5"}, np.full(5, 0.2)))
    else:
        classes, cases = pictures(trace)
    shown = most_likely(np.array([one["p"] for one in cases]))
    data = {
        "hunger": parameters.hunger,
        "names": [named(str(name)) for name in classes],
        "shown": shown,
        "cases": cases,
    }
    return Parts({"walk": walk(shown), "scores": bars(len(shown))}, data)


def walk(shown: Sequence[int]) -> Plot:
    """f′, the level at which a multiplier is 0, and the dishes as numbers on the curve."""
    places = operating_point(np.array(shown), np.array([[0.0], [10.0]]))
    reach = float(places.min()) - 0.4, float(places.max()) + 0.4
    x = np.linspace(*reach, 400)
    room = 0.1 * float(np.ptp(df(x)))
    plot = Plot(
        reach,
        (float(df(x).min()) - room, float(df(x).max()) + 1.7 * room),  # numbers may stand above the dots
        x_label={"en": "$$x_i$$", "ko": "$$x_i$$"},
        y_label={"en": "$$f'$$", "ko": "$$f'$$"},
        shape=1.35,
    )
    plot.formula("f'(x) = -6x^2 - 12x + 18", "f′(x) = −6x² − 12x + 18", 11, "tangent")
    plot.line("zero", "negative", reach, (-20.0, -20.0), width=2, dash=[2, 4])
    plot.line("derivative", "tangent", x, df(x), width=3)
    plot.dots("walkers", "ink", size=24, hollow=True)
    plot.dots("winner", "positive", size=30, hollow=True)
    plot.text("numbers")
    plot.text("nothing", "negative", align="left", dy=12)
    return plot


def bars(rows: int) -> Plot:
    """A bar for each dish, the first on top, and rings where the probabilities are."""
    ends = (-0.5, rows - 0.35)
    plot = Plot(
        (0, 1),
        ends,
        x_label={"en": "score", "ko": "점수"},
        y_label={"en": "", "ko": ""},
        shape=1.1 if rows < 7 else 0.75,
    )
    plot.figure.yaxis.visible = plot.figure.ygrid.visible = False
    plot.bars("others", "muted", thick=0.42)
    plot.bars("best", "positive", thick=0.42)
    plot.dots("likely", "ink", size=10, hollow=True)
    plot.line("zero", "axis", (0, 0), ends, width=1.5)
    plot.text("names", align="left", dx=2)
    return plot


def case(name: str, title: Both, p: Array, **more: Any) -> dict[str, Any]:
    """Probabilities to choose, the scores' bounds over all hunger, and where the recommendation changes."""
    values = course(p)
    return {
        "name": name,
        "title": title,
        "p": p,
        "bounds": (min(0.0, float(values.min())), float(values.max())),
        "changes": [(hunger, before, after) for hunger, before, after in changes(p)],
        "first": int(values[0].argmax()),
        **more,
    }


def pictures(trace: Trace) -> tuple[Sequence[str], list[dict[str, Any]]]:
    """The classes of a run and its held-out pictures, those first where hunger matters most.

    Raises
    ------
    MissingSeriesError
        When it has no evaluation.
    DerivvizError
        When its network answers NaN to all of them.
    """
    evaluation = trace.evaluation
    last = evaluation.probabilities[-1]
    able = np.flatnonzero(np.isfinite(last).all(axis=1))
    if not len(able):
        raise DerivvizError(
            f"the network of {trace.path} answers NaN: its training ended in overflow. Record one that can be "
            "asked with 'derivviz record food --preset stable'"
        )
    classes = [str(name) for name in trace.attrs.get("classes") or ()]
    classes = classes if len(classes) == last.shape[1] else [f"class {i}" for i in range(last.shape[1])]
    chosen = sorted(able, key=lambda n: -worth(last[n]))[:PICTURES]
    made = []
    for n in chosen:
        label = evaluation.names[n] if evaluation.names else f"picture {n}"
        more: dict[str, Any] = {"image": int(n)}
        if evaluation.target is not None and 0 <= evaluation.target[n] < len(classes):
            more["truth"] = named(classes[int(evaluation.target[n])])
        if evaluation.thumbnails is not None:
            more["picture"] = png(evaluation.thumbnails[n])
        made.append(case(f"picture {n}", {"en": label, "ko": label}, last[n], **more))
    return classes, made


def most_likely(p: Array) -> list[int]:
    """The places of the classes that are shown, in their order."""
    if p.shape[1] <= MOST:
        return list(range(p.shape[1]))
    return sorted(int(i) for i in np.argsort(-p.max(axis=0), kind="stable")[:MOST])


def named(name: str) -> Both:
    """A class as English and Korean readers name it."""
    plain = name.replace("_", " ")
    return {"en": plain, "ko": KOREAN.get(name, plain)}


def png(pixels: Any) -> str:
    """A picture as an address that holds it."""
    from PIL import Image

    picture, file = Image.fromarray(np.asarray(pixels)), BytesIO()
    picture.thumbnail((EDGE, EDGE))
    picture.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
