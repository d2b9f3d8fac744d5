"""A recorded game on its board: where generated samples are, round by round, and what the discriminator says."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import DOWN, LEFT, RIGHT, FadeIn, FadeOut, Group, VGroup, VMobject
from numpy.typing import ArrayLike, NDArray

from derivviz.animation.arena import Arena, Cloud, sheet, sheet_pixels
from derivviz.animation.frame import enlarged
from derivviz.animation.lesson import Lesson
from derivviz.animation.lines import straight
from derivviz.animation.plane import Plane
from derivviz.animation.stage import color
from derivviz.animation.typeset import Formula
from derivviz.trace.game import DISCRIMINATOR, Game
from derivviz.trace.snapshot import Snapshot

Array = NDArray[np.float64]
COLUMNS = 4  # of pictures


class RingBoard:
    """The plane: rings around the real clusters, G's samples as dots, D's answer as colour.

    Attributes
    ----------
    real
        What is there before the game.
    moving
        What `at_round` changes.
    now
        The round that is shown; between recorded ones, dots are on a straight way.
    """

    def __init__(self, game: Game, side: float, middle: ArrayLike, role: str = "negative") -> None:
        self.game, self.now = game, 0.0
        self.arena = Arena(side, game.reach, game.modes, middle)
        centers = Cloud(self.arena.point(game.modes), "positive", 0.06)
        self.real = Group(self.arena, centers)
        self.rounds = game.sample_rounds
        self.cloud = Cloud(self._at(0.0), role)
        self._fields = np.array([game.field(int(r))[1] for r in game.trace.evaluation.epochs])
        self._looks = game.trace.evaluation.epochs
        probability = float(self._fields.min()) >= 0 and float(self._fields.max()) <= 1
        self.scale = (0.0, 1.0) if probability else None
        self.image = self.arena.field(*self._field(0.0))
        self.moving = [self.image, self.cloud]

    def _field(self, now: float) -> tuple[Array, float, float]:
        """D's answers, and the numbers that have the two full colours; a score is scaled by its own range."""
        n = int(np.clip(np.searchsorted(self._looks, now, side="right") - 1, 0, len(self._looks) - 1))
        m = min(n + 1, len(self._looks) - 1)
        gap = max(float(self._looks[m] - self._looks[n]), 1.0)
        share = float(np.clip((now - self._looks[n]) / gap, 0, 1))
        values = (1 - share) * self._fields[n] + share * self._fields[m]
        return values, *(self.scale or (float(values.min()), float(values.max())))

    def _at(self, now: float) -> Array:
        """Dots of that time on the frame."""
        n = int(np.clip(np.searchsorted(self.rounds, now, side="right") - 1, 0, len(self.rounds) - 1))
        m = min(n + 1, len(self.rounds) - 1)
        gap = max(float(self.rounds[m] - self.rounds[n]), 1.0)
        share = float(np.clip((now - self.rounds[n]) / gap, 0, 1))
        flat = (1 - share) * self.game.samples[n] + share * self.game.samples[m]
        return self.arena.point(self.arena.inside(flat))

    def at_round(self, now: float) -> None:
        """Show the game as it was after so many rounds."""
        self.now = now
        self.cloud.move(self._at(now))
        self.image.pixel_array = self.arena.pixels(*self._field(now))

    def untrained(self) -> tuple[float, float]:
        """The least and the largest answer of D before the first round."""
        return float(self._fields[0].min()), float(self._fields[0].max())

    def show_samples(self, lesson: Lesson) -> None:
        lesson.play(FadeIn(self.cloud), run_time=0.9)

    def show_answers(self, lesson: Lesson) -> None:
        """The field, under everything else."""
        lesson.play(FadeOut(self.real, self.cloud), run_time=0.3)
        lesson.play(FadeIn(self.whole()), run_time=0.9)

    def whole(self) -> Group:
        """All of the board, in the order of drawing."""
        return Group(self.image, self.real, self.cloud)

    def answers_at(self, points: Array) -> Array:
        """D's last recorded answers at the points of the grid nearest to points of the plane, shape (n, 2)."""
        side = self._fields.shape[1]
        at = np.round((points / self.arena.reach + 1) / 2 * (side - 1)).astype(int)
        return np.asarray(self._fields[-1][at[:, 1], at[:, 0]])

    def numbered(self) -> VGroup:
        """Numbers of the clusters, inside the ring."""
        names = VGroup()
        for n, mode in enumerate(self.game.modes):
            names.add(Formula(str(n + 1), enlarged("tick")).move_to(self.arena.point(mode * 0.77)))
        return names

    def verify(self, lesson: Lesson) -> None:
        """The drawn dots are the recorded samples."""
        last = int(np.argmin(np.abs(self.rounds - self.now)))
        drawn = self.arena.numbers(self.cloud.centers)
        true = self.arena.inside(self.game.samples[last])
        lesson.claim(f"the dots of round {self.rounds[last]}", float(np.abs(drawn - true).max()), 0.0, 1e-6)


