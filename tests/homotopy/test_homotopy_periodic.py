"""Homotopy analysis of oscillators: frequencies, the c0 family, symbolic amplitudes."""

from __future__ import annotations

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
from symnum.homotopy.convergence_control import family_matrix, family_terms, partial_sum_weights

DATA = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "homotopy_reference.json").read_text()
)
A, c0, tau = sympy.symbols("A c0 tau")
R = sympy.Rational
PENDULUM = "u'' + sin(u)"


def exact_frequency(amplitude: float) -> mpmath.mpf:
    """Return the pendulum's frequency at the double itself, not at the angle it rounds."""
    context = mpmath.mp.clone()
    context.dps = 40
    modulus = context.sin(context.mpf(amplitude) / 2) ** 2
    return context.pi / (2 * context.ellipk(modulus))


def quiet(equation: str, amplitude: object, **options: object) -> homotopy.PeriodicSolution:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        return homotopy.solve_periodic(equation, "u", "t", amplitude=amplitude, **options)


@pytest.mark.parametrize("row", DATA["pendulum"]["rows"][:3], ids=lambda row: row["degrees"])
def test_pendulum_to_rounding_error(row: dict[str, object]) -> None:
    amplitude = math.radians(float(str(row["degrees"])))
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=amplitude)
    kappa = float(str(row["condition_number"]))
    error = abs(solution.frequency / exact_frequency(amplitude) - 1)
    assert error <= (4 + 4 * kappa) * 2.0**-53
    assert solution.error_estimate >= error
    assert solution.converged
    assert solution.condition == pytest.approx(kappa, rel=1e-4)
    stored = row["fourier_odd_cosines"]
    assert isinstance(stored, list)
    for k, text in enumerate(stored):
        assert abs(solution.coefficients[2 * k + 1] - float(text)) <= 4e-14 * amplitude


@pytest.mark.parametrize(
    ("degrees", "bound"), [(90, 3e-3), (150, 6e-2), (175, 0.35)], ids=["90", "150", "175"]
)
def test_order_zero_is_the_bessel_function(degrees: float, bound: float) -> None:
    amplitude = math.radians(degrees)
    solution = quiet(PENDULUM, amplitude, order=0)
    start = 2 * mpmath.besselj(1, amplitude) / amplitude
    assert abs(solution.frequency**2 / start - 1) < 1e-14
    assert abs(solution.frequency / exact_frequency(amplitude) - 1) < bound


@pytest.mark.parametrize(
    ("degrees", "converged"), [(150, True), (160, True), (170, False), (175, False), (179, False)]
)
def test_the_error_is_known(degrees: float, converged: bool) -> None:
    amplitude = math.radians(degrees)
    solution = quiet(PENDULUM, amplitude, order=20)
    error = abs(float(solution.frequency / exact_frequency(amplitude) - 1))
    assert error <= solution.error_estimate <= 3 * error
    assert solution.converged is converged


def test_a_poor_series_warns_and_says_what_to_try() -> None:
    with pytest.warns(homotopy.DivergenceWarning, match=r"error .* 0\.006; .*c0.*pade.*order"):
        homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=math.radians(175))


@pytest.mark.parametrize(("degrees", "bound"), [(30, 4e-16), (150, 1e-12), (175, 1e-5)])
def test_homotopy_pade(degrees: float, bound: float) -> None:
    amplitude = math.radians(degrees)
    value = quiet(PENDULUM, amplitude).pade()
    assert abs(value / exact_frequency(amplitude) - 1) < bound


def test_pade_of_a_converged_series_does_not_extrapolate_rounding_errors() -> None:
    amplitude = math.radians(150)
    for order in (36, 40, 60):
        value = quiet(PENDULUM, amplitude, order=order).pade()
        assert abs(value / exact_frequency(amplitude) - 1) < 2e-15


@pytest.mark.parametrize("row", DATA["duffing"]["rows"], ids=lambda row: row["eps_A2"])
def test_cubic_oscillator_needs_no_small_parameter(row: dict[str, str]) -> None:
    amplitude = math.sqrt(float(row["eps_A2"]))
    solution = homotopy.solve_periodic("u'' + u + u**3", "u", "t", amplitude=amplitude)
    assert abs(solution.frequency / float(row["frequency"]) - 1) < 3e-13


# An independent solution of the deformation equations, with c0 inside the engine: dictionaries
# harmonic -> coefficient, products to sums, for the oscillator u'' + u + u**3 with u(0) = 1.


def times(x: dict[int, sympy.Expr], y: dict[int, sympy.Expr]) -> dict[int, sympy.Expr]:
    result: dict[int, sympy.Expr] = {}
    for m, a in x.items():
        for n, value in y.items():
            for harmonic in (m + n, abs(m - n)):
                result[harmonic] = result.get(harmonic, 0) + a * value / 2
    return result


