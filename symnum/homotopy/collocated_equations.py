r"""The oscillator on a grid of cosines: equations, Newton steps and conditioning.

For ``u = sum_n a_n cos(n tau)`` the unknowns are W and the coefficients, the equations

    F_n = (coefficient of cos(n tau) in f(u)) - W n**2 a_n = 0,   sum_n a_n = A.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np

from symnum.homotopy.collocation import Array, CosineBasis, Force

__all__ = ["CollocatedEquations"]


@final
@dataclass(frozen=True, slots=True)
class CollocatedEquations:
    """The equations of one force on one basis.

    Parameters
    ----------
    force : Force
    basis : CosineBasis
    """

    force: Force
    basis: CosineBasis
    _to_values: Array = field(init=False, repr=False)
    _to_coefficients: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_to_values", self.basis.values_matrix())
        object.__setattr__(self, "_to_coefficients", self.basis.coefficients_matrix())

    def bordered(self, coefficients: Array, squared: float) -> tuple[Array, Array]:
        """Return the residuals and the Jacobian with respect to the coefficients and W.

        Parameters
        ----------
        coefficients : ndarray, shape (K,)
        squared : float
            W.

        Returns
        -------
        residuals : ndarray, shape (K + 1,)
            The last one is that of ``sum a = A``, here taken to hold.
        jacobian : ndarray, shape (K + 1, K + 1)
        """
        size = self.basis.size
        squares = self.basis.harmonics**2
        force, slope = self.force.with_slope(self._to_values @ coefficients)
        residuals = np.zeros(size + 1)
        residuals[:size] = self._to_coefficients @ force - squared * squares * coefficients
        jacobian = np.empty((size + 1, size + 1))
        jacobian[:size, :size] = (self._to_coefficients * slope) @ self._to_values
        jacobian[np.arange(size), np.arange(size)] -= squared * squares
        jacobian[:size, size] = -squares * coefficients
        jacobian[size, :size] = 1.0
        jacobian[size, size] = 0.0
        return residuals, jacobian

    def condition(self, coefficients: Array, squared: float) -> float:
        """Return ``|d ln w / d ln A|`` at a solution: how the frequency answers to A."""
        _, jacobian = self.bordered(coefficients, squared)
        side = np.zeros(self.basis.size + 1)
        side[-1] = 1.0
        try:
            slope = np.linalg.solve(jacobian, side)[-1]
        except np.linalg.LinAlgError:
            return float("inf")
        return abs(float(coefficients.sum() * slope / (2 * squared)))

    def largest_residual(self, coefficients: Array, squared: float, refinement: int = 8) -> float:
        """Return the largest ``|W u'' + f(u)|`` on a grid `refinement` times as fine."""
        return float(np.max(np.abs(self.residuals(coefficients, squared, refinement))))

    def residuals(self, coefficients: Array, squared: float, refinement: int = 8) -> Array:
        """Return ``W u'' + f(u)`` on a grid `refinement` times as fine as that of the basis."""
        cosines = self.basis.values_matrix(refinement)
        acceleration = -(cosines @ (self.basis.harmonics**2 * coefficients))
        return squared * acceleration + self.force(cosines @ coefficients)
