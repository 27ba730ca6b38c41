"""Inverse trigonometric and hyperbolic functions of complex numbers.

W. Kahan, Branch cuts for complex elementary functions, or Much ado about nothing's sign bit:
every sum below has terms of one sign, and on the cuts the sign of a zero decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import S

from symnum.compiler.splitting.arithmetic import root_parts
from symnum.compiler.splitting.pairs import Pair, has_sign, magnitude, power_of_two, signed
from symnum.compiler.terms import Term, call, choose, constant

__all__ = ["INVERSES"]

# What stands for an infinite part once numbers are scaled: far above all others, its square finite.
LIMIT = 505


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A number brought below 2**424, for functions that grow like its logarithm.

    Parameters
    ----------
    x, y : Term
        The parts, scaled; infinities are large numbers.
    shift : Term
        What the scale adds to the logarithm; infinite where the number is.
    small : Term
        Whether z**2 is below the last place of 1.
    """

    x: Term
    y: Term
    shift: Term
    small: Term


def _scaled(z: Pair) -> _Scaled:
    """Scale numbers beyond 2**400, where 1 + z**2 is z**2 to all digits, and stays so."""
    x, y = z.parts
    size = magnitude(x, y)
    huge, large = size.compare(">", S(2) ** 700), size.compare(">", S(2) ** 400)
    scale = choose(huge, power_of_two(x, -600), choose(large, power_of_two(x, -300), 1))
    step = 300 * sympy.log(2)
    shift = choose(huge, constant(x, 2 * step), choose(large, constant(x, step), 0))
    infinite = size.compare("==", S.Infinity)
    shift = choose(infinite, constant(x, S.Infinity), shift)
    small = size.compare("<", S(2) ** -28)
    return _Scaled(_bounded(x * scale), _bounded(y * scale), shift, small)


def _bounded(x: Term) -> Term:
    limit = power_of_two(x, LIMIT)
    return call("maximum", call("minimum", x, limit), -limit)


def _roots(z: _Scaled, below: Term) -> tuple[Term, Term, Term, Term]:
    """Return the parts of sqrt(1 - z) and of sqrt(1 + z)."""
    above = below.make("negate", below)
    first = root_parts(1 - z.x, -z.y, above)
    second = root_parts(1 + z.x, z.y, below)
    return *first, *second


def _away(size: Term, shift: Term, like: Term) -> Term:
    """Return asinh(size) + shift with the sign of the number that it belongs to.

    Where there is no shift, asinh has the sign of its operand.
    """
    value = call("asinh", size)
    return choose(like, value - shift, value + shift)


def _inside(x: Term) -> Term:
    """Return a real number, the nearer end where it is beyond [-1, 1]."""
    return call("maximum", call("minimum", x, constant(x, 1)), constant(x, -1))


def _beyond(x: Term) -> Term:
    """Return acosh|x|, 0 in [-1, 1]."""
    return call("acosh", call("maximum", call("absolute", x), constant(x, 1)))


def _arcsine(z: Pair) -> tuple[Term, Term]:
    x, y = z.parts
    below = has_sign(y)
    scaled = _scaled(z)
    a, b, c, d = _roots(scaled, below)
    real = call("atan2", scaled.x, a * c - b * d)
    imaginary = _away(a * d - b * c, scaled.shift, below)
    # The root halves y, which must not be too small for that.
    return choose(scaled.small, x, real), choose(scaled.small, y, imaginary)


def asin(z: Pair) -> Pair:
    """Return asin(z)."""
    if z.imaginary is None:
        x = z.parts[0]
        return Pair(call("asin", _inside(x)), _beyond(x))
    return Pair(*_arcsine(z))


def asinh(z: Pair) -> Pair:
    """Return asinh(z) = i asin(-i z)."""
    if z.imaginary is None:
        return Pair(call("asinh", z.parts[0]), None)
    x, y = z.parts
    imaginary, real = _arcsine(Pair(y, -x))
    return Pair(-real, imaginary)


def acos(z: Pair) -> Pair:
    """Return acos(z)."""
    if z.imaginary is None:
        x = z.parts[0]
        return Pair(call("acos", _inside(x)), -_beyond(x))
    below = has_sign(z.parts[1])
    scaled = _scaled(z)
    a, b, c, d = _roots(scaled, below)
    real = 2 * call("atan2", a, c)
    return Pair(real, -_away(a * d - b * c, scaled.shift, below))


def acosh(z: Pair) -> Pair:
    """Return acosh(z)."""
    if z.imaginary is None:
        x = z.parts[0]
        return Pair(_beyond(x), call("acos", _inside(x)))
    below = has_sign(z.parts[1])
    scaled = _scaled(z)
    a, b = root_parts(scaled.x - 1, scaled.y, below)
    c, d = root_parts(scaled.x + 1, scaled.y, below)
    real = call("asinh", a * c + b * d) + scaled.shift
    return Pair(real, 2 * call("atan2", b, c))


def _area_tangent(x: Term, y: Term) -> tuple[Term, Term]:
    """Return both parts of atanh(x + i y).

    The real part is log1p(4 x/((1 - x)**2 + y**2))/4 for x >= 0, the imaginary part half of the
    angle of (1 - x)(1 + x) - y**2 + 2 i y. Both are homogeneous once 1 is scaled too.
    """
    size = magnitude(x, y)
    unit = choose(size.compare(">", S(2) ** 400), power_of_two(x, -600), 1)
    first = call("minimum", call("absolute", x) * unit, power_of_two(x, LIMIT))
    second = _bounded(y * unit)
    below, above = unit - first, unit + first
    square = second * second
    distance = below * below + square
    ratio = 4 * first * unit / distance
    # At 1 + i y with tiny y the distance underflows: log(2/|y|)/2, with 2**60 y in place of y.
    pole = distance.compare("<", S(2) ** -900)
    pole = pole.make("both", pole, unit.compare("==", 1))
    steep = 2 / (call("absolute", y) * power_of_two(y, 60))
    logarithm = call("log1p", choose(pole, steep, ratio))
    factor = choose(pole, constant(x, S.Half), constant(x, sympy.Rational(1, 4)))
    shift = choose(pole, constant(x, 30 * sympy.log(2)), 0)
    angle = call("atan2", 2 * second * unit, below * above - square)
    return signed(logarithm * factor + shift, x), angle * S.Half


def atanh(z: Pair) -> Pair:
    """Return atanh(z)."""
    if z.imaginary is None:
        x = z.parts[0]
        outside = call("absolute", x).compare(">", 1)
        real = call("atanh", choose(outside, 1 / x, x))
        return Pair(real, choose(outside, constant(x, sympy.pi / 2), 0))
    return Pair(*_area_tangent(*z.parts))


def atan(z: Pair) -> Pair:
    """Return atan(z) = -i atanh(i z)."""
    if z.imaginary is None:
        return Pair(call("atan", z.parts[0]), None)
    x, y = z.parts
    imaginary, real = _area_tangent(y, x)
    return Pair(real, imaginary)


INVERSES: dict[str, Callable[[Pair], Pair]] = {
    "asin": asin,
    "acos": acos,
    "atan": atan,
    "asinh": asinh,
    "acosh": acosh,
    "atanh": atanh,
}
