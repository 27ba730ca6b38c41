"""Functions as polynomials on an interval, for kernels that keep their digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
from sympy import Expr, Float, Integer

__all__ = ["interpolated", "interpolating_powers"]

_DIGITS = 40


def interpolating_powers(
    context: Any, function: Callable[[Any], Any], terms: int, digits: int
) -> tuple[Expr, ...]:
    """Return the coefficients, constant first, of the polynomial in s, |s| < 1, of a function.

    Interpolated in Chebyshev polynomials, whose coefficients fall so fast that their change to
    powers of s costs no digits.

    Parameters
    ----------
    context : mpmath context
    function : callable
        Of s, a number of the context.
    terms : int
        The polynomial interpolates at so many Chebyshev points.
    digits : int
        Of the coefficients.
    """
    angles = [context.pi * (k + context.mpf(1) / 2) / terms for k in range(terms)]
    values = [function(context.cos(angle)) for angle in angles]
    powers = [context.mpf(0)] * terms
    before, chebyshev = [0] * terms, [1] + [0] * (terms - 1)
    for j in range(terms):
        waves = (value * context.cos(j * t) for value, t in zip(values, angles, strict=True))
        weight = context.fsum(waves) * (2 if j else 1) / terms
        powers = [p + weight * c for p, c in zip(powers, chebyshev, strict=True)]
        # T_1 = s, T_{j+1} = 2 s T_j - T_{j-1}
        shifted = [0, *chebyshev[:-1]]
        following = [(2 if j else 1) * c - b for c, b in zip(shifted, before, strict=True)]
        before, chebyshev = chebyshev, following
    return tuple(Float(context.nstr(power, digits), digits) for power in powers)


@cache
def _coefficients(factor: Callable[[Any, Any], Any], end: Expr, terms: int) -> tuple[Expr, ...]:
    """Return the coefficients, constant first, in y - end/2: interpolated on [0, end]."""
    context = mpmath.mp.clone()
    context.dps = 3 * _DIGITS
    half = context.mpf(end.p) / end.q / 2
    nodes = [half * context.cos(context.pi * (2 * k + 1) / (2 * terms)) for k in range(terms)]
    differences = [factor(context, half + node) for node in nodes]
    for order in range(1, terms):
        for k in range(terms - 1, order - 1, -1):
            gap = nodes[k] - nodes[k - order]
            differences[k] = (differences[k] - differences[k - 1]) / gap
    powers = [context.mpf(0)] * terms
    for node, difference in zip(reversed(nodes), reversed(differences), strict=True):
        shifted = [context.mpf(0), *powers[:-1]]
        powers = [s - node * p for s, p in zip(shifted, powers, strict=True)]
        powers[0] += difference
    return tuple(Float(context.nstr(power, _DIGITS), _DIGITS) for power in powers)


def interpolated(factor: Callable[[Any, Any], Any], y: Expr, end: Expr, terms: int) -> Expr:
    """Return a function of y on [0, end] as a polynomial about the middle: little cancels.

    Parameters
    ----------
    factor : callable
        Takes an mpmath context and one of its numbers between 0 and `end`.
    y : Expr
    end : Rational
    terms : int
        The polynomial interpolates at so many Chebyshev points.
    """
    value: Expr = Integer(0)
    for coefficient in reversed(_coefficients(factor, end, terms)):
        value = value * (y - end / 2) + coefficient
    return value
