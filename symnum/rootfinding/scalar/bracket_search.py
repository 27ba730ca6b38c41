"""The search inside a closed bracket, which it never leaves."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from symnum.rootfinding.scalar.bracketing import bracketed_iteration
from symnum.rootfinding.scalar.findings import Finding, judged
from symnum.rootfinding.scalar.free_search import dips
from symnum.rootfinding.scalar.iterations import Limits, Stop, damped_iteration
from symnum.rootfinding.scalar.steps import Method
from symnum.rootfinding.scalar.verdicts import Verdict
from symnum.rootfinding.scalar_functions import Sample, ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["BracketSearch"]

Bracket = tuple[float, float]

#: Points inside a bracket without a change of sign at its ends, and starts tried from them.
INTERIOR = 33
MOST_STARTS = 8

#: Halvings on the way to an extremum.
HALVINGS = 50


@dataclass(frozen=True, slots=True)
class BracketSearch:
    """A search that must not leave a closed bracket."""

    function: ScalarFunction
    method: Method
    limits: Limits
    bracket: Bracket

    def search(self, x0: float | None) -> Finding:
        """Search from a start inside the bracket, or from the chord between its ends."""
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
        sample = self.function.resolved(x, self.method.derivatives)
        low, high = self.bracket
        other = high if x == low else low
        for part in (1e-15, 1e-12, 1e-9, 1e-6):
            if sample.defined and math.isfinite(sample.value):
                break
            nudged = self.function.resolved(x + part * (other - x), self.method.derivatives)
            if nudged.defined:
                sample = nudged
        return sample

    def _within(self, ends: tuple[Sample, Sample], start: float | None) -> Finding:
        return self._admit(
            bracketed_iteration(self.function, self.method, ends, start, self.limits)
        )

    def _admit(self, stop: Stop) -> Finding:
        """Judge a candidate and hold the root to the closed bracket."""
        finding = judged(self.function, stop)
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
        for place in sorted(dips(row), key=lambda k: abs(row[k].value))[:MOST_STARTS]:
            around = row[max(place - 1, 0)], row[min(place + 1, len(row) - 1)]
            for attempt in (self._from(row[place].x), self._touching(*around)):
                if attempt is not None and attempt.success:
                    return attempt
        return None

    def _from(self, start: float) -> Finding:
        """Iterate from a point inside; a change of sign on the way becomes a bracket."""
        stop = damped_iteration(self.function, self.method, start, self.limits)
        if stop.bracket is None:
            return self._admit(stop)
        return self._within(stop.bracket, stop.sample.x)

    def _touching(self, left: Sample, right: Sample) -> Finding | None:
        """Halve towards the extremum between two points: there f may touch zero."""
        if not left.slopes[0] * right.slopes[0] < 0.0:
            return None
        for _ in range(HALVINGS):
            middle = self.function.sample(0.5 * (left.x + right.x), self.method.derivatives)
            if not middle.slopes[0] * left.slopes[0] < 0.0:
                left = middle
            else:
                right = middle
        return self._admit(Stop(middle, None, HALVINGS))


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
