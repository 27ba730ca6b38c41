"""Limits, series, roots and refutations: false claims and true ones of the same kinds."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import (
    Abs,
    E,
    Eq,
    EulerGamma,
    Float,
    Heaviside,
    Integral,
    Le,
    Lt,
    Max,
    Mul,
    Ne,
    Pow,
    Rational,
    atan,
    cos,
    erf,
    exp,
    expint,
    floor,
    gamma,
    log,
    oo,
    pi,
    sin,
    sinh,
    sqrt,
    symbols,
    sympify,
    tan,
    tanh,
)  # fmt: skip

from symnum.derivation.claims import (
    LimitClaim,
    Refutation,
    RootClaim,
    SeriesClaim,
)  # fmt: skip
from symnum.derivation.provers import prove
from symnum.errors import Refuted, Undecided
from symnum.expressions import Box, Integers, Interval

x, y, a, n, t = symbols("x y a n t")
LINE = Interval(-oo, oo)
POSITIVE = Interval(0, oo, left_open=True)
BOTH_SIGNS = Interval(-1, 1)
RIGHT = Interval(0, 1, left_open=True)
LEFT = Interval(-1, 0, right_open=True)
TINY = Rational(1, 10**30)


def limit(expr: Any, x0: Any, value: Any, symbol: Any = x) -> LimitClaim:
    return LimitClaim(sympify(expr), symbol, sympify(x0), sympify(value))


def series(expr: Any, order: int, value: Any) -> SeriesClaim:
    return SeriesClaim(sympify(expr), x, order, sympify(value))


def refutation(relation: Any, **at: Any) -> Refutation:
    return Refutation(relation, {symbols(name): sympify(value) for name, value in at.items()})


def root(equation: Any, near: Any, digits: int = 30) -> RootClaim:
    return RootClaim(sympify(equation), x, sympify(near), digits)


ONE = Box({x: LINE})

FALSE: list[tuple[str, Any, Box]] = [
    ("modulus over x, two-sided", limit(Abs(x) / x, 0, 1), Box({x: BOTH_SIGNS})),
    ("modulus over x from the left", limit(Abs(x) / x, 0, 1), Box({x: LEFT})),
    ("pole, two-sided", limit(1 / x, 0, oo), Box({x: BOTH_SIGNS})),
    ("wrong constant", limit((1 - cos(x)) / x**2, 0, Rational(1, 3)), ONE),
    ("tiny error", limit(sin(x) / x, 0, 1 + TINY), ONE),
    ("number e", limit((1 + 1 / x) ** x, oo, Rational(271828, 10**5)), Box({x: POSITIVE})),
    ("oscillation", limit(sin(1 / x), 0, 0), Box({x: POSITIVE})),
    ("wrong end", limit(tanh(x), -oo, 1), ONE),
    ("slow logarithm", limit(log(x), oo, 10), Box({x: POSITIVE})),
    ("wrong sign of infinity", limit(log(x), 0, oo), Box({x: POSITIVE})),
    ("floor from both sides", limit(floor(x), 1, 1), Box({x: Interval(0, 2)})),
    ("Heaviside", limit(Heaviside(x), 0, Rational(1, 2)), ONE),
    ("with a parameter", limit((exp(a * x) - 1) / x, 0, a**2), Box({x: LINE, a: Interval(0, 3)})),
    ("exponential of 1/x", limit(exp(1 / x), 0, 0), Box({x: BOTH_SIGNS})),
    ("third order", limit((x - sin(x)) / x**3, 0, Rational(1, 3)), ONE),
    ("sequence", limit((1 + 2 / n) ** n, oo, exp(1), n), Box({n: Integers(1, oo)})),
    ("slope of a kink", limit(Max(x, 0) / x, 0, 1), Box({x: BOTH_SIGNS})),
    ("wrong last term", series(sin(x), 6, x - x**3 / 6 + x**5 / 121), ONE),
    ("missing term", series(sin(x), 6, x - x**3 / 6), ONE),
    ("wrong order", series(cos(x), 6, 1 - x**2 / 2), ONE),
    ("term beyond the order", series(cos(x), 4, 1 - x**2 / 2 + x**4 / 24), ONE),
    ("even function, sign of x**4", series(cos(x), 5, 1 - x**2 / 2 - x**4 / 24), ONE),
    ("tiny error of a coefficient", series(exp(x), 3, 1 + x + x**2 * (Rational(1, 2) + TINY)), ONE),
    ("series of a modulus", series(sqrt(x**2) + x**2, 3, x + x**2), Box({x: BOTH_SIGNS})),
    ("Puiseux", series(sqrt(x) * exp(x), 3, sqrt(x) + x), Box({x: POSITIVE})),
    ("logarithm", series(log(sin(x)), 3, log(x) - x**2 / 3), Box({x: POSITIVE})),
    ("Laurent", series(1 / sin(x), 4, 1 / x + x / 6 + 7 * x**3 / 361), Box({x: POSITIVE})),
    ("series with a parameter", series((1 + x) ** a, 3, 1 + a * x + a**2 * x**2 / 2),
     Box({x: BOTH_SIGNS, a: Interval(1, 3)})),
    ("logarithm below the domain", series(log(1 + x), 4, x - x**2 / 2 + x**3 / 4),
     Box({x: Interval(1, 2)})),
    ("refuting a truth", refutation(Eq(x**2, 4, evaluate=False), x=2), ONE),
    ("refuting equal numbers", refutation(Eq(sqrt(2) + sqrt(3) + x, sqrt(5 + 2 * sqrt(6)),
                                             evaluate=False), x=0), ONE),
    ("refuting an inequality", refutation(Le(x, 3, evaluate=False), x=3), ONE),
    ("refuting a strict truth", refutation(Lt(x, pi, evaluate=False), x=3), ONE),
    ("refuting an inequation", refutation(Ne(x, 1, evaluate=False), x=2), ONE),
    ("no root", root(x**2 + 1, 1), ONE),
    ("no root in the domain", root(x**2 - 2, -1), Box({x: POSITIVE})),
]  # fmt: skip

TRUE: list[tuple[str, Any, Box, str]] = [
    ("modulus over x from the right", limit(Abs(x) / x, 0, 1), Box({x: RIGHT}), "exact"),
    ("modulus over x from the left", limit(Abs(x) / x, 0, -1), Box({x: LEFT}), "exact"),
    ("pole from the right", limit(1 / x, 0, oo), Box({x: RIGHT}), "exact"),
    ("second order", limit((1 - cos(x)) / x**2, 0, Rational(1, 2)), ONE, "exact"),
    ("third order", limit((x - sin(x)) / x**3, 0, Rational(1, 6)), ONE, "exact"),
    ("number e", limit((1 + 1 / x) ** x, oo, E), Box({x: POSITIVE}), "exact"),
    ("sequence", limit((1 + 2 / n) ** n, oo, exp(2), n), Box({n: Integers(1, oo)}), "exact"),
    ("hyperbolic tangent", limit(tanh(x), -oo, -1), ONE, "exact"),
    ("logarithm", limit(log(x) / x, oo, 0), Box({x: POSITIVE}), "exact"),
    ("exponential beats powers", limit(x**5 * exp(-x), oo, 0), Box({x: POSITIVE}), "exact"),
    ("x log x", limit(x * log(x), 0, 0), Box({x: POSITIVE}), "exact"),
    ("power tower", limit(x**x, 0, 1), Box({x: POSITIVE}), "exact"),
    ("removable", limit((x**2 - 1) / (x - 1), 1, 2), ONE, "exact"),
    ("floor from the right", limit(floor(x), 1, 1), Box({x: Interval(1, 2)}), "exact"),
    ("with a parameter", limit((exp(a * x) - 1) / x, 0, a), Box({x: LINE, a: Interval(0, 3)}),
     "exact"),
    ("conjugate roots", limit(sqrt(x**2 + x) - x, oo, Rational(1, 2)), Box({x: POSITIVE}), "exact"),
    ("error function", limit(erf(x), oo, 1), ONE, "exact"),
    ("softplus", limit(log(1 + exp(x)) - x, oo, 0), ONE, "exact"),
    ("temperature", limit(log(exp(a / x) + 1) * x, 0, a), Box({x: POSITIVE, a: Interval(1, 2)}),
     "exact"),
    ("inside the domain", limit(sin(x), 1, sin(1)), ONE, "exact"),
    ("gamma at its pole", limit(x * gamma(x), 0, 1), Box({x: RIGHT}), "exact"),
    ("harmonic", limit(expint(1, x) + log(x), 0, -EulerGamma), Box({x: RIGHT}), "exact"),
    ("sine", series(sin(x), 6, x - x**3 / 6 + x**5 / 120), ONE, "exact"),
    ("even to an odd order", series(cos(x), 5, 1 - x**2 / 2 + x**4 / 24), ONE, "exact"),
    ("factored value", series(sin(x), 5, x * (1 - x**2 / 6)), ONE, "exact"),
    ("tangent", series(tan(x), 8, x + x**3 / 3 + 2 * x**5 / 15 + 17 * x**7 / 315), ONE, "exact"),
    ("removable", series((exp(x) - 1) / x, 4, 1 + x / 2 + x**2 / 6 + x**3 / 24), ONE, "exact"),
    ("Laurent", series(1 / sin(x), 4, 1 / x + x / 6 + 7 * x**3 / 360), Box({x: POSITIVE}), "exact"),
    ("Puiseux", series(sqrt(x) * exp(x), 2, sqrt(x) + x ** Rational(3, 2)), Box({x: POSITIVE}),
     "exact"),
    ("logarithm", series(log(sin(x)), 3, log(x) - x**2 / 6), Box({x: POSITIVE}), "exact"),
    ("x to the x", series(x**x, 2, 1 + x * log(x)), Box({x: POSITIVE}), "exact"),
    ("modulus", series(sqrt(x**2) + x**2, 3, Abs(x) + x**2), Box({x: BOTH_SIGNS}), "exact"),
    ("modulus on the right", series(sqrt(x**2) + x**2, 3, x + x**2), Box({x: RIGHT}), "exact"),
    ("with a parameter", series((1 + x) ** a, 3, 1 + a * x + a * (a - 1) * x**2 / 2),
     Box({x: BOTH_SIGNS, a: Interval(1, 3)}), "exact"),
    ("away from zero", series(log(1 + x), 4, x - x**2 / 2 + x**3 / 3), Box({x: Interval(1, 2)}),
     "exact"),
    ("error function", series(erf(x), 4, 2 * x / sqrt(pi) - 2 * x**3 / (3 * sqrt(pi))), ONE,
     "exact"),
    ("pendulum", series(2 * sinh(x / 2), 4, x + x**3 / 24), ONE, "exact"),
    ("arcus tangent", series(atan(x), 6, x - x**3 / 3 + x**5 / 5), ONE, "exact"),
    ("zero", series(x**7 * exp(x), 5, 0), ONE, "exact"),
    ("refuted by a number", refutation(Eq(sqrt(x**2), x, evaluate=False), x=-1), ONE, "exact"),
    ("refuted by balls", refutation(Eq(sin(x), x, evaluate=False), x=1), ONE, "interval"),
    ("refuted inequality", refutation(Le(exp(x), 1 + x + x**2, evaluate=False), x=3), ONE,
     "interval"),
    ("refuted strict inequality", refutation(Lt(x, x, evaluate=False), x=1), ONE, "exact"),
    ("refuted at a pole", refutation(Eq(Mul(x, Pow(x, -1), evaluate=False), 1, evaluate=False), x=0),
     ONE, "exact"),
    ("dottie", root(cos(x) - x, Rational(7, 10)), ONE, "interval"),
    ("cubic", root(x**3 - 2 * x + 2, -2), ONE, "interval"),
    ("rational root", root(3 * x - 2, 1), ONE, "exact"),
    ("second root of a sine", root(sin(x), 3), ONE, "interval"),
    ("many digits", root(x**2 - 2, Rational(3, 2), 60), ONE, "interval"),
    ("entropy", root(x / (exp(x) - 1) - log(1 - exp(-x)) - 3, Rational(1, 10)), Box({x: POSITIVE}),
     "interval"),
]  # fmt: skip


def CLAIM(row: tuple[Any, ...]) -> Any:
    return row[1]


@pytest.mark.parametrize(("claim", "domain"), [r[1:] for r in FALSE], ids=[r[0] for r in FALSE])
def test_false_claim_is_refuted(claim: Any, domain: Box) -> None:
    with pytest.raises(Refuted):
        prove(claim, domain)


@pytest.mark.parametrize(
    ("claim", "domain", "level"), [r[1:] for r in TRUE], ids=[r[0] for r in TRUE]
)
def test_true_claim_is_proved(claim: Any, domain: Box, level: str) -> None:
    evidence = prove(claim, domain)
    assert evidence.level == level
    assert evidence.method


def test_root_has_at_least_thirty_digits_and_an_enclosure() -> None:
    evidence = prove(root(cos(x) - x, Rational(7, 10)), ONE)
    expected = Float("0.73908513321516064165531208767387340401341175890", 40)
    assert abs(evidence.value - expected) < Rational(1, 10**30)
    assert evidence.value._prec >= 100
    assert "enclosure" in dict(evidence.details)


def test_root_keeps_more_digits_where_they_are_asked_for() -> None:
    evidence = prove(root(x**2 - 2, Rational(3, 2), 60), ONE)
    assert abs(evidence.value**2 - 2) < Rational(1, 10**58)


def test_rational_root_is_exact() -> None:
    assert prove(root(3 * x - 2, 1), ONE).value == Rational(2, 3)


def test_refutation_outside_of_the_domain_is_a_misuse() -> None:
    with pytest.raises(ValueError, match="outside"):
        prove(refutation(Eq(x, 1, evaluate=False), x=5), Box({x: BOTH_SIGNS}))


def test_limit_at_a_point_that_the_domain_does_not_reach_is_a_misuse() -> None:
    with pytest.raises(ValueError, match="closure"):
        prove(limit(sin(x), 5, 0), Box({x: BOTH_SIGNS}))
    with pytest.raises(ValueError, match="does not reach"):
        prove(limit(sin(x), oo, 0), Box({x: BOTH_SIGNS}))


def test_refutation_that_cannot_be_told_is_undecided() -> None:
    hard = gamma(Rational(1, 3)) ** 3 / (gamma(Rational(1, 3)) ** 2 * gamma(Rational(1, 3)))
    difference = Integral(sin(t), (t, 0, x))
    with pytest.raises((Undecided, Refuted)):
        prove(refutation(Eq(hard * difference, 1 - cos(x), evaluate=False), x=1), ONE)
