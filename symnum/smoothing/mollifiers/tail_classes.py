"""How a density without a closed form falls off: what growth it integrates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from mpmath import mpf
from sympy import Expr, Integer

from symnum.expressions.named_functions import unfold
from symnum.reference import evaluate
from symnum.reference.precision import private_context
from symnum.smoothing.mollifiers.laws import U
from symnum.smoothing.pieces.canonical_pieces import Piece

__all__ = ["tail_of_pieces"]

# Decimal exponents of the places at which a tail is looked at.
_NEAR, _FAR = 10, 20
_DIGITS = 40
_DEEP = 10**6
# With K = e^(-c t^p) the power p is told from these two, with room for factors t^k.
_SLOWER, _FASTER = 0.9, 1.1
# Logarithms and powers that are no integers leave so much between two degrees.
_ROUNDING = 0.05


def tail_of_pieces(pieces: Sequence[Piece]) -> tuple[int | None, Expr]:
    """Return the highest degree that a density integrates, and the least rate that it does not.

    The degree is None where every degree is integrated, the rate oo where every rate is; both as
    far as values at 10^10 and 10^20 tell.

    Parameters
    ----------
    pieces : sequence of (Expr, Expr, Expr)
        Left end, right end and density in `U`.
    """
    degrees: list[int] = []
    rates: list[Expr] = [sympy.oo]
    for low, high, piece in pieces:
        for end, direction in ((low, -1), (high, 1)):
            if end.is_infinite:
                degree, rate = _tail(piece, direction)
                degrees += [] if degree is None else [degree]
                rates.append(rate)
    return min(degrees, default=None), sympy.Min(*rates)


def _tail(piece: Expr, direction: int) -> tuple[int | None, Expr]:
    plain = unfold(piece)
    first, second = (_depth(plain, direction, power) for power in (1, 2))
    # e^(-e^t) needs no further look, which would take a number of 10^20 digits.
    if second is None or (first is not None and second > max(_DEEP, 30 * first)):
        return None, sympy.oo
    near, far = (_depth(plain, direction, power) for power in (_NEAR, _FAR))
    if near is None or far is None:
        return None, sympy.oo
    context = private_context()
    context.dps = _DIGITS
    decades = (_FAR - _NEAR) * context.ln10
    exponent = (far - near) / decades
    if abs(far) < 1e6:
        # K = C t^-p (log t)^q: the moment of degree k exists for k < p - 1.
        return max(0, int(context.ceil(exponent - 1 - _ROUNDING)) - 1), Integer(0)
    power = context.log(far / near) / decades
    if power < _SLOWER:
        return None, Integer(0)
    if power > _FASTER:
        return None, sympy.oo
    rate = far / context.mpf(10) ** _FAR
    return None, sympy.nsimplify(sympy.Float(rate, 16), [sympy.pi], tolerance=1e-14)


def _depth(plain: Expr, direction: int, power: int) -> Any:
    """Return -log |K| at a place, or None where K is too small for a number."""
    value = abs(evaluate(plain, {U: direction * Integer(10) ** power}, _DIGITS))
    context = private_context()
    context.dps = _DIGITS
    if not context.isfinite(value) or value == 0:
        return None
    return -context.log(mpf(value))
