"""Formulas on the page: well-formed, with the operators and brackets of handwriting."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
import sympy as sp
from hypothesis import given, strategies

from symnum.derivation.mathml import mathml_of

x, y, n, k = sp.symbols("x y n k")
u = sp.Function("u")

# What each element takes: the number of its children in HTML.
CHILDREN = {
    "mfrac": 2,
    "msup": 2,
    "msub": 2,
    "mroot": 2,
    "munder": 2,
    "mover": 2,
    "msubsup": 3,
    "munderover": 3,
}
ELEMENTS = {
    *CHILDREN,
    *["math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msqrt", "mtable", "mtr", "mtd"],
}


def plain(element):
    """Write an element the way it reads: fractions as (a)/(b), powers as a^b."""
    parts = [plain(child) for child in element]
    match element.tag:
        case "mfrac":
            return f"[{parts[0]}]/[{parts[1]}]"
        case "msup":
            return f"{parts[0]}^{parts[1]}"
        case "msub":
            return f"{parts[0]}_{parts[1]}"
        case "msubsup" | "munderover":
            return f"{parts[0]}_{parts[1]}^{parts[2]}"
        case "munder":
            return f"{parts[0]}_{parts[1]}"
        case "msqrt":
            return f"root[{''.join(parts)}]"
        case "mroot":
            return f"root{parts[1]}[{parts[0]}]"
        case "mover":
            return f"bar[{parts[0]}]"
        case "mtr":
            return "; ".join(parts) + "|"
        case "mrow" if len(parts) > 1:
            return "{" + "".join(parts) + "}"
        case "mspace":
            return " "
    return (element.text or "") + "".join(parts)


def read(tree):
    root = ElementTree.fromstring(f"<math>{mathml_of(tree)}</math>")
    for element in root.iter():
        assert element.tag in ELEMENTS
        if element.tag in CHILDREN:
            assert len(element) == CHILDREN[element.tag], ElementTree.tostring(element)
    text = plain(root)
    for sign, letter in {"\u2212": "-", "\u2062": "", "\u2061": "", "\u22c5": "*"}.items():
        text = text.replace(sign, letter)
    return text


FORMULAS = {
    "power": (x**2, "x^2"),
    "negative base": ((-x) ** y, "{({-x})}^y"),
    "fraction as base": ((x / 2) ** y, "{([x]/[2])}^y"),
    "power of a power": ((x**y) ** n, "{(x^y)}^n"),
    "square root": (sp.sqrt(x + 1), "root[{x+1}]"),
    "cube root": (sp.cbrt(x), "root3[x]"),
    "reciprocal": (1 / x**2, "[1]/[x^2]"),
    "negative root": (x ** sp.Rational(-1, 2), "[1]/[root[x]]"),
    "broken exponent": (x ** sp.Rational(3, 2), "x^{3/2}"),
    "negative broken exponent": (x ** sp.Rational(-3, 2), "[1]/[x^{3/2}]"),
    "exponential": (sp.exp(-x), "e^{-x}"),
    "tower": (sp.exp(sp.exp(x)), "e^e^x"),
    "rational": (sp.Rational(-2, 3), "{-[2]/[3]}"),
    "quotient": (sp.sin(x) / x, "[{sin{(x)}}]/[x]"),
    "half": (x / 2, "[x]/[2]"),
    "product": ((x - 1) * (x + 1), "{{({x-1})}{({x+1})}}"),
    "minus a sum": (y - (x + 1), "{-x+y-1}"),
    "kept bracket": (
        sp.Add(y, sp.Mul(-1, sp.Add(x, 1, evaluate=False), evaluate=False), evaluate=False),
        "{y-{({x+1})}}",
    ),
    "numbers side by side": (sp.Mul(2, 3, evaluate=False), "{2*3}"),
    "number before a power of a number": (2 * 2**x, "{2*2^x}"),
    "power of a function": (sp.sin(x) ** 2, "{sin^2{(x)}}"),
    "power of a modulus": (sp.Abs(x) ** 2, "{|x|}^2"),
    "inverse function": (sp.asin(x), "{arcsin{(x)}}"),
    "logarithm": (sp.log(1 + x), "{log{({x+1})}}"),
    "two arguments": (sp.atan2(y, x), "{atan2{({y,x})}}"),
    "index": (sp.besselj(0, x), "{J_0{(x)}}"),
    "index of a polylogarithm": (sp.polylog(2, x), "{Li_2{(x)}}"),
    "Lambert": (sp.LambertW(x), "{W{(x)}}"),
    "maximum": (sp.Max(x, 1), "{max{({1,x})}}"),
    "remainder": (sp.Mod(x, 2), "{x mod 2}"),
    "floor": (sp.floor(x), "{\u230ax\u230b}"),
    "factorial": (sp.factorial(n + 1), "{{({n+1})}!}"),
    "binomial": (sp.binomial(n, k), "{([n]/[k])}"),
    "conjugate": (sp.conjugate(x), "bar[x]"),
    "Greek with index": (sp.Symbol("alpha_1"), "\u03b1_1"),
    "index and dagger": (sp.Symbol("x_i_j"), "x_{i,j}"),
    "accent": (sp.Symbol("abar_t"), "bar[a]_t"),
    "accent on a Greek letter": (sp.Symbol("betahat"), "bar[\u03b2]"),
    "name that is an ending": (sp.Symbol("bar"), "bar"),
    "long name": (sp.Symbol("rate"), "rate"),
    "float": (sp.Float("0.25"), "0.25"),
    "tiny float": (sp.Float("-1e-30"), "{-1.0*10^{-30}}"),
    "constants": (sp.pi * sp.I * sp.E, "{ei\u03c0}"),
    "integral": (
        sp.Integral(sp.exp(-(x**2)), (x, -sp.oo, sp.oo)),
        "{\u222b_{-\u221e}^\u221ee^{-x^2} dx}",
    ),
    "double integral": (
        sp.Integral(x + y, (x, 0, 1), (y, 0, 2)),
        "{\u222b_0^2\u222b_0^1{({x+y})} dx dy}",
    ),
    "integral times": (y * sp.Integral(x, (x, 0, 1)), "{y{\u222b_0^1x dx}}"),
    "sum": (sp.Sum(x**k, (k, 0, n)), "{\u2211_{k=0}^nx^k}"),
    "sum before a factor": (
        sp.Sum(x**k, (k, 0, n)) * u(x),
        "{{u{(x)}}{\u2211_{k=0}^nx^k}}",
    ),
    "product sign": (sp.Product(k, (k, 1, n)), "{\u220f_{k=1}^nk}"),
    "derivative": (sp.Derivative(u(x), x, 2), "{[d^2]/[{dx^2}]{u{(x)}}}"),
    "partial derivative": (
        sp.Derivative(u(x, y), x, y),
        "{[\u2202^2]/[{\u2202x\u2202y}]{u{({x,y})}}}",
    ),
    "limit": (sp.Limit(u(x), x, 0), "{lim_{x\u21920^+}{u{(x)}}}"),
    "cases": (
        sp.Piecewise((x, x > 0), (0, True)),
        "{{x; {if\u00a0{x>0}}|0; otherwise|}",
    ),
    "relation": (sp.Le(x, y, evaluate=False), "{x\u2264y}"),
    "strict relation": (sp.Lt(x, y, evaluate=False), "{x<y}"),
    "both": (sp.And(x > 0, y < 1), "{{x>0}\u00a0and\u00a0{y<1}}"),
    "matrix": (sp.Matrix([[1, x], [x, 2]]), "{(1; x|x; 2|)}"),
    "immutable matrix": (sp.ImmutableMatrix([[x]]), "{(x|)}"),
    "remainder term": (sp.O(x**3), "{O{(x^3)}}"),
    "no rule": (sp.zoo, "zoo"),
}


@pytest.mark.parametrize(("tree", "written"), FORMULAS.values(), ids=FORMULAS.keys())
def test_formula(tree, written):
    assert read(tree) == written


def test_hostile_names_are_escaped():
    nasty = sp.Symbol("<script>alert(1)</script>")
    assert "<script" not in mathml_of(nasty)
    assert "<script" not in mathml_of(sp.Function("<b>")(x))
    read(nasty)


@pytest.mark.parametrize("entity", ["&InvisibleTimes;", "&ExponentialE;", "&dd;", "&pi;"])
def test_no_named_entities(entity):
    assert entity not in mathml_of(sp.Integral(2 * sp.pi * sp.exp(x), x))


LEAVES = strategies.sampled_from(
    [x, y, sp.Symbol("alpha_1"), sp.Integer(-3), sp.Rational(2, 3), sp.pi, sp.Float("2.5")]
)
ONE = [sp.sin, sp.exp, sp.sqrt, sp.Abs, sp.floor, sp.log, lambda a: -a, lambda a: a**-2]
TWO = [sp.Add, sp.Mul, sp.Pow, sp.Max, sp.Mod, sp.atan2, sp.Le, sp.besselj]


def grown(children):
    def build(function, *arguments):
        if any(not isinstance(argument, sp.Expr) for argument in arguments):
            return arguments[0]
        return function(*arguments)

    return strategies.one_of(
        strategies.builds(build, strategies.sampled_from(ONE), children),
        strategies.builds(
            lambda function, a, b: build(lambda *c: function(*c, evaluate=False), a, b),
            strategies.sampled_from(TWO),
            children,
            children,
        ),
    )


@given(strategies.recursive(LEAVES, grown, max_leaves=8))
def test_every_expression_is_well_formed(tree):
    read(tree)
