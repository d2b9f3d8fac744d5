"""One formula into another: who travels with whom, and what is left on the scene."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from manim import RIGHT, UP, Scene, Transform, VGroup, linear, tempconfig

from derivviz.animation import Formula, Morph
from derivviz.animation.morph import pair_glyphs


@pytest.fixture
def play(tmp_path) -> Iterator[Callable[..., Scene]]:
    """Plays morphs, one after the other, on a scene that draws nothing."""
    settings = {"dry_run": True, "media_dir": str(tmp_path), "progress_bar": "none", "frame_rate": 5}
    with tempconfig({**settings, "pixel_width": 64, "pixel_height": 36}):

        def play(*morphs: Morph) -> Scene:
            scene = Scene()
            scene.add(morphs[0].source)
            for morph in morphs:
                scene.play(morph, run_time=0.4)
            return scene

        yield play


def middles(formula: Formula) -> np.ndarray:
    return np.array([g.get_center() for g in formula.glyphs])


def looks(formula: Formula) -> list[tuple[np.ndarray, str, float]]:
    return [(g.points.copy(), g.get_fill_color().to_hex(), g.get_fill_opacity()) for g in formula.glyphs]


def same(one: list, other: list) -> bool:
    return len(one) == len(other) and all(
        np.allclose(a[0], b[0]) and a[1:] == b[1:] for a, b in zip(one, other, strict=True)
    )


def test_equal_glyphs_pair_in_reading_order():
    left, right = Formula("a + b + a").glyphs, Formula("b + a").glyphs
    pairs = [(left.index(a), right.index(b)) for a, b in pair_glyphs(left, right)]
    assert pairs == [(2, 0), (3, 1), (4, 2)]


def test_labels_outrank_reading_order():
    source = Formula("{{x : left}} + {{x : right}}")
    target = Formula("{{x : right}} - {{x : left}}")
    pairs = {(source.glyphs.index(a), target.glyphs.index(b)) for a, b in Morph(source, target).pairs}
    assert pairs == {(0, 2), (2, 0)}


def test_a_digit_never_flies_into_a_foreign_part():
    source, target = Formula("{{2 x : one}} + {{3 : two}}"), Formula("{{5 x : one}} + {{2 : two}}")
    for a, b in Morph(source, target).pairs:
        assert a.labels == b.labels
    assert len(Morph(source, target).pairs) == 2  # x and +


def test_renamed_parts_travel_together():
    source, target = Formula("{{x : old}} x"), Formula("x {{x : new}}")
    (a, b), *_ = Morph(source, target, rename={"old": "new"}).pairs
    assert (source.glyphs.index(a), target.glyphs.index(b)) == (0, 1)


def test_nested_parts_pair_innermost_first():
    source = Formula("{{a {{x : in}} : out}} x")
    target = Formula("x {{{{x : in}} a : out}}")
    pairs = {(source.glyphs.index(a), target.glyphs.index(b)) for a, b in Morph(source, target).pairs}
    assert pairs == {(0, 2), (1, 1), (2, 0)}


def test_afterwards_the_scene_holds_exactly_the_target(play):
    source, target = Formula("frac(Delta y, Delta x)"), Formula("frac(f(x + h) - f(x), h)").shift(RIGHT)
    before = looks(target)
    scene = play(Morph(source, target))
    assert scene.mobjects == [target]
    assert same(looks(target), before)


def test_the_source_is_left_as_it_was(play):
    source, target = Formula("a {{b : x}} c d", x="secant"), Formula("d {{b^2 : x}}", x="tangent").shift(UP)
    before = looks(source)
    play(Morph(source, target))
    assert same(looks(source), before)


def test_half_way_the_travellers_are_half_way():
    source, target = Formula("a", fill="ink"), Formula("a").shift(4 * RIGHT)
    morph = Morph(source, target, rate_func=linear)
    morph.begin()
    morph.interpolate(0.5)
    assert source.glyphs[0].get_x() == pytest.approx(2, abs=0.05)
    assert middles(target)[0, 0] == pytest.approx(4, abs=0.05)


def test_what_has_no_partner_fades_and_does_not_travel():
    morph = Morph(Formula("a"), Formula("b"))
    assert not morph.pairs
    assert not [a for a in morph.animations if type(a) is Transform]
    assert sorted(type(a).__name__ for a in morph.animations) == ["FadeIn", "FadeOut"]


def test_morphs_can_follow_each_other(play):
    one, two, three = Formula("x"), Formula("x + 1"), Formula("frac(1, x) + y")
    assert play(Morph(one, two), Morph(two, three)).mobjects == [three]


def test_a_formula_leaves_the_group_that_it_came_in(play):
    one, other, target = Formula("a b"), Formula("c"), Formula("b")
    morph = Morph(one, target)
    group = VGroup(one, other)
    scene = play(morph)
    scene.add(group)
    scene.play(Morph(other, Formula("d")), run_time=0.2)
    assert other not in scene.get_mobject_family_members()
