"""Hyperbolic functions and their inverses.

``sinh(K + r) = sinh(K) cosh(r) + cosh(K) sinh(r)`` with K a multiple of log(2) or of a sixteenth
of it, and likewise for cosh; the inverse functions are logarithms of sums 1 + y whose rounding
error is added to the reduced number.
"""

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
from symnum.compiler.elementary.coefficients import hyperbolic as data
from symnum.compiler.elementary.coefficients import logarithm as logarithm_data
from symnum.compiler.elementary.exponential import beside_head, reduced_exponent
from symnum.compiler.elementary.logarithm import logarithm_parts
from symnum.compiler.vectors.operations import (
    absolute,
    copy_sign,
    fma,
    lookup,
    multiply_add,
    scale,
    select,
    square_root,
)
from symnum.compiler.vectors.values import Vector

__all__ = [
    "acosh",
    "asinh",
    "atanh",
    "atanh_single",
    "cosh",
    "cosh_single",
    "sinh",
    "sinh_single",
    "tanh",
    "tanh_single",
]

# sinh and cosh overflow above.
LARGEST, LARGEST_SINGLE = 711.0, 89.5
# tanh is 1 above, and a polynomial below.
LARGEST_TANH = 20.0
TANH_BORDER = 0.625
# sinh of single-precision numbers is a polynomial below.
SINH_BORDER = 1.0
# Added to a number of single precision, this rounds it and brings it into the low bits, with what
# is added to stored exponents.
ROUNDING_SINGLE = 1.5 * 2.0**23 + 127.0
# Squares of larger numbers may overflow, and 1 beside them does not count.
HUGE = {"double": 2.0**500, "float": 2.0**60}


# --------------------------------------------------------------------------- sinh, cosh


@dataclass(frozen=True, slots=True)
class _Addition:
    """The parts of sinh(K + r) and cosh(K + r), all divided by 2**floor(power).

    Parameters
    ----------
    power : Vector
        K divided by log(2).
    sinh, sinh_low : Vector
        sinh(K) in two parts.
    cosh, cosh_low : Vector
        cosh(K) in two parts.
    high, low : Vector
        r in two parts, the first exact.
    even, odd : Vector
        cosh(r) - 1 and sinh(r) - r.
    """

    power: Vector
    sinh: Vector
    sinh_low: Vector
    cosh: Vector
    cosh_low: Vector
    high: Vector
    low: Vector
    even: Vector
    odd: Vector


def _addition(a: Vector) -> _Addition:
    """Reduce numbers that are not negative."""
    parts = reduced_exponent(select(a > LARGEST, a.of(LARGEST), a))
    twice = -2.0 * parts.power
    near = has_register_tables(a)
    if near:
        mirrored = scale(lookup(parts.index, data.MIRRORED), twice)
        mirrored_low = scale(lookup(parts.index, data.MIRRORED_TAIL), twice)
    else:
        # Below 2**-200 it does not count.
        mirrored = scale(a.of(0.5), select(twice < -200.0, a.of(-200.0), twice))
        mirrored_low = a.of(0.0)
    head, rest = 0.5 * parts.head, 0.5 * parts.rest
    difference, difference_low = fast_two_sum(head, -mirrored)
    total, total_low = fast_two_sum(head, mirrored)
    r = parts.high + parts.low
    z = r * r
    return _Addition(
        parts.power,
        difference,
        difference_low + (rest - mirrored_low),
        total,
        total_low + (rest + mirrored_low),
        parts.high,
        parts.low,
        z * paired_polynomial(z, data.EVEN_NEAR if near else data.EVEN_FAR),
        r * z * paired_polynomial(z, data.ODD_NEAR if near else data.ODD_FAR),
    )


def sinh(x: Vector) -> Vector:
    """Return the hyperbolic sine of doubles."""
    parts = _addition(absolute(x))
    product, error = two_product(parts.cosh, parts.high)
    total, missing = fast_two_sum(parts.sinh, product)
    small = multiply_add(parts.cosh_low, parts.high, parts.sinh_low)
    small = multiply_add(parts.sinh, parts.even, small)
    small = multiply_add(parts.cosh, parts.low + parts.odd, small)
    result = scale(total + (missing + (error + small)), parts.power)
    return copy_sign(result, x)


