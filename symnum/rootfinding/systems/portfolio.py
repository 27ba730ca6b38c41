"""Iterations in turn from one start and then from others, under one budget, until one is proved.

No single method wins: plain Newton runs through valleys in which the others crawl into a local
minimum, and the others arrive where Newton runs away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.factors import without_powers
from symnum.rootfinding.systems.functions import (
    SystemFunction,
    SystemSample,
    Vector,
    system_function,
)
from symnum.rootfinding.systems.iterations import Evaluations, Iteration, IterationFactory
from symnum.rootfinding.systems.judge import Judge
from symnum.rootfinding.systems.linear import NoSolutionError, singular_linear_root
from symnum.rootfinding.systems.newton import DampedNewton, PlainNewton
from symnum.rootfinding.systems.trust_region import Dogleg, LevenbergMarquardt
from symnum.rootfinding.systems.verdicts import SystemVerdict, failure

__all__ = ["SYSTEM_METHODS", "Portfolio", "SystemFinding", "find_system_root"]

#: Evaluations of F and its Jacobian in all, for each iteration that is allowed.
EVALUATIONS_PER_ITERATION = 30

#: A step this small, in units of the point, is worth a proof.
SETTLED = 1e-9

#: A residual that fell by this much in steps this short may be near a singular root.
SLOW = 1e-5
SHORT = 5e-3
LOOK_EVERY = 25

#: So many steps may pass in which the residual does not fall to this part of the lowest one.
PATIENCE = 40
PROGRESS = 0.99

#: An iterate this close to an earlier one, in units of the point, closes a cycle.
SAME = 1e-12

#: How many iterates a cycle may have.
LONGEST_CYCLE = 8

#: From other starts the iterations are shorter.
MOST_FROM_ELSEWHERE = 60

#: Other starts that are tried.
OTHER_STARTS = 24


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Which iterations are tried.

    Attributes
    ----------
    name : str
        As users call it.
    first : tuple of callable
        From the start, in turn.
    elsewhere : tuple of callable
        From each of the other starts; empty for a method that keeps to its start.
    """

    name: str
    first: tuple[IterationFactory, ...]
    elsewhere: tuple[IterationFactory, ...] = ()


#: By the names that users give.
SYSTEM_METHODS: Mapping[str, Portfolio] = {
    portfolio.name: portfolio
    for portfolio in (
        Portfolio(
            "auto",
            (PlainNewton, Dogleg, DampedNewton, LevenbergMarquardt),
            (PlainNewton, Dogleg),
        ),
        Portfolio("newton", (DampedNewton,)),
        Portfolio("dogleg", (Dogleg,)),
        Portfolio("lm", (LevenbergMarquardt,)),
    )
}


@dataclass(frozen=True, slots=True, eq=False)
class SystemFinding:
    """What came out of a search.

    Attributes
    ----------
    verdict : SystemVerdict
        On the last point.
    iterations : int
        Steps of the iteration that decided.
    """

    verdict: SystemVerdict
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """One iteration from one start, and how it ended."""

    sample: SystemSample
    verdict: SystemVerdict
    iterations: int


def find_system_root(
    function: SystemFunction, portfolio: Portfolio, start: Vector, maxiter: int
) -> SystemFinding:
    """Search a root of a system from a start.

    Parameters
    ----------
    function : SystemFunction
        F.
    portfolio : Portfolio
        The iterations.
    start : ndarray
        Shape (n,).
    maxiter : int
        Steps of one iteration.

    Returns
    -------
    SystemFinding
        Of the first success, else of the trial that came closest.
    """
    judge = Judge(function, start)
    try:
        solution = singular_linear_root(function, start.tolist())
    except NoSolutionError:
        what = "the equations are linear and contradict each other"
        return SystemFinding(failure(Status.PROVED_NONE, start, what), 0)
    if solution is not None:
        return SystemFinding(judge.exactly(solution), 1)
    with np.errstate(all="ignore"):
        return _searched(function, portfolio, start, maxiter, judge)


def _searched(
    function: SystemFunction, portfolio: Portfolio, start: Vector, maxiter: int, judge: Judge
) -> SystemFinding:
    searched = function
    if portfolio.elsewhere:
        searched = system_function(
            without_powers(function.functions), function.unknowns, function.admitted
        )
    evaluations = Evaluations(searched, EVALUATIONS_PER_ITERATION * maxiter + 10)
    first = evaluations.sample(start)
    best: _Trial | None = None
    for factory, sample, most in _trials(portfolio, first, maxiter, evaluations):
        trial = _run(factory(evaluations, sample), most, judge)
        if trial.verdict.status.success:
            return SystemFinding(trial.verdict, trial.iterations)
        if best is None or trial.sample.norm < best.sample.norm:
            best = trial
        if evaluations.spent:
            break
    if best is None or not first.usable:
        return SystemFinding(judge.undefined(start), 0)
    return SystemFinding(best.verdict, best.iterations)


