"""A slope held at 1: WGAN-GP · 기울기를 1로: WGAN-GP

A critic whose gradient is held at length 1 always shows the generator a way; on the same ring, from the same
seed and with as many steps, a plain GAN is held against it.

그래디언트의 길이를 1로 묶은 비평자는 생성자에게 언제나 갈 길을 알려 준다. 같은 고리, 같은 시드, 같은 스텝 수로
보통의 GAN과 견준다.
"""

from __future__ import annotations

import numpy as np
from manim import Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, linear

from derivviz.animation import Lesson
from derivviz.animation.arena import Bars, Cloud
from derivviz.animation.board import Polyline, board_of
from derivviz.animation.frame import pick, shape
from derivviz.animation.game_frame import bars_place, board_place, chart, facts
from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed
from derivviz.animation.penalty import DoubleBackward, ways
from derivviz.animation.penalty_frame import (
    Distance,
    Lengths,
    as_large,
    beside_board,
    critics_value,
    heading,
    norms_beside,
    show_unit_slope,
    spread,
    to_heading,
)
from derivviz.animation.rivals import Rivals, told_of
from derivviz.trace.game import DISCRIMINATOR, binned, read_game

RIGHT_X = 3.05  # middle of the right half of a wide frame
SECONDS = 11.0  # that the game takes on screen
PAIRS = 16  # of a real and a made point that are joined
BINS = 80  # of a curve over the whole game
ALIKE = 0.5  # as in the lesson on the GAN


