"""Logarithms: x = 2**k c (1 + r), with a table of sixteen numbers c where it is free.

With the table r is below 1/32 in size and ``log(1 + r) = r + r**2 P(r)``. Without it c is 1 and
x/2**k lies between sqrt(1/2) and sqrt(2); single precision uses the same formula there, doubles
``log(1 + r) = r - h + s (h + z P(z))`` with h = r**2/2, s = r/(2 + r) and z = s**2, whose rounding
errors count only as much as h is smaller than r.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from symnum.compiler.elementary.arithmetic import (
    fast_two_sum,
    has_register_tables,
    paired_polynomial,
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
    select,
)
from symnum.compiler.vectors.values import Vector

__all__ = [
    "FORMATS",
    "LOG_2_HIGH",
    "LOG_2_LOW",
    "LogarithmParts",
    "is_normal",
    "log",
    "log1p",
    "log1p_of_share",
    "log2",
    "log10",
    "logarithm_parts",
    "split",
]

LOG_2_HIGH, LOG_2_LOW = data.LOG_2
# Half a step of the table, as bits of a double.
HALF_STEP = 1 << 47
ONE_BITS = 0x3FF0000000000000


@dataclass(frozen=True, slots=True)
class Format:
    """What distinguishes the formats of numbers.

    Parameters
    ----------
    digits : int
        The bits of the mantissa that are stored.
    root_of_half : int
        The bits of sqrt(1/2).
    normal : int
        How many patterns of bits positive normal numbers have.
    lift : int
        The power of 2 by which subnormal numbers are multiplied.
    log_2, inverse_log_2, inverse_log_10 : tuple of float
        log(2), 1/log(2) and 1/log(10) in two parts; multiples of the first part of log(2) are
        exact.
    """

    digits: int
    root_of_half: int
    normal: int
    lift: int
    log_2: tuple[float, ...]
    inverse_log_2: tuple[float, ...]
    inverse_log_10: tuple[float, ...]


FORMATS = {
    "double": Format(
        52,
        0x3FE6A09E667F3BCD,
        0x7FE0000000000000,
        54,
        data.LOG_2,
        data.INVERSE_LOG_2,
        data.INVERSE_LOG_10,
    ),
    "float": Format(
        23,
        0x3F3504F3,
        0x7F000000,
        24,
        data.LOG_2_SINGLE,
        data.INVERSE_LOG_2_SINGLE,
        data.INVERSE_LOG_10_SINGLE,
    ),
}


def is_normal(x: Vector) -> Vector:
    """Return where numbers are positive, normal and finite."""
    form = FORMATS[x.kind]
    return (x.bits() - (1 << form.digits)).below(form.normal)


# --------------------------------------------------------------------------- reduction


@dataclass(frozen=True, slots=True)
class LogarithmParts:
    """A logarithm as large + small, unevaluated; `small` is the smaller one by far."""

    large: Vector
    small: Vector


def logarithm_parts(x: Vector, beside: Vector | None = None, lifted: int = 0) -> LogarithmParts:
    """Return the logarithm of x*(1 + beside)/2**lifted for positive normal numbers x.

    Parameters
    ----------
    x : Vector
        Doubles or single-precision numbers.
    beside : Vector, optional
        Below the last bit of 1 in size, or not much above.
    lifted : int
        A power of 2 that was multiplied on.
    """
    high, low = FORMATS[x.kind].log_2
    if _has_table(x):
        power, index, fraction = split(x)
        power = power - float(lifted) if lifted else power
        r = fma(fraction, lookup(index, data.RECIPROCALS), -1.0)
        known = multiply_add(power, high, lookup(index, data.LOGARITHMS))
    else:
        power, r = _beside_one(x)
        power = power - float(lifted) if lifted else power
        known = power * high
    large, lost = fast_two_sum(known, r)
    lost = multiply_add(power, low, lost)
    if beside is not None:
        lost = lost + beside
    return LogarithmParts(large, _with_tail(r, lost))


def _has_table(x: Vector) -> bool:
    return x.kind == "double" and has_register_tables(x)


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
        fraction = (x.bits() + ONE_BITS) - (rounded & -(1 << 52))
        return power, step, fraction.as_real()
    whole = rounded.logical_shift(52) - 1023
    return _to_double(whole), step & 15, (x.bits() - (whole << 52)).as_real()


def _beside_one(x: Vector) -> tuple[Vector, Vector]:
    """Return a power of 2 and x/2**power - 1, between sqrt(1/2) - 1 and sqrt(2) - 1."""
    form = FORMATS[x.kind]
    whole = (x.bits() - form.root_of_half) >> form.digits
    r = (x.bits() - (whole << form.digits)).as_real() - 1.0
    return _to_double(whole) if x.kind == "double" else whole.to_real("float"), r


def _to_double(whole: Vector) -> Vector:
    """Return integers below 2**51 in size as doubles, where no instruction may do it."""
    return (whole + 0x4338000000000000).as_real() - 6755399441055744.0


def _with_tail(r: Vector, lost: Vector) -> Vector:
    """Return lost + log(1 + r) - r."""
    if r.kind == "float":
        return multiply_add(r * r, paired_polynomial(r, data.SINGLE), lost)
    if _has_table(r):
        return multiply_add(r * r, paired_polynomial(r, data.NEAR), lost)
    half = 0.5 * r * r
    s = r / (2.0 + r)
    z = s * s
    return multiply_add(s, half + z * paired_polynomial(z, data.FAR), lost) - half


# --------------------------------------------------------------------------- functions


def _logarithm(x: Vector, value: Callable[[LogarithmParts], Vector]) -> Vector:
    """Make a value of the parts of a logarithm, special values apart."""
    lift = FORMATS[x.kind].lift
    strange = ~is_normal(x)

    def replaced(usual: Vector) -> list[Vector]:
        special = value(logarithm_parts(x * 2.0**lift, lifted=lift))
        special = select(x.equals(0.0), x.of(-math.inf), special)
        special = select(x < 0.0, x.of(math.nan), special)
        special = select(x.equals(math.inf) | x.is_nan(), x, special)
        return [select(strange, special, usual)]

    return x.function.rarely(strange, [value(logarithm_parts(x))], replaced)[0]


def log(x: Vector) -> Vector:
    """Return the natural logarithm."""
    return _logarithm(x, lambda parts: parts.large + parts.small)


def log2(x: Vector) -> Vector:
    """Return the logarithm to the base 2; a whole number for a power of 2."""
    return _logarithm(x, lambda parts: _multiplied(parts, FORMATS[x.kind].inverse_log_2))


def log10(x: Vector) -> Vector:
    """Return the logarithm to the base 10."""
    return _logarithm(x, lambda parts: _multiplied(parts, FORMATS[x.kind].inverse_log_10))


def _multiplied(parts: LogarithmParts, factor: tuple[float, ...]) -> Vector:
    """Multiply a logarithm by a constant in two parts."""
    high, low = factor
    product, error = two_product(parts.large, high)
    return product + multiply_add(parts.small, high, multiply_add(parts.large, low, error))


def log1p(x: Vector) -> Vector:
    """Return log(1 + x)."""
    total, lost = two_sum(x, 1.0)
    parts = logarithm_parts(total, lost / total)
    strange = ~is_normal(total)

    def replaced(usual: Vector) -> list[Vector]:
        special = select(x.equals(-1.0), x.of(-math.inf), x)
        special = select(x < -1.0, x.of(math.nan), special)
        return [select(strange, special, usual)]

    result = x.function.rarely(strange, [parts.large + parts.small], replaced)[0]
    # -0.0 is lost in the sums.
    return copy_sign(result, x)


def log1p_of_share(x: Vector) -> Vector:
    """Return log(1 + x) for 0 <= x <= 1, without what other numbers need.

    What 1 + x loses is put back through the table's reciprocal, near enough for so small a term.
    """
    if not _has_table(x):
        return log1p(x)
    total = x + 1.0
    lost = x - (total - 1.0)
    rounded = total.bits() + HALF_STEP
    step = rounded.logical_shift(52 - 4)
    power = exponent(rounded.as_real())
    fraction = ((total.bits() + ONE_BITS) - (rounded & -(1 << 52))).as_real()
    reciprocal = lookup(step, data.RECIPROCALS)
    high, low = FORMATS["double"].log_2
    r = fma(fraction, reciprocal, -1.0)
    known = multiply_add(power, high, lookup(step, data.LOGARITHMS))
    large, rest = fast_two_sum(known, r)
    rest = multiply_add(lost, reciprocal, multiply_add(power, low, rest))
    return large + _with_tail(r, rest)
