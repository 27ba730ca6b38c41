"""What came out of a search, and the judgement on where an iteration stopped."""

from __future__ import annotations

from dataclasses import dataclass

from symnum.rootfinding.confirmation import confirm
from symnum.rootfinding.iterations import Stop
from symnum.rootfinding.scalar_functions import ScalarFunction
from symnum.rootfinding.verdicts import Verdict

__all__ = ["Finding", "judged"]


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
        return Finding(confirm(function, stop.sample.x), stop.iterations)
    return Finding(Verdict(stop.status, stop.sample.x), stop.iterations)
