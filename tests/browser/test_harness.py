"""The harness itself: what is wrong with a page does not pass unseen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

BAD = """<!doctype html><html><meta charset="utf-8"><title>bad</title><img src="missing.png">
<img src="http://example.com/x.png"><p style="color: #bbb; background: white">faint</p>
<script>console.error("said"); setTimeout(() => { throw new Error("thrown"); });</script>"""
GOOD = """<!doctype html><html lang="ko"><meta charset="utf-8"><title>good</title>
<main><h1>기울기</h1><p>접선</p></main>"""


def test_what_is_wrong_with_a_page_is_noted(open_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(BAD, encoding="utf-8")
    opened = open_page(path)
    opened.page.wait_for_timeout(100)
    noted = "\n".join(opened.complaints)
    for sign in ("console error: said", "thrown", "failed: file://", "asks for http://example.com/x.png"):
        assert sign in noted
    opened.complaints.clear()
    found = "\n".join(opened.violations())
    for rule in ("html-has-lang", "image-alt", "color-contrast"):
        assert rule in found


def test_a_sound_page_passes(open_page: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "good.html"
    path.write_text(GOOD, encoding="utf-8")
    opened = open_page(path)
    assert opened.violations() == []
    assert opened.page.locator("h1").inner_text() == "기울기"
