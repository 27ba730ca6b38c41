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
    pi,
    sin,
    sqrt,
    tanh,
)
from sympy.codegen.cfunctions import log1p

from symnum.smoothing.catalog.exponents import falling_power, gate_power
from symnum.smoothing.catalog.remainders import LogCosh, SineShrink, TanhShrink

__all__ = [
    "Form",
    "V",
    "cauchy_loss_form",
    "geman_mcclure_form",
    "hard_swish_form",
    "level_set_form",
    "log_cosh_form",
    "log_sigmoid_form",
    "logistic_gate",
    "mirrored_form",
    "mish_form",
    "pseudo_huber_form",
    "smootherstep_form",
    "softplus_form",
    "softsign_form",
    "squareplus_form",
    "tanhshrink_form",
]

#: What stands for any real number in an equation.
V = Symbol("v")

# Below, x stands for minus infinity, whose product with 0 would be undefined.
_LOWEST = -(Integer(2) ** 1000)
# Squares of larger numbers may overflow.
_SQUARED = Integer(2) ** 500
# Below, exp(v) is near the smallest normal number.
_FAR = Integer(-700)
ZERO = Integer(0)


class Form(NamedTuple):
    """An expression for the compiler.

    Attributes
    ----------
    expr : Expr
        The branches joined; each sees only arguments of its own side.
    pieces : tuple of (Expr, Expr, str)
        What is used: equations that hold for all x and `V`, with where they are.
    single : Expr, optional
        What is compiled for single precision, computed in double precision, where less is enough.
    """

    expr: Expr
    pieces: tuple[tuple[Expr, Expr, str], ...]
    single: Expr | None = None


def _in_order(*factors: Expr) -> Expr:
    return sympy.Mul(*factors, evaluate=False)


def logistic_gate(x: Expr, linear: Expr, cubic: Expr = ZERO, *, hyperbolic: bool = False) -> Form:
    """Return x/(1 + e^-v), v = a x + b x^3, right where the result is subnormal."""
    power, far = gate_power(x, linear, cubic)
    over = Piecewise((Max(x, _LOWEST) * power, far), (x, True))
    under = 1 + Piecewise((_in_order(power, power), far), (power, True))
    expr = _in_order(over / under, Piecewise((power, far), (Integer(1), True)))
    gate = x / (1 + exp(-V))
    why = f"for low v, v = {linear * x + cubic * x**3}, where e^-v overflows; e^v is a square there"
    pieces = [(gate, x * exp(V) / (1 + exp(V)), why)]
    if hyperbolic:
        pieces.insert(0, (x * (1 + tanh(V / 2)) / 2, gate, "1 + tanh cancels to the left"))
    single = Max(x, _LOWEST) / (1 + exp(-(linear * x + cubic * x**3)))
    return Form(expr, tuple(pieces), single)


def mish_form(x: Expr) -> Form:
    """Return x tanh(log(1 + e^x)) by log1p, to the far left by a rational function of e^x."""

    def rising(e: Expr) -> Expr:
        return (e + 2) / (e * (e + 2) + 2)

    power = exp(Piecewise((Max(x, 4 * _FAR) / 2, x < _FAR), (Min(x, -x), True)))
    near = x * tanh(Max(x, 0) + log1p(power))
    far = _in_order(Max(x, _LOWEST) * power * rising(_in_order(power, power)), power)
    share = exp(-Abs(x))
    over = Piecewise((share * (share + 2), x < 0), (1 + 2 * share, True))
    under = Piecewise((over + 2, x < 0), (1 + 2 * share * (1 + share), True))
    pieces = (
        (tanh(log(1 + exp(V))), exp(V) * rising(exp(V)), "to the far left; the square of e^(v/2)"),
        (log(1 + exp(V)), V + log(1 + exp(-V)), "to the right of 0, where e^v may overflow"),
    )
    return Form(Piecewise((far, x < _FAR), (near, True)), pieces, Max(x, _LOWEST) * (over / under))


