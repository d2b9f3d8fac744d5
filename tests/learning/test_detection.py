"""The detector's parts: what each place should say, the loss of boxes, what is found, and the precision of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from derivviz.learning.detection import (
    PRIOR,
    STRIDE,
    Detector,
    Found,
    aim,
    apart,
    detect,
    overlap_loss,
    overlaps,
)
from derivviz.learning.precision import Judge

HIGH, WIDE = 32, 48


def boxes(*edges: tuple[float, ...]) -> np.ndarray:
    return np.array(edges, np.float32).reshape(-1, 4)


def numbers(*labels: int) -> np.ndarray:
    return np.array(labels, np.int64)


def test_before_training_every_decision_says_no() -> None:
    logits, reach = Detector(3)(torch.rand(2, 3, HIGH, WIDE))
    assert logits.shape == (2, 3, HIGH // STRIDE, WIDE // STRIDE)
    assert reach.shape == (2, 4, HIGH // STRIDE, WIDE // STRIDE)
    assert float(logits.detach().sigmoid().mean()) == pytest.approx(PRIOR, rel=0.3)


def test_places_near_the_centre_answer() -> None:
    made = aim([boxes((8, 4, 32, 24))], [numbers(1)], 3, HIGH, WIDE)
    rows, columns = np.nonzero(made.yes[0, 1].numpy())
    assert made.yes.sum() == made.yes[0, 1].sum() == len(rows) > 1
    x, y = columns * STRIDE + 2, rows * STRIDE + 2
    assert (np.abs(x - 20) <= 6).all()
    assert (np.abs(y - 14) <= 6).all()
    left, top, right, bottom = made.edges[0][:, rows, columns].numpy()
    assert (x - left == 8).all()
    assert (y - top == 4).all()
    assert (x + right == 32).all()
    assert (y + bottom == 24).all()


def test_something_tiny_has_a_place_and_the_smaller_box_wins() -> None:
    made = aim([boxes((8.5, 9, 9.5, 10))], [numbers(0)], 1, HIGH, WIDE)
    assert np.argwhere(made.yes[0, 0].numpy()).tolist() == [[2, 2]]
    made = aim([boxes((18, 10, 22, 22), (0, 0, 40, 32))], [numbers(1, 0)], 2, HIGH, WIDE)
    small = made.yes[0, 1].bool()
    assert small.any()
    assert not (made.yes[0, 0].bool() & small).any()


def test_mirrored_aims_are_those_of_the_mirrored_picture() -> None:
    plain, mirrored = boxes((6, 4, 22, 24)), boxes((WIDE - 22, 4, WIDE - 6, 24))
    made, other = (aim([b], [numbers(0)], 1, HIGH, WIDE) for b in (plain, mirrored))
    yes, edges = made.rows(torch.tensor([0]), torch.tensor([True]))
    assert torch.equal(yes, other.yes.float())
    where = yes[0, 0] > 0
    assert torch.equal(edges[0][:, where], other.edges[0][:, where])


def test_the_loss_of_boxes() -> None:
    edges, yes = torch.full((1, 4, 2, 2), 8.0), torch.zeros(1, 1, 2, 2)
    yes[0, 0, 0, 0] = 1
    right = (edges / STRIDE).log()
    assert float(overlap_loss(right, edges, yes)) == pytest.approx(0, abs=1e-6)
    half = right.clone()
    half[:, 0] = -20  # nothing to the left: half of the box
    assert float(overlap_loss(half, edges, yes)) == pytest.approx(np.log(2), rel=1e-5)
    assert float(overlap_loss(right, edges, 0 * yes)) == 0


def test_overlaps_and_suppression() -> None:
    some = boxes((0, 0, 10, 10), (0, 0, 10, 8), (5, 0, 15, 10), (20, 20, 30, 30))
    found = overlaps(some, some)
    np.testing.assert_allclose(found[0], [1, 0.8, 1 / 3, 0])
    assert apart(some, numbers(0, 0, 0, 0)) == [0, 2, 3]
    assert apart(some, numbers(0, 1, 0, 0)) == [0, 1, 2, 3]  # of two classes, both stay


def test_a_detector_that_learns_one_picture_finds_what_is_in_it() -> None:
    torch.manual_seed(0)
    picture = torch.rand(1, 3, HIGH, WIDE) * 0.1
    picture[:, 0, 8:24, 16:32] = 1.0
    made = aim([boxes((16, 8, 32, 24))], [numbers(1)], 2, HIGH, WIDE)
    detector = Detector(2)
    optimizer = torch.optim.Adam(detector.parameters(), lr=0.01)
    yes, edges = made.yes.float(), made.edges
    for _ in range(200):
        logits, reach = detector(picture)
        classes = torch.nn.functional.binary_cross_entropy_with_logits(logits, yes, reduction="sum")
        optimizer.zero_grad()
        (classes / yes.sum() + overlap_loss(reach, edges, yes)).backward()
        optimizer.step()
    (found,) = detect(detector, picture)
    assert found.labels[0] == 1
    assert overlaps(found.boxes[:1], boxes((16, 8, 32, 24)))[0, 0] > 0.8
    judged = Judge([boxes((16, 8, 32, 24))], [numbers(1)], 2).judge([found])
    assert np.isnan(judged[0].average)
    assert judged[1].average == pytest.approx(1)


def found(*rows: tuple[int, float, float, float, float, float]) -> Found:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Found(table[:, 2:], table[:, 0].astype(np.int64), table[:, 1])


TRUTH = [boxes((0, 0, 10, 10), (20, 0, 30, 10)), boxes((0, 0, 10, 10))]


def test_precision_is_pycocotools_own(capsys: pytest.CaptureFixture[str]) -> None:
    judge = Judge(TRUTH, [numbers(0, 0), numbers(1)], 3)
    # Right, wrong, right: precision 1 up to the recall of a half, then two thirds.
    seen = [found((0, 0.9, 0, 0, 10, 10), (0, 0.8, 40, 0, 44, 10), (0, 0.7, 20, 0, 30, 10)), found()]
    first, second, third = judge.judge(seen)
    assert first.average == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)
    assert first.recall == pytest.approx(1)
    assert first.threshold == pytest.approx(0.7)
    assert second.average == second.recall == 0
    assert second.threshold == np.inf
    assert np.isnan(third.average)
    assert capsys.readouterr().out == ""


def test_nothing_found_is_nothing_right() -> None:
    judged = Judge(TRUTH, [numbers(0, 0), numbers(1)], 3).judge([found(), found()])
    assert [one.average for one in judged[:2]] == [0, 0]
    assert np.isnan(judged[2].average)
