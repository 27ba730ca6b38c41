"""Exponentials, logarithms, hyperbolic functions and powers against mpmath and longer numbers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import mpmath
import numpy as np
import pytest

from symnum.reference import ulp_distance

DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "kernels_elementary.json").read_text(encoding="utf-8")
)
LIMIT = 1.7
LIMIT_SINGLE = 1.5
EXACT = mpmath.mp.clone()
EXACT.prec = 220


@dataclass(frozen=True)
class Case:
    """A function with NumPy's, mpmath's, its domain and where its parts meet."""

    name: str
    numpy: np.ufunc
    exact: object
    low: float
    high: float
    borders: tuple[float, ...] = ()


def _cube_root(x):
    return EXACT.sign(x) * EXACT.cbrt(abs(x))


INF = math.inf
CASES = [
    Case("exp", np.exp, EXACT.exp, -745.14, 709.79, (-708.4, -745.13, 709.78, 0.02166, 0.3466)),
    Case("expm1", np.expm1, EXACT.expm1, -750.0, 709.79, (709.78, -40.0, -36.0, 0.02166, -0.3466)),
    Case("log", np.log, EXACT.log, 0.0, INF, (1.0, 0.984375, 1.03125, 1.4142, 2.0**-1022)),
    Case("log2", np.log2, lambda x: EXACT.log(x, 2), 0.0, INF, (1.0, 0.984375, 8.0, 1e-310)),
    Case("log10", np.log10, EXACT.log10, 0.0, INF, (1.0, 0.984375, 1000.0, 1e-310)),
    Case("log1p", np.log1p, EXACT.log1p, -1.0, INF, (-1.0, -0.015625, 0.03125, 0.4142, 1.0)),
    Case("sinh", np.sinh, EXACT.sinh, -710.4759, 710.4759, (710.4758, 709.78, 0.02166, 0.3466)),
    Case("cosh", np.cosh, EXACT.cosh, -710.4759, 710.4759, (710.4758, 709.78, 0.02166, 0.3466)),
    Case("tanh", np.tanh, EXACT.tanh, -INF, INF, (0.625, 19.06, 20.0, 0.02166)),
    Case("asinh", np.arcsinh, EXACT.asinh, -INF, INF, (2.0**500, 0.0156, 0.0317, 1e154)),
    Case("acosh", np.arccosh, EXACT.acosh, 1.0, INF, (1.0, 2.0, 2.0**500, 1.0005)),
    Case("atanh", np.arctanh, EXACT.atanh, -1.0, 1.0, (1.0, 0.0156, 0.5)),
    Case("cube_root", np.cbrt, _cube_root, -INF, INF, (1.0, 8.0, 27.0, 2.0**-1022)),
]
BY_NAME = {case.name: case for case in CASES}
IDS = list(BY_NAME)
TARGETS = ["host", "avx2", "baseline"]
LARGEST = np.finfo(np.float64).max


def _points(case, count, seed=1):
    """Return doubles of the domain: of every size, ordinary ones, neighbours of the borders."""
    generator = np.random.default_rng(seed)
    any_size = np.exp(generator.uniform(-744.0, 709.7, count)) * generator.choice([-1, 1], count)
    low, high = max(case.low, -50.0), min(case.high, 50.0)
    ordinary = generator.uniform(low, high, count)
    wide = generator.uniform(max(case.low, -720.0), min(case.high, 720.0), count)
    near_one = 1.0 + generator.normal(size=count) * 0.02
    above = case.low + any_size[any_size > 0] if math.isfinite(case.low) else any_size
    steps = np.arange(-8, 9)
    border = [
        (np.float64(b).view(np.int64) + scale * steps).view(np.float64)
        for b in (*case.borders, *(-b for b in case.borders))
        for scale in (1, 1 << 20, 1 << 40)
    ]
    edges = np.array([0.0, 5e-324, 2.0**-1022, LARGEST, math.nextafter(2.0**-1022, 0), 1.0])
    every = np.concatenate([any_size, ordinary, wide, near_one, above, *border, edges, -edges])
    return every[(every >= case.low) & (every <= case.high) & np.isfinite(every)]


def _ulps(values, exact, dtype):
    """Return the errors of many values in units of the last place, from longer numbers."""
    bits, smallest = (53, -1074) if dtype == "float64" else (24, -149)
    _, exponents = np.frexp(exact)
    unit = np.ldexp(np.ones_like(exact), np.maximum(exponents - bits, smallest))
    rounded = exact.astype(dtype)
    finite = np.isfinite(values) & np.isfinite(rounded)
    with np.errstate(invalid="ignore"):
        distance = np.abs(values.astype(exact.dtype) - exact) / unit
    same = (values == rounded) | (np.isnan(values) & np.isnan(rounded))
    return np.where(finite, distance, np.where(same, 0.0, np.inf)).astype(float)


def _worst(case, values, points):
    errors = [
        ulp_distance(float(value), case.exact(EXACT.mpf(float(point))))
        for value, point in zip(values, points, strict=True)
    ]
    place = int(np.argmax(errors))
    return errors[place], points[place]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", IDS)
def test_doubles_are_accurate_over_the_whole_range(elementary_function, name, target):
    points = _points(BY_NAME[name], 250 if target == "host" else 60)
    values = elementary_function(name, "float64", target)(points)
    with np.errstate(all="ignore"):
        error, point = _worst(BY_NAME[name], values, points)
    assert error <= LIMIT, (name, target, float(point).hex())


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", IDS)
def test_single_precision_is_accurate_for_floats_of_every_size(elementary_function, name, target):
    patterns = np.arange(0, 1 << 32, 40_961 if target == "host" else 400_009, dtype=np.int64)
    points = patterns.astype(np.uint32).view(np.float32)
    edges = np.array([1.0, 1e-45, 1.1754944e-38, 3.4028235e38, 88.72284, -103.97208], np.float32)
    neighbours = [(edges.view(np.int32) + step).view(np.float32) for step in range(-3, 4)]
    points = np.concatenate([points, *neighbours, *(-n for n in neighbours)])
    with np.errstate(all="ignore"):
        exact = BY_NAME[name].numpy(points.astype(np.float64))
        values = elementary_function(name, "float32", target)(points)
        errors = _ulps(values, exact, "float32")
    place = int(np.argmax(errors))
    assert errors[place] <= LIMIT_SINGLE, (name, target, float(points[place]))


# --------------------------------------------------------------------------- special values

SPECIAL = [
    0.0, 1.0, 0.5, 2.0, 3.0, 1.5, 2.5, INF, math.nan, 5e-324, 1e-310, 2.0**-1022, 1e-20, 1e20,
    LARGEST, 709.79, 745.14, 745.2, 710.48, 1e300, 1 + 2.0**-52, 1 - 2.0**-53, 2.0**52 + 1,
    2.0**53 + 2, 88.73, 104.0, 1e-45, 1e-40, 3.4e38,
]  # fmt: skip
SIGNED = [*SPECIAL, *(-value for value in SPECIAL)]


def _assert_like(values, expected, limit, dtype, points):
    with np.errstate(all="ignore"):
        errors = _ulps(values, expected, dtype)
        rounded = expected.astype(dtype)
    signs = (np.signbit(values) == np.signbit(rounded)) | np.isnan(rounded)
    wrong = np.flatnonzero((errors > limit) | ~signs)
    assert not wrong.size, [(points[place], values[place], rounded[place]) for place in wrong[:5]]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", IDS)
def test_special_values_are_those_of_numpy(elementary_function, name, dtype, target):
    with np.errstate(all="ignore"):
        points = np.array(SIGNED, dtype)
        expected = BY_NAME[name].numpy(points.astype(np.float64))
    values = elementary_function(name, dtype, target)(points)
    # NumPy's own doubles are up to 4 units off.
    _assert_like(values, expected, 5.0 if dtype == "float64" else LIMIT_SINGLE, dtype, points)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["power", "hypot"])
def test_special_values_of_two_operands(elementary_function, name, dtype, target):
    with np.errstate(all="ignore"):
        pairs = np.array(list(product(SIGNED, SIGNED)), dtype)
        x, y = pairs[:, 0].copy(), pairs[:, 1].copy()
        numpy = {"power": np.power, "hypot": np.hypot}[name]
        expected = numpy(x.astype(np.float64), y.astype(np.float64))
    values = elementary_function(name, dtype, target)(x, y)
    _assert_like(values, expected, 5.0 if dtype == "float64" else LIMIT_SINGLE, dtype, pairs)


@pytest.mark.parametrize("name", [n for n in IDS if n in DATA["special_values"]])
def test_special_values_of_the_table(elementary_function, name):
    for text, result in DATA["special_values"][name]:
        value = elementary_function(name)(np.array([float(text)]))[0]
        assert np.array_equal(value, float(result), equal_nan=True), (name, text)
        assert math.isnan(value) or math.copysign(1, value) == math.copysign(1, float(result))


TABLE_NAMES = {"exp(x)-1": "expm1", "log(1+x)": "log1p", "x**Rational(1,3)": "cube_root"}


def table_name(row):
    """Return the function of a row of the data."""
    return TABLE_NAMES.get(row["expr"], row["expr"].removesuffix("(x)"))


OWN_ROWS = [row for row in DATA["functions"] if table_name(row) in {*BY_NAME, "2**x"}]


@pytest.mark.parametrize("row", OWN_ROWS, ids=lambda row: row["expr"])
def test_the_table_of_values(elementary_function, row):
    name = table_name(row)
    points = np.array([float.fromhex(x) for x, _ in row["points"]])
    if row["expr"] == "2**x":
        values = elementary_function("power")(np.full_like(points, 2.0), points)
    else:
        values = elementary_function(name)(points)
    errors = [
        ulp_distance(float(value), EXACT.mpf(exact))
        for value, (_, exact) in zip(values, row["points"], strict=True)
    ]
    assert max(errors) <= LIMIT


# --------------------------------------------------------------------------- two operands


def _power_points(count, seed=2):
    generator = np.random.default_rng(seed)
    bases = np.concatenate(
        [
            np.exp(generator.uniform(-740.0, 709.0, count)),
            1.0 + generator.normal(size=count) * 0.01,
            generator.uniform(0.5, 2.0, count),
        ]
    )
    # Results of every size, subnormal and overflowing ones too.
    exponents = generator.uniform(-746.0, 711.0, bases.size) / np.log(bases)
    ordinary = generator.normal(size=(2, count)) * 5.0
    return (
        np.concatenate([bases, np.exp(ordinary[0]), np.full(count, 2.0)]),
        np.concatenate([exponents, ordinary[1], np.linspace(-1074.0, 1023.9, count)]),
    )


@pytest.mark.parametrize("target", TARGETS)
def test_powers_are_accurate(elementary_function, target):
    x, y = _power_points(400 if target == "host" else 60)
    values = elementary_function("power", "float64", target)(x, y)
    for base, exponent, value in zip(x, y, values, strict=True):
        exact = EXACT.power(EXACT.mpf(base), EXACT.mpf(exponent))
        assert ulp_distance(float(value), exact) <= LIMIT, (base.hex(), exponent.hex())


@pytest.mark.parametrize("target", TARGETS)
def test_powers_in_single_precision(elementary_function, target):
    generator = np.random.default_rng(3)
    x = np.exp(generator.uniform(-103.0, 88.0, 20_000)).astype(np.float32)
    y = (generator.uniform(-104.0, 89.0, 20_000) / np.log(x.astype(np.float64))).astype(np.float32)
    with np.errstate(all="ignore"):
        exact = np.power(x.astype(np.float64), y.astype(np.float64))
        errors = _ulps(elementary_function("power", "float32", target)(x, y), exact, "float32")
    assert errors.max() <= LIMIT_SINGLE


def test_powers_of_whole_numbers_are_exact(elementary_function):
    base, exponent = (grid.ravel() for grid in np.meshgrid(np.arange(2.0, 10), np.arange(16.0)))
    exact = np.array([float(int(b) ** int(e)) for b, e in zip(base, exponent, strict=True)])
    power = elementary_function("power")
    assert np.array_equal(power(base, exponent), exact)
    assert np.array_equal(power(-base, exponent), exact * (-1.0) ** exponent)


@pytest.mark.parametrize("target", TARGETS)
def test_lengths_neither_overflow_nor_vanish(elementary_function, target):
    generator = np.random.default_rng(4)
    x = np.exp(generator.uniform(-744.0, 708.9, 600)) * generator.choice([-1, 1], 600)
    y = x * np.exp(generator.uniform(-40.0, 0.0, 600))
    values = elementary_function("hypot", "float64", target)(x, y)
    assert np.array_equal(values, elementary_function("hypot", "float64", target)(-y, x))
    for a, b, value in zip(x, y, values, strict=True):
        exact = EXACT.sqrt(EXACT.mpf(a) ** 2 + EXACT.mpf(b) ** 2)
        assert ulp_distance(float(value), exact) <= 1.0, (a.hex(), b.hex())


# --------------------------------------------------------------------------- laws


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", IDS)
def test_a_value_does_not_depend_on_its_position_or_neighbours(elementary_function, name, dtype):
    function = elementary_function(name, dtype)
    generator = np.random.default_rng(5)
    with np.errstate(all="ignore"):
        ordinary = generator.uniform(0.1, 2.0, 24).astype(dtype)
        strange = np.array([math.nan, -INF, INF, 5e-324, -1e-310, 1e300, 0.0, -5.0], dtype)
    alone = np.concatenate([function(ordinary[i : i + 1]) for i in range(24)])
    integers = alone.view(np.int64 if dtype == "float64" else np.int32)
    for place in range(24):
        for shift in range(len(strange)):
            mixed = np.roll(np.resize(strange, 41), shift)
            mixed[place] = ordinary[place]
            assert function(mixed)[place].view(integers.dtype) == integers[place] or np.isnan(
                alone[place]
            )
    for size in range(1, 25):
        assert np.array_equal(function(ordinary[:size]), alone[:size], equal_nan=True)


@pytest.mark.parametrize("name", [n for n in IDS if n != "cosh"])
def test_rising_functions_rise(elementary_function, name):
    case = BY_NAME[name]
    points = np.unique(_points(case, 400, seed=6))
    values = elementary_function(name)(points)
    assert not np.isnan(values).any()
    # Where neighbours are close together the last bits may be in disorder, but not more.
    finite = values[np.isfinite(values)]
    assert np.all(finite[:-1] - finite[1:] <= 2 * np.spacing(np.abs(finite[1:])))
    assert values[0] < values[-1]


def test_logarithms_of_powers_of_their_base_are_whole(elementary_function):
    powers = np.ldexp(1.0, np.arange(-1074, 1024))
    assert np.array_equal(elementary_function("log2")(powers), np.arange(-1074.0, 1024.0))
    tens = np.array([float(f"1e{power}") for power in range(23)])
    assert np.array_equal(elementary_function("log10")(tens), np.arange(23.0))


def test_cubes_have_exact_roots(elementary_function):
    roots = np.arange(-200.0, 201.0)
    assert np.array_equal(elementary_function("cube_root")(roots**3), roots)


@pytest.mark.slow
@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no longer numbers here")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", IDS)
def test_a_million_points(elementary_function, name, target):
    case = BY_NAME[name]
    points = _points(case, 250_000 if target == "host" else 20_000, seed=7)
    with np.errstate(all="ignore"):
        exact = case.numpy(points.astype(np.longdouble))
        errors = _ulps(elementary_function(name, "float64", target)(points), exact, "float64")
    place = int(np.argmax(errors))
    assert errors[place] <= LIMIT, float(points[place]).hex()


@pytest.mark.slow
@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no longer numbers here")
@pytest.mark.parametrize("target", TARGETS)
def test_a_million_powers_and_lengths(elementary_function, target):
    x, y = _power_points(250_000 if target == "host" else 10_000, seed=8)
    with np.errstate(all="ignore"):
        exact = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
        errors = _ulps(elementary_function("power", "float64", target)(x, y), exact, "float64")
    place = int(np.argmax(errors))
    assert errors[place] <= LIMIT, (x[place].hex(), y[place].hex())
    with np.errstate(all="ignore"):
        exact = np.hypot(x.astype(np.longdouble), y.astype(np.longdouble))
        errors = _ulps(elementary_function("hypot", "float64", target)(x, y), exact, "float64")
    place = int(np.argmax(errors))
    assert errors[place] <= 1.0, (x[place].hex(), y[place].hex())


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", IDS)
def test_every_4099th_number_of_single_precision(elementary_function, name, target):
    step = 4099 if target == "host" else 65_537
    points = np.arange(0, 1 << 32, step, dtype=np.int64).astype(np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        exact = BY_NAME[name].numpy(points.astype(np.float64))
        errors = _ulps(elementary_function(name, "float32", target)(points), exact, "float32")
    place = int(np.argmax(errors))
    assert errors[place] <= LIMIT_SINGLE, float(points[place]).hex()


def test_log1p_of_a_share(elementary_function):
    rng = np.random.default_rng(5)
    points = np.concatenate(
        [
            rng.uniform(0, 1, 3000),
            2.0 ** rng.uniform(-1074, 0, 500),
            [0.0, 1.0, 5e-324, 1 - 2.0**-53],
        ]
    )
    values = elementary_function("log1p_of_share")(points)
    errors = [
        ulp_distance(float(value), EXACT.log1p(EXACT.mpf(float(point))))
        for value, point in zip(values, points, strict=True)
    ]
    assert max(errors) <= LIMIT
    assert math.isnan(elementary_function("log1p_of_share")(np.array([np.nan]))[0])
    assert elementary_function("log1p_of_share")(np.array([0.0]))[0] == 0.0
