"""How good detections are: average precision by pycocotools, the reference implementation of the COCO measure."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivviz.learning.detection import Boxes, Found

LEAST_PRECISION = 0.5  # of the detections that `Precision.recall` counts, at least so many are right


@dataclass(frozen=True)
class Precision:
    """One class, at an overlap (intersection over union) of a half.

    Attributes
    ----------
    average
        Average precision, 0…1: the mean precision at 101 recalls; NaN where the test has no such object.
    recall
        The largest recall at which half of the detections or more are right, in steps of 0.01.
    threshold
        The score of the last detection counted there; infinite where the recall is 0.
    strict
        Average precision as COCO means it, the mean over overlaps from 0.5 to 0.95.
    """

    average: float
    recall: float
    threshold: float
    strict: float


class Judge:
    """Holds detections against the boxes of test pictures.

    Parameters
    ----------
    boxes, labels
        Of each picture, shapes (object, 4) and (object,).
    classes
        How many there are.
    """

    def __init__(self, boxes: Sequence[Boxes], labels: Sequence[NDArray[np.int64]], classes: int) -> None:
        from pycocotools.coco import COCO

        self._classes = classes
        self._truth = COCO()
        marks = [
            {"image_id": n, "category_id": int(label), "bbox": _sides(box), "area": _area(box), "iscrowd": 0}
            for n, (some, which) in enumerate(zip(boxes, labels, strict=True))
            for box, label in zip(some, which, strict=True)
        ]
        self._truth.dataset = {
            "images": [{"id": n} for n in range(len(boxes))],
            "categories": [{"id": k} for k in range(classes)],
            "annotations": [mark | {"id": n} for n, mark in enumerate(marks, start=1)],
        }
        with _silent():
            self._truth.createIndex()

    def judge(self, found: Sequence[Found]) -> list[Precision]:
        """The precision of each class, `found` going by picture."""
        from pycocotools.cocoeval import COCOeval

        rows = [
            {"image_id": n, "category_id": int(label), "bbox": _sides(box), "score": float(score)}
            for n, one in enumerate(found)
            for box, label, score in zip(one.boxes, one.labels, one.scores, strict=True)
        ]
        if not rows:
            known = {int(mark["category_id"]) for mark in self._truth.dataset["annotations"]}
            none = [0.0 if k in known else np.nan for k in range(self._classes)]
            return [Precision(value, 0.0 * value, np.inf, value) for value in none]
        with _silent():
            evaluation = COCOeval(self._truth, self._truth.loadRes(rows), "bbox")
            rules = evaluation.params
            rules.maxDets, rules.areaRng, rules.areaRngLbl = [100], [[0, 1e10]], ["all"]
            evaluation.evaluate()
            evaluation.accumulate()
        tables: dict[str, Any] = evaluation.eval
        precision, scores = (tables[name][:, :, :, 0, 0] for name in ("precision", "scores"))
        return [_of_class(precision[..., k], scores[0, :, k], rules.recThrs) for k in range(self._classes)]


def _of_class(
    precision: NDArray[np.float64], scores: NDArray[np.float64], recalls: NDArray[np.float64]
) -> Precision:
    if precision.min() < 0:  # what pycocotools says where there is no such object
        return Precision(np.nan, np.nan, np.inf, np.nan)
    good = np.flatnonzero((precision[0] >= LEAST_PRECISION) & (recalls > 0))
    last = int(good[-1]) if len(good) else None
    return Precision(
        float(precision[0].mean()),
        0.0 if last is None else float(recalls[last]),
        np.inf if last is None else float(scores[last]),
        float(precision.mean()),
    )


def _sides(box: NDArray[np.float32]) -> list[float]:
    left, top, right, bottom = map(float, box)
    return [left, top, right - left, bottom - top]


def _area(box: NDArray[np.float32]) -> float:
    _, _, width, height = _sides(box)
    return width * height


@contextlib.contextmanager
def _silent() -> Any:
    """pycocotools prints what it does."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
