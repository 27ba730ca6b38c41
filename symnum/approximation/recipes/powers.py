"""Coefficients of powers and cube roots."""

from __future__ import annotations

from typing import Any

from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["POWERS"]


def cube_root_steps(context: Any) -> list[float]:
    """Return 2**(-j/3) for j = 0, 1, 2, and nothing more up to eight."""
    return [float(context.mpf(2) ** (-context.mpf(j) / 3)) for j in range(3)] + [0.0] * 5


POWERS: tuple[Recipe, ...] = (
    TableRecipe("CUBE_ROOT_STEPS", "2**(-j/3) for j = 0, 1, 2", cube_root_steps),
    PolynomialRecipe(
        name="LOG_CUBIC",
        about="log(1 + r) = r - r**2/2 + r**3 P(r) for -1/34 <= r <= 1/32, for powers",
        target="(log(1 + x) - x + x**2/2)/x**3",
        interval=("-1/34", "1/32"),
        degree=8,
        weight="log(1 + x)/x**3",
        accuracy="exponent",
    ),
    PolynomialRecipe(
        name="LOG_SHORT",
        about="log(1 + r) = r + r**2 P(r) for -1/34 <= r <= 1/32, for powers in single precision",
        target="(log(1 + x) - x)/x**2",
        interval=("-1/34", "1/32"),
        degree=4,
        weight="log(1 + x)/x**2",
        accuracy="exponent of float32",
    ),
    PolynomialRecipe(
        name="INVERSE_CUBE_ROOT",
        about="x**(-1/3) for 1 <= x <= 2, the start of a cube root",
        target="x**(-1/3)",
        interval=("1", "2"),
        degree=5,
        weight="x**(-1/3)",
        accuracy="start",
    ),
    PolynomialRecipe(
        name="INVERSE_CUBE_ROOT_SINGLE",
        about="x**(-1/3) for 1 <= x <= 2, in single precision",
        target="x**(-1/3)",
        interval=("1", "2"),
        degree=3,
        weight="x**(-1/3)",
        accuracy="start in float32",
        rounding="float32",
    ),
)
