"""Soft sorting, ranking and choice of the largest: projections onto polytopes."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symnum.smoothing.scores.arrays import positive_number, score_array
from symnum.smoothing.scores.compensated import Array

__all__ = ["soft_rank", "soft_sort", "soft_top_k"]

_STEPS = ("logistic", "linear")
_TURNS = 300


def soft_sort(values: ArrayLike, regularization: float = 1.0) -> Array:
    r"""Return the numbers in rising order, smoothed: a projection onto their permutahedron.

    .. math:: \arg\min_{y \in P(x)} \bigl\| y - \rho/\varepsilon \bigr\|^2,
              \quad \rho = (1, 2, \dots, n)

    P(x) is the convex hull of all orders of x. For a small regularization the result is the sorted
    numbers, exactly; for a large one all entries tend to their mean. The sum is always kept.

    Parameters
    ----------
    values : array_like of float, shape (..., n)
        Leading axes are a batch.
    regularization : float
        epsilon, positive.

    Returns
    -------
    ndarray of float64, shape (..., n)

    Raises
    ------
    TypeError, ValueError
        No real numbers, no number at all, nan, infinite numbers, a regularization that is not
        positive.

    Examples
    --------
    >>> soft_sort([3.0, 1.0, 2.0], 0.1).tolist()
    [1.0, 2.0, 3.0]
    >>> soft_sort([3.0, 1.0, 2.0], 2.0).tolist()
    [1.5, 2.0, 2.5]

    References
    ----------
    Blondel, Teboul, Berthet, Djolonga: Fast differentiable sorting and ranking, 2020.
    """
    found = score_array(values, "values")
    epsilon = positive_number(regularization, "regularization")
    with np.errstate(over="ignore"):
        places = np.arange(1, found.shape[-1] + 1) / epsilon
    ordered = np.sort(found, axis=-1)
    flat = ordered.reshape(-1, ordered.shape[-1])
    return np.array([_rising_projection(places, row) for row in flat]).reshape(found.shape)


def soft_rank(values: ArrayLike, regularization: float = 1.0) -> Array:
    r"""Return the ranks of the numbers, from 1 for the smallest, smoothed.

    .. math:: \arg\min_{y \in P(\rho)} \bigl\| y - x/\varepsilon \bigr\|^2,
              \quad \rho = (1, 2, \dots, n)

    For a small regularization the result is the ranks, ties sharing their mean; for a large one all
    entries tend to (n + 1)/2. The sum is always n (n + 1)/2.

    Parameters
    ----------
    values, regularization
        As for `soft_sort`.

    Returns
    -------
    ndarray of float64, shape (..., n)

    Examples
    --------
    >>> soft_rank([10.0, -3.0, 4.0]).tolist()
    [3.0, 1.0, 2.0]
    >>> soft_rank([0.0, 0.5], 1.0).tolist()
    [1.25, 1.75]
    """
    found = score_array(values, "values")
    epsilon = positive_number(regularization, "regularization")
    flat = found.reshape(-1, found.shape[-1])
    ranks = np.arange(1.0, found.shape[-1] + 1)
    result = np.empty_like(flat)
    for scores, row in zip(flat, result, strict=True):
        order = np.argsort(scores, kind="stable")
        with np.errstate(over="ignore"):
            point = scores[order] / epsilon
        row[order] = _rising_projection(point, ranks)
    return result.reshape(found.shape)


def _rising_projection(point: Array, corner: Array) -> Array:
    """Project a rising point onto the hull of all orders of a rising corner.

    With the rising regression v of point - corner, which is constant on blocks, the projection is
    point - v: on a block the deviation of the point from its mean, and the mean of the corner.
    """
    from scipy.optimize import isotonic_regression

    if not np.isfinite(point).all():
        raise ValueError("regularization: too small beside the values, whose quotient overflows")
    blocks = isotonic_regression(point - corner).blocks
    result = np.empty_like(corner)
    for start, end in pairwise(blocks):
        part = point[start:end]
        result[start:end] = (part - part.mean()) + corner[start:end].mean()
    return result


def soft_top_k(
    values: ArrayLike, k: float, temperature: float = 1.0, *, step: str = "logistic"
) -> Array:
    r"""Return weights between 0 and 1 that sum to k, near 1 for the k largest numbers.

    .. math:: p_i = f\left(\frac{x_i - \lambda}{\tau}\right), \quad \sum_i p_i = k

    With the logistic step f(u) = 1/(1 + e^{-u}); with the linear one, which is u between 0 and 1,
    the weights are the projection of x/tau onto the hypersimplex and may be exactly 0 and 1.

    Parameters
    ----------
    values : array_like of float, shape (..., n)
        Leading axes are a batch.
    k : float
        Between 0 and n.
    temperature : float
        Positive.
    step : str
        ``"logistic"`` or ``"linear"``.

    Returns
    -------
    ndarray of float64, shape (..., n)

    Raises
    ------
    TypeError, ValueError
        As for `soft_sort`; k outside of its range; an unknown step.

    Examples
    --------
    >>> soft_top_k([3.0, 9.0, 1.0, 7.0], 2, step="linear").tolist()
    [0.0, 1.0, 0.0, 1.0]
    >>> soft_top_k([1.0, 1.0, 1.0, 1.0], 1).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    found = score_array(values, "values")
    tau = positive_number(temperature, "temperature")
    count = found.shape[-1]
    whole = positive_number(k, "k")
    if whole > count:
        raise ValueError(f"k: expected at most {count}, the number of values, got {k!r}")
    if not isinstance(step, str) or step not in _STEPS:
        raise ValueError(f"step: expected one of {', '.join(_STEPS)}, got {step!r}")
    if whole == count:
        return np.ones_like(found)
    # The threshold is near the number of this rank: differences to it lose no digits.
    pivot = np.sort(found, axis=-1)[..., [count - math.ceil(whole)]]
    with np.errstate(over="ignore"):
        scores = (found - pivot) / tau
    # Beyond, a score changes no weight but its own, which is 0 or 1.
    return _with_sum(np.clip(scores, -1e6, 1e6), whole, step)


