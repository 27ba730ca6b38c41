"""Systems with the same roots whose Jacobian is regular where powers and products made it singular.

``g**2 = 0`` says the same as ``g = 0``, and a root of one factor is a root of the product as long
as the other factors have a value there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from symnum.rootfinding.factors import Factor, vanishing_factors
from symnum.rootfinding.systems.functions import SystemFunction, Vector

__all__ = ["FactorChoice", "factors_at", "without_powers"]

#: Larger polynomials are not worth a factorisation.
MOST_OPERATIONS = 150
MOST_TERMS = 500

#: Choices of factors that are tried.
MOST_CHOICES = 8


@dataclass(frozen=True, slots=True)
class FactorChoice:
    """One factor of each function, all of which are to vanish.

    Attributes
    ----------
    functions : tuple of Expr
        The factors.
    others : tuple of Expr
        The remaining factors; each must have a value where the chosen ones vanish.
    multiplicity : int or None
        Of a regular root of the factors in the whole system, where all other factors stay away
        from zero; None where a factor has no integer power.
    """

    functions: tuple[sp.Expr, ...]
    others: tuple[sp.Expr, ...]
    multiplicity: int | None


def without_powers(functions: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """Return functions with the same zeros, in which positive powers of factors are 1.

    Only what is written as a power or a product is looked at; nothing is expanded.

    Parameters
    ----------
    functions : tuple of Expr
        The functions.

    Returns
    -------
    tuple of Expr

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> without_powers(((x - y) ** 2, 3 * x * y**4 / (x - 1), x**2 - 1))
    (x - y, x*y/(x - 1), x**2 - 1)
    """
    return tuple(map(_without_powers, functions))


def _without_powers(expr: sp.Expr) -> sp.Expr:
    factors = []
    for factor in sp.Mul.make_args(expr):
        base, exponent = factor.as_base_exp()
        if factor.is_number:
            continue
        factors.append(base if exponent.is_Rational and exponent.is_positive else factor)
    return sp.Mul(*factors)


def factors_at(function: SystemFunction, x: Vector) -> Iterator[FactorChoice]:
    """Choose one factor of each function, those first that come closest to zero at a point.

    Parameters
    ----------
    function : SystemFunction
        F.
    x : ndarray
        Close to a root.

    Yields
    ------
    FactorChoice
        None at all where no function has more than one factor or another power than 1.
    """
    lists = [_factors(expr) for expr in function.functions]
    vanishing = []
    for factors in lists:
        positive = [factor for factor in factors if factor.exponent.is_positive]
        if len(positive) > 1:
            positive.sort(key=lambda factor: _distance(factor.expr, function, x))
        vanishing.append(positive)
    for choice in islice(product(*vanishing), MOST_CHOICES):
        if tuple(factor.expr for factor in choice) == function.functions:
            continue
        others = [
            factor.expr**factor.exponent
            for chosen, factors in zip(choice, lists, strict=True)
            for factor in factors
            if factor is not chosen and not factor.expr.is_number
        ]
        powers = [factor.multiplicity for factor in choice]
        known = [power for power in powers if power is not None]
        multiplicity = math.prod(known) if len(known) == len(powers) else None
        yield FactorChoice(tuple(f.expr for f in choice), tuple(others), multiplicity)


def _factors(expr: sp.Expr) -> tuple[Factor, ...]:
    """Return the factors, those of a short polynomial in several unknowns included."""
    found = vanishing_factors(expr)
    symbols = sorted(expr.free_symbols, key=lambda symbol: symbol.name)
    if len(found) != 1 or len(symbols) < 2 or sp.count_ops(expr) > MOST_OPERATIONS:
        return found
    only = found[0]
    if not only.expr.is_polynomial(*symbols):
        return found
    parts = _polynomial_factors(only.expr, symbols)
    return tuple(Factor(part, only.exponent * power, only.smooth) for part, power in parts)


def _polynomial_factors(
    expr: sp.Expr, symbols: list[sp.Symbol]
) -> list[tuple[sp.Expr, sp.Integer]]:
    """Return the irreducible factors of a polynomial over the rationals and their powers."""
    polynomial = sp.Poly(expr, *symbols)
    terms = polynomial.terms()
    whole = [(expr, sp.Integer(1))]
    if len(terms) > MOST_TERMS or not all(number.is_Rational for _, number in terms):
        return whole
    context = fmpq_mpoly_ctx.get([f"x{k}" for k in range(len(symbols))], Ordering.lex)
    given = context.from_dict(
        {powers: fmpq(int(number.p), int(number.q)) for powers, number in terms}
    )
    _, parts = given.factor()
    if len(parts) == 1 and int(parts[0][1]) == 1:
        return whole
    return [(_expression(part, symbols), sp.Integer(int(power))) for part, power in parts]


def _expression(part: fmpq_mpoly, symbols: list[sp.Symbol]) -> sp.Expr:
    terms = {
        tuple(map(int, powers)): sp.Rational(int(number.p), int(number.q))
        for powers, number in part.to_dict().items()
    }
    return sp.Poly(terms, *symbols).as_expr()


def _distance(expr: sp.Expr, function: SystemFunction, x: Vector) -> float:
    """Return how far away a zero of a factor is, to first order and in units of the point."""
    factor = SystemFunction([expr], function.unknowns)
    value = float(factor.sample(x).values[0])
    slopes = factor.jacobian(x)[0] * np.maximum(np.abs(x), 1.0)
    steepness = float(np.linalg.norm(slopes))
    if not math.isfinite(value) or not math.isfinite(steepness):
        return math.inf
    return abs(value) / steepness if steepness else abs(value)
