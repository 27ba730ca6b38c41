"""How each kind of vertex is computed in Taylor series with balls for coefficients.

A value is an `arb` where a part does not depend on the variable, and an `arb_series` elsewhere. The
coefficient of order k of a series over a box encloses f^(k)(x)/k! for every x of the box. What is
not known is a nan coefficient, and a nan of high order leaves the lower ones intact.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import flint
import sympy
from flint import arb, arb_series, fmpq

from symnum.reference.ball_functions import BALL_FUNCTIONS

__all__ = ["FUNCTION_RULES", "Value", "head", "integer_power", "is_series", "power", "unknown"]

# An `arb` or an `arb_series`.
Value = Any
Rule = Callable[..., Value]


def is_series(value: Value) -> bool:
    """Return whether a value depends on the variable."""
    return isinstance(value, arb_series)


def head(value: Value) -> Any:
    """Return the ball around the value itself."""
    return value[0] if is_series(value) else value


def unknown() -> arb_series:
    """Return a series of which nothing is known."""
    return arb_series([arb.nan()] * max(flint.ctx.cap, 1))


def _method(name: str, function: type) -> Rule:
    """Return the rule of a method that series have."""
    ball = BALL_FUNCTIONS[function]

    def rule(u: Value) -> Value:
        if not is_series(u):
            return _real(ball(u))
        try:
            return getattr(u, name)()
        except (ValueError, ZeroDivisionError, OverflowError):
            return unknown()

    return rule


def _real(value: Any) -> arb:
    return value if isinstance(value, arb) else arb.nan()


def _exp(u: Value) -> Value:
    return u.exp() if is_series(u) else _real(BALL_FUNCTIONS[sympy.exp](u))


def _antiderivative(function: type, slope: Callable[[Value], Value]) -> Rule:
    """Return the rule of a function from the ball of its value and the series of its slope."""
    ball = BALL_FUNCTIONS[function]

    def rule(u: Value) -> Value:
        if not is_series(u):
            return _real(ball(u))
        start = _real(ball(u[0]))
        if u.prec < 2:
            return arb_series([start], u.prec)
        try:
            rest = (slope(u) * u.derivative()).integral()
        except (ValueError, ZeroDivisionError):
            return arb_series([start, *[arb.nan()] * (u.prec - 1)], u.prec)
        return rest + start

    return rule


def _recurrence(function: type, sign: int) -> Rule:
    """Return the rule of y = tanh or coth-like functions, from y' = 1 + sign*y**2."""
    ball = BALL_FUNCTIONS[function]

    def rule(u: Value) -> Value:
        if not is_series(u):
            return _real(ball(u))
        outer = [_real(ball(u[0]))]
        for k in range(u.prec - 1):
            square = sum((outer[i] * outer[k - i] for i in range(k + 1)), arb(0))
            outer.append((sign * square + (1 if k == 0 else 0)) / (k + 1))
        return compose(outer, u)

    return rule


def compose(outer: list[arb], u: arb_series) -> arb_series:
    """Return the series of g(u) from the Taylor coefficients of g over the ball of u."""
    inner = arb_series([0, *(u[k] for k in range(1, u.prec))], u.prec)
    total = arb_series([outer[-1]], u.prec)
    for coefficient in reversed(outer[:-1]):
        total = total * inner + coefficient
    return total


def _hyperbolic(function: type, sign: int) -> Rule:
    ball = BALL_FUNCTIONS[function]

    def rule(u: Value) -> Value:
        if not is_series(u):
            return _real(ball(u))
        grown = u.exp()
        rest = (grown + sign * (-u).exp()) / 2
        return replaced_head(rest, _real(ball(u[0])))

    return rule


def replaced_head(series: arb_series, value: arb) -> arb_series:
    """Return a series with another ball for its value, which contains it, too."""
    return arb_series([value, *(series[k] for k in range(1, series.prec))], series.prec)


# kinks and decisions


def absolute(u: Value) -> Value:
    """Return the absolute value; around zero only value and slope are known."""
    value = head(u)
    if value >= 0:
        return u
    if value <= 0:
        return -u
    size = up_to(value.abs_upper()) if value.is_finite() else arb.nan()
    if not is_series(u):
        return size
    slope = u[1] if u.prec > 1 else arb(0)
    return _rough(u.prec, size, slope.union(-slope))


def up_to(bound: arb) -> arb:
    """Return a ball from exactly 0 to a little above a positive bound.

    The radius of a union may be rounded up, and the ball then contains negative numbers.
    """
    return arb(0).union(bound).nonnegative_part()


def _rough(terms: int, value: arb, slope: arb) -> arb_series:
    return arb_series([value, slope, *[arb.nan()] * terms][:terms], terms)


def _sign(u: Value) -> Value:
    value = head(u)
    for certain, outcome in ((value > 0, 1), (value < 0, -1)):
        if certain:
            return arb(outcome)
    if not is_series(u):
        return value.sgn()
    return _rough(u.prec, value.sgn(), arb.nan())


