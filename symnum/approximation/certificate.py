r"""A proved bound on the largest error of one member of a family.

Around each extremum a Taylor polynomial with remainder proves the error concave (or convex) on a
box, so that its value there bounds the whole box. The gaps between these boxes are bisected until
Taylor polynomials prove the error to be below the same level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_series

from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.extrema import Extremum
from symnum.approximation.families import Family
from symnum.approximation.ordering import ascending
from symnum.approximation.taylor import series_precision

__all__ = ["Bound", "certify"]

MOST_BOXES = 40_000
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Bound:
    """A proved bound.

    Attributes
    ----------
    upper : arb
        No weighted error on the interval is larger in size.
    boxes : int
        How many boxes the proof took.
    """

    upper: arb
    boxes: int


def certify(
    family: Family,
    values: Sequence[arb],
    ends: tuple[arb, arb],
    extrema: Sequence[Extremum],
    prec: int,
    slack: float = 1e-12,
    terms: int | None = None,
) -> Bound:
    """Prove a bound on the largest error of a member over the whole interval.

    Parameters
    ----------
    family : Family
    values : sequence of arb
        The free parameters, exact.
    ends : tuple of arb
        Balls around the ends of the interval.
    extrema : sequence of Extremum
        The local extrema, ascending; they need not be exact.
    prec : int
        Precision in bits.
    slack : float
        How much above the largest extremum, relatively, the bound may lie.
    terms : int, optional
        The order of the Taylor polynomials.

    Raises
    ------
    NoBestApproximation
        Where no proof is found: an extremum is missing, or the error is not smooth enough.
    """
    return _Certificate(family, values, prec, slack, terms or family.order()).run(ends, extrema)


class _Certificate:
    def __init__(
        self, family: Family, values: Sequence[arb], prec: int, slack: float, terms: int
    ) -> None:
        self.family = family
        self.values = tuple(values)
        self.prec = prec
        self.slack = slack
        self.terms = max(terms, 4)
        self.boxes = 0

    def run(self, ends: tuple[arb, arb], extrema: Sequence[Extremum]) -> Bound:
        with series_precision(self.prec, self.terms + 1):
            largest = max((abs(e.error).upper() for e in extrema), key=ascending)
            self.limit = (largest * (1 + arb(self.slack))).upper()
            self.upper = largest
            low, high = ends[0].lower(), ends[1].upper()
            cursor = low
            for index, extremum in enumerate(extrema):
                if abs(extremum.error).upper() < 0.5 * largest:
                    continue
                before = extrema[index - 1].place if index else low
                after = extrema[index + 1].place if index + 1 < len(extrema) else high
                hood = self._neighbourhood(extremum, before, after, low, high)
                if hood is None:
                    continue
                left, right = hood
                if left > cursor:
                    self._cover(cursor, left)
                cursor = right
            if cursor < high:
                self._cover(cursor, high)
            return Bound(self.upper.upper(), self.boxes)

    # boxes around extrema

    def _neighbourhood(
        self, extremum: Extremum, before: arb, after: arb, low: arb, high: arb
    ) -> tuple[arb, arb] | None:
        """Return a box on which the error is proved not to exceed its value at the extremum."""
        place = extremum.place
        left, right = (place - before) / 2, (after - place) / 2
        series = self.family.error(place, self.values, self.prec, self.terms)
        sign = 1 if extremum.error.mid() > 0 else -1
        if not place > low:
            left, right = place - low, (after - place) / 2
        if not place < high:
            left, right = (place - before) / 2, high - place
        for _ in range(HALVINGS):
            bound = self._hood_bound(series, sign, place, left.upper(), right.upper(), low, high)
            self.boxes += 1
            if bound is not None and bound <= self.limit:
                self._raise_to(bound)
                return (place - left).upper().max(low), (place + right).lower().min(high)
            left, right = left / 2 if place > low else left, right / 2 if place < high else right
        return None

    def _hood_bound(
        self, series: arb_series, sign: int, place: arb, left: arb, right: arb, low: arb, high: arb
    ) -> arb | None:
        radius = left.max(right)
        remainder = self._remainder(place, left, right)
        size = min(_finite_terms(series, self.terms), _finite_terms(remainder, self.terms + 1) - 1)
        if size < 2:
            return None
        value, slope = sign * series[0], sign * series[1]
        tail = abs(remainder[size]).upper()
        bend = 2 * sign * series[2] if size > 2 else arb(0)
        for k in range(3, size):
            bend = bend + k * (k - 1) * abs(series[k]) * radius ** (k - 2)
        bend = bend + size * (size - 1) * tail * radius ** (size - 2)
        if bend <= 0:
            # concave: below its tangent at the centre
            rise = (slope * right).max(-slope * left).max(arb(0)).upper()
        else:
            steep = arb(0)
            for k in range(2, size):
                steep = steep + k * abs(series[k]) * radius ** (k - 1)
            steep = steep + size * tail * radius ** (size - 1)
            inward = -slope if not place > low else slope if not place < high else arb(-1)
            if not steep <= inward:
                return None
            # monotone towards the inside; the little beyond the end is covered by the slope
            outside = left if not place > low else right
            rise = ((abs(slope) + steep) * outside).upper()
        upper = (value + rise).upper()
        lowest = value - (abs(slope) * radius)
        for k in range(2, size):
            lowest = lowest - abs(series[k]) * radius**k
        lowest = lowest - tail * radius**size
        if not -lowest <= self.limit:
            return None
        return upper

    # boxes in the gaps

    def _cover(self, low: arb, high: arb) -> None:
        stack = [(low, high)]
        while stack:
            left, right = stack.pop()
            self.boxes += 1
            if self.boxes > MOST_BOXES:
                raise self._failure(left, right, "too many boxes")
            middle = ((left + right) / 2).mid()
            bound = self._box_bound(middle, (right - middle).max(middle - left).upper())
            if bound is not None and bound <= self.limit:
                self._raise_to(bound)
                continue
            if not left < middle < right:
                raise self._failure(left, right, "the error exceeds its extrema")
            stack += [(middle, right), (left, middle)]

    def _box_bound(self, middle: arb, radius: arb) -> arb | None:
        """Return a bound from the Taylor polynomial at the middle; its parabola is exact."""
        series = self.family.error(middle, self.values, self.prec, self.terms)
        remainder = self._remainder(middle, radius, radius)
        size = min(_finite_terms(series, self.terms), _finite_terms(remainder, self.terms + 1) - 1)
        if size < 0:
            return None
        if size == 0:
            return abs(remainder[0]).upper()
        tail = abs(remainder[size]).upper() * radius**size
        for k in range(3, size):
            tail = tail + abs(series[k]).upper() * radius**k
        slope = series[1] if size > 1 else arb(0)
        bend = series[2] if size > 2 else arb(0)
        tops = [_parabola(sign * series[0], sign * slope, sign * bend, radius) for sign in (1, -1)]
        return (tops[0].max(tops[1]) + tail).upper()

    def _remainder(self, place: arb, left: arb, right: arb) -> arb_series:
        box = (place - left).union(place + right)
        return self.family.error(box, self.values, self.prec, self.terms + 1)

    def _raise_to(self, bound: arb) -> None:
        if bound > self.upper:
            self.upper = bound

    def _failure(self, low: arb, high: arb, reason: str) -> NoBestApproximation:
        return NoBestApproximation(
            f"no proof that the error stays below {float(self.limit):.6g} between "
            f"{float(low):.9g} and {float(high):.9g}: {reason}",
            [],
            0,
        )


def _parabola(value: arb, slope: arb, bend: arb, radius: arb) -> arb:
    """Return an upper bound of value + slope*t + bend*t**2 for t up to the radius in size."""
    slope = abs(slope).upper()
    if bend < 0:
        vertex = slope / (-2 * bend)
        if vertex >= radius:
            return (value + slope * radius + bend * radius * radius).upper()
        return (value + slope * slope / (-4 * bend)).upper()
    return (value + slope * radius + abs(bend).upper() * radius * radius).upper()


def _finite_terms(series: arb_series, most: int) -> int:
    """Return how many leading coefficients are finite."""
    for k in range(min(most, series.prec)):
        if not series[k].is_finite():
            return k
    return min(most, series.prec)
