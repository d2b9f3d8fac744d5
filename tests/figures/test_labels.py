"""Names at the ends of lines: in order, apart, near."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

from derivviz.figures import EndLabel, at_the_end, sheet
from derivviz.figures.labels import LONGEST, shortened, spread

positions = st.lists(st.floats(0, 1), min_size=1, max_size=12).map(np.array)


@given(positions, st.floats(0.001, 0.3))
def test_spread_keeps_order_and_gaps(wanted: np.ndarray, gap: float) -> None:
    found = spread(wanted, gap)
    order = np.argsort(wanted, kind="stable")
    assert np.all(np.diff(found[order]) >= gap - 1e-9)
    assert found.min() >= 0
    if gap * (len(wanted) - 1) <= 1:
        assert found.max() <= 1 + 1e-9


def test_what_is_apart_stays_where_it_is() -> None:
    assert spread(np.array([0.9, 0.1, 0.5]), 0.3) == pytest.approx([0.9, 0.1, 0.5])


def test_two_at_one_place_share_the_move() -> None:
    assert spread(np.array([0.5, 0.5]), 0.2) == pytest.approx([0.4, 0.6])
    assert spread(np.array([1.0, 1.0]), 0.2) == pytest.approx([0.8, 1.0])  # but not out of the panel


def test_names_do_not_touch() -> None:
    with sheet(None, "ko") as (_, ax):
        ax.set(xlim=(0, 1), ylim=(0, 1))
        names = [EndLabel(f"층{n}.weight", 1.0, 0.99 + n / 1000, "#000000") for n in range(8)]
        texts = at_the_end(ax, names)
    boxes = sorted((Text.get_window_extent(text) for text in texts), key=lambda box: box.y0)
    assert [text.get_text() for text in texts] == [name.text for name in names]
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))
    assert all(box.x0 > ax.get_window_extent().x1 for box in boxes)
    assert all(box.x1 <= ax.get_figure(root=True).bbox.x1 for box in boxes)


def test_names_do_not_touch_in_a_panel_that_the_layout_makes_low() -> None:
    with sheet(None, "en", (4, 1.5)) as (_, ax):
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="x\n" * 4)
        texts = at_the_end(ax, [EndLabel(f"{n}", 1.0, 0.0, "#000000") for n in range(3)])
    boxes = [Text.get_window_extent(text) for text in texts]
    assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(boxes))


def test_no_names() -> None:
    with sheet(None, "en") as (_, ax):
        assert at_the_end(ax, []) == []


def test_long_names_lose_what_they_share_and_then_their_middle() -> None:
    names = [
        f"encoder.layers.{n}.self_attention.output.{leaf}" for n in range(3) for leaf in ("weight", "bias")
    ]
    short = shortened(names)
    assert len(set(short)) == len(names)
    assert all(len(name) <= LONGEST for name in short)
    assert short[0].startswith("0.self_")
    assert short[0].endswith("output.weight")


def test_short_names_stay() -> None:
    assert shortened(["fc1.weight", "fc1.bias"]) == ["fc1.weight", "fc1.bias"]
    assert len(shortened(["a" * 40])[0]) == LONGEST
    assert shortened([f"block.{LONGEST * 'a'}.weight"])[0].endswith(".weight")
