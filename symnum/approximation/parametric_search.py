"""The best member of a parametric family: starts, symmetry, proof of optimality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from flint import arb

from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.extrema import chebyshev_grid, local_extrema
from symnum.approximation.families import Level
from symnum.approximation.parametric import ParametricFamily
from symnum.approximation.problem import Problem
from symnum.approximation.remez import Outcome, alternating, exchange, strongest
from symnum.approximation.result import Minimax
from symnum.approximation.search import best_member, grid_size, start_reference
from symnum.approximation.starts import start_values
from symnum.approximation.symmetry import error_parity, right_half, unfolded
from symnum.approximation.taylor import series_precision
from symnum.approximation.zeros import Argument, zero_count

__all__ = ["best_parametric"]

ROUGH = 1e-6
ROUGH_BITS = 160


def best_parametric(
    problem: Problem,
    form: sympy.Expr,
    params: Sequence[sympy.Symbol],
    starts: Mapping[sympy.Symbol, float],
    fixed: Mapping[sympy.Symbol, sympy.Expr],
    digits: int,
) -> Minimax:
    """Return the best member of a family that is given by an expression.

    Parameters
    ----------
    problem : Problem
    form : Expr
        In x and the parameters.
    params : sequence of Symbol
    starts : mapping
        From some of the parameters to where to start.
    fixed : mapping
        From some of the parameters to exact numbers.
    digits : int

    Raises
    ------
    NoBestApproximation
    """
    family = ParametricFamily(problem, form, params, fixed)
    if not family.free:
        return best_member(family, digits, None, Level((), arb(0)))
    parity = error_parity(family)
    if not parity:
        return _searched(family, starts, digits)
    half = ParametricFamily(right_half(problem, (form,)), form, params, fixed)
    fit = _searched(half, starts, digits)
    family.argument = half.argument
    return unfolded(fit, family, parity)


def _searched(
    family: ParametricFamily, starts: Mapping[sympy.Symbol, float], digits: int
) -> Minimax:
    outcomes: list[Outcome] = []
    failure: NoBestApproximation | None = None
    given = [starts.get(symbol) for symbol in family.free]
    for values in start_values(family, given):
        try:
            outcomes.append(_rough(family, values))
        except NoBestApproximation as reason:
            failure = failure or reason
    # Of equal ones the first start counts. What looks best may have a pole between the points that
    # were looked at: then it cannot be proved, and the next one is taken.
    for best in sorted(outcomes, key=lambda outcome: float(f"{float(outcome.largest):.5e}")):
        family.argument = _argument(family, best)
        reference = [extremum.place for extremum in best.reference]
        try:
            return best_member(family, digits, None if best.negligible else reference, best.level)
        except NoBestApproximation as reason:
            failure = reason
    raise failure or NoBestApproximation("no start was found for the parameters", [], 0)


def _argument(family: ParametricFamily, outcome: Outcome) -> Argument | None:
    signs = tuple(-1 if value < 0 else 1 for value in outcome.level.values)
    return zero_count(family.member, family.problem.x, family.problem.interval, family.free, signs)


def _rough(family: ParametricFamily, values: Sequence[float]) -> Outcome:
    """Run the exchange from a start to a few digits."""
    prec = ROUGH_BITS + family.guard_bits()
    ends = family.problem.ends(prec)
    grid = chebyshev_grid(*ends, grid_size(family), prec)
    state = tuple(arb(value) for value in values)
    extrema = local_extrema(family, state, grid, prec)
    chosen = alternating(family, extrema)
    size = max((float(extremum.size) for extremum in extrema), default=0.0)
    if len(chosen) > family.size:
        kept = strongest(chosen, family.size + 1)
        places = [extremum.place for extremum in kept]
        sign = (1 if kept[0].error > 0 else -1) * family.orientation(places[0])
    else:
        places, sign = start_reference(family, ends, prec), 1
    with series_precision(prec, 1):
        level = Level(state, arb(sign * size))
    return exchange(family, places, grid, prec, ROUGH, level)
