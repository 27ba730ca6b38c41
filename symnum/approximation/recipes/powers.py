"""Coefficients of powers and cube roots."""

from __future__ import annotations

from typing import Any

from symnum.approximation.recipes.logarithm import single
from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["POWERS"]


def cube_root_steps(context: Any) -> list[float]:
    """Return 2**(-j/3) for j = 0, 1, 2, and nothing more up to eight."""
    return [float(context.mpf(2) ** (-context.mpf(j) / 3)) for j in range(3)] + [0.0] * 5


def cube_root_factors(context: Any) -> list[float]:
    """Return 2**(j/3) for j = 0, 1, 2 in single precision."""
    return [single(context.mpf(2) ** (context.mpf(j) / 3)) for j in range(3)]


# Factors of six bits for the logarithms of powers in single precision: of 32 steps from 1 to 2.
FACTOR_STEPS, FACTOR_BITS = 32, 6
# Their logarithms to the base 2 are cut after so many bits: with any exponent the sum is exact.
FACTOR_LOGARITHM_BITS = 15


def factors(context: Any) -> list[float]:
    """Return short factors close to 1/(1 + j/32)."""
    whole = 2**FACTOR_BITS
    # Beside 1 and 2 those whose logarithm has the sign of the result, so that nothing cancels.
    beside = {0: whole, 1: whole - 1, FACTOR_STEPS - 1: whole // 2}
    nearest = [
        beside.get(step, int(context.nint(whole / (1 + context.mpf(step) / FACTOR_STEPS))))
        for step in range(FACTOR_STEPS)
    ]
    return [float(factor) / whole for factor in nearest]


def factor_logarithms(context: Any) -> list[float]:
    """Return their logarithms to the base 2, negated and cut."""
    return [float(high) for high, _ in _factor_parts(context)]


def factor_logarithm_tails(context: Any) -> list[float]:
    """Return what these lack."""
    return [single(low) for _, low in _factor_parts(context)]


def _factor_parts(context: Any) -> list[tuple[Any, Any]]:
    unit = 2**FACTOR_LOGARITHM_BITS
    logarithms = [-context.log(context.mpf(factor), 2) for factor in factors(context)]
    heads = [context.nint(logarithm * unit) / unit for logarithm in logarithms]
    return [(head, logarithm - head) for head, logarithm in zip(heads, logarithms, strict=True)]


POWERS: tuple[Recipe, ...] = (
    TableRecipe("FACTORS", "c close to 1/(1 + j/32), of six bits", factors),
    TableRecipe("FACTOR_LOGARITHMS", "-log2(c), multiples of 2**-15", factor_logarithms),
    TableRecipe("FACTOR_LOGARITHMS_TAIL", "what these lack", factor_logarithm_tails),
    PolynomialRecipe(
        name="LOG_CUBIC_SINGLE",
        about="log2(1 + r) = (r - r**2/2)/log(2) + r**3 P(r) for |r| <= 1/32, single precision",
        target="(log(1 + x) - x + x**2/2)/x**3/log(2)",
        interval=("-1/32", "1/32"),
        degree=3,
        weight="log(1 + x)/x**3/log(2)",
        accuracy="exponent of float32",
        rounding="float32",
    ),
    PolynomialRecipe(
        name="EXP2_SINGLE",
        about="2**x = 1 + x P(x) for |x| <= 0.57, in single precision",
        target="(2**x - 1)/x",
        interval=("-57/100", "57/100"),
        degree=5,
        weight="2**x/x",
        accuracy="float32",
        rounding="float32",
    ),
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
    TableRecipe("CUBE_ROOT_FACTORS", "2**(j/3) for j = 0, 1, 2, single", cube_root_factors),
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
