"""Boundary-value problems in powers and exponentials: exact series, c0, Padé sums, derivations."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sympy

from symnum import homotopy
from symnum.homotopy import Exponentials

x, c = sympy.symbols("x c")
LAYER = ["u(0) = 0", "u'(0) = 0", "u'(oo) = 1"]


def solve(equation: Any, conditions: list[Any], **options: Any) -> homotopy.HAMSolution:
    options = {"order": 20, "basis": "powers", **options}
    return homotopy.solve_bvp(equation, "u", "x", conditions, **options)


def test_a_beam_is_exact() -> None:
    beam = solve("u'''' = q0*0 + 1", ["u(0)=0", "u'(0)=0", "u(1)=0", "u'(1)=0"], order=4)
    assert sympy.expand(beam.expr - x**2 * (1 - x) ** 2 / 24) == 0
    assert beam.residual() == 0
    assert beam.converged


def test_terms_are_rational_and_solve_their_equations() -> None:
    solution = solve("u'' + exp(u)", ["u(0)=0", "u(1)=0"], order=6)
    terms = solution.series(-1)
    assert terms[0] == 0
    assert all(term.is_polynomial(x) and not term.atoms(sympy.Float) for term in terms)
    # The third order: [q**2] exp(u_1 q + u_2 q**2) = u_2 + u_1**2/2
    third = sympy.diff(terms[3] - terms[2], x, 2)
    right = -(sympy.diff(terms[2], x, 2) + terms[2] + terms[1] ** 2 / 2)
    assert sympy.expand(third - right) == 0


@pytest.mark.parametrize("c0", ["-1/2", "-13/10"])
def test_the_identity_gives_what_a_run_at_that_c0_gives(c0: str) -> None:
    solution = solve("u'' + u**2 - x", ["u(0)=1", "u(1)=0"], order=4, c0=c0)
    value = sympy.Rational(c0)
    run = [1 - x]
    q = sympy.Symbol("q")
    for m in range(1, 5):
        phi = sum(term * q**j for j, term in enumerate(run))
        residual = sympy.expand(sympy.diff(phi, x, 2) + phi**2 - x).coeff(q, m - 1)
        side = value * residual + (sympy.diff(run[-1], x, 2) if m > 1 else 0)
        twice = sympy.integrate(sympy.integrate(sympy.expand(side), x), x)
        run.append(sympy.expand(twice - twice.subs(x, 1) * x))
    for mine, term in zip(solution.series(), run, strict=True):
        assert sympy.expand(mine - term) == 0
    assert sympy.expand(solution.series("c")[3].subs(c, value) - run[3]) == 0


@pytest.mark.parametrize(
    ("equation", "conditions", "exact"),
    [
        ("u' = u", ["u(0)=1"], np.exp),
        ("u' + u**2", ["u(0)=1"], lambda t: 1 / (1 + t)),
        ("u'' + u", ["u(0)=0", "u(pi/2)=1"], np.sin),
        ("u'' + 2*u'/x + u**5", ["u(0)=1", "u'(0)=0"], lambda t: (1 + t**2 / 3) ** -0.5),
        ("u'' + 2*u'/x + u", ["u(0)=1", "u'(0)=0"], lambda t: np.sinc(t / np.pi)),
        ("u'' + u'/x + 4/(1 + 1/8)**2*exp(u)/8", ["u'(0)=0", "u(1)=0"], None),
        ("x*u'' + u' + x*u", ["u(0)=1", "u'(0)=0"], None),
        ("u'' - u*cos(x) - sin(x)*u'", ["u(0)=1", "u'(0)=0"], None),
        ("u'' = u - u**3", ["u(1)=1/cosh(1)*sqrt(2)", "u(2)=sqrt(2)/cosh(2)"], lambda t: np.sqrt(2) / np.cosh(t)),
    ],
)  # fmt: skip
def test_powers(equation: str, conditions: list[str], exact: Any) -> None:
    solution = solve(equation, conditions)
    low, high = solution.interval
    points = np.linspace(low, high, 9)
    assert solution.converged
    assert solution.residual() < 1e-10
    if exact is not None:
        assert np.max(np.abs(solution.value(points) - exact(points))) < 1e-11


def test_the_disc_in_powers() -> None:
    solution = solve("u'' + u'/x + exp(u)", ["u'(0)=0", "u(1)=0"])
    assert abs(solution.value(0) - 0.316694367640749877786477714415) < 1e-13


def test_lane_emden_beyond_the_radius_of_the_taylor_series() -> None:
    # The Taylor series ends at x = sqrt(3); the homotopy-Padé sum and smaller abs(c0) go on.
    solution = solve("u'' + 2*u'/x + u**5", ["u(0)=1", "u'(0)=0"])
    assert abs(solution.pade().value(2.0) - (1 + 4 / 3) ** -0.5) < 1e-7


def test_an_unknown_number_in_powers() -> None:
    solution = solve("u'' + lam*u", ["u(0)=0", "u(1)=0", "u'(0)=1"])
    (value,) = solution.unknowns.values()
    assert abs(value - np.pi**2) < 1e-11
    terms = solution.series(-1).unknowns[sympy.Symbol("lam")]
    assert terms[0] == 12
    assert all(term.is_Rational for term in terms)


@pytest.mark.filterwarnings("ignore::symnum.homotopy.DivergenceWarning")
def test_exponentials_have_the_known_first_terms() -> None:
    solution = solve("u''' + u*u''", LAYER, order=2, basis=Exponentials(3), c0="-1/2")
    start, first = solution.series(-1)[:2]
    assert sympy.expand(start - (x - (1 - sympy.exp(-3 * x)) / 3)) == 0
    linear = sympy.diff(first, x, 3) + 3 * sympy.diff(first, x, 2)
    residual = sympy.diff(start, x, 3) + start * sympy.diff(start, x, 2)
    assert sympy.expand(linear + residual) == 0
    assert sympy.limit(sympy.diff(first, x), x, sympy.oo) == 0


def test_a_boundary_layer_in_exponentials() -> None:
    solution = solve("u''' + u*u''", LAYER, order=20, basis=Exponentials(3))
    assert solution.converged
    assert abs(solution.value(0, 2) - 0.4695999883610133) < 5e-5
    assert abs(solution.pade().value(0, 2) - 0.4695999883610133) < 5e-5
    # The sum at c0 = -1 diverges: the partial sums at the chosen c0 do not.
    wild = abs(solution.series(-1).value(0, 2))
    tame = abs(solution.series().value(0, 2) - 0.4695999883610133)
    assert wild > 1
    assert tame < 1e-2
    kernel = solution.compile()
    points = np.array([0.3, 1.7, 30.0])
    assert np.allclose(kernel(points), solution.value(points), rtol=1e-4)


@pytest.mark.parametrize(
    ("equation", "conditions", "exact"),
    [
        ("u'' - u", ["u(0)=1", "u(oo)=0"], lambda t: np.exp(-t)),
        ("u''' + u*u'' - u'**2 - 3*u'", ["u(0)=0", "u'(0)=1", "u'(oo)=0"], lambda t: (1 - np.exp(-2 * t)) / 2),
        ("u'' + u' - exp(-2*x)", ["u(0)=1", "u(oo)=0"], lambda t: (np.exp(-t) + np.exp(-2 * t)) / 2),
    ],
)  # fmt: skip
def test_exponentials_of_a_chosen_rate(equation: str, conditions: list[str], exact: Any) -> None:
    solution = solve(equation, conditions, order=12, basis="exponentials")
    points = np.linspace(0, 5, 11)
    assert solution.converged
    assert np.max(np.abs(solution.value(points) - exact(points))) < 1e-7


def test_a_divergent_sum_is_flagged() -> None:
    with pytest.warns(homotopy.DivergenceWarning, match="order 3 .*c0, pade"):
        solution = solve("u''' + u*u''", LAYER, order=3, basis=Exponentials(1))
    assert not solution.converged


@pytest.mark.parametrize(
    ("equation", "conditions", "options"),
    [
        ("u'''' = 1 + u", ["u(0)=0", "u'(0)=0", "u(1)=0", "u'(1)=0"], {}),
        ("u'' + exp(u)", ["u(0)=0", "u(1)=0"], {}),
        ("u'' + u'/x + exp(u)", ["u'(0)=0", "u(1)=0"], {}),
        ("u'' + 2*u'/x + u**3", ["u(0)=1", "u'(0)=0"], {}),
        ("u'' + lam*u", ["u(0)=0", "u(1)=0", "u'(0)=1"], {}),
        ("u''' + u*u'' - u'**2 - 3*u'", ["u(0)=0", "u'(0)=1", "u'(oo)=0"], {"basis": Exponentials(2)}),
    ],
)  # fmt: skip
def test_exact_derivations(equation: str, conditions: list[str], options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        d = solve(equation, conditions, order=8, **options).derivation
    assert len(d.steps) >= 6
    assert d.level == "exact"
    assert d.expr.has(x)


def test_rounded_numbers_are_not_called_exact() -> None:
    u = sympy.Function("u")
    solution = homotopy.solve_bvp(
        u(x).diff(x, 2) + 0.1 * u(x), u, x, [sympy.Eq(u(0), 0), sympy.Eq(u(1), 1)],
        order=12, basis="powers",
    )  # fmt: skip
    rate = np.sqrt(0.1)
    assert abs(solution.value(0.5) - np.sin(rate / 2) / np.sin(rate)) < 1e-15
    assert "up to its residual" in str([step.why for step in solution.derivation.steps])
