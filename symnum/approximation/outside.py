"""What a form does beyond the interval on which it was fitted."""

from __future__ import annotations

import dataclasses

import mpmath
from flint import arb

from symnum.approximation.result import Minimax, as_mpf
from symnum.approximation.taylor import series_precision

__all__ = ["with_outside_note"]

PREC = 160
#: Where to look, as shares of the length of the interval.
DISTANCES = (0.0625, 0.25, 1.0, 4.0)
ROOM = 1e-6


def with_outside_note(fit: Minimax) -> Minimax:
    """Return a fit with a note where its error leaves the bound beside the interval.

    Parameters
    ----------
    fit : Minimax
        On a bounded interval.
    """
    problem = fit.family.problem
    if not problem.is_direct or not fit.error:
        return fit
    low, high = (float(end) for end in problem.interval)
    for share in DISTANCES:
        for place in (high + share * (high - low), low - share * (high - low)):
            error = fit.family.error(arb(place), fit.values, PREC, 1)[0]
            if not error.is_finite():
                continue
            with series_precision(PREC, 1):
                size = as_mpf(abs(error).lower())
            if size > fit.error_bounds[1] * (1 + ROOM):
                note = (
                    f"outside the interval the error leaves its bound: at {fit.x} = {place:.6g} "
                    f"it is {mpmath.nstr(size, 5)}"
                )
                return dataclasses.replace(fit, notes=(*fit.notes, note))
    return fit
