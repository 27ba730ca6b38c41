"""Special functions in compiled kernels, against the reference, with their derivatives.

The measure is |error| <= 1e-12 (|f| + sum of |x df/dx|): what an error of 1e-12 in the arguments
and the result would do.
"""

from __future__ import annotations

import json
import math
import random
import warnings
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, symbols

import symnum as sn
from symnum.errors import FallbackWarning
from symnum.reference import Reference

x, y, z, m, s = symbols("x y z m s")
a = symbols("a", positive=True)

LIMIT = 1e-12
UNEVALUATED = {"evaluate": False}


def lin(low, high):
    return lambda rng: rng.uniform(low, high)


def log(low, high):
    return lambda rng: math.exp(rng.uniform(math.log(low), math.log(high)))


def both_signs(low, high):
    return lambda rng: rng.choice([-1, 1]) * log(low, high)(rng)


def after(start, low, high):
    return lambda rng: start + log(low, high)(rng)


def half_integers(low, high):
    return lambda rng: rng.randint(low, high) + 0.5


# Expression and one range for each of its symbols, in the order of their names.
VALUES = {
    "gamma": (sympy.gamma(x), lin(-20, 170)),
    "loggamma": (sympy.loggamma(x), log(1e-5, 1e6)),
    "digamma": (sympy.digamma(x), lin(-20, 50)),
    "polygamma 1": (sympy.polygamma(1, x), log(1e-3, 1e6)),
    "polygamma 2, negative": (sympy.polygamma(2, x), lin(-30, 0)),
    "polygamma 3, at half integers": (sympy.polygamma(3, x), half_integers(-30, 0)),
    "trigamma": (sympy.trigamma(x), lin(-5, 5)),
    "beta": (sympy.beta(x, y), log(1e-2, 1e5), log(1e-2, 1e4)),
    "beta, negative": (sympy.beta(x, y), lin(-3, 3), lin(-3, 3)),
    "beta, both large": (sympy.beta(x, y), log(20, 100), log(20, 100)),
    "binomial": (sympy.binomial(x, y), lin(0, 40), lin(0, 40)),
    "binomial, large": (sympy.binomial(x, y), log(48, 1e7), lin(0, 20)),
    "binomial, few of many": (sympy.binomial(x, 5), lin(-5, 30)),
    "rising factorial": (sympy.rf(x, y), lin(0.1, 20), lin(0, 20)),
    "rising factorial, large": (sympy.rf(x, y), log(20, 1e7), lin(-3, 10)),
    "falling factorial": (sympy.ff(x, y), lin(20, 40), lin(0, 15)),
    "factorial": (sympy.factorial(x), lin(-5, 20)),
    "harmonic": (sympy.harmonic(x), log(1e-9, 1e5)),
    "upper gamma": (sympy.uppergamma(Rational(23, 10), x), log(1e-3, 690)),
    "upper gamma, large order": (sympy.uppergamma(Rational(1503, 10), x), log(1, 1500)),
    "upper gamma, two arguments": (sympy.uppergamma(a, x), log(0.1, 170), log(1e-3, 600)),
    "upper gamma, any order": (sympy.uppergamma(y, x), log(1e-4, 100), lin(-9, 9)),
    "upper gamma, negative order": (sympy.uppergamma(Rational(-13, 10), x), log(1e-4, 100)),
    "lower gamma, any order": (sympy.lowergamma(y, x), log(1e-4, 100), lin(-9, 9)),
    "lower gamma": (sympy.lowergamma(Rational(23, 10), x), log(1e-3, 690)),
    "lower gamma, large order": (sympy.lowergamma(Rational(1503, 10), x), log(1e-2, 1500)),
    "erf": (sympy.erf(x), both_signs(1e-8, 5)),
    "erfc": (sympy.erfc(x), lin(-5, 25)),
    "erfi": (sympy.erfi(x), both_signs(1e-8, 20)),
    "erf2": (sympy.erf2(x, y), lin(-4, 4), lin(-4, 4)),
    "erfinv": (sympy.erfinv(x), lin(-1, 1)),
    "erfcinv": (sympy.erfcinv(x), lin(0, 2)),
    "besselj 0": (sympy.besselj(0, x), lin(-100, 100)),
    "besselj 1": (sympy.besselj(1, x), log(1e-6, 1e4)),
    "besselj -2": (sympy.besselj(-2, x), lin(-30, 30)),
    "besselj 1/3": (sympy.besselj(Rational(1, 3), x), log(1e-6, 1e3)),
    "bessely 0": (sympy.bessely(0, x), log(1e-3, 1e3)),
    "bessely 2.3": (sympy.bessely(2.3, x), log(1e-3, 1e3)),
    "besseli 1": (sympy.besseli(1, x), lin(-50, 50)),
    "besseli -1/2": (sympy.besseli(-Rational(1, 2), x), log(1e-6, 600)),
    "besselk 0": (sympy.besselk(0, x), log(1e-3, 600)),
    "besselk 5": (sympy.besselk(5, x), log(1e-3, 600)),
    "jn 2": (sympy.jn(2, x), both_signs(1e-5, 100)),
    "jn 0": (sympy.jn(0, x), both_signs(1e-5, 100)),
    "jn 1/3": (sympy.jn(Rational(1, 3), x), log(1e-3, 100)),
    "yn 1": (sympy.yn(1, x), both_signs(1e-2, 100)),
    "yn -3": (sympy.yn(-3, x), both_signs(1e-2, 100)),
    "airyai": (sympy.airyai(x), lin(-30, 103)),
    "airybi": (sympy.airybi(x), lin(-30, 103)),
    "airyai, far left": (sympy.airyai(x), lambda rng: -log(5e4, 1e7)(rng)),
    "airybi, far left": (sympy.airybi(x), lambda rng: -log(5e4, 1e7)(rng)),
    "Ei": (sympy.Ei(x), both_signs(1e-8, 600)),
    "expint 1": (sympy.expint(1, x), log(1e-8, 600)),
    "expint 7": (sympy.expint(7, x), log(1e-8, 600)),
    "expint -3": (sympy.expint(-3, x, **UNEVALUATED), both_signs(1e-3, 50)),
    "li": (sympy.li(x), log(1e-5, 1e10)),
    "Li": (sympy.Li(x), log(1.01, 1e10)),
    "Si": (sympy.Si(x), both_signs(1e-6, 100)),
    "Ci": (sympy.Ci(x), log(1e-6, 100)),
    "Shi": (sympy.Shi(x), both_signs(1e-6, 100)),
    "Chi": (sympy.Chi(x), log(1e-6, 100)),
    "fresnels": (sympy.fresnels(x), both_signs(1e-3, 100)),
    "fresnelc": (sympy.fresnelc(x), both_signs(1e-3, 100)),
    "elliptic_k": (sympy.elliptic_k(x), lin(-5, 1)),
    "elliptic_k, small": (sympy.elliptic_k(x), both_signs(1e-9, 0.5)),
    "elliptic_e": (sympy.elliptic_e(x), lin(-5, 1)),
    "elliptic_e, small": (sympy.elliptic_e(x), both_signs(1e-9, 0.5)),
    "elliptic_f, many periods": (sympy.elliptic_f(z, m), lin(-5, 0.9), lin(-9, 9)),
    "elliptic_f, beyond one": (sympy.elliptic_f(z, m), lin(1, 4), lin(-0.4, 0.4)),
    "elliptic_e, many periods": (sympy.elliptic_e(z, m), lin(-5, 0.9), lin(-9, 9)),
    "elliptic_e, beyond one": (sympy.elliptic_e(z, m), lin(1, 4), lin(-0.4, 0.4)),
    "elliptic_f, small": (sympy.elliptic_f(z, m), both_signs(1e-9, 0.1), both_signs(1e-6, 1)),
    "zeta": (sympy.zeta(x), lin(1.01, 50)),
    "zeta, left": (sympy.zeta(x), lin(-25, 1)),
    "zeta of two": (sympy.zeta(3, x), log(1e-2, 1e4)),
    "LambertW": (sympy.LambertW(x), log(1e-3, 1e308)),
    "LambertW, around 0": (sympy.LambertW(x), both_signs(1e-300, 0.36)),
    "LambertW, branch point": (sympy.LambertW(x), after(-math.exp(-1), 1e-15, 0.3)),
    "LambertW, lower": (sympy.LambertW(x, -1), lambda rng: -log(1e-300, 0.36)(rng)),
    "LambertW, lower, branch point": (sympy.LambertW(x, -1), after(-math.exp(-1), 1e-15, 0.3)),
    "legendre": (sympy.legendre(30, x, **UNEVALUATED), lin(-1, 1)),
    "chebyshevt": (sympy.chebyshevt(40, x, **UNEVALUATED), lin(-1, 1)),
    "chebyshevu": (sympy.chebyshevu(7, x, **UNEVALUATED), lin(-1, 1)),
    "hermite": (sympy.hermite(12, x, **UNEVALUATED), lin(-5, 5)),
    "hermite_prob": (sympy.hermite_prob(9, x, **UNEVALUATED), lin(-5, 5)),
    "laguerre": (sympy.laguerre(15, x, **UNEVALUATED), lin(0, 20)),
    "gegenbauer": (sympy.gegenbauer(8, y, x, **UNEVALUATED), lin(-1, 1), lin(0.1, 3)),
    "jacobi": (sympy.jacobi(6, y, z, x, **UNEVALUATED), lin(-1, 1), lin(0, 3), lin(0, 3)),
    "assoc_legendre": (sympy.assoc_legendre(5, 2, x, **UNEVALUATED), lin(-1, 1)),
    "assoc_legendre, negative": (sympy.assoc_legendre(4, -3, x, **UNEVALUATED), lin(-1, 1)),
}  # fmt: skip