def direct_run(control: sympy.Expr, order: int) -> tuple[list[sympy.Expr], list[dict[int, object]]]:
    motions: list[dict[int, sympy.Expr]] = [{1: R(1)}]
    squared: list[sympy.Expr] = []
    for m in range(1, order + 2):
        side: dict[int, sympy.Expr] = dict(motions[m - 1])
        for i in range(m):
            for j in range(m - i):
                term = times(times(motions[i], motions[j]), motions[m - 1 - i - j])
                for n, value in term.items():
                    side[n] = side.get(n, 0) + value
        for j in range(m - 1):
            for n, value in motions[m - 1 - j].items():
                side[n] = side.get(n, 0) - n * n * squared[j] * value
        squared.append(sympy.expand(side.pop(1)))
        if m > order:
            break
        new = {n: control * v / (squared[0] * (1 - n * n)) for n, v in side.items()}
        new[1] = -sum(new.values(), sympy.S.Zero)
        if m > 1:
            for n, value in motions[-1].items():
                new[n] = new.get(n, 0) + value
        motions.append({n: sympy.expand(v) for n, v in new.items()})
    return squared, motions  # type: ignore[return-value]


@pytest.mark.parametrize("control", [R(-1), R(-2, 3), R(-6, 5), c0], ids=str)
def test_the_c0_family_is_that_of_a_run_at_this_c0(control: sympy.Expr) -> None:
    order = 5
    solution = homotopy.solve_periodic("u'' + u + u**3", "u", "t", amplitude=1, order=order)
    squared, motions = direct_run(control, order)
    family = solution.series(control)
    assert list(family) == squared
    for term, motion in zip(family.solution, motions, strict=True):
        expected = sympy.expand(sum(v * sympy.cos(n * tau) for n, v in motion.items()))
        assert sympy.expand(term - expected) == 0
    assert len(family) == order + 1
    assert family[1:3] == tuple(squared[1:3])


def test_a_solution_at_another_c0_is_the_sum_at_this_c0() -> None:
    for control in (-0.7, -1.2):
        at_minus_one = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=2.0, order=12)
        other = quiet(PENDULUM, 2.0, order=12, c0=control)
        assert other.frequency == pytest.approx(at_minus_one.c0_curve(control), rel=1e-15)
        assert sum(other.coefficients.values()) == pytest.approx(2.0, rel=1e-14)


def test_c0_curve_has_the_shape_of_its_argument() -> None:
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=1.0, order=8)
    curve = solution.c0_curve(np.linspace(-1.5, -0.5, 6).reshape(2, 3))
    assert curve.shape == (2, 3)
    assert solution.c0_curve(-1.0).shape == ()
    # Far outside the sum of the squares turns negative somewhere: nan, not a complex number.
    assert np.isnan(quiet(PENDULUM, 3.1, order=9).c0_curve([-3.0, -2.5, 1.5, 2.0])).any()


def test_optimal_c0_has_a_smaller_residual() -> None:
    amplitude = math.radians(175)
    solution = quiet(PENDULUM, amplitude, order=40)
    best = solution.optimal_c0()
    assert -1 < best < -0.85
    assert quiet(PENDULUM, amplitude, order=40, c0=best).residual() < 0.5 * solution.residual()
    assert abs(solution.c0_curve(best) / exact_frequency(amplitude) - 1) < 1e-4


@settings(max_examples=10)
@given(st.fractions(min_value=-2, max_value=0, max_denominator=12))
def test_family_matrix_is_the_binomial_formula(control: object) -> None:
    value = R(str(control))
    for m, row in enumerate(family_matrix(value, 6), start=1):
        for n, entry in enumerate(row, start=1):
            assert entry == sympy.binomial(m - 1, m - n) * (-value) ** n * (1 + value) ** (m - n)
    units = [[R(int(k == n)) for k in range(7)] for n in range(7)]
    exact = [sum(family_terms(unit, value)) for unit in units]
    assert np.allclose(partial_sum_weights(float(value), 6), [float(w) for w in exact], atol=1e-12)


@pytest.mark.parametrize("order", [1, 3, 6])
def test_symbolic_amplitude_is_exact_to_its_order(order: int) -> None:
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=A, order=order)
    reference = homotopy.pendulum(order + 1)
    terms = enumerate(reference.squared_frequency)
    assert sympy.expand(solution.frequency**2 - sum(w * A ** (2 * m) for m, w in terms)) == 0
    motion = sum(term * A ** (2 * m) for m, term in enumerate(reference.solution[: order + 1]))
    cosines = sum(value * sympy.cos(n * tau) for n, value in solution.coefficients.items())
    assert sympy.expand(cosines - motion) == 0
    power, _ = solution.leading_residual()  # type: ignore[attr-defined]
    assert power == 2 * order + 3
    assert solution.converged


