"""Targets that are members of the family: then the error is zero, and nothing is searched."""

from __future__ import annotations

import sympy
from flint import arb

from symnum.approximation.polynomial import PolynomialFamily
from symnum.approximation.problem import Problem
from symnum.approximation.rational import RationalFamily
from symnum.reference.balls import BallFunction

__all__ = ["polynomial_member", "rational_member"]


def polynomial_member(family: PolynomialFamily, prec: int) -> tuple[arb, ...] | None:
    """Return the free coefficients of a target that is such a polynomial, else None."""
    problem = family.problem
    target = sympy.cancel(problem.target_expr) if _is_quotient(problem) else problem.target_expr
    if not target.is_polynomial(problem.x):
        return None
    polynomial = sympy.Poly(target, problem.x)
    if polynomial.degree() > family.degree:
        return None
    numbers = [polynomial.coeff_monomial(problem.x**k) for k in range(family.degree + 1)]
    if any(sympy.simplify(numbers[k] - value) != 0 for k, value in family.fixed.items()):
        return None
    return tuple(_ball(numbers[k], prec) for k in family.powers)


def rational_member(family: RationalFamily, prec: int) -> tuple[arb, ...] | None:
    """Return the coefficients of a target that is such a rational function, else None."""
    problem = family.problem
    if not _is_quotient(problem):
        return None
    above, below = sympy.fraction(sympy.cancel(problem.target_expr))
    top, bottom = sympy.Poly(above, problem.x), sympy.Poly(below, problem.x)
    if top.degree() > family.top or bottom.degree() > family.bottom:
        return None
    lower = [bottom.coeff_monomial(problem.x**k) for k in range(family.bottom + 1)]
    upper = [top.coeff_monomial(problem.x**k) for k in range(family.top + 1)]
    first = lower[0] if lower[0] != 0 else bottom.LC()
    return tuple(_ball(number / first, prec) for number in (*upper, *lower))


def _is_quotient(problem: Problem) -> bool:
    return bool(problem.target_expr.is_rational_function(problem.x))


def _ball(number: sympy.Expr, prec: int) -> arb:
    return BallFunction((), number)((), prec).mid()
