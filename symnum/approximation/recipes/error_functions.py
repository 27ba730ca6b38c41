"""Coefficients of the error function: sixteen polynomials around centres of short numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from typing import Any

import mpmath

from symnum.approximation.recipes.pieces import PiecewiseRecipe
from symnum.approximation.recipes.rows import PolynomialRecipe, TableRecipe

__all__ = ["ERROR_FUNCTIONS"]

PIECES = 16
DEGREE = 13
# Piece k belongs to the numbers that are nearest to k + 1/5 times the width: the first is longer,
# and in the second the distance from its centre stays small beside the function.
WIDTH = Fraction(25, 64)
OFFSET = Fraction(1, 5)
# Centres are multiples of the grid, so that a distance from one is exact, and such that the
# function is so close to a double there that its first coefficient has no error of rounding.
GRID = Fraction(1, 2**16)
CLOSENESS = Fraction(1, 2**8)
# Pieces of erfcx are quarters of the powers of 2 in x + 2.
ERFCX_DEGREES = (11, 11, 10, 10, 10, 9, 9, 9, 9, 8, 8, 8, 7, 7, 7, 7)
ERFCX_ENDS = tuple(
    Fraction(2**power * (4 + quarter), 2) - 2
    for power, quarter in [*product(range(4), range(4)), (4, 0)]
)


@cache
def _context() -> Any:
    context = mpmath.mp.clone()
    context.dps = 40
    return context


def _near_double(function: Callable[[Any], Any], middle: Fraction) -> Fraction:
    """Return the short number closest to one at which a function is close to a double."""
    distance = 0
    while True:
        for offset in (distance, -distance):
            centre = middle + offset * GRID
            exact = function(_context().mpf(centre.numerator) / centre.denominator)
            if abs(exact - float(exact)) < float(CLOSENESS) * 2.0**-53 * exact:
                return centre
        distance += 1


@cache
def erf_centres() -> tuple[Fraction, ...]:
    """Return the centres of the pieces of erf."""
    erf = _context().erf
    middles = [(piece + OFFSET) * WIDTH for piece in range(1, PIECES)]
    return Fraction(0), *(_near_double(erf, middle) for middle in middles)


def _erfcx(x: Any) -> Any:
    return _context().exp(x * x) * _context().erfc(x)


@cache
def erfcx_centres() -> tuple[Fraction, ...]:
    """Return the centres of the pieces of erfcx."""
    return tuple(_near_double(_erfcx, (low + high) / 2) for low, high in pairwise(ERFCX_ENDS))


def _erfcx_piece(piece: int) -> PolynomialRecipe:
    centre = erfcx_centres()[piece]
    ends = [(end - centre) / (end + 2) for end in ERFCX_ENDS[piece : piece + 2]]
    argument = f"(({centre} + 2*x)/(1 - x))"
    target = f"exp({argument}**2)*erfc({argument})"
    return PolynomialRecipe(
        name=f"piece {piece}",
        about="",
        target=target,
        interval=(str(ends[0]), str(ends[1])),
        degree=ERFCX_DEGREES[piece],
        weight=target,
    )


def _erf_piece(piece: int) -> PolynomialRecipe:
    centre = erf_centres()[piece]
    high = (piece + OFFSET + Fraction(1, 2)) * WIDTH - centre
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


def _doubles(
    centres: Callable[[], Sequence[Fraction]],
) -> Callable[[Any], list[float]]:
    return lambda _: [float(centre) for centre in centres()]


def _root_of_pi(context: Any) -> list[float]:
    whole = 1 / context.sqrt(context.pi)
    return [float(whole), float(whole - float(whole))]


def _far(context: Any) -> list[float]:
    return [float(context.fac2(2 * n - 1) / context.mpf(-2) ** n) for n in range(1, 8)]


ERROR_FUNCTIONS = (
    TableRecipe("ERF_CENTRES", "centres of the pieces of erf", _doubles(erf_centres)),
    PiecewiseRecipe(
        "ERF",
        "erf(x) = P(x - centre), but x + P(x) in the first piece: sixteen constants, sixteen "
        "coefficients of the first power, ...",
        [_erf_piece(piece) for piece in range(PIECES)],
        times_x=(0,),
    ),
    TableRecipe("ERFCX_CENTRES", "centres of the pieces of erfcx", _doubles(erfcx_centres)),
    PiecewiseRecipe(
        "ERFCX",
        "exp(x**2)*erfc(x) = P((x - centre)/(x + 2)) for x from 0 to 30: sixteen constants, ...",
        [_erfcx_piece(piece) for piece in range(PIECES)],
    ),
    TableRecipe("INVERSE_ROOT_PI", "1/sqrt(pi) in two parts", _root_of_pi),
    TableRecipe(
        "ERFCX_FAR", "exp(x**2)*erfc(x)*sqrt(pi)*x = 1 + P(1/x**2)/x**2 from x = 30 on", _far
    ),
)