def _extreme(name: str) -> Rule:
    larger = name == "max"

    def pair(a: Value, b: Value) -> Value:
        first, second = head(a), head(b)
        if first >= second:
            return a if larger else b
        if first <= second:
            return b if larger else a
        value = getattr(first, name)(second)
        terms = [part.prec for part in (a, b) if is_series(part)]
        if not terms:
            return value
        slopes = [part[1] if is_series(part) else arb(0) for part in (a, b)]
        return _rough(min(terms), value, slopes[0].union(slopes[1]))

    def rule(*operands: Value) -> Value:
        return reduce(pair, operands)

    return rule


def _heaviside(u: Value, middle: Value) -> Value:
    value = head(u)
    for certain, outcome in ((value > 0, 1), (value < 0, 0)):
        if certain:
            return arb(outcome)
    between = arb(0).union(1).union(head(middle))
    return _rough(u.prec, between, arb.nan()) if is_series(u) else between


# powers


def integer_power(base: Value, exponent: int) -> Value:
    """Return an integer power; unknown where a base below a negative power may vanish."""
    if exponent < 0:
        bottom = integer_power(base, -exponent)
        if head(bottom).contains(0):
            return unknown() if is_series(bottom) else arb.nan()
        return 1 / bottom
    if not is_series(base):
        if exponent % 2 == 0 and base.contains(0) and base.is_finite():
            return up_to(base.abs_upper() ** exponent)
        return base**exponent
    result = base**exponent
    if exponent % 2 == 0 and exponent and base[0].contains(0) and base[0].is_finite():
        return replaced_head(result, up_to(base[0].abs_upper() ** exponent))
    return result


def power(base: Value, exponent: Value, exact: fmpq | None) -> Value:
    """Return a power.

    Parameters
    ----------
    base, exponent : arb or arb_series
    exact : fmpq or None
        The exponent, where it is a rational number.
    """
    if exact is not None and exact.q == 1:
        return integer_power(base, int(exact.p))
    if not is_series(base) and not is_series(exponent):
        value = (
            base.sqrt() ** int(exact.p) if exact is not None and exact.q == 2 else base**exponent
        )
        return value if base >= 0 else arb.nan()
    value = head(base)
    if exact is not None and exact.q == 2 and value > 0:
        root = base.sqrt() if exact > 0 else base.rsqrt()
        return integer_power(root, abs(int(exact.p)))
    if value > 0:
        series = arb_series([value]) if not is_series(base) else base
        return (series.log() * exponent).exp()
    if exact is not None and exact > 0 and value >= 0:
        return _rough(base.prec, up_to(value.upper() ** exponent), arb.nan())
    return unknown()


COSH = _hyperbolic(sympy.cosh, 1)
SINH = _hyperbolic(sympy.sinh, -1)
TANH = _recurrence(sympy.tanh, -1)

# SymPy function -> the rule for its operands
FUNCTION_RULES: dict[type, Rule] = {
    sympy.exp: _exp,
    sympy.log: _method("log", sympy.log),
    sympy.sin: _method("sin", sympy.sin),
    sympy.cos: _method("cos", sympy.cos),
    sympy.tan: _method("tan", sympy.tan),
    sympy.atan: _method("atan", sympy.atan),
    sympy.asin: _method("asin", sympy.asin),
    sympy.acos: _method("acos", sympy.acos),
    sympy.erf: _method("erf", sympy.erf),
    sympy.erfc: _method("erfc", sympy.erfc),
    sympy.erfi: _method("erfi", sympy.erfi),
    sympy.gamma: _method("gamma", sympy.gamma),
    sympy.loggamma: _method("lgamma", sympy.loggamma),
    sympy.Ei: _method("ei", sympy.Ei),
    sympy.Si: _method("si", sympy.Si),
    sympy.Ci: _method("ci", sympy.Ci),
    sympy.Shi: _method("shi", sympy.Shi),
    sympy.Chi: _method("chi", sympy.Chi),
    sympy.airyai: _method("airy_ai", sympy.airyai),
    sympy.airybi: _method("airy_bi", sympy.airybi),
    sympy.fresnels: _method("fresnel_s", sympy.fresnels),
    sympy.fresnelc: _method("fresnel_c", sympy.fresnelc),
    sympy.LambertW: _method("lambertw", sympy.LambertW),
    sympy.sinh: SINH,
    sympy.cosh: COSH,
    sympy.tanh: TANH,
    sympy.asinh: _antiderivative(sympy.asinh, lambda u: (u * u + 1).rsqrt()),
    sympy.acosh: _antiderivative(sympy.acosh, lambda u: (u * u - 1).rsqrt()),
    sympy.atanh: _antiderivative(sympy.atanh, lambda u: 1 / (1 - u * u)),
    sympy.Abs: absolute,
    sympy.sign: _sign,
    sympy.Max: _extreme("max"),
    sympy.Min: _extreme("min"),
    sympy.Heaviside: _heaviside,
}
