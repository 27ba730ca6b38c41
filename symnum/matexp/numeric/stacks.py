"""The exponential of larger matrices, a few at a time so that they stay in the cache."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.machine import machine_code
from symnum.compiler.vectors import host_target
from symnum.matexp.numeric.large_code import MATRICES, LargeCode
from symnum.matexp.numeric.taylor_sums import INVERSE_FACTORIALS

__all__ = ["MOST_SQUARINGS", "general", "positive", "triangular"]

Stack: TypeAlias = "NDArray[Any]"

# More squarings than these lose all digits.
MOST_SQUARINGS = 60

# Bytes of the matrices and their powers that are worked on at once.
CACHE = 2_000_000

# The workspace begins on a boundary of so many bytes.
BOUNDARY = 64


def general(matrices: Stack) -> tuple[Stack, NDArray[np.bool_]]:
    """Return the exponentials, and where the norm is too large for them to mean anything.

    Parameters
    ----------
    matrices : ndarray, shape (k, n, n)
        Finite and contiguous, float64 or complex128.
    """
    parts = 2 if matrices.dtype.kind == "c" else 1
    n, lanes = matrices.shape[-1], host_target().lanes
    row = -(-n * parts // lanes) * lanes
    room = np.zeros(MATRICES * n * row + BOUNDARY // 8)
    start = -room.ctypes.data % BOUNDARY // 8
    numbers = np.array([n, row, _product_address(parts)])
    hopeless = np.zeros(len(matrices), dtype=bool)
    results = np.empty_like(matrices)
    _large(parts)(matrices, room[start:], numbers, hopeless, results)
    return results, hopeless


@cache
def _large(parts: int) -> Callable[..., Any]:
    return machine_code(LargeCode.of(parts)).entry("block")


@cache
def _product_address(parts: int) -> int:
    """Return the address of BLAS's product of matrices, as SciPy publishes it."""
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__["zgemm" if parts == 2 else "dgemm"]
    interface = ctypes.pythonapi
    name = interface.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, (ctypes.py_object,)
    pointer = interface.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return int(pointer(capsule, name(capsule)))


def triangular(matrices: Stack) -> tuple[Stack, NDArray[np.bool_]]:
    """Return the same for upper triangular matrices, diagonal and neighbour exact."""
    return _by_chunks(matrices, _triangular)


def positive(matrices: Stack) -> tuple[Stack, NDArray[np.bool_]]:
    """Return the same for real matrices that are not negative off the diagonal."""
    return _by_chunks(matrices, _positive)


Way: TypeAlias = Callable[[Stack], tuple[Stack, "NDArray[np.bool_]"]]


