"""The derivations that the results carry, their kernels, and the exact pendulum beside them."""

from __future__ import annotations

import dataclasses
import warnings

import flint
import mpmath
import numpy as np
import pytest
import sympy

import symnum as sn
from symnum import homotopy
from symnum.homotopy.series.expansion import Expansion

A, t = sympy.symbols("A t")


@pytest.mark.parametrize(
    ("equation", "amplitude"),
    [
        ("u'' + u + eps*u**3", 1),
        ("u'' + w0**2*u + eps*u**3", "A"),
        ("u'' + u + eps*u**2", "1/2"),
        ("u'' + sin(eps*u)/eps", "A"),
    ],
)
def test_a_perturbation_series_is_proved(equation: str, amplitude: object) -> None:
    series = homotopy.lindstedt(equation, "u", "t", "eps", 3, amplitude=amplitude)
    d = series.derivation
    assert len(d.steps) >= 5
    assert d.level == "exact"
    assert sympy.expand(d.expr - series.frequency_expr) == 0


@pytest.mark.parametrize("amplitude", [None, "1/2"])
def test_the_pendulum_series_is_proved_through_its_first_orders(amplitude: object) -> None:
    series = homotopy.pendulum(12, amplitude)
    d = series.derivation
    assert d.level == "exact"
    assert d.expr == sum(w * A ** (2 * m) for m, w in enumerate(series.frequency[:4]))


@pytest.mark.parametrize(
    ("equation", "amplitude", "options", "level"),
    [
        ("u'' + sin(u)", "A", {"order": 4}, "exact"),
        ("u'' + sin(u)", "A", {"order": 3, "c0": "-1/2"}, "exact"),
        ("u'' + u**3", "A", {"order": 24}, "exact"),
        ("u'' + u", "A", {"order": 2}, "exact"),
        ("u'' + u + u**3", 1, {"order": 8, "c0": "-9/10"}, "exact"),
        ("u'' + u + u**2", "1/4", {"order": 20}, "exact"),
        ("u'' + sin(u)", 1.0, {}, "interval"),
    ],
)
def test_a_homotopy_series_is_proved(
    equation: str, amplitude: object, options: dict[str, object], level: str
) -> None:
    solution = homotopy.solve_periodic(
        equation,
        "u",
        "t",
        amplitude=amplitude,
        **options,  # type: ignore[arg-type]
    )
    d = solution.derivation
    assert len(d.steps) >= 3
    assert d.level == level


@pytest.mark.parametrize("equation", ["u'' + sin(u)", "u'' + cbrt(u)", "u'' + u + u*Abs(u)"])
@pytest.mark.filterwarnings("ignore::symnum.homotopy.DivergenceWarning")
def test_a_balance_is_enclosed(equation: str) -> None:
    solution = homotopy.harmonic_balance(equation, "u", "t", amplitude=1, harmonics=12)
    assert solution.derivation.level == "interval"


@pytest.mark.parametrize("term", ["squared", "motions"])
def test_a_wrong_coefficient_cannot_be_derived(term: str) -> None:
    series = homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 3)
    old = series.expansion
    squared, motions = list(old.squared), list(old.motions)
    if term == "squared":
        squared[2] += flint.fmpq(1, 10**9)
    else:
        motions[2] = motions[2].times(1 + flint.fmpq(1, 10**9))
    broken = dataclasses.replace(series, expansion=Expansion(old.ring, squared, motions))
    with pytest.raises(sn.Refuted):
        _ = broken.derivation


def test_kernels_are_functions_of_time_and_amplitude() -> None:
    times = np.linspace(0.0, 12.0, 97)
    balance = homotopy.harmonic_balance("u'' + sin(u)", "u", "t", amplitude=1.2, harmonics=12)
    assert np.allclose(balance.compile()(times), homotopy.pendulum_angle(times, 1.2), atol=1e-14)
    symbolic = homotopy.solve_periodic("u'' + sin(u)", "u", "t", amplitude=A, order=3).compile()
    assert [str(argument) for argument in symbolic.args] == ["t", "A"]
    assert np.allclose(symbolic(times, 0.3), homotopy.pendulum_angle(times, 0.3), atol=1e-8)
    series = homotopy.lindstedt("u'' + u + eps*u**3", "u", "t", "eps", 4).compile()
    assert [str(argument) for argument in series.args] == ["t", "eps"]
    assert series(0.0, 0.1) == pytest.approx(1.0)


@pytest.mark.parametrize("degrees", [0.1, 30, 90, 150, 179, 179.99])
def test_the_exact_pendulum_is_that_of_the_elliptic_functions(degrees: float) -> None:
    context = mpmath.mp.clone()
    context.dps = 40
    amplitude = float(np.radians(degrees))
    parameter = context.sin(context.mpf(amplitude) / 2) ** 2
    quarter = context.ellipk(parameter)
    frequency = float(homotopy.pendulum_frequency(amplitude))
    assert abs(frequency * 2 * quarter / context.pi - 1) < 4e-16
    times = np.linspace(0.0, float(12 * quarter), 61)
    kappa = homotopy.harmonic_balance("u''+sin(u)", "u", "t", amplitude=amplitude, harmonics=96)
    angles = homotopy.pendulum_angle(times, amplitude)
    for time, angle in zip(times.tolist(), angles.tolist(), strict=True):
        exact = 2 * context.asin(
            context.sqrt(parameter) * context.ellipfun("cd", time, m=parameter)
        )
        assert abs(angle - exact) < 2e-15 * amplitude * (1 + kappa.condition) * 20


def test_the_exact_pendulum_broadcasts_and_knows_its_end() -> None:
    angles = homotopy.pendulum_angle(np.zeros((3, 1)), np.array([0.5, -1.0, 3.0, 0.0]))
    assert angles.shape == (3, 4)
    assert np.allclose(angles, [0.5, -1.0, 3.0, 0.0])
    assert homotopy.pendulum_frequency(np.pi) < 0.05
    assert np.isnan(homotopy.pendulum_frequency([3.2, -4.0])).all()
    assert np.isnan(homotopy.pendulum_angle(1.0, 3.2))


def test_nothing_is_derived_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the solve made a derivation")

    monkeypatch.setattr("symnum.homotopy.proofs.Derivation", refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        homotopy.pendulum(4)
        homotopy.solve_periodic("u'' + sin(u)", "u", "t", amplitude=1.0)
        homotopy.harmonic_balance("u'' + sin(u)", "u", "t", amplitude=1.0, harmonics=8)
