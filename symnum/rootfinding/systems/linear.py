"""Linear systems with a singular matrix, decided exactly: solvable or proved to have no root."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp
from flint import fmpq, fmpq_mat

from symnum.rootfinding.systems.functions import SystemFunction

__all__ = ["NoSolutionError", "singular_linear_root"]


class NoSolutionError(ArithmeticError):
    """The equations contradict each other: there is no root, and that is proved."""


def singular_linear_root(
    function: SystemFunction, start: Sequence[float]
) -> tuple[sp.Rational, ...] | None:
    """Return the root of a linear system with free unknowns that keeps as many as it can.

    Parameters
    ----------
    function : SystemFunction
        F.
    start : sequence of float
        Unknowns that the equations leave free keep these values.

    Returns
    -------
    tuple of Rational or None
        None where the matrix is regular, or not linear with rational coefficients.

    Raises
    ------
    NoSolutionError
        If the equations contradict each other.

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> function = SystemFunction([x + y - 2, 2 * x + 2 * y - 4], [x, y])
    >>> singular_linear_root(function, [5.0, 0.5])
    (3/2, 1/2)
    """
    rows = _coefficients(function)
    if rows is None:
        return None
    size = len(function)
    reduced, rank = fmpq_mat(rows).rref()
    table = reduced.tolist()
    pivots = [next((k for k, entry in enumerate(row) if entry != 0), size) for row in table]
    if size in pivots[:rank]:
        raise NoSolutionError
    if rank == size:
        return None
    values = [fmpq(*place.as_integer_ratio()) for place in start]
    free = [k for k in range(size) if k not in pivots]
    for row, pivot in zip(table[:rank], pivots, strict=False):
        values[pivot] = row[size] - sum((row[k] * values[k] for k in free), fmpq(0))
    return tuple(sp.Rational(int(value.p), int(value.q)) for value in values)


def _coefficients(function: SystemFunction) -> list[list[fmpq]] | None:
    """Return the matrix with the right sides behind it, None where they are not rational."""
    if function.slopes is None or not function.is_linear:
        return None
    origin = dict.fromkeys(function.unknowns, sp.Integer(0))
    right = [-expr.xreplace(origin) for expr in function.functions]
    rows = [[*row, value] for row, value in zip(function.slopes, right, strict=True)]
    numbers = [[sp.expand(entry) for entry in row] for row in rows]
    if not all(number.is_Rational for row in numbers for number in row):
        return None
    return [[fmpq(int(number.p), int(number.q)) for number in row] for row in numbers]
