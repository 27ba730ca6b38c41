"""What functions differ by from the start of their series, without cancellation.

Near 0 they are polynomials in x^2, times a power of x, which interpolate at Chebyshev points; each
precision has as many terms as it has digits for. In single precision x - tanh(x) is a convergent of
Lambert's continued fraction instead, tanh(x) = x/(1 + x^2/(3 + x^2/(5 + ...))).
"""

from __future__ import annotations

from typing import Any, final

from sympy import (
    Abs,
    Expr,
    Integer,
    Max,
    Min,
    Piecewise,
    Poly,
    Rational,
    Symbol,
    cosh,
    exp,
    log,
    sin,
    tanh,
)

from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.functions.interpolated_forms import interpolated

__all__ = ["LogCosh", "SineShrink", "TanhShrink"]

# From here on x - tanh(x) = x - 1 + 2 e^(-2x)/(1 + e^(-2x)) and
# log(cosh(x)) = x - log(2) + log(1 + e^(-2x)) are used.
_SHRINK_BORDER = Rational(5, 4)
_COSH_BORDER = Integer(1)
# Bounds of e^-2 and e^(-5/2), the largest exponentials beyond these borders.
_COSH_SHARE = Rational(1, 7)
_SHRINK_SHARE = Rational(1, 12)
# Terms by the bits of the format; the first one left out is below half a unit in the last place.
_SHRINK_TERMS = 19
_COSH_TERMS = {24: 8, 53: 16}
_SHARE_TERMS = {24: 5, 53: 12}
# x - sin(x) is a polynomial up to a number that exceeds pi/2.
_SINE_BORDER = Rational(8, 5)
_SINE_TERMS = 12
# In single precision: levels of the fraction, and from where on tanh(x) counts as 1.
_LEVELS = 13
_STRAIGHT = Integer(9)


def _shrink_factor(context: Any, y: Any) -> Any:
    """Return (x - tanh x)/x^3 at y = x^2."""
    if y < context.mpf(10) ** -12:
        return context.mpf(1) / 3 - 2 * y / 15 + 17 * y**2 / 315 - 62 * y**3 / 2835
    x = context.sqrt(y)
    return (x - context.tanh(x)) / x**3


def _cosh_factor(context: Any, y: Any) -> Any:
    """Return log(cosh x)/x^2 at y = x^2."""
    if y < context.mpf(10) ** -12:
        return context.mpf(1) / 2 - y / 12 + y**2 / 45 - 17 * y**3 / 2520
    return context.log(context.cosh(context.sqrt(y))) / y


def _sine_factor(context: Any, y: Any) -> Any:
    """Return (x - sin x)/x^3 at y = x^2."""
    x = context.sqrt(y)
    return (x - context.sin(x)) / x**3


def _log_factor(context: Any, y: Any) -> Any:
    """Return log(1 + y)/y for y > 0."""
    return context.log1p(y) / y


def _odds_factor(context: Any, y: Any) -> Any:
    """Return 2/(1 + y)."""
    return 2 / (1 + y)


def _short_shrink(x: Expr) -> Expr:
    """Return x - tanh(x) to 24 bits and two more."""
    y = Symbol("y")
    upper, lower = Poly(2 * _LEVELS + 1, y), Poly(1, y)
    for k in reversed(range(_LEVELS)):
        upper, lower = (2 * k + 1) * upper + y * lower, upper
    # tanh(x) = x lower/upper, and upper - lower is a multiple of y.
    rest = (upper - lower).quo(Poly(y, y))
    scale = upper.eval(0)
    near = Max(Min(x, _STRAIGHT), -_STRAIGHT)
    quotient = _horner(rest, near**2, scale) / _horner(upper, near**2, scale)
    inner = near * (near**2 * quotient)
    return Piecewise((x - 1, x > _STRAIGHT), (x + 1, x < -_STRAIGHT), (inner, True))


def _horner(polynomial: Poly, y: Expr, scale: Expr) -> Expr:
    value: Expr = Integer(0)
    for coefficient in polynomial.all_coeffs():
        value = value * y + coefficient / scale
    return value


