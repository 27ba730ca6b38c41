"""Equations in unknown functions: primes, values at points, conditions."""

from __future__ import annotations

import pytest
import sympy
from sympy import Derivative, Function, Integer, Rational, Subs, Symbol, oo, sin

from symnum.errors import ParseError
from symnum.expressions import parse_equation, parse_expression

t, x, A, lam = (Symbol(name) for name in ("t", "x", "A", "lam"))
u, f = Function("u"), Function("f")
UNKNOWNS = {"u": (u, t), "f": (f, t)}
ZERO = Integer(0)


def _prime(order: int, function: Function = u) -> Derivative:
    return Derivative(function(t), (t, order))


EQUATIONS = {
    "x**2 = 2": (x**2, Integer(2)),
    "x - cos(x)": (x - sympy.cos(x), ZERO),
    "u'' + sin(u)": (_prime(2) + sin(u(t)), ZERO),
    "u'' = -A*sin(u) + t": (_prime(2), -A * sin(u(t)) + t),
    "f''' + f*f'' + 0.5*(1 - f'**2)": (
        _prime(3, f) + f(t) * _prime(2, f) + (1 - _prime(1, f) ** 2) / 2,
        ZERO,
    ),
    "u'' + lam*exp(u)": (_prime(2) + lam * sympy.exp(u(t)), ZERO),
    "u(0) = A": (u(0), A),
    "u(1/2) = 2": (u(Rational(1, 2)), Integer(2)),
    "u'(oo) = 1": (Subs(_prime(1), t, oo), Integer(1)),
    "u''(0) = 0": (Subs(_prime(2), t, 0), ZERO),
    "u'(t) = u(t)": (_prime(1), u(t)),
    "u(t - 1) = u": (u(t - 1), u(t)),
    "Derivative(u(t), (t, 2)) + u(t)": (_prime(2) + u(t), ZERO),
    "Derivative(u(t), t) = 1": (_prime(1), Integer(1)),
}


@pytest.mark.parametrize("text", EQUATIONS, ids=str)
def test_equation(text: str) -> None:
    assert parse_equation(text, unknowns=UNKNOWNS) == EQUATIONS[text]


@pytest.mark.parametrize(
    "text", ["u'' + u**3", "f''' + f*f''", "u'*f - t*u", "u(0)*t + u'"], ids=str
)
def test_printed_equations_are_read_again(text: str) -> None:
    lhs, _ = parse_equation(text, unknowns=UNKNOWNS)
    assert parse_expression(str(lhs), unknowns=UNKNOWNS) == lhs


def test_the_variable_keeps_its_assumptions() -> None:
    time = Symbol("t", positive=True)
    lhs, _ = parse_equation("u'' + sqrt(t**2)", unknowns={"u": (u, time)})
    assert lhs == Derivative(u(time), (time, 2)) + time


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v'' + v", "unknown functions: u, f"),
        ("t' = 1", "a prime behind t, which is no unknown function"),
        ("u' ' = 1", "a prime stands directly behind"),
        ("u'(0, 1) = 1", "takes 1 argument, not 2"),
        ("u() = 1", "takes 1 argument, not 0"),
        ("u" + "'" * 21, "limited to order 20"),
        ("u″ + u", "write '' for a second derivative"),
        ("Derivative(u(t), 2)", "symbols or pairs"),
        ("Derivative(u(t), (t, 1/2))", "symbols or pairs"),
        ("Derivative(u(t))", "a function and symbols"),
        ("u == 1", "write = once"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_equation(text, unknowns=UNKNOWNS)
    assert words in str(caught.value)
