"""Three iterations in floats: the plain one, the damped one, and the one inside a bracket.

Each returns where it stopped and why; whether that is a root is decided elsewhere.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

from symnum.rootfinding.scalar_function import Sample, ScalarFunction
from symnum.rootfinding.status import Status
from symnum.rootfinding.steps import Method, multiplicity_estimate

__all__ = ["Limits", "Stop", "bracketed_iteration", "damped_iteration", "plain_iteration"]

Number = Any  # float or complex

#: Halvings of a step before it is given up.
HALVINGS = 14

#: Steps that must all go the same way without getting shorter before the iterates run away.
CRAWL = 12

#: Steps inside a bracket that may shrink slowly before it is halved.
SLOW_STEPS = 3

#: Longest cycle that is recognised.
LONGEST_CYCLE = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: a step of at most `xtol`, or `maxiter` steps."""

    xtol: float | None
    maxiter: int

    def is_small(self, step: Number, x: Number) -> bool:
        """Whether a step no longer moves the point."""
        if self.xtol is not None and abs(step) <= self.xtol:
            return True
        return bool(abs(step) <= math.ulp(abs(x)))


@dataclass(frozen=True, slots=True)
class Stop:
    """Where an iteration ended.

    Attributes
    ----------
    sample : Sample
        The last point.
    status : Status or None
        Why it failed; None where the point may be a root.
    iterations : int
        Steps taken.
    bracket : tuple of Sample, optional
        Two points of opposite sign with the last one between or among them.
    """

    sample: Sample
    status: Status | None
    iterations: int
    bracket: tuple[Sample, Sample] | None = None


def plain_iteration(function: ScalarFunction, method: Method, x0: Number, limits: Limits) -> Stop:
    """Iterate as the textbooks do, without any safeguard, and recognise cycles and divergence."""
    sample = function.sample(x0, method.derivatives)
    visited = [x0]
    for count in range(limits.maxiter):
        if not sample.defined or not math.isfinite(abs(sample.value)):
            return Stop(sample, Status.NAN if count == 0 else Status.DIVERGED, count)
        if sample.vanishes:
            return Stop(sample, None, count)
        step = _step(method, sample)
        if step is None:
            return Stop(sample, Status.ZERO_DERIVATIVE, count)
        x = sample.x + step
        if not math.isfinite(abs(x)) or abs(x) > 1e150:
            return Stop(sample, Status.DIVERGED, count)
        if limits.is_small(step, x):
            return Stop(function.sample(x, method.derivatives), None, count + 1)
        if _repeats(visited, x):
            return Stop(sample, Status.CYCLE, count + 1)
        visited.append(x)
        sample = function.sample(x, method.derivatives)
    if sample.vanishes:
        return Stop(sample, None, limits.maxiter)
    return Stop(sample, Status.MAXITER, limits.maxiter)


def _repeats(visited: list[Number], x: Number) -> bool:
    """Whether the last points, with x, run through the same cycle for the second time."""
    points = [*visited, x]
    for period in range(2, LONGEST_CYCLE + 1):
        if len(points) < 2 * period + 1:
            return False
        recent = points[-period - 1 :]
        before = points[-2 * period - 1 : -period]
        close = 1e-12 * max(abs(point) for point in recent)
        if all(abs(a - b) <= close for a, b in zip(recent, before, strict=True)):
            return True
    return False


def _step(method: Method, sample: Sample) -> Number | None:
    """Return the step, or None where the method has none at this point."""
    try:
        step = method.step(sample)
    except (ArithmeticError, ValueError):
        return None
    return step if math.isfinite(abs(step)) and step != 0 else None


def damped_iteration(function: ScalarFunction, method: Method, x0: Number, limits: Limits) -> Stop:
    """Iterate with steps halved until |f| falls; stop at the first change of sign."""
    sample = function.sample(x0, method.derivatives)
    steps: list[Number] = []
    for count in range(limits.maxiter):
        if not sample.defined:
            return Stop(sample, Status.NAN, count)
        if sample.vanishes:
            return Stop(sample, None, count)
        step = _step(method, sample)
        if step is None:
            return Stop(sample, Status.ZERO_DERIVATIVE, count)
        following = _descended(function, method, sample, step)
        if following is None:
            return Stop(sample, _why_stuck(limits, sample, step), count)
        if function.real and following.sign * sample.sign < 0:
            return Stop(following, None, count + 1, (sample, following))
        taken = following.x - sample.x
        if limits.is_small(taken, following.x):
            return Stop(following, None, count + 1)
        steps.append(taken)
        sample = following
        if _runs_away(steps):
            return Stop(sample, Status.DIVERGED, count + 1)
    return Stop(sample, None if sample.vanishes else Status.MAXITER, limits.maxiter)


def _why_stuck(limits: Limits, sample: Sample, step: Number) -> Status | None:
    """Return None where no descent is possible because the point is a root to a few roundings."""
    tiny = abs(step) <= 64.0 * math.ulp(abs(sample.x)) or limits.is_small(step, sample.x)
    near_noise = abs(sample.value) <= 64.0 * sample.noise
    return None if tiny or near_noise else Status.STALLED


