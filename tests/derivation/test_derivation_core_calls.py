"""Every misuse is refused before any proof starts, by a message that names what is wrong."""

from __future__ import annotations

import inspect
import math

import pytest
import sympy as sp
from sympy import Eq, Matrix

import symnum as sn
from symnum.derivation import Derivation

x, y, z = sp.symbols("x y z")
real = sn.Interval("-oo", "oo")


@pytest.fixture
def d():
    return sn.Derivation(
        "calls", domain={x: sn.Interval(0, 2), y: real}, where=(x + y < 10, x**2 < 9)
    )


MISUSES = {
    # name: (call, error, words of the message)
    "blank why": (lambda d: d.equal(x, x, why="  "), ValueError, "why is blank"),
    "why is no text": (lambda d: d.equal(x, x, why=3), TypeError, "why must be a text, got int"),
    "no domain": (lambda d: d.equal(x, z - z + z, why="w"), ValueError, "symbol z has neither"),
    "no domain in text": (lambda d: d.less_equal("q1", 1, why="w"), ValueError, "symbol q1"),
    "other assumptions": (
        lambda d: d.equal(sp.Symbol("x", positive=True), x, why="w"),
        ValueError,
        "two symbols are called x: one has the assumptions positive=True",
    ),
    "True as a side": (lambda d: d.equal(True, x, why="w"), ValueError, "lhs is a truth value"),
    "relation as a side": (lambda d: d.equal(x > 1, x, why="w"), ValueError, "lhs is a truth"),
    "evaluated Eq as a side": (lambda d: d.equal(Eq(1, 2), x, why="w"), ValueError, "truth"),
    "unevaluated Eq as a side": (
        lambda d: d.equal(Eq(1, 2, evaluate=False), x, why="w"),
        ValueError,
        "truth value or a relation",
    ),
    "nan": (lambda d: d.equal(x, float("nan"), why="w"), ValueError, "finite"),
    "infinity": (lambda d: d.less_equal(x, math.inf, why="w"), ValueError, "finite"),
    "oo in a side": (lambda d: d.less_equal(x, sp.oo, why="w"), ValueError, "rhs contains oo"),
    "zoo inside": (
        lambda d: d.equal(sp.Max(x, sp.oo, evaluate=False), x, why="w"),
        ValueError,
        "lhs contains oo",
    ),
    "no expression": (lambda d: d.equal(object(), x, why="w"), TypeError, "lhs"),
    "hostile text": (lambda d: d.equal("__import__('os')", x, why="w"), ValueError, "lhs"),
    "symbolic matrix": (
        lambda d: d.equal(sp.MatrixSymbol("A", 2, 2), x, why="w"),
        TypeError,
        "lhs is a matrix",
    ),
    "shapes": (
        lambda d: d.equal(Matrix([[x, y]]), Matrix([x, y]), why="w"),
        ValueError,
        "lhs and rhs do not have the same entries: 2 entries [0, 0], [0, 1] against",
    ),
    "scalar against list": (
        lambda d: d.equal(x, [x], why="w"),
        ValueError,
        "a scalar against 1 entries [0]",
    ),
    "keys": (lambda d: d.equal({"a": x}, {"b": x}, why="w"), ValueError, "1 entries a against"),
    "keys are texts": (lambda d: d.equal({x: x}, {x: x}, why="w"), TypeError, "keys of lhs"),
    "empty list": (lambda d: d.equal([], [], why="w"), ValueError, "lhs is empty"),
    "empty matrix": (lambda d: d.equal(Matrix(0, 0, []), x, why="w"), ValueError, "empty matrix"),
    "truth in a list": (lambda d: d.equal([x, True], [x, 1], why="w"), ValueError, "lhs[1] is a"),
    "negative bound": (
        lambda d: d.approximate(x, x, bound=-1, why="w"),
        ValueError,
        "bound must not be negative",
    ),
    "limit outside": (
        lambda d: d.limit(x, x, 3, 3, why="w"),
        ValueError,
        "x0 = 3 is outside the domain of x, [0, 2]",
    ),
    "limit of a stranger": (lambda d: d.limit(z, z, 0, 0, why="w"), ValueError, "symbol z"),
    "x0 contains x": (lambda d: d.limit(x, x, x + 1, 0, why="w"), ValueError, "contains x itself"),
    "infinite expr": (lambda d: d.limit(sp.oo, x, 0, sp.oo, why="w"), ValueError, "expr contains"),
    "order 0": (lambda d: d.series(x, x, 0, 0, why="w"), ValueError, "order must be at least 1"),
    "order is no int": (lambda d: d.series(x, x, 2.0, x, why="w"), TypeError, "order must be an"),
    "crude remainder": (
        lambda d: d.series(sp.sin(x), x, 5, x + sp.O(x**3), why="w"),
        ValueError,
        "value ends in O(x**3), expected O(x**5)",
    ),
    "refute True": (lambda d: d.refute(Eq(x, x), at={x: 1}, why="w"), ValueError, "already True"),
    "refute False": (lambda d: d.refute(Eq(1, 2), at={}, why="w"), ValueError, "evaluate=False"),
    "refute no relation": (lambda d: d.refute(x, at={x: 1}, why="w"), TypeError, "relation, got"),
    "refute without point": (
        lambda d: d.refute(x < 0, at=[1], why="w"),
        TypeError,
        "at must map symbols to numbers, got list",
    ),
    "point outside": (
        lambda d: d.refute(x < 0, at={x: 5}, why="w"),
        ValueError,
        "at: x = 5 is outside the domain [0, 2]",
    ),
    "open symbol": (
        lambda d: d.refute(sp.Lt(x, y), at={x: 1}, why="w"),
        ValueError,
        "at gives no value for y",
    ),
    "open joint condition": (
        lambda d: d.refute(x < 0, at={x: 1}, why="w"),
        ValueError,
        "at gives no value for y",
    ),
    "joint condition": (
        lambda d: d.refute(x < 0, at={x: 1, y: 20}, why="w"),
        ValueError,
        "does not satisfy x + y < 10",
    ),
    "unknown symbol in point": (
        lambda d: d.refute(x < 0, at={x: 1, z: 2}, why="w"),
        ValueError,
        "symbol z",
    ),
    "point is no number": (
        lambda d: d.refute(x < 0, at={x: y, y: 1}, why="w"),
        ValueError,
        "at[x] must be a number, got y",
    ),
    "refute matrices by order": (
        lambda d: d.refute("x < [1]", at={x: 1, y: 1}, why="w"),
        ValueError,
        "",
    ),
    "equation with a stranger": (
        lambda d: d.solve(z * y - 1, z, near=1, why="w"),
        ValueError,
        "no other free symbol than z, it contains y",
    ),
    "equation without unknown": (
        lambda d: d.solve(sp.Integer(1) - 2, z, near=1, why="w"),
        ValueError,
        "z does not occur",
    ),
    "equation is True": (lambda d: d.solve(Eq(1, 1), z, near=1, why="w"), ValueError, "already T"),
    "equation is <": (lambda d: d.solve(z < 1, z, near=1, why="w"), ValueError, "must be an equa"),
    "near is a symbol": (lambda d: d.solve(z - 1, z, near=x, why="w"), ValueError, "near must be"),
    "near is nan": (lambda d: d.solve(z, z, near=math.nan, why="w"), ValueError, "near"),
    "digits": (
        lambda d: d.solve(z - 1, z, near=1, digits=0, why="w"),
        ValueError,
        "digits must be between 1 and",
    ),
    "digits is no int": (
        lambda d: d.solve(z - 1, z, near=1, digits=True, why="w"),
        TypeError,
        "digits must be an int, got bool",
    ),
    "strange name": (
        lambda d: d.equal(1 + x - x, 1, why="w", name="a b"),
        ValueError,
        "'a b' cannot be the name",
    ),
    "name of no number": (
        lambda d: d.equal(x, x, why="w", name="c"),
        ValueError,
        "right side is a number",
    ),
    "unknown lemma": (
        lambda d: d.equal(x, x, why="w", using="no such lemma"),
        ValueError,
        "there is no lemma 'no such lemma'",
    ),
    "using an index": (
        lambda d: d.equal(x, x, why="w", using=0),
        IndexError,
        "no step with index 0, only 0 steps",
    ),
    "using a number": (lambda d: d.equal(x, x, why="w", using=1.5), TypeError, "got float"),
    "using a truth": (lambda d: d.equal(x, x, why="w", using=True), TypeError, "got bool"),
    "result: free symbol": (
        lambda d: d.result(x + y, args=[x]),
        ValueError,
        "args leaves out y",
    ),
    "result: argument without domain": (
        lambda d: d.result(x, args=[x, z]),
        ValueError,
        "args: z has no domain",
    ),
    "result: argument twice": (lambda d: d.result(x, args=["x", x]), ValueError, "names x twice"),
    "result: no symbol": (lambda d: d.result(x, args=[x + y]), TypeError, "args"),
    "result: stranger": (lambda d: d.result(z, args=[x]), ValueError, "symbol z has neither"),
}


