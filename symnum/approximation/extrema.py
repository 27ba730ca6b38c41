"""All local extrema of the error of a member of a family, each polished to full precision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb

from symnum.approximation.families import Family
from symnum.approximation.taylor import series_precision

__all__ = ["Extremum", "chebyshev_grid", "local_extrema"]

MOST_STEPS = 400


@dataclass(frozen=True, slots=True)
class Extremum:
    """A local extremum of the error, or an end of the interval.

    Attributes
    ----------
    place : arb
        Exact.
    error : arb
        The weighted error there, a small ball.
    """

    place: arb
    error: arb

    @property
    def size(self) -> arb:
        """The size of the error, exact."""
        middle = self.error.mid()
        # `abs` would round to the precision that happens to be set.
        return middle.neg(exact=True) if middle < 0 else middle


def chebyshev_grid(low: arb, high: arb, count: int, prec: int) -> list[arb]:
    """Return points that are dense at the ends, which are included.

    Parameters
    ----------
    low, high : arb
        Balls around the ends; the midpoints are taken.
    count : int
        Number of points, even, so that the middle of the interval is none of them.
    prec : int
        Precision in bits.
    """
    with series_precision(prec, 1):
        left, right = low.mid(), high.mid()
        middle, half = (left + right) / 2, (right - left) / 2
        inner = [
            (middle - half * arb(math.cos(math.pi * k / (count - 1)))).mid()
            for k in range(1, count - 1)
        ]
        return [left, *inner, right]


def local_extrema(
    family: Family, values: Sequence[arb], grid: Sequence[arb], prec: int
) -> list[Extremum]:
    """Return the local extrema of the error and the two ends, ascending.

    Parameters
    ----------
    family : Family
    values : sequence of arb
        The free parameters.
    grid : sequence of arb
        Ascending; extrema closer together than two of these points may be missed.
    prec : int
        Precision in bits.
    """
    found: list[Extremum] = []
    slopes: list[arb] = []
    for place in grid:
        target, inverse = family.problem.cached_data(place, prec, 2)
        with series_precision(prec, 2):
            error = target - family.series(place, values, prec, 2)
            if inverse is not None:
                error = error * inverse
        found.append(Extremum(place, error[0]))
        slopes.append(error[1])
    # By the midpoints: at a node that is an extremum, polished before, the slope is a ball around
    # zero, and its midpoint lies on one side of it or the other.
    signs = [_sign(slope) for slope in slopes]
    result = [found[0]]
    for k in range(len(grid) - 1):
        if k and signs[k] == 0:
            result.append(found[k])
        if signs[k] * signs[k + 1] < 0:
            result.append(_polished(family, values, grid[k], grid[k + 1], signs[k] > 0, prec))
    result.append(found[-1])
    return result


def _sign(slope: arb) -> int:
    """Return the sign of the midpoint, 0 also where nothing is known, as at a kink."""
    middle = slope.mid()
    return int(bool(middle > 0)) - int(bool(middle < 0)) if slope.is_finite() else 0


def _polished(
    family: Family, values: Sequence[arb], low: arb, high: arb, rising: bool, prec: int
) -> Extremum:
    """Return the zero of the slope between two points: Newton's method within the bracket."""
    with series_precision(prec, 3):
        smallest = (high - low).mid() * arb(2) ** (-(prec - 24))
        place = ((low + high) / 2).mid()
        error = family.error(place, values, prec, 3)
        for _ in range(MOST_STEPS):
            slope, curvature = error[1], 2 * error[2]
            if not slope.is_finite() or slope.contains(0):
                break  # a kink, or as close as this precision can tell
            if (slope > 0) == rising:
                low = place
            else:
                high = place
            candidate = (place - slope.mid() / curvature.mid()).mid()
            if not candidate.is_finite() or not low < candidate < high:
                candidate = ((low + high) / 2).mid()
            moved = abs(candidate - place).mid()
            place = candidate
            error = family.error(place, values, prec, 3)
            if moved <= smallest:
                break
        return Extremum(place, error[0])
