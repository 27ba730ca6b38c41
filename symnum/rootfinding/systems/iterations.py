"""What all iterations for systems share: a budget of evaluations, a point, and linear algebra."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.functions import SystemFunction, SystemSample, Vector

__all__ = ["Evaluations", "Iteration", "IterationFactory", "newton_step", "nonzero"]

#: Of the largest singular value; below it a matrix counts as singular.
SINGULAR = 1e-15

#: Columns of the Jacobian that cost about as much as F.
ENTRIES = 4

#: Coordinates beyond this have run away.
FAR = 1e305


class Evaluations:
    """A function under a budget: F counts as one, its Jacobian as more where it is large.

    Parameters
    ----------
    function : SystemFunction
        F.
    most : int
        The budget.
    """

    def __init__(self, function: SystemFunction, most: int) -> None:
        self.function = function
        self.left = most

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0

    def sample(self, x: Vector) -> SystemSample:
        """Evaluate F."""
        self.left -= 1
        return self.function.sample(x)

    def jacobian(self, x: Vector) -> Vector:
        """Evaluate the derivatives of F."""
        self.left -= 1 + len(self.function) // ENTRIES
        return self.function.jacobian(x)


class Iteration(ABC):
    """An iteration in progress.

    Attributes
    ----------
    evaluations : Evaluations
        F.
    sample : SystemSample
        Where the iteration stands; always usable.
    step : ndarray
        The last step that was taken or tried.
    """

    def __init__(self, evaluations: Evaluations, sample: SystemSample) -> None:
        self.evaluations = evaluations
        self.sample = sample
        self.step: Vector = np.full(len(sample.x), np.inf)

    @abstractmethod
    def advance(self) -> Status | None:
        """Take one step; return what stands in the way, or None."""

    def jacobian(self) -> Vector | None:
        """Return the Jacobian where the iteration stands; None where it is not finite."""
        matrix = self.evaluations.jacobian(self.sample.x)
        return matrix if np.isfinite(matrix).all() else None

    def moved(self, step: Vector, shortest: float = 1e-12) -> Status | None:
        """Take a step, or the longest part of it that does not leave the domain."""
        if not step.any():
            return Status.SINGULAR_JACOBIAN
        fraction = 1.0
        while fraction >= shortest and not self.evaluations.spent:
            ahead = self.sample.x + fraction * step
            if np.abs(ahead).max() > FAR:
                return Status.DIVERGED
            sample = self.evaluations.sample(ahead)
            if sample.usable:
                self.sample, self.step = sample, fraction * step
                return None
            fraction *= 0.5
        return Status.LEFT_DOMAIN


IterationFactory = Callable[[Evaluations, SystemSample], Iteration]


def newton_step(matrix: Vector, values: Vector) -> Vector:
    """Return the solution of ``matrix * step = -values``, the shortest one if it is singular.

    Parameters
    ----------
    matrix : ndarray
        Shape (n, n), finite.
    values : ndarray
        Shape (n,), finite.

    Returns
    -------
    ndarray
        Columns and rows are brought to one size first, so that units do not matter.

    Examples
    --------
    >>> newton_step(np.array([[2.0, 0.0], [0.0, 1e-200]]), np.array([2.0, 1e-200])).tolist()
    [-1.0, -1.0]
    """
    columns = nonzero(np.abs(matrix).max(axis=0))
    scaled = matrix / columns
    rows = nonzero(np.abs(scaled).max(axis=1))
    scaled, right = scaled / rows[:, None], -values / rows
    step = np.linalg.lstsq(scaled, right, rcond=SINGULAR)[0]
    return np.asarray(step / columns, dtype=np.float64)


def nonzero(sizes: Vector) -> Vector:
    """Return sizes with 1 in the place of 0."""
    return np.where(sizes > 0.0, sizes, 1.0)