@pytest.mark.parametrize(("call", "error", "words"), MISUSES.values(), ids=MISUSES.keys())
def test_misuse(d, call, error, words):
    with pytest.raises(error) as caught:
        call(d)
    assert words in str(caught.value)
    assert d.steps == ()


@pytest.mark.parametrize(
    "name", ["define", "equal", "less_equal", "limit", "series", "approximate", "refute", "solve"]
)
def test_why_is_required_and_keyword_only(name):
    parameter = inspect.signature(getattr(Derivation, name)).parameters["why"]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default is inspect.Parameter.empty


def test_missing_why_is_a_type_error(d):
    with pytest.raises(TypeError, match="why"):
        d.equal(x, x)
    with pytest.raises(TypeError, match="bound"):
        d.approximate(x, x, why="no bound, no claim")


CONSTRUCTIONS = {
    "name is no text": (lambda: sn.Derivation(3), TypeError, "name must be a text"),
    "blank name": (lambda: sn.Derivation(" "), ValueError, "name is blank"),
    "title is no text": (lambda: sn.Derivation("n", title=None), TypeError, "title must be"),
    "source is no text": (lambda: sn.Derivation("n", source=1), TypeError, "source must be"),
    "domain is no mapping": (lambda: sn.Derivation("n", domain=[x]), TypeError, "domain must map"),
    "interval as a pair": (lambda: sn.Derivation("n", domain={x: (0, 1)}), TypeError, "Interval"),
    "empty interval": (lambda: sn.Interval(2, 1), ValueError, "empty"),
    "two of a name": (
        lambda: sn.Derivation("n", domain={x: real, sp.Symbol("x", real=True): real}),
        ValueError,
        "two symbols are called x",
    ),
    "contradictory": (
        lambda: sn.Derivation("n", domain={sp.Symbol("z", positive=True): sn.Interval(-1, 1)}),
        ValueError,
        "z",
    ),
    "empty box": (
        lambda: sn.Derivation("n", domain={x: sn.Interval(0, 1)}, where=x > 2),
        ValueError,
        "where",
    ),
}


