"""Claims that come up with matrices: refuted equalities, pieces over several symbols, roots."""

from __future__ import annotations

import pytest
import sympy as sp

import symnum as sn

REALS, POSITIVE = sn.Interval(-sp.oo, sp.oo), sn.Interval(0, sp.oo, left_open=True)
a, b, c, x, y = sp.symbols("a b c x y")
RADICAND = a**2 + b * c


def pieces(inside: sp.Expr, outside: sp.Expr) -> sp.Piecewise:
    return sp.Piecewise((inside, RADICAND > 0), (outside, True))


def test_mutants_of_a_refuted_matrix_equality_die() -> None:
    d = sn.Derivation("t", domain={x: REALS})
    left, right = sp.Matrix([x, x]), sp.Matrix([x, 2 * x])
    d.refute(sp.Eq(left, right, evaluate=False), at={x: 1}, why="the second entries differ")
    report = d.mutants()
    assert report.total > 0
    assert report.unexplained == ()


def test_pieces_that_several_symbols_decide_are_compared_case_by_case() -> None:
    d = sn.Derivation("t", domain=dict.fromkeys((a, b, c), REALS))
    root = sp.sqrt(RADICAND)
    exponentials = (sp.exp(root) - sp.exp(-root)) / (2 * root)
    step = d.equal(pieces(sp.sinh(root) / root, a), pieces(exponentials, a), why="both cases")
    assert step.certificate.level == "exact"
    with pytest.raises(sn.Refuted):
        d.equal(pieces(sp.sinh(root) / root, a), pieces(exponentials, 2 * a), why="one is wrong")
    with pytest.raises(sn.Refuted):
        d.equal(pieces(sp.cosh(root) / root, a), pieces(exponentials, a), why="the other is")
    assert len(d.steps) == 1


def test_pieces_that_differ_on_the_border_alone_are_not_equal() -> None:
    d = sn.Derivation("t", domain=dict.fromkeys((a, b, c), REALS))
    left = sp.Piecewise((1, RADICAND > 0), (2, RADICAND < 0), (0, True))
    right = sp.Piecewise((1, RADICAND > 0), (2, RADICAND < 0), (3, True))
    with pytest.raises((sn.Refuted, sn.Undecided)):
        d.equal(left, right, why="they differ where a^2 + b c = 0")
    assert d.steps == ()


def test_a_positive_root_among_the_conditions_has_a_positive_radicand() -> None:
    length = x**2 + y**2
    d = sn.Derivation("t", domain={x: REALS, y: REALS}, where=(sp.sqrt(length) > 0,))
    step = d.equal(x**2 / length + y**2 / length, 1, why="the length is not 0")
    assert step.certificate.level == "exact"
    d = sn.Derivation("t", domain={x: REALS, y: REALS}, where=(sp.sqrt(length) >= 0,))
    with pytest.raises((sn.Refuted, sn.Undecided)):
        d.equal(x**2 / length + y**2 / length, 1, why="here it may be 0")


def test_a_sum_with_one_positive_term_is_positive() -> None:
    domain = {a: POSITIVE, c: POSITIVE, b: REALS, x: REALS}
    d = sn.Derivation("t", domain=domain, where=(a * c > b**2,))
    total = (a * c - b**2) * (1 + x**2 / a) + (a * x - b) ** 2
    assert d.equal(total ** (-x) * total**x, 1, why="a real power").certificate.level == "exact"
    below = (a * x - b) ** 2
    with pytest.raises((sn.Refuted, sn.Undecided)):
        d.equal(sp.log(below) + 1, 1 + sp.log(below), why="this may be the logarithm of 0")


def test_a_mean_of_many_sines_is_a_root_with_an_enclosure() -> None:
    d = sn.Derivation("t", domain={x: REALS})
    mean = sp.Add(*(sp.sqrt(2 + sp.sin(sp.Integer(3) ** sp.Rational(i, 9))) for i in range(30)))
    step = d.solve(x - mean, x, near=mean.evalf(8), why="its value", name="mean")
    assert abs(sp.N(d.constants["mean"] - mean, 35)) < 1e-28
    assert step.certificate.level == "interval"
