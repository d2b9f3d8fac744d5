"""The sentences of a descent, in both languages: what they say follows from what was recorded."""

from __future__ import annotations

import numpy as np

from derivviz.look.numerals import plain
from derivviz.look.typst import quoted
from derivviz.trace.descent import Descent, Walk

Told = dict[str, str]
NAMES = {
    "descent": {"en": "steepest descent", "ko": "경사하강법"},
    "momentum": {"en": "momentum", "ko": "모멘텀"},
    "adam": {"en": "Adam", "ko": "Adam"},
}
LONGEST = 36  # signs of a weight's name
LEVEL = 1e4  # times that it does, from where no number is worth telling
BROAD = 5.0  # times that the ground bends more across than along, below which nothing is slow
ALIKE = 1.25  # losses above the bottom that differ by less are called as low


def percent(walk: Walk) -> str:
    """How much of the way is left in the end."""
    share = 100 * float(walk.left[-1])
    if share < 0.01:
        return "0"
    return plain(round(share) if share >= 10 else share, 2 if share < 10 else 6)


def letters(run: Descent) -> tuple[str, str]:
    """What the points are called: what is known of each, and what is asked."""
    return ("d", "v") if run.about.get("subject") == "galaxies" else ("x", "t")


def called(name: str) -> str:
    """A weight's name as markup, the middle left out where it is long."""
    return quoted(name if len(name) <= LONGEST else f"{name[: LONGEST // 2]}…{name[-LONGEST // 2 :]}")


def _held(equation: str) -> str:
    """An equation that no line ends in."""
    return equation.replace(" ", "\u00a0")


def question(run: Descent) -> Told:
    """What there is to learn from."""
    if run.points is None:
        name = called(run.names[0])
        return {
            "en": f"The loss E of a model depends on its weights. Let all stay still but one: {name}.",
            "ko": f"모델의 손실 E는 가중치에 따라 달라진다. 하나만 움직여 보자: {name}.",
        }
    if run.about.get("subject") == "galaxies":
        return {
            "en": "24 galaxies: distance d in million light-years, speed v in 100 km/s. "
            f"Which line {_held('v = wd')} fits?",
            "ko": "은하 24개의 거리 d(100만 광년)와 후퇴 속도 v(100 km/s). "
            f"어떤 직선 {_held('v = wd')}가 가장 잘 맞을까?",
        }
    n = len(run.points[0])
    return {
        "en": f"{n} points, their x scaled to 0 … 5 and their t to 0 … 10. Which line {_held('f(x) = wx')} fits?",
        "ko": f"점 {n}개가 있다. x는 0~5로, t는 0~10으로 맞추었다. 어떤 직선 {_held('f(x) = wx')}가 가장 잘 맞을까?",
    }


def loss(run: Descent) -> Told:
    """What the curve is."""
    if run.points is None:
        return {
            "en": "Move it, and the loss changes: a curve.",
            "ko": "이 가중치를 움직이면 손실이 곡선을 그린다.",
        }
    return {
        "en": "Turn the line. Half the sum of its squared misses is the loss E: every w has one.",
        "ko": "직선을 돌려 보자. 빗나간 거리의 제곱을 모두 더한 것의 절반이 손실 E이다. w마다 하나씩 있다.",
    }


def again(walk: Walk, last: int) -> Told:
    """The next steps."""
    steps = np.abs(np.diff(walk.places[: last + 2, 0]))
    if (np.diff(steps) < 0).all():
        return {
            "en": "Again, and again. η never changes, yet the steps shrink: the slope fades.",
            "ko": "되풀이하자. η는 그대로인데 걸음은 점점 짧아진다. 기울기가 완만해지기 때문이다.",
        }
    return {
        "en": "Again, and again: each step goes by the slope at the new place.",
        "ko": "되풀이하자. 걸음마다 새로 선 곳의 기울기를 따른다.",
    }


def timid(slow: Walk, good: Walk) -> Told:
    """The two smaller learning rates."""
    n = len(slow.losses) - 1  # of the places recorded, the first is before any step
    if slow.arrived is not None:
        en, ko = f"it takes {slow.arrived} steps", f"{slow.arrived}걸음이나 걸린다"
    else:
        part = percent(slow)
        en, ko = f"after {n} steps {part}% of the way is left", f"{n}걸음 뒤에도 갈 길이 {part}% 남는다"
    if good.arrived is not None:
        more = f"Well chosen, {good.arrived} are enough."
        noch = f"알맞으면 {good.arrived}걸음이면 된다."
    else:
        part = percent(good)
        more, noch = f"With the next one it is {part}%.", f"다음 것은 {part}%가 남는다."
    return {
        "en": f"How large should η be? Too small, and {en}. {more}",
        "ko": f"η가 너무 작으면 {ko}. {noch}",
    }


