"""Smooth forms of what classifiers are judged by: accuracy, precision, recall, F1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symnum.smoothing.scores.arrays import score_array
from symnum.smoothing.scores.compensated import Array, compensated_sum

__all__ = ["soft_accuracy", "soft_f1", "soft_precision", "soft_recall"]


def soft_accuracy(truth: ArrayLike, chances: ArrayLike) -> Array:
    r"""Return the mean chance that was given to the right answer.

    .. math:: \frac1n \sum_i \bigl(t_i p_i + (1 - t_i)(1 - p_i)\bigr)

    For chances that are 0 or 1 it is the accuracy.

    Parameters
    ----------
    truth : array_like, shape (..., n)
        0 or 1, or anything between.
    chances : array_like, shape (..., n)
        Between 0 and 1.

    Returns
    -------
    ndarray of float64, shape (...)

    Raises
    ------
    TypeError, ValueError
        No real numbers, no number at all, numbers outside of [0, 1], shapes that do not fit.

    Examples
    --------
    >>> float(soft_accuracy([1, 0, 1, 0], [1.0, 0.25, 0.5, 0.75]))
    0.625
    """
    t, p = _pair(truth, chances)
    return np.asarray(_sum(t * p + (1.0 - t) * (1.0 - p)) / t.shape[-1])


def soft_precision(truth: ArrayLike, chances: ArrayLike) -> Array:
    r"""Return the share of the truth in what was guessed, 0 where nothing was.

    .. math:: \frac{\sum_i t_i p_i}{\sum_i p_i}

    Parameters
    ----------
    truth, chances
        As for `soft_accuracy`.

    Returns
    -------
    ndarray of float64, shape (...)

    Examples
    --------
    >>> float(soft_precision([1, 0, 1, 0], [1.0, 0.25, 0.5, 0.25]))
    0.75
    """
    t, p = _pair(truth, chances)
    return _quotient(_sum(t * p), _sum(p))


def soft_recall(truth: ArrayLike, chances: ArrayLike) -> Array:
    r"""Return the share of the truth that was guessed, 0 where there is none.

    .. math:: \frac{\sum_i t_i p_i}{\sum_i t_i}

    Parameters
    ----------
    truth, chances
        As for `soft_accuracy`.

    Returns
    -------
    ndarray of float64, shape (...)

    Examples
    --------
    >>> float(soft_recall([1, 0, 1, 0], [1.0, 0.25, 0.5, 0.25]))
    0.75
    """
    t, p = _pair(truth, chances)
    return _quotient(_sum(t * p), _sum(t))


def soft_f1(truth: ArrayLike, chances: ArrayLike) -> Array:
    r"""Return the harmonic mean of precision and recall, 0 where both sums are.

    .. math:: \frac{2 \sum_i t_i p_i}{\sum_i (t_i + p_i)}

    Parameters
    ----------
    truth, chances
        As for `soft_accuracy`.

    Returns
    -------
    ndarray of float64, shape (...)

    Examples
    --------
    >>> float(soft_f1([1, 0, 1, 0], [1.0, 0.25, 0.5, 0.25]))
    0.75

    References
    ----------
    Su Jianlin, kexue.fm: 函数光滑化杂谈：不可导函数的可导逼近.
    """
    t, p = _pair(truth, chances)
    return _quotient(2.0 * _sum(t * p), _sum(t + p))


def _sum(values: Array) -> Array:
    total, rest = compensated_sum(values)
    return np.asarray(total + rest)


def _quotient(above: Array, below: Array) -> Array:
    return np.asarray(above / np.where(below > 0, below, 1.0))


def _pair(truth: Any, chances: Any) -> tuple[Array, Array]:
    t, p = score_array(truth, "truth"), score_array(chances, "chances")
    for name, values in (("truth", t), ("chances", p)):
        if values.min(initial=0.0) < 0 or values.max(initial=1.0) > 1:
            raise ValueError(f"{name}: expected numbers between 0 and 1")
    try:
        shape = np.broadcast_shapes(t.shape, p.shape)
    except ValueError as refused:
        raise ValueError(
            f"chances: expected the shape of truth, {t.shape}, got {p.shape}"
        ) from refused
    if t.shape[-1] != p.shape[-1]:
        raise ValueError(f"chances: expected {t.shape[-1]} numbers in a row, got {p.shape[-1]}")
    return np.broadcast_to(t, shape), np.broadcast_to(p, shape)
