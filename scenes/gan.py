"""Two networks at play: the GAN · 두 신경망의 게임: GAN

A recorded game: a generator learns through the derivative of its opponent, until that vanishes, and may leave
out part of what it should make.

기록된 게임을 본다. 생성자는 상대인 판별자의 도함수를 거쳐 배운다. 그 도함수가 사라질 때가 있고, 만들어야 할 것의
일부를 빼놓을 때도 있다.
"""

from __future__ import annotations

import numpy as np
from manim import Create, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, linear

from derivviz.animation import Formula, Lesson
from derivviz.animation.arena import Bars
from derivviz.animation.board import Polyline, board_of
from derivviz.animation.frame import pick, shape
from derivviz.animation.game_frame import (
    Course,
    Tally,
    bars_place,
    board_place,
    chart,
    facts,
    make_room,
    open_large,
    shares,
)
from derivviz.animation.layout import mark
from derivviz.animation.lines import Dashed
from derivviz.animation.players import Players
from derivviz.animation.saturation import Losses, Norms, rounds_around
from derivviz.trace.game import GENERATOR, binned, read_game, surest

RIGHT_X = 3.05  # middle of the right half of a wide frame
SECONDS = 13.0  # that the game takes on screen
VANISHED = 2.0  # so many times longer must the other loss's gradient be to be called so
FLAT = 0.2  # slope up to which a loss is called nearly flat
ARRIVED = 0.1  # share of good samples from which one may speak of modes
ALIKE = 0.5  # variety below which samples are called collapsed
BINS = 80  # of a curve over the whole game


