"""Balancing: a diagonal scaling by powers of two that makes rows and columns alike."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["IMBALANCE", "balanced", "is_uneven", "shifted"]

Stack: TypeAlias = "NDArray[Any]"

# Sums of a row and of its column that differ by more than this are worth balancing.
IMBALANCE = 64.0

# Sweeps over the rows; each is exact, so one too few loses nothing but speed.
SWEEPS = 12

# Powers of two beyond this could lose entries to overflow or underflow.
LARGEST_POWER = 480


def balanced(stack: Stack) -> tuple[Stack, NDArray[np.int64]]:
    """Return D**-1 A D where that at least halves the norm, and the powers of two in D.

    Parameters
    ----------
    stack : ndarray, shape (k, n, n)
        Finite, float64 or complex128.

    Returns
    -------
    ndarray, shape (k, n, n)
        Contiguous; exactly similar to A.
    ndarray of int64, shape (k, n)
        The exponents p of D = diag(2**p); zeros where A was left alone.

    References
    ----------
    Parlett and Reinsch, "Balancing a matrix for calculation of eigenvalues and eigenvectors",
    Numer. Math. 13 (1969).
    """
    count, n = stack.shape[:2]
    sizes = np.abs(stack)
    sizes[:, np.arange(n), np.arange(n)] = 0.0
    powers = np.zeros((count, n), dtype=np.int64)
    for _ in range(SWEEPS):
        moved = False
        for i in range(n):
            columns, rows = sizes[:, :, i].sum(axis=1), sizes[:, i, :].sum(axis=1)
            usable = (columns > 0) & (rows > 0) & np.isfinite(columns) & np.isfinite(rows)
            ratio = np.where(usable, rows, 1.0) / np.where(usable, columns, 1.0)
            _, power = np.frexp(ratio)
            step = np.where(usable, np.round((power - 0.5) / 2).astype(np.int64), 0)
            step = np.clip(powers[:, i] + step, -LARGEST_POWER, LARGEST_POWER) - powers[:, i]
            if not step.any():
                continue
            moved = True
            powers[:, i] += step
            sizes[:, :, i] = np.ldexp(sizes[:, :, i], step[:, None])
            sizes[:, i, :] = np.ldexp(sizes[:, i, :], -step[:, None])
        if not moved:
            break
    gap = powers[:, None, :] - powers[:, :, None]
    similar = shifted(stack, gap)
    exact = (shifted(similar, -gap) == stack).all(axis=(1, 2))
    better = exact & (_norm(similar) <= 0.5 * _norm(stack))
    powers[~better] = 0
    similar[~better] = stack[~better]
    return np.ascontiguousarray(similar), powers


def is_uneven(stack: Stack) -> NDArray[np.bool_]:
    """Return which matrices have a row and a column of very different size.

    Balancing saves squarings: matrices that need none are left out.
    """
    diagonal = np.arange(stack.shape[-1])
    sizes = np.abs(stack)
    columns = sizes.sum(axis=1)
    large = np.asarray(columns.max(axis=1) > 1.0)
    if not large.any():
        return large
    own = sizes[:, diagonal, diagonal]
    columns, rows = columns - own, sizes.sum(axis=2) - own
    uneven = (rows > IMBALANCE * columns) | (columns > IMBALANCE * rows)
    return np.asarray(uneven.any(axis=1) & large)


def shifted(stack: Stack, powers: NDArray[np.int64] | np.int64) -> Stack:
    """Return numbers times powers of two."""
    if stack.dtype.kind == "c":
        result = np.empty(np.broadcast_shapes(stack.shape, np.shape(powers)), dtype=stack.dtype)
        result.real, result.imag = np.ldexp(stack.real, powers), np.ldexp(stack.imag, powers)
        return result
    return np.asarray(np.ldexp(stack, powers))


def _norm(stack: Stack) -> NDArray[np.float64]:
    return np.asarray(np.abs(stack).sum(axis=1).max(axis=1))
