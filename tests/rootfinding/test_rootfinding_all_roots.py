"""All roots in an interval: none lost, none invented, and the proof says so."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from flint import fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.expressions import Interval
from symnum.rootfinding import roots
from symnum.rootfinding.boxes.polynomial_roots import integer_polynomial, real_roots_between
from symnum.rootfinding.numerators import numerator_and_denominator

DATA = Path(__file__).parents[1] / "data" / "rootfinding_problems.json"
PROBLEMS = [
    row
    for row in json.loads(DATA.read_text(encoding="utf-8"))["problems"]
    if row["kind"] == "all_roots"
]
x = sp.Symbol("x")


@pytest.mark.parametrize("row", PROBLEMS, ids=lambda row: row["id"])
def test_every_problem_is_complete(row: dict[str, Any]) -> None:
    found = roots(row["exprs"][0], tuple(row["box"]))
    assert found.complete, str(found)
    assert set(found.statuses) <= {"proved"}
    assert len(found) == row["count"]
    assert found.unresolved == ()
    for root, text, (low, high) in zip(found, row["roots"], found.enclosures, strict=True):
        exact = sp.Rational(text)
        assert abs(sp.Rational(root) - exact) <= math.ulp(abs(root))
        slack = sp.Rational(1, 10**28) * max(1, abs(exact))
        assert low - slack <= exact <= high + slack


@pytest.mark.parametrize(
    ("equation", "box", "expected", "multiplicities"),
    [
        ("exp(x) - x - 1", (-1, 2), [0], (2,)),
        ("sin(x)**2", (-1, 7), [0, math.pi, 2 * math.pi], (2, 2, 2)),
        ("cos(x) - 1", (-1, 7), [0, 2 * math.pi], (2, 2)),
        ("sin(x) - x + x**3/6", (-1, 1), [0], (5,)),
        ("(x - cos(x))**2", (0, 1), [0.7390851332151607], (2,)),
        ("x*sin(x)", (-1, 4), [0, math.pi], (2, 1)),
        ("sin(x)/x", (-4, 4), [-math.pi, math.pi], (1, 1)),
        ("(x**2 - 1)/(x - 1)", (-2, 2), [-1], (1,)),
        ("1/x", (-1, 1), [], ()),
        ("log(x)", (-1, 3), [1], (1,)),
        ("sqrt(x) - 1", (-2, 3), [1], (1,)),
        ("Abs(x) - 1", (-2, 2), [-1, 1], None),
        ("tan(x)", (0, 10), [0, math.pi, 2 * math.pi, 3 * math.pi], (1, 1, 1, 1)),
        ("gamma(x) - 2", ("1/10", 5), [0.44287739648472743, 3], None),
        ("x**2 - 2", ("-sqrt(2)", "sqrt(2)"), [-math.sqrt(2), math.sqrt(2)], (1, 1)),
        ("sin(x)", (0, "2*pi"), [0, math.pi, 2 * math.pi], (1, 1, 1)),
        ("cos(x)", ("pi/2", 2), [math.pi / 2], (1,)),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_known_sets(
    equation: str, box: Any, expected: list[float], multiplicities: tuple[int, ...] | None
) -> None:
    found = roots(equation, box)
    assert found.complete, str(found)
    assert list(found) == pytest.approx(expected, rel=1e-15, abs=1e-15)
    if multiplicities is not None:
        assert found.multiplicities == multiplicities


@pytest.mark.parametrize(
    ("equation", "box", "expected"),
    [
        ("floor(x) - 1/2", (0, 3), []),
        ("sign(x) + 1/2", (-1, 1), []),
        ("sign(x)", (-1, 1), [0]),
        ("Heaviside(x) - 1/2", (-1, 1), [0]),
        ("Piecewise((x - 1, x < 0), (x + 1, True))", (-2, 2), []),
        ("Piecewise((x, x < 0), (x**2, True))", (-2, 2), [0]),
        ("Max(x - 1, 2 - x) - 1/2", (0, 3), [1.5]),
        ("Mod(x, 1) - 1/2", (0, 3), [0.5, 1.5, 2.5]),
        ("frac(x) - 1/3", (0, 2), [1 / 3, 4 / 3]),
        ("floor(x) - x/2", (-5, 5), [0]),
        ("x*floor(x) - 3", (0, 4), []),
        ("sign(x)*x**2 - 1", (-2, 2), [1]),
        ("exp(1/x) - 2", (-1, 5), [1 / math.log(2)]),
        ("atan(1/x)", (-1, 1), []),
        ("atan(tan(x))", (1, 4), [math.pi]),
        ("sin(x)/sin(2*x)", (-1, 4), []),
        ("(x**2 - 2)*(x - sqrt(2))", (0, 2), [math.sqrt(2)]),
        ("(x + 1)*sqrt(x)", (-2, 2), [0]),
        ("(x - 3/4)*log(-atan(x))", (-1, 2), []),
        ("x*log(x)", (0, 2), [1]),
        ("(3*x + gamma(3*x))*sign(x)", (0, 2), []),
        ("sin(x)*sqrt(x - pi)", (0, 7), [math.pi, 2 * math.pi]),
        ("x*log(x) + 1/4", (0, 2), [0.11610128014515556, 0.699490576885772]),
        ("x**x - 1/2", (0, 3), []),
        ("x**x - 2", (0, 3), [1.5596104694623694]),
        ("sqrt(x)*log(x) + 1/2", (0, 1), [0.013479507251343892, 0.48928706715199005]),
        ("gamma(x)", ("-7/2", -1), []),
        ("(1 - x)*log(1 - x) + 1/5", (0, 1), [0.22830902598230586, 0.9213416397131482]),
        ("bessely(0, x)", ("1/2", 8), [0.8935769662791675, 3.957678419314858, 7.086051060301773]),
        ("5*x - 61/20 + exp(-sinh(3*x)**2)", (-2, 2), [0.6099802044554624]),
    ],
    ids=str,
)
def test_breaks_are_decided(equation: str, box: Any, expected: list[float]) -> None:
    found = roots(equation, box)
    assert found.complete, str(found)
    assert list(found) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("equation", "box", "zeros"),
    [
        ("Abs(x) - x", (-1, 1), (0, 1)),
        ("Max(x, 0)", (-1, 1), (-1, 0)),
        ("floor(x)", (-2, 2), (0, 1)),
        ("Abs(x - 1) + Abs(x - 2) - 1", (0, 3), (1, 2)),
        ("Max(Abs(x) - 1, 0)", (-2, 2), (-1, 1)),
        ("Piecewise((0, x < 0), (x - 1, True))", (-2, 2), (-2, 0)),
        ("sin(x)**2 + cos(x)**2 - 1", (0, 1), (0, 1)),
    ],
    ids=str,
)
def test_a_stretch_of_zeros_is_left_open(equation: str, box: Any, zeros: tuple[int, int]) -> None:
    found = roots(equation, box)
    assert not found.complete
    assert any(low <= zeros[0] and zeros[1] <= high for low, high in found.unresolved)
    assert "not complete" in str(found)
    assert "unresolved" in str(found)


def test_a_zero_at_a_pole_is_left_open() -> None:
    found = roots("sin(x)*gamma(x/pi - 3)", (8, 14))
    assert list(found) == [4 * math.pi]
    assert any(low <= 3 * sp.pi <= high for low, high in found.unresolved)


def test_what_has_no_derivative_is_possible() -> None:
    found = roots("zeta(x)", (-5, -1))
    assert found.statuses == ("possible", "possible")
    assert list(found) == pytest.approx([-4, -2])
    assert "see .enclosures" in str(found)


def test_roots_without_number_are_cut_off() -> None:
    found = roots("sin(1/x)", ("1/1000", 1))
    assert found.complete
    assert len(found) == 318


def test_certificates_are_checked_again() -> None:
    for equation, box in (("tan(x) - x", (1, 8)), ("(x - 1)**2*(x - 2)", (0, 3))):
        found = roots(equation, box)
        assert found.verify()
        assert {certificate.kind for certificate in found.certificates} == {"interval-newton"}
        assert pickle.loads(pickle.dumps(found)) == found
    assert not roots("zeta(x)", (-3, -1)).verify()


def test_assumptions_narrow_the_box() -> None:
    p = sp.Symbol("p", positive=True)
    assert tuple(roots(p**2 - 1, (-2, 2))) == (1.0,)
    assert roots(p**2 - 1, (-2, -1)).complete
    assert tuple(roots("E - 2", {"E": (0, 4)})) == (2.0,)


def test_the_ways_to_write_a_box() -> None:
    for box in ((0, 2), [0, 2.0], {x: (0, 2)}, {"x": ("0", "2")}, Interval(0, 2)):
        assert tuple(roots("x**2 - 2", box)) == (math.sqrt(2),)


@pytest.mark.parametrize(
    ("box", "error", "message"),
    [
        ((1, 0), ValueError, "a < b"),
        ((1, 1), ValueError, "a < b"),
        ((0, sp.oo), ValueError, "finite"),
        ((0, float("nan")), ValueError, "box"),
        ((0, 1, 2), ValueError, "two numbers"),
        ("ab", TypeError, "pair"),
        (3, ValueError, "two numbers"),
        (Interval(0, 1, left_open=True), ValueError, "closed"),
        (Interval(0, sp.oo), ValueError, "finite"),
        ({"y": (0, 1)}, ValueError, "no side for the unknown x"),
        ({"x": (0, 1), "xx": (0, 1)}, ValueError, "'xx'"),
        (None, ValueError, "two numbers"),
        ((0, "y"), ValueError, "symbols"),
    ],
    ids=str,
)
def test_a_wrong_box(box: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        roots("x**2 - 2", box)


@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(1, 6)), min_size=1, max_size=5))
def test_planted_roots_of_polynomials(planted: list[tuple[int, int]]) -> None:
    numbers = [sp.Rational(p, q) for p, q in planted]
    found = roots(sp.prod([x - number for number in numbers]) * (x**2 + 1), (-10, 10))
    inside = sorted({number for number in numbers if -10 <= number <= 10})
    assert found.complete
    assert list(found) == [float(number) for number in inside]
    assert list(found.multiplicities) == [numbers.count(number) for number in inside]


@given(st.integers(1, 9), st.integers(-9, 9), st.integers(1, 9))
@settings(max_examples=20)
def test_planted_roots_of_a_transcendental_function(a: int, p: int, q: int) -> None:
    # exp(a x) - exp(a p/q) is monotone, sin(pi x) vanishes at the integers: all roots are known.
    planted = sp.Rational(p, q)
    found = roots((sp.exp(a * x) - sp.exp(a * planted)) * sp.sin(sp.pi * x), (-3, 3))
    expected = sorted({*map(float, range(-3, 4)), *([float(planted)] if abs(planted) <= 3 else [])})
    assert list(found) == pytest.approx(expected, abs=1e-15)
    assert found.complete or planted.is_Integer


def test_polynomials_are_isolated_exactly() -> None:
    wilkinson = integer_polynomial(sp.prod([x - k for k in range(1, 21)]), x)
    assert wilkinson is not None
    found = real_roots_between(wilkinson, sp.Integer(3), sp.Integer(18))
    assert found is not None
    assert [float(root) for root, _ in found] == list(range(3, 19))
    assert real_roots_between(fmpz_poly([1, 0, 1]), sp.Integer(-9), sp.Integer(9)) == []
    assert integer_polynomial(sp.sin(x), x) is None
    assert integer_polynomial(sp.sqrt(2) * x - 1, x) is None


def test_numerators_keep_their_denominators() -> None:
    assert numerator_and_denominator(sp.tan(x) - x) == (sp.sin(x) - x * sp.cos(x), sp.cos(x))
    assert numerator_and_denominator(1 / x) == (1, x)
    assert numerator_and_denominator(sp.Abs(x)) == (sp.Abs(x), 1)
