"""Arc sine, arc cosine and arc tangents.

The arc sine of abs(x) <= 1/2 is a polynomial; beyond, asin x = pi/2 - 2 asin(sqrt((1 - x)/2)).
The arc tangent is that of a quotient n/d from 0 to 1 and, in double precision, of what the
quotient differs from a multiple c of 17/256: atan(n/d) = atan c + atan((n - c d)/(d + c n)). What
is added to 0, pi/2 or pi is added in two parts.
"""

from __future__ import annotations

from symnum.compiler.elementary.arithmetic import fast_two_sum
from symnum.compiler.elementary.coefficients import inverse_trigonometric as constants
from symnum.compiler.elementary.polynomials import paired_polynomial
from symnum.compiler.vectors.operations import (
    absolute,
    copy_sign,
    fma,
    horner,
    lookup,
    per_lane,
    select,
    square_root,
)
from symnum.compiler.vectors.values import Vector

__all__ = ["acos", "asin", "atan", "atan2"]

# Adding it rounds to a whole number, which then stands in the low bits.
ROUNDING = 6755399441055744.0
SPACING = 17 / 256
PIECES = 16
FLAT = 2.0**100
# Between these magnitudes neither sums overflow nor products lose digits.
LARGEST, SMALLEST = 2.0**1000, 2.0**-900
LARGEST_SINGLE, SMALLEST_SINGLE = 2.0**120, 2.0**-100


def _quarter_turn(x: Vector) -> tuple[float, float]:
    high, low = constants.QUARTER_TURN if x.kind == "double" else constants.QUARTER_TURN_SINGLE
    return high, low


# --------------------------------------------------------------------------- sine and cosine


def _arc_sine_slope(square: Vector) -> Vector:
    """Return (asin(s)/s - 1)/s**2."""
    single = square.kind == "float"
    values = constants.ARC_SINE_SINGLE if single else constants.ARC_SINE
    return paired_polynomial(square, values)


def asin(x: Vector) -> Vector:
    """Return the arc sine, NaN beyond -1 and 1."""
    if not x.function.target.fused:
        return _library("asin", x)
    magnitude = absolute(x)
    large = magnitude > 0.5
    square = select(large, fma(magnitude, -0.5, 0.5), magnitude * magnitude)
    side = select(large, square_root(square) * -2.0, magnitude)
    high, low = _quarter_turn(x)
    base = select(large, x.of(high), 0.0)
    total, error = fast_two_sum(base, side)
    rest = fma(side * square, _arc_sine_slope(square), error + select(large, x.of(low), 0.0))
    return copy_sign(total + rest, x)


def acos(x: Vector) -> Vector:
    """Return the arc cosine, NaN beyond -1 and 1."""
    if not x.function.target.fused:
        return _library("acos", x)
    magnitude = absolute(x)
    large, negative = magnitude > 0.5, x < 0.0
    square = select(large, fma(magnitude, -0.5, 0.5), magnitude * magnitude)
    root = square_root(square)
    high, low = _quarter_turn(x)
    far = select(negative, x.of(2.0 * high), 0.0)
    far_low = select(negative, x.of(2.0 * low), 0.0)
    # 2 asin(root), pi - 2 asin(root), or pi/2 - asin x
    side = select(large, copy_sign(root + root, x), -x)
    total, error = fast_two_sum(select(large, far, high), side)
    rest = fma(side * square, _arc_sine_slope(square), error + select(large, far_low, low))
    return total + rest


# --------------------------------------------------------------------------- tangent


def _angle(smaller: Vector, larger: Vector) -> tuple[Vector, Vector]:
    """Return atan(smaller/larger) in two parts."""
    if smaller.kind == "float":
        quotient = smaller / larger
        square = quotient * quotient
        slope = paired_polynomial(square, constants.ARC_TANGENT_SINGLE)
        return quotient, quotient * square * slope
    # A fifth is taken off: where the multiple is the first, what it differs by stays small.
    shifted = fma(smaller / larger, 1 / SPACING, -0.2) + ROUNDING
    near = (shifted - ROUNDING) * SPACING
    index = shifted.bits() & (PIECES - 1)
    quotient = fma(-near, larger, smaller) / fma(near, smaller, larger)
    square = quotient * quotient
    slope = horner(square, constants.ARC_TANGENT)
    rest = fma(quotient * square, slope, lookup(index, constants.ANGLES_TAIL))
    return lookup(index, constants.ANGLES), quotient + rest


def _turned(base: Vector, base_low: Vector, flip: Vector, parts: tuple[Vector, Vector]) -> Vector:
    """Return base plus an angle, or less it where the bits of `flip` are the sign."""
    large, small = ((part.bits() ^ flip).as_real() for part in parts)
    total, error = fast_two_sum(base, large)
    return total + (small + (error + base_low))


def _sign_bit(x: Vector) -> int:
    return -(2**63) if x.kind == "double" else -(2**31)


def atan(x: Vector) -> Vector:
    """Return the arc tangent."""
    if not x.function.target.fused:
        return _library("atan", x)
    magnitude = absolute(x)
    # Beyond, the result is pi/2; NaN is not larger and stays.
    magnitude = select(magnitude > FLAT, x.of(FLAT), magnitude)
    large = magnitude > 1.0
    parts = _angle(select(large, x.of(1.0), magnitude), select(large, magnitude, 1.0))
    high, low = _quarter_turn(x)
    integer = x.bits()
    flip = select(large, integer.of(_sign_bit(x)), 0)
    base, base_low = select(large, x.of(high), 0.0), select(large, x.of(low), 0.0)
    return copy_sign(_turned(base, base_low, flip, parts), x)


def atan2(y: Vector, x: Vector) -> Vector:
    """Return the angle of the point (x, y), from -pi to pi."""
    if not x.function.target.fused:
        return _library("atan2", y, x)
    height, width = absolute(y), absolute(x)
    steep, left = height > width, x.bits() < 0
    smaller, larger = select(steep, width, height), select(steep, height, width)
    high, low = _quarter_turn(x)
    base = select(steep, x.of(high), select(left, x.of(2.0 * high), 0.0))
    base_low = select(steep, x.of(low), select(left, x.of(2.0 * low), 0.0))
    flip = select(steep ^ left, x.bits().of(_sign_bit(x)), 0)
    value = copy_sign(_turned(base, base_low, flip, _angle(smaller, larger)), y)
    single = x.kind == "float"
    upper, lower = (LARGEST_SINGLE, SMALLEST_SINGLE) if single else (LARGEST, SMALLEST)
    # NaN, too, fails both comparisons.
    extreme = ~((larger <= upper) & (larger >= lower))

    def exact(near: Vector) -> list[Vector]:
        computed = _library("atan2", select(extreme, y, 1.0), select(extreme, x, 1.0))
        return [select(extreme, computed, near)]

    return x.function.rarely(extreme, [value], exact)[0]


def _library(name: str, *operands: Vector) -> Vector:
    """Call the system's library lane by lane, in double precision."""
    if operands[0].kind == "double":
        return per_lane(name, *operands)
    return per_lane(name, *(operand.widened() for operand in operands)).narrowed()
