"""Products of domains: refusals, joint conditions, samples in thin regions, probes, fingerprints."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import random
import subprocess
import sys
import time

import pytest
import sympy
from sympy import Abs, And, Eq, Expr, Integer, Ne, Or, Rational, Symbol, oo, pi, symbols

from symnum.expressions import Box, Integers, Interval

a, b, c, x, y, z, n, s = symbols("a b c x y z n s")
c11, c12, c22 = symbols("c11 c12 c22")
REAL = Interval(-oo, oo)
POSITIVE = Interval(0, oo, left_open=True)
UNIT = Interval(0, 1)


REFUSED = [
    ({Symbol("x", positive=True): Interval(-1, 1)}, (), ValueError, r"domains\[x\].*positive=True"),
    ({Symbol("x", positive=True): UNIT}, (), ValueError, "positive=True, which .0, 1. does not"),
    ({Symbol("n", integer=True): UNIT}, (), ValueError, "integer=True"),
    ({Symbol("n", even=True): Integers(0, 4)}, (), ValueError, "even=True"),
    ({Symbol("x", real=False): UNIT}, (), ValueError, "real=False"),
    ({Symbol("x", nonzero=True): Interval(-1, 1)}, (), ValueError, "nonzero=True"),
    ({Symbol("x", rational=True): UNIT}, (), ValueError, "rational=True"),
    ({Symbol("x", commutative=False): UNIT}, (), ValueError, "commutative"),
    ({x: UNIT, Symbol("x", real=True): UNIT}, (), ValueError, "two symbols are called x"),
    ({x: UNIT, "x": UNIT}, (), ValueError, "two symbols are called x"),
    ({"x y": UNIT}, (), ValueError, "expected the name of a symbol"),
    ({1: UNIT}, (), TypeError, "expected a symbol or its name"),
    ({x: (0, 1)}, (), TypeError, r"domains\[x\]: expected Interval or Integers, got tuple"),
    ({x: sympy.Interval(0, 1)}, (), TypeError, "expected Interval or Integers"),
    ([x], (), TypeError, "domains: expected a mapping"),
    ({x: UNIT}, y < 1, ValueError, "where: y in y < 1 has no domain"),
    ({x: UNIT}, "x < y", ValueError, "where: y in x < y has no domain"),
    ({x: UNIT}, Symbol("x", real=True) < 1, ValueError, "carries other assumptions"),
    ({x: UNIT}, [sympy.false], ValueError, "where: .* false"),
    ({x: UNIT}, "1 > 2", ValueError, "where: .* false"),
    ({x: UNIT}, x + 1, TypeError, "where: expected relations"),
    ({x: UNIT}, True, TypeError, "where: expected relations"),
    ({x: UNIT}, Or(x < 1, x > 2), TypeError, "where: expected relations"),
    ({x: UNIT}, sympy.Function("f")(x) < 1, ValueError, "undefined function"),
    ({x: UNIT}, "x <", ValueError, "missing after '<'"),
    ({x: UNIT, y: UNIT}, Eq(x**2 + y**2, 1), ValueError, "up to a tolerance"),
]


@pytest.mark.parametrize(
    ("domains", "where", "error", "words"),
    REFUSED,
    ids=[f"{row[0]} {row[1]}"[:50] for row in REFUSED],
)
def test_refused(domains: object, where: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Box(domains, where)


ACCEPTED = [
    (Symbol("x", positive=True), Interval(1, 2)),
    (Symbol("x", positive=True), Interval(0, 2, True)),
    (Symbol("x", nonnegative=True), Interval(0, oo)),
    (Symbol("x", real=True), REAL),
    (Symbol("x", finite=True), UNIT),
    (Symbol("x", complex=True), UNIT),
    (Symbol("x", extended_real=True), UNIT),
    (Symbol("n", integer=True, positive=True), Integers(1, 4)),
    (Symbol("n", real=True), Integers(1, 4)),
    (Symbol("n", even=True), Integers(2, 2)),
    (Symbol("n", integer=True), Interval(2, 2)),
]


@pytest.mark.parametrize(("symbol", "domain"), ACCEPTED, ids=str)
def test_assumptions_that_the_domain_implies(symbol: Symbol, domain: Interval | Integers) -> None:
    assert Box({symbol: domain}).symbols == (symbol,)


def test_mapping() -> None:
    box = Box({"a": POSITIVE, z: Interval(0, pi), "n": Integers(1, 9)}, where=["a*z < 2", a < n])
    assert list(box) == [a, z, n] == list(box.symbols)
    assert len(box) == 3
    assert box[z] == box["z"] == Interval(0, pi)
    assert a in box
    assert x not in box
    assert dict(box.items())[n] == Integers(1, 9)
    assert box.where == (a * z < 2, a < n)
    assert str(box) == "a in (0, oo), z in [0, pi], n in {1, ..., 9}, where a*z < 2 and a < n"
    with pytest.raises(KeyError, match="y has no domain; these have: a, z, n"):
        box["y"]
    with pytest.raises(TypeError):
        box[a] = UNIT  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        box.where = ()  # type: ignore[misc]


def test_the_given_mapping_may_change_afterwards() -> None:
    domains = {x: UNIT}
    box = Box(domains)
    domains[y] = UNIT
    assert box.symbols == (x,)


def test_conditions_are_flattened() -> None:
    box = Box({x: UNIT, y: UNIT}, where=[And(x < y, Ne(x, 0)), sympy.true, x < y])
    assert set(box.where) == {x < y, Ne(x, 0)}
    assert len(box.where) == 2
    half = Box({x: UNIT}, where=x < 0.5)
    assert half.where == (x < Rational(1, 2),)


def test_no_symbols() -> None:
    box = Box({})
    assert str(box) == "no symbols"
    assert box.contains({})
    assert box.sample(random.Random(0), 2) == [{}, {}]
    assert box.probes() == [{}]


CONTAINED = [
    (Box({x: UNIT}), {x: 0.5}, True),
    (Box({x: UNIT}), {"x": 1.5}, False),
    (Box({x: REAL, y: REAL}, where=x * y < 2), {x: sympy.sqrt(2), y: sympy.sqrt(2)}, False),
    (Box({x: REAL, y: REAL}, where=x * y <= 2), {x: sympy.sqrt(2), y: sympy.sqrt(2)}, True),
    (Box({x: REAL}, where=Ne(x, 0)), {x: 0}, False),
    (Box({x: REAL}, where=sympy.log(x) < 1), {x: -1}, False),
    (Box({x: REAL}, where=1 / x < 1), {x: 0}, False),
    (Box({x: REAL, y: REAL}, where=Eq(x + y, 1)), {x: Rational(1, 3), y: Rational(2, 3)}, True),
    (Box({x: REAL, y: REAL}, where=Eq(x + y, 1)), {x: 0.1, y: 0.9}, False),
    (Box({n: Integers(1, 5)}), {n: 2.5}, False),
]


@pytest.mark.parametrize(("box", "point", "expected"), CONTAINED, ids=str)
def test_contains(box: Box, point: dict, expected: bool) -> None:
    assert box.contains(point) is expected


@pytest.mark.parametrize(
    ("point", "error", "words"),
    [
        ({}, ValueError, "point: no value for x, y"),
        ({x: 1}, ValueError, "point: no value for y"),
        ({x: 1, y: 1, z: 1}, ValueError, "point: z has no domain"),
        ({x: 1, y: y}, ValueError, r"point\[y\]: .* contains symbols"),
        ({x: 1, y: None}, TypeError, r"point\[y\]: expected a real number"),
    ],
    ids=str,
)
def test_contains_refuses(point: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Box({x: UNIT, y: UNIT}).contains(point)


REGIONS = {
    "free": (Box({x: UNIT, y: REAL, n: Integers(0, 5)}), True),
    "product": (Box({a: POSITIVE, z: POSITIVE}, where=a * z < 2), True),
    "positive definite": (
        Box({c11: POSITIVE, c12: REAL, c22: POSITIVE}, where=c11 * c22 > c12**2),
        True,
    ),
    "not both": (Box({x: Interval(-1, 1), y: Interval(-1, 1)}, where=x + y > -2), True),
    "chain": (Box({x: UNIT, y: UNIT, z: UNIT, s: UNIT}, where=["x < y", "y < z", "z < s"]), True),
    "far corner": (Box({x: UNIT, y: UNIT}, where=x + y > Rational(19999, 10000)), True),
    "near corner": (Box({x: UNIT, y: UNIT}, where=x + y < Rational(1, 10**8)), False),
    "unit vector": (
        Box({a: REAL, b: REAL, c: REAL}, where=Abs(a**2 + b**2 + c**2 - 1) <= Rational(1, 10**9)),
        True,
    ),
    "strip": (Box({x: UNIT, y: UNIT}, where=[x < y, y < x + Rational(1, 10**7)]), True),
    "thin strip": (Box({x: UNIT, y: UNIT}, where=[x < y, y < x + Rational(1, 10**20)]), False),
    "mixed": (
        Box({x: Interval(0, 10), n: Integers(0, 10)}, where=Abs(x - n) < Rational(1, 1000)),
        False,
    ),
    "simplex": (Box({a: UNIT, b: UNIT, c: UNIT}, where=Eq(a + b + c, 1)), False),
    "two equalities": (Box({a: UNIT, b: UNIT, c: REAL}, where=[Eq(a + b, 1), Eq(c, a - b)]), False),
    "pinned": (Box({x: Interval(pi, pi), y: Interval(3, 4)}, where=x < y), False),
    "astronomical": (
        Box({x: POSITIVE, y: POSITIVE}, where="y*exp(x) < 5*log(1 + y)"),
        True,
    ),
    "transcendental": (Box({x: POSITIVE, y: POSITIVE}, where=sympy.exp(x) < y), True),
}


@pytest.mark.parametrize(("box", "is_short"), REGIONS.values(), ids=REGIONS)
def test_samples_lie_in_the_box(box: Box, is_short: bool) -> None:
    start = time.process_time()
    points = box.sample(random.Random(1), 8)
    assert time.process_time() - start < 15
    assert all(list(point) == list(box.symbols) for point in points)
    assert all(_fulfils(box, point) for point in points)
    assert len({tuple(point.items()) for point in points}) > 4
    assert points == box.sample(random.Random(1), 8)
    if is_short:
        numbers = [number for point in points for number in point.values()]
        assert all(abs(number.p) <= 10**6 and number.q <= 10**6 for number in numbers)


@pytest.mark.parametrize("box", [box for box, _ in REGIONS.values()], ids=REGIONS)
def test_probes_lie_in_the_box(box: Box) -> None:
    start = time.process_time()
    probes = box.probes()
    assert time.process_time() - start < 15
    assert probes
    assert all(list(point) == list(box.symbols) for point in probes)
    assert all(_fulfils(box, point) for point in probes)
    assert len({tuple(point.items()) for point in probes}) == len(probes)
    assert probes == box.probes()


def _fulfils(box: Box, point: dict[Symbol, Expr]) -> bool:
    """Check a point with SymPy's own substitution, beside `Box.contains`."""
    by_sympy = all(bool(relation.subs(point)) for relation in box.where)
    return by_sympy and box.contains(point)