class PictureBoard:
    """A sheet of what becomes of the fixed latent points; before, four real pictures and what D says of them."""

    def __init__(self, game: Game, side: float, middle: ArrayLike) -> None:
        self.game, self.now = game, 0.0
        self.rounds = game.sample_rounds
        self.image = sheet(game.samples[0], COLUMNS, side).move_to(np.asarray(middle, float))
        step = game.snapshots(DISCRIMINATOR)[0]
        shot = game.trace.snapshot(step)
        real = shot.images.astype(float) / 255
        self.real_image = sheet(real, 2, side * 0.8).move_to(self.image)
        self.real = Group(self.real_image)
        names = [name for name in ("real_logit", "fake_logit") if name in shot.activation]
        logits = [np.asarray(shot.activation[name], float).ravel() for name in names]
        self._answers = [1 / (1 + np.exp(-found)) for found in logits]
        self.moving = [self.image]

    def at_round(self, now: float) -> None:
        """Show the pictures that were recorded last before so many rounds were over."""
        self.now = now
        row = int(
            np.clip(np.searchsorted(self.rounds, now + 1e-9, side="right") - 1, 0, len(self.rounds) - 1)
        )
        rgb = sheet_pixels(self.game.samples[row], COLUMNS)
        self.image.pixel_array = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
        self.row = row

    def untrained(self) -> tuple[float, float]:
        """The least and the largest answer of D in its first step."""
        both = np.concatenate(self._answers)
        return float(both.min()), float(both.max())

    def show_samples(self, lesson: Lesson) -> None:
        self.at_round(0)
        lesson.play(FadeOut(self.real), run_time=0.5)
        lesson.play(FadeIn(self.image), run_time=0.9)

    def show_answers(self, lesson: Lesson) -> None:
        """There is no field of pictures to show."""

    def mixtures(self, shot: Snapshot) -> Group:
        """On the way from made pictures to real ones, both of that step, with ε from 0 to 1."""
        made = self.game.samples[int(np.argmin(np.abs(self.game.trace.probe.steps - shot.step)))][:4]
        high, wide = made.shape[1:3]
        real = shot.images[: len(made)].astype(float) / 255
        rows, columns = (
            ((np.arange(n) + 0.5) * m / n).astype(int)
            for n, m in zip((high, wide), real.shape[1:3], strict=True)
        )
        real = real[:, rows][:, :, columns]  # thumbnails may have another size than the samples
        shares = np.linspace(0, 1, 5)
        mixed = [(1 - e) * a + e * b for a, b in zip(made, real, strict=False) for e in shares]
        image = sheet(np.array(mixed), len(shares), self.image.width).move_to(self.image)
        ends = VGroup(*(Formula(f"epsilon = {e}", enlarged("tick"), "muted") for e in (0, 1)))
        ends[0].next_to(image, DOWN, 0.15).align_to(image, LEFT)
        ends[1].next_to(image, DOWN, 0.15).align_to(image, RIGHT)
        return Group(image, ends)

    def whole(self) -> Group:
        """All of the board."""
        return Group(self.image)

    def verify(self, lesson: Lesson) -> None:
        """The sheet shows the recorded pictures."""
        expected = sheet_pixels(self.game.samples[self.row], COLUMNS)
        off = np.abs(self.image.pixel_array[..., :3].astype(int) - expected).max()
        lesson.claim(f"the pictures of round {self.rounds[self.row]}", float(off), 0.0, 0.5)


def _stretched(count: int, among: int) -> NDArray[np.int64]:
    """So many indices, evenly among so many."""
    return ((np.arange(count) + 0.5) * among / count).astype(int)


def board_of(game: Game, side: float, middle: ArrayLike) -> Any:
    """The board that a game is played on."""
    return RingBoard(game, side, middle) if game.on_ring else PictureBoard(game, side, middle)


class Polyline(VMobject):
    """A curve on a plane that can be drawn up to any x: `until`."""

    def __init__(self, plane: Plane, x: Array, y: Array, role: str, width: float = 4) -> None:
        super().__init__(stroke_color=color(role), stroke_width=width, fill_opacity=0)
        inside = np.clip(y, *plane.y_range)
        self.x, self._way = np.asarray(x, float), plane.point(x, inside)
        self.until(float(np.max(x)))

    def until(self, x: float) -> None:
        """Show it from the left up to there."""
        keep = self._way[self.x <= x]
        self.points = straight(np.stack([keep[:-1], keep[1:]], axis=1)) if len(keep) > 1 else np.zeros((0, 3))
