"""Smooth maxima of several numbers, and the weights that belong to them.

All take arrays whose last axis holds the numbers; leading axes are a batch. For formulas in
symbols there are `symnum.algebra.SoftMaximum` and `symnum.algebra.LogPartition`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symnum.smoothing.scores.arrays import positive_number, score_array
from symnum.smoothing.scores.compensated import Array, compensated_sum, two_product, two_sum

__all__ = ["boltzmann_max", "log_sum_exp", "p_norm_max", "soft_argmax", "softmax"]

# Below this share of its two parts, a sum of them is computed with more digits.
_CANCELLED = 0.25
# Bits, for e^x with |x| < 746 to 60 digits.
_PRECISION = 256
# Exponents below it count as this: the exponential is 0.
_LOWEST = -800.0


def _gaps(values: Array, temperature: float) -> tuple[Array, Array, Array]:
    """Return the largest number, and (x - max x)/temperature in two parts."""
    top = values.max(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        distance, rest = two_sum(values, -top)
    far = distance < _LOWEST * temperature
    distance, rest = np.where(far, 0.0, distance), np.where(far, 0.0, rest)
    quotient = distance / temperature
    product, error = two_product(quotient, np.full_like(quotient, temperature))
    rest = ((distance - product) - error + rest) / temperature
    return top[..., 0], np.where(far, _LOWEST, quotient), rest


def _weights(values: Array, temperature: float) -> tuple[Array, Array]:
    """Return the largest number, and e^((x - max x)/temperature)."""
    size = float(np.abs(values[np.isfinite(values)]).max(initial=temperature))
    # A power of two, so that nothing is rounded.
    scale = 2.0 ** max(0, math.frexp(size)[1] - 500)
    top, gaps, rest = _gaps(values / scale, temperature / scale)
    with np.errstate(under="ignore"):
        weights = np.exp(gaps)
        return top * scale, weights + weights * rest


def log_sum_exp(values: ArrayLike, temperature: float = 1.0) -> Array:
    r"""Return the logarithm of a sum of exponentials, a smooth maximum.

    .. math:: M_\tau(x) = \tau \log \sum_i e^{x_i/\tau},
              \quad \max x \le M_\tau(x) \le \max x + \tau \log n

    Nothing overflows. Where the maximum and what is added to it nearly cancel, both are computed
    with more digits.

    Parameters
    ----------
    values : array_like of float, shape (..., n)
        Minus infinity adds nothing.
    temperature : float
        Positive.

    Returns
    -------
    ndarray of float64, shape (...)

    Raises
    ------
    TypeError, ValueError
        No real numbers, no number at all, nan, plus infinity, a temperature that is not positive.

    Examples
    --------
    >>> float(log_sum_exp([1000.0, 1000.0]))
    1000.6931471805599
    >>> f"{log_sum_exp([0.0, -100.0]):.13e}"
    '3.7200759760208e-44'
    """
    found = score_array(values, "values", infinite=True)
    tau = positive_number(temperature, "temperature")
    top, weights = _weights(found, tau)
    place = found.argmax(axis=-1)[..., None]
    others = weights.copy()
    np.put_along_axis(others, place, 0.0, axis=-1)
    total, rest = compensated_sum(others)
    added = tau * np.log1p(total + rest)
    result = np.asarray(top + added)
    cancelled = np.abs(result) < _CANCELLED * np.abs(top)
    for row in np.argwhere(cancelled):
        index = tuple(row)
        result[index] = _exact_log_sum_exp(found[index], tau)
    return result


def _exact_log_sum_exp(row: Array, temperature: float) -> float:
    from flint import arb, ctx

    before = ctx.prec
    ctx.prec = _PRECISION
    try:
        tau = arb(temperature)
        finite = row[np.isfinite(row)]
        total = sum(((arb(float(x)) / tau).exp() for x in finite), arb(0))
        return float((tau * total.log()).mid())
    finally:
        ctx.prec = before


def softmax(values: ArrayLike, temperature: float = 1.0) -> Array:
    r"""Return the weights e^(x/temperature), divided by their sum.

    .. math:: p_i = \frac{e^{x_i/\tau}}{\sum_j e^{x_j/\tau}}
              = \frac{\partial M_\tau}{\partial x_i}

    It is the gradient of `log_sum_exp`, whose convex conjugate is the negative entropy. Each
    weight is right to a few units in the last place, small ones too.

    Parameters
    ----------
    values, temperature
        As for `log_sum_exp`.

    Returns
    -------
    ndarray of float64, shape (..., n)

    Examples
    --------
    >>> softmax([0.0, 0.0, -1e4]).tolist()
    [0.5, 0.5, 0.0]
    """
    found = score_array(values, "values", infinite=True)
    _, weights = _weights(found, positive_number(temperature, "temperature"))
    total, rest = compensated_sum(weights)
    with np.errstate(under="ignore"):
        shares: Array = weights / (total + rest)[..., None]
    return shares


def boltzmann_max(values: ArrayLike, temperature: float = 1.0) -> Array:
    r"""Return the mean of the numbers under their `softmax`, a smooth maximum from below.

    .. math:: B_\tau(x) = \frac{\sum_i x_i e^{x_i/\tau}}{\sum_i e^{x_i/\tau}} \le \max x

    Its error is a few units in the last place of the largest |x|.

    Parameters
    ----------
    values, temperature
        As for `log_sum_exp`.

    Returns
    -------
    ndarray of float64, shape (...)

    Examples
    --------
    >>> float(boltzmann_max([3.0, 3.0])), float(boltzmann_max([0.0, 50.0], temperature=0.01))
    (3.0, 50.0)
    """
    found = score_array(values, "values", infinite=True)
    top, weights = _weights(found, positive_number(temperature, "temperature"))
    with np.errstate(over="ignore"):
        # A distance that overflows has the weight 0.
        distances = np.where(weights > 0, top[..., None] - found, 0.0)
    lack = compensated_sum(weights * distances)[0] / compensated_sum(weights)[0]
    return np.asarray(top - lack)


def p_norm_max(values: ArrayLike, p: float) -> Array:
    r"""Return the p-norm, a smooth maximum of numbers that are not negative.

    .. math:: \Bigl(\sum_i |x_i|^p\Bigr)^{1/p} \to \max |x_i| \quad (p \to \infty)

    Parameters
    ----------
    values : array_like of float, shape (..., n)
    p : float
        At least 1; infinity gives the largest |x|.

    Returns
    -------
    ndarray of float64, shape (...)

    Raises
    ------
    TypeError, ValueError
        As for `log_sum_exp`, infinite numbers, p < 1.

    Examples
    --------
    >>> float(p_norm_max([3.0, -4.0], 2)), float(p_norm_max([1.0, 2.0, 7.0], math.inf))
    (5.0, 7.0)
    """
    found = np.abs(score_array(values, "values"))
    power = math.inf if isinstance(p, float) and p == math.inf else positive_number(p, "p")
    if power < 1:
        raise ValueError(f"p: expected at least 1, got {p!r}")
    top = found.max(axis=-1)
    if power == math.inf:
        return np.asarray(top)
    scale = np.where(top > 0, top, 1.0)
    with np.errstate(under="ignore"):
        parts = (found / scale[..., None]) ** power
    total, rest = compensated_sum(parts)
    return np.asarray(top * (total + rest) ** (1 / power))


def soft_argmax(values: ArrayLike, temperature: float = 1.0) -> Array:
    r"""Return the mean index, from 0, under the `softmax`: a smooth argmax.

    .. math:: \sum_i i\, p_i

    Parameters
    ----------
    values, temperature
        As for `log_sum_exp`.

    Returns
    -------
    ndarray of float64, shape (...)

    Examples
    --------
    >>> float(soft_argmax([0.0, 1.0, 5.0, 2.0], temperature=0.01))
    2.0
    """
    shares = softmax(values, temperature)
    indices: Any = np.arange(shares.shape[-1], dtype=np.float64)
    return np.asarray(compensated_sum(shares * indices)[0])
