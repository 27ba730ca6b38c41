"""Intervals and ranges of integers: exact ends, membership, assumptions, samples, probes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Dummy, Expr, Integer, Rational, Symbol, cos, exp, log, oo, pi, sqrt

from symnum.expressions import Integers, Interval
from symnum.expressions.exact import compare, fraction_above, fraction_below, is_real, sign_of

BAD_ENDS = [
    ((1, 0), ValueError, "empty: low = 1, high = 0"),
    ((sqrt(2), Rational(14142, 10000)), ValueError, "empty"),
    ((1, 1, True), ValueError, "empty"),
    ((1, 1, False, True), ValueError, "empty"),
    ((oo, oo), ValueError, "empty"),
    ((-oo, -oo), ValueError, "empty"),
    ((float("nan"), 1), ValueError, "low: expected a real number, got nan"),
    ((0, sympy.zoo), ValueError, "high: expected a real number"),
    ((sympy.I, 1), ValueError, "low: expected a real number, got I"),
    ((0, 1 + 2j), ValueError, "high: expected a real number"),
    ((True, 2), ValueError, "low: .* truth value True"),
    ((0, np.True_), ValueError, "high: .* truth value"),
    ((0, sympy.true), ValueError, "high: .* truth value"),
    ((Symbol("a"), 1), ValueError, "low: .* contains symbols"),
    (("a", 1), ValueError, "contains symbols"),
    (("1/0", 1), ValueError, "division by zero"),
    ((None, 1), TypeError, "low: expected a real number, got NoneType"),
    (([0], 1), TypeError, "low: expected a real number, got list"),
    ((0, 1, 1), TypeError, "left_open: expected True or False"),
    ((0, 1, False, "no"), TypeError, "right_open: expected True or False"),
]


@pytest.mark.parametrize(
    ("args", "error", "words"), BAD_ENDS, ids=[str(row[0]) for row in BAD_ENDS]
)
def test_intervals_that_are_none(args: tuple, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Interval(*args)


BAD_RANGES = [
    ((3, 1), ValueError, "empty"),
    ((oo, oo), ValueError, "empty"),
    ((0.5, 3), ValueError, "low: expected an integer"),
    ((0, Rational(7, 2)), ValueError, "high: expected an integer"),
    ((True, 3), ValueError, "truth value"),
    ((0, float("nan")), ValueError, "high"),
    ((0, None), TypeError, "high: expected a real number"),
]


@pytest.mark.parametrize(
    ("args", "error", "words"), BAD_RANGES, ids=[str(row[0]) for row in BAD_RANGES]
)
def test_ranges_that_are_none(args: tuple, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Integers(*args)


# domain, text, assumptions, is_point, is_bounded, midpoint
DOMAINS = [
    (Interval(0, 1), "[0, 1]", "nonnegative", False, True, Rational(1, 2)),
    (Interval(0, 1, True), "(0, 1]", "positive", False, True, Rational(1, 2)),
    (Interval(-1, 0), "[-1, 0]", "nonpositive", False, True, Rational(-1, 2)),
    (Interval(-1, 0, False, True), "[-1, 0)", "negative", False, True, Rational(-1, 2)),
    (Interval(-1, 1), "[-1, 1]", "", False, True, Integer(0)),
    (Interval(1, 2, True, True), "(1, 2)", "positive", False, True, Rational(3, 2)),
    (Interval(0, 0), "[0, 0]", "zero", True, True, Integer(0)),
    (Interval(pi, pi), "[pi, pi]", "positive", True, True, pi),
    (Interval(0, oo), "[0, oo)", "nonnegative", False, False, Integer(1)),
    (Interval(-oo, 3), "(-oo, 3]", "", False, False, Integer(2)),
    (Interval(-oo, oo), "(-oo, oo)", "", False, False, Integer(0)),
    (Interval("0.1", "oo"), "[1/10, oo)", "positive", False, False, Rational(11, 10)),
    (Interval(float("-inf"), 0), "(-oo, 0]", "nonpositive", False, False, Integer(-1)),
    (Interval(Fraction(1, 3), np.float64(0.5)), "[1/3, 1/2]", "positive", False, True, None),
    (Interval(mpmath.mpf("0.1"), 1), "[0.1, 1]", "positive", False, True, None),
    (Integers(1, 5), "{1, ..., 5}", "positive", False, True, Integer(3)),
    (Integers(0, 1), "{0, 1}", "nonnegative", False, True, Integer(0)),
    (Integers(0, 0), "{0}", "zero", True, True, Integer(0)),
    (Integers(2.0, 2), "{2}", "positive", True, True, Integer(2)),
    (Integers(1, oo), "{1, 2, ...}", "positive", False, False, Integer(2)),
    (Integers("-oo", -1), "{..., -2, -1}", "negative", False, False, Integer(-2)),
    (Integers(), "integers", "", False, False, Integer(0)),
]


@pytest.mark.parametrize(
    ("domain", "text", "sign", "is_point", "is_bounded", "midpoint"),
    DOMAINS,
    ids=[f"{type(row[0]).__name__} {row[1]}" for row in DOMAINS],
)
def test_domain(
    domain: Interval | Integers,
    text: str,
    sign: str,
    is_point: bool,
    is_bounded: bool,
    midpoint: Expr | None,
) -> None:
    kind = "real" if isinstance(domain, Interval) else "integer"
    assert str(domain) == text
    assert domain.assumptions() == {kind: True, **({sign: True} if sign else {})}
    assert Dummy(**domain.assumptions()).is_real
    assert (domain.is_point, domain.is_bounded) == (is_point, is_bounded)
    assert domain.midpoint in domain
    assert midpoint is None or domain.midpoint == midpoint
    assert pickle.loads(pickle.dumps(domain)) == domain == copy.deepcopy(domain)
    assert hash(domain) == hash(dataclasses.replace(domain))


def test_domains_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Interval(0, 1).low = Integer(2)  # type: ignore[misc]


def test_floats_are_taken_exactly() -> None:
    assert Interval(0.1, 1).low == Rational(0.1) != Rational(1, 10)
    assert 0.1 in Interval(0.1, 1)
    assert 0.3 in Interval(0, 0.3)
    assert Interval("0.1", 1).low == Rational(1, 10)


NEAR_PI = Rational(pi.evalf(80))
SQUARE_ROOTS = sqrt(2) + sqrt(3)
NESTED = sqrt(5 + 2 * sqrt(6))  # the same number
CUBIC = sympy.solve(Symbol("x") ** 3 - 3 * Symbol("x") + 1)  # real, written with I

MEMBERS = [
    (pi, Interval(3, Rational(22, 7)), True),
    (pi, Interval(Rational(22, 7), 4), False),
    (NEAR_PI, Interval(pi, 4), bool(sign_of(NEAR_PI - pi) == 1)),
    (NEAR_PI + Rational(1, 10**70), Interval(pi, 4), True),
    (NEAR_PI - Rational(1, 10**70), Interval(pi, 4), False),
    (NESTED, Interval(0, SQUARE_ROOTS), True),
    (NESTED, Interval(0, SQUARE_ROOTS, False, True), False),
    (cos(1) ** 2 + sympy.sin(1) ** 2, Interval(1, 1), True),
    (exp(-(10**4)), Interval(0, 1, True), True),
    (0, Interval(0, 1, True), False),
    (1.0, Interval(0, 1), True),
    (np.nextafter(1.0, 2.0), Interval(0, 1), False),
    (oo, Interval(0, oo), False),
    (float("inf"), Interval(0, oo), False),
    (float("nan"), Interval(-oo, oo), False),
    (1j, Interval(-1, 1), False),
    (sympy.I, Interval(-oo, oo), False),
    (CUBIC[0], Interval(-2, 2), True),
    (log(-1), Interval(-oo, oo), False),
    (3, Integers(1, 5), True),
    (3.0, Integers(1, 5), True),
    (Rational(5, 2), Integers(1, 5), False),
    (pi, Integers(1, 5), False),
    (log(exp(3)), Integers(1, 5), True),
    (6, Integers(1, 5), False),
    (-(10**30), Integers(), True),
    (oo, Integers(1, oo), False),
]


@pytest.mark.parametrize(
    ("value", "domain", "expected"), MEMBERS, ids=[f"{v} in {d}"[:60] for v, d, _ in MEMBERS]
)
def test_membership(value: object, domain: Interval | Integers, expected: bool) -> None:
    assert (value in domain) is expected


@pytest.mark.parametrize("value", ["1", True, None, Symbol("x"), [1]], ids=repr)
@pytest.mark.parametrize("domain", [Interval(0, 2), Integers(0, 2)], ids=str)
def test_membership_of_what_is_no_number(value: object, domain: Interval | Integers) -> None:
    with pytest.raises(TypeError, match="expected a number"):
        assert value in domain


SAMPLED = [
    Interval(0, 1),
    Interval(0, 1, True, True),
    Interval(-3, 5),
    Interval(0, oo, True),
    Interval(-oo, -2),
    Interval(-oo, oo),
    Interval(pi, 4),
    Interval(-(10**5), 10**5),
    Integers(1, 6),
    Integers(0, oo),
    Integers(-oo, 3),
    Integers(),
]


@pytest.mark.parametrize("domain", SAMPLED, ids=str)
def test_samples_are_short_members(domain: Interval | Integers) -> None:
    rng = random.Random(3)
    samples = [domain.sample(rng) for _ in range(40)]
    assert all(number in domain and number.is_Rational for number in samples)
    assert all(abs(number.p) <= 10**6 and number.q <= 10**6 for number in samples)
    assert len(set(samples)) > (3 if domain == Integers(1, 6) else 8)
    again = random.Random(3)
    assert samples == [domain.sample(again) for _ in range(40)]


TIGHT = [
    Interval(pi, pi + Rational(1, 10**40)),
    Interval(0, Rational(1, 10**30), True, True),
    Interval(10**20, 10**20 + 1),
    Interval(sqrt(2), sqrt(2)),
    Interval(1 - exp(-200), 1, False, True),
    Integers(10**40, 10**40),
]


@pytest.mark.parametrize("domain", TIGHT, ids=lambda domain: str(domain)[:40])
def test_samples_of_tight_domains(domain: Interval | Integers) -> None:
    rng = random.Random(0)
    samples = [domain.sample(rng) for _ in range(5)]
    assert all(number in domain for number in samples)
    assert len(set(samples)) == (1 if domain.is_point else 5)


@pytest.mark.parametrize("domain", [*SAMPLED, *TIGHT], ids=lambda domain: str(domain)[:40])
def test_probes(domain: Interval | Integers) -> None:
    probes = domain.probes()
    assert probes
    assert probes == domain.probes()
    assert len(set(probes)) == len(probes)
    assert all(probe in domain for probe in probes)
    for end, is_open in ((domain.low, domain.left_open), (domain.high, domain.right_open)):
        assert (end in probes) is not is_open
    if not domain.is_bounded:
        assert max(abs(probe) for probe in probes) >= 10**5
    if 0 in domain:
        assert 0 in probes


@given(
    st.fractions(-100, 100, max_denominator=50),
    st.fractions(-100, 100, max_denominator=50),
    st.fractions(-120, 120, max_denominator=50),
)
def test_clamp_law(first: Fraction, second: Fraction, value: Fraction) -> None:
    low, high = sorted((first, second))
    inside = Interval(low, high).clamp(value)
    assert low <= inside <= high
    assert inside == value or inside in (low, high)
    assert Integers(int(low) - 1, int(high) + 1).clamp(value).denominator == 1


@given(st.fractions(-5, 5), st.fractions(-5, 5), st.booleans(), st.booleans(), st.fractions(-5, 5))
def test_membership_law(
    low: Fraction, high: Fraction, left: bool, right: bool, value: Fraction
) -> None:
    if low > high or (low == high and (left or right)):
        with pytest.raises(ValueError, match="empty"):
            Interval(low, high, left, right)
        return
    expected = (low < value or (value == low and not left)) and (
        value < high or (value == high and not right)
    )
    assert (value in Interval(low, high, left, right)) is expected


SIGNS = [
    (pi - Rational(22, 7), -1),
    (sqrt(8) - 2 * sqrt(2), 0),
    (SQUARE_ROOTS - NESTED, 0),
    (exp(-(10**4)), 1),
    (1 + exp(-(10**3)) - 1, 1),
    (exp(100) * Rational(1, 10**200) - exp(100) * Rational(1, 10**200), 0),
    (oo, 1),
    (-oo, -1),
    (sympy.I * pi, None),
    (sympy.nan, None),
    (CUBIC[2], -1),
    (sympy.gamma(Rational(1, 3)) - Rational(267, 100), 1),
    (sympy.besselj(0, 1) - 1, -1),
]


@pytest.mark.parametrize(("number", "sign"), SIGNS, ids=[str(number)[:40] for number, _ in SIGNS])
def test_sign(number: Expr, sign: int | None) -> None:
    assert sign_of(number) == sign
    assert is_real(number) is (sign is not None)
    if sign is not None and number not in (oo, -oo):
        assert compare(number, Integer(0)) == sign
        below, above = fraction_below(number, 40), fraction_above(number, 40)
        assert below <= above
        assert above - below <= max(1, abs(below)) * Fraction(1, 10**30)


def test_infinities_compare() -> None:
    assert compare(oo, pi) == 1
    assert compare(pi, oo) == -1
    assert compare(-oo, oo) == -1
    assert compare(oo, oo) == 0
    assert compare(sympy.nan, Integer(0)) is None
