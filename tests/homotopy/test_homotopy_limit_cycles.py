"""Limit cycles: van der Pol, Rayleigh and their kin; what has none is refused."""

from __future__ import annotations

import contextlib
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.integrate
import sympy

from symnum import homotopy
from symnum.homotopy.equation_reading import read_motion_equation
from symnum.homotopy.periodic.balance import Balance, checked
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.dynamics import MotionDynamics
from symnum.homotopy.periodic.limit_cycles import circles
from symnum.homotopy.periodic.trigonometric_basis import TrigonometricBasis

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)["van_der_pol"]


def van_der_pol(mu: object) -> str:
    return f"u'' + u - {mu}*(1 - u**2)*u'"


def cycle(equation: str, harmonics: int) -> homotopy.PeriodicSolution:
    return homotopy.harmonic_balance(equation, "u", "t", amplitude=None, harmonics=harmonics)


@pytest.mark.parametrize(("mu", "harmonics"), [("0.5", 24), ("1", 40), ("2", 64)])
def test_periods_and_amplitudes_of_van_der_pol(mu: str, harmonics: int) -> None:
    solution = cycle(van_der_pol(mu), harmonics)
    stored = DATA["periods"][mu]
    error = abs(solution.frequency * float(stored["period"]) / (2 * math.pi) - 1)
    assert error <= solution.error_estimate < 1e-14
    assert float(solution.amplitude) == pytest.approx(float(stored["amplitude"]), rel=1e-13)
    assert solution.converged
    assert set(solution.coefficients) == set(solution.sine_coefficients)
    assert all(n % 2 == 1 for n in solution.coefficients)
    speeds = sum(n * value for n, value in solution.sine_coefficients.items())
    assert abs(speeds) < 1e-13


@pytest.mark.parametrize("mu", [0.01, 0.1, 0.3])
def test_the_small_parameter_series(mu: float) -> None:
    terms = [sympy.Rational(text) for text in DATA["frequency_even_powers_of_eps"]]
    series = float(sum(term * sympy.Rational(str(mu)) ** (2 * k) for k, term in enumerate(terms)))
    assert cycle(van_der_pol(mu), 24).frequency == pytest.approx(series, rel=1e-4 * mu**8 + 1e-15)


def integrated(right: object, start: float, duration: float) -> tuple[float, float]:
    """Return period and maximum after a long time, by a multistep method."""

    def top(_: float, state: np.ndarray) -> float:
        return float(state[1])

    top.direction = -1  # type: ignore[attr-defined]
    found = scipy.integrate.solve_ivp(
        right, (0, duration), [start, 0.0], method="LSODA", rtol=3e-13, atol=1e-13, events=top
    )
    times, states = found.t_events[0], found.y_events[0]
    return times[-1] - times[-2], states[-1][0]


CYCLES = [
    (van_der_pol(5), lambda t, y: [y[1], -y[0] + 5 * (1 - y[0] ** 2) * y[1]], 100, 80.0, 2e-9),
    (
        "u'' + u - (1 - u'**2/3)*u'",
        lambda t, y: [y[1], -y[0] + (1 - y[1] ** 2 / 3) * y[1]],
        40,
        80.0,
        1e-9,
    ),
    (
        "u'' + u**3 + (u**4 - 1)*u'/2",
        lambda t, y: [y[1], -(y[0] ** 3) - (y[0] ** 4 - 1) * y[1] / 2],
        48,
        120.0,
        1e-9,
    ),
    (
        "u'' + u + u**2/5 - (1 - u**2)*u'/2",
        lambda t, y: [y[1], -y[0] - y[0] ** 2 / 5 + (1 - y[0] ** 2) * y[1] / 2],
        40,
        120.0,
        1e-9,
    ),
]


@pytest.mark.parametrize(
    ("equation", "right", "harmonics", "duration", "bound"), CYCLES, ids=[c[0] for c in CYCLES]
)
def test_cycles_agree_with_integration_in_time(
    equation: str, right: object, harmonics: int, duration: float, bound: float
) -> None:
    solution = cycle(equation, harmonics)
    period, top = integrated(right, 1.0, duration)
    assert 2 * math.pi / solution.frequency == pytest.approx(period, rel=bound)
    assert float(solution.amplitude) == pytest.approx(top, rel=bound)
    assert solution.converged
    assert (0 in solution.coefficients) == ("u**2/5" in equation)


def test_rayleigh_is_the_derivative_of_van_der_pol() -> None:
    rayleigh = cycle("u'' + u - (1 - u'**2/3)*u'", 40)
    assert rayleigh.frequency == pytest.approx(cycle(van_der_pol(1), 40).frequency, rel=1e-14)


def test_a_repelling_cycle_is_found_as_well() -> None:
    repelling = cycle("u'' + u + (1 - u**2)*u'", 40)
    attracting = cycle(van_der_pol(1), 40)
    assert repelling.frequency == pytest.approx(attracting.frequency, rel=1e-14)
    assert repelling.sine_coefficients[3] == pytest.approx(-attracting.sine_coefficients[3])


def test_of_two_cycles_the_attracting_one_is_taken() -> None:
    # On circles the work changes sign at 1 and 2 (for small damping): out of 1, into 2.
    solution = cycle("u'' + u + u'*(2*u**4 - 5*u**2 + 1)/100", 24)
    assert float(solution.amplitude) == pytest.approx(2, rel=1e-2)


