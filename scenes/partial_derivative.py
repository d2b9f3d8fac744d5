"""Partial derivatives · 편미분

A surface has a slope in every direction; the two along the axes make the gradient, which tells all the others.

곡면은 방향마다 기울기가 다르다. 두 축 방향의 기울기로 만든 기울기벡터가 나머지를 모두 알려 준다.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import (
    LEFT,
    UP,
    Animation,
    Arrow,
    Create,
    FadeIn,
    FadeOut,
    GrowArrow,
    GrowFromCenter,
    Indicate,
    Restore,
    UpdateFromAlphaFunc,
    VGroup,
    smooth,
)

from derivviz.animation import Formula, Lesson, Morph, parameter
from derivviz.animation.directions import arrow, way_of
from derivviz.animation.frame import shape
from derivviz.animation.hillside import along, closes, is_level, right_angle, steepest_walk
from derivviz.animation.levelpoint import LevelPoint
from derivviz.animation.lines import Segments, dot
from derivviz.animation.numerals import plain, short
from derivviz.animation.placing import place
from derivviz.animation.slices import Slice, partial_laws
from derivviz.animation.stage import color
from derivviz.animation.surface_frame import SurfaceFrame, function_formula, told_size
from derivviz.calculus.difference import exact
from derivviz.calculus.field import VARIABLES, Field, direction, heights, value_and_gradient
from derivviz.calculus.symbolic import to_sympy
from derivviz.errors import UsageError

AZIMUTHS = (30, 60, 120, 150, 210, 240, 300, 330)
ARROW = 1.7  # units of the frame that the gradient is drawn long on the map


class PartialDerivative(Lesson):
    """Slices of a surface, its contour map, and the gradient, for any function of x and y."""

    aspects = ("16:9", "9:16", "1:1")

    @dataclass(frozen=True)
    class Parameters:
        function: Field = parameter("x^2 + x*y + 2*y^2", "The function of x and y")
        at_x: float = parameter(1.0, "x of the point P", minimum=-1000, maximum=1000)
        at_y: float = parameter(1.0, "y of the point P", minimum=-1000, maximum=1000)
        reach: float = parameter(2.0, "How far around P the surface is shown", minimum=0.05, maximum=1000)

    def construct(self) -> None:
        self.prepare()
        self.heading = self.title()
        self.the_surface()
        self.slices: dict[str, Slice] = {}
        self.cut("x")
        self.cut("y")
        self.from_above()
        if self.level:
            self.level_point = LevelPoint(self, self.f, self.at)
            self.level_point.tell()
            return
        self.every_direction()
        self.the_gradient()
        self.the_rule()
        self.up_and_down()

    def prepare(self) -> None:
        """Everything that the pictures say, worked out first."""
        p = self.parameters
        self.f, self.at, r = p.function, np.array([p.at_x, p.at_y]), p.reach
        self.z, self.slope = value_and_gradient(self.f, *self.at)
        self.ranges = (p.at_x - r, p.at_x + r), (p.at_y - r, p.at_y + r)
        self.heights = heights(self.f, *self.ranges, self.z)
        self.steepness = float(np.hypot(*self.slope))
        self.level = is_level(self.f, self.at, r, self.heights)
        self.formula = function_formula(self.f)
        if self.formula is None:
            raise UsageError(
                f"{self.f.text[:40]}… is too long to be drawn legibly: use a shorter function, of about 60 signs"
            )

    # ---- the surface and its slices ---------------------------------------------------------------------

    def the_surface(self) -> None:
        self.places = SurfaceFrame(self.formula)
        self.terrain = self.places.terrain(self.f, self.ranges, self.heights)
        azimuth = next((a for a in AZIMUTHS if self.terrain.visible(*self.at, self.z, a)), AZIMUTHS[0])
        self.axes = self.places.axes(self.terrain.turn(azimuth), self.places.edge)
        self.here = self.terrain.point(*self.at, self.z)
        self.p = dot(self.here)
        self.p_name = place(Formula("P", "label"), self.here, [self.axes])
        self.laws, self.told_x = partial_laws(self.f, self.slope, self.places.laws, self.places.width)
        if shape() == "tall":
            self.places.alone()
        self.say(
            en="Over every point (x, y) of the ground there is a height z. How steep is it at P?",
            ko="땅의 점 (x, y)마다 높이 z가 정해진 곡면이 있다. 점 P에서는 얼마나 가파를까?",
        )
        self.play(FadeIn(self.terrain.turn(azimuth - 24)), FadeIn(self.formula), run_time=0.9)
        turn = UpdateFromAlphaFunc(
            self.terrain, lambda m, alpha: m.turn(azimuth - 24 * (1 - alpha)), rate_func=smooth
        )
        self.play(turn, run_time=2.0)
        self.play(FadeIn(self.axes), GrowFromCenter(self.p), FadeIn(self.p_name), run_time=0.7)

    def cut(self, name: str) -> None:
        """The slice through P along x or y: on the surface, as a curve of its own, and its slope."""
        n = VARIABLES.index(name)
        still, slope = self.at[1 - n], self.slope[n]
        if n == 0:
            self.say(
                en=f"That depends on the way you walk. Cut along x first: y stays at {plain(still)}.",
                ko=f"그것은 어느 쪽으로 걷느냐에 달렸다. 먼저 y를 {plain(still)}에 고정하고 x 방향으로 자른다.",
            )
        else:
            self.say(
                en=f"Now cut the other way: x stays at {plain(still)}, and only y changes.",
                ko=f"이번에는 x를 {plain(still)}에 고정하고 y 방향으로 자른다.",
            )
            if self.laws[0].markup != self.told_x.markup:  # room for the other one
                self.play(Morph(self.laws[0], self.told_x), run_time=0.7)
                self.laws.submobjects[0] = self.told_x
        gone = self.make_room() if n == 0 else []
        top = self.laws.get_bottom()[1] - 0.45
        left, right, foot = self.places.slices
        cut = Slice(self.f, self.at, n, slope, self.terrain, left=left, right=right, top=top, foot=foot)
        self.play(cut.front.animate.set_opacity(0.06), *gone, run_time=0.9)
        self.play(FadeIn(cut.wall), Create(cut.edge), run_time=0.9)
        self.add(self.p)
        self.play(FadeIn(cut.plane), Create(cut.curve), run_time=0.9)
        self.say(
            en=f"What is left is a curve in {name}, with an ordinary slope: the partial derivative.",
            ko=f"남은 것은 {name}만의 곡선이다. 그 기울기가 {name}에 대한 편미분계수이다.",
        ) if n == 0 else self.say(
            en=f"The slope along y is {plain(float(f'{slope:.4g}'))}: the partial derivative with respect to y.",
            ko=f"y 방향의 기울기는 {plain(float(f'{slope:.4g}'))}이다. y에 대한 편미분계수이다.",
        )
        self.play(Create(cut.tangent), Create(cut.line), GrowFromCenter(cut.here), run_time=1.0)
        self.add(self.p)
        self.play(FadeIn(self.laws[n], shift=UP * 0.15), run_time=0.8)
        self.wait(0.9)
        self.claim(f"slope of the slice along {name}", cut.plane.slope_of(cut.tangent), self.exact_slope(n))
        self.claim(f"the slice along {name} meets P", cut.plane.numbers(cut.here.get_center())[1], self.z)
        self.slices[name] = cut
        self.play(FadeOut(cut.all), cut.front.animate.set_opacity(1), run_time=0.8)

    def make_room(self) -> list[Animation]:
        """For the slices: in a square frame the surface, which filled it, steps aside at once."""
        if shape() != "square":
            return [FadeOut(self.p_name), *([Restore(self.formula)] if shape() == "tall" else [])]
        gone = FadeOut(self.axes, self.p_name, run_time=0.4)
        self.axes, move = self.places.aside(self.terrain, self.p, self.at)
        self.here = self.terrain.point(*self.at, self.z)
        self.play(gone, move, run_time=1.2)
        return [FadeIn(self.axes)]

    def exact_slope(self, n: int) -> float:
        """∂f/∂x or ∂f/∂y at P, worked out by SymPy in exact numbers."""
        place = {name: exact(float(value)) for name, value in zip(VARIABLES, self.at, strict=True)}
        return float(to_sympy(self.f.partial(VARIABLES[n]).tree, place))

    # ---- the map ----------------------------------------------------------------------------------------

    def from_above(self) -> None:
        self.say(
            en="There are countless other directions. Contour lines join points of one height.",
            ko="그런데 방향은 끝없이 많다. 위에서 내려다보자. 등고선은 높이가 같은 점들을 잇는다.",
        )
        self.map = self.places.map(self.f, self.at, self.parameters.reach, self.ranges, self.heights)
        self.spot = self.map.point(*self.at)
        self.contour = self.map.highlighted(self.z)
        self.map_p = dot(self.spot)
        leaving = [] if shape() == "square" else [FadeOut(self.laws)]  # there they stay until the gradient
        self.play(*leaving, FadeIn(self.map), run_time=0.9)
        self.lifted = self.places.lifted(self.terrain, self.map.line(self.z), self.z)
        self.play(Create(self.contour), Create(self.lifted), GrowFromCenter(self.map_p), run_time=1.4)
        self.add(self.p, self.map_p)
        self.wait(0.4)

    def every_direction(self) -> None:
        """The slope in each direction, measured, against the direction."""
        self.say(
            en="Stand at P, face every direction in turn, and measure the slope there.",
            ko="P에 서서 한 바퀴 돌며, 바라보는 방향마다 기울기를 재어 보자.",
        )
        word = self.choose(en='"slope"', ko='"기울기"')
        reach = self.parameters.reach
        self.slopes = self.places.directions(self.f, self.at, self.slope, reach, word)
        gone, shown = FadeOut(self.terrain, self.axes, self.p, self.lifted), [self.slopes.plot]
        if shape() == "tall":
            self.laws = self.places.slopes_kept(self.f, self.slope)
            shown.append(self.laws)
        self.play(gone, FadeIn(*shown), run_time=0.9)
        self.slopes.spin(self, self.spot, self.map_p)
        self.say(
            en="A surprise: whatever the surface, the slopes make one single wave, a cosine.",
            ko="놀랍게도 어떤 곡면이든 기울기는 단 하나의 물결, 코사인 곡선을 그린다.",
        )
        self.play(Indicate(self.slopes.wave, 1.0, color("tangent")), run_time=1.0)
        for quarters, drawn in self.slopes.read():
            cosine = self.steepness * np.cos(np.pi / 2 * quarters - np.arctan2(*self.slope[::-1]))
            what = f"slope in the direction of {90 * quarters:.1f} degrees"
            self.claim(what, drawn / self.steepness, cosine / self.steepness, 1e-4)

    # ---- the gradient -----------------------------------------------------------------------------------

    def the_gradient(self) -> None:
        self.scale = ARROW / self.steepness  # units of the frame for a slope of 1
        way = np.array([*self.slope, 0]) * self.scale
        peak = np.arctan2(*self.slope[::-1]) / (np.pi / 2) % 4
        a, b = (plain(float(f"{s:.4g}")) for s in self.slope)
        self.say(
            en=f"The peak lies along the arrow made of the two slopes, ({a}, {b}): the gradient.",
            ko=f"가장 가파른 쪽은 두 편미분계수를 성분으로 하는 화살표 ({a}, {b})의 방향이다. 기울기벡터이다.",
        )
        corner = self.spot + way * [1, 0, 0]
        self.legs = Segments([[self.spot, corner], [corner, self.spot + way]], "parameter", 4)
        self.gradient = arrow(self.spot, way, "tangent", 7)
        self.peak = Segments([self.slopes.plane.point([peak, peak], [0, self.steepness])], "tangent", 3)
        self.name = Formula("nabla f", "label", "tangent")
        avoid = [self.map, self.gradient, self.contour, self.legs]
        place(self.name, self.spot + way, avoid)
        self.map.room_for(self.name)
        told = Formula(f"nabla f = ({', '.join(short(s) for s in self.slope)})", told_size(), "tangent")
        told.move_to(self.places.told, LEFT)
        length = Formula(f"abs(nabla f) = {short(self.steepness)}", "label", "tangent")
        avoid = [self.slopes.plot, self.slopes.wave, self.peak, told, self.heading]
        if shape() != "wide":
            avoid.append(self.map)
        place(length, self.peak.points[-1], avoid)
        self.slopes.plane.room_for(length)
        self.play(Create(self.legs), run_time=0.9)
        leaving = [] if shape() == "wide" else [FadeOut(self.laws)]
        self.play(GrowArrow(self.gradient), FadeIn(self.name, told), *leaving, run_time=0.9)
        self.add(self.map_p)
        self.play(Create(self.peak), FadeIn(length), run_time=0.8)
        self.wait(0.5)
        self.told, self.length = told, length
        self.say(
            en="Along the contour line the slope is 0: the gradient stands at a right angle to it.",
            ko="등고선을 따라가면 높이가 그대로이니 기울기는 0이다. 기울기벡터는 등고선과 수직이다.",
        )
        zeros = [dot(self.slopes.plane.point(q, 0), "ink") for q in sorted(((peak + 1) % 4, (peak + 3) % 4))]
        self.corner = right_angle(self.spot, way)
        self.play(FadeOut(self.legs), Create(self.corner), *(GrowFromCenter(z) for z in zeros), run_time=0.9)
        self.add(self.map_p)
        self.play(Indicate(self.contour, 1.0, color("function")), run_time=0.9)
        self.zeros = VGroup(*zeros)

    def the_rule(self) -> None:
        u = direction(np.arctan2(*self.slope[::-1]) + np.pi / 3)
        angle = np.arctan2(u[1], u[0]) / (np.pi / 2) % 4
        self.say(
            en="One rule for all directions: gradient times u. At 60° off, half the slope is left.",
            ko="어느 방향이든 기울기는 기울기벡터와 u의 내적이다. 60° 벗어나면 절반만 남는다.",
        )
        law = Formula("D_bold(u) f = nabla f dot bold(u) = abs(nabla f) cos phi", told_size())
        law.move_to(self.places.told, LEFT)
        self.u = way_of(float(angle), self.spot)
        self.spot_u = dot(self.slopes.plane.point(angle, float(self.slope @ u)), "parameter")
        avoid = [self.map, self.u, self.gradient, self.name, self.contour, self.corner]
        name = place(Formula("bold(u)", "label", "parameter"), self.u.get_end(), avoid)
        self.map.room_for(self.name, name)
        self.play(FadeOut(self.told), FadeIn(law), run_time=0.7)
        self.play(GrowArrow(self.u), FadeIn(name), GrowFromCenter(self.spot_u), run_time=0.8)
        self.add(self.map_p)
        self.wait(1.2)
        drawn = (self.u.get_end() - self.u.get_start())[:2]
        drawn /= np.linalg.norm(drawn)
        slope = self.slopes.plane.numbers(self.spot_u.get_center())[1]
        self.claim("the slope along u", slope, float(self.slope @ drawn), 1e-6 * (1 + self.steepness))
        of_plot = [self.slopes.plot, self.slopes.wave, self.peak, self.length, self.zeros, self.spot_u]
        self.leaving = [self.u, name, self.corner, *of_plot, *([] if shape() == "square" else [law])]

    def up_and_down(self) -> None:
        self.say(
            en="The gradient points straight uphill, minus the gradient straight downhill.",
            ko="기울기벡터는 가장 가파른 오르막을, 그 반대 벡터는 가장 가파른 내리막을 가리킨다.",
        )
        self.map.room_for(self.name)
        self.play(FadeOut(*self.leaving), FadeIn(self.terrain, self.axes, self.lifted, self.p), run_time=0.9)
        way = np.array([*self.slope, 0]) * self.scale
        self.minus = arrow(self.spot, -way, "parameter", 7)
        name = Formula("-nabla f", "label", "parameter")
        place(name, self.spot - way, [self.map, self.minus, self.gradient, self.name, self.contour])
        self.map.room_for(self.name, name)
        up, down = self.uphill(1, "tangent"), self.uphill(-1, "parameter")
        self.play(GrowArrow(up), GrowArrow(down), GrowArrow(self.minus), FadeIn(name), run_time=1.0)
        self.add(self.p, self.map_p)
        self.say(
            en="Step by step against the gradient: gradient descent. This is how a network learns.",
            ko="기울기벡터의 반대쪽으로 한 걸음씩 내려간다. 신경망은 이렇게 배운다. 경사하강법이다.",
        )
        rate = 0.3 * self.parameters.reach / self.steepness
        self.rate, self.walk = steepest_walk(self.f, self.at, rate, self.ranges)
        self.play(FadeOut(self.minus, name, down), run_time=0.4)
        self.map.room_for(self.name)
        self.steps: list[VGroup] = []
        for a, b in zip(self.walk[:-1], self.walk[1:], strict=True):
            ends = self.map.point(*np.array([a, b]).T)
            lifted = self.terrain.point(*np.array([a, b]).T, [self.f(*a), self.f(*b)])
            step = VGroup(Segments([ends], "parameter", 4), dot(ends[1], "parameter", 0.08))
            raised = VGroup(Segments([lifted], "parameter", 4), dot(lifted[1], "parameter", 0.08))
            self.play(FadeIn(step, raised), run_time=0.3)
            self.add(self.p, self.map_p)
            self.steps.append(step)
        self.wait(1.0)

    def uphill(self, sign: int, role: str) -> Arrow:
        """The way from P up (or down) the tangent plane, as long on the frame as on the map."""
        ahead = self.at + sign * 1e-3 * self.slope / self.steepness * self.parameters.reach
        rise = sign * 1e-3 * self.steepness * self.parameters.reach
        way = self.terrain.point(*ahead, self.z + rise) - self.here
        return arrow(self.here, way / np.linalg.norm(way) * 1.3, role, 7)

    # ---- claims -----------------------------------------------------------------------------------------

    def verify(self) -> None:
        for n, name in enumerate(VARIABLES):
            drawn = self.slices[name].plane.slope_of(self.slices[name].tangent)
            self.claim(f"slope along {name}", drawn, self.exact_slope(n))
        for n, value in enumerate(self.map.numbers(self.map_p.get_center())):
            self.claim(f"{VARIABLES[n]} of P on the map", value, self.at[n])
        if self.level:
            return
        drawn = (self.gradient.get_end() - self.gradient.get_start())[:2]
        for n, name in enumerate(VARIABLES):
            self.claim(f"part of the gradient along {name}", drawn[n] / self.scale, self.exact_slope(n))
        self.claim("length of the gradient", float(np.hypot(*drawn)) / self.scale, self.steepness)
        if not closes(self.contour, self.spot):
            cosine = along(self.contour, self.spot, drawn)
            self.claim("contour line and gradient at a right angle", cosine, 0, 0.03)
        for step, a, b in zip(self.steps, self.walk[:-1], self.walk[1:], strict=True):
            moved = self.map.numbers(step[0].points[-1]) - self.map.numbers(step[0].points[0])
            for part, true in zip(moved, -self.rate * self.f.gradient(*a), strict=True):
                self.claim("a step downhill", part, true)
            self.claim("a step goes down", float(self.f(*b) < self.f(*a)), 1)
