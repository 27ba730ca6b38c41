"""The exponential of arrays of numbers: which way is taken for which matrix."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnum.errors import SymnumWarning
from symnum.matexp.numeric import stacks
from symnum.matexp.numeric.balancing import balanced, is_uneven, shifted
from symnum.matexp.numeric.balls import double_exponential
from symnum.matexp.numeric.lane_exponentials import FLAGS
from symnum.matexp.numeric.lane_kernels import LARGEST, flagged, lane_kernel
from symnum.matexp.numeric.zero_patterns import ZeroPattern, pattern_groups

__all__ = ["AccuracyWarning", "Stack", "expm", "exponentials", "read_stack", "taken"]

Stack: TypeAlias = "NDArray[Any]"

COMPUTED = {"f": np.float64, "c": np.complex128}


class AccuracyWarning(SymnumWarning):
    """A matrix is so large that its exponential is not determined by its entries."""


def expm(A: ArrayLike) -> NDArray[Any]:
    r"""Return the exponentials of square matrices.

    .. math:: e^A = \sum_{k \ge 0} \frac{A^k}{k!}

    Two by two real matrices are taken by their closed form, triangular ones with an exact
    diagonal, those without negative entries off the diagonal by positive sums alone, all others by
    a Taylor polynomial after scaling by the norms of the powers. Entries that
    the zeros of A make zero are exactly zero. Each result is the same alone and in a batch.

    Parameters
    ----------
    A : array_like, shape (..., n, n)
        float32, float64, complex64 or complex128; integers are taken as float64. It is not changed.

    Returns
    -------
    ndarray, shape (..., n, n)
        Of the type of A. Entries beyond the largest number are infinite, with their sign, and no
        others are; NaN is where NaN reaches along the nonzero entries.

    Raises
    ------
    ValueError
        If the last two axes are not of equal length, or the rows are ragged.
    TypeError
        For entries that are no numbers of these types; `matrix_exp` takes symbols and fractions.

    Warns
    -----
    AccuracyWarning
        If a norm is so large that the digits of A do not determine exp(A); its entries are NaN
        where not even ball arithmetic decides.

    Examples
    --------
    >>> expm([[0.0, 1.0], [0.0, 0.0]])
    array([[1., 1.],
           [0., 1.]])

    References
    ----------
    Al-Mohy and Higham, "A new scaling and squaring algorithm for the matrix exponential", SIAM J.
    Matrix Anal. Appl. 31 (2009) 970. Parlett and Reinsch, Numer. Math. 13 (1969) 293.
    """
    stack, shape, dtype = read_stack(A, "A")
    if stack.size == 0:
        return np.empty(shape, dtype=dtype)
    with np.errstate(all="ignore"):
        return exponentials(stack).astype(dtype, copy=False).reshape(shape)


def read_stack(A: ArrayLike, name: str) -> tuple[Stack, tuple[int, ...], np.dtype[Any]]:
    """Return square matrices as a contiguous stack in double precision, their shape and type.

    Raises
    ------
    ValueError, TypeError
        See `expm`.
    """
    try:
        array = np.asarray(A)
    except ValueError:
        raise ValueError(f"{name}: expected an array of square matrices, got ragged rows") from None
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.kind not in COMPUTED or array.dtype.itemsize > 16 or array.dtype == np.float16:
        raise TypeError(
            f"{name}: expected float32, float64, complex64, complex128 or integers, got "
            f"{array.dtype}; symbols and fractions are for matrix_exp"
        )
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise TypeError(f"{name}: expected float32 or float64, got {array.dtype}")
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise ValueError(f"{name}: expected the shape (..., n, n), got {array.shape}")
    n = array.shape[-1]
    count = int(np.prod(array.shape[:-2], dtype=np.int64))
    computed = COMPUTED[array.dtype.kind]
    stack: Stack = np.ascontiguousarray(array, dtype=computed).reshape(count, n, n)
    return stack, array.shape, array.dtype.newbyteorder("=")


def exponentials(stack: Stack) -> Stack:
    """Return exp of each matrix of a stack.

    Parameters
    ----------
    stack : ndarray, shape (k, n, n)
        Contiguous, float64 or complex128, not empty.
    """
    n = stack.shape[-1]
    if n == 1:
        return np.exp(stack)
    if n == 2 and stack.dtype.kind == "f":
        results, flags = lane_kernel("closed", 2, 1)(stack, FLAGS["infinite"])
        _mend(stack, results, flags)
        return results
    if n > LARGEST["general"]:
        return _large(stack)
    patterns = FLAGS["zeros"] | FLAGS["positive"] | FLAGS["unbalanced"] | FLAGS["infinite"]
    results, flags = lane_kernel("general", n, _parts(stack))(stack, patterns)
    special = flags != 0
    if special.any():
        _special(stack, results, flags)
    return results


def _parts(stack: Stack) -> int:
    return 2 if stack.dtype.kind == "c" else 1


def _special(stack: Stack, results: Stack, flags: NDArray[np.int64]) -> None:
    """Replace the results of matrices with a structure of their own."""
    infinite = flagged(flags, "infinite")
    zeros = flagged(flags, "zeros") & ~infinite
    positive = flagged(flags, "positive") & ~infinite & ~zeros
    uneven = flagged(flags, "unbalanced") & ~infinite & ~zeros & ~positive
    for where, way in ((zeros, _with_zeros), (positive, _positive), (uneven, _uneven)):
        if where.any():
            results[where] = way(stack[where])
    rest = ~(zeros | positive | uneven)
    if rest.any():
        _mend(stack, results, np.where(rest, flags, 0))


def _large(stack: Stack) -> Stack:
    finite = np.isfinite(stack).all(axis=(1, 2))
    if finite.all():
        return _with_zeros(stack)
    results = np.empty_like(stack)
    for index in np.flatnonzero(~finite):
        results[index] = _not_finite(stack[index])
    if finite.any():
        results[finite] = _with_zeros(stack[finite])
    return results


def _with_zeros(stack: Stack) -> Stack:
    """Treat matrices by the graphs of their entries."""
    groups = pattern_groups(stack)
    if len(groups) == 1 and len(groups[0][0].components) == 1:
        # Copies of large matrices would cost more than their products.
        return _connected(stack, groups[0][0])
    results = np.zeros_like(stack)
    for pattern, group in groups:
        part = stack[group]
        if len(pattern.components) > 1:
            for indices in pattern.components:
                window = np.ix_(group, indices, indices)
                results[window] = exponentials(
                    np.ascontiguousarray(part[:, indices[:, None], indices])
                )
        else:
            results[group] = _connected(part, pattern)
    return results


def _connected(stack: Stack, pattern: ZeroPattern) -> Stack:
    if pattern.is_acyclic:
        order = pattern.order
        permuted = np.ascontiguousarray(stack[:, order[:, None], order])
        results = np.empty_like(stack)
        results[:, order[:, None], order] = _triangular(permuted)
    else:
        results = _cyclic(stack)
    if not pattern.reach.all():
        results[:, ~pattern.reach] = 0.0
    return results


def _cyclic(stack: Stack) -> Stack:
    """Return exp of matrices that no permutation makes triangular."""
    positive = _are_positive(stack)
    uneven = is_uneven(stack) & ~positive
    rest = ~(positive | uneven)
    if rest.all():
        return taken("general", stacks.general, stack)
    results = np.empty_like(stack)
    for where, way in ((positive, _positive), (uneven, _uneven)):
        if where.any():
            results[where] = way(stack[where])
    if rest.any():
        results[rest] = taken("general", stacks.general, np.ascontiguousarray(stack[rest]))
    return results


def _are_positive(stack: Stack) -> NDArray[np.bool_]:
    """Return which matrices are real and have no negative entry off the diagonal."""
    if stack.dtype.kind == "c":
        return np.zeros(len(stack), dtype=bool)
    # The first row tells most of the others.
    found = np.asarray((stack[:, 0, 1:] >= 0).all(axis=1))
    if found.any():
        diagonal = np.eye(stack.shape[-1], dtype=bool)
        found[found] = ((stack[found] >= 0) | diagonal).all(axis=(1, 2))
    return found


def _triangular(stack: Stack) -> Stack:
    """Return exp of upper triangular matrices."""
    diagonal = np.arange(stack.shape[-1])
    results = np.empty_like(stack)
    positive = _are_positive(stack)
    if positive.any():
        results[positive] = _positive(stack[positive])
        values = stack[positive][:, diagonal, diagonal]
        results[np.flatnonzero(positive)[:, None], diagonal, diagonal] = np.exp(values)
    if not positive.all():
        rest = np.ascontiguousarray(stack[~positive])
        results[~positive] = taken("triangular", stacks.triangular, rest)
    return results


def _positive(stack: Stack) -> Stack:
    return taken("positive", stacks.positive, np.ascontiguousarray(stack))


def _uneven(stack: Stack) -> Stack:
    """Balance where that at least halves the norm."""
    smaller, powers = balanced(stack)
    results = taken("general", stacks.general, smaller)
    results = shifted(results, powers[:, :, None] - powers[:, None, :])
    moved = powers.any(axis=1)
    _mend(stack, results, FLAGS["overflow"] * (moved & ~_finite(results)))
    return results


def _finite(results: Stack) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(results).all(axis=(1, 2)))


def taken(
    way: str, large: Callable[[Stack], tuple[Stack, NDArray[np.bool_]]], stack: Stack
) -> Stack:
    """Return exp of finite matrices in one way, whatever their size."""
    n, parts = stack.shape[-1], _parts(stack)
    if n <= LARGEST[way]:
        results, flags = lane_kernel(way, n, parts)(stack, FLAGS["infinite"])
        flags = flags & (FLAGS["infinite"] | FLAGS["huge"] | FLAGS["overflow"])
    else:
        results, huge = large(stack)
        flags = FLAGS["overflow"] * ~_finite(results) | FLAGS["huge"] * huge
    _mend(stack, results, flags)
    return results


# --------------------------------------------------------------------------- one by one


def _mend(stack: Stack, results: Stack, flags: NDArray[np.int64]) -> None:
    """Replace what is not finite or lost its digits, matrix by matrix."""
    lost = flagged(flags, "infinite", "huge", "overflow")
    unknown = False
    for index in np.flatnonzero(lost):
        matrix = stack[index]
        if not np.isfinite(matrix).all():
            results[index] = _not_finite(matrix)
            continue
        exact = double_exponential(matrix)
        if exact is None:
            unknown = True
            results[index] = np.nan
        else:
            results[index] = exact
    if unknown:
        warnings.warn(
            "A: a norm is so large that the digits of the matrix do not determine its "
            "exponential; the entries are NaN",
            AccuracyWarning,
            stacklevel=2,
        )


def _not_finite(matrix: NDArray[Any]) -> NDArray[Any]:
    """Return exp of one matrix with NaN or infinite entries.

    Every entry that such an entry reaches is NaN; a diagonal entry that nothing is connected with
    keeps its own exponential.
    """
    strange = ~np.isfinite(matrix)
    pattern = ZeroPattern((matrix != 0) | strange)
    quiet = np.where(strange, 0, matrix)
    result: NDArray[Any] = exponentials(quiet[None])[0]
    reach = pattern.reach.astype(np.int64)
    result[(reach @ strange.astype(np.int64) @ reach) > 0] = np.nan
    for indices in pattern.components:
        if len(indices) == 1:
            place = indices[0], indices[0]
            result[place] = np.exp(matrix[place])
    return result