def _by_chunks(matrices: Stack, compute: Way) -> tuple[Stack, NDArray[np.bool_]]:
    results = np.empty_like(matrices)
    hopeless = np.zeros(len(matrices), dtype=bool)
    size = max(1, CACHE // (10 * matrices[0].nbytes))
    with np.errstate(all="ignore"):
        for start in range(0, len(matrices), size):
            part = slice(start, start + size)
            results[part], hopeless[part] = compute(matrices[part])
    return results, hopeless


def _norms(matrices: Stack) -> NDArray[np.float64]:
    if matrices.dtype.kind == "c":
        sizes = np.abs(matrices.real) + np.abs(matrices.imag)
    else:
        sizes = np.abs(matrices)
    norms: NDArray[np.float64] = sizes.sum(axis=1).max(axis=1)
    return norms


def _power(exponents: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(np.ldexp(1.0, exponents))[:, None, None]


def _centred(matrices: Stack, centred: Stack) -> NDArray[Any]:
    """Take the mean of the diagonal off where that makes the matrix smaller; return the means."""
    n = matrices.shape[-1]
    diagonal = np.arange(n)
    means = np.zeros(len(matrices), dtype=matrices.dtype)
    for i in range(n):
        # In this order always; a sum over an axis is in any order.
        means += matrices[:, i, i] / n
    np.copyto(centred, matrices)
    centred[:, diagonal, diagonal] -= means[:, None]
    worse = ~(_norms(centred) < _norms(matrices))
    centred[worse] = matrices[worse]
    means[worse] = 0.0
    return means


def _multiply(total: Stack, factors: NDArray[Any], room: Stack) -> None:
    """Multiply each matrix by its number, complex ones by their parts.

    What NumPy's product of complex numbers rounds depends on the place in the array.
    """
    factors = factors[:, None, None]
    if total.dtype.kind != "c":
        total *= factors
        return
    room.real = total.real * factors.real - total.imag * factors.imag
    room.imag = total.real * factors.imag + total.imag * factors.real
    np.copyto(total, room)


def _squared(
    total: Stack,
    other: Stack,
    squarings: NDArray[np.int64],
    mend: Callable[[Stack, NDArray[np.bool_], NDArray[np.int64]], None] | None = None,
) -> Stack:
    """Square each matrix as often as it wants, in turn into the one array and the other."""
    left = np.minimum(squarings, MOST_SQUARINGS + 4)
    while (left > 0).any():
        going = left > 0
        if going.all():
            total, other = np.matmul(total, total, out=other), total
        else:
            total[going] = total[going] @ total[going]
        left = left - going
        if mend is not None:
            mend(total, going, left)
    return total


def _triangular(matrices: Stack) -> tuple[Stack, NDArray[np.bool_]]:
    centred = np.empty_like(matrices)
    means = _centred(matrices, centred)
    _, power = np.frexp(_norms(centred))
    squarings = np.maximum(power.astype(np.int64), 0)
    total = _polynomial(centred * _power(-np.minimum(squarings, MOST_SQUARINGS + 4)))
    _multiply(total, np.exp(means * np.ldexp(1.0, -squarings)), centred)
    return _mended(matrices, total, squarings)


def _mended(
    matrices: Stack, total: Stack, squarings: NDArray[np.int64]
) -> tuple[Stack, NDArray[np.bool_]]:
    diagonal = np.arange(matrices.shape[-1])
    neighbour = diagonal[:-1]
    values = matrices[:, diagonal, diagonal]
    beside = matrices[:, neighbour, neighbour + 1]

    def mend(total: Stack, going: NDArray[np.bool_], left: NDArray[np.int64]) -> None:
        shrink = np.ldexp(1.0, -left[going])[:, None]
        scaled = values[going] * shrink
        rows = np.flatnonzero(going)[:, None]
        total[rows, diagonal, diagonal] = np.exp(scaled)
        total[rows, neighbour, neighbour + 1] = (
            beside[going] * shrink * _divided_differences(scaled[:, :-1], scaled[:, 1:])
        )

    mend(total, np.ones(len(matrices), dtype=bool), np.minimum(squarings, MOST_SQUARINGS + 4))
    total = _squared(total, np.empty_like(total), squarings, mend)
    return total, squarings > MOST_SQUARINGS


def _divided_differences(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    gap = x - y
    half = gap / 2
    near = np.exp(x / 2 + y / 2) * np.where(half == 0, 1.0, np.sinh(half) / half)
    return np.where(np.abs(gap) < 2.0, near, (np.exp(x) - np.exp(y)) / gap)


def _polynomial(scaled: Stack) -> Stack:
    """Return the sum of A**k/k! for a norm of at most 1, far enough for every entry.

    Entries far from the diagonal of a triangular matrix come from high powers.
    """
    n = scaled.shape[-1]
    degree = max(24, n + 8)
    total = np.broadcast_to(np.eye(n), scaled.shape).astype(scaled.dtype)
    if degree < len(INVERSE_FACTORIALS):
        total *= INVERSE_FACTORIALS[degree]
        for factor in reversed(INVERSE_FACTORIALS[:degree]):
            total = scaled @ total
            total[:, np.arange(n), np.arange(n)] += factor
        return total
    for k in range(degree, 0, -1):
        total = (scaled @ total) / k
        total[:, np.arange(n), np.arange(n)] += 1.0
    return total


def _positive(matrices: Stack) -> tuple[Stack, NDArray[np.bool_]]:
    diagonal = np.arange(matrices.shape[-1])
    least = matrices[:, diagonal, diagonal].min(axis=1)
    work = matrices.copy()
    work[:, diagonal, diagonal] -= least[:, None]
    _, power = np.frexp(_norms(work))
    squarings = np.maximum(power.astype(np.int64), 0)
    total = _polynomial(work * _power(-np.minimum(squarings, MOST_SQUARINGS + 4)))
    total *= np.exp(least * np.ldexp(1.0, -squarings))[:, None, None]
    return _squared(total, work, squarings), squarings > MOST_SQUARINGS
