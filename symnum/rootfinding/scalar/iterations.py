"""The plain iteration of the textbooks and the damped one, in floats.

Each returns where it stopped and why; whether that is a root is decided elsewhere.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

from symnum.rootfinding.scalar.steps import Method
from symnum.rootfinding.scalar_functions import Sample, ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["Limits", "Stop", "damped_iteration", "method_step", "plain_iteration"]

Number = Any  # float or complex

#: Halvings of a step before it is given up.
HALVINGS = 14

#: Steps that must all go the same way without getting shorter before the iterates run away.
CRAWL = 12

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
    detail : str
        What happened, for the message.
    """

    sample: Sample
    status: Status | None
    iterations: int
    bracket: tuple[Sample, Sample] | None = None
    detail: str = ""


def plain_iteration(function: ScalarFunction, method: Method, x0: Number, limits: Limits) -> Stop:
    """Iterate as the textbooks do, without any safeguard, and recognise cycles and divergence."""
    sample = function.sample(x0, method.derivatives)
    visited = [x0]
    for count in range(limits.maxiter):
        if not sample.defined or not math.isfinite(abs(sample.value)):
            return Stop(sample, Status.NAN if count == 0 else Status.DIVERGED, count)
        if sample.vanishes:
            return Stop(sample, None, count)
        step = method_step(method, sample)
        if step is None:
            return _without_step(sample, count)
        x = sample.x + step
        if not math.isfinite(abs(x)) or abs(x) > 1e150:
            return Stop(sample, Status.DIVERGED, count)
        if limits.is_small(step, x):
            return Stop(function.sample(x, method.derivatives), None, count + 1)
        period = _period(visited, x)
        if period:
            points = ", ".join(f"{point:.6g}" for point in visited[-period:])
            return Stop(sample, Status.CYCLE, count + 1, detail=f"period {period}: {points}")
        visited.append(x)
        sample = function.sample(x, method.derivatives)
    if sample.vanishes:
        return Stop(sample, None, limits.maxiter)
    steps = [after - before for before, after in itertools.pairwise(visited)]
    status = Status.DIVERGED if _runs_away(steps, 0.9) else Status.MAXITER
    return Stop(sample, status, limits.maxiter)


def _without_step(sample: Sample, count: int) -> Stop:
    slope = sample.slopes[0]
    if slope == slope:
        return Stop(sample, Status.ZERO_DERIVATIVE, count)
    return Stop(sample, Status.STALLED, count, detail="the derivative has no value there")


def _period(visited: list[Number], x: Number) -> int:
    """Return the period of the cycle that the last points, with x, complete twice, 0 for none."""
    points = [*visited, x]
    for period in range(2, LONGEST_CYCLE + 1):
        if len(points) < 2 * period + 1:
            return 0
        recent = points[-period - 1 :]
        before = points[-2 * period - 1 : -period]
        close = 1e-12 * max(abs(point) for point in recent)
        if max(abs(point - recent[0]) for point in recent) <= 1e3 * close:
            continue  # the same point, but for rounding
        if all(abs(a - b) <= close for a, b in zip(recent, before, strict=True)):
            return period
    return 0


def method_step(method: Method, sample: Sample) -> Number | None:
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
        step = method_step(method, sample)
        if step is None:
            return _without_step(sample, count)
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


def _runs_away(steps: list[Number], least: float = 0.7) -> bool:
    """Whether the last steps all point the same way and do not get much shorter."""
    if len(steps) < CRAWL:
        return False
    recent = steps[-CRAWL:]
    first = recent[0]
    aligned = all((step * first.conjugate()).real > 0.0 for step in recent)
    return aligned and abs(recent[-1]) >= least * abs(first)
