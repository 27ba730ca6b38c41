"""Every verdict on one root can be reached, has a readable line, and is the right one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.rootfinding import NoRootError, Status, newton

END_OF_BRACKET = "cos((1 - 1/10**11)/1000)"

#: Equation, options, verdict, and what the message says beside its name.
CASES: list[tuple[str, dict[str, Any], Status, str]] = [
    ("x - cos(x)", {}, Status.CONVERGED, "simple root"),
    ("x**2 - 4", {"x0": 3}, Status.EXACT, "x = 2.0"),
    # The root lies outside the bracket by less than floats can tell.
    (f"cos(x/1000) - {END_OF_BRACKET}", {"bracket": (1, 2)}, Status.NOISE_LIMITED, "x = 1.0"),
    ("1/(x - 1)", {"bracket": (0, 3)}, Status.POLE, "|f| grows"),
    ("gamma(x)", {"bracket": (-0.5, 0.5)}, Status.POLE, "off the pole"),
    ("1/(exp(x) - 1)", {"bracket": (-1, 2)}, Status.POLE, "|f| grows"),
    ("exp(1/x) - 2", {"bracket": (-1, 1)}, Status.POLE, "|f| grows"),
    ("frac(x) - 3/10", {"bracket": (0.8, 1.1)}, Status.DISCONTINUITY, "jumps"),
    ("Mod(x, 1) - 1/2", {"bracket": (0.7, 1.2)}, Status.DISCONTINUITY, "jumps"),
    ("tanh(1/x)", {"bracket": (-1, 1.5)}, Status.DISCONTINUITY, "jumps"),
    ("cos(x)", {"x0": 0, "method": "newton"}, Status.ZERO_DERIVATIVE, "horizontal"),
    ("x**2 + 1", {"bracket": (-1, 2)}, Status.NO_SIGN_CHANGE, "same sign"),
    ("x + 5", {"bracket": (0, 3)}, Status.NO_SIGN_CHANGE, "widen the bracket"),
    ("x**(1/3) - 2", {"x0": -1, "method": "newton"}, Status.LEFT_DOMAIN, "real_root"),
    ("atan(x)", {"x0": 3, "method": "newton"}, Status.DIVERGED, "run away"),
    ("x*exp(-x)", {"x0": 2, "method": "newton"}, Status.DIVERGED, "run away"),
    ("2 + sin(x)", {"x0": 0}, Status.STALLED, "lowers the residual"),
    ("x**3 - 2*x + 2", {"x0": 0, "method": "newton"}, Status.CYCLE, "period 2: 0, 1"),
    ("x**5 - x - 1", {"x0": 0, "method": "newton"}, Status.CYCLE, "period 3"),
    ("x - cos(x)", {"x0": 9, "method": "newton", "maxiter": 2}, Status.MAXITER, "raise maxiter"),
    ("1/x - 1", {"x0": 0, "method": "newton"}, Status.NAN, "no finite value"),
    ("exp(x)", {}, Status.UNDERFLOW, "underflows"),
    ("x**2 + 1", {"x0": 3}, Status.PROVED_NONE, "proved"),
    ("cosh(x)", {}, Status.PROVED_NONE, "proved"),
    ("(x - 1)**2 + 1/10**40", {"x0": 2}, Status.PROVED_NONE, "proved"),
    ("1/(1 + x**2)", {"x0": 1}, Status.PROVED_NONE, "proved"),
    ("exp(z)", {"x0": 1j, "domain": "complex"}, Status.PROVED_NONE, "proved"),
]


@pytest.mark.parametrize(
    ("equation", "options", "status", "words"),
    CASES,
    ids=[f"{status}: {equation}" for equation, _, status, _ in CASES],
)
def test_a_verdict(equation: str, options: dict[str, Any], status: Status, words: str) -> None:
    result = newton(equation, **options)
    assert result.status is status, str(result)
    assert result.converged is status.success
    text = str(result)
    assert words in text
    assert str(status) in text
    assert "\n" not in text
    if not status.success:
        assert result.error_bound == math.inf
        assert status.advice in text
        with pytest.raises(NoRootError, match=str(status)):
            newton(equation, **options, on_fail="raise")


def test_every_verdict_on_one_equation_is_reached() -> None:
    reached = {status for _, _, status, _ in CASES}
    assert set(Status) - reached == {Status.SINGULAR_JACOBIAN}


@pytest.mark.parametrize(
    ("equation", "bracket", "root"),
    [
        # Floats underflow, overflow or divide by what may be zero on the way to these roots.
        ("x**9", (-1e4, 1e4), 0.0),
        ("(x - 5)*exp(-400*x)", (1, 10), 5.0),
        ("(x - 1)**15*exp(-800*x)", (0.5, 2), 1.0),
        ("Piecewise((0, Eq(x, 0)), (x*exp(-1/x**2), True))", (-1, 4), 0.0),
        ("1/gamma(x)", (-0.5, 0.5), 0.0),
        ("x**2*exp(-x**2) - 1e-320", (10, 40), 27.266068947044424),
        ("1/(1 - cos(x)) - 1", (-1, 3), math.pi / 2),
        ("x/(exp(x) - 1) - 1/2", (-1, 5), 1.2564312086261697),
    ],
)
def test_roots_beyond_what_floats_tell(equation: str, bracket: Any, root: float) -> None:
    result = newton(equation, bracket=bracket)
    assert result.converged, str(result)
    assert abs(result.root - root) <= result.error_bound + 2 * math.ulp(root)


@pytest.mark.parametrize(
    ("equation", "start", "multiplicity"),
    [("x*sin(x)", 0.5, 2), ("(x - 1)*log(x)", 3, 2), ("x*sin(x)*(exp(x) - 1)", 0.4, 3)],
)
def test_multiplicity_where_several_factors_vanish(
    equation: str, start: float, multiplicity: int
) -> None:
    result = newton(equation, start)
    assert (result.multiplicity, result.certificate.verify()) == (multiplicity, True)


@pytest.mark.parametrize(
    ("start", "bracket"),
    [
        (None, sn.Interval(0, 1)),
        (None, sp.Interval(0, 1).args[:2]),
        (None, np.array([1.0, 0.0])),
        (None, sp.Matrix([0, 1])),
        (None, ("0", "pi/3")),
        (np.float32(1.0), None),
        (np.array([[1.0]]), None),
        (sp.Matrix([1]), None),
        (sp.Rational(1, 2), None),
        ("1/2", (0, 1)),
        (5.0, (0, 1)),
    ],
    ids=str,
)
def test_starts_and_brackets_of_every_kind(start: Any, bracket: Any) -> None:
    assert newton("x - cos(x)", start, bracket=bracket).root == 0.7390851332151607


def test_parameters_are_taken_exactly() -> None:
    tenth = newton("x - a", params={"a": sp.Rational(1, 10)}, digits=30)
    double = newton("x - a", params={"a": 0.1}, digits=30)
    assert abs(tenth.root - double.root) > 5e-18
    assert newton("x - a", params={sp.Symbol("a"): "1/10"}, digits=30).root == tenth.root
    assert newton("z**2 - a", 1j, params={"a": -4}, domain="complex").root == 2j


def test_a_long_step_is_accepted_where_it_is_asked_for() -> None:
    rough = newton("x**2 - 2", 1, xtol=0.1, method="newton")
    assert rough.converged
    assert abs(rough.root - math.sqrt(2)) <= rough.error_bound
    assert rough.iterations < newton("x**2 - 2", 1, method="newton").iterations


def test_a_root_that_only_numbers_confirm_has_a_true_bound() -> None:
    y = sp.Symbol("y", real=True)
    result = newton(sp.Integral(sp.exp(-(y**2)), (y, 0, sp.Symbol("x"))) - sp.Rational(1, 2), 0.5)
    assert result.status is Status.NOISE_LIMITED
    exact = sp.N(sp.erfinv(1 / sp.sqrt(sp.pi)), 40)  # erf(x)*sqrt(pi)/2 = 1/2
    assert float(abs(sp.Rational(result.root) - exact)) <= result.error_bound < 1e-15


@pytest.mark.parametrize(
    ("equation", "method"), [("(x - 1)**3", "halley"), ("(x - 1)**5*(x + 3)", "newton")]
)
def test_slow_convergence_is_no_cycle(equation: str, method: str) -> None:
    result = newton(equation, 4, method=method, maxiter=400)
    assert (result.converged, result.root) == (True, 1.0), str(result)


def test_an_odd_root_is_explained() -> None:
    assert "real_root" in str(newton("x**(1/3) + 2", 1))
    assert newton("real_root(x, 3) + 2", 1).root == -8.0
