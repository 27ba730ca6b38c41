"""Texts that must be refused, quickly and with a message that helps; nothing is ever run."""

from __future__ import annotations

import time

import pytest

from symnum.errors import ParseError, SymnumError
from symnum.expressions import parse, parse_equation, parse_expression
from symnum.expressions.parsing import parse_condition

# text -> words of the message
HOSTILE: dict[str, tuple[str, ...]] = {
    # code
    "__import__('os').system('true')": ("__import__", "position 1"),
    "().__class__.__bases__": ("attributes are not read",),
    "x.real": ("'.'", "position 2", "attributes"),
    "x.__class__": ("attributes",),
    "lambda x: x": ("':'", "no piece of code"),
    "x if y else z": ("before 'if'", "no piece of code"),
    "[t for t in y]": ("'['", "( and )"),
    "x[0]": ("'['", "position 2"),
    "{x}": ("'{'",),
    '"abc"': ("no strings",),
    "'abc'": ("a prime stands directly behind",),
    'f"{x}"': ("no strings",),
    "exec(x)": ("unknown function exec",),
    "eval(x)": ("unknown function eval",),
    "open(x)": ("unknown function open",),
    "S(x)": ("unknown function S",),
    "Symbol(x)": ("unknown function Symbol",),
    "Integral(x, x)": ("unknown function Integral",),
    "sin(x=1)": ("no '='",),
    "sin(*x)": ("missing before '*'", "position 5"),
    "sin(**x)": ("missing before '**'",),
    "(sin)(x)": ("write a product as (...)*(...)",),
    "x; y": ("';'", "one formula"),
    "x # y": ("no comments",),
    "x\\y": ("without a backslash",),
    "x := 1": ("':='",),
    "x -> y": ("'->'",),
    "x\0y": ("U+0000", "position 2"),
    "x\u200by": ("U+200B",),
    # look-alikes
    "ｘ + 1": ("looks like another", "write x"),
    "ｅｖａｌ(x)": ("looks like another", "write eval"),
    "𝑥 + 1": ("looks like another", "write x"),
    "µ": ("write μ",),
    "２ + x": ("looks like another", "write 2"),
    # what people type by mistake
    "x^2": ("'^'", "position 2", "write ** for a power"),
    "2x": ("position 2", "write a product as 2*x"),
    "2(x + 1)": ("write a product as 2*(...)",),
    "(x + 1)(x - 1)": ("write a product as (...)*(...)",),
    "x y": ("write a product as x*y",),
    "sin x": ("write sin(x)",),
    "sinn(x)": ("unknown function sinn", "did you mean sin"),
    "f(x)": ("unknown function f", "f*(...)"),
    "sin()": ("takes 1 argument, not 0",),
    "sin(x, y)": ("takes 1 argument, not 2",),
    "atan2(x)": ("takes 2 arguments, not 1",),
    "x // 2": ("floor(a/b)",),
    "x % 2": ("Mod(a, b)",),
    "n!": ("factorial(n)",),
    "a @ b": ("matrices",),
    "x²": ("write **2",),
    "x − y": ("write - for minus",),
    "x × y": ("write * for a product",),
    "√(x)": ("sqrt",),
    "x, y": ("remove the comma",),
    "()": ("list of values",),
    "(x": ("never closed", "position 1"),
    "x)": ("closes nothing", "position 2"),
    "x +": ("missing after '+'",),
    "* x": ("missing before '*'",),
    "x * / y": ("missing before '/'", "position 5"),
    "": ("empty",),
    "  \n ": ("empty",),
    "x = 1": ("no '='", "position 3"),
    "x < 1": ("condition",),
    "x == 1": ("condition",),
    "x and y": ("write & for and",),
    "x & y": ("condition",),
    "~x": ("condition",),
    "u'": ("a prime behind u", "no unknown function"),
    "1_000": ("write a product",),
    "0x1F": ("write a product",),
    "1.5.2": ("missing before '.2'",),
    "Piecewise(x, x > 0)": ("pair (value, condition)",),
    "Piecewise()": ("no branches",),
    "Piecewise((x, x))": ("a condition is expected",),
    "Piecewise((x, x > 0 & y > 0))": ("each comparison in brackets",),
    "Piecewise((1, I < 2), (0, True))": ("comparison", "refused"),
    "Piecewise((x, sin(x)))": ("no condition",),
    "Eq(x, 1)": ("conditions belong into Piecewise",),
    "hyper(1, 2, x)": ("two lists",),
    "Derivative(x**2, x)": ("is for unknown functions",),
    "Max(I, 1)": ("Max is refused",),
    "Rational(x, 2)": ("two numbers",),
    # no value
    "1/0": ("division by zero", "position 3"),
    "1/(x - x)": ("division by zero",),
    "0**-1": ("division by zero",),
    "log(0)": ("no value",),
    "oo - oo": ("no value",),
    "sin(oo)": ("no value",),
    "root(x, 0)": ("degree 0",),
    # too much
    "9**9**9**9": ("digits would result",),
    "9**9**9": ("digits would result",),
    "2**(10**9)": ("digits would result",),
    "(2*x)**(10**9)": ("digits would result",),
    "2**(x + 10**9)*2**(-x)": ("digits would result",),
    "(2**(10**9*x))**(1/x)": ("digits would result",),
    "Piecewise((2, x > 0), (3, True))**9999": ("digits would result",),
    "(1 + 1/10**50)**(10**6)": ("digits would result",),
    "x**(10**9)": ("exponents are limited",),
    "(" * 8 + "x" + "**9)" * 8: ("exponents are limited",),
    "exp(10**9*log(2))": ("exponential of a constant",),
    "exp(10**9*log(2) + x)": ("exponential of a constant",),
    "exp(exp(exp(10)))": ("exponential of a constant",),
    "floor(exp(10**9))": ("exponential of a constant",),
    "exp(100000*log(3*x))": ("digits would result",),
    "factorial(10**9)": ("factorial", "limited to 1000"),
    "factorial(factorial(factorial(5)))": ("limited to 1000",),
    "binomial(10**9, 5*10**8)": ("binomial",),
    "gamma(10**9)": ("limited to 1000",),
    "loggamma(10**9)": ("limited to 1000",),
    "zeta(-10**6)": ("limited",),
    "polygamma(0, 10**9)": ("limited",),
    "harmonic(10**9)": ("limited",),
    "fibonacci(10**9)": ("limited",),
    "bernoulli(10**6)": ("limited",),
    "legendre(10**5, x)": ("limited",),
    "polylog(-10**4, x)": ("limited",),
    "1e999999999": ("decimal exponents",),
    "1e9999999999999999999": ("decimal exponents",),
    "9" * 401: ("limited to 400 digits",),
    "a" * 65: ("names are limited",),
    "x" * 20_001: ("20001 characters",),
    "+".join(["x"] * 2500): ("operators",),
    "-" * 5000 + "x": ("operators",),
    "(" * 5000 + "x" + ")" * 5000: ("open brackets",),
    "sin(" * 500 + "x" + ")" * 500: ("open brackets",),
    "**".join(["x"] * 500): ("inside one another",),
    "Max(" + ",".join(f"x{i}" for i in range(40)) + ")": ("1 to 32 arguments, not 40",),
}


