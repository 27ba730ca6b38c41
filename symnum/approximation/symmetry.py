"""Even and odd errors on a symmetric interval."""

from __future__ import annotations

import dataclasses
from typing import Any

import sympy
from flint import arb

from symnum.approximation.certificate import certify
from symnum.approximation.extrema import Extremum
from symnum.approximation.families import Family
from symnum.approximation.problem import Problem, state_problem
from symnum.approximation.result import Minimax, outward
from symnum.approximation.search import exact_member
from symnum.approximation.taylor import series_precision

__all__ = ["error_parity", "right_half", "unfolded"]

PREC = 192
SAMPLES = (0.13, 0.41, 0.74, 0.93)


def error_parity(family: Family) -> int:
    """Return 1 where the weighted error of every member is even, -1 where it is odd, else 0.

    It is read off at some points; what it is used for is proved independently.
    """
    problem = family.problem
    if problem.interval[0] != -problem.interval[1] or not problem.is_direct:
        return 0
    verdicts = set()
    for shift in (3, 8):
        values = [(arb(2 * k + shift) / 8).mid() for k in range(family.size)]
        verdicts.add(_parity(family, values))
    return verdicts.pop() if len(verdicts) == 1 else 0


def _parity(family: Family, values: list[arb]) -> int:
    _, high = family.problem.ends(PREC)
    even = odd = True
    with series_precision(PREC, 1):
        small = arb(2) ** (-PREC // 2)
        for share in SAMPLES:
            place = (high * arb(share)).mid()
            pair: list[Any] = [
                family.error(point, values, PREC, 1)[0] for point in (place, place.neg(exact=True))
            ]
            if not all(value.is_finite() for value in pair):
                return 0
            scale = small * (abs(pair[0]) + abs(pair[1]))
            even = even and bool(abs(pair[0] - pair[1]) <= scale)
            odd = odd and bool(abs(pair[0] + pair[1]) <= scale)
    return 1 if even else -1 if odd else 0


def right_half(problem: Problem, forms: tuple[sympy.Expr, ...] = ()) -> Problem:
    """Return the same problem on the part of a symmetric interval right of 0."""
    ends = (sympy.Integer(0), problem.interval[1])
    return state_problem(problem.target_expr, problem.x, ends, problem.weight_expr, forms)


def unfolded(fit: Minimax, family: Family, parity: int) -> Minimax:
    """Return a fit that was found on the right half with a proof for the whole interval.

    Parameters
    ----------
    fit : Minimax
        On the right half.
    family : Family
        The family on the whole interval.
    parity : int
        1 for an even error, -1 for an odd one.
    """
    prec = fit.bits
    if fit.outcome is None:
        return exact_member(family, fit.values, fit.digits, prec)
    extrema = fit.outcome.extrema
    mirrored = [
        Extremum(e.place.neg(exact=True), e.error if parity > 0 else e.error.neg(exact=True))
        for e in reversed(extrema)
        if e.place > 0
    ]
    bound = certify(family, fit.values, family.problem.ends(prec), [*mirrored, *extrema], prec)
    kind = "even" if parity > 0 else "odd"
    note = f"the error is {kind}: alternation is counted on the right half of the interval"
    return dataclasses.replace(
        fit,
        family=family,
        error_bounds=(fit.error_bounds[0], outward(arb(0), bound.upper)[1]),
        notes=(*fit.notes, note),
    )