def test_probes_visit_ends_corners_and_tails() -> None:
    probes = Box({x: UNIT, y: POSITIVE}).probes()
    assert {point[x] for point in probes} >= {Integer(0), Integer(1), Rational(1, 2)}
    assert {point[y] for point in probes} >= {Integer(10) ** k for k in (-6, -3, 0, 3, 6)}
    square = Box({x: Interval(-1, 1), y: Interval(-1, 1)}, where=x + y > -2).probes()
    corners = [(point[x], point[y]) for point in square if {Abs(v) for v in point.values()} == {1}]
    assert sorted(corners) == [(-1, 1), (1, -1), (1, 1)]


@pytest.mark.parametrize(
    "where",
    [x**2 + y**2 < 0, And(x < y, y < x), Abs(x) + 1 < 0, And(x > 1, y > 2, x * y < 1)],
    ids=str,
)
def test_an_empty_region_is_named(where: sympy.Basic) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match=r"^where: .*(found no point|false)"):
        Box({x: REAL, y: REAL}, where=where).sample(random.Random(0), 1)
    assert time.process_time() - start < 15


def test_dummies_carry_what_the_domain_implies() -> None:
    box = Box(
        {x: UNIT, y: POSITIVE, n: Integers(1, 4), a: REAL, b: REAL, c: UNIT, s: Interval(0, 0)},
        where=[Ne(b, 0), Ne(c, 0)],
    )
    dummies = box.dummies()
    assert list(dummies) == list(box.symbols)
    assert all(isinstance(dummy, sympy.Dummy) for dummy in dummies.values())
    assert sympy.sqrt(dummies[x] ** 2) == dummies[x]
    assert dummies[x].is_positive is None
    assert dummies[y].is_positive
    assert dummies[n].is_integer
    assert dummies[n].is_positive
    assert dummies[a].is_real
    assert dummies[a].is_zero is None
    assert dummies[b].is_nonzero
    assert dummies[b].is_positive is None
    assert dummies[c].is_positive
    assert dummies[s].is_zero
    assert box.dummies()[x] != dummies[x]


