"""Weights that may be exactly 0: the Euclidean and the Tsallis relatives of the softmax."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from symnum.smoothing.scores.arrays import positive_number, score_array
from symnum.smoothing.scores.compensated import Array, compensated_sum
from symnum.smoothing.scores.soft_maxima import softmax

__all__ = ["entmax", "sparsemax"]

# Newton's method in a bracket that is halved at least every other turn ends long before.
_TURNS = 200


def sparsemax(values: ArrayLike) -> Array:
    r"""Return the probabilities that are closest to the numbers.

    .. math:: \arg\min_{p \ge 0,\ \sum p = 1} \sum_i (p_i - x_i)^2 = \max(x - \lambda, 0)

    It is the gradient of the conjugate of sum p_i^2/2 on the probabilities. Errors are a few units
    in 1e-16.

    Parameters
    ----------
    values : array_like of float, shape (..., n)
        Leading axes are a batch; minus infinity gives 0.

    Returns
    -------
    ndarray of float64, shape (..., n)

    Raises
    ------
    TypeError, ValueError
        No real numbers, no number at all, nan, plus infinity.

    Examples
    --------
    >>> sparsemax([0.5, 0.25, -2.0]).tolist()
    [0.625, 0.375, 0.0]

    References
    ----------
    Martins, Astudillo: From softmax to sparsemax, 2016.
    """
    found = score_array(values, "values", infinite=True)
    return _sparse(_below_top(found))


def entmax(values: ArrayLike, alpha: float = 1.5) -> Array:
    r"""Return the weights between softmax (alpha = 1) and sparsemax (alpha = 2), and beyond.

    .. math:: p_i = \max\bigl((\alpha - 1) x_i - \lambda, 0\bigr)^{1/(\alpha - 1)}

    with the number that makes them sum to 1: the gradient of the conjugate of the Tsallis entropy
    with the sign changed, (sum p_i^alpha - 1)/(alpha (alpha - 1)). Errors are a few units in 1e-16,
    divided by alpha - 1 for alpha near 1.

    Parameters
    ----------
    values : array_like of float, shape (..., n)
        As for `sparsemax`.
    alpha : float
        At least 1.

    Returns
    -------
    ndarray of float64, shape (..., n)

    Raises
    ------
    TypeError, ValueError
        As for `sparsemax`; alpha < 1.

    Examples
    --------
    >>> entmax([1.0, 1.0, -4.0]).tolist()
    [0.5, 0.5, 0.0]

    References
    ----------
    Peters, Niculae, Martins: Sparse sequence-to-sequence models, 2019.
    """
    found = score_array(values, "values", infinite=True)
    order = positive_number(alpha, "alpha")
    if order < 1:
        raise ValueError(f"alpha: expected at least 1, got {alpha!r}")
    if order == 1:
        return softmax(found)
    if order == 2:
        return _sparse(_below_top(found))
    return _tsallis(_below_top(found), order)


def _below_top(values: Array) -> Array:
    return np.asarray(values - values.max(axis=-1, keepdims=True))


def _sparse(gaps: Array) -> Array:
    """Return the probabilities of numbers whose largest is 0."""
    near = np.maximum(gaps, -1.0)
    falling = -np.sort(-near, axis=-1)
    counts = np.arange(1, falling.shape[-1] + 1)
    lead = counts * falling - np.cumsum(falling, axis=-1)
    kept = np.maximum((lead > -1.0).sum(axis=-1, keepdims=True), 1)
    inside = counts <= kept
    total, rest = compensated_sum(np.where(inside, falling, 0.0))
    threshold = ((total - 1.0) + rest)[..., None] / kept
    return np.asarray(np.maximum(near - threshold, 0.0))


def _tsallis(gaps: Array, order: float) -> Array:
    """Solve for the number that makes the weights sum to 1, by Newton's method in a bracket.

    The weight of the largest is between 1/n and 1: with its root w, (1/n)^(alpha - 1) <= w <= 1.
    """
    power = 1.0 / (order - 1.0)
    scaled = np.maximum((order - 1.0) * gaps, -1.0)
    shape = (*gaps.shape[:-1], 1)
    low = np.full(shape, float(gaps.shape[-1]) ** (1.0 - order))
    high = np.ones(shape)
    root = high.copy()
    for turn in range(_TURNS):
        bases = np.maximum(scaled + root, 0.0)
        with np.errstate(under="ignore", divide="ignore"):
            weights = bases**power
            slopes = np.where(bases > 0, bases ** (power - 1.0), 0.0)
        excess = weights.sum(axis=-1, keepdims=True) - 1.0
        high, low = np.where(excess > 0, root, high), np.where(excess > 0, low, root)
        slope = np.maximum(slopes.sum(axis=-1, keepdims=True), 1e-300)
        step = root - excess / (power * slope)
        inside = (step > low) & (step < high)
        following = np.where(inside & (turn % 8 != 7), step, (low + high) / 2)
        if np.array_equal(following, root) or (np.abs(excess) < 1e-16).all():
            break
        root = following
    # What the last place of the root leaves goes where the weights depend on it most.
    weights = np.maximum(weights - excess * (slopes / slope), 0.0)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
