"""All roots of systems in a box: complete, proved, and honest about what is open."""

from __future__ import annotations

import itertools
import math
import pickle
import random
from typing import Any

import numpy as np
import pytest
import sympy as sp

from symnum.expressions import Box, Interval
from symnum.rootfinding import RootSet, roots
from symnum.rootfinding.boxes.box_search import BoxSearch
from symnum.rootfinding.boxes.box_search_functions import BoxFunctions, float_above, float_below

x, y, z, w = sp.symbols("x y z w", real=True)
SQUARE = {"x": (-2, 2), "y": (-2, 2)}
CAMEL = 4 * x**2 - sp.Rational(21, 10) * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4


def proved(found: RootSet) -> list[tuple[float, ...]]:
    assert found.complete, str(found)
    assert set(found.statuses) <= {"proved"}
    assert found.unresolved == ()
    return list(found)


@pytest.mark.parametrize(
    ("equations", "box", "expected"),
    [
        (["x**2 + y**2 = 25", "x*y = 12"], {"x": (0, 9), "y": (0, 9)}, [(3, 4), (4, 3)]),
        (["x + y = 3", "x - y = 1"], {"x": (-9, 9), "y": (-9, 9)}, [(2, 1)]),
        (["x*y - 1", "x*y - 2"], SQUARE, []),
        (["x**2 + y**2 + 1", "x - y"], SQUARE, []),
        (["exp(x) - y", "x**2 + y**2 - 1"], SQUARE, None),
        (["(x - 1)**2", "(y + 1)**2"], SQUARE, [(1, -1)]),
        (["Abs(x) - y", "x**2 + y**2 - 2"], SQUARE, [(-1, 1), (1, 1)]),
        (["1/x - y", "x - y"], SQUARE, [(-1, -1), (1, 1)]),
        (["(x - 1)/y", "x - y - 1"], SQUARE, []),
        (["log(x) + y", "x*exp(y) - 2"], {"x": ("1/2", 2), "y": (-1, 1)}, []),
        (["tan(x) - y", "x + y"], {"x": (1, 3), "y": (-3, -1)}, None),
    ],
    ids=str,
)
def test_known_sets(equations: list[str], box: Any, expected: list[Any] | None) -> None:
    found = roots(equations, box)
    if expected is None:
        for root in found:
            point = dict(zip(("x", "y"), root, strict=True))
            values = [complex(sp.sympify(e.replace("=", "-")).subs(point)) for e in equations]
            assert max(map(abs, values)) < 1e-12
    else:
        assert proved(found) == [tuple(map(float, point)) for point in expected]


def test_a_gradient_and_a_system_of_four() -> None:
    gradient = [sp.diff(CAMEL, symbol) for symbol in (x, y)]
    found = roots(gradient, {x: (-5, 5), y: (-5, 5)})
    assert len(proved(found)) == 15
    assert found.boxes < 2000
    katsura = [
        x + 2 * y + 2 * z + 2 * w - 1,
        x**2 + 2 * y**2 + 2 * z**2 + 2 * w**2 - x,
        2 * x * y + 2 * y * z + 2 * z * w - y,
        y**2 + 2 * x * z + 2 * y * w - z,
    ]
    found = roots(katsura, dict.fromkeys((x, y, z, w), (-2, 2)))
    for root in proved(found):
        values = [expr.subs(dict(zip((x, y, z, w), root, strict=True))) for expr in katsura]
        assert max(abs(float(value)) for value in values) < 1e-13
    assert len(found) == 6


def planted_system(rng: random.Random, size: int) -> tuple[list[sp.Expr], set[tuple[Any, ...]]]:
    """Return equations whose roots are a grid: products of lines, mixed by a regular matrix."""
    unknowns = (x, y, z)[:size]
    sides = [
        sorted({sp.Rational(rng.randint(-20, 20), rng.randint(1, 6)) for _ in range(2)})
        for _ in unknowns
    ]
    pure = [
        sp.prod([s - r for r in side]) * rng.choice([1, sp.exp(s / 3), 2 + sp.sin(s)])
        for s, side in zip(unknowns, sides, strict=True)
    ]
    while True:
        matrix = sp.Matrix(size, size, lambda i, j: rng.randint(-3, 3))
        if matrix.det() != 0:
            return list(matrix * sp.Matrix(pure)), set(itertools.product(*sides))


