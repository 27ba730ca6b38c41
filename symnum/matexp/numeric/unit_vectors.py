"""Orthogonal matrices that take unit vectors to unit vectors, for every pair of them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["unit_vector_reflection", "unit_vector_rotation"]

Vectors: TypeAlias = "NDArray[np.float64]"

# How far from 1 the length of a unit vector may be: its entries may have been rounded.
LENGTH_TOLERANCE = {"float64": 1e-6, "float32": 1e-3}

# Of a difference of vectors, what is smaller than this share of it is rounding.
NOISE = 2.0**-48


def unit_vector_rotation(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    r"""Return the rotation that takes a to b and turns nothing but their plane.

    .. math:: R = I - 2 s^2 (w w^T + d d^T) + 2 s c\,(w d^T - d w^T), \qquad
              w \parallel a + b, \quad d \parallel a - b, \quad
              c : s = |a + b| : |a - b|, \quad c^2 + s^2 = 1

    w and d are made orthonormal, the shorter of the sum and the difference after the longer one,
    so that R is orthogonal to a few units of rounding for every pair. Where b = -a, as far as
    their digits tell, it is the half turn in the plane of a and of the coordinate axis along which
    a is smallest, the first such axis.

    Parameters
    ----------
    a, b : array_like, shape (..., n)
        Unit vectors; leading axes broadcast.

    Returns
    -------
    ndarray, shape (..., n, n)
        float32 where both are, else float64; NaN for vectors with NaN or infinite entries.

    Raises
    ------
    ValueError
        Vectors of different sizes or of another length than 1; b = -a in one dimension.
    TypeError
        Entries that are no real numbers.

    Examples
    --------
    >>> unit_vector_rotation([1.0, 0.0], [0.0, 1.0])
    array([[ 0., -1.],
           [ 1.,  0.]])
    >>> unit_vector_rotation([1.0, 0.0, 0.0], [-1.0, 0.0, 0.0])
    array([[-1.,  0.,  0.],
           [ 0., -1.,  0.],
           [ 0.,  0.,  1.]])

    References
    ----------
    Su Jianlin, kexue.fm: 从一个单位向量变换到另一个单位向量的正交矩阵.
    """
    start, end, dtype = _read(a, b)
    n = start.shape[-1]
    if n == 1 and np.any(start * end < 0):
        raise ValueError("a and b: in one dimension no rotation takes a vector to its opposite")
    w, d, cosine, sine = _frame(start, end)
    both = _outer(w, w) + _outer(d, d)
    turn = _outer(w, d) - _outer(d, w)
    result = np.eye(n) - 2 * sine**2 * both + 2 * sine * cosine * turn
    return np.asarray(result, dtype=dtype)


def unit_vector_reflection(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    r"""Return the reflection that exchanges a and b.

    .. math:: H = I - 2 d d^T, \qquad d \parallel a - b

    Where b = a, as far as their digits tell, d is orthogonal to a in the plane of a and of the
    coordinate axis along which a is smallest, the first such axis: H leaves a where it is.

    Parameters
    ----------
    a, b : array_like, shape (..., n)
        Unit vectors; leading axes broadcast.

    Returns
    -------
    ndarray, shape (..., n, n)
        float32 where both are, else float64; NaN for vectors with NaN or infinite entries.

    Raises
    ------
    ValueError
        Vectors of different sizes or of another length than 1; b = a in one dimension.
    TypeError
        Entries that are no real numbers.

    Examples
    --------
    >>> unit_vector_reflection([1.0, 0.0], [-1.0, 0.0])
    array([[-1.,  0.],
           [ 0.,  1.]])
    """
    start, end, dtype = _read(a, b)
    n = start.shape[-1]
    if n == 1 and np.any(start * end > 0):
        raise ValueError("a and b: in one dimension no reflection takes a vector to itself")
    _, d, _, _ = _frame(start, end)
    return np.asarray(np.eye(n) - 2 * _outer(d, d), dtype=dtype)


def _read(a: ArrayLike, b: ArrayLike) -> tuple[Vectors, Vectors, np.dtype[Any]]:
    """Return vectors of length 1 in double precision, broadcast, and the type of the result."""
    arrays = [_as_vectors(value, name) for name, value in (("a", a), ("b", b))]
    sizes = [array.shape[-1] for array in arrays]
    if sizes[0] != sizes[1]:
        raise ValueError(f"a and b: expected vectors of one size, got {sizes[0]} and {sizes[1]}")
    dtype = np.result_type(*arrays)
    try:
        start, end = np.broadcast_arrays(*(_normalised(array) for array in arrays))
    except ValueError:
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise ValueError(f"a and b: the shapes {shapes} do not broadcast") from None
    return start, end, dtype


def _as_vectors(value: ArrayLike, name: str) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected an array of vectors, got ragged rows") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected real numbers, got {array.dtype}")
    if array.ndim == 0 or not array.shape[-1]:
        raise ValueError(f"{name}: expected the shape (..., n) with n > 0, got {array.shape}")
    array = array if array.dtype == np.float32 else array.astype(np.float64)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(array.astype(np.float64), axis=-1)
        wrong = np.isfinite(lengths) & (np.abs(lengths - 1) > LENGTH_TOLERANCE[array.dtype.name])
    if wrong.any():
        raise ValueError(f"{name}: expected unit vectors, got the length {lengths[wrong][0]:.8g}")
    return array


def _normalised(array: NDArray[Any]) -> Vectors:
    array = array.astype(np.float64)
    finite = np.isfinite(array).all(axis=-1, keepdims=True)
    array = np.where(finite, array, np.nan)
    return np.asarray(array / np.linalg.norm(array, axis=-1, keepdims=True))


def _frame(start: Vectors, end: Vectors) -> tuple[Vectors, Vectors, Vectors, Vectors]:
    """Return w and d, orthonormal, and cosine and sine of half the angle."""
    total, gap = start + end, start - end
    longer = _length(total) >= _length(gap)
    long = np.where(longer, total, gap)
    first = long / _length(long)
    second, length = _orthogonal(first, np.where(longer, gap, total))
    w, d = np.where(longer, first, second), np.where(longer, second, first)
    size = np.hypot(_length(long), length)
    near, far = _length(long) / size, length / size
    cosine, sine = np.where(longer, near, far), np.where(longer, far, near)
    return w, d, cosine[..., None], sine[..., None]


def _orthogonal(first: Vectors, vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Return unit vectors orthogonal to the first ones, in a plane with others, and their part.

    Where the others have no part that is more than rounding, they are replaced by the coordinate
    axis along which the first vector is smallest; the part is then zero.
    """
    rest = _without(first, vectors)
    length = _length(rest)
    lost = ~(length > NOISE * _length(vectors))
    axis = np.argmin(np.abs(first), axis=-1)[..., None] == np.arange(first.shape[-1])
    rest = np.where(lost, _without(first, axis.astype(np.float64)), rest)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = rest / _length(rest)
        # What rounding left along the first vector is large beside a short rest.
        unit = _without(first, unit)
        unit = np.where(_length(unit) > 0, unit / _length(unit), 0.0)
    unit = np.where(np.isnan(first), np.nan, unit)
    return unit, np.where(lost, 0.0, length)


def _without(first: Vectors, vectors: Vectors) -> Vectors:
    return np.asarray(vectors - first * np.sum(first * vectors, axis=-1, keepdims=True))


def _length(vectors: Vectors) -> Vectors:
    """Return the lengths, which neither overflow nor vanish on the way; the axis is kept."""
    largest = np.max(np.abs(vectors), axis=-1, keepdims=True)
    scale = np.where(largest > 0, largest, 1.0)
    return np.asarray(scale * np.linalg.norm(vectors / scale, axis=-1, keepdims=True))


def _outer(x: Vectors, y: Vectors) -> Vectors:
    return x[..., :, None] * y[..., None, :]
