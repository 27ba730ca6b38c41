r"""Signs of numbers: balls decide what is not zero, separation bounds decide what is.

A nonzero number built from integers by ``+ - * /`` and roots is an algebraic number of bounded
degree, and cannot be arbitrarily small:

.. math:: |E| \ge \left(u(E)^{D-1} \, l(E)\right)^{-1}

with ``u`` and ``l`` computed along the expression and ``D`` the product of the indices of its roots
(Burnikel, Funke, Mehlhorn, Schirra and Schmitt, "A separation bound for real algebraic
expressions", Algorithmica 55, 2009). A ball below that bound proves that the number is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import sympy
from flint import acb, arb, ctx
from sympy import Expr, I

from symnum.derivation.provers.enclosures import number_span, signs_of

__all__ = ["algebraic_zero", "ball_of_number", "sign_by_balls"]

_PRECISIONS = (64, 160, 400, 1000)
_MOST_BITS = 24_000
_MOST_DIGITS = 5000


@final
@dataclass(frozen=True, slots=True)
class _Bound:
    """Logarithms to base 2 of the two bounds, and the roots met so far with their indices."""

    upper: float
    lower: float


def sign_by_balls(number: Expr) -> frozenset[int]:
    """Return the signs that balls of growing precision leave open for a real number.

    Parameters
    ----------
    number : sympy.Expr
        Real, without free symbols.

    Returns
    -------
    frozenset of int
        One sign, or several that the largest precision does not tell apart.

    Examples
    --------
    >>> sorted(sign_by_balls(sympy.pi - sympy.Rational(22, 7)))
    [-1]
    """
    if number.is_Rational:
        return frozenset({int(bool(number > 0)) - int(bool(number < 0))})
    found = frozenset((-1, 0, 1))
    for precision in _PRECISIONS:
        found &= signs_of(number_span(number, precision))
        if len(found) == 1:
            break
    return found


def algebraic_zero(number: Expr) -> bool | None:
    """Tell whether a number built from integers by field operations and roots is zero.

    Parameters
    ----------
    number : sympy.Expr
        Without free symbols.

    Returns
    -------
    bool or None
        None for a number that is not of that kind, or whose bound asks for too many digits.

    Examples
    --------
    >>> s = sympy.sqrt
    >>> algebraic_zero(s(2) + s(3) - s(5 + 2 * s(6)))
    True
    >>> algebraic_zero(s(2) + s(3) - s(5 + 2 * s(6)) + sympy.Rational(1, 10**40))
    False
    """
    degrees: dict[Expr, int] = {}
    bound = _bound(number, degrees)
    if bound is None:
        return None
    degree = 1
    for index in degrees.values():
        degree *= index
    bits = (degree - 1) * max(bound.upper, 0.0) + max(bound.lower, 0.0) + 2
    for precision in (128, 512, 2048, 8192, _MOST_BITS):
        ball = ball_of_number(number, precision)
        if ball is None:
            return None
        size = abs(ball)
        if not size.contains(0):
            return False
        if bits < precision:
            with ctx.workprec(64):
                if size.upper() < arb(2) ** int(-bits - 1):
                    return True
    return None


def _bound(expr: Expr, degrees: dict[Expr, int]) -> _Bound | None:
    if expr.is_Rational:
        if max(int(abs(expr.p)), int(expr.q)) > 10**_MOST_DIGITS:
            return None
        return _Bound(_log2(abs(int(expr.p))), _log2(int(expr.q)))
    if expr == I:
        degrees[expr] = 2
        return _Bound(0.0, 0.0)
    if isinstance(expr, sympy.tan):
        return _bound(sympy.sin(expr.args[0]) / sympy.cos(expr.args[0]), degrees)
    if isinstance(expr, sympy.Add | sympy.Mul):
        parts = [_bound(argument, degrees) for argument in expr.args]
        return _combine([part for part in parts if part is not None], expr) if all(parts) else None
    if isinstance(expr, sympy.Pow) and expr.exp.is_Rational:
        base = _bound(expr.base, degrees)
        return None if base is None else _bound_of_power(expr, base, degrees)
    return _bound_of_angle(expr, degrees)


def _combine(parts: list[_Bound], expr: Expr) -> _Bound:
    total = parts[0]
    for part in parts[1:]:
        lower = total.lower + part.lower
        if isinstance(expr, sympy.Mul):
            total = _Bound(total.upper + part.upper, lower)
        else:
            crossed = (total.upper + part.lower, part.upper + total.lower)
            total = _Bound(max(crossed) + 1, lower)
    return total


def _bound_of_power(expr: Expr, base: _Bound, degrees: dict[Expr, int]) -> _Bound | None:
    count, index = int(expr.exp.p), int(expr.exp.q)
    if count < 0:
        base, count = _Bound(base.lower, base.upper), -count
    if count > 200 or index > 60:
        return None
    powered = _Bound(count * base.upper, count * base.lower)
    if index == 1:
        return powered
    degrees[sympy.root(expr.base, index, evaluate=False)] = index
    upper, lower = powered.upper, powered.lower
    if upper >= lower:
        return _Bound((upper + (index - 1) * lower) / index, lower)
    return _Bound(upper, ((index - 1) * upper + lower) / index)


def _bound_of_angle(expr: Expr, degrees: dict[Expr, int]) -> _Bound | None:
    """Bound a sine or cosine of a rational part of pi, half a sum of two roots of unity."""
    if not isinstance(expr, sympy.sin | sympy.cos):
        return None
    part = expr.args[0] / sympy.pi
    if not part.is_Rational or part.q > 60:
        return None
    degrees[sympy.exp(I * sympy.pi / part.q)] = 2 * int(part.q)
    degrees[I] = 2
    return _Bound(1.0, 1.0)


def _log2(value: int) -> float:
    return float(value.bit_length()) if value > 1 else 0.0


def ball_of_number(number: Expr, precision: int) -> acb | None:
    """Return a ball that holds an algebraic number, complex intermediate values included.

    Parameters
    ----------
    number : sympy.Expr
        Built from integers by field operations, powers with rational exponents, sines and cosines.
    precision : int
        Bits.

    Returns
    -------
    flint.acb or None
        None where a node has no rule or a divisor cannot be told from zero.
    """
    with ctx.workprec(precision):
        ball = _ball(number)
    return ball if ball is not None and ball.is_finite() else None


def _ball(expr: Expr) -> acb | None:
    if expr.is_Rational:
        return acb(int(expr.p)) / int(expr.q)
    if expr == I:
        return acb(0, 1)
    if expr == sympy.pi:
        return acb(arb.pi())
    parts = [part for part in map(_ball, expr.args) if part is not None]
    if not parts or len(parts) < len(expr.args):
        return None
    if isinstance(expr, sympy.Add):
        return sum(parts[1:], parts[0])
    if isinstance(expr, sympy.Mul):
        total = parts[0]
        for part in parts[1:]:
            total *= part
        return total
    if isinstance(expr, sympy.Pow) and expr.exp.is_Rational:
        return _power(parts[0], int(expr.exp.p), int(expr.exp.q))
    if isinstance(expr, sympy.sin):
        return parts[0].sin()
    if isinstance(expr, sympy.tan):
        return parts[0].sin() / parts[0].cos()
    return parts[0].cos() if isinstance(expr, sympy.cos) else None


def _power(base: acb, count: int, index: int) -> acb:
    if index == 1:
        return base**count
    if base.real < 0 and base.imag.contains(0) and base.imag.is_zero():
        turned = (-base) ** (acb(count) / index)  # the principal value on the cut, from above
        return turned * (acb(0, 1) * acb(arb.pi()) * count / index).exp()
    return base ** (acb(count) / index)
