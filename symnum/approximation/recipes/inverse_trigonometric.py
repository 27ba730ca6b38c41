"""Coefficients of arc sine and arc tangent: polynomials, parts of pi, a table of angles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["INVERSE_TRIGONOMETRIC"]

PIECES = 16
# Quotients from 0 to 1 are taken relative to the nearest multiple of this short number.
SPACING = "17/256"
SINGLE_DIGITS = 24


def _half_turn(context: Any) -> list[float]:
    whole = context.pi / 2
    return [float(whole), float(whole - float(whole))]


def _half_turn_single(context: Any) -> list[float]:
    whole = context.pi / 2
    high = context.ldexp(context.nint(context.ldexp(whole, SINGLE_DIGITS - 1)), 1 - SINGLE_DIGITS)
    return [float(high), float(whole - high)]


def _angles(tails: bool) -> Callable[[Any], list[float]]:
    """Return what computes the angles of the multiples, or what rounding takes from them."""

    def entries(context: Any) -> list[float]:
        spacing = context.mpf(17) / 256
        exact = [context.atan(k * spacing) for k in range(PIECES)]
        return [float(angle - float(angle)) if tails else float(angle) for angle in exact]

    return entries


def _odd(name: str, function: str, end: str, degree: int, accuracy: str) -> PolynomialRecipe:
    quotient = f"{function}(sqrt(x))/sqrt(x)"
    return PolynomialRecipe(
        name=name,
        about=f"{function}(t) = t + t**3 P(t**2) for |t| <= {end}",
        target=f"({quotient} - 1)/x",
        interval=("0", f"({end})**2"),
        degree=degree,
        weight=f"{quotient}/x",
        accuracy=accuracy,
    )


INVERSE_TRIGONOMETRIC: tuple[Recipe, ...] = (
    TableRecipe("QUARTER_TURN", "pi/2 in two parts", _half_turn),
    TableRecipe("QUARTER_TURN_SINGLE", "pi/2 in two parts, the first short", _half_turn_single),
    TableRecipe("ANGLES", f"atan(k {SPACING})", _angles(tails=False)),
    TableRecipe("ANGLES_TAIL", f"atan(k {SPACING}) less its entry above", _angles(tails=True)),
    _odd("ARC_TANGENT", "atan", "47/1000", 4, "float64"),
    _odd("ARC_SINE", "asin", "1/2", 12, "float64"),
    _odd("ARC_TANGENT_SINGLE", "atan", "1", 8, "float32"),
    _odd("ARC_SINE_SINGLE", "asin", "1/2", 4, "float32"),
)