def cosh(x: Vector) -> Vector:
    """Return the hyperbolic cosine of doubles."""
    parts = _addition(absolute(x))
    small = multiply_add(parts.cosh, parts.even, parts.cosh_low)
    small = multiply_add(parts.sinh, parts.high + (parts.low + parts.odd), small)
    return scale(parts.cosh + small, parts.power)


# --------------------------------------------------------------------------- tanh


def tanh(x: Vector) -> Vector:
    """Return the hyperbolic tangent of doubles: a polynomial, or 1 - 2/(exp(2a) + 1)."""
    a = absolute(x)
    z = a * a
    near = multiply_add(a * z, paired_polynomial(z, data.TANH), a)
    parts = reduced_exponent(2.0 * select(a > LARGEST_TANH, a.of(LARGEST_TANH), a))
    # exp(2a) in two parts, to lose nothing when 1 is added.
    head = scale(parts.head, parts.power)
    small = scale(beside_head(parts), parts.power)
    total, missing = fast_two_sum(head, x.of(1.0))
    far = 1.0 - 2.0 / (total + (missing + small))
    return copy_sign(select(a < TANH_BORDER, near, far), x)


# --------------------------------------------------------------------------- single precision


@dataclass(frozen=True, slots=True)
class _Quarter:
    """exp(a)/4 of single-precision numbers as head + head*part, and a quarter of exp(-a).

    Parameters
    ----------
    head : Vector
        A power of 2.
    part : Vector
        exp(r) - 1 of what is left.
    inverse : Vector
        exp(-a)/4.
    """

    head: Vector
    part: Vector
    inverse: Vector


def _quarter(a: Vector) -> _Quarter:
    """Return the exponential of numbers that are not negative; a quarter, as it may overflow."""
    a = select(a > LARGEST_SINGLE, a.of(LARGEST_SINGLE), a)
    shift = a.of(ROUNDING_SINGLE - 2.0)
    shifted = multiply_add(a, 1 / math.log(2.0), shift)
    high, low = logarithm_data.LOG_2_SINGLE
    power = shifted - shift
    r = multiply_add(power, -low, multiply_add(power, -high, a))
    part = multiply_add(r * r, paired_polynomial(r, data.EXPONENTIAL_SINGLE), r)
    # The low bits of the shifted number are the exponent, as it is stored.
    head = (shifted.bits() << 23).as_real()
    return _Quarter(head, part, 0.0625 / multiply_add(head, part, head))


def sinh_single(x: Vector) -> Vector:
    """Return the hyperbolic sine of single-precision numbers: a polynomial below 1."""
    a = absolute(x)
    z = a * a
    near = multiply_add(a * z, paired_polynomial(z, data.SINH_SINGLE), a)
    parts = _quarter(a)
    far = parts.head + multiply_add(parts.head, parts.part, -parts.inverse)
    return copy_sign(select(a < SINH_BORDER, near, far + far), x)


def cosh_single(x: Vector) -> Vector:
    """Return the hyperbolic cosine of single-precision numbers."""
    parts = _quarter(absolute(x))
    half = parts.head + multiply_add(parts.head, parts.part, parts.inverse)
    return half + half


def tanh_single(x: Vector) -> Vector:
    """Return the hyperbolic tangent of single-precision numbers, as that of doubles."""
    a = absolute(x)
    z = a * a
    near = multiply_add(a * z, paired_polynomial(z, data.TANH_SINGLE), a)
    bounded = select(a > LARGEST_TANH, a.of(LARGEST_TANH), a)
    shift = a.of(ROUNDING_SINGLE)
    shifted = multiply_add(bounded, 2 / math.log(2.0), shift)
    # Half of what is left of 2a, so the coefficients are multiplied by powers of 2.
    r = multiply_add(shifted - shift, -math.log(2.0) / 2, bounded)
    scaled = [value * 2.0**power for power, value in enumerate(data.EXPONENTIAL_SINGLE, 2)]
    part = multiply_add(r * r, paired_polynomial(r, scaled), r + r)
    head = (shifted.bits() << 23).as_real()
    far = 1.0 - 2.0 / multiply_add(head, part, head + 1.0)
    return copy_sign(select(a < TANH_BORDER, near, far), x)


