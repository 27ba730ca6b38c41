"""Definitions, slopes and forms of special functions against what the functions mean."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from sympy import Rational

from symnum.compiler.differentiation import differentiate
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import expand_definitions
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term, call, constant
from symnum.compiler.vocabulary import FUNCTIONS, no_derivative
from symnum.compiler.vocabulary.forms import FORMS, Compiled
from symnum.compiler.vocabulary.special import SPECIAL
from symnum.errors import UnsupportedNodeError

x = sympy.Symbol("x")

# Operands at which each row is tried; those that are constants by nature come as SymPy numbers.
S = sympy.Integer
PLACES = {
    "polygamma": [(S(1), 0.3), (S(2), -3.7), (S(3), 14.0), (S(4), -0.25)],
    "digamma_difference": [(0.5, 2.0), (30.0, 1e-9), (-0.5, 2.25)],
    "harmonic": [(1e-9,), (3.5,)],
    "beta": [(0.5, 100.0), (30.0, 40.0), (-0.5, 2.25), (1.5, 2.5)],
    "binomial": [(60.5, 3.25), (5.5, 2.5), (-3.5, 2.0)],
    "rising_factorial": [(40.0, -2.5), (0.5, 3.25), (100.0, 0.125)],
    "upper_gamma": [(2.5, 0.5), (2.5, 700.0), (200.5, 150.0), (Rational(5, 2), 3.0), (-1.5, 0.25), (-2.0, 0.25), (-2.5, 5.0), (Rational(-1, 3), 1.0)],
    "lower_gamma": [(2.5, 0.5), (2.5, 30.0), (200.5, 250.0), (Rational(5, 2), 3.0), (-1.5, 0.25), (-2.5, 5.0), (Rational(-1, 3), 1.0)],
    "erf2": [(-2.0, -1.5), (1.5, 2.5), (-0.25, 2.0)],
    "expint": [(S(1), 0.5), (S(4), 3.0), (S(0), -1.5), (S(-3), 2.0)],
    "li": [(0.5,), (20.0,)],
    "cosine_integral": [(0.5,), (-0.5,)],
    "hyperbolic_cosine_integral": [(0.5,), (-0.5,)],
    "hyperbolic_sinc": [(S(0), 0.3), (S(0), 3.0), (S(1), 0.3), (S(2), -2.0), (S(5), 0.5)],
    "fresnels": [(0.75,), (-1.5,)],
    "fresnelc": [(0.75,), (-2.0,)],
    **{f"bessel{kind}": [(S(0), 2.0), (S(1), 0.5), (S(3), 1e-5), (Rational(1, 3), 1e-5), (2.5, 3.0)]
       for kind in "ji"},
    **{f"bessel{kind}": [(S(0), 2.0), (S(1), 0.5), (S(3), 1e-110), (Rational(1, 3), 1e-120), (2.5, 3.0)]
       for kind in "yk"},
    "spherical_j": [(S(0), 0.5), (S(2), -3.0), (S(3), 1e-5), (S(-2), 0.75), (0.25, 2.0)],
    "spherical_y": [(S(0), 0.5), (S(2), -3.0), (S(-1), 0.75), (S(-2), -0.75), (0.25, 2.0)],
    **{name: [(0.5,), (101.5,), (-5.0,), (-123456.0,)] for name in ("airyai", "airybi")},
    **{name: [(0.5,), (101.5,), (-5.0,), (-123456.0,)] for name in ("airyaiprime", "airybiprime")},
    "elliptic_k_slope": [(0.5,), (-2.0,), (0.0,)],
    "elliptic_e_slope": [(0.5,), (-2.0,), (0.0,)],
    "elliptic_f": [(0.5, 0.25), (4.0, 0.75), (0.25, 2.0), (-2.0, -3.0)],
    "elliptic_e_incomplete": [(0.5, 0.25), (4.0, 0.75), (0.25, 2.0), (-2.0, -3.0)],
    "elliptic_f_slope": [(0.5, 0.25), (4.0, 0.75), (0.25, 2.0), (-2.0, -3.0)],
    "elliptic_e_incomplete_slope": [(0.5, 0.25), (4.0, 0.75), (0.25, 2.0), (-2.0, -3.0)],
    "zeta": [(2.5,), (-1.5,)],
    "zeta_slope": [(2.5,), (0.25,), (-3.5,), (30.0,)],
    "lambert_w": [(0.5,), (-0.25,), (-0.367,), (1e-12,), (1e20,)],
    "lower_lambert_w": [(-0.25,), (-0.367,), (-1e-12,)],
}  # fmt: skip

DEFINED = {row.name: row for row in SPECIAL if row.definition is not None}


def test_every_definition_is_tried():
    assert PLACES.keys() == DEFINED.keys()


def _program(name, operands):
    """Return the program that calls a function with variables for the floats of its operands."""
    count = sum(isinstance(operand, float) for operand in operands)
    builder = ProgramBuilder(count)
    variables = iter([Term(builder, builder.add("argument", value=k)) for k in range(count)])
    some = Term(builder, builder.add("argument", value=0))
    terms = [
        next(variables) if isinstance(operand, float) else constant(some, operand)
        for operand in operands
    ]
    point = tuple(operand for operand in operands if isinstance(operand, float))
    return builder.finish((call(name, *terms).position,)), point


def _agree(found, expected, tolerance):
    if mpmath.isnan(expected):
        return mpmath.isnan(found)
    return abs(found - expected) <= tolerance * max(abs(expected), mpmath.mpf(10) ** -200)


CASES = [(name, operands) for name in PLACES for operands in PLACES[name]]


# What a definition leaves out, where it is more than rounding.
TOLERANCES = {"upper_gamma": 1e-14, "lower_gamma": 1e-14}


@pytest.mark.parametrize(("name", "operands"), CASES, ids=lambda part: str(part))
def test_definitions_mean_the_function(name, operands):
    program, point = _program(name, operands)
    (expected,) = interpret(program, point, 30)
    (found,) = interpret(expand_definitions(program), point, 30)
    assert _agree(found, expected, TOLERANCES.get(name, 2e-16)), (found, expected)


def _is_differentiable(name, place):
    return FUNCTIONS[name].partials[place] not in (None, no_derivative)


STEP = mpmath.mpf(10) ** -18


@pytest.mark.parametrize(("name", "operands"), CASES, ids=lambda part: str(part))
def test_slopes_are_those_of_the_function(name, operands):
    program, point = _program(name, operands)
    places = [k for k, operand in enumerate(operands) if isinstance(operand, float)]
    for position, place in enumerate(places):
        if not _is_differentiable(name, place):
            continue
        (slope,) = interpret(differentiate(program, (position,)), point, 40)
        step = STEP * (abs(point[position]) or 1)
        ends = []
        for side in (-1, 1):
            moved = list(map(mpmath.mpf, point))
            with mpmath.workdps(90):
                moved[position] = moved[position] + side * step
            ends.append(interpret(program, moved, 70)[0])
        if any(mpmath.isnan(end) for end in ends):
            continue
        with mpmath.workdps(90):
            quotient = (ends[1] - ends[0]) / (2 * step)
        assert _agree(slope, quotient, 1e-12), (place, slope, quotient)


def test_definitions_are_for_real_programs():
    program = lower((x,), (sympy.LambertW(x),), complex_valued=True)
    with pytest.raises(UnsupportedNodeError, match="lambert_w for complex numbers"):
        expand_definitions(program)


# ------------------------------------------------------------------ forms

UNEVALUATED = {"evaluate": False}
LEFT_OUT = {
    "order of polygamma": sympy.polygamma(x, 2),
    "large order of polygamma": sympy.polygamma(100, x),
    "order of zeta": sympy.zeta(x, Rational(1, 2)),
    "fraction in zeta": sympy.zeta(Rational(5, 2), x),
    "branch of W": sympy.LambertW(x, 1),
    "order of expint": sympy.expint(x, 2),
    "fraction in expint": sympy.expint(Rational(1, 3), x),
    "degree": sympy.legendre(sympy.Symbol("n"), x),
    "negative degree": sympy.hermite(-1, x, **UNEVALUATED),
    "gigantic degree": sympy.legendre(10**6, x, **UNEVALUATED),
    "order of harmonic numbers": sympy.harmonic(x, 2),
}


@pytest.mark.parametrize("expression", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_is_left_to_mpmath(expression):
    assert FORMS[type(expression)](*expression.args) is None
    variables = sorted(expression.free_symbols, key=str)
    with pytest.raises(UnsupportedNodeError, match=type(expression).__name__):
        lower(variables, (expression,))


POLYNOMIALS = {
    "legendre": (sympy.legendre, ()),
    "chebyshevt": (sympy.chebyshevt, ()),
    "chebyshevu": (sympy.chebyshevu, ()),
    "hermite": (sympy.hermite, ()),
    "hermite_prob": (sympy.hermite_prob, ()),
    "laguerre": (sympy.laguerre, ()),
    "assoc_laguerre": (sympy.assoc_laguerre, (Rational(3, 2),)),
    "gegenbauer": (sympy.gegenbauer, (Rational(1, 3),)),
    "jacobi": (sympy.jacobi, (Rational(1, 2), Rational(2, 3))),
}


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 9])
@pytest.mark.parametrize(("kind", "parameters"), POLYNOMIALS.values(), ids=POLYNOMIALS)
def test_recurrences_are_the_polynomials(kind, parameters, degree):
    written = FORMS[kind](S(degree), *parameters, x).doit()
    assert sympy.expand(written - kind(degree, *parameters, x)) == 0


@pytest.mark.parametrize(("degree", "order"), [(0, 0), (3, 0), (3, 2), (4, -1), (5, -5), (6, 6)])
def test_associated_legendre_functions(degree, order):
    at = Rational(2, 7)
    written = FORMS[sympy.assoc_legendre](S(degree), S(order), at).doit()
    assert sympy.simplify(written - sympy.assoc_legendre(degree, order, at)) == 0
    assert FORMS[sympy.assoc_legendre](S(2), S(3), at) == 0


def test_forms_name_rows_that_exist():
    found = [
        FORMS[sympy.zeta](x),
        FORMS[sympy.LambertW](x, S(-1)),
        FORMS[sympy.elliptic_e](x),
        FORMS[sympy.elliptic_e](x, x),
        FORMS[sympy.beta](x, x),
        FORMS[sympy.binomial](x, x),
    ]
    for form in found:
        assert isinstance(form, Compiled)
        assert FUNCTIONS[form.name].arity == len(form.operands)


@pytest.mark.parametrize("at", [-2.0, 0.25, 9.75, 10.25, 50.0, 1e6])
def test_slope_of_the_scaled_complementary_error_function(at):
    program, point = _program("erfcx", (at,))
    (value,) = interpret(program, point, 30)
    (slope,) = interpret(differentiate(program, (0,)), point, 30)
    with mpmath.workdps(60):
        exact = mpmath.exp(mpmath.mpf(at) ** 2) * mpmath.erfc(at) if at < 20 else value
        assert abs(value - exact) <= abs(exact) * mpmath.mpf(10) ** -28
        # The integral of the derivative: 1/sqrt(pi) times that of exp(-t**2/4 - x t).
        line = [0, 1 / (1 + abs(at)), 10 / (1 + abs(at)), 60 / (1 + abs(at)) + 60]
        moment = mpmath.quad(lambda t: t * mpmath.exp(-(t**2) / 4 - at * t), line)
        assert abs(slope + moment / mpmath.sqrt(mpmath.pi)) <= abs(slope) * mpmath.mpf(10) ** -15
