"""What came out of a search, and the judgement on where an iteration stopped."""

from __future__ import annotations

from dataclasses import dataclass

from symnum.rootfinding.scalar.confirmation import confirm
from symnum.rootfinding.scalar.iterations import Stop
from symnum.rootfinding.scalar.steps import multiplicity_estimate
from symnum.rootfinding.scalar.verdicts import Verdict
from symnum.rootfinding.scalar_functions import ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["Finding", "judged"]


#: A bracket this narrow, as a part of its ends, is worth the proof of a multiple root.
CLOSE = 1e-6


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


def _creeps(stop: Stop) -> bool:
    """Whether an iteration ran out of steps next to what looks like a multiple root."""
    if stop.bracket is None or stop.sample.slopes[0] == 0.0:
        return False
    low, high = sorted(float(end.x) for end in stop.bracket)
    return high - low <= CLOSE * max(abs(low), abs(high)) and multiplicity_estimate(stop.sample) > 1


def judged(function: ScalarFunction, stop: Stop) -> Finding:
    """Confirm a candidate, or pass a failure on.

    Parameters
    ----------
    function : ScalarFunction
        f.
    stop : Stop
        Where an iteration ended.

    Returns
    -------
    Finding
    """
    if stop.status is None:
        ends = None if stop.bracket is None else tuple(float(end.x) for end in stop.bracket)
        return Finding(confirm(function, stop.sample.x, ends), stop.iterations)
    if stop.status is Status.MAXITER and _creeps(stop):
        multiple = Finding(confirm(function, stop.sample.x), stop.iterations)
        if multiple.success:
            return multiple
    return Finding(Verdict(stop.status, stop.sample.x, detail=stop.detail), stop.iterations)
