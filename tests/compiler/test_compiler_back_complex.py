"""Functions of complex numbers against mpmath, with branch cuts and signs of zeros."""

from __future__ import annotations

import cmath
import math

import mpmath
import numpy as np
import pytest
from sympy import S

from symnum.compiler.emission import emit
from symnum.compiler.machine import machine_code
from symnum.compiler.passes import optimise
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.splitting import split_complex
from symnum.compiler.vocabulary import FUNCTIONS

REFERENCE = {
    "exp": mpmath.exp,
    "expm1": lambda z: mpmath.exp(z) - 1,
    "log": mpmath.log,
    "log1p": lambda z: mpmath.log(1 + z),
    "log2": lambda z: mpmath.log(z) / mpmath.log(2),
    "log10": mpmath.log10,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
}
WITH_CUTS = {"log", "log1p", "log2", "log10", "asin", "acos", "atan", "asinh", "acosh", "atanh"}
PARTS = [0.0, 1e-200, -1e-20, 3e-9, -0.5, 1.0, -1.25, 2.0, -30.0, 300.0]
POINTS = [complex(x, y) for x in PARTS for y in PARTS]
NEAR_ONE = [complex(1 + 1e-9, 1e-7), complex(0.6, 0.8), complex(-0.28, -0.96), complex(1, 1e-9)]


def compiled(program):
    """Return the function of numbers of a complex program."""
    real, _ = optimise(split_complex(program))
    return machine_code(emit(real, "complex128")).entry("formula")


@pytest.fixture(scope="module")
def functions():
    """All functions of one argument as one kernel."""
    builder = ProgramBuilder(1, complex_valued=True)
    z = builder.add("argument", value=0)
    names = [*REFERENCE, "absolute", "argument", "conjugate", "floor"]
    outputs = tuple(builder.add("call", z, value=name) for name in names)
    formula = compiled(builder.finish(outputs))
    return lambda point: dict(zip(names, formula(point), strict=True))


def is_representable(exact):
    return abs(exact) < 1.7e308 and mpmath.isfinite(exact)


def test_values_over_all_quadrants(functions):
    with mpmath.workprec(900):
        for point in [*POINTS, *NEAR_ONE]:
            values = functions(point)
            for name, reference in REFERENCE.items():
                try:
                    exact = mpmath.mpc(reference(mpmath.mpc(point)))
                except (ValueError, ZeroDivisionError):
                    continue
                if not is_representable(exact):
                    continue
                # mpmath has no signed zeros; cmath, below, is the oracle on the cuts.
                if name in WITH_CUTS and 0.0 in (point.real, point.imag):
                    continue
                error = abs(mpmath.mpc(values[name]) - exact)
                assert error <= 4e-15 * abs(exact) + 1e-300, (name, point, values[name], exact)


SIGNED = [complex(x, y) for x in (-2.0, -0.5, -0.0, 0.0, 0.5, 2.0) for y in (-0.0, 0.0)]


@pytest.mark.parametrize(
    "name", ["log", "asin", "acos", "atan", "asinh", "acosh", "atanh", "tanh", "tan", "exp"]
)
def test_cuts_and_signs_of_zeros(functions, name):
    for point in [*SIGNED, *(complex(z.imag, z.real) for z in SIGNED)]:
        try:
            expected = getattr(cmath, name)(point)
        except ValueError:
            continue
        value = functions(point)[name]
        assert value == pytest.approx(expected, rel=1e-14, abs=1e-300), point
        for part, wanted in ((value.real, expected.real), (value.imag, expected.imag)):
            assert math.copysign(1, part) == math.copysign(1, wanted), (point, value, expected)


def test_large_hyperbolic_tangents_do_not_overflow(functions):
    assert functions(complex(700.0, 1.0))["tanh"] == 1
    assert functions(complex(-1e300, 0.5))["tanh"] == -1
    assert functions(complex(0.3, 800.0))["tan"] == 1j


def test_parts(functions):
    values = functions(complex(-1.5, 2.5))
    assert values["absolute"] == abs(complex(-1.5, 2.5))
    assert values["argument"] == cmath.phase(complex(-1.5, 2.5))
    assert values["conjugate"] == complex(-1.5, -2.5)
    assert values["floor"] == complex(-2, 2)


@pytest.fixture(scope="module")
def pairs():
    builder = ProgramBuilder(2, complex_valued=True)
    z, w = (builder.add("argument", value=index) for index in range(2))
    one, zero = (builder.add("constant", value=number) for number in (S.One, S.Zero))
    names = ["power", "divide", "<", "<=", ">", "==", "maximum", "modulo", "hypot", "atan2"]
    outputs = []
    for name in names:
        if name == "divide":
            outputs.append(builder.add("divide", z, w))
        elif name in FUNCTIONS:
            outputs.append(builder.add("call", z, w, value=name))
        else:
            test = builder.add("compare", z, w, value=name)
            outputs.append(builder.add("select", test, one, zero))
    formula = compiled(builder.finish(tuple(outputs)))
    return lambda a, b: dict(zip(names, formula(a, b), strict=True))


@pytest.mark.parametrize(
    ("z", "w"),
    [(2 + 1j, 0.5), (-1.5, 0.5 - 2j), (3.0, 2.5), (1e-3j, 3 + 1j), (-2.0, 1 / 3), (1j, -1j)],
)
def test_powers(pairs, z, w):
    exact = mpmath.mp.clone().power(mpmath.mpc(z), mpmath.mpc(w))
    assert complex(pairs(z, w)["power"]) == pytest.approx(complex(exact), rel=2e-15)


def test_powers_of_zero(pairs):
    assert pairs(0j, 0j)["power"] == 1
    assert pairs(0j, 2 + 1j)["power"] == 0
    assert np.isnan(pairs(0j, -1 + 1j)["power"])


def test_division_by_zero_raises_nothing(pairs):
    assert not np.isfinite(pairs(1 + 1j, 0j)["divide"])
    assert pairs(1 + 1j, 2j)["divide"] == 0.5 - 0.5j


def test_real_numbers_are_compared_and_others_are_not(pairs):
    real = pairs(1 + 0j, 2 + 0j)
    assert [bool(real[name].real) for name in ("<", "<=", ">", "==")] == [True, True, False, False]
    other = pairs(1 + 1j, 2 + 0j)
    assert [bool(other[name].real) for name in ("<", "<=", ">", "==")] == [False] * 4
    assert real["maximum"] == 2
    assert np.isnan(other["maximum"])
    assert pairs(-1 + 0j, 3 + 0j)["modulo"] == 2
    assert pairs(3 + 0j, 4 + 0j)["hypot"] == 5
    assert pairs(-1 + 0j, -1 + 0j)["atan2"] == math.atan2(-1, -1)
