"""Sines and cosines together, for motions that do not retrace their path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symnum.homotopy.periodic.collocation import Array, Basis, first_harmonics

__all__ = ["TrigonometricBasis"]


@final
@dataclass(frozen=True, slots=True)
class TrigonometricBasis(Basis):
    """The first `size` harmonics, cosines before sines, and equally spaced points.

    The points begin half a step after the phase 0, where the velocity vanishes and friction jumps.

    Parameters
    ----------
    odd : bool
        Only odd harmonics 1, 3, ..., 2K-1, on the half period; otherwise 0, 1, ..., K-1 on the
        whole one, the harmonic 0 without a sine.
    size : int
        K.
    """

    odd: bool
    size: int

    @property
    def cosines(self) -> int:
        """The number of cosines."""
        return self.size

    @property
    def harmonics(self) -> Array:
        """The multiples n, of the cosines and then of the sines."""
        numbers = first_harmonics(self.odd, self.size)
        return np.concatenate([numbers, numbers if self.odd else numbers[1:]])

    def resized(self, size: int) -> TrigonometricBasis:
        """Return the basis of the same kind with another number of harmonics."""
        return TrigonometricBasis(self.odd, size)

    def phases(self, refinement: int = 1) -> Array:
        """Return the points."""
        count = self.length * refinement
        turn = np.pi if self.odd else 2 * np.pi
        return np.asarray((np.arange(count) + 0.5) * (turn / count), dtype=np.float64)

    def values_matrix(self, refinement: int = 1) -> Array:
        """Return the cosines and sines at the points, one column each."""
        angles = self._radians(refinement)
        return np.hstack([np.cos(angles[:, : self.size]), np.sin(angles[:, self.size :])])

    def slopes_matrix(self, refinement: int = 1) -> Array:
        """Return the derivatives of the cosines and sines at the points."""
        angles = self._radians(refinement)
        slopes = np.hstack([-np.sin(angles[:, : self.size]), np.cos(angles[:, self.size :])])
        return np.asarray(slopes * self.harmonics)

    def angles(self, refinement: int = 1) -> tuple[NDArray[np.int64], int]:
        """Return the angles n tau at the points as integers m and N: ``pi m/N``."""
        count = self.length * refinement
        turn = 2 * count if self.odd else count
        odd_numbers = 2 * np.arange(count, dtype=np.int64) + 1
        multiples = np.outer(odd_numbers, self.harmonics.astype(np.int64)) % (2 * turn)
        return np.where(multiples > turn, multiples - 2 * turn, multiples), turn

    def _radians(self, refinement: int) -> Array:
        multiples, turn = self.angles(refinement)
        return np.asarray(multiples * (np.pi / turn))

    def coefficients_matrix(self) -> Array:
        """Return the inverse of `values_matrix`: the points make the columns orthogonal."""
        inverse = self.values_matrix().T * (2.0 / self.length)
        if not self.odd:
            inverse[0] /= 2
        return inverse
