"""What a machine does, as a small graph with its tangent; and a chain of them as a computational graph."""

from __future__ import annotations

from collections.abc import Sequence

from manim import LEFT, RIGHT, ShowPassingFlash, VGroup

from derivviz.animation.frame import pick, shape
from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, dot
from derivviz.animation.machines import Row, beside, bracketed, figure, width
from derivviz.animation.plane import Plane
from derivviz.animation.stage import current
from derivviz.animation.typeset import Formula, Words
from derivviz.calculus.chain import Machine, Run, window


class SmallGraph(VGroup):
    """The graph of one machine around its input, without numbers, and the tangent there.

    Attributes
    ----------
    plane : Plane
        Its axes.
    tangent : Segments
        The tangent.
    """

    def __init__(self, link: Machine, x: float, y: float, slope: float, size: tuple[float, float]) -> None:
        super().__init__()
        x_range, y_range = window(link, x)
        self.plane = Plane(x_range, y_range, *size)
        VGroup(self.plane.tick_labels, self.plane.names).set_opacity(0)
        self.curve = self.plane.curve(link.function, width=5)
        self.tangent = Segments([self.plane.clip(slope, (x, y), 0.32)], "tangent", 5)
        self.point = dot(self.plane.point(x, y))
        self.add(self.plane, self.curve, self.tangent, self.point)


class Net(VGroup):
    """A chain as a computational graph: values above its letters, derivatives of the result below them.

    In a tall frame the values stand at the left and the derivatives at the right.

    Attributes
    ----------
    row : Row
        The nodes.
    numbers, gradients : VGroup
        A formula above and one below each letter.
    factors : VGroup
        By what each node multiplies on the way back, below it.

    Parameters
    ----------
    run
        The nodes and the numbers in them.
    letters
        Typst math of the values.
    y, length
        Height of the middle of the row, and the most that it may have.
    text
        Size of the text.
    """

    def __init__(self, run: Run, letters: Sequence[str], y: float, text: float, length: float) -> None:
        super().__init__()
        self.numbers = VGroup(*(Formula(figure(v), text) for v in run.values))
        self.gradients = VGroup(*(Formula(figure(g), text, "tangent") for g in run.gradients))
        self.factors = VGroup(*(Formula(f"times {bracketed(r)}", text, "tangent") for r in run.rates))
        if shape() == "tall":
            sides = max(part.width for part in (*self.numbers, *self.gradients, *self.factors)) + 0.25
            across = width() - 2 * sides
            self.row = Row(run.links, letters, [0, y, 0], beside(len(run.links)), length, across, True)
            self._beside()
        else:
            self.row = Row(run.links, letters, [0, y, 0], self._widths(), length, round_ends=True)
            self._around(y)
        self.add(self.row, self.numbers, self.gradients, self.factors)

    def _widths(self) -> list[float]:
        """Of what stands above and below letters and nodes in turn."""
        widths = [0.0] * (2 * len(self.factors) + 1)
        pairs = zip(self.numbers, self.gradients, strict=True)
        widths[::2] = [max(above.width, below.width) for above, below in pairs]
        widths[1::2] = [factor.width for factor in self.factors]
        return widths

    def _around(self, y: float) -> None:
        up, down, low = pick(wide=(0.85, 1.65, 1.0), tall=(0, 0, 0), square=(1.05, 2.0, 1.15))
        for letter, number, gradient in zip(self.row.letters, self.numbers, self.gradients, strict=True):
            number.move_to([letter.get_x(), y + up, 0])
            gradient.move_to([letter.get_x(), y - down, 0])
        for box, factor in zip(self.row.boxes, self.factors, strict=True):
            factor.move_to([box.get_x(), y - low, 0])

    def _beside(self) -> None:
        edge = self.row.boxes.width / 2 + 0.25
        for letter, number, gradient in zip(self.row.letters, self.numbers, self.gradients, strict=True):
            number.move_to(letter.get_center() + edge * LEFT, RIGHT)
            gradient.move_to(letter.get_center() + edge * RIGHT, LEFT)
        for box, factor in zip(self.row.boxes, self.factors, strict=True):
            factor.move_to(box.get_center() + edge * RIGHT, LEFT)

    def pulse(self, number: int) -> list[ShowPassingFlash]:
        """A flash that runs backward through a node."""
        ways = (self.row.arrows[i].get_start_and_end() for i in (2 * number + 1, 2 * number))
        lines = (Segments([[end, start]], "tangent", 7) for start, end in ways)
        return [ShowPassingFlash(mark(line, backdrop=True), time_width=0.8) for line in lines]


def graph_room(row: Row, number: int) -> tuple[float, float]:
    """Where the graph of a machine stands below the row, from left to right, and how much room it has there."""
    columns, n = row.columns, len(row.boxes)
    if shape() != "tall":
        return columns[2 * number + 1], columns[2 * number + 2] - columns[2 * number] - 0.5
    return (number + 0.5 - n / 2) * width() / n, width() / n - 0.4


def directions(net: Net) -> tuple[Words, Words]:
    """What the numbers on the way forward are, and those on the way back, written where they belong."""
    stage, y = current(), net.row.get_y()
    if shape() == "tall":
        markup = (
            stage.choose(en="forward: \\ values $arrow.b$", ko="앞으로: \\ 값 $arrow.b$"),
            stage.choose(
                en="backward: \\ derivatives of $y$ $arrow.t$", ko="뒤로: \\ $y$의 미분계수 $arrow.t$"
            ),
        )
        top = net.get_top()[1] + 0.65
        places = ([-width() / 2, top, 0], [width() / 2, top, 0])
    else:
        markup = (
            stage.choose(en="forward: values $arrow.r$", ko="앞으로: 값 $arrow.r$"),
            stage.choose(en="$arrow.l$ backward: derivatives of $y$", ko="$arrow.l$ 뒤로: $y$의 미분계수"),
        )
        up, down = pick(wide=(1.4, 2.15), tall=(0, 0), square=(1.85, 2.8))
        places = ([net.get_left()[0], y + up, 0], [net.get_right()[0], y - down, 0])
    forward, backward = (Words(words, "label", "muted") for words in markup)
    return forward.move_to(places[0], LEFT), backward.move_to(places[1], RIGHT)
