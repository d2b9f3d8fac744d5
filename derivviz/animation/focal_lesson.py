"""The lesson on focal loss in each shape of the frame: where its pictures, formulas and numbers stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from manim import DOWN, LEFT, ORIGIN, RIGHT, UP, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup
from numpy.typing import NDArray

from derivviz.animation.detections import Rows, View
from derivviz.animation.focal import Tenths
from derivviz.animation.frame import Shape, pick, shape
from derivviz.animation.lesson import Lesson
from derivviz.animation.ranking import fitted
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula, Label, Number, Words
from derivviz.look.typst import quoted
from derivviz.trace.focal import FOCAL, PLAIN, Contest

KOREAN = {"vehicle": "차량", "pedestrian": "보행자", "bicycle": "자전거"}
PLURALS = {"vehicle": "vehicles", "pedestrian": "pedestrians", "bicycle": "bicycles"}
ROLES = {PLAIN: "loss", FOCAL: "parameter"}


class Spot(NamedTuple):
    """Where something stands, the size of its text or the height of a picture, and the sides of a plane."""

    x: float
    y: float
    size: float = 0.0
    sides: tuple[float, float] = (0.0, 0.0)

    @property
    def at(self) -> NDArray[np.float64]:
        """As a point of the frame, shape (3,)."""
        return np.array([self.x, self.y, 0.0])


_EDGE = 3.35  # in a wide frame, where shares of the gradient end
_SPOTS: dict[str, dict[Shape, Spot]] = {
    "picture": {"wide": Spot(-2.95, -0.05, 4.5), "tall": Spot(0, 3.3, 4.6), "square": Spot(0, 2.2, 5.1)},
    "classes": {"wide": Spot(1.75, -0.2, 40), "tall": Spot(-3.2, -2.8, 76), "square": Spot(-3.2, -2.6, 64)},
    "first count": {
        "wide": Spot(1.75, 1.35, 56),
        "tall": Spot(0, -1.5, 150),
        "square": Spot(-2.9, -2.4, 150),
    },
    "first word": {"wide": Spot(1.75, 0.75, 40), "tall": Spot(0, -2.15, 56), "square": Spot(-2.9, -3.3, 52)},
    "second count": {
        "wide": Spot(1.75, -0.25, 56),
        "tall": Spot(0, -4.0, 150),
        "square": Spot(2.9, -2.4, 150),
    },
    "second word": {"wide": Spot(1.75, -0.85, 40), "tall": Spot(0, -4.65, 56), "square": Spot(2.9, -3.3, 52)},
    "curves": {
        "wide": Spot(-2.95, -0.05, 36, (6.9, 4.5)),
        "tall": Spot(0.2, 3.15, 42, (6.5, 5.1)),
        "square": Spot(0.3, 2.4, 42, (10.2, 4.5)),
    },
    "loss": {"wide": Spot(4.1, 1.5, 56), "tall": Spot(0, -2.6, 120), "square": Spot(0, -2.5, 110)},
    "focal loss": {"wide": Spot(4.1, 1.5, 56), "tall": Spot(0, -1.3, 86), "square": Spot(0, -1.4, 86)},
    "gamma": {"wide": Spot(3.2, 0.25, 52), "tall": Spot(-1.55, -3.1, 86), "square": Spot(-1.4, -2.9, 78)},
    "law": {"wide": Spot(3.85, 1.75, 36), "tall": Spot(0, -2.6, 48), "square": Spot(0, -2.5, 72)},
    "law above": {"wide": Spot(3.85, 1.75, 36), "tall": Spot(0, -1.2, 48), "square": Spot(0, -1.3, 72)},
    "first pull": {"wide": Spot(3.85, 0.35, 44), "tall": Spot(0, -2.95, 58), "square": Spot(0, -2.95, 62)},
    "second pull": {"wide": Spot(3.85, -0.6, 44), "tall": Spot(0, -4.2, 58), "square": Spot(0, -3.95, 62)},
    "tenths": {
        "wide": Spot(-2.95, -0.05 - 0.15, 40, (6.9, 4.1)),
        "tall": Spot(0.2, 2.75, 48, (6.5, 4.5)),
        "square": Spot(0.3, 2.05, 44, (10.2, 3.9)),
    },
    "easiest": {"wide": Spot(_EDGE, 0.7, 72), "tall": Spot(2.5, -2.2, 130), "square": Spot(-1.9, -3.7, 150)},
    "hardest": {"wide": Spot(_EDGE, -1.2, 72), "tall": Spot(2.5, -4.3, 130), "square": Spot(3.9, -3.7, 150)},
    "easiest is": {
        "wide": Spot(2.15, 1.55, 40),
        "tall": Spot(-3.5, -2.2, 64),
        "square": Spot(-4.5, -1.9, 64),
    },
    "hardest is": {
        "wide": Spot(2.15, -0.35, 40),
        "tall": Spot(-3.5, -4.3, 64),
        "square": Spot(1.3, -1.9, 64),
    },
    "precisions": {
        "wide": Spot(-2.0, -0.1, 36, (8.2, 4.4)),
        "tall": Spot(-1.05, 0.4, 36, (4.2, 9.6)),
        "square": Spot(-1.4, 0.2, 42, (7.5, 8.3)),
    },
    "first view": {
        "wide": Spot(-3.5, -0.2, 3.9),
        "tall": Spot(0, 3.1, 4.2),
        "square": Spot(-2.45, 2.7, 3.95),
    },
    "second view": {
        "wide": Spot(3.5, -0.2, 3.9),
        "tall": Spot(0, -2.1, 4.2),
        "square": Spot(-2.45, -1.6, 3.95),
    },
    "legend": {"wide": Spot(0, -2.62, 30), "tall": Spot(0, -4.8, 40), "square": Spot(0, -4.15, 36)},
    "end": {"wide": Spot(0, 1.3, 72), "tall": Spot(0, 4.2, 88), "square": Spot(0, 3.2, 120)},
}


def spot(name: str) -> Spot:
    """Where a part of the lesson stands."""
    return _SPOTS[name][shape()]


class FocalLesson(Lesson):
    """A lesson told from a recorded contest of losses.

    Attributes
    ----------
    run
        The contest.
    tenths, weighing
        Bars of the gradient, without and with their heading.
    """

    run: Contest
    tenths: Tenths
    weighing: Group

    # ---- words ------------------------------------------------------------------------------------------

    def name(self, number: int, room: float, after: str = "", size: float | str = "body") -> Words:
        """The name of a class, no wider than the room for it."""
        name = self.run.classes[number]
        told = KOREAN.get(name, name) if self.stage.language == "ko" else name
        return fitted(quoted(told + after), room, size)

    def name_of(self, arm: str, size: float | str = "label") -> Words:
        """The loss of an arm, in its colour."""
        if arm == PLAIN:
            return self.words(en="cross-entropy", ko="교차 엔트로피", size=size, fill=ROLES[arm])
        return self.words(
            en="focal loss, $gamma = 2$", ko="초점 손실, $gamma = 2$", size=size, fill=ROLES[arm]
        )

    # ---- parts ------------------------------------------------------------------------------------------

    def questions_asked(self) -> VGroup:
        """What is asked of every place: whether something of a class is there."""
        place, count = spot("classes"), len(self.run.classes)
        step = pick(wide=0.8, tall=min(1.35, 4.2 / count), square=min(1.2, 3.7 / count))
        size = min(place.size, step * 66)
        room = pick(wide=4.5, tall=6.4, square=8.0)
        names = VGroup(*(self.name(n, room, "?", size) for n in range(count)))
        first = 0.4 * (count - 1)
        for n, name in enumerate(names):
            if shape() == "wide":
                name.at([place.x, first - 0.2 - step * n, 0])
            else:
                name.at([0, place.y - 0.2 + step * ((count - 1) / 2 - n), 0]).set_x(0)
        return names

    def counted(self, which: str, value: float, told: Words, role: str = "ink") -> Number:
        """A large number and what it counts, which goes below it."""
        place, below = spot(f"{which} count"), spot(f"{which} word")
        if shape() == "wide":
            told.at(below.at)
            return Number(value, ",.0f", place.size, role).at(place.at)
        told.move_to(below.at)
        return Number(value, ",.0f", place.size, role, anchor=ORIGIN).at(place.at)

    def boxes_of_classes(self) -> Rows:
        """How often each class is there to learn from."""
        run, count = self.run, len(self.run.classes)
        roles = ["positive" if n == run.rare else "muted" for n in range(count)]
        if shape() == "wide":
            names = [self.name(n, 2.3) for n in range(count)]
            return Rows(names, run.train_boxes, roles, left=1.3, top=0.33 * (count - 1), reach=6.75)
        step = pick(wide=0.66, tall=min(1.5, 4.2 / count), square=min(1.25, 3.6 / count))
        size = min(pick(wide=40, tall=56, square=60), step * 66)
        names = [self.name(n, pick(wide=2.3, tall=3.0, square=4.5), size=size) for n in range(count)]
        edge, middle = pick(wide=0.0, tall=3.55, square=5.6), pick(wide=0.0, tall=-2.7, square=-2.6)
        top = middle - 0.15 + step * (count - 1) / 2
        return Rows(names, run.train_boxes, roles, left=-edge, top=top, reach=edge, step=step, size=size)

    def risen(self, formula: Formula, above: str) -> Formula:
        """A formula that stood alone goes up, where the frame is narrow, to make room below it."""
        if shape() != "wide":
            self.play(formula.animate.move_to(spot(above).at), run_time=0.5)
        return formula

    def share(self, which: str, told: str, value: float) -> tuple[Words, Number, Words]:
        """A share of the gradient: what it is of, the percentage, its sign."""
        number, name = spot(which), spot(f"{which} is")
        return (
            Words(told, name.size, "muted").at(name.at),
            Number(100 * value, ".1f", number.size, "tangent", anchor=RIGHT).at(number.at),
            Words("%", number.size / 1.5, "tangent").at([number.x + number.size / 600, number.y, 0]),
        )

    def weigh_again(self) -> None:
        """Below the last formula the gradient is weighed once more with γ, where the frame is high enough."""
        if shape() == "wide":
            return
        plain, focal = self.run.as_if(PLAIN), self.run.as_if(FOCAL)
        self.tenths.show(plain)
        self.weighing.set_y(pick(wide=0.0, tall=-1.0, square=-1.1))

        def move(_: object, alpha: float) -> None:
            self.tenths.show(plain + (focal - plain) * alpha)

        self.play(FadeIn(self.weighing), run_time=0.6)
        self.play(UpdateFromAlphaFunc(self.tenths.bars, move), run_time=2.0)

    def clear_weighing(self) -> None:
        """What `weigh_again` showed goes."""
        if shape() != "wide":
            self.play(FadeOut(self.weighing), run_time=0.4)

    def titled(self, view: View, arm: str) -> VGroup:
        """The name of the loss above what it found; in a square beside it, with the share of all that it found."""
        if shape() != "square":
            return VGroup(self.name_of(arm, pick(wide=36, tall=46, square=0)).next_to(view.rim, UP, 0.18))
        run, room = self.run, 4.3
        name, count = run.classes[run.rare], run.test_boxes[run.rare]
        told = fitted(
            quoted(
                self.choose(
                    en=f"of {count} {PLURALS.get(name, name)}", ko=f"{KOREAN.get(name, name)} {count}개 중"
                )
            ),
            room,
        )
        share = Words(quoted(f"{run.recall(arm):.0%}"), 130, ROLES[arm])
        told.set_fill(color("muted"))
        lines = VGroup(self.name_of(arm, 48), share, told).arrange(DOWN, buff=0.4, aligned_edge=LEFT)
        return lines.next_to(view.rim, RIGHT, 0.45)

    def ended(self, arm: str, row: int) -> tuple[Label, Number]:
        """A loss and the last precision with it: in a line, or one below the other."""
        value = float(self.run.precision(arm)[-1])
        name = self.name_of(arm, pick(wide=36, tall=56, square=54))
        if shape() == "wide":
            y = -0.5 - 0.95 * row
            return name.at([-3.4, y, 0]), Number(value, ".3f", 48, ROLES[arm]).at([1.6, y, 0])
        x, y = pick(wide=(0.0, 0.0), tall=(0.0, 1.5 - 3.6 * row), square=(-2.9 + 5.8 * row, -0.2))
        number = Number(value, ".3f", 150, ROLES[arm], anchor=ORIGIN)
        return name.move_to([x, y, 0]), number.at([x, y - pick(wide=0.0, tall=1.55, square=1.8), 0])
