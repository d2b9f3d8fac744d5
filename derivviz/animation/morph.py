"""One formula turning into another: labelled parts travel together, equal glyphs move, the rest fades."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

import numpy as np
from manim import AnimationGroup, FadeIn, FadeOut, Scene, Transform, VGroup
from numpy.typing import NDArray

from derivviz.animation.typeset import Glyph, Label

Pairs = list[tuple[Glyph, Glyph]]


def pair_glyphs(source: list[Glyph], target: list[Glyph]) -> Pairs:
    """Equal glyphs of two runs, matched in reading order (longest common subsequence)."""
    old, new = ([g.glyph for g in run] for run in (source, target))
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return [
        (source[b.a + i], target[b.b + i]) for b in blocks for i in range(b.size) if source[b.a + i].glyph
    ]


class Morph(AnimationGroup):
    """Turn one formula into another.

    Parts with one label move as one; inside a part, and then outside of all parts, equal glyphs move and the
    others fade along with their part, so that a digit never flies into a foreign term.

    Parameters
    ----------
    source, target
        The formula on screen, and the one that replaces it.
    rename
        Labels of `source` that are called otherwise in `target`.
    """

    def __init__(
        self, source: Label, target: Label, rename: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        self.source, self.target = source, target
        rename = rename or {}
        self.pairs: Pairs = []
        left, right = list(source.glyphs), list(target.glyphs)
        animations: list[Any] = []

        def match(old: list[Glyph], new: list[Glyph]) -> None:
            pairs = pair_glyphs(old, new)
            self.pairs.extend(pairs)
            moved = {id(g) for pair in pairs for g in pair}
            gone = [g for g in old if id(g) not in moved]
            come = [g for g in new if id(g) not in moved]
            drift = _drift(pairs, old, new)
            animations.extend(Transform(a, b.copy()) for a, b in pairs)
            if gone:
                animations.append(FadeOut(VGroup(*gone), shift=drift))
            if come:
                animations.append(FadeIn(VGroup(*(g.copy() for g in come)), shift=drift))
            used = {id(g) for g in (*old, *new)}
            left[:] = [g for g in left if id(g) not in used]
            right[:] = [g for g in right if id(g) not in used]

        names = {label for g in left for label in g.labels}
        for name in sorted(names, key=lambda n: (sum(n in g.labels for g in left), n)):  # innermost first
            partner = rename.get(name, name)
            old = [g for g in left if name in g.labels]
            new = [g for g in right if partner in g.labels]
            if old and new:
                match(old, new)
        if left or right:
            match(list(left), list(right))
        self._arriving = [a.mobject for a in animations if isinstance(a, FadeIn)]
        super().__init__(*animations, **kwargs)

    def clean_up_from_scene(self, scene: Scene) -> None:
        """Leave exactly `target` on the scene, and `source` as it was."""
        for animation in self.animations:
            animation.interpolate(0)
        # By now the scene may hold the source in pieces, its pen among them.
        scene.remove(self.mobject, self.source, *self.source.submobjects, *self._arriving)
        scene.add(self.target)


def _drift(pairs: Pairs, old: list[Glyph], new: list[Glyph]) -> NDArray[np.float64]:
    """How far a part travels, for what fades along with it."""
    if pairs:
        return np.asarray(np.mean([b.get_center() - a.get_center() for a, b in pairs], axis=0))
    if old and new:
        return np.asarray(VGroup(*new).get_center() - VGroup(*old).get_center())
    return np.zeros(3)
