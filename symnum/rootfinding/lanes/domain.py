"""Lanes without a real value: whether the equation is complex there, or not defined at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.compiler.lowering import lower
from symnum.compiler.passes import expand_definitions
from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.lanes.problem import Column

__all__ = ["is_complex_there"]


def is_complex_there(
    expr: sp.Expr, symbols: Sequence[sp.Symbol], columns: Sequence[Column]
) -> NDArray[np.bool_]:
    """Return where an expression has a value that is not real.

    Parameters
    ----------
    expr : Expr
        The equation.
    symbols : sequence of Symbol
        What it is made of.
    columns : sequence of ndarray
        A value of each symbol for every lane.

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> is_complex_there(sp.sqrt(x), [x], [np.array([-1.0, 1.0])]).tolist()
    [True, False]
    """
    # Few batches have such lanes.
    from symnum.compiler.iteration_interpretation import evaluate_arrays

    try:
        program = expand_definitions(lower(symbols, [expr], complex_valued=True))
        points = [np.asarray(column, dtype=np.complex128) for column in columns]
        (values,) = evaluate_arrays(program, points)
    except (UnsupportedNodeError, TypeError):
        # A function of real numbers alone.
        return np.zeros(columns[0].shape, dtype=bool)
    values = np.broadcast_to(values, columns[0].shape)
    complex_there: NDArray[np.bool_] = np.isfinite(values) & (np.imag(values) != 0.0)
    return complex_there
