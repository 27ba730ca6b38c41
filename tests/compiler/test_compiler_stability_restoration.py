"""What products lose in rounding: restored in differences of them, and in exponents."""

from __future__ import annotations

import math
import random
from functools import cache

import pytest

import symnum as sn
from symnum.reference import ulp_distance

DIFFERENCES = {
    "a*b - c*d": "abcd",
    "c*d - a*b": "abcd",
    "a*b + c*d": "abcd",
    "-a*b - c*d": "abcd",
    "b**2 - 4*a*c": "abc",
    "a*c/2 - b**2/8": "abc",
}


@cache
def kernel(text: str, names: str) -> sn.Kernel:
    return sn.lambdify(list(names), text)


def close_products(text: str, names: str, draws: random.Random) -> list[float]:
    """Return a point where both products are nearly equal or equal but for rounding."""
    a, b, c = (draws.uniform(-3, 3) for _ in range(3))
    part = 1 + draws.choice([0.0, 2e-16, 1e-13, 1e-9, 1e-4])
    if names == "abc":
        return [a, 2 * b, b**2 / a * part]
    sign = -1 if text in ("a*b + c*d", "-a*b - c*d") else 1
    return [a, b, c, sign * a * b / c * part]


@pytest.mark.parametrize(("text", "names"), DIFFERENCES.items(), ids=DIFFERENCES)
def test_a_difference_of_products_keeps_its_digits(text: str, names: str) -> None:
    made = kernel(text, names)
    draws = random.Random(4)
    for _ in range(40):
        point = close_products(text, names, draws)
        exact = made.reference(*point, digits=40)
        assert ulp_distance(float(made(*point)), exact) <= 2


def test_equal_products_differ_by_nothing_and_overflow_stays_what_it_was() -> None:
    made = kernel("a*b - c*d", "abcd")
    assert made(0.1, 0.3, 0.3, 0.1) == 0
    assert made(1e200, 1e200, 1.0, 1.0) == math.inf
    assert made(1.0, 1.0, 1e200, 1e200) == -math.inf
    assert made(1.0, 1.0, -math.inf, 1.0) == math.inf
    assert math.isnan(made(1e200, 1e200, 1e200, 1e200))
    assert math.isnan(made(math.nan, 1.0, 1.0, 1.0))


@pytest.mark.parametrize("text", ["a**2 + b**2", "a*b + a*c", "3*a*b - c*d", "a*sin(b) - c*d"])
def test_other_sums_of_products_are_left_as_they_are(text: str) -> None:
    names = "".join(letter for letter in "abcd" if letter in text.replace("sin", ""))
    assert "fma(" not in kernel(text, names).source


def test_nothing_is_restored_where_nothing_is_asked_for() -> None:
    made = sn.lambdify(list("abcd"), "a*b - c*d", stable=False)
    assert "fma(" not in made.source


def tail(x: str, y: str) -> str:
    lead = f"({x} - 2*{y})"
    return f"exp(-(x**2 - x*y + y**2)/3)*exp({lead}**2/12)*erfc({lead}/sqrt(12))"


CUBIC = "log(1 + x)*exp(-x**3/3 - x*y)"


@pytest.mark.parametrize("text", [tail("x", "y"), CUBIC], ids=["three products", "a cubic"])
def test_an_exponent_is_right_however_large_it_is(text: str) -> None:
    # What was rewritten for another reason keeps the digits of its exponentials as well.
    made = kernel(text, "xy")
    assert any("exp(u + r)" in choice for choice in made.rewrites)
    draws = random.Random(5)
    for _ in range(60):
        x, y = draws.uniform(0.1, 9.0), draws.uniform(-30.0, 4.0)
        exact = made.reference(x, y, digits=40)
        if 1e-290 < abs(exact) < 1e290:
            assert ulp_distance(float(made(x, y)), exact) <= 4.5


def test_an_exponent_that_overflows_leaves_a_number() -> None:
    made = kernel(CUBIC, "xy")
    assert made(1e200, 1.0) == 0
    assert made(1.0, -1e200) == math.inf


def test_a_plain_gaussian_is_left_alone() -> None:
    assert kernel("exp(-x**2/2)", "x").rewrites == ()


def test_a_factor_that_cannot_be_mended_alone_is_mended_in_its_product() -> None:
    # Of both orders of the factors one has the product of the exponentials as a node: at some
    # points 0 times infinity, and no better by itself.
    forms = [tail("x", "y"), tail("y", "x")]
    made = sn.lambdify(["x", "y"], forms)
    for value, exact in zip(made(40.0, 1.0), made.reference(40.0, 1.0), strict=True):
        assert value == pytest.approx(float(exact), rel=1e-14)
    assert made.source.count("erfcx(") == 2
