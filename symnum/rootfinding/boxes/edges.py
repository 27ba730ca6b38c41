"""On which side of an edge a root lies."""

from __future__ import annotations

from typing import Any

import sympy as sp
from flint import arb

from symnum.reference.balls import to_ball
from symnum.reference.precision import working_precision
from symnum.rootfinding.boxes.arguments import Ends
from symnum.rootfinding.boxes.box_search_functions import float_above, float_below

__all__ = ["EDGE_BITS", "float_ends", "lies_between"]

#: Bits tried to tell a root from an edge of the box; what is closer counts as on it.
EDGE_BITS = (128, 512, 2048)


def lies_between(side: arb, ends: Ends, precision: int) -> bool | None:
    """Return whether a ball lies in a closed interval, None where it crosses an edge.

    Parameters
    ----------
    side : arb
        Around one coordinate of a root.
    ends : tuple of Expr
        Exact real numbers.
    precision : int
        Bits at which the ends are evaluated.

    Examples
    --------
    >>> lies_between(arb(1), (sp.Integer(0), sp.Integer(1)), 64)
    True
    """
    with working_precision(precision):
        low, high = (_ball(end) for end in ends)
        if side < low or side > high:
            return False
        return True if side >= low and side <= high else None


def _ball(end: sp.Expr) -> Any:
    return arb(to_ball(end, "box"))


def float_ends(ends: Ends) -> tuple[float, float]:
    """Return doubles around a closed interval.

    Parameters
    ----------
    ends : tuple of Expr
        Exact real numbers.

    Examples
    --------
    >>> float_ends((sp.Integer(0), sp.Rational(1, 2)))
    (0.0, 0.5)
    """
    with working_precision(128):
        low, high = (to_ball(end, "box") for end in ends)
        first = low.lower() if isinstance(low, arb) else low
        last = high.upper() if isinstance(high, arb) else high
        return float_below(first), float_above(last)