def _trials(
    portfolio: Portfolio, first: SystemSample, maxiter: int, evaluations: Evaluations
) -> Iterator[tuple[IterationFactory, SystemSample, int]]:
    """Yield each iteration with the point where it starts and the most steps that it may take."""
    if first.usable:
        for factory in portfolio.first:
            yield factory, first, maxiter
    if not portfolio.elsewhere:
        return
    for start in _other_starts(first.x, evaluations.function):
        sample = evaluations.sample(start)
        if sample.usable:
            for factory in portfolio.elsewhere:
                yield factory, sample, min(maxiter, MOST_FROM_ELSEWHERE)


def _other_starts(start: Vector, function: SystemFunction) -> Iterator[Vector]:
    """Yield starts closer to the origin, around the start, and of all magnitudes."""
    generator = np.random.default_rng(0)
    size = len(start)
    if np.abs(start).max() > 1.0:
        yield start / 10.0
        yield start / 100.0
    for index in range(OTHER_STARTS):
        if index % 2:
            signs = generator.choice([-1.0, 1.0], size)
            found = signs * 10.0 ** generator.uniform(-2.0, 1.5, size)
        else:
            found = start + (0.3 * np.abs(start) + 0.3) * generator.standard_normal(size)
        yield _admitted(found, function)


def _admitted(x: Vector, function: SystemFunction) -> Vector:
    """Return a point with the signs that the assumptions of the unknowns ask for."""
    if function.admits(x):
        return x
    signs = [1.0 if low == 0.0 else -1.0 if high == 0.0 else 0.0 for low, high in function.admitted]
    return np.where(np.array(signs) != 0.0, np.abs(x) * signs, x)


def _run(iteration: Iteration, most: int, judge: Judge) -> _Trial:
    """Run one iteration until a point is proved or nothing more is to be expected."""
    reference = float(np.abs(iteration.sample.x).max())
    first = iteration.sample.norm
    linear = iteration.evaluations.function.is_linear
    before: list[Vector] = []
    lowest, lowest_at = first, 0
    judged: SystemSample | None = None
    verdict: SystemVerdict | None = None
    for count in range(most + 1):
        sample = iteration.sample
        promising = sample.vanishes or _has_settled(iteration, reference) or (linear and count > 0)
        if count % LOOK_EVERY == LOOK_EVERY - 1:
            promising = promising or _crawls(iteration, first, reference)
        if promising and sample is not judged:
            judged, verdict = sample, judge.verdict(sample)
            if verdict.status.success:
                return _Trial(sample, verdict, count)
        if sample.norm <= PROGRESS * lowest:
            lowest, lowest_at = sample.norm, count
        stop = _obstacle(iteration, before) if count < most else Status.MAXITER
        if stop is None and count - lowest_at >= PATIENCE:
            stop = Status.STALLED
        if stop is not None:
            last = iteration.sample
            if judged is not last and _crawls(iteration, first, reference):
                judged, verdict = last, judge.verdict(last)
            name = _named(stop, before, last)
            if judged is not last or verdict is None or name is Status.DIVERGED:
                verdict = judge.failure(last, name)
            return _Trial(last, verdict, count)
        if iteration.sample is not sample:
            before = [*before[1 - LONGEST_CYCLE :], sample.x]
    raise AssertionError("the loop ends with MAXITER at the latest")


def _obstacle(iteration: Iteration, before: list[Vector]) -> Status | None:
    """Take one step; return what ends the iteration."""
    if iteration.evaluations.spent:
        return Status.MAXITER
    old = iteration.sample
    stop = iteration.advance()
    if stop is not None or iteration.sample is old:
        return stop
    x = iteration.sample.x
    near = SAME * float(np.abs(x).max())
    if any(float(np.abs(x - other).max()) <= near for other in before):
        return Status.CYCLE
    return None


def _named(stop: Status, before: list[Vector], last: SystemSample) -> Status:
    """Return `diverged` instead of `maxiter` where the last steps lead away with undiminished size.

    Then more steps would not help, as where F tends to zero at infinity.
    """
    if stop is not Status.MAXITER or len(before) < LONGEST_CYCLE:
        return stop
    path = np.diff(np.array([*before, last.x]), axis=0)
    lengths = np.linalg.norm(path, axis=1)
    straight = float(np.linalg.norm(last.x - before[0])) >= 0.9 * float(lengths.sum())
    return Status.DIVERGED if straight and lengths[-1] >= 0.9 * lengths[0] else stop


def _crawls(iteration: Iteration, first: float, reference: float) -> bool:
    """Whether the residual fell far and the steps are short: so it goes at a singular root."""
    unit = max(float(np.abs(iteration.sample.x).max()), reference)
    short = float(np.abs(iteration.step).max()) <= SHORT * unit
    return short and iteration.sample.norm <= SLOW * first


def _has_settled(iteration: Iteration, reference: float) -> bool:
    """Whether the last step was too small to matter."""
    sizes = np.abs(iteration.sample.x)
    units = np.maximum(sizes, max(1e-3 * float(sizes.max()), 1e-6 * reference))
    return bool((np.abs(iteration.step) <= SETTLED * units).all())
