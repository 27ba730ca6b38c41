"""Refinement to many digits, and homotopy analysis in cycles."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy

from symnum import homotopy
from symnum.homotopy.equation_reading import read_motion_equation
from symnum.homotopy.periodic import refinement
from symnum.homotopy.periodic.ball_equations import BallEquations
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import CosineBasis
from symnum.homotopy.periodic.dynamics import MotionDynamics
from symnum.homotopy.periodic.trigonometric_basis import TrigonometricBasis
from symnum.reference.precision import working_precision

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)
PENDULUM = "u'' + sin(u)"
mp = mpmath.mp.clone()
mp.dps = 130


def exact_frequency(amplitude: object) -> mpmath.mpf:
    """Return the pendulum's frequency at the double itself."""
    return mp.pi / (2 * mp.ellipk(mp.sin(mp.mpf(amplitude) / 2) ** 2))


def balance(equation: str, amplitude: object, harmonics: int) -> homotopy.PeriodicSolution:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        return homotopy.harmonic_balance(
            equation, "u", "t", amplitude=amplitude, harmonics=harmonics
        )


@pytest.mark.parametrize(
    ("degrees", "harmonics"), [(5, 8), (90, 24), (150, 32), (179, 48), (179.9, 64), (179.99, 96)]
)
def test_25_digits_of_the_pendulum(degrees: float, harmonics: int) -> None:
    amplitude = math.radians(degrees)
    refined = balance(PENDULUM, amplitude, harmonics).refine(25)
    error = abs(mp.mpf(refined.frequency) / exact_frequency(amplitude) - 1)
    assert error < mp.mpf(10) ** -25
    assert error <= refined.error_estimate
    assert refined.converged
    modulus = mp.sin(mp.mpf(amplitude) / 2) ** 2
    nome = mp.exp(-mp.pi * mp.ellipk(1 - modulus) / mp.ellipk(modulus))
    for k in range(4):
        n = 2 * k + 1
        stored = (-1) ** k * 8 * nome ** (k + mp.mpf(1) / 2) / (n * (1 + nome**n))
        assert abs(refined.coefficients[n] - stored) < 1e-24
    assert refined.residual() < 1e-22


def test_a_hundred_digits_at_an_exact_amplitude() -> None:
    refined = balance(PENDULUM, "pi/2", 32).refine(100)
    exact = mp.pi / (2 * mp.ellipk(mp.mpf(1) / 2))
    assert abs(mp.mpf(refined.frequency) / exact - 1) < mp.mpf(10) ** -100


@pytest.mark.parametrize("row", DATA["duffing"]["rows"], ids=lambda row: row["eps_A2"])
def test_the_cubic_oscillator(row: dict[str, str]) -> None:
    amplitude = sympy.sqrt(sympy.Rational(str(row["eps_A2"])))
    refined = balance("u'' + u + u**3", amplitude, 32).refine(28)
    assert abs(mp.mpf(refined.frequency) / mp.mpf(row["frequency"]) - 1) < 1e-27


@pytest.mark.parametrize("mu", ["0.5", "1", "2"])
def test_cycles_of_van_der_pol(mu: str) -> None:
    row = DATA["van_der_pol"]["periods"][mu]
    refined = balance(f"u'' + u - {mu}*(1 - u**2)*u'", None, 48).refine(22)
    assert abs(2 * mp.pi / refined.frequency / mp.mpf(row["period"]) - 1) < 1e-20
    top = sum(refined.coefficients.values())
    assert abs(top / mp.mpf(row["amplitude"]) - 1) < 1e-20
    assert float(refined.amplitude - sympy.Float(row["amplitude"], 25)) == pytest.approx(
        0, abs=1e-19
    )
    assert refined.residual() < 1e-17


def test_a_mass_that_depends_on_the_position() -> None:
    refined = balance("(1 + u**2)*u'' + u*u'**2 + u", "3/2", 48).refine(30)
    exact = mp.pi / (2 * mp.ellipe(-mp.mpf(9) / 4))
    assert abs(mp.mpf(refined.frequency) / exact - 1) < mp.mpf(10) ** -30
    assert refined.residual() < 1e-25


def test_sines_and_the_auxiliary_damping() -> None:
    refined = balance("u'' + u + u*u'", 1, 32).refine(25)
    again = balance("u'' + u + u*u'", 1, 40).refine(35)
    assert abs(mp.mpf(refined.frequency) / again.frequency - 1) < 1e-25
    assert abs(float(again.numbers.damping)) < 1e-34  # type: ignore[attr-defined]
    assert refined.converged


def test_corners_do_not_get_so_many_digits_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refinement, "LARGEST_SIZE", 128)
    rough = balance("u'' + cbrt(u)", 1, 24)
    with pytest.warns(homotopy.DivergenceWarning, match="25 digits were not reached"):
        refined = rough.refine(25)
    error = abs(float(refined.frequency) / float(DATA["nonsmooth"]["u**(1/3), A=1"]) - 1)
    assert not refined.converged
    assert error <= refined.error_estimate < 1e-6


def test_numbers_are_those_of_mpmath_with_their_digits() -> None:
    refined = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=1, order=12).refine(40)
    assert refined.frequency.context.dps >= 40
    assert refined.series()[0] > 0
    assert refined.expr.atoms(sympy.Float)
    value = refined.expr.subs(sympy.Symbol("t"), 0).evalf(40)
    assert abs(value - 1) < sympy.Float("1e-38", 40)
    assert refined.compile()(0.0) == pytest.approx(1.0, rel=1e-15)
    assert refined.derivation.level == "interval"
    more = refined.refine(60)
    assert abs(mp.mpf(more.frequency) / exact_frequency(1) - 1) < mp.mpf(10) ** -60


