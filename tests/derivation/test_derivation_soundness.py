"""False steps that are hard to tell from true ones: tiny terms, thin sets, tails, far ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import (
    Abs,
    Derivative,
    Dummy,
    E,
    Eq,
    Function,
    Integral,
    Max,
    Piecewise,
    Poly,
    Pow,
    Rational,
    atan,
    cos,
    erf,
    erfc,
    exp,
    floor,
    log,
    oo,
    pi,
    sin,
    sinh,
    sqrt,
    symbols,
    tanh,
)

import symnum as sn
from symnum.derivation.claims import Equality
from symnum.derivation.provers import definedness, prove
from symnum.derivation.provers.realroots import line_signs, points_between, roots_inside
from symnum.derivation.provers.setting import Setting
from symnum.errors import Refuted, Undecided, UnsupportedNodeError
from symnum.expressions import Box, Integers, Interval

x, y, a, t, c, n = symbols("x y a t c n")
R = Interval(-oo, oo)
TINY = Rational(1, 10**60)
LEAST = Rational(1, 10**150)
W = {"why": "the claim of this row"}

Case = Callable[[], Any]


def D(*, where: Any = (), **domains: Any) -> sn.Derivation:
    return sn.Derivation("soundness", domain=domains, where=where)


FALSE: dict[str, Case] = {
    "tiny part of a polynomial": lambda: D(x=R).equal(x + LEAST * x, x, **W),
    "tiny part beside a sine": lambda: D(x=R).equal(sin(x) + LEAST * x, sin(x), **W),
    "tiny constant": lambda: D(x=R).equal(sin(x) ** 2 + cos(x) ** 2 + LEAST**2, 1, **W),
    "tiny square": lambda: D(x=R).equal(
        sinh(2 * x), 2 * sinh(x) * Pow(1 - tanh(x) ** 2, -Rational(1, 2)) + LEAST * x**2, **W
    ),
    "tiny constant beside atan": lambda: D(x=Interval(1, oo)).equal(
        atan(x) + atan(1 / x), pi / 2 + LEAST, **W
    ),
    "constant below every precision": lambda: D(x=R).equal(
        sin(x) ** 2 + cos(x) ** 2 + exp(-(10**6)), 1, **W
    ),
    "integral and a tiny term": lambda: D(t=R).equal(
        Integral(x**2, (x, 0, t)), t**3 / 3 + TINY * t, **W
    ),
    "tail of softplus": lambda: D(x=Interval(1000, 2000)).equal(log(1 + exp(x)), x, **W),
    "tail of softplus, stretched": lambda: D(x=Interval(1, 2)).equal(
        log(1 + exp(10**7 * x)), 10**7 * x, **W
    ),
    "tail of atan": lambda: D(x=Interval(10**200, oo)).equal(atan(x), pi / 2, **W),
    "tail of a root": lambda: D(x=Interval(10**150, 10**160)).equal(sqrt(x**2 + 1), x, **W),
    "tail of exp": lambda: D(x=Interval(5000, 6000)).equal(1 + exp(-x), 1, **W),
    "distance to the floor": lambda: D(x=R).approximate(floor(x), x, bound=1 - TINY, **W),
    "hair below an end": lambda: D(x=Interval(0, 1, right_open=True)).less_equal(x, 1 - TINY, **W),
    "zeros that nearly meet": lambda: D(x=R).less_equal(0, (x - 1) * (x - 1 - TINY), **W),
    "open spike": lambda: D(x=Interval(0, 1)).less_equal(
        0, Piecewise((-1, Eq(x, Rational(1, 3))), (1, True)), **W
    ),
    "series from the right only": lambda: D(x=R).series(Abs(x), x, 2, x, **W),
    "series of a kink": lambda: D(x=R).series(Max(x, 0), x, 2, x, **W),
    "series of one branch": lambda: D(x=R).series(
        Piecewise((sin(x), x > 0), (x, True)), x, 4, x - x**3 / 6, **W
    ),
    "series with a tiny term": lambda: D(x=R).series(
        exp(x), x, 3, 1 + x + x**2 / 2 + TINY * x, **W
    ),
    "limit with a tiny error": lambda: D(x=Interval(1, oo)).limit(
        (1 + 1 / x) ** x, x, oo, E + TINY, **W
    ),
    "divergent integral": lambda: D(c=Interval(1, 2)).equal(
        Integral(exp(c * x**2 / 2), (x, -oo, oo)), sqrt(2 * pi / c), **W
    ),
    "divergent integral of a slow integrand": lambda: D(c=Interval(1, 2)).equal(
        Integral(erf(c * x), (x, 0, oo)), 1 / c, **W
    ),
}


@pytest.mark.parametrize("case", FALSE.values(), ids=FALSE)
def test_false_step_is_not_accepted(case: Case) -> None:
    with pytest.raises((Refuted, Undecided)):
        case()


@pytest.mark.parametrize(
    "name",
    [
        "tiny part of a polynomial",
        "tiny part beside a sine",
        "tiny constant",
        "tail of exp",
        "series from the right only",
        "divergent integral",
    ],
)
def test_false_step_has_a_counterexample(name: str) -> None:
    with pytest.raises(Refuted):
        FALSE[name]()


TRUE: dict[str, Case] = {
    "squares that are not expanded": lambda: D(
        x=R, y=R, a=Interval(0, 1, left_open=True, right_open=True)
    ).less_equal(
        0,
        (sqrt(a) * exp(-x / 2) - sqrt(1 - a) * exp(x / 2)) ** 2 + (sqrt(a) * exp(-y) - exp(x)) ** 2,
        **W,
    ),
    "logistic function with a long number": lambda: D(x=Interval(0, oo)).less_equal(
        1 - 1 / (1 + exp(-Rational(44715, 1000) * x)), exp(-Rational(44715, 1000) * x), **W
    ),
    "cubic inside tanh": lambda: D(x=R).equal(
        x * (1 + tanh(sqrt(2 / pi) * (x + Rational(44715, 10**6) * x**3))) / 2,
        x / (1 + exp(-2 * sqrt(2 / pi) * (x + Rational(44715, 10**6) * x**3))),
        **W,
    ),
    "values far out are passed over": lambda: D(x=R).equal(erf(x) + erfc(x), 1, **W),
    "series from the right of a half line": lambda: D(x=Interval(0, oo)).series(
        Abs(x), x, 2, x, **W
    ),
}


@pytest.mark.parametrize("case", TRUE.values(), ids=TRUE)
def test_true_step_is_accepted(case: Case) -> None:
    assert case().certificate.level in ("exact", "identity")


def test_poles_beyond_the_limit_are_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definedness, "_MOST_REQUIREMENTS", 3)
    expr = sum(1 / (x - k) for k in range(1, 9)) + 1 / x
    setting, images = Setting.of(Box({x: Interval(-1, Rational(1, 2))}))
    assert definedness.check_defined([expr], setting, images)


def test_derivative_of_an_unknown_function_is_told_at_a_point() -> None:
    d = D(x=R)
    d.refute(Eq(Derivative(x**2, x), x, evaluate=False), {x: Rational(1, 2)}, **W)
    assert d.steps[-1].certificate.level == "exact"
    with pytest.raises(UnsupportedNodeError, match="f is not defined"):
        d.refute(Eq(Derivative(Function("f")(x), x), x, evaluate=False), {x: 1}, **W)


def test_mutants_without_a_value_are_reported() -> None:
    v = symbols("v")
    d = D(v=Interval(0, oo, left_open=True))
    d.equal(Derivative(1 - Max(1 - x, 0).subs(x, 2 + v), v), 0, **W)
    assert d.mutants().total >= 6


# ------------------------------------------------------------------ identities by expansion

IDENTITIES: list[tuple[Any, Any]] = [
    ((x + y) ** 20, Poly((x + y) ** 20, x, y).as_expr()),
    (1 / (x - 7) - 1 / (x + 7), 14 / (x**2 - 49)),
    ((sqrt(2) + sqrt(3)) * (1 + sqrt(6)), 4 * sqrt(2) + 3 * sqrt(3)),
    (exp(x + y) * (1 + exp(-x)), exp(y) * (1 + exp(x))),
    (sin(x) ** 4 - cos(x) ** 4, 2 * sin(x) ** 2 - 1),
    (1 / (1 + x**2 / (1 + x**2)), (1 + x**2) / (1 + 2 * x**2)),
]


@pytest.mark.parametrize(("lhs", "rhs"), IDENTITIES, ids=range(len(IDENTITIES)))
def test_rational_identities_are_expanded(lhs: Any, rhs: Any) -> None:
    box = Box({x: Interval(0, 1), y: Interval(0, 1)})
    evidence = prove(Equality(lhs, rhs), box)
    assert evidence.level == "exact"
    assert "reduced to 0" in dict(evidence.details)
    with pytest.raises(Refuted) as caught:
        prove(Equality(lhs + TINY * x, rhs), box)
    assert box.contains(caught.value.point)


def test_large_identity_needs_no_points() -> None:
    letters = symbols("b0:16")
    box = Box(dict.fromkeys(letters, R))
    left = sum(letters) ** 4 / (1 + letters[0] ** 2) + 1 / (2 + letters[1] ** 2)
    right = (sum(letters) ** 4 * (2 + letters[1] ** 2) + 1 + letters[0] ** 2) / (
        (1 + letters[0] ** 2) * (2 + letters[1] ** 2)
    )
    evidence = prove(Equality(left, right), box)
    assert evidence.method == "rational identity"
    assert "random points" not in dict(evidence.details)


def test_identity_with_a_pole_is_refuted_there() -> None:
    with pytest.raises(Refuted) as caught:
        prove(Equality(1 / (x - 1) - 1 / (x + 1), 2 / (x**2 - 1)), Box({x: Interval(0, 2)}))
    assert caught.value.point == {x: 1}


def test_polynomial_that_vanishes_on_integers_only() -> None:
    vanishing = n * (n - 1) * (n - 2)
    assert prove(Equality(vanishing, 0 * n), Box({n: Integers(0, 2)})).level == "exact"
    with pytest.raises(Refuted):
        prove(Equality(vanishing, 0 * n), Box({n: Integers(0, 3)}))


# ------------------------------------------------------------------ signs between close roots

z = Dummy("z")
NEAR: list[tuple[Any, Interval, set[int]]] = [
    (1 - TINY - z, Interval(0, 1, right_open=True), {-1, 0, 1}),
    (1 - LEAST**3 - z, Interval(0, 1), {-1, 0, 1}),
    ((z - 1) * (z - 1 - TINY), Interval(0, 2), {-1, 0, 1}),
    ((z**2 - 2) * (z**2 - 2 - TINY), Interval(0, 2), {-1, 0, 1}),
    (z**2 - 2, Interval(0, sqrt(2)), {-1, 0}),
    (z**2 - 2 - TINY, Interval(0, sqrt(2)), {-1}),
    (z, Interval(0, TINY), {0, 1}),
]


@pytest.mark.parametrize(("expr", "domain", "signs"), NEAR, ids=range(len(NEAR)))
def test_signs_between_close_roots(expr: Any, domain: Interval, signs: set[int]) -> None:
    poly = Poly(expr, z, domain="QQ")
    assert line_signs(poly, domain) == signs
    roots = roots_inside(poly, domain)
    assert roots is not None
    places = points_between(roots, domain)
    assert places is not None
    assert all(place in domain for place in places)
