"""The accuracy report: what it measures, that it can see errors, what it refuses."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Matrix, Symbol, cos, erf, exp, log, sin, sqrt

from symnum.compiler import AccuracyReport, build_kernel, lambdify
from symnum.compiler.arguments import read_arguments
from symnum.compiler.exact_errors import ErrorMeter
from symnum.compiler.points import measuring_points, read_domain
from symnum.reference import ulp_distance

x, y = sympy.symbols("x y")
double = np.dtype("float64")


def test_an_exact_kernel_has_half_an_ulp():
    report = lambdify([x, y], x + y).accuracy({"x": (-5, 5), y: (0, 1e10)}, n=2000)
    assert isinstance(report, AccuracyReport)
    assert 0.4 < report.max_ulp <= 0.5
    assert 0 < report.median_ulp < 0.5
    assert report.points == 2000
    assert "ulp" in str(report)
    assert "2000 points" in str(report)


def test_the_worst_point_reproduces_the_error():
    kernel = lambdify([x, y], exp(x) * sin(y) - x)
    report = kernel.accuracy({"x": (-2, 2), "y": (0.1, 3)}, n=1500)
    assert list(report.worst_point) == ["x", "y"]
    assert all(type(value) is float for value in report.worst_point.values())
    point = tuple(report.worst_point.values())
    exact = kernel.reference(*point, digits=40)
    assert kernel(*point) == report.computed
    assert ulp_distance(kernel(*point), exact) == pytest.approx(report.max_ulp, rel=1e-9)
    assert -2 <= point[0] <= 2
    assert 0.1 <= point[1] <= 3


def test_it_sees_cancellation():
    report = lambdify(x, (1 - cos(x)) / x**2, stable=False).accuracy({"x": (1e-9, 1e-3)}, n=400)
    assert report.max_ulp > 1e6


def test_the_same_seed_gives_the_same_report():
    kernel = lambdify(x, log(1 + x**2) / 3)
    first, second = (kernel.accuracy({"x": (-1, 4)}, n=300) for _ in range(2))
    assert first == second
    other = kernel.accuracy({"x": (-1, 4)}, n=300, rng=np.random.default_rng(5))
    assert other != first


def test_ten_thousand_points_take_seconds():
    kernel = lambdify([x, y], erf(x) * exp(-(y**2)) + sqrt(1 + x**2 * y**2) * sin(x))
    kernel(1.0, 1.0)
    start = time.process_time()
    report = kernel.accuracy({"x": (-3, 3), "y": (-3, 3)})
    assert time.process_time() - start < 6
    assert report.points == 10_000


@pytest.mark.parametrize(
    ("dtype", "limit"), [("float32", 3.0), ("complex128", 6.0), ("complex64", 1.0)]
)
def test_other_number_types(dtype, limit):
    kernel = lambdify(x, exp(x) / (x**2 + 3), dtype=dtype)
    ends = (-1 - 1j, 1 + 1j) if kernel.dtype.kind == "c" else (-1, 1)
    report = kernel.accuracy({"x": ends}, n=300)
    assert 0.2 < report.max_ulp < limit
    worst = report.worst_point["x"]
    assert isinstance(worst, complex if kernel.dtype.kind == "c" else float)
    assert kernel(worst) == report.computed


def test_containers_and_derivatives():
    kernel = lambdify([x, (y,)], {"a": x * y, "m": Matrix([[sin(x), y]])})
    report = kernel.jacobian().accuracy({"x": (0, 1), "y": (1, 2)}, n=200)
    assert report.points == 200
    assert report.max_ulp < 2
    assert report.output in range(6)
    assert lambdify(x, Abs(x) ** 3).diff().accuracy({"x": (-2, 2)}, n=200).max_ulp < 4


def test_points_outside_of_the_guard_do_not_count():
    kernel = build_kernel([x], sqrt(x - 1), guard=x > 1)
    report = kernel.accuracy({"x": (0, 3)}, n=900)
    assert 200 < report.points < 800
    assert report.max_ulp <= 1
    with pytest.raises(ValueError, match="no value at any point"):
        kernel.accuracy({"x": (-3, 0)}, n=50)


def test_points_without_a_value_do_not_count_and_infinities_agree():
    report = lambdify(x, [log(x), 1 / x, exp(x)]).accuracy({"x": (-1000, 1000)}, n=1000)
    assert report.max_ulp < 3
    assert report.points == 1000
    root = lambdify(x, sqrt(x)).accuracy({"x": (-1, 1)}, n=1000)
    assert 300 < root.points < 800
    assert root.max_ulp <= 0.5


def test_constants_and_single_points():
    assert lambdify(x, sympy.pi).accuracy({"x": (0, 1)}, n=20).max_ulp < 0.5
    report = lambdify(x, x / 3).accuracy({"x": (0.7, 0.7)}, n=500)
    assert (report.points, report.worst_point) == (1, {"x": 0.7})
    nothing = lambdify([], sqrt(2)).accuracy({}, n=10)
    assert (nothing.points, nothing.worst_point) == (1, {})
    assert "the only point" in str(nothing)


def test_symbols_of_one_name_are_given_by_themselves():
    positive = Symbol("x", positive=True)
    kernel = lambdify([x, positive], x - positive)
    report = kernel.accuracy({x: (0, 1), positive: (2, 3)}, n=50)
    assert set(report.worst_point) == {x, positive}
    with pytest.raises(ValueError, match="several arguments are called x"):
        kernel.accuracy({"x": (0, 1)})


BAD_DOMAINS = [
    ({"x": (0, 1)}, ValueError, "domain: no range for y"),
    ({"x": (0, 1), "y": (0, 1), "z": (0, 1)}, ValueError, "domain: z is not an argument; .* x, y"),
    ({"x": (1, 0), "y": (0, 1)}, ValueError, r"domain: the range of x is reversed .*\(1, 0\)"),
    ({"x": (math.nan, 1), "y": (0, 1)}, ValueError, "range of x is reversed or not a number"),
    ({"x": 3, "y": (0, 1)}, TypeError, "range of x must be two real numbers, got 3"),
    ({"x": (0, 1, 2), "y": (0, 1)}, TypeError, "range of x must be two real numbers"),
    ({"x": (0, 1j), "y": (0, 1)}, TypeError, "range of x must be two real numbers"),
    ({"x": ("a", "b"), "y": (0, 1)}, TypeError, "range of x must be two real numbers"),
    ({"x": (0, 1), x: (0, 1), "y": (0, 1)}, ValueError, "range of x is given twice"),
    ([(0, 1), (0, 1)], TypeError, "domain: expected a mapping"),
]


@pytest.mark.parametrize(("domain", "error", "message"), BAD_DOMAINS, ids=str)
def test_wrong_domains(domain, error, message):
    with pytest.raises(error, match=message):
        lambdify([x, y], x + y).accuracy(domain)


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [(0, ValueError, "n: expected at least one point"), (1.5, TypeError, "n: expected a number")],
)
def test_wrong_numbers_of_points(n, error, message):
    with pytest.raises(error, match=message):
        lambdify(x, x).accuracy({"x": (0, 1)}, n=n)


def test_wrong_seeds_and_strict_floating_point():
    with pytest.raises(TypeError, match="rng: expected a seed or a generator, got 'a'"):
        lambdify(x, x).accuracy({"x": (0, 1)}, n=5, rng="a")
    with np.errstate(all="raise"):
        assert lambdify(x, sin(x)).accuracy({"x": (0, sympy.pi)}, n=100).max_ulp < 1


# --------------------------------------------------------------------------- points


@given(
    st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)).map(sorted),
    st.integers(1, 200),
)
def test_points_lie_in_the_range(ends, n):
    (column,) = measuring_points([tuple(map(complex, ends))], n, double, np.random.default_rng(0))
    assert len(column) == n
    assert column.dtype == double
    assert ((ends[0] <= column) & (column <= ends[1])).all()


def test_points_cover_magnitudes_ends_and_the_neighbourhood_of_zero():
    arguments = read_arguments([x, y])
    ranges = read_domain(arguments, {"x": (-2, 3), "y": (1e-12, math.inf)}, double)
    first, second = measuring_points(ranges, 2000, double, np.random.default_rng(0))
    assert {-2.0, 3.0, 0.0, 1.0, 5e-324, -5e-324} <= set(first.tolist())
    for low, high in ((-2, -1), (-1e-3, 0), (0, 1e-15), (1e-10, 1e-8), (2, 3)):
        assert ((low < first) & (first < high)).sum() > 20
    assert second.min() == 1e-12
    assert second.max() == np.finfo(float).max
    assert {(-2.0, 1e-12), (3.0, 1e-12)} <= set(zip(first.tolist(), second.tolist(), strict=True))


def test_points_of_single_precision_are_singles_inside_the_range():
    (column,) = measuring_points(
        [(0.1 + 0j, 0.3 + 0j)], 500, np.dtype("float32"), np.random.default_rng(0)
    )
    assert column.dtype == np.float32
    assert (column.astype(float) >= 0.1).all()
    assert (column.astype(float) <= 0.3).all()


# --------------------------------------------------------------------------- single errors


@settings(max_examples=60)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-3, 3))
def test_quick_errors_are_those_of_exact_arithmetic(value, steps):
    meter = ErrorMeter([x], x / 3 + 2, double)
    computed = value / 3 + 2
    for _ in range(abs(steps)):
        computed = math.nextafter(computed, math.copysign(math.inf, steps))
    exact = sympy.Rational(value) / 3 + 2
    careful = meter.careful(np.float64(computed), (value,))
    quick = meter.quick(np.float64(computed), (value,))
    below = float(exact)
    if abs(sympy.Rational(below)) > abs(exact):
        below = math.nextafter(below, 0)
    spacing = sympy.Rational(math.ulp(below))
    assert quick == pytest.approx(float(abs(sympy.Rational(computed) - exact) / spacing), rel=2e-3)
    assert quick >= careful * (1 - 2e-3)


@pytest.mark.parametrize(
    ("expr", "point", "computed", "expected"),
    [
        (1 / x, 0.0, math.inf, "none"),
        (log(x), 0.0, -math.inf, 0.0),
        (log(x), 0.0, math.nan, math.inf),
        (log(x), -1.0, math.nan, "none"),
        (log(x), -1.0, 3.0, math.inf),
        (exp(x), 1000.0, math.inf, 0.0),
        (exp(x), 1000.0, 1e308, math.inf),
        (exp(x), 1.0, math.inf, math.inf),
        (x - 1, 1.0, 0.0, 0.0),
        (x - 1, 1.0, 5e-324, 1.0),
        (exp(x), -745.0, 5e-324, 0.0),
    ],
    ids=str,
)
def test_what_is_not_finite(expr, point, computed, expected):
    error = ErrorMeter([x], expr, double).quick(np.float64(computed), (point,))
    if expected == "none":
        assert math.isnan(error)
    else:
        assert error == pytest.approx(expected, abs=1)
        assert math.isinf(error) == math.isinf(expected)
