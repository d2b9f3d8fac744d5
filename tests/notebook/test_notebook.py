"""In a notebook: what displays itself, the magics, and the notebook of the examples, executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import derivviz
from derivviz.calculus.recommendation import recommend_from
from derivviz.errors import UsageError
from derivviz.notebook import Shown
from derivviz.notebook.magic import cell, line

IPYTHON = pytest.importorskip("IPython")
ROOT = Path(__file__).resolve().parents[2]
TITLE = '"""Mine · 내 것"""\n'
SCENE = """
from manim import Scene, Square, Create
class Mine(Scene):
    def construct(self):
        self.play(Create(Square()), run_time=0.2)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# ---- what displays itself -------------------------------------------------------------------------------


def test_a_trace_shows_what_was_logged(tiny_trace: Path) -> None:
    trace = derivviz.open_trace(tiny_trace)
    told = trace._repr_html_()
    assert f"{len(trace.steps)}, from {trace.steps[0]} to {trace.steps[-1]}" in told
    assert f'<td style="text-align: left">{trace["loss"][0]:.4g}</td>' in told


def test_names_from_data_are_escaped(tiny_trace: Path) -> None:
    trace = derivviz.open_trace(tiny_trace)
    trace.attrs["command"] = "<script>alert(1)</script>"
    assert "<script>" not in trace._repr_html_()
    classes = ["<b>a</b>", "b", "c", "d", "e"]
    told = recommend_from([0.2] * 5, 5, classes)._repr_html_()
    assert "<b>a</b>" not in told
    assert "&lt;b&gt;a&lt;/b&gt;" in told


def test_the_score_table_marks_what_is_recommended() -> None:
    answer = recommend_from([0.1, 0.2, 0.3, 0.2, 0.2], 6)
    rows = answer._repr_html_().split("<tr>")
    (bold,) = [row for row in rows if "bold" in row]
    assert answer.best.name in bold
    assert f"{answer.best.score:.2f}" in bold


def test_a_figure_shows_and_saves_itself(tiny_trace: Path) -> None:
    drawing = derivviz.figure("loss", tiny_trace, language="ko")
    assert drawing.title == "손실과 정확도"
    data, size = drawing._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert size["image/png"]["width"] == round(drawing.figure.get_size_inches()[0] * 96)
    assert drawing.save("loss.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "loss"}, "is drawn from a recorded run"),
        ({"name": "los"}, "Did you mean 'loss'"),
        ({"name": "loss", "language": "fr"}, "no language 'fr'"),
        ({"name": "loss", "at": 1}, "'loss' has no parameters, but at was given"),
    ],
)
def test_a_figure_that_cannot_be(tiny_trace: Path, given: dict[str, Any], told: str) -> None:
    trace = None if given == {"name": "loss"} else tiny_trace
    with pytest.raises(UsageError, match=told):
        derivviz.figure(trace=trace, **given)


TOLD = '''"""A square · 정사각형

Sides <of> one length.

한 변의 길이.
"""
from dataclasses import dataclass
from manim import Square
from derivviz.animation import Lesson, parameter
class Told(Lesson):
    @dataclass(frozen=True)
    class Parameters:
        side: float = parameter(1.0, "Its side", minimum=0.5, maximum=2)
    def construct(self):
        self.say(en="All sides are < 3 long.", ko="모든 변은 3보다 짧다.")
        self.add(Square(self.parameters.side))
'''


