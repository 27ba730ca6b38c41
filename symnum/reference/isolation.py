"""The search for all real roots of an expression in one unknown, box by box."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpq

from symnum.errors import UnsupportedNodeError
from symnum.reference.boxes import as_fraction, as_symbolic, interior, middle, simplest_inside
from symnum.reference.precision import working_precision
from symnum.reference.ranges import RangeFunction
from symnum.reference.spans import (
    CONTINUOUS,
    DEFINED,
    EMPTY,
    Span,
    add,
    contains_zero,
    inverse,
    multiply,
    negative,
    point,
)
from symnum.reference.targets import Target

__all__ = ["Isolation", "Located"]

# Never the middle: roots love mid-points.
SHARE = fmpq(492, 1000)
# A box is not cut below this width, absolutely near zero and relative to its place elsewhere.
NARROWEST = fmpq(1, 1 << 44)
INFLATION = fmpq(1, 8)
MOST_STEPS = 200
# Signs at points and values at turning points are sought up to this precision.
MOST_BITS = 1 << 12
HIGHEST_MULTIPLICITY = 6


@dataclass(frozen=True, slots=True)
class Located:
    """A root, or a possible one, between the ends of a span; `region` holds no other root."""

    span: Span
    proved: bool
    multiplicity: int | None
    steps: int = 0
    region: Span | None = None


class Isolation:
    """All roots of one expression.

    Parameters
    ----------
    expr : Expr
    unknown : Symbol
    budget : int
        The number of boxes after which the rest is left unresolved.
    digits : int
        Accuracy to which each root is refined.

    Attributes
    ----------
    located : list of Located
    unresolved : list of Span
    boxes : int
    """

    def __init__(self, expr: Any, unknown: sympy.Symbol, budget: int, digits: int) -> None:
        self.expr = expr
        self.unknown = unknown
        self.budget = budget
        self.digits = digits
        self.target = Target(expr)
        self.numerator, self.denominator = _fraction(expr, unknown)
        self.located: list[Located] = []
        self.unresolved: list[Span] = []
        self.boxes = 0

    def run(self, side: Span) -> None:
        """Examine the closed interval, from both ends in turn.

        A place near one end that no box is small enough for uses up half of the budget at most.
        """
        waiting = deque([side])
        while waiting:
            from_left = self.boxes % 2 == 0
            box = waiting.popleft() if from_left else waiting.pop()
            self.boxes += 1
            if self.boxes > self.budget:
                self.unresolved += [box, *waiting]
                break
            with working_precision(64):
                left_over = self._examine(box)
            if not left_over:
                continue
            if len(left_over) > 1 or not _is_narrow(left_over[0]):
                parts = self._parts(left_over)
                if from_left:
                    waiting.extendleft(reversed(parts))
                else:
                    waiting.extend(parts)
            else:
                self.unresolved.append(left_over[0])
        self._tidy(side)

    def _parts(self, boxes: list[Span]) -> list[Span]:
        if len(boxes) > 1:
            return boxes
        place = middle(boxes[0], SHARE)
        return [Span(boxes[0].low, place), Span(place, boxes[0].high)]

    # one box: returns what is left of it

    def _examine(self, box: Span) -> list[Span]:
        span = self._range(self.target, box)
        if span.flags & EMPTY or not contains_zero(span):
            return []
        target = self.target
        if not span.flags & CONTINUOUS:
            if self.numerator is None:
                return [box]
            target = self.numerator
            span = self._range(target, box)
            if not contains_zero(span):
                return []
            if not span.flags & CONTINUOUS:
                return [box]
        if box.low == box.high:
            return self._single(target, box)
        slope = target.derivative(self.unknown)
        if slope is None:
            return [box]
        # Rolle needs the inside only: sqrt(x) has no slope at 0 and is monotone on [0, 1].
        steepness = self._range(slope, interior(box))
        if steepness.flags & DEFINED and not contains_zero(steepness):
            return self._monotone(target, box)
        if steepness.flags & DEFINED and steepness.low == 0 and steepness.high == 0:
            return self._constant(target, box)
        if steepness.flags & CONTINUOUS:
            return self._turning(target, slope, box)
        return [box]

    def _range(self, target: Target, box: Span, prec: int = 64) -> Span:
        return target.range({self.unknown: box}, prec)

    def _single(self, target: Target, box: Span) -> list[Span]:
        """Settle an interval that is one point."""
        if self._sign(target, box.low) == 0:
            self._accept(target, box, None, 0)
            return []
        return [box] if self._sign(target, box.low) is None else []

    def _sign(self, target: Target, place: Any) -> int | None:
        """Return the sign at an exact point; None where no precision decides it."""
        where = point(as_fraction(place))
        prec = 64
        while prec <= MOST_BITS:
            value = self._range(target, where, prec)
            if not value.flags & DEFINED:
                return None
            if value.low > 0:
                return 1
            if value.high < 0:
                return -1
            if value.low == 0 and value.high == 0:
                return 0
            prec *= 4
        # What SymPy itself knows to be zero, as sin(pi).
        return 0 if target.expr.xreplace({self.unknown: as_symbolic(where.low)}) == 0 else None

    def _monotone(self, target: Target, box: Span) -> list[Span]:
        """Settle a box on which the target is continuous and strictly monotone."""
        low, high = self._sign(target, box.low), self._sign(target, box.high)
        if low == 0 or high == 0:
            end = box.low if low == 0 else box.high
            self._accept(target, Span(end, end), 1, 0)
            return []
        if low is None or high is None:
            return self._at_edge(target, box, low, high)
        if low == high:
            return []
        refined, steps = self._refined(target, box)
        self._accept(target, refined, 1, steps, region=box)
        return []

    def _at_edge(self, target: Target, box: Span, low: int | None, high: int | None) -> list[Span]:
        """Settle a monotone box with a root at an end, or too near to it to tell.

        The box is inflated on that side, absolutely and relatively, and the root proved there.
        """
        margin = (as_fraction(box.high) - as_fraction(box.low)) * INFLATION + NARROWEST
        start = as_fraction(box.low) - (margin if low is None else 0)
        stop = as_fraction(box.high) + (margin if high is None else 0)
        wider = Span(start, stop)
        slope = target.derivative(self.unknown)
        if slope is None:
            return [box]
        value, steepness = self._range(target, wider), self._range(slope, wider)
        steady = value.flags & CONTINUOUS and steepness.flags & DEFINED
        ends = self._sign(target, start), self._sign(target, stop)
        if not steady or contains_zero(steepness) or None in ends:
            return [box]
        if ends[0] == ends[1]:
            return []
        refined, steps = self._refined(target, wider)
        if refined.high < box.low or refined.low > box.high:
            return []
        self._accept(target, refined, 1, steps, region=wider)
        return []

    def _constant(self, target: Target, box: Span) -> list[Span]:
        """Settle a box on which the target is constant: all of it, or nothing, is a root."""
        if not self._sign(target, middle(box)):
            self.unresolved.append(box)
        return []

    def _turning(self, target: Target, slope: Target, box: Span) -> list[Span]:
        """Settle a box on which the target turns once, being convex or concave."""
        exact = self._exact_multiple(target, box)
        if exact is not None:
            self._accept(target, exact.span, exact.multiplicity, 0)
            return []
        curvature = slope.derivative(self.unknown)
        if curvature is None:
            return [box]
        bend = self._range(curvature, box)
        if not bend.flags & DEFINED or contains_zero(bend):
            return [box]
        first, last = self._sign(slope, box.low), self._sign(slope, box.high)
        if first is None or last is None:
            return [box]
        if first * last >= 0:
            return self._monotone(target, box)
        turn, _ = self._refined(slope, box)
        convex = 1 if bend.low > 0 else -1
        prec = 64
        while prec <= MOST_BITS:
            value = self._range(target, turn, prec)
            if value.flags & DEFINED and not contains_zero(value):
                if (1 if value.low > 0 else -1) == convex:
                    return []
                return self._beside(box, turn)
            prec *= 4
            turn, _ = self._refined(slope, turn, prec // 8)
        self._accept(target, turn, None, 0, proved=False)
        return []

    @staticmethod
    def _beside(box: Span, turn: Span) -> list[Span]:
        """Return the parts of a box on both sides of a turning point that is no root."""
        parts = []
        if box.low < turn.low:
            parts.append(Span(box.low, turn.low))
        if turn.high < box.high:
            parts.append(Span(turn.high, box.high))
        return parts

    def _exact_multiple(self, target: Target, box: Span) -> Located | None:
        """Return a multiple root at the simplest rational of a box, if it is the only one there.

        With f, f', ... zero at s and the first derivative that is not, the k-th, free of zeros in
        the box, Taylor's formula leaves no other root.
        """
        inside = simplest_inside(box)
        if inside is None:
            return None
        candidates = [end for end in (box.low, box.high, inside) if isinstance(end, fmpq)]
        for place in candidates:
            current: Target | None = target
            for order in range(1, HIGHEST_MULTIPLICITY + 1):
                if current is None or not self._vanishes(current, place):
                    break
                current = current.derivative(self.unknown)
                if current is None:
                    break
                span = self._range(current, box)
                if span.flags & DEFINED and not contains_zero(span):
                    return Located(point(place), True, order)
        return None

    def _vanishes(self, target: Target, place: fmpq) -> bool:
        value = self._range(target, point(place))
        return bool(value.flags & DEFINED and value.low == 0 and value.high == 0)

    # Newton

    def _refined(self, target: Target, box: Span, bits: int | None = None) -> tuple[Span, int]:
        """Return a small enclosure of the only root in a box on which the target is monotone.

        The interval Newton step at least halves the box, or the sign at its middle does.
        """
        slope = target.derivative(self.unknown)
        wanted = int(self.digits * 3.33) + 4 if bits is None else bits
        steps = 0
        while steps < MOST_STEPS and slope is not None:
            low, high = as_fraction(box.low), as_fraction(box.high)
            size = max(abs(low), abs(high))
            if low == high or (high - low) * (1 << wanted) <= size:
                break
            if low <= 0 <= high and (high - low) * (1 << (4 * wanted)) <= 1:
                break
            steps += 1
            exact = self._exact_root(target, box)
            if exact is not None:
                return exact, steps
            box = self._contracted(target, slope, box, 64 + 2 * _bits_known(low, high))
        return box, steps

    def _exact_root(self, target: Target, box: Span) -> Span | None:
        place = simplest_inside(box)
        if place is None or place.height_bits() > 64:
            return None
        return point(place) if self._vanishes(target, place) else None

    def _contracted(self, target: Target, slope: Target, box: Span, prec: int) -> Span:
        centre = middle(box)
        with working_precision(prec):
            steepness = self._range(slope, interior(box), prec)
            value = self._range(target, point(centre), prec)
            step = multiply(value, inverse(steepness))
            newton = add(point(centre), negative(step))
        low = max(box.low, newton.low)
        high = min(box.high, newton.high)
        wide = as_fraction(box.high) - as_fraction(box.low)
        if low <= high and as_fraction(high) - as_fraction(low) <= wide / 2:
            return Span(low, high)
        return self._halved(target, box, centre)

    def _halved(self, target: Target, box: Span, centre: fmpq) -> Span:
        sign = self._sign(target, centre)
        if sign == 0:
            return point(centre)
        if sign is not None and sign == self._sign(target, box.low):
            return Span(centre, box.high)
        if sign is not None:
            return Span(box.low, centre)
        # The root is too near to the middle to tell: keep the middle half, which contains it.
        quarter = (as_fraction(box.high) - as_fraction(box.low)) / 4
        return Span(centre - quarter, centre + quarter)

    # bookkeeping

    def _accept(
        self,
        target: Target,
        span: Span,
        multiplicity: int | None,
        steps: int,
        *,
        proved: bool = True,
        region: Span | None = None,
    ) -> None:
        """Keep a root unless it is known, or lies where the expression itself is undefined."""
        if target is self.numerator and self.denominator is not None:
            bottom = self.denominator(
                {self.unknown: span}, MOST_BITS if span.low == span.high else 64
            )
            own = self._range(self.target, span)
            if own.flags & EMPTY or (contains_zero(bottom) and span.low == span.high):
                return
            if contains_zero(bottom) or not own.flags & DEFINED:
                self.unresolved.append(span)
                return
        found = Located(span, proved, multiplicity, steps, region or span)
        if not any(_same(found, known) for known in self.located):
            self.located.append(found)

    def _tidy(self, side: Span) -> None:
        """Merge boxes that are left over side by side; one that holds a root is a possible one."""
        merged: list[Span] = []
        for box in sorted(self.unresolved, key=lambda box: as_fraction(box.low)):
            if merged and box.low <= merged[-1].high:
                last = merged.pop()
                box = Span(last.low, max(last.high, box.high))
            merged.append(box)
        self.unresolved = []
        for box in merged:
            if self._crosses(box):
                self.located.append(Located(box, False, None, 0, box))
            else:
                self.unresolved.append(box)
        self.located.sort(key=lambda found: as_fraction(found.span.low))

    def _crosses(self, box: Span) -> bool:
        """Return whether the expression is continuous on a box and changes its sign there."""
        if not self._range(self.target, box).flags & CONTINUOUS:
            return False
        ends = self._sign(self.target, box.low), self._sign(self.target, box.high)
        return None not in ends and ends[0] != ends[1]


def _same(one: Located, other: Located) -> bool:
    """Return whether two enclosures hold the same root: one lies where the other is alone."""
    return _inside(one.span, other.region) or _inside(other.span, one.region)


def _inside(span: Span, region: Span | None) -> bool:
    return region is not None and bool(region.low <= span.low and span.high <= region.high)


def _is_narrow(box: Span) -> bool:
    low, high = as_fraction(box.low), as_fraction(box.high)
    return bool(high - low <= NARROWEST * max(fmpq(1), abs(low), abs(high)))


def _bits_known(low: fmpq, high: fmpq) -> int:
    """Return about how many leading bits the ends of a box have in common."""
    ratio = max(abs(low), abs(high)) / (high - low)
    return max(0, int(ratio.p).bit_length() - int(ratio.q).bit_length())


QUOTIENTS: dict[type, Any] = {
    sympy.tan: lambda u: sympy.sin(u) / sympy.cos(u),
    sympy.cot: lambda u: sympy.cos(u) / sympy.sin(u),
    sympy.sec: lambda u: 1 / sympy.cos(u),
    sympy.csc: lambda u: 1 / sympy.sin(u),
    sympy.coth: lambda u: sympy.cosh(u) / sympy.sinh(u),
    sympy.csch: lambda u: 1 / sympy.sinh(u),
}
LARGEST_FRACTION = 2_000


def _fraction(expr: Any, unknown: sympy.Symbol) -> tuple[Target | None, RangeFunction | None]:
    """Return numerator and denominator, where there is a denominator with the unknown in it."""
    if expr.count_ops() > LARGEST_FRACTION:
        return None, None
    for head, quotient in QUOTIENTS.items():
        expr = expr.replace(head, quotient)
    top, bottom = sympy.fraction(sympy.together(expr))
    if not bottom.has(unknown):
        return None, None
    try:
        return Target(top), RangeFunction(bottom)
    except UnsupportedNodeError:
        return None, None
