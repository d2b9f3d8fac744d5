"""The food recommender: a CNN whose activation and learning rates follow f′(x) = −6x² − 12x + 18."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from derivviz.errors import UsageError
from derivviz.learning import DerivativeActivation, DerivativeFactor, FoodCNN
from derivviz.learning.activation import Preset
from derivviz.learning.dataset import Pictures, batches, read_folder, split, to_batch
from derivviz.learning.network import predict
from derivviz.learning.sample import toy_sample
from derivviz.learning.saving import save_model
from derivviz.parameters import parameter
from derivviz.recording import record
from derivviz.recording.gathering import PICTURE_SIDE
from derivviz.recording.measure import thumbnail
from derivviz.recording.recorder import Recorder
from derivviz.runs import Outcome, Progress, Request, check_preset

TAKES = {
    "data": "A folder with one sub-folder of pictures for each class. Default: a toy sample of drawn dishes.",
    "preset": "stable (the default: it learns) or faithful (as published: it explodes).",
    "epochs": "Passes over the pictures. Default: the preset's.",
    "no_cache": "Decode the pictures of --data anew, and keep none for the next run.",
}
NAMED = 10  # files, at the most, that are named when they are skipped; the trace has all
AT_ONCE = 64  # held-out pictures in memory at the same time
PROBES = 4  # held-out pictures that the network is shown at every snapshot, of as many classes as there are


@dataclass(frozen=True)
class Recipe:
    """What a preset decides.

    `learning_rates` go by layer; with `decay` they are constant for two thirds of the steps and fall linearly
    to 0 in the last. `copies` > 0: one picture of each class, so many times, as published.
    """

    name: Preset
    epochs: int
    learning_rates: dict[str, float]
    decay: bool
    batch_size: int
    augmented: bool
    copies: int
    snapshot_every: int


RECIPES = {
    # Chosen in docs/laboratory.md. Convolution and fc1 learn at 0.002 × the standard deviation of their first
    # weights, the output ten times as fast. fc1 sums 197,136 inputs that are never negative, and Adam moves all
    # their weights by the same amount: at the published 0.001 a single step would carry its units far past the
    # interval on which f′ is used, where they have no slope to come back by.
    "stable": Recipe("stable", 40, {"conv": 2.2e-4, "fc1": 6.4e-6, "fc2": 4.7e-3}, True, 8, True, 0, 40),
    "faithful": Recipe("faithful", 5, dict.fromkeys(("conv", "fc1", "fc2"), 1e-3), False, 32, False, 10, 1),
}
PRESETS = tuple(RECIPES)


@dataclass(frozen=True)
class Parameters:
    held_out: float = parameter(
        0.2, "Share of each class's pictures that is held out; 0 learns from all.", minimum=0, maximum=0.9
    )


def train(request: Request, progress: Progress) -> Outcome:
    """Train the recommender's network and record every step.

    The trace also holds the probabilities of the held-out pictures after each epoch, and the trained network
    (``model.safetensors``). An interrupted run leaves both for the steps that it made.

    Raises
    ------
    UsageError
        For a preset that does not exist, or numbers below 1.
    DataError
        If the folder cannot be learnt from.
    TraceError
        If there is something at the path already.
    """
    recipe = _recipe(request)
    epochs = request.epochs or recipe.epochs
    parameters: Parameters = request.parameters or Parameters()
    pictures = _pictures(request, progress)
    training, held_out = split(pictures.target, request.seed, parameters.held_out)
    if recipe.copies:
        _, first = np.unique(pictures.target[training], return_index=True)
        training = np.repeat(training[first], recipe.copies)
    progress.say(_choice(pictures, recipe, epochs, request.seed, len(training), len(held_out)))
    # The global generator decides the first weights alone, and is left as it was found.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.seed)
        model = FoodCNN(len(pictures.classes), recipe.name)
    groups = [
        {"params": model.get_submodule(layer).parameters(), "lr": rate}
        for layer, rate in recipe.learning_rates.items()
    ]
    optimizer = DerivativeFactor(torch.optim.Adam(groups))
    loader = batches(pictures, training, recipe.batch_size, request.seed, recipe.augmented)
    total = epochs * len(loader)
    schedule = LambdaLR(optimizer, lambda step: min(1, 3 * (1 - step / total)) if recipe.decay else 1)
    every = request.snapshot_every or recipe.snapshot_every
    examined = _Examined(pictures, held_out)
    with record(
        model,
        optimizer,
        request.path,
        probe=examined.probes if len(held_out) else None,
        snapshot_every=every,
        sensitivity_every=total if len(held_out) else None,  # before the first step, and at the end
        steps=total,
        overwrite=request.overwrite,
    ) as recorder:
        recorder.note(**_about(request, recipe, pictures, training, held_out, epochs))
        step, losses = 0, [(math.nan, 1)]
        try:
            for epoch in range(1, epochs + 1):
                model.train()
                losses = []
                for images, target in loader:
                    recorder.batch(images, target)
                    logits = model(images)
                    loss = functional.cross_entropy(logits, target)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    schedule.step()
                    correct = (logits.detach().argmax(1) == target).float().mean()
                    recorder.log(epoch=epoch, loss=loss, accuracy=correct)
                    if step == 0:
                        recorder.note(activations=_constants(model))
                    step += 1
                    losses.append((loss.item(), len(target)))
                    progress.step(step, total, epoch, losses[-1][0])
                accuracy = examined.record(recorder, model, epoch)
        finally:
            # Also when interrupted: what is trained so far can be looked at and asked.
            config = save_model(model, request.path, pictures.classes)
            recorder.note(model=config, finished=step == total, held_out_accuracy=examined.accuracy)
            recorder.diagnose()
    return Outcome(step, _result(losses, accuracy), f"derivviz render backprop --trace {request.path}")


def _result(losses: list[tuple[float, int]], accuracy: float) -> str:
    """How it ended.

    `losses` has each batch of the last epoch with its number of pictures, so that the last, which may be short,
    counts for no more than it holds; `accuracy` is the share of held-out pictures that are right.
    """
    loss = sum(loss * count for loss, count in losses) / sum(count for _, count in losses)
    right = f"{accuracy:.0%} of the held-out pictures right"
    if math.isnan(accuracy):
        right = "no picture was held out: that takes a share above 0 and two of a class"
    return f"Loss {loss:.4g} in the last epoch; {right}."


def _pictures(request: Request, progress: Progress) -> Pictures:
    """What is learnt from, and all that is odd about it, said."""
    if request.data is None:
        return toy_sample(request.seed)
    pictures = read_folder(request.data, cache=request.cache, say=progress.say)
    for name, reason in pictures.skipped[:NAMED]:
        progress.say(f"Skipped {name}: {reason}.")
    if (more := len(pictures.skipped) - NAMED) > 0:
        progress.say(f"Skipped {more} more: the trace names them all, under data_skipped.")
    for remark in pictures.remarks:
        progress.say(remark)
    return pictures


def _recipe(request: Request) -> Recipe:
    check_preset(request.preset, PRESETS, "food")
    for what, value in (("--epochs", request.epochs), ("--snapshot-every", request.snapshot_every)):
        if value is not None and value < 1:
            raise UsageError(f"{what} is {value}, but it is 1 at the least.")
    return RECIPES[request.preset or PRESETS[0]]


def _choice(pictures: Pictures, recipe: Recipe, epochs: int, seed: int, training: int, held_out: int) -> str:
    rates = ", ".join(f"{rate:g} for {layer}" for layer, rate in recipe.learning_rates.items())
    copies = f" (one picture of each class × {recipe.copies})" if recipe.copies else ""
    return (
        f"Learning from {pictures.summary}\n"
        f"Preset {recipe.name}, seed {seed}: {training} pictures to train{copies}, {held_out} held out, "
        f"{epochs} epochs in batches of {recipe.batch_size}, learning rate {rates}."
    )


def _about(
    request: Request,
    recipe: Recipe,
    pictures: Pictures,
    training: NDArray[np.int64],
    held_out: NDArray[np.int64],
    epochs: int,
) -> dict[str, Any]:
    return {
        "run": "food",
        "preset": recipe.name,
        "seed": request.seed,
        "epochs": epochs,
        "learning_rate": recipe.learning_rates,
        "learning_rate_decay": "linear to 0 in the last third of the steps" if recipe.decay else "none",
        "batch_size": recipe.batch_size,
        "augmented": recipe.augmented,
        "classes": list(pictures.classes),
        "classes_found": list(pictures.found),
        "data": pictures.description,
        "toy_sample": request.data is None,
        "data_counts": pictures.counts,
        "data_majority": list(pictures.majority),
        "data_merged": [list(names) for names in pictures.merged],
        "data_hash": pictures.hash,
        "data_skipped": [list(item) for item in pictures.skipped],
        "pictures": {"training": len(training), "held_out": len(held_out)},
    }


def _constants(model: FoodCNN) -> dict[str, Any]:
    """For each activation what its formulas need, by module name; fixed once the first batch has passed."""
    return {
        name: module.constants()
        for name, module in model.named_modules()
        if isinstance(module, DerivativeActivation)
    }


class _Examined:
    """The held-out pictures, and the accuracy on them when they were last looked at [1]."""

    def __init__(self, pictures: Pictures, indices: NDArray[np.int64]) -> None:
        self.pixels, self.indices = pictures.images, indices
        self.target = torch.from_numpy(pictures.target[indices])
        self.names = [pictures.names[i] for i in indices]
        self.accuracy = math.nan
        earlier = [int((self.target[:n] == label).sum()) for n, label in enumerate(self.target)]
        first = np.argsort(earlier, kind="stable")[:PROBES]  # the first of each class, then the second
        self.probes = to_batch(pictures.images[indices[first]])

    def parts(self) -> Iterator[Tensor]:
        """All of them, a few at a time: as floats they may be more than memory holds."""
        for start in range(0, len(self.indices), AT_ONCE):
            yield to_batch(self.pixels[self.indices[start : start + AT_ONCE]])

    def record(self, recorder: Recorder, model: FoodCNN, epoch: int) -> float:
        if not self.names:  # of one picture a class none is held out
            return self.accuracy
        model.eval()
        probabilities = torch.cat([predict(model, part) for part in self.parts()])
        first = {}
        if epoch == 1:
            small = torch.cat([thumbnail(part, PICTURE_SIDE) for part in self.parts()])
            first = {"target": self.target, "names": self.names, "images": small}
        recorder.evaluation(probabilities, epoch=epoch, **first)  # type: ignore[arg-type]
        self.accuracy = float((probabilities.argmax(1) == self.target).float().mean())
        return self.accuracy
