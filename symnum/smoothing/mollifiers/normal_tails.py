"""All repeated integrals of the normal density in their left tail, without cancellation."""

from __future__ import annotations

from functools import cache

import mpmath
import sympy
from sympy import Expr, Float, Integer, exp, floor, pi, sqrt

__all__ = ["mills_ratio", "normal_tail", "split_density"]

_TERMS = 36
_DIGITS = 40
_MIDDLE = 3
# From here on phi is below the smallest double.
_UNDERFLOW = 40


def _factor(context: mpmath.MPContext, m: int, z: mpmath.mpf) -> mpmath.mpf:
    """Return (1 + z)^m A_m(-z)/phi(z), A_m the m-th repeated integral of phi."""
    below = context.mpf(1)
    value = (
        context.sqrt(context.pi / 2) * context.erfc(z / context.sqrt(2)) * context.exp(z * z / 2)
    )
    # k A_{k+1} = u A_k + A_{k-1}
    for k in range(1, m):
        below, value = value, (below - z * value) / k
    return (1 + z) ** m * value


@cache
def _chebyshev(m: int) -> tuple[Expr, ...]:
    """Return the coefficients of the factor in Chebyshev polynomials of (z - 3)/(z + 3)."""
    context = mpmath.mp.clone()
    context.dps = 4 * _DIGITS
    angles = [context.pi * (k + context.mpf(1) / 2) / _TERMS for k in range(_TERMS)]
    nodes = [context.cos(angle) for angle in angles]
    values = [_factor(context, m, _MIDDLE * (1 + s) / (1 - s)) for s in nodes]
    found = []
    for j in range(_TERMS):
        waves = (value * context.cos(j * t) for value, t in zip(values, angles, strict=True))
        found.append(context.fsum(waves) * (2 if j else 1) / _TERMS)
    return tuple(_in_powers(context, found))


def _in_powers(context: mpmath.MPContext, series: list[mpmath.mpf]) -> list[Expr]:
    """Return a Chebyshev series in powers: its coefficients fall so fast that no digit is lost."""
    powers = [context.mpf(0)] * len(series)
    before, current = [0] * len(series), [1] + [0] * (len(series) - 1)
    for j, weight in enumerate(series):
        powers = [p + weight * c for p, c in zip(powers, current, strict=True)]
        # T_1 = s, T_{j+1} = 2 s T_j - T_{j-1}
        shifted = [0, *current[:-1]]
        following = [(2 if j else 1) * c - b for c, b in zip(shifted, before, strict=True)]
        before, current = current, following
    return [Float(context.nstr(power, _DIGITS), _DIGITS) for power in powers]


def _smooth(m: int, z: Expr) -> Expr:
    s = (z - _MIDDLE) / (z + _MIDDLE)
    value: Expr = Integer(0)
    for coefficient in reversed(_chebyshev(m)):
        value = value * s + coefficient
    return value / (1 + z) ** m


def split_density(z: Expr) -> Expr:
    """Return phi(z) for z >= 0, the argument of each exponential exact."""
    near = sympy.Min(z, _UNDERFLOW)
    coarse = floor(64 * near) / 64
    rest = (near - coarse) * (near + coarse)
    return exp(-(coarse**2) / 2) * exp(-rest / 2) / sqrt(2 * pi)


def normal_tail(m: int, z: Expr) -> Expr:
    r"""Return the m-th repeated integral of the normal density at -z, without cancellation.

    Parameters
    ----------
    m : int
        At least 1.
    z : Expr
        At least 0; from 40 on the value is below the smallest double.
    """
    return split_density(z) * _smooth(m, sympy.Min(z, _UNDERFLOW))


def mills_ratio(z: Expr) -> Expr:
    """Return (1 - Phi(z))/phi(z) for z >= 0."""
    return _smooth(1, z)
