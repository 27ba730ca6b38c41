"""Steps inside a region in which the linear model is trusted: dogleg and Levenberg-Marquardt."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np

from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.functions import SystemSample, Vector
from symnum.rootfinding.systems.iterations import Evaluations, Iteration, newton_step, nonzero

__all__ = ["Dogleg", "LevenbergMarquardt"]

#: The first region reaches this many times as far as the start.
FIRST_REACH = 100.0

#: A step is taken where |F|^2 falls by this part of what the linear model promises.
SUFFICIENT = 1e-4

#: Regions this small, in units of the point, are no progress.
SMALLEST_REACH = 1e-15

#: The cosine of the angle between F and the columns of J below which |F| is at a minimum.
FLAT = 1e-10

#: Damping beyond this is no progress.
LARGEST_DAMPING = 1e25


class _TrustRegion(Iteration):
    """What both methods share: the scale of the coordinates and the verdict on a step."""

    def __init__(self, evaluations: Evaluations, sample: SystemSample) -> None:
        super().__init__(evaluations, sample)
        self._matrix: Vector | None = None
        self._scale = np.zeros(len(sample.x))

    def advance(self) -> Status | None:
        """Try one step."""
        matrix = self._refreshed()
        if matrix is None:
            return Status.SINGULAR_JACOBIAN
        if self._is_flat(matrix):
            return Status.STALLED
        return self._advance_by(matrix, nonzero(self._scale))

    @abstractmethod
    def _advance_by(self, matrix: Vector, scale: Vector) -> Status | None:
        """Try one step with a Jacobian, in coordinates of a scale without zeros."""

    def _refreshed(self) -> Vector | None:
        """Return the Jacobian; the scale follows the largest norms of its columns."""
        if self._matrix is None:
            self._matrix = self.jacobian()
            if self._matrix is not None:
                self._scale = np.maximum(self._scale, np.linalg.norm(self._matrix, axis=0))
        return self._matrix

    def _is_flat(self, matrix: Vector) -> bool:
        """Whether no direction lowers |F|."""
        sizes = nonzero(np.linalg.norm(matrix, axis=0)) * max(self.sample.norm, 1e-300)
        return bool((np.abs(matrix.T @ self.sample.values) <= FLAT * sizes).all())

    def _tried(self, matrix: Vector, step: Vector) -> float:
        """Try a step and take it if |F| falls enough; return the fall against the promised one."""
        ahead = self.evaluations.sample(self.sample.x + step)
        before = self.sample.norm
        promised = _fall(float(np.linalg.norm(self.sample.values + matrix @ step)) / before)
        actual = _fall(ahead.norm / before)
        self.step = step
        if not actual > 0.0 or not promised > 0.0:
            return -math.inf if actual == -math.inf else min(actual, 0.0)
        ratio = float(actual / promised)
        if ratio >= SUFFICIENT:
            self.sample, self._matrix = ahead, None
        return ratio


def _fall(ratio: float) -> float:
    """Return 1 - ratio**2, -inf where that overflows."""
    return (1.0 - ratio) * (1.0 + ratio)


class Dogleg(_TrustRegion):
    """Powell's dogleg in More's scale: the largest norm of each column of J so far.

    References
    ----------
    More, Garbow, Hillstrom, User Guide for MINPACK-1, 1980.
    """

    def __init__(self, evaluations: Evaluations, sample: SystemSample) -> None:
        super().__init__(evaluations, sample)
        self._reach = 0.0
        self._successes = 0

    def _advance_by(self, matrix: Vector, scale: Vector) -> Status | None:
        size = float(np.linalg.norm(scale * self.sample.x))
        first = self._reach == 0.0
        if first:
            self._reach = FIRST_REACH * size or FIRST_REACH
        step = self._step(matrix, scale)
        length = float(np.linalg.norm(scale * step))
        if first:
            self._reach = min(self._reach, length)
        self._resize(self._tried(matrix, step), length)
        if self._reach <= SMALLEST_REACH * max(size, 1e-300):
            return Status.STALLED
        return None

    def _step(self, matrix: Vector, scale: Vector) -> Vector:
        values = self.sample.values
        newton = newton_step(matrix, values)
        if np.linalg.norm(scale * newton) <= self._reach:
            return newton
        # Scaled coordinates q = scale * p from here on.
        slope = -(matrix.T @ values) / scale
        steepness = float(np.linalg.norm(slope))
        if steepness == 0.0:
            return newton * (self._reach / np.linalg.norm(scale * newton))
        descent = slope / steepness
        curvature = float(np.linalg.norm(matrix @ (descent / scale)))
        cauchy = descent * (steepness / curvature**2 if curvature > 0.0 else self._reach)
        if np.linalg.norm(cauchy) >= self._reach:
            return descent * self._reach / scale
        leg = scale * newton - cauchy
        a, b = float(leg @ leg), float(cauchy @ leg)
        c = float(cauchy @ cauchy) - self._reach**2
        part = -c / (b + math.sqrt(max(b * b - a * c, 0.0)))
        result: Vector = (cauchy + min(part, 1.0) * leg) / scale
        return result

    def _resize(self, ratio: float, length: float) -> None:
        if ratio < 0.1:
            self._successes = 0
            self._reach *= 0.5 if ratio > -math.inf else 0.1
            return
        self._successes += 1
        if ratio >= 0.5 or self._successes > 1:
            self._reach = max(self._reach, 2.0 * length)
        if abs(ratio - 1.0) <= 0.1:
            self._reach = 2.0 * length


class LevenbergMarquardt(_TrustRegion):
    """(J^T J + mu D^2) p = -J^T F, D as for the dogleg; a singular J does no harm.

    The damping mu follows how well the linear model predicts |F|.

    References
    ----------
    Nielsen, Damping Parameter in Marquardt's Method, 1999.
    """

    def __init__(self, evaluations: Evaluations, sample: SystemSample) -> None:
        super().__init__(evaluations, sample)
        self._damping = 1e-3
        self._growth = 2.0

    def _advance_by(self, matrix: Vector, scale: Vector) -> Status | None:
        stacked = np.vstack([matrix / scale, math.sqrt(self._damping) * np.eye(len(scale))])
        right = np.concatenate([-self.sample.values, np.zeros(len(scale))])
        step = np.linalg.lstsq(stacked, right, rcond=None)[0] / scale
        ratio = self._tried(matrix, step)
        if ratio >= SUFFICIENT:
            self._damping *= max(1.0 / 3.0, 1.0 - (2.0 * min(ratio, 2.0) - 1.0) ** 3)
            self._damping = max(self._damping, 1e-30)
            self._growth = 2.0
        else:
            self._damping *= self._growth
            self._growth *= 2.0
        return Status.STALLED if self._damping > LARGEST_DAMPING else None
