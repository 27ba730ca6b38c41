"""The exponential of a block of two by two real matrices, by its closed form."""

from __future__ import annotations

from symnum.compiler.elementary import call_elementary, call_pair
from symnum.compiler.vectors import Vector
from symnum.compiler.vectors.operations import absolute, exponent, fma, minimum, select, square_root
from symnum.matexp.numeric.lane_code import Block, Matrix, power_of_two

__all__ = ["closed"]


def closed(block: Block, given: Matrix, result: Matrix) -> Vector:
    """Write exp of two by two real matrices by its closed form.

    With m the mean of the diagonal, h half its difference and q = h**2 + b c, the exponential is
    e**m (C I + S (A - m I)), C and S the entire functions cosh(sqrt q) and sinh(sqrt q)/sqrt q.
    Both signs of q are written so that nothing cancels and only what is too large overflows.
    """
    a, b, c, d = (block.load(given, index) for index in range(4))
    mean, half = a * 0.5 + d * 0.5, a * 0.5 - d * 0.5
    # Entries beyond 2**500 are made smaller first, so that no square overflows.
    shrink = power_of_two(minimum(-exponent(block.column_norm(given)) + 500.0, 0.0))
    small, left, right = half * shrink, b * shrink, c * shrink
    product = left * right
    discriminant = fma(small, small, product) + fma(left, right, -product)
    root = square_root(absolute(discriminant)) / shrink
    still = root.equals(0.0)
    larger = root + absolute(half)
    smaller = product / (larger * shrink) / shrink
    smaller = select(larger.equals(0.0), larger, smaller)
    f, first, last = _hyperbolic(mean, half, larger, smaller, root, still)
    g, third, fourth = _circular(mean, half, root, still)
    turning = discriminant < 0.0
    f = select(turning, g, f)
    first, last = select(turning, third, first), select(turning, fourth, last)
    parted = product.equals(0.0) & (b.equals(0.0) | c.equals(0.0))
    first = select(parted, call_elementary("exp", a), first)
    last = select(parted, call_elementary("exp", d), last)
    for index, value in enumerate((first, b * f, c * f, last)):
        block.store(value, result, index)
    return a.is_nan()


def _hyperbolic(
    mean: Vector, half: Vector, larger: Vector, smaller: Vector, root: Vector, still: Vector
) -> tuple[Vector, Vector, Vector]:
    shrinking = -call_elementary("expm1", root * -2.0)
    ratio = select(still, root.of(1.0), shrinking / (root * 2.0))
    f = call_elementary("exp", mean + root) * ratio
    low = call_elementary("exp", mean - root)
    upper, lower = fma(larger, f, low), fma(smaller, f, low)
    rising = half >= 0.0
    return f, select(rising, upper, lower), select(rising, lower, upper)


def _circular(
    mean: Vector, half: Vector, root: Vector, still: Vector
) -> tuple[Vector, Vector, Vector]:
    sine, cosine = call_pair("sine_cosine", root)
    growth = call_elementary("exp", mean)
    f = growth * select(still, root.of(1.0), sine / root)
    middle = growth * cosine
    return f, fma(half, f, middle), fma(-half, f, middle)
