"""Polynomials on neighbouring intervals, as tables that are indexed by the interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from symnum.approximation.recipes.rows import CoefficientSet, PolynomialRecipe

__all__ = ["PiecewiseRecipe"]


@dataclass(frozen=True, slots=True)
class PiecewiseRecipe:
    """Polynomials of one degree, one for each interval.

    The values are the constants of all intervals, then all coefficients of x, and so on, so that
    each run of them is a table to pick from.

    Parameters
    ----------
    name : str
        The name of the constant.
    about : str
        What the polynomials are for, as a comment.
    pieces : sequence of PolynomialRecipe
        One for each interval.
    times_x : tuple of int
        Pieces whose polynomial is multiplied by x.
    """

    name: str
    about: str
    pieces: Sequence[PolynomialRecipe]
    times_x: tuple[int, ...] = ()

    def compute(self) -> CoefficientSet:
        """Return the tables, with the largest proved bound of the errors.

        Raises
        ------
        ArithmeticError
            If one of the polynomials is not as accurate as its recipe demands.
        """
        made = [piece.compute() for piece in self.pieces]
        for piece, one in zip(self.pieces, made, strict=True):
            if one.error is not None and one.error > piece.allowed:
                raise ArithmeticError(
                    f"{self.name}, {piece.name}: the error is {one.error:.3g}, "
                    f"allowed are {piece.allowed:.3g}"
                )
        rows = [
            (0.0, *one.values) if place in self.times_x else one.values
            for place, one in enumerate(made)
        ]
        tables = zip_longest(*rows, fillvalue=0.0)
        error = max(one.error for one in made if one.error is not None)
        return CoefficientSet(tuple(value for table in tables for value in table), error)
