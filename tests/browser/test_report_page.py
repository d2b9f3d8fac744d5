"""The HTML page of a report in a real Chromium: quiet, whole and accessible, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derivviz.publishing.report import compare, html_page, tell
from derivviz.publishing.report.blocks import Report
from derivviz.trace import open_trace


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_report_is_read_on_a_desk_and_on_a_phone(
    open_page: Callable[..., Any], tiny_trace: Path, tmp_path: Path, language: str
) -> None:
    trace = open_trace(tiny_trace)
    trace.attrs |= {"data": "drawn pictures", "pictures": {"training": 40, "held_out": 5}}
    blocks = tell.run(trace, language) if language == "ko" else compare.runs((trace, trace), language)
    path = tmp_path / "report.html"
    path.write_text(html_page.source(Report("Title", "Author", language, blocks)), encoding="utf-8")
    opened = open_page(path)
    for width in (1000, 360):
        opened.page.set_viewport_size({"width": width, "height": 800})
        assert opened.violations() == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    pictures = opened.page.locator("img")
    assert pictures.count() > 0
    assert all(pictures.evaluate_all("all => all.map((one) => one.naturalWidth > 0)"))
