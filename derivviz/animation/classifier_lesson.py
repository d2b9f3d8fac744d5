"""One sample of a recorded classifier: what a lesson reads of it, shows of it, and claims of it."""

from __future__ import annotations

import numpy as np
from manim import Group, VGroup
from numpy.typing import NDArray

from derivviz.animation.classifier_frame import arranged
from derivviz.animation.frame import pick
from derivviz.animation.hunger import Photo
from derivviz.animation.lesson import Lesson
from derivviz.animation.logits import Bars, shown, singled_out
from derivviz.animation.ranking import fitted
from derivviz.errors import UsageError
from derivviz.look.names import display
from derivviz.look.typst import quoted, unquoted
from derivviz.trace.classification import Answers, answers, telling

Array = NDArray[np.float64]
SHORT = 12  # letters of a name that is not cut
TAUGHT = 0.25  # the p of the true class that has most to teach


class ClassifierLesson(Lesson):
    """A sample, its logits and probabilities, and the recorded derivative of its loss.

    Attributes
    ----------
    found, n
        The answers of a recorded step, and which of its samples it is.
    shown, row
        The classes that have a row, and the row of the true one.
    z, p
        Logits and probabilities of those classes.
    truth, right, loss
        The true class, its probability, and the cross-entropy.
    classes
        Names of all classes.
    """

    bars: Bars

    def prepare(self, step: int, sample: int) -> None:
        """Choose the sample, and the classes that have a row.

        Parameters
        ----------
        step
            A step with a snapshot; −1 for the first after a tenth of the run.
        sample
            Of its batch, from 1; 0 for the one whose true class has a p nearest to `TAUGHT`.

        Raises
        ------
        MissingSeriesError
            When the run trained no classifier with the cross-entropy of a softmax, or the step has no snapshot.
        UsageError
            For a sample that there is not.
        """
        self.found: Answers = telling(self.trace) if step < 0 else answers(self.trace, step)
        found = self.found
        if sample > len(found.rows):
            raise UsageError(
                f"--sample is {sample}, but of step {found.step} the trace has {len(found.rows)} samples with finite "
                f"logits: 1 … {len(found.rows)}"
            )
        seen = [n for n in range(len(found.rows)) if found.image(n) is not None] or list(
            range(len(found.rows))
        )
        self.n = sample - 1 if sample else min(seen, key=lambda n: abs(found.right[n] - TAUGHT))
        self.shown = shown(found, self.n)
        self.z, self.p = found.logits[self.n][self.shown], found.p[self.n][self.shown]
        self.truth = int(found.target[self.n])
        self.row = int(np.flatnonzero(self.shown == self.truth)[0])
        self.bet = int(found.p[self.n].argmax())
        known = self.trace.attrs.get("classes") or []
        names = known if len(known) == found.classes else [f"class {i}" for i in range(found.classes)]
        self.classes = [str(name) for name in names]
        self.told = display(self.classes[self.truth])
        self.right, self.loss = float(found.right[self.n]), float(found.losses[self.n])

    def names(self) -> list[str]:
        """The classes that have a row, as markup in the language of the lesson; long ones numbered."""
        names = [self.choose(**display(self.classes[i])) for i in self.shown]
        if max(len(unquoted(name)) for name in names) > SHORT:  # they will be cut, and may then look alike
            return [quoted(f"{i} {unquoted(name)}") for i, name in zip(self.shown, names, strict=True)]
        return names

    def sample(self) -> Group:
        """The picture of the sample, or where it is from; and below it or beside it the true class."""
        size = pick(wide=36, tall=44, square=56)
        where = self.words(
            en=f"step {self.found.step}, sample {self.found.rows[self.n] + 1}",
            ko=f"스텝 {self.found.step}, 표본 {self.found.rows[self.n] + 1}",
            size=size,
            fill="muted",
        )
        pixels = self.found.image(self.n)
        height = pick(wide=3.2, tall=3.75, square=3.6)
        self.photo = Photo(pixels, height) if pixels is not None else None
        head = self.words(en="truth:", ko="정답:", size=size, fill="muted")
        name = singled_out(fitted(self.choose(**self.told), pick(wide=2.6, tall=4.5, square=3.5), size))
        told = VGroup(head, name.at([head.get_right()[0] + 0.15, head.pen.points[0][1], 0]))
        return arranged(self.photo, where, told)

    def recorded_slopes(self) -> Array:
        """The recorded ∂L/∂z of the classes that have a row; NaN where it was not kept."""
        place = {int(unit): k for k, unit in enumerate(self.found.kept)}
        gradient = self.found.gradient[self.n]
        return np.array([gradient[place[int(i)]] if int(i) in place else np.nan for i in self.shown])

    def check_bars(self, what: str, values: Array) -> None:
        """The bars and the numbers beside them are these values."""
        for i, drawn, number, true in zip(
            self.shown, self.bars.drawn(), self.bars.numbers, values, strict=True
        ):
            self.claim(f"{what} of {self.classes[i]} as a bar", float(drawn), float(true))
            self.claim(f"{what} of {self.classes[i]} in figures", number.value, float(true))

    def check_sample(self) -> None:
        """Sums, picture and mean loss are those of the trace."""
        found = self.found
        self.claim("the probabilities add up to", float(found.p[self.n].sum()), 1.0)
        self.claim("the derivatives add up to", float(found.error[self.n].sum()), 0.0)
        if self.photo is not None:
            pixels = np.asarray(self.photo.image.pixel_array)[..., :3].astype(int)
            off = np.abs(pixels - np.asarray(found.image(self.n), int)).max()
            self.claim("the picture is the one of the trace", float(off), 0.0)
        logged = self.trace["loss"] if "loss" in self.trace else np.full(len(self.trace.steps), np.nan)
        loss = float(logged[int(np.flatnonzero(self.trace.steps == found.step)[0])])
        if found.batch == len(found.losses) and np.isfinite(loss):
            self.claim(
                "the mean cross-entropy is the logged loss", float(found.losses.mean()) / loss, 1.0, 1e-3
            )


def faded(first: float, last: float) -> dict[str, str]:
    """What is said of the mean pull on the truth, which was the first number and is the last, by language."""
    was, now = f"{first:.2f}", f"{last:.2f}"
    if last < 0.5 * first:
        en = f"As the network learns, p comes to y and the pull on the truth goes: from {was} to {now}."
        ko = f"배울수록 p는 y에 다가가고 정답을 끄는 힘은 사라진다. {was}에서 {now}이 되었다."
    elif last < 0.95 * first:
        en = f"As the network learns, p comes nearer to y: the mean pull goes from {was} to {now}."
        ko = f"배울수록 p는 y에 다가간다. 정답을 끄는 힘의 평균은 {was}에서 {now}이 되었다."
    else:
        en = f"Here p never comes to y: the mean pull on the truth was {was} and is {now}."
        ko = f"여기서는 p가 y에 다가가지 못한다. 정답을 끄는 힘의 평균은 {was}에서 {now}이다."
    return {"en": en, "ko": ko}
