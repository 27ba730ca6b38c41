"""Harmonic balance and the orbits that witness for it."""

from __future__ import annotations

import dataclasses
import json
import math
import warnings
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum import homotopy
from symnum.homotopy.periodic.balance import solve_balance
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import CosineBasis, Force
from symnum.homotopy.periodic.orbit import Orbit, find_orbit
from symnum.homotopy.periodic.sharpening import sharpened

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)
u = sympy.Symbol("u", real=True)
PENDULUM = "u'' + sin(u)"


def quiet(equation: str, amplitude: object, harmonics: int) -> homotopy.PeriodicSolution:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        return homotopy.harmonic_balance(
            equation, "u", "t", amplitude=amplitude, harmonics=harmonics
        )


def exact_frequency(amplitude: float) -> mpmath.mpf:
    context = mpmath.mp.clone()
    context.dps = 40
    modulus = context.sin(context.mpf(amplitude) / 2) ** 2
    return context.pi / (2 * context.ellipk(modulus))


@pytest.mark.parametrize(
    ("degrees", "harmonics", "kappa"),
    [
        (5, 16, 9.5e-4),
        (30, 16, 0.0348),
        (90, 24, 0.36),
        (150, 32, 1.7),
        (175, 48, 7.7),
        (179, 48, 29),
        (179.9, 64, 213),
        (179.99, 96, 1677),
        pytest.param(179.999, 160, 13809, marks=pytest.mark.slow),
    ],
)
def test_pendulum_as_well_as_its_conditioning_allows(
    degrees: float, harmonics: int, kappa: float
) -> None:
    amplitude = math.radians(degrees)
    solution = homotopy.harmonic_balance(
        PENDULUM, "u", "t", amplitude=amplitude, harmonics=harmonics
    )
    error = abs(float(solution.frequency / exact_frequency(amplitude) - 1))
    assert error <= (4 + 4 * kappa) * 2.0**-53
    assert error <= solution.error_estimate
    assert solution.condition == pytest.approx(kappa, rel=0.02)
    assert solution.converged
    assert solution.residual() < 1e-13


@pytest.mark.parametrize("row", DATA["pendulum"]["rows"], ids=lambda row: row["degrees"])
def test_fourier_coefficients_of_the_pendulum(row: dict[str, object]) -> None:
    amplitude = math.radians(float(str(row["degrees"])))
    solution = homotopy.harmonic_balance(PENDULUM, "u", "t", amplitude=amplitude, harmonics=64)
    stored = row["fourier_odd_cosines"]
    assert isinstance(stored, list)
    for k, text in enumerate(stored):
        assert abs(solution.coefficients[2 * k + 1] - float(text)) <= 4e-14 * amplitude


@pytest.mark.parametrize("harmonics", [1, 2, 3, 6])
def test_too_few_harmonics_are_taken_as_given_and_flagged(harmonics: int) -> None:
    with pytest.warns(homotopy.DivergenceWarning, match=f"with {harmonics} harmonics has not"):
        solution = homotopy.harmonic_balance(PENDULUM, "u", "t", amplitude=2.8, harmonics=harmonics)
    assert len(solution.coefficients) == harmonics
    assert not solution.converged
    error = abs(float(solution.frequency / exact_frequency(2.8) - 1))
    assert error <= solution.error_estimate <= 2 * error


@pytest.mark.parametrize(
    ("equation", "stored"),
    [
        ("u'' + cbrt(u)", "u**(1/3), A=1"),
        ("u'' + u**(1/3)", "u**(1/3), A=1"),
        ("u'' + sign(u)*Abs(u)**(1/3)", "u**(1/3), A=1"),
        ("u'' + sign(u)", "sign(u), A=1"),
    ],
)
@pytest.mark.parametrize("harmonics", [24, 96])
def test_forces_with_corners_converge_slowly_and_say_so(
    equation: str, stored: str, harmonics: int
) -> None:
    solution = quiet(equation, 1, harmonics)
    error = abs(solution.frequency / float(DATA["nonsmooth"][stored]) - 1)
    assert not solution.converged
    assert error <= 1.1 * solution.error_estimate
    assert error < 0.06 / harmonics**2


@pytest.mark.parametrize(
    ("force", "amplitude", "odd"),
    [
        ("u + u**2", -0.9, False),
        ("exp(u) - 1", 2.0, False),
        ("u/sqrt(1 + u**2)", 5.0, True),
        ("u - u**2/3 + u**3", 1.5, False),
        ("u + u**2 - 1/10", 0.4, False),
        ("-u + u**3", 1.6, True),
        ("tanh(u)", -2.0, True),
        ("u + LambertW(u + 1) - LambertW(1)", 0.5, False),
    ],
)
def test_smooth_forces_agree_with_the_period_integral(
    force: str, amplitude: float, odd: bool
) -> None:
    solution = homotopy.harmonic_balance(
        f"u'' + {force}", "u", "t", amplitude=amplitude, harmonics=80
    )
    orbit = find_orbit(
        Force(sympy.sympify(force, locals={"u": u}, rational=True), u), amplitude, odd=odd
    )
    assert solution.frequency == pytest.approx(orbit.frequency, rel=1e-12)
    assert solution.converged
    assert all(n % 2 == 1 for n in solution.coefficients) == odd
    assert sum(solution.coefficients.values()) == pytest.approx(amplitude, rel=1e-14)
    phases = np.array([0.0, math.pi])
    ends = sum(a * np.cos(n * phases) for n, a in solution.coefficients.items())
    assert np.allclose(ends, [orbit.start, orbit.end], rtol=1e-11)