@pytest.mark.parametrize("seed", range(24))
def test_planted_grids(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.choice([2, 2, 2, 3])
    equations, grid = planted_system(rng, size)
    unknowns = (x, y, z)[:size]
    box = {s: sorted((rng.randint(-12, 0), rng.randint(1, 12))) for s in unknowns}
    inside = sorted(
        tuple(map(float, point))
        for point in grid
        if all(box[s][0] <= c <= box[s][1] for s, c in zip(unknowns, point, strict=True))
    )
    found = roots(equations, box)
    assert len(proved(found)) == len(inside)
    for root, expected in zip(found, inside, strict=True):
        assert root == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("edge", ["low", "high", "corner"])
def test_roots_on_the_edge_count(edge: str) -> None:
    third = sp.Rational(1, 3)
    sides = {
        "low": {x: (third, 2), y: (0, 1)},
        "high": {x: (0, 2), y: (0, third)},
        "corner": {x: (0, third), y: (third, 1)},
    }[edge]
    assert proved(roots([3 * x - 1, y - x], sides)) == [(1 / 3, 1 / 3)]
    irrational = {x: (0, "sqrt(2)"), y: ("-sqrt(2)", 0)}
    assert proved(roots([x**2 - 2, x + y], irrational)) == [(math.sqrt(2), -math.sqrt(2))]
    beside = {x: (third + sp.Rational(1, 10**40), 2), y: (0, 1)}
    assert proved(roots([3 * x - 1, y - x], beside)) == []


def test_close_roots_are_told_apart() -> None:
    gap = sp.Rational(1, 10**6)
    found = roots([(x - 1) * (x - 1 - gap), y - x**2], {x: (0, 2), y: (0, 2)})
    assert [root[0] for root in proved(found)] == [1.0, 1.000001]


def test_singular_roots_are_possible_and_one() -> None:
    found = roots([sp.exp(x) - y, y - 1 - x], SQUARE)
    assert found.statuses == ("possible",)
    assert not found.complete
    assert found.roots[0] == pytest.approx((0.0, 1.0), abs=1e-6)
    assert not found.verify()
    assert "not complete (1 place undecided)" in str(found)


@pytest.mark.parametrize(
    ("equations", "expected"),
    [
        (["x**2 + y**2 - 1", "y - 1"], [(0, 1)]),
        (["29*x**3/16 - 2*x*y", "y - x**2"], [(0, 0)]),
        (["x**2 - 2", "(y - x)**2 + (x**2 - 2)*y"], [(-math.sqrt(2),) * 2, (math.sqrt(2),) * 2]),
        (["5*x - y**2", "x*y - x**2"], [(0, 0)]),
        (["y - x**2", "y + x**2 + (x - 1)**2*x**2"], [(0, 0)]),
    ],
    ids=str,
)
def test_singular_roots_of_two_polynomials(equations: list[str], expected: list[Any]) -> None:
    answer = roots(equations, SQUARE)
    found = proved(answer)
    assert answer.verify()
    assert len(found) == len(expected)
    for root, point in zip(found, expected, strict=True):
        assert root == pytest.approx(point, rel=1e-15, abs=1e-300)


def test_two_singular_roots_stay_apart() -> None:
    found = roots([x**2 + y**2 + z**2 - 3, x * y * z - 1, x - y], dict.fromkeys((x, y, z), (-3, 3)))
    assert found.statuses == ("possible", "possible")
    for root, expected in zip(found, [(-1, -1, 1), (1, 1, 1)], strict=True):
        assert root == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("scale", [10**-12, 10**12], ids=str)
def test_no_scale_is_too_small_or_too_large(scale: Any) -> None:
    size = sp.nsimplify(scale)
    found = roots([x**2 + y**2 - 2 * size**2, x - y], dict.fromkeys((x, y), (-3 * size, 3 * size)))
    expected = [(-scale, -scale), (scale, scale)]
    assert len(proved(found)) == 2
    for root, point in zip(found, expected, strict=True):
        assert root == pytest.approx(point, rel=1e-15, abs=0.0)


def test_an_angle_and_a_huge_box() -> None:
    helix = [z - 5 * sp.atan2(y, x) / sp.pi, sp.sqrt(x**2 + y**2) - 1, z]
    assert proved(roots(helix, {x: (0, 2), y: (-2, 2), z: (-2, 2)})) == [(1.0, 0.0, 0.0)]
    valley = roots([1 - x, 10 * (y - x**2)], dict.fromkeys((x, y), (-1e6, 1e6)))
    assert proved(valley) == [(1.0, 1.0)]


def test_a_curve_of_roots_ends_and_is_unresolved() -> None:
    found = roots([x - y, 2 * x - 2 * y], SQUARE)
    assert not found.complete
    assert len(found) == 0
    assert found.unresolved
    for sides in found.unresolved:
        assert all(low < high for low, high in sides)


def test_jumps_are_no_roots() -> None:
    found = roots([sp.Piecewise((-1, x < 0), (1, True)) - y / 9, x - y], SQUARE)
    assert not any(status == "proved" for status in found.statuses)


def test_certificates_and_pickles() -> None:
    found = roots(["x**2 + y**2 = 5", "x*y = 2"], {"x": (0, 3), "y": (0, 3)})
    assert [certificate.kind for certificate in found.certificates] == ["krawczyk"] * 2
    assert found.verify()
    assert pickle.loads(pickle.dumps(found)) == found
    for root, sides in zip(found, found.enclosures, strict=True):
        for coordinate, (low, high) in zip(root, sides, strict=True):
            assert low <= sp.Rational(coordinate) <= high
            assert high - low < 1e-15


def test_the_ways_to_write_the_sides() -> None:
    equations = ["x - y", "x + y - 2"]
    for box in (
        {"x": (0, 2), y: [0, 2]},
        {x: Interval(0, 2), "y": ("0", "2")},
        Box({x: Interval(0, 2), y: Interval(0, 2)}),
    ):
        assert tuple(roots(equations, box)) == ((1.0, 1.0),)
    assert tuple(roots(sp.Matrix([x - y, x + y - 2]), {y: (0, 2), x: (0, 3)})) == ((1.0, 1.0),)
    positive = sp.Symbol("p", positive=True)
    found = roots([positive**2 - 1, y - positive], {positive: (-2, 2), y: (-2, 2)})
    assert proved(found) == [(1.0, 1.0)]


@pytest.mark.parametrize(
    ("equations", "box", "error", "message"),
    [
        (["x + y", "x - y"], {"x": (0, 1)}, ValueError, "no side for y"),
        (["x + y", "x - y"], {"x": (0, 1), "y": (1, 0)}, ValueError, "a < b.* for y"),
        (["x + y", "x - y"], {"x": (0, 1), "y": (0, "oo")}, ValueError, "finite .*for y"),
        (["x + y", "x - y"], {"x": (0, 1), "y": (0, 1), "q": (0, 1)}, ValueError, "'q'"),
        (["x + y", "x - y"], (0, 1), TypeError, "mapping"),
        (["x + y", "x - y"], {}, ValueError, "empty"),
        (["x + y", "x - y"], {1: (0, 1)}, TypeError, "keys"),
        (["x + y", "x - y"], {"x": (0, 1), "y": "ab"}, TypeError, "pair of numbers for y"),
        (["x + y"], SQUARE, ValueError, "1 equation in 2 unknowns"),
        ("x + y", (0, 1), ValueError, r"1 equation in 2 unknowns \(x, y\)"),
        (["x + y", "x - y", "x"], SQUARE, ValueError, "3 equations in 2 unknowns"),
        (["x + y", 3], SQUARE, TypeError, "int"),
        (["x + y", "x + y = x + y"], SQUARE, ValueError, "identity"),
        ([], SQUARE, ValueError, "at least one"),
        (["x + y", "u(x)"], SQUARE, ValueError, "u"),
    ],
    ids=str,
)
def test_misuse(equations: Any, box: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        roots(equations, box)


@pytest.mark.parametrize(
    "expr",
    [
        x**2 + y**2 - 1,
        sp.sqrt(x**2 + y**2) - x**3 * y,
        1 / (x - y) + x / (1 + y**2),
        sp.exp(x * y) - sp.sin(x) + sp.pi,
        sp.Abs(x) + sp.Max(x, y) - sp.Rational(1, 3),
        x ** sp.Rational(2, 3) + y**-3,
        sp.besselj(0, x) * y,
        sp.Piecewise((x, x < y), (y**2, True)),
    ],
    ids=str,
)
def test_ranges_hold_the_values(expr: sp.Expr) -> None:
    rng = np.random.default_rng(3)
    low = rng.uniform(-2, 2, (60, 2))
    high = low + rng.uniform(0, 1, (60, 2))
    (found,) = BoxFunctions([expr], [x, y])(low, high)
    value = sp.lambdify([x, y], expr, "mpmath")
    for k in range(60):
        for point in rng.uniform(low[k], high[k], (4, 2)):
            exact = sp.sympify(value(*point))
            if exact.is_real:
                assert found.low[k] <= exact <= found.high[k]
            else:
                assert not found.flags[k] & 1


def test_float_ends_are_rounded_outwards() -> None:
    from flint import arb, fmpq

    for end in (fmpq(1, 3), fmpq(-1, 10), arb(2).sqrt().mid(), fmpq(10) ** 400, fmpq(1, 4)):
        assert not end < arb(float_below(end)) if math.isfinite(float_below(end)) else end > 0
        assert not end > arb(float_above(end))


def test_the_budget_is_kept() -> None:
    search = BoxSearch([x - y, x - y], [x, y], 300)
    search.run(np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
    assert search.undecided
    assert search.found == []
