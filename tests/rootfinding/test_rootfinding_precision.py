"""Digits, certificates, running errors: what is promised about accuracy holds."""

from __future__ import annotations

import math
from dataclasses import replace

import mpmath
import pytest
import sympy as sp
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from symnum.compiler.lowering import lower
from symnum.compiler.native import NATIVE
from symnum.compiler.passes import expand_definitions
from symnum.compiler.vocabulary import PRIMITIVES
from symnum.reference import evaluate
from symnum.rootfinding import newton, polish
from symnum.rootfinding.continuity import continuity_guards
from symnum.rootfinding.fast_balls import quick_balls
from symnum.rootfinding.float_functions import FLOAT_FUNCTIONS, float_function
from symnum.rootfinding.running_error import RunningErrorProgram
from symnum.rootfinding.scalar_functions import ScalarFunction

x = sp.Symbol("x", real=True)


@pytest.mark.parametrize("digits", [1, 15, 50, 400])
@pytest.mark.parametrize(
    ("equation", "x0", "exact"),
    [
        ("x**2 - 2", 1, sp.sqrt(2)),
        ("x**3 - 5", 1, sp.cbrt(5)),
        ("sin(x)", 3, sp.pi),
        ("exp(x) - 10", 2, sp.log(10)),
        ("3*x - 1", 0, sp.Rational(1, 3)),
        ("x - 2", 1, sp.Integer(2)),
        ("sin(x)**2", 3, sp.pi),
        ("sign(x**2 - 2)*Abs(x**2 - 2)**(1/3)", None, sp.sqrt(2)),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_certified_digits(equation: str, x0: float | None, exact: sp.Expr, digits: int) -> None:
    result = newton(equation, x0, bracket=None if x0 is not None else (1, 2), digits=digits)
    assert result.converged, str(result)
    with mpmath.workdps(digits + 30):
        error = abs(result.root - sp.N(exact, digits + 25)._to_mpmath(4 * digits + 100))
        assert error <= result.error_bound <= abs(result.root) * mpmath.mpf(10) ** -digits
    assert result.certificate.verify()


def test_digits_of_roots_that_are_zero_or_complex() -> None:
    zero = newton("sin(x)", 0.5, digits=60)
    assert (zero.root, zero.error_bound) == (0, 0)
    turn = newton("exp(z) + 1", 3j, domain="complex", digits=40)
    with mpmath.workdps(60):
        assert abs(turn.root - mpmath.pi * 1j) <= turn.error_bound < 1e-40
    assert turn.certificate.verify()


def test_polish_and_its_text() -> None:
    result = polish("x - cos(x)", "x", 0.7, 50)
    assert "0.73908513321516064165531208767387340401341175890076" in str(result)
    assert isinstance(result.root, mpmath.mpf)
    assert polish("E**2 - 2", "E", 1.4, 20).unknown == "E"
    assert mpmath.mp.dps == 15


def test_a_certificate_does_not_believe_what_it_is_told() -> None:
    certificate = newton("x**2 - 2", 1).certificate
    assert certificate.verify()
    low, high = certificate.box
    assert not replace(certificate, box=(low + 1, high + 1)).verify()
    assert not replace(certificate, expr=certificate.expr + 1).verify()
    assert not replace(certificate, kind="none").verify()
    assert not replace(certificate, exact=sp.Integer(1)).verify()
    assert "interval-newton on" in str(certificate)


EXPRESSIONS = [
    x**3 - 2 * x + 2,
    sp.exp(x) * sp.sin(x) - sp.cos(3 * x) / (x**2 + 1),
    sp.sqrt(x**2 + 1) - sp.log(1 + x**2),
    sp.Piecewise((x**2, x > 0), (sp.tan(x), True)),
    sp.Abs(x) ** sp.Rational(1, 3) - sp.atan(x),
    sp.tanh(x) + sp.sinh(x) / sp.cosh(x) - sp.erf(x),
    (1 - sp.cos(x)) / x**2,
    sp.expand((x - 1) ** 7),
    sp.Max(x, 1 / x) + sp.floor(x) + sp.Mod(x, 2),
]


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
@given(value=st.floats(-3.0, 3.0).filter(lambda value: abs(value) > 1e-3))
def test_the_running_error_bounds_the_error(expr: sp.Expr, value: float) -> None:
    ((result, bound),) = RunningErrorProgram(expand_definitions(lower([x], [expr])), real=True)(
        value
    )
    exact = evaluate(expr, {x: value}, 40)
    if math.isfinite(result) and exact == exact:
        with mpmath.workdps(40):
            assert abs(mpmath.mpf(result) - exact) <= bound * 1.0001


@pytest.mark.parametrize(
    ("expr", "box", "expected"),
    [
        (sp.sign(x) * x, (1, 2), True),
        (sp.sign(x) * x, (-1, 2), False),
        (sp.floor(x), (1.25, 1.75), True),
        (sp.floor(x), (0.5, 1.5), False),
        (sp.Piecewise((x, x < 1), (2, True)), (0, 0.5), True),
        (sp.Piecewise((x, x < 1), (2, True)), (0, 1.5), False),
        (sp.atan(1 / x), (-1, 1), False),
        (1 / x, (-1, 1), False),
        (sp.log(x), (-1, 1), False),
        (sp.Abs(x), (-1, 1), True),
        (sp.acot(x), (-1, 1), False),
    ],
    ids=str,
)
def test_continuity_over_a_box(expr: sp.Expr, box: tuple[float, float], expected: bool) -> None:
    ball = arb(box[0]).union(arb(box[1]))
    assert ScalarFunction(expr, x, True).is_smooth_over(ball, 64) is expected
    assert isinstance(continuity_guards(expr, [x], True), tuple)


def test_a_jump_is_no_root_even_where_the_slope_looks_right() -> None:
    # f' = 1 on both sides: interval Newton over the jump would contract to a root that is none.
    result = newton(x + sp.Rational(1, 10) * (2 * sp.Heaviside(x) - 1), bracket=(-1, 2))
    assert result.status == "discontinuity"
    assert newton("floor(x) + 1/2", bracket=(-3, 3)).status == "discontinuity"


def test_every_primitive_of_the_compiler_has_a_float_function() -> None:
    assert set(FLOAT_FUNCTIONS) | NATIVE.keys() >= PRIMITIVES


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_slopes_are_derivatives(name: str) -> None:
    function, slopes = float_function(name, real=True)
    operands = OPERANDS.get(name, [0.4] * len(slopes))
    value = function(*operands)
    for place, slope in enumerate(slopes):
        if (name, place) in WITHOUT_SLOPE:
            continue
        h = 1e-6
        ahead, behind = list(operands), list(operands)
        ahead[place] += h
        behind[place] -= h
        difference = abs(function(*ahead) - function(*behind)) / (2 * h)
        assert difference <= abs(slope(*operands, value)) * (1 + 1e-6) + 1e-8
        assert abs(slope(*operands, value)) <= max(3.0 * difference, 3.0)


#: Orders are whole numbers and constants: they have no rounding error to multiply.
WITHOUT_SLOPE = {("expint_native", 0)}

#: Where 0.4 is outside the domain or not typical.
OPERANDS = {
    "acosh": [1.5],
    "erfcinv": [0.7],
    "expint_native": [2.0, 0.4],
    "maximum": [0.4, 0.9],
    "minimum": [0.4, 0.9],
    "modulo": [2.5, 0.9],
    "power": [1.3, 0.7],
}


QUICK = [
    x - sp.cos(x),
    x**3 - 2 * x - 5,
    x * sp.exp(x) - 1,
    sp.log(x) - 1 / x,
    sp.sqrt(x) - x ** sp.Rational(1, 3),
    x**x - 3,
    sp.sin(1 / x),
    sp.tan(x) ** 2 * (x - 1) ** 4 + sp.pi,
]


@pytest.mark.parametrize("expr", QUICK, ids=str)
@given(middle=st.floats(-3, 3), radius=st.sampled_from([0.0, 1e-9, 0.01, 0.5]))
def test_quick_balls_agree_with_the_general_evaluator(
    expr: sp.Expr, middle: float, radius: float
) -> None:
    quick = quick_balls(expr, x)
    assert quick is not None
    general = ScalarFunction(expr, x, True, direct=False)
    box = arb(middle, radius)
    for order, ball in enumerate(quick.both(box)):
        other = general.ball(order, box, 53)
        if ball.is_finite():
            assert other.is_finite()
            assert ball.overlaps(other)


def test_what_is_not_elementary_has_no_quick_balls() -> None:
    for expr in (sp.floor(x), sp.Abs(x), sp.gamma(x), sp.Piecewise((x, x > 0), (0, True))):
        assert quick_balls(expr, x) is None


@pytest.mark.parametrize("digits", [15, 50, 200, 1000])
@pytest.mark.parametrize(
    ("equation", "start"), [("x - cos(x)", 0.7), ("x**3 - 2*x - 5", 2), ("log(x) - 1/x", 1.7)]
)
def test_the_short_way_and_the_search_give_the_same_digits(
    equation: str, start: float, digits: int
) -> None:
    short = polish(equation, "x", start, digits)
    searched = newton(equation, start, digits=digits)
    with mpmath.workdps(digits + 20):
        assert abs(short.root - searched.root) <= short.error_bound + searched.error_bound
        assert short.error_bound <= abs(short.root) * mpmath.mpf(10) ** -digits
    assert short.certificate.verify()
    assert short.multiplicity == 1