def test_symbolic_and_numeric_amplitudes_agree() -> None:
    for equation in (PENDULUM, "u'' + 2*sinh(u)", "u'' + u + u**2", "u'' + u/(1 + u**2)"):
        symbolic = homotopy.solve_periodic(equation, "u", "t", amplitude=A, order=8)
        numeric = homotopy.solve_periodic(equation, "u", "t", amplitude=0.05)
        assert float(symbolic.frequency.subs(A, R(1, 20))) == pytest.approx(
            numeric.frequency, rel=2e-12
        )


@pytest.mark.parametrize("equation", [PENDULUM, "u'' + u + u**2", "u'' + u/(1 + u**2)"])
def test_symbolic_error_and_residual_are_the_leading_terms(equation: str) -> None:
    amplitude = R(1, 20)
    solution = homotopy.solve_periodic(equation, "u", "t", amplitude=A, order=2)
    exact = homotopy.solve_periodic(equation, "u", "t", amplitude=float(amplitude)).frequency
    error = abs(solution.frequency.subs(A, amplitude).evalf(30) / exact - 1)
    estimate = float(solution.error_estimate.subs(A, amplitude))
    assert error < 1e-15 or float(error) == pytest.approx(estimate, rel=0.2)
    frequency = solution.frequency.subs(A, amplitude)
    motion = sum(
        value.subs(A, amplitude) * sympy.cos(n * tau) for n, value in solution.coefficients.items()
    )
    position = solution.oscillator.position
    force = solution.oscillator.force.subs(position, motion)
    residual = frequency**2 * motion.diff(tau, 2) + force
    largest = max(abs(residual.subs(tau, k * sympy.pi / 24).evalf(30)) for k in range(25))
    assert float(largest) == pytest.approx(float(solution.residual().subs(A, amplitude)), rel=0.2)


def test_exact_terms_with_a_symbolic_amplitude_are_the_bessel_series() -> None:
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=A, order=4)
    start = sympy.series(2 * sympy.besselj(1, A) / A, A, 0, 11).removeO()
    assert sympy.expand(solution.series()[0] - start) == 0
    assert solution.series(c0)[2].coeff(c0, 0) == 0
    assert sympy.Poly(solution.series(c0)[3], c0).degree() == 3


def test_a_force_of_one_degree_only_scales() -> None:
    solution = homotopy.solve_periodic("u'' + u**3", "u", "t", amplitude="A", order=24)
    ratio = float(solution.frequency.subs(solution.amplitude, 3) / 3)
    assert ratio == pytest.approx(float(DATA["pure_cubic"]["frequency_over_amplitude"]), rel=1e-13)
    assert solution.converged
    assert 0 < solution.error_estimate < 1e-10
    pade = solution.pade().subs(solution.amplitude, 2) / 2
    assert float(pade) == pytest.approx(ratio, rel=1e-11)
    poor = quiet("u'' + u**3", "A", order=1)
    assert not poor.converged


def test_symbolic_results_have_the_other_answers_too() -> None:
    solution = homotopy.solve_periodic("u'' + u + u**3", "u", "t", amplitude=A, order=4)
    assert solution.optimal_c0() == -1
    value = float(solution.pade().subs(A, 1))
    assert value == pytest.approx(float(DATA["duffing"]["rows"][1]["frequency"]), rel=1e-4)
    assert float(solution.condition.subs(A, 0)) == 0
    curve = solution.c0_curve([-1.0, -0.9])
    assert float(curve[0].subs(A, 0.1)) == pytest.approx(float(solution.frequency.subs(A, 0.1)))
    assert solution.residual().subs(A, 0) == 0
    assert dict(solution.sine_coefficients) == {}


@pytest.mark.parametrize(
    ("equation", "amplitude", "bound"),
    [
        ("u'' + u + u**2", 0.3, 1e-13),
        ("u'' + u + u**2", -0.9, 1e-4),
        ("u'' + exp(u) - 1", 1.0, 1e-9),
        ("(1 + u**2)*u'' + u", 1.0, 1e-9),
        ("u'' - u + u**3", 2.0, 1e-5),
        ("2*u'' = -2*tanh(u)", 1.5, 1e-9),
    ],
)
def test_other_forces_agree_with_harmonic_balance(
    equation: str, amplitude: float, bound: float
) -> None:
    series = quiet(equation, amplitude)
    balance = homotopy.harmonic_balance(equation, "u", "t", amplitude=amplitude, harmonics=80)
    assert balance.converged
    assert series.frequency == pytest.approx(balance.frequency, rel=bound)
    assert series.error_estimate <= bound
    assert sum(series.coefficients.values()) == pytest.approx(amplitude, rel=1e-13)


