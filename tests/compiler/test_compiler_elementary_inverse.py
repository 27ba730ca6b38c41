"""Arc sine, arc cosine and arc tangents of one and two numbers against mpmath."""

from __future__ import annotations

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest

DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "kernels_elementary.json").read_text(encoding="utf-8")
)
LIMIT = 1.7
LIMIT_SINGLE = 1.5
NAMES = ["asin", "acos", "atan"]
TARGETS = ["host", "avx2", "baseline"]
NUMPY = {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2}
# Where pieces of the arc tangent meet, and the lower end of its first but one.
SPACING = 17 / 256
BORDERS = [0.5, 1.0, *(SPACING * (k + 0.7) for k in range(15)), 1 / (0.7 * SPACING)]
SPECIAL = [
    0.0, 1.0, 0.5, 2.0, 1.5, math.inf, math.nan, 5e-324, 1e-310, 2.0**-1022, 1e-20, 1e300,
    np.finfo(np.float64).max, 1 + 2.0**-52, 1 - 2.0**-53,
]  # fmt: skip
SIGNED = [*SPECIAL, *(-value for value in SPECIAL)]


def _exact(name):
    return lambda context, *x: getattr(context, name)(*x)


def _points(name, count, seed=1):
    """Return doubles of all sizes, ordinary ones, and neighbours of the borders of pieces."""
    generator = np.random.default_rng(seed)
    signs = generator.choice([-1.0, 1.0], count)
    steps = np.arange(-6, 7)
    near = [np.float64(b).view(np.int64) + scale * steps for b in BORDERS for scale in (1, 1 << 33)]
    points = [
        generator.uniform(-1, 1, count),
        generator.uniform(-10, 10, count),
        signs * np.ldexp(generator.uniform(1, 2, count), generator.integers(-1074, 1024, count)),
        signs * (1 - np.ldexp(generator.uniform(1, 2, count), generator.integers(-54, -2, count))),
        *(integers.view(np.float64) for integers in near),
        *(-integers.view(np.float64) for integers in near),
    ]
    every = np.concatenate(points)
    return every if name == "atan" else every[np.abs(every) <= 1]


def _plane(count, seed=2):
    """Return the coordinates of points in all directions and at all distances."""
    generator = np.random.default_rng(seed)
    height, width = generator.normal(size=(2, count))
    sizes = np.ldexp(1.0, generator.integers(-1060, 1010, count))
    tilt = np.exp(generator.uniform(-30, 30, count))
    y = np.concatenate([height, height * sizes, height, height, height * 5e-324])
    x = np.concatenate([width, width * sizes, width * tilt, height * 1.0000001, width * 9e-324])
    return y, x


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_doubles_are_accurate_over_the_whole_range(elementary_function, worst_error, name, target):
    points = _points(name, 600 if target == "host" else 60)
    values = elementary_function(name, "float64", target)(points)
    error, point = worst_error(values, _exact(name), points)
    assert error <= LIMIT, point


@pytest.mark.parametrize("target", TARGETS)
def test_angles_of_points_are_accurate(elementary_function, worst_error, target):
    y, x = _plane(600 if target == "host" else 60)
    values = elementary_function("atan2", "float64", target)(y, x)
    # mpmath has no negative zero.
    kept = y != 0
    error, point = worst_error(values[kept], _exact("atan2"), y[kept], x[kept])
    assert error <= LIMIT, point


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_values(elementary_function, worst_error, name):
    (row,) = (row for row in DATA["functions"] if row["expr"] == f"{name}(x)")
    points = np.array([float.fromhex(x) for x, _ in row["points"]])
    exact = {float.fromhex(x): value for x, value in row["points"]}
    values = elementary_function(name)(points)
    error, point = worst_error(values, lambda context, x: context.mpf(exact[float(x)]), points)
    assert error <= row["limit_ulp"], point


