"""What the zeros of a matrix say of its exponential: entries that vanish, blocks that are apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["ZeroPattern", "pattern_groups", "reachable"]

Mask: TypeAlias = "NDArray[np.bool_]"


def reachable(pattern: Mask) -> Mask:
    """Return which entries of a power series in a matrix can differ from zero.

    Parameters
    ----------
    pattern : ndarray of bool, shape (..., n, n)
        Where the matrix is not zero.

    Returns
    -------
    ndarray of bool
        Entry (i, j) is true if a path leads from i to j, the empty one included.
    """
    n = pattern.shape[-1]
    reach = pattern | np.eye(n, dtype=bool)
    for _ in range(max(n - 1, 1).bit_length()):
        if reach.all():
            break
        # Products of numbers are much faster than those of truth values.
        steps = reach.astype(np.float32)
        reach = steps @ steps > 0
    return reach


@dataclass(frozen=True)
class ZeroPattern:
    """The graph of a matrix.

    Parameters
    ----------
    mask : ndarray of bool, shape (n, n)
        Where the matrix is not zero.
    """

    mask: Mask

    @cached_property
    def reach(self) -> Mask:
        """Where the exponential may differ from zero."""
        return reachable(self.mask)

    @cached_property
    def components(self) -> list[NDArray[np.intp]]:
        """The sets of indices that nothing connects, each in ascending order."""
        together = reachable(self.mask | self.mask.T)
        first = together.argmax(axis=1)
        return [np.flatnonzero(first == label) for label in np.unique(first)]

    @cached_property
    def is_acyclic(self) -> bool:
        """Whether a permutation makes the matrix triangular."""
        both = self.reach & self.reach.T
        return int(both.sum()) == len(both)

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """The permutation that makes the matrix upper (block) triangular."""
        # Whoever reaches more stands further up.
        return np.argsort(-self.reach.sum(axis=1), kind="stable")


def pattern_groups(matrices: NDArray[np.number]) -> list[tuple[ZeroPattern, NDArray[np.intp]]]:
    """Return the patterns that occur in a stack of matrices, and where each does.

    Parameters
    ----------
    matrices : ndarray, shape (k, n, n)
    """
    count, n = matrices.shape[:2]
    masks = (matrices != 0).reshape(count, n * n)
    if (masks == masks[0]).all():
        return [(ZeroPattern(masks[0].reshape(n, n)), np.arange(count))]
    rows, which = np.unique(np.packbits(masks, axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    starts = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(rows)))
    groups = np.split(starts, ends[:-1])
    return [(ZeroPattern(masks[group[0]].reshape(n, n)), group) for group in groups]
