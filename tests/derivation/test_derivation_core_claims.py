"""Claims keep their sides as written, print in three notations and have stable fingerprints."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
import sympy as sp
from sympy import Eq, Integer, Rational

from symnum.derivation.claims import (
    CLAIMS,
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
from symnum.derivation.fingerprints import combine, digest
from symnum.derivation.structures import Coordinated, Listed, Named, entries, freeze, mapped, thaw
from symnum.derivation.typography import as_text, escaped, is_large, shortened
from symnum.derivation.webpage import as_mathml

x, y = sp.symbols("x y")
pair = Listed((x, y), "list")
table = Named((("a", x), ("b_1", y)))
matrix = sp.ImmutableMatrix([[x, 1], [0, y]])

CASES = {
    "equality": (Equality(x, x), "x = x", "x = x"),
    "false equality": (Equality(Integer(1), Integer(2)), "1 = 2", "1 = 2"),
    "inequality": (Inequality(x, Integer(1)), "x <= 1", r"x \le 1"),
    "limit": (
        LimitClaim(x + 1, x, sp.oo, sp.oo),
        "lim_{x -> oo} (x + 1) = oo",
        r"\lim_{x \to \infty} \left(x + 1\right) = \infty",
    ),
    "series": (
        SeriesClaim(sp.exp(x), x, 2, 1 + x),
        "exp(x) = x + 1 + O(x**2)",
        r"e^{x} = x + 1 + O\left(x^{2}\right)",
    ),
    "approximation": (
        Approximation(x, y - 1, Rational(1, 2)),
        "|x - (y - 1)| <= 1/2",
        r"\left|x - \left(y - 1\right)\right| \le \frac{1}{2}",
    ),
    "refutation": (
        Refutation(Eq(x, y, evaluate=False), {y: Integer(2), x: Integer(1)}),
        "not (x = y) at x = 1, y = 2",
        r"\text{not }\left(x = y\right)\text{ at }x = 1,\; y = 2",
    ),
    "refutation without point": (
        Refutation(Eq(Integer(1), Integer(2), evaluate=False), ()),
        "not (1 = 2)",
        r"\text{not }\left(1 = 2\right)",
    ),
    "refuted lists": (
        RefutedEquality(pair, Listed((y, x), "list"), {x: Integer(0), y: Integer(1)}),
        "not ((x, y) = (y, x)) at x = 0, y = 1",
        None,
    ),
    "root": (
        RootClaim(x - sp.cos(x), x, Rational(7, 10), 30),
        "x - cos(x) = 0 has exactly one root x in a certified enclosure near 0.7",
        None,
    ),
    "definition": (Definition(x, y**2), "x := y**2", "x := y^{2}"),
    "entrywise": (
        Entrywise(pair, pair, (("[0]", Equality(x, x)), ("[1]", Equality(y, y)))),
        "(x, y) = (x, y)",
        None,
    ),
    "matrices": (
        Entrywise(matrix, matrix, (("[0, 0]", Equality(x, x)),)),
        "Matrix([[x, 1], [0, y]]) = Matrix([[x, 1], [0, y]])",
        None,
    ),
    "result": (ResultClaim(table, (x, y)), "result(x, y) = {a: x, b_1: y}", None),
}


@pytest.mark.parametrize(("claim", "text", "latex"), CASES.values(), ids=CASES.keys())
def test_notations(claim, text, latex):
    assert str(claim) == text
    if latex is not None:
        assert claim.latex() == latex
    root = ElementTree.fromstring(as_mathml(claim.pieces()))
    assert root.get("alttext") == text


@pytest.mark.parametrize("claim", [case[0] for case in CASES.values()], ids=CASES.keys())
def test_values(claim):
    assert claim.rebuilt(lambda expr: expr) == claim
    assert hash(claim) == hash(claim.rebuilt(lambda expr: expr))
    assert claim.fingerprint() == claim.rebuilt(lambda expr: expr).fingerprint()
    moved = claim.rebuilt(lambda expr: expr + 1)
    assert moved != claim
    assert moved.fingerprint() != claim.fingerprint()
    assert type(claim) in CLAIMS


def test_every_kind_is_tested():
    assert {type(case[0]) for case in CASES.values()} == set(CLAIMS)


def test_kinds_with_the_same_sides_have_different_fingerprints():
    kinds = [Equality(x, y), Inequality(x, y), Definition(x, y), Approximation(x, y, x)]
    assert len({claim.fingerprint() for claim in kinds}) == len(kinds)


def test_relations_are_not_evaluated():
    assert Equality(x, x).relation == Eq(x, x, evaluate=False)
    assert Inequality(Integer(1), Integer(0)).relation.lhs == 1


def test_free_symbols():
    t = sp.Symbol("t")
    assert LimitClaim(Integer(1), x, y, Integer(1)).free_symbols == {x, y}
    assert SeriesClaim(Integer(1), x, 2, Integer(1)).free_symbols == {x}
    assert Approximation(x, x, y).free_symbols == {x, y}
    assert RootClaim(t - x, t, Integer(0), 30).free_symbols == {x}
    assert Equality(sp.Integral(x * t, (t, 0, 1)), x / 2).free_symbols == {x}


# Fingerprints

DIFFERENT = {
    "assumptions": (sp.Symbol("x"), sp.Symbol("x", real=True)),
    "function and undefined function": (sp.sin(x), sp.Function("sin")(x)),
    "order of a power": (x**y, y**x),
    "int and text": (1, "1"),
    "bool and int": (True, 1),
    "integer and float": (Integer(1), sp.Float(1)),
    "grouping": (("a", ("b",)), ("a", "b")),
    "two dummies and one": (
        (lambda a, b: a + 2 * b)(sp.Dummy("d"), sp.Dummy("d")),
        (lambda a: a + 2 * a)(sp.Dummy("d")),
    ),
}


@pytest.mark.parametrize(("first", "second"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different_digests(first, second):
    assert digest(first) != digest(second)


def test_dummies_count_by_order_only():
    def formula():
        a, b = sp.Dummy("a"), sp.Dummy("b")
        return a * sp.Integral(b * a, (b, 0, 1))

    assert formula() != formula()
    assert digest(formula()) == digest(formula())


def test_digest_is_linear_in_shared_parts():
    expr = x
    for _ in range(60):
        expr = sp.Mul(expr, expr, evaluate=False)
    assert len(digest(expr)) == 32


@pytest.mark.parametrize(
    "value", [object(), 1.5, [x], {x: 1}, b"x"], ids=lambda value: type(value).__name__
)
def test_no_digest(value):
    with pytest.raises(TypeError, match="no digest of"):
        digest(value)


def test_only_plain_texts_are_combined():
    class Text(str):
        __slots__ = ()

    with pytest.raises(TypeError, match="expected a text, got Text"):
        combine(Text("a"))


def test_fingerprint_is_the_same_in_another_process():
    code = (
        "import sympy as sp\n"
        "from symnum.derivation.claims import Equality\n"
        "x, y = sp.symbols('x y')\n"
        "print(Equality(sp.sin(x + y)**2, sp.Integral(x*y, (x, 0, 1))).fingerprint())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    here = Equality(sp.sin(x + y) ** 2, sp.Integral(x * y, (x, 0, 1))).fingerprint()
    assert runs[0].strip() == here


# Structures


def convert(value, name):
    return sp.sympify(value)


VALUES = {
    "scalar": (x, [("", x)]),
    "list": ([x, 1], [("[0]", x), ("[1]", Integer(1))]),
    "tuple": ((x, y), [("[0]", x), ("[1]", y)]),
    "dict": ({"p": x, "q": [y]}, [("p", x), ("q[0]", y)]),
    "matrix": (sp.Matrix([[x, y]]), [("[0, 0]", x), ("[0, 1]", y)]),
    "sparse matrix": (sp.SparseMatrix([[x, 0]]), [("[0, 0]", x), ("[0, 1]", Integer(0))]),
    "list of matrices": ([sp.Matrix([x])], [("[0][0, 0]", x)]),
}


@pytest.mark.parametrize(("value", "expected"), VALUES.values(), ids=VALUES.keys())
def test_structures(value, expected):
    frozen = freeze(value, "value", convert)
    hash(frozen)
    assert list(entries(frozen)) == expected
    assert mapped(frozen, lambda expr: expr) == frozen
    back = thaw(frozen)
    assert back == value
    assert type(back) is type(value) or isinstance(value, sp.MatrixBase)


def test_coordinates_thaw_to_a_tuple():
    frozen = Coordinated("I", "frame", (x, y))
    assert thaw(frozen) == (x, y)
    assert [place for place, _ in entries(frozen)] == ["coordinate 0", "coordinate 1"]
    assert mapped(frozen, lambda expr: 2 * expr).items == (2 * x, 2 * y)
    assert as_text((frozen,)) == "I"


# Size


def test_large_expressions_are_described():
    large = sp.Add(*(sp.sin(k * x) for k in range(2, 600)))
    assert is_large(large)
    assert as_text((large,)) == "[large expression in x]"
    for notation in (Equality(large, x).latex(), as_mathml(Equality(large, x).pieces())):
        assert "large expression in x" in notation
        assert len(notation) < 500


def test_doubles_are_printed_as_doubles():
    tenth, small = Rational(0.1), Rational(1e-10)
    claim = Approximation(-tenth * x, Rational(1, 3), small)
    assert str(claim) == "|-0.1*x - 1/3| <= 1e-10"
    assert claim.latex() == r"\left|- 0.1 x - \frac{1}{3}\right| \le 1e-10"
    page = as_mathml(claim.pieces())
    assert "<mn>0.1</mn>" in page
    assert "<msup><mn>10</mn><mrow><mo>&#x2212;</mo><mn>10</mn></mrow></msup>" in page
    assert claim.bound == small


def test_long_text_is_shortened():
    text = str(Equality(sum(sp.Symbol(f"a{k}") for k in range(200)), x))
    assert " ... " in text
    assert len(text) < 320
    assert shortened("short") == "short"


def test_latex_escapes_plain_words():
    assert escaped(r"a_b\{}") == r"a\_b\textbackslash{}\{\}"
    assert r"\text{b\_1}" in ResultClaim(table, (x, y)).latex()