def bold(walk: Walk) -> Told:
    """The third learning rate."""
    if walk.diverges:
        return {
            "en": "Larger, and every leap lands higher than the last: it runs away.",
            "ko": "더 크면 뛸 때마다 더 높은 곳에 떨어진다. 발산한다.",
        }
    if not walk.swings:
        return arrival(walk)
    if walk.arrived is None:
        return {
            "en": f"Larger, and every step leaps past the bottom: after {len(walk.losses) - 1} it still swings.",
            "ko": f"더 크면 걸음마다 바닥을 건너뛴다. {len(walk.losses) - 1}걸음 뒤에도 좌우로 오간다.",
        }
    return {
        "en": f"Larger, and every step leaps past the bottom: it swings for {walk.arrived} steps.",
        "ko": f"더 크면 걸음마다 바닥을 건너뛴다. {walk.arrived}걸음 동안 좌우로 오간다.",
    }


def reckless(walk: Walk, before: Walk) -> Told:
    """The largest learning rate, and how little more it is."""
    more = plain(100 * (walk.rate / before.rate - 1), 1)
    if walk.diverges and before.diverges:
        return {
            "en": f"With {more}% more it runs away as well.",
            "ko": f"{more}% 더 커도 마찬가지로 발산한다.",
        }
    if walk.diverges:
        return {
            "en": f"Only {more}% more, and every leap lands higher than the last: it runs away.",
            "ko": f"겨우 {more}% 더 키웠는데, 뛸 때마다 더 높은 곳에 떨어진다. 발산한다.",
        }
    return arrival(walk)


def arrival(walk: Walk) -> Told:
    """Whether it is at the bottom in the end, whatever it did on its way."""
    if walk.arrived is None:
        part = percent(walk)
        return {
            "en": f"Larger: in the end it is {part}% of the way from the bottom.",
            "ko": f"더 크면, 끝에 남은 거리는 처음의 {part}%이다.",
        }
    return {
        "en": f"Larger: on this ground {walk.arrived} steps are enough.",
        "ko": f"더 커도, 이 곡선에서는 {walk.arrived}걸음이면 된다.",
    }


def border(run: Descent) -> Told:
    """Which learning rates are too large."""
    limit = plain(2 / float(run.curve_bottom.curvatures[-1]), 3)
    near, bei = ("", "") if run.points is not None else ("near the bottom, ", "바닥 근처에서 ")
    step = "each step" if not near else f"{near}each step"
    return {
        "en": f"Why? {step[0].upper()}{step[1:]} multiplies the distance to the bottom by 1 − ηE″. "
        f"So η must stay below 2/E″ = {limit}.",
        "ko": f"왜일까? {bei}걸음마다 바닥까지의 거리가 1 − ηE″배가 된다. 그래서 η는 2/E″ = {limit}보다 작아야 한다.",
    }


def landscape(run: Descent) -> Told:
    """The second weight."""
    if run.points is None:
        return {
            "en": f"Now a second weight moves too: {called(run.names[1])}. The loss is a landscape. This is its map.",
            "ko": f"이제 두 번째 가중치 {called(run.names[1])}도 움직인다. 손실은 지형이 되고, 이것은 그 지도이다.",
        }
    return {
        "en": "Let the line begin at any height b. Two numbers: the loss is a landscape, and this is its map.",
        "ko": "이제 직선이 시작하는 높이 b도 바꾸자. 두 수를 움직이면 손실은 지형이 된다. 이것은 그 지도이다.",
    }


def way_down(walk: Walk) -> Told:
    """The path of steepest descent."""
    if walk.diverges:
        return {
            "en": "Minus the gradient points straight downhill. Yet with this η the steps are too long: it runs away.",
            "ko": "그래디언트의 반대쪽이 가장 가파른 내리막이다. 그러나 η가 커서 걸음이 너무 길다. 발산한다.",
        }
    if walk.swings:
        return {
            "en": "Minus the gradient points straight downhill. Step by step, the path zigzags from wall to wall.",
            "ko": "그래디언트의 반대쪽이 가장 가파른 내리막이다. 한 걸음씩 가면 길은 골짜기를 지그재그로 오간다.",
        }
    return {
        "en": "Minus the gradient points straight downhill. Step by step: into the valley, then along it.",
        "ko": "그래디언트의 반대쪽이 가장 가파른 내리막이다. 먼저 골짜기로 내려가고, 그다음 따라간다.",
    }


