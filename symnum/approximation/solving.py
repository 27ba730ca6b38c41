"""The search for the best approximation, from the arguments to the certified answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from symnum.approximation.arguments import (
    FORMS,
    read_degree,
    read_digits,
    read_family,
    read_fixed,
    read_interval,
    read_target,
    read_weight,
)
from symnum.approximation.membership import polynomial_member, rational_member
from symnum.approximation.outside import with_outside_note
from symnum.approximation.parametric_search import best_parametric
from symnum.approximation.polynomial import PolynomialFamily
from symnum.approximation.problem import Problem, state_problem
from symnum.approximation.rational import RationalFamily
from symnum.approximation.rational_search import best_rational
from symnum.approximation.regularity import require_regular
from symnum.approximation.result import Minimax
from symnum.approximation.search import best_member, exact_member, working_bits
from symnum.approximation.symmetry import error_parity, right_half, unfolded
from symnum.approximation.tails import on_unbounded

__all__ = ["minimax"]


def minimax(
    target: Any,
    x: Any,
    interval: Any,
    *,
    form: Any = "polynomial",
    degree: Any = None,
    params: Any = None,
    fixed: Mapping[Any, Any] | None = None,
    weight: Any = "absolute",
    digits: int = 30,
) -> Minimax:
    r"""Return the member of a family that is closest to a target in the largest error.

    .. math:: \min_p \max_{a \le x \le b} \frac{|f(x) - F(x; p)|}{w(x)}

    Parameters
    ----------
    target : expression or str
        f, a real function of x, regular on the interval. Removable singularities are filled in.
    x : Symbol or str
    interval : pair of numbers, or Interval
        Exact; floats are taken exactly, text is parsed.
    form : str or expression
        ``"polynomial"``, ``"rational"``, or an expression in x and `params`.
    degree : int, or pair of int
        Of the polynomial, or of numerator and denominator.
    params : sequence of symbols, or mapping from symbols to starts
        For a form that is an expression.
    fixed : mapping
        Values for some of the parameters: ``{"c0": 1}``.
    weight : str or expression
        ``"absolute"``, ``"relative"`` (the error is divided by the target), or w, without a zero on
        the interval; it may be infinite at isolated points. Its sign does not matter.
    digits : int
        How many digits of parameters and error are wanted.

    Returns
    -------
    Minimax

    Raises
    ------
    ValueError, TypeError
        For an argument that makes no sense, naming it.
    NoBestApproximation
        Where the search does not converge or its answer cannot be proved.

    Examples
    --------
    >>> fit = minimax("exp(x)", "x", (-1, 1), degree=5)
    >>> print(sympy.N(fit.error, 12))
    4.52055119261e-5

    References
    ----------
    E. Remez, Sur le calcul effectif des polynomes d'approximation de Tchebichef, 1934.
    """
    symbol, expr = read_target(target, x, interval)
    wanted = read_digits(digits)
    if isinstance(form, str) and form in FORMS:
        if params is not None:
            raise ValueError(f"params: the form {form!r} has its own; give an expression as form")
        ends = read_interval(interval, symbol, bounded=True)
        top, bottom = read_degree(degree, form)
        if fixed and form == "rational":
            raise ValueError("fixed: a rational form has none; give the quotient itself as form")
        names = [f"c{k}" for k in range(top + 1)] if form == "polynomial" else []
        values = read_fixed(fixed, names)
        problem = stated(expr, symbol, ends, weight)
        if form == "polynomial":
            return _polynomial(
                problem, top, {int(name[1:]): v for name, v in values.items()}, wanted
            )
        return _rational(problem, top, bottom, wanted)
    if degree is not None:
        raise ValueError("degree: a form that is an expression has no degree")
    family = read_family(form, params, fixed, symbol)
    ends = read_interval(interval, symbol, bounded=False)

    def solve(finite: tuple[sympy.Expr, sympy.Expr], count: int) -> Minimax:
        problem = stated(expr, symbol, finite, weight, (family.form,))
        return best_parametric(
            problem, family.form, family.params, family.starts, family.fixed, count
        )

    if ends[0].is_finite and ends[1].is_finite:
        return with_outside_note(solve(ends, wanted))
    if weight != "absolute":
        raise ValueError(f"weight: on the unbounded interval {ends} only 'absolute' is possible")
    return on_unbounded(solve, expr, symbol, ends, wanted)


def _polynomial(
    problem: Problem, degree: int, fixed: Mapping[int, sympy.Expr], digits: int
) -> Minimax:
    family = PolynomialFamily(problem, degree, fixed)
    prec = working_bits(digits, family, 64)
    values = polynomial_member(family, prec)
    if values is not None:
        return exact_member(family, values, digits, prec)
    parity = 0 if family.is_haar else error_parity(family)
    if not parity:
        return best_member(family, digits)
    half = PolynomialFamily(right_half(problem), degree, fixed)
    family.is_folded = True
    return unfolded(best_member(half, digits), family, parity)


def _rational(problem: Problem, top: int, bottom: int, digits: int) -> Minimax:
    family = RationalFamily(problem, top, bottom)
    prec = working_bits(digits, family, 64)
    values = rational_member(family, prec)
    if values is not None:
        return exact_member(family, values, digits, prec)
    return best_rational(problem, top, bottom, digits)


def stated(
    target: sympy.Expr,
    x: sympy.Symbol,
    ends: tuple[sympy.Expr, sympy.Expr],
    weight: Any,
    forms: tuple[sympy.Expr, ...] = (),
) -> Problem:
    """Return the problem, target and weight proved regular."""
    divisor = read_weight(weight, x, target)
    label = weight if weight in ("absolute", "relative") else "weight"
    problem = state_problem(target, x, ends, divisor, forms)
    require_regular(problem, label)
    return problem
