"""The exponential applied to vectors, without forming it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnum.matexp.numeric.sparse_code import next_term

__all__ = ["expm_multiply"]

Block: TypeAlias = "NDArray[Any]"

# The largest norm at which the Taylor polynomial of each degree has a backward error below 2**-53.
THETAS: Mapping[int, float] = {
    5: 2.40e-3,
    10: 1.44e-1,
    15: 6.41e-1,
    20: 1.43,
    25: 2.43,
    30: 3.54,
    35: 4.73,
    40: 5.97,
    45: 7.24,
    50: 8.55,
    55: 9.88,
}

# Powers of the matrix whose norms are bounded.
MOST_POWERS = 6

# A norm of tA beyond this would take hours.
LARGEST_NORM = 1e8

# Terms below this part of the sum are left out.
ROUNDING = 2.0**-53


def expm_multiply(A: Any, b: ArrayLike, t: complex = 1) -> NDArray[Any]:
    r"""Return exp(tA) b.

    .. math:: e^{tA} b = \left( e^{tA/s} \right)^s b

    Each factor is applied by its Taylor series, which is left as soon as two terms in a row do not
    matter any more. The number of steps follows from bounds of the powers of A, so that matrices
    far from normal do not take too many.

    Parameters
    ----------
    A : array_like or scipy.sparse matrix, shape (n, n)
        Real or complex.
    b : array_like, shape (n,) or (n, m)
    t : number, optional
        Real or complex.

    Returns
    -------
    ndarray, shape of b
        Of the common type of A, b and t, at least float64.

    Raises
    ------
    ValueError
        For matrices that are not square, b of another length, entries that are not finite, or a
        norm of tA beyond 1e8.
    TypeError
        For entries that are no numbers.

    Examples
    --------
    >>> expm_multiply([[0.0, 1.0], [0.0, 0.0]], [1.0, 2.0])
    array([3., 2.])

    References
    ----------
    Al-Mohy and Higham, "Computing the action of the matrix exponential", SIAM J. Sci. Comput. 33
    (2011) 488.
    """
    matrix, vectors, factor = _read(A, b, t)
    if vectors.size == 0 or factor == 0:
        return vectors
    operator = _operator(matrix, vectors, factor)
    degree, steps = _plan(operator.bounds())
    for _ in range(steps):
        vectors = np.exp(operator.mean * factor / steps) * operator.series(
            vectors, factor / steps, degree
        )
    return vectors


def _read(A: Any, b: ArrayLike, t: complex) -> tuple[Any, Block, Any]:
    import scipy.sparse

    if scipy.sparse.issparse(A):
        matrix = A.tocsr()
        entries = matrix.data
    else:
        matrix = entries = np.asarray(A)
    vectors, factor = np.asarray(b), np.asarray(t)
    for name, value in (("A", entries), ("b", vectors), ("t", factor)):
        if value.dtype.kind not in "biufc":
            raise TypeError(f"{name}: expected numbers, got {value.dtype}")
        if not np.isfinite(value).all():
            raise ValueError(f"{name}: expected finite numbers")
    if factor.ndim:
        raise ValueError(f"t: expected a number, got an array of shape {factor.shape}")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"A: expected a square matrix, got the shape {matrix.shape}")
    if vectors.ndim not in (1, 2) or len(vectors) != matrix.shape[0]:
        raise ValueError(
            f"b: expected the shape ({matrix.shape[0]},) or ({matrix.shape[0]}, m), got "
            f"{vectors.shape}"
        )
    dtype = np.result_type(entries.dtype, vectors.dtype, factor.dtype, np.float64)
    own = np.complex128 if "c" in (entries.dtype.kind, factor.dtype.kind) else np.float64
    return matrix.astype(own, copy=False), vectors.astype(dtype), factor[()]


def _plan(bounds: Sequence[float]) -> tuple[int, int]:
    """Return the degree and the number of steps that take the fewest products.

    Parameters
    ----------
    bounds : sequence of float
        Bounds of the p-th root of the norm of the p-th power, from p = 1 on.
    """
    if not math.isfinite(bounds[0]) or bounds[0] > LARGEST_NORM:
        raise ValueError(
            f"A: the norm of tA is {bounds[0]:.3g}; at most {LARGEST_NORM:.0e} is done"
        )
    plans = []
    for degree, theta in THETAS.items():
        usable = [p for p in range(2, len(bounds)) if p * (p - 1) <= degree + 1]
        norm = min([bounds[0], *(max(bounds[p - 1], bounds[p]) for p in usable)])
        steps = max(1, math.ceil(norm / theta))
        plans.append((degree * steps, degree, steps))
    _, degree, steps = min(plans)
    return degree, steps


class _Operator(ABC):
    """A matrix less a multiple of the identity, as the Taylor series needs it."""

    mean: Any

    @abstractmethod
    def bounds(self) -> list[float]:
        """Return bounds of the p-th root of the norm of the p-th power of tA, p = 1, 2, ..."""

    @abstractmethod
    def series(self, vectors: Block, factor: Any, degree: int) -> Block:
        """Return the Taylor polynomial of exp(factor (A - mean I)) applied to vectors."""


def _operator(matrix: Any, vectors: Block, factor: Any) -> _Operator:
    if not isinstance(matrix, np.ndarray):
        kinds = {matrix.dtype.kind, vectors.dtype.kind, np.asarray(factor).dtype.kind}
        if "c" not in kinds and matrix.indices.dtype == np.int32:
            return _CompressedRows(matrix, factor)
    return _AnyMatrix(matrix, factor)


@final
class _AnyMatrix(_Operator):
    """A dense matrix, or a sparse one of complex numbers."""

    def __init__(self, matrix: Any, factor: Any) -> None:
        n = matrix.shape[0]
        self.mean = matrix.diagonal().sum() / n
        if isinstance(matrix, np.ndarray):
            self._matrix = matrix.copy()
            self._matrix[np.diag_indices(n)] -= self.mean
        else:
            import scipy.sparse

            identity = scipy.sparse.identity(n, dtype=matrix.dtype, format="csr")
            self._matrix = (matrix - self.mean * identity).tocsr()
        self._size = abs(factor)

    def bounds(self) -> list[float]:
        sizes = abs(self._matrix)
        sums = np.ones(sizes.shape[0])
        found = []
        for power in range(1, MOST_POWERS + 1):
            sums = sizes @ sums
            found.append(self._size * float(sums.max()) ** (1.0 / power))
        return found

    def series(self, vectors: Block, factor: Any, degree: int) -> Block:
        scaled = self._matrix * factor
        total = vectors.astype(np.result_type(vectors, scaled.dtype))
        term, before = vectors, math.inf
        for k in range(1, degree + 1):
            term = scaled @ term
            term *= 1.0 / k
            total += term
            size = float(np.abs(term).max())
            if before + size <= ROUNDING * float(np.abs(total).max()):
                break
            before = size
        return total


@final
class _CompressedRows(_Operator):
    """A sparse matrix of real numbers, multiplied by compiled code."""

    def __init__(self, matrix: Any, factor: Any) -> None:
        if not matrix.has_canonical_format:
            # In place, so not in the caller's matrix.
            matrix = matrix.copy()
            matrix.sum_duplicates()
        self._matrix = matrix
        n = matrix.shape[0]
        rows = np.repeat(np.arange(n, dtype=np.int32), np.diff(matrix.indptr))
        self._diagonal = np.flatnonzero(rows == matrix.indices)
        self.mean = float(matrix.data[self._diagonal].sum() / n)
        self._missing = np.ones(n, dtype=bool)
        self._missing[rows[self._diagonal]] = False
        self._size = abs(float(factor))

    def bounds(self) -> list[float]:
        matrix = self._matrix
        sizes = np.abs(matrix.data)
        sizes[self._diagonal] = np.abs(matrix.data[self._diagonal] - self.mean)
        incomplete = bool(self._missing.any())
        sums = np.ones(matrix.shape[0])
        total, numbers, shape = np.zeros_like(sums), np.array([1.0, 0.0, 0.0, 0.0]), _shape(sums)
        found = []
        for power in range(1, MOST_POWERS + 1):
            larger = np.empty_like(sums)
            next_term()(matrix.indptr, matrix.indices, sizes, sums, total, larger, numbers, shape)
            if incomplete:
                larger += np.where(self._missing, abs(self.mean) * sums, 0.0)
            sums = larger
            found.append(self._size * float(sums.max()) ** (1.0 / power))
        return found

    def series(self, vectors: Block, factor: Any, degree: int) -> Block:
        matrix, advance = self._matrix, next_term()
        term, total = np.array(vectors, order="C"), np.array(vectors, order="C")
        following, shape = np.empty_like(term), _shape(term)
        numbers = np.array([0.0, self.mean, 0.0, 0.0])
        step, before = float(factor), math.inf
        for k in range(1, degree + 1):
            numbers[0] = step / k
            advance(
                *(matrix.indptr, matrix.indices, matrix.data),
                *(term, total, following, numbers, shape),
            )
            term, following = following, term
            size = numbers[2]
            if before + size <= ROUNDING * numbers[3]:
                break
            before = size
        return total


def _shape(vectors: Block) -> NDArray[np.int64]:
    return np.array([len(vectors), vectors.size // len(vectors)], dtype=np.int64)