class Gan(Lesson):
    """The game, the derivative that the generator learns through, and what the generator leaves out."""

    requires = (
        "player",
        "round",
        "real_probability",
        "fake_probability",
        "saturating_gradient",
        "non_saturating_gradient",
    )
    recorded_by = "gan"
    aspects = ("16:9", "9:16", "1:1")

    def construct(self) -> None:
        self.game = read_game(self.trace)
        self.last = int(self.game.sample_rounds[-1])
        self.title()
        self.introduce()
        self.rules()
        self.play_game()
        self.standing()
        self.vanishing()
        self.measured()
        if self.game.on_ring:
            self.modes()
        else:
            self.variety()
        self.conclusion()

    # ---- who plays --------------------------------------------------------------------------------------

    def introduce(self) -> None:
        game = self.game
        self.board = board_of(game, *board_place())
        if game.on_ring:
            self.say(
                en=f"Real points come from {len(game.modes)} small clusters. A network shall learn to make some.",
                ko=f"진짜 점은 작은 무리 {len(game.modes)}곳에서 나온다. 신경망이 이런 점을 만드는 법을 배운다.",
            )
        else:
            self.say(
                en="Real pictures. A network shall learn to make more of their kind.",
                ko="진짜 그림이다. 신경망이 이런 그림을 만드는 법을 배운다.",
            )
        open_large(self, self.board)
        count = game.samples.shape[1]
        self.say(
            en=f"The generator G turns random numbers z into samples. Untrained, into these {count}.",
            ko=f"생성자 G는 난수 z를 샘플로 바꾼다. 배우기 전에는 이 {count}개를 만든다.",
        )
        low, high = self.board.untrained()
        self.players = players = Players(self, count, (low, high))
        make_room(self, self.board)
        self.play(FadeIn(players.generator), run_time=0.8)
        self.board.show_samples(self)
        greener = (" The greener, the likelier.", " 초록일수록 높다.") if game.on_ring else ("", "")
        self.say(
            en=f"The discriminator D says how likely a sample is real. Untrained: {low:.2f} … {high:.2f}.{greener[0]}",
            ko=f"판별자 D는 샘플이 진짜일 확률을 말한다. 배우기 전에는 {low:.2f}에서 {high:.2f} 사이이다.{greener[1]}",
        )
        self.play(FadeIn(players.discriminator), run_time=0.8)
        self.board.show_answers(self)

    def rules(self) -> None:
        self.say(
            en="D tries to make this sum large, which is to tell them apart. G tries to make it small.",
            ko="D는 이 합을 키우려 한다. 둘을 구별하려는 것이다. G는 줄이려 한다.",
        )
        self.players.show_value(self)

    # ---- the game ---------------------------------------------------------------------------------------

    def play_game(self) -> None:
        self.say(
            en=f"In turn, each goes a step along its derivative. Here are all {self.last} rounds.",
            ko=f"번갈아 각자의 도함수를 따라 한 걸음씩 간다. 기록된 {self.last}라운드를 모두 보자.",
        )
        self.chart = plane = chart((0, self.last), (0, 1), wide=(6.2, 3.2, [RIGHT_X + 0.2, -0.55, 0]))
        draw = Dashed(plane.point(0, 0.5), plane.point(self.last, 0.5), "muted", 2.5, 0.12, 0.1)
        courses = {
            name: Course(markup, role, *binned(*self.game.curve(f"{name}_probability"), BINS))
            for name, markup, role in (("real", "D(x)", "positive"), ("fake", "D(G(z))", "negative"))
        }
        self.lines = {name: Polyline(plane, c.at, c.values, c.role) for name, c in courses.items()}
        plane.keep_clear(draw, *self.lines.values())
        places = [1.55, 1.75, 0], [4.85, 1.75, 0]
        tally = Tally(
            self, en="round", ko="라운드", courses=[*courses.values()], span=(0, self.last), wide=places
        )
        self.play(FadeOut(self.players.everything()), run_time=0.5)
        self.play(FadeIn(plane, mark(draw, backdrop=True), tally), run_time=0.6)

        def at(mobject: Group, alpha: float) -> None:
            self.board.at_round(alpha * self.last)
            tally.show(alpha * self.last)
            for line in self.lines.values():
                line.until(alpha * self.last)

        everything = Group(self.board.whole(), *self.lines.values(), tally)
        self.play(UpdateFromAlphaFunc(everything, at), run_time=SECONDS, rate_func=linear)
        self.chart_parts = Group(plane, draw, tally, *self.lines.values())

    def standing(self) -> None:
        """Where both probabilities are at the end, as means of the last tenth of the rounds."""
        ends = []
        for name in ("real", "fake"):
            at, values = self.game.curve(f"{name}_probability")
            ends.append(float(values[at > 0.9 * self.last].mean()))
        apart = ends[0] - ends[1] > 0.1
        self.say(
            en=f"Against a perfect G, D could only guess: 1/2. The last tenth has {ends[0]:.2f} and {ends[1]:.2f}"
            + (": D still tells them apart." if apart else ", close to it."),
            ko=f"G가 완벽하면 D는 찍을 수밖에 없어 1/2이 된다. 마지막 10분의 1은 {ends[0]:.2f}와 {ends[1]:.2f}이다. "
            + ("D가 아직 구별한다." if apart else "거의 그렇다."),
        )
        self.wait(0.5)

    # ---- the derivative that vanishes -------------------------------------------------------------------

    def vanishing(self) -> None:
        self.sure = sure = surest(self.trace)
        d = sure.probability
        self.say(
            en=f"Back to round {sure.round}: D gives G's samples only {d:.2f}. Can G learn from that?",
            ko=f"{sure.round}라운드로 돌아가자. D는 G의 샘플에 {d:.2f}만 준다. G는 여기서 배울 수 있을까?",
        )
        self.play(FadeOut(self.chart_parts, self.board.whole()), run_time=0.5)
        left, right = pick(
            wide=([-4.05, -0.25, 0], [RIGHT_X - 0.5, -0.25, 0]),
            tall=([0, 2.9, 0], [0, -2.45, 0]),
            square=([0, 2.2, 0], [0, -2.2, 0]),
        )
        self.zoomed = rounds_around(self, self.game, sure, left)
        self.losses = Losses(d, right)
        self.play(FadeIn(self.zoomed), run_time=0.8)
        self.play(FadeIn(self.losses.plane), run_time=0.5)
        self.losses.show_curve(self, 0)
        flat = (": nearly flat", " 거의 평평하다.") if d < FLAT else ("", "")
        self.say(
            en=f"In the game itself G makes ln(1~−~D) small. Its slope by the logit is −D~=~−{d:.2f}{flat[0]}.",
            ko=f"게임 그대로라면 G는 ln(1~−~D)를 줄인다. 로짓에 대한 기울기는 −D~=~−{d:.2f}이다.{flat[1]}",
        )
        self.losses.show_tangent(self, 0)
        self.say(
            en=f"−ln~D wants the same of G, but its slope is −(1~−~D)~=~−{1 - d:.2f}: the non-saturating loss.",
            ko=f"−ln~D를 줄여도 뜻은 같지만 기울기는 −(1~−~D)~=~−{1 - d:.2f}이다. 이것이 비포화 손실이다.",
        )
        self.losses.show_curve(self, 1)
        self.losses.show_tangent(self, 1)

    def measured(self) -> None:
        ratio = self.sure.ratio
        vanished = ratio >= VANISHED
        self.say(
            en=f"Measured there, at the same weights: by −ln~D the gradient is {ratio:.1f} times as long."
            + ("" if vanished else " D was never surer than that in this game."),
            ko=f"그때 같은 가중치에서 쟀다. −ln~D의 그래디언트가 {ratio:.1f}배 길다."
            + ("" if vanished else " 이 게임에서 D가 이보다 확신한 적은 없다."),
        )
        self.play(FadeOut(self.losses), run_time=0.5)
        corner, below = pick(
            wide=([0.1, 1.6, 0], [RIGHT_X, -1.7, 0]),
            tall=([-3.3, -0.5, 0], [0, -4.4, 0]),
            square=([-5, -0.4, 0], [0, -4.2, 0]),
        )
        self.norms = Norms(self.sure, corner)
        told = self.words(
            en="length of the gradient of all of G's weights",
            ko="G의 모든 가중치에 대한 그래디언트의 길이",
            size=pick(wide="tick", tall=36, square=36),
            fill="muted",
        ).move_to(below)
        self.play(FadeIn(self.norms, told), run_time=0.8)
        saturating = self.trace.attrs.get("options", {}).get("generator_loss") == "saturating"
        loss = "ln(1~−~D)" if saturating else "−ln~D"
        self.say(en=f"This game was played with {loss}.", ko=f"이 게임에서 G가 줄인 손실은 {loss}이다.")
        self.wait(0.3)
        self.rest = Group(self.norms, told, self.zoomed)

    # ---- what is left out -------------------------------------------------------------------------------

    def modes(self) -> None:
        game = self.game
        self.final = served = game.served(game.samples[-1])
        count, total = len(game.modes), int(served.nearest.sum())
        fair = total / count
        self.say(
            en=f"The end: how many of the {total} points are nearest to each cluster? Filled: those inside it.",
            ko=f"마지막 모습이다. 점 {total}개는 각각 어느 무리에 가장 가까울까? 칠한 부분은 그 안에 든 점이다.",
        )
        self.bars = Bars(*bars_place(), served, "negative")
        lost, good = count - served.held, served.good_share
        told, later = shares(self, served, [RIGHT_X, 2.3, 0], every=good >= ARRIVED)
        parts = Group(self.bars, told, self.board.numbered())
        self.play(FadeOut(self.rest), run_time=0.4)
        self.play(FadeIn(self.board.whole()), run_time=0.6)
        self.play(FadeIn(parts), run_time=0.8)
        if good < ARRIVED:
            en = f"Only {good:.0%} are inside one: too early to say which clusters G leaves out."
            ko = f"무리 안에 든 점은 {good:.0%}뿐이다. G가 무엇을 빼놓는지 말하기에는 이르다."
        elif lost:
            en = (
                f"{good:.0%} are inside one, but {lost} of {count} clusters get not even a tenth of their share: "
                "mode collapse."
            )
            ko = f"{good:.0%}가 무리 안에 들지만, {count}곳 중 {lost}곳은 제 몫의 10분의 1도 못 받는다. 모드 붕괴이다."
        else:
            en = f"{good:.0%} are inside one, and all {count} get at least a tenth of their share: no mode collapse."
            ko = f"{good:.0%}가 무리 안에 들고, {count}곳 모두 제 몫의 10분의 1은 받는다. 모드 붕괴는 없었다."
        self.say(en=en, ko=ko)
        if later:
            self.play(FadeIn(later), run_time=0.6)
        self.wait(0.6)
        missed, green = served.good < fair / 10, self.board.answers_at(game.modes)
        if good >= ARRIVED and lost and green[missed].mean() > green[~missed].mean():
            self.say(
                en="Where it is still green, D would take points for real. G does not go there.",
                ko="아직 초록인 곳에서 D는 점을 진짜로 여길 것이다. 그러나 G는 그곳에 가지 않는다.",
            )
            self.wait(0.4)
        self.rest = Group(told, later) if shape() == "square" else parts

    def variety(self) -> None:
        at, values = self.game.curve("diversity")
        end, least = float(values[-1]), float(values[1:].min())
        self.say(
            en="Does G repeat itself? How far apart are two samples on average, if two real pictures are 1 apart?",
            ko="G는 같은 것만 되풀이할까? 진짜 그림 두 장의 평균 거리를 1이라 할 때 샘플 두 개의 평균 거리를 보자.",
        )
        self.play(FadeOut(self.rest), run_time=0.4)
        self.play(FadeIn(self.board.whole()), run_time=0.8)
        top = max(1.1, 1.05 * float(values.max()))
        plane = chart((0, self.last), (0, top), wide=(6.2, 3.6, [RIGHT_X + 0.2, -0.3, 0]), headed=False)
        fair = mark(
            Dashed(plane.point(0, 1), plane.point(self.last, 1), "muted", 2.5, 0.12, 0.1), backdrop=True
        )
        self.variety_plane, self.variety_line = plane, Polyline(plane, at, values, "negative")
        plane.keep_clear(self.variety_line)
        self.play(FadeIn(plane, fair), run_time=0.5)
        self.play(Create(self.variety_line), run_time=1.4)
        alike = end < ALIKE
        self.say(
            en=f"At the end {end:.2f}, at least {least:.2f}: "
            + ("G repeats itself. This is mode collapse." if alike else "no mode collapse in this game."),
            ko=f"마지막에 {end:.2f}, 가장 작을 때 {least:.2f}이다. "
            + ("되풀이하고 있다. 모드 붕괴이다." if alike else "이 게임에서 모드 붕괴는 없었다."),
        )
        self.rest = Group(plane, fair, self.variety_line)
        if shape() == "square":
            self.rest = facts(
                self,
                (f"{end:.2f}", "negative", "apart at the end", "마지막 평균 거리"),
                (f"{least:.2f}", "negative", "at the least", "가장 작을 때"),
            )
            self.play(FadeIn(self.rest), run_time=0.6)

    def conclusion(self) -> None:
        self.say(
            en="All that G learns comes through D's derivative. Where that is 0, it learns nothing.",
            ko="G가 배우는 것은 모두 D의 도함수를 거쳐 온다. 그것이 0이면 아무것도 배우지 못한다.",
        )
        chain = (
            "frac(partial {{L : l}}, partial theta_G) = frac(partial {{L : l}}, partial D) dot"
            " {{frac(partial D, partial G(z)) : t}} dot frac(partial G(z), partial theta_G)"
        )
        size, place = pick(wide=(50, [RIGHT_X, -0.2, 0]), tall=(58, [0, -2.9, 0]), square=(80, [0, -3.1, 0]))
        last = Formula(chain, size, l="loss", t="tangent").move_to(place)
        self.play(FadeOut(self.rest), run_time=0.4)
        self.play(FadeIn(last), run_time=0.8)
        self.wait(0.8)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        game, trace = self.game, self.trace
        step = (trace["round"] == self.sure.round) & (trace["player"] == GENERATOR)
        recorded = float(trace["fake_probability"][step][0])
        self.claim("slope of ln(1 − D)", self.losses.slope(0), -recorded, 1e-4)
        self.claim("slope of −ln D", self.losses.slope(1), recorded - 1, 1e-4)
        norms = [float(trace[f"{name}_gradient"][step][0]) for name in ("saturating", "non_saturating")]
        self.claim(
            "the bars are as long as the recorded gradients", self.norms.ratio(), norms[1] / norms[0], 1e-4
        )
        for name, line in self.lines.items():
            means = binned(*game.curve(f"{name}_probability"), BINS)[1]
            drawn = [self.chart.numbers(p)[1] for p in (line.points[0], line.points[-1])]
            for shown, true in zip(drawn, (means[0], means[-1]), strict=True):
                self.claim(f"an end of the curve of D, {name}", shown, float(true), 1e-4)
        self.board.verify(self)
        if game.on_ring:
            self.bars.verify(self, game.served(game.samples[-1]))
        else:
            end = self.variety_plane.numbers(self.variety_line.points[-1])
            self.claim("variety at the end", end[1], float(game.curve("diversity")[1][-1]), 1e-4)
        self.claim("the round on the board", self.board.now, float(np.max(game.sample_rounds)))
