"""What the tangent lesson says of a point, by the kind of point it is, in both languages."""

from __future__ import annotations

from typing import Any, TypedDict

import sympy

from derivviz.calculus.differentiability import Kind, Point, swings
from derivviz.look.numerals import plain


class Told(TypedDict):
    """A sentence in both languages."""

    en: str
    ko: str


NAMES: dict[Kind, Told] = {
    "smooth": {"en": "*derivative*", "ko": "*미분계수*"},
    "corner": {"en": "*P is a corner*", "ko": "*P는 꺾인 점*"},
    "cusp": {"en": "*P is a cusp*", "ko": "*P는 첨점*"},
    "vertical": {"en": "*vertical tangent at P*", "ko": "*P에서 수직인 접선*"},
    "jump": {"en": "*f is not continuous at P*", "ko": "*P에서 불연속*"},
    "oscillation": {"en": "*endless oscillation at P*", "ko": "*P에서 끝없이 진동*"},
    "end": {"en": "*P is an end of the domain*", "ko": "*P는 정의역의 끝점*"},
}
"""What each kind of point is called."""


def gap(point: Point) -> Told:
    """How P was chosen where the formula has no value."""
    x, y = plain(float(point.x)), plain(float(point.y))
    if point.kind == "jump":
        right = point.right is not None and point.right.value == point.y
        return {
            "en": f"At x = {x} the formula has no value, and the curve jumps. "
            f"Let P be its {'right' if right else 'left'} end, at y = {y}.",
            "ko": f"x = {x}에서 식의 값은 없고 곡선은 끊어져 있다. "
            f"{'오른쪽' if right else '왼쪽'} 끝인 y = {y}인 점을 P라 하자.",
        }
    return {
        "en": f"At x = {x} the formula has no value, but the curve leads up to y = {y}. Let P fill the gap.",
        "ko": f"x = {x}에서 식의 값은 없지만 곡선은 y = {y}에 한없이 가까워진다. 그 자리를 P로 채우자.",
    }


def enlarged(point: Point, times: str) -> Told:
    """What the magnifying glass shows at last."""
    en, ko = {
        "smooth": ("the curve looks like a straight line.", "곡선이 직선처럼 보인다."),
        "vertical": ("the curve looks like an upright line.", "곡선이 수직인 직선처럼 보인다."),
        "corner": ("the corner is still a corner.", "꺾인 곳은 그대로 꺾여 있다."),
        "cusp": ("the point is as sharp as ever.", "뾰족한 끝은 더욱 뾰족해 보인다."),
        "jump": ("the curve is still torn apart at P.", "곡선은 P에서 여전히 끊어져 있다."),
        "oscillation": ("the curve swings as wildly as before.", "곡선은 여전히 심하게 진동한다."),
        "end": ("the curve still ends at P.", "곡선은 여전히 P에서 끝난다."),
    }[point.kind]
    start = "Even enlarged" if point.kind not in ("smooth", "vertical") else "Enlarged"
    to = "확대해도" if start != "Enlarged" else "확대하면"
    return {"en": f"{start} {times} times, {en}", "ko": f"{times}배로 {to} {ko}"}


def approach(point: Point) -> Told:
    """What the slopes do on both sides, as Q comes near."""
    told = {way: _limit(side.slope) for way, side in (("l", point.left), ("r", point.right)) if side}
    if len(told) == 1:
        (way, (en, ko, _)) = next(iter(told.items()))
        side = ("left", "왼쪽") if way == "l" else ("right", "오른쪽")
        return {
            "en": f"From the {side[0]}, the only side there is, the slopes {en}.",
            "ko": f"P의 {side[1]}에서만 다가갈 수 있고, 기울기는 {ko}.",
        }
    left, right = told["l"], told["r"]
    if left == right:
        return {"en": f"From both sides the slopes {left[0]}.", "ko": f"기울기는 양쪽에서 모두 {left[1]}."}
    return {
        "en": f"From the left the slopes {left[0]}, from the right they {right[0]}.",
        "ko": f"기울기는 P의 왼쪽에서 {left[2]}, 오른쪽에서 {right[1]}.",
    }


