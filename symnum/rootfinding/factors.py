"""Factors whose zeros are zeros of a product, and simple numbers that a ball may hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy as sp
from flint import arb

__all__ = ["Factor", "simple_numbers", "simplest_between", "vanishing_factors"]

#: Larger expressions are not worth a factorisation.
MOST_OPERATIONS = 300

#: More functions, or a higher degree in them, make a factorisation slow.
MOST_FUNCTIONS = 2
HIGHEST_DEGREE = 60

#: Denominators up to which a number counts as simple.
LARGEST_DENOMINATOR = 10**4


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor g**exponent of a function, or |g| or sign(g) of one.

    Attributes
    ----------
    expr : Expr
        g.
    exponent : Expr
        Its power.
    smooth : bool
        False where g occurs under Abs or sign, so that its power is no multiplicity.
    """

    expr: sp.Expr
    exponent: sp.Expr
    smooth: bool

    @property
    def multiplicity(self) -> int | None:
        """The multiplicity that a simple zero of g has in the product, None if it has none."""
        return int(self.exponent) if self.smooth and self.exponent.is_Integer else None


@lru_cache(maxsize=128)
def vanishing_factors(expr: sp.Expr) -> tuple[Factor, ...]:
    """Split a function into factors, the powers of one g gathered.

    Parameters
    ----------
    expr : Expr
        A product, or what `sympy.factor` makes one.

    Returns
    -------
    tuple of Factor
        One factor, the function itself, where it is no product.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> [(f.expr, f.exponent) for f in vanishing_factors((x - 1) ** 2 * sp.exp(x))]
    [(x - 1, 2), (exp(x), 1)]
    """
    product = _factored(expr) if sp.count_ops(expr) <= MOST_OPERATIONS else expr
    gathered: dict[sp.Expr, Factor] = {}
    for factor in _split(product, sp.Integer(1), True):
        if factor.expr.is_number:
            continue
        known = gathered.get(factor.expr)
        if known is not None:
            factor = Factor(
                factor.expr, known.exponent + factor.exponent, known.smooth and factor.smooth
            )
        gathered[factor.expr] = factor
    return tuple(gathered.values())


def _factored(expr: sp.Expr) -> sp.Expr:
    """Factor a function that is a polynomial of low degree in x and a few functions of x."""
    symbols = sorted(expr.free_symbols, key=lambda symbol: symbol.name)
    functions = _outermost_functions(expr)
    if len(symbols) != 1 or len(functions) > MOST_FUNCTIONS:
        return sp.factor_terms(expr)
    names = {function: sp.Dummy(f"g{k}") for k, function in enumerate(functions)}
    outer = expr.xreplace(names)
    gens = [*symbols, *names.values()]
    if not outer.is_rational_function(*gens):
        return sp.factor_terms(expr)
    numerator, denominator = sp.fraction(sp.together(outer))
    polynomial = sp.Poly(numerator, *gens)
    rational = polynomial.domain.is_ZZ or polynomial.domain.is_QQ
    if not rational or polynomial.total_degree() > HIGHEST_DEGREE:
        return sp.factor_terms(expr)
    back = {name: function for function, name in names.items()}
    unit, parts = polynomial.factor_list()
    if len(parts) == 1 and parts[0][1] == 1:
        return expr  # as it is written, products and all
    product = sp.Mul(unit, *(part.as_expr() ** power for part, power in parts))
    return (product / denominator).xreplace(back)


def _outermost_functions(expr: sp.Expr) -> list[sp.Expr]:
    """Return the functions of x that occur in no other function, in a fixed order."""
    found: set[sp.Expr] = set()
    walk = sp.preorder_traversal(expr)
    for node in walk:
        if node.free_symbols and (isinstance(node, (sp.Function, sp.Piecewise)) or _is_root(node)):
            found.add(node)
            walk.skip()
    return sorted(found, key=sp.default_sort_key)


def _is_root(node: sp.Basic) -> bool:
    return isinstance(node, sp.Pow) and not node.exp.is_Integer


def _split(expr: sp.Expr, exponent: sp.Expr, smooth: bool) -> Iterator[Factor]:
    if expr.is_Mul:
        for argument in expr.args:
            yield from _split(argument, exponent, smooth)
    elif expr.is_Pow and expr.exp.is_Rational:
        yield from _split(expr.base, exponent * expr.exp, smooth)
    elif isinstance(expr, sp.Abs):
        yield from _split(expr.args[0], exponent, False)
    elif isinstance(expr, sp.sign):
        yield from _split(expr.args[0], sp.Integer(0), False)
    else:
        yield Factor(expr, exponent, smooth)


def simple_numbers(ball: arb) -> Iterator[sp.Expr]:
    """Yield numbers of a simple form that lie in a ball: p/q, multiples of pi, roots, logarithms.

    Parameters
    ----------
    ball : arb
        Narrow, so that few simple numbers can be in it by chance.

    Yields
    ------
    Expr
        Exact candidates; each must still be checked.
    """
    for transformed, back in _FORMS:
        image = transformed(ball)
        if not image.is_finite():
            continue
        fraction = _simple_fraction(image)
        if fraction is not None:
            number = back(sp.Rational(fraction.numerator, fraction.denominator))
            if number.is_real:
                yield -number if ball < 0 and number.is_positive else number


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction of the smallest denominator in a closed interval.

    Examples
    --------
    >>> simplest_between(Fraction(33, 100), Fraction(34, 100))
    Fraction(1, 3)
    """
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -simplest_between(-high, -low)
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    floor = math.floor(low)
    return floor + 1 / simplest_between(1 / (high - floor), 1 / (low - floor))


#: What is looked at, and the number that belongs to a simple value of it.
_FORMS: tuple[tuple[Any, Any], ...] = (
    (lambda x: x, lambda q: q),
    (lambda x: x / arb.pi(), lambda q: q * sp.pi),
    (lambda x: x * x, sp.sqrt),
    (lambda x: x.exp() if abs(x) < 50 else arb("nan"), lambda q: sp.log(q) if q > 0 else sp.nan),
    (lambda x: abs(x).log(), sp.exp),
)


def _simple_fraction(ball: arb) -> Fraction | None:
    mantissa, exponent = ball.mid().man_exp()
    if abs(int(exponent)) > 4000:
        return None
    middle = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    fraction = middle.limit_denominator(LARGEST_DENOMINATOR)
    inside = ball.contains(arb(fraction.numerator) / arb(fraction.denominator))
    return fraction if inside else None
