"""The phi functions of matrices of numbers."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnum.matexp.numeric.dispatch import exponentials, read_stack
from symnum.matexp.numeric.taylor_sums import INVERSE_FACTORIALS

__all__ = ["phi"]

Stack: TypeAlias = "NDArray[Any]"

# Terms of the series at a norm of at most 1/2: the rest is below 2**-60 of the first.
TERMS = 16


def phi(k: int, A: ArrayLike) -> NDArray[Any]:
    r"""Return the k-th phi function of square matrices.

    .. math:: \varphi_k(A) = \sum_{j \ge 0} \frac{A^j}{(j + k)!}, \qquad
              \varphi_{k+1}(A)\, A = \varphi_k(A) - \frac{I}{k!}

    The series is summed for A / 2**s, and all phi functions up to the k-th are doubled together:

    .. math:: 2^k \varphi_k(2A) = e^A \varphi_k(A) + \sum_{j=1}^{k} \frac{\varphi_j(A)}{(k - j)!}

    Parameters
    ----------
    k : int
        At least 0; phi_0 is the exponential.
    A : array_like, shape (..., n, n)
        Real or complex, singular matrices included.

    Returns
    -------
    ndarray, shape (..., n, n)

    Raises
    ------
    ValueError
        For negative k, or matrices that are not square.
    TypeError
        For other types.

    Examples
    --------
    >>> phi(1, [[0.0, 1.0], [0.0, 0.0]])
    array([[1. , 0.5],
           [0. , 1. ]])

    References
    ----------
    Skaflestad and Wright, "The scaling and modified squaring method for matrix functions related to
    the exponential", Appl. Numer. Math. 59 (2009) 783.
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)):
        raise TypeError(f"k: expected an integer, got {k!r}")
    if k < 0:
        raise ValueError(f"k: expected at least 0, got {k}")
    stack, shape, dtype = read_stack(A, "A")
    if stack.size == 0:
        return np.empty(shape, dtype=dtype)
    with np.errstate(all="ignore"):
        result = exponentials(stack) if k == 0 else _phi(int(k), stack)
        return result.astype(dtype, copy=False).reshape(shape)


def _phi(k: int, stack: Stack) -> Stack:
    """Double each matrix's functions as often as it wants."""
    _, power = np.frexp(np.abs(stack).sum(axis=1).max(axis=1))
    finite = np.isfinite(stack).all(axis=(1, 2))
    doublings = np.where(finite, np.maximum(power + 1, 0), 0)
    scaled = stack * np.ldexp(1.0, -doublings)[:, None, None]
    values = _series(k, scaled)
    left = doublings.copy()
    while (left > 0).any():
        going = left > 0
        # The exponential is computed afresh, so that its errors do not pile up.
        growth = exponentials(stack[going] * np.ldexp(1.0, -left[going])[:, None, None])
        values[:, going] = _doubled(growth, values[:, going])
        left -= going
    last: Stack = values[k - 1]
    return last


def _series(k: int, scaled: Stack) -> Stack:
    """Return phi_1 to phi_k of small matrices: the last by its series, the others from it."""
    n = scaled.shape[-1]
    diagonal = np.arange(n)
    values = np.empty((k, *scaled.shape), dtype=scaled.dtype)
    total = np.broadcast_to(np.eye(n) * _inverse_factorial(k + TERMS), scaled.shape)
    total = total.astype(scaled.dtype)
    for j in range(TERMS - 1, -1, -1):
        total = scaled @ total
        total[:, diagonal, diagonal] += _inverse_factorial(k + j)
    values[k - 1] = total
    for j in range(k - 1, 0, -1):
        total = scaled @ total
        total[:, diagonal, diagonal] += _inverse_factorial(j)
        values[j - 1] = total
    return values


def _inverse_factorial(k: int) -> float:
    return INVERSE_FACTORIALS[k] if k < len(INVERSE_FACTORIALS) else 1.0 / math.factorial(k)


def _doubled(growth: Stack, values: Stack) -> Stack:
    """Return the functions of twice the matrices."""
    doubled = np.empty_like(values)
    for k in range(1, len(values) + 1):
        total = growth @ values[k - 1]
        for j in range(1, k + 1):
            total = total + values[j - 1] * _inverse_factorial(k - j)
        doubled[k - 1] = np.ldexp(1.0, -k) * total
    return doubled
