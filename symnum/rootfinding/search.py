"""The search for one root: where to start, what to do when an iteration fails, when to give up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from symnum.rootfinding.confirmation import Verdict, confirm
from symnum.rootfinding.iterations import (
    Limits,
    Stop,
    bracketed_iteration,
    damped_iteration,
    plain_iteration,
)
from symnum.rootfinding.scalar_function import Sample, ScalarFunction
from symnum.rootfinding.status import Status
from symnum.rootfinding.steps import Method

__all__ = ["Finding", "find_root"]

Number = Any  # float or complex
Bracket = tuple[float, float]

#: Changes of sign followed up, and starts tried, before the search is given up.
MOST_BRACKETS = 12
MOST_STARTS = 8

#: Points inside a bracket without a change of sign at its ends.
INTERIOR = 33

#: Directions and distances of the starts in the complex plane.
COMPLEX_STARTS = tuple(
    radius * complex(math.cos(angle), math.sin(angle))
    for radius in (0.5, 1.0, 3.0, 10.0)
    for angle in (0.7, 2.3, 3.9, 5.5)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What came out of the search.

    Attributes
    ----------
    verdict : Verdict
        On the root, or on the most telling failure.
    iterations : int
        Steps of the iteration that decided.
    """

    verdict: Verdict
    iterations: int

    @property
    def success(self) -> bool:
        """Whether a root was found."""
        return self.verdict.status.success


def find_root(
    function: ScalarFunction,
    method: Method,
    x0: Number | None,
    bracket: Bracket | None,
    limits: Limits,
    admitted: Bracket = (-math.inf, math.inf),
) -> Finding:
    """Search for one root.

    Parameters
    ----------
    function : ScalarFunction
        f.
    method : Method
        How to step.
    x0 : float, complex or None
        Where to start.
    bracket : tuple of float or None
        Where to stay.
    limits : Limits
        When to stop one iteration.
    admitted : tuple of float, optional
        What the assumptions of the unknown admit.

    Returns
    -------
    Finding
    """
    if bracket is not None:
        return _Bracketed(function, method, limits, bracket).search(x0)
    free = _Free(function, method, limits, admitted)
    if x0 is not None and not method.safeguarded:
        return free.judged(plain_iteration(function, method, x0, limits))
    return free.search(x0) if function.real else free.search_plane(x0)


def _judge(function: ScalarFunction, stop: Stop) -> Finding:
    """Confirm a candidate, or pass a failure on."""
    if stop.status is None:
        return Finding(confirm(function, stop.sample.x), stop.iterations)
    return Finding(Verdict(stop.status, stop.sample.x), stop.iterations)


@dataclass(frozen=True, slots=True)
class _Free:
    """A search without a bracket."""

    function: ScalarFunction
    method: Method
    limits: Limits
    admitted: Bracket

    def judged(self, stop: Stop) -> Finding:
        finding = _judge(self.function, stop)
        root = finding.verdict.root
        if finding.success and not isinstance(root, complex):
            low, high = self.admitted
            if not low <= root <= high:
                return Finding(Verdict(Status.LEFT_DOMAIN, root), stop.iterations)
        return finding

    def attempt(self, x0: Number) -> Finding:
        """Iterate from one start; a change of sign on the way becomes a bracket."""
        stop = damped_iteration(self.function, self.method, x0, self.limits)
        if stop.bracket is None:
            return self.judged(stop)
        return self.within(stop.bracket, stop.sample.x, stop.iterations)

    def within(self, ends: tuple[Sample, Sample], start: float | None, spent: int = 0) -> Finding:
        limits = replace(self.limits, maxiter=max(1, self.limits.maxiter - spent))
        stop = bracketed_iteration(self.function, self.method, ends, start, limits)
        return self.judged(replace(stop, iterations=stop.iterations + spent))

    def search(self, x0: float | None) -> Finding:
        """Search the real line around a start, or around zero."""
        first = None if x0 is None else self.attempt(x0)
        if first is not None and (first.success or first.verdict.status is Status.MAXITER):
            return first
        center = 0.0 if x0 is None else x0
        seen: list[Sample] = []
        if x0 is None:
            first = self.attempt(center) if self.function.sample(center).vanishes else None
            if first is not None and first.success:
                return first
        for count, ends in enumerate(self._sign_changes(center, x0 is None, seen)):
            found = self.within(ends, None)
            first = first or found
            if found.success:
                return found
            if count + 1 >= MOST_BRACKETS:
                break
        for start in _promising(seen):
            found = self.attempt(start)
            first = first or found
            if found.success:
                return found
        return first or Finding(Verdict(Status.NAN, center), 0)

    def search_plane(self, x0: complex | None) -> Finding:
        """Search the complex plane around a start, or around zero."""
        first = self.attempt(complex(x0)) if x0 is not None else None
        if first is not None and first.success:
            return first
        center = 0j if x0 is None else complex(x0)
        scale = max(1.0, abs(center))
        for offset in COMPLEX_STARTS:
            found = self.attempt(center + scale * offset)
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
            sample = self.function.sample(x, self.method.derivatives)
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


