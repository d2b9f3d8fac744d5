"""Title cards: what they show, in every language and theme, without a complaint of the layout checks."""

from __future__ import annotations

import numpy as np
import pytest

from derivviz.animation import Stage
from derivviz.look.theme import THEMES
from derivviz.publishing.cards import MOST, Card, TitleCard, scene
from derivviz.rendering.quality import Quality
from derivviz.rendering.render import plan

TINY = Quality(320, 180, 10)
SAY = {"en": "And now something that follows from it.", "ko": "이제 거기서 나오는 것을 보자."}
NOTHING = {"en": "", "ko": ""}


def titles(count: int) -> tuple[dict[str, str], ...]:
    return tuple(
        {"en": f"The lesson that has the number {n}", "ko": f"{n}번째 수업의 제목"}
        for n in range(1, count + 1)
    )


def shown(card: Card, language: str = "en", theme: str = "dark", captions: bool = True, aspect: str = "16:9"):
    """The card as it stands when its beat ends, and its plan."""
    kept: list[TitleCard] = []

    class Kept(scene(card)):  # type: ignore[misc]
        def end_beat(self) -> None:
            super().end_beat()
            if self.beats and not kept:
                self.standing = [m.copy() for m in self.mobjects]
                kept.append(self)

    made = plan(Kept, TINY.shaped(aspect), Stage(language, THEMES[theme], captions=captions))
    return kept[0], made


@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
@pytest.mark.parametrize("theme", ["dark", "paper"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("count", [2, MOST, MOST + 1])
def test_every_card_of_a_lecture_is_laid_out_well(language, theme, count, aspect):
    for number in {0, 1, count, count + 1}:
        summary = {
            "en": "From the slope of a curve to the slope of a loss.",
            "ko": "곡선의 기울기에서 손실까지.",
        }
        title = {"en": "Everything about the derivative", "ko": "미분의 모든 것"}
        card = Card(title, summary if number in (0, count + 1) else NOTHING, SAY, titles(count), number)
        _, made = shown(card, language, theme, aspect=aspect)
        assert made.problems == ()
        assert [beat.text for beat in made.beats] == [SAY]
        assert made.beats[0].end < made.duration  # then it goes


@pytest.mark.parametrize("aspect", ["9:16", "1:1"])
@pytest.mark.parametrize("count", [2, 7, MOST])
def test_in_a_narrow_frame_the_list_stands_below_the_title(count, aspect):
    long = {"en": "Everything about the derivative that there is to tell", "ko": "미분의 모든 것"}
    card, made = shown(Card(long, NOTHING, SAY, titles(count), 1), aspect=aspect)
    assert made.problems == ()
    foot = min(line.get_bottom()[1] for line in card.heading)
    top, bottom = card.entries[0].get_top()[1], card.entries[-1].get_bottom()[1]
    assert foot - 1.2 < top < foot - 0.4
    width, height = (8, 14.2) if aspect == "9:16" else (12, 12)
    assert bottom > -0.4 * height
    assert card.entries[0].drawn_size / width > 1.3 * 36 / 14.2  # and can be read better than in 16:9


def test_the_mark_stands_at_the_lesson_that_follows():
    heights = []
    for number in (1, 2, 3):
        card, _ = shown(Card(titles(3)[number - 1], NOTHING, SAY, titles(3), number), captions=False)
        entry = card.entries[number - 1]
        mark = card.mark(number)
        assert abs(mark.get_y() - entry.get_y()) < 0.2
        assert mark.get_right()[0] < entry.get_left()[0]
        heights.append(mark.get_y())
        drawn = [m for m in card.standing if len(m.points) and np.allclose(m.points, mark.points)]
        assert len(drawn) == 1
    assert heights == sorted(heights, reverse=True)


def test_what_was_told_is_ink_and_what_is_to_come_is_paler():
    def fills(number: int) -> list[str]:
        card, _ = shown(Card(titles(3)[0], NOTHING, SAY, titles(3), number))
        return [entry.glyphs[-1].get_fill_color().to_hex() for entry in card.entries]

    dark = THEMES["dark"]
    assert fills(0) == [dark.muted] * 3
    assert fills(2) == [dark.ink, dark.ink, dark.muted]
    assert fills(4) == [dark.ink] * 3


def test_titles_may_hold_any_sign():
    odd = {"en": "$f' \\ #x *y* [z] {w}", "ko": 'a_b ~ "c" @d'}
    _, made = shown(Card(odd, odd, SAY, (odd, odd), 1))
    assert made.problems == ()
