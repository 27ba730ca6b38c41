"""Mutants: false neighbours of claims, at least six of each, and all of them refuted."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import Eq, Integer, Le, Lt, Rational

import symnum as sn
from symnum.derivation.claims import (
    Approximation,
    Definition,
    Entrywise,
    Equality,
    Inequality,
    LimitClaim,
    Refutation,
    RefutedEquality,
    ResultClaim,
    RootClaim,
    SeriesClaim,
)
from symnum.derivation.mutants import MOST, mutate
from symnum.derivation.mutations import variants
from symnum.derivation.structures import Listed

x, y, t = sp.symbols("x y t")
box = sn.Box({x: sn.Interval(0, 2), y: sn.Interval("-oo", "oo")})


def changed(expr):
    return [str(other) for _, other in variants(expr)]


RULES = {
    "a number plus one": (3 * x, "4*x"),
    "a number negated": (3 * x, "-3*x"),
    "one sign in a sum": (x + sp.sin(y), "x - sin(y)"),
    "exp of the negative": (sp.exp(x), "exp(-x)"),
    "sin to cos": (sp.sin(x), "cos(x)"),
    "cosh to sinh": (sp.cosh(x), "sinh(x)"),
    "erf to erfc": (sp.erf(x), "erfc(x)"),
    "Max to Min": (sp.Max(x, y), "Min(x, y)"),
    "a symbol stretched": (sp.sin(x), "sin(101*x/100)"),
    "an exponent off by one": (x**3 + 1, "x**4 + 1"),
    "a root": (sp.sqrt(x), "x**(3/2)"),
    "a limit of a sum": (sp.Sum(x**t, (t, 0, 5)), "Sum(x**t, (t, 0, 6))"),
}


@pytest.mark.parametrize(("expr", "expected"), RULES.values(), ids=RULES.keys())
def test_rule(expr, expected):
    assert expected in changed(expr)


@pytest.mark.parametrize("expr", [x, Integer(0), Integer(1), sp.pi, sp.sqrt(x**2 + 1)], ids=str)
def test_variants_are_new_and_many(expr):
    made = [other for _, other in variants(expr)]
    assert len(made) == len(set(made)) >= 4
    assert expr not in made


def test_bound_variables_are_not_stretched():
    integral = sp.Integral(sp.exp(-(t**2)) * x, (t, -sp.oo, sp.oo))
    assert "Integral(101*x*exp(-t**2)/100, (t, -oo, oo))" in changed(integral)


class Choosy(sp.Function):
    """A function that takes 2 and nothing else as its first argument."""

    @classmethod
    def eval(cls, index, argument):
        if index != 2:
            raise ValueError("index must be 2")


def test_functions_may_refuse_a_change():
    assert "Choosy(2, 101*x/100)" in changed(Choosy(2, x))
    assert len(changed(sp.Derivative(sp.Function("f")(x), x))) >= 6


CLAIMS = {
    "equality": Equality((x + 1) ** 2, x**2 + 2 * x + 1),
    "equality of numbers": Equality(Integer(2) * sp.sqrt(2) ** 2, Integer(4)),
    "trigonometry": Equality(sp.sin(2 * x), 2 * sp.sin(x) * sp.cos(x)),
    "inequality": Inequality(Integer(0), x**2),
    "tight inequality": Inequality(2 * x, x**2 + 1),
    "wide inequality": Inequality(sp.sin(x), Integer(50)),
    "approximation": Approximation(sp.sin(x), x - x**3 / 6, Rational(1, 2)),
    "exact approximation": Approximation(x, x, Rational(1, 10)),
    "limit": LimitClaim(sp.sin(x) / x, x, Integer(0), Integer(1)),
    "limit zero": LimitClaim(x**2, x, Integer(0), Integer(0)),
    "infinite limit": LimitClaim(1 / x, x, Integer(0), sp.oo),
    "series": SeriesClaim(sp.exp(x), x, 3, 1 + x + x**2 / 2),
    "short series": SeriesClaim(sp.sin(x) / x, x, 1, Integer(1)),
    "refuted equality": Refutation(Eq(x, x**2, evaluate=False), {x: Integer(2)}),
    "refuted inequality": Refutation(Le(x, 1, evaluate=False), {x: Integer(2)}),
    "refuted strict inequality": Refutation(Lt(x, 1, evaluate=False), {x: Integer(1)}),
    "root": RootClaim(t - sp.cos(t), t, Rational(7, 10), 30),
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_at_least_six_mutants(claim):
    mutants = mutate(claim, box)
    assert 6 <= len(mutants) <= MOST
    claims = [mutant.claim for mutant in mutants]
    assert len(set(claims)) == len(claims)
    assert claim not in claims
    assert all(mutant.change for mutant in mutants)
    assert all(type(mutant.claim) is type(claim) for mutant in mutants)
    assert mutate(claim, box) == mutants


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_every_mutant_is_refused(claim):
    from symnum.derivation import provers

    original = provers.prove(claim, box)
    for mutant in mutate(claim, box):
        try:
            evidence = provers.prove(mutant.claim, box)
        except sn.Refuted:
            continue
        except sn.Undecided:
            assert isinstance(claim, RootClaim)
            continue
        assert isinstance(claim, RootClaim), mutant
        assert evidence.value != original.value


def test_sides_of_an_inequality_are_exchanged():
    assert mutate(Inequality(x, x**2 + 1), box)[0].claim == Inequality(x**2 + 1, x)


def test_true_neighbours_of_an_inequality_are_left_out():
    claims = [mutant.claim for mutant in mutate(Inequality(Integer(0), x**2), box)]
    assert Inequality(Integer(0), x**3) not in claims
    assert Inequality(Integer(0), -(x**2)) in claims


def test_several_entries():
    left, right = Listed((x + x, y * y), "list"), Listed((2 * x, y**2), "list")
    parts = (("[0]", Equality(x + x, 2 * x)), ("[1]", Equality(y * y, y**2)))
    mutants = mutate(Entrywise(left, right, parts), box)
    assert len(mutants) == MOST
    assert {"entry [0]", "entry [1]"} == {mutant.change.split(":")[0] for mutant in mutants}
    differing = RefutedEquality(left, Listed((2 * x, y), "list"), {x: 1, y: 2})
    assert [mutant.claim.lhs == mutant.claim.rhs for mutant in mutate(differing, box)] == [True] * 2


def test_definitions_claim_nothing():
    assert mutate(Definition(t, x), box) == ()


def test_results_are_changed_too():
    mutants = mutate(ResultClaim(Listed((x**2, y), "list"), (x, y)), box)
    assert len(mutants) >= 6
    assert all(mutant.claim.args == (x, y) for mutant in mutants)


def test_report():
    d = sn.Derivation("report", domain={x: sn.Interval(0, 2)})
    d.define("s", x + 1, why="a name")
    d.equal("s**2", x**2 + 2 * x + 1, why="expand")
    d.equal(x**2 + 2 * x + 1, x * (x + 2) + 1, why="collect")
    d.result({"square": "s**2"}, args=[x])
    report = d.mutants()
    assert [step.number for step in report.steps] == [1, 2, 3, 4]
    assert [step.total >= 6 for step in report.steps] == [False, True, True, True]
    assert report.refuted == report.total
    assert report.unexplained == ()
    assert str(report) == str(d.mutants())
    assert f"{report.total} of {report.total} mutants refuted" in str(report)
    assert "step 1: nothing to falsify" in str(report)
    assert "8 of 8 mutants refuted" in d.to_markdown(report)


def test_neutral_change_is_explained():
    # Raising the exponent of 1**x cannot alter anything: such a mutant survives with a reason.
    d = sn.Derivation("neutral", domain={x: sn.Interval(0, 1)})
    d.equal(sp.Max(x, -x), x, why="x is not negative")
    report = d.mutants()
    survivors = [survivor for step in report.steps for survivor in step.survivors]
    assert survivors
    assert report.unexplained == ()
    assert any("alters nothing" in survivor.explanation for survivor in survivors)


def test_mutants_leave_the_derivation_alone():
    d = sn.Derivation("alone", domain={x: sn.Interval(0, 1)})
    d.equal(x + x, 2 * x, why="count")
    before = d.steps
    d.mutants()
    assert d.steps == before
