"""Powers in single precision where tables of 32 entries stay in registers; else in doubles.

``x**y = 2**(y log2(x))`` with ``log2(x) = k - log2(c) + log2(1 + r)`` and 1 + r = c x/2**k. The
factors c have six bits, so that r is exact, and the logarithm is summed in two parts of single
precision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from symnum.compiler.elementary.arithmetic import (
    fast_two_sum,
    has_register_tables,
    paired_polynomial,
    two_product,
)
from symnum.compiler.elementary.coefficients import logarithm as logarithm_data
from symnum.compiler.elementary.coefficients import powers as data
from symnum.compiler.elementary.exponential import between
from symnum.compiler.elementary.powers import power_through_double
from symnum.compiler.vectors.operations import absolute, fma, multiply_add, select
from symnum.compiler.vectors.values import Vector, constant_text

__all__ = ["power_single"]

# Half a step of the table, and the patterns of bits of positive normal numbers that it leaves so.
HALF_STEP = 1 << 17
NORMAL_BITS = 0x7F000000 - HALF_STEP
ONE_BITS = 0x3F800000
# Added to a number, this rounds it.
SHIFT = 1.5 * 2.0**23
# Powers of 2 with larger exponents overflow or vanish.
LARGEST = 200.0


def power_single(x: Vector, y: Vector) -> Vector:
    """Return x**y of single-precision numbers."""
    if not has_register_tables(x) or x.lanes != 16:
        return power_through_double(x, y)
    strange = ~((x.bits() - (1 << 23)).below(NORMAL_BITS) & (absolute(y) < math.inf))

    def replaced(usual: Vector) -> list[Vector]:
        return [select(strange, power_through_double(x, y), usual)]

    return x.function.rarely(strange, [_usual(x, y)], replaced)[0]


def _usual(x: Vector, y: Vector) -> Vector:
    """Return x**y for positive normal x and finite y."""
    high, low = _logarithm(x)
    product, error = two_product(y, high)
    rest = multiply_add(y, low, error)
    # Beyond overflow the rest is no number.
    rest = select(absolute(product) < 2 * LARGEST, rest, 0.0)
    product = between(product, -LARGEST, LARGEST)
    shift = x.of(SHIFT)
    whole = (product + shift) - shift
    left = (product - whole) + rest
    return _scaled(multiply_add(left, paired_polynomial(left, data.EXP2_SINGLE), 1.0), whole)


def _logarithm(x: Vector) -> tuple[Vector, Vector]:
    """Return the logarithm to the base 2 in two parts, right to 2**-33 or so."""
    rounded = x.bits() + HALF_STEP
    index = rounded.logical_shift(23 - 5)
    power = (rounded.logical_shift(23) - 127).to_real("float")
    fraction = ((x.bits() + ONE_BITS) - (rounded & -(1 << 23))).as_real()
    r = fma(fraction, _picked(index, data.FACTORS), -1.0)
    known = power + _picked(index, data.FACTOR_LOGARITHMS)
    # log2(1 + r) = a - r a/2 + r**3 P(r) with a = r/log(2); the first two terms in two parts.
    high, low = logarithm_data.INVERSE_LOG_2_SINGLE
    first, first_low = two_product(r, high)
    first_low = multiply_add(r, low, first_low)
    half = -0.5 * r
    second, second_low = two_product(half, first)
    total, lost = fast_two_sum(known, first)
    total, missing = fast_two_sum(total, second)
    small = _picked(index, data.FACTOR_LOGARITHMS_TAIL) + second_low
    small = small + multiply_add(half, first_low, first_low)
    small = multiply_add(r * r * r, paired_polynomial(r, data.LOG_CUBIC_SINGLE), small)
    return total, small + (lost + missing)


def _picked(index: Vector, values: Sequence[float]) -> Vector:
    """Return entries of a table of 32 numbers of single precision by the low five bits."""
    function = index.function
    texts = [constant_text(value, "float") for value in values]
    low, high = (function.constant(texts[start : start + 16], "float") for start in (0, 16))
    return function.call("llvm.x86.avx512.vpermi2var.ps.512", "float", low, index, high)


def _scaled(x: Vector, power: Vector) -> Vector:
    """Return x * 2**power, rounded once."""
    name, function = "llvm.x86.avx512.mask.scalef.ps.512", x.function
    function.module.declare(name, x.type, [x.type, x.type, x.type, "i16", "i32"])
    return function.instruction(
        f"call {x.type} @{name}({x.type} {x.name}, {power.type} {power.name}, "
        f"{x.type} zeroinitializer, i16 -1, i32 4)",
        "float",
        x.lanes,
    )
