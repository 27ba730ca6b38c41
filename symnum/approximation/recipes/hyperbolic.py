"""Coefficients of the hyperbolic functions: even and odd parts of the exponential, and tanh."""

from __future__ import annotations

from typing import Any

from symnum.approximation.recipes.exponential import STEPS
from symnum.approximation.recipes.rows import PolynomialRecipe, Recipe, TableRecipe

__all__ = ["HYPERBOLIC"]

# Below this tanh is a polynomial.
TANH_BORDER = "5/8"


def _mirrored(context: Any) -> list[Any]:
    # The power of 2 is such that 2**floor(-2k) of k sixteenths completes 2**(-2k + j/16).
    return [
        context.mpf(2) ** (-context.mpf(j) / STEPS + -(-2 * j // STEPS) - 1) for j in range(STEPS)
    ]


def mirrored_heads(context: Any) -> list[float]:
    """Return 2**(-j/16) times powers of 2, as doubles."""
    return [float(power) for power in _mirrored(context)]


def mirrored_tails(context: Any) -> list[float]:
    """Return what rounding took from these."""
    return [float(power - float(power)) for power in _mirrored(context)]


def _even(name: str, half: str, degree: int) -> PolynomialRecipe:
    return PolynomialRecipe(
        name=name,
        about=f"cosh(r) = 1 + z P(z), z = r**2, for |r| <= {half}",
        target="(cosh(sqrt(x)) - 1)/x",
        interval=("0", f"({half})**2"),
        degree=degree,
        weight="1/x",
    )


def _odd(name: str, half: str, degree: int) -> PolynomialRecipe:
    return PolynomialRecipe(
        name=name,
        about=f"sinh(r) = r + r z P(z), z = r**2, for |r| <= {half}",
        target="(sinh(sqrt(x))/sqrt(x) - 1)/x",
        interval=("0", f"({half})**2"),
        degree=degree,
        weight="1/x",
    )


HYPERBOLIC: tuple[Recipe, ...] = (
    TableRecipe("MIRRORED", "2**(-j/16 + ceil(j/8) - 1)", mirrored_heads),
    TableRecipe("MIRRORED_TAIL", "the same less its entry above", mirrored_tails),
    _even("EVEN_NEAR", "log(2)/32", 2),
    _odd("ODD_NEAR", "log(2)/32", 2),
    _even("EVEN_FAR", "log(2)/2", 5),
    _odd("ODD_FAR", "log(2)/2", 5),
    PolynomialRecipe(
        name="TANH",
        about=f"tanh(a) = a + a z P(z), z = a**2, for |a| <= {TANH_BORDER}",
        target="(tanh(sqrt(x))/sqrt(x) - 1)/x",
        interval=("0", f"({TANH_BORDER})**2"),
        degree=10,
        weight="tanh(sqrt(x))/sqrt(x)/x",
    ),
    PolynomialRecipe(
        name="TANH_SINGLE",
        about=f"the same for single precision, |a| <= {TANH_BORDER}",
        target="(tanh(sqrt(x))/sqrt(x) - 1)/x",
        interval=("0", f"({TANH_BORDER})**2"),
        degree=4,
        weight="tanh(sqrt(x))/sqrt(x)/x",
        accuracy="float32",
        rounding="float32",
    ),
    PolynomialRecipe(
        name="ATANH_SINGLE",
        about="atanh(a) = a + a z P(z), z = a**2, for |a| <= 1/2, in single precision",
        target="(log((1 + sqrt(x))/(1 - sqrt(x)))/(2*sqrt(x)) - 1)/x",
        interval=("0", "1/4"),
        degree=5,
        weight="log((1 + sqrt(x))/(1 - sqrt(x)))/(2*sqrt(x))/x",
        accuracy="float32",
        rounding="float32",
    ),
    PolynomialRecipe(
        name="SINH_SINGLE",
        about="sinh(a) = a + a z P(z), z = a**2, for |a| <= 1, in single precision",
        target="(sinh(sqrt(x))/sqrt(x) - 1)/x",
        interval=("0", "1"),
        degree=3,
        weight="sinh(sqrt(x))/sqrt(x)/x",
        accuracy="float32",
        rounding="float32",
    ),
    PolynomialRecipe(
        name="EXPONENTIAL_SINGLE",
        about="exp(r) = 1 + r + r**2 P(r) for |r| <= log(2)/2, in single precision",
        target="(exp(x) - 1 - x)/x**2",
        interval=("-log(2)/2", "log(2)/2"),
        degree=4,
        weight="exp(x)/x**2",
        accuracy="float32",
        rounding="float32",
    ),
)
