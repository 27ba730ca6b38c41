"""The normal distribution's repeated integrals, right in their tails.

With u = -z < 0 both lose all digits in their textbook forms: Phi by the rounding of u/sqrt(2)
inside erfc, u Phi + phi by cancellation. Mills' ratio R(z) = (1 - Phi(z))/phi(z) separates the
exponential, which is split so that its argument is exact, from a smooth factor, which is
interpolated at Chebyshev points of (z - 3)/(z + 3).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, final

import mpmath
import sympy
from sympy import Expr, Float, Integer, Max, Piecewise, Rational, erfc, exp, floor, pi, sqrt

from symnum.expressions.named_functions import NamedFunction

__all__ = ["NormalCdf", "NormalRamp", "normal_density"]

# Chebyshev terms: the first one left out is below 2^-60 of the factor it belongs to.
_TERMS = 36
_DIGITS = 40
_MIDDLE = 3
# Below this z the textbook form keeps its digits, as nothing cancels by more than a bit.
_CENTRE = Rational(1, 2)


def normal_density(u: Expr) -> Expr:
    """Return the standard normal density, exp(-u^2/2)/sqrt(2 pi)."""
    return exp(-(u**2) / 2) / sqrt(2 * pi)


def _mills_ratio(context: Any, z: Any) -> Any:
    return context.sqrt(context.pi / 2) * context.erfc(z / context.sqrt(2)) * context.exp(z * z / 2)


def _cdf_factor(context: Any, z: Any) -> Any:
    return (1 + z) * _mills_ratio(context, z)


def _ramp_factor(context: Any, z: Any) -> Any:
    return (1 + z) ** 2 * (1 - z * _mills_ratio(context, z))


@cache
def _polynomial(factor: Callable[[Any, Any], Any]) -> tuple[Expr, ...]:
    """Return the coefficients of `factor` in powers of s = (z - 3)/(z + 3), z from 0 to infinity.

    Interpolated in Chebyshev polynomials, whose coefficients fall so fast that their change to
    powers of s costs no digits.
    """
    context = mpmath.mp.clone()
    context.dps = 3 * _DIGITS
    angles = [context.pi * (k + context.mpf(1) / 2) / _TERMS for k in range(_TERMS)]
    nodes = [context.cos(angle) for angle in angles]
    values = [factor(context, _MIDDLE * (1 + s) / (1 - s)) for s in nodes]
    powers = [context.mpf(0)] * _TERMS
    before, chebyshev = [0] * _TERMS, [1] + [0] * (_TERMS - 1)
    for j in range(_TERMS):
        waves = (value * context.cos(j * t) for value, t in zip(values, angles, strict=True))
        weight = context.fsum(waves) * (2 if j else 1) / _TERMS
        powers = [p + weight * c for p, c in zip(powers, chebyshev, strict=True)]
        # T_1 = s, T_{j+1} = 2 s T_j - T_{j-1}
        shifted = [0, *chebyshev[:-1]]
        following = [(2 if j else 1) * c - b for c, b in zip(shifted, before, strict=True)]
        before, chebyshev = chebyshev, following
    return tuple(Float(context.nstr(power, _DIGITS), _DIGITS) for power in powers)


def _horner(coefficients: tuple[Expr, ...], s: Expr) -> Expr:
    value: Expr = Integer(0)
    for coefficient in reversed(coefficients):
        value = value * s + coefficient
    return value


def _tail(factor: Callable[[Any, Any], Any], z: Expr, power: int) -> Expr:
    """Return phi(z) factor(z)/(1 + z)^power, the exponential split into two exact parts."""
    coarse = floor(64 * z) / 64
    density = exp(-(coarse**2) / 2) * exp(-(z - coarse) * (z + coarse) / 2) / sqrt(2 * pi)
    smooth = _horner(_polynomial(factor), (z - _MIDDLE) / (z + _MIDDLE))
    return density * smooth / (1 + z) ** power


def _by_side(u: Expr, tail: Expr, textbook: Callable[[Expr], Expr]) -> Expr:
    """Join the tail and the textbook form; each sees an argument of its own side only."""
    return Piecewise((tail, u < -_CENTRE), (textbook(Max(u, -_CENTRE)), True))


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
        """Return phi(z) R(z) in the left tail, z = -u."""
        (u,) = arguments
        return _by_side(u, _tail(_cdf_factor, Max(-u, _CENTRE), 1), cls.definition)

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
    1.631956103e-199
    """

    nargs = 1

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

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return phi(z)(1 - z R(z)) in the left tail, z = -u."""
        (u,) = arguments
        return _by_side(u, _tail(_ramp_factor, Max(-u, _CENTRE), 2), cls.definition)

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the distribution function."""
        return NormalCdf(self.args[0])

    def _latex(self, printer: Any) -> str:
        u = printer.doprint(self.args[0])
        return rf"\left[u\,\Phi(u) + \varphi(u)\right]_{{u = {u}}}"
