"""One run of the study: a configuration and a seed in, the numbers of a row out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from variants import Activation, Factor, matched_weights

from derivviz.learning import DerivativeFactor, FoodCNN
from derivviz.learning.dataset import Pictures, batches, read_folder, to_batch
from derivviz.learning.network import predict
from derivviz.learning.pictures import SIDE

FOLDS = 5
TUNING = 1000  # seeds from here on choose learning rates; those below are reported

# What the rate is multiplied by, over the share of the training that is done.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "late decay": lambda done: min(1.0, 3 * (1 - done)),  # constant, in the last third down to 0
}


@dataclass(frozen=True)
class Configuration:
    """Everything that decides a run besides its seed and the pictures.

    `rate` is the base rate. A layer whose first weights have the standard deviation s (Glorot's) learns with
    rate · s under Adam, whose step has a fixed length, and rate · s² under SGD: with both that is training
    the weights in units of s. `rule` "fast output" is the same with ten times the rate for the last layer;
    "uniform" takes `rate` itself for every layer.
    """

    activation: str = "f′/24 clamped"
    normalisation: str = "first batch"
    point: float = -3.0
    spread: float = 0.5
    rate: float = 0.01
    optimizer: str = "Adam"
    factor: str = "none"
    init: str = "Glorot"
    clip: float = 0.0
    rule: str = "relative"
    schedule: str = "late decay"
    side: int = 48
    epochs: int = 30
    batch_size: int = 8
    weight_decay: float = 0.0
    dropout: float = 0.0
    smoothing: float = 0.0
    average: float = 0.0
    augmented: bool = True


@dataclass(frozen=True)
class Result:
    """The numbers of a run; of a run that stopped being finite, those of its last finite weights or NaN."""

    loss: float
    correct: int
    held_out: int
    held_out_loss: float
    confidence: float
    entropy: float
    act1_rms: float
    act2_rms: float
    first_loss: float
    conv_gradient: float
    fc1_gradient: float
    fc2_gradient: float
    act1_silent: float
    act2_silent: float
    diverged: int
    seconds: float


@lru_cache(maxsize=4)
def load(folder: Path, side: int = SIDE) -> Pictures:
    """The pictures of a folder, brought to side × side pixels."""
    pictures = read_folder(folder)
    if pictures.images.shape[1] == side:
        return pictures
    small = [
        np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BOX))
        for image in pictures.images
    ]
    return replace(pictures, images=np.stack(small))


def fold(target: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Training and held-out indices: five seeds in a row hold out each picture exactly once, stratified."""
    generator = np.random.default_rng(seed // FOLDS)
    place = np.empty(len(target), dtype=np.int64)
    start = 0
    for label in np.unique(target):
        members = generator.permutation(np.flatnonzero(target == label))
        place[members] = (np.arange(len(members)) + start) % FOLDS  # rest pictures go round the folds
        start += len(members)
    held = place == seed % FOLDS
    return np.flatnonzero(~held), np.flatnonzero(held)


def build(configuration: Configuration, classes: int, images: Tensor, seed: int) -> FoodCNN:
    """The network with its first weights."""
    c = configuration
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FoodCNN(
            classes,
            side=c.side,
            activation=lambda n: Activation(n, c.activation, c.normalisation, c.point, c.spread),
        )
        if c.init == "matched":
            matched_weights(model, c.activation, c.point, c.spread, float(images.square().mean()))
    return model


def optimizer_of(configuration: Configuration, model: FoodCNN) -> torch.optim.Optimizer | Factor:
    """The optimizer with a rate for each layer, and the factor around it."""
    c = configuration
    groups = []
    for layer in (model.conv, model.fc1, model.fc2):
        fan_in, fan_out = layer.weight[0].numel(), layer.weight.shape[0] * layer.weight[0, 0].numel()
        std = 1.0 if c.rule == "uniform" else math.sqrt(2 / (fan_in + fan_out))
        if c.rule == "fast output" and layer is model.fc2:
            std *= 10
        power = 2 if c.optimizer == "SGD" else 1
        groups.append({"params": list(layer.parameters()), "lr": c.rate * std**power})
    kinds = {
        "Adam": lambda: torch.optim.Adam(groups, fused=True),
        "AdamW": lambda: torch.optim.AdamW(groups, fused=True, weight_decay=c.weight_decay),
        "SGD": lambda: torch.optim.SGD(groups, momentum=0.9, fused=True),
    }
    optimizer = kinds[c.optimizer]()
    if c.factor == "none":
        return optimizer
    return DerivativeFactor(optimizer) if c.factor == "published" else Factor(optimizer, c.factor)


def run(configuration: Configuration, folder: Path, seed: int) -> Result:
    """Train once and examine."""
    c = configuration
    start = time.perf_counter()
    pictures = load(folder, c.side)
    training, held = fold(pictures.target, seed)
    images = to_batch(pictures.images[training])
    model = build(c, len(pictures.classes), images, seed)
    optimizer = optimizer_of(c, model)
    rates = [group["lr"] for group in optimizer.param_groups]
    loader = batches(pictures, training, c.batch_size, seed, c.augmented)
    drop = torch.Generator().manual_seed(seed + 2)
    averaged = {n: p.detach().clone() for n, p in model.named_parameters()} if c.average else {}
    total, step = c.epochs * len(loader), 0
    first, diverged = math.nan, False
    for _ in range(c.epochs):
        model.train()
        losses: list[tuple[float, int]] = []
        norms: list[list[float]] = []
        for batch, labels in loader:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * SCHEDULES[c.schedule](step / total)
            logits = forward(model, batch, c.dropout, drop)
            loss = functional.cross_entropy(logits, labels, label_smoothing=c.smoothing)
            if not math.isfinite(loss.item()):
                diverged = True
                break
            first = loss.item() if step == 0 else first
            model.zero_grad()
            loss.backward()
            norms.append([gradient_norm([layer]) for layer in (model.conv, model.fc1, model.fc2)])
            if c.clip:
                nn.utils.clip_grad_norm_(model.parameters(), c.clip)
            optimizer.step()
            step += 1
            losses.append((loss.item(), len(labels)))
            for name, parameter in model.named_parameters() if c.average else ():
                averaged[name].lerp_(parameter.detach(), 1 - min(c.average, step / (step + 10)))
        if diverged:
            break
    for name, value in averaged.items():
        model.get_parameter(name).data.copy_(value)
    mean_norms = np.mean(norms, axis=0) if norms else np.full(3, np.nan)
    model.eval()
    probabilities = predict(model, to_batch(pictures.images[held])).double()
    answer = torch.from_numpy(pictures.target[held])
    right = probabilities[torch.arange(len(answer)), answer].clamp_min(1e-12)
    entropy = -(probabilities * probabilities.clamp_min(1e-300).log()).sum(dim=1)
    sizes = activation_sizes(model, images)
    return Result(
        loss=math.nan if diverged else sum(v * n for v, n in losses) / sum(n for _, n in losses),
        # Of NaN none is the largest: a network that diverged has no answer, and it counts as wrong.
        correct=int(((probabilities.argmax(1) == answer) & probabilities.isfinite().all(1)).sum()),
        held_out=len(answer),
        held_out_loss=float(-right.log().mean()),
        confidence=float(probabilities.max(dim=1).values.mean()),
        entropy=float(entropy.mean()),
        act1_rms=sizes[0],
        act2_rms=sizes[2],
        first_loss=first,
        conv_gradient=float(mean_norms[0]),
        fc1_gradient=float(mean_norms[1]),
        fc2_gradient=float(mean_norms[2]),
        act1_silent=sizes[1],
        act2_silent=sizes[3],
        diverged=int(diverged),
        seconds=time.perf_counter() - start,
    )


def forward(model: FoodCNN, batch: Tensor, dropout: float, generator: torch.Generator) -> Tensor:
    """Logits; with dropout, of the pooled maps' values the given share is left out."""
    if not dropout:
        logits: Tensor = model(batch)
        return logits
    maps = model.flatten(model.pool(model.act1(model.conv(batch))))
    kept = torch.rand(maps.shape, generator=generator) >= dropout
    logits = model.fc2(model.act2(model.fc1(maps * kept / (1 - dropout))))
    return logits


def gradient_norm(layers: list[nn.Module]) -> float:
    """Euclidean norm of the gradients of the layers' parameters."""
    gradients = [p.grad for m in layers for p in m.parameters() if p.grad is not None]
    return float(nn.utils.get_total_norm(gradients))


def activation_sizes(model: FoodCNN, images: Tensor) -> tuple[float, float, float, float]:
    """For both activations the root mean square of the outputs, and the share whose slope ∂a/∂z is 0."""
    numbers = []
    shown = images[:32]
    with torch.no_grad():
        z1 = model.conv(shown)
        z2 = model.fc1(model.flatten(model.pool(model.act1(z1))))
    for activation, z in ((model.act1, z1), (model.act2, z2)):
        z = z.detach().requires_grad_()
        a = activation(z)
        (slope,) = torch.autograd.grad(a.sum(), z)
        numbers += [float(a.detach().square().mean().sqrt()), float((slope == 0).float().mean())]
    return numbers[0], numbers[1], numbers[2], numbers[3]
