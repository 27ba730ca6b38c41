"""Chebyshev polynomials on an interval and on many: values, coefficients, integrals.

Functions are given by their values at the zeros ``s_j`` of ``T_K`` on [-1, 1]. The ends are no
nodes, so that an equation with a singular point there can be taken at every node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

__all__ = ["ChebyshevGrid", "PiecewiseChebyshev"]

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class ChebyshevGrid:
    """The K zeros of ``T_K`` and the linear maps between values, coefficients and integrals.

    Parameters
    ----------
    size : int
        K.

    Attributes
    ----------
    nodes : ndarray, shape (K,)
        Ascending.
    to_coefficients : ndarray, shape (K, K)
        Values at the nodes to coefficients of ``T_0, ..., T_(K-1)``.
    integral_coefficients : ndarray, shape (K + 1, K)
        Values at the nodes to the coefficients of the integral from -1.
    integration : ndarray, shape (K, K)
        Values at the nodes to the values of the integral from -1.

    Examples
    --------
    >>> grid = ChebyshevGrid(4)
    >>> bool(np.allclose(grid.integration @ (3 * grid.nodes**2), grid.nodes**3 + 1))
    True
    """

    size: int
    nodes: Array = field(init=False, repr=False, compare=False)
    to_coefficients: Array = field(init=False, repr=False, compare=False)
    integral_coefficients: Array = field(init=False, repr=False, compare=False)
    integration: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        count = self.size
        # Sines of multiples that are symmetric about 0 give symmetric nodes, the middle one 0.
        nodes = np.sin(np.pi * (2 * np.arange(count) + 1 - count) / (2 * count))
        angles = np.pi * (2 * np.arange(count)[::-1] + 1) / (2 * count)
        inverse = np.cos(np.outer(np.arange(count), angles)) * (2 / count)
        inverse[0] /= 2
        integral = chebyshev.chebint(np.eye(count), lbnd=-1, axis=0) @ inverse
        object.__setattr__(self, "nodes", nodes)
        object.__setattr__(self, "to_coefficients", inverse)
        object.__setattr__(self, "integral_coefficients", integral)
        object.__setattr__(self, "integration", chebyshev.chebvander(nodes, count) @ integral)

    def integral_row(self, s: float) -> Array:
        """Return the weights of the values in the integral from -1 to `s`."""
        row: Array = chebyshev.chebvander(np.array([s]), self.size)[0] @ self.integral_coefficients
        return row

    def value_row(self, s: float) -> Array:
        """Return the weights of the values in the interpolating polynomial at `s`."""
        row: Array = chebyshev.chebvander(np.array([s]), self.size - 1)[0] @ self.to_coefficients
        return row


@final
@dataclass(frozen=True, slots=True)
class PiecewiseChebyshev:
    """A function by Chebyshev coefficients on each of several adjacent intervals.

    Parameters
    ----------
    breaks : ndarray, shape (P + 1,)
        Ascending.
    coefficients : ndarray, shape (P, N)
    """

    breaks: Array
    coefficients: Array

    def locate(self, points: Array) -> tuple[NDArray[np.intp], Array]:
        """Return for each point its interval and its place in [-1, 1] there."""
        index = np.clip(
            np.searchsorted(self.breaks, points, side="right") - 1, 0, len(self.breaks) - 2
        )
        low, high = self.breaks[index], self.breaks[index + 1]
        # The difference to the nearer end keeps the place exact at both.
        place = np.where(
            points - low <= high - points,
            2 * (points - low) / (high - low) - 1,
            1 - 2 * (high - points) / (high - low),
        )
        return index, np.clip(place, -1.0, 1.0)

    def __call__(self, points: Any) -> Array:
        """Return the values; outside the intervals those of the nearest end."""
        given = np.asarray(points, dtype=np.float64)
        index, place = self.locate(given.ravel())
        polynomials = chebyshev.chebvander(place, self.coefficients.shape[1] - 1)
        values: Array = np.einsum("ij,ij->i", polynomials, self.coefficients[index])
        return values.reshape(given.shape)

    def derivative(self) -> PiecewiseChebyshev:
        """Return the derivative, interval by interval."""
        half = np.diff(self.breaks)[:, None] / 2
        return PiecewiseChebyshev(self.breaks, chebyshev.chebder(self.coefficients, axis=1) / half)

    def tails(self, count: int) -> Array:
        """Return the largest of the last `count` coefficients of each interval."""
        tails: Array = np.max(np.abs(self.coefficients[:, -count:]), axis=1)
        return tails