def _descended(
    function: ScalarFunction, method: Method, sample: Sample, step: Number
) -> Sample | None:
    """Return the first point along a step with a smaller |f| or another sign."""
    fraction = 1.0
    for _ in range(HALVINGS):
        x = sample.x + fraction * step
        if x == sample.x:
            return None
        trial = function.sample(x, method.derivatives) if math.isfinite(abs(x)) else None
        if trial is not None and trial.defined:
            if abs(trial.value) < abs(sample.value) or trial.vanishes:
                return trial
            if function.real and trial.sign * sample.sign < 0:
                return trial
        fraction *= 0.5
    return None


def _runs_away(steps: list[Number]) -> bool:
    """Whether the last steps all point the same way and do not get shorter."""
    if len(steps) < CRAWL:
        return False
    recent = steps[-CRAWL:]
    first = recent[0]
    aligned = all((step * first.conjugate()).real > 0.0 for step in recent)
    return aligned and abs(recent[-1]) >= 0.7 * abs(first)


def bracketed_iteration(
    function: ScalarFunction,
    method: Method,
    ends: tuple[Sample, Sample],
    start: float | None,
    limits: Limits,
) -> Stop:
    """Iterate inside a bracket that shrinks by the sign; bisect where the step does not serve.

    The bracket is closed: a converged step that equals an end is taken.
    """
    low, high = sorted(ends, key=lambda end: float(end.x))
    x = start if start is not None and low.x < start < high.x else _first_guess(low, high)
    last = high.x - low.x
    bisections = slow = 0
    for count in range(limits.maxiter):
        sample = _sample_inside(function, method, x, low, high)
        if sample is None:
            # Nothing but this point is left of the bracket: a pole, or a hole in the domain.
            closed = math.nextafter(math.nextafter(low.x, high.x), high.x) >= high.x
            undefined = function.sample(x, method.derivatives)
            return Stop(undefined, None if closed else Status.NAN, count + 1, (low, high))
        if sample.vanishes:
            return Stop(sample, None, count + 1, (low, high))
        low, high = (sample, high) if sample.sign == low.sign else (low, sample)
        if math.nextafter(low.x, math.inf) >= high.x:
            best = low if abs(low.value) < abs(high.value) else high
            return Stop(best, None, count + 1, (low, high))
        step = _step(method, sample)
        if step is not None and abs(step) > 0.5 * abs(last):
            # Newton's own step may serve where a longer one for multiple roots does not.
            step = step / multiplicity_estimate(sample)
        target = sample.x + step if step is not None else math.nan
        serves = step is not None and low.x <= target <= high.x and abs(step) <= 0.5 * abs(last)
        if step is not None and serves and slow < SLOW_STEPS:
            if limits.is_small(step, target):
                return Stop(
                    function.sample(target, method.derivatives), None, count + 1, (low, high)
                )
            slow = slow + 1 if abs(step) > 0.2 * abs(last) else 0
            last = step
            x = target if low.x < target < high.x else _inside(low.x, high.x, target)
            continue
        x = _middle(low.x, high.x, by_bits=_is_wide(low.x, high.x) and bisections not in (0, 2))
        last = 0.5 * (high.x - low.x)
        bisections += 1
        slow = 0
    return Stop(sample, Status.MAXITER, limits.maxiter, (low, high))


def _sample_inside(
    function: ScalarFunction, method: Method, x: float, low: Sample, high: Sample
) -> Sample | None:
    """Return f at a point, or next to it where it is not defined there, as on a pole."""
    for part in (0.0, 1e-9, -1e-9, 1e-3, -1e-3, 0.1, -0.1):
        trial = x + part * (high.x - low.x)
        if low.x < trial < high.x or part == 0.0:
            sample = function.sample(trial, method.derivatives)
            if sample.defined:
                return sample
    return None


def _first_guess(low: Sample, high: Sample) -> float:
    """Return the zero of the chord, kept off the ends, or the middle."""
    rise = high.value - low.value
    if math.isfinite(rise) and rise != 0.0:
        part = -low.value / rise
        if 0.05 <= part <= 0.95:
            return float(low.x + part * (high.x - low.x))
    return _middle(low.x, high.x, by_bits=False)


def _inside(low: float, high: float, target: float) -> float:
    """Return the double next to an end that is inside the bracket."""
    return math.nextafter(low, high) if target <= low else math.nextafter(high, low)


def _is_wide(low: float, high: float) -> bool:
    """Whether a bracket spans orders of magnitude, so that halving its width is slow."""
    return low * high <= 0.0 or max(abs(low), abs(high)) > 8.0 * min(abs(low), abs(high))


def _middle(low: float, high: float, *, by_bits: bool) -> float:
    """Return the middle of a bracket, of the values or of their positions among the doubles.

    The second kind needs at most 64 steps from any bracket to neighbouring doubles.
    """
    if by_bits:
        middle = _double((_position(low) + _position(high)) // 2)
    else:
        middle = low + 0.5 * (high - low)
    if not low < middle < high:
        middle = math.nextafter(low, high)
    return middle


def _position(x: float) -> int:
    """Return the place of a double in the order of all doubles."""
    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def _double(position: int) -> float:
    bits = position if position >= 0 else (-position) | -0x8000000000000000
    (x,) = struct.unpack("<d", struct.pack("<q", bits))
    return float(x)
