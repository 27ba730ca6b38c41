"""The search in one family: precision, exchange, proof."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import arb, fmpq

from symnum.approximation.certificate import certify
from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.extrema import Extremum, chebyshev_grid
from symnum.approximation.families import Family, Level
from symnum.approximation.ordering import ascending
from symnum.approximation.remez import Outcome, exchange
from symnum.approximation.result import Minimax, as_mpf, frozen, outward
from symnum.approximation.taylor import series_precision
from symnum.reference.balls import BallFunction

__all__ = [
    "best_member",
    "exact_member",
    "first_exchange",
    "grid_size",
    "start_reference",
    "working_bits",
]

BITS_PER_DIGIT = math.log2(10)
FIRST_GUESS = 64


def best_member(
    family: Family,
    digits: int,
    reference: Sequence[arb] | None = None,
    start: Level | None = None,
) -> Minimax:
    """Return the best member of a family, with its proof.

    Parameters
    ----------
    family : Family
    digits : int
        Digits wanted.
    reference : sequence of arb, optional
        Where to start; the extrema of a Chebyshev polynomial by default.
    start : Level, optional
        For families whose equations need one.

    Returns
    -------
    Minimax

    Raises
    ------
    NoBestApproximation
        Where the search does not converge, or its answer cannot be proved.
    """
    count = grid_size(family)
    prec = working_bits(digits, family, FIRST_GUESS)
    zero_seen = False
    while True:
        ends = family.problem.ends(prec)
        grid = chebyshev_grid(*ends, count, prec)
        if reference:
            outcome = exchange(family, reference, grid, prec, tolerance(digits), start)
        else:
            outcome = first_exchange(family, ends, grid, prec, tolerance(digits), start)
        if outcome.negligible:
            if zero_seen:
                return exact_member(family, outcome.level.values, digits, prec)
            zero_seen, prec = True, 2 * prec
            continue
        needed = working_bits(digits, family, outcome.lost_bits)
        if needed <= prec:
            return certified(family, outcome, digits, prec, ends)
        reference = [extremum.place for extremum in outcome.reference]
        start = outcome.level
        prec = needed + 32


def first_exchange(
    family: Family,
    ends: tuple[arb, arb],
    grid: Sequence[arb],
    prec: int,
    deviation: float,
    start: Level | None = None,
) -> Outcome:
    """Run the exchange without a reference to start from.

    On the extrema of a Chebyshev polynomial a symmetric target may have a levelled error of zero;
    then a skew reference leads on.
    """
    places = start_reference(family, ends, prec)
    try:
        return exchange(family, places, grid, prec, deviation, start)
    except NoBestApproximation as reason:
        try:
            return exchange(family, _skewed(places, prec), grid, prec, deviation, start)
        except NoBestApproximation:
            raise reason from None


def _skewed(places: Sequence[arb], prec: int) -> list[arb]:
    """Return places that are drawn towards the left end, without symmetry."""
    with series_precision(prec, 1):
        first, length = places[0], places[-1] - places[0]
        if len(places) == 1:
            return [places[0]]
        shares = [(place - first) / length for place in places]
        return [(first + length * share * (share + 2) / fmpq(7, 2)).mid() for share in shares]


def working_bits(digits: int, family: Family, error_bits: int) -> int:
    """Return the precision for so many digits of an error of size 2**-error_bits."""
    return int(digits * BITS_PER_DIGIT) + 64 + family.guard_bits() + error_bits


def tolerance(digits: int) -> float:
    """Return the deviation from levelled errors at which the search ends."""
    return 10.0 ** -(digits + 5) if digits < 280 else 1e-285


def grid_size(family: Family) -> int:
    """Return how many points to look at: at least ten times the number of alternations."""
    return max(120, 16 * (family.size + 2))


def start_reference(family: Family, ends: tuple[arb, arb], prec: int) -> list[arb]:
    """Return the extrema of a Chebyshev polynomial, moved off the zeros of one over the weight."""
    places = chebyshev_grid(*ends, family.size + 1, prec) if family.size else [ends[0].mid()]
    moved: list[arb] = []
    with series_precision(prec, 1):
        width = ((ends[1] - ends[0]) / (8 * (family.size + 2) ** 2)).mid()
    for index, place in enumerate(places):
        _, inverse = family.problem.data(place, prec, 1)
        vanishes = inverse is not None and inverse[0].contains(0)
        inward = -1 if index == len(places) - 1 else 1
        with series_precision(prec, 1):
            moved.append((place + inward * width).mid() if vanishes else place)
    return moved


def certified(
    family: Family, outcome: Outcome, digits: int, prec: int, ends: tuple[arb, arb]
) -> Minimax:
    """Return the answer with its proved bounds."""
    values = outcome.level.values
    bound = certify(family, values, ends, outcome.extrema, prec)
    with series_precision(prec, 1):
        lower = min((abs(extremum.error).lower() for extremum in outcome.reference), key=ascending)
    return Minimax(
        params=named_values(family, values, prec),
        error=as_mpf(outcome.largest),
        error_bounds=outward(lower, bound.upper),
        alternation=alternation_of(family, outcome, prec),
        certificate=family.optimality(),
        digits=digits,
        family=family,
        values=values,
        outcome=outcome,
        bits=prec,
    )


def exact_member(family: Family, values: Sequence[arb], digits: int, prec: int) -> Minimax:
    """Return the answer for a target that lies in the family.

    Raises
    ------
    NoBestApproximation
        Where the difference is not proved to be negligible.
    """
    ends = family.problem.ends(prec)
    tiny = arb(10) ** -(digits + 10)
    marks = [Extremum(ends[0].mid(), tiny)]
    bound = certify(family, tuple(values), ends, marks, prec, terms=digits + 20)
    return Minimax(
        params=named_values(family, values, prec),
        error=as_mpf(arb(0)),
        error_bounds=outward(arb(0), bound.upper),
        alternation=(),
        certificate="the target is in the family",
        digits=digits,
        family=family,
        values=tuple(values),
        outcome=None,
        bits=prec,
    )


def named_values(family: Family, values: Sequence[arb], prec: int) -> Mapping[Any, Any]:
    """Return every parameter by name, as numbers of mpmath."""
    result: dict[Any, Any] = {}
    for name, value in family.parameters(values).items():
        ball = BallFunction((), value)((), prec) if isinstance(value, sympy.Expr) else value
        result[name] = as_mpf(ball, prec)
    return frozen(result)


def alternation_of(family: Family, outcome: Outcome, prec: int) -> tuple[Any, ...]:
    """Return all points at which the error takes its largest size with alternating signs."""
    largest = outcome.largest
    with series_precision(prec, 1):
        high = [e for e in outcome.extrema if e.size >= largest * (1 - arb(1e-9))]
        chosen: list[Extremum] = []
        signs: list[int] = []
        for extremum in high:
            sign = (1 if extremum.error > 0 else -1) * family.orientation(extremum.place)
            if not signs or sign != signs[-1]:
                chosen.append(extremum)
                signs.append(sign)
        if len(chosen) < len(outcome.reference):
            chosen = list(outcome.reference)
        places = [family.problem.x_at(extremum.place, prec) for extremum in chosen]
        return tuple(as_mpf(place) for place in sorted((p.mid() for p in places), key=ascending))
