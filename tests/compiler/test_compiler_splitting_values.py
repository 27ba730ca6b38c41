"""Split programs in double precision: accuracy, branch cuts, signs of zeros, infinities."""

from __future__ import annotations

import cmath
import math

import mpmath
import numpy as np
import pytest
import sympy

from symnum.compiler.literals import literal_value
from symnum.compiler.lowering import lower
from symnum.compiler.passes import optimise
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.splitting import split_complex

INF, NAN = math.inf, math.nan
UNIT = 2.0**-53
LARGEST = 1.7e308


# --------------------------------------------------------------------------- a NumPy evaluator


def fused(a, b, c):
    """Return a*b + c, rounded about once (Dekker's product, Knuth's sum)."""
    product = a * b
    high = [134217729.0 * x - (134217729.0 * x - x) for x in (a, b)]
    low = [a - high[0], b - high[1]]
    error = ((high[0] * high[1] - product) + high[0] * low[1] + low[0] * high[1]) + low[0] * low[1]
    total = product + c
    shadow = total - product
    rest = (product - (total - shadow)) + (c - shadow) + error
    return np.where(np.isfinite(rest), total + rest, total)


OPERATIONS = {
    "negative": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "multiply_add": fused,
    "fused_multiply_add": fused,
    "square_root": np.sqrt,
    "both": np.logical_and,
    "either": np.logical_or,
    "negate": np.logical_not,
    "select": np.where,
}
COMPARISONS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
FUNCTIONS = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "cube_root": np.cbrt,
    "ceiling": np.ceil,
    "modulo": np.mod,
    "argument": lambda x: np.where(np.isnan(x), x, np.where(np.signbit(x), np.pi, 0.0)),
}


def run(program, arguments):
    """Evaluate a real program on arrays."""
    values = []
    for node in program.nodes:
        operands = [values[k] for k in node.operands]
        if node.operation == "argument":
            values.append(arguments[node.value])
        elif node.operation == "constant":
            values.append(np.float64(literal_value(node.value, False)))
        elif node.operation == "truth":
            values.append(np.bool_(node.value))
        elif node.operation == "compare":
            values.append(COMPARISONS[node.value](*operands))
        elif node.operation == "call":
            function = FUNCTIONS.get(node.value) or getattr(np, node.value)
            values.append(function(*operands))
        else:
            values.append(OPERATIONS[node.operation](*operands))
    return [np.broadcast_to(values[k], np.shape(arguments[0])) for k in program.outputs]


def evaluator(program):
    """Return a function of complex arrays for a complex program."""
    real, _ = optimise(split_complex(program))

    def evaluate(*numbers):
        arrays = np.broadcast_arrays(*(np.asarray(z, dtype=complex) for z in numbers))
        with np.errstate(all="ignore"):
            parts = run(real, [part for z in arrays for part in (z.real, z.imag)])
        results = []
        for first, second in zip(parts[::2], parts[1::2], strict=True):
            result = np.empty(first.shape, dtype=complex)
            result.real, result.imag = first, second
            results.append(result)
        return results

    return evaluate


def of_expressions(arguments, *expressions):
    program, _ = optimise(lower(arguments, expressions, complex_valued=True))
    return evaluator(program)


# --------------------------------------------------------------------------- accuracy

MP = mpmath.mp.clone()
# Enough for z**2 beside 1 where z is the smallest normal number of the tables.
MP.prec = 1200

REFERENCES = {
    "exp": MP.exp,
    "expm1": lambda z: MP.exp(z) - 1,
    "log": MP.log,
    "log1p": lambda z: MP.log(1 + z),
    "log2": lambda z: MP.log(z) / MP.log(2),
    "log10": MP.log10,
    "sin": MP.sin,
    "cos": MP.cos,
    "tan": MP.tan,
    "asin": MP.asin,
    "acos": MP.acos,
    "atan": MP.atan,
    "sinh": MP.sinh,
    "cosh": MP.cosh,
    "tanh": MP.tanh,
    "asinh": MP.asinh,
    "acosh": MP.acosh,
    "atanh": MP.atanh,
    "square_root": MP.sqrt,
}
# Beyond the error of the modulus, both parts have few wrong digits each.
BY_PARTS = sorted(set(REFERENCES) - {"expm1", "exp"})
PERIODIC = {"exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh"}


@pytest.fixture(scope="module")
def functions():
    builder = ProgramBuilder(1, complex_valued=True)
    z = builder.add("argument", value=0)
    names = [*REFERENCES, "absolute", "argument", "conjugate", "floor", "ceiling"]
    outputs = [
        builder.add(name, z) if name == "square_root" else builder.add("call", z, value=name)
        for name in names
    ]
    evaluate = evaluator(builder.finish(tuple(outputs)))
    return lambda points: dict(zip(names, evaluate(points), strict=True))


