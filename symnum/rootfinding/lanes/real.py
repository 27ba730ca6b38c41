"""The lane of one real equation, ready to be iterated: with a bracket or from a start alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.rootfinding.lanes.codes import STATUSES, Code
from symnum.rootfinding.lanes.free import (
    FREE,
    PLAIN,
    free_begin,
    free_step,
    plain_begin,
    plain_step,
)
from symnum.rootfinding.lanes.judging import (
    REVIEW,
    judgement,
    review_begin,
    review_finish,
    review_step,
    whole_line,
)
from symnum.rootfinding.lanes.problem import Column, LaneProblem
from symnum.rootfinding.lanes.scalar import (
    BRACKETED,
    bracketed_begin,
    bracketed_step,
    chosen_method,
)
from symnum.rootfinding.lanes.steps import LANE_METHODS
from symnum.rootfinding.lanes.terms import LaneFunction

__all__ = ["bracketed_problem", "lane_problem"]

#: Steps in a bracket: enough to halve the widest one to neighbouring doubles.
MOST_IN_BRACKET = 200
MOST_FROM_START = 200
MOST_REVIEWED = 120


def lane_problem(
    equations: Sequence[sp.Expr],
    unknowns: Sequence[sp.Symbol],
    params: Sequence[sp.Symbol],
    *,
    method: str,
    gradient: bool,
) -> LaneProblem:
    """Return the iteration of one real equation from a start.

    Parameters
    ----------
    equations : sequence of Expr
        One expression in real symbols.
    unknowns : sequence of Symbol
        One.
    params : sequence of Symbol
        What else may occur in it.
    method : str
        ``"auto"``: damped, with a search where that fails; else the plain iteration of that name.
    gradient : bool
        Whether the derivatives of the root in the parameters are wanted.

    Returns
    -------
    LaneProblem
        Its start takes one array.
    """
    about = (equations[0], unknowns[0], params)
    damped = method == "auto"
    chosen = chosen_method(method, *about, bracketed=False)
    function = LaneFunction(*about, order=LANE_METHODS[chosen].order)
    build = (free_begin, free_step) if damped else (plain_begin, plain_step)
    names = FREE if damped else PLAIN
    return _problem(
        begin=build[0](function),
        step=build[1](function, chosen),
        names=names,
        inputs=1,
        most=MOST_FROM_START,
        about=about,
        gradient=gradient,
    )


def bracketed_problem(
    expr: sp.Expr,
    unknown: sp.Symbol,
    params: Sequence[sp.Symbol],
    *,
    method: str,
    gradient: bool,
) -> LaneProblem:
    """Return the iteration of one real equation inside a bracket.

    Parameters
    ----------
    expr, unknown, params
        The equation, in real symbols.
    method : str
        How to step; halving the bracket makes every method safe.
    gradient : bool
        Whether the derivatives of the root in the parameters are wanted.

    Returns
    -------
    LaneProblem
        Its start takes three arrays: the start, which is ignored where it is NaN or outside, and
        the two ends.
    """
    about = (expr, unknown, params)
    chosen = chosen_method(method, *about, bracketed=True)
    function = LaneFunction(*about, order=LANE_METHODS[chosen].order)
    return _problem(
        begin=bracketed_begin(function),
        step=bracketed_step(function, chosen),
        names=BRACKETED,
        inputs=3,
        most=MOST_IN_BRACKET,
        about=about,
        gradient=gradient,
    )


def _problem(
    *,
    begin: Any,
    step: Any,
    names: tuple[str, ...],
    inputs: int,
    most: int,
    about: tuple[sp.Expr, sp.Symbol, Sequence[sp.Symbol]],
    gradient: bool,
) -> LaneProblem:
    function = LaneFunction(*about, order=1, gradient=gradient)
    ends = _ends if "low" in names else whole_line
    slopes = [f"gradient[{k}]" for k in range(len(about[2]))] if gradient else []
    return LaneProblem(
        step=step,
        states=len(names),
        start=_as_given,
        root=(0,),
        extras=("residual", "error_bound", *slopes),
        statuses=STATUSES,
        finish=judgement(function, len(names), ends),
        begin=begin,
        decides=True,
        inputs=inputs,
        most=most,
        simple=Code.SIMPLE,
        review=_review(function),
    )


def _ends(states: Sequence[Any]) -> tuple[Any, Any]:
    return states[1], states[2]


def _as_given(starts: Sequence[NDArray[Any]], params: Sequence[Column]) -> list[Column]:
    return [np.asarray(start, dtype=np.float64) for start in starts]


def _review(function: LaneFunction) -> LaneProblem:
    return LaneProblem(
        step=review_step(function),
        states=len(REVIEW),
        start=_as_given,
        root=(0,),
        extras=("residual", "error_bound", "multiplicity"),
        statuses=STATUSES,
        finish=review_finish(function),
        begin=review_begin(function),
        decides=True,
        inputs=4,
        most=MOST_REVIEWED,
    )
