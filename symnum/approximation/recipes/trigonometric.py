"""Coefficients of sine and cosine: pi in parts, sixteenths of a half turn, short polynomials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["TRIGONOMETRIC"]

STEPS = 16
# The second part of a step has so many bits, so that 2**26 times it is an exact double.
SECOND_BITS = 27


def _parts(context: Any, whole: Any) -> list[float]:
    first = float(whole)
    mantissa, exponent = context.frexp(whole - first)
    second = float(
        context.ldexp(context.nint(context.ldexp(mantissa, SECOND_BITS)), exponent - SECOND_BITS)
    )
    return [first, second, float(whole - first - second)]


def step_parts(context: Any) -> list[float]:
    """Return pi/16 in three parts."""
    return _parts(context, context.pi / STEPS)


def half_turn_parts(context: Any) -> list[float]:
    """Return pi in two parts."""
    return [float(context.pi), float(context.pi - float(context.pi))]


def quarter_turn_parts(context: Any) -> list[float]:
    """Return pi/2 in three parts, the first of 24 bits, the second of 12."""
    rest, parts = context.pi / 2, []
    for bits in (23, 36):
        parts.append(float(context.nint(context.ldexp(rest, bits)) / 2**bits))
        rest -= parts[-1]
    return [*parts, float(rest)]


def _turned(shift: int, tails: bool) -> Callable[[Any], list[float]]:
    """Return what computes sin((k + shift) pi/16), or what rounding takes from it."""

    def entries(context: Any) -> list[float]:
        exact = [context.sinpi(context.mpf(k + shift) / STEPS) for k in range(STEPS)]
        return [float(entry - float(entry)) if tails else float(entry) for entry in exact]

    return entries


def _sine(name: str, about: str, half: str, degree: int, accuracy: str) -> PolynomialRecipe:
    return PolynomialRecipe(
        name=name,
        about=f"sin(r) = r + r**3 P(r**2) for |r| <= {half}: {about}",
        target="(sin(sqrt(x))/sqrt(x) - 1)/x",
        interval=("0", f"({half})**2"),
        degree=degree,
        weight="sin(sqrt(x))/sqrt(x)/x",
        accuracy=accuracy,
    )


TRIGONOMETRIC: tuple[Recipe, ...] = (
    TableRecipe("STEP", "pi/16 in three parts; 2**26 times the second is exact", step_parts),
    TableRecipe("PI", "pi in two parts", half_turn_parts),
    TableRecipe(
        "QUARTER_TURN_SINGLE",
        "pi/2 in three parts of 24, 12 and more bits; 2**12 times the second has 24",
        quarter_turn_parts,
    ),
    TableRecipe("SINES", "sin(k pi/16)", _turned(0, tails=False)),
    TableRecipe("SINES_TAIL", "sin(k pi/16) less its entry above", _turned(0, tails=True)),
    TableRecipe("COSINES", "cos(k pi/16)", _turned(STEPS // 2, tails=False)),
    TableRecipe("COSINES_TAIL", "cos(k pi/16) less its entry above", _turned(8, tails=True)),
    _sine("SINE", "with the tables", "pi/32", 3, "float64"),
    PolynomialRecipe(
        name="VERSINE",
        about="1 - cos(r) = r**2 P(r**2) for |r| <= pi/32: with the tables",
        target="(1 - cos(sqrt(x)))/x",
        interval=("0", "(pi/32)**2"),
        degree=3,
        weight="1/x",
    ),
    _sine("SINE_SINGLE", "without them, for single precision", "pi/2", 4, "float32"),
    PolynomialRecipe(
        name="TANGENT_SINGLE",
        about="tan(r) = r + r**3 P(r**2) for |r| <= pi/4: for single precision",
        target="(tan(sqrt(x))/sqrt(x) - 1)/x",
        interval=("0", "(pi/4)**2"),
        degree=6,
        weight="tan(sqrt(x))/sqrt(x)/x",
        accuracy="float32",
    ),
)
