"""Compiled exponentials of arrays of small matrices."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.machine import machine_code
from symnum.compiler.vectors import host_target
from symnum.matexp.numeric.lane_exponentials import FLAGS
from symnum.matexp.numeric.lane_modules import LaneCode

__all__ = ["LARGEST", "LaneKernel", "Stack", "lane_kernel"]

Stack: TypeAlias = "NDArray[Any]"

# The largest matrices that are exponentiated lane by lane. Beyond, products of single matrices are
# as fast, or, for those with entries far below their norm, more terms of the series are wanted.
LARGEST = {"general": 32, "triangular": 12, "positive": 16}

# The workspace begins on a boundary of so many bytes.
BOUNDARY = 64


@final
class LaneKernel:
    """One way to exponentiate matrices of one size, compiled when it is first called.

    Parameters
    ----------
    way : str
        ``"closed"``, ``"general"``, ``"triangular"`` or ``"positive"``.
    n : int
        The size of the matrices.
    parts : int
        2 for complex matrices.
    """

    def __init__(self, way: str, n: int, parts: int) -> None:
        self._code = LaneCode.of(way, n, parts)
        self._lanes = host_target().lanes
        self._entry: Callable[..., Any] | None = None

    def __call__(self, matrices: Stack, skipped: int) -> tuple[Stack, NDArray[np.int64]]:
        """Return the exponentials and what is to be said of each matrix.

        Parameters
        ----------
        matrices : ndarray, shape (k, n, n)
            Contiguous, float64 or complex128.
        skipped : int
            Flags of matrices that may be left alone.

        Returns
        -------
        ndarray, shape (k, n, n)
            Without meaning where a flag of `skipped` is set.
        ndarray of int64, shape (k,)
            Sums of `FLAGS`.
        """
        if self._entry is None:
            self._entry = machine_code(self._code).entry("block")
        count = len(matrices)
        flags = np.zeros(-(-count // self._lanes) * self._lanes, dtype=np.int64)
        left_alone = np.full(self._lanes, skipped, dtype=np.int64)
        results = np.empty_like(matrices)
        room = np.empty(self._code.workspace + BOUNDARY // 8)
        start = -room.ctypes.data % BOUNDARY // 8
        self._entry(matrices, flags, room[start:], left_alone, results)
        return results, flags[:count]


@cache
def lane_kernel(way: str, n: int, parts: int) -> LaneKernel:
    """Return a kernel, the same one for the same arguments."""
    return LaneKernel(way, n, parts)


def flagged(flags: NDArray[np.int64], *names: str) -> NDArray[np.bool_]:
    """Return where one of some flags is set."""
    return np.asarray(flags & sum(FLAGS[name] for name in names) != 0)
