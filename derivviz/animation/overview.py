"""Everything that was recorded of a run, as the panels of one screen."""

from __future__ import annotations

from functools import partial

import numpy as np
from manim import Group
from numpy.typing import NDArray

from derivviz.animation.blend import mixed
from derivviz.animation.dashboard import Box, Curves, Panel, ending, mean, thin
from derivviz.animation.frame import shape
from derivviz.animation.inside import Confusion, Tiles
from derivviz.animation.lesson import Lesson
from derivviz.animation.overview_frame import WIDE, board, pages
from derivviz.animation.sizes import Sizes
from derivviz.animation.typeset import Words
from derivviz.errors import DerivvizError
from derivviz.look.names import display
from derivviz.look.typst import quoted
from derivviz.trace import training
from derivviz.trace.training import Layer, Looks

Array = NDArray[np.float64]
ROWS = 5  # layers, at the most, in half the height of a wide screen
LAYER, AROUND = 0.27, 1.34  # height of a layer elsewhere, and of what stands above and below them all


class Overview:
    """The panels that a trace gives; what it lacks has no panel.

    Parameters
    ----------
    lesson
        Whose trace it is, and whose language it speaks.

    Raises
    ------
    DerivvizError
        There are no steps, or nothing to watch in them.

    Attributes
    ----------
    first, last, total
        The first and the last recorded step, and how many steps were taken from the one to the other.
    count
        How many numbers the parameters are; 0 where the trace does not tell.
    loss, right, held_out, layers, weights, maps, answers
        What `derivviz.trace.training` reads of each; None or empty where there is none.
    panels
        All of them on one board, by the names in `overview_frame.PAIRS`.
    pages
        Two at a time, large, for frames that are not wide; each by the same names.
    missing
        Names of those that there are not.
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson, self.trace = lesson, lesson.trace
        trace = self.trace
        if not len(trace.steps):
            raise DerivvizError(
                f"the trace {lesson.stage.trace} has no steps yet: record some with 'derivviz record food'"
            )
        self.first, self.last = int(trace.steps[0]), int(trace.steps[-1])
        self.total = self.last + 1 - self.first
        shapes = (each.get("shape") or () for each in trace.parameters)
        self.count = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)
        self.loss, self.right = training.curve(trace, "loss"), training.curve(trace, "accuracy")
        self.answers, self.held_out = training.answers(trace), training.held_out(trace)
        self.weights, self.maps = training.weights(trace), training.maps(trace)
        self.layers = training.layers(trace)
        there = {
            "loss": self.loss is not None,
            "accuracy": self.right is not None or self.held_out is not None,
            "weights": self.weights is not None,
            "maps": self.maps is not None,
            "layers": bool(self.layers),
            "answers": self.answers is not None,
        }
        if not any(there.values()):
            raise DerivvizError(
                f"the trace {lesson.stage.trace} has nothing to watch: no loss, no gradients, no snapshots, no "
                "answers. Tell the recorder with recorder.log(loss=…), or type 'derivviz record food'"
            )
        self.missing = [name for name, known in there.items() if not known]
        names = [name for name, known in there.items() if known]
        self.panels = self._made(board(names))
        self.pages = [self._made(page) for page in pages(names)]
        self.moving = Group(*(panel.moving for panel in self.panels.values()))

    def show(self, done: float) -> None:
        """All of it as it is after so many steps."""
        for panel in self.panels.values():
            panel.show(done)

    def finish(self) -> None:
        """The pages as they are when the run is over."""
        for page in self.pages:
            for panel in page.values():
                panel.show(self.last + 1)

    def _made(self, boxes: dict[str, Box]) -> dict[str, Panel]:
        return {name: getattr(self, f"_{name}")(box) for name, box in boxes.items()}

    def _head(self, box: Box, en: str, ko: str) -> Words:
        return self.lesson.words(en=en, ko=ko, size=30 * box.text, fill="muted")

    def _caption(self, box: Box, en: str, ko: str) -> Words:
        return self.lesson.words(en=en, ko=ko, size=box.tick, fill="muted")

    def _loss(self, box: Box) -> Curves:
        assert self.loss is not None
        line = thin(self.loss, mixed("background", "loss", 0.55), 1.6)
        average, steps = mean(self.loss, "loss")
        strokes, keys, taken = [thin(self.loss, "loss", 4.5)], [], 0.0
        if steps > 1:
            key = self._caption(box, f"mean of {steps:,}", f"{steps:,}개의 평균")
            strokes, keys, taken = [line, average], [(1, key)], key.width + 0.8 * box.text
        name = self.loss.name.replace("_", " ")
        heading = self._head(box, "loss", "손실")
        if name != "loss":
            heading = ending(name, box.width - taken, 30 * box.text, "muted")
        alone = shape() != "wide" or not (self.right or self.held_out)  # with an axis of steps
        return Curves(box, heading, strokes, (self.first, self.last + 1), numbered=alone, keys=keys)

    def _accuracy(self, box: Box) -> Curves:
        strokes, keys = [], []
        if self.right is not None:
            keys.append((0, self._caption(box, "training", "학습")))
            strokes.append(mean(self.right, "muted", 3)[0])
        if self.held_out is not None:
            keys.append((len(strokes), self._caption(box, "held out", "검증")))
            strokes.append(thin(self.held_out, "positive", 4.5)._replace(lag=0))
        guess = 1 / self.answers.counts.shape[1] if self.answers is not None else None
        return Curves(
            box,
            self._head(box, "right", "정확도"),
            strokes,
            (self.first, self.last + 1),
            y_range=(0.0, 1.0),
            level=guess,
            percent=True,
            keys=keys,
        )

    def _weights(self, box: Box) -> Tiles:
        assert self.weights is not None
        return Tiles(box, self._about(self.weights, box), self.weights, partial(self._caption, box))

    def _maps(self, box: Box) -> Tiles:
        assert self.maps is not None
        return Tiles(box, self._about(self.maps, box), self.maps, partial(self._caption, box))

    def _layers(self, box: Box) -> Sizes:
        shown = self._shown_layers(box)
        part = len(shown) < len(self.layers)
        of = f"{len(shown)} of {len(self.layers)}", f"{len(self.layers)}개 중 {len(shown)}개"
        heading = self._head(
            box,
            en=f"{of[0]} layers, pale: so far" if part else "layers, pale: so far",
            ko=f"층 {of[1]}, 옅은 선: 지금까지" if part else "층마다, 옅은 선: 지금까지",
        )
        return Sizes(box, heading, shown, self.trace.steps)

    def _answers(self, box: Box) -> Confusion:
        assert self.answers is not None
        heading = self._head(box, en="down: truth, across: answer", ko="세로: 정답, 가로: 답")
        if heading.width > box.width:
            heading = self._head(box, en="answers", ko="답")
        count = self.answers.counts.shape[1]
        return Confusion(
            box, heading, self.answers, [self.lesson.choose(**self.class_name(n)) for n in range(count)]
        )

    def _shown_layers(self, box: Box) -> list[Layer]:
        """The layers that there is room for, from the first to the last."""
        most = ROWS if box.height < WIDE.height / 2 else 2 * ROWS + 1
        if shape() != "wide":
            most = max(1, int((box.height / box.text - AROUND) / LAYER + 0.01))
        chosen = np.linspace(0, len(self.layers) - 1, min(most, len(self.layers))).round().astype(int)
        return [self.layers[n] for n in chosen]

    def class_name(self, n: int) -> dict[str, str]:
        """A class in both languages, as markup."""
        known = self.trace.attrs.get("classes")
        return display(str(known[n]) if isinstance(known, list) and n < len(known) else str(n))

    def _about(self, looks: Looks, box: Box) -> Words:
        """What a picture of the inside is of, and how much of it is shown; of a long name its end."""
        shown, whole = looks.values.shape[1], looks.whole
        if looks.kind in ("filters", "maps"):
            en, ko = ("filters", "필터") if looks.kind == "filters" else ("feature maps", "특징 맵")
            counts = (f"{shown} of {whole[0]}", f"{whole[0]}개 중 {shown}개")
            if shown == whole[0]:
                counts = (f"{shown}", f"{shown}개")
        else:
            sides = looks.values.shape[2:4]
            en, ko = ("weights", "가중치") if looks.kind == "matrix" else ("outputs", "출력")
            text, of = (" × ".join(str(side) for side in each) for each in (sides, whole))
            counts = (f"{text} of {of}", f"{of} 중 {text}") if sides != whole else (text, text)
        name = looks.name
        while True:
            mark = quoted(name if name == looks.name else f"…{name}")
            words = self._head(box, f"{mark}: {counts[0]} {en}", f"{mark}: {ko} {counts[1]}")
            if words.width <= box.width or len(name) < 2:
                too_wide = words.width > box.width and shape() != "wide"  # even without the name
                return self._head(box, en, ko) if too_wide else words
            name = name[1:]

    def verify(self) -> None:
        """The panels, once the run is over, show the ends and the extremes of what the trace holds."""
        for panels in (self.panels, *self.pages):
            self._verify(panels)

    def _verify(self, panels: dict[str, Panel]) -> None:
        if self.loss is not None and "loss" in panels:
            points, values = panels["loss"].lines[0].samples, self.loss.values[np.isfinite(self.loss.values)]
            order = np.argsort(points[:, 1])
            for what, point, value in (
                ("the least loss", points[order[0]], values.min()),
                ("the greatest loss", points[order[-1]], values.max()),
                ("the last loss", points[-1], values[-1]),
            ):
                self.lesson.claim(what, panels["loss"].value(point), float(value), 1e-4)
        if self.held_out is not None and "accuracy" in panels:
            end = panels["accuracy"].tip.centers[-1]
            self.lesson.claim(
                "held-out share at the end",
                panels["accuracy"].value(end),
                float(self.held_out.values[-1]),
                1e-4,
            )
        if "layers" in panels:
            self._verify_layers(panels["layers"])
        if self.answers is not None and "answers" in panels:
            self._verify_answers(panels["answers"], self.answers.counts[-1])
        if self.weights is not None and "weights" in panels:
            shown, most = panels["weights"].corner()
            true = float(np.clip(self.weights.values[-1].flat[0], -most, most))
            self.lesson.claim("the first weight at the end, of the largest", shown / most, true / most, 0.02)

    def _verify_layers(self, panel: Sizes) -> None:
        start = int(np.searchsorted(self.trace.steps, panel.ends[-2])) if len(panel.ends) > 1 else 0
        for k, layer in enumerate(panel.layers):
            for kind, (what, values) in enumerate((("gradient", layer.gradient), ("step", layer.update))):
                if k in panel.seen[kind]:
                    last = values[start:][np.isfinite(values[start:])]
                    low, high = (10.0**end for end in panel.decades[kind])
                    true = float(np.clip(np.median(last), low, high))
                    self.lesson.claim(
                        f"the {what} of {layer.name} at the end, relative", panel.value(kind, k) / true, 1.0
                    )

    def _verify_answers(self, panel: Confusion, counts: Array) -> None:
        if panel.numbers:
            shown = np.array([number.value for number in panel.numbers]).reshape(counts.shape)
            self.lesson.claim("answers in the cells", float(np.abs(shown - counts).max()), 0.0)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        self.lesson.claim("colours of the cells", float(np.abs(panel.shares() - share).max()), 0.0, 0.02)
