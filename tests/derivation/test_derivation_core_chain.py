"""Definitions, threads, facts, the reachability of the result, constants and levels."""

from __future__ import annotations

import re

import pytest
import sympy as sp

import symnum as sn
from symnum.algebra.coordinates import Coordinates
from symnum.derivation.chain import unused_steps
from symnum.derivation.steps import records_of

x, y, z, u, v = sp.symbols("x y z u v")
real = sn.Interval("-oo", "oo")


@pytest.fixture
def d():
    return sn.Derivation("chain", domain={x: real, y: real})


# Definitions


def test_definitions_are_substituted_in_order(d):
    d.define(u, x + y, why="a sum")
    d.define("v", "u**2", why="its square")
    step = d.equal("v", (x + y) ** 2, why="insert")
    assert str(step.claim) == "v = (x + y)**2"
    assert str(step.expanded) == "(x + y)**2 = (x + y)**2"
    with pytest.raises(sn.Refuted):
        d.equal(v, x**2 + y**2, why="the binomial formula forgotten")


BAD_DEFINITIONS = {
    "a symbol with a domain": (x, y, "x has a domain"),
    "twice": (u, x + 1, "u is defined already"),
    "twice under other assumptions": (sp.Symbol("u", real=True), x, "u is defined already"),
    "itself": (v, v + 1, "the definition of v is circular"),
    "an unknown symbol": (v, z, "symbol z has neither"),
    "an assumption that does not hold": (
        sp.Symbol("v", positive=True),
        x,
        "v was made with positive=True",
    ),
    "an unknown assumption": (sp.Symbol("v", integer=True), x**2, "integer=True"),
}


@pytest.mark.parametrize(
    ("symbol", "expr", "words"), BAD_DEFINITIONS.values(), ids=BAD_DEFINITIONS.keys()
)
def test_bad_definition(d, symbol, expr, words):
    d.define(u, x, why="taken")
    with pytest.raises(ValueError, match=words):
        d.define(symbol, expr, why="bad")
    assert len(d.steps) == 1


def test_mutually_circular_definitions_cannot_be_written(d):
    with pytest.raises(ValueError, match="symbol v has neither"):
        d.define(u, v + 1, why="first half")
    d.define(v, x, why="fine")
    d.define(u, v + 1, why="fine")
    with pytest.raises(ValueError, match="v is defined already"):
        d.define(v, u, why="second half")


def test_definition_with_an_implied_assumption():
    d = sn.Derivation("positive", domain={x: real})
    w = sp.Symbol("w", positive=True)
    d.define(w, 1 + x**2, why="positive for every real x")
    d.equal(sp.sqrt(w**2), 1 + x**2, why="the root of a positive square")


def test_bound_variables_are_not_captured(d):
    d.define(u, x * y, why="contains x")
    for clash in (sp.Integral(u, (x, 0, 1)), sp.Integral(x, (x, 0, u)) * u, sp.Derivative(u, u)):
        if x in clash.free_symbols and not clash.has(sp.Derivative):
            continue
        with pytest.raises(ValueError, match="give the variable another name"):
            d.equal(clash, y / 2, why="what does x mean here?")
    with pytest.raises(ValueError, match="give the variable another name"):
        d.equal(sp.Integral(u, (x, 0, 1)), y / 2, why="what does x mean here?")


# Threads and facts


def test_thread_continues_an_earlier_right_side(d):
    first = d.equal((x + 1) ** 2, x**2 + 2 * x + 1, why="expand")
    other = d.equal(y - y + 1, 1, why="elsewhere")
    second = d.equal(x**2 + 2 * x + 1, x * (x + 2) + 1, why="collect")
    assert first.thread == second.thread
    assert other.thread != first.thread
    assert "continues step 1" in d.to_markdown()


def test_thread_continues_a_definition(d):
    definition = d.define(u, (x + 1) ** 2, why="name it")
    step = d.equal(u, x**2 + 2 * x + 1, why="expand")
    assert step.thread == definition.thread


