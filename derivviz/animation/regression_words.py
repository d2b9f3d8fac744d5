"""What the lesson of polynomial regression says of a run, in both languages, by what happened in it."""

from __future__ import annotations

from derivviz.animation.numerals import plain
from derivviz.errors import UsageError
from derivviz.trace.regression import Regression

Told = dict[str, str]
CLOSE = 0.01  # of the largest coefficient: descent has come to least squares
WORSE = 1.2  # times the smallest miss of points held out: a degree over-fits
CALMER = 0.95  # times the miss without a ridge: it helped
NOTHING = 1e-6  # of the spread of the points: none to the eye


def rough(number: float) -> str:
    """A number as it is said in passing: two digits, or all of a whole one below a million."""
    return plain(round(number), 6) if 10 <= abs(number) < 1e6 else plain(number, 2)


def looked_at(run: Regression, coefficient: int) -> int:
    """Which coefficient is looked at more closely: the one asked for; a constant has no other than a_0.

    Raises
    ------
    UsageError
        When the polynomial has no such coefficient.
    """
    if coefficient > max(1, run.degree):
        raise UsageError(
            f"--coefficient {coefficient}: the polynomial of this run has a_0 to a_{run.degree}; "
            f"type --coefficient {run.degree}, or record one of a higher --degree"
        )
    return min(coefficient, run.degree)


def power(i: int) -> str:
    """x_j^i, as Typst writes it."""
    return ("1", "x_j")[i] if i < 2 else f"x_j^{i}"


def times(i: int) -> tuple[str, str]:
    """How much the curve moves with a_i, in both languages."""
    if i == 0:
        return "just as much", "똑같이"
    x = "x" if i == 1 else "x" + str(i).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{x} times as much", f"그 {x}배만큼"


def first_step(run: Regression) -> Told:
    """What the first step did to E."""
    before, after = run.error(run.coefficients[0]), run.error(run.coefficients[1])
    en, ko = "", ""
    if after > before:
        en, ko = " It grew: the step was too long.", " 오히려 커졌다. 걸음이 너무 길었다."
    elif after == before:
        en, ko = " Nothing changed.", " 달라진 것이 없다."
    return {
        "en": f"After this first step E is {plain(after, 4)} instead of {plain(before, 4)}.{en}",
        "ko": f"첫 스텝을 가면 E: {plain(before, 4)} → {plain(after, 4)}.{ko}",
    }


def learning(run: Regression, marked: bool) -> Told:
    """What is seen next: all steps, or those until the curve is lost; least squares may be marked."""
    if run.diverged:
        return {
            "en": f"On it goes. But η is beyond {plain(run.stable, 3)}: every step overshoots by more than the last.",
            "ko": f"계속 가 보자. η가 한계({plain(run.stable, 3)})를 넘어서, 갈수록 더 크게 지나친다.",
        }
    return {
        "en": f"And so on, {run.steps:,} steps in all."
        + (" Marked is where least squares has each coefficient." if marked else " Each coefficient walks."),
        "ko": f"이렇게 모두 {run.steps:,}스텝을 간다."
        + (" 가로선은 최소제곱해에서 각 계수의 값이다." if marked else " 계수가 저마다 움직인다."),
    }


def comparison(run: Regression) -> Told:
    """The last coefficients against those of least squares."""
    if run.diverged:
        return {
            "en": f"Lost at step {run.last:,}. Least squares, by algebra in one go, says where they belong.",
            "ko": f"{run.last:,}스텝 만에 놓쳤다. 방정식을 한 번에 풀면 나오는 최소제곱해가 제자리이다.",
        }
    last, least = run.coefficients[-1], run.error(run.best)
    now, lowest = plain(run.error(last), 3), plain(least, 3) if least > NOTHING * float(run.loss[0]) else "0"
    far = float(abs(last - run.best).max())
    if far <= CLOSE * max(float(abs(run.best).max()), NOTHING):
        return {
            "en": f"Least squares, found by algebra in one go, says the same to within {plain(far, 1)}.",
            "ko": f"방정식을 한 번에 풀어 구한 최소제곱해와 차이가 {plain(far, 1)} 이내이다.",
        }
    return {
        "en": f"E is {now}, its minimum {lowest}. A small slope, or a small η, is a small step.",
        "ko": f"E = {now}, 최솟값은 {lowest}. 기울기나 η가 작으면 걸음도 작다.",
    }


