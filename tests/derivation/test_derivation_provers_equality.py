"""Equalities: false ones with a counterexample, true ones of the same kinds with their level."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import (
    Abs,
    Derivative,
    Eq,
    Heaviside,
    I,
    Integral,
    Max,
    Min,
    Mod,
    Mul,
    Ne,
    Piecewise,
    Pow,
    Product,
    Rational,
    Sum,
    acos,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    besselj,
    binomial,
    ceiling,
    conjugate,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    factorial,
    floor,
    gamma,
    log,
    oo,
    pi,
    polygamma,
    polylog,
    re,
    sign,
    sin,
    sinc,
    sinh,
    sqrt,
    symbols,
    sympify,
    tan,
    tanh,
)  # fmt: skip

from symnum.derivation.claims import Equality
from symnum.derivation.provers import prove
from symnum.errors import Refuted
from symnum.expressions import Box, Integers, Interval

x, y, z, n, k, t = symbols("x y z n k t")
LINE = Interval(-oo, oo)
POSITIVE = Interval(0, oo, left_open=True)
NONNEGATIVE = Interval(0, oo)
NEGATIVE = Interval(-oo, 0, right_open=True)
UNIT = Interval(0, 1)
BOTH_SIGNS = Interval(-1, 1)
INSIDE = Interval(-1, 1, left_open=True, right_open=True)
BELOW = Interval(-2, -1)
ALL_INTEGERS = Integers()
COUNTING = Integers(0, oo)
TINY = {power: Rational(1, 10**power) for power in (40, 60, 70, 90, 150)}
ONE_AS_QUOTIENT = Mul(x, Pow(x, -1), evaluate=False)
SIGMOID = 1 / (1 + exp(-x))


def box(*domains: Any, where: Any = ()) -> Box:
    names = iter((x, y, z))
    found = {}
    for domain in domains:
        symbol = n if isinstance(domain, Integers) else next(names)
        found[symbol] = domain
    return Box(found, where=where)


# (name, left side, right side, domain)
FALSE: list[tuple[str, Any, Any, Box]] = [
    ("pole that cancels", ONE_AS_QUOTIENT, 1, box(BOTH_SIGNS)),
    ("tiny constant 1e-40", sin(x) + TINY[40], sin(x), box(LINE)),
    ("tiny constant 1e-70", sin(x) + TINY[70], sin(x), box(LINE)),
    ("tiny constant 1e-150", sin(x) + TINY[150], sin(x), box(LINE)),
    ("tiny slope 1e-60", sin(x) + x * TINY[60], sin(x), box(LINE)),
    ("tiny slope beside erf", erf(x) + x * TINY[40], erf(x), box(LINE)),
    ("root of a square on the reals", sqrt(x**2), x, box(LINE)),
    ("maximum, false on a thousandth", Max(x, Rational(1, 1000)), x, box(UNIT)),
    ("maximum of two symbols", Max(x, y / 1000), x, box(UNIT, UNIT)),
    ("maximum far out", Max(x, -(10**9)), x, box(LINE)),
    ("acos of cos beyond pi", acos(cos(x)), x, box(Interval(0, Rational(22, 7)))),
    ("roots of two negatives", sqrt(x * y), sqrt(x) * sqrt(y), box(BELOW, BELOW)),
    ("logarithm of a negative", log(x), log(x), box(Interval(-1, 2))),
    ("logarithm at zero", log(1 + x), log(1 + x), box(Interval(-1, 2))),
    ("logarithm of a square", log(x**2), 2 * log(x), box(BELOW)),
    ("logarithm of a product", log(x * y), log(x) + log(y), box(BELOW, BELOW)),
    ("removable pole at a point", (x**2 - 1) / (x - 1), x + 1, box(Interval(0, 2))),
    ("sine of pi n on the reals", sin(pi * x), 0, box(LINE)),
    ("power of -1 on the reals", (-1) ** (2 * x), 1, box(POSITIVE)),
    ("exponential of a logarithm", exp(log(x), evaluate=False), x, box(BOTH_SIGNS)),
    ("arcus tangents of negatives", atan(x) + atan(1 / x), pi / 2, box(BELOW)),
    ("arcus tangent of 1/0", atan(x) + atan(1 / x), pi / 2, box(UNIT)),
    ("sum of arcus tangents", atan(x) + atan(y), atan((x + y) / (1 - x * y)),
     box(Interval(2, 4), Interval(1, 2))),
    ("atan2 in the left half plane", atan2(y, x), atan(y / x), box(LINE, POSITIVE)),
    ("power of a power", (x**2) ** y, x ** (2 * y), box(LINE, UNIT)),
    ("sine quotient times x", Mul(sin(x) / x, x, evaluate=False), sin(x), box(BOTH_SIGNS)),
    ("piecewise filled wrongly", Piecewise((2, Eq(x, 0)), (sin(x) / x, True)), sinc(x),
     box(BOTH_SIGNS)),
    ("piecewise wrong at one point", Piecewise((1, Ne(x, Rational(1, 3))), (2, True)), 1,
     box(UNIT)),
    ("piecewise undefined at one point", Piecewise((1, x < Rational(1, 3)), (1, x > Rational(1, 3))),
     1, box(UNIT)),
    ("floor at its closed end", floor(x), 0, box(UNIT)),
    ("sign at zero", sign(x), 1, box(UNIT)),
    ("modulus over x at zero", Abs(x) / x, 1, box(UNIT)),
    ("Heaviside at zero", Heaviside(x), 1, box(UNIT)),
    ("tangent across its pole", tan(x), sin(x) / cos(x), box(Interval(0, 3))),
    ("gamma across a pole", gamma(x + 1), x * gamma(x), box(Interval(Rational(-1, 2), 1))),
    ("half angle", sqrt((1 + cos(x)) / 2), cos(x / 2), box(Interval(0, 4))),
    ("conjugate exponential", exp(I * x), cos(x) - I * sin(x), box(LINE)),
    ("nested roots plus 1e-90", sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6)) + TINY[90], box()),
    ("single point", x, 2, box(Interval(1, 1))),
    ("sum of the first n", Sum(k, (k, 1, n)), n * (n - 1) / 2, box(Integers(1, oo))),
    ("geometric sum", Sum(x**k, (k, 0, n)), (1 - x**n) / (1 - x),
     box(Interval(0, 1, right_open=True), COUNTING)),
    ("integral to 15 digits", Integral(1 / (1 + t**2), (t, 0, 1)),
     Rational(785398163397448, 10**15), box()),
    ("derivative without its factor", Derivative(sin(2 * x), x), cos(2 * x), box(LINE)),
    ("Bessel recurrence", besselj(0, x) + besselj(2, x), 2 * besselj(1, x), box(POSITIVE)),
    ("wrong exponent", cos(x) ** 2, 1 - sin(x) ** 3, box(LINE)),
    ("root under a condition", sqrt(x**2 + 2 * x * y + y**2), x + y, box(LINE, LINE, where=[x + y < 0])),
    ("pole on a diagonal", 1 / (x - y), 1 / (x - y), box(LINE, LINE)),
    ("pole of a logarithm", 1 / log(x), 1 / log(x), box(Interval(Rational(1, 2), 2))),
    ("pole at a transcendental point", 1 / (x - cos(x)), 1 / (x - cos(x)), box(UNIT)),
    ("pole at a root of 2", 1 / (x**2 - 2), 1 / (x**2 - 2), box(Interval(0, 2))),
    ("pole at a cube root", 1 / (x**3 - 2), 1 / (x**3 - 2), box(Interval(0, 2))),
    ("exponential of -1/x**2", exp(-1 / x**2), exp(-1 / x**2), box(BOTH_SIGNS)),
    ("quotient of sines", sin(x) / sin(x / 2), 2 * cos(x / 2), box(Interval(0, 7, left_open=True))),
    ("triangle equality", Abs(x + y), Abs(x) + Abs(y), box(LINE, LINE)),
    ("floor of a double", floor(2 * x), 2 * floor(x), box(LINE)),
    ("ceiling from floor", ceiling(x), floor(x) + 1, box(LINE)),
    ("asin of sin on the reals", asin(sin(x)), x, box(LINE)),
    ("atan of tan, next branch", atan(tan(x)), x, box(Interval(2, 4))),
    ("square of a root", sqrt(x) ** 2, -x, box(BELOW)),
    ("cube root of a negative", x ** Rational(1, 3), -((-x) ** Rational(1, 3)), box(BELOW)),
    ("difference of roots", sqrt(x + 1) - sqrt(x), 1 / (2 * sqrt(x + 1)), box(POSITIVE)),
    ("cancelled symbol", x + y - x, -y, box(LINE, LINE)),
    ("binomial shifted", binomial(n + 1, 2), n * (n - 1) / 2, box(COUNTING)),
    ("equality under a sum condition", x + y + z, Rational(99, 100),
     box(POSITIVE, POSITIVE, POSITIVE, where=[Eq(x + y + z, 1)])),
]  # fmt: skip

# (name, left side, right side, domain, level)
TRUE: list[tuple[str, Any, Any, Box, str]] = [
    ("pole outside the domain", ONE_AS_QUOTIENT, 1, box(Interval(1, 2)), "exact"),
    ("root of a square", sqrt(x**2), x, box(UNIT), "exact"),
    ("maximum where it is one branch", Max(x, Rational(1, 1000)), x,
     box(Interval(Rational(1, 1000), 1)), "exact"),
    ("acos of cos", acos(cos(x)), x, box(Interval(Rational(1, 10), 3)), "exact"),
    ("acos of cos to its end", acos(cos(x)), x, box(Interval(0, pi)), "exact"),
    ("roots of two negatives", sqrt(x * y), sqrt(-x) * sqrt(-y), box(BELOW, BELOW), "exact"),
    ("logarithm of a square", log(x**2), 2 * log(x), box(POSITIVE), "exact"),
    ("logarithm of a product", log(x * y), log(x) + log(y), box(POSITIVE, POSITIVE), "exact"),
    ("quotient beyond its pole", (x**2 - 1) / (x - 1), x + 1, box(Interval(2, 3)), "exact"),
    ("sine of pi n", sin(pi * n), 0, box(ALL_INTEGERS), "exact"),
    ("power of -1", (-1) ** (2 * n), 1, box(ALL_INTEGERS), "exact"),
    ("squared sine of half turns", sin(pi * n / 2) ** 2, (1 - (-1) ** n) / 2, box(COUNTING),
     "exact"),
    ("finite enumeration", sin(pi * n / 2) ** 2, (1 - (-1) ** n) / 2, box(Integers(0, 9)), "exact"),
    ("exponential of a logarithm", exp(log(x), evaluate=False), x, box(POSITIVE), "exact"),
    ("arcus tangents", atan(x) + atan(1 / x), pi / 2, box(POSITIVE), "exact"),
    ("arcus tangents of negatives", atan(x) + atan(1 / x), -pi / 2, box(NEGATIVE), "exact"),
    ("sum of arcus tangents", atan(x) + atan(y), atan((x + y) / (1 - x * y)),
     box(Interval(0, Rational(1, 2)), Interval(0, Rational(1, 2))), "exact"),
    ("Machin", 4 * atan(Rational(1, 5)) - atan(Rational(1, 239)), pi / 4, box(), "exact"),
    ("atan2 in the right half plane", atan2(y, x), atan(y / x), box(POSITIVE, LINE), "exact"),
    ("atan2 by the half angle", atan2(y, x), 2 * atan(y / (sqrt(x**2 + y**2) + x)),
     box(POSITIVE, LINE), "exact"),
    ("power of a power", (x**y) ** z, x ** (y * z), box(POSITIVE, LINE, LINE), "exact"),
    ("piecewise filled", Piecewise((1, Eq(x, 0)), (sin(x) / x, True)), sinc(x), box(BOTH_SIGNS),
     "exact"),
    ("piecewise modulus", Piecewise((x, x > 0), (-x, True)), Abs(x), box(LINE), "exact"),
    ("symbol that cancels", x - x + y, y, box(LINE, LINE), "exact"),
    ("floor inside", floor(x), 0, box(Interval(0, 1, right_open=True)), "exact"),
    ("Hermite", floor(x) + floor(x + Rational(1, 2)), floor(2 * x), box(LINE), "exact"),
    ("fraction", x - floor(x), Mod(x, 1), box(LINE), "exact"),
    ("sign times x", x * sign(x), Abs(x), box(LINE), "exact"),
    ("signs multiply", sign(x) * sign(y), sign(x * y), box(LINE, LINE), "exact"),
    ("Heaviside", Heaviside(x) + Heaviside(-x), 1, box(LINE), "exact"),
    ("maximum plus minimum", Max(x, y) + Min(x, y), x + y, box(LINE, LINE), "exact"),
    ("maximum by modulus", Max(x, y), (x + y + Abs(x - y)) / 2, box(LINE, LINE), "exact"),
    ("sum of moduli", Abs(x) + Abs(y), Max(Abs(x + y), Abs(x - y)), box(LINE, LINE), "exact"),
    ("tangent to its pole", tan(x), sin(x) / cos(x), box(Interval(0, pi / 2, right_open=True)),
     "exact"),
    ("gamma", gamma(x + 1), x * gamma(x), box(POSITIVE), "exact"),
    ("gamma between poles", gamma(x + 1), x * gamma(x),
     box(Interval(Rational(-3, 4), Rational(-1, 4))), "exact"),
    ("reflection", gamma(x) * gamma(1 - x), pi / sin(pi * x),
     box(Interval(0, 1, left_open=True, right_open=True)), "exact"),
    ("digamma", polygamma(0, x + 1), polygamma(0, x) + 1 / x, box(POSITIVE), "exact"),
    ("half angle", sqrt((1 + cos(x)) / 2), cos(x / 2), box(Interval(0, 3)), "exact"),
    ("modulus of the sine", sqrt(1 - cos(x) ** 2), Abs(sin(x)), box(LINE), "exact"),
    ("Euler", exp(I * x), cos(x) + I * sin(x), box(LINE), "exact"),
    ("modulus of a chord", Abs(exp(I * x) + 1) ** 2, 2 + 2 * cos(x), box(LINE), "exact"),
    ("conjugate", conjugate(exp(I * x)) * exp(I * x), 1, box(LINE), "exact"),
    ("real part", re(1 / (1 + I * x)), 1 / (1 + x**2), box(LINE), "exact"),
    ("nested roots", sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6)), box(), "exact"),
    ("nested roots with a symbol", sqrt(x + sqrt(x**2 - 1)), (sqrt(x + 1) + sqrt(x - 1)) / sqrt(2),
     box(Interval(1, oo)), "exact"),
    ("cosines of sevenths", cos(pi / 7) * cos(2 * pi / 7) * cos(3 * pi / 7), Rational(1, 8), box(),
     "exact"),
    ("single point", x, 1, box(Interval(1, 1)), "exact"),
    ("sum of the first n", Sum(k, (k, 1, n)), n * (n + 1) / 2, box(Integers(1, oo)), "exact"),
    ("sum of cubes", Sum(k**3, (k, 1, n)), (n * (n + 1) / 2) ** 2, box(Integers(1, oo)), "exact"),
    ("telescoping sum", Sum(1 / (k * (k + 1)), (k, 1, n)), n / (n + 1), box(Integers(1, oo)),
     "exact"),
    ("telescoping product", Product(1 - 1 / k**2, (k, 2, n)), (n + 1) / (2 * n),
     box(Integers(2, oo)), "exact"),
    ("geometric sum", Sum(x**k, (k, 0, n)), (1 - x ** (n + 1)) / (1 - x),
     box(Interval(0, 1, right_open=True), COUNTING), "exact"),
    ("geometric series", Sum(x**k, (k, 0, oo)), 1 / (1 - x), box(Interval(0, Rational(9, 10))),
     "exact"),
    ("exponential series", Sum(x**k / factorial(k), (k, 0, oo)), exp(x), box(LINE), "exact"),
    ("integral of a Gaussian", Integral(exp(-(t**2)), (t, 0, x)), sqrt(pi) / 2 * erf(x), box(LINE),
     "exact"),
    ("whole Gaussian", Integral(exp(-x * t**2), (t, -oo, oo)), sqrt(pi / x), box(POSITIVE), "exact"),
    ("second moment", Integral(t**2 * exp(-x * t**2), (t, -oo, oo)), sqrt(pi / x) / (2 * x),
     box(POSITIVE), "exact"),
    ("gamma integral", Integral(t ** (x - 1) * exp(-t), (t, 0, oo)), gamma(x), box(Interval(1, 5)),
     "exact"),
    ("integral of a power", Integral(t**x, (t, 0, 1)), 1 / (x + 1), box(Interval(0, 5)), "exact"),
    ("improper integral", Integral(log(t), (t, 0, 1)), -1, box(), "exact"),
    ("derivative", Derivative(x**x, x), x**x * (log(x) + 1), box(POSITIVE), "exact"),
    ("reflection of the dilogarithm", polylog(2, x) + polylog(2, 1 - x),
     pi**2 / 6 - log(x) * log(1 - x), box(Interval(0, 1, left_open=True, right_open=True)), "exact"),
    ("Bessel recurrence", besselj(0, x) + besselj(2, x), 2 * besselj(1, x) / x, box(POSITIVE),
     "exact"),
    ("Bessel with symbolic order", besselj(n - 1, x) + besselj(n + 1, x),
     2 * n * besselj(n, x) / x, box(POSITIVE, COUNTING), "exact"),
    ("root under a condition", sqrt(x**2 + 2 * x * y + y**2), -x - y,
     box(LINE, LINE, where=[x + y < 0]), "exact"),
    ("equality under a sum condition", x + y + z, 1,
     box(POSITIVE, POSITIVE, POSITIVE, where=[Eq(x + y + z, 1)]), "exact"),
    ("pole excluded by a condition", (x**2 - y**2) / (x - y), x + y, box(LINE, LINE, where=[x > y]),
     "exact"),
    ("pole of a logarithm at an open end", 1 / log(x), 1 / log(x),
     box(Interval(1, 2, left_open=True)), "exact"),
    ("pole of expm1 at an open end", 1 / (exp(x) - 1), exp(-x) / (1 - exp(-x)), box(POSITIVE),
     "exact"),
    ("quotient of sines", sin(x) / sin(x / 2), 2 * cos(x / 2), box(Interval(0, pi, left_open=True)),
     "exact"),
    ("softplus", log(1 + exp(x)) - log(1 + exp(-x)), x, box(LINE), "exact"),
    ("slope of the sigmoid", SIGMOID * (1 - SIGMOID), Derivative(SIGMOID, x), box(LINE), "exact"),
    ("hyperbolic", cosh(x) ** 2 - sinh(x) ** 2, 1, box(LINE), "exact"),
    ("inverse hyperbolic", asinh(x), -log(sqrt(x**2 + 1) - x), box(LINE), "exact"),
    ("area tangent", atanh(x), log((1 + x) / (1 - x)) / 2, box(INSIDE), "exact"),
    ("Gudermann", atan(sinh(x)), asin(tanh(x)), box(LINE), "exact"),
    ("complementary angles", asin(x) + acos(x), pi / 2, box(BOTH_SIGNS), "exact"),
    ("arcus sine by tangent", asin(x), atan(x / sqrt(1 - x**2)), box(INSIDE), "exact"),
    ("double arcus tangent", 2 * atan(x), asin(2 * x / (1 + x**2)), box(BOTH_SIGNS), "exact"),
    ("moduli multiply", Abs(x * y), Abs(x) * Abs(y), box(LINE, LINE), "exact"),
    ("moduli of positives", Abs(x + y), Abs(x) + Abs(y), box(POSITIVE, POSITIVE), "exact"),
    ("ceiling", ceiling(x), -floor(-x), box(LINE), "exact"),
    ("asin of sin", asin(sin(x)), pi - x, box(Interval(pi / 2, pi)), "exact"),
    ("atan of tan, next branch", atan(tan(x)), x - pi, box(Interval(2, 4)), "exact"),
    ("conjugate roots", sqrt(x + 1) - sqrt(x), 1 / (sqrt(x + 1) + sqrt(x)), box(NONNEGATIVE),
     "exact"),
    ("error function", erf(-x) + erfc(x), 1 - 2 * erf(x), box(LINE), "exact"),
    ("binomial", binomial(n + 1, 2), n * (n + 1) / 2, box(COUNTING), "exact"),
    ("factorial", factorial(n + 1), (n + 1) * factorial(n), box(COUNTING), "exact"),
    ("symbolic power of 2", 2 ** (n + 1), 2 * 2**n, box(COUNTING), "exact"),
    ("roots of unity", 1 + exp(2 * I * pi / 5) + exp(4 * I * pi / 5) + exp(6 * I * pi / 5)
     + exp(8 * I * pi / 5), 0, box(), "exact"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lhs", "rhs", "domain"), [row[1:] for row in FALSE], ids=[row[0] for row in FALSE]
)
def test_false_equality_is_refuted(lhs: Any, rhs: Any, domain: Box) -> None:
    with pytest.raises(Refuted) as caught:
        prove(Equality(sympify(lhs), sympify(rhs)), domain)
    if domain.symbols:
        assert domain.contains(caught.value.point)


@pytest.mark.parametrize(
    ("lhs", "rhs", "domain", "level"), [row[1:] for row in TRUE], ids=[row[0] for row in TRUE]
)
def test_true_equality_is_proved(lhs: Any, rhs: Any, domain: Box, level: str) -> None:
    evidence = prove(Equality(sympify(lhs), sympify(rhs)), domain)
    assert evidence.level == level
    assert evidence.method
    # Expanded in exact arithmetic, a rational identity needs no look at points.
    assert {"random points", "reduced to 0"} & dict(evidence.details).keys()
