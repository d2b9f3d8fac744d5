"""Lessons and figures are found by file name and loaded by path; listing them imports nothing."""

from __future__ import annotations

import ast
import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from derivviz.errors import DerivvizError, UsageError, nearest

Kind = Literal["scenes", "scripts", "lectures"]
_SINGULAR = {"scenes": "lesson", "scripts": "figure", "lectures": "lecture"}
_SUFFIX = {"scenes": ".py", "scripts": ".py", "lectures": ".toml"}
_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Option:
    """A parameter of a lesson, figure or run: its option without dashes, the default as typed, and one line of help."""

    flag: str
    default: str
    help: str


@dataclass(frozen=True)
class Entry:
    """A lesson, a figure or a lecture as its file tells it.

    Attributes
    ----------
    name
        The file's stem: what is typed after ``derivviz render``, ``figure`` or ``lecture``.
    title, summary
        By language; a docstring in one language serves for both.
    requires
        Keys of a trace that it reads, or the traces that a lecture names; empty when it needs no trace.
    options
        Parameters of its own.
    recorded_by
        The run of ``derivviz record`` that makes a trace with all of it.
    moves
        Whether a figure goes through steps, which makes a film of it.
    aspects
        Shapes of the frame that a lesson is laid out for.
    """

    name: str
    path: Path
    title: dict[str, str]
    summary: dict[str, str]
    requires: tuple[str, ...]
    options: tuple[Option, ...]
    recorded_by: str = "food"
    moves: bool = False
    aspects: tuple[str, ...] = ("16:9",)


def folder(kind: Kind) -> Path:
    """Where the lessons, figures or lectures live: beside the package in a checkout, inside it when installed."""
    installed = _PACKAGE / "_lessons" / kind
    return installed if installed.is_dir() else _PACKAGE.parent / kind


def entries(kind: Kind) -> list[Entry]:
    """All lessons, figures or lectures that come with derivviz, by name."""
    return [read(path) for path in sorted(folder(kind).glob(f"[!_]*{_SUFFIX[kind]}"))]


def find(kind: Kind, name: str) -> Path:
    """The file of a lesson, figure or lecture: a name from the library, or the path of a file of one's own.

    Raises
    ------
    UsageError
        When there is neither; the message names the nearest and the command that lists them.
    """
    if name.endswith(_SUFFIX[kind]) or "/" in name:
        path = Path(name).expanduser()
        if not path.is_file():
            raise UsageError(f"there is no file {name}: check the path, or type 'derivviz list'")
        return path
    known = {path.stem: path for path in folder(kind).glob(f"[!_]*{_SUFFIX[kind]}")}
    stem = name.replace("-", "_")
    if stem in known:
        return known[stem]
    guess = nearest(stem, known, 1)
    hint = f" Did you mean {guess[0]!r}?" if guess else ""
    raise UsageError(f"there is no {_SINGULAR[kind]} {name!r}.{hint} 'derivviz list' shows those there are.")


def read(path: Path) -> Entry:
    """Title, summary and needs of a lesson, figure or lecture, read from its file without running it."""
    if path.suffix == ".toml":
        return _read_lecture(path)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        raise DerivvizError(f"{path} is not Python that can be read: {error}") from error
    paragraphs = [" ".join(p.split()) for p in (ast.get_docstring(tree) or path.stem).split("\n\n")]
    title = paragraphs[0].rstrip(".").split(" · ")
    summary = paragraphs[1:3] or [""]
    return Entry(
        path.stem,
        path,
        {"en": title[0], "ko": title[-1]},
        {"en": summary[0], "ko": summary[-1]},
        tuple(_assigned(tree, "requires", ())),
        tuple(_options(tree)),
        _assigned(tree, "recorded_by", "food"),
        any(isinstance(node, ast.FunctionDef) and node.name == "animate" for node in tree.body),
        tuple(_assigned(tree, "aspects", ("16:9",))),
    )


def _read_lecture(path: Path) -> Entry:
    """What a lecture says of itself; `derivviz.publishing.lecture` checks the rest."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DerivvizError(f"{path} is not TOML that can be read: {error}") from error
    title, summary = ({"en": "", "ko": "", **told.get(key, {})} for key in ("title", "summary"))
    traces = tuple(lesson["trace"] for lesson in told.get("lesson", []) if "trace" in lesson)
    return Entry(path.stem, path, title, summary, traces, ())


def _statements(of: ast.Module | ast.ClassDef) -> Iterator[ast.stmt]:
    """The statements of a module and of its classes, without those inside functions."""
    for node in of.body:
        yield node
        if isinstance(node, ast.ClassDef):
            yield from _statements(node)


def _assigned(tree: ast.Module, name: str, default: Any) -> Any:
    """The literal given to a name, in the module or in a class of it."""
    for node in _statements(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            value = getattr(node, "value", None)
            try:
                return default if value is None else ast.literal_eval(value)
            except ValueError:
                return default
    return default


def _options(tree: ast.Module) -> Iterator[Option]:
    """The fields of a class `Parameters` that are made by ``parameter(default, help, flag=…)``."""
    for node in _statements(tree):
        if not (isinstance(node, ast.ClassDef) and node.name == "Parameters"):
            continue
        for line in node.body:
            if not (isinstance(line, ast.AnnAssign) and isinstance(call := line.value, ast.Call)):
                continue
            if ast.unparse(call.func).split(".")[-1] != "parameter":
                continue
            given = dict(zip(("default", "help"), call.args, strict=False))
            given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
            told = {name: _literal(value) for name, value in given.items()}
            flag = str(told.get("flag") or ast.unparse(line.target))
            unit = f" [{told['unit']}]" if told.get("unit") else ""
            default = told.get("default", "")
            yield Option(
                flag.replace("_", "-"),
                "chosen to fit" if default is None else str(default),
                f"{told.get('help', '')}{unit}",
            )


def _literal(value: ast.expr) -> object:
    """The value of a literal, the source of anything else."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        return ast.unparse(value)


def load(path: Path) -> ModuleType:
    """Run a lesson's or figure's file as a module of its own, as manim does; `sys.path` stays as it is.

    This runs the file's code: load only files that you would run yourself.
    """
    name = f"derivviz_loaded_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DerivvizError(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
