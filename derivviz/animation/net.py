"""What a machine does, as a small graph with its tangent; and a chain of them as a computational graph."""

from __future__ import annotations

from collections.abc import Sequence

from manim import ShowPassingFlash, VGroup

from derivviz.animation.layout import mark
from derivviz.animation.lines import Segments, dot
from derivviz.animation.machines import Row, bracketed, figure
from derivviz.animation.plane import Plane
from derivviz.animation.typeset import Formula
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

    Attributes
    ----------
    row : Row
        The nodes.
    numbers, gradients : VGroup
        A formula above and one below each letter.
    factors : VGroup
        By what each node multiplies on the way back, below it.
    """

    def __init__(self, run: Run, letters: Sequence[str], y: float) -> None:
        super().__init__()
        self.numbers = VGroup(*(Formula(figure(v), "label") for v in run.values))
        self.gradients = VGroup(*(Formula(figure(g), "label", "tangent") for g in run.gradients))
        self.factors = VGroup(*(Formula(f"times {bracketed(r)}", "label", "tangent") for r in run.rates))
        widths = [0.0] * (2 * len(run.links) + 1)
        pairs = zip(self.numbers, self.gradients, strict=True)
        widths[::2] = [max(above.width, below.width) for above, below in pairs]
        widths[1::2] = [factor.width for factor in self.factors]
        self.row = Row(run.links, letters, [0, y, 0], widths, round_ends=True)
        for letter, number, gradient in zip(self.row.letters, self.numbers, self.gradients, strict=True):
            number.move_to([letter.get_x(), y + 0.85, 0])
            gradient.move_to([letter.get_x(), y - 1.65, 0])
        for box, factor in zip(self.row.boxes, self.factors, strict=True):
            factor.move_to([box.get_x(), y - 1.0, 0])
        self.add(self.row, self.numbers, self.gradients, self.factors)

    def pulse(self, number: int) -> list[ShowPassingFlash]:
        """A flash that runs backward through a node."""
        ways = (self.row.arrows[i].get_start_and_end() for i in (2 * number + 1, 2 * number))
        lines = (Segments([[end, start]], "tangent", 7) for start, end in ways)
        return [ShowPassingFlash(mark(line, backdrop=True), time_width=0.8) for line in lines]
