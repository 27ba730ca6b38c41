"""Newton's method for n equations in n unknowns, as programs for batches of lanes.

The steps are those of `lane_systems_step`, the verdict on their end is that of
`lane_systems_verdict`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.compiler.differentiation import differentiate
from symnum.compiler.lowering import lower
from symnum.rootfinding.lanes.problem import LaneProblem
from symnum.rootfinding.lanes.systems_step import START_ROOM, STATES, step_program
from symnum.rootfinding.lanes.systems_verdict import CODES, SIMPLE, verdict_program

__all__ = ["lane_problem"]


def lane_problem(
    equations: Sequence[sp.Expr],
    unknowns: Sequence[sp.Symbol],
    params: Sequence[sp.Symbol],
    *,
    method: str,
    gradient: bool,
) -> LaneProblem:
    """Return the iteration for n equations in n unknowns.

    Parameters
    ----------
    equations : sequence of Expr
        What is to vanish.
    unknowns, params : sequence of Symbol
        The unknowns, and what has a value of its own in every lane.
    method : str
        ``"auto"`` or ``"newton"``.
    gradient : bool
        Whether the derivatives of the root in the parameters are wanted.

    Returns
    -------
    LaneProblem

    Raises
    ------
    ValueError
        If the method is unknown.
    UnsupportedNodeError
        If a function has no derivative, or no code.

    Examples
    --------
    >>> x, y, a = sp.symbols("x y a")
    >>> problem = lane_problem([x * y - a, x - y], [x, y], [a], method="newton", gradient=True)
    >>> problem.root, problem.extras
    ((0, 1), ('error_bound', 'residual', 'gradient[0,0]', 'gradient[1,0]'))
    """
    if method not in ("auto", "newton"):
        raise ValueError(f"method: {method!r} is not for systems; expected 'auto' or 'newton'")
    size = len(unknowns)
    values = lower((*unknowns, *params), tuple(equations))
    slopes = differentiate(values, range(size))
    states = 3 * size + STATES
    finish, extras = verdict_program(values, slopes, size, states, gradient=gradient)
    return LaneProblem(
        step=step_program(values, slopes, size),
        states=states,
        start=_Start(size),
        root=tuple(range(size)),
        extras=extras,
        statuses=CODES,
        finish=finish,
        decides=True,
        most=500,
        simple=SIMPLE,
    )


#: The first part of a step, sum of squares, length, room and trials.
FIRST = (0.0, np.inf, 0.0, float(START_ROOM), 0.0)


class _Start:
    """The first states: the start, no step, an infinite sum of squares, no escapes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(
        self, starts: Sequence[NDArray[Any]], params: Sequence[NDArray[Any]]
    ) -> list[NDArray[np.float64]]:
        """Return one array for each state."""
        columns = [np.asarray(start, dtype=np.float64) for start in starts]
        shape = columns[0].shape
        same = [np.broadcast_to(np.array(number), shape) for number in FIRST]
        return [*columns, *same[:1] * self.size, *columns, *same]
