"""A page as one HTML file that holds all it needs and asks for nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from derivviz.look.theme import THEMES, Theme
from derivviz.publishing.page.plot import FONT, Both, Plot

HERE = Path(__file__).parent
# Nothing but what stands in the file itself: no address is ever asked.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Attributes
    ----------
    subject
        The stem of its files in ``subjects/``: its HTML and its script.
    title, summary
        By language.
    plots
        By the id of the element that they stand in.
    data
        What the script reads: numbers, texts, arrays, and lists and dicts of them.
    functions
        Arrow functions in JavaScript by name, made by `derivviz.publishing.page.formula.javascript`.
    command
        What makes this page.
    """

    subject: str
    title: Both
    summary: Both
    plots: Mapping[str, Plot]
    data: Mapping[str, Any]
    functions: Mapping[str, str] = field(default_factory=dict)
    command: str = ""


def source(page: Page, *, language: str = "en", theme: str = "paper") -> str:
    """The whole file. The reader may change language and theme; these are what it opens in."""
    told = {
        "language": language,
        "theme": theme,
        "title": page.title,
        "themes": {name: _colors(one) for name, one in THEMES.items()},
        "plots": {name: plot.item() for name, plot in page.plots.items()},
        "data": page.data,
    }
    functions = ",\n".join(f"{json.dumps(name)}: {code}" for name, code in page.functions.items())
    parts = {
        "language": language,
        "theme": theme,
        "policy": POLICY,
        "title": escape(page.title[language]),
        "style": f"{_variables()}\n{_read('page.css')}",
        "heading": both("h1", page.title),
        "summary": both("p", page.summary),
        "body": _read(f"subjects/{page.subject}.html"),
        "command": escape(page.command),
        "bokeh": "\n</script>\n<script>\n".join(_bokeh()),
        "told": _in_script(json.dumps(plain(told), ensure_ascii=False, allow_nan=False)),
        "common": _read("page.js"),
        "functions": _in_script(f"Object.assign(derivviz.functions, {{{functions}}});"),
        "script": _read(f"subjects/{page.subject}.js"),
    }
    pieces = _read("page.html").split("%%")  # what is between the signs is the name of a part
    return "".join(parts[piece] if n % 2 else piece for n, piece in enumerate(pieces))


def both(tag: str, words: Both, attributes: str = "") -> str:
    """An element whose words follow the language."""
    return (
        f'<{tag} {attributes} data-en="{escape(words["en"])}" data-ko="{escape(words["ko"])}">'
        f"{escape(words['en'])}</{tag}>"
    )


def plain(value: Any) -> Any:
    """Arrays as lists, and what is no number as null: all that JSON can say."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def _in_script(text: str) -> str:
    """Text that cannot end the script element which it stands in."""
    return text.replace("<", "\\u003c")


def _colors(theme: Theme) -> dict[str, str]:
    return {name: value for name, value in vars(theme).items() if name != "name"}


def _variables() -> str:
    rules = []
    for name, one in THEMES.items():
        colors = "".join(f"--{role}: {color};" for role, color in _colors(one).items())
        scheme = "dark" if name == "dark" else "light"
        rules.append(f':root[data-theme="{name}"] {{ color-scheme: {scheme}; {colors} }}')
    return "\n".join([*rules, f":root {{ --font: {FONT}; }}"])


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _bokeh() -> list[str]:
    """Bokeh and its MathJax, with their licences at the head of each."""
    from bokeh.resources import Resources

    return list(Resources(mode="inline", components=["bokeh", "bokeh-mathjax"], minified=True).js_raw[:2])