@final
class TanhShrink(NamedFunction):
    r"""The difference of a number and its hyperbolic tangent.

    .. math:: x - \tanh(x) = \frac{x^3}{3} - \frac{2 x^5}{15} + \dots

    Parameters
    ----------
    x : Expr
    bits : int
        24 or 53, the digits that kernels are to have.

    Examples
    --------
    >>> TanhShrink(Rational(1, 10**8), 53).evalf(6)
    3.33333e-25
    """

    nargs = 2
    in_double = True

    @classmethod
    def eval(cls, x: Expr, bits: Expr) -> Expr | None:
        """Evaluate at 0."""
        return Integer(0) if x.is_zero else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return x - tanh(x)."""
        return arguments[0] - tanh(arguments[0])

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return a polynomial up to 5/4, then |x| - 1 + 2/(1 + e^(2|x|)), signed."""
        x, bits = arguments
        if bits == 24:
            return _short_shrink(x)
        near = Max(Min(x, _SHRINK_BORDER), -_SHRINK_BORDER)
        square = near**2
        factor = interpolated(_shrink_factor, square, _SHRINK_BORDER**2, _SHRINK_TERMS)
        size = Max(Abs(x), _SHRINK_BORDER)
        share = exp(-2 * size)
        odds = interpolated(_odds_factor, share, _SHRINK_SHARE, _SHARE_TERMS[53])
        far = (size - 1) + share * odds
        inner = near * (square * factor)
        outer = Piecewise((far, x > 0), (-far, True))
        return Piecewise((outer, Abs(x) > _SHRINK_BORDER), (inner, True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return tanh(x)^2."""
        return tanh(self.args[0]) ** 2

    def _latex(self, printer: Any) -> str:
        return printer.doprint(self.definition(*self.args))  # type: ignore[no-any-return]


@final
class LogCosh(NamedFunction):
    r"""The logarithm of the hyperbolic cosine.

    .. math:: \log\cosh(x) = \frac{x^2}{2} - \frac{x^4}{12} + \dots

    Parameters
    ----------
    x : Expr
    bits : int, optional
        24 or 53 (the default), the digits that kernels are to have.

    Examples
    --------
    >>> LogCosh(1).evalf(15)
    0.433780830483027
    """

    nargs = (1, 2)
    in_double = True

    @classmethod
    def eval(cls, x: Expr, bits: Expr | None = None) -> Expr | None:
        """Evaluate at 0."""
        return Integer(0) if x.is_zero else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return log(cosh(x))."""
        return log(cosh(arguments[0]))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return a polynomial up to 1, then |x| - log(2) + log1p(e^(-2|x|))."""
        x, bits = arguments[0], int(arguments[1]) if len(arguments) > 1 else 53
        near = Min(Abs(x), _COSH_BORDER)
        square = near**2
        inner = square * interpolated(_cosh_factor, square, _COSH_BORDER**2, _COSH_TERMS[bits])
        size = Max(Abs(x), _COSH_BORDER)
        share = exp(-2 * size)
        rate = interpolated(_log_factor, share, _COSH_SHARE, _SHARE_TERMS[bits])
        far = (size - log(2)) + share * rate
        return Piecewise((far, Abs(x) > _COSH_BORDER), (inner, True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return tanh(x)."""
        return tanh(self.args[0])

    def _latex(self, printer: Any) -> str:
        return printer.doprint(self.definition(*self.args))  # type: ignore[no-any-return]


@final
class SineShrink(NamedFunction):
    r"""The difference of a number and its sine.

    .. math:: x - \sin(x) = \frac{x^3}{6} - \frac{x^5}{120} + \dots

    Parameters
    ----------
    x : Expr

    Examples
    --------
    >>> SineShrink(Rational(6, 10**8)).evalf(6)
    3.60000e-23
    """

    nargs = 1

    @classmethod
    def eval(cls, x: Expr) -> Expr | None:
        """Evaluate at 0."""
        return Integer(0) if x.is_zero else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return x - sin(x)."""
        return arguments[0] - sin(arguments[0])

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return a polynomial up to 8/5, then the difference."""
        (x,) = arguments
        near = Max(Min(x, _SINE_BORDER), -_SINE_BORDER)
        square = near**2
        factor = interpolated(_sine_factor, square, _SINE_BORDER**2, _SINE_TERMS)
        inner = near * (square * factor)
        return Piecewise((x - sin(x), Abs(x) > _SINE_BORDER), (inner, True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return 2 sin(x/2)^2."""
        return 2 * sin(self.args[0] / 2) ** 2

    def _latex(self, printer: Any) -> str:
        return printer.doprint(self.definition(*self.args))  # type: ignore[no-any-return]
