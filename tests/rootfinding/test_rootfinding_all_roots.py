"""All roots in an interval: none lost, none invented, and the proof says so."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from flint import fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.expressions import Interval
from symnum.rootfinding import roots
from symnum.rootfinding.numerators import numerator_and_denominator
from symnum.rootfinding.polynomial_roots import integer_polynomial, real_roots_between

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


def test_what_cannot_be_decided_is_said() -> None:
    found = roots("floor(x) - 1/2", (0, 3))
    assert not found.complete
    assert found.unresolved
    assert "not complete" in str(found)
    assert "unresolved" in str(found)


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
        ({"y": (0, 1)}, ValueError, "expected a side for x alone"),
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