def test_using_is_recorded_and_checked(d):
    first = d.equal((x + 1) ** 2, x**2 + 2 * x + 1, why="expand")
    step = d.equal(x, x, why="trivial", using=[first, 0, -1])
    assert step.using == (1,)
    other = sn.Derivation("other", domain={x: real})
    stranger = other.equal(x, x, why="elsewhere")
    with pytest.raises(ValueError, match="another derivation"):
        d.equal(x, x, why="trivial", using=stranger)


def test_inequalities_are_chained():
    f, g, h = sp.erf(x), sp.Integer(1), sp.Integer(2)
    d = sn.Derivation("chained", domain={x: sn.Interval(0, 3)})
    first = d.less_equal(f, g, why="erf is a probability")
    second = d.less_equal(g, h, why="count")
    third = d.less_equal(f, h, why="transitivity", using=[first, second])
    assert third.using == (1, 2)


class Vector(Coordinates):
    """A vector of symbolic size along the ones and one more direction."""

    def __init__(self, ones, other, size="n"):
        self.parts = (sp.sympify(ones), sp.sympify(other))
        self.size = size

    def coordinates(self):
        return self.parts

    def frame(self):
        return self.size

    def describe(self):
        return f"{self.parts[0]} 1 + {self.parts[1]} w"


def test_coordinates_are_compared_coordinate_by_coordinate(d):
    step = d.equal(Vector((x + y) ** 2, 1), Vector(x**2 + 2 * x * y + y**2, 1), why="each part")
    assert dict(step.certificate.details)["entries"] == "2"
    assert "1 + 1 w" in str(step.claim)
    with pytest.raises(sn.Refuted, match="coordinate 1"):
        d.equal(Vector(x, y), Vector(x, 2 * y), why="wrong")
    with pytest.raises(ValueError, match="the coordinates of"):
        d.equal(Vector(x, y), Vector(x, y, size="m"), why="other size")


def test_entries_are_paired_by_key_not_by_order(d):
    d.equal({"a": x + 1, "b": y}, {"b": y, "a": 1 + x}, why="same keys")
    with pytest.raises(sn.Refuted, match="entry b"):
        d.equal({"a": x, "b": y}, {"b": y + 1, "a": x}, why="one entry is wrong")


def test_nested_structures(d):
    step = d.equal([x, (y, {"k": x - x})], [x, (y, {"k": 0})], why="same")
    assert str(step.claim) == "(x, (y, {k: 0})) = (x, (y, {k: 0}))"


# The result


def built(d):
    d.define(u, x + y, why="a sum")
    d.equal(sp.sinh(u), (sp.exp(u) - sp.exp(-u)) / 2, why="definition of sinh")
    d.equal(x**2 - y**2, u * (x - y), why="factor")
    return d


FOUND = {
    "a right side": (lambda: (sp.exp(u) - sp.exp(-u)) / 2, (2,)),
    "the same without the name": (lambda: (sp.exp(x + y) - sp.exp(-x - y)) / 2, (2,)),
    "a left side": (lambda: sp.sinh(x + y), (2,)),
    "a definition": (lambda: u, (1,)),
    "a list of sides": (lambda: [x**2 - y**2, sp.sinh(u)], (2, 3)),
    "a dictionary": (lambda: {"p": sp.sinh(u), "q": x + y}, (1, 2)),
    "a matrix": (lambda: sp.Matrix([[u, sp.sinh(u)]]), (1, 2)),
}


@pytest.mark.parametrize(("formula", "steps"), FOUND.values(), ids=FOUND.keys())
def test_result_is_found(d, formula, steps):
    step = built(d).result(formula(), args=[x, y])
    assert step.using == steps
    assert step.certificate.level == "exact"
    entries = d.expr.values() if isinstance(d.expr, dict) else sp.flatten([d.expr])
    assert not any(entry.has(u) for entry in entries)


def test_result_by_substitution_of_proved_equalities(d):
    d.equal(sp.cosh(x) ** 2 - sp.sinh(x) ** 2, 1, why="Pythagoras")
    d.equal(x * sp.cosh(2 * x), x * (2 * sp.cosh(x) ** 2 - 1), why="double")
    d.equal(sp.cosh(x) ** 2, (sp.cosh(2 * x) + 1) / 2, why="half")
    step = d.result(x * (2 * ((sp.cosh(2 * x) + 1) / 2) - 1), args=[x])
    assert step.using


