"""What the functions of score arrays accept: numbers along the last axis, positive parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symnum.smoothing.scores.compensated import Array

__all__ = ["positive_number", "score_array"]


def score_array(values: Any, name: str, *, infinite: bool = False) -> Array:
    """Return real numbers as an array of float64.

    Parameters
    ----------
    values : array_like, shape (..., n)
    name : str
        Of the argument, for messages.
    infinite : bool
        Whether minus infinity is allowed, beside a finite number in each row.

    Raises
    ------
    TypeError
        For what holds no real numbers.
    ValueError
        For no axis, an empty last axis, nan, or infinite numbers.
    """
    try:
        found = np.asarray(values)
    except ValueError as refused:
        raise TypeError(f"{name}: expected rows of one length, got {values!r}") from refused
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected real numbers in an array, got {values!r}")
    if found.ndim == 0:
        raise ValueError(f"{name}: expected at least one axis, got the number {values!r}")
    if found.shape[-1] == 0:
        raise ValueError(f"{name}: expected at least one number, got the shape {found.shape}")
    found = found.astype(np.float64)
    if np.isnan(found).any():
        raise ValueError(f"{name}: expected numbers, got nan among them")
    if not infinite and not np.isfinite(found).all():
        raise ValueError(f"{name}: expected finite numbers, got an infinite one")
    if infinite and found.size and not np.isfinite(found.max(axis=-1)).all():
        raise ValueError(f"{name}: expected a finite largest number in each row")
    return found


def positive_number(value: Any, name: str) -> float:
    """Return a positive finite number.

    Parameters
    ----------
    value : float
    name : str
        Of the argument, for messages.

    Raises
    ------
    TypeError, ValueError
        For anything else.
    """
    if isinstance(value, bool | str) or np.ndim(value) != 0:
        raise TypeError(f"{name}: expected a positive number, got {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError) as refused:
        raise TypeError(f"{name}: expected a positive number, got {value!r}") from refused
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
    return number