def valley(run: Descent) -> Told:
    """Why it takes long, or not."""
    bent = float(run.bottom.curvatures[-1] / run.bottom.curvatures[0])
    ratio = plain(bent, 2 if bent < 100 else 3)
    if not 0 < bent < LEVEL:
        return {
            "en": "Along the valley the ground is all but level. An η that is safe across is slow along.",
            "ko": "골짜기를 따라서는 땅이 거의 평평하다. 가로로 안전한 η는 따라가기에는 너무 작다.",
        }
    if bent < BROAD:
        return {
            "en": f"This valley is broad: across, it bends only {ratio} times as sharply as along.",
            "ko": f"이 골짜기는 넓다. 가로로 겨우 {ratio}배 더 급하게 휜다.",
        }
    return {
        "en": f"Across, the valley bends {ratio} times as sharply as along. An η safe across is slow along.",
        "ko": f"골짜기는 가로로 {ratio}배 더 급하게 휜다. 가로로 안전한 η는 따라가기에는 너무 작다.",
    }


def momentum(walk: Walk, plain_walk: Walk) -> Told:
    """What momentum does."""
    share = plain(100 * walk.momentum, 2)
    if plain_walk.swings:
        return {
            "en": f"Momentum keeps {share}% of the last step, like a heavy ball: zigzags cancel, the rest adds up.",
            "ko": f"모멘텀은 무거운 공처럼 지난 걸음의 {share}%를 이어 간다. 지그재그는 상쇄되고 나아가는 쪽은 쌓인다.",
        }
    return {
        "en": f"Momentum keeps {share}% of the last step: like a heavy ball, it gains speed along the valley.",
        "ko": f"모멘텀은 지난 걸음의 {share}%를 이어 간다. 무거운 공처럼 골짜기를 따라 빨라진다.",
    }


def adam() -> Told:
    """What Adam does."""
    return {
        "en": "Adam divides each weight's step by the size of its recent slopes: steep or gentle, all move alike.",
        "ko": "Adam은 가중치마다 최근 기울기의 크기로 걸음을 나눈다. 가파르든 완만하든 비슷한 빠르기로 간다.",
    }


def race(run: Descent) -> Told:
    """Who is lowest in the end."""
    n = run.steps - 1
    order = sorted(NAMES, key=lambda name: float(np.nan_to_num(run.walks[name].losses[-1], nan=np.inf)))
    first, second = (run.walks[name].above[-1] for name in order[:2])
    en, ko = f"{NAMES[order[0]]['en']} is lowest", f"{NAMES[order[0]]['ko']}의 손실이 가장 작다"
    if not second > ALIKE * max(first, 1e-9 * float(run.walks["descent"].above[0])):
        en = f"{NAMES[order[0]]['en']} and {NAMES[order[1]]['en']} are lowest"
        ko = f"{NAMES[order[0]]['ko']}과 {NAMES[order[1]]['ko']}의 손실이 가장 작다"
    return {
        "en": f"How much loss is left above the bottom? On this ground, after {n} steps, {en}.",
        "ko": f"손실이 바닥보다 얼마나 높이 남았을까? 이 지형에서는 {n}걸음 뒤 {ko}.",
    }


def conclusion(run: Descent) -> Told:
    """What it comes to."""
    en, ko = "Each knew only the derivative where it stood.", "모두 선 자리의 미분계수만 알았다."
    there = run.walks[run.best].arrived is not None
    if run.points is None:
        if there:
            return {"en": f"{en} That was enough to find the bottom.", "ko": f"{ko} 그것으로 바닥을 찾았다."}
        return {
            "en": f"{en} It leads downhill, a step at a time.",
            "ko": f"{ko} 그것이 한 걸음씩 아래로 이끈다.",
        }
    if run.about.get("subject") != "galaxies":
        to = "to" if there else "towards"
        return {
            "en": f"{en} It led {to} the line that fits best.",
            "ko": f"{ko} 그것이 가장 잘 맞는 직선{'을 찾았다' if there else '으로 이끈다'}.",
        }
    found, best = (
        plain(round(100 * float(w))) for w in (run.walks[run.best].places[-1, 0], run.bottom.place[0])
    )
    if there:
        return {
            "en": f"{en} It found {found} km/s more for each million light-years: the universe expands.",
            "ko": f"{ko} 그것으로 찾았다. 100만 광년마다 {found} km/s씩 빨라진다. 우주는 팽창한다.",
        }
    return {
        "en": f"{en} It is at {found} km/s per million light-years by now; the bottom is at {best}.",
        "ko": f"{ko} 지금은 100만 광년에 {found} km/s까지 왔고, 바닥은 {best} km/s이다.",
    }
