"""`derivviz report`: the folder, the three files of it, and that the numbers are the trace's."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from derivviz import open_trace
from derivviz.calculus.polynomial import wave
from derivviz.calculus.recommendation import recommend_from
from derivviz.cli.report import command
from derivviz.errors import DerivvizError, UsageError
from derivviz.figures import in_words
from derivviz.learning.sample import toy_sample
from derivviz.publishing.report import compare, html_page, tell, typst_page, write
from derivviz.publishing.report.blocks import (
    Formula,
    Heading,
    Items,
    Listing,
    Paragraph,
    Picture,
    Report,
    Table,
)
from derivviz.publishing.report.method import activation, data
from derivviz.publishing.report.results import epochs, first_lost, held_out, scores
from derivviz.publishing.report.teller import Teller
from derivviz.publishing.report.words import data_told, setting
from derivviz.trace import Trace

NASTY = '<script>alert("1")</script> $x$ #import "a" \\ [b] {c} _d_ *e* @f ~ 한글'


def trace_of(path: Path) -> Trace:
    """The small run, as if a run of the library had told of its data."""
    trace = open_trace(path)
    trace.attrs |= {"data": "drawn pictures", "pictures": {"training": 40, "held_out": 5}}
    return trace


@pytest.fixture(scope="module")
def made(tiny_trace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write([trace_of(tiny_trace)], folder, author="A. Student")
    return folder


def pages(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


# ---- the numbers ----------------------------------------------------------------------------------------


def test_what_was_held_out(tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    found, evaluation = held_out(trace), trace.evaluation
    assert found is not None
    right = evaluation.probabilities[-1].argmax(1) == evaluation.target
    assert (found.right, found.count) == (right.sum(), len(right))
    assert np.trace(found.confusion) == found.right
    assert found.confusion.sum(axis=1).tolist() == np.bincount(evaluation.target, minlength=5).tolist()
    p = right.mean()
    assert found.error == pytest.approx(np.sqrt(p * (1 - p) / len(right)))


def test_epochs(tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    by_epoch = trace["loss"].reshape(3, 4)
    found = epochs(trace)
    assert [(e.number, e.steps) for e in found] == [(1, 4), (2, 4), (3, 4)]
    np.testing.assert_allclose([e.mean for e in found], by_epoch.mean(axis=1))
    np.testing.assert_allclose([e.spread for e in found], by_epoch.std(axis=1))


def test_scores_are_those_of_the_recommender(tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    assert scores(trace) is None  # not a run of the recommender
    trace.attrs["run"] = "food"
    found, p = scores(trace), trace.evaluation.probabilities[-1]
    assert found is not None
    best = [[recommend_from(row / row.sum(), h).best.dish for h in (0, 5, 10)] for row in p]
    assert found.names == tuple(best[0])
    assert found.changing == sum(len(set(row)) > 1 for row in best)


def test_a_loss_that_is_lost(tiny_trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = open_trace(tiny_trace)
    assert first_lost(trace) is None
    loss = np.where(trace.steps >= 7, np.nan, trace["loss"])
    monkeypatch.setattr(type(trace), "__getitem__", lambda self, key: loss)
    assert first_lost(trace) == 7


# ---- the files ------------------------------------------------------------------------------------------


def test_the_folder_and_its_figures(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {"report.pdf", "report.html", "report.typ", "figures"}
    pictures = {path.name for path in (made / "figures").iterdir()}
    for name in (
        "model.svg",
        "loss.svg",
        "loss.data.csv",
        "loss.caption.md",
        "activation.svg",
        "diagnosis.svg",
        "lr_factor.svg",
    ):
        assert name in pictures


def test_the_pdf_is_tagged_and_has_bookmarks(made: Path) -> None:
    read = PdfReader(made / "report.pdf")
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert read.trailer["/Root"]["/Lang"] == "en"
    titles = [entry.title for entry in read.outline if not isinstance(entry, list)]
    assert [title.split(maxsplit=1)[-1] for title in titles] == [
        "Question",
        "Model",
        "Data",
        "Method",
        "Results",
        "What the derivative did",
        "Limits",
        "Reproduction",
        "References",
    ]
    assert read.metadata is not None
    assert (read.metadata.title, read.metadata.author) == ("Report of a training run", "A. Student")


def test_the_numbers_are_the_traces_in_both_files(made: Path, tiny_trace: Path) -> None:
    trace = open_trace(tiny_trace)
    found = held_out(trace)
    assert found is not None
    for text in (pages(made / "report.pdf"), (made / "report.html").read_text(encoding="utf-8")):
        assert f"Of {found.count} pictures held out, {found.right} are right at the end" in text
        assert in_words(trace["loss"][0]) in text
        assert f"seed: {trace.attrs['seed']}" in text


def test_the_page_loads_nothing(made: Path) -> None:
    text = (made / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    assert "<script" not in text
    assert text.count('<img alt="') == len(re.findall(r"<figure>", text)) >= 4


def test_the_source_compiles_again_when_edited(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "mine")
    path = tmp_path / "mine" / "report.typ"
    path.write_text(path.read_text(encoding="utf-8") + "\n= My own words\n\nMore.\n", encoding="utf-8")
    (tmp_path / "new.pdf").write_bytes(typst_page.pdf(path))
    assert "My own words" in pages(tmp_path / "new.pdf")


def test_words_from_data_are_only_words(tmp_path: Path) -> None:
    blocks = (
        Heading(NASTY),
        Paragraph(NASTY),
        Items((NASTY,)),
        Table(NASTY, (NASTY, "n"), ((NASTY, "1"),), (1,)),
        Listing(NASTY),
    )
    report = Report(NASTY, NASTY, "ko", blocks)
    page = html_page.source(report)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 10
    path = tmp_path / "report.typ"
    path.write_text(typst_page.source(report), encoding="utf-8")
    (tmp_path / "report.pdf").write_bytes(typst_page.pdf(path))
    text = pages(tmp_path / "report.pdf").replace("“", '"').replace("”", '"')
    assert text.count('#import "a"') == 9  # title and author, and the blocks with two cells and a caption


def test_twice_is_the_same(made: Path, tiny_trace: Path, tmp_path: Path) -> None:
    write([trace_of(tiny_trace)], tmp_path, author="A. Student")
    for name in ("report.pdf", "report.html", "report.typ"):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


@pytest.mark.parametrize(
    ("preset", "told"), [("stable", "24 where u lies"), ("faithful", "a is f prime of z")]
)
def test_the_formula_of_the_activation(tiny_trace: Path, preset: str, told: str) -> None:
    trace = open_trace(tiny_trace)
    assert not list(activation(Teller(trace, "en")))
    trace.attrs["activations"] = {"act1": {"preset": preset}, "act2": {"preset": preset}}
    _, formula = activation(Teller(trace, "en"))
    assert told in formula.spoken
    assert html_page.markup(formula).startswith('<div class="formula"><svg role="img"')


# ---- the command ----------------------------------------------------------------------------------------


def run(*words: object) -> str:
    result = CliRunner().invoke(command, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_two_runs_are_compared(tiny_trace: Path, tmp_path: Path) -> None:
    told = run(tiny_trace, tiny_trace, "-o", tmp_path / "both", "--lang", "ko", "--title", "비교")
    assert "report.pdf" in told
    text = pages(tmp_path / "both" / "report.pdf")
    assert "비교" in text
    assert "기록에서 설정의 차이는 찾을 수 없다" in text
    assert "남겨 둔 그림을 맞힌 비율은 두 학습이 같다" in text
    found = held_out(open_trace(tiny_trace))
    assert found is not None
    assert text.count(f"{found.share:.0%} ± {found.error:.0%}") == 2
    assert {p.name for p in (tmp_path / "both" / "figures").glob("*.svg")} == {"loss-a.svg", "loss-b.svg"}


@pytest.fixture
def two(tiny_trace: Path) -> tuple[Trace, Trace]:
    """The small run twice, as if settings had been others."""
    traces = trace_of(tiny_trace), trace_of(tiny_trace)
    traces[0].attrs |= {"preset": "stable", "learning_rate": {"fc1": 6.4e-6}, "optimizer": "SGD"}
    traces[1].attrs |= {"preset": "faithful", "learning_rate": 0.001, "optimizer": "DerivativeFactor"}
    return traces


def test_settings_that_differ_are_told_by_name_and_value(two: tuple[Trace, Trace]) -> None:
    for language, names in (
        ("en", "They differ in: preset, optimizer, learning rate."),
        ("ko", "서로 다른 설정: 프리셋, 옵티마이저, 학습률."),
    ):
        blocks = compare.runs(two, language)
        assert names in " ".join(block.text for block in blocks if isinstance(block, Paragraph))
        (table,) = (block for block in blocks if isinstance(block, Table))
        rows = {name: values for name, *values in table.rows}
        assert rows[setting("learning_rate", language)] == ["fc1 6.40·10⁻⁶", "0.001"]
        assert rows[setting("preset", language)] == ["stable", "faithful"]
        assert rows[setting("optimizer", language)][0] == "SGD"
        assert not [name for name in rows if "_" in name]


def test_references_are_of_both_runs(two: tuple[Trace, Trace]) -> None:
    for order in (two, two[::-1]):
        (found,) = (block for block in compare.runs(order, "en")[-1:] if isinstance(block, Items))
        assert [entry.split(",")[0] for entry in found.entries] == [
            "D. E. Rumelhart",
            "D. P. Kingma",
            "X. Glorot",
        ]
    assert len(compare.runs((two[0], two[0]), "en")[-1].entries) == 1  # type: ignore[union-attr]


def words_of(block: object) -> str:
    match block:
        case Heading() | Paragraph() | Listing():
            return block.text
        case Items():
            return "\n".join(block.entries)
        case Formula():
            return block.spoken
        case Table():
            return "\n".join((block.caption, *block.head, *(cell for row in block.rows for cell in row)))
    return ""


def test_a_korean_report_has_no_english_words(two: tuple[Trace, Trace]) -> None:
    for trace, preset in zip(two, ("stable", "faithful"), strict=True):
        trace.attrs |= {
            "run": "food",
            "data": "toy sample: 80 emoji on drawn plates (seed 0)",
            "data_counts": {"pizza": 16, "salad": 16},
            "activations": {"act1": {"preset": preset}},
        }
    for trace in two:
        blocks = [block for block in tell.run(trace, "ko") if not isinstance(block, Listing)][:-1]
        told = "\n".join(map(words_of, (*blocks, *compare.runs(two, "ko")[:-4])))
        names = {"stable", "faithful", "Adam", "SGD", "food", "fc"}
        assert set(re.findall(r"[A-Za-z]{2,}", told)) <= names
        assert "피자" in told
        assert "이모지 80장(시드 0)" in told


@pytest.mark.parametrize(
    "described",
    [
        toy_sample(per_class=1).description,
        wave(10, 0.3, 0).description,
        "8 Gaussians on a ring of radius 2, standard deviation 0.02",
        "24 galaxies (Hubble, 1929)",
        "700 generated road scenes",
        "5 pictures of the folder mine",
    ],
)
def test_data_are_told_in_both_languages(described: str) -> None:
    assert data_told(described, "en") == described
    told = data_told(described, "ko")
    assert told != described
    assert re.findall(r"\d+", described)[0] in told
    assert data_told("my own", "ko") == "my own"


@pytest.mark.parametrize("pictures", [[500, 200], {"training": 500, "held_out": 200}])
def test_pictures_to_learn_from_and_held_out(tiny_trace: Path, pictures: object) -> None:
    trace = open_trace(tiny_trace)
    trace.attrs["pictures"] = pictures
    told = words_of(list(data(Teller(trace, "en")))[1])
    assert told == "The network learns from 500 pictures; 200 are held out to test it."


def test_a_run_shows_the_figure_that_is_drawn_from_such_runs(descent_trace: Callable[..., Path]) -> None:
    blocks = tell.run(open_trace(descent_trace()), "en")
    assert [block.name for block in blocks if isinstance(block, Picture)] == ["gradient_descent"]
    assert "Model" not in [block.text for block in blocks if isinstance(block, Heading)]


def test_three_runs_are_refused(tiny_trace: Path) -> None:
    with pytest.raises(UsageError, match="one run, or compares two: 3 were named"):
        run(tiny_trace, tiny_trace, tiny_trace)


def test_an_earlier_report_stays_when_the_new_one_fails(
    tiny_trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.pdf").write_text("mine")

    def fail(path: Path) -> bytes:
        raise DerivvizError("Typst could not set the report")

    monkeypatch.setattr(typst_page, "pdf", fail)
    with pytest.raises(DerivvizError, match="could not set"):
        write([open_trace(tiny_trace)], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_text() == "mine"


def test_a_place_that_cannot_be_written(tiny_trace: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DerivvizError, match="cannot be written"):
        run(tiny_trace, "-o", tmp_path / "file")
