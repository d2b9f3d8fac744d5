"""The closed second moment of f′ against SymPy, quadrature and sampling."""

from __future__ import annotations

import numpy as np
import pytest
from moments import second_moment, second_moment_clamped

from derivviz.calculus.cubic import df

CASES = [(0.0, 1.0), (-3.0, 0.5), (-1.0, 1.0), (2.0, 0.3), (-0.5, 4.0)]


def test_raw_f_prime_symbolically() -> None:
    sympy = pytest.importorskip("sympy")
    u, m = sympy.symbols("u m", real=True)
    s = sympy.symbols("s", positive=True)
    density = sympy.exp(-((u - m) ** 2) / (2 * s**2)) / (s * sympy.sqrt(2 * sympy.pi))
    exact = sympy.simplify(sympy.integrate(sympy.expand(df(u) ** 2) * density, (u, -sympy.oo, sympy.oo)))
    assert sympy.expand(exact.subs(m, 0)) == 108 * s**4 - 72 * s**2 + 324
    for mean, std in CASES:
        assert second_moment(mean, std) == pytest.approx(float(exact.subs({m: mean, s: std})))


@pytest.mark.parametrize(("mean", "std"), CASES)
def test_against_quadrature_and_sampling(mean: float, std: float) -> None:
    u = np.linspace(mean - 12 * std, mean + 12 * std, 400_001)
    density = np.exp(-(((u - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))
    clamped = df(u.clip(-3, 1))
    assert second_moment(mean, std) == pytest.approx(np.trapezoid(df(u) ** 2 * density, u), rel=1e-6)
    assert second_moment_clamped(mean, std) == pytest.approx(
        np.trapezoid(clamped**2 * density, u), rel=1e-5, abs=1e-9
    )
    drawn = np.random.default_rng(0).normal(mean, std, 200_000)
    squares = df(drawn) ** 2
    assert abs(squares.mean() - second_moment(mean, std)) < 5 * squares.std() / np.sqrt(len(drawn))
    squares = df(drawn.clip(-3, 1)) ** 2
    assert abs(squares.mean() - second_moment_clamped(mean, std)) <= 5 * squares.std() / np.sqrt(len(drawn))
