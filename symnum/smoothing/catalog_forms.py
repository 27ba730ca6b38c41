"""Numeric forms: equal to the formulas of the catalogue, and right to the last places.

An exponential times its argument is subnormal only where the product is: far out the exponential
is taken as a square, one factor of which comes last.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy
from sympy import (
    Abs,
    Expr,
    Integer,
    Max,
    Min,
    Piecewise,
    Rational,
    Symbol,
    cosh,
    exp,
    log,
    sinh,
    sqrt,
    tanh,
)
from sympy.codegen.cfunctions import log1p

__all__ = [
    "Form",
    "V",
    "cauchy_loss_form",
    "geman_mcclure_form",
    "log_cosh_form",
    "logistic_gate",
    "mirrored_form",
    "mish_form",
    "pseudo_huber_form",
]

#: What stands for any real number in an equation.
V = Symbol("v")

# Below, exp(v) is near the smallest normal number.
_FAR = Integer(-700)
# Below, x stands for minus infinity, whose product with 0 would be undefined.
_LOWEST = -(Integer(2) ** 1000)
# From here on exp(-2 |x|) is small beside 1, and nothing cancels in |x| - log 2.
_APART = Integer(2)


class Form(NamedTuple):
    """An expression for the compiler.

    Attributes
    ----------
    expr : Expr
        The branches joined; each sees only arguments of its own side.
    pieces : tuple of (Expr, Expr, str)
        What is used: equations that hold for all x and `V`, with where they are.
    """

    expr: Expr
    pieces: tuple[tuple[Expr, Expr, str], ...]


def _in_order(*factors: Expr) -> Expr:
    return sympy.Mul(*factors, evaluate=False)


def _split_exponential(v: Expr) -> tuple[Expr, Expr]:
    """Return exp(v) for v < 0 as two factors, the second of which is 1 unless v is far out."""
    near = Min(v, 0)
    first = exp(Piecewise((near, near >= _FAR), (near / 2, True)))
    last = exp(Piecewise((Integer(0), near >= _FAR), (near / 2, True)))
    return first, last


def logistic_gate(x: Expr, v: Expr, *, hyperbolic: bool = False) -> Form:
    """Return x/(1 + exp(-v)) without overflow, right where the result is subnormal."""
    first, last = _split_exponential(v)
    left = _in_order(Max(x, _LOWEST) * (first / (1 + first)), last)
    right = x / (1 + exp(-Max(v, 0)))
    gate = x / (1 + exp(-V))
    why = f"for v < 0 with v = {v}, where e^-v may overflow; far out e^v is taken as a square"
    pieces = [(gate, x * exp(V) / (1 + exp(V)), why)]
    if hyperbolic:
        pieces.insert(0, (x * (1 + tanh(V / 2)) / 2, gate, "1 + tanh cancels to the left"))
    return Form(Piecewise((left, v < 0), (right, True)), tuple(pieces))


def mish_form(x: Expr) -> Form:
    """Return x tanh(log(1 + e^x)) as a rational function of an exponential that is at most 1."""

    def rising(e: Expr) -> Expr:
        return e * (e + 2) / (e * (e + 2) + 2)

    def falling(e: Expr) -> Expr:
        return (1 + 2 * e) / (1 + 2 * e * (1 + e))

    first, last = _split_exponential(x)
    left = _in_order(Max(x, _LOWEST) * rising(first), last)
    right = x * falling(exp(-Max(x, 0)))
    whole = tanh(log(1 + exp(V)))
    pieces = (
        (whole, rising(exp(V)), "to the left of 0; far out the exponential is a square"),
        (whole, falling(exp(-V)), "to the right of 0"),
    )
    return Form(Piecewise((left, x < 0), (right, True)), pieces)


def log_cosh_form(x: Expr) -> Form:
    """Return log(cosh(x)) as log1p(2 sinh(x/2)^2) near 0 and without overflow elsewhere."""
    size = Abs(x)
    # One logarithm for both sides.
    near = 2 * sinh(Min(size, _APART) / 2) ** 2
    inside = Piecewise((near, size < _APART), (exp(-2 * size), True))
    outside = Piecewise((Integer(0), size < _APART), (size - log(2), True))
    whole = log(cosh(V))
    far_ = V - log(2) + log(1 + exp(-2 * V))
    pieces = (
        (whole, log(1 + 2 * sinh(V / 2) ** 2), "near 0"),
        (whole, far_, "where the hyperbolic cosine may overflow, with v = |x|"),
    )
    return Form(outside + log1p(inside), pieces)


def pseudo_huber_form(x: Expr, delta: Expr) -> Form:
    """Return delta^2 (sqrt(1 + (x/delta)^2) - 1) without cancellation or overflow."""
    size = Abs(x)
    near, quotient = Min(size, delta), delta / Max(size, delta)
    curved = _in_order(delta * near, near / (delta + sqrt(delta**2 + near**2)))
    straight = delta * size / (quotient + sqrt(1 + quotient**2))
    whole = delta**2 * (sqrt(1 + (x / delta) ** 2) - 1)
    quotient_ = delta * x**2 / (delta + sqrt(delta**2 + x**2))
    why = "where the difference cancels; far out all is divided by |x|, so that nothing overflows"
    return Form(Piecewise((curved, size < delta), (straight, True)), ((whole, quotient_, why),))


def geman_mcclure_form(x: Expr) -> Form:
    """Return x^2/(2 (1 + x^2)), whose square may overflow where the result is 1/2."""
    far = Rational(1, 2) - 1 / (2 * (1 + x**2))
    near = x**2 / (2 * (1 + x**2))
    pieces = ((near, far, "for |x| > 1, where the square may overflow"),)
    return Form(Piecewise((near, Abs(x) < 1), (far, True)), pieces)


def cauchy_loss_form(u: Expr) -> Form:
    """Return log(1 + u^2/2), whose square may overflow where the result is moderate."""
    near, far = Min(Abs(u), 1), Max(Abs(u), 1)
    wide = 2 * log(far) + log(Rational(1, 2) + (1 / far) ** 2)
    # With v = log |u|, which is any real number.
    split = 2 * V + log(Rational(1, 2) + exp(-2 * V))
    pieces = ((log(1 + exp(2 * V) / 2), split, "for |u| > 1, with v = log |u|"),)
    return Form(Piecewise((log1p(near**2 / 2), Abs(u) < 1), (wide, True)), pieces)


def mirrored_form(expr: Expr, mirrored: Expr) -> Form:
    """Return a form in which a correction is added to the function that is smoothed."""
    return Form(mirrored, ((expr, mirrored, "the correction dies out on both sides"),))
