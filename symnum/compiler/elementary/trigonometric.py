"""The sine, the cosine, both at once, and the tangent.

The argument is taken modulo h = pi/16, x = k h + r, r in two parts. With the sine S and the cosine C
of k h from tables of sixteen entries, which stay in registers, short polynomials in r do, and every
sum has one large term and small ones, so that results are off by little more than the last rounding:

    sin x = S + (C sin r - S (1 - cos r)),   cos x = C - (S sin r + C (1 - cos r)).

Beyond `LIMIT` the system's library computes the lanes that are so large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from symnum.compiler.elementary.arithmetic import fast_two_sum, paired_polynomial
from symnum.compiler.elementary.coefficients import trigonometric as constants
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
    """Reduce numbers from 0 to `LIMIT`."""
    shifted = fma(x, 16 / math.pi, ROUNDING)
    k = shifted - ROUNDING
    first, second, third = constants.STEP
    # The first two are exact; of the difference, what is rounded off is recovered.
    start = fma(k, -first, x)
    rest = fma(k, -second, start)
    low = fma(k, -third, fma(k, -second, start - rest))
    square = rest * rest
    tail = fma(rest * square, horner(square, constants.SINE), low)
    versine = square * horner(square, constants.VERSINE)
    bits = shifted.bits()
    return Reduced(bits & 15, (bits << 59) & SIGN, rest, tail, versine)


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


def _beyond(x: Vector, magnitude: Vector, names: list[str], values: list[Vector]) -> list[Vector]:
    """Replace the lanes whose argument is too large."""
    far = magnitude > LIMIT

    def computed(*near: Vector) -> list[Vector]:
        safe = select(far, x, 0.0)
        return [
            select(far, per_lane(name, safe), value)
            for name, value in zip(names, near, strict=True)
        ]

    return x.function.rarely(far, values, computed)


def sin(x: Vector) -> Vector:
    """Return the sine."""
    if not x.function.target.fused:
        return per_lane("sin", x)
    magnitude = absolute(x)
    of = _reduced(magnitude)
    value = _with_sign(_total(_sine(of)), of.flip ^ (x.bits() & SIGN))
    return _beyond(x, magnitude, ["sin"], [value])[0]


def cos(x: Vector) -> Vector:
    """Return the cosine."""
    if not x.function.target.fused:
        return per_lane("cos", x)
    magnitude = absolute(x)
    of = _reduced(magnitude)
    value = _with_sign(_total(_cosine(of)), of.flip)
    return _beyond(x, magnitude, ["cos"], [value])[0]


def sine_cosine(x: Vector) -> tuple[Vector, Vector]:
    """Return the sine and the cosine, the same bits as each alone."""
    if not x.function.target.fused:
        return per_lane("sin", x), per_lane("cos", x)
    magnitude = absolute(x)
    of = _reduced(magnitude)
    sine = _with_sign(_total(_sine(of)), of.flip ^ (x.bits() & SIGN))
    cosine = _with_sign(_total(_cosine(of)), of.flip)
    first, second = _beyond(x, magnitude, ["sin", "cos"], [sine, cosine])
    return first, second


def tan(x: Vector) -> Vector:
    """Return the tangent: the sine divided by the cosine, both in two parts."""
    if not x.function.target.fused:
        return per_lane("tan", x)
    magnitude = absolute(x)
    of = _reduced(magnitude)
    sine, sine_tail = fast_two_sum(*_sine(of))
    cosine, cosine_tail = fast_two_sum(*_cosine(of))
    inverse = 1.0 / cosine
    quotient = sine * inverse
    missing = fma(-quotient, cosine, sine) + fma(-quotient, cosine_tail, sine_tail)
    value = _with_sign(fma(missing, inverse, quotient), x.bits() & SIGN)
    return _beyond(x, magnitude, ["tan"], [value])[0]


# ---------------------------------------------------------------------- single precision


def _modulo_pi(x: Vector, k: Vector) -> Vector:
    """Return the sine of x - k pi, computed in double precision for single precision."""
    first, second, third = constants.PI
    rest = fma(k, -(second + third), fma(k, -first, x))
    square = rest * rest
    return fma(rest * square, horner(square, constants.SINE_SINGLE), rest)


def _single_sine(x: Vector) -> Vector:
    magnitude = absolute(x)
    shifted = fma(magnitude, 1 / math.pi, ROUNDING)
    value = _modulo_pi(magnitude, shifted - ROUNDING)
    return _with_sign(value, (shifted.bits() << 63) ^ (x.bits() & SIGN))


def _single_cosine(x: Vector) -> Vector:
    # cos x = (-1)**k sin(x - (k - 1/2) pi)
    shifted = fma(absolute(x), 1 / math.pi, 0.5) + ROUNDING
    value = _modulo_pi(absolute(x), (shifted - ROUNDING) - 0.5)
    return _with_sign(value, shifted.bits() << 63)


def single_sin(x: Vector) -> Vector:
    """Return the sine of single-precision numbers."""
    wide = x.widened()
    if not x.function.target.fused:
        return per_lane("sin", wide).narrowed()
    return _beyond(wide, absolute(wide), ["sin"], [_single_sine(wide)])[0].narrowed()


def single_cos(x: Vector) -> Vector:
    """Return the cosine of single-precision numbers."""
    wide = x.widened()
    if not x.function.target.fused:
        return per_lane("cos", wide).narrowed()
    return _beyond(wide, absolute(wide), ["cos"], [_single_cosine(wide)])[0].narrowed()


def single_sine_cosine(x: Vector) -> tuple[Vector, Vector]:
    """Return the sine and the cosine of single-precision numbers, the same bits as each alone."""
    return single_sin(x), single_cos(x)


def single_tan(x: Vector) -> Vector:
    """Return the tangent of single-precision numbers."""
    wide = x.widened()
    if not x.function.target.fused:
        return per_lane("tan", wide).narrowed()
    magnitude = absolute(wide)
    shifted = fma(magnitude, 2 / math.pi, ROUNDING)
    k = shifted - ROUNDING
    first, second, third = constants.PI
    rest = fma(k, -0.5 * (second + third), fma(k, -0.5 * first, magnitude))
    square = rest * rest
    tangent = fma(rest * square, paired_polynomial(square, constants.TANGENT_SINGLE), rest)
    odd = (shifted.bits() & 1).equals(1)
    # In every other quadrant the tangent is -1/tan r.
    value = select(odd, magnitude.of(-1.0), tangent) / select(odd, tangent, 1.0)
    signed = _with_sign(value, wide.bits() & SIGN)
    return _beyond(wide, magnitude, ["tan"], [signed])[0].narrowed()
