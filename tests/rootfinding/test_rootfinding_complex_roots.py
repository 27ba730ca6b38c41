"""All complex roots: of polynomials anywhere, of analytic functions in a rectangle."""

from __future__ import annotations

import cmath
import math
import random
from typing import Any

import pytest
import sympy as sp

from symnum.rootfinding import roots
from symnum.rootfinding.boxes.polynomial_roots import roots_with_coefficients

z = sp.Symbol("z")
WIDE = (-10 - 10j, 10 + 10j)


@pytest.mark.parametrize(
    ("equation", "expected", "multiplicities"),
    [
        ("z**2 + 1", [-1j, 1j], (1, 1)),
        ("z**3 = 8", [2 * cmath.exp(2j * math.pi * k / 3) for k in (2, 1, 0)], (1, 1, 1)),
        ("(z**2 + 1)**2*(z - 1)", [-1j, 1j, 1], (2, 2, 1)),
        ("z**4 + 4", [-1 - 1j, -1 + 1j, 1 - 1j, 1 + 1j], (1, 1, 1, 1)),
        ("z**2 + I*z + 1", [-1.618033988749895j, 0.6180339887498949j], (1, 1)),
        ("(z - I)**2*(z + sqrt(2))", [-math.sqrt(2), 1j], (1, 2)),
        ("(z**2 + 1)/(z - I)", [-1j], (1,)),
        ("1/(z**2 + 1)", [], ()),
    ],
    ids=str,
)
def test_polynomials_without_a_box(
    equation: str, expected: list[complex], multiplicities: tuple[int, ...]
) -> None:
    found = roots(equation, complex=True)
    assert found.complete, str(found)
    assert list(found) == pytest.approx(expected, rel=1e-15)
    assert found.multiplicities == multiplicities


@pytest.mark.parametrize(
    ("equation", "box", "expected"),
    [
        ("exp(z) + 1", WIDE, [k * math.pi * 1j for k in (-3, -1, 1, 3)]),
        ("cosh(z)", (-1 - 5j, 1 + 5j), [k * math.pi * 0.5j for k in (-3, -1, 1, 3)]),
        ("exp(z) - z - 1", (-1 - 1j, 1 + 1j), [0]),
        ("sqrt(z) - 2", (-5 - 5j, 5 + 5j), [4]),
        ("sin(z)/z", (-4 - 1j, 4 + 1j), [-math.pi, math.pi]),
        ("z**3 = 8", (-3 - 3j, 3j), [2 * cmath.exp(2j * math.pi * k / 3) for k in (2, 1)]),
        ("(z - 1)*(exp(z) - E)", (-4 - 1j, 4 + 1j), [1]),
        ("exp(z)", WIDE, []),
        ("z**2 + 1", (0, 1 + 1j), [1j]),
        ("z - 1 - I", ((1, 2), (1, 2)), [1 + 1j]),
        ("1/z - 2", (-1 - 1j, 1 + 1j), [0.5]),
    ],
    ids=str,
)
def test_rectangles(equation: str, box: Any, expected: list[complex]) -> None:
    found = roots(equation, box, complex=True)
    assert found.complete, str(found)
    assert set(found.statuses) <= {"proved"}
    assert list(found) == pytest.approx(expected, rel=1e-15)
    for root, sides in zip(found, found.enclosures, strict=True):
        for part, (low, high) in zip((root.real, root.imag), sides, strict=True):
            assert low <= sp.Rational(part) <= high or high - low < 1e-15


def test_roots_of_a_sine_off_the_axis() -> None:
    found = roots("sin(z) - 2", WIDE, complex=True)
    height = math.acosh(2)
    expected = [complex(k * math.pi / 2, s * height) for k in (-3, 1, 5) for s in (-1, 1)]
    assert found.complete
    assert list(found) == pytest.approx(expected, rel=1e-15)
    assert found.verify()


def test_a_real_root_is_on_the_axis() -> None:
    found = roots("z*exp(z) - 1", (-1 - 1j, 1 + 1j), complex=True)
    assert found.complete
    assert found.roots[0].imag == 0.0
    assert found.enclosures[0][1] == (0, 0)


def test_a_branch_cut_is_not_called_decided() -> None:
    found = roots("log(z) - 1", (-5 - 5j, 5 + 5j), complex=True)
    assert list(found) == [complex(math.e)]
    assert found.statuses == ("proved",)
    assert not found.complete
    assert found.unresolved
    assert roots("log(z) - 1", (0.5 - 5j, 5 + 5j), complex=True).complete


@pytest.mark.parametrize("seed", range(12))
def test_planted_roots(seed: int) -> None:
    rng = random.Random(seed)
    planted = {
        sp.Rational(rng.randint(-9, 9), rng.randint(1, 4))
        + sp.I * sp.Rational(rng.randint(-9, 9), rng.randint(1, 4))
        for _ in range(3)
    }
    weight = rng.choice([sp.Integer(1), sp.exp(z / 5), sp.exp(z) + 3000, sp.cosh(z / 20)])
    expr = sp.expand(sp.prod([z - r for r in planted])) * weight
    low, high = complex(-rng.random() * 9, -rng.random() * 9), complex(4, 3)
    inside = sorted(
        (
            complex(r)
            for r in planted
            if low.real <= complex(r).real <= 4 and low.imag <= sp.im(r) <= 3
        ),
        key=lambda r: (r.real, r.imag),
    )
    found = roots(expr, (low, high), complex=True)
    assert found.complete, str(found)
    assert list(found) == pytest.approx(inside)


@pytest.mark.parametrize(
    ("equation", "box", "error", "message"),
    [
        ("exp(z) + 1", None, ValueError, "no polynomial.*two corners"),
        ("z**2 + 1", (1, 2), ValueError, "imaginary part of z"),
        ("z**2 + 1", (1 + 1j, 0), ValueError, "real part of z"),
        ("z**2 + 1", 3, ValueError, "two corners"),
        ("z**2 + 1", "ab", TypeError, "two corners"),
        ("z**2 + 1", (0, sp.oo), ValueError, "finite"),
        ("z**2 + 1", (0, sp.Symbol("q")), TypeError, "two corners"),
        ("Abs(z) - 1", WIDE, ValueError, "analytic"),
        ("z + w", WIDE, ValueError, "2 unknowns"),
        (["z", "z + 1"], WIDE, ValueError, "one equation"),
        ("z", {"w": WIDE}, ValueError, "no side for the unknown z"),
    ],
    ids=str,
)
def test_misuse(equation: Any, box: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        roots(equation, box, complex=True)


def test_misuse_of_the_flag() -> None:
    with pytest.raises(TypeError, match="complex"):
        roots("z", (0, 1), complex=1)  # type: ignore[arg-type]


def test_roots_that_cannot_be_told_apart() -> None:
    # A coefficient that is zero without showing it: the discriminant is a ball around 0.
    hidden = sp.cos(1) ** 2 + sp.sin(1) ** 2 - 1
    assert roots_with_coefficients(z**2 + hidden, z) is None
