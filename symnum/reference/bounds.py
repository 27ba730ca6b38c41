"""Inequalities over a box, proved by branch and bound in outward-rounded arithmetic.

A box is settled by the natural range, by the mean-value form, by monotonicity (the least value lies
on a face), or in one unknown by convexity and by a recursion to the derivative where the expression
touches zero. Otherwise it is cut. A mid-point at which the expression is provably negative, or not
a real number, refutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy
from flint import fmpq

from symnum.reference.balls import as_expression
from symnum.reference.boxes import (
    Region,
    as_region,
)
from symnum.reference.search import BoundReport, ExactEnds, Search
from symnum.reference.spans import (
    DEFINED,
    GOOD,
    HIGH_OPEN,
    INFINITY,
    LOW_OPEN,
    MINUS_INFINITY,
    Span,
)
from symnum.reference.targets import Target

__all__ = ["BoundReport", "prove_nonnegative"]


def prove_nonnegative(
    expr: Any,
    box: Mapping[sympy.Symbol, Any],
    *,
    where: Sequence[Any] = (),
    budget: int = 20_000,
    prec: int = 64,
    strict: bool = False,
) -> BoundReport:
    """Prove that an expression is >= 0 (or > 0) on a box, or find a point where it is not.

    Parameters
    ----------
    expr : Expr
    box : mapping
        From each free symbol to (low, high) or a domain. Infinite sides are cut geometrically; a
        proof on them needs a range that is non-negative towards infinity.
    where : sequence of Relational
        Only the points of the box that satisfy these count.
    budget : int
        The number of boxes after which to give up.
    prec : int
        Precision in bits; deep boxes use more.
    strict : bool
        Prove > 0 instead of >= 0.

    Returns
    -------
    BoundReport

    Raises
    ------
    ValueError
        Where a free symbol has no side, a side is reversed, or the budget is below 1.
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> prove_nonnegative(x - sympy.sin(x), {x: (0, 5)}).proved
    True
    """
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise ValueError(f"budget must be a positive integer, not {budget!r}")
    region = as_region(box)
    target = Target(as_expression(expr), tuple(where))
    missing = sorted(str(symbol) for symbol in target.symbols if symbol not in region)
    if missing:
        raise ValueError(f"the box has no side for {', '.join(missing)}")
    region = {symbol: region[symbol] for symbol in region if symbol in target.symbols}
    ends = _irrational_ends(box, region)
    options: dict[str, Any] = {"strict": strict, "budget": budget, "prec": prec}
    first = None
    if not strict and _closable(target, region, prec):
        # Where the expression is continuous up to the ends, the closed box is easier.
        first = Search(target, ends, **{**options, "budget": budget // 2}).run(_closed(region))
        if first.proved:
            return first
    report = Search(target, ends, **options).run(region)
    return replace(report, boxes=report.boxes + (first.boxes if first is not None else 0))


def _closable(target: Target, region: Region, prec: int) -> bool:
    """Return whether some finite end is open, and the expression defined at all of these."""
    ends = [
        (symbol, end)
        for symbol, side in region.items()
        for end, flag in ((side.low, LOW_OPEN), (side.high, HIGH_OPEN))
        if side.flags & flag and MINUS_INFINITY < end < INFINITY
    ]
    closed = _closed(region)
    faces = ({**closed, symbol: Span(end, end)} for symbol, end in ends)
    return bool(ends) and all(target.range(face, prec).flags & DEFINED for face in faces)


def _closed(region: Region) -> Region:
    return {
        symbol: Span(
            side.low,
            side.high,
            GOOD
            | (LOW_OPEN if side.low == MINUS_INFINITY else 0)
            | (HIGH_OPEN if side.high == INFINITY else 0),
        )
        for symbol, side in region.items()
    }


def _irrational_ends(box: Mapping[sympy.Symbol, Any], region: Region) -> ExactEnds:
    """Return, of each symbol, the ends that had to be rounded, with what they were."""
    found: dict[sympy.Symbol, list[tuple[Any, sympy.Expr]]] = {}
    for symbol, side in region.items():
        given = box[symbol]
        ends = given if isinstance(given, tuple | list | sympy.Tuple) else (given.low, given.high)
        for rounded, exact in zip((side.low, side.high), ends, strict=True):
            if isinstance(exact, sympy.Expr) and not isinstance(rounded, fmpq) and exact.is_finite:
                found.setdefault(symbol, []).append((rounded, exact))
    return {symbol: tuple(pairs) for symbol, pairs in found.items()}
