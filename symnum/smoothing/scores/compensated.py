"""Sums and products of doubles with their rounding errors, in arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "compensated_sum", "two_product", "two_sum"]

Array = NDArray[np.float64]

# Veltkamp: the product with it parts a double into halves of 26 bits.
_SPLITTER = 2.0**27 + 1


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a + b rounded, and its rounding error.

    Parameters
    ----------
    a, b : ndarray of float64
    """
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a b rounded, and its rounding error; for |a|, |b| < 1e150.

    Parameters
    ----------
    a, b : ndarray of float64
    """
    product = a * b
    high_a, low_a = _halves(a)
    high_b, low_b = _halves(b)
    error = ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b
    return product, error


def _halves(a: Array) -> tuple[Array, Array]:
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def compensated_sum(values: Array, rest: Array | None = None) -> tuple[Array, Array]:
    """Return sums along the last axis and what they lack, as if summed in twice the digits.

    Parameters
    ----------
    values : ndarray of float64, shape (..., n)
        Finite.
    rest : ndarray of float64, shape (..., n), optional
        Small numbers that are added too.

    Returns
    -------
    tuple of ndarray of float64, shape (...)
    """
    total = values
    missing = np.zeros(values.shape[:-1]) if rest is None else rest.sum(axis=-1)
    while total.shape[-1] > 1:
        half = total.shape[-1] // 2
        odd = total[..., 2 * half :]
        folded, errors = two_sum(total[..., :half], total[..., half : 2 * half])
        missing = missing + errors.sum(axis=-1)
        total = np.concatenate([folded, odd], axis=-1)
    return total[..., 0], missing
