"""A slope held at 1: WGAN-GP · 기울기를 1로: WGAN-GP

A critic whose gradient is held at length 1 always shows the generator a way; on the same ring, from the same
seed and with as many steps, a plain GAN is held against it.

그래디언트의 길이를 1로 묶은 비평자는 생성자에게 언제나 갈 길을 알려 준다. 같은 고리, 같은 시드, 같은 스텝 수로
보통의 GAN과 견준다.
"""

from __future__ import annotations

import numpy as np
from manim import LEFT, UP, Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, linear

from derivviz.animation import Formula, Lesson, Number, Words
from derivviz.animation.arena import Bars, Cloud
from derivviz.animation.board import Polyline, board_of
from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed
from derivviz.animation.penalty import DoubleBackward, Norms, ways
from derivviz.animation.plane import Plane
from derivviz.trace.game import DISCRIMINATOR, binned, read_game

LEFT_X, RIGHT_X, SIDE = -4.05, 3.05, 5.2  # middles of the two halves of the frame, and the board's side
SECONDS = 11.0  # that the game takes on screen
PAIRS = 16  # of a real and a made point that are joined
BINS = 80  # of a curve over the whole game
ARRIVED, ALIKE = 0.1, 0.5  # as in the lesson on the GAN


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

    def construct(self) -> None:
        self.game = read_game(self.trace)
        self.last = int(self.game.sample_rounds[-1])
        self.factor = float(self.trace.attrs.get("options", {}).get("penalty", 10.0))
        self.norms_at = self.game.snapshots(DISCRIMINATOR)
        self.values = [self.norms_of(step) for step in self.norms_at]
        self.title()
        self.triples: list[np.ndarray] = []
        self.rest = Group()
        self.board = board_of(self.game, SIDE, [LEFT_X, -0.1, 0])
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
        bars = Bars([-0.2, -2.0, 0], (6.6, 3.7), served, "negative")
        self.play(FadeIn(self.board.real, numbers), run_time=0.8)
        self.play(FadeIn(cloud), run_time=0.7)
        self.play(FadeIn(bars), run_time=0.8)
        self.say(
            en=f"A fair share is {fair:g}, dashed. One cluster gets {worst}. Can another loss mend that?",
            ko=f"공평한 몫은 점선, {fair:g}개이다. 가장 적은 곳은 {worst}개이다. 손실을 바꾸면 나아질까?",
        )
        self.wait(0.4)
        self.rest = Group(cloud, bars, numbers, self.board.real)

    def critic(self) -> None:
        self.say(
            en="Let D be a critic, and give a score, any number: high for the real, low for the made.",
            ko="D를 비평자로 바꾸자. 확률이 아니라 점수를 준다. 진짜에는 높게, 만든 것에는 낮게.",
        )
        self.play(FadeOut(self.rest), run_time=0.4)
        if self.game.on_ring:
            self.board.at_round(self.last / 3)
            self.play(FadeIn(self.board.whole()), run_time=0.9)
        else:
            self.play(FadeIn(self.board.real), run_time=0.9)
        value = "W = E[{{D(x) : r}}] - E[{{D(G(z)) : f}}]"
        self.value = Formula(value, 52, r="positive", f="negative").move_to([RIGHT_X, 1.2, 0])
        self.play(FadeIn(self.value), run_time=0.7)
        self.say(
            en="W is to measure how far apart they are. But a steeper critic has a larger W for the same points.",
            ko="W로 둘이 얼마나 먼지 재려 한다. 그런데 비평자가 가팔라지기만 해도 같은 점에서 W가 커진다.",
        )
        steep = Formula("norm(nabla D) = 1", 52, "tangent").move_to([RIGHT_X, -0.3, 0])
        self.say(
            en="So its slope shall be 1: a score of 1 for a distance of 1. Where? Between made and real.",
            ko="그래서 기울기를 1로 한다. 1만큼 가면 점수도 1만큼 변한다. 어디서? 만든 것과 진짜 사이에서.",
        )
        self.play(FadeIn(steep, shift=UP * 0.15), run_time=0.7)
        whole = self.board.whole() if self.game.on_ring else self.board.real
        self.rest = Group(self.value, steep, whole)

    # ---- between real and made --------------------------------------------------------------------------

    def between(self) -> None:
        """x̂ on the way from made to real, at the first step of the critic."""
        shot = self.trace.snapshot(self.norms_at[0])
        self.say(
            en="At the first step: pair what is made with what is real, and take a random point x̂ on the way.",
            ko="첫 스텝에서 만든 것과 진짜를 짝짓고, 그 사이에서 점 x̂을 무작위로 고른다.",
        )
        mixed = "hat(x) = epsilon {{x : r}} + (1 - epsilon) {{tilde(x) : f}}"
        self.mixed = Formula(mixed, 46, r="positive", f="negative").move_to([RIGHT_X, 2.05, 0])
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
            self.play(FadeIn(self.board.image, self.board.real, *clouds[:2], self.mixed), run_time=0.8)
            self.play(Create(lines), run_time=0.9)
            self.play(FadeIn(clouds[2]), run_time=0.6)
            self.rest = Group(self.board.image, self.board.real, lines, *clouds)
        else:
            self.rest = self.board.mixtures(shot)
            self.play(FadeIn(self.rest, self.mixed), run_time=0.9)

    def lengths(self) -> None:
        mean = float(self.values[0].mean())
        self.say(
            en=f"How steep is the critic there? The gradients have a mean length of {mean:.2f}.",
            ko=f"그 점들에서 비평자는 얼마나 가파를까? 그래디언트의 평균 길이는 {mean:.2f}이다.",
        )
        self.chart = Norms(self.values, [RIGHT_X + 0.1, -0.75, 0], (6.0, 2.9))
        self.play(FadeIn(self.chart), run_time=0.8)
        factor = f"{self.factor:g}"
        law = Formula(f"{factor} dot E[(norm(nabla D(hat(x))) - 1)^2]", 46, "loss").move_to(
            [RIGHT_X, 2.05, 0]
        )
        self.say(
            en=f"What is not 1 costs: the squared difference, times {factor}, is added to the critic's loss.",
            ko=f"1이 아니면 대가를 치른다. 차이의 제곱에 {factor}을 곱해 비평자의 손실에 더한다.",
        )
        self.play(FadeOut(self.mixed), run_time=0.3)
        self.play(FadeIn(law), run_time=0.6)
        self.wait(0.3)
        self.law = law

    # ---- a derivative of a derivative -------------------------------------------------------------------

    def graph(self) -> None:
        self.one = norm = float(self.values[0][0])
        self.double = DoubleBackward(norm, (norm - 1) ** 2, [0.4, 0.1, 0])
        self.say(
            en="How can the length of a gradient be a loss? First, a pass forward with weights θ.",
            ko="그래디언트의 길이가 어떻게 손실이 될까? 먼저 가중치 θ로 앞으로 간다.",
        )
        self.play(FadeOut(self.rest, self.chart, self.law), run_time=0.5)
        self.play(FadeIn(self.double.forward), run_time=0.8)
        self.play(FadeIn(self.double.weights), run_time=0.5)
        self.say(
            en="Then back from the score to x̂. That gives the gradient, and θ has a part in it again.",
            ko="점수에서 x̂으로 거꾸로 가면 그래디언트가 나온다. 이때도 θ를 거친다.",
        )
        self.play(FadeIn(self.double.first), run_time=0.9)
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
        self.chart = Norms(self.values, [0.3, -0.5, 0], (9.5, 3.7))
        told = self.words(en="step", ko="스텝", size="label", fill="muted").move_to([3.6, 2.2, 0])
        counter = Number(self.norms_at[0], ".0f", "label", anchor=LEFT, width=7)
        counter.at([told.get_right()[0] + 0.2, told.pen.points[0][1], 0])
        self.play(FadeIn(self.chart, told, counter), run_time=0.6)
        counts = np.array([self.chart.counts(v) for v in self.values])

        def at(mobject: Group, alpha: float) -> None:
            place = alpha * (len(counts) - 1)
            n = min(int(place), len(counts) - 2) if len(counts) > 1 else 0
            m = min(n + 1, len(counts) - 1)
            self.chart.show(counts[n] + (place - n) * (counts[m] - counts[n]))
            counter.set_value(self.norms_at[m if place - n > 0.5 else n])

        self.play(UpdateFromAlphaFunc(Group(self.chart.bars, counter), at), run_time=6, rate_func=linear)
        self.rest = Group(self.chart, told, counter)

    # ---- the game ---------------------------------------------------------------------------------------

    def play_game(self) -> None:
        self.say(
            en=f"G goes up this slope, for {self.last} rounds. W is the distance that is left.",
            ko=f"G는 이 기울기를 따라 오른다. 모두 {self.last}라운드이다. W는 남은 거리이다.",
        )
        at, values = binned(*self.game.curve("wasserstein"), BINS)
        low, high = min(0.0, 1.1 * float(values.min())), 1.1 * float(values.max())
        plane = Plane((0, self.last), (low, high), 6.2, 3.2, ("", "W"), (4, 5)).move_to(
            [RIGHT_X + 0.1, -0.6, 0]
        )
        self.distance_plane, self.distance = plane, Polyline(plane, at, values, "loss")
        plane.keep_clear(self.distance)
        self.distances = values
        told = self.words(en="round", ko="라운드", size="label", fill="muted").move_to([4.6, 1.9, 0])
        counter = Number(0, ".0f", "label", anchor=LEFT, width=6)
        counter.at([told.get_right()[0] + 0.2, told.pen.points[0][1], 0])
        self.board.at_round(0)
        self.play(FadeOut(self.rest), run_time=0.4)
        self.play(FadeIn(self.board.whole(), plane, told, counter), run_time=0.7)

        def move(mobject: Group, alpha: float) -> None:
            self.board.at_round(alpha * self.last)
            self.distance.until(alpha * self.last)
            counter.set_value(round(alpha * self.last))

        everything = Group(self.board.whole(), self.distance, counter)
        self.play(UpdateFromAlphaFunc(everything, move), run_time=SECONDS, rate_func=linear)
        self.rest = Group(plane, told, counter, self.distance)

    def against(self) -> None:
        own = self.own = self.game.served(self.game.samples[-1])
        gan, rival = self.gan, self.game.rival
        self.say(
            en=f"Now both: the same ring, networks and seed, and as many steps, {rival['steps']}.",
            ko=f"이제 둘을 견주자. 고리와 신경망과 시드가 같고, 스텝도 {rival['steps']}으로 같다.",
        )
        top = float(max(own.nearest.max(), gan.nearest.max()))
        self.play(FadeOut(self.rest), run_time=0.4)
        names = VGroup(*(Words(name, 30) for name in ("GAN", "WGAN-GP")))
        spots = ((0.45, gan), (-2.2, own))
        self.pair = [Bars([0.7, y, 0], (5.9, 1.9), served, "negative", top) for y, served in spots]
        for name, y in zip(names, (1.4, -1.25), strict=True):
            name.move_to([-0.35, y, 0])
        self.play(FadeIn(names, *self.pair, self.board.numbered()), run_time=0.9)
        self.wait(0.4)
        least = int(gan.nearest.min()), int(own.nearest.min())
        more, less = own.smallest > gan.smallest, own.good_share < gan.good_share
        self.say(
            en=f"The smallest count is {least[0]} with the GAN and {least[1]} with WGAN-GP: "
            + ("it leaves out less." if more else "no gain in this game."),
            ko=f"가장 적은 무리가 GAN에서는 {least[0]}개, WGAN-GP에서는 {least[1]}개이다. "
            + ("덜 빼놓는다." if more else "이 게임에서는 나아지지 않았다."),
        )
        self.say(
            en=f"Filled, those inside: {gan.good_share:.0%} of the GAN's points, {own.good_share:.0%} of WGAN-GP's: "
            + ("it is not as exact yet." if less else "it is more exact as well."),
            ko=f"무리 안에 든 점(칠한 부분)은 GAN이 {gan.good_share:.0%}, WGAN-GP가 {own.good_share:.0%}이다. "
            + ("아직은 덜 정확하다." if less else "더 정확하기도 하다."),
        )
        self.wait(0.4)
        self.rest = Group(names, *self.pair)

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
        plane = Plane((0, self.last), (0, top), 6.2, 3.6, ("", ""), (4, 5)).move_to([RIGHT_X + 0.1, -0.3, 0])
        fair = mark(
            Dashed(plane.point(0, 1), plane.point(self.last, 1), "muted", 2.5, 0.12, 0.1), backdrop=True
        )
        line = Polyline(plane, at, values, "negative")
        plane.keep_clear(line)
        self.play(FadeIn(plane, fair), run_time=0.5)
        self.play(Create(line), run_time=1.2)
        self.rest = Group(plane, fair, line)

    def conclusion(self) -> None:
        self.say(
            en="A probability goes flat where D is sure. A score with slope 1 does not: it always shows a way.",
            ko="확률은 D가 확신하는 곳에서 평평해진다. 기울기가 1인 점수는 그렇지 않다. 언제나 갈 길을 알려 준다.",
        )
        end = float(self.values[-1].mean())
        last = Formula(f"E[norm(nabla D(hat(x)))] = {end:.2f}", 56, "tangent").move_to([RIGHT_X, 0, 0])
        self.play(FadeOut(self.rest), run_time=0.4)
        self.play(FadeIn(last), run_time=0.8)
        self.wait(0.8)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        trace = self.trace
        self.chart.verify(self, self.norms_of(self.norms_at[-1]))
        end = self.distance_plane.numbers(self.distance.points[-1])
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
            self.pair[0].verify(self, self.game.served(self.game.rival["samples"]))
            self.pair[1].verify(self, self.game.served(self.game.samples[-1]))
        if self.triples:
            real, fake, hat = self.triples
            t = ((hat - fake) * (real - fake)).sum(1) / np.maximum(((real - fake) ** 2).sum(1), 1e-12)
            off = np.abs(fake + t[:, None] * (real - fake) - hat).max()
            self.claim("points between lie on their lines", float(off), 0.0, 1e-4)
            self.claim("points between lie between", float(np.clip(t, 0, 1).sum()), float(t.sum()), 1e-4)