class WganGp(Lesson):
    """The critic, the gradient between real and made, the penalty's own derivative, and what comes of it."""

    requires = (
        "player",
        "round",
        "wasserstein",
        "gradient_norm",
        "gradient_penalty",
        "activation/gradient_norm/mean",
    )
    recorded_by = "wgan-gp"
    aspects = ("16:9", "9:16", "1:1")

    def construct(self) -> None:
        self.game = read_game(self.trace)
        self.last = int(self.game.sample_rounds[-1])
        self.factor = float(self.trace.attrs.get("options", {}).get("penalty", 10.0))
        self.norms_at = self.game.snapshots(DISCRIMINATOR)
        self.values = [self.norms_of(step) for step in self.norms_at]
        self.title()
        self.triples: list[np.ndarray] = []
        self.rest = Group()
        self.board = board_of(self.game, *board_place())
        as_large(self.board)
        if self.game.rival is not None:
            self.plain_gan()
        self.critic()
        self.between()
        self.lengths()
        self.graph()
        self.pulled()
        self.play_game()
        if self.game.rival is not None:
            self.against()
        elif "diversity" in self.trace:
            self.variety()
        self.conclusion()

    def norms_of(self, step: int) -> np.ndarray:
        """The recorded gradient norms at points between, of one step of the critic."""
        return np.asarray(self.trace.snapshot(step).activation["gradient_norm"], float).ravel()

    # ---- what is to be mended ---------------------------------------------------------------------------

    def plain_gan(self) -> None:
        rival = self.game.rival
        self.gan = served = self.game.served(rival["samples"])
        total, fair = int(served.nearest.sum()), served.nearest.mean()
        worst = int(served.nearest.min())
        self.say(
            en=f"A plain GAN after {rival['rounds']} rounds. To which clusters do its {total} points go?",
            ko=f"보통의 GAN이 {rival['rounds']}라운드를 마쳤다. 점 {total}개는 어느 무리로 갔을까?",
        )
        cloud = Cloud(self.board.arena.point(self.board.arena.inside(rival["samples"])), "negative")
        numbers = self.board.numbered()
        bars = Bars(*bars_place(), served, "negative")
        now, later = told_of(self, served)
        self.play(FadeIn(self.board.real, numbers), run_time=0.8)
        self.play(FadeIn(cloud), run_time=0.7)
        self.play(FadeIn(bars, *now), run_time=0.8)
        self.say(
            en=f"A fair share is {fair:g}, dashed. One cluster gets {worst}. Can another loss mend that?",
            ko=f"공평한 몫은 점선, {fair:g}개이다. 가장 적은 곳은 {worst}개이다. 손실을 바꾸면 나아질까?",
        )
        if later:
            self.play(FadeIn(later), run_time=0.6)
        self.wait(0.4)
        self.rest = Group(cloud, bars, numbers, self.board.real, now, later)

    def critic(self) -> None:
        self.say(
            en="Let D be a critic, and give a score, any number: high for the real, low for the made.",
            ko="D를 비평자로 바꾸자. 확률이 아니라 점수를 준다. 진짜에는 높게, 만든 것에는 낮게.",
        )
        self.play(FadeOut(self.rest), run_time=0.4)
        if self.game.on_ring:
            self.board.at_round(self.last / 3)
        board = spread(self.board.whole() if self.game.on_ring else self.board.real)
        self.play(FadeIn(board), run_time=0.9)
        value = critics_value()
        self.play(FadeIn(value), run_time=0.7)
        self.say(
            en="W is to measure how far apart they are. But a steeper critic has a larger W for the same points.",
            ko="W로 둘이 얼마나 먼지 재려 한다. 그런데 비평자가 가팔라지기만 해도 같은 점에서 W가 커진다.",
        )
        self.say(
            en="So its slope shall be 1: a score of 1 for a distance of 1. Where? Between made and real.",
            ko="그래서 기울기를 1로 한다. 1만큼 가면 점수도 1만큼 변한다. 어디서? 만든 것과 진짜 사이에서.",
        )
        self.rest = Group(value, show_unit_slope(self, board, value), board)

    # ---- between real and made --------------------------------------------------------------------------

    def between(self) -> None:
        """x̂ on the way from made to real, at the first step of the critic."""
        shot = self.trace.snapshot(self.norms_at[0])
        self.say(
            en="At the first step: pair what is made with what is real, and take a random point x̂ on the way.",
            ko="첫 스텝에서 만든 것과 진짜를 짝짓고, 그 사이에서 점 x̂을 무작위로 고른다.",
        )
        mixed = "hat(x) = epsilon {{x : r}} + (1 - epsilon) {{tilde(x) : f}}"
        self.mixed = beside_board(mixed, [RIGHT_X, 2.05, 0], r="positive", f="negative")
        self.play(FadeOut(self.rest), run_time=0.4)
        self.board.at_round(0)
        if "between_point" in shot.activation:
            arena = self.board.arena
            points = [
                np.asarray(shot.activation[f"{name}_point"], float) for name in ("real", "fake", "between")
            ]
            inside = np.all([np.abs(p).max(1) < arena.reach for p in points], axis=0)
            self.triples = [p[inside][:PAIRS] for p in points]
            real, fake, hat = (arena.point(p) for p in self.triples)
            roles = ((real, "positive"), (fake, "negative"), (hat, "parameter"))
            clouds = [Cloud(p, role, 0.06) for p, role in roles]
            lines = ways(fake, real)
            self.rest = spread(Group(self.board.image, self.board.real, lines, *clouds))
            self.play(FadeIn(self.board.image, self.board.real, *clouds[:2], self.mixed), run_time=0.8)
            self.play(Create(lines), run_time=0.9)
            self.play(FadeIn(clouds[2]), run_time=0.6)
        else:
            self.rest = spread(self.board.mixtures(shot))
            self.play(FadeIn(self.rest, self.mixed), run_time=0.9)

    def lengths(self) -> None:
        mean = float(self.values[0].mean())
        self.say(
            en=f"How steep is the critic there? The gradients have a mean length of {mean:.2f}.",
            ko=f"그 점들에서 비평자는 얼마나 가파를까? 그래디언트의 평균 길이는 {mean:.2f}이다.",
        )
        self.chart = norms_beside(self.values)
        to_heading(self, self.rest, self.mixed)
        self.play(FadeIn(self.chart), run_time=0.8)
        factor = f"{self.factor:g}"
        markup = f"{factor} dot E[(norm(nabla D(hat(x))) - 1)^2]"
        self.law = heading(beside_board(markup, [RIGHT_X, 2.05, 0], "loss"))
        self.say(
            en=f"What is not 1 costs: the squared difference, times {factor}, is added to the critic's loss.",
            ko=f"1이 아니면 대가를 치른다. 차이의 제곱에 {factor}을 곱해 비평자의 손실에 더한다.",
        )
        self.play(FadeOut(self.mixed), run_time=0.3)
        self.play(FadeIn(self.law), run_time=0.6)
        self.wait(0.3)

    # ---- a derivative of a derivative -------------------------------------------------------------------

    def graph(self) -> None:
        self.one = norm = float(self.values[0][0])
        self.double = DoubleBackward(norm, (norm - 1) ** 2, [0.4, 0.1, 0])
        self.say(
            en="How can the length of a gradient be a loss? First, a pass forward with weights θ.",
            ko="그래디언트의 길이가 어떻게 손실이 될까? 먼저 가중치 θ로 앞으로 간다.",
        )
        # Narrow frames have room for the two passes above what is known of the length already.
        chart, law = self.chart, self.law
        gone, goal = pick(wide=([chart, law], []), tall=([], [chart, law]), square=([chart], [law]))
        self.play(FadeOut(self.rest, *gone), run_time=0.5)
        self.play(FadeIn(self.double.forward), run_time=0.8)
        self.play(FadeIn(self.double.weights), run_time=0.5)
        self.say(
            en="Then back from the score to x̂. That gives the gradient, and θ has a part in it again.",
            ko="점수에서 x̂으로 거꾸로 가면 그래디언트가 나온다. 이때도 θ를 거친다.",
        )
        self.play(FadeIn(self.double.first), run_time=0.9)
        if goal:
            self.play(FadeOut(*goal), run_time=0.4)
        self.play(FadeIn(self.double.length), run_time=0.8)
        self.say(
            en="Now from the penalty back through both passes to θ: the derivative of a derivative.",
            ko="이제 벌점에서 두 길을 모두 거꾸로 지나 θ까지 간다. 도함수의 도함수이다.",
        )
        self.double.second(self)

    def pulled(self) -> None:
        end = float(self.values[-1].mean())
        self.say(
            en=f"What it does to the lengths, over the whole game. In the end they are {end:.2f} on average.",
            ko=f"게임 내내 길이가 어떻게 달라지는지 보자. 마지막 평균은 {end:.2f}이다.",
        )
        self.play(FadeOut(self.double), run_time=0.5)
        self.lengths_shown = shown = Lengths(self, self.values, self.norms_at)
        self.play(FadeIn(shown), run_time=0.6)
        move = UpdateFromAlphaFunc(shown.moving(), lambda mobject, alpha: shown.show(alpha))
        self.play(move, run_time=6, rate_func=linear)
        self.rest = shown

    # ---- the game ---------------------------------------------------------------------------------------

    def play_game(self) -> None:
        self.say(
            en=f"G goes up this slope, for {self.last} rounds. W is the distance that is left.",
            ko=f"G는 이 기울기를 따라 오른다. 모두 {self.last}라운드이다. W는 남은 거리이다.",
        )
        self.distance = shown = Distance(self, self.last, *binned(*self.game.curve("wasserstein"), BINS))
        self.board.at_round(0)
        self.play(FadeOut(self.rest), run_time=0.4)
        self.play(FadeIn(self.board.whole(), shown), run_time=0.7)

        def move(mobject: Group, alpha: float) -> None:
            self.board.at_round(alpha * self.last)
            shown.until(alpha * self.last)

        everything = Group(self.board.whole(), shown.line, shown.tally)
        self.play(UpdateFromAlphaFunc(everything, move), run_time=SECONDS, rate_func=linear)
        self.rest = Group(shown, shown.line)

    def against(self) -> None:
        own = self.own = self.game.served(self.game.samples[-1])
        gan, rival = self.gan, self.game.rival
        self.say(
            en=f"Now both: the same ring, networks and seed, and as many steps, {rival['steps']}.",
            ko=f"이제 둘을 견주자. 고리와 신경망과 시드가 같고, 스텝도 {rival['steps']}으로 같다.",
        )
        self.rivals = rivals = Rivals(self, gan, own, rival["steps"])
        wide = shape() == "wide"  # narrow frames have no room for the board beside so much
        self.play(FadeOut(self.rest if wide else Group(self.rest, self.board.whole())), run_time=0.4)
        self.play(FadeIn(rivals, *([self.board.numbered()] if wide else [])), run_time=0.9)
        self.wait(0.4)
        least = int(gan.nearest.min()), int(own.nearest.min())
        more, less = own.smallest > gan.smallest, own.good_share < gan.good_share
        self.say(
            en=f"The smallest count is {least[0]} with the GAN and {least[1]} with WGAN-GP: "
            + ("it leaves out less." if more else "no gain in this game."),
            ko=f"가장 적은 무리가 GAN에서는 {least[0]}개, WGAN-GP에서는 {least[1]}개이다. "
            + ("덜 빼놓는다." if more else "이 게임에서는 나아지지 않았다."),
        )
        rivals.show_smallest(self)
        self.say(
            en=f"Filled, those inside: {gan.good_share:.0%} of the GAN's points, {own.good_share:.0%} of WGAN-GP's: "
            + ("it is not as exact yet." if less else "it is more exact as well."),
            ko=f"무리 안에 든 점(칠한 부분)은 GAN이 {gan.good_share:.0%}, WGAN-GP가 {own.good_share:.0%}이다. "
            + ("아직은 덜 정확하다." if less else "더 정확하기도 하다."),
        )
        rivals.show_inside(self)
        self.wait(0.4)
        self.rest = rivals.at_last()

    def variety(self) -> None:
        at, values = self.game.curve("diversity")
        end = float(values[-1])
        self.say(
            en=f"Two samples are {end:.2f} as far apart as two real pictures: "
            + ("they repeat themselves." if end < ALIKE else "they do not repeat themselves."),
            ko=f"진짜 그림 두 장의 거리를 1이라 하면 샘플 두 개의 거리는 평균 {end:.2f}이다. "
            + ("되풀이하고 있다." if end < ALIKE else "되풀이하지 않는다."),
        )
        self.play(FadeOut(self.rest), run_time=0.4)
        top = max(1.1, 1.05 * float(values.max()))
        plane = chart((0, self.last), (0, top), wide=(6.2, 3.6, [RIGHT_X + 0.1, -0.3, 0]), headed=False)
        fair = mark(
            Dashed(plane.point(0, 1), plane.point(self.last, 1), "muted", 2.5, 0.12, 0.1), backdrop=True
        )
        line = Polyline(plane, at, values, "negative")
        plane.keep_clear(line)
        self.play(FadeIn(plane, fair), run_time=0.5)
        self.play(Create(line), run_time=1.2)
        self.rest = Group(plane, fair, line)
        if shape() == "square":
            told = facts(self, (f"{end:.2f}", "negative", "apart at the end", "마지막 평균 거리"))
            self.play(FadeIn(told), run_time=0.6)
            self.rest.add(told)

    def conclusion(self) -> None:
        self.say(
            en="A probability goes flat where D is sure. A score with slope 1 does not: it always shows a way.",
            ko="확률은 D가 확신하는 곳에서 평평해진다. 기울기가 1인 점수는 그렇지 않다. 언제나 갈 길을 알려 준다.",
        )
        end = float(self.values[-1].mean())
        mean = f"E[norm(nabla D(hat(x)))] = {end:.2f}"
        last = heading(beside_board(mean, [RIGHT_X, 0, 0], "tangent", size=56))
        self.play(FadeOut(self.rest), run_time=0.4)
        if shape() == "wide":
            self.play(FadeIn(last), run_time=0.8)
        else:  # where they stood before the game
            self.chart.show(self.chart.counts(self.values[-1]))
            self.play(FadeIn(self.board.whole(), self.chart, last), run_time=0.8)
        self.wait(0.8)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        trace = self.trace
        for norms in [self.lengths_shown.chart] + ([] if shape() == "wide" else [self.chart]):
            norms.verify(self, self.norms_of(self.norms_at[-1]))
        end = self.distance.plane.numbers(self.distance.line.points[-1])
        self.claim("W at the end", end[1], float(binned(*self.game.curve("wasserstein"), BINS)[1][-1]), 1e-4)
        shown = [float(f.markup.rpartition("= ")[2]) for f in (self.double.norm, self.double.penalty)]
        first = float(self.norms_of(self.norms_at[0])[0])
        self.claim("the norm in the graph", shown[0], first, 6e-3)
        self.claim("the penalty in the graph", shown[1], (first - 1) ** 2, 6e-3)
        row = int(np.flatnonzero(trace.steps == self.norms_at[0])[0])
        mean = float(np.mean((self.norms_of(self.norms_at[0]) - 1) ** 2))
        recorded = float(trace["gradient_penalty"][row])
        self.claim("the recorded penalty is that of such points", mean, recorded, max(0.2 * recorded, 0.05))
        self.board.verify(self)
        if self.game.rival is not None:
            self.rivals.bars[0].verify(self, self.game.served(self.game.rival["samples"]))
            self.rivals.bars[1].verify(self, self.game.served(self.game.samples[-1]))
        if self.triples:
            real, fake, hat = self.triples
            t = ((hat - fake) * (real - fake)).sum(1) / np.maximum(((real - fake) ** 2).sum(1), 1e-12)
            off = np.abs(fake + t[:, None] * (real - fake) - hat).max()
            self.claim("points between lie on their lines", float(off), 0.0, 1e-4)
            self.claim("points between lie between", float(np.clip(t, 0, 1).sum()), float(t.sum()), 1e-4)
