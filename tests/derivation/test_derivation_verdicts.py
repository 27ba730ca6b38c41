"""Verdicts through the public surface: subtly false steps are refused, true ones accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import (
    Abs,
    Derivative,
    E,
    Eq,
    Heaviside,
    I,
    Integral,
    KroneckerDelta,
    Le,
    Matrix,
    Max,
    Piecewise,
    Rational,
    Sum,
    acos,
    asinh,
    atan,
    atan2,
    besselj,
    cos,
    erf,
    exp,
    eye,
    floor,
    gamma,
    log,
    oo,
    pi,
    sign,
    sin,
    sqrt,
    symbols,
    tan,
    tanh,
)

import symnum as sn

Case = Callable[[], Any]
x, y, z, a, n, w = symbols("x y z a n w")
Interval = sn.Interval
R = Interval(-oo, oo)
W = {"why": "the claim of this row"}


def D(*, where: Any = (), **domains: Any) -> sn.Derivation:
    return sn.Derivation("verdict", domain=domains, where=where)


FALSE: dict[str, Case] = {
    "exponent": lambda: D(x=R).equal((x + 1) ** 3, x**3 + 3 * x**2 + 3 * x + 2, **W),
    "sqrt x2": lambda: D(x=R).equal(sqrt(x**2), x, **W),
    "1e-40": lambda: D(x=R).equal(sin(x) + Rational(1, 10**40), sin(x), **W),
    "1e-70": lambda: D(x=R).equal(sin(x) + Rational(1, 10**70), sin(x), **W),
    "x1e-60": lambda: D(x=R).equal(sin(x) + x * Rational(1, 10**60), sin(x), **W),
    "max": lambda: D(x=Interval(0, 1)).equal(Max(x, Rational(1, 1000)), x, **W),
    "acos": lambda: D(x=Interval(0, Rational(22, 7))).equal(acos(cos(x)), x, **W),
    "sqrtxy": lambda: D(x=Interval(-2, -1), y=Interval(-2, -1)).equal(
        sqrt(x * y), sqrt(x) * sqrt(y), **W
    ),
    "pole": lambda: D(x=Interval(-1, 1)).less_equal(1 / x, 10 + 1 / x, **W),
    "x/x": lambda: D(x=Interval(-1, 1)).equal(
        (x**2 - x) / (x - Rational(1, 3)), x * (x - 1) / (x - Rational(1, 3)), **W
    ),
    "log": lambda: D(x=Interval(-1, 2)).equal(log(x**2), 2 * log(x), **W),
    "log2": lambda: D(x=Interval(-1, 2)).less_equal(log(x), x, **W),
    "limabs": lambda: D(x=Interval(-1, 1)).limit(Abs(x) / x, x, 0, 1, **W),
    "limw": lambda: D(x=Interval(-1, 1)).limit(
        (1 - cos(x)) / x**2, x, 0, Rational(1, 2) + Rational(1, 10**12), **W
    ),
    "limoo": lambda: D(x=Interval(0, oo)).limit(
        (1 + 1 / (x + 1)) ** x, x, oo, E + Rational(1, 10**9), **W
    ),
    "series last": lambda: D(x=R).series(sin(x), x, 6, x - x**3 / 6 + x**5 / 121, **W),
    "series miss": lambda: D(x=R).series(cos(x), x, 5, 1 - x**2 / 2, **W),
    "series order": lambda: D(x=R).series(exp(x), x, 3, 1 + x + x**2 / 2 + x**3 / 6, **W),
    "series tiny": lambda: D(x=R).series(exp(x), x, 3, 1 + x + x**2 / 2 + x**2 / 10**40, **W),
    "spike": lambda: D(x=Interval(0, 1)).less_equal(
        0, (x - Rational(1, 3)) ** 2 - Rational(1, 10**10), **W
    ),
    "spike2": lambda: D(x=Interval(-6, 6)).less_equal(
        log(1 + exp(x)), (x + sqrt(x**2 + Rational(19218, 10000))) / 2, **W
    ),
    "strictoo": lambda: D(x=R).less_equal(x**2, exp(x), **W),
    "exp bound": lambda: D(x=Interval(0, oo)).less_equal(
        exp(-x), 1 - x + x**2 / 2 - x**3 / 1000, **W
    ),
    "where": lambda: D(a=Interval(0, 10), z=Interval(0, 10), where=a * z < 2).less_equal(
        a * z, Rational(19, 10), **W
    ),
    "approx": lambda: D(x=Interval(-1, 1)).approximate(sin(x), x, bound=Rational(158, 1000), **W),
    "floor": lambda: D(x=Interval(0, 2)).equal(floor(x), 0, **W),
    "atan": lambda: D(x=Interval(-2, 2)).equal(atan(x) + atan(1 / x), pi / 2, **W),
    "int": lambda: D(x=R).equal(sin(pi * x), 0, **W),
    "matrix": lambda: D(x=R).equal(Matrix([[cos(x), sin(x)]]), Matrix([[cos(x), -sin(x)]]), **W),
    "consts": lambda: D().less_equal(exp(pi) - pi, 20 - Rational(1, 1000), **W),
    "consts2": lambda: D().equal(
        sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6)) + Rational(1, 10**50), **W
    ),
    "pow": lambda: D(x=R).equal((x**2) ** Rational(1, 2), x, **W),
    "logprod": lambda: D(x=Interval(-2, -1), y=Interval(-2, -1)).equal(
        log(x * y), log(x) + log(y), **W
    ),
    "tan": lambda: D(x=R).equal(tan(x) * cos(x), sin(x), **W),
    "sum": lambda: D(n=sn.Integers(1, oo), w=Interval(0, 1)).equal(
        Sum(w**a, (a, 0, n)), (1 - w ** (n + 1)) / (1 - w), **W
    ),
    "integral": lambda: D(x=R).equal(Integral(exp(-(w**2)), (w, 0, x)), sqrt(pi) * erf(x) / 3, **W),
    "deriv": lambda: D(x=R).equal(Derivative(x * sin(x), x), sin(x) + x * sin(x), **W),
    "sign": lambda: D(x=Interval(-1, 1)).equal(sign(x) ** 2, 1, **W),
    "heav": lambda: D(x=Interval(-1, 1)).equal(
        Heaviside(x) + Heaviside(-x), 1 + KroneckerDelta(x, 0), **W
    ),
    "touch": lambda: D(x=R).less_equal(1 + x + x**2 / 2, exp(x), **W),
    "cubic": lambda: D(x=R).less_equal(0, x**4 - 2 * x**2 + 1 - Rational(1, 10**8), **W),
    "lim side": lambda: D(x=Interval(-1, 1)).limit(exp(-1 / x), x, 0, 0, **W),
    "lim osc": lambda: D(x=Interval(-1, 1)).limit(sin(1 / x), x, 0, 0, **W),
    "gamma": lambda: D(x=Interval(1, 5)).equal(
        gamma(x + 1), (x + Rational(1, 10**30)) * gamma(x), **W
    ),
    "erf": lambda: D(x=R).equal(erf(-x), 1 - erf(x), **W),
    "solve": lambda: D(x=R).solve(exp(x), x, near=0, **W),
    "refute holds": lambda: D(x=R).refute(
        Eq(sin(x) ** 2 + cos(x) ** 2, 1, evaluate=False), at={x: 3}, **W
    ),
    "atan2": lambda: D(x=Interval(-2, 2), y=Interval(-2, -1)).equal(atan2(y, x), atan(y / x), **W),
    "lim 3/2": lambda: D(x=Interval(-1, 1)).limit(x ** Rational(3, 2), x, 0, 0, **W),
    "lim param": lambda: D(x=Interval(-1, 1), a=Interval(-1, 1)).limit(
        (x**2 + a * x) / (x**3 + a * x), x, 0, 1, **W
    ),
    "lim param0": lambda: D(x=Interval(-1, 1), a=Interval(-1, 1)).limit(
        (exp(a * x) - 1) / (a * x), x, 0, 1, **W
    ),
    "lim paramoo": lambda: D(x=Interval(0, oo), a=Interval(0, 1)).limit(exp(-a * x), x, oo, 0, **W),
}

TRUE: dict[str, Case] = {
    "exponent": lambda: D(x=R).equal((x + 1) ** 3, x**3 + 3 * x**2 + 3 * x + 1, **W),
    "sqrt+": lambda: D(x=Interval(0, oo)).equal(sqrt(x**2), x, **W),
    "sqrtabs": lambda: D(x=R).equal(sqrt(x**2), Abs(x), **W),
    "trig": lambda: D(x=R).equal(sin(3 * x), 3 * sin(x) - 4 * sin(x) ** 3, **W),
    "acos": lambda: D(x=Interval(Rational(1, 10), 3)).equal(acos(cos(x)), x, **W),
    "sqrtxy": lambda: D(x=Interval(0, 2), y=Interval(0, 2)).equal(
        sqrt(x * y), sqrt(x) * sqrt(y), **W
    ),
    "limabs": lambda: D(x=Interval(0, 1, left_open=True)).limit(Abs(x) / x, x, 0, 1, **W),
    "lim": lambda: D(x=Interval(-1, 1)).limit((1 - cos(x)) / x**2, x, 0, Rational(1, 2), **W),
    "lime": lambda: D(x=Interval(0, oo)).limit((1 + 1 / (x + 1)) ** x, x, oo, E, **W),
    "limlog": lambda: D(x=Interval(0, 1, left_open=True)).limit(x * log(x), x, 0, 0, **W),
    "limoo": lambda: D(x=R).limit(x**2 * exp(-x), x, oo, 0, **W),
    "series": lambda: D(x=R).series(sin(x), x, 6, x - x**3 / 6 + x**5 / 120, **W),
    "series odd": lambda: D(x=R).series(cos(x), x, 5, 1 - x**2 / 2 + x**4 / 24, **W),
    "series par": lambda: D(x=R, a=Interval(1, 2)).series(
        1 / (a + x), x, 3, 1 / a - x / a**2 + x**2 / a**3, **W
    ),
    "sqp": lambda: D(x=Interval(-6, 6)).less_equal(
        log(1 + exp(x)), (x + sqrt(x**2 + Rational(19219, 10000))) / 2, **W
    ),
    "exp": lambda: D(x=R).less_equal(1 + x, exp(x), **W),
    "amgm": lambda: D(x=R, y=R).less_equal(2 * x * y, x**2 + y**2, **W),
    "log1p": lambda: D(x=Interval(-1, oo, left_open=True)).less_equal(log(1 + x), x, **W),
    "cos": lambda: D(x=R).less_equal(1 - x**2 / 2, cos(x), **W),
    "sin": lambda: D(x=Interval(0, oo)).less_equal(sin(x), x, **W),
    "where": lambda: D(a=Interval(0, 10), z=Interval(0, 10), where=a * z < 2).less_equal(
        a * z, 2, **W
    ),
    "approx": lambda: D(x=Interval(-1, 1)).approximate(sin(x), x, bound=Rational(159, 1000), **W),
    "floor": lambda: D(x=Interval(0, 1, right_open=True)).equal(floor(x), 0, **W),
    "atan": lambda: D(x=Interval(0, 2, left_open=True)).equal(atan(x) + atan(1 / x), pi / 2, **W),
    "int": lambda: D(n=sn.Integers(-oo, oo)).equal(sin(pi * n), 0, **W),
    "matrix": lambda: D(x=R).equal(
        Matrix([[cos(x), sin(x)], [-sin(x), cos(x)]])
        * Matrix([[cos(x), -sin(x)], [sin(x), cos(x)]]),
        eye(2),
        **W,
    ),
    "consts": lambda: D().less_equal(exp(pi) - pi, 20, **W),
    "consts2": lambda: D().equal(sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6)), **W),
    "log prod": lambda: D(x=Interval(1, 2), y=Interval(1, 2)).equal(
        log(x * y), log(x) + log(y), **W
    ),
    "geom": lambda: D(n=sn.Integers(1, oo), w=Interval(0, Rational(1, 2))).equal(
        Sum(w**a, (a, 0, n)), (1 - w ** (n + 1)) / (1 - w), **W
    ),
    "integral": lambda: D(x=R).equal(Integral(exp(-(w**2)), (w, 0, x)), sqrt(pi) * erf(x) / 2, **W),
    "deriv": lambda: D(x=R).equal(Derivative(x * sin(x), x), sin(x) + x * cos(x), **W),
    "max": lambda: D(x=R).equal(Max(x, 0), (x + Abs(x)) / 2, **W),
    "piece": lambda: D(x=R).equal(Piecewise((x, x > 0), (-x, True)), Abs(x), **W),
    "gamma": lambda: D(x=Interval(1, 5)).equal(gamma(x + 1), x * gamma(x), **W),
    "erf": lambda: D(x=R).equal(erf(-x), -erf(x), **W),
    "tanh": lambda: D(x=R).equal(tanh(x), (exp(2 * x) - 1) / (exp(2 * x) + 1), **W),
    "tan half": lambda: D(x=Interval(-1, 1)).equal(tan(x / 2), sin(x) / (1 + cos(x)), **W),
    "solve": lambda: D(x=R).solve(x - cos(x), x, near=0.7, **W),
    "refute": lambda: D(x=R).refute(Le(x**2, x, evaluate=False), at={x: 2}, **W),
    "bessel": lambda: D(x=Interval(1, 5)).equal(
        besselj(0, x) + besselj(2, x), 2 * besselj(1, x) / x, **W
    ),
    "euler": lambda: D(x=R).equal(exp(I * x), cos(x) + I * sin(x), **W),
    "logistic": lambda: D(x=R).less_equal(
        1 / (1 + exp(-x)) * (1 - 1 / (1 + exp(-x))), Rational(1, 4), **W
    ),
    "sqrt ineq": lambda: D(x=Interval(0, oo), y=Interval(0, oo)).less_equal(
        sqrt(x * y), (x + y) / 2, **W
    ),
    "point": lambda: D(x=Interval(2, 2)).equal(x**2, 4, **W),
    "asinh": lambda: D(x=R).equal(asinh(x), log(x + sqrt(x**2 + 1)), **W),
    "cos tail": lambda: D(x=Interval(0, oo)).less_equal(exp(-x) * (1 + x), 1, **W),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_step_is_refuted(name: str) -> None:
    with pytest.raises(sn.Refuted):
        FALSE[name]()


@pytest.mark.parametrize("name", TRUE)
def test_true_step_is_accepted(name: str) -> None:
    assert TRUE[name]().certificate.level in ("exact", "interval", "identity")


def test_a_refused_step_leaves_nothing_behind() -> None:
    d = D(x=R)
    for wrong in (lambda: d.equal(x, x + 1, **W), lambda: d.less_equal(x, 0, **W)):
        with pytest.raises(sn.Refuted):
            wrong()
    assert d.steps == ()


def test_results_must_follow_from_the_steps() -> None:
    d = D(x=R)
    d.equal((x + 1) ** 2, x**2 + 2 * x + 1, **W)
    with pytest.raises(sn.Refuted):
        d.result(x**2 + 2 * x + 2, [x])
    d.result(x**2 + 2 * x + 1, [x])
    assert d.compile()(2.0) == 9.0
