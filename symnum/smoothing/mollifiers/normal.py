"""The normal distribution's repeated integrals, right in their tails.

With u = -z < 0 all lose their digits in textbook forms: Phi by the rounding of u/sqrt(2) inside
erfc, u Phi + phi by cancellation, u Phi where Phi is subnormal already. Mills' ratio
R(z) = (1 - Phi(z))/phi(z) separates the exponential, which is split so that its argument is exact,
from a smooth factor, which is interpolated at Chebyshev points of (z - 2)/(z + 2).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, final

import mpmath
import sympy
from mpmath.libmp import prec_to_dps
from sympy import (
    Abs,
    Expr,
    Integer,
    Max,
    Min,
    Piecewise,
    Rational,
    erfc,
    exp,
    floor,
    pi,
    sqrt,
)
from sympy.codegen.cfunctions import expm1

from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.functions.interpolated_forms import interpolated, interpolating_powers

__all__ = ["NormalCdf", "NormalGate", "NormalRamp", "normal_density"]

# Chebyshev terms: the first one left out is below 2^-60 of the factor it belongs to.
_TERMS = 36
_DIGITS = 40
_MIDDLE = 2
# Up to this |u| Phi is 1/2 and u times a polynomial in u^2.
_CENTRE = Integer(1)
_CENTRE_TERMS = 13
# Up to this |u| the ramp is u/2 and a polynomial in u^2.
_FLAT = Rational(7, 10)
_FLAT_TERMS = 10
# The grid of the split: squares of its points are exact, and what is left is below 1/25.
_GRID = 1024
# Beyond, exp(-z^2/2) is near the smallest normal number, and its square root is taken twice.
_FAR = Rational(2407, 64)
# From here on everything is 0.
_END = Integer(64)
# Who asks for more bits adds a tail to what is about 1; then so many of a small tail will do.
_LONG = 4000
_SPARE = 64


def _bits_of_tail(u: Expr) -> int | None:
    """Return how many bits below 1 the normal density at a number is; None at other arguments."""
    if not u.is_number or not u.is_extended_real:
        return None
    return int(u.evalf(20) ** 2 * Rational(72, 100))


def normal_density(u: Expr) -> Expr:
    """Return the standard normal density, exp(-u^2/2)/sqrt(2 pi)."""
    return exp(-(u**2) / 2) / sqrt(2 * pi)


def _weighted_ratio(context: Any, z: Any) -> Any:
    """Return z R(z)/sqrt(2 pi)."""
    scaled = context.erfc(z / context.sqrt(2)) * context.exp(z * z / 2)
    return z * scaled / 2


def _ramp_factor(context: Any, z: Any) -> Any:
    """Return (z^2 + 3)(1 - z R(z))/sqrt(2 pi)."""
    whole = 1 / context.sqrt(2 * context.pi)
    return (z * z + 3) * (whole - _weighted_ratio(context, z))


def _slope(context: Any, y: Any) -> Any:
    """Return (Phi(u) - 1/2)/u at y = u^2."""
    u = context.sqrt(y)
    return context.erf(u / context.sqrt(2)) / (2 * u)


def _even_part(context: Any, y: Any) -> Any:
    """Return u Phi(u) + phi(u) - u/2 at y = u^2."""
    u = context.sqrt(y)
    density = context.exp(-y / 2) / context.sqrt(2 * context.pi)
    return u * context.erf(u / context.sqrt(2)) / 2 + density


@cache
def _polynomial(factor: Callable[[Any, Any], Any]) -> tuple[Expr, ...]:
    """Return the coefficients of `factor`, z from 0 to infinity, in powers of (z - 2)/(z + 2)."""
    context = mpmath.mp.clone()
    context.dps = 3 * _DIGITS
    return interpolating_powers(
        context, lambda s: factor(context, _MIDDLE * (1 + s) / (1 - s)), _TERMS, _DIGITS
    )


def _horner(coefficients: tuple[Expr, ...], s: Expr) -> Expr:
    value: Expr = Integer(0)
    for coefficient in reversed(coefficients):
        value = value * s + coefficient
    return value


def _tail(factor: Callable[[Any, Any], Any], z: Expr, divisor: Expr) -> Expr:
    """Return exp(-z^2/2) factor(z)/divisor, the exponential split into two exact parts."""
    coarse = floor(_GRID * z) / _GRID
    rest = expm1(-(z - coarse) * (z + coarse) / 2)
    smooth = _horner(_polynomial(factor), (z - _MIDDLE) / (z + _MIDDLE)) / divisor
    share = Piecewise((-(coarse**2) / 2, coarse <= _FAR), (-(coarse**2) / 4, True))
    again = Piecewise((Integer(0), coarse <= _FAR), (share, True))
    # From left to right: only the last product may be subnormal.
    value = sympy.Mul(smooth + smooth * rest, exp(share), evaluate=False)
    return sympy.Mul(value, exp(again), evaluate=False)


def _by_side(
    u: Expr, tail: Callable[[Expr], Expr], textbook: Callable[[Expr], Expr], centre: Expr
) -> Expr:
    """Join the tail and the textbook form; each sees an argument of its own side only."""
    left = tail(Min(Max(-u, centre), _END))
    return Piecewise((left, u < -centre), (textbook(Max(u, -centre)), True))


def _centre(u: Expr) -> Expr:
    """Return Phi(u) for |u| <= 1."""
    near = Max(Min(u, _CENTRE), -_CENTRE)
    odd = interpolated(_slope, near**2, _CENTRE**2, _CENTRE_TERMS)
    return Rational(1, 2) + near * odd


@final
class NormalCdf(NamedFunction):
    r"""The standard normal distribution function.

    .. math:: \Phi(u) = \frac12 \operatorname{erfc}\left(-\frac{u}{\sqrt2}\right)

    Parameters
    ----------
    u : Expr

    Examples
    --------
    >>> NormalCdf(0)
    1/2
    """

    nargs = 1
    in_double = True

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        """Evaluate at 0 and at the infinities."""
        special = {Integer(0): Rational(1, 2), sympy.oo: Integer(1), -sympy.oo: Integer(0)}
        return special.get(u)

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return erfc(-u/sqrt 2)/2."""
        return erfc(-arguments[0] / sqrt(2)) / 2

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return phi(z) R(z) in the left tail, z = -u, and a polynomial near 0."""
        (u,) = arguments
        sides = _by_side(u, lambda z: _tail(_weighted_ratio, z, z), cls.definition, _CENTRE)
        return Piecewise((sides, Abs(u) > _CENTRE), (_centre(u), True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the density."""
        return normal_density(self.args[0])

    def _latex(self, printer: Any) -> str:
        return rf"\Phi\left({printer.doprint(self.args[0])}\right)"