def test_the_residual_is_that_of_the_equation_as_given() -> None:
    one = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=2.0, order=8)
    ten = homotopy.solve_periodic("10*u'' + 10*sin(u)", "u", "t", amplitude=2.0, order=8)
    assert ten.residual() == pytest.approx(10 * one.residual())
    assert one.frequency == ten.frequency


def test_deformation_equations_are_those_of_the_problem() -> None:
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=A, order=3)
    u = [sympy.Function(f"u_{k}")(tau) for k in range(4)]
    W = sympy.symbols("W_0:3")
    second = [sympy.Derivative(term, (tau, 2)) for term in u]
    expected = second[3] + u[3] - second[2] - u[2]
    right = -(
        W[0] * second[2]
        + W[1] * second[1]
        + W[2] * second[0]
        + u[2] * sympy.cos(u[0])
        - u[1] ** 2 * sympy.sin(u[0]) / 2
    )
    equation = solution.deformation_equation(3)
    assert sympy.expand(equation.lhs - expected) == 0
    assert sympy.expand(equation.rhs - right) == 0
    q = sympy.Symbol("q")
    zeroth = solution.deformation_equation(0)
    assert zeroth.lhs.has(1 - q)
    assert zeroth.rhs.has(sympy.sin(sympy.Function("phi")(tau, q)))


@pytest.mark.parametrize("amplitude", [A, 1, 1.5], ids=["symbol", "exact", "float"])
def test_solvability_fixes_the_frequency(amplitude: object) -> None:
    equation = "u'' + u + u**3"
    solution = quiet(equation, amplitude, order=3)
    for m in range(1, 5):
        condition = solution.solvability_condition(m)
        (value,) = sympy.solve(condition.lhs, sympy.Symbol(f"W_{m - 1}"))
        assert abs(sympy.expand(value - solution.series()[m - 1])).subs(A, 1) < 1e-15
    with pytest.raises(ValueError, match="m: expected at most 4"):
        solution.solvability_condition(5)
    with pytest.raises(ValueError, match="m: expected an integer of at least 1, got 0"):
        solution.solvability_condition(0)


def test_exact_input_gives_exact_terms_and_float_input_does_not() -> None:
    exact = homotopy.solve_periodic("u'' + u + u**3", "u", "t", amplitude="1/2", order=5)
    assert all(term.is_Rational for term in exact.series())
    inexact = homotopy.solve_periodic("u'' + u + u**3", "u", "t", amplitude=0.5, order=5)
    assert not any(term.is_Rational for term in inexact.series() if term)
    for left, right in zip(exact.series(), inexact.series(), strict=True):
        assert abs(left - right) < 1e-15
    asymmetric = homotopy.solve_periodic("u'' + u + u**2", "u", "t", amplitude="1/4", order=5)
    assert all(term.is_Rational for term in asymmetric.series())
    assert float(sum(asymmetric.series())) == pytest.approx(asymmetric.frequency**2, rel=1e-14)


@pytest.mark.parametrize("form", ["text", "equation", "expression"])
@pytest.mark.parametrize("unknown", ["name", "function", "applied", "symbol"])
def test_all_forms_of_the_problem(form: str, unknown: str) -> None:
    t, u = sympy.Symbol("t"), sympy.Function("u")
    forms = {
        "text": "u'' = -sin(u)",
        "equation": sympy.Eq(u(t).diff(t, 2), -sympy.sin(u(t))),
        "expression": u(t).diff(t, 2) + sympy.sin(u(t)),
    }
    unknowns = {"name": "u", "function": u, "applied": u(t), "symbol": sympy.Symbol("u")}
    solution = homotopy.solve_periodic(forms[form], unknowns[unknown], t, amplitude=1.5)
    assert solution.frequency == pytest.approx(float(exact_frequency(1.5)), rel=1e-15)


def test_the_motion_is_an_expression_of_time() -> None:
    solution = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=1.0)
    assert solution.expr.free_symbols == {sympy.Symbol("t")}
    start = float(solution.expr.subs(sympy.Symbol("t"), 0))
    assert start == pytest.approx(1.0, rel=1e-14)
    symbolic = homotopy.solve_periodic(PENDULUM, "u", "t", amplitude=A, order=2)
    assert symbolic.expr.free_symbols == {sympy.Symbol("t"), A}
    assert "frequency = 0.93779" in str(solution)
    assert "converged = True" in str(solution)
    assert solution._repr_latex_().startswith(r"$\displaystyle u(t) = ")
