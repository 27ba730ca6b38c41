"""Results of kernels as a row of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

__all__ = ["flatten", "shown_point"]


def flatten(value: Any) -> list[Any]:
    """Return the scalars of a result in order: values of a dict, items, a Matrix row by row."""
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in flatten(item)]
    if isinstance(value, sympy.MatrixBase):
        return list(value)
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flatten(item)]
    if isinstance(value, np.ndarray) and value.ndim:
        return list(value.ravel())
    return [value]


def shown_point(point: Mapping[str, float]) -> str:
    """Return a point in words, each number as short as it can be without being another one.

    Examples
    --------
    >>> shown_point({"x": 1e8, "y": 0.3 + 1e-9})
    'x = 1e+08, y = 0.300000001'
    """
    return ", ".join(f"{name} = {_short(float(value))}" for name, value in point.items())


def _short(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