# SymPy's own derivative in a parameter is missing or another one.
DIFFERENTIATED_BY = {
    "upper gamma, two arguments": [x],
    "upper gamma, any order": [x],
    "lower gamma, any order": [x],
    "gegenbauer": [x],
    "jacobi": [x],
}


def _variables(expression):
    return sorted(expression.free_symbols, key=lambda symbol: symbol.name)


def _assert_accurate(name, kernels, expressions, variables, points):
    """Compare kernels with expressions, which may be derivatives, at some points."""
    for kernel, expression in zip(kernels, expressions, strict=True):
        value = Reference(variables, expression)
        slopes = [Reference(variables, expression.diff(symbol)) for symbol in variables]
        results = kernel(*points.T)
        for point, result in zip(points.tolist(), results.tolist(), strict=True):
            exact = value.value(point, 20)
            if mpmath.im(exact) != 0 or not mpmath.isfinite(exact) or abs(exact) > 1.7e308:
                assert not math.isfinite(result), (name, expression, point, result)
                continue
            error = abs(result - exact)
            if error <= LIMIT / 10 * abs(exact):
                continue
            condition = abs(exact)
            for number, slope in zip(point, slopes, strict=True):
                change = abs(slope.value(point, 5) * number)
                condition += change if mpmath.isfinite(change) else 0
            assert error <= LIMIT * condition + 1e-307, (name, expression, point, result, exact)


