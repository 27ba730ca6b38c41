"""The ten formulas on which kernels are timed, with coefficients drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.special
import sympy
from numpy.typing import NDArray
from sympy import Expr, Float, Symbol, cos, erf, exp, log, sin, sqrt, tanh

__all__ = ["Case", "ten_cases"]

Array = NDArray[np.float64]
Natural = Callable[..., Sequence[Array]]


@final
@dataclass(frozen=True, slots=True)
class Case:
    """Formulas of the same arguments, evaluated together.

    Attributes
    ----------
    name : str
    args : tuple of sympy.Symbol
    outputs : tuple of sympy.Expr
    ranges : tuple of (low, high)
        Where each argument is drawn.
    natural : callable or None
        The same in plain NumPy as one would write it by hand: arrays in, arrays out.
    """

    name: str
    args: tuple[Symbol, ...]
    outputs: tuple[Expr, ...]
    ranges: tuple[tuple[float, float], ...]
    natural: Natural | None = None

    def inputs(self, n: int, seed: int) -> Array:
        """Return points as an array of shape (arguments, n)."""
        rng = np.random.default_rng(seed)
        return np.stack([rng.uniform(low, high, n) for low, high in self.ranges])

    @property
    def formula(self) -> Any:
        """The only output, or the list of all."""
        return self.outputs[0] if len(self.outputs) == 1 else list(self.outputs)


x = Symbol("x")


def ten_cases(seed: int) -> list[Case]:
    """Return the ten cases.

    Parameters
    ----------
    seed : int
        Of the coefficients. They have four decimals, so that no printer of digits rounds them.
    """
    draw = random.Random(seed)
    return [build(draw) for build in _BUILDERS]


def _drawn(draw: random.Random, low: float, high: float) -> float:
    return round(draw.uniform(low, high), 4)


def _signed(draw: random.Random, count: int) -> list[float]:
    return [_drawn(draw, 0.1, 1) * draw.choice((-1, 1)) for _ in range(count)]


def _horner(coefficients: Sequence[float], variable: Any) -> Any:
    """Evaluate a polynomial, lowest coefficient first: symbols and arrays alike."""
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * variable + coefficient
    return total


def _symbolic(coefficients: Sequence[float]) -> list[Any]:
    return [Float(coefficient) for coefficient in coefficients]


def _poly12(draw: random.Random) -> Case:
    weights = _signed(draw, 13)
    formula = _horner(_symbolic(weights), x)
    return Case("poly12", (x,), (formula,), ((-1, 1),), lambda u: (_horner(weights, u),))


def _rational(draw: random.Random) -> Case:
    top = _signed(draw, 7)
    bottom = [_drawn(draw, 0.1, 1) for _ in range(7)]
    formula = _horner(_symbolic(top), x) / _horner(_symbolic(bottom), x)
    natural = lambda u: (_horner(top, u) / _horner(bottom, u),)  # noqa: E731
    return Case("rational", (x,), (formula,), ((0, 2),), natural)


def _gelu_erf(draw: random.Random) -> Case:
    slope = _drawn(draw, 0.6, 0.8)
    formula = x * (1 + erf(Float(slope) * x)) / 2
    natural = lambda u: (0.5 * u * (1 + scipy.special.erf(slope * u)),)  # noqa: E731
    return Case("gelu_erf", (x,), (formula,), ((-6, 6),), natural)


def _gelu_tanh(draw: random.Random) -> Case:
    slope, cubic = _drawn(draw, 0.7, 0.9), _drawn(draw, 0.03, 0.06)
    formula = x * (1 + tanh(Float(slope) * (x + Float(cubic) * x**3))) / 2
    natural = lambda u: (0.5 * u * (1 + np.tanh(slope * (u + cubic * (u * u * u)))),)  # noqa: E731
    return Case("gelu_tanh", (x,), (formula,), ((-6, 6),), natural)


def _softplus(draw: random.Random) -> Case:
    sharpness = _drawn(draw, 0.5, 2)
    formula = log(1 + exp(Float(sharpness) * x)) / Float(sharpness)
    natural = lambda u: (np.log(1 + np.exp(sharpness * u)) / sharpness,)  # noqa: E731
    return Case("softplus", (x,), (formula,), ((-10, 10),), natural)


def _squareplus(draw: random.Random) -> Case:
    width = _drawn(draw, 0.5, 4)
    formula = (x + sqrt(x**2 + Float(width))) / 2
    natural = lambda u: (0.5 * (u + np.sqrt(u * u + width)),)  # noqa: E731
    return Case("squareplus", (x,), (formula,), ((-10, 10),), natural)


def _smoothclip(draw: random.Random) -> Case:
    low, high, width = _drawn(draw, -2, -1), _drawn(draw, 1, 2), _drawn(draw, 0.2, 0.8)

    def ramp(u: Any, gauss: Any, exponential: Any, root: Any) -> Any:
        return u * (1 + gauss(u / root(2))) / 2 + exponential(-(u**2) / 2) / root(2 * np.pi)

    def smooth(u: Any, *functions: Any) -> Any:
        left, right = (u - low) / width, (u - high) / width
        return low + width * (ramp(left, *functions) - ramp(right, *functions))

    formula = smooth(x, erf, exp, lambda square: Float(float(np.sqrt(float(square)))))
    natural = lambda u: (smooth(u, scipy.special.erf, np.exp, np.sqrt),)  # noqa: E731
    return Case("smoothclip", (x,), (formula,), ((-4, 4),), natural)


def _fourier20(draw: random.Random) -> Case:
    weights = _signed(draw, 20)
    terms = [Float(weight) * cos((2 * k + 1) * x) for k, weight in enumerate(weights)]

    def natural(u: Array) -> tuple[Array]:
        total = weights[0] * np.cos(u)
        for k, weight in enumerate(weights[1:], start=1):
            total += weight * np.cos((2 * k + 1) * u)
        return (total,)

    return Case("fourier20", (x,), (sympy.Add(*terms),), ((-3, 3),), natural)


def _double_pendulum(draw: random.Random) -> Case:
    p, q, v, w = args = sympy.symbols("p q v w")
    mass, other, length, longer = (Float(_drawn(draw, 0.5, 2)) for _ in range(4))
    gravity = Float(9.81)
    both, apart = mass + other, p - q
    bottom = 2 * mass + other - other * cos(2 * apart)
    pull = -gravity * (2 * mass + other) * sin(p) - other * gravity * sin(p - 2 * q)
    swing = 2 * sin(apart) * other * (w**2 * longer + v**2 * length * cos(apart))
    lift = v**2 * length * both + gravity * both * cos(p) + w**2 * longer * other * cos(apart)
    rates = [
        (pull - swing) / (length * bottom),
        2 * sin(apart) * lift / (longer * bottom),
    ]
    slopes = [sympy.diff(rate, symbol) for rate in rates for symbol in args]
    return Case("dblpend", args, (*rates, *slopes), ((-3, 3),) * 4)


def _black_scholes(draw: random.Random) -> Case:
    spot, strike, time, spread = args = sympy.symbols("S K T v", positive=True)
    rate = _drawn(draw, 0.01, 0.05)

    def greeks(S: Any, K: Any, T: Any, v: Any, f: Any) -> tuple[Any, ...]:
        root = f.sqrt(T)
        d1 = (f.log(S / K) + (rate + v**2 / 2) * T) / (v * root)
        d2 = d1 - v * root
        density = f.exp(-(d1**2) / 2) * 0.3989422804014327
        below, beyond = ((1 + f.erf(d * 0.7071067811865476)) / 2 for d in (d1, d2))
        cash = K * f.exp(-rate * T)
        return (
            S * below - cash * beyond,
            below,
            density / (S * v * root),
            S * density * root,
            -S * density * v / (2 * root) - rate * cash * beyond,
            T * cash * beyond,
        )

    formulas = greeks(spot, strike, time, spread, sympy)
    ranges = ((50.0, 150.0), (50.0, 150.0), (0.1, 2.0), (0.1, 0.5))
    natural = lambda S, K, T, v: greeks(S, K, T, v, _NumPy)  # noqa: E731
    return Case("bs_greeks", args, formulas, ranges, natural)


@final
class _NumPy:
    """The functions of NumPy and SciPy under the names of SymPy."""

    sqrt, log, exp = np.sqrt, np.log, np.exp
    erf = scipy.special.erf


_BUILDERS: tuple[Callable[[random.Random], Case], ...] = (
    _poly12,
    _rational,
    _gelu_erf,
    _gelu_tanh,
    _softplus,
    _squareplus,
    _smoothclip,
    _fourier20,
    _double_pendulum,
    _black_scholes,
)
