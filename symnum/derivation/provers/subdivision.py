"""Branch and bound over boxes whose sides may be infinite.

Natural and mean-value enclosures decide the sign on a box or its widest side is halved; an infinite
side is cut at twice its finite end, so the last box reaches to infinity.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import sympy
from flint import arb, ctx
from sympy import Expr

from symnum.derivation.provers.ranges import Range, RangeProgram, range_of_number

__all__ = ["Cover", "Subdivision"]

_PRECISION = 96
_MOST_OPERATIONS = 600
_LARGEST_WEIGHT = 1e9

Cell = tuple[Range, ...]


@final
@dataclass(frozen=True, slots=True)
class Cover:
    """What covering a box found out.

    Attributes
    ----------
    proved : bool
        Whether the expression is nonnegative (positive, if that was asked) on all of the box.
    boxes : int
        How many boxes were looked at.
    counterexample : tuple of arb or None
        A point at which the expression is negative, by an enclosure at that point.
    stuck : tuple of Range or None
        The box that would not close.
    """

    proved: bool
    boxes: int
    counterexample: tuple[Any, ...] | None = None
    stuck: Cell | None = None


@final
class Subdivision:
    """The enclosures of one expression and of its derivatives, ready for many boxes.

    Parameters
    ----------
    expr : sympy.Expr
        Real on the box.
    sides : mapping from sympy.Symbol to (low, high)
        The box; ends may be infinite.
    conditions : sequence of sympy.Expr
        Boxes on which one of these is negative throughout do not count.
    """

    __slots__ = ("_conditions", "_expr", "_gradient", "_program", "_start", "_symbols")

    def __init__(
        self,
        expr: Expr,
        sides: Mapping[sympy.Symbol, tuple[Expr, Expr]],
        conditions: tuple[Expr, ...] = (),
    ) -> None:
        self._expr = expr
        self._symbols = tuple(sides)
        with ctx.workprec(_PRECISION):
            self._program = RangeProgram(self._symbols, expr)
            self._conditions = [RangeProgram(self._symbols, gap) for gap in conditions]
            self._start = tuple(
                Range(range_of_number(low).low, range_of_number(high).high)
                for low, high in sides.values()
            )
        self._gradient: list[RangeProgram] | None = None

    def prove_nonnegative(self, budget: int = 2000, *, strict: bool = False) -> Cover:
        """Prove that the expression is nonnegative on the box.

        Parameters
        ----------
        budget : int
            The largest number of boxes.
        strict : bool
            Whether zero is not allowed.

        Returns
        -------
        Cover
        """
        with ctx.workprec(_PRECISION):
            return self._cover(budget, strict)

    def _cover(self, budget: int, strict: bool) -> Cover:
        heap: list[tuple[float, int, Cell]] = [(0.0, 0, self._start)]
        count = 0
        while heap:
            _, _, cell = heapq.heappop(heap)
            count += 1
            if any(program(*cell).high < 0 for program in self._conditions):
                continue
            value = self._enclose(cell)
            if value.low > 0 or (not strict and value.low >= 0):
                continue
            middle = _middle(cell)
            if self._is_violated(middle):
                return Cover(False, count, counterexample=middle)
            halves = _halves(cell)
            if count >= budget or halves is None:
                return Cover(False, count, stuck=cell)
            for part in halves:
                # The boxes of the lowest enclosure first: that is where a violation would be.
                weight = float(value.low.mid()) if value.low.is_finite() else -_LARGEST_WEIGHT
                heapq.heappush(heap, (max(weight, -_LARGEST_WEIGHT), 2 * count + len(heap), part))
        return Cover(True, count)

    def _is_violated(self, middle: tuple[Any, ...]) -> bool:
        point = tuple(Range(value, value) for value in middle)
        if not self._program(*point).high < 0:
            return False
        return all(program(*point).low >= 0 for program in self._conditions)

    def _enclose(self, cell: Cell) -> Range:
        natural = self._program(*cell)
        if natural.low > 0 or not all(side.is_bounded for side in cell):
            return natural
        if any(_relative_width(side) > 2 for side in cell):
            return natural
        middle = _middle(cell)
        total = self._program(*(Range(value, value) for value in middle))
        for side, value, program in zip(cell, middle, self._slopes(), strict=True):
            if not (side.high - side.low).is_zero():
                total = total + program(*cell) * (side - Range(value, value))
        low = natural.low if natural.low >= total.low else total.low
        high = natural.high if natural.high <= total.high else total.high
        return Range(low, high)

    def _slopes(self) -> list[RangeProgram]:
        if self._gradient is None:
            self._gradient = []
            for symbol in self._symbols:
                slope = sympy.diff(self._expr, symbol)
                if sympy.count_ops(slope) > 4 * _MOST_OPERATIONS:
                    slope = sympy.Function("unknown")(symbol)  # enclosed by everything
                self._gradient.append(RangeProgram(self._symbols, slope))
        return self._gradient


def _relative_width(side: Range) -> float:
    return float((side.high - side.low).mid())


def _middle(cell: Cell) -> tuple[Any, ...]:
    return tuple(_middle_of(side) for side in cell)


def _middle_of(side: Range) -> Any:
    if side.is_bounded:
        return ((side.low + side.high) / 2).mid()
    if side.low.is_finite():
        return arb(1) if side.low < 0 else (2 * side.low + 1).mid()
    if side.high.is_finite():
        return arb(-1) if side.high > 0 else (2 * side.high - 1).mid()
    return arb(0)


def _halves(cell: Cell) -> list[Cell] | None:
    """Cut the widest side; None where the sides cannot be told from points any more."""
    widths = [
        float((side.high - side.low).upper().mid()) if side.is_bounded else float("inf")
        for side in cell
    ]
    place = max(range(len(cell)), key=lambda index: widths[index])
    if not widths or not widths[place] > 1e-18:
        return None
    side, cut = cell[place], _middle_of(cell[place])
    if not (cut > side.low and cut < side.high):
        return None
    lower, upper = Range(side.low, cut), Range(cut, side.high)
    return [(*cell[:place], part, *cell[place + 1 :]) for part in (lower, upper)]
