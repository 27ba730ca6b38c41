"""What a row of the tables of recipes holds, and how its numbers are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mpmath

from symnum.approximation import minimax

__all__ = ["CoefficientSet", "PolynomialRecipe", "Recipe", "TableRecipe"]

# The largest relative error of the approximation alone, before any rounding: a tenth of the
# smallest distance of two numbers of the format, relative to them.
# For powers a logarithm must be right to ten more bits than a double has, for a cube root the start
# of the iteration to a quarter of its bits.
ALLOWED = {
    "float64": 0.1 * 2.0**-53,
    "float32": 0.1 * 2.0**-24,
    "exponent": 2.0**-66,
    "exponent of float32": 2.0**-36,
    "start": 2.0**-14,
    "start in float32": 2.0**-10,
}

# Tables are computed with so many decimal digits.
TABLE_DIGITS = 60


@dataclass(frozen=True, slots=True)
class CoefficientSet:
    """Numbers that were computed from a recipe.

    Parameters
    ----------
    values : tuple of float
        The coefficients, the constant first, or the entries of a table.
    error : float or None
        A proved bound of the error of the rounded polynomial; None for a table.
    """

    values: tuple[float, ...]
    error: float | None = None


@dataclass(frozen=True, slots=True)
class PolynomialRecipe:
    """The polynomial of one degree that is closest to a function.

    Parameters
    ----------
    name : str
        The name of the constant.
    about : str
        What the polynomial is for, as a comment.
    target : str
        The function, in x.
    interval : tuple of str
        The ends, exact.
    degree : int
        The degree.
    weight : str
        The error is divided by this function of x, so that it counts relative to the result of
        which the polynomial is a part.
    accuracy : str
        The format for whose spacing the error must be small, or another key of `ALLOWED`.
    fixed : mapping of str to number
        Coefficients that are given.
    rounding : str
        The format of the coefficients.
    """

    name: str
    about: str
    target: str
    interval: tuple[str, str]
    degree: int
    weight: str
    accuracy: str = "float64"
    fixed: Mapping[str, Any] = field(default_factory=dict)
    rounding: str = "float64"

    @property
    def allowed(self) -> float:
        """The largest error that is good enough."""
        return ALLOWED[self.accuracy]

    def compute(self) -> CoefficientSet:
        """Return the rounded coefficients, with the proved bound of their error."""
        fit = minimax(
            self.target,
            "x",
            self.interval,
            degree=self.degree,
            weight=self.weight,
            fixed=dict(self.fixed),
            digits=20,
        ).rounded(self.rounding)
        values = tuple(float(fit.params[f"c{power}"]) for power in range(self.degree + 1))
        bound = float(fit.error_bounds[1])
        # Upwards to three digits, so that the text does not depend on the last bits of the proof.
        return CoefficientSet(values, float(f"{bound * 1.005:.2e}"))


@dataclass(frozen=True, slots=True)
class TableRecipe:
    """Numbers that are computed one by one.

    Parameters
    ----------
    name : str
        The name of the constant.
    about : str
        What the table holds, as a comment.
    entries : callable
        Called with a context of mpmath of many digits; returns exact doubles.
    """

    name: str
    about: str
    entries: Callable[[Any], Sequence[float]]

    def compute(self) -> CoefficientSet:
        """Return the entries."""
        context = mpmath.mp.clone()
        context.dps = TABLE_DIGITS
        return CoefficientSet(tuple(self.entries(context)))


Recipe = PolynomialRecipe | TableRecipe