def random_points():
    random = np.random.default_rng(20)
    count = 25

    def directions():
        return np.exp(1j * random.uniform(-4, 4, count))

    def sizes(spread, centre=0.0):
        return np.exp(spread * random.normal(size=count) + centre)

    signs = random.choice([-1, 1], (2, count))
    return np.concatenate(
        [
            3 * (random.normal(size=count) + 1j * random.normal(size=count)),
            signs[0] * sizes(20) + 1j * signs[1] * sizes(20),
            sizes(150) * directions(),
            directions(),
            *(point + sizes(10, -15) * directions() for point in (1, -1, 1j, -1j)),
            [0.6 + 0.8j, -0.28 - 0.96j, 710 + 0.1j, 300 + 800j, 0.1 + 710j, -708 + 2j],
        ]
    )


POINTS = random_points()


@pytest.fixture(scope="module")
def values(functions):
    return functions(POINTS)


def in_units(error, size):
    """Return an error in units of 2**-53 of the size, or of the smallest normal number."""
    return float(error / (abs(size) + MP.mpf(2) ** -1020)) / UNIT


def exact_values(name):
    for place, point in enumerate(POINTS):
        if name in PERIODIC and max(abs(point.real), abs(point.imag)) > 1e4:
            continue
        exact = MP.mpc(REFERENCES[name](MP.mpc(point)))
        if abs(exact) < LARGEST:
            yield place, exact


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_errors_are_a_few_units_of_the_modulus(values, name):
    for place, exact in exact_values(name):
        value = values[name][place]
        assert np.isfinite(value), (POINTS[place], exact)
        assert in_units(abs(MP.mpc(value) - exact), exact) <= 5, (POINTS[place], value, exact)


@pytest.mark.parametrize("name", BY_PARTS)
def test_errors_are_a_few_units_of_each_part(values, name):
    for place, exact in exact_values(name):
        value = values[name][place]
        for part, wanted in ((value.real, exact.real), (value.imag, exact.imag)):
            # The imaginary part of tanh(x + i y) is taken for 0 where it is no normal number.
            if name != "tanh" or abs(POINTS[place].real) < 354:
                assert in_units(abs(MP.mpf(part) - wanted), wanted) <= 8, (POINTS[place], value)


LARGE = [699.9, 700.1, 745.0, 1079.0, 1081.0, 1300.0, 1469.0, 1500.0, 1e5]
SMALL = [0.0, 5e-324, 1e-320, 1e-300, 1e-100, 0.1, 2.0]


@pytest.mark.parametrize("name", ["exp", "sin", "cos", "sinh", "cosh"])
def test_no_part_overflows_or_vanishes_unless_it_must(functions, name):
    points = np.array([complex(a, b) for x in LARGE for y in SMALL for a, b in ((x, y), (y, -x))])
    for point, value in zip(points, functions(points)[name], strict=True):
        exact = MP.mpc(REFERENCES[name](MP.mpc(point)))
        for part, wanted in ((value.real, exact.real), (value.imag, exact.imag)):
            if abs(wanted) > LARGEST:
                assert part == (INF if wanted > 0 else -INF), (point, value)
            else:
                assert in_units(abs(MP.mpf(part) - wanted), wanted) <= 5, (point, value)


def test_modulus_and_angle(values):
    for place, point in enumerate(POINTS):
        exact = MP.mpc(point)
        assert in_units(abs(values["absolute"][place].real - abs(exact)), abs(exact)) <= 2
        assert values["argument"][place] == pytest.approx(cmath.phase(point), rel=1e-15)
        assert values["conjugate"][place] == point.conjugate()
        assert values["floor"][place] == complex(np.floor(point.real), np.floor(point.imag))
        assert values["ceiling"][place] == complex(np.ceil(point.real), np.ceil(point.imag))


# --------------------------------------------------------------------------- cuts and extremes

PARTS = [-INF, -2.0, -1.0, -0.5, -1e-300, -0.0, 0.0, 1e-300, 0.5, 1.0, 2.0, INF]
GRID = np.array([complex(x, y) for x in PARTS for y in PARTS])


def same_part(value, expected):
    if math.isnan(expected):
        return math.isnan(value)
    close = value == expected or abs(value - expected) <= 4e-15 * abs(expected)
    return close and math.copysign(1, value) == math.copysign(1, expected)


WITH_CUTS = ["log", "asin", "acos", "atan", "asinh", "acosh", "atanh"]


