"""Coefficients of the exponential: log(2) in two parts, powers of two, the rest as a polynomial."""

from __future__ import annotations

from typing import Any

from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["EXPONENTIAL"]

STEPS = 16
# Whole multiples of log(2)/16 up to 2**15 of them are exact doubles with so many bits.
LOG2_BITS = 38


def log2_parts(context: Any) -> list[float]:
    """Return log(2) cut after some bits, and what is left."""
    whole = context.ln2
    high = context.floor(whole * 2**LOG2_BITS) / 2**LOG2_BITS
    return [float(high), float(whole - high)]


def powers_of_two(context: Any) -> list[Any]:
    """Return 2**(j/16)."""
    return [context.mpf(2) ** (context.mpf(j) / STEPS) for j in range(STEPS)]


def power_heads(context: Any) -> list[float]:
    """Return 2**(j/16) as doubles."""
    return [float(power) for power in powers_of_two(context)]


def power_tails(context: Any) -> list[float]:
    """Return what rounding took from 2**(j/16)."""
    return [float(power - float(power)) for power in powers_of_two(context)]


def _tail(
    name: str, half: str, degree: int, accuracy: str = "float64", result: str = "exp(x)"
) -> PolynomialRecipe:
    return PolynomialRecipe(
        name=name,
        about=f"exp(r) = 1 + r + r**2 P(r) for |r| <= {half}, for {accuracy}, relative to {result}",
        target="(exp(x) - 1 - x)/x**2",
        interval=(f"-{half}", half),
        degree=degree,
        weight=f"({result})/x**2",
        accuracy=accuracy,
    )


LESS_ONE = "exp(x) - 1"

EXPONENTIAL: tuple[Recipe, ...] = (
    TableRecipe("LOG_2", "log(2) in two parts; 2**15 times the first is exact", log2_parts),
    TableRecipe("POWERS", "2**(j/16)", power_heads),
    TableRecipe("POWERS_TAIL", "2**(j/16) less its entry above", power_tails),
    _tail("NEAR", "log(2)/32", 5),
    _tail("FAR", "log(2)/2", 9),
    _tail("NEAR_SINGLE", "log(2)/32", 1, "float32"),
    _tail("FAR_SINGLE", "log(2)/2", 4, "float32"),
    _tail("NEAR_LESS_ONE", "log(2)/32", 5, result=LESS_ONE),
    _tail("FAR_LESS_ONE", "log(2)/2", 10, result=LESS_ONE),
    _tail("NEAR_LESS_ONE_SINGLE", "log(2)/32", 2, "float32", LESS_ONE),
    _tail("FAR_LESS_ONE_SINGLE", "log(2)/2", 5, "float32", LESS_ONE),
)
