"""Error functions of complex numbers, and the forms that keep digits, as machine code."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy

from symnum.compiler.emission import emit
from symnum.compiler.lowering import lower
from symnum.compiler.machine import machine_code
from symnum.compiler.passes import optimise
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.splitting import split_complex

INF = math.inf
UNIT = 2.0**-53
LARGEST = 1.7e308
Z = sympy.Symbol("z")
MP = mpmath.mp.clone()
MP.prec = 1200


def compiled(program, stable=False):
    """Return the function of complex numbers of a complex program."""
    real, _ = optimise(split_complex(program, stable=stable))
    return machine_code(emit(real, "complex128")).entry("formula")


def in_units(error, size):
    return float(error / (abs(size) + MP.mpf(2) ** -1020)) / UNIT


@pytest.fixture(scope="module")
def error_functions():
    builder = ProgramBuilder(1, complex_valued=True)
    z = builder.add("argument", value=0)
    names = ("erf", "erfc", "erfi")
    evaluate = compiled(builder.finish(tuple(builder.add("call", z, value=n) for n in names)))
    return lambda point: dict(zip(names, evaluate(point), strict=True))


@pytest.mark.parametrize("name", ["erf", "erfc", "erfi"])
def test_error_functions(error_functions, name):
    random = np.random.default_rng(11)
    sizes = np.repeat([0.02, 0.3, 1.0, 3.0, 8.0, 20.0], 20)
    points = sizes * (random.normal(size=sizes.size) + 1j * random.normal(size=sizes.size))
    context = mpmath.mp.clone()
    context.prec = 200
    for point in map(complex, points):
        value = error_functions(point)[name]
        z = context.mpc(point)
        exact = context.mpc(getattr(context, name)(z))
        # As much as a few roundings of the argument change the value.
        square = z * z if name == "erfi" else -z * z
        size = abs(exact) + abs(z * context.exp(square))
        if size < LARGEST:
            assert in_units(abs(context.mpc(value) - exact), size) <= 14, (point, value, exact)


@pytest.mark.parametrize(
    ("name", "point", "expected"),
    [
        ("erf", 0j, 0j),
        ("erf", complex(INF, 0), 1 + 0j),
        ("erf", complex(-INF, 1), -1 + 0j),
        ("erf", 1e160j, complex(0, INF)),
        ("erf", 2 + 0j, 0.9953222650189527 + 0j),
        ("erf", -3j, -1629.9946226015657j),
        ("erf", 1e-300 + 0j, 1.1283791670955126e-300 + 0j),
        ("erfc", 1e200 + 1e100j, 0j),
        ("erfc", 27 + 1j, -1.14959e-318 + 8.38e-319j),
        ("erfi", 2 + 0j, 18.564802414575546 + 0j),
        ("erfi", 1e160j, 1j),
    ],
)
def test_special_values_of_error_functions(error_functions, name, point, expected):
    value = error_functions(point)[name]
    assert value == pytest.approx(expected, rel=1e-15, abs=5e-324)


# --------------------------------------------------------------------------- stable forms

CANCELLING = {
    "exp(z) - 1": lambda z: MP.exp(z) - 1,
    "1 - exp(z)": lambda z: 1 - MP.exp(z),
    "3*exp(2*z) - 3": lambda z: 3 * MP.exp(2 * z) - 3,
    "exp(z) - 1 - sin(z)**2": lambda z: MP.exp(z) - 1 - MP.sin(z) ** 2,
    "log(1 + z)": lambda z: MP.log(1 + z),
    "log(1 - z**2)": lambda z: MP.log(1 - z**2),
    "1 - cos(z)": lambda z: 1 - MP.cos(z),
    "cosh(z)/2 - 1/2": lambda z: (MP.cosh(z) - 1) / 2,
    "sqrt(1 + z) - 1": lambda z: MP.sqrt(1 + z) - 1,
    "1 - sqrt(1 - z)": lambda z: 1 - MP.sqrt(1 - z),
    "1 - erf(z)": MP.erfc,
    "1 + erf(z)": lambda z: MP.erfc(-z),
    "1 - erfc(z)": MP.erf,
}


@pytest.mark.parametrize("formula", sorted(CANCELLING))
def test_stable_forms_keep_their_digits(formula):
    random = np.random.default_rng(3)
    sizes = np.repeat([1e-60, 1e-12, 1e-4, 0.5, 3.0], 6)
    points = sizes * (random.normal(size=sizes.size) + 1j * random.normal(size=sizes.size))
    program, _ = optimise(lower((Z,), (sympy.sympify(formula),), complex_valued=True))
    function = compiled(program, stable=True)
    for point in map(complex, points):
        value = function(point)
        z, step = MP.mpc(point), MP.mpf(2) ** -300
        exact, beside = (CANCELLING[formula](z * factor) for factor in (1, 1 + step))
        size = abs(exact) + abs((beside - exact) / step)
        assert in_units(abs(MP.mpc(value) - exact), size) <= 14, (point, value, exact)


@pytest.mark.parametrize("formula", [sympy.log(1 + Z), sympy.log(1 - Z), sympy.sqrt(1 - Z) - 1])
def test_stable_forms_stay_on_their_side_of_the_cut(formula):
    program, _ = optimise(lower((Z,), (formula,), complex_valued=True))
    plain, stable = (compiled(program, stable=flag) for flag in (False, True))
    for x in (-4.0, -0.5, 0.25, 3.0):
        for zero in (0.0, -0.0):
            value, expected = stable(complex(x, zero)), plain(complex(x, zero))
            assert value == pytest.approx(expected, rel=1e-15)