def _with_sum(scores: Array, k: float, step: str) -> Array:
    """Find the threshold by Newton's method in a bracket."""
    count = scores.shape[-1]
    logistic = step == "logistic"
    edge = np.log(count - k) - np.log(k) if logistic else 0.0
    low = scores.min(axis=-1, keepdims=True) + (edge if logistic else -1.0)
    high = scores.max(axis=-1, keepdims=True) + edge
    level = (low + high) / 2
    for turn in range(_TURNS):
        weights, slopes = _shares(scores - level, logistic)
        excess = weights.sum(axis=-1, keepdims=True) - k
        low, high = np.where(excess > 0, level, low), np.where(excess > 0, high, level)
        slope = np.maximum(slopes.sum(axis=-1, keepdims=True), 1e-300)
        guess = level + excess / slope
        inside = (guess > low) & (guess < high) & (turn % 8 != 7)
        following = np.where(inside, guess, (low + high) / 2)
        if np.array_equal(following, level) or (np.abs(excess) <= 1e-16 * k).all():
            break
        level = following
    # What the last place of the threshold leaves goes where the weights depend on it.
    return np.asarray(np.clip(weights - excess * (slopes / slope), 0.0, 1.0))


def _shares(distances: Array, logistic: bool) -> tuple[Array, Array]:
    """Return the step and its slope."""
    if not logistic:
        inside: Any = (distances > 0) & (distances < 1)
        return np.clip(distances, 0.0, 1.0), inside.astype(np.float64)
    with np.errstate(under="ignore"):
        small = np.exp(-np.abs(distances))
    weights = np.where(distances < 0, small, 1.0) / (1.0 + small)
    return weights, small / (1.0 + small) ** 2
