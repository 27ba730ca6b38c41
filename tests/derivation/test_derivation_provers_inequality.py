"""Inequalities and approximations: false ones with a counterexample, true ones with their level."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from sympy import (
    Abs,
    E,
    Eq,
    Max,
    Min,
    Piecewise,
    Rational,
    atan,
    cos,
    cosh,
    erf,
    exp,
    factorial,
    floor,
    log,
    oo,
    pi,
    sin,
    sqrt,
    symbols,
    sympify,
    tan,
    tanh,
)  # fmt: skip

from symnum.derivation.claims import Approximation, Inequality
from symnum.derivation.provers import prove
from symnum.errors import Refuted
from symnum.expressions import Box, Integers, Interval

x, y, z, w, n, k = symbols("x y z w n k")
LINE = Interval(-oo, oo)
POSITIVE = Interval(0, oo, left_open=True)
NONNEGATIVE = Interval(0, oo)
UNIT = Interval(0, 1)
BOTH_SIGNS = Interval(-1, 1)
OPEN_UNIT = Interval(0, 1, left_open=True, right_open=True)
SOFTPLUS = log(1 + exp(x))
SIGMOID = 1 / (1 + exp(-x))


def box(*domains: Any, where: Any = ()) -> Box:
    names = iter((x, y, z, w))
    found = {}
    for domain in domains:
        symbol = n if isinstance(domain, Integers) else next(names)
        found[symbol] = domain
    return Box(found, where=where)


def bound(lhs: Any, rhs: Any, size: Any) -> tuple[Any, Any, Any]:
    return (lhs, rhs, size)


# (name, smaller side, larger side, domain); an approximation has (lhs, rhs, bound) for both sides.
FALSE: list[tuple[str, Any, Any, Box]] = [
    ("pole inside", 1 / x, 10 + 1 / x, box(BOTH_SIGNS)),
    ("logarithm of negatives", log(x), x, box(Interval(-1, 2))),
    ("spike of width 3e-5", Max(0, 1 - Abs(x - Rational(1, 3)) * 10**5), Rational(1, 2), box(UNIT)),
    ("parabola below zero on 3e-5", 0, (x - Rational(1, 3)) ** 2 - Rational(1, 10**10), box(UNIT)),
    ("narrow at the end", 0, x * (x - Rational(1, 100000)), box(UNIT)),
    ("narrow beside sqrt 2", 0, (x**2 - 2) ** 2 - Rational(1, 10**12), box(Interval(1, 2))),
    ("sine above x for negatives", sin(x), x, box(BOTH_SIGNS)),
    ("SquarePlus with a small b", SOFTPLUS, (x + sqrt(x**2 + Rational(192, 100))) / 2,
     box(Interval(-6, 6))),
    ("SquarePlus a hair below", SOFTPLUS, (x + sqrt(x**2 + Rational(19218, 10000))) / 2,
     box(Interval(-6, 6))),
    ("mean inequality reversed", (x + y) / 2, sqrt(x * y), box(NONNEGATIVE, NONNEGATIVE)),
    ("product above the mean", 2 * x * y + Rational(1, 10**9), x**2 + y**2, box(LINE, LINE)),
    ("touching, lowered by 1e-30", 1 + x + Rational(1, 10**30), exp(x), box(LINE)),
    ("logarithm, lowered by 1e-20", log(x), x - 1 - Rational(1, 10**20), box(POSITIVE)),
    ("cosine bound beyond its order", 1 - x**2 / 2 + x**4 / 24, cos(x), box(Interval(-2, 2))),
    ("e to the pi", 20, exp(pi) - pi, box()),
    ("pi", pi, Rational(314159265, 10**8), box()),
    ("root of two", sqrt(2), Rational(14142135623, 10**10), box()),
    ("tanh above one, far out", tanh(x) + exp(-19 * x / 10), 1, box(NONNEGATIVE)),
    ("erf without its factor", erf(x), x, box(UNIT)),
    ("power of two", n**3, 2**n, box(Integers(0, oo))),
    ("factorial", 3**n, factorial(n), box(Integers(0, oo))),
    ("under a condition", x * y, Rational(1, 4) - Rational(1, 10**6),
     box(UNIT, UNIT, where=[x + y <= 1])),
    ("piecewise", Piecewise((x, x < Rational(1, 2)), (2 * x, True)), Rational(3, 2), box(UNIT)),
    ("floor", x, floor(x) + Rational(99, 100), box(Interval(0, 5))),
    ("violated at one point", Piecewise((0, sympy.Ne(x, Rational(1, 7))), (1, True)), 0, box(UNIT)),
    ("triangle inequality reversed", Abs(x) + Abs(y), Abs(x + y), box(LINE, LINE)),
    ("entropy bound", -x * log(x) - (1 - x) * log(1 - x), log(2) - Rational(1, 10**8),
     box(OPEN_UNIT)),
    ("numerator changes sign far out", x, 1000 + x**2 / 10**9, box(NONNEGATIVE)),
    ("sigmoid not 1/5-Lipschitz", SIGMOID * (1 - SIGMOID), Rational(1, 5), box(LINE)),
    ("sine approximated too well", *2 * (bound(sin(x), x - x**3 / 6, Rational(1, 123)),),
     box(UNIT)),
    ("exponential approximated", *2 * (bound(exp(x), 1 + x, E - 2 - Rational(1, 10**7)),),
     box(BOTH_SIGNS)),
    ("approximation of pi", *2 * (bound(pi, Rational(22, 7), Rational(126, 10**5)),), box()),
    ("square root by Newton", *2 * (bound(sqrt(x), (x + 1) / 2, Rational(1, 100)),),
     box(Interval(Rational(1, 2), 2))),
    ("two unknowns approximated", *2 * (bound(x * y, x + y - 1, Rational(1, 5)),),
     box(Interval(Rational(1, 2), 1), Interval(Rational(1, 2), 1))),
]  # fmt: skip

# (name, smaller side, larger side, domain, levels)
TRUE: list[tuple[str, Any, Any, Box, str]] = [
    ("pole outside", 1 / x, 10 + 1 / x, box(Interval(Rational(1, 10), 1)), "exact"),
    ("square of a difference", 2 * x * y, x**2 + y**2, box(LINE, LINE), "exact"),
    ("three squares", x * y + y * z + z * x, x**2 + y**2 + z**2, box(LINE, LINE, LINE), "exact"),
    ("Cauchy-Schwarz", (x * z + y * w) ** 2, (x**2 + y**2) * (z**2 + w**2),
     box(LINE, LINE, LINE, LINE), "exact"),
    ("quartic", x**3 * y + x * y**3, x**4 + y**4, box(LINE, LINE), "exact"),
    ("three means", 3 * x * y * z, x**3 + y**3 + z**3,
     box(NONNEGATIVE, NONNEGATIVE, NONNEGATIVE), "exact"),
    ("four means", 4 * x * y * z * w, x**4 + y**4 + z**4 + w**4, box(LINE, LINE, LINE, LINE),
     "exact"),
    ("geometric mean", sqrt(x * y), (x + y) / 2, box(NONNEGATIVE, NONNEGATIVE), "exact"),
    ("weighted mean", x ** Rational(1, 3) * y ** Rational(2, 3), x / 3 + 2 * y / 3,
     box(NONNEGATIVE, NONNEGATIVE), "exact"),
    ("Young", x * y, x**3 / 3 + 2 * y ** Rational(3, 2) / 3, box(NONNEGATIVE, NONNEGATIVE),
     "exact"),
    ("Motzkin", 3 * x**2 * y**2, x**4 * y**2 + x**2 * y**4 + 1, box(LINE, LINE), "exact"),
    ("exponential above its tangent", 1 + x, exp(x), box(LINE), "interval"),
    ("logarithm below its tangent", log(1 + x), x, box(Interval(-1, oo, left_open=True)),
     "interval"),
    ("cosine above its parabola", 1 - x**2 / 2, cos(x), box(LINE), "interval"),
    ("sine below x", sin(x), x, box(NONNEGATIVE), "interval"),
    ("entropy", -x * log(x) - (1 - x) * log(1 - x), log(2), box(OPEN_UNIT), "interval"),
    ("x log x", x - 1, x * log(x), box(POSITIVE), "interval"),
    ("square root below", x, sqrt(x), box(UNIT), "interval"),
    ("sigmoid is 1/4-Lipschitz", SIGMOID * (1 - SIGMOID), Rational(1, 4), box(LINE), "exact"),
    ("tanh below one", tanh(x), 1, box(LINE), "exact"),
    ("ReLU below softplus", Max(x, 0), SOFTPLUS, box(LINE), "exact"),
    ("softplus below ReLU and log 2", SOFTPLUS, Max(x, 0) + log(2), box(LINE), "exact"),
    ("SquarePlus above softplus", SOFTPLUS, (x + sqrt(x**2 + Rational(19219, 10000))) / 2,
     box(Interval(-6, 6)), "interval"),
    ("SquarePlus above ReLU", Max(x, 0), (x + sqrt(x**2 + y)) / 2, box(LINE, NONNEGATIVE), "exact"),
    ("SquarePlus near ReLU", (x + sqrt(x**2 + y)) / 2, Max(x, 0) + sqrt(y) / 2,
     box(LINE, NONNEGATIVE), "exact"),
    ("sine plus cosine", sin(x) + cos(x), sqrt(2), box(LINE), "interval"),
    ("log sum exp above the maximum", Max(x, y), log(exp(x) + exp(y)), box(LINE, LINE), "exact"),
    ("log sum exp below", log(exp(x) + exp(y)), Max(x, y) + log(2), box(LINE, LINE), "exact"),
    ("log sum exp above the mean", (x + y + z) / 3 + log(3), log(exp(x) + exp(y) + exp(z)),
     box(LINE, LINE, LINE), "exact"),
    ("Jensen for exp", exp((x + y) / 2), (exp(x) + exp(y)) / 2, box(LINE, LINE), "exact"),
    ("Jensen for x log x", (x + y) / 2 * log((x + y) / 2), (x * log(x) + y * log(y)) / 2,
     box(POSITIVE, POSITIVE), "exact"),
    ("divergence of two normals", 0, (x**2 + exp(y) - 1 - y) / 2, box(LINE, LINE), "interval"),
    ("symmetric divergence", 0, (SIGMOID - SIGMOID.subs(x, y)) * (x - y), box(LINE, LINE), "exact"),
    ("Lipschitz form", (SIGMOID - SIGMOID.subs(x, y)) * (x - y), (x - y) ** 2 / 4, box(LINE, LINE),
     "exact"),
    ("triangle", Abs(x + y), Abs(x) + Abs(y), box(LINE, LINE), "exact"),
    ("triangle from below", Abs(Abs(x) - Abs(y)), Abs(x - y), box(LINE, LINE), "exact"),
    ("floor", floor(x), x, box(Interval(0, 5)), "exact"),
    ("Minkowski", sqrt((x + z) ** 2 + (y + w) ** 2), sqrt(x**2 + y**2) + sqrt(z**2 + w**2),
     box(LINE, LINE, LINE, LINE), "exact"),
    ("square root of a sum", sqrt(x + y), sqrt(x) + sqrt(y), box(NONNEGATIVE, NONNEGATIVE),
     "exact"),
    ("numbers", 3, pi, box(), "interval"),
    ("equal numbers", sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6)), box(), "exact"),
    ("e to the pi", exp(pi) - pi, 20, box(), "interval"),
    ("power of two", n + 1, 2**n, box(Integers(0, oo)), "interval"),
    ("cube below a power", n**3, 2**n, box(Integers(10, oo)), "interval"),
    ("factorial above a power", 2 ** (n - 1), factorial(n), box(Integers(1, 30)), "interval"),
    ("under a condition", x * y, Rational(1, 4), box(UNIT, UNIT, where=[x + y <= 1]), "interval"),
    ("on a simplex", x * y + y * z + z * x, Rational(1, 3),
     box(UNIT, UNIT, UNIT, where=[Eq(x + y + z, 1)]), "exact"),
    ("bounded by its domain", x * y, 1, box(UNIT, UNIT), "exact"),
    ("single point", sin(x), Rational(9, 10), box(Interval(1, 1)), "interval"),
    ("tail of a Gaussian", exp(-(x**2)), exp(-x), box(Interval(1, oo)), "exact"),
    ("Mills ratio", sqrt(pi) / 2 * (1 - erf(x)), exp(-(x**2)) / (2 * x), box(Interval(1, 20)),
     "interval"),
    ("Bernoulli", 1 + 5 * x, (1 + x) ** 5, box(Interval(-1, oo)), "exact"),
    ("exponential beats a square", x**2, exp(x), box(NONNEGATIVE), "interval"),
    ("cosh", 1 + x**2 / 2, cosh(x), box(LINE), "interval"),
    ("arcus tangent", atan(x), x, box(NONNEGATIVE), "interval"),
    ("tangent", x, tan(x), box(Interval(0, Rational(3, 2))), "interval"),
    ("minimum", Min(x, y), sqrt(x * y), box(NONNEGATIVE, NONNEGATIVE), "exact"),
    ("sine approximated", *2 * (bound(sin(x), x - x**3 / 6, Rational(1, 120)),), box(UNIT),
     "interval"),
    ("exponential approximated", *2 * (bound(exp(x), 1 + x, E - 2),), box(BOTH_SIGNS), "interval"),
    ("approximation of pi", *2 * (bound(pi, Rational(22, 7), Rational(127, 10**5)),), box(),
     "interval"),
    ("two unknowns approximated", *2 * (bound(x * y, x + y - 1, Rational(1, 4)),),
     box(Interval(Rational(1, 2), 1), Interval(Rational(1, 2), 1)), "exact"),
    ("tail approximated", *2 * (bound(atan(x), pi / 2, 1 / x),), box(Interval(1, oo)), "interval"),
    ("softplus approximated", *2 * (bound(SOFTPLUS, Max(x, 0), log(2)),), box(LINE), "exact"),
]  # fmt: skip

_STRENGTH = ("exact", "interval")


def claim_of(row: tuple[Any, ...]) -> Any:
    low, high = row[1], row[2]
    if isinstance(low, tuple):
        return Approximation(*(sympify(side) for side in low))
    return Inequality(sympify(low), sympify(high))


CLAIM = claim_of  # the name under which timing scripts look for it


@pytest.mark.parametrize("row", FALSE, ids=[row[0] for row in FALSE])
def test_false_inequality_is_refuted(row: tuple[Any, ...]) -> None:
    with pytest.raises(Refuted) as caught:
        prove(claim_of(row), row[3])
    if row[3].symbols:
        assert row[3].contains(caught.value.point)


@pytest.mark.parametrize("row", TRUE, ids=[row[0] for row in TRUE])
def test_true_inequality_is_proved(row: tuple[Any, ...]) -> None:
    evidence = prove(claim_of(row), row[3])
    assert _STRENGTH.index(evidence.level) <= _STRENGTH.index(row[4])
    assert dict(evidence.details)["random points"]
