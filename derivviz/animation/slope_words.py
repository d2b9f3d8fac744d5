"""What the lesson of the derivative says of a function, in both languages, by the shape of its graph."""

from __future__ import annotations

import math

from derivviz.animation.numerals import plain
from derivviz.calculus.shape import Shape

COLOURS = (
    (1, "> 0", "$f$ increases", "$f$는 증가"),
    (-1, "< 0", "$f$ decreases", "$f$는 감소"),
    (0, "= 0", "$f$ stays level", "$f$는 일정"),
)
"""Sign, relation, and what it means."""

Told = dict[str, str]


def gaps(shape: Shape) -> Told | None:
    """Where there is no slope, if there are such places."""
    if shape.kinks:
        one = shape.kinks[0]
        at = plain(one.x)
        if math.isinf(one.left) or math.isinf(one.right):
            return {
                "en": f"At x = {at} the tangent stands upright: it has no slope, and f′ runs out of the picture.",
                "ko": f"x = {at}에서는 접선이 수직이어서 기울기가 없다. f′은 화면 밖으로 달아난다.",
            }
        left, right = plain(round(one.left, 6)), plain(round(one.right, 6))
        return {
            "en": f"At x = {at} there is a corner and no tangent: f′ leaps from {left} to {right}.",
            "ko": f"x = {at}에서는 뾰족해서 접선이 없다. f′의 값은 왼쪽에서 {left}, 오른쪽에서 {right}이다.",
        }
    if shape.breaks:
        return {
            "en": f"At x = {plain(shape.breaks[0].x)} the curve breaks off: no slope there, so f′ has a gap.",
            "ko": f"x = {plain(shape.breaks[0].x)}에서는 곡선이 끊겨 기울기가 없다. 그래서 f′도 끊긴다.",
        }
    return None


def zeros(shape: Shape) -> Told:
    """What f′ does below summits and valleys."""
    smooth = [one for one in shape.extrema if one.smooth]
    if all(one.sign == 0 for one in shape.stretches):
        return {
            "en": "The tangent is level everywhere: all slopes are 0, and f′ is the x-axis itself.",
            "ko": "접선은 어디서나 수평이다. 모든 기울기가 0이어서 f′은 x축과 겹친다.",
        }
    if smooth:
        kinds = {one.maximum for one in smooth}
        many = "s" if len(smooth) > 1 else ""
        en = "the summit and the valley" if len(smooth) == 2 else "every summit and every valley"
        ko = "극대점과 극소점"
        if kinds == {True}:
            en, ko = f"the summit{many}", "극대점"
        elif kinds == {False}:
            en, ko = f"the valley{many}", "극소점"
        return {
            "en": f"Look straight below {en} of f: exactly there f′ crosses zero.",
            "ko": f"f의 {ko} 바로 아래를 보자. 정확히 그곳에서 f′이 0을 지난다.",
        }
    if shape.extrema:
        name = ("summit", "극대") if shape.extrema[0].maximum else ("valley", "극소")
        return {
            "en": f"There is a {name[0]} without a level tangent: f′ changes its sign there without being 0.",
            "ko": f"여기는 {name[1]}이지만 수평인 접선이 없다. f′은 0을 거치지 않고 부호를 바꾼다.",
        }
    if shape.zeros:
        at = plain(shape.zeros[0])
        return {
            "en": f"At x = {at} the tangent is level, yet f′ only touches zero: no summit, no valley.",
            "ko": f"x = {at}에서 접선은 수평이지만 f′의 부호가 바뀌지 않는다. 극값이 아니다.",
        }
    return {
        "en": "f′ is nowhere zero here. So f has neither a summit nor a valley.",
        "ko": "이 구간에서 f′은 0이 되지 않는다. 그래서 f에는 극값이 없다.",
    }


def signs(shape: Shape) -> Told:
    """What the sign of f′ says."""
    found = {one.sign for one in shape.stretches}
    if found == {1}:
        return {
            "en": "f′ stays above zero, so wherever f is drawn, it climbs.",
            "ko": "f′이 늘 양수이므로, f는 그려진 곳마다 증가한다.",
        }
    if found == {-1}:
        return {
            "en": "f′ stays below zero, so wherever f is drawn, it falls.",
            "ko": "f′이 늘 음수이므로, f는 그려진 곳마다 감소한다.",
        }
    if found == {0}:
        return {
            "en": "Slope 0 all the way: f neither climbs nor falls.",
            "ko": "기울기가 줄곧 0이므로, f는 증가하지도 감소하지도 않는다.",
        }
    return {
        "en": "Where f′ is above zero, f climbs. Where f′ is below zero, f falls.",
        "ko": "f′이 양수인 구간에서 f는 증가하고, 음수인 구간에서 f는 감소한다.",
    }


def bends(shape: Shape) -> Told:
    """What the turns of f′ say."""
    points = shape.inflections
    if not points:
        level = shape.bend.sympy == 0
        if level and not shape.kinks and not shape.breaks:
            return {
                "en": "f′ is a level line: the slope never changes. Its own derivative, f″, is 0.",
                "ko": "f′은 수평인 직선이다. 기울기가 변하지 않으므로 f′의 도함수 f″은 0이다.",
            }
        if level:
            return {
                "en": "Wherever f′ has a value it stays level: its slope f″ is 0, and f does not bend.",
                "ko": "f′은 값이 있는 곳마다 수평이다. 그래서 f′의 기울기 f″은 0이고, f는 휘지 않는다.",
            }
        return {
            "en": "f′ has a slope too: f″. It does not pass zero here, so f has no point of inflection.",
            "ko": "f′에도 기울기 f″이 있다. 여기서는 f″이 0을 지나지 않아 f에 변곡점이 없다.",
        }
    if len(points) > 1:
        return {
            "en": f"f′ turns {len(points)} times. At every turn f″ is 0, and f bends the other way: inflection.",
            "ko": f"f′의 극값은 {len(points)}개이다. 그곳마다 f″ = 0이고 f는 휘는 방향을 바꾼다. 변곡점이다.",
        }
    at, slope = points[0].x, shape.slope(points[0].x)
    step = 1e-3 * (shape.high - shape.low)
    summit = shape.bend(at - step) > 0
    if (slope > 0) == summit and slope != 0 and not shape.breaks and not shape.kinks:
        way = ("climbs", "증가") if summit else ("falls", "감소")
        return {
            "en": f"f {way[0]} most steeply at x = {plain(at)}: f′ turns, f″ is 0, and f bends the other way.",
            "ko": f"f는 f′이 극값을 갖는 x = {plain(at)}에서 가장 가파르게 {way[1]}한다. 그곳은 f″ = 0인 변곡점이다.",
        }
    return {
        "en": f"f′ turns at x = {plain(at)}. There f″ = 0, and f bends the other way: a point of inflection.",
        "ko": f"f′은 x = {plain(at)}에서 극값을 갖는다. 그곳에서 f″ = 0이고 f는 휘는 방향을 바꾼다. 변곡점이다.",
    }


def notations(slashes: bool) -> list[tuple[str, str, str, str]]:
    """Three names in both languages, and how each wrote the first and the second derivative."""
    leibniz = (
        ("dif y \\/ dif x", "dif^2 y \\/ dif x^2")
        if slashes
        else ("frac(dif y, dif x)", "frac(dif^2 y, dif x^2)")
    )
    return [
        ("Newton", "뉴턴", "dot(y)", "dot.double(y)"),
        ("Lagrange", "라그랑주", "f'(x)", "f''(x)"),
        ("Leibniz", "라이프니츠", *leibniz),
    ]