@pytest.mark.parametrize("name", [*WITH_CUTS, "square_root", "exp", "tan", "tanh", "sinh", "cosh"])
def test_cuts_zeros_and_infinities_as_in_the_standard_library(functions, name):
    standard = getattr(cmath, "sqrt" if name == "square_root" else name)
    for point, value in zip(GRID, functions(GRID)[name], strict=True):
        try:
            expected = standard(complex(point))
        except (ValueError, OverflowError):
            continue
        # Infinity at an unknown angle, where one part is free.
        if name not in WITH_CUTS and math.isinf(point.real) and math.isinf(point.imag):
            continue
        assert same_part(value.real, expected.real), (point, value, expected)
        assert same_part(value.imag, expected.imag), (point, value, expected)


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("log", 0j, complex(-INF, 0)),
        ("log", complex(-0.0, -0.0), complex(-INF, -math.pi)),
        ("log1p", -1 + 0j, complex(-INF, 0)),
        ("log1p", complex(1e-300, 1e-320), complex(1e-300, 1e-320)),
        ("log1p", complex(-2, -0.0), complex(0, -math.pi)),
        ("expm1", complex(1e-300, -0.0), complex(1e-300, -0.0)),
        ("expm1", complex(-INF, 1), complex(-1, 0)),
        ("atanh", 1 + 0j, complex(INF, 0)),
        ("atanh", complex(1, 1e-300), complex(345.73433753938684, math.pi / 4)),
        ("atan", 1j, complex(0, INF)),
        ("acosh", complex(1, 1e-320), complex(9.99994433575e-161, 9.99994433575e-161)),
        ("asin", complex(0, 5e-324), complex(0, 5e-324)),
        ("asinh", complex(1e308, -1e308), complex(710.235929413006, -math.pi / 4)),
        ("acos", complex(-1e308, 1e-308), complex(math.pi, -709.889355822726)),
        ("tanh", complex(700, 1), complex(1, 0)),
        ("tanh", complex(-INF, 0.5), complex(-1, 0)),
        ("tan", complex(0.3, 800), 1j),
        ("exp", complex(INF, 0), complex(INF, 0)),
        ("exp", complex(-INF, 3), complex(-0.0, 0)),
        ("square_root", complex(NAN, INF), complex(INF, INF)),
        ("square_root", complex(5e-324, 0), complex(2.2227587494850775e-162, 0)),
        (
            "square_root",
            complex(1.7e308, 1.7e308),
            1.4325088230154573e154 + 5.9336458271212211e153j,
        ),
        ("absolute", 1e200 + 1e200j, complex(1.414213562373095e200, 0)),
        ("absolute", complex(-INF, NAN), complex(INF, 0)),
    ],
)
def test_special_values(functions, name, point, expected):
    value = complex(functions(np.array([point]))[name][0])
    for part, wanted in ((value.real, expected.real), (value.imag, expected.imag)):
        assert part == wanted or abs(part - wanted) <= 1e-11 * abs(wanted), value


def test_not_a_number_stays(functions):
    results = functions(np.array([complex(NAN, 1), complex(1, NAN), complex(NAN, NAN)]))
    for name, value in results.items():
        assert np.isnan(value).all(), name


# --------------------------------------------------------------------------- two numbers

Z, W = sympy.symbols("z w")


@pytest.fixture(scope="module")
def pairs():
    names = ["sum", "difference", "product", "quotient", "power"]
    evaluate = of_expressions((Z, W), Z + W, Z - W, Z * W, Z / W, Z**W)
    return lambda z, w: dict(zip(names, evaluate(z, w), strict=True))


EXTREME = [1e-320, 3e-310, 1e-200, 1e-3, 1.0, 2.5, 1e200, 1e308, 1.7e308]


def test_quotients_neither_overflow_nor_vanish_half_way(pairs):
    random = np.random.default_rng(7)
    parts = random.choice(EXTREME, (4, 400)) * random.choice([-1, 1], (4, 400))
    left, right = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    for z, w, value in zip(left, right, pairs(left, right)["quotient"], strict=True):
        exact = MP.mpc(z) / MP.mpc(w)
        if abs(exact) < LARGEST:
            assert in_units(abs(MP.mpc(value) - exact), exact) <= 4, (z, w, value)


def test_sums_and_products_are_those_of_numpy(pairs):
    left, right = (grid.ravel() for grid in np.meshgrid(GRID[::3], GRID[::5]))
    results = pairs(left, right)
    with np.errstate(all="ignore"):
        expected = {"sum": left + right, "difference": left - right, "product": left * right}
    for name, wanted in expected.items():
        assert np.array_equal(results[name].view(float), wanted.view(float), equal_nan=True), name


