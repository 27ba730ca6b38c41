"""Smoothing of floor: Poisson's summation, in the elementary cases summed in closed form."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Rational, Symbol, atan2, floor, pi, sin, sinh, tanh

from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.mollifier import Mollifier

__all__ = ["is_floor", "smoothed_floor"]


def is_floor(f: Expr, x: Symbol) -> bool:
    """Tell whether f is floor(x)."""
    return bool(f == floor(x))


def _cauchy(x: Expr, h: Expr) -> Expr:
    # x - 1/2 + atan2(q sin 2 pi x, 1 - q cos 2 pi x)/pi with q = exp(-2 pi h), written with the
    # fractional part r and 1/2 - r, which are exact in floating point.
    r = x - floor(x)
    return floor(x) - atan2(tanh(pi * h) * sin(pi * (Rational(1, 2) - r)), sin(pi * r)) / pi


def _laplace(x: Expr, h: Expr) -> Expr:
    r = x - floor(x)
    return floor(x) - sinh((Rational(1, 2) - r) / h) / (2 * sinh(1 / (2 * h)))


def _uniform(x: Expr, h: Expr) -> Expr:
    def integral(y: Expr) -> Expr:
        return floor(y) * y - floor(y) * (floor(y) + 1) / 2

    return (integral(x + h) - integral(x - h)) / (2 * h)


# Mollifiers for which the Fourier series of the smoothed floor has an elementary sum.
_SUMS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "cauchy": _cauchy,  # sum q^k sin(k v)/k = atan2(q sin v, 1 - q cos v)
    "laplace": _laplace,  # sum sin(2 pi k x)/(k (1 + (2 pi k h)^2))
    "uniform": _uniform,  # a difference of the integral of floor
}


def smoothed_floor(x: Symbol, density: Mollifier, h: Expr, *, principal_value: bool) -> Expr:
    """Return floor smoothed by `density` with bandwidth h.

    Raises
    ------
    NonIntegrableGrowth
        The Cauchy mollifier without `principal_value`.
    ValueError
        A mollifier whose series has no elementary sum.
    """
    if density.name not in _SUMS:
        known = ", ".join(_SUMS)
        raise ValueError(f"mollifier: floor has a closed form with {known}, not {density.name}")
    if density.degree is not None and density.degree < 1 and not principal_value:
        raise NonIntegrableGrowth(
            f"the {density.name} mollifier has no moment of order 1, but floor grows like x; the "
            "integral converges only conditionally: pass principal_value=True"
        )
    return _SUMS[density.name](x, h)
