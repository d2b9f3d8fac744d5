"""Title cards: what stands between the lessons of a lecture, and the sentence that leads on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from manim import DL, DOWN, LEFT, UP, FadeIn, FadeOut, Line, VGroup

from derivviz.animation.frame import caption_top, pick
from derivviz.animation.lesson import Lesson
from derivviz.animation.stage import color
from derivviz.animation.typeset import Words
from derivviz.look.typst import quoted

MOST = 12  # lessons that fit into the list


@dataclass(frozen=True)
class Places:
    """Where title and list stand: beside each other, or the title above the list, both at the left edge.

    Attributes
    ----------
    title, list
        Left edges.
    title_width, list_width
        What there is room for.
    size, text
        Sizes of the title, and of the line below it and the list.
    top, bottom
        Of the list, or of both where they stand above each other.
    pitch
        From one lesson of the list to the next, at most.
    heading
        Height kept for the title above the list, with the room between them; 0 where it stands beside.
    """

    title: float
    list: float
    title_width: float
    list_width: float
    size: float
    text: float
    top: float
    bottom: float
    pitch: float
    heading: float = 0.0


def places() -> Places:
    """Those of the shape of the frame."""
    return pick(
        wide=Places(-6.5, 1.0, 6.6, 5.7, 72, 36, 3.2, -2.7, 0.72),
        tall=Places(-3.5, -3.1, 7.0, 6.6, 84, 44, 6.6, caption_top() + 0.5, 1.05, heading=4.4),
        square=Places(-5.4, -5.0, 10.8, 10.4, 92, 48, 5.5, caption_top() + 0.5, 0.85, heading=3.7),
    )


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
    """A title, and beside or below it the list of lessons with a mark that moves on."""

    aspects = ("16:9", "9:16", "1:1")
    card: ClassVar[Card]

    def construct(self) -> None:
        card = self.card
        self.places = places()
        self.entries = self.list_of_lessons()
        self.heading = self.headline()
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
        card, language, at = self.card, self.stage.language, self.places
        lines = []
        if 1 <= card.number <= len(card.lessons):
            lines.append(Words(f"*{card.number}*", 88, "muted"))
        lines.append(Words(f"*{quoted(card.title[language])}*", at.size, width=at.title_width))
        if card.subtitle[language]:
            lines.append(Words(quoted(card.subtitle[language]), at.text, "muted", width=at.title_width))
        whole = VGroup(*lines).arrange(DOWN, buff=0.4, aligned_edge=LEFT)
        if at.heading and self.entries:
            foot = self.height_of(0) + 1.25
            whole.scale(min(1.0, (at.top - foot) / whole.height)).move_to([at.title, foot, 0], DL)
        else:
            whole.move_to([at.title, pick(wide=0.3, tall=0.8, square=0.5), 0], LEFT)
        return lines

    def pitch(self) -> float:
        """From one lesson of the list to the next."""
        at = self.places
        return min(at.pitch, (at.top - at.heading - at.bottom) / len(self.card.lessons))

    def height_of(self, number: int) -> float:
        """The baseline of a lesson of the list, from 0; the list, or title and list, are in the middle."""
        at = self.places
        middle = (at.top + at.bottom - at.heading) / 2
        return middle + ((len(self.card.lessons) - 1) / 2 - number) * self.pitch()

    def list_of_lessons(self) -> list[Words]:
        """The titles of all lessons, those to come paler; nothing where there is one or too many."""
        card, language, at = self.card, self.stage.language, self.places
        if not 1 < len(card.lessons) <= MOST:
            return []
        done = card.number > len(card.lessons)
        entries = []
        for number, title in enumerate(card.lessons, 1):
            role = "ink" if done or number < card.number else "muted"
            told = f"#box(width: 1.6em)[{number}]{quoted(title[language])}"
            entries.append(Words(told, at.text, role))
        widest = max(entry.width for entry in entries)
        for number, entry in enumerate(entries):
            entry.scale(min(1.0, at.list_width / widest))
            entry.at([at.list, self.height_of(number), 0])
        return entries

    def mark(self, number: int) -> Line:
        """A bar beside an entry of the list."""
        x, y = self.places.list - 0.3, self.entries[number - 1].pen.points[0][1]
        return Line([x, y - 0.15, 0], [x, y + self.places.text / 90, 0]).set_stroke(color("ink"), 6)


def scene(card: Card) -> type[TitleCard]:
    """The scene of a card."""
    return type("TitleCard", (TitleCard,), {"card": card, "__module__": __name__})
