"""The derivative of the exponential in a direction, and how sensitive the exponential is."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnum.matexp.numeric import stacks
from symnum.matexp.numeric.balancing import shifted
from symnum.matexp.numeric.dispatch import exponentials, read_stack, taken

__all__ = ["expm_cond", "expm_frechet"]

Stack: TypeAlias = "NDArray[Any]"

# Up to this size the derivatives in all directions are formed; beyond, their largest singular
# value is found by iteration.
LARGEST_WHOLE = 12

# Steps of the iteration, and the relative change at which it ends.
MOST_STEPS = 200
SETTLED = 1e-5


def expm_frechet(A: ArrayLike, E: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    r"""Return exp(A) and its derivative at A in the direction E.

    .. math:: L(A, E) = \int_0^1 e^{(1-s)A} E e^{sA} \, ds

    Parameters
    ----------
    A, E : array_like, shape (..., n, n)
        Real or complex; leading axes broadcast.

    Returns
    -------
    exp(A), L(A, E) : ndarray, shape (..., n, n)

    Raises
    ------
    ValueError
        If the matrices are not square or of different size, or their batches do not broadcast.
    TypeError
        For entries of another type, as `expm`.

    Examples
    --------
    >>> value, derivative = expm_frechet([[0.0]], [[2.0]])
    >>> float(derivative[0, 0])
    2.0
    """
    base, shape, kind = read_stack(A, "A")
    direction, other, other_kind = read_stack(E, "E")
    if shape[-1] != other[-1]:
        raise ValueError(f"E: expected matrices of the shape {shape[-2:]} of A, got {other[-2:]}")
    try:
        lead = np.broadcast_shapes(shape[:-2], other[:-2])
    except ValueError:
        raise ValueError(
            f"E: its batch {other[:-2]} does not broadcast with the batch {shape[:-2]} of A"
        ) from None
    full, dtype = (*lead, *shape[-2:]), np.result_type(kind, other_kind)
    if 0 in full:
        return np.empty(full, dtype), np.empty(full, dtype)
    computed = np.result_type(base, direction)
    pair = [
        np.ascontiguousarray(np.broadcast_to(stack.reshape(own), full), dtype=computed).reshape(
            -1, *shape[-2:]
        )
        for stack, own in ((base, shape), (direction, other))
    ]
    with np.errstate(all="ignore"):
        value, derivative = exponentials(pair[0]), derivatives(*pair)
        return (
            value.astype(dtype, copy=False).reshape(full),
            derivative.astype(dtype, copy=False).reshape(full),
        )


def derivatives(base: Stack, direction: Stack) -> Stack:
    """Return L(A, E) for stacks of one shape, as the corner of exp([[A, E], [0, A]]).

    The direction is made as large as A first, by a power of two: L is linear in it.
    """
    count, n, _ = base.shape
    _, size = np.frexp(np.abs(base).sum(axis=1).max(axis=1))
    _, length = np.frexp(np.abs(direction).max(axis=(1, 2)))
    power = np.where(np.isfinite(direction).all(axis=(1, 2)), np.maximum(size, 0) - length, 0)
    power = np.clip(power, -1000, 1000)[:, None, None]
    whole = np.zeros((count, 2 * n, 2 * n), dtype=base.dtype)
    whole[:, :n, :n] = whole[:, n:, n:] = base
    whole[:, :n, n:] = shifted(direction, power)
    result = taken("general", stacks.general, whole)
    return shifted(result[:, :n, n:], -power)


def expm_cond(A: ArrayLike) -> float:
    r"""Return the relative condition number of the exponential in the Frobenius norm.

    .. math:: \kappa = \max_E \frac{\|L(A, E)\|_F}{\|E\|_F} \, \frac{\|A\|_F}{\|e^A\|_F}

    Parameters
    ----------
    A : array_like, shape (n, n)
        Finite.

    Returns
    -------
    float
        0 for a zero matrix.

    Raises
    ------
    ValueError, TypeError
        For what is no finite square matrix.

    Examples
    --------
    >>> round(expm_cond([[3.0]]), 12)
    3.0
    """
    stack, shape, _ = read_stack(A, "A")
    if len(shape) != 2:
        raise ValueError(f"A: expected one matrix, got the shape {shape}")
    if not np.isfinite(stack).all():
        raise ValueError("A: expected finite entries")
    size = float(np.linalg.norm(stack)) if stack.size else 0.0
    if size == 0.0:
        return 0.0
    with np.errstate(all="ignore"):
        result = exponentials(stack)
        # One power of two brings both near 1: their squares must neither overflow nor vanish.
        _, power = np.frexp(np.abs(result).max())
        growth = float(np.linalg.norm(shifted(result, np.int64(-power))))
        slope = _largest_derivative(stack[0], -int(power))
    return slope * size / growth


def _largest_derivative(matrix: NDArray[Any], power: int) -> float:
    """Return the largest ratio of |L(A, E)| and |E|, times a power of two."""
    n = len(matrix)
    if n <= LARGEST_WHOLE:
        directions = np.eye(n * n, dtype=matrix.dtype).reshape(n * n, n, n)
        columns = derivatives(np.repeat(matrix[None], n * n, axis=0), directions)
        columns = shifted(columns, np.int64(power))
        return float(np.linalg.norm(columns.reshape(n * n, n * n), 2))
    adjoint = np.ascontiguousarray(matrix.conj().T)[None]
    direction = np.ones((1, n, n), dtype=matrix.dtype) / n
    before = 0.0
    for _ in range(MOST_STEPS):
        image = shifted(derivatives(matrix[None], direction), np.int64(power))
        slope = float(np.linalg.norm(image))
        if not slope or abs(slope - before) <= SETTLED * slope:
            break
        before = slope
        back = shifted(derivatives(adjoint, image / slope), np.int64(power))
        direction = np.ascontiguousarray(back / np.linalg.norm(back))
    return slope
