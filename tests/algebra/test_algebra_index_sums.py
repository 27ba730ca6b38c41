"""Sums of symbolic length: normal forms are compared with sums written out for small lengths."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import IndexedBase, Sum, Symbol

import symnum as sn
from symnum.algebra import IndexSums

n, m, i, j, k, r = sp.symbols("n m i j k r", integer=True, positive=True)
a, b, q = map(IndexedBase, "abq")

EQUAL = {
    "order of summation": (
        Sum(Sum(q[r] * b[j, r], (r, 1, m)) * a[j], (j, 1, n)),
        Sum(q[r] * Sum(b[j, r] * a[j], (j, 1, n)), (r, 1, m)),
    ),
    "lagrange": (
        n * Sum(a[j] ** 2, (j, 1, n)) - Sum(a[j], (j, 1, n)) ** 2,
        Sum((a[j] - a[k]) ** 2, (j, 1, n), (k, 1, n)) / 2,
    ),
    "nested square": (
        Sum(Sum(a[j] - a[k], (k, 1, n)) ** 2, (j, 1, n)),
        n**2 * Sum(a[j] ** 2, (j, 1, n)) - n * Sum(a[k], (k, 1, n)) ** 2,
    ),
    "inverse cancels": (Sum(a[j] * (1 / a[j] + b[j]), (j, 1, n)), n + Sum(a[k] * b[k], (k, 1, n))),
    "softmax": (Sum(a[j] / Sum(a[k], (k, 1, n)), (j, 1, n)), sp.Integer(1)),
    "names of bound indices": (Sum(a[j] * b[j], (j, 1, n)), Sum(a[k] * b[k], (k, 1, n))),
}

DIFFERENT = {
    "other length": (Sum(a[j], (j, 1, n)), Sum(a[j], (j, 1, m))),
    "square of sum": (Sum(a[j] ** 2, (j, 1, n)), Sum(a[j], (j, 1, n)) ** 2),
    "transposed": (Sum(b[i, j] * a[j], (j, 1, n)), Sum(b[j, i] * a[j], (j, 1, n))),
    "weighted": (Sum(j * a[j], (j, 1, n)), Sum(a[j], (j, 1, n))),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_sums_have_equal_normal_forms(name: str) -> None:
    left, right = EQUAL[name]
    assert sp.expand(IndexSums().scalar(left) - IndexSums().scalar(right)) == 0
    for size in (1, 2, 3):
        lengths = {n: size, m: 2}
        assert sp.simplify((left - right).subs(lengths).doit()) == 0


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_sums_have_different_normal_forms(name: str) -> None:
    left, right = DIFFERENT[name]
    assert sp.expand(IndexSums().scalar(left) - IndexSums().scalar(right)) != 0


def test_named_sums_and_unit_sums() -> None:
    total = Symbol("s")
    named = IndexSums({Sum(a[j], (j, 1, n)): total})
    assert named.scalar(Sum(a[k], (k, 1, n)) ** 2) == total**2
    unit = IndexSums(unit_sums={b: 1})
    assert unit.scalar(Sum(b[i, j] * b[j, k], (j, 1, n), (k, 1, n))) == 1
    assert unit.scalar(Sum(b[i, j] * 3, (j, 1, n))) == 3
    # Over the other index, or with another factor of the same index, nothing is known.
    assert unit.scalar(Sum(b[j, i], (j, 1, n))) != 1
    assert unit.scalar(Sum(b[i, j] ** 2, (j, 1, n))) != 1
    assert unit.scalar(Sum(b[j, j], (j, 1, n))) != 1


def test_claims_on_sums_hold_for_every_length_or_are_refuted() -> None:
    sums = IndexSums(unit_sums={b: 1})
    d = sn.Derivation("rows", domain={"v": sn.Interval("-oo", "oo")})
    v = Symbol("v")
    step = d.equal(sums.of(Sum(b[i, j] * v, (j, 1, n))), sums.of(v), why="rows sum to 1")
    assert str(step.claim) == "sum_j(v*b[i, j]) = v"
    with pytest.raises(sn.Refuted):
        d.equal(sums.of(Sum(b[i, j] * v, (j, 1, n))), sums.of(2 * v), why="too much")


@pytest.mark.parametrize(
    ("values", "expr", "message"),
    [
        ({}, Sum(a[j], (j, 0, n)), r"expected a sum over \(index, 1, n\)"),
        ({a[j]: 1}, a[j], "values: expected sums as keys, got a"),
        ({2 * Sum(a[j], (j, 1, n)): 1}, a[j], "values: expected sums as keys"),
        ({Sum(a[j] - b[j], (j, 1, n)): 1}, a[j], "is a product or a combination of sums"),
    ],
    ids=["start", "no sum", "multiple", "combination"],
)
def test_misuse_says_what_was_expected(values: dict[Sum, int], expr: sp.Expr, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        IndexSums(values).scalar(expr)
