"""Even and odd errors on a symmetric interval."""

from __future__ import annotations

from typing import Any

from flint import arb

from symnum.approximation.families import Family
from symnum.approximation.taylor import series_precision

__all__ = ["error_parity"]

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
