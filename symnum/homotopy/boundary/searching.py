"""The search for the solution of a boundary-value problem: pieces, infinite ends, hard starts.

Pieces on which the highest derivative is not resolved are halved. Infinite ends are cut, first
near by, and the cut is moved out to twice the distance until the answer stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial, reduce
from math import lcm
from typing import Any, final

import numpy as np
import sympy
from numpy.typing import NDArray

from symnum.homotopy.boundary.collocated_boundary import CollocatedBoundary, Domain, Profile
from symnum.homotopy.boundary.eigenvalues import (
    fundamental_mode,
    is_eigenvalue_problem,
    sign_changes,
)
from symnum.homotopy.boundary.iteration import Settlement, settle
from symnum.homotopy.boundary.problem import BoundaryProblem
from symnum.homotopy.boundary.start import starts
from symnum.homotopy.sampled_equation import SampledEquation

__all__ = ["Effort", "Finding", "relative_tail", "search"]

Array = NDArray[np.float64]

NODES = 24
FIRST_PIECES = (2, 8, 32)
MOST_PIECES = 200
MOST_REFINEMENTS = 60
RESOLVED = 3e-14  # tail of the highest derivative beside its largest value
ACCEPTABLE = 1e-9
TAIL_TERMS = 3
FIRST_CUTS = (4.0, 1.0, 2.0, 8.0, 0.25, 16.0)
MOST_STRIDES = 50
GENTLE_STRIDE = 1.25
FARTHEST_CUT = 2.0**33
FOLLOWED = 1e-2  # change after which strides are long
MOST_CYCLES = 2000  # counted on 8 pieces
STANDING = 2e-14
MODE_KNOWN = 1e-3  # change below which the mode of a wider interval is the same one
DEFORMATION_STEPS = 60
LEAST_DEFORMATION = 2.0**-8


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """What the search ended with.

    Attributes
    ----------
    system : CollocatedBoundary
    settlement : Settlement
    tail : float
        The largest unresolved part of the highest derivative, relative.
    change : float
        How much the answer changed when the cut of an infinite end was moved out last; relative.
    """

    system: CollocatedBoundary
    settlement: Settlement
    tail: float
    change: float = 0.0

    @property
    def error(self) -> float:
        """The estimated relative error."""
        return max(self.settlement.correction, self.tail, self.change, 2.0**-52)

    @property
    def stands(self) -> bool:
        """Whether iteration, pieces and cut have all come to rest."""
        return self.settlement.settled and self.error < ACCEPTABLE


@final
@dataclass(slots=True)
class Effort:
    """How many cycles may still be spent.

    Parameters
    ----------
    order : int
        Terms of each cycle.
    left : int
    """

    order: int
    left: int = MOST_CYCLES

    def settle(self, system: CollocatedBoundary, start: Profile, **options: Any) -> Settlement:
        """Iterate from a start, and count it."""
        ended = settle(system, start, self.order, **options)
        self.left -= ended.cycles * max(1, system.pieces // 8) ** 2
        return ended


def search(problem: BoundaryProblem, order: int) -> Finding | None:
    """Solve a problem numerically as well as double precision permits.

    Parameters
    ----------
    problem : BoundaryProblem
    order : int
        Terms of each homotopy cycle.

    Returns
    -------
    Finding or None
        None where the equation has no finite values at any start.
    """
    equation, effort = SampledEquation(problem), Effort(order)
    points = problem.points
    low, high = points[0], points[-1]
    if low.is_finite and high.is_finite:
        domain = Domain(float(low), float(high), _power(problem))
        return _on_interval(equation, domain, effort)
    standing: list[Finding] = []
    best: Finding | None = None
    wanted = 1 if problem.is_linear or is_eigenvalue_problem(problem) else 2  # for a comparison
    for distance in FIRST_CUTS:
        found = _outwards(equation, distance, effort)
        if found is not None and found.stands:
            standing.append(found)
            if _oscillation(found) == 0:
                return found
        if best is None or (found is not None and found.error < best.error):
            best = found
        if len(standing) == wanted or effort.left <= 0:
            break
    return min(standing, key=_oscillation) if standing else best


def _oscillation(found: Finding) -> int:
    """Return how often the derivatives below the highest change sign: few times is simple.

    From several first cuts different solutions may be reached; the simplest one is taken.
    """
    values = found.system.inputs(found.settlement.profile)[1 : found.system.problem.order]
    return sum(sign_changes(v) for v in values if np.any(v))


def _power(problem: BoundaryProblem) -> int:
    """Return q such that the equation is free of fractional powers of x in terms of x**(1/q)."""
    if problem.points[0] != 0:
        return 1
    x = problem.variable
    exponents = [
        node.exp
        for node in problem.expr.atoms(sympy.Pow)
        if node.base == x and node.exp.is_Rational
    ]
    power = reduce(lcm, (int(exponent.q) for exponent in exponents), 1)
    return power if power <= 12 else 1


def _on_interval(equation: SampledEquation, domain: Domain, effort: Effort) -> Finding | None:
    best: Finding | None = None
    for pieces in FIRST_PIECES:
        breaks = _inner_breaks(equation.problem, domain, pieces)
        system = CollocatedBoundary(equation, domain, breaks, NODES)
        found = _from_start(system, effort)
        if found is None:
            continue
        if found.settlement.settled:
            found = _resolve(found, effort)
        if found.stands:
            return found
        if best is None or found.error < best.error:
            best = found
        if effort.left <= 0:
            break
        if found.settlement.singular and equation.problem.is_linear:
            break
    return best


def _inner_breaks(problem: BoundaryProblem, domain: Domain, pieces: int) -> Array:
    """Return equal pieces; the points of the conditions are breaks as well."""
    ends = domain.t(np.array([domain.low, domain.high]))
    inner = [float(p) for p in problem.points if p.is_finite]
    marks = domain.t(np.array([p for p in inner if domain.low <= p <= domain.high]))
    joined = np.concatenate([ends, marks, np.linspace(ends[0], ends[1], pieces + 1)])
    return _apart(np.unique(joined))


def _apart(breaks: Array) -> Array:
    """Drop breaks that lie on each other up to rounding."""
    least = 1e-9 * (breaks[-1] - breaks[0])
    kept = [breaks[0]]
    kept.extend(b for b in breaks[1:-1] if b - kept[-1] > least and breaks[-1] - b > least)
    return np.array([*kept, breaks[-1]])


def _from_start(system: CollocatedBoundary, effort: Effort) -> Finding | None:
    """Iterate from the starts, directly and, where that fails, along a deformation."""
    best: Settlement | None = None
    ways: list[Callable[..., Settlement]] = [effort.settle, partial(_along_deformation, effort)]
    if system.problem.is_linear:
        ways = ways[:1]
    for start in _candidates(system):
        for follow in ways:
            if best is not None and effort.left <= 0:
                break
            ended = follow(system, start)
            if ended.settled:
                return Finding(system, ended, relative_tail(system, ended.profile))
            if best is None or ended.correction < best.correction:
                best = ended
        if system.problem.is_linear:
            break  # one step solves it, or none does
    return None if best is None else Finding(system, best, 1.0)


def _candidates(system: CollocatedBoundary) -> Iterator[Profile]:
    """Yield starts: of an eigenvalue problem the fundamental mode, otherwise polynomials."""
    if is_eigenvalue_problem(system.problem):
        mode = fundamental_mode(system)
        if mode is not None:
            yield mode
    yield from starts(system)


def _along_deformation(effort: Effort, system: CollocatedBoundary, start: Profile) -> Settlement:
    """Follow ``N[phi] = (1 - q) N[u_0]`` from q = 0 to q = 1 in steps that adapt themselves."""
    left = system.start(start)
    profile, q, step = start, 0.0, 1 / 8
    ended = Settlement(start, False, np.inf, 0)
    for _ in range(DEFORMATION_STEPS):
        target = min(1.0, q + step)
        ended = effort.settle(system, profile, forcing=(1 - target) * left, most_cycles=12)
        if ended.settled:
            profile, q, step = ended.profile, target, 2 * step
            if q >= 1:
                return effort.settle(system, profile)
        else:
            step /= 2
        if step < LEAST_DEFORMATION or effort.left <= 0:
            break
    return replace(ended, settled=False)


def relative_tail(system: CollocatedBoundary, profile: Profile) -> float:
    """Return the largest unresolved part of the highest derivative, beside its largest value."""
    return float(np.max(_tails(system, profile)))


def _tails(system: CollocatedBoundary, profile: Profile) -> Array:
    """Return the unresolved part of the highest derivative on each piece, relative."""
    highest = profile.slopes @ system.grid.to_coefficients.T
    size = float(np.max(np.abs(profile.slopes)))
    tails: Array = np.max(np.abs(highest[:, -TAIL_TERMS:]), axis=1)
    return tails / size if size > 0 else tails


def _resolve(found: Finding, effort: Effort) -> Finding:
    """Halve pieces until the highest derivative is resolved on each, or halving does not help."""
    inherited = np.full(found.system.pieces, np.inf)
    for _ in range(MOST_REFINEMENTS):
        system, profile = found.system, found.settlement.profile
        tails = _tails(system, profile)
        # A piece that halving has not helped shows rounding errors, not a lack of nodes.
        rounded = (tails < ACCEPTABLE) & (tails > inherited / 4)
        coarse = (tails > RESOLVED) & ~rounded
        if not np.any(coarse) or system.pieces + np.sum(coarse) > MOST_PIECES:
            break
        if effort.left <= 0:
            break
        breaks = _halved(system.breaks, coarse)
        inherited = np.repeat(np.where(coarse, tails, inherited), 1 + coarse)
        finer = CollocatedBoundary(system.equation, system.domain, breaks, system.size)
        ended = effort.settle(finer, transfer(found, finer))
        if not ended.settled:
            break
        found = Finding(finer, ended, relative_tail(finer, ended.profile))
    return found


def _halved(breaks: Array, coarse: NDArray[np.bool_]) -> Array:
    middles = (breaks[:-1] + breaks[1:])[coarse] / 2
    return np.sort(np.concatenate([breaks, middles]))


def transfer(found: Finding, system: CollocatedBoundary) -> Profile:
    """Return a profile on other pieces; beyond a cut it goes on with its asymptotic form."""
    *functions, slope = found.system.functions(found.settlement.profile)
    low, high = found.system.breaks[0], found.system.breaks[-1]
    outside = (system.t < low) | (system.t > high)
    slopes = np.where(outside, 0.0, slope(system.t))
    lefts = system.breaks[:-1]
    ends = np.stack([function(lefts) for function in functions], axis=1)
    x, cut_low, cut_high = system.domain.x(lefts), found.system.domain.low, found.system.domain.high
    last = np.stack([function(np.array([low, high])) for function in functions])
    ends = np.where((x > cut_high)[:, None], _polynomial(last[:, 1], x - cut_high), ends)
    ends = np.where((x < cut_low)[:, None], _polynomial(last[:, 0], x - cut_low), ends)
    return Profile(slopes, ends, found.settlement.profile.numbers)


def _polynomial(derivatives: Array, distance: Array) -> Array:
    """Return all derivatives of the Taylor polynomial at some distances, one row a distance."""
    count = len(derivatives)
    rows = np.zeros((len(distance), count))
    for k in range(count):
        factor = np.ones_like(distance)
        for j in range(k, count):
            rows[:, k] += derivatives[j] * factor
            factor = factor * distance / (j + 1 - k)
    return rows


def _outwards(equation: SampledEquation, distance: float, effort: Effort) -> Finding | None:
    """Cut infinite ends at a distance, solve, and move the cut until the answer stands."""
    problem = equation.problem
    domain = _cut(problem, distance)
    breaks = _inner_breaks(problem, domain, 2)
    found = _from_start(CollocatedBoundary(equation, domain, breaks, NODES), effort)
    if found is None or not found.settlement.settled:
        return found
    found = replace(_resolve(found, effort), change=1.0)
    factor = 2.0 if problem.is_linear or is_eigenvalue_problem(problem) else GENTLE_STRIDE
    for _ in range(MOST_STRIDES):
        distance *= factor
        wider = _widened(found, _cut(problem, distance), effort)
        if wider is None or distance > FARTHEST_CUT or effort.left <= 0:
            return found
        change = _difference(found, wider)
        steady = change < ACCEPTABLE and change > found.change / 4
        found = replace(wider, change=change if not steady else min(change, found.change))
        if factor == 2 and (change < STANDING or steady):
            break
        if wider.tail > ACCEPTABLE:
            break
        # A long stride while the solution still changes could end on another branch.
        factor = 2.0 if factor == 2 or change < FOLLOWED else GENTLE_STRIDE
    return found


def _cut(problem: BoundaryProblem, distance: float) -> Domain:
    """Return the interval with its infinite ends cut at a distance from the finite points."""
    finite = [float(point) for point in problem.points if point.is_finite] or [0.0]
    low, high = min(finite), max(finite)
    if not problem.points[0].is_finite:
        low -= distance
    if not problem.points[-1].is_finite:
        high += distance
    return Domain(low, high, _power(problem))


def _widened(found: Finding, domain: Domain, effort: Effort) -> Finding | None:
    """Solve on a wider interval, from the solution on the narrower one."""
    system = found.system
    ends = domain.t(np.array([domain.low, domain.high]))
    breaks = _apart(np.unique(np.concatenate([system.breaks, ends])))
    wider = CollocatedBoundary(system.equation, domain, breaks, system.size)
    mode = None
    if found.change > MODE_KNOWN and is_eigenvalue_problem(system.problem):
        mode = fundamental_mode(wider)
    ended = effort.settle(wider, transfer(found, wider) if mode is None else mode)
    if not ended.settled:
        # Where the asymptotic form is no start (a root that would vanish), the stretched one may.
        breaks = _apart(np.unique(domain.t(_stretched(found, domain, system.breaks))))
        wider = CollocatedBoundary(system.equation, domain, breaks, system.size)
        ended = effort.settle(wider, _stretch(found, wider))
    if not ended.settled:
        return None
    return _resolve(Finding(wider, ended, relative_tail(wider, ended.profile)), effort)


def _stretched(found: Finding, domain: Domain, t: Array) -> Array:
    """Return where the points of the narrower interval lie in the wider one."""
    old = found.system.domain
    return domain.low + (old.x(t) - old.low) * (domain.high - domain.low) / (old.high - old.low)


def _stretch(found: Finding, system: CollocatedBoundary) -> Profile:
    """Return the profile drawn out over a wider interval."""
    old, new = found.system.domain, system.domain
    factor = (new.high - new.low) / (old.high - old.low)
    *functions, slope = found.system.functions(found.settlement.profile)
    n = system.problem.order

    def place(t: Array) -> Array:
        return old.t(old.low + (new.x(t) - new.low) / factor)

    lefts = place(system.breaks[:-1])
    powers = factor ** -np.arange(n, dtype=np.float64)
    ends = np.stack([function(lefts) for function in functions], axis=1) * powers
    inner = place(system.t)
    highest = slope(inner) / old.rate(inner) * factor**-n
    return Profile(highest * system.rate, ends, found.settlement.profile.numbers)


def _difference(found: Finding, wider: Finding) -> float:
    """Return the relative change on the inner half of the narrower interval, and of the numbers."""
    old, new = found.system, wider.system
    finite = [float(point) for point in old.problem.points if point.is_finite] or [0.0]
    low = (old.domain.low + min(finite)) / 2
    high = (old.domain.high + max(finite)) / 2
    t = old.domain.t(np.linspace(low, high, 65))
    largest = 0.0
    before, after = old.functions(found.settlement.profile), new.functions(wider.settlement.profile)
    for first, second in zip(before[:-1], after[:-1], strict=True):
        size = float(np.max(np.abs(second(t))))
        if size > 0:
            largest = max(largest, float(np.max(np.abs(first(t) - second(t)))) / size)
    numbers, others = found.settlement.profile.numbers, wider.settlement.profile.numbers
    change = np.abs(numbers - others) / (1 + np.abs(others))
    return max(largest, float(np.max(change, initial=0.0)))