def _promising(seen: list[Sample]) -> list[float]:
    """Return starts for further iterations: where |f| has a dip among its neighbours."""
    ordered = sorted((s for s in seen if math.isfinite(s.value)), key=lambda s: float(s.x))
    sizes = [abs(sample.value) for sample in ordered]
    dips = [
        k
        for k in range(len(ordered))
        if all(sizes[k] <= sizes[j] for j in (k - 1, k + 1) if 0 <= j < len(ordered))
    ]
    dips.sort(key=lambda k: (abs(ordered[k].x) > 1e3, sizes[k]))
    starts = [float(ordered[k].x) for k in dips[:MOST_STARTS]]
    # A dip is often a point where f' vanishes: step off it.
    return [x + 0.017 * max(1.0, abs(x)) for x in starts]


@dataclass(frozen=True, slots=True)
class _Bracketed:
    """A search that must not leave a closed bracket."""

    function: ScalarFunction
    method: Method
    limits: Limits
    bracket: Bracket

    def search(self, x0: float | None) -> Finding:
        low, high = (self._end(x) for x in self.bracket)
        for end in (low, high):
            if end.vanishes:
                found = self._admit(Stop(end, None, 0))
                if found.success:
                    return found
        first: Finding | None = None
        if low.sign * high.sign < 0:
            first = self._within((low, high), x0)
            if first.success or first.verdict.status is Status.MAXITER:
                return first
        inside = self._scan(low, high, x0)
        if inside is not None:
            return inside
        if first is not None:
            return first
        if not (low.defined and high.defined):
            bad = low if not low.defined else high
            return Finding(Verdict(Status.NAN, bad.x), 0)
        best = min((low, high), key=lambda end: abs(end.value))
        return Finding(Verdict(Status.NO_SIGN_CHANGE, best.x), 0)

    def _end(self, x: float) -> Sample:
        """Return f at an end, or a hair inside where it is not defined at the end itself."""
        sample = self.function.sample(x, self.method.derivatives)
        low, high = self.bracket
        other = high if x == low else low
        for part in (1e-15, 1e-12, 1e-9, 1e-6):
            if sample.defined and math.isfinite(sample.value):
                break
            nudged = self.function.sample(x + part * (other - x), self.method.derivatives)
            if nudged.defined:
                sample = nudged
        return sample

    def _within(self, ends: tuple[Sample, Sample], start: float | None) -> Finding:
        return self._admit(
            bracketed_iteration(self.function, self.method, ends, start, self.limits)
        )

    def _admit(self, stop: Stop) -> Finding:
        """Judge a candidate and hold the root to the closed bracket."""
        finding = _judge(self.function, stop)
        verdict = finding.verdict
        if not finding.success:
            return finding
        low, high = self.bracket
        clipped = min(max(verdict.root, low), high)
        distance = abs(clipped - verdict.root)
        # A few roundings, or what the noise of f at the end cannot tell from the end.
        tolerance = verdict.bound + 4.0 * math.ulp(clipped)
        if distance > max(tolerance, self._blur(clipped)):
            return Finding(Verdict(Status.NO_SIGN_CHANGE, stop.sample.x), stop.iterations)
        if distance:
            status = Status.NOISE_LIMITED if distance > tolerance else Status.CONVERGED
            bound = math.nextafter(verdict.bound + distance, math.inf)
            verdict = replace(verdict, root=clipped, bound=bound, status=status)
        return Finding(verdict, finding.iterations)

    def _blur(self, x: float) -> float:
        """Return how far from x a root may be that rounding cannot tell from x."""
        sample = self.function.sample(x)
        slope = abs(sample.slopes[0])
        return 2.0 * sample.noise / slope if sample.vanishes and slope > 0.0 else 0.0

    def _scan(self, low: Sample, high: Sample, x0: float | None) -> Finding | None:
        """Look between the ends for changes of sign, then for roots without one."""
        points = sorted({*_interior(low.x, high.x), *([] if x0 is None else [x0])})
        samples = [self.function.sample(x, self.method.derivatives) for x in points]
        row = [s for s in (low, *samples, high) if s.defined]
        for left, right in itertools.pairwise(row):
            if left.sign * right.sign < 0:
                found = self._within((left, right), None)
                if found.success:
                    return found
        starts = sorted(row, key=lambda s: abs(s.value))[:MOST_STARTS]
        for start in starts:
            stop = damped_iteration(self.function, self.method, start.x, self.limits)
            found = (
                self._admit(stop)
                if stop.bracket is None
                else self._within(stop.bracket, stop.sample.x)
            )
            if found.success:
                return found
        return None


def _interior(low: float, high: float) -> Iterator[float]:
    """Yield points of a bracket, evenly spaced and, where it spans magnitudes, geometrically."""
    for k in range(1, INTERIOR):
        yield low + (high - low) * k / INTERIOR
    if low > 0.0 and high > 8.0 * low:
        for k in range(1, INTERIOR):
            yield low * (high / low) ** (k / INTERIOR)
    elif high < 0.0 and low < 8.0 * high:
        for k in range(1, INTERIOR):
            yield high * (low / high) ** (k / INTERIOR)
