"""`perturbed_argmax`: the law of the place of the largest of several perturbed numbers."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import sympy
from numpy.typing import ArrayLike

from symnum.expressions import as_expression
from symnum.smoothing.argmax.noises import NOISES, Array
from symnum.smoothing.argmax.symbols import PerturbedArgmax, symbolic_argmax

__all__ = ["perturbed_argmax"]

# Numbers in one temporary array.
_BLOCK = 1 << 21


@overload
def perturbed_argmax(mu: ArrayLike, noise: str = "gumbel") -> Array: ...
@overload
def perturbed_argmax(mu: Any, noise: str = "gumbel") -> Array | PerturbedArgmax: ...
def perturbed_argmax(mu: Any, noise: str = "gumbel") -> Array | PerturbedArgmax:
    r"""Return the probabilities that each of several perturbed numbers is the largest.

    .. math:: p_i = P\left(\mu_i + \varepsilon_i = \max_j(\mu_j + \varepsilon_j)\right)
              = \frac{\partial}{\partial\mu_i} E \max_j (\mu_j + \varepsilon_j)

    Parameters
    ----------
    mu : array_like of float, shape (..., n), or a sequence of expressions
        The numbers; leading axes are a batch. An alternative at minus infinity is impossible.
    noise : str
        The law of the independent noises, at unit scale: ``"gumbel"`` (which gives the softmax),
        ``"exponential"``, ``"gaussian"``, ``"logistic"``, ``"laplace"`` or ``"uniform"`` (on
        [-1, 1]).

    Returns
    -------
    ndarray of float64, shape (..., n), or PerturbedArgmax
        The second where `mu` contains symbols.

    Raises
    ------
    ValueError
        An empty `mu`, a NaN or plus infinity in it, no alternative above minus infinity, an
        unknown noise.

    Examples
    --------
    >>> perturbed_argmax([0.0, 0.0, 0.0, 0.0], noise="uniform").tolist()
    [0.25, 0.25, 0.25, 0.25]

    References
    ----------
    Su Jianlin, kexue.fm: 从重参数的角度看离散概率分布的构建.
    """
    if not isinstance(noise, str) or noise not in NOISES:
        raise ValueError(f"noise: expected one of {', '.join(NOISES)}, got {noise!r}")
    entries = _expressions(mu)
    if entries is not None and any(entry.free_symbols for entry in entries):
        return symbolic_argmax(entries, noise)
    values = _numbers(mu if entries is None else [_as_float(e, k) for k, e in enumerate(entries)])
    return _probabilities(values, noise)


def _expressions(mu: Any) -> list[sympy.Expr] | None:
    """Return the entries of a vector that holds expressions, None for plain numbers."""
    if isinstance(mu, sympy.MatrixBase):
        if 1 not in mu.shape:
            raise ValueError(f"mu: expected a vector of expressions, got shape {mu.shape}")
        return list(mu)
    if not isinstance(mu, list | tuple | sympy.Tuple | np.ndarray):
        return None
    if isinstance(mu, np.ndarray) and mu.dtype != object:
        return None
    if not any(isinstance(entry, sympy.Basic | str) for entry in mu):
        return None
    return [as_expression(entry, f"mu[{place}]") for place, entry in enumerate(mu)]


def _as_float(entry: sympy.Expr, place: int) -> float:
    if entry.is_extended_real is False:
        raise ValueError(f"mu[{place}]: expected a real number, got {entry}")
    try:
        return float(entry)
    except TypeError as refused:
        raise ValueError(f"mu[{place}]: expected a real number, got {entry}") from refused


def _numbers(mu: Any) -> Array:
    try:
        values = np.asarray(mu)
        if values.dtype.kind not in "biuf":
            raise TypeError(values.dtype)
        values = values.astype(np.float64)
    except (TypeError, ValueError) as refused:
        raise ValueError(
            f"mu: expected real numbers in an array, or expressions in a sequence, got {mu!r}"
        ) from refused
    if values.ndim == 0:
        raise ValueError(f"mu: expected at least one axis, that of the alternatives, got {mu!r}")
    if values.size == 0:
        raise ValueError(
            f"mu: expected at least one alternative, got the empty shape {values.shape}"
        )
    if np.isnan(values).any():
        raise ValueError("mu: expected numbers, got nan among them")
    if not np.isfinite(values.max(axis=-1)).all():
        raise ValueError("mu: expected a finite largest number, got an infinite one")
    return values


def _probabilities(values: Array, noise: str) -> Array:
    rule = NOISES[noise]
    alternatives = values.shape[-1]
    rows = values.reshape(-1, alternatives)
    with np.errstate(under="ignore", over="ignore"):
        centred = np.maximum(rows - rows.max(axis=-1, keepdims=True), -1e4)
        found = np.empty_like(centred)
        # An upper bound of the points of any rule for one row.
        depth = min(-float(centred.min()), 745.0) + 60
        points = int(alternatives * (alternatives + 1) / 2 + 24 * (alternatives + depth))
        length = max(1, _BLOCK // (points * alternatives))
        for start in range(0, len(rows), length):
            found[start : start + length] = rule(centred[start : start + length])
        found /= found.sum(axis=-1, keepdims=True)
    shares: Array = found.reshape(values.shape)
    return shares
