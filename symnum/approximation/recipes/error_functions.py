"""Coefficients of the error function: sixteen polynomials around centres of short numbers."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import mpmath

from symnum.approximation.recipes.pieces import PiecewiseRecipe
from symnum.approximation.recipes.rows import PolynomialRecipe, TableRecipe

__all__ = ["ERROR_FUNCTIONS"]

PIECES = 16
DEGREE = 13
# Piece k belongs to the numbers that are nearest to k times the width.
WIDTH = Fraction(25, 64)
# Centres are multiples of the grid, so that a distance from one is exact, and such that the
# function is so close to a double there that its first coefficient has no error of rounding.
GRID = Fraction(1, 2**16)
CLOSENESS = Fraction(1, 2**8)


@cache
def erf_centres() -> tuple[Fraction, ...]:
    """Return the centres of the pieces."""
    context = mpmath.mp.clone()
    context.dps = 40
    centres = [Fraction(0)]
    for piece in range(1, PIECES):
        distance = 0
        while len(centres) == piece:
            for offset in (distance, -distance):
                centre = piece * WIDTH + offset * GRID
                exact = context.erf(context.mpf(centre.numerator) / centre.denominator)
                if abs(exact - float(exact)) < float(CLOSENESS) * 2.0**-53 * exact:
                    centres.append(centre)
                    break
            distance += 1
    return tuple(centres)


def _erf_piece(piece: int) -> PolynomialRecipe:
    centre = erf_centres()[piece]
    high = (piece + Fraction(1, 2)) * WIDTH - centre
    if not centre:
        # What is added to x; divided by x, for the result goes to zero and the error with it.
        return PolynomialRecipe(
            "piece 0", "", "erf(x)/x - 1", ("0", str(high)), DEGREE - 1, weight="erf(x)/x"
        )
    moved = f"erf(x + {centre})"
    return PolynomialRecipe(
        name=f"piece {piece}",
        about="",
        target=moved,
        interval=(str(high - WIDTH), str(high)),
        degree=DEGREE,
        weight=moved,
    )


def centres_as_doubles(context: Any) -> list[float]:
    """Return the centres of the pieces as doubles."""
    return [float(centre) for centre in erf_centres()]


ERROR_FUNCTIONS = (
    TableRecipe("ERF_CENTRES", "centres of the pieces of erf", centres_as_doubles),
    PiecewiseRecipe(
        "ERF",
        "erf(x) = P(x - centre), but x + P(x) in the first piece: sixteen constants, sixteen "
        "coefficients of the first power, ...",
        [_erf_piece(piece) for piece in range(PIECES)],
    ),
)
