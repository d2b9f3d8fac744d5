"""The arms of the study: what is compared, and the learning rates that each may choose from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from experiment import Configuration

Rate = tuple[str, float]  # the rule that gives each layer its rate, and the base rate

ADAM_RATES: tuple[Rate, ...] = (
    *(("relative", rate) for rate in (0.001, 0.003, 0.01, 0.03)),
    *(("uniform", rate) for rate in (3e-4, 1e-3)),
)
SGD_RATES: tuple[Rate, ...] = tuple(("relative", rate) for rate in (0.03, 0.1, 0.3, 1.0, 3.0))
FEW_RATES: tuple[Rate, ...] = (("relative", 0.003), ("relative", 0.01), ("relative", 0.03))

STABLE = Configuration()
PLAIN = replace(STABLE, normalisation="none", point=0.0, spread=1.0)
NAMES = ("f′", "f′/24 clamped", "ReLU", "LeakyReLU", "tanh", "GELU", "SiLU", "identity")


@dataclass(frozen=True)
class Arm:
    """A line of a table: a configuration whose rate is chosen on seeds that are not reported."""

    part: str
    name: str
    configuration: Configuration
    rates: tuple[Rate, ...] = ADAM_RATES
    tuning_seeds: int = 3
    seeds: int = 5

    def at(self, rate: Rate) -> Configuration:
        """The configuration with a rate."""
        return replace(self.configuration, rule=rate[0], rate=rate[1])

    def without_report(self) -> Arm:
        """The arm with its tuning alone."""
        return replace(self, seeds=0)


def arms(quick: bool = False) -> list[Arm]:
    """All arms in the order in which they are trained; `quick` makes two a part, of nearly no work."""
    everything = [*_activations(), *_optimizers(), *_ablation(), *_finalists()]
    if not quick:
        return everything
    chosen = [arm for part in PARTS for arm in [a for a in everything if a.part == part][:2]]
    return [
        replace(
            arm,
            configuration=replace(arm.configuration, side=16, epochs=1),
            rates=arm.rates[:2],
            tuning_seeds=1,
            seeds=2,
        )
        for arm in chosen
    ]


PARTS = ("activations", "optimizers", "ablation", "finalists")


def standardised(name: str) -> Configuration:
    """An activation behind standardised pre-activations: f′/24 at its stable point, the others around 0."""
    at = (-3.0, 0.5) if name == "f′/24 clamped" else (0.0, 1.0)
    return replace(STABLE, activation=name, point=at[0], spread=at[1])


def _activations() -> Iterator[Arm]:
    for name in NAMES:
        yield Arm("activations", f"{name}, standardised", standardised(name))
        yield Arm("activations", f"{name}, plain", replace(PLAIN, activation=name))


def _optimizers() -> Iterator[Arm]:
    for name in ("f′/24 clamped", "ReLU"):
        for optimizer in ("Adam", "AdamW", "SGD"):
            for factor in ("none", "published"):
                yield Arm(
                    "optimizers",
                    f"{name}, {optimizer}" + (" with the factor" if factor == "published" else ""),
                    replace(
                        standardised(name),
                        optimizer=optimizer,
                        factor=factor,
                        weight_decay=1.0 if optimizer == "AdamW" else 0.0,
                    ),
                    SGD_RATES if optimizer == "SGD" else ADAM_RATES,
                )


def _ablation() -> Iterator[Arm]:
    variants: dict[str, dict[str, object]] = {
        "as it is": {},
        "normalisation: none": {"normalisation": "none"},
        "normalisation: batch": {"normalisation": "batch"},
        "normalisation: each sample": {"normalisation": "sample"},
        "neither scaled nor clamped": {"activation": "f′"},
        "scaled by 24, not clamped": {"activation": "f′/24"},
        "clamped, not scaled": {"activation": "f′ clamped"},
        "point −2, spread ½": {"point": -2.0},
        "point −1 (the peak), spread ½": {"point": -1.0},
        "point −3, spread 1": {"spread": 1.0},
        "point −2, spread 1": {"point": -2.0, "spread": 1.0},
        "point −1, spread 1": {"point": -1.0, "spread": 1.0},
        "point 0, spread ½": {"point": 0.0},
        "matched first weights": {"init": "matched"},
        "no normalisation, matched first weights": {"normalisation": "none", "init": "matched"},
        "gradient clipped at norm 1": {"clip": 1.0},
        "factor: published": {"factor": "published"},
        "factor: normalised to mean 1": {"factor": "normalised"},
        "factor: signed": {"factor": "signed"},
        "factor: each weight its own": {"factor": "elementwise"},
        "factor: 1.9 for all": {"factor": "constant"},
        "no augmentation": {"augmented": False},
        "dropout ½ of the pooled maps": {"dropout": 0.5},
        "label smoothing 0.1": {"smoothing": 0.1},
        "weights averaged over 20 steps": {"average": 0.95},
        "rate constant to the end": {"schedule": "constant"},
        "rate falling as a cosine": {"schedule": "cosine"},
    }
    for name, changes in variants.items():
        yield Arm("ablation", name, replace(STABLE, **changes), FEW_RATES)  # type: ignore[arg-type]
    raw = replace(PLAIN, activation="f′")
    yield Arm("ablation", "raw f′, matched first weights", replace(raw, init="matched"), FEW_RATES)
    yield Arm("ablation", "raw f′, gradient clipped at norm 1", replace(raw, clip=1.0), FEW_RATES)


def _finalists() -> Iterator[Arm]:
    return iter(())