def softplus_form(x: Expr, beta: Expr) -> Form:
    """Return log(1 + e^(beta x))/beta as max(x, 0) + log1p(e^-|beta x|)/beta."""
    pieces = ((log(1 + exp(V)), V + log(1 + exp(-V)), "for v > 0 with v = beta x"),)
    single = Max(x, 0) + log1p(exp(-Abs(beta * x))) / beta
    return Form(Max(x, 0) + log1p(falling_power(x, beta)) / beta, pieces, single)


def log_sigmoid_form(x: Expr) -> Form:
    """Return -log(1 + e^-x) as min(x, 0) - log1p(e^-|x|)."""
    pieces = ((-log(1 + exp(-V)), V - log(1 + exp(V)), "for v = x < 0"),)
    single = Min(x, 0) - log1p(exp(-Abs(x)))
    return Form(Min(x, 0) - log1p(falling_power(x, Integer(1))), pieces, single)


def squareplus_form(x: Expr, b: Expr) -> Form:
    """Return (x + sqrt(x^2 + b))/2 without cancellation."""
    root = sqrt(x**2 + b)
    if not b.is_number:
        root = Piecewise((root, Abs(x) < _SQUARED), (Abs(x) * sqrt(1 + b / x**2), True))
    near, left = ((x + root) / 2, b / (2 * (root - x)))
    pieces = ((near, left, "to the left, where the sum cancels"),)
    if b.is_zero:
        return Form(Max(x, 0), ())
    return Form(Piecewise((left, x < -sqrt(b) / 2), (near, True)), pieces)


def log_cosh_form(x: Expr) -> Form:
    """Return log(cosh(x)) without cancellation near 0 and without overflow elsewhere."""
    far = V - log(2) + log(1 + exp(-2 * V))
    why = "for v = |x| > 1, where the hyperbolic cosine may overflow"
    return Form(LogCosh(x), ((log(cosh(V)), far, why),), LogCosh(x, 24))


def tanhshrink_form(x: Expr) -> Form:
    """Return x - tanh(x) without cancellation near 0."""
    far = V - 1 + 2 / (1 + exp(2 * V))
    return Form(TanhShrink(x, 53), ((V - tanh(V), far, "for v = |x| > 5/4"),), TanhShrink(x, 24))


def softsign_form(x: Expr) -> Form:
    """Return x/(1 + |x|), and its limits at the infinities."""
    return Form(Piecewise((x / (1 + Abs(x)), Abs(x) < -_LOWEST), (sympy.sign(x), True)), ())


def hard_swish_form(x: Expr) -> Form:
    """Return x min(max(x + 3, 0), 6)/6, which is 0 at minus infinity."""
    return Form(_in_order(Max(x, -4), Min(Max(x + 3, 0), 6) / 6), ())


def smootherstep_form(x: Expr) -> Form:
    """Return x^3 (10 - 15 x + 6 x^2) between 0 and 1, from 1/2 on from the other end."""

    def rise(y: Expr) -> Expr:
        return y**3 * (10 - 15 * y + 6 * y**2)

    half = Rational(1, 2)
    ends = ((ZERO, x <= 0), (Integer(1), x >= 1))
    pieces = ((rise(V), 1 - rise(1 - V), "for v = x > 1/2"),)
    return Form(Piecewise(*ends, (rise(x), x < half), (1 - rise(1 - x), True)), pieces)


def level_set_form(u: Expr) -> Form:
    """Return (1 + u + sin(pi u)/pi)/2 between -1 and 1, without cancellation at the ends."""
    low = SineShrink(pi * (1 - Min(Abs(u), 1))) / (2 * pi)
    pieces = (
        (
            (1 + V + sin(pi * V) / pi) / 2,
            (pi * (1 + V) - sin(pi * (1 + V))) / (2 * pi),
            "to the left of 0; to the right 1 less the same at -v",
        ),
    )
    return Form(Piecewise((low, u < 0), (1 - low, True)), pieces)


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
