"""The fonts that travel with the package."""

from __future__ import annotations

import pytest

from derivviz.look import fonts
from derivviz.look.fonts import FontError


def test_every_font_draws_korean_and_latin():
    from fontTools.ttLib import TTFont

    for path in fonts.paths():
        with TTFont(path, lazy=True) as font:
            assert {ord(c) for c in "가힣한Az09é"} <= set(font.getBestCmap())
    assert ord("할") in fonts.characters()


def test_the_licence_travels_along():
    assert "SIL OPEN FONT LICENSE" in (fonts.FOLDER / "OFL.txt").read_text(encoding="utf-8").upper()


def test_a_missing_font_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    with pytest.raises(FontError, match=r"Pretendard-Regular\.ttf is missing"):
        fonts.paths.__wrapped__()
