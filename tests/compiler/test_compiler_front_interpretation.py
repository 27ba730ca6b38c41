"""The oracle itself: against SymPy's own evaluation, and at the edges of arithmetic."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from sympy import Rational, S, pi, sqrt

from symnum.compiler.constants import (
    exact_constant,
    is_real_constant,
    numeric_constant,
    working_context,
)
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term, call, constant
from symnum.compiler.vocabulary import FUNCTION_OF_CLASS, FUNCTIONS
from symnum.compiler.vocabulary.discrete import DISCRETE
from symnum.compiler.vocabulary.elementary import ELEMENTARY

x, y = sympy.symbols("x y")

WITH_CLASS = sorted(
    (kind for kind, row in FUNCTION_OF_CLASS.items() if row.arity == 1),
    key=lambda kind: kind.__name__,
)
LARGE = {"acosh", "acoth", "asec", "acsc"}


@pytest.mark.parametrize("kind", WITH_CLASS, ids=lambda kind: kind.__name__)
def test_functions_mean_what_sympy_means(kind):
    at = Rational(7, 3) if kind.__name__ in LARGE else Rational(2, 7)
    (value,) = interpret(lower((x,), (kind(x),)), (at,), 50)
    with mpmath.workdps(60):
        expected = MPMATH_ONLY[kind](at) if kind in MPMATH_ONLY else _sympy_value(kind(at))
        assert abs(value - expected) < mpmath.mpf(10) ** -45


def _sympy_value(number):
    # The digits of an unevaluated function come from mpmath's function of the same name.
    expanded = sympy.expand(number, func=True) if number.has(sympy.gamma) else number
    real, imaginary = expanded.evalf(55).as_real_imag()
    assert imaginary == 0
    return mpmath.mpf(str(real))


# SymPy does not evaluate these.
MPMATH_ONLY = {
    sympy.erfcinv: lambda at: mpmath.erfinv(1 - mpmath.mpf(at.p) / at.q),
    sympy.codegen.cfunctions.expm1: lambda at: mpmath.expm1(mpmath.mpf(at.p) / at.q),
    sympy.codegen.cfunctions.log1p: lambda at: mpmath.log1p(mpmath.mpf(at.p) / at.q),
    sympy.codegen.cfunctions.log2: lambda at: mpmath.log(mpmath.mpf(at.p) / at.q, 2),
    sympy.codegen.cfunctions.log10: lambda at: mpmath.log10(mpmath.mpf(at.p) / at.q),
}


EDGES = {
    "one over zero": (lambda a, b: a / b, (1, 0), mpmath.inf),
    "minus one over zero": (lambda a, b: a / b, (-1, 0), -mpmath.inf),
    "zero over zero": (lambda a, b: a / b, (0, 0), "nan"),
    "nan over zero": (lambda a, b: a / b, (mpmath.nan, 0), "nan"),
    "logarithm of zero": (lambda a, b: call("log", a), (0, 0), -mpmath.inf),
    "logarithm of a negative": (lambda a, b: call("log", a), (-1, 0), "nan"),
    "root of a negative": (lambda a, b: a.root(), (-1, 0), "nan"),
    "arcsine beyond one": (lambda a, b: call("asin", a), (2, 0), "nan"),
    "zero to the zero": (lambda a, b: call("power", a, b), (0, 0), 1),
    "zero to a negative": (lambda a, b: call("power", a, b), (0, -1), mpmath.inf),
    "negative integer power": (lambda a, b: a**-2, (0, 0), mpmath.inf),
    "negative base": (lambda a, b: call("power", a, b), (-8, Rational(1, 3)), "nan"),
    "negative base, whole exponent": (lambda a, b: call("power", a, b), (-2, 3), -8),
    "real cube root": (lambda a, b: call("cube_root", a), (-8, 0), -2),
    "maximum with nan": (lambda a, b: call("maximum", a, b), (1, mpmath.nan), "nan"),
    "remainder by zero": (lambda a, b: call("modulo", a, b), (1, 0), "nan"),
    "remainder": (lambda a, b: call("modulo", a, b), (-7, 3), 2),
    "gamma at a pole": (lambda a, b: call("gamma", a), (-1, 0), "nan"),
    "loggamma below zero": (lambda a, b: call("loggamma", a), (Rational(-3, 2), 0), "nan"),
    "step": (lambda a, b: call("heaviside", a, b), (0, 7), 7),
    "cotangent at zero": (lambda a, b: call("cot", a), (0, 0), mpmath.inf),
    "sine of infinity": (lambda a, b: call("sin", a), (mpmath.inf, 0), "nan"),
}


@pytest.mark.parametrize(("formula", "point", "expected"), EDGES.values(), ids=EDGES)
def test_edges(formula, point, expected):
    builder = ProgramBuilder(2)
    terms = [Term(builder, builder.add("argument", value=k)) for k in range(2)]
    (value,) = interpret(builder.finish((formula(*terms).position,)), point, 30)
    assert mpmath.isnan(value) if expected == "nan" else value == expected


# Special functions have tests of their own.
NAMES = (
    *(row.name for row in (*ELEMENTARY, *DISCRETE)),
    *("erf", "erfc", "erfi", "erfinv", "erfcinv", "gamma", "loggamma", "digamma", "polygamma"),
)


def test_every_function_can_be_evaluated():
    builder = ProgramBuilder(2)
    at, order = Term(builder, builder.add("argument", value=0)), None
    for row in (FUNCTIONS[name] for name in NAMES):
        order = constant(at, 1)
        operands = (order, at) if row.name in ("polygamma", "sinc_derivative") else (at, order)
        call(row.name, *operands[: row.arity] if row.arity > 1 else (at,))
    calls = [k for k, node in enumerate(builder.nodes) if node.operation == "call"]
    values = interpret(builder.finish(tuple(calls)), (Rational(1, 3), 0), 20)
    undefined = {
        FUNCTIONS[builder.nodes[k].value].name
        for k, v in zip(calls, values, strict=True)
        if mpmath.isnan(v)
    }
    assert undefined == {"acosh", "acoth", "asec", "acsc"}


def test_precision_is_what_was_asked():
    program = lower((x,), (sympy.exp(x) * pi,))
    for digits in (15, 100, 400):
        (value,) = interpret(program, (Rational(1, 3),), digits)
        reference = (sympy.exp(Rational(1, 3)) * pi).evalf(digits + 20)
        with mpmath.workdps(digits + 20):
            assert abs(value / mpmath.mpf(str(reference)) - 1) < mpmath.mpf(10) ** -digits


def test_the_global_precision_is_left_alone():
    before = mpmath.mp.prec
    interpret(lower((x,), (sympy.zeta(3) * x,)), (1,), 300)
    assert mpmath.mp.prec == before


def test_a_wrong_point_is_named():
    with pytest.raises(ValueError, match="the point has 1 numbers, the program 2 arguments"):
        interpret(lower((x, y), (x,)), (1,))


NUMBERS = {
    "rational": (Rational(2, 3), True),
    "algebraic": (sqrt(2), True),
    "nan": (S.NaN, True),
    "infinity": (-S.Infinity, True),
    "imaginary": (S.ImaginaryUnit, False),
    "arccosine of two": (sympy.acos(2), False),
    "root of a cubic": (sympy.solve(x**3 - 3 * x + 1, x)[0], True),
    "root object": (sympy.CRootOf(x**5 - x - 1, 0), True),
    "complex root object": (sympy.CRootOf(x**5 - x - 1, 1), False),
}


@pytest.mark.parametrize(("number", "real"), NUMBERS.values(), ids=NUMBERS)
def test_reality_of_constants(number, real):
    assert is_real_constant(number) is real


def test_values_of_constants():
    context = working_context(40)
    assert context.isnan(numeric_constant(S.NaN, context))
    assert numeric_constant(S.NegativeInfinity, context) == -context.inf
    assert numeric_constant(S.ImaginaryUnit * 2, context) == context.mpc(0, 2)
    assert abs(numeric_constant(sqrt(2), context) ** 2 - 2) < context.mpf(10) ** -39
    with pytest.raises(ValueError, match="no numerical value"):
        numeric_constant(sympy.Function("f")(1), context)


def test_exact_constants_hold_no_floats():
    assert exact_constant(sympy.Float("0.1", 30)) != Rational(1, 10)
    assert exact_constant(sympy.Float(3.0)) is S(3)
    assert not exact_constant(sympy.sin(sympy.Float(0.5), evaluate=False) * pi).has(sympy.Float)
    complex_number = exact_constant(sympy.sqrt(sympy.Float(-2.0)) + 1)
    assert sympy.re(complex_number) == 1
    assert abs(sympy.im(complex_number).evalf(30) - sqrt(2).evalf(30)) < 1e-14
    wide = exact_constant(S(10) ** 6000 / 3)
    assert len(str(wide)) < 5000
    assert abs((wide / (S(10) ** 6000 / 3)).evalf(30) - 1) < 1e-28
