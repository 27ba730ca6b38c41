"""Sine, cosine, both at once and tangent against mpmath, from subnormals to the largest doubles."""

from __future__ import annotations

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp

import symnum as sn

DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "kernels_elementary.json").read_text(encoding="utf-8")
)
LIMIT = 1.7
LIMIT_SINGLE = 1.5
NAMES = ["sin", "cos", "tan"]
TARGETS = ["host", "avx2", "baseline"]
NUMPY = {"sin": np.sin, "cos": np.cos, "tan": np.tan}
LARGEST = np.finfo(np.float64).max

# The double closest to a multiple of pi/2, and others that are close.
CLOSE = [
    float.fromhex("0x1.6ac5b262ca1ffp+849"),
    float.fromhex("0x1.6ac5b262ca1ffp+850"),
    6381956970095103.0 * 2.0**797,
    1.5707963267948966,
    3.141592653589793,
    22.0,
    355.0,
    710.0,
    103993.0,
    208341.0,
    5419351.0,
    8388607.999999999,
    8388608.0,
    8388608.000000002,
]


def _exact(name):
    return lambda context, x: getattr(context, name)(x)


def _near_multiples(spacing, multiples):
    """Return the doubles around some multiples of a number."""
    with mpmath.workprec(300):
        near = [float(spacing() * int(k)) for k in multiples]
    return np.array([x for y in near for x in (np.nextafter(y, 0), y, np.nextafter(y, 1e9))])


def _points(count, seed=1):
    """Return doubles of all sizes, ordinary ones, and those close to the borders of pieces."""
    generator = np.random.default_rng(seed)
    sizes = np.ldexp(generator.uniform(1, 2, count), generator.integers(-1074, 1024, count))
    points = [
        sizes,
        generator.uniform(-20, 20, count),
        generator.uniform(-8388608, 8388608, count),
        np.exp(generator.uniform(-4, 16, count)),
        _near_multiples(lambda: mpmath.pi / 2, generator.integers(1, 5_000_000, count // 4)),
        _near_multiples(lambda: mpmath.pi / 2, range(1, 33)),
        _near_multiples(lambda: mpmath.pi / 32, range(1, 65)),
        np.array([*CLOSE, LARGEST, 1e22, 2.0**1023, 5e-324, 2.0**-1022, 1e-8]),
    ]
    every = np.concatenate(points)
    return np.concatenate([every[::2], -every[1::2]])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_doubles_are_accurate_over_the_whole_range(elementary_function, worst_error, name, target):
    points = _points(500 if target == "host" else 100)
    values = elementary_function(name, "float64", target)(points)
    error, point = worst_error(values, _exact(name), points)
    assert error <= LIMIT, point


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_sine_and_cosine_are_off_by_less_than_one_unit(elementary_function, worst_error, name):
    points = np.random.default_rng(2).uniform(-1e5, 1e5, 3000)
    error, point = worst_error(elementary_function(name)(points), _exact(name), points)
    assert error <= 1.0, point


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_values(elementary_function, worst_error, name):
    (row,) = (row for row in DATA["functions"] if row["expr"] == f"{name}(x)")
    points = np.array([float.fromhex(x) for x, _ in row["points"]])
    exact = {float.fromhex(x): value for x, value in row["points"]}
    values = elementary_function(name)(points)
    error, point = worst_error(values, lambda context, x: context.mpf(exact[float(x)]), points)
    assert error <= row["limit_ulp"], point


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_special_values(elementary_function, name, dtype, target):
    function = elementary_function(name, dtype, target)
    assert np.isnan(function(np.array([math.inf, -math.inf, math.nan]))).all()
    zeros = function(np.array([0.0, -0.0], dtype))
    if name == "cos":
        assert np.array_equal(zeros, [1.0, 1.0])
        return
    tiny = np.finfo(dtype).smallest_subnormal * np.array([1, 7, -1, -9], dtype)
    assert np.array_equal(np.signbit(zeros), [False, True])
    assert not zeros.any()
    assert np.array_equal(function(tiny), tiny)


@pytest.mark.parametrize("name", NAMES)
def test_special_values_of_the_table(elementary_function, name):
    for text, result in DATA["special_values"][name]:
        value = elementary_function(name)(np.array([float(text)]))[0]
        assert np.array_equal(value, float(result), equal_nan=True), (name, text)
        assert math.isnan(value) or math.copysign(1, value) == math.copysign(1, float(result))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_single_precision(elementary_function, name, target):
    generator = np.random.default_rng(3)
    sizes = np.ldexp(generator.uniform(1, 2, 20_000), generator.integers(-149, 128, 20_000))
    points = np.concatenate([sizes, generator.uniform(-20, 20, 20_000), np.arange(-5000, 5000)])
    points = np.concatenate([points, 2.0 ** generator.uniform(3, 30, 5000)]).astype(np.float32)
    exact = NUMPY[name](points.astype(np.float64))
    values = elementary_function(name, "float32", target)(points).astype(np.float64)
    unit = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 24, -149))
    errors = np.abs(values - exact) / unit
    assert errors.max() <= LIMIT_SINGLE, points[np.argmax(errors)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_a_value_does_not_depend_on_its_position_or_neighbours(elementary_function, name, dtype):
    function = elementary_function(name, dtype)
    points = np.random.default_rng(4).uniform(-100.0, 100.0, 24).astype(dtype)
    strange = np.array([math.nan, 1e30, -math.inf, 5e-324, 8e6, 9e6, -0.0], dtype)
    alone = np.concatenate([function(points[i : i + 1]) for i in range(24)])
    for place in range(24):
        mixed = np.resize(np.roll(strange, place), 41)
        mixed[place] = points[place]
        assert function(mixed)[place] == alone[place]
    for size in range(1, 25):
        assert np.array_equal(function(points[:size]), alone[:size])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_pair_has_the_bits_of_each_alone(elementary_function, dtype):
    points = _points(50)
    with np.errstate(over="ignore"):
        points = points.astype(dtype)
    points = points[np.isfinite(points)]
    x = sp.Symbol("x")
    both = sn.lambdify(x, [sp.sin(x), sp.cos(x)], dtype=dtype)(points)
    assert np.array_equal(both[0], elementary_function("sin", dtype)(points))
    assert np.array_equal(both[1], elementary_function("cos", dtype)(points))


@pytest.mark.slow
@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no longer numbers here")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_a_million_points(elementary_function, name, target):
    points = _points(300_000 if target == "host" else 20_000, seed=5)
    exact = NUMPY[name](points.astype(np.longdouble))
    unit = np.ldexp(np.longdouble(1), np.maximum(np.frexp(exact)[1] - 53, -1074))
    errors = np.abs(elementary_function(name, "float64", target)(points) - exact) / unit
    assert errors.max() <= LIMIT, float(points[np.argmax(errors)]).hex()
