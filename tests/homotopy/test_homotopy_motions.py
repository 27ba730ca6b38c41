"""Oscillators in which the velocity matters, at a given amplitude."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
import sympy

from symnum import homotopy
from symnum.homotopy.equation_reading import read_motion_equation
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import CosineBasis
from symnum.homotopy.periodic.dynamics import MotionDynamics, acceleration_function
from symnum.homotopy.periodic.trajectory import follow
from symnum.homotopy.periodic.trigonometric_basis import TrigonometricBasis

mp = mpmath.mp.clone()
mp.dps = 30
MASS = "(1 + u**2)*u'' + u*u'**2 + u"


def relativistic(amplitude: float) -> mpmath.mpf:
    """gamma + u**2/2 is conserved by u'' = -u (1 - u'**2)**(3/2)."""

    def integrand(angle: mpmath.mpf) -> mpmath.mpf:
        # u = A sin(angle), gamma - 1 = half, and cos(angle) cancels in du/speed.
        half = (mp.mpf(amplitude) * mp.cos(angle)) ** 2 / 2
        return (1 + half) / mp.sqrt(1 + half / 2)

    return mp.pi / (2 * mp.quad(integrand, [0, mp.pi / 4, mp.pi / 2]))


def quiet(equation: str, amplitude: object, **options: object) -> homotopy.PeriodicSolution:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        return homotopy.solve_periodic(
            equation,
            "u",
            "t",
            amplitude=amplitude,
            **options,  # type: ignore[arg-type]
        )


def position_mass(amplitude: float) -> mpmath.mpf:
    """(1 + u**2) u'**2 + u**2 is conserved: a complete elliptic integral."""
    return mp.pi / (2 * mp.ellipe(-(mp.mpf(amplitude) ** 2)))


def carried(amplitude: float) -> mpmath.mpf:
    """v - log(1 + v) + u**2/2 is conserved by u'' + u + u u' = 0, by Lambert's function."""

    def slowness(angle: mpmath.mpf) -> mpmath.mpf:
        half = (mp.mpf(amplitude) * mp.cos(angle)) ** 2 / 2
        up, down = (mp.re(-1 - mp.lambertw(-mp.exp(-1 - half), k)) for k in (-1, 0))
        return amplitude * mp.cos(angle) * (1 / up - 1 / down)

    nodes = [mp.pi * (j + mp.mpf(1) / 2) / 64 for j in range(-32, 32)]
    return 2 * mp.pi / (sum(slowness(angle) for angle in nodes) * mp.pi / 64)


CASES = [
    (MASS, 1.0, position_mass),
    (MASS, -2.5, position_mass),
    ("u'' + u*(1 - u'**2)**(3/2)", 0.5, relativistic),
    ("u'' + u*(1 - u'**2)**(3/2)", 3.0, relativistic),
    ("u''/(1 - u'**2)**(3/2) + u", 1.5, relativistic),
    ("u'' + u + u*u'", 0.6, carried),
    ("u'' + u + u*u'", -1.4, carried),
    ("u'' + u - u*u'", 1.4, carried),
]


@pytest.mark.parametrize(("equation", "amplitude", "exact"), CASES, ids=[str(c[:2]) for c in CASES])
def test_balance_agrees_with_the_integral_of_the_motion(
    equation: str, amplitude: float, exact: Callable[[float], mpmath.mpf]
) -> None:
    solution = homotopy.harmonic_balance(equation, "u", "t", amplitude=amplitude, harmonics=80)
    reference = exact(abs(amplitude))
    error = abs(float(solution.frequency / reference - 1))
    assert error <= solution.error_estimate < 1e-12
    assert solution.converged
    assert solution.residual() < 1e-9
    assert sum(solution.coefficients.values()) == pytest.approx(amplitude, rel=1e-14)
    speeds = sum(n * value for n, value in solution.sine_coefficients.items())
    assert abs(speeds) < 1e-14


@pytest.mark.parametrize(
    ("equation", "amplitude", "order", "bound"),
    [
        (MASS, 1.0, 20, 1e-14),
        ("u'' + u*(1 - u'**2)**(3/2)", 0.5, 20, 1e-14),
        ("u'' + u + u*u'", 0.6, 30, 1e-14),
        ("u'' + u + u**2 + u*u'**2/2", 0.3, 30, 1e-12),
    ],
)
def test_the_series_agrees_with_the_balance(
    equation: str, amplitude: float, order: int, bound: float
) -> None:
    series = homotopy.solve_periodic(equation, "u", "t", amplitude=amplitude, order=order)
    balance = homotopy.harmonic_balance(equation, "u", "t", amplitude=amplitude, harmonics=48)
    assert series.frequency == pytest.approx(balance.frequency, rel=bound)
    assert series.converged
    for left, right in (
        (series.coefficients, balance.coefficients),
        (series.sine_coefficients, balance.sine_coefficients),
    ):
        for n in list(right)[:8]:
            assert left[n] == pytest.approx(right[n], abs=1e-11)
    assert series.pade() == pytest.approx(balance.frequency, rel=1e-10)


def test_the_c0_family_is_that_of_a_run_at_this_c0() -> None:
    at_minus_one = homotopy.solve_periodic(MASS, "u", "t", amplitude=1.0, order=14)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        other = homotopy.solve_periodic(MASS, "u", "t", amplitude=1.0, order=14, c0=-0.8)
    assert other.frequency == pytest.approx(at_minus_one.c0_curve(-0.8), rel=1e-14)
    term = at_minus_one.series("c")[2].subs("c", -0.8)
    assert float(term) == pytest.approx(float(other.series()[2]), rel=1e-12)


@pytest.mark.parametrize(
    ("equation", "amplitude", "control"),
    [
        pytest.param("u'' + u + u*u'", 0.5, -0.8, marks=pytest.mark.slow),
        (MASS, 1.0, -0.9),
        ("u'' + u - 3*(1 - u**2)*u'/10", None, -1),
        pytest.param("u'' + u + u**2/5 - 3*(1 - u**2)*u'/10", None, -1.1, marks=pytest.mark.slow),
    ],
)
def test_order_by_order_the_equations_hold(
    equation: str, amplitude: float | None, control: float
) -> None:
    solution = quiet(equation, amplitude, order=2, c0=control)
    tau = sympy.Symbol("tau")
    motions, squares = solution.series().solution, solution.series()
    terms = solution.run.terms.dampings  # type: ignore[attr-defined]
    dampings = homotopy.family_terms(terms, sympy.Float(control)) if terms else []
    for m in (1, 2):
        shown = solution.deformation_equation(m)
        rules = {sympy.Symbol(f"W_{j}"): squares[j] for j in range(m)}
        rules |= {sympy.Symbol(f"d_{j}"): value for j, value in enumerate(dampings[:m])}
        both = (shown.lhs - shown.rhs).subs(rules)
        for k in range(m + 1):
            both = both.subs(sympy.Function(f"u_{k}")(tau), motions[k])
        residual = sympy.lambdify(tau, both.doit())
        assert max(abs(residual(phase)) for phase in (0.3, 1.1, 2.9)) < 1e-13


def test_the_solvability_condition_fixes_the_next_term() -> None:
    solution = quiet(MASS, 1.0, order=3)
    for m in (1, 2, 4):
        (value,) = sympy.solve(solution.solvability_condition(m).lhs, sympy.Symbol(f"W_{m - 1}"))
        assert float(value - solution.series()[m - 1]) == pytest.approx(0, abs=1e-15)


def test_the_residual_is_that_of_the_equation_as_given() -> None:
    one, ten = (quiet(f"{k}*u'' + {k}*u*u'**2 + {k}*u", 1, order=4) for k in (1, 10))
    assert ten.residual() == pytest.approx(10 * one.residual(), rel=1e-9)
    assert one.frequency == pytest.approx(ten.frequency, rel=1e-15)


@pytest.mark.parametrize(
    ("equation", "same"),
    [
        ("u''**3 + u**3", "u'' + u"),
        ("sinh(u'') + u", "u'' + asinh(u)"),
        ("exp(u'') - 1/(1 + u**2)", "u'' + log(1 + u**2)"),
        ("u'*u''/u' + u + u**3", "u'' + u + u**3"),
    ],
)
def test_equations_are_solved_for_the_acceleration(equation: str, same: str) -> None:
    if "log" in same:
        with pytest.raises(homotopy.NoOscillationError):
            homotopy.harmonic_balance(equation, "u", "t", amplitude=1, harmonics=32)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        left = homotopy.harmonic_balance(equation, "u", "t", amplitude=1, harmonics=32)
        right = homotopy.harmonic_balance(same, "u", "t", amplitude=1, harmonics=32)
    assert left.frequency == pytest.approx(right.frequency, rel=1e-12)
    assert left.residual() < 1e-9


def test_symmetric_equations_have_lopsided_motions_too() -> None:
    equation = "u'' - u + u**3 + u*u'**2/10"
    inner = homotopy.harmonic_balance(equation, "u", "t", amplitude=1.2, harmonics=40)
    outer = homotopy.harmonic_balance(equation, "u", "t", amplitude=1.7, harmonics=40)
    assert inner.converged
    assert outer.converged
    assert inner.coefficients[0] > 0.9
    assert 0 not in outer.coefficients
    for solution in (inner, outer):
        lap = follow(
            acceleration_function(read_motion_equation(equation, "u", "t")),
            float(solution.amplitude),
        )
        assert solution.frequency == pytest.approx(lap.frequency, rel=1e-9)


def test_an_acceleration_that_is_not_determined_is_refused() -> None:
    with pytest.raises(homotopy.HomotopyError, match="2 real solutions"):
        homotopy.harmonic_balance("u''**2 + u - 4", "u", "t", amplitude=1, harmonics=8)


@pytest.mark.parametrize("odd", [True, False], ids=["odd", "all"])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_values_and_coefficients_are_inverse(odd: bool, size: int) -> None:
    basis = TrigonometricBasis(odd, size)
    product = basis.coefficients_matrix() @ basis.values_matrix()
    assert np.allclose(product, np.eye(basis.length), atol=4e-15)
    phases = basis.phases(3)
    n = basis.harmonics
    expected = np.hstack(
        [
            -n[:size] * np.sin(np.outer(phases, n[:size])),
            n[size:] * np.cos(np.outer(phases, n[size:])),
        ]
    )
    assert np.allclose(basis.slopes_matrix(3), expected, atol=1e-12)


@pytest.mark.parametrize("free", [True, False])
@pytest.mark.parametrize("sines", [True, False])
def test_the_jacobian_is_the_derivative_of_the_residuals(free: bool, sines: bool) -> None:
    if free and not sines:
        return
    read = read_motion_equation("(2 + u*u')*u'' + sin(u) + u**2*u'**3/3 + u'/5", "u", "t")
    basis = TrigonometricBasis(False, 4) if sines else CosineBasis(False, 5)
    equations = CollocatedEquations(MotionDynamics(read), basis, free)
    state = np.array([0.1, 0.8, 0.05, -0.02, 0.3, 0.01, 0.07])[: basis.length]
    at = [state, 0.9, 0.2]
    residuals, jacobian = equations.bordered(state, 0.9, 0.2 if equations.has_damping else 0.0)
    for k in range(len(jacobian)):
        moved = [state.copy(), at[1], at[2] if equations.has_damping else 0.0]
        if k < basis.length:
            moved[0][k] += 1e-7
        else:
            moved[k - basis.length + 1] += 1e-7
        shifted, _ = equations.bordered(*moved)
        change = (shifted - residuals)[: basis.length] / 1e-7
        assert np.allclose(change, jacobian[: basis.length, k], atol=1e-5)


def test_a_lap_returns_to_its_start() -> None:
    lap = follow(acceleration_function(read_motion_equation("u'' + sin(u)", "u", "t")), 2.0)
    assert lap.end == pytest.approx(2.0, rel=1e-9)
    assert lap.opposite == pytest.approx(-2.0, rel=1e-9)
    exact = mp.pi / (2 * mp.ellipk(mp.sin(1) ** 2))
    assert lap.frequency == pytest.approx(float(exact), rel=1e-9)
    quarters = lap.positions(np.array([0.0, 0.5, 1.0]) * lap.period)
    assert np.allclose(quarters, [2.0, -2.0, 2.0], atol=1e-8)


def test_sines_stand_in_the_expression_and_the_kernel() -> None:
    solution = homotopy.harmonic_balance("u'' + u + u*u'", "u", "t", amplitude=1.0, harmonics=24)
    t = sympy.Symbol("t")
    assert solution.expr.has(sympy.sin)
    kernel = solution.compile()
    times = np.linspace(0, 6, 40)
    values = kernel(times)
    step = 1e-3
    second = (kernel(times + step) - 2 * values + kernel(times - step)) / step**2
    first = (kernel(times + step) - kernel(times - step)) / (2 * step)
    assert np.max(np.abs(second + values + values * first)) < 1e-5
    assert float(solution.expr.subs(t, 0)) == pytest.approx(1.0, rel=1e-13)
    assert "sine coefficients (23)" in str(solution)


def test_derivations_enclose_the_residual() -> None:
    for equation in (MASS, "u'' + u + u*u'"):
        solution = homotopy.harmonic_balance(equation, "u", "t", amplitude=0.3, harmonics=12)
        assert solution.derivation.level == "interval"
        assert len(solution.derivation.steps) >= 5
