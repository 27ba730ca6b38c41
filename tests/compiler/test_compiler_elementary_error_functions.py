"""The error function and its complements against mpmath, with their tails."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.special

from symnum.approximation.recipes.error_functions import ERROR_FUNCTIONS
from symnum.compiler.elementary.coefficients import error_functions as coefficients

DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "kernels_elementary.json").read_text(encoding="utf-8")
)
LIMIT = 1.7
LIMIT_SINGLE = 1.5
NAMES = ["erf", "erfc", "erfcx"]
TARGETS = ["host", "avx2", "baseline"]
SCIPY = {"erf": scipy.special.erf, "erfc": scipy.special.erfc, "erfcx": scipy.special.erfcx}
LARGEST = np.finfo(np.float64).max
# Where pieces meet, where series begin, where results vanish, round to 1 or overflow.
BORDERS = [
    *(25 / 64 * (k + 0.7) for k in range(16)),
    *(2.0**power * (1 + quarter / 4) - 2 for power in range(1, 5) for quarter in range(4)),
    30.0, 5.93, 5.8636, 26.5432, 26.54325845425098, 27.22, 27.2262, 27.25, 26.6287, 26.6287357137515,
]  # fmt: skip


def _erfcx(context, x):
    if x < 1000:
        return context.exp(x * x) * context.erfc(x)
    square = 1 / (2 * x * x)
    series = 1 - square + 3 * square**2 - 15 * square**3 + 105 * square**4
    return series / (x * context.sqrt(context.pi))


EXACT = {
    "erf": lambda context, x: context.erf(x),
    "erfc": lambda context, x: context.erfc(x) if x < 100 else context.mpf(0),
    "erfcx": lambda context, x: _erfcx(context, x) if x > -100 else context.inf,
}


def _points(count, seed=1):
    """Return doubles of all sizes, ordinary ones, those of the tails and at the borders."""
    generator = np.random.default_rng(seed)
    signs = generator.choice([-1.0, 1.0], count)
    steps = np.arange(-3, 4)
    near = [(np.float64(b).view(np.int64) + k * steps).view(float) for b in BORDERS for k in (1, 9)]
    points = [
        generator.uniform(-1, 1, count),
        generator.uniform(-6.1, 6.1, count),
        generator.uniform(-27.3, 35, count),
        generator.uniform(25.9, 27.3, count),
        signs * np.ldexp(generator.uniform(1, 2, count), generator.integers(-1074, 1024, count)),
        *near,
        *(-numbers for numbers in near),
    ]
    every = np.concatenate(points)
    return every[np.isfinite(every)]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_doubles_are_accurate_over_the_whole_range(elementary_function, worst_error, name, target):
    points = _points(300 if target == "host" else 40)
    values = elementary_function(name, "float64", target)(points)
    error, point = worst_error(values, EXACT[name], points)
    assert error <= LIMIT, point


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_the_table_of_values(elementary_function, worst_error, name):
    (row,) = (row for row in DATA["functions"] if row["expr"] == f"{name}(x)")
    points = np.array([float.fromhex(x) for x, _ in row["points"]])
    exact = {float.fromhex(x): value for x, value in row["points"]}
    values = elementary_function(name)(points)
    error, point = worst_error(values, lambda context, x: context.mpf(exact[float(x)]), points)
    assert error <= row["limit_ulp"], point


SPECIAL = {
    "erf": [(0.0, 0.0), (-0.0, -0.0), (math.inf, 1.0), (-math.inf, -1.0), (6.0, 1.0), (LARGEST, 1)],
    "erfc": [(0.0, 1.0), (-0.0, 1.0), (math.inf, 0.0), (-math.inf, 2.0), (-6.0, 2.0), (LARGEST, 0)],
    "erfcx": [(0.0, 1.0), (-0.0, 1.0), (math.inf, 0.0), (-math.inf, math.inf), (-27.0, math.inf)],
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_special_values(elementary_function, name, dtype, target):
    function = elementary_function(name, dtype, target)
    with np.errstate(over="ignore"):
        points = np.array([x for x, _ in SPECIAL[name]]).astype(dtype)
    values = function(points)
    right = np.array([value for _, value in SPECIAL[name]])
    assert np.array_equal(values, right)
    assert np.array_equal(np.signbit(values), np.signbit(right))
    assert np.isnan(function(np.array([math.nan, -math.nan]))).all()


@pytest.mark.parametrize("name", [n for n in NAMES if n in DATA["special_values"]])
def test_special_values_of_the_table(elementary_function, name):
    for text, result in DATA["special_values"][name]:
        value = elementary_function(name)(np.array([float(text)]))[0]
        assert value == float(result)
        assert math.copysign(1, value) == math.copysign(1, float(result))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_single_precision(elementary_function, name, target):
    generator = np.random.default_rng(3)
    dense = np.linspace(-9.4, 10.2, 40_001)
    sizes = np.ldexp(generator.uniform(-2, 2, 20_000), generator.integers(-149, 127, 20_000))
    points = np.concatenate([dense, sizes]).astype(np.float32)
    exact = SCIPY[name](points.astype(np.float64))
    values = elementary_function(name, "float32", target)(points)
    unit = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 24, -149))
    with np.errstate(over="ignore", invalid="ignore"):
        same = values == exact.astype(np.float32)
        errors = np.where(same, 0.0, np.abs(values.astype(np.float64) - exact) / unit)
    assert errors.max() <= LIMIT_SINGLE, points[np.argmax(errors)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_a_value_does_not_depend_on_its_position_or_neighbours(elementary_function, name, dtype):
    function = elementary_function(name, dtype)
    points = np.random.default_rng(4).uniform(-3.0, 8.0, 24).astype(dtype)
    strange = np.array([math.nan, 1e30, -math.inf, 1e-45, -30.0, 31.0, -0.0], dtype)
    alone = np.concatenate([function(points[i : i + 1]) for i in range(24)])
    for place in range(24):
        mixed = np.resize(np.roll(strange, place), 41)
        mixed[place] = points[place]
        assert function(mixed)[place] == alone[place]
    for size in range(1, 25):
        assert np.array_equal(function(points[:size]), alone[:size])


def test_the_complements_fit_together(elementary_function):
    points = np.random.default_rng(5).uniform(0.0, 26.0, 2000)
    erfc, erfcx = elementary_function("erfc"), elementary_function("erfcx")
    np.testing.assert_allclose(erfcx(points) * np.exp(-(points**2)), erfc(points), rtol=2e-13)
    np.testing.assert_allclose(erfc(-points) + erfc(points), 2.0, rtol=4e-16)
    both = elementary_function("erf")(points) + erfc(points)
    np.testing.assert_allclose(both, 1.0, rtol=4e-16)


@pytest.mark.parametrize("name", ["ERF", "ERFCX"])
def test_pieces_are_proved_to_be_accurate_and_what_their_recipe_gives(name):
    (recipe,) = (recipe for recipe in ERROR_FUNCTIONS if recipe.name == name)
    assert coefficients.ERRORS[name] <= 0.1 * 2.0**-53
    for piece in (0, 1):
        made = recipe.pieces[piece].compute().values
        start = 1 if piece in recipe.times_x else 0
        stored = getattr(coefficients, name)[len(recipe.pieces) * start + piece :: 16]
        assert tuple(stored[: len(made)]) == made


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_many_points(elementary_function, worst_error, name, target):
    points = _points(5000 if target == "host" else 1000, seed=7)
    values = elementary_function(name, "float64", target)(points)
    error, point = worst_error(values, EXACT[name], points)
    assert error <= LIMIT, point
