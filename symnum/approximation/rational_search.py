"""The best rational function of a type: starts that lead there, and common factors."""

from __future__ import annotations

import dataclasses

from flint import arb

from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.extrema import chebyshev_grid
from symnum.approximation.problem import Problem
from symnum.approximation.rational import RationalFamily
from symnum.approximation.remez import exchange
from symnum.approximation.result import Minimax
from symnum.approximation.search import best_member, first_exchange, grid_size, working_bits
from symnum.approximation.taylor import series_precision

__all__ = ["best_rational"]

ROUGH = 1e-2
ROUGH_DIGITS = 20


def best_rational(problem: Problem, top: int, bottom: int, digits: int) -> Minimax:
    """Return the best rational function of a type.

    Where numerator and denominator of the best one have lost a common factor, the lower type is
    searched: with defect d it needs m + n + 2 - d alternations.

    Parameters
    ----------
    problem : Problem
    top, bottom : int
        The type (m, n).
    digits : int

    Raises
    ------
    NoBestApproximation
    """
    first: NoBestApproximation | None = None
    for defect in range(min(top, bottom) + 1):
        family = RationalFamily(problem, top - defect, bottom - defect)
        try:
            fit = best_member(family, digits, _start(family))
        except NoBestApproximation as reason:
            first = first or reason
            continue
        needed = top + bottom + 2 - defect
        if defect == 0 or not fit.alternation or len(fit.alternation) >= needed:
            return fit if defect == 0 else _lowered(fit, top, bottom, defect)
    assert first is not None
    raise first


def _lowered(fit: Minimax, top: int, bottom: int, defect: int) -> Minimax:
    note = (
        f"the best one of type ({top}, {bottom}) is of type ({top - defect}, {bottom - defect}): "
        "numerator and denominator have lost a common factor"
    )
    needed = top + bottom + 2 - defect
    proof = f"{needed} alternations prove optimality at defect {defect} (de la Vallée-Poussin)"
    return dataclasses.replace(fit, notes=(*fit.notes, note), certificate=proof)


def _start(family: RationalFamily) -> list[arb] | None:
    """Return a reference from which the exchange leads to the best member.

    If the extrema of a Chebyshev polynomial do not, those of the best member of a lower type do,
    spread to the number of points that is needed.
    """
    prec = working_bits(ROUGH_DIGITS, family, 64)
    ends = family.problem.ends(prec)
    grid = chebyshev_grid(*ends, grid_size(family), prec)
    try:
        outcome = first_exchange(family, ends, grid, prec, ROUGH)
    except NoBestApproximation:
        lower = _lower_type(family)
        known = None if lower is None else _start(lower)
        if lower is None or known is None:
            return None
        spread = _spread(known, family.size + 1, prec)
        try:
            outcome = exchange(family, spread, grid, prec, ROUGH)
        except NoBestApproximation:
            return None
    return [extremum.place for extremum in outcome.reference]


def _lower_type(family: RationalFamily) -> RationalFamily | None:
    top, bottom = family.top, family.bottom
    if bottom and top:
        return RationalFamily(family.problem, top - 1, bottom - 1)
    return None


def _spread(places: list[arb], count: int, prec: int) -> list[arb]:
    """Return more points, distributed as the given ones are."""
    with series_precision(prec, 1):
        last = len(places) - 1
        result = []
        for k in range(count):
            position = arb(k) * last / (count - 1)
            index = min(int(k * last // (count - 1)), last - 1)
            share = position - index
            result.append((places[index] * (1 - share) + places[index + 1] * share).mid())
        return result