@pytest.mark.parametrize(
    ("make", "error", "words"), CONSTRUCTIONS.values(), ids=CONSTRUCTIONS.keys()
)
def test_construction(make, error, words):
    with pytest.raises(error) as caught:
        make()
    assert words in str(caught.value)


def test_only_the_name_is_required():
    d = sn.Derivation("constants only")
    d.equal("2 + 2", 4, why="count")
    assert d.title == ""
    assert len(d.domain) == 0
    assert dict(d.constants) == {}
    assert d.level == "exact"


@pytest.mark.parametrize("read", ["expr", "args"])
def test_no_result_yet(d, read):
    with pytest.raises(ValueError, match="'calls' has no result yet"):
        getattr(d, read)
    with pytest.raises(ValueError, match="no result yet"):
        d.compile()


def test_one_result_only(d):
    d.equal(x, x, why="itself")
    d.result(x, args=[x])
    with pytest.raises(ValueError, match="only one"):
        d.result(x, args=[x])


def test_domain_and_constants_are_read_only(d):
    with pytest.raises(TypeError):
        d.domain[z] = real
    with pytest.raises(TypeError):
        d.constants["c"] = 1


def test_domain_may_be_a_box():
    box = sn.Box({x: sn.Interval(0, 2), y: real}, where=x + y < 3)
    d = sn.Derivation("box", domain=box, where="y > 0")
    assert list(d.domain) == [x, y]
    assert set(d.domain.where) == {x + y < 3, y > 0}


def test_interruption_leaves_nothing(d, monkeypatch):
    from symnum.derivation import proofs

    d.equal(x, x, why="itself")
    before = d.steps

    def interrupted(*arguments, **keywords):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(proofs.provers, "prove", interrupted)
        with pytest.raises(KeyboardInterrupt):
            d.equal(y, y, why="interrupted")
    assert d.steps == before
    d.equal(y, y, why="usable as before")
    assert len(d.steps) == 2


def test_false_step_is_not_left_behind(d):
    with pytest.raises(sn.Refuted) as caught:
        d.equal(x, x + 1, why="wrong")
    assert d.steps == ()
    assert set(caught.value.point) <= {x, y}
    assert str(caught.value).startswith("refuted: x = x + 1")


def test_text_and_symbols_mean_the_same(d):
    first = d.equal("x**2 - y**2", "(x - y)*(x + y)", why="factor")
    second = d.equal(x**2 - y**2, (x - y) * (x + y), why="factor")
    assert first.claim == second.claim
    assert first.certificate.fingerprint == second.certificate.fingerprint


def test_declared_names_win_over_constants_in_text():
    e = sp.Symbol("E")
    d = sn.Derivation("names", domain={e: sn.Interval(5, 6)})
    d.equal("E + 0", e, why="E is a symbol here")
    with pytest.raises(sn.Refuted):
        d.less_equal("E", 3, why="as if E were Euler's number")