def test_identity() -> None:
    box = Box({x: UNIT, y: REAL}, where=x < y)
    same = Box({"x": Interval(0, 1), "y": REAL}, where="x < y")
    assert box == same
    assert hash(box) == hash(same)
    assert box.fingerprint == same.fingerprint
    assert pickle.loads(pickle.dumps(box)) == box == copy.deepcopy(box)
    assert dataclasses.replace(box) == box
    assert dataclasses.replace(box, where=()) == Box({x: UNIT, y: REAL})
    assert box != {x: UNIT, y: REAL}


DIFFERENT = [
    Box({x: UNIT}),
    Box({y: UNIT}),
    Box({x: Interval(0, 1, True)}),
    Box({x: Interval(0, 2)}),
    Box({x: Integers(0, 1)}),
    Box({Symbol("x", real=True): UNIT}),
    Box({x: UNIT, y: UNIT}),
    Box({y: UNIT, x: UNIT}),
    Box({x: UNIT, y: UNIT}, where=x < y),
    Box({x: UNIT, y: UNIT}, where=x <= y),
    Box({x: UNIT, y: UNIT}, where=y < x),
]


def test_fingerprints_tell_boxes_apart() -> None:
    assert len({box.fingerprint for box in DIFFERENT}) == len(DIFFERENT)
    assert len(set(DIFFERENT)) == len(DIFFERENT)


def test_fingerprints_and_draws_are_the_same_in_every_process() -> None:
    program = (
        "import random\n"
        "from symnum.expressions import Box, Interval, Integers\n"
        "box = Box({'c11': Interval(0, 'oo', True), 'c12': Interval('-oo', 'oo'),"
        " 'c22': Interval(0, 'oo', True), 'n': Integers(1, 5)},"
        " where=['c11*c22 > c12**2', 'Max(c11, c22, n) < 10'])\n"
        "print(box.fingerprint, box.sample(random.Random(5), 3), box.probes())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