@pytest.mark.parametrize(
    ("z", "w"),
    [
        (2 + 1j, 0.5), (-1.5, 0.5 - 2j), (3.0, 2.5), (1e-3j, 3 + 1j), (-2.0, 1 / 3), (1j, -1j),
        (1e-200 + 1e-200j, 1.4), (1e150 - 1e150j, -1.9 + 0.3j), (1e10j, 40 + 200j), (-3j, -7.25),
    ],
)  # fmt: skip
def test_powers(pairs, z, w):
    base, exponent = MP.mpc(z), MP.mpc(w)
    exact = MP.power(base, exponent)
    value = pairs(z, w)["power"][()]
    condition = 1 + abs(exponent) + abs(exponent * MP.log(base))
    assert in_units(abs(MP.mpc(value) - exact), exact) <= 8 * condition


def test_powers_of_zero(pairs):
    assert pairs(0j, 0j)["power"] == 1
    assert pairs(0j, 2 + 1j)["power"] == 0
    assert np.isnan(pairs(0j, -1 + 1j)["power"])
    assert np.isnan(pairs(0j, 1j)["power"])
    assert not np.isfinite(pairs(0j, -1 + 0j)["power"])


def test_quotients_by_zero(pairs):
    assert pairs(1 + 1j, 0j)["quotient"] == complex(INF, INF)
    assert pairs(-1 + 2j, complex(-0.0, -0.0))["quotient"] == complex(-INF, INF)
    assert np.isnan(pairs(0j, 0j)["quotient"])
    assert pairs(1 + 1j, 2j)["quotient"] == 0.5 - 0.5j
    assert pairs(3 - 1j, complex(INF, 2))["quotient"] == 0


REAL = np.array([complex(x, s * 0.0) for x in (-4.0, -0.5, 0.25, 3.0) for s in (-1, 1)])
FORMULAS_WITH_CUTS = [
    sympy.sqrt(1 - Z), sympy.sqrt(1 - Z**2), sympy.log(1 + Z), sympy.sqrt(Z - 1) * sympy.sqrt(Z + 1),
    sympy.log(2 * Z), sympy.sqrt(Z + sympy.I), sympy.acos(1 - Z), sympy.atanh(Z + 1),
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS_WITH_CUTS, ids=str)
def test_formulas_of_real_numbers_are_on_the_side_of_numpy(formula):
    (values,) = of_expressions((Z,), formula)(REAL)
    with np.errstate(all="ignore"):
        expected = sympy.lambdify(Z, formula, "numpy")(REAL)
    for point, value, wanted in zip(REAL, values, expected, strict=True):
        assert value == pytest.approx(wanted, rel=1e-14, abs=1e-300, nan_ok=True), point


@pytest.mark.parametrize("factor", [-2, sympy.Rational(-1, 3), -sympy.pi], ids=str)
def test_negative_multiples_of_positive_numbers_are_above_the_cut(factor):
    (values,) = of_expressions((Z,), sympy.log(factor * Z))(np.array([0.5 + 0j, 3 + 0j]))
    assert (values.imag > 0).all()


def test_constants_round_once():
    number = sympy.sqrt(2) + sympy.I * sympy.Rational(1, 3)
    (values,) = of_expressions((Z,), Z * 0 + number)(np.array([0.5 + 0j]))
    assert values[0] == complex(math.sqrt(2), 1 / 3)


def test_real_functions_of_parts():
    formulas = (sympy.gamma(sympy.re(Z)), sympy.Max(sympy.im(Z), 1), sympy.sqrt(sympy.re(Z)))
    point = np.array([-4 + 0.5j])
    program, _ = optimise(lower((Z,), formulas[1:], complex_valued=True))
    largest, root = evaluator(program)(point)
    assert largest[0] == 1
    assert root[0] == 2j
    program, _ = optimise(lower((Z,), formulas[:1], complex_valued=True))
    assert split_complex(program).counts()["gamma"] == 1


@pytest.mark.parametrize("name", ["asin", "acos", "acosh", "atanh", "log", "log1p", "sqrt"])
def test_numbers_that_are_real_by_construction_leave_the_real_line(name):
    function = {"log1p": lambda x: sympy.log(1 + x)}.get(name) or getattr(sympy, name)
    points = np.array([complex(x, 7.0) for x in (-3.0, -1.0, -0.5, 0.5, 1.0, 2.0)])
    (values,) = of_expressions((Z,), function(sympy.re(Z)))(points)
    with np.errstate(all="ignore"):
        expected = sympy.lambdify(Z, function(Z), "numpy")(points.real + 0j)
    assert values == pytest.approx(expected, rel=1e-15, abs=1e-300)


def test_an_infinite_denominator_makes_a_quotient_zero():
    logistic, hyperbolic = of_expressions((Z,), 1 / (1 + sympy.exp(-Z)), sympy.sech(Z))(
        np.array([-800 + 1j, -1000 - 2j, 900 + 0.5j])
    )
    assert np.array_equal(logistic, [0, 0, 1])
    assert np.array_equal(hyperbolic, [0, 0, 0])