@pytest.mark.parametrize("name", VALUES)
def test_values_and_slopes(name):
    expression, *ranges = VALUES[name]
    variables = _variables(expression)
    rng = random.Random(name)
    points = np.array([[draw(rng) for draw in ranges] for _ in range(5)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kernel = sn.lambdify(variables, expression)
        by = DIFFERENTIATED_BY.get(name, variables)
        kernels = [kernel, *(kernel.diff(symbol) for symbol in by)]
    expressions = [expression, *(expression.diff(symbol) for symbol in by)]
    _assert_accurate(name, kernels, expressions, variables, points)


SECOND = {
    name: VALUES[name]
    for name in (
        "gamma",
        "erfinv",
        "besselj 0",
        "besselk 5",
        "jn 2",
        "airyai",
        "Si",
        "Shi",
        "elliptic_k, small",
        "elliptic_e, small",
        "elliptic_k",
        "elliptic_e",
        "expint 7",
        "LambertW, lower",
    )
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivatives(name):
    expression, *ranges = SECOND[name]
    variables = _variables(expression)
    rng = random.Random(name)
    points = np.array([[draw(rng) for draw in ranges] for _ in range(4)])
    kernel = sn.lambdify(variables, expression).diff(x, 2)
    _assert_accurate(name, [kernel], [expression.diff(x, 2)], variables, points)


# ------------------------------------------------------------------ the table of reference values

FILE = Path(__file__).parents[1] / "data" / "kernels_special.json"
TABLE = json.loads(FILE.read_text())
BY_MPMATH = {"hyper([1,2],[3],x)", "polylog(2,x)"}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["expr"])
def test_table(row):
    expression = sympy.sympify(row["expr"], {"zeta": sympy.zeta, "beta": sympy.beta})
    variables = [sympy.Symbol(name) for name in row["args"]]
    slow = row["expr"] in BY_MPMATH
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kernel = sn.lambdify(variables, expression)
        slopes = [kernel.diff(symbol) for symbol in variables]
    assert [entry.category for entry in caught] == [FallbackWarning] * (len(slopes) + 1) * slow
    points = np.array([[float.fromhex(number) for number in at["at"]] for at in row["points"]])
    for result, at in zip(kernel(*points.T).tolist(), row["points"], strict=True):
        exact = mpmath.mpf(at["value"])
        slope = sum(
            abs(float.fromhex(number) * derivative(*map(float.fromhex, at["at"])))
            for number, derivative in zip(at["at"], slopes, strict=True)
        )
        assert abs(result - exact) <= row["limit_relative"] * (abs(exact) + slope)
    derived = [expression.diff(symbol) for symbol in variables]
    _assert_accurate(row["expr"], slopes, derived, variables, points[:3])


# ------------------------------------------------------------------ poles, ends and other places

NAN, INF = math.nan, math.inf
EDGES = {
    "gamma at a pole": (sympy.gamma(x), -2.0, NAN),
    "gamma at infinity": (sympy.gamma(x), INF, INF),
    "loggamma at 0": (sympy.loggamma(x), 0.0, INF),
    "loggamma left of 0": (sympy.loggamma(x), -0.5, NAN),
    "digamma at a pole": (sympy.digamma(x), -3.0, NAN),
    "polygamma at a pole": (sympy.polygamma(1, x), -3.0, INF),
    "polygamma at infinity": (sympy.polygamma(2, x), INF, 0.0),
    "beta at infinity": (sympy.beta(x, Rational(5, 2)), INF, 0.0),
    "beta far out": (sympy.beta(x, Rational(5, 2)), 1e300, 0.0),
    "harmonic at infinity": (sympy.harmonic(x), INF, INF),
    "harmonic at 0": (sympy.harmonic(x), 0.0, 0.0),
    "binomial below": (sympy.binomial(x, -2), 5.0, 0.0),
    "binomial of an integer": (sympy.binomial(x, 3), 2.0, 0.0),
    "upper gamma at 0": (sympy.uppergamma(2.5, x), 0.0, math.gamma(2.5)),
    "upper gamma at infinity": (sympy.uppergamma(2.5, x), INF, 0.0),
    "upper gamma left of 0": (sympy.uppergamma(2.3, x), -1.0, NAN),
    "upper gamma of a negative order at 0": (sympy.uppergamma(-1.5, x), 0.0, INF),
    "upper gamma of a negative order at infinity": (sympy.uppergamma(-1.5, x), INF, 0.0),
    "upper gamma of a negative order left of 0": (sympy.uppergamma(-0.3, x), -1.0, NAN),
    "lower gamma at infinity": (sympy.lowergamma(2.5, x), INF, math.gamma(2.5)),
    "besselj at 0": (sympy.besselj(0, x), 0.0, 1.0),
    "besselj of a fraction left of 0": (sympy.besselj(Rational(1, 3), x), -1.0, NAN),
    "besselj of a fraction at 0": (sympy.besselj(Rational(1, 3), x), 0.0, 0.0),
    "bessely at 0": (sympy.bessely(0, x), 0.0, -INF),
    "bessely left of 0": (sympy.bessely(1, x), -1.0, NAN),
    "besselk at 0": (sympy.besselk(1, x), 0.0, INF),
    "besselk at infinity": (sympy.besselk(0, x), INF, 0.0),
    "besselk left of 0": (sympy.besselk(0, x), -1.0, NAN),
    "besseli of a subnormal": (sympy.besseli(2.5, x), 5e-324, 0.0),
    "jn at 0": (sympy.jn(0, x), 0.0, 1.0),
    "jn 1 at 0": (sympy.jn(1, x), 0.0, 0.0),
    "jn 1 of a subnormal": (sympy.jn(1, x), 3e-310, 1e-310),
    "airyai at infinity": (sympy.airyai(x), INF, 0.0),
    "airyai at minus infinity": (sympy.airyai(x), -INF, 0.0),
    "airybi overflows": (sympy.airybi(x), 200.0, INF),
    "airybiprime at minus infinity": (sympy.airybiprime(x), -INF, NAN),
    "Ei at 0": (sympy.Ei(x), 0.0, -INF),
    "li at 1": (sympy.li(x), 1.0, -INF),
    "li left of 0": (sympy.li(x), -1.0, NAN),
    "Ci at 0": (sympy.Ci(x), 0.0, -INF),
    "Ci left of 0": (sympy.Ci(x), -1.0, NAN),
    "Chi left of 0": (sympy.Chi(x), -1.0, NAN),
    "Si at infinity": (sympy.Si(x), INF, math.pi / 2),
    "expint at 0": (sympy.expint(3, x), 0.0, 0.5),
    "expint 1 at 0": (sympy.expint(1, x), 0.0, INF),
    "expint left of 0": (sympy.expint(1, x), -1.0, NAN),
    "expint 5 left of 0": (sympy.expint(5, x), -1.0, NAN),
    "fresnels at infinity": (sympy.fresnels(x), -INF, -0.5),
    "fresnelc far out": (sympy.fresnelc(x), 1e300, 0.5),
    "erfinv at 1": (sympy.erfinv(x), 1.0, INF),
    "erfinv beyond 1": (sympy.erfinv(x), 1.5, NAN),
    "erfcinv at 0": (sympy.erfcinv(x), 0.0, INF),
    "elliptic_k at 1": (sympy.elliptic_k(x), 1.0, INF),
    "elliptic_k beyond 1": (sympy.elliptic_k(x), 1.5, NAN),
    "elliptic_e at 1": (sympy.elliptic_e(x), 1.0, 1.0),
    "elliptic_f off the real line": (sympy.elliptic_f(1, x), 3.0, NAN),
    "zeta at 1": (sympy.zeta(x), 1.0, INF),
    "zeta at 0": (sympy.zeta(x), 0.0, -0.5),
    "zeta at infinity": (sympy.zeta(x), INF, 1.0),
    "LambertW at 0": (sympy.LambertW(x), 0.0, 0.0),
    "LambertW at infinity": (sympy.LambertW(x), INF, INF),
    "LambertW off the real line": (sympy.LambertW(x), -0.5, NAN),
    "LambertW next to the branch point": (sympy.LambertW(x), -0.36787944117144233, NAN),
    "lower LambertW at 0": (sympy.LambertW(x, -1), 0.0, -INF),
    "lower LambertW of a positive number": (sympy.LambertW(x, -1), 0.5, NAN),
    "lower LambertW of a subnormal": (sympy.LambertW(x, -1), -5e-324, -751.0615595398790),
    "Heaviside at 0": (sympy.Heaviside(x), 0.0, 0.5),
    "sinc at 0": (sympy.sinc(x), 0.0, 1.0),
    "frac": (sympy.frac(x), -0.25, 0.75),
}


@pytest.mark.parametrize(("expression", "at", "expected"), EDGES.values(), ids=EDGES)
def test_edges(expression, at, expected):
    kernel = sn.lambdify(x, expression)
    result = kernel(np.array([at, NAN]))
    assert result[0] == pytest.approx(expected, rel=4e-15, abs=0, nan_ok=True)
    assert math.isnan(result[1]) or expression == 0


SLOPES = {
    "LambertW": (sympy.LambertW(x), 0.0, 1.0),
    "Si": (sympy.Si(x), 0.0, 1.0),
    "Shi": (sympy.Shi(x), 0.0, 1.0),
    "jn 1": (sympy.jn(1, x), 0.0, 1 / 3),
    "besselj 1": (sympy.besselj(1, x), 0.0, 0.5),
    "elliptic_k": (sympy.elliptic_k(x), 0.0, math.pi / 8),
    "elliptic_e": (sympy.elliptic_e(x), 0.0, -math.pi / 8),
    "elliptic_f in m": (sympy.elliptic_f(1, x), 0.0, (2 - math.sin(2)) / 8),
    "harmonic": (sympy.harmonic(x), 0.0, math.pi**2 / 6),
    "fresnels": (sympy.fresnels(x), 0.0, 0.0),
    "erfinv": (sympy.erfinv(x), 0.0, math.sqrt(math.pi) / 2),
    "binomial at a zero": (sympy.binomial(x, 3), 2.0, 1 / 3),
}


@pytest.mark.parametrize(("expression", "at", "expected"), SLOPES.values(), ids=SLOPES)
def test_slopes_at_removable_points(expression, at, expected):
    assert sn.lambdify(x, expression).diff(x)(at) == pytest.approx(expected, rel=4e-15, abs=1e-300)


def test_a_branch_that_is_not_taken_does_no_harm():
    safe = sympy.Piecewise((sympy.loggamma(x), x > 0), (sympy.besselj(0, x), True))
    kernel = sn.lambdify(x, safe)
    assert kernel(-1.0) == pytest.approx(0.7651976865579666, rel=1e-15)
    assert kernel.diff(x)(-1.0) == pytest.approx(0.4400505857449335, rel=1e-14)


def test_results_do_not_depend_on_the_place():
    kernel = sn.lambdify(x, sympy.besselj(Rational(1, 3), x) * sympy.LambertW(x))
    points = np.linspace(0.1, 30, 41)
    whole = kernel(points)
    for count in (1, 3, 7, 8, 9, 16, 17, 40):
        np.testing.assert_array_equal(kernel(points[:count]), whole[:count])
    assert [kernel(number) for number in points.tolist()] == whole.tolist()


SINGLE = {
    "besselj": sympy.besselj(0, x),
    "gamma": sympy.gamma(x),
    "polygamma": sympy.polygamma(2, x),
    "LambertW": sympy.LambertW(x),
    "beta": sympy.beta(x, Rational(5, 2)),
    "zeta": sympy.zeta(x + 1),
    "airyai": sympy.airyai(x),
    "elliptic_k": sympy.elliptic_k(-x),
}


@pytest.mark.parametrize("expression", SINGLE.values(), ids=SINGLE)
def test_single_precision(expression):
    kernel = sn.lambdify(x, expression, dtype="float32")
    points = np.linspace(0.3, 9, 23, dtype=np.float32)
    results = kernel(points)
    assert results.dtype == np.float32
    value, slope = Reference([x], expression), Reference([x], expression.diff(x))
    for point, result in zip(points.tolist(), results.tolist(), strict=True):
        exact = value.value([point], 20)
        change = abs(slope.value([point], 5) * point)
        allowed = 3 * abs(float(np.spacing(np.float32(exact)))) + 8 * 2.0**-24 * (
            abs(exact) + change
        )
        assert abs(result - exact) <= allowed