@pytest.mark.parametrize("text", HOSTILE, ids=[repr(text)[:40] for text in HOSTILE])
def test_refused_quickly_and_by_name(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert time.process_time() - start < 1.0
    message = str(caught.value)
    for word in HOSTILE[text]:
        assert word in message
    assert len(message) < 600
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, SymnumError)


@pytest.mark.parametrize("text", [None, 1, b"x", ["x"]], ids=repr)
def test_what_is_no_text_is_a_type_error(text: object) -> None:
    with pytest.raises(TypeError, match="text: expected a str"):
        parse(text)  # type: ignore[arg-type]


def test_nothing_is_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in (
        "open('made', 'w')",
        "__import__('pathlib').Path('made').touch()",
        "(lambda: open('made', 'w'))()",
    ):
        for reader in (parse, parse_equation, parse_expression, parse_condition):
            with pytest.raises(ParseError):
                reader(text)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = y = 1", "a second '='"),
        ("= 1", "a value is missing before '='"),
        ("x =", "a value is missing after '='"),
        ("sin(x = 1)", "'=' stands inside brackets"),
        ("x == 1", "write = once"),
        ("(x = 1)", "'=' stands inside brackets"),
        ("x < 1", "condition"),
    ],
)
def test_equations_that_are_none(text: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_equation(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100 + "x" + ")" * 100,
        "-" * 1000 + "x",
        "+".join(["x"] * 1900),
        "/".join(["x"] * 1500),
        "sin(" * 60 + "x" + ")" * 60,
        "1 + 1/(" * 60 + "x" + ")" * 60,
        "re((x + I)**1000)",
        "arg((x + I*y)**300)",
        "Max(besselj(2, 10**5), x)",
        "exp(-x/1.380649e-23)",
        "cos(pi/65537)",
        "sqrt(" + "9" * 400 + ")",
        "2**10000*x",
        "factorial(1000)",
        "binomial(10**6, 2)",
    ],
    ids=lambda text: text[:25],
)
def test_large_but_allowed(text: str) -> None:
    start = time.process_time()
    assert str(parse(text))
    assert time.process_time() - start < 5.0
