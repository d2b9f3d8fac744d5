"""The arms of the study: what is compared, and the learning rates that each may choose from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from experiment import Configuration
from variants import Factor

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
    everything = [*_activations(), *_form(), *_recipe(), *_longer(), *_optimizers(), *_finalists()]
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


PARTS = ("activations", "form", "recipe", "longer", "optimizers", "finalists")


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
                    SGD_RATES if optimizer == "SGD" else FEW_RATES,
                )


def _form() -> Iterator[Arm]:
    """One thing changed at a time in how f′ is made an activation."""
    variants: dict[str, dict[str, object]] = {
        "as it was": {},
        "scaled by 24, not clamped": {"activation": "f′/24"},
        "neither scaled nor clamped": {"activation": "f′"},
        "clamped, not scaled": {"activation": "f′ clamped"},
        "held at its peak beyond −1": {"activation": "f′/24 to the peak"},
        "normalisation: none": {"normalisation": "none"},
        "normalisation: batch": {"normalisation": "batch"},
        "normalisation: running": {"normalisation": "running"},
        "normalisation: running, not clamped": {"normalisation": "running", "activation": "f′/24"},
        "normalisation: each sample": {"normalisation": "sample"},
        "point −2, spread ½": {"point": -2.0},
        "point −1 (the peak), spread ½": {"point": -1.0},
        "point 0, spread ½": {"point": 0.0},
        "point −3, spread 1": {"spread": 1.0},
        "point −2, spread 1": {"point": -2.0, "spread": 1.0},
        "point −1, spread 1": {"point": -1.0, "spread": 1.0},
        "not clamped, point −2, spread ½": {"activation": "f′/24", "point": -2.0},
        "not clamped, point −1, spread ½": {"activation": "f′/24", "point": -1.0},
        "not clamped, point −1, spread 1": {"activation": "f′/24", "point": -1.0, "spread": 1.0},
        "matched first weights": {"init": "matched"},
        "no normalisation, matched first weights": {"normalisation": "none", "init": "matched"},
    }
    for name, changes in variants.items():
        yield Arm("form", name, replace(STABLE, **changes), FEW_RATES)  # type: ignore[arg-type]
    raw = replace(PLAIN, activation="f′")
    yield Arm("form", "raw f′, matched first weights", replace(raw, init="matched"), FEW_RATES)
    yield Arm("form", "raw f′, gradient clipped at norm 1", replace(raw, clip=1.0), FEW_RATES)


def _recipe() -> Iterator[Arm]:
    """One thing changed at a time in how the network is trained, at the rate that `form` chose for it unchanged."""
    variants: dict[str, dict[str, object]] = {
        "as it was": {},
        "gradient clipped at norm 1": {"clip": 1.0},
        "no augmentation": {"augmented": False},
        "dropout ½ of the pooled maps": {"dropout": 0.5},
        "label smoothing 0.1": {"smoothing": 0.1},
        "weights averaged over 20 steps": {"average": 0.95},
        "rate constant to the end": {"schedule": "constant"},
        "rate falling as a cosine": {"schedule": "cosine"},
        "batches of 16": {"batch_size": 16},
        "60 epochs": {"epochs": 60},
    }
    for name, changes in variants.items():
        yield Arm("recipe", name, replace(STABLE, **changes), (("relative", 0.01),))  # type: ignore[arg-type]
    # A factor also changes how far a step goes, so these choose their rates anew.
    for form in ("published", *Factor.FORMS):
        yield Arm("recipe", f"factor: {form}", replace(STABLE, factor=form), FEW_RATES)


def _longer() -> Iterator[Arm]:
    """Twice as many epochs, for what learns slowly."""
    for name in ("f′/24 clamped", "ReLU", "GELU"):
        yield Arm("longer", f"{name}, 60 epochs", replace(standardised(name), epochs=60), FEW_RATES)


def _finalists() -> Iterator[Arm]:
    """At the size of the published network, with what the run ``food`` trains with."""
    candidates: dict[str, tuple[Configuration, tuple[Rate, ...]]] = {
        "f′/24 clamped, standardised, with the factor": (
            replace(STABLE, factor="published"),
            (("relative", 0.002), ("relative", 0.005), ("fast output", 0.002)),
        ),
        "ReLU, standardised": (
            standardised("ReLU"),
            (("fast output", 0.002), ("fast output", 0.01)),
        ),
    }
    for name, (configuration, rates) in candidates.items():
        big = replace(configuration, side=224, epochs=40)
        yield Arm("finalists", name, big, rates, tuning_seeds=2)