# --------------------------------------------------------------------------- inverse functions


def _logarithm_of_sum(y: Vector, low: Vector) -> tuple[Vector, Vector]:
    """Return log(1 + y + low) in two parts for y >= 0."""
    total, lost = two_sum(y, 1.0)
    parts = logarithm_parts(total, (lost + low) / total)
    return parts.large, parts.small


def _logarithm_of_twice(a: Vector) -> Vector:
    """Return log(2a) of huge numbers; infinity and NaN stay."""
    parts = logarithm_parts(a)
    return select(a < math.inf, parts.large + (parts.small + math.log(2.0)), a)


def asinh(x: Vector) -> Vector:
    """Return the inverse hyperbolic sine of doubles: log(1 + a + (sqrt(1 + a**2) - 1))."""
    a = absolute(x)
    square = a * a
    beyond = square / (1.0 + square_root(multiply_add(a, a, 1.0)))
    large, small = _logarithm_of_sum(*fast_two_sum(a, beyond))
    strange = ~(a < HUGE[x.kind])

    def replaced(usual: Vector) -> list[Vector]:
        return [select(strange, _logarithm_of_twice(a), usual)]

    return copy_sign(x.function.rarely(strange, [large + small], replaced)[0], x)


def acosh(x: Vector) -> Vector:
    """Return the inverse hyperbolic cosine of doubles: log(1 + t + sqrt(t (t + 2))), t = x - 1."""
    t = x - 1.0
    sum_, lost = fast_two_sum(x.of(2.0), t)
    product, error = two_product(t, sum_)
    error = multiply_add(t, lost, error)
    root = square_root(product)
    root_low = (fma(-root, root, product) + error) * (0.5 / root)
    y, low = fast_two_sum(root, t)
    large, small = _logarithm_of_sum(y, low + root_low)
    strange = ~((x > 1.0) & (x < HUGE[x.kind]))

    def replaced(usual: Vector) -> list[Vector]:
        value = select(x.equals(1.0), x.of(0.0), _logarithm_of_twice(x))
        value = select(x < 1.0, x.of(math.nan), value)
        return [select(strange, value, usual)]

    return x.function.rarely(strange, [large + small], replaced)[0]


def atanh(x: Vector) -> Vector:
    """Return the inverse hyperbolic tangent of doubles: log(1 + 2a/(1 - a))/2."""
    a = absolute(x)
    rest, lost = fast_two_sum(x.of(1.0), -a)
    inverse = 1.0 / rest
    twice = a + a
    y = twice * inverse
    low = (fma(-y, rest, twice) - y * lost) * inverse
    large, small = _logarithm_of_sum(y, low)
    return copy_sign(_beside_one(a, 0.5 * (large + small)), x)


def atanh_single(x: Vector) -> Vector:
    """Return the inverse hyperbolic tangent of single-precision numbers: a polynomial below 1/2."""
    a = absolute(x)
    z = a * a
    near = multiply_add(a * z, paired_polynomial(z, data.ATANH_SINGLE), a)
    above, below = 1.0 + a, 1.0 - a
    quotient = above / below
    # Above 1/2 only the sum and the quotient are rounded; 4/7 is close enough to 1/above.
    lost = fma(-quotient, below, above) + (a - (above - 1.0))
    parts = logarithm_parts(quotient, lost * (4 / 7))
    usual = select(a < 0.5, near, 0.5 * (parts.large + parts.small))
    return copy_sign(_beside_one(a, usual), x)


def _beside_one(a: Vector, usual: Vector) -> Vector:
    """Put in what the inverse hyperbolic tangent is at 1 and above."""
    strange = ~(a < 1.0)

    def replaced(usual: Vector) -> list[Vector]:
        value = select(a.equals(1.0), a.of(math.inf), a)
        value = select(a > 1.0, a.of(math.nan), value)
        return [select(strange, value, usual)]

    return a.function.rarely(strange, [usual], replaced)[0]