@pytest.mark.parametrize(
    "formula",
    [x + y + 1, sp.sinh(x - y), [u, sp.cosh(u)], {"p": sp.sinh(u) + 1}, x**2 + y**2],
    ids=str,
)
def test_formula_that_occurs_nowhere(d, formula):
    before = built(d).steps
    with pytest.raises((sn.Refuted, sn.Undecided)) as caught:
        d.result(formula, args=[x, y])
    assert d.steps == before
    assert "step" in str(caught.value)


def test_equivalent_formula_is_named(d):
    d.equal((x + 1) ** 2, x**2 + 2 * x + 1, why="expand")
    with pytest.raises(sn.Undecided) as caught:
        d.result(x * (x + 2) + 1, args=[x])
    assert "of step 1: state that as a step" in str(caught.value)


def test_refuted_relation_vouches_for_nothing(d):
    d.refute(sp.Eq(x**3, x, evaluate=False), at={x: 2}, why="not everywhere")
    with pytest.raises((sn.Refuted, sn.Undecided)):
        d.result(x**3, args=[x])


def test_result_survives_later_steps(d):
    d.equal(x + x, 2 * x, why="count")
    d.result(2 * x, args="x")
    d.less_equal(2 * x, 2 * x, why="a property of the result")
    assert d.expr == 2 * x
    assert d.args == (x,)


# Unused steps, constants, levels


def test_unused_steps_are_named_on_the_page(d):
    d.equal((x + 1) ** 2, x**2 + 2 * x + 1, why="expand")
    d.equal(sp.sin(y) ** 2 + sp.cos(y) ** 2, 1, why="off the path")
    d.less_equal(0, (x + 1) ** 2, why="a property of the result")
    d.refute(sp.Eq(y, 0, evaluate=False), at={y: 1}, why="findings are never unused")
    assert unused_steps(records_of(d.steps)) == ()
    d.result((x + 1) ** 2, args=[x])
    assert unused_steps(records_of(d.steps)) == (2,)
    for page in (d.to_markdown(), d.to_html(), str(d)):
        assert re.search(r"nothing uses step 2\b", page, re.IGNORECASE)
        assert "warning" in page.lower()


def test_named_step_is_used(d):
    first = d.equal(sp.sin(y) ** 2 + sp.cos(y) ** 2, 1, why="Pythagoras")
    d.equal((x + 1) ** 2, x**2 + 2 * x + 1, why="expand", using=first)
    d.result((x + 1) ** 2, args=[x])
    assert unused_steps(records_of(d.steps)) == ()


def test_constants_are_owned_by_steps():
    d = sn.Derivation("constants", domain={x: real})
    d.equal("2**10", 1024, why="count", name="kibi")
    d.limit("sin(x)/x", x, 0, 1, why="the classic", name="one")
    step = d.solve("t = cos(t)", "t", near=0.7, why="fixed point", name="dottie")
    assert set(d.constants) == {"kibi", "one", "dottie"}
    assert d.constants["kibi"] == 1024
    assert d.constants["dottie"] == step.certificate.value
    exact = sp.nsolve(sp.cos(x) - x, x, 0.7, prec=50)
    assert abs(d.constants["dottie"] - exact) < sp.Rational(1, 10**29)
    with pytest.raises(ValueError, match="there is a constant 'kibi' already"):
        d.equal("3", 3, why="again", name="kibi")
    assert "`kibi` = `1024`" in d.to_markdown()


def test_solve_refuses_a_defined_unknown(d):
    d.define(u, x, why="taken")
    with pytest.raises(ValueError, match="unknown: u is defined already"):
        d.solve(u - 1, u, near=1, why="clash")


def test_level_is_the_weakest():
    d = sn.Derivation("levels", domain={x: sn.Interval(0, 1)})
    assert d.level == "exact"
    d.equal(2 * x, x + x, why="count")
    assert d.level == "exact"
    step = d.less_equal(sp.exp(x) * sp.sin(x), 3, why="a bound")
    assert step.certificate.level in {"exact", "interval"}
    order = ("exact", "interval", "identity", "statistical")
    assert d.level == max((s.certificate.level for s in d.steps), key=order.index)
