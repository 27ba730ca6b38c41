"""Logarithms: x = 2**k c (1 + r), with a table of sixteen numbers c where it is free.

With the table r is below 1/32 in size and ``log(1 + r) = r + r**2 P(r)``; without it c is 1, x/2**k
lies between sqrt(1/2) and sqrt(2), and ``log(1 + r) = r - h + s (h + z P(z))`` with h = r**2/2,
s = r/(2 + r) and z = s**2, whose rounding errors count only as much as h is smaller than r.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from symnum.compiler.elementary.arithmetic import (
    fast_two_sum,
    has_register_tables,
    polynomial,
    two_product,
    two_sum,
)
from symnum.compiler.elementary.coefficients import logarithm as data
from symnum.compiler.vectors.operations import (
    copy_sign,
    exponent,
    fma,
    lookup,
    multiply_add,
    scale,
    select,
)
from symnum.compiler.vectors.values import Vector

__all__ = [
    "log",
    "log1p",
    "log1p_single",
    "log2",
    "log2_single",
    "log10",
    "log10_single",
    "log_single",
    "logarithm_parts",
    "split",
    "whole_to_real",
]

LOG_2 = math.log(2.0)
LOG_2_HIGH, LOG_2_LOW = data.LOG_2
SMALLEST_NORMAL_BITS = 1 << 52
NORMAL_BITS = 0x7FE0000000000000
# Half a step of the table, as bits of a double.
HALF_STEP = 1 << 47
SQUARE_ROOT_OF_HALF_BITS = 0x3FE6A09E667F3BCD
# Subnormal numbers are multiplied by this power of 2.
LIFT = 54


@dataclass(frozen=True, slots=True)
class LogarithmParts:
    """A logarithm as large + small, unevaluated; `large` alone is right to a bit or so."""

    large: Vector
    small: Vector


def logarithm_parts(x: Vector, added: Vector | None = None, lifted: int = 0) -> LogarithmParts:
    """Return the logarithm of (x + added)/2**lifted for positive normal numbers x.

    Parameters
    ----------
    x : Vector
        Doubles.
    added : Vector, optional
        Below the last bit of x in size, or not much above.
    lifted : int
        A power of 2 that was multiplied on.
    """
    if has_register_tables(x):
        power, index, fraction = split(x)
        reciprocal = lookup(index, data.RECIPROCALS)
        r = fma(fraction, reciprocal, -1.0)
        if added is not None:
            r, left = fast_two_sum(r, scale(added, -power) * reciprocal)
    else:
        whole = (x.bits() - SQUARE_ROOT_OF_HALF_BITS) >> 52
        power = whole_to_real(whole)
        r = (x.bits() - (whole << 52)).as_real() - 1.0
        if added is not None:
            r, left = fast_two_sum(r, scale(added, -power))
    if lifted:
        power = power - float(lifted)
    known = power * LOG_2_HIGH
    if has_register_tables(x):
        known = multiply_add(power, LOG_2_HIGH, lookup(index, data.LOGARITHMS))
    large, lost = fast_two_sum(known, r)
    lost = multiply_add(power, LOG_2_LOW, lost)
    if added is not None:
        lost = lost + left
    return LogarithmParts(large, _with_tail(r, lost))


def split(x: Vector) -> tuple[Vector, Vector, Vector]:
    """Split positive normal doubles into a power of 2, a step of the table and x/2**power.

    The last is between 1 - 1/64 and 2 - 1/32, less than 1/32 away from 1 + step/16. The step is in
    the low four bits of integers; the others are without meaning where tables are in registers.
    """
    rounded = x.bits() + HALF_STEP
    step = rounded.logical_shift(52 - 4)
    if has_register_tables(x):
        power = exponent(rounded.as_real())
        # The bits of the largest numbers of all become those of infinity or of no number.
        power = select(power < 1024.0, power, 1024.0)
        return power, step, scale(x, -power)
    whole = rounded.logical_shift(52) - 1023
    return whole_to_real(whole), step & 15, (x.bits() - (whole << 52)).as_real()


def whole_to_real(whole: Vector) -> Vector:
    """Return integers below 2**51 in size as doubles."""
    return (whole + 0x4338000000000000).as_real() - 6755399441055744.0


def _with_tail(r: Vector, lost: Vector) -> Vector:
    """Return lost + log(1 + r) - r."""
    if has_register_tables(r):
        return multiply_add(r * r, polynomial(r, data.NEAR), lost)
    half = 0.5 * r * r
    s = r / (2.0 + r)
    z = s * s
    return multiply_add(s, half + z * polynomial(z, data.FAR), lost) - half


def _special(x: Vector, usual: Vector, of_lifted: Callable[[Vector], Vector]) -> Vector:
    """Put in the logarithms of zero, subnormal and negative numbers, infinity and NaN."""
    strange = ~(x.bits() - SMALLEST_NORMAL_BITS).below(NORMAL_BITS)

    def replaced(usual: Vector) -> list[Vector]:
        value = of_lifted(x * 2.0**LIFT)
        value = select(x.equals(0.0), x.of(-math.inf), value)
        value = select(x < 0.0, x.of(math.nan), value)
        value = select(x.equals(math.inf) | x.is_nan(), x, value)
        return [select(strange, value, usual)]

    return x.function.rarely(strange, [usual], replaced)[0]


def log(x: Vector) -> Vector:
    """Return the natural logarithm of doubles."""

    def value(x: Vector, lifted: int = 0) -> Vector:
        parts = logarithm_parts(x, lifted=lifted)
        return parts.large + parts.small

    return _special(x, value(x), lambda x: value(x, LIFT))


def log2(x: Vector) -> Vector:
    """Return the logarithm to the base 2 of doubles; whole numbers for powers of 2."""
    return _to_base(x, data.INVERSE_LOG_2)


def log10(x: Vector) -> Vector:
    """Return the logarithm to the base 10 of doubles."""
    return _to_base(x, data.INVERSE_LOG_10)


def _to_base(x: Vector, inverse: tuple[float, ...]) -> Vector:
    """Multiply a logarithm by a constant in two parts."""
    high, low = inverse

    def value(x: Vector, lifted: int = 0) -> Vector:
        parts = logarithm_parts(x, lifted=lifted)
        product, error = two_product(parts.large, high)
        return product + multiply_add(parts.small, high, multiply_add(parts.large, low, error))

    return _special(x, value(x), lambda x: value(x, LIFT))


def log1p(x: Vector) -> Vector:
    """Return log(1 + x) of doubles."""
    sum_, lost = two_sum(x, 1.0)
    parts = logarithm_parts(sum_, lost)
    usual = parts.large + parts.small
    strange = ~(sum_.bits() - SMALLEST_NORMAL_BITS).below(NORMAL_BITS)

    def replaced(usual: Vector) -> list[Vector]:
        value = select(x.equals(-1.0), x.of(-math.inf), x)
        value = select(x < -1.0, x.of(math.nan), value)
        return [select(strange, value, usual)]

    # -0.0 is lost in the sums.
    return copy_sign(x.function.rarely(strange, [usual], replaced)[0], x)


# --------------------------------------------------------------------------- single precision


def _single(x: Vector, beside_one: tuple[Vector, Vector] | None = None) -> Vector:
    """Return the logarithm of single-precision numbers as doubles, in doubles.

    Parameters
    ----------
    x : Vector
        Positive doubles.
    beside_one : tuple of Vector, optional
        Where x is between 1 - 1/64 and 1 + 1/64, and the exact x - 1 there.
    """
    if has_register_tables(x):
        power, index, fraction = split(x)
        r = fma(fraction, lookup(index, data.RECIPROCALS), -1.0)
        known = multiply_add(power, LOG_2, lookup(index, data.LOGARITHMS))
    else:
        whole = (x.bits() - SQUARE_ROOT_OF_HALF_BITS) >> 52
        r = (x.bits() - (whole << 52)).as_real() - 1.0
        known = whole_to_real(whole) * LOG_2
    if beside_one is not None:
        r = select(beside_one[0], beside_one[1], r)
    if has_register_tables(x):
        return known + r * polynomial(r, (1.0, *data.NEAR_SINGLE))
    s = r / (2.0 + r)
    z = s * s
    return known + s * polynomial(z, (2.0, *data.FAR_SINGLE))


def _special_single(x: Vector, usual: Vector, one: float = 0.0) -> Vector:
    """Put in the logarithms of what is not above `-one` and finite."""
    strange = ~((x > -one) & (x < math.inf))

    def replaced(usual: Vector) -> list[Vector]:
        value = select(x.equals(-one), x.of(-math.inf), x)
        value = select(x < -one, x.of(math.nan), value)
        return [select(strange, value, usual)]

    return x.function.rarely(strange, [usual], replaced)[0]


def log_single(x: Vector) -> Vector:
    """Return the natural logarithm of single-precision numbers."""
    return _special_single(x, _single(x.widened()).narrowed())


def log2_single(x: Vector) -> Vector:
    """Return the logarithm to the base 2 of single-precision numbers."""
    return _special_single(x, (_single(x.widened()) * data.INVERSE_LOG_2[0]).narrowed())


def log10_single(x: Vector) -> Vector:
    """Return the logarithm to the base 10 of single-precision numbers."""
    return _special_single(x, (_single(x.widened()) * data.INVERSE_LOG_10[0]).narrowed())


def log1p_single(x: Vector) -> Vector:
    """Return log(1 + x) of single-precision numbers."""
    wide = x.widened()
    close = (wide < 1 / 64) & (wide > -1 / 64)
    usual = _single(wide + 1.0, (close, wide)).narrowed()
    return copy_sign(_special_single(x, usual, 1.0), x)
