"""The error function and its complements.

erf is one of sixteen polynomials, chosen lane by lane: its coefficients are picked from tables
that stay in registers. So is erfcx(x) = exp(x**2) erfc(x) for x from 0 to 30, a polynomial in
(x - centre)/(x + 2); beyond, its asymptotic series has eight terms. Then erfc x is
exp(-x**2) erfcx x and, for negative x, erfc x = 2 - erfc(-x), erfcx x = 2 exp(x**2) - erfcx(-x),
with sums and products in two parts.
"""

from __future__ import annotations

import math
from dataclasses import replace

from symnum.compiler.elementary.arithmetic import fast_two_sum, two_product
from symnum.compiler.elementary.coefficients import error_functions as constants
from symnum.compiler.elementary.exponential import beside_head, reduced_exponent
from symnum.compiler.vectors.operations import (
    absolute,
    copy_sign,
    fma,
    horner,
    lookup,
    per_lane,
    scale,
    select,
)
from symnum.compiler.vectors.values import Vector

__all__ = ["erf", "erfc", "erfcx"]

# Adding it rounds to a whole number, which then stands in the low bits.
ROUNDING = 6755399441055744.0
PIECES = 16
# Pieces of erf have the width 25/64, but the first is longer by a fifth; the last ends at 6.13, and
# from 5.93 on erf rounds to 1.
PIECES_PER_UNIT = 2.56
OFFSET = 0.2
LAST = 6.04

# Beyond, exp(-x**2) vanishes and exp(x**2) overflows.
VANISHED = 27.25
# The pieces of erfcx are chosen by the first bits of x + 2; from 32 on there are none.
FAR = 32.0
MANTISSA_BITS = 52


def _table(values: tuple[float, ...], row: int) -> tuple[float, ...]:
    return values[PIECES * row : PIECES * (row + 1)]


def _slope(x: Vector, index: Vector, values: tuple[float, ...]) -> Vector:
    """Return the polynomial of the piece less its constant, divided by x."""
    degree = len(values) // PIECES - 1
    total = lookup(index, _table(values, degree))
    for row in range(degree - 1, 0, -1):
        total = fma(total, x, lookup(index, _table(values, row)))
    return total


def erf(x: Vector) -> Vector:
    """Return the error function."""
    if not x.function.target.fused:
        return per_lane("erf", x)
    magnitude = absolute(x)
    # NaN is not larger and stays.
    near = select(magnitude > LAST, x.of(LAST), magnitude)
    shifted = fma(near, PIECES_PER_UNIT, -OFFSET) + ROUNDING
    index = shifted.bits() & (PIECES - 1)
    centre = lookup(index, constants.ERF_CENTRES)
    distance = near - centre
    # In the first piece, erf x = x + x P: the sum has one rounding.
    start = select(centre.equals(0.0), near, lookup(index, _table(constants.ERF, 0)))
    slope = _slope(distance, index, constants.ERF)
    return copy_sign(fma(slope, distance, start), x)


def _scaled_complement(x: Vector) -> tuple[Vector, Vector]:
    """Return erfcx in two parts for x from 0 to 30."""
    shifted = x + 2.0
    index = shifted.bits().logical_shift(MANTISSA_BITS - 2) & (PIECES - 1)
    place = (x - lookup(index, constants.ERFCX_CENTRES)) / shifted
    start = lookup(index, _table(constants.ERFCX, 0))
    return fast_two_sum(start, place * _slope(place, index, constants.ERFCX))


def _exponential_of_square(x: Vector, sign: float) -> tuple[Vector, Vector, Vector]:
    """Return exp(sign*x**2) as (first + second)*2**third."""
    square, error = two_product(x, x)
    parts = reduced_exponent(square * sign)
    parts = replace(parts, low=fma(error, sign, parts.low))
    first, second = fast_two_sum(parts.head, beside_head(parts))
    return first, second, parts.power


def erfc(x: Vector) -> Vector:
    """Return the complementary error function, accurate in its tail."""
    magnitude = absolute(x)
    near = select(magnitude > VANISHED, x.of(VANISHED), magnitude)
    factor, factor_rest = _scaled_complement(near)
    first, second, power = _exponential_of_square(near, -1.0)
    product, error = two_product(first, factor)
    rest = fma(first, factor_rest, fma(second, factor, error))
    tail = scale(product + rest, power)
    return select(x < 0.0, 2.0 - tail, tail)


def erfcx(x: Vector) -> Vector:
    """Return exp(x**2)*erfc(x)."""
    magnitude = absolute(x)
    factor, factor_rest = _scaled_complement(magnitude)
    far = magnitude + 2.0 >= FAR

    def series(value: Vector) -> list[Vector]:
        safe = select(far, magnitude, FAR)
        high, low = constants.INVERSE_ROOT_PI
        quotient = high / safe
        missing = (fma(-quotient, safe, quotient.of(high)) + low) / safe
        inverse = 1.0 / safe
        square = inverse * inverse
        correction = fma(quotient, square * horner(square, constants.ERFCX_FAR), missing)
        finite = quotient + correction
        return [select(far, select(safe.equals(math.inf), quotient, finite), value)]

    (value,) = x.function.rarely(far, [factor], series)
    negative = x < 0.0

    def reflected(value: Vector) -> list[Vector]:
        near = select(magnitude > VANISHED, x.of(VANISHED), magnitude)
        first, second, power = _exponential_of_square(near, 1.0)
        large, small = scale(first + first, power), scale(second + second, power)
        total, error = fast_two_sum(large, -factor)
        below = total + (small + (error - factor_rest))
        return [select(negative, select(large.equals(math.inf), large, below), value)]

    return x.function.rarely(negative, [value], reflected)[0]