def test_a_cycle_about_one_of_two_equilibria_starts_at_its_largest_position() -> None:
    solution = cycle("u'' - u + u**3 - (1 - 8*(u**2 - 1)**2)*u'/10", 40)
    assert solution.converged
    assert solution.coefficients[0] == pytest.approx(0.8901456541071, rel=1e-12)
    lowest = sum(value * (-1) ** n for n, value in solution.coefficients.items())
    assert float(solution.amplitude) > 1 > lowest > 0
    assert solution.residual() < 1e-11


@pytest.mark.parametrize("mu", [0.2, 0.6])
def test_the_homotopy_series_of_a_cycle(mu: float) -> None:
    series = homotopy.solve_periodic(van_der_pol(mu), "u", "t", amplitude=None, order=24)
    balance = cycle(van_der_pol(mu), 32)
    assert series.converged
    assert series.frequency == pytest.approx(balance.frequency, rel=1e-13)
    assert float(series.amplitude) == pytest.approx(float(balance.amplitude), rel=1e-12)
    assert series.sine_coefficients[3] == pytest.approx(balance.sine_coefficients[3], rel=1e-10)
    # The first terms are those of the expansion in mu: W = 1 - mu**2/8 + ...
    assert float(series.series()[0]) == pytest.approx(1, rel=1e-14)
    assert float(series.series()[1]) == pytest.approx(-(mu**2) / 8, rel=1e-12)
    again = homotopy.solve_periodic(van_der_pol(mu), "u", "t", amplitude=None, order=6).iterate()
    assert again.frequency == pytest.approx(balance.frequency, rel=1e-14)


def test_few_harmonics_are_flagged_and_nothing_spurious_is_returned() -> None:
    exact = cycle(van_der_pol(5), 100)
    for harmonics in (1, 3, 8, 32):
        with contextlib.suppress(homotopy.SpuriousSolutionError):
            with pytest.warns(homotopy.DivergenceWarning, match="has not converged"):
                solution = cycle(van_der_pol(5), harmonics)
            assert not solution.converged
            assert len(solution.coefficients) == harmonics
            assert solution.frequency > 0.3
            error = abs(solution.frequency / exact.frequency - 1)
            assert error <= 4 * solution.error_estimate


def test_the_equilibrium_and_a_standstill_are_spurious() -> None:
    read = read_motion_equation(van_der_pol(5), "u", "t")
    equations = CollocatedEquations(MotionDynamics(read), TrigonometricBasis(True, 2), True)
    for coefficients, squared in ((np.zeros(4), 1.0), (np.array([2.0, 0, 0, 0]), 1e-9)):
        balance = Balance(equations, coefficients, squared, 1, True)
        with pytest.raises(homotopy.SpuriousSolutionError, match=r"spurious.*w = .*harmonics"):
            checked(balance, 0.54, 2.0)
    doubled = Balance(equations, np.array([5.0, 0, 0, 0]), 0.29, 1, True)
    assert checked(doubled, 0.54, 2.0) is doubled
    with pytest.raises(homotopy.SpuriousSolutionError):
        checked(doubled, 0.54, 2.0, free=True)


REFUSED = [
    ("u'' + u + u'/10", homotopy.SecularTermError, r"takes energy.*secular"),
    ("u'' + u - u'**3", homotopy.SecularTermError, "feeds energy.*secular"),
    ("u'' + sin(u)", homotopy.HomotopyError, "amplitude: .*no limit cycle.*family"),
    ("u'' + u*(1 + u'**2)", homotopy.HomotopyError, "amplitude: .*no limit cycle"),
    ("u'' + u + u*u'", homotopy.HomotopyError, "amplitude: .*family"),
    ("u'' + u - mu*(1 - u**2)*u'", ValueError, "parameter mu has no value"),
    ("u'' + u - (1 - u**2)*u' + cos(t)", homotopy.HomotopyError, "cos.t."),
]


@pytest.mark.parametrize(("equation", "error", "message"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_has_no_cycle_is_refused(equation: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cycle(equation, 16)
    with pytest.raises(error, match=message):
        homotopy.solve_periodic(equation, "u", "t", amplitude=None)


def test_a_given_amplitude_of_a_cycle_is_refused() -> None:
    with pytest.raises(homotopy.HomotopyError, match=r"limit cycle.*amplitude=None"):
        homotopy.harmonic_balance(van_der_pol(1), "u", "t", amplitude=1.9, harmonics=32)


def test_the_work_on_circles_changes_sign_at_the_cycle() -> None:
    read = read_motion_equation(van_der_pol("1/10"), "u", "t")
    work, squared = circles(read, np.array([1.0, 2.0, 3.0]))
    # The mean of mu (1 - A**2 cos**2) sin**2 is mu (1/2 - A**2/8).
    assert np.allclose(work, 0.1 * (0.5 - np.array([1.0, 4.0, 9.0]) / 8), atol=1e-15)
    assert np.allclose(squared, 1.0)


def test_kernel_and_derivation_of_a_cycle() -> None:
    solution = cycle(van_der_pol("1/2"), 20)
    assert solution.derivation.level == "interval"
    kernel = solution.compile()
    period = 2 * math.pi / solution.frequency
    assert kernel(0.0) == pytest.approx(float(solution.amplitude), rel=1e-14)
    assert kernel(period / 2) == pytest.approx(-float(solution.amplitude), rel=1e-13)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "limit" not in str(solution)
