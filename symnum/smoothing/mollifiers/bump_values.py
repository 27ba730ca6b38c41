"""The bump's repeated integrals to any number of digits, and tables of them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
from sympy import Expr

from symnum.smoothing.functions.interpolated_forms import interpolating_powers
from symnum.smoothing.functions.quadrature_rules import gauss_legendre

__all__ = ["INTERVALS", "bump_integral", "bump_moment", "tail_polynomials"]

# Ends of the intervals of z on which a polynomial stands for the tail without its exponential;
# beyond the last end the bump is below the smallest double.
INTERVALS = ("0", "0.6", "0.9", "0.9994")
_TERMS = 32
_DIGITS = 22
# A rule for the tables: its nodes, and the exponent e^-v at which it stops.
_NODES = 72
_REACH = 55
# Quadrature to more digits takes seconds; who asks for them looks for a zero that is none.
_MOST_BITS = 400


def _mass(context: Any) -> Any:
    half = context.mpf(1) / 2
    return context.exp(-half) * (context.besselk(1, half) - context.besselk(0, half))


def _without_exponential(context: Any, m: int, z: Any) -> Any:
    r"""Return A_m(-z) e^(1/(1 - z^2)) for 0 <= z < 1.

    .. math:: \frac1c \int_0^\infty \frac{(t - z)^{m-1}}{(m-1)!} e^{-w^2} \frac{w}{t\,y^2}\,dw,
              \qquad y = \frac1{1 - z^2} + w^2 = \frac1{1 - t^2}
    """
    start = 1 / ((1 - z) * (1 + z))

    def integrand(w: Any) -> Any:
        y = start + w * w
        # t^2 = (y - 1)/y, t^2 - z^2 = 1/start - 1/y
        t = context.sqrt((z * z * start + w * w) / y)
        distance = w * w / (start * y * (t + z)) if w else context.mpf(0)
        slope = w / (t * y * y) if w else context.mpf(not z)
        return distance ** (m - 1) * context.exp(-w * w) * slope

    end = context.sqrt(context.prec * context.ln2 + 10)
    return context.quad(integrand, [0, 1, end]) / (context.factorial(m - 1) * _mass(context))


def bump_moment(context: Any, k: int) -> Any:
    """Return E T^k."""
    if k % 2:
        return context.mpf(0)
    # E T^k = 2 k! A_{k+1}(0)
    with context.workprec(context.prec + 20):
        return (
            2
            * context.factorial(k)
            * _without_exponential(context, k + 1, context.mpf(0))
            / context.e
        )


def bump_integral(context: Any, m: int, u: Any) -> Any:
    """Return A_m(u) to the precision of an mpmath context, 120 digits at most."""
    if context.isnan(u):
        return context.nan
    if u <= -1:
        return context.mpf(0)
    if context.prec > _MOST_BITS:
        with context.workprec(_MOST_BITS):
            return bump_integral(context, m, u)
    with context.workprec(context.prec + 30):
        value = context.mpf(0)
        if u > 0:
            value = context.fsum(
                context.binomial(m - 1, k) * u ** (m - 1 - k) * bump_moment(context, k)
                for k in range(0, m, 2)
            ) / context.factorial(m - 1)
        if u < 1:
            z = abs(u)
            tail = _without_exponential(context, m, z) * context.exp(-1 / ((1 - z) * (1 + z)))
            value += (-1) ** m * tail if u > 0 else tail
    return +value


@cache
def tail_polynomials(m: int) -> tuple[tuple[Expr, ...], ...]:
    """Return, for each interval, the powers of s in (-1, 1) of A_m(-z) e^(1/(1-z^2))/(1-z)^(2m)."""
    context = mpmath.mp.clone()
    context.dps = _DIGITS + 6
    found = []
    for low, high in pairwise(INTERVALS):
        start, length = context.mpf(low), context.mpf(high) - context.mpf(low)

        def smooth(s: Any, start: Any = start, length: Any = length) -> Any:
            z = start + length * (1 + s) / 2
            return _by_nodes(context, m, z) / (1 - z) ** (2 * m)

        found.append(interpolating_powers(context, smooth, _TERMS, _DIGITS))
    return tuple(found)


def _by_nodes(context: Any, m: int, z: Any) -> Any:
    """Return the tail without its exponential by Gauss's rule in r, t = tanh r."""
    start, low = 1 / ((1 - z) * (1 + z)), context.atanh(z)
    length = context.acosh(context.sqrt(start + _REACH)) - low
    total = context.mpf(0)
    for node, weight in gauss_legendre(_NODES):
        r = low + length * context.mpf(node._mpf_)
        square = context.cosh(r) ** 2
        value = (context.tanh(r) - z) ** (m - 1) * context.exp(start - square) / square
        total += context.mpf(weight._mpf_) * value
    return length * total / (context.factorial(m - 1) * _mass(context))
