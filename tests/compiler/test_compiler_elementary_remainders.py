"""The remainder with the sign of the divisor: the bits of NumPy's, which are exact."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

TARGETS = ["host", "avx2", "baseline"]
SPECIAL = [
    0.0, 1.0, 0.5, 1.5, 3.0, 0.1, math.inf, math.nan, 5e-324, 1e-310, 1e-20, 1e300, 2.0**52,
    2.0**53, np.finfo(np.float64).max, 1 - 2.0**-53,
]  # fmt: skip


def _operands(count, seed=1):
    """Return numbers of all sizes, ordinary ones, and multiples with their neighbours."""
    generator = np.random.default_rng(seed)
    exponents = generator.integers(-1074, 1023, (2, count))
    sizes = np.ldexp(generator.uniform(-2, 2, (2, count)), exponents)
    divisor = generator.uniform(0.1, 1, count)
    multiple = generator.integers(1, 2**45, count) * divisor
    tenths = generator.integers(-1000, 1000, count) * 0.1
    x = [generator.normal(size=count) * 10, sizes[0], multiple, np.nextafter(multiple, 0), tenths]
    y = [generator.normal(size=count), sizes[1], divisor, divisor, np.full(count, 0.1)]
    special = np.array(list(product([*SPECIAL, *(-s for s in SPECIAL)], repeat=2)))
    return np.concatenate([*x, special[:, 0]]), np.concatenate([*y, special[:, 1]])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_bits_are_those_of_numpy(elementary_function, dtype, target):
    with np.errstate(all="ignore"):
        x, y = (operand.astype(dtype) for operand in _operands(4000))
        expected = np.mod(x, y)
    values = elementary_function("modulo", dtype, target)(x, y)
    number = ~np.isnan(expected)
    assert np.array_equal(np.isnan(values), ~number)
    assert np.array_equal(values[number], expected[number])
    assert np.array_equal(np.signbit(values[number]), np.signbit(expected[number]))


def test_remainders_are_exact(elementary_function):
    x, y = _operands(300)
    kept = np.isfinite(x) & np.isfinite(y) & (y != 0) & ((x < 0) == (y < 0))
    for a, b, value in zip(
        x[kept], y[kept], elementary_function("modulo")(x, y)[kept], strict=True
    ):
        assert Fraction(value) == Fraction(a) % Fraction(b)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_value_does_not_depend_on_its_position_or_neighbours(elementary_function, dtype):
    function = elementary_function("modulo", dtype)
    x, y = np.random.default_rng(4).normal(size=(2, 24)).astype(dtype)
    strange = np.array([math.nan, 3e38, -math.inf, 1e-45, 0.5, 0.0, -0.0], dtype)
    alone = np.concatenate([function(x[i : i + 1], y[i : i + 1]) for i in range(24)])
    for place in range(24):
        operands = [np.resize(np.roll(strange, place), 41), np.resize(strange, 41)]
        operands[0][place], operands[1][place] = x[place], y[place]
        assert function(*operands)[place] == alone[place]
    for size in range(1, 25):
        assert np.array_equal(function(x[:size], y[:size]), alone[:size])
