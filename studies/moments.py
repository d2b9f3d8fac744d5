"""The second moment of f′ under a normal pre-activation: how large a layer's output is to be expected."""

from __future__ import annotations

import math


def second_moment(mean: float, std: float) -> float:
    """E[f′(u)²] for u ~ N(mean, std²), raw f′.

    With v = u + 1, f′(u) = 24 − 6v², so E[f′²] = 576 − 288 E[v²] + 36 E[v⁴]; the moments of a normal v
    around μ = mean + 1 are E[v²] = μ² + σ² and E[v⁴] = μ⁴ + 6μ²σ² + 3σ⁴. For mean 0 that is
    108 σ⁴ − 72 σ² + 324.
    """
    center = (mean + 1) ** 2
    second = center + std**2
    fourth = center**2 + 6 * center * std**2 + 3 * std**4
    return 576 - 288 * second + 36 * fourth


def second_moment_clamped(mean: float, std: float) -> float:
    """E[f′(c)²] for u ~ N(mean, std²) and c = u kept within −3…1, where f′ ≥ 0.

    Beyond the ends f′(c) = 0, so only −2 < v < 2 counts (v = u + 1). The partial moments
    M_k = ∫ v^k p(v) dv over (−2, 2) follow from the density's derivative, σ² p′(v) = −(v − μ) p(v), by
    parts: M_k = μ M_{k−1} + (k − 1) σ² M_{k−2} − σ² [v^{k−1} p(v)].
    """
    center, low, high = mean + 1, -2.0, 2.0

    def density(v: float) -> float:
        return math.exp(-(((v - center) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))

    def below(v: float) -> float:
        return (1 + math.erf((v - center) / (std * math.sqrt(2)))) / 2

    moments = [below(high) - below(low)]
    for k in range(1, 5):
        edge = high ** (k - 1) * density(high) - low ** (k - 1) * density(low)
        before = moments[k - 2] if k > 1 else 0.0
        moments.append(center * moments[k - 1] + (k - 1) * std**2 * before - std**2 * edge)
    return 576 * moments[0] - 288 * moments[2] + 36 * moments[4]
