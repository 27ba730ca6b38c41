"""Best-first branch and bound over boxes, with natural, mean-value and Taylor forms."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import count
from typing import Any

import mpmath
import sympy
from flint import fmpq

from symnum.reference.boxes import (
    Region,
    as_float,
    as_symbolic,
    bisect,
    interior,
    middle,
    simplest_inside,
    widest,
)
from symnum.reference.evaluator import evaluate
from symnum.reference.precision import working_precision
from symnum.reference.ranges import RangeFunction
from symnum.reference.spans import (
    CONTINUOUS,
    DEFINED,
    GOOD,
    HIGH_OPEN,
    LOW_OPEN,
    Span,
    add,
    inverse,
    multiply,
    negative,
    point,
    whole_power,
)
from symnum.reference.targets import Target

__all__ = ["BoundReport", "ExactEnds", "Search"]

# What a recursion to a derivative may spend each time, where the expression touches zero.
TOUCHING_BUDGET = 60
# From this depth on, each further cut adds bits to the working precision.
DEEP = 24

Place = dict[sympy.Symbol, sympy.Expr]
ExactEnds = dict[sympy.Symbol, tuple[tuple[Any, sympy.Expr], ...]]


@dataclass(frozen=True, slots=True)
class BoundReport:
    """The outcome of a proof by branch and bound.

    Attributes
    ----------
    proved : bool
        Whether the inequality holds on the whole box.
    boxes : int
        How many boxes were examined.
    refuted_at : dict or None
        From symbol to an exact number: a point of the box where the inequality fails.
    stuck : dict or None
        From symbol to (low, high): the box that was hardest when the budget ran out.
    reason : str
        "negative" or "undefined" at a counterexample, "budget" for a box that is left, else "".
    """

    proved: bool
    boxes: int
    refuted_at: dict[sympy.Symbol, sympy.Expr] | None = None
    stuck: dict[sympy.Symbol, tuple[sympy.Expr, sympy.Expr]] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A region that is not settled.

    Attributes
    ----------
    region : dict
        What is left to be shown: the box, or the face on which its least value lies.
    low : Any
        A lower bound of the values: the smallest is examined first.
    symbol : Symbol or None
        The side to cut; None where nothing can be cut.
    """

    region: Region
    low: Any
    symbol: sympy.Symbol | None


@dataclass(frozen=True, slots=True)
class Violation:
    """A point where the inequality is proved to fail, and how."""

    point: dict[sympy.Symbol, sympy.Expr]
    reason: str


# None: the inequality holds on the region.
Verdict = Open | Violation | None


