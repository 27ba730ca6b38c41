"""The exponential: x = k log(2) + r, with a table of the sixteenth powers of 2 where it is free."""

from __future__ import annotations

import math
from dataclasses import dataclass

from symnum.compiler.elementary.arithmetic import (
    fast_two_sum,
    has_register_tables,
    paired_polynomial,
    two_product,
    two_sum,
)
from symnum.compiler.elementary.coefficients import exponential as data
from symnum.compiler.vectors.operations import (
    copy_sign,
    floor,
    lookup,
    multiply_add,
    scale,
    select,
)
from symnum.compiler.vectors.values import Vector

__all__ = [
    "ReducedExponent",
    "beside_head",
    "between",
    "exp",
    "exp_single",
    "expm1",
    "expm1_single",
    "exponential_less_one_single",
    "exponential_single",
    "reduced_exponent",
    "tail",
    "whole",
]

LOG_2 = math.log(2.0)
LOG_2_HIGH, LOG_2_LOW = data.LOG_2

# Beyond these the exponential overflows or vanishes.
LARGEST, SMALLEST = 710.0, -746.0
LARGEST_SINGLE, SMALLEST_SINGLE = 90.0, -104.0
# Below this, expm1 is -1.
NEARLY_MINUS_ONE = -40.0


@dataclass(frozen=True, slots=True)
class ReducedExponent:
    """A number x as power*log(2) + high + low, and 2**power in parts.

    Parameters
    ----------
    power : Vector
        A multiple of 1/16 with the table, else a whole number.
    head, rest : Vector
        2**(power - floor(power)) in two parts.
    high, low : Vector
        What is left of x; `high` is exact.
    index : Vector
        The sixteenths of the power, in the low four bits, with the table.
    """

    power: Vector
    head: Vector
    rest: Vector
    high: Vector
    low: Vector
    index: Vector


def between(x: Vector, smallest: float, largest: float) -> Vector:
    """Return the number, or the limit that it exceeds; NaN stays."""
    lowered = select(x > largest, x.of(largest), x)
    return select(lowered < smallest, lowered.of(smallest), lowered)


def reduced_exponent(x: Vector) -> ReducedExponent:
    """Take multiples of log(2), or of a sixteenth of it, out of numbers below 2**10."""
    wide = has_register_tables(x)
    # The last bit of a number of this size is the unit of the power.
    shift = x.of(1.5 * (2.0**48 if wide else 2.0**52))
    shifted = multiply_add(x, 1 / LOG_2, shift)
    power, index = shifted - shift, shifted.bits()
    high = multiply_add(power, -LOG_2_HIGH, x)
    low = power * -LOG_2_LOW
    if not wide:
        return ReducedExponent(power, x.of(1.0), x.of(0.0), high, low, index)
    head, rest = lookup(index, data.POWERS), lookup(index, data.POWERS_TAIL)
    return ReducedExponent(power, head, rest, high, low, index)


def whole(power: Vector) -> Vector:
    """Return the whole part of the power of a reduced number."""
    return floor(power) if has_register_tables(power) else power


def tail(r: Vector) -> Vector:
    """Return exp(r) - 1 - r of what is left of a reduced number, accurate relative to r."""
    near = has_register_tables(r)
    return r * r * paired_polynomial(r, data.NEAR_LESS_ONE if near else data.FAR_LESS_ONE)


def exp(x: Vector) -> Vector:
    """Return the exponential of doubles."""
    parts = reduced_exponent(between(x, SMALLEST, LARGEST))
    return scale(parts.head + beside_head(parts), parts.power)


def beside_head(parts: ReducedExponent) -> Vector:
    """Return exp(x)/2**floor(power) - head of a reduced number."""
    r = parts.high + parts.low
    quotient = paired_polynomial(r, data.NEAR if has_register_tables(r) else data.FAR)
    return multiply_add(parts.head, multiply_add(r * r, quotient, r), parts.rest)


def expm1(x: Vector) -> Vector:
    """Return exp(x) - 1 of doubles."""
    parts = reduced_exponent(between(x, NEARLY_MINUS_ONE, LARGEST))
    # All is divided by 2**k: head*exp(r) - 2**-k, the large terms exactly, then the small ones.
    one = scale(x.of(1.0), -whole(parts.power))
    difference, lost = two_sum(parts.head, -one)
    product, error = two_product(parts.head, parts.high)
    total, missing = fast_two_sum(difference, product)
    small = parts.low + tail(parts.high + parts.low)
    small = multiply_add(parts.head, small, multiply_add(parts.rest, parts.high, parts.rest))
    result = scale(total + (missing + (error + (lost + small))), parts.power)
    # -0.0 is lost in the sums.
    return copy_sign(result, x)


# --------------------------------------------------------------------------- single precision


def _single_parts(x: Vector) -> tuple[Vector, Vector]:
    """Return 2**power and what is left, of single-precision numbers as doubles."""
    wide = has_register_tables(x)
    shift = x.of(1.5 * (2.0**48 if wide else 2.0**52))
    shifted = multiply_add(x, 1 / LOG_2, shift)
    power = shifted - shift
    r = multiply_add(power, -LOG_2, x)
    head = lookup(shifted.bits(), data.POWERS) if wide else x.of(1.0)
    return scale(head, power), r


def exp_single(x: Vector) -> Vector:
    """Return the exponential of single-precision numbers, computed in doubles."""
    return exponential_single(x.widened()).narrowed()


def exponential_single(x: Vector) -> Vector:
    """Return the exponential of doubles with the accuracy of single precision."""
    power, r = _single_parts(between(x, SMALLEST_SINGLE, LARGEST_SINGLE))
    quotient = data.NEAR_SINGLE if has_register_tables(r) else data.FAR_SINGLE
    near = paired_polynomial(r, (1.0, 1.0, *quotient))
    return power * near


def expm1_single(x: Vector) -> Vector:
    """Return exp(x) - 1 of single-precision numbers, computed in doubles."""
    return copy_sign(exponential_less_one_single(x.widened()).narrowed(), x)


def exponential_less_one_single(x: Vector) -> Vector:
    """Return exp(x) - 1 of doubles with the accuracy of single precision."""
    power, r = _single_parts(between(x, NEARLY_MINUS_ONE, LARGEST_SINGLE))
    quotient = data.NEAR_LESS_ONE_SINGLE if has_register_tables(r) else data.FAR_LESS_ONE_SINGLE
    near = r * paired_polynomial(r, (1.0, *quotient))
    return multiply_add(power, near, power - 1.0)
