"""Powers with any exponent, the cube root and the length of a vector of two numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from symnum.compiler.elementary.arithmetic import fast_two_sum, paired_polynomial, two_product
from symnum.compiler.elementary.coefficients import logarithm as logarithm_data
from symnum.compiler.elementary.coefficients import powers as data
from symnum.compiler.elementary.exponential import (
    LARGEST,
    SMALLEST,
    beside_head,
    between,
    exponential_single,
    reduced_exponent,
)
from symnum.compiler.elementary.logarithm import LOG_2_HIGH, LOG_2_LOW, is_normal, split
from symnum.compiler.vectors.operations import (
    absolute,
    copy_sign,
    exponent,
    floor,
    fma,
    lookup,
    mantissa,
    multiply_add,
    scale,
    select,
    square_root,
)
from symnum.compiler.vectors.values import Vector

__all__ = [
    "cube_root",
    "cube_root_single",
    "hypot",
    "hypot_single",
    "power",
    "power_through_double",
]

SMALLEST_NORMAL = 2.0**-1022
# Subnormal numbers are multiplied by this power of 2, which has a cube root.
LIFT = 54
# The largest finite number of single precision has these bits.
LARGEST_SINGLE_BITS = 0x7F7FFFFF
# Added to a whole number, these bring it into the low bits.
SHIFT = 1.5 * 2.0**52

Product = Callable[[Vector, Vector, Vector], tuple[Vector, Vector]]


# --------------------------------------------------------------------------- powers


def _long_logarithm(x: Vector, lifted: Vector) -> tuple[Vector, Vector]:
    """Return log(x/2**lifted) of positive normal numbers in two parts, right to 2**-63 or so."""
    power, index, fraction = split(x)
    power = power - lifted
    product, rest = two_product(fraction, lookup(index, logarithm_data.RECIPROCALS))
    r = product - 1.0
    known = multiply_add(power, LOG_2_HIGH, lookup(index, logarithm_data.LOGARITHMS))
    known_low = multiply_add(power, LOG_2_LOW, lookup(index, logarithm_data.LOGARITHMS_TAIL))
    # log(1 + r + rest) = r - r**2/2 + r**3 P(r) + rest/(1 + r), the first two terms exactly.
    square, square_low = two_product(r, r)
    total, lost = fast_two_sum(known, r)
    total, missing = fast_two_sum(total, -0.5 * square)
    slope = 1.0 - r
    small = multiply_add(rest, multiply_add(square, slope, slope), known_low)
    small = multiply_add(square_low, -0.5, small) + (lost + missing)
    small = multiply_add(r * square, paired_polynomial(r, data.LOG_CUBIC), small)
    return fast_two_sum(total, small)


def _long_product(x: Vector, y: Vector, lifted: Vector) -> tuple[Vector, Vector]:
    """Return y*log(x/2**lifted) in two parts."""
    high, low = _long_logarithm(x, lifted)
    product, error = two_product(y, high)
    return product, multiply_add(y, low, error)


def _long_exponential(high: Vector, low: Vector) -> Vector:
    """Return exp(high + low), where `low` counts only if `high` is no overflow."""
    inside = absolute(high) < 1024.0
    parts = reduced_exponent(between(high, SMALLEST, LARGEST))
    parts = replace(parts, low=parts.low + select(inside, low, 0.0))
    return scale(parts.head + beside_head(parts), parts.power)


def power(x: Vector, y: Vector) -> Vector:
    """Return x**y of doubles, with the special values of the C standard."""
    strange = ~(is_normal(x) & (absolute(y) < math.inf))
    return _power(x, y, strange, _long_product, _long_exponential)


def _short_product(x: Vector, y: Vector, lifted: Vector) -> tuple[Vector, Vector]:
    """Return y*log(x/2**lifted) with the accuracy of doubles, and nothing."""
    power, index, fraction = split(x)
    r = multiply_add(fraction, lookup(index, logarithm_data.RECIPROCALS), -1.0)
    known = multiply_add(power, math.log(2.0), lookup(index, logarithm_data.LOGARITHMS))
    logarithm = known + r * paired_polynomial(r, (1.0, *data.LOG_SHORT))
    return y * logarithm, lifted


def power_through_double(x: Vector, y: Vector) -> Vector:
    """Return x**y of single-precision numbers, computed in doubles."""

    def exponential(high: Vector, low: Vector) -> Vector:
        return exponential_single(high)

    positive = (x.bits() - 1).below(LARGEST_SINGLE_BITS)
    strange = ~(positive & (absolute(y) < math.inf))
    return _power(x.widened(), y.widened(), strange, _short_product, exponential).narrowed()


def _power(
    x: Vector,
    y: Vector,
    strange: Vector,
    product: Product,
    exponential: Callable[[Vector, Vector], Vector],
) -> Vector:
    """Return x**y by the exponential of y*log(x), special values apart."""

    def replaced(usual: Vector) -> list[Vector]:
        size = absolute(x)
        subnormal = size < SMALLEST_NORMAL
        lifted = select(subnormal, size * 2.0**LIFT, size)
        high, low = product(lifted, y, select(subnormal, x.of(float(LIFT)), 0.0))
        high = select(size.equals(0.0), y * -math.inf, high)
        high = select(size.equals(math.inf), y * math.inf, high)
        value = _signed(x, y, exponential(high, low))
        return [select(strange, value, usual)]

    usual = exponential(*product(x, y, x.of(0.0)))
    return x.function.rarely(strange, [usual], replaced)[0]


def _signed(x: Vector, y: Vector, value: Vector) -> Vector:
    """Return x**y from abs(x)**y, and what is not a number or 1 whatever the other operand is."""
    size = absolute(x)
    whole = floor(y).equals(y)
    odd = whole & (floor(0.5 * y).differs(0.5 * y))
    undefined = (x < 0.0) & (size < math.inf) & ~whole
    value = select((x.bits() < 0) & odd, -value, value)
    value = select(undefined | x.is_nan() | y.is_nan(), x.of(math.nan), value)
    one = x.equals(1.0) | y.equals(0.0) | (x.equals(-1.0) & absolute(y).equals(math.inf))
    return select(one, x.of(1.0), value)


# --------------------------------------------------------------------------- cube root


def cube_root(x: Vector) -> Vector:
    """Return the real cube root of doubles."""
    a = absolute(x)
    strange = ~is_normal(a)

    def replaced(usual: Vector) -> list[Vector]:
        value = _positive_cube_root(a * 2.0**LIFT) * 2.0 ** (-LIFT // 3)
        value = select(a.equals(0.0) | ~(a < math.inf), a, value)
        return [select(strange, value, usual)]

    usual = _positive_cube_root(a)
    return copy_sign(x.function.rarely(strange, [usual], replaced)[0], x)


def _positive_cube_root(a: Vector) -> Vector:
    """Return the cube root of positive normal numbers.

    With t close to 1/cbrt(a) and so short that t**2 is exact, and e = 1 - a t**3,
    ``cbrt(a) = a t**2 (1 - e)**(-2/3)``.
    """
    power = exponent(a)
    third = multiply_add(power - 1.0, 1 / 3, SHIFT) - SHIFT
    left = multiply_add(third, -3.0, power)
    start = lookup((left + SHIFT).bits() & 7, data.CUBE_ROOT_STEPS)
    t = paired_polynomial(mantissa(a), data.INVERSE_CUBE_ROOT) * start
    t = (t.bits() & -(1 << 29)).as_real()
    reduced = scale(a, -3.0 * third)
    root, low = two_product(reduced, t * t)
    e = fma(-low, t, fma(-root, t, 1.0))
    correction = root * e * paired_polynomial(e, (2 / 3, 5 / 9, 40 / 81))
    return scale(root + (low + correction), third)


def cube_root_single(x: Vector) -> Vector:
    """Return the real cube root of single-precision numbers, in the same way."""
    a = absolute(x)
    strange = ~is_normal(a)

    def replaced(usual: Vector) -> list[Vector]:
        value = _positive_cube_root_single(a * 2.0**24) * 2.0**-8
        value = select(a.equals(0.0) | ~(a < math.inf), a, value)
        return [select(strange, value, usual)]

    usual = _positive_cube_root_single(a)
    return copy_sign(x.function.rarely(strange, [usual], replaced)[0], x)


def _positive_cube_root_single(a: Vector) -> Vector:
    """Return the cube root of positive normal numbers of single precision.

    The mantissa is m, and the root of what is left of the exponent is a factor. With t close to
    1/cbrt(m), s = m t**2 and e = 1 - s t, an error of s counts only by a third in
    s (1 + 2e/3 + 5e**2/9).
    """
    bits = a.bits()
    # The exponent less one, its nearest third, and what is left: -1, 0 or 1.
    power = ((bits - (128 << 23)) >> 23).to_real("float")
    shift = a.of(1.5 * 2.0**23 + 127.0)
    shifted = multiply_add(power, 1 / 3, shift)
    left = multiply_add(shifted - shift, -3.0, power)
    none, first, second = (a.of(factor) for factor in data.CUBE_ROOT_FACTORS)
    factor = select(left > 0.5, second, select(left > -0.5, first, none))
    fraction = ((bits & 0x7FFFFF) | 0x3F800000).as_real()
    t = paired_polynomial(fraction, data.INVERSE_CUBE_ROOT_SINGLE)
    start = fraction * t * t
    e = fma(-start, t, 1.0)
    root, low = two_product(start, factor * (shifted.bits() << 23).as_real())
    return root + multiply_add(root, e * paired_polynomial(e, (2 / 3, 5 / 9)), low)


# --------------------------------------------------------------------------- length

# Squares of larger numbers may overflow, of smaller ones lose digits.
LARGE, SMALL, FACTOR = 2.0**500, 2.0**-450, 2.0**600


def hypot(x: Vector, y: Vector) -> Vector:
    """Return sqrt(x**2 + y**2) of doubles, where the squares may overflow."""
    a, b = absolute(x), absolute(y)
    swapped = a < b
    large, small = select(swapped, b, a), select(swapped, a, b)
    strange = ~((large > SMALL) & (large < LARGE) & (small < LARGE))

    def replaced(usual: Vector) -> list[Vector]:
        above = large > 1.0
        factor = select(above, x.of(1 / FACTOR), FACTOR)
        value = _length(large * factor, small * factor) * select(above, x.of(FACTOR), 1 / FACTOR)
        value = select(large.equals(0.0), large + small, value)
        value = select(x.is_nan() | y.is_nan(), x.of(math.nan), value)
        value = select(a.equals(math.inf) | b.equals(math.inf), x.of(math.inf), value)
        return [select(strange, value, usual)]

    return x.function.rarely(strange, [_length(large, small)], replaced)[0]


def _length(large: Vector, small: Vector) -> Vector:
    """Return the root of the sum of squares, corrected by the error of the root."""
    square, square_low = two_product(large, large)
    other, other_low = two_product(small, small)
    total, lost = fast_two_sum(square, other)
    root = square_root(total)
    error = fma(-root, root, total) + (lost + (square_low + other_low))
    return multiply_add(error, 0.5 / root, root)


def hypot_single(x: Vector, y: Vector) -> Vector:
    """Return sqrt(x**2 + y**2) of single-precision numbers, in doubles."""
    a, b = x.widened(), y.widened()
    usual = square_root(multiply_add(a, a, b * b)).narrowed()
    strange = ~(usual < math.inf)

    def replaced(usual: Vector) -> list[Vector]:
        infinite = absolute(x).equals(math.inf) | absolute(y).equals(math.inf)
        return [select(infinite, x.of(math.inf), usual)]

    return x.function.rarely(strange, [usual], replaced)[0]
