"""Functions that vanish nowhere: then the search can say so instead of how it failed."""

from __future__ import annotations

import sympy as sp

from symnum.rootfinding.kinks import has_kinks

__all__ = ["vanishes_nowhere"]

#: Longer expressions and higher degrees are not looked at: the search has its answer already.
MOST_OPERATIONS = 100
HIGHEST_DEGREE = 60


def vanishes_nowhere(expr: sp.Expr, unknown: sp.Symbol) -> bool:
    """Whether it is proved that a function of one variable has no root.

    A polynomial without real roots by Sturm's theorem, a quotient of such a one and a polynomial,
    or an expression whose sign follows from the signs of its parts.

    Parameters
    ----------
    expr : Expr
        The function.
    unknown : Symbol
        Its variable: with the assumption that it is real, or complex.

    Returns
    -------
    bool
        False where nothing is proved.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> vanishes_nowhere(x**2 + x + 1, x), vanishes_nowhere(x**2 - x - 1, x)
    (True, False)
    """
    if sp.count_ops(expr) > MOST_OPERATIONS:
        return False
    if expr.is_rational_function(unknown):
        return _is_rootless_quotient(expr, unknown)
    if has_kinks(expr):
        return bool(unknown.is_real and (expr.is_positive or expr.is_negative))
    return bool(expr.is_positive or expr.is_negative or expr.is_zero is False)


def _is_rootless_quotient(expr: sp.Expr, unknown: sp.Symbol) -> bool:
    above, _ = sp.fraction(sp.cancel(expr))
    if not above.has(unknown):
        return bool(above != 0)
    if not unknown.is_real:
        return False
    polynomial = sp.Poly(above, unknown)
    rational = polynomial.domain.is_ZZ or polynomial.domain.is_QQ
    if not rational or polynomial.degree() > HIGHEST_DEGREE:
        return bool(above.is_positive or above.is_negative)
    low = 0 if unknown.is_nonnegative else None
    high = 0 if unknown.is_nonpositive else None
    return bool(polynomial.count_roots(low, high) == 0)