def spread(run: Regression) -> float:
    """How far the points lie apart in t; 1 where they do not."""
    return float(run.target.max() - run.target.min()) or 1.0


def top_degree(run: Regression) -> Told:
    """What the highest degree does to the points that it learns from."""
    most, miss = run.degrees[-1], run.learnt[-1]
    if miss <= NOTHING * spread(run):
        return {
            "en": f"Degree {most} runs through every point: no miss at all. A perfect model?",
            "ko": f"{most}차 곡선은 모든 점을 지난다. 조금도 빗나가지 않는다. 완벽한 모델일까?",
        }
    return {
        "en": f"A higher degree never fits these worse: {rough(miss)} at degree {most}. The higher, the better?",
        "ko": f"차수를 올리면 이 점들은 더 잘 맞는다. {most}차에서는 {rough(miss)}만큼 빗나간다. 높을수록 좋을까?",
    }


def held_out(run: Regression) -> Told:
    """What the highest degree does to the points held out."""
    count, tested, learnt = len(run.test_x), run.tested[-1], run.learnt[-1]
    what = f"{count} points" if count > 1 else "a point"
    before = rough(learnt) if learnt > NOTHING * spread(run) else "0"
    return {
        "en": f"Here: {what} it has never seen. The typical miss is not {before}, but {rough(tested)}.",
        "ko": f"본 적 없는 점 {count}개를 보자. 배운 점에서는 {before}, 여기서는 {rough(tested)}만큼 빗나간다.",
    }


def the_u(run: Regression) -> Told:
    """The course of the miss of points held out, over the degrees."""
    tested = run.tested
    best = min(range(len(tested)), key=tested.__getitem__)
    least = run.degrees[best]
    if tested[-1] < WORSE * tested[best]:
        return {
            "en": f"Over the degrees it falls and stays low, least at {least}: no over-fitting with these points.",
            "ko": f"차수가 올라도 거의 커지지 않는다. {least}차에서 가장 작다. 이 점들로는 과적합이 없다.",
        }
    if best == 0:
        return {
            "en": "Degree 1 does best. Beyond it the curve learns the noise of its points: over-fitting.",
            "ko": "1차가 가장 좋다. 그 위로는 곡선이 점의 잡음까지 배운다. 과적합이다.",
        }
    return {
        "en": f"A U. Left of degree {least} it is too stiff; at the right it learns noise: over-fitting.",
        "ko": f"U자 모양이다. {least}차보다 낮으면 너무 뻣뻣하고, 높으면 잡음까지 배운다. 과적합이다.",
    }


def remedy(run: Regression) -> Told:
    """Why a ridge."""
    largest = float(abs(run.fits[-1]).max())
    return {
        "en": f"Its largest coefficient is {rough(largest)}. Ridge: size costs, and pulls each one towards 0.",
        "ko": f"계수가 {rough(largest)}까지 커졌다. 릿지: 크기에도 값을 매겨 계수를 0 쪽으로 당긴다.",
    }


def calmed(run: Regression) -> Told:
    """What the ridge did."""
    largest = float(abs(run.held(run.ridge)).max())
    if not run.tested:
        return {
            "en": f"With λ = {plain(run.ridge)} it is {rough(largest)}. Better? No point was held out to tell.",
            "ko": f"λ = {plain(run.ridge)}일 때 {rough(largest)}까지 준다. 나아졌을까? 확인할 테스트 점이 없다.",
        }
    before, after = run.tested[-1], run.mended
    if after > CALMER * before:
        return {
            "en": f"Here it hardly matters: unseen points are missed by {rough(after)}, not {rough(before)}.",
            "ko": f"별 차이가 없다. 본 적 없는 점에서 {rough(before)} 대신 {rough(after)}만큼 빗나간다.",
        }
    return {
        "en": f"Still degree {run.degrees[-1]}. With the best λ, unseen points are missed by {rough(after)}, "
        f"not {rough(before)}.",
        "ko": f"여전히 {run.degrees[-1]}차이다. λ를 잘 고르면 본 적 없는 점에서 "
        f"{rough(before)} 대신 {rough(after)}만큼 빗나간다.",
    }
