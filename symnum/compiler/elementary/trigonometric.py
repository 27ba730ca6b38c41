"""The sine, the cosine, both at once, and the tangent.

The argument is taken modulo h = pi/16, x = k h + r, r in two parts. With the sine S and the cosine
C of k h from tables of sixteen entries, which stay in registers, short polynomials in r do, and
every sum has one large term and small ones, so that little more than the last rounding is lost:

    sin x = S + (C sin r - S (1 - cos r)),   cos x = C - (S sin r + C (1 - cos r)).

Beyond `LIMIT` the argument is taken modulo pi/16 in integers, which is rare. Processors
without an instruction for a*b + c call the system's library up to there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from symnum.compiler.elementary.arithmetic import fast_two_sum, two_product
from symnum.compiler.elementary.coefficients import trigonometric as constants
from symnum.compiler.elementary.polynomials import paired_polynomial
from symnum.compiler.elementary.remote import remote_fraction
from symnum.compiler.vectors.operations import absolute, fma, horner, lookup, per_lane, select
from symnum.compiler.vectors.values import Vector

__all__ = [
    "cos",
    "sin",
    "sine_cosine",
    "single_cos",
    "single_sin",
    "single_sine_cosine",
    "single_tan",
    "tan",
]

# Multiples of the steps up to here are exact products: 2**26 steps of pi/16.
LIMIT = 8388608.0

# Adding it rounds to a whole number, which then stands in the low bits.
ROUNDING = 6755399441055744.0
SIGN = -(2**63)
STEPS_PER_RADIAN = 16 / math.pi

# The same for single precision and pi/2.
LIMIT_SINGLE = 6000.0
ROUNDING_SINGLE = 12582912.0
SIGN_SINGLE = -(2**31)


@dataclass(frozen=True, slots=True)
class Reduced:
    """A number modulo pi/16.

    Parameters
    ----------
    index : Vector
        k modulo 16, integers.
    flip : Vector
        Bits with the sign set where k modulo 32 is 16 or more, so that sine and cosine of k h
        are minus those of the index.
    rest : Vector
        r, without its sine's tail.
    tail : Vector
        sin(r + low) - r.
    versine : Vector
        1 - cos r.
    """

    index: Vector
    flip: Vector
    rest: Vector
    tail: Vector
    versine: Vector


def _reduced(x: Vector) -> Reduced:
    """Reduce numbers that are not negative."""
    shifted = fma(x, STEPS_PER_RADIAN, ROUNDING)
    k = shifted - ROUNDING
    first, second, third = constants.STEP
    # The first two are exact; of the difference, what is rounded off is recovered.
    start = fma(k, -first, x)
    rest = fma(k, -second, start)
    low = fma(k, -third, fma(k, -second, start - rest))
    far = x > LIMIT

    def reduced(*near: Vector) -> list[Vector]:
        x.function.module.define("remote", ["double"], _remote, rare=True)
        exact = x.function.call_several("remote", ["double"] * 3, x)
        return [select(far, right, wrong) for right, wrong in zip(exact, near, strict=True)]

    shifted, rest, low = x.function.rarely(far, [shifted, rest, low], reduced)
    square = rest * rest
    tail = fma(rest * square, horner(square, constants.SINE), low)
    versine = square * horner(square, constants.VERSINE)
    bits = shifted.bits()
    return Reduced(bits & 15, (bits << 59) & SIGN, rest, tail, versine)


def _remote(x: Vector) -> tuple[Vector, Vector, Vector]:
    """Reduce large numbers: k + ROUNDING, and the rest in two parts."""
    index, fraction, below = remote_fraction(x)
    first, second, _ = constants.STEP
    rest, error = two_product(fraction, first)
    # Infinity times zero makes NaN.
    return index + ROUNDING, rest + x * 0.0, fma(fraction, second, fma(below, first, error))


def _sine(of: Reduced) -> tuple[Vector, Vector]:
    return _rotated(of, constants.SINES, constants.SINES_TAIL, constants.COSINES)


def _cosine(of: Reduced) -> tuple[Vector, Vector]:
    across = tuple(-entry for entry in constants.SINES)
    return _rotated(of, constants.COSINES, constants.COSINES_TAIL, across)


def _rotated(
    of: Reduced, high: tuple[float, ...], low: tuple[float, ...], across: tuple[float, ...]
) -> tuple[Vector, Vector]:
    """Return the large and the small term of the sine or the cosine, but for the sign."""
    large, slope = lookup(of.index, high), lookup(of.index, across)
    small = fma(-large, of.versine, lookup(of.index, low))
    return large, fma(slope, of.rest, fma(slope, of.tail, small))


def _total(terms: tuple[Vector, Vector]) -> Vector:
    return terms[0] + terms[1]


def _with_sign(value: Vector, bits: Vector) -> Vector:
    return (value.bits() ^ bits).as_real()


def _unless_called(name: str, x: Vector, body: Callable[[Vector], Vector]) -> Vector:
    """Return a body, or where fused products are slow, the system's function up to `LIMIT`."""
    if x.function.target.fused:
        return body(x)
    far = absolute(x) > LIMIT
    near = per_lane(name, x)
    return x.function.rarely(far, [near], lambda value: [select(far, body(x), value)])[0]


