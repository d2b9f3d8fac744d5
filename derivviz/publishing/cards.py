"""Title cards: what stands between the lessons of a lecture, and the sentence that leads on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from manim import DOWN, LEFT, UP, FadeIn, FadeOut, Line, VGroup

from derivviz.animation.lesson import Lesson
from derivviz.animation.stage import color
from derivviz.animation.typeset import Words
from derivviz.look.typst import quoted

LEFT_EDGE, LIST_EDGE = -6.5, 1.0  # of the title and of the list of lessons
TITLE_WIDTH, LIST_WIDTH = 6.6, 5.7
TOP, BOTTOM = 3.2, -2.7  # of the list
PITCH = 0.72  # from one lesson of the list to the next, at most
MOST = 12  # lessons that fit into the list


@dataclass(frozen=True)
class Card:
    """What a title card shows.

    Attributes
    ----------
    title
        The lecture's or the lesson's, by language.
    subtitle
        A line below it, by language.
    say
        The sentence that is spoken, by language.
    lessons
        Titles of all lessons of the lecture, by language.
    number
        Of the lesson that follows, from 1; 0 before the first, one more than there are after the last.
    """

    title: Mapping[str, str]
    subtitle: Mapping[str, str]
    say: Mapping[str, str]
    lessons: tuple[Mapping[str, str], ...]
    number: int


class TitleCard(Lesson):
    """A title on the left, and on the right the list of lessons with a mark that moves on."""

    card: ClassVar[Card]

    def construct(self) -> None:
        card = self.card
        self.heading = self.headline()
        self.entries = self.list_of_lessons()
        self.say(en=card.say["en"], ko=card.say["ko"])
        self.play(FadeIn(VGroup(*self.heading), shift=UP * 0.15), FadeIn(VGroup(*self.entries)), run_time=0.7)
        if self.entries and 1 <= card.number <= len(self.entries):
            entry = self.entries[card.number - 1]
            mark = self.mark(max(1, card.number - 1))
            self.play(FadeIn(mark), run_time=0.3)
            self.play(
                mark.animate.become(self.mark(card.number)),
                entry.animate.set_fill(color("ink")),
                run_time=0.6,
            )
        self.end_beat()
        self.play(FadeOut(*self.mobjects), run_time=0.4)

    def headline(self) -> list[Words]:
        """Number, title and the line below it."""
        card, language = self.card, self.stage.language
        lines = []
        if 1 <= card.number <= len(card.lessons):
            lines.append(Words(f"*{card.number}*", 88, "muted"))
        lines.append(Words(f"*{quoted(card.title[language])}*", 72, width=TITLE_WIDTH))
        if card.subtitle[language]:
            lines.append(Words(quoted(card.subtitle[language]), "label", "muted", width=TITLE_WIDTH))
        VGroup(*lines).arrange(DOWN, buff=0.4, aligned_edge=LEFT).move_to([LEFT_EDGE, 0.3, 0], LEFT)
        return lines

    def list_of_lessons(self) -> list[Words]:
        """The titles of all lessons, those to come paler; nothing where there is one or too many."""
        card, language = self.card, self.stage.language
        if not 1 < len(card.lessons) <= MOST:
            return []
        done = card.number > len(card.lessons)
        entries = []
        for number, title in enumerate(card.lessons, 1):
            role = "ink" if done or number < card.number else "muted"
            entries.append(Words(f"#box(width: 1.6em)[{number}]{quoted(title[language])}", "label", role))
        pitch = min(PITCH, (TOP - BOTTOM) / len(entries))
        middle = (TOP + BOTTOM) / 2
        widest = max(entry.width for entry in entries)
        for number, entry in enumerate(entries):
            entry.scale(min(1.0, LIST_WIDTH / widest))
            entry.at([LIST_EDGE, middle + ((len(entries) - 1) / 2 - number) * pitch, 0])
        return entries

    def mark(self, number: int) -> Line:
        """A bar beside an entry of the list."""
        y = self.entries[number - 1].pen.points[0][1]
        return Line([LIST_EDGE - 0.3, y - 0.15, 0], [LIST_EDGE - 0.3, y + 0.4, 0]).set_stroke(color("ink"), 6)


def scene(card: Card) -> type[TitleCard]:
    """The scene of a card."""
    return type("TitleCard", (TitleCard,), {"card": card, "__module__": __name__})
