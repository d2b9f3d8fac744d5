"""A report becomes a folder: Typst source and its figures, a PDF, and a page of HTML."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from derivviz.errors import DerivvizError, UsageError
from derivviz.publishing.report import compare, html_page, tell, typst_page
from derivviz.publishing.report.blocks import Picture, Report
from derivviz.trace import Trace


@dataclass(frozen=True)
class Written:
    """What was written: the folder, the PDF, the page, the source that is there to be edited."""

    folder: Path
    pdf: Path
    html: Path
    source: Path


def write(
    traces: Sequence[Trace], folder: Path, *, language: str = "en", title: str = "", author: str = ""
) -> Written:
    """Write the report of a run, or of two that are compared.

    Parameters
    ----------
    traces
        One or two.
    folder
        Made where it is not there. Of an earlier report the files of the same names are replaced, all of them or
        none; others are left.
    language
        ``en`` or ``ko``.
    title, author
        As printed; the title has a default.

    Raises
    ------
    UsageError
        For another number of traces.
    DerivvizError
        When a file cannot be written.
    """
    if len(traces) == 1:
        blocks = tell.run(traces[0], language)
        usual = {"en": "Report of a training run", "ko": "학습 기록 보고서"}[language]
    elif len(traces) == 2:
        blocks = compare.runs((traces[0], traces[1]), language)
        usual = {"en": "Two training runs compared", "ko": "두 학습의 비교"}[language]
    else:
        raise UsageError(f"a report is of one run, or compares two: {len(traces)} were named")
    report = Report(title or usual, author, language, blocks)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".report-", dir=folder) as place:
            made = Path(place)
            _fill(made, report)
            _put(made, folder)
    except OSError as error:
        why = error.strerror or error
        raise DerivvizError(f"{folder} cannot be written: {why}. Name another place with -o.") from error
    return Written(folder, folder / "report.pdf", folder / "report.html", folder / "report.typ")


def _fill(place: Path, report: Report) -> None:
    (place / "figures").mkdir()
    for block in report.blocks:
        if isinstance(block, Picture):
            block.drawing.describe(block.drawing.save(place / "figures" / f"{block.name}.svg"))
    source = place / "report.typ"
    source.write_text(typst_page.source(report), encoding="utf-8")
    (place / "report.pdf").write_bytes(typst_page.pdf(source))
    (place / "report.html").write_text(html_page.source(report), encoding="utf-8")


def _put(made: Path, folder: Path) -> None:
    """Move what is finished to where it belongs."""
    (folder / "figures").mkdir(exist_ok=True)
    for path in sorted(path for path in made.rglob("*") if path.is_file()):
        os.replace(path, folder / path.relative_to(made))
    shutil.rmtree(made / "figures")