def sin(x: Vector) -> Vector:
    """Return the sine."""
    return _unless_called("sin", x, _own_sin)


def _own_sin(x: Vector) -> Vector:
    of = _reduced(absolute(x))
    return _with_sign(_total(_sine(of)), of.flip ^ (x.bits() & SIGN))


def cos(x: Vector) -> Vector:
    """Return the cosine."""
    return _unless_called("cos", x, _own_cos)


def _own_cos(x: Vector) -> Vector:
    of = _reduced(absolute(x))
    return _with_sign(_total(_cosine(of)), of.flip)


def sine_cosine(x: Vector) -> tuple[Vector, Vector]:
    """Return the sine and the cosine, the same bits as each alone."""
    if not x.function.target.fused:
        return sin(x), cos(x)
    of = _reduced(absolute(x))
    sine = _with_sign(_total(_sine(of)), of.flip ^ (x.bits() & SIGN))
    return sine, _with_sign(_total(_cosine(of)), of.flip)


def tan(x: Vector) -> Vector:
    """Return the tangent: the sine divided by the cosine, both in two parts."""
    return _unless_called("tan", x, _own_tan)


def _own_tan(x: Vector) -> Vector:
    of = _reduced(absolute(x))
    sine, sine_tail = fast_two_sum(*_sine(of))
    cosine, cosine_tail = fast_two_sum(*_cosine(of))
    inverse = 1.0 / cosine
    quotient = sine * inverse
    missing = fma(-quotient, cosine, sine) + fma(-quotient, cosine_tail, sine_tail)
    return _with_sign(fma(missing, inverse, quotient), x.bits() & SIGN)


# ---------------------------------------------------------------------- single precision


def _modulo_pi(x: Vector, k: Vector) -> Vector:
    """Return the sine of x - k pi, computed in double precision for single precision."""
    first, second = constants.PI
    rest = fma(k, -second, fma(k, -first, x))
    square = rest * rest
    return fma(rest * square, horner(square, constants.SINE_SINGLE), rest)


def _short_sine(x: Vector) -> Vector:
    magnitude = absolute(x)
    shifted = fma(magnitude, 1 / math.pi, ROUNDING)
    value = _modulo_pi(magnitude, shifted - ROUNDING)
    return _with_sign(value, (shifted.bits() << 63) ^ (x.bits() & SIGN))


def _short_cosine(x: Vector) -> Vector:
    # cos x = (-1)**k sin(x - (k - 1/2) pi)
    magnitude = absolute(x)
    shifted = fma(magnitude, 1 / math.pi, 0.5) + ROUNDING
    value = _modulo_pi(magnitude, (shifted - ROUNDING) - 0.5)
    return _with_sign(value, shifted.bits() << 63)


def single_sin(x: Vector) -> Vector:
    """Return the sine of single-precision numbers."""
    return _single("sin", x, LIMIT, lambda near: _short_sine(near.widened()).narrowed())


def single_cos(x: Vector) -> Vector:
    """Return the cosine of single-precision numbers."""
    return _single("cos", x, LIMIT, lambda near: _short_cosine(near.widened()).narrowed())


def single_sine_cosine(x: Vector) -> tuple[Vector, Vector]:
    """Return the sine and the cosine of single-precision numbers, the same bits as each alone."""
    return single_sin(x), single_cos(x)


def single_tan(x: Vector) -> Vector:
    """Return the tangent of single-precision numbers."""
    return _single("tan", x, LIMIT_SINGLE, _near_tangent)


def _near_tangent(x: Vector) -> Vector:
    """Return the tangent of single-precision numbers up to `LIMIT_SINGLE`."""
    magnitude = absolute(x)
    shifted = fma(magnitude, 2 / math.pi, ROUNDING_SINGLE)
    k = shifted - ROUNDING_SINGLE
    first, second, third = constants.QUARTER_TURN_SINGLE
    start = fma(k, -first, magnitude)
    rest = fma(k, -second, start)
    low = fma(k, -third, fma(k, -second, start - rest))
    square = rest * rest
    # The slope of the tangent is about 1 + 1.6 r**2.
    tail = low * fma(square, 1.6, 1.0)
    slope = paired_polynomial(square, constants.TANGENT_SINGLE)
    tangent, tangent_tail = fast_two_sum(rest, fma(rest * square, slope, tail))
    odd = (shifted.bits() & 1).equals(1)
    # In every other quadrant the tangent is -1/tan r.
    inverse = -1.0 / tangent
    inverse = fma(inverse * tangent_tail, inverse, inverse)
    value = select(odd, inverse, tangent)
    return _with_sign(value, x.bits() & SIGN_SINGLE)


def _single(name: str, x: Vector, limit: float, near: Callable[[Vector], Vector]) -> Vector:
    """Return a function of single-precision numbers, beyond a limit as that of doubles."""
    if not x.function.target.fused:
        return per_lane(name, x.widened()).narrowed()
    far = absolute(x) > limit

    def remote(value: Vector) -> list[Vector]:
        exact = DOUBLE[name](select(far, x, 0.0).widened()).narrowed()
        return [select(far, exact, value)]

    return x.function.rarely(far, [near(x)], remote)[0]


DOUBLE: Mapping[str, Callable[[Vector], Vector]] = {"sin": sin, "cos": cos, "tan": tan}
