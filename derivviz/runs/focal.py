"""Cross-entropy and focal loss side by side: what is seldom on the road, among what is nothing at all."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derivviz.calculus.focal import GAMMAS
from derivviz.errors import UsageError
from derivviz.learning.detection import STRIDE
from derivviz.learning.frames import Frames, Task, read_task, road_task
from derivviz.learning.precision import LEAST_PRECISION, Precision
from derivviz.parameters import parameter
from derivviz.recording import Recorder, record
from derivviz.runs import Outcome, Progress, Request
from derivviz.runs._contest import Contest, Loss, Tally, pixels
from derivviz.runs._player import threads

TAKES = {"data": "A folder of frames with a JSON file of their boxes. Default: generated road scenes."}
LOOKS = 8  # times that the detectors are tested
SHOWN = 8  # test pictures that the trace keeps
NAMED = 10  # left out, and told on the screen


@dataclass(frozen=True)
class Parameters:
    steps: int = parameter(600, "Training steps, of all detectors at once.", minimum=1, maximum=100_000)
    batch_size: int = parameter(8, "Pictures a step.", minimum=1, maximum=256)
    learning_rate: float = parameter(0.005, "Adam's at first; it falls to 0.", minimum=0, maximum=1)
    alpha: float = parameter(
        0.25, "Weight α of the positives where γ > 0; γ = 0 weighs all alike.", minimum=0, maximum=1
    )
    scenes: int = parameter(500, "Generated scenes to learn from.", minimum=8, maximum=20_000)
    test_scenes: int = parameter(200, "Generated scenes to test on.", minimum=8, maximum=20_000)
    classes: str = parameter("", "Categories of --data to find, with commas; none: the most frequent.")


def train(request: Request, progress: Progress) -> Outcome:
    """Train a detector for each γ of Lin et al., "Focal loss for dense object detection", 2017, figure 1.

    All begin with the same weights and see the same batches. Their names in the trace are those of `arms`.
    Logged at every step of an arm: ``loss/ARM`` and ``box_loss/ARM``; ``mass/ARM/0`` … ``9``, the sum of
    |∂loss/∂logit| over the decisions with p_t in each tenth, and ``objects/ARM``, the share of it that is of
    objects. Of the decisions of the cross-entropy, ``count/0`` … ``9`` says how many lie in each tenth and
    ``as_if/ARM/0`` … ``9`` the mass that another γ would have given them. Each time that it is tested:
    ``ap/ARM/CLASS``, ``strict_ap/ARM/CLASS`` and ``recall/ARM/CLASS``. The attributes have the boxes of the
    test pictures that the trace keeps and what each detector finds there in the end.

    Raises
    ------
    UsageError
        For epochs, or a category that there is not.
    DataError
        If the frames or their boxes cannot be read.
    TraceError
        If there is something at the path already.
    """
    if request.epochs is not None:
        raise UsageError("This run counts steps, not epochs: write --steps 600.")
    parameters: Parameters = request.parameters or Parameters()
    task = _task(request, parameters, progress)
    losses = arms(parameters.alpha)
    contest = Contest(
        task,
        losses,
        seed=request.seed,
        steps=parameters.steps,
        batch=parameters.batch_size,
        rate=parameters.learning_rate,
    )
    shown = _shown(task.test, _rarest(task))
    every = request.snapshot_every or max(1, math.ceil(parameters.steps / LOOKS))
    with (
        threads(1),
        record(
            contest.model,
            contest.optimizer,
            request.path,
            probe=pixels(shown).float() / 255,
            snapshot_every=every,
            steps=parameters.steps,
            modules=("*.classify",),
            parameters=("*.classify.*",),
            data=(task.train.images, task.test.images),
            overwrite=request.overwrite,
        ) as recorder,
    ):
        recorder.note(
            run="focal", finished=False, **_about(task, contest, shown), **_told(request, parameters)
        )
        found = _learn(contest, recorder, progress, parameters.steps, every)
        recorder.note(found=_found(contest, shown, found), finished=True)
    return Outcome(parameters.steps, _result(task, found), f"derivviz render focal --trace {request.path}")


def arms(alpha: float) -> dict[str, Loss]:
    """The losses by the names that they have in the trace: gamma0, gamma0_5, gamma1, gamma2, gamma5.

    γ = 0 is the plain cross-entropy; with any other, `alpha` weighs the positives and 1 − alpha the negatives.
    """
    return {f"gamma{gamma:g}".replace(".", "_"): Loss(gamma, alpha if gamma else None) for gamma in GAMMAS}


def _learn(
    contest: Contest, recorder: Recorder, progress: Progress, steps: int, every: int
) -> dict[str, list[Precision]]:
    classes = contest.task.classes
    for step in range(1, steps + 1):
        images, yes, edges = contest.draw()
        recorder.batch(images)
        tallies = contest.step(images, yes, edges)
        recorder.log(None, **_logged(tallies))
        if step == steps or (step % every == 0 and steps - step >= every / 2):
            found = contest.test()
            recorder.log(None, **_tested(found, classes))
        progress.step(step, steps, step, sum(tally.classes for tally in tallies.values()))
    return found


def _logged(tallies: dict[str, Tally]) -> dict[str, float]:
    rows: dict[str, float] = {}
    for arm, tally in tallies.items():
        rows |= {
            f"loss/{arm}": tally.classes,
            f"box_loss/{arm}": tally.edges,
            f"objects/{arm}": tally.objects,
        }
        rows |= {f"mass/{arm}/{k}": float(value) for k, value in enumerate(tally.mass)}
    plain = next(iter(tallies.values()))
    rows |= {f"count/{k}": float(value) for k, value in enumerate(plain.count)}
    rows |= {
        f"as_if/{arm}/{k}": float(v) for arm in list(tallies)[1:] for k, v in enumerate(plain.as_if[arm])
    }
    return rows


def _tested(found: dict[str, list[Precision]], classes: Sequence[str]) -> dict[str, float]:
    rows: dict[str, float] = {}
    for arm, precisions in found.items():
        for name, one in zip(classes, precisions, strict=True):
            rows[f"ap/{arm}/{name}"] = one.average
            rows[f"strict_ap/{arm}/{name}"] = one.strict
            rows[f"recall/{arm}/{name}"] = one.recall
    return rows


def _task(request: Request, parameters: Parameters, progress: Progress) -> Task:
    wanted = [name.strip() for name in parameters.classes.split(",") if name.strip()]
    if request.data is None:
        if wanted:
            raise UsageError(
                "--classes chooses among the categories of --data: the generated roads have three."
            )
        task = road_task(parameters.scenes, parameters.test_scenes, request.seed)
    else:
        task = read_task(request.data, wanted, request.seed)
    counts = task.train.counts(len(task.classes))
    boxes = ", ".join(f"{count} {name}" for name, count in zip(task.classes, counts, strict=True))
    progress.say(f"Learning from {len(task.train)} of {task.description}; boxes: {boxes}.")
    for name, reason in task.skipped[:NAMED]:
        progress.say(f"Left out {name}: {reason}.")
    if (more := len(task.skipped) - NAMED) > 0:
        progress.say(f"Left out {more} more: the trace names them all, under data_skipped.")
    return task


def _rarest(task: Task) -> int:
    """Number of the class with the fewest boxes in training, of those that the test has."""
    return max(k for k, count in enumerate(task.test.counts(len(task.classes))) if count)


def _shown(test: Frames, rare: int) -> Frames:
    """Test pictures to look at: those with something of the rarest class first, then the fullest."""
    order = sorted(range(len(test)), key=lambda n: (-(test.labels[n] == rare).sum(), -len(test.labels[n]), n))
    rows = order[:SHOWN]
    return Frames(
        test.images[rows],
        [test.boxes[n] for n in rows],
        [test.labels[n] for n in rows],
        [test.names[n] for n in rows],
    )


def _about(task: Task, contest: Contest, shown: Frames) -> dict[str, Any]:
    height, width = task.train.images.shape[1:3]
    return {
        "data": task.description,
        "data_skipped": [list(item) for item in task.skipped],
        "classes": list(task.classes),
        "train_boxes": task.train.counts(len(task.classes)),
        "test_boxes": task.test.counts(len(task.classes)),
        "pictures": [len(task.train), len(task.test)],
        "arms": {name: dataclasses.asdict(loss) for name, loss in contest.losses.items()},
        "places": [height // STRIDE, width // STRIDE],
        "positives": contest.positives,
        "least_precision": LEAST_PRECISION,
        "shown": [
            {"name": name, "boxes": boxes.tolist(), "labels": labels.tolist()}
            for name, boxes, labels in zip(shown.names, shown.boxes, shown.labels, strict=True)
        ],
    }


def _told(request: Request, parameters: Parameters) -> dict[str, Any]:
    return {"seed": request.seed, "options": dataclasses.asdict(parameters)}


def _found(contest: Contest, shown: Frames, judged: dict[str, list[Precision]]) -> dict[str, Any]:
    """By arm and shown picture, what is found with a score of at least the class's threshold."""
    told: dict[str, Any] = {}
    for arm, precisions in judged.items():
        least = np.array([one.threshold for one in precisions])
        told[arm] = []
        for one in contest.find(arm, shown):
            sure = one.scores >= least[one.labels] - 1e-6
            told[arm].append({
                "boxes": one.boxes[sure].round(2).tolist(),
                "labels": one.labels[sure].tolist(),
                "scores": one.scores[sure].astype(float).round(4).tolist(),
            })  # fmt: skip
    return told


def _result(task: Task, found: dict[str, list[Precision]]) -> str:
    plain, focal = ([one.average for one in found[arm]] for arm in ("gamma0", "gamma2"))
    rare = _rarest(task)
    return (
        f"Average precision of {task.classes[rare]}, the rarest: {plain[rare]:.3f} by cross-entropy, {focal[rare]:.3f} "
        f"by focal loss (γ = 2); of all classes {np.nanmean(plain):.3f} and {np.nanmean(focal):.3f}. "
        "One seed says little."
    )
