"""Boundary-value problems on Chebyshev points: accuracy, branches, cuts, what a result answers."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
import sympy
from scipy.integrate import solve_bvp as solve_by_collocation

from symnum import homotopy

DATA = json.loads((Path(__file__).parent.parent / "data" / "homotopy_reference.json").read_text())
LAYER = ["u(0) = 0", "u'(0) = 0", "u'(oo) = 1"]
x, lam, a, k, E0 = sympy.symbols("x lam a k E0")


def solve(equation: Any, conditions: list[Any], **options: Any) -> homotopy.HAMSolution:
    options = {"order": 10, "basis": "chebyshev", **options}
    return homotopy.solve_bvp(equation, "u", "x", conditions, **options)


def bratu(parameter: float, *, upper: bool = False) -> tuple[float, float]:
    """Slope at 0 and value at 1/2 from the closed form: th = sqrt(lam/2) cosh(th/2) ... at 30 digits."""
    context = mpmath.mp.clone()
    context.dps = 30
    start = context.mpf(8 if upper else "0.5")
    th = context.findroot(
        lambda t: t - context.sqrt(2 * context.mpf(parameter)) * context.cosh(t / 4), start
    )
    return float(th * context.tanh(th / 4)), float(2 * context.log(context.cosh(th / 4)))


@pytest.mark.parametrize("parameter", [0.5, 1.0, 2.0, 3.0, 3.5, 3.513])
def test_bratu_below_the_fold(parameter: float) -> None:
    solution = solve(f"u'' + {parameter}*exp(u)", ["u(0)=0", "u(1)=0"])
    slope, middle = bratu(parameter)
    assert solution.converged
    # The conditioning grows like the inverse distance to the fold.
    tolerance = 4e-14 / np.sqrt(3.5138307191606 - parameter)
    assert abs(solution.value(0, 1) - slope) < 8 * tolerance
    assert abs(solution.value(0.5) - middle) < tolerance


def test_bratu_at_one_equals_the_reference() -> None:
    row = DATA["bratu"]["lam=1 lower branch"]
    solution = solve("u'' + exp(u)", ["u(0)=0", "u(1)=0"])
    assert abs(solution.value(0, derivative=1) - float(row["slope at 0"])) < 1e-14
    assert abs(solution.value(0.5) - float(row["y(1/2)"])) < 1e-15


@pytest.mark.parametrize("middle", ["1/10", "1", "1.1868", "2", "6", "12"])
def test_a_condition_selects_the_branch_through_the_fold(middle: str) -> None:
    solution = solve("u'' + lam*exp(u)", ["u(0)=0", "u(1)=0", f"u(1/2) = {middle}"])
    th = 4 * mpmath.acosh(mpmath.exp(mpmath.mpf(float(sympy.Rational(middle))) / 2))
    expected = float(th**2 / (2 * mpmath.cosh(th / 4) ** 2))
    assert solution.converged
    assert abs(solution.unknowns[lam] - expected) < 1e-13 * (1 + expected)


def test_the_fold_is_the_largest_parameter() -> None:
    values = [1.18 + 0.005 * j for j in range(4)]
    found = [
        solve("u'' + lam*exp(u)", ["u(0)=0", "u(1)=0", f"u(1/2)={v}"]).unknowns[lam] for v in values
    ]
    polynomial = np.polynomial.Polynomial.fit(values, found, 3)
    top = [r.real for r in polynomial.deriv().roots() if 1.1 < r.real < 1.3]
    assert abs(polynomial(top[0]) - 3.513830719125161) < 1e-9


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("u''' + u*u''", DATA["blasius"]["f''' + f*f'', f(0)=f'(0)=0, f'(oo)=1"]),
        ("u''' + u*u''/2", DATA["blasius"]["f''' + f*f''/2"]),
        ("2*u''' + u*u''", DATA["blasius"]["f''' + f*f''/2"]),
        ("u''' + u*u'' + (1 - u'**2)", DATA["falkner_skan"]["1"]),
    ],
)
def test_boundary_layers(equation: str, expected: str) -> None:
    solution = solve(equation, LAYER)
    assert solution.converged
    assert abs(solution.value(0, 2) - float(expected)) < 1e-14
    assert solution.residual() < 1e-13


@pytest.mark.parametrize("beta", ["-0.19", "-0.1", "0.3", "2"])
def test_falkner_skan_agrees_with_shooting(beta: str) -> None:
    solution = solve(f"u''' + u*u'' + ({beta})*(1 - u'**2)", LAYER)
    b, context = float(beta), mpmath.mp.clone()
    context.dps = 25
    shot = context.odefun(
        lambda t, y: [y[1], y[2], -y[0] * y[2] - b * (1 - y[1] ** 2)],
        0,
        [0, 0, context.mpf(solution.value(0, 2))],
    )
    assert solution.converged
    assert abs(float(shot(2)[1]) - solution.value(2, 1)) < 1e-12


def test_far_away_the_asymptotic_form_holds() -> None:
    solution = solve("u''' + u*u''", LAYER)
    displacement = 10 - solution.value(10)
    values = solution.value(np.array([30.0, 1e3, 1e6]))
    assert np.allclose(values, np.array([30.0, 1e3, 1e6]) - displacement, rtol=1e-14)
    assert solution.value(1e4, 1) == 1
    assert solution.value(1e4, 2) == 0
    assert np.allclose(
        solution.compile()(np.array([0.5, 30.0, 1e6])), solution.value([0.5, 30.0, 1e6]), rtol=1e-13
    )


def test_thomas_fermi_needs_no_help() -> None:
    solution = solve("u'' = u**(3/2)/sqrt(x)", ["u(0)=1", "u(oo)=0"])
    assert solution.converged
    assert abs(solution.value(0, 1) + 1.588071022611375312718684509423950109) < 1e-14
    # 144/x**3 (1 - 13.27/x**0.772) far out
    assert (
        abs(solution.value(1000.0) * 1e9 / 144 - (1 - 13.270973848 * 1000**-0.77200187265877))
        < 5e-3
    )


def test_a_regular_singular_point() -> None:
    solution = solve("u'' + u'/x + exp(u)", ["u'(0)=0", "u(1)=0"])
    assert abs(solution.value(0) - float(DATA["gelfand_disc"]["u(0) lower"])) < 1e-14


def test_lane_emden_as_a_boundary_value_problem() -> None:
    solution = solve("u'' + 2*u'/x + u**5", ["u'(0)=0", "u(1)=sqrt(3)/2"])
    points = np.linspace(0, 1, 11)
    assert np.allclose(solution.value(points), (1 + points**2 / 3) ** -0.5, atol=1e-14)


@pytest.mark.parametrize("q", [1, 5, 25])
@pytest.mark.parametrize(
    ("conditions", "characteristic"),
    [
        (["u'(0)=0", "u'(pi/2)=0", "u(0)=1"], lambda q: scipy.special.mathieu_a(0, q)),
        (["u'(0)=0", "u(pi/2)=0", "u(0)=1"], lambda q: scipy.special.mathieu_a(1, q)),
        (["u(0)=0", "u'(pi/2)=0", "u'(0)=1"], lambda q: scipy.special.mathieu_b(1, q)),
        (["u(0)=0", "u(pi/2)=0", "u'(0)=1"], lambda q: scipy.special.mathieu_b(2, q)),
    ],
    ids=["a0", "a1", "b1", "b2"],
)
def test_the_lowest_mathieu_value_is_found(
    q: int, conditions: list[str], characteristic: Any
) -> None:
    solution = solve(f"u'' + (a - 2*{q}*cos(2*x))*u", conditions)
    assert solution.converged
    assert abs(solution.unknowns[a] - characteristic(q)) < 2e-13 * (1 + q)


def test_mathieu_equals_the_reference() -> None:
    solution = solve("u'' + (a - 2*cos(2*x))*u", ["u'(0)=0", "u'(pi/2)=0", "u(0)=1"])
    assert abs(solution.unknowns[a] - float(DATA["mathieu"]["a0(1)"])) < 1e-14


@pytest.mark.parametrize(
    ("equation", "conditions", "energy"),
    [
        ("u'' + (E0 - x**2 - x**4/10)*u", ["u(0)=1", "u'(0)=0", "u(oo)=0"], float(DATA["quartic_oscillator"]["g=0.1"])),
        ("-u'' + (x**2 + x**4/10)*u = E0*u", ["u(0)=1", "u(-oo)=0", "u(oo)=0"], float(DATA["quartic_oscillator"]["g=0.1"])),
        ("u'' + (E0 - x**2)*u", ["u(0)=0", "u'(0)=1", "u(oo)=0"], 3.0),
        ("u'' + 2*(E0 + 1/x)*u", ["u(0)=0", "u'(0)=1", "u(oo)=0"], -0.5),
        ("u'' + (E0 + 2/cosh(x)**2)*u", ["u(-oo)=0", "u(oo)=0", "u(0)=1"], -1.0),
        ("u'''' = E0*u", ["u(0)=0", "u'(0)=0", "u(1)=0", "u'(1)=0", "u''(0)=1"], 4.730040744862704**4),
        ("u'' + E0*u", ["u(0)=u(1)", "u'(0)=u'(1)", "u(0)=1"], 0.0),
    ],
    ids=["quartic", "quartic on the line", "first excited", "hydrogen", "well", "clamped beam", "periodic"],
)  # fmt: skip
def test_eigenvalues(equation: str, conditions: list[str], energy: float) -> None:
    solution = solve(equation, conditions)
    assert solution.converged
    assert abs(solution.unknowns[E0] - energy) < 2e-14 * (1 + abs(energy))


@pytest.mark.parametrize(
    ("equation", "conditions", "exact"),
    [
        ("u'''' = 1", ["u(0)=0", "u'(0)=0", "u(1)=0", "u'(1)=0"], lambda t: t**2 * (1 - t) ** 2 / 24),
        ("u'' + 10000*u", ["u(0)=0", "u(1)=1"], lambda t: np.sin(100 * t) / np.sin(100)),
        ("u''/10000 = u", ["u(0)=0", "u(1)=1"], lambda t: np.sinh(100 * t) / np.sinh(100)),
        ("u'' - u'**2 - 1", ["u(0)=0", "u(1)=0"], lambda t: -np.log(np.cos(t - 0.5) / np.cos(0.5))),
        ("u*u'' = u'**2", ["u(0)=1", "u(1)=2"], lambda t: 2**t),
        ("u''''' - u", ["u(0)=1", "u'(0)=1", "u''(0)=1", "u(1)=E", "u'(1)=E"], np.exp),
        ("u'' = 2*u**3", ["u(0)=1", "u(oo)=0"], lambda t: 1 / (1 + t)),
        ("u''' + u*u'' - u'**2", ["u(0)=0", "u'(0)=1", "u'(oo)=0"], lambda t: 1 - np.exp(-t)),
        ("u'' = u/10000", ["u(0)=1", "u(oo)=0"], lambda t: np.exp(-t / 100)),
        ("u'' + u'/x + u = besselj(0, x)", ["u'(0)=0", "u(1)=besselj(1,1)/2"], lambda t: t * scipy.special.j1(t) / 2),
        ("u'' + abs(x - 1/2)", ["u(0)=0", "u(1)=0"], lambda t: (1 / 24) - np.abs(t - 0.5) ** 3 / 6 - 1 / 48),
    ],
)  # fmt: skip
def test_closed_forms(equation: str, conditions: list[str], exact: Any) -> None:
    solution = solve(equation, conditions)
    points = np.linspace(0, 1, 23)
    assert solution.converged
    assert np.max(np.abs(solution.value(points) - exact(points))) < 2e-13


@pytest.mark.parametrize(
    ("equation", "function", "conditions", "residual"),
    [
        ("u'' + sin(u)", lambda t, y: [y[1], -np.sin(y[0])], ["u(0)=1", "u(2)=1/2"], lambda p, q: [p[0] - 1, q[0] - 0.5]),
        ("u'' - 6*u**2 - x", lambda t, y: [y[1], 6 * y[0] ** 2 + t], ["u(0)=0", "u(2)=1"], lambda p, q: [p[0], q[0] - 1]),
        ("u'' = u + u'**3", lambda t, y: [y[1], y[0] + y[1] ** 3], ["u(0)+u'(0)=1", "u(2)=u(0)/2"], lambda p, q: [p[0] + p[1] - 1, q[0] - p[0] / 2]),
        ("u''' + 2*(pi/36)*50*u*u' + 4*(pi/36)**2*u'", lambda t, y: [y[1], y[2], -(np.pi / 36) * 100 * y[0] * y[1] - 4 * (np.pi / 36) ** 2 * y[1]], ["u(0)=1", "u'(0)=0", "u(2)=0"], lambda p, q: [p[0] - 1, p[1], q[0]]),
    ],
    ids=["pendulum", "Painleve", "mixed conditions", "channel flow"],
)  # fmt: skip
def test_agreement_with_another_solver(
    equation: str, function: Any, conditions: list[str], residual: Any
) -> None:
    solution = solve(equation, conditions)
    mesh = np.linspace(0, 2, 60)
    count = len(conditions)
    start = np.array([np.asarray(solution.value(mesh, j)) for j in range(count)])
    other = solve_by_collocation(
        lambda t, y: np.vstack(np.broadcast_arrays(*function(t, y))),
        lambda p, q: np.array(residual(p, q)),
        mesh,
        start + 0.01,
        tol=1e-9,
        max_nodes=20000,
    )
    assert solution.converged
    assert np.max(np.abs(other.sol(mesh)[0] - solution.value(mesh))) < 1e-7


@pytest.mark.parametrize("mu", [2, 5, 10])
def test_troesch_has_a_first_integral(mu: int) -> None:
    solution = solve(f"u'' = {mu}*sinh({mu}*u)", ["u(0)=0", "u(1)=1"])
    points = np.linspace(0, 1, 41)
    energy = solution.value(points, 1) ** 2 / 2 - np.cosh(mu * solution.value(points))
    assert solution.converged
    assert np.max(np.abs(energy - energy[0])) < 1e-12 * np.cosh(mu)


def test_the_number_of_orders_in_a_cycle_does_not_matter() -> None:
    values = [
        solve("u'' + 3*exp(u)", ["u(0)=0", "u(1)=0"], order=n).value(0.5) for n in (0, 1, 3, 40)
    ]
    assert np.ptp(values) < 1e-14


def test_sympy_input_is_the_same() -> None:
    u = sympy.Function("u")
    equation = sympy.Eq(u(x).diff(x, 3) + u(x) * u(x).diff(x, 2), 0)
    conditions = [
        sympy.Eq(u(0), 0),
        sympy.Eq(u(x).diff(x).subs(x, 0), 0),
        sympy.Eq(u(x).diff(x).subs(x, sympy.oo), 1),
    ]
    solution = homotopy.solve_bvp(equation, u, x, conditions, order=4, basis="auto")
    assert abs(solution.value(0, 2) - 0.4695999883610133) < 1e-14


def test_the_series_at_any_c0() -> None:
    solution = solve("u'' + exp(u)", ["u(0)=0", "u(1)=0"], order=20)
    slope, _ = bratu(1.0)
    errors = [abs(solution.series(c0).value(0, 1) - slope) for c0 in (-1, "-1.15")]
    assert 1e-14 < errors[0] < 1e-12
    assert -1.3 < solution.c0 < -1.05
    assert abs(solution.series().value(0, 1) - slope) < errors[0]
    assert len(solution.series("c")) == 21
    assert sympy.Symbol("c") in solution.series("c")[2].free_symbols
    assert abs(solution.pade().value(0, 1) - slope) < 1e-13


def test_the_series_of_an_unknown_number() -> None:
    solution = solve("u'' + lam*exp(u)", ["u(0)=0", "u(1)=0", "u(1/2)=1/2"], order=24)
    terms = solution.series(-1).unknowns[lam]
    assert abs(sum(terms) - solution.unknowns[lam]) < 1e-9
    assert abs(solution.pade().unknowns[lam] - solution.unknowns[lam]) < 1e-11


@pytest.mark.parametrize(
    ("equation", "conditions"),
    [
        ("u'' + 4*exp(u)", ["u(0)=0", "u(1)=0"]),
        ("u'' + u", ["u(0)=1", "u(oo)=0"]),
        ("u'' = 1/x", ["u(-1)=0", "u(1)=0"]),
        ("u'' + u'/x = u", ["u(0)=1", "u(1)=2"]),
    ],
    ids=["fold", "no decay", "pole inside", "logarithm"],
)
def test_no_solution_is_flagged(equation: str, conditions: list[str]) -> None:
    with pytest.warns(homotopy.DivergenceWarning, match="unknown, such as"):
        solution = solve(equation, conditions)
    assert not solution.converged
    assert solution.error_estimate > 1e-9


def test_the_attached_flow_is_followed_to_the_separation() -> None:
    # Near beta = -0.19884 a reversed flow satisfies the same conditions.
    attached = solve("u''' + u*u'' - 0.1988*(1 - u'**2)", LAYER)
    assert attached.converged
    assert abs(attached.value(0, 2) - 0.00521818788391) < 1e-12
    backwards = solve("u''' + u*u'' + b*(1 - u'**2)", [*LAYER, "u''(0) = -0.1"])
    separation = solve("u''' + u*u'' + b*(1 - u'**2)", [*LAYER, "u''(0) = 0"])
    b = sympy.Symbol("b")
    assert -0.19884 < separation.unknowns[b] < -0.198837
    assert abs(backwards.unknowns[b] + 0.178826452648) < 1e-11


def test_a_result_reads_well() -> None:
    solution = solve("u'' + lam*exp(u)", ["u(0)=0", "u(1)=0", "u(1/2)=2"])
    assert "lam = 2.97429628987599" in str(solution)
    assert "converged = True" in str(solution)
    assert solution._repr_latex_().startswith("$")
    kernel = solution.compile()
    assert abs(kernel(0.5) - 2) < 1e-14
    assert np.isnan(kernel(1.5))
    assert np.shape(solution.value([[0.1, 0.2]])) == (1, 2)
    assert isinstance(solution.converged, bool)


@pytest.mark.parametrize(
    ("equation", "conditions"),
    [
        ("u'' + exp(u)", ["u(0)=0", "u(1)=0"]),
        ("u''' + u*u''", LAYER),
        ("u'' + lam*exp(u)", ["u(0)=0", "u(1)=0", "u(1/2)=2"]),
        ("u'' = u**(3/2)/sqrt(x)", ["u(0)=1", "u(oo)=0"]),
    ],
)
def test_the_derivation_is_checked(equation: str, conditions: list[str]) -> None:
    d = solve(equation, conditions).derivation
    assert len(d.steps) >= 5
    assert d.level in ("exact", "interval")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert d.expr.has(x)
