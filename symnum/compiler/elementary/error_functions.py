"""The error function and its complements.

erf is one of sixteen polynomials, chosen lane by lane: its coefficients are picked from tables that
stay in registers.
"""

from __future__ import annotations

from symnum.compiler.elementary.coefficients import error_functions as constants
from symnum.compiler.vectors.operations import absolute, copy_sign, fma, lookup, per_lane, select
from symnum.compiler.vectors.values import Vector

__all__ = ["erf"]

# Adding it rounds to a whole number, which then stands in the low bits.
ROUNDING = 6755399441055744.0
PIECES = 16
# Pieces of erf have the width 25/64; the last ends at 6.05, and from 5.93 on erf rounds to 1.
PIECES_PER_UNIT = 2.56
LAST = 6.04


def _table(values: tuple[float, ...], row: int) -> tuple[float, ...]:
    return values[PIECES * row : PIECES * (row + 1)]


def _picked_polynomial(x: Vector, index: Vector, values: tuple[float, ...], last: int) -> Vector:
    """Return the polynomial of the piece without the coefficients below `last`."""
    rows = range(len(values) // PIECES - 2, last - 1, -1)
    total = lookup(index, _table(values, rows.start + 1))
    for row in rows:
        total = fma(total, x, lookup(index, _table(values, row)))
    return total


def erf(x: Vector) -> Vector:
    """Return the error function."""
    if not x.function.target.fused:
        return per_lane("erf", x)
    magnitude = absolute(x)
    # NaN is not larger and stays.
    near = select(magnitude > LAST, x.of(LAST), magnitude)
    shifted = fma(near, PIECES_PER_UNIT, ROUNDING)
    index = shifted.bits() & (PIECES - 1)
    centre = lookup(index, constants.ERF_CENTRES)
    distance = near - centre
    # In the first piece, erf x = x + x P: the sum has one rounding.
    start = select(centre.equals(0.0), near, lookup(index, _table(constants.ERF, 0)))
    slope = _picked_polynomial(distance, index, constants.ERF, 1)
    return copy_sign(fma(slope, distance, start), x)
