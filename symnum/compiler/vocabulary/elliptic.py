"""Complete and incomplete elliptic integrals of the first two kinds, in the parameter m.

Derivatives in m are integrals of Carlson's, which do not cancel where m or the amplitude is small:
dK/dm = R_D(0, 1, 1-m)/6 and dE/dm = -R_D(0, 1-m, 1)/6, and in the first period likewise
dF/dm = sin(z)**3 R_D(cos(z)**2, 1, 1 - m sin(z)**2)/6 and
dE/dm = -sin(z)**3 R_D(cos(z)**2, 1 - m sin(z)**2, 1)/6.
"""

from __future__ import annotations

from functools import cache

import sympy
from sympy import Rational

from symnum.compiler.terms import Term, call, choose, constant, nan
from symnum.compiler.vocabulary.rows import FunctionRow, no_derivative, polynomial

__all__ = ["ELLIPTIC"]

# Where the second derivatives are taken from power series; beyond, formulas lose few digits.
SMALL = Rational(3, 10)
TERMS = 42


@cache
def _series(order: int, sign: int) -> tuple[sympy.Expr, ...]:
    """Return the coefficients of the derivative of an order of K (sign 1) or E (sign -1) at m = 0.

    K = pi/2 (sum of c_n**2 m**n), E = pi/2 (sum of c_n**2 m**n/(1 - 2 n)), c_n = binom(2n, n)/4**n.
    """
    coefficients = []
    for n in range(order, order + TERMS):
        square = Rational(sympy.binomial(2 * n, n), 4**n) ** 2
        falling = sympy.ff(n, order)
        factor = square * falling if sign > 0 else square * falling / (1 - 2 * n)
        coefficients.append(factor)
    return tuple(coefficients)


def _second(sign: int, m: Term, formula: Term) -> Term:
    """Return a second derivative by its power series near m = 0, by a formula elsewhere."""
    series = polynomial(_series(2, sign), m) * (sympy.pi / 2)
    return choose(call("absolute", m).compare("<", SMALL), series, formula)


def _second_of_k(m: Term, f: Term) -> Term:
    # Legendre's equation m (1-m) K'' + (1 - 2 m) K' = K/4
    formula = (call("elliptic_k", m) * Rational(1, 4) - (1 - 2 * m) * f) / (m * (1 - m))
    return _second(1, m, formula)


def _second_of_e(m: Term, f: Term) -> Term:
    # d/dm (E - K)/(2 m) = -(E' + K')/(2 m)
    formula = -(f + call("elliptic_k_slope", m)) / (2 * m)
    return _second(-1, m, formula)


# ------------------------------------------------------------------ incomplete integrals


def _beyond_one(kind: str, z: Term, m: Term) -> Term:
    """Return an incomplete integral; m > 1 is left to Carlson's integrals.

    There it is real only while sin(z)**2 <= 1/m, which is less than a quarter of a period.
    """
    sine, cosine = call("sin", z), call("cos", z)
    square = 1 - m * sine**2
    first = sine * call("carlson_rf", cosine**2, square, constant(m, 1))
    value = first
    if kind == "e":
        third = call("carlson_rd", cosine**2, square, constant(m, 1))
        value = first - m * sine**3 * third * Rational(1, 3)
    inside = call("absolute", z).compare("<", sympy.pi / 2)
    return choose(
        m.compare(">", 1),
        choose(inside, value, nan(m)),
        call(f"elliptic_{kind}_native", z, m),
    )


def _slope_in_m(kind: str, z: Term, m: Term) -> Term:
    """Return the derivative of an incomplete integral in m, over any number of half periods."""
    turns = call("floor", z * (1 / sympy.pi) + Rational(1, 2))
    sine, cosine = call("sin", z), call("cos", z)
    even = call("modulo", turns, constant(z, 2)).compare("==", 0)
    sine = choose(even, sine, -sine)
    square, one = 1 - m * sine**2, constant(m, 1)
    if kind == "f":
        rest = sine**3 * call("carlson_rd", cosine**2, one, square) * Rational(1, 6)
        whole = call("elliptic_k_slope", m)
    else:
        rest = -(sine**3 * call("carlson_rd", cosine**2, square, one) * Rational(1, 6))
        whole = call("elliptic_e_slope", m)
    return choose(turns.compare("==", 0), rest, rest + 2 * turns * whole)


def _root(z: Term, m: Term) -> Term:
    return (1 - m * call("sin", z) ** 2).root()


ELLIPTIC = (
    FunctionRow("carlson_rf", 3, (no_derivative,) * 3),
    FunctionRow("carlson_rd", 3, (no_derivative,) * 3),
    FunctionRow("elliptic_k", 1, (lambda m, f: call("elliptic_k_slope", m),), (sympy.elliptic_k,)),
    FunctionRow(
        name="elliptic_k_slope",
        arity=1,
        partials=(_second_of_k,),
        definition=lambda m: (
            call("carlson_rd", constant(m, 0), constant(m, 1), 1 - m) * Rational(1, 6)
        ),
    ),
    FunctionRow("elliptic_e_complete", 1, (lambda m, f: call("elliptic_e_slope", m),)),
    FunctionRow(
        name="elliptic_e_slope",
        arity=1,
        partials=(_second_of_e,),
        definition=lambda m: (
            call("carlson_rd", constant(m, 0), 1 - m, constant(m, 1)) * Rational(-1, 6)
        ),
    ),
    FunctionRow("elliptic_f_native", 2, (no_derivative,) * 2),
    FunctionRow("elliptic_e_native", 2, (no_derivative,) * 2),
    FunctionRow(
        name="elliptic_f",
        arity=2,
        partials=(
            lambda z, m, f: 1 / _root(z, m),
            lambda z, m, f: call("elliptic_f_slope", z, m),
        ),
        classes=(sympy.elliptic_f,),
        definition=lambda z, m: _beyond_one("f", z, m),
    ),
    FunctionRow(
        name="elliptic_f_slope",
        arity=2,
        partials=(lambda z, m, f: call("sin", z) ** 2 / (2 * _root(z, m) ** 3), no_derivative),
        definition=lambda z, m: _slope_in_m("f", z, m),
    ),
    FunctionRow(
        name="elliptic_e_incomplete",
        arity=2,
        partials=(
            lambda z, m, f: _root(z, m),
            lambda z, m, f: call("elliptic_e_incomplete_slope", z, m),
        ),
        definition=lambda z, m: _beyond_one("e", z, m),
    ),
    FunctionRow(
        name="elliptic_e_incomplete_slope",
        arity=2,
        partials=(lambda z, m, f: -(call("sin", z) ** 2 / (2 * _root(z, m))), no_derivative),
        definition=lambda z, m: _slope_in_m("e", z, m),
    ),
)