class Search:
    """Best-first branch and bound: the box with the smallest lower bound is examined next.

    Parameters
    ----------
    target : Target
    ends : dict
        From symbol to the exact ends of the whole box, where they are irrational.
    """

    def __init__(
        self, target: Target, ends: ExactEnds, *, strict: bool, budget: int, prec: int
    ) -> None:
        self.target = target
        self.ends = ends
        self.strict = strict
        self.budget = budget
        self.prec = prec
        self.boxes = 0

    def run(self, region: Region) -> BoundReport:
        """Settle a region, box by box."""
        order = count()
        heap: list[tuple[float, int, int, Region]] = [(-math.inf, next(order), 0, region)]
        while heap:
            _, _, depth, box = heapq.heappop(heap)
            if self.boxes >= self.budget:
                return self._gave_up(box)
            verdict = self._settle(box, depth)
            if isinstance(verdict, Violation):
                return BoundReport(
                    False, self.boxes, refuted_at=verdict.point, reason=verdict.reason
                )
            if isinstance(verdict, Open):
                if verdict.symbol is None:
                    return self._gave_up(verdict.region)
                place = middle(verdict.region[verdict.symbol])
                for part in bisect(verdict.region, verdict.symbol, place):
                    heapq.heappush(heap, (as_float(verdict.low), next(order), depth + 1, part))
        return BoundReport(True, self.boxes)

    def _gave_up(self, box: Region) -> BoundReport:
        sides = {s: (as_symbolic(side.low), as_symbolic(side.high)) for s, side in box.items()}
        return BoundReport(False, self.boxes, stuck=sides, reason="budget")

    def _settle(self, box: Region, depth: int) -> Verdict:
        self.boxes += 1
        prec = self.prec + 2 * max(0, depth - DEEP)
        with working_precision(prec):
            return self._examine(box, depth, prec)

    def _examine(self, box: Region, depth: int, prec: int) -> Verdict:
        conditions = self.target.conditions
        if conditions is not None and False in conditions.all(box, prec):
            return None
        if all(side.low == side.high for side in box.values()):
            return self._corner(box, prec)
        natural = self.target.range(box, prec)
        if self._enough(natural):
            return None
        centre = {symbol: middle(side) for symbol, side in box.items()}
        at_centre = self.target.range(points(centre), prec)
        place = {symbol: as_symbolic(value) for symbol, value in centre.items()}
        violation = self._violation(place, at_centre, prec)
        if violation is not None:
            return violation
        if not natural.flags & CONTINUOUS or not at_centre.flags & DEFINED:
            return Open(box, natural.low, widest(box))
        return self._with_slopes(box, natural, centre, at_centre, depth, prec)

    def _enough(self, span: Span) -> bool:
        if not span.flags & DEFINED:
            return False
        if span.low == 0:
            return not self.strict or bool(span.flags & LOW_OPEN)
        return bool(span.low > 0)

    # points

    def _violation(self, place: Place, value: Span, prec: int) -> Violation | None:
        """Return a violation at an exact point if it is proved and the point counts."""
        defined = bool(value.flags & DEFINED)
        fails = defined and (value.high < 0 or (self.strict and value.high == 0))
        if (defined and not fails) or not self._counts(place, prec):
            return None
        if fails:
            return Violation(place, "negative")
        return Violation(place, "undefined") if self._undefined_at(place) else None

    def _counts(self, place: Place, prec: int) -> bool:
        """Return whether a point certainly satisfies the conditions."""
        if self.target.conditions is None:
            return True
        conditions = RangeFunction(*(each.xreplace(place) for each in self.target.where))
        return all(truth is True for truth in conditions.all({}, prec))

    def _undefined_at(self, place: Place) -> bool:
        value = evaluate(self.target.expr, place, 20)
        return not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value)

    def _corner(self, box: Region, prec: int) -> Verdict:
        """Settle a single point, at a precision that is raised until the sign is clear."""
        place = {symbol: self._exact_end(symbol, box[symbol].low) for symbol in box}
        for bits in (prec, 4 * prec, 16 * prec):
            value = self._value_at(place, bits)
            if self._enough(value):
                return None
            violation = self._violation(place, value, bits)
            if violation is not None:
                return violation
        return Open(box, value.low, None)

    def _exact_end(self, symbol: sympy.Symbol, value: Any) -> sympy.Expr:
        """Return an end as it was given: an irrational one is not its outward rounding."""
        for rounded, exact in self.ends.get(symbol, ()):
            if value == rounded:
                return exact
        return as_symbolic(value)

    def _value_at(self, place: Place, prec: int) -> Span:
        if all(value.is_Rational for value in place.values()):
            exact = {s: fmpq(int(value.p), int(value.q)) for s, value in place.items()}
            return self.target.range(points(exact), prec)
        return RangeFunction(self.target.expr.xreplace(place))({}, prec)

    # derivatives

    def _with_slopes(
        self,
        box: Region,
        natural: Span,
        centre: dict[sympy.Symbol, fmpq],
        at_centre: Span,
        depth: int,
        prec: int,
    ) -> Verdict:
        gradient = self.target.gradient()
        # The mean-value theorem needs the slopes inside only.
        inside = {symbol: interior(side) for symbol, side in box.items()}
        found = gradient.all(inside, prec) if gradient is not None else []
        if not found or not all(slope.flags & DEFINED for slope in found):
            return Open(box, natural.low, widest(box))
        slopes = dict(zip(self.target.partials, found, strict=True))
        offsets = {s: add(box[s], point(-centre[s])) for s in slopes}
        mean = reduce(add, (multiply(slopes[s], offsets[s]) for s in slopes), at_centre)
        if self._enough(Span(mean.low, mean.high, natural.flags & GOOD)):
            return None
        face = self._face(box, slopes)
        if face is not None:
            return self._settle(face, depth)
        if len(box) == 1:
            (symbol,) = box
            if self._convex(symbol, box, centre[symbol], at_centre, prec):
                return None
            if not self.strict and self._touches(symbol, box, prec):
                return None
        low = max(natural.low, mean.low)
        return Open(box, low, steepest(box, slopes))

    def _face(self, box: Region, slopes: dict[sympy.Symbol, Span]) -> Region | None:
        """Return the face on which the least value lies, where the expression is monotone."""
        if self.target.conditions is not None:
            return None
        face = dict(box)
        for symbol, slope in slopes.items():
            side = box[symbol]
            if side.low == side.high:
                continue
            if slope.low >= 0 and not side.flags & LOW_OPEN:
                face[symbol] = Span(side.low, side.low)
            elif slope.high <= 0 and not side.flags & HIGH_OPEN:
                face[symbol] = Span(side.high, side.high)
        return None if face == box else face

    def _convex(
        self, symbol: sympy.Symbol, box: Region, centre: fmpq, at_centre: Span, prec: int
    ) -> bool:
        """Return whether the second-order Taylor form settles a box in one unknown."""
        slope = self.target.derivative(symbol)
        curvature = slope.derivative(symbol) if slope is not None else None
        if slope is None or curvature is None:
            return False
        bend = curvature.range(box, prec)
        at = slope.range(points({symbol: centre}), prec)
        continuous = slope.range(box, prec).flags & CONTINUOUS
        if not (continuous and bend.flags & DEFINED and at.flags & DEFINED):
            return False
        offset = add(box[symbol], point(-centre))
        half = multiply(point(fmpq(1, 2)), multiply(bend, whole_power(offset, 2)))
        if self._enough(add(add(at_centre, multiply(at, offset)), half)):
            return True
        if not bend.low > 0:
            return False
        # The lowest point of the parabola, wherever it lies.
        dip = multiply(whole_power(at, 2), inverse(Span(2 * bend.low, 2 * bend.low)))
        return self._enough(add(at_centre, negative(dip)))

    def _touches(self, symbol: sympy.Symbol, box: Region, prec: int) -> bool:
        """Return whether the expression is exactly zero at a point and grows away from it."""
        slope = self.target.derivative(symbol)
        if slope is None:
            return False
        side = box[symbol]
        if not side.flags & LOW_OPEN and self._is_zero(self.target, symbol, side.low, prec):
            return self._grows(slope, box)
        if not side.flags & HIGH_OPEN and self._is_zero(self.target, symbol, side.high, prec):
            return self._grows(slope.opposite(), box)
        inside = simplest_inside(side)
        if inside is None or not self._is_zero(self.target, symbol, inside, prec):
            return False
        curvature = slope.derivative(symbol)
        if curvature is None or not self._is_zero(slope, symbol, inside, prec):
            return False
        if not slope.range(box, prec).flags & CONTINUOUS:
            return False
        return self._grows(curvature, box)

    def _is_zero(self, target: Target, symbol: sympy.Symbol, place: Any, prec: int) -> bool:
        exact = {symbol: self._exact_end(symbol, place)}
        value = Search(target, self.ends, strict=False, budget=1, prec=prec)._value_at(exact, prec)
        return bool(value.flags & DEFINED and value.low == 0 and value.high == 0)

    def _grows(self, slope: Target, box: Region) -> bool:
        budget = min(TOUCHING_BUDGET, self.budget // 4)
        inner = Search(slope, self.ends, strict=False, budget=budget, prec=self.prec)
        proved = inner.run(box).proved
        self.boxes += inner.boxes
        return proved


def points(place: Mapping[sympy.Symbol, fmpq]) -> Region:
    """Return a region that is a single point."""
    return {symbol: point(value) for symbol, value in place.items()}


def steepest(box: Region, slopes: Mapping[sympy.Symbol, Span]) -> sympy.Symbol | None:
    """Return the symbol over whose side the expression may change most."""
    best, most = None, 0.0
    for symbol, slope in slopes.items():
        side = box[symbol]
        wide = as_float(side.high - side.low)
        change = wide * max(abs(as_float(slope.low)), abs(as_float(slope.high)))
        if not math.isfinite(change):
            return widest(box)
        if change > most:
            best, most = symbol, change
    return best if best is not None else widest(box)
