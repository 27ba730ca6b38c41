"""The probability that each of several perturbed numbers is the largest, one rule for each noise.

All noises have unit scale. With densities f and distribution functions F of the noise,

    p_i = integral of f(z - mu_i) prod_{j != i} F(z - mu_j) dz,

where the largest mu is 0. Where the integrand is a piecewise polynomial, in z or in an exponential
of z, Gauss and Legendre's rule on each piece is exact; where it is analytic on the whole line, the
trapezoidal rule converges geometrically. All terms are positive, so nothing cancels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

__all__ = ["NOISES", "Array"]

Array: TypeAlias = NDArray[np.float64]

# exp(-745) is the smallest positive double: below it nothing is left of a probability.
_DEPTH = 745.0
# Points of Gauss and Legendre's rule on a panel of unit length.
_PANEL = 24
# exp(-40) is below the spacing of doubles at 1.
_REACH = 40.0
# n/2 points integrate a polynomial of degree n - 1 exactly. For a product of n factors 1 - s w it
# need not be more than this plus 4 sqrt(n): such a product is nearly exp(-s sum w).
_MOST_POINTS = 40


@cache
def _legendre(count: int) -> tuple[Array, Array]:
    """Return nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


def _exact_points(alternatives: int) -> int:
    return min((alternatives + 1) // 2, _MOST_POINTS + 4 * int(alternatives**0.5))


def gumbel(mu: Array) -> Array:
    """Return the softmax."""
    weights = np.exp(mu)
    shares: Array = weights / weights.sum(axis=-1, keepdims=True)
    return shares


def exponential(mu: Array) -> Array:
    """Return w_i int_0^1 prod_{j != i} (1 - s w_j) ds with w = exp(mu)."""
    weights = np.exp(mu)[..., None]
    nodes, factors = _legendre(_exact_points(mu.shape[-1]))
    falls = 1 - nodes * weights
    products = np.prod(falls, axis=-2, keepdims=True)
    shares: Array = weights[..., 0] * ((products / falls) @ factors)
    return shares


def gaussian(mu: Array) -> Array:
    """Return the trapezoidal sum of phi(z - mu_i) prod_{j != i} Phi(z - mu_j)."""
    # The integrand of a small mu_i peaks halfway between mu_i and 0.
    low = max(float(mu.min()) / 2, -_REACH) - 9
    step = 1 / 16
    points = np.arange(np.floor(low), 10, step)
    u = points - mu[..., None]
    logarithms = log_ndtr(u)
    total = logarithms.sum(axis=-2, keepdims=True)
    integrand = np.exp(total - logarithms - u * u / 2)
    sums: Array = integrand.sum(axis=-1) * (step / np.sqrt(2 * np.pi))
    return sums


def logistic_noise(mu: Array) -> Array:
    """Return the trapezoidal sum of sigma(mu_i - z) prod_j sigma(z - mu_j)."""
    depth = max(float(mu.min()), -_DEPTH) - _REACH
    # Numbers of few bits: the points are then exactly equidistant.
    step = 3 / 16
    depth = np.floor(depth)
    points = np.arange(depth, _REACH + np.log(mu.shape[-1]) + step, step)
    u = points - mu[..., None]
    decay = np.exp(-np.abs(u))
    rise = np.where(u < 0, decay, 1.0) / (1 + decay)
    fall = np.where(u < 0, 1.0, decay) / (1 + decay)
    sums: Array = (fall * np.prod(rise, axis=-2, keepdims=True)).sum(axis=-1) * step
    return sums


def laplace(mu: Array) -> Array:
    """Return the sum over the panels between the mu_j, and to their right a polynomial in e^-z."""
    alternatives = mu.shape[-1]
    nodes, factors = _legendre(_exact_points(alternatives))
    weights = np.exp(mu)[..., None]
    falls = 1 - nodes * weights / 2
    right = (weights[..., 0] / 2) * ((np.prod(falls, axis=-2, keepdims=True) / falls) @ factors)

    depth = np.ceil(min(-float(mu.min()), _DEPTH)) + _REACH
    grid = np.broadcast_to(np.arange(-depth, 1.0), (*mu.shape[:-1], int(depth) + 1))
    ends = np.sort(np.concatenate([np.maximum(mu, -depth), grid], axis=-1), axis=-1)
    nodes, factors = _legendre(_PANEL)
    lengths = np.diff(ends)
    points = ends[..., :-1, None] + lengths[..., None] * nodes
    flat = points.reshape(*mu.shape[:-1], 1, -1)
    u = flat - mu[..., None]
    half = np.exp(-np.abs(u)) / 2
    rise = np.where(u < 0, half, 1 - half)
    products = np.prod(rise, axis=-2, keepdims=True)
    scale = (lengths[..., None] * factors).reshape(*mu.shape[:-1], 1, -1)
    # f/F is 1 to the left of mu_i.
    ratio = np.where(u < 0, 1.0, half / (1 - half))
    left: Array = (ratio * products * scale).sum(axis=-1)
    shares: Array = left + right
    return shares


def uniform(mu: Array) -> Array:
    """Return the sum over the pieces of a piecewise polynomial on [-1, 1]."""
    nodes, factors = _legendre(_exact_points(mu.shape[-1]))
    ends = np.sort(np.concatenate([np.full_like(mu[..., :1], -1.0), mu + 1], axis=-1), axis=-1)
    ends = np.maximum(ends, -1.0)
    lengths = np.diff(ends)
    points = (ends[..., :-1, None] + lengths[..., None] * nodes).reshape(*mu.shape[:-1], 1, -1)
    u = points - mu[..., None]
    rise = np.clip((u + 1) / 2, 0, 1)
    products = np.prod(rise, axis=-2, keepdims=True)
    scale = (lengths[..., None] * factors).reshape(*mu.shape[:-1], 1, -1)
    inside = np.where(u < 1, 0.5 / np.maximum(rise, np.finfo(float).tiny), 0.0)
    sums: Array = (inside * products * scale).sum(axis=-1)
    return sums


# From rows of mu, the largest of each 0, to their probabilities before the last normalisation.
NOISES: dict[str, Callable[[Array], Array]] = {
    "exponential": exponential,
    "gaussian": gaussian,
    "gumbel": gumbel,
    "laplace": laplace,
    "logistic": logistic_noise,
    "uniform": uniform,
}
