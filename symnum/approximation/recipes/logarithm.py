"""Coefficients of the logarithm: reciprocals with short logarithms, and the rest as polynomials."""

from __future__ import annotations

from typing import Any

from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["LOGARITHM"]

STEPS = 16
# Logarithms of the table are multiples of 2**-42, and so is the first part of log(2): with the
# exponent of any double they add up without error.
GRID = 42
# How close the logarithm of a reciprocal must be to such a multiple.
CLOSENESS = 66


def log2_parts(context: Any) -> list[float]:
    """Return log(2) cut after some bits, and what is left."""
    high = context.floor(context.ln2 * 2**GRID) / 2**GRID
    return [float(high), float(context.ln2 - high)]


def inverse_log2(context: Any) -> list[float]:
    """Return 1/log(2) in two parts."""
    return _two_parts(1 / context.ln2)


def inverse_log10(context: Any) -> list[float]:
    """Return 1/log(10) in two parts."""
    return _two_parts(1 / context.ln10)


def _two_parts(value: Any) -> list[float]:
    return [float(value), float(value - float(value))]


def _pair(context: Any, centre: Any) -> tuple[float, float]:
    """Return a double close to 1/centre whose logarithm is a short number, and that, negated."""
    start = int(context.nint(context.log(centre) * 2**GRID))
    limit = context.mpf(2) ** -CLOSENESS
    distance = 0
    while True:
        for offset in (distance, -distance):
            logarithm = context.mpf(start + offset) / 2**GRID
            reciprocal = float(context.exp(-logarithm))
            if abs(context.mpf(reciprocal) * context.exp(logarithm) - 1) < limit:
                return reciprocal, float(logarithm)
        distance += 1


def _pairs(context: Any) -> list[tuple[float, float]]:
    # Numbers beside 1 are divided by 1 itself: nothing may be lost where the logarithm is small.
    search = context.clone()
    search.prec = 120
    centres = [1 + search.mpf(j) / STEPS for j in range(1, STEPS)]
    return [(1.0, 0.0), *(_pair(search, centre) for centre in centres)]


def reciprocals(context: Any) -> list[float]:
    """Return numbers close to 1/(1 + j/16)."""
    return [reciprocal for reciprocal, _ in _pairs(context)]


def logarithms(context: Any) -> list[float]:
    """Return the logarithms of one over these."""
    return [logarithm for _, logarithm in _pairs(context)]


LOGARITHM: tuple[Recipe, ...] = (
    TableRecipe("LOG_2", "log(2) in two parts; the first is a multiple of 2**-42", log2_parts),
    TableRecipe("RECIPROCALS", "c close to 1/(1 + j/16)", reciprocals),
    TableRecipe("LOGARITHMS", "-log(c), multiples of 2**-42, right to 2**-66", logarithms),
    TableRecipe("INVERSE_LOG_2", "1/log(2) in two parts", inverse_log2),
    TableRecipe("INVERSE_LOG_10", "1/log(10) in two parts", inverse_log10),
    PolynomialRecipe(
        name="NEAR",
        about="log(1 + r) = r + r**2 P(r) for -1/34 <= r <= 1/32",
        target="(log(1 + x) - x)/x**2",
        interval=("-1/34", "1/32"),
        degree=8,
        weight="log(1 + x)/x**2",
    ),
    PolynomialRecipe(
        name="FAR",
        about="log(1 + r) = 2s + s*z*P(z), s = r/(2 + r), z = s**2, for 1/sqrt(2) <= 1 + r <= sqrt(2)",
        target="(log((1 + sqrt(x))/(1 - sqrt(x)))/sqrt(x) - 2)/x",
        interval=("0", "(3 - 2*sqrt(2))**2"),
        degree=6,
        weight="2/x",
    ),
    PolynomialRecipe(
        name="NEAR_SINGLE",
        about="the same as NEAR for single precision",
        target="(log(1 + x) - x)/x**2",
        interval=("-1/34", "1/32"),
        degree=3,
        weight="log(1 + x)/x**2",
        accuracy="float32",
    ),
    PolynomialRecipe(
        name="FAR_SINGLE",
        about="the same as FAR for single precision",
        target="(log((1 + sqrt(x))/(1 - sqrt(x)))/sqrt(x) - 2)/x",
        interval=("0", "(3 - 2*sqrt(2))**2"),
        degree=2,
        weight="2/x",
        accuracy="float32",
    ),
)
