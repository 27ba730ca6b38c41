"""Functions with branches: floors, extremes, steps, pieces, inverses of circular functions.

Where the signs that hold on the domain decide the branch it is taken; otherwise the expression on
whose sign it depends is noted as a kink, or as a jump.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, S
from sympy.logic.boolalg import Boolean

from symnum.derivation.provers.field import Quotient, integer, rational_quotient
from symnum.derivation.provers.form import Form, factors_of
from symnum.derivation.provers.moduli import absolute_value, sign_function
from symnum.derivation.provers.opaque_parts import generator, leads_negative, opaque, readable
from symnum.derivation.provers.truth import HOLDS, truth_of

__all__ = ["BRANCHES"]

_MOST_PIECES = 60


def _floor(form: Form, expr: Expr) -> Quotient:
    """Return ``floor(u)`` where the integer is the same on the whole domain."""
    place = _integer_below(form, expr.args[0])
    if place is not None:
        return integer(place)
    return opaque(form, expr)


def _integer_below(form: Form, argument: Expr, *, closed: bool = False) -> int | None:
    """Return the integer ``n`` with ``n <= argument < n + 1`` throughout, if there is one.

    With `closed` the upper end counts too; what is unknown is noted as a kink.
    """
    low, high = form.setting.bounds(argument)
    if not (-(10**9) < low <= high < 10**9) or high - low > _MOST_PIECES:
        return None
    below: int | None = int(sympy.floor(low)) - 1
    for candidate in range(int(sympy.floor(low)), int(sympy.ceiling(high)) + 1):
        signs = form.setting.signs(argument - candidate)
        if signs <= {0, 1}:
            below = candidate
        elif signs <= {-1} or (closed and signs <= {-1, 0}):
            return below
        else:
            (form.note_kink if closed else form.note_jump)(argument - candidate)
            below = None
    return below


def _max(form: Form, expr: Expr) -> Quotient:
    return _extreme(form, expr, 1)


def _min(form: Form, expr: Expr) -> Quotient:
    return _extreme(form, expr, -1)


def _extreme(form: Form, expr: Expr, sign: int) -> Quotient:
    """Return the largest argument, or the smallest, by ``(a + b +- |a - b|)/2``."""
    arguments = sorted(expr.args, key=sympy.default_sort_key)
    result = form.convert(arguments[0])
    for argument in arguments[1:]:
        other = form.convert(argument)
        gap = absolute_value(form, form.field.reduced(result - other))
        result = (result + other + gap * integer(sign)) / integer(2)
    return result


def _heaviside(form: Form, expr: Expr) -> Quotient:
    signum = sign_function(form, form.convert(expr.args[0]))
    at_zero = form.convert(expr.args[1]) if len(expr.args) > 1 else rational_quotient(S.Half)
    half = rational_quotient(S.Half)
    correction = (integer(1) - signum * signum) * (at_zero - half)
    return half + signum * half + correction


def _piecewise(form: Form, expr: Expr) -> Quotient:
    for value, condition in expr.args:
        truth = _truth(form, condition)
        if truth is None:
            return generator(form, expr)
        if truth:
            return form.convert(value)
    raise ZeroDivisionError("no condition of a piecewise expression holds")


def _truth(form: Form, condition: Boolean) -> bool | None:
    """Return whether a condition holds on the whole domain, None where it may depend."""
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.Not):
        inner = _truth(form, condition.args[0])
        return None if inner is None else not inner
    if isinstance(condition, sympy.And | sympy.Or):
        ends = isinstance(condition, sympy.Or)
        parts = [_truth(form, part) for part in sorted(condition.args, key=str)]
        if ends in parts:
            return ends
        return None if None in parts else not ends
    if type(condition) not in HOLDS:
        return None
    verdict = truth_of(condition, form.setting)
    if verdict is None:
        form.note_jump(condition.lhs - condition.rhs)
    return verdict


def _inverse_cosine(form: Form, expr: Expr) -> Quotient:
    """Return ``acos(u)``; of a cosine by the half turn that its argument lies in."""
    inner = expr.args[0]
    if isinstance(inner, sympy.cos):
        angle = inner.args[0]
        turn = _integer_below(form, angle / sympy.pi, closed=True)
        if turn is not None:
            folded = angle - turn * sympy.pi if turn % 2 == 0 else (turn + 1) * sympy.pi - angle
            return form.convert(folded)
    if isinstance(inner, sympy.sin):
        return form.convert(sympy.pi / 2 - sympy.asin(inner))
    argument = form.convert(inner)
    if leads_negative(argument):  # acos(-u) = pi - acos(u)
        return form.convert(sympy.pi) - _function(form, sympy.acos, -argument)
    return _function(form, sympy.acos, argument)


def _function(form: Form, function: type[Expr], argument: Quotient) -> Quotient:
    """Return a function of a quotient as a generator, or by what SymPy makes of it."""
    plain = function(readable(form, argument))
    return generator(form, plain) if plain.func == function else form.convert(plain)


def _inverse_sine(form: Form, expr: Expr) -> Quotient:
    """Return ``asin(u)`` as ``pi/2 - acos(u)``; of a sine by the half turn of its argument."""
    inner = expr.args[0]
    if isinstance(inner, sympy.sin):
        angle = inner.args[0]
        turn = _integer_below(form, angle / sympy.pi + S.Half, closed=True)
        if turn is not None:
            return form.convert((-1) ** turn * (angle - turn * sympy.pi))
        return opaque(form, expr)
    return form.convert(sympy.pi / 2) - form.convert(sympy.acos(inner))


def _inverse_tangent(form: Form, expr: Expr) -> Quotient:
    inner = expr.args[0]
    if isinstance(inner, sympy.tan):
        angle = inner.args[0]
        turn = _integer_below(form, angle / sympy.pi + S.Half)
        if turn is not None:
            return form.convert(angle - turn * sympy.pi)
    return opaque(form, expr)


def _argument(form: Form, expr: Expr) -> Quotient:
    """Return the angle of a product of positive numbers and complex exponentials, in (-pi, pi]."""
    angle = _angle_of(form, form.field.reduced(form.convert(expr.args[0])))
    if angle is None:
        return generator(form, expr)
    turns = _integer_below(form, S.Half - angle / (2 * sympy.pi))
    return generator(form, expr) if turns is None else form.convert(angle + 2 * sympy.pi * turns)


def _angle_of(form: Form, value: Quotient) -> Expr | None:
    """Return the sum of the angles of the factors, None where one of them is not plain."""
    if value.is_zero:
        return None
    constant, factors = factors_of(value)
    angle: Expr = S.Zero if constant > 0 else sympy.pi
    for factor, count in factors:
        single = form.field.single(factor)
        if form.polynomial_sign(factor) == {1}:
            continue
        if single is None or single.kind not in ("exponential", "imaginary"):
            return None
        if single.kind == "imaginary":
            angle += count * sympy.pi / 2
            continue
        turned = form.field.expression(single.argument * form.convert(-sympy.I))
        if turned.has(sympy.I):
            return None
        angle += count * turned
    return sympy.expand(angle)


BRANCHES: dict[type, Callable[[Any, Expr], Quotient]] = {
    sympy.floor: _floor,
    sympy.Max: _max,
    sympy.Min: _min,
    sympy.Heaviside: _heaviside,
    sympy.Piecewise: _piecewise,
    sympy.acos: _inverse_cosine,
    sympy.asin: _inverse_sine,
    sympy.atan: _inverse_tangent,
    sympy.arg: _argument,
}