def _assert_like(values, expected, points):
    """Compare with NumPy: the same NaN, the same signs, at most some last bits apart."""
    epsilon = np.finfo(values.dtype).eps
    assert np.array_equal(np.isnan(values), np.isnan(expected)), points[
        np.isnan(values) != np.isnan(expected)
    ]
    kept = ~np.isnan(expected)
    assert np.array_equal(np.signbit(values[kept]), np.signbit(expected[kept]))
    np.testing.assert_allclose(values[kept], expected[kept], rtol=4 * epsilon, atol=0)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_special_values_are_those_of_numpy(elementary_function, name, dtype, target):
    with np.errstate(all="ignore"):
        points = np.array(SIGNED).astype(dtype)
        expected = NUMPY[name](points)
    _assert_like(elementary_function(name, dtype, target)(points), expected, points)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_special_values_of_two_operands(elementary_function, dtype, target):
    with np.errstate(all="ignore"):
        pairs = np.array(list(product(SIGNED, SIGNED))).astype(dtype)
        y, x = pairs[:, 0].copy(), pairs[:, 1].copy()
        expected = np.arctan2(y, x)
    _assert_like(elementary_function("atan2", dtype, target)(y, x), expected, pairs)


@pytest.mark.parametrize("name", [n for n in NAMES if n in DATA["special_values"]])
def test_special_values_of_the_table(elementary_function, name):
    known = {"pi/2": math.pi / 2}
    for text, result in DATA["special_values"][name]:
        value = elementary_function(name)(np.array([float(text)]))[0]
        right = known[result] if result in known else float(result)
        assert np.array_equal(value, right, equal_nan=True), (name, text)
        assert math.isnan(value) or math.copysign(1, value) == math.copysign(1, right)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", [*NAMES, "atan2"])
def test_single_precision(elementary_function, name, target):
    if name == "atan2":
        operands = _plane(10_000)
    else:
        dense = np.linspace(0.3, 3.0, 40_001)
        points = np.concatenate([_points("atan", 5_000), dense])
        operands = (points if name == "atan" else points[np.abs(points) <= 1],)
    with np.errstate(all="ignore"):
        operands = tuple(operand.astype(np.float32) for operand in operands)
        exact = NUMPY[name](*(operand.astype(np.float64) for operand in operands))
    values = elementary_function(name, "float32", target)(*operands).astype(np.float64)
    unit = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 24, -149))
    errors = np.abs(values - exact) / unit
    place = int(np.argmax(errors))
    assert errors[place] <= LIMIT_SINGLE, [operand[place] for operand in operands]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [*NAMES, "atan2"])
def test_a_value_does_not_depend_on_its_position_or_neighbours(elementary_function, name, dtype):
    function = elementary_function(name, dtype)
    generator = np.random.default_rng(4)
    arity = 2 if name == "atan2" else 1
    points = generator.uniform(-1.0, 1.0, (arity, 24)).astype(dtype)
    strange = np.array([math.nan, 3e38, -math.inf, 1e-45, 0.5, 0.0, -0.0], dtype)
    alone = np.concatenate([function(*points[:, i : i + 1]) for i in range(24)])
    for place in range(24):
        mixed = [np.resize(np.roll(strange, place + 3 * turn), 41) for turn in range(arity)]
        for operand, ordinary in zip(mixed, points, strict=True):
            operand[place] = ordinary[place]
        assert function(*mixed)[place] == alone[place]
    for size in range(1, 25):
        assert np.array_equal(function(*points[:, :size]), alone[:size])


def test_the_arc_tangent_rises(elementary_function):
    points = np.unique(_points("atan", 2000))
    values = elementary_function("atan")(points)
    # Neighbours may be in disorder by a last bit.
    assert np.all(values[:-1] - values[1:] <= np.spacing(np.abs(values[1:])))


@pytest.mark.slow
@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no longer numbers here")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", [*NAMES, "atan2"])
def test_a_million_points(elementary_function, name, target):
    count = 250_000 if target == "host" else 20_000
    operands = _plane(count) if name == "atan2" else (_points(name, count, seed=5),)
    with np.errstate(all="ignore"):
        exact = NUMPY[name](*(operand.astype(np.longdouble) for operand in operands))
        unit = np.ldexp(np.longdouble(1), np.maximum(np.frexp(exact)[1] - 53, -1074))
        values = elementary_function(name, "float64", target)(*operands)
        errors = np.where(values == exact, 0.0, np.abs(values - exact) / unit)
    place = int(np.argmax(errors))
    assert errors[place] <= LIMIT, [float(operand[place]).hex() for operand in operands]