@final
class NormalRamp(NamedFunction):
    r"""The integral of the normal distribution function: max(x, 0) smoothed by a Gaussian.

    .. math:: u\,\Phi(u) + \varphi(u) = \int_{-\infty}^u \Phi(t)\,dt

    Parameters
    ----------
    u : Expr

    Examples
    --------
    >>> NormalRamp(-30).evalf(10)
    1.631956734e-199
    """

    nargs = 1
    in_double = True

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        """Evaluate at 0 and at the infinities."""
        special = {Integer(0): 1 / sqrt(2 * pi), sympy.oo: sympy.oo, -sympy.oo: Integer(0)}
        return special.get(u)

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return u Phi(u) + phi(u) with Phi in terms of erfc."""
        (u,) = arguments
        return u * NormalCdf.definition(u) + normal_density(u)

    def _eval_evalf(self, precision: int) -> Any:
        bits = _bits_of_tail(self.args[0])
        if bits is not None and self.args[0] > 0 and bits > precision + _SPARE:
            return self.args[0].evalf(prec_to_dps(precision) + 1)
        if bits is not None and precision > _LONG and 2 * bits > precision:
            return super()._eval_evalf(_LONG)
        return super()._eval_evalf(precision)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return phi(z)(1 - z R(z)) in the left tail, z = -u, and a polynomial near 0."""
        (u,) = arguments
        sides = _by_side(u, lambda z: _tail(_ramp_factor, z, z**2 + 3), cls.definition, _FLAT)
        square = Min(u**2, _FLAT**2)
        flat = u / 2 + interpolated(_even_part, square, _FLAT**2, _FLAT_TERMS)
        return Piecewise((sides, Abs(u) > _FLAT), (flat, True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the distribution function."""
        return NormalCdf(self.args[0])

    def _latex(self, printer: Any) -> str:
        u = printer.doprint(self.args[0])
        return rf"\left[u\,\Phi(u) + \varphi(u)\right]_{{u = {u}}}"


@final
class NormalGate(NamedFunction):
    r"""The argument times the normal distribution function, known as GELU.

    .. math:: u\,\Phi(u)

    Parameters
    ----------
    u : Expr

    Examples
    --------
    >>> NormalGate(-30).evalf(10)
    -1.472014178e-196
    """

    nargs = 1
    in_double = True

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        """Evaluate at 0 and at the infinities."""
        special = {Integer(0): Integer(0), sympy.oo: sympy.oo, -sympy.oo: Integer(0)}
        return special.get(u)

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return u erfc(-u/sqrt 2)/2."""
        (u,) = arguments
        return u * NormalCdf.definition(u)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return -phi(z) z R(z) in the left tail, z = -u, and a polynomial near 0."""
        (u,) = arguments
        sides = _by_side(
            u, lambda z: -_tail(_weighted_ratio, z, Integer(1)), cls.definition, _CENTRE
        )
        return Piecewise((sides, Abs(u) > _CENTRE), (u * _centre(u), True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return Phi(u) + u phi(u)."""
        (u,) = self.args
        return NormalCdf(u) + u * normal_density(u)

    def _latex(self, printer: Any) -> str:
        u = printer.doprint(self.args[0])
        return rf"\left[u\,\Phi(u)\right]_{{u = {u}}}"
