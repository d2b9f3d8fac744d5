"""The two themes: contrast, seven colours that stay apart, and names."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from derivviz.errors import UsageError
from derivviz.look.theme import DARK, PAPER, ROLES, THEMES, contrast, luminance, theme

DATA = ("function", "secant", "tangent", "parameter", "loss", "positive", "negative")


def test_contrast_of_known_pairs():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#123456", "#123456") == 1
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert luminance("#FF0000") == pytest.approx(0.2126)


@pytest.mark.parametrize(("chosen", "least"), [(DARK, 5.3), (PAPER, 3.7)])
@pytest.mark.parametrize("role", DATA)
def test_every_data_colour_keeps_its_contrast(chosen, least, role):
    assert round(contrast(chosen.color(role), chosen.background), 1) >= least


@pytest.mark.parametrize("chosen", THEMES.values(), ids=lambda t: t.name)
@pytest.mark.parametrize("role", ["ink", "muted"])
def test_words_read_well_on_background_and_panel(chosen, role):
    assert contrast(chosen.color(role), chosen.background) >= 4.5
    assert contrast(chosen.color(role), chosen.panel) >= 4.5


@pytest.mark.parametrize("chosen", THEMES.values(), ids=lambda t: t.name)
def test_seven_data_colours_stay_apart(chosen):
    assert set(ROLES) == {*DATA, "ink", "muted"}
    colours = {role: chosen.color(role) for role in DATA}
    rgb = {r: np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for r, c in colours.items()}
    for one, other in combinations(DATA, 2):
        assert np.abs(rgb[one] - rgb[other]).max() > 40, (one, other)


def test_the_themes_differ_in_lightness():
    assert luminance(DARK.background) < 0.02
    assert luminance(PAPER.background) == 1


def test_a_written_colour_is_taken_as_it_is():
    assert DARK.color("#0A0B0C") == "#0A0B0C"
    assert DARK.color("grid") == DARK.grid


@pytest.mark.parametrize("role", ["red", "name", "__class__", "", "color"])
def test_an_unknown_role_is_refused(role):
    with pytest.raises(UsageError, match="no colour role"):
        DARK.color(role)


def test_themes_by_name():
    assert theme("dark") is DARK
    assert theme("paper") is PAPER


@pytest.mark.parametrize(("name", "guess"), [("papper", "did you mean 'paper'"), ("light", "dark or paper")])
def test_an_unknown_theme_names_those_there_are(name, guess):
    with pytest.raises(UsageError, match=guess) as told:
        theme(name)
    assert repr(name) in str(told.value)
