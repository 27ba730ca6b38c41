"""Coefficients of the logarithm: reciprocals with short logarithms, and the rest as polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np

from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["LOGARITHM", "single"]

STEPS = 16
# Logarithms of the table are multiples of 2**-42, and so is the first part of log(2): with the
# exponent of any double they add up without error.
GRID = 42
# How close the logarithm of a reciprocal must be to such a multiple.
CLOSENESS = 66
# In single precision log(2) is cut after so many bits.
SINGLE_BITS = 15


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


def log2_parts_single(context: Any) -> list[float]:
    """Return log(2) cut after so few bits that its multiples are exact, and what is left."""
    high = context.floor(context.ln2 * 2**SINGLE_BITS) / 2**SINGLE_BITS
    return [float(high), single(context.ln2 - high)]


def inverse_log2_single(context: Any) -> list[float]:
    """Return 1/log(2) in two parts of single precision."""
    return _two_single_parts(1 / context.ln2)


def inverse_log10_single(context: Any) -> list[float]:
    """Return 1/log(10) in two parts of single precision."""
    return _two_single_parts(1 / context.ln10)


def _two_single_parts(value: Any) -> list[float]:
    return [single(value), single(value - single(value))]


def single(value: Any) -> float:
    """Return a number rounded to single precision."""
    return float(np.float32(float(value)))


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


def logarithm_tails(context: Any) -> list[float]:
    """Return what the short logarithms lack."""
    return [
        float(-context.log(context.mpf(reciprocal)) - context.mpf(logarithm))
        for reciprocal, logarithm in _pairs(context)
    ]


LOGARITHM: tuple[Recipe, ...] = (
    TableRecipe("LOG_2", "log(2) in two parts; the first is a multiple of 2**-42", log2_parts),
    TableRecipe("RECIPROCALS", "c close to 1/(1 + j/16)", reciprocals),
    TableRecipe("LOGARITHMS", "-log(c), multiples of 2**-42, right to 2**-66", logarithms),
    TableRecipe("LOGARITHMS_TAIL", "what their entries above lack", logarithm_tails),
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
        about="log(1 + r) = 2s + s z P(z), s = r/(2 + r), z = s**2, 1/sqrt(2) <= 1 + r <= sqrt(2)",
        target="(log((1 + sqrt(x))/(1 - sqrt(x)))/sqrt(x) - 2)/x",
        interval=("0", "(3 - 2*sqrt(2))**2"),
        degree=6,
        weight="2/x",
    ),
    TableRecipe("LOG_2_SINGLE", "log(2) in two parts of single precision", log2_parts_single),
    TableRecipe("INVERSE_LOG_2_SINGLE", "1/log(2) in such parts", inverse_log2_single),
    TableRecipe("INVERSE_LOG_10_SINGLE", "1/log(10) in such parts", inverse_log10_single),
    PolynomialRecipe(
        name="SINGLE",
        about="log(1 + r) = r + r**2 P(r) for 1/sqrt(2) <= 1 + r <= sqrt(2), in single precision",
        target="(log(1 + x) - x)/x**2",
        interval=("1/sqrt(2) - 1", "sqrt(2) - 1"),
        degree=8,
        weight="log(1 + x)/x**2",
        accuracy="float32",
        rounding="float32",
    ),
)
