"""The search without a bracket: around a start, or from nowhere, on the line or in the plane."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from symnum.rootfinding.scalar.bracketing import bracketed_iteration
from symnum.rootfinding.scalar.findings import Finding, judged
from symnum.rootfinding.scalar.iterations import Limits, Stop, damped_iteration, plain_iteration
from symnum.rootfinding.scalar.steps import Method
from symnum.rootfinding.scalar.verdicts import Verdict
from symnum.rootfinding.scalar_functions import Sample, ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["FreeSearch", "dips"]

Number = Any  # float or complex

#: Changes of sign followed up, and starts tried, before the search is given up.
MOST_BRACKETS = 12
MOST_STARTS = 8

#: Directions and distances of the starts in the complex plane.
COMPLEX_STARTS = tuple(
    radius * complex(math.cos(angle), math.sin(angle))
    for radius in (0.5, 1.0, 3.0, 10.0)
    for angle in (0.7, 2.3, 3.9, 5.5)
)


@dataclass(frozen=True, slots=True)
class FreeSearch:
    """A search without a bracket."""

    function: ScalarFunction
    method: Method
    limits: Limits
    admitted: tuple[float, float]

    def plain(self, x0: Number) -> Finding:
        """Iterate without safeguards and judge where it leads."""
        return self._admitted(plain_iteration(self.function, self.method, x0, self.limits))

    def _admitted(self, stop: Stop) -> Finding:
        """Judge a candidate and hold the root to the assumptions of the unknown."""
        finding = judged(self.function, stop)
        root = finding.verdict.root
        if finding.success and not isinstance(root, complex):
            low, high = self.admitted
            if not low <= root <= high:
                return Finding(Verdict(Status.LEFT_DOMAIN, root), stop.iterations)
        return finding

    def _attempt(self, x0: Number) -> Finding:
        """Iterate from one start; a change of sign on the way becomes a bracket."""
        stop = damped_iteration(self.function, self.method, x0, self.limits)
        if stop.bracket is None:
            return self._admitted(stop)
        return self._within(stop.bracket, stop.sample.x, stop.iterations)

    def _within(self, ends: tuple[Sample, Sample], start: float | None, spent: int = 0) -> Finding:
        limits = replace(self.limits, maxiter=max(1, self.limits.maxiter - spent))
        stop = bracketed_iteration(self.function, self.method, ends, start, limits)
        return self._admitted(replace(stop, iterations=stop.iterations + spent))

    def search(self, x0: float | None) -> Finding:
        """Search the real line around a start, or around zero."""
        first = None if x0 is None else self._attempt(x0)
        if first is not None and (first.success or first.verdict.status is Status.MAXITER):
            return first
        center = 0.0 if x0 is None else x0
        seen: list[Sample] = []
        if x0 is None:
            first = self._attempt(center) if self.function.sample(center).vanishes else None
            if first is not None and first.success:
                return first
        for count, ends in enumerate(self._sign_changes(center, x0 is None, seen)):
            found = self._within(ends, None)
            first = first or found
            if found.success:
                return found
            if count + 1 >= MOST_BRACKETS:
                break
        for start in _promising(seen):
            found = self._attempt(start)
            first = first or found
            if found.success:
                return found
        return first or Finding(Verdict(Status.NAN, center), 0)

    def search_plane(self, x0: complex | None) -> Finding:
        """Search the complex plane around a start, or around zero."""
        first = self._attempt(complex(x0)) if x0 is not None else None
        if first is not None and first.success:
            return first
        center = 0j if x0 is None else complex(x0)
        scale = max(1.0, abs(center))
        starts = [center + scale * offset for offset in COMPLEX_STARTS]
        if center:
            starts += COMPLEX_STARTS
        for start in starts:
            found = self._attempt(start)
            if found.success:
                return found
            first = first or found
        assert first is not None
        return first

    def _sign_changes(
        self, center: float, wide: bool, seen: list[Sample]
    ) -> Iterator[tuple[Sample, Sample]]:
        """Walk outwards from a center on both sides and yield neighbours of opposite sign."""
        low, high = self.admitted
        sides: dict[float, Sample] = {}
        for x in _outwards(center, wide):
            if not low <= x <= high:
                continue
            sample = self.function.resolved(x, self.method.derivatives)
            side = math.copysign(1.0, x - center)
            if not sample.defined:
                sides.pop(side, None)
                continue
            seen.append(sample)
            inner = sides.get(side)
            if x == center:
                sides = {1.0: sample, -1.0: sample}
                continue
            sides[side] = sample
            if inner is not None and inner.sign * sample.sign < 0:
                yield inner, sample


def _outwards(center: float, wide: bool) -> Iterator[float]:
    """Yield points around a center, alternating sides, in growing steps."""
    yield center
    scale = max(1.0, abs(center))
    radius = 0.13 * scale if wide else 0.01 * scale
    while radius < 1e8 * scale:
        yield center + radius
        yield center - radius
        radius *= 1.47


def dips(ordered: list[Sample]) -> list[int]:
    """Return the places in a row of samples at which |f| is not larger than at the neighbours.

    Parameters
    ----------
    ordered : list of Sample
        From left to right.

    Returns
    -------
    list of int
    """
    sizes = [abs(sample.value) for sample in ordered]
    return [
        k
        for k in range(len(ordered))
        if all(sizes[k] <= sizes[j] for j in (k - 1, k + 1) if 0 <= j < len(ordered))
    ]


def _promising(seen: list[Sample]) -> list[float]:
    """Return starts for further iterations: where |f| has a dip among its neighbours."""
    ordered = sorted((s for s in seen if math.isfinite(s.value)), key=lambda s: float(s.x))
    places = dips(ordered)
    places.sort(key=lambda k: (abs(ordered[k].x) > 1e3, abs(ordered[k].value)))
    starts = [float(ordered[k].x) for k in places[:MOST_STARTS]]
    # A dip is often a point where f' vanishes: step off it.
    return [x + 0.017 * max(1.0, abs(x)) for x in starts]
