r"""An oscillator on a grid of sines and cosines: equations, Newton steps and conditioning.

With ``v = w u_tau`` and ``a = w**2 u_tautau`` the unknowns are ``W = w**2`` and the coefficients
``a_n`` of cos(n tau), ``b_n`` of sin(n tau); the equations are the coefficients of

    inertia W u_tautau + g(u, v, a) = 0,   sum_n a_n = A,   sum_n n b_n = 0.

Without sines the last one is void. With sines and a given amplitude there is one equation more
than unknowns: a damping ``d u'`` is added, which vanishes where a motion of this amplitude is
periodic. A limit cycle has its amplitude among the unknowns and needs no such term.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np

from symnum.homotopy.periodic.collocation import Array, Basis, Dynamics

__all__ = ["CollocatedEquations"]


@final
@dataclass(frozen=True, slots=True)
class CollocatedEquations:
    """The equations of one oscillator on one basis.

    Parameters
    ----------
    force : Dynamics
    basis : Basis
    free : bool
        The amplitude is an unknown.
    """

    force: Dynamics
    basis: Basis
    free: bool = False
    _to_values: Array = field(init=False, repr=False)
    _to_slopes: Array | None = field(init=False, repr=False)
    _to_coefficients: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        slopes = self.basis.slopes_matrix() if self._needs_slopes else None
        object.__setattr__(self, "_to_values", self.basis.values_matrix())
        object.__setattr__(self, "_to_slopes", slopes)
        object.__setattr__(self, "_to_coefficients", self.basis.coefficients_matrix())

    @property
    def _needs_slopes(self) -> bool:
        return self.force.moving or self.has_damping

    @property
    def has_sines(self) -> bool:
        """Whether the motion need not retrace its path."""
        return self.basis.cosines < self.basis.length

    @property
    def has_damping(self) -> bool:
        """Whether a damping stands among the unknowns, the last of them."""
        return self.has_sines and not self.free

    def constraints(self) -> Array:
        """Return the conditions on the coefficients, one row each: the start, and its velocity."""
        sine = np.arange(self.basis.length) >= self.basis.cosines
        rows = [np.where(sine, 0.0, 1.0)] if not self.free else []
        if self.has_sines:
            rows.append(np.where(sine, self.basis.harmonics, 0.0))
        return np.array(rows)

    def bordered(
        self, coefficients: Array, squared: float, damping: float = 0.0
    ) -> tuple[Array, Array]:
        """Return the residuals and the Jacobian with respect to the coefficients, W and damping.

        Parameters
        ----------
        coefficients : ndarray, shape (K,)
        squared : float
            W.
        damping : float
            Where `has_damping`.

        Returns
        -------
        residuals : ndarray, shape (K + conditions,)
            The last ones are those of `constraints`, here taken to hold.
        jacobian : ndarray, square
        """
        length = self.basis.length
        borders = 1 + self.has_damping
        squares = self.basis.harmonics**2
        inertia = self.force.inertia * squares
        w = float(np.sqrt(squared)) if self._to_slopes is not None else 1.0
        u, v, a, slopes, bends = self._motion(coefficients, squared, w)
        force, (slope, by_v, by_a) = self.force.partials(u, v, a)
        by_u = np.zeros_like(u) if slope is None else slope
        residuals = np.zeros(length + borders)
        residuals[:length] = self._to_coefficients @ force - squared * inertia * coefficients
        jacobian = np.zeros((length + borders, length + borders))
        block = jacobian[:length, :length]
        block += (self._to_coefficients * by_u) @ self._to_values
        by_squared = np.zeros(len(u))
        if by_v is not None and self._to_slopes is not None and slopes is not None:
            block += (self._to_coefficients * (w * by_v)) @ self._to_slopes
            by_squared += by_v * slopes / (2 * w)
        if by_a is not None and bends is not None:
            block -= (self._to_coefficients * (squared * by_a)) @ (self._to_values * squares)
            by_squared += by_a * bends
        block[np.arange(length), np.arange(length)] -= squared * inertia
        jacobian[:length, length] = -inertia * coefficients
        if by_v is not None or by_a is not None:
            jacobian[:length, length] += self._to_coefficients @ by_squared
        if self.has_damping and self._to_slopes is not None and slopes is not None:
            speeds = self._to_coefficients @ slopes
            residuals[:length] += damping * w * speeds
            block += (damping * w * self._to_coefficients) @ self._to_slopes
            jacobian[:length, length] += damping * speeds / (2 * w)
            jacobian[:length, length + 1] = w * speeds
        jacobian[length:, :length] = self.constraints()
        return residuals, jacobian

    def _motion(
        self, coefficients: Array, squared: float, w: float
    ) -> tuple[Array, Array | None, Array | None, Array | None, Array | None]:
        """Return u, v, a, u_tau and u_tautau at the points; what is not needed is None."""
        u = self._to_values @ coefficients
        if self._to_slopes is None:
            return u, None, None, None, None
        slopes = self._to_slopes @ coefficients
        bends = -(self._to_values @ (self.basis.harmonics**2 * coefficients))
        return u, w * slopes, squared * bends, slopes, bends

    def condition(self, coefficients: Array, squared: float) -> float:
        """Return how the frequency answers to relative changes.

        ``|d ln w / d ln A|`` where the amplitude is given; otherwise the answer to changes of the
        forces of a limit cycle by the same fraction at every phase, of the worst signs.
        """
        _, jacobian = self.bordered(coefficients, squared)
        length = self.basis.length
        side = np.zeros(len(jacobian))
        try:
            if not self.free:
                side[length] = 1.0
                change = np.linalg.solve(jacobian, side)[length] * self.start(coefficients)
            else:
                side[length] = 1.0
                weights = np.linalg.solve(jacobian.T, side)[:length] @ self._to_coefficients
                u, v, a, _, _ = self._motion(coefficients, squared, float(np.sqrt(squared)))
                sizes = np.abs(self.force.values(u, v, a))
                change = np.abs(weights) @ sizes
        except np.linalg.LinAlgError:
            return float("inf")
        kappa = abs(float(change / (2 * squared)))
        return kappa if np.isfinite(kappa) else float("inf")

    def resized(self, size: int) -> CollocatedEquations:
        """Return the equations with another number of harmonics."""
        return CollocatedEquations(self.force, self.basis.resized(size), self.free)

    def coefficients(self, values: Array) -> Array:
        """Return the coefficients of the sum with given values at the points."""
        return np.asarray(self._to_coefficients @ values)

    def start(self, coefficients: Array) -> float:
        """Return u(0)."""
        return float(coefficients[: self.basis.cosines].sum())

    def correction(self, coefficients: Array, squared: float) -> float:
        """Return the relative change of the frequency in a Newton step with twice the harmonics."""
        larger = self.resized(2 * self.basis.size)
        embedded = self.basis.embed(coefficients, larger.basis)
        residuals, jacobian = larger.bordered(embedded, squared)
        try:
            step = np.linalg.solve(jacobian, -residuals)
        except np.linalg.LinAlgError:
            return float("inf")
        change = abs(float(step[larger.basis.length])) / (2 * squared)
        return change if np.isfinite(change) else float("inf")

    def largest_residual(self, coefficients: Array, squared: float, refinement: int = 8) -> float:
        """Return the largest ``|inertia W u'' + g|`` on a grid `refinement` times as fine."""
        return float(np.max(np.abs(self.residuals(coefficients, squared, refinement))))

    def residuals(self, coefficients: Array, squared: float, refinement: int = 8) -> Array:
        """Return ``inertia W u'' + g`` on a grid `refinement` times as fine as that of the basis.

        The damping that stands among the unknowns is no part of it.
        """
        elements = self.basis.values_matrix(refinement)
        acceleration = -squared * (elements @ (self.basis.harmonics**2 * coefficients))
        velocity = None
        if self.force.moving:
            speeds = self.basis.slopes_matrix(refinement) @ coefficients
            velocity = float(np.sqrt(max(squared, 0.0))) * speeds
        position = elements @ coefficients
        values = self.force.values(position, velocity, acceleration)
        return np.asarray(self.force.inertia * acceleration + values)