@pytest.mark.parametrize("digits", [0, 2.5, 10**6])
def test_refine_checks_its_argument(digits: object) -> None:
    with pytest.raises((ValueError, TypeError), match="digits: expected"):
        balance(PENDULUM, 1, 16).refine(digits)  # type: ignore[arg-type]


def test_a_symbolic_amplitude_has_no_digits() -> None:
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude="A", order=3)
    with pytest.raises(homotopy.HomotopyError, match=r"refine: needs a number.*symbol A"):
        solution.refine(20)
    with pytest.raises(homotopy.HomotopyError, match=r"iterate: needs a number.*symbol A"):
        solution.iterate()


@pytest.mark.parametrize("basis", [CosineBasis(False, 6), TrigonometricBasis(False, 4)])
def test_residuals_in_balls_are_those_in_doubles(
    basis: CosineBasis | TrigonometricBasis,
) -> None:
    read = read_motion_equation("(2 + u*u')*u'' + sin(u) + u**2*u'**3/3 + u'/5", "u", "t")
    equations = CollocatedEquations(MotionDynamics(read), basis)
    state = np.array([0.1, 0.8, 0.05, -0.02, 0.3, 0.01, 0.07])[: basis.length]
    from flint import arb

    with working_precision(120):
        balls = BallEquations(equations, arb(1), 120)
        values = [arb(float(value)) for value in state]
        exact = balls.residuals(values, arb(0.9), arb(0.2))
    damping = 0.2 if equations.has_damping else 0.0
    rounded, _ = equations.bordered(state, 0.9, damping)
    assert np.allclose(
        [float(x) for x in exact[: basis.length]], rounded[: basis.length], atol=1e-14
    )


@pytest.mark.parametrize("degrees", [30, 90, 150, 170, 175, 178, 179])
@pytest.mark.parametrize("order", [3, 5])
def test_cycles_reach_rounding_error(degrees: float, order: int) -> None:
    amplitude = math.radians(degrees)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        first = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=amplitude)
    solution = first.iterate(order=order)
    error = abs(float(solution.frequency / exact_frequency(amplitude) - 1))
    assert error <= 8 * (4 + 4 * solution.condition) * 2.0**-53
    assert solution.converged
    assert sum(solution.coefficients.values()) == pytest.approx(amplitude, rel=1e-15)


def test_eleven_cycles_of_order_five_at_179_degrees() -> None:
    amplitude = math.radians(179)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        first = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=amplitude, order=1)
        errors = [
            abs(float(first.iterate(cycles, order=5).frequency / exact_frequency(amplitude) - 1))
            for cycles in (1, 3, 6, 11)
        ]
    assert errors[1] < 1e-4 < 1e-3 < errors[0]
    assert errors[2] < 1e-9
    assert errors[3] < 1e-14


def test_a_tolerance_ends_the_cycles() -> None:
    first = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=2.5)
    rough, fine = first.iterate(tol=1e-3, order=1), first.iterate(order=1)
    assert abs(rough.frequency / fine.frequency - 1) < 1e-2
    assert rough.residual() > fine.residual()
    for options in ({"cycles": 0}, {"order": 0}, {"tol": -1.0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            first.iterate(**options)  # type: ignore[arg-type]


def test_the_last_cycle_has_a_series() -> None:
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=2.5).iterate(order=4)
    assert len(solution.series()) == 5
    assert solution.series().c0 == pytest.approx(-0.9)
    assert float(solution.series()[0]) == pytest.approx(solution.frequency**2, rel=1e-13)
    assert solution.pade() == pytest.approx(solution.frequency, rel=1e-13)


@pytest.mark.parametrize(
    ("equation", "amplitude"),
    [
        ("u'' + u + u**2", -0.9),
        ("u'' + exp(u) - 1", 2.0),
        ("(1 + u**2)*u'' + u*u'**2 + u", 1.5),
        ("u'' + u + u*u'", 0.8),
        ("u'' + u - (1 - u**2)*u'", None),
    ],
)
def test_cycles_agree_with_the_balance(equation: str, amplitude: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        first = homotopy.solve_periodic(equation, "u", "t", amplitude=amplitude, order=8)
    solution = first.iterate()
    assert solution.converged
    exact = balance(equation, amplitude, 64).frequency
    assert solution.frequency == pytest.approx(exact, rel=1e-13)


def test_three_periods_at_179_degrees() -> None:
    amplitude = math.radians(179)
    kernel = balance(PENDULUM, amplitude, 64).compile()
    short = mp.clone()
    short.dps = 25
    modulus = short.sin(short.mpf(amplitude) / 2) ** 2
    quarter = short.ellipk(modulus)
    times = np.linspace(0, float(12 * quarter), 61)
    worst = max(
        abs(
            value
            - 2 * short.asin(short.sqrt(modulus) * short.ellipfun("cd", short.mpf(t), m=modulus))
        )
        for t, value in zip(times.tolist(), kernel(times).tolist(), strict=True)
    )
    assert worst < 1e-13


def test_many_points_of_many_harmonics() -> None:
    solution = balance(PENDULUM, 3.12, 64)
    times = np.linspace(0.0, 300.0, 4001)
    n = np.array(list(solution.coefficients))
    exact = np.cos(np.outer(times, n * solution.frequency)) @ list(solution.coefficients.values())
    assert np.max(np.abs(solution.compile()(times) - exact)) < 5e-13
    # The multiples of the frequency are exact in the expression: one angle for all harmonics.
    frequency = sympy.Rational(solution.frequency)
    for wave in solution.expr.atoms(sympy.cos):
        assert (sympy.Rational(wave.args[0].coeff(sympy.Symbol("t"))) / frequency).is_Integer