def test_a_lesson_plays_itself() -> None:
    pytest.importorskip("manim")
    Path("told.py").write_text(TOLD, encoding="utf-8")
    shown = derivviz.lesson("told.py", language="ko", side=1.5)
    data = shown._repr_mimebundle_()
    assert data["text/plain"] == "정사각형. 한 변의 길이."
    assert "data:video/mp4;base64," in data["text/html"]
    assert "<li>모든 변은 3보다 짧다.</li>" in data["text/html"]
    assert list(Path(".").iterdir()) == [Path("told.py")]  # it leaves no files
    assert shown._repr_html_() is shown._repr_html_()  # rendered once
    assert shown._repr_html_().count("<video") == 1
    english = derivviz.lesson("told.py")._repr_html_()
    assert "Sides &lt;of&gt; one length." in english
    assert "All sides are &lt; 3 long." in english


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "tangnt"}, "Did you mean 'tangent'"),
        (
            {"name": "backprop"},
            r"'backprop' teaches from a recorded run.*lesson\('backprop', 'renders/food.zarr'\)",
        ),
        ({"name": "told.py", "language": "fr"}, "no language 'fr'"),
        ({"name": "told.py", "theme": "light"}, "no theme 'light'"),
        ({"name": "told.py", "sid": 1}, "no parameter --sid.*Did you mean --side"),
        ({"name": "told.py", "side": 7}, "--side is 7: it must lie in 0.5 … 2"),
    ],
)
def test_a_lesson_that_cannot_be(given: dict[str, Any], told: str) -> None:
    pytest.importorskip("manim")
    Path("told.py").write_text(TOLD, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        derivviz.lesson(**given)


def test_a_film_is_played_and_a_large_one_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    film, other = Path("a film.mp4"), Path("x.pdf")
    film.write_bytes(b"frames")
    other.write_bytes(b"%PDF")
    assert 'src="data:video/mp4;base64,ZnJhbWVz"' in Shown(film)._repr_html_()
    assert Shown(other)._repr_html_() == '<a href="x.pdf">x.pdf</a>'
    monkeypatch.setattr("derivviz.notebook.shown.EMBEDDED", 3)
    assert Shown(film)._repr_html_() == '<a href="a%20film.mp4">a film.mp4</a>'


# ---- the magics -----------------------------------------------------------------------------------------


def test_a_line_does_what_the_command_line_does(tiny_trace: Path) -> None:
    made = line(f"figure loss --trace '{tiny_trace}' -o loss.png")
    assert isinstance(made, Shown)
    assert "data:image/png" in made._repr_html_()
    assert line("score --hunger 6") is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("figure los", "Did you mean 'loss'"),
        ("fig", "There is no command 'fig'"),
        ("score --huner 6", "No such"),
    ],
)
def test_errors_are_told_without_a_traceback(words: str, told: str) -> None:
    from IPython.core.error import UsageError as Told

    with pytest.raises(Told, match=told):
        line(words)


def test_a_cell_is_rendered() -> None:
    pytest.importorskip("manim")
    made = cell("mine -q l", TITLE + SCENE)
    assert made is not None
    assert made.path == Path("renders/mine.mp4")
    assert "data:video/mp4" in made._repr_html_()


@pytest.mark.parametrize("name", ["", "-q", "../mine", "class"])
def test_a_cell_wants_a_name(name: str) -> None:
    from IPython.core.error import UsageError as Told

    with pytest.raises(Told, match="wants a name, such as my_lesson"):
        cell(name, TITLE + SCENE)
    assert not Path("renders").exists()


def test_load_ext() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.extension_manager.load_extension("derivviz")
    assert shell.magics_manager.magics["line"]["derivviz"] is line
    assert shell.magics_manager.magics["cell"]["derivviz"] is cell


# ---- the notebook of the examples -----------------------------------------------------------------------


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # threads that wait for one another on a busy machine
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    for needed in ("manim", "ipykernel", "pandas", "xarray"):
        pytest.importorskip(needed)
    notebook = nbformat.read(ROOT / "examples" / "first_look.ipynb", as_version=4)
    assert all(not c.get("outputs") for c in notebook.cells), "it is kept without outputs"
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        kind
        for c in notebook.cells
        for output in c.get("outputs", ())
        if output.output_type in ("execute_result", "display_data")
        for kind in output.data
    ]
    assert shown.count("image/png") == 2
    assert sum("data:video/mp4" in str(c.get("outputs")) for c in notebook.cells) == 2
    assert (tmp_path / "run.zarr").is_dir()
