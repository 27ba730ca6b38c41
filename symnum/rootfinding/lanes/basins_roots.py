"""Which of many approximations are the same root."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["distinct_roots"]

#: Points that agree to this part of their size are looked at once.
CELL = 1e-9
#: Rounding errors of a point, in parts of its size.
ROUNDING = 2.0**-50
#: Real parts that differ by less, in parts of the largest root, do not decide the order.
ORDER = 1e-8

Points = NDArray[np.complex128]


def distinct_roots(
    points: Points, bounds: NDArray[np.float64], found: NDArray[np.bool_]
) -> tuple[Points, NDArray[np.float64], NDArray[np.int32]]:
    """Return the different roots among many approximations, and which one each of these is.

    Two approximations are the same root where their errors allow it; the one with the smallest
    bound stands for all.

    Parameters
    ----------
    points : ndarray of complex128
        The approximations, one-dimensional.
    bounds : ndarray of float64
        How far off each may be.
    found : ndarray of bool
        Which of them are roots.

    Returns
    -------
    roots : ndarray of complex128
        Sorted by real part, then by imaginary part.
    bounds : ndarray of float64
        How far off each root may be.
    index : ndarray of int32
        For each point the place of its root, -1 where it is none.

    Examples
    --------
    >>> points = np.array([1.0, 2j, 1.0 + 1e-9])
    >>> roots, _, index = distinct_roots(points, np.array([0.0, 0.0, 1e-8]), np.ones(3, bool))
    >>> roots.tolist(), index.tolist()
    ([2j, (1+0j)], [1, 0, 1])
    """
    index = np.full(points.shape, -1, dtype=np.int32)
    places = np.flatnonzero(found)
    if not places.size:
        return np.empty(0, dtype=np.complex128), np.empty(0), index
    # Sorted by their bounds, so that the first of each cell is its best.
    places = places[np.lexsort((points[places].imag, points[places].real, bounds[places]))]
    values, errors = points[places], bounds[places]
    first, cells = _cells(values)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    centres, owners = _owners(values[first[order]], errors[first[order]])
    chosen = first[order][centres]
    roots = _without_rounding(values[chosen], errors[chosen])
    sequence = _sorted(roots)
    place_of = np.empty_like(sequence)
    place_of[sequence] = np.arange(sequence.size)
    index[places] = place_of[owners[rank[cells]]]
    return roots[sequence], errors[chosen][sequence], index


def _cells(values: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first point of each cell of a fine grid, and the cell of each point."""
    size = np.maximum(np.abs(values), np.finfo(np.float64).tiny)
    unit = CELL * 2.0 ** np.floor(np.log2(size))
    keys = np.stack([np.rint(values.real / unit), np.rint(values.imag / unit), unit], axis=1)
    _, first, cells = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first, cells.ravel()


def _owners(values: Points, errors: NDArray[np.float64]) -> tuple[list[int], NDArray[np.intp]]:
    """Return the points that stand for roots, best first, and the root of each point."""
    owners = np.full(values.shape, -1, dtype=np.intp)
    centres: list[int] = []
    reach = 2.0 * errors + ROUNDING * np.abs(values)
    for place in range(values.size):
        if owners[place] >= 0:
            continue
        near = np.abs(values - values[place]) <= reach + reach[place]
        owners[near & (owners < 0)] = len(centres)
        centres.append(place)
    return centres, owners


def _without_rounding(roots: Points, errors: NDArray[np.float64]) -> Points:
    """Return the roots without parts that cannot be told from zero."""
    real = np.where(np.abs(roots.real) <= errors, 0.0, roots.real)
    imaginary = np.where(np.abs(roots.imag) <= errors, 0.0, roots.imag)
    return real + 1j * imaginary


def _sorted(roots: Points) -> NDArray[np.intp]:
    unit = ORDER * max(float(np.max(np.abs(roots))), np.finfo(np.float64).tiny)
    return np.lexsort((roots.real, roots.imag, np.rint(roots.real / unit)))
