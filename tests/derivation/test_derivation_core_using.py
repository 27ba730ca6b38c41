"""What earlier steps add to a proof, with a prover that decides only what it is told to."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import Integer, Rational

import symnum as sn
from symnum.derivation import proofs
from symnum.derivation.claims import Approximation, Equality, Inequality, LimitClaim
from symnum.derivation.evidence import Evidence
from symnum.derivation.proofs import Fact, bound_symbols, operated_symbols, prove_with_facts
from symnum.errors import Refuted, Undecided

x, y, t = sp.symbols("x y t")
f, g, h = (sp.Function(name)(x) for name in "fgh")
box = sn.Box({x: sn.Interval(0, 1), y: sn.Interval(0, 1)})


@pytest.fixture
def provable(monkeypatch):
    """Claims as texts that the prover accepts, with their levels; it refutes what starts with !."""
    known = {}
    asked = []

    def prove(claim, where, *, lemmas=()):
        asked.append(str(claim))
        level = known.get(str(claim))
        if level == "false":
            raise Refuted(claim, {x: Integer(1)}, 0, 1)
        if level is None:
            raise Undecided(claim, ["thinking hard"], "a hint")
        return Evidence(level, "told so", (("lemmas", ", ".join(lemmas)),))

    monkeypatch.setattr(proofs.provers, "prove", prove)
    known["asked"] = asked
    return known


def facts(*claims, level="exact"):
    return [Fact(number, claim, level) for number, claim in enumerate(claims, 1)]


def test_facts_are_not_needed_for_what_is_provable(provable):
    provable["f(x) = g(x)"] = "exact"
    proof = prove_with_facts(Equality(f, g), box, facts(Equality(x, y), level="statistical"))
    assert proof.evidence.level == "exact"
    assert provable["asked"] == ["f(x) = g(x)"]


def test_lemmas_are_passed_on(provable):
    provable["f(x) = g(x)"] = "exact"
    proof = prove_with_facts(Equality(f, g), box, (), ("jensen",))
    assert dict(proof.evidence.details)["lemmas"] == "jensen"


def test_refutation_is_final(provable):
    provable["f(x) = g(x)"] = "false"
    with pytest.raises(Refuted):
        prove_with_facts(Equality(f, g), box, facts(Equality(f, g)))


REDUCTIONS = {
    # claim, facts, what the prover has to accept, how
    "substitution": (
        Equality(f + 1, h + 1),
        (Equality(f, g),),
        ["g(x) + 1 = h(x) + 1", "f(x) + 1 = f(x) + 1"],
        "substituting",
    ),
    "substitution backwards": (
        Equality(g + 1, h + 1),
        (Equality(f, g),),
        ["f(x) + 1 = h(x) + 1", "g(x) + 1 = g(x) + 1"],
        "substituting",
    ),
    "two substitutions": (
        Inequality(f, h),
        (Equality(f, g), Equality(g, y)),
        ["y <= h(x)", "f(x) = f(x)"],
        "substituting",
    ),
    "substitution under a limit": (
        LimitClaim(f, x, Integer(0), Integer(1)),
        (Equality(f, g),),
        ["lim_{x -> 0} g(x) = 1", "f(x) = f(x)"],
        "substituting",
    ),
    "chain": (Inequality(f, h), (Inequality(f, g), Inequality(g, h)), [], "chaining"),
    "chain through an equality": (
        Inequality(f, h),
        (Equality(g, f), Inequality(g, h)),
        [],
        "chaining",
    ),
    "chain through an approximation": (
        Inequality(f, g + Rational(1, 10)),
        (Approximation(f, g, Rational(1, 10)),),
        [],
        "chaining",
    ),
    "one inequality and a rest": (
        Inequality(f, g + 1),
        (Inequality(f, g),),
        ["g(x) <= g(x) + 1"],
        "adding",
    ),
    "sum of inequalities": (
        Inequality(f + h, g + y),
        (Inequality(f, g), Inequality(h, y)),
        ["y + g(x) <= y + g(x)"],
        "adding",
    ),
    "triangle inequality": (
        Approximation(f, h, Rational(3, 10)),
        (Approximation(f, g, Rational(1, 10)), Approximation(h, g, Rational(1, 10))),
        ["1/5 <= 3/10"],
        "triangle",
    ),
    "triangle through an equality": (
        Approximation(f, h, Rational(1, 10)),
        (Approximation(g, f, Rational(1, 10)), Equality(g, h)),
        ["1/10 <= 1/10"],
        "triangle",
    ),
}


@pytest.mark.parametrize(
    ("claim", "known", "accepted", "how"), REDUCTIONS.values(), ids=REDUCTIONS.keys()
)
@pytest.mark.parametrize("level", ["exact", "interval", "identity"])
def test_reduction(provable, claim, known, accepted, how, level):
    provable |= dict.fromkeys(accepted, "exact")
    proof = prove_with_facts(claim, box, facts(*known, level=level))
    details = dict(proof.evidence.details)
    assert how in details["follows by"]
    assert details["from steps"]
    assert proof.evidence.level == level
    with pytest.raises(Undecided):
        prove_with_facts(claim, box)


@pytest.mark.parametrize(
    ("claim", "known", "accepted", "how"),
    [row for row in REDUCTIONS.values() if row[2]],
    ids=[name for name, row in REDUCTIONS.items() if row[2]],
)
def test_every_part_of_a_reduction_is_needed(provable, claim, known, accepted, how):
    for missing in accepted:
        provable |= dict.fromkeys(accepted, "exact")
        del provable[missing]
        with pytest.raises(Undecided) as caught:
            prove_with_facts(claim, box, facts(*known))
        assert caught.value.tried[0] == "thinking hard"
        assert len(caught.value.tried) > 1
        assert caught.value.hint == "a hint"


def test_the_level_of_the_rest_counts_too(provable):
    provable["g(x) <= g(x) + 1"] = "interval"
    proof = prove_with_facts(Inequality(f, g + 1), box, facts(Inequality(f, g)))
    assert proof.evidence.level == "interval"


UNUSABLE = {
    "an inequality the wrong way round": (Inequality(g, f), Inequality(f, g)),
    "an equality under an integral": (
        Equality(sp.Integral(f, (x, 0, 5)), y),
        Equality(f, g),
    ),
    "an equality under a derivative": (Equality(sp.Derivative(f, x), y), Equality(f, g)),
    "an approximation for an equality": (Equality(f, g), Approximation(f, g, Integer(1))),
    "an equality of numbers": (Equality(f, Integer(1)), Equality(Integer(1), Integer(1))),
    "nothing in common": (Equality(f, g), Equality(h, y)),
}


@pytest.mark.parametrize(("claim", "fact"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_facts(provable, claim, fact):
    with pytest.raises(Undecided) as caught:
        prove_with_facts(claim, box, facts(fact))
    assert any("none of which applies" in tried for tried in caught.value.tried) or any(
        "adding" in tried for tried in caught.value.tried
    )


def test_a_pole_that_a_replacement_cancels_is_not_forgotten(provable):
    # f = x turns f/x into 1, but f/x is undefined at 0: the side itself has to be defined.
    provable["1 = 1"] = "exact"
    with pytest.raises(Undecided):
        prove_with_facts(Equality(f / x, Integer(1)), box, facts(Equality(f, x)))
    provable["f(x)/x = f(x)/x"] = "exact"
    prove_with_facts(Equality(f / x, Integer(1)), box, facts(Equality(f, x)))


SYMBOLS = {
    "integral": (sp.Integral(x * t, (t, 0, x)), {t}, {t}),
    "sum": (sp.Sum(x**t, (t, 0, 5)), {t}, {t}),
    "limit": (sp.Limit(x / t, t, 0), {t}, {t}),
    "derivative": (sp.Derivative(sp.Function("u")(x, t), x), set(), {x}),
    "substitution": (sp.Subs(sp.Derivative(f, x), x, t), {x}, {x}),
    "nested": (sp.exp(sp.Integral(sp.Sum(t * y, (y, 0, 3)), (t, 0, 1))), {t, y}, {t, y}),
    "plain": (x + t, set(), set()),
}


@pytest.mark.parametrize(("expr", "bound", "operated"), SYMBOLS.values(), ids=SYMBOLS.keys())
def test_bound_and_operated_symbols(expr, bound, operated):
    assert bound_symbols(expr) == bound
    assert operated_symbols(expr) == operated


def test_floats_reach_the_prover_as_fractions(provable):
    provable["0.5 <= 3/4"] = "interval"  # 1/2 is a short fraction and printed as one
    provable["1/2 <= 3/4"] = "exact"
    proof = prove_with_facts(Inequality(sp.Float(0.5), Rational(3, 4)), box)
    assert proof.evidence.level == "exact"
