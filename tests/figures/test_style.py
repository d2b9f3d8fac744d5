"""The style lasts as long as its block, and keeps what the theme promises."""

from __future__ import annotations

import logging
from itertools import pairwise

import matplotlib as mpl
import pytest

from derivviz.errors import UsageError
from derivviz.figures import current, style
from derivviz.figures.style import FAINTEST, LEGIBLE, Style
from derivviz.look import fonts
from derivviz.look.theme import DARK, PAPER, ROLES, THEMES, contrast, luminance


def test_nothing_is_left_behind() -> None:
    before = dict(mpl.rcParams)
    with style("dark", "ko") as look:
        assert mpl.rcParams["font.family"] == [fonts.FAMILY]
        assert mpl.rcParams["axes.facecolor"] == DARK.background
        assert mpl.rcParams["pdf.fonttype"] == 42
        assert current() is look
    assert dict(mpl.rcParams) == before
    assert current() == Style(PAPER, "en")


def test_nothing_is_left_behind_after_an_error() -> None:
    before, level = dict(mpl.rcParams), logging.getLogger("fontTools").level
    with pytest.raises(ZeroDivisionError), style("dark"):
        _ = 1 / 0
    assert dict(mpl.rcParams) == before
    assert logging.getLogger("fontTools").level == level
    assert current().theme is PAPER


def test_styles_nest() -> None:
    with style("dark", "ko"), style(PAPER, "en"):
        assert current() == Style(PAPER, "en")


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("paper", "kr")])
def test_a_wrong_name_is_an_error(theme: str, language: str) -> None:
    with pytest.raises(UsageError, match="there is no"), style(theme, language):
        pass


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("count", [2, 3, 6])
def test_shades_differ_in_grey_and_stay_visible(theme: object, count: int) -> None:
    look = Style(theme, "en")  # type: ignore[arg-type]
    shades = look.shades("parameter", count)
    found = [contrast(shade, look.theme.background) for shade in shades]
    assert found[0] >= FAINTEST
    assert all(later > earlier * 1.05 for earlier, later in pairwise(found))
    assert len({round(luminance(shade), 3) for shade in shades}) == count


def test_one_shade_is_the_role_itself() -> None:
    assert Style(PAPER, "en").shades("loss", 1) == [PAPER.loss]


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("role", ROLES)
def test_small_text_can_be_read(theme: object, role: str) -> None:
    look = Style(theme, "en")  # type: ignore[arg-type]
    assert contrast(look.legible(role), look.theme.background) >= LEGIBLE
    if contrast(look.color(role), look.theme.background) >= LEGIBLE:
        assert look.legible(role) == look.color(role)
