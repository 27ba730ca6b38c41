r"""The whole c0 family from the solution at c0 = -1.

With one scalar c0 the zeroth-order deformation equation is

    (1 - (1 + c0) q) L[phi - u_0] = c0 q P[phi],   P = N - L[phi - u_0],

so phi depends on q through ``s = -c0 q / (1 - (1 + c0) q)`` only, which at c0 = -1 is q itself.
Expanding the powers of s gives, for u_m and for W_m with m >= 1 alike,

    u_m(c0) = sum_(n=1..m) binomial(m-1, n-1) (-c0)**n (1+c0)**(m-n) u_n(-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

__all__ = ["family_matrix", "family_terms", "partial_sum_weights"]


def family_matrix(c0: Any, order: int) -> list[list[Any]]:
    """Return the lower triangular matrix of the identity, rows m and columns n from 1 on.

    Parameters
    ----------
    c0 : number or Expr
        Exact numbers and symbols give exact entries.
    order : int

    Returns
    -------
    list of lists
        Row m - 1 has m entries.

    Examples
    --------
    >>> family_matrix(sympy.Rational(-1, 2), 3)
    [[1/2], [1/4, 1/4], [1/8, 1/4, 1/8]]
    """
    step, stay = -c0, 1 + c0
    rows = [[step]] if order >= 1 else []
    for m in range(2, order + 1):
        above = rows[-1]
        # T[m, n] = (1 + c0) T[m-1, n] - c0 T[m-1, n-1]: multiplication of s**n by one more q.
        row = [stay * above[0]]
        row.extend(stay * above[n] + step * above[n - 1] for n in range(1, m - 1))
        row.append(step * above[-1])
        if isinstance(c0, sympy.Expr) and not c0.is_number:
            row = [sympy.factor(entry) for entry in row]
        rows.append(row)
    return rows


def family_terms(terms: Sequence[Any], c0: Any) -> list[Any]:
    """Return the terms at `c0` of a series whose terms at c0 = -1 are given.

    Parameters
    ----------
    terms : sequence
        The term of order 0, which does not depend on c0, comes first.
    c0 : number or Expr

    Returns
    -------
    list
        As many terms.
    """
    result = list(terms[:1])
    for row in family_matrix(c0, len(terms) - 1):
        term = terms[1] * row[0]
        for weight, value in zip(row[1:], terms[2:], strict=False):
            term = term + value * weight
        result.append(term)
    return result


def partial_sum_weights(c0: ArrayLike, order: int) -> NDArray[np.float64]:
    """Return the weights with which the terms at c0 = -1 enter the sum up to `order` at `c0`.

    Parameters
    ----------
    c0 : array_like
        Any shape.
    order : int

    Returns
    -------
    ndarray of float64
        The shape of `c0` with one axis of length ``order + 1`` appended.

    Examples
    --------
    >>> partial_sum_weights([-1.0, -0.5], 2)
    array([[1.  , 1.  , 1.  ],
           [1.  , 0.75, 0.25]])
    """
    values = np.asarray(c0, dtype=np.float64)
    weights = np.zeros((*values.shape, order + 1))
    row = np.zeros_like(weights)
    weights[..., 0] = 1.0
    for m in range(1, order + 1):
        previous = row.copy()
        row[..., 1:] = (1 + values)[..., None] * previous[..., 1:]
        row[..., 2:] -= values[..., None] * previous[..., 1:-1]
        if m == 1:
            row[..., 1] = -values
        weights += row
    return weights