def test_a_corner_in_the_second_derivative_is_still_a_corner() -> None:
    solution = quiet("u'' + u + u*Abs(u)", 1, 80)
    assert not solution.converged
    assert solution.error_estimate < 1e-8


def test_it_has_no_homotopy_series() -> None:
    solution = homotopy.harmonic_balance(PENDULUM, "u", "t", amplitude=1, harmonics=16)
    for name in ("series", "pade", "optimal_c0"):
        with pytest.raises(homotopy.HomotopyError, match=f"{name}: .*solve_periodic"):
            getattr(solution, name)()
    with pytest.raises(homotopy.HomotopyError, match="deformation_equation"):
        solution.deformation_equation(1)


def test_a_solution_without_oscillation_is_not_returned() -> None:
    force = Force(sympy.sin(u), u)
    # An orbit that claims to be a thousand times as fast as what the harmonics can settle on.
    orbit = Orbit(force, 1.0, -1.0, np.full(99, 1e-4))
    with pytest.raises(homotopy.SpuriousSolutionError, match=r"no oscillation .*harmonics"):
        solve_balance(force, CosineBasis(True, 8), orbit)


@pytest.mark.parametrize("odd", [True, False], ids=["odd", "all"])
@settings(max_examples=15)
@given(size=st.integers(min_value=2, max_value=40))
def test_values_and_coefficients_are_inverse(odd: bool, size: int) -> None:
    basis = CosineBasis(odd, size)
    product = basis.coefficients_matrix() @ basis.values_matrix()
    assert np.allclose(product, np.eye(size), atol=4e-15)
    assert basis.harmonics[basis.first] == 1
    step = 4 if odd else 2
    phases = (2 * np.arange(3 * size) + 1) * np.pi / (step * 3 * size)
    expected = np.cos(np.outer(phases, basis.harmonics))
    assert np.allclose(basis.values_matrix(3), expected, atol=1e-13)


def test_the_jacobian_is_the_derivative_of_the_residuals() -> None:
    force = Force(sympy.sin(u) + u**2 * sympy.exp(-u), u)
    equations = CollocatedEquations(force, CosineBasis(False, 6))
    state = np.array([0.1, 0.8, 0.05, -0.02, 0.01, 0.003])
    residuals, jacobian = equations.bordered(state, 0.9)
    for k in range(6):
        moved = state.copy()
        moved[k] += 1e-7
        shifted, _ = equations.bordered(moved, 0.9)
        assert np.allclose((shifted - residuals)[:6] / 1e-7, jacobian[:6, k], atol=1e-6)
    shifted, _ = equations.bordered(state, 0.9 + 1e-7)
    assert np.allclose((shifted - residuals)[:6] / 1e-7, jacobian[:6, 6], atol=1e-6)


@pytest.mark.parametrize("degrees", [1, 45, 120, 170, 179])
def test_the_period_integral_is_accurate(degrees: float) -> None:
    amplitude = math.radians(degrees)
    orbit = find_orbit(Force(sympy.sin(u), u), amplitude, odd=True)
    error = abs(float(orbit.frequency / exact_frequency(amplitude) - 1))
    assert error <= orbit.uncertainty


def test_the_grid_is_fine_enough_for_the_tail() -> None:
    # Aliasing would show between the collocation points: the residual is taken on a finer grid.
    coarse = quiet(PENDULUM, 3.0, 10)
    equations = coarse._equations  # type: ignore[attr-defined]
    at_points = np.max(np.abs(equations.residuals(coarse._values, coarse._squared, 1)))  # type: ignore[attr-defined]
    assert at_points < 1e-12
    assert coarse.residual() > 1e-4


@pytest.mark.parametrize("degrees", [20, 100, 170, 179, 179.9])
def test_the_last_step_leaves_only_the_rounding_of_the_frequency(degrees: float) -> None:
    amplitude = math.radians(degrees)
    force = Force(sympy.sin(u), u)
    rough = solve_balance(force, CosineBasis(True, 64), find_orbit(force, amplitude, odd=True))
    fine = sharpened(rough, amplitude)
    assert np.allclose(fine.coefficients, rough.coefficients, atol=1e-12)
    error = abs(float(mpmath.sqrt(fine.squared) / exact_frequency(amplitude) - 1))
    kappa = rough.equations.condition(rough.coefficients, rough.squared)
    assert error <= (1 + kappa) * 2.0**-53
    assert sharpened(dataclasses.replace(rough, settled=False), amplitude).squared == rough.squared