def verdict(point: Point) -> tuple[Told, Told]:
    """What kind of point it is, and what follows for the derivative."""
    x = plain(float(point.x))
    if point.kind == "corner":
        return (
            {
                "en": "The curve has a corner at P: its two half-tangents do not make one line.",
                "ko": "P는 곡선이 꺾인 점이다. 양쪽의 접선이 서로 달라 하나의 직선이 되지 않는다.",
            },
            {
                "en": "The two limits differ: f is continuous at P, but there is no tangent and no derivative.",
                "ko": "좌극한과 우극한이 다르다. f는 P에서 연속이지만 접선도 미분계수도 없다.",
            },
        )
    if point.kind == "cusp":
        return (
            {
                "en": "Both sides meet in a sharp point with one upright half-tangent: a cusp.",
                "ko": "양쪽이 수직인 반직선에 접하며 뾰족하게 만난다. 이런 점을 첨점이라 한다.",
            },
            {
                "en": "The slopes grow beyond every bound: f is continuous at P, but it has no derivative there.",
                "ko": "기울기가 한없이 커지거나 작아진다. f는 P에서 연속이지만 미분가능하지 않다.",
            },
        )
    if point.kind == "vertical":
        return (
            {
                "en": f"The secants turn upright: P has a vertical tangent, the line x = {x}.",
                "ko": f"할선이 수직으로 일어선다. P에서의 접선은 x축에 수직인 직선 x = {x}이다.",
            },
            {
                "en": "A line that stands upright has no slope: there is a tangent, but no derivative.",
                "ko": "수직인 직선에는 기울기가 없다. 접선은 있지만 미분계수는 없다.",
            },
        )
    if point.kind == "jump":
        return (
            {"en": _jump(point)[0], "ko": _jump(point)[1]},
            {
                "en": "Where a function is not continuous, it has no derivative.",
                "ko": "연속이 아닌 점에서는 미분가능하지 않다.",
            },
        )
    if point.kind == "oscillation":
        return (
            {
                "en": "However near Q comes, the secant keeps swinging: no line is the tangent.",
                "ko": "Q가 아무리 가까워져도 할선은 계속 흔들린다. 접선이라 할 직선이 없다.",
            },
            {
                "en": "Slopes that settle on no number have no limit: there is no derivative at P.",
                "ko": "기울기가 어떤 값에도 가까워지지 않아 극한이 없다. P에서는 미분가능하지 않다.",
            },
        )
    side = ("right", "오른쪽", "우") if point.left is None else ("left", "왼쪽", "좌")
    slope = (point.right or point.left).slope  # type: ignore[union-attr]
    half = "an upright half-tangent" if slope.is_infinite else "a half-tangent"
    return (
        {
            "en": f"The domain ends at P: the curve has {half} on the {side[0]}, and nothing on the other side.",
            "ko": f"P는 정의역의 끝점이다. {side[1]}에만 곡선이 있고, 접선도 그쪽 반직선뿐이다.",
        },
        {
            "en": "A derivative takes the same limit from both sides: at an end there is none.",
            "ko": "미분계수가 있으려면 좌극한과 우극한이 모두 있고 서로 같아야 한다. 끝점에서는 미분가능하지 않다.",
        },
    )


def unproven() -> Told:
    """That the limits are no more than numbers suggest."""
    return {
        "en": "These limits were read off numbers, not proven: algebra did not find them.",
        "ko": "이 극한은 수치를 보고 짐작한 것이다. 식으로는 구하지 못했다.",
    }


def _jump(point: Point) -> tuple[str, str]:
    left, right = (side.value if side else sympy.nan for side in (point.left, point.right))
    if left == right:
        y, height = plain(float(left)), plain(float(point.y))
        return (
            f"The curve leads up to y = {y}, but P lies at {height}: the function jumps.",
            f"곡선은 y = {y}에 가까워지지만 P는 y = {height}에 있다. 함수가 불연속이다.",
        )
    a, b = plain(float(left)), plain(float(right))
    return (
        f"From the left the curve leads up to {a}, from the right to {b}: f jumps at P.",
        f"곡선은 왼쪽에서 {a}, 오른쪽에서 {b}에 가까워진다. f는 P에서 불연속이다.",
    )


def _limit(slope: Any) -> tuple[str, str, str]:
    """What slopes do that have this limit; in Korean also to be followed by "and"."""
    if isinstance(slope, sympy.AccumBounds) and slope.min.is_finite and slope.max.is_finite:
        low, high = plain(float(slope.min)), plain(float(slope.max))
        way = f"{low}부터 {high}까지를 끝없이"
        return f"swing between {low} and {high} for ever", f"{way} 오간다", f"{way} 오가고"
    if swings(slope):
        return "swing for ever, without a limit", "끝없이 진동하여 극한이 없다", "끝없이 진동하여 극한이 없고"
    if slope.is_infinite:
        sign, end = ("+", "∞") if slope > 0 else ("−", "−∞")
        return f"go to {sign}∞", f"{end}로 발산한다", f"{end}로 발산하고"
    end = plain(float(slope))
    return f"tend to {end}", f"{end}에 가까워진다", f"{end}에 가까워지고"
