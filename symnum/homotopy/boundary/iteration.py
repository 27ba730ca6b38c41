r"""Homotopy cycles with the linearised operator, restarted until nothing changes any more.

With ``L = N'[u_0]`` the deformation equations at c0 = -1 read

    L[u_1] = -N[u_0],   L[u_m - u_(m-1)] = -[q**(m-1)] N[u_0 + u_1 q + ...],  m > 1:

the first term is the step of Newton's method, the second vanishes, the third adds the curvature.
The sum is the next u_0. Far from the solution c0 is taken closer to 0, which damps the step, until
the next step is the smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symnum.homotopy.boundary.collocated_boundary import (
    CollocatedBoundary,
    Factorization,
    Profile,
    SingularMatrixError,
)
from symnum.homotopy.convergence_control import partial_sum_weights

__all__ = ["Settlement", "settle"]

Array = NDArray[np.float64]

MOST_CYCLES = 80
LEAST_C0 = 2.0**-14
SETTLED = 1e-9  # relative size of the last correction
NEGLIGIBLE = 1e-15


@final
@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the cycles ended.

    Attributes
    ----------
    profile : Profile
    settled : bool
        Whether the last correction was small.
    correction : float
        The relative size of the last correction.
    cycles : int
    condition : float
        The condition number of the linearised problem there, 0 where it was not asked for.
    singular : bool
        Whether the linearised problem had no unique solution on the way.
    """

    profile: Profile
    settled: bool
    correction: float
    cycles: int
    condition: float = 0.0
    singular: bool = False


@final
class _Scale:
    """The size of profiles, each derivative measured by what is usual for it."""

    def __init__(self, system: CollocatedBoundary, *profiles: Profile) -> None:
        length = system.domain.high - system.domain.low
        count = system.problem.order
        sizes = np.zeros(count + 1)
        for profile in profiles:
            for k in range(count):
                sizes[k] = max(sizes[k], float(np.max(np.abs(profile.ends[:, k]))))
            sizes[count] = max(sizes[count], float(np.max(np.abs(profile.slopes / system.rate))))
        # A derivative that vanishes is measured by the others and the length of the interval.
        powers = float(length) ** np.arange(count + 1)
        self.sizes = np.array([np.max(sizes * powers) / power for power in powers])
        self.sizes = np.maximum(np.minimum(self.sizes, np.inf), 1e-300)
        numbers = [np.abs(profile.numbers) for profile in profiles]
        self.numbers = 1 + np.max(numbers, axis=0) if numbers else np.ones(0)
        self.rate = system.rate

    def norm(self, profile: Profile) -> float:
        """Return the largest component of a correction in units of its scale."""
        ends = float(np.max(np.abs(profile.ends) / self.sizes[:-1]))
        slopes = float(np.max(np.abs(profile.slopes / self.rate))) / float(self.sizes[-1])
        numbers = float(np.max(np.abs(profile.numbers) / self.numbers, initial=0.0))
        return max(ends, slopes, numbers)


def settle(
    system: CollocatedBoundary,
    start: Profile,
    order: int,
    *,
    forcing: Array | None = None,
    most_cycles: int = MOST_CYCLES,
    with_condition: bool = False,
) -> Settlement:
    """Iterate from a start until the corrections stop falling.

    Parameters
    ----------
    system : CollocatedBoundary
    start : Profile
    order : int
        Terms of each cycle, at least 1.
    forcing : ndarray, optional
        What the equations shall leave over instead of 0.
    most_cycles : int
    with_condition : bool
        Estimate the condition number at the end.

    Returns
    -------
    Settlement
    """
    profile, last, cycles, singular = start, np.inf, 0, False
    factors: Factorization | None = None
    offset = np.zeros(system.unknown_count) if forcing is None else forcing
    while cycles < most_cycles:
        cycles += 1
        left = system.start(profile) - offset
        if not np.all(np.isfinite(left)):
            break
        try:
            factors = system.linearise()
            terms = _terms(system, profile, factors, left, order)
        except SingularMatrixError:
            singular = True
            break
        scale = _Scale(system, profile, terms[0])
        correction = scale.norm(terms[0])
        if not np.isfinite(correction):
            singular = True
            break
        if correction <= NEGLIGIBLE or (correction < SETTLED and correction > 0.3 * last):
            profile, last = profile.plus(terms[0]), min(correction, last)
            break
        following = _damped(system, profile, terms, factors, scale, offset)
        if following is None:
            last = correction
            break
        profile, last = following, correction
    condition = factors.condition() if factors is not None and with_condition else 0.0
    return Settlement(profile, bool(last < SETTLED), float(last), cycles, condition, singular)


def _terms(
    system: CollocatedBoundary, profile: Profile, factors: Factorization, left: Array, order: int
) -> list[Profile]:
    """Return u_1, u_2, ... at c0 = -1; fewer where a coefficient does not exist."""
    terms = [system.split(-factors.solve(left))]
    for m in range(2, order + 1):
        side = system.follow(terms[-1], m - 1)
        if not np.all(np.isfinite(side)):
            break
        terms.append(terms[-1].plus(system.split(factors.solve(side)), -1.0))
    return terms


def _damped(
    system: CollocatedBoundary,
    profile: Profile,
    terms: list[Profile],
    factors: Factorization,
    scale: _Scale,
    offset: Array,
) -> Profile | None:
    """Return the sum of the cycle at the first c0 that makes the next step a smaller one."""
    first = scale.norm(terms[0])
    c0, count = -1.0, len(terms)
    while -c0 >= LEAST_C0:
        weights = partial_sum_weights(c0, count)
        following = profile
        for weight, term in zip(weights[1:], terms[:count], strict=True):
            following = following.plus(term, float(weight))
        left = system.start(following) - offset
        if np.all(np.isfinite(left)):
            step = scale.norm(system.split(factors.solve(left)))
            if step <= (1 + c0 / 4) * first:
                return following
        if count > 1:
            count = 1  # first without the curvature, then with shorter steps
        else:
            c0 /= 2
    return None
