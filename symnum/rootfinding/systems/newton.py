"""Newton's iteration for systems: plain, and damped by the natural monotonicity test."""

from __future__ import annotations

import numpy as np

from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.functions import SystemSample, Vector
from symnum.rootfinding.systems.iterations import Evaluations, Iteration, newton_step, nonzero

__all__ = ["DampedNewton", "PlainNewton"]

#: Parts of a Newton step below this are no progress.
SMALLEST_FACTOR = 1e-6


class PlainNewton(Iteration):
    """x - J^-1 F, shortened only where it would leave the domain."""

    def advance(self) -> Status | None:
        """Take one step."""
        matrix = self.jacobian()
        if matrix is None:
            return Status.SINGULAR_JACOBIAN
        return self.moved(newton_step(matrix, self.sample.values))


class DampedNewton(Iteration):
    """Newton's iteration with a factor for which the next correction gets shorter.

    The test compares ``J^-1 F`` at both points with one and the same J, so that it does not
    depend on the units of the equations; the length is measured in units of the coordinates.

    References
    ----------
    Deuflhard, Newton Methods for Nonlinear Problems, 2004, section 3.3.
    """

    def __init__(self, evaluations: Evaluations, sample: SystemSample) -> None:
        super().__init__(evaluations, sample)
        self._factor = 1.0
        self._units = nonzero(np.abs(sample.x))

    def advance(self) -> Status | None:
        """Take one step."""
        matrix = self.jacobian()
        if matrix is None:
            return Status.SINGULAR_JACOBIAN
        step = newton_step(matrix, self.sample.values)
        if not step.any():
            return Status.SINGULAR_JACOBIAN
        self._units = np.maximum(self._units, np.abs(self.sample.x))
        length = self._length(step)
        factor = min(1.0, 2.0 * self._factor)
        while factor >= SMALLEST_FACTOR and not self.evaluations.spent:
            ahead = self.evaluations.sample(self.sample.x + factor * step)
            if ahead.usable:
                rest = newton_step(matrix, ahead.values)
                if self._length(rest) <= (1.0 - factor / 4.0) * length or ahead.vanishes:
                    self.sample, self.step, self._factor = ahead, factor * step, factor
                    return None
                # The factor that the second-order term which shows in the rest would have allowed.
                bend = self._length(rest - (1.0 - factor) * step)
                best = 0.5 * factor * factor * length / bend if bend > 0.0 else 0.5 * factor
                factor = max(0.1 * factor, min(0.5 * factor, best))
            else:
                factor *= 0.5
        return Status.STALLED

    def _length(self, step: Vector) -> float:
        return float(np.linalg.norm(step / self._units))
