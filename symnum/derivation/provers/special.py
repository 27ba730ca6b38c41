"""Recurrences that bring special functions to one base argument or order.

=========================================================  ================
``gamma(u + 1) = u gamma(u)``                              gamma
``gamma(u) = pi / (sin(pi u) gamma(1 - u))``               gamma
``psi_m(u + 1) = psi_m(u) + (-1)**m m! / u**(m + 1)``      polygamma
``J_(v+1)(z) = 2 v J_v(z)/z - J_(v-1)(z)``                 Bessel, J and Y
``I_(v+1)(z) = I_(v-1)(z) - 2 v I_v(z)/z``                 modified Bessel
``K_(v+1)(z) = K_(v-1)(z) + 2 v K_v(z)/z``                 modified Bessel
=========================================================  ================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Integer

from symnum.derivation.provers.field import (
    Generator,
    Quotient,
    TooLargeError,
    constant_coefficient,
    integer,
    is_real,
)
from symnum.derivation.provers.form import Form

__all__ = ["RECURRENCES"]

_MOST_SHIFTS = 60


def _whole_part(value: Quotient) -> int:
    """Return the floor of the term without generators; zero for a proper fraction."""
    if not value.denominator.is_constant():
        return 0
    shift = int(constant_coefficient(value.numerator).floor())
    if abs(shift) > _MOST_SHIFTS:
        raise TooLargeError("a shift by too many units")
    return shift


def _function(form: Form, expr: Expr) -> Quotient:
    if expr.is_number or expr.args:
        return form.field.adjoin(
            ("function", expr),
            lambda: Generator(expr, "function", is_real=is_real(expr)),
        )
    raise TooLargeError("a function without arguments")


def _gamma(form: Form, expr: Expr) -> Quotient:
    argument = form.convert(expr.args[0])
    shift = _whole_part(argument)
    base = argument - integer(shift)
    if base.is_zero:  # a positive integer is left to SymPy, the others are poles
        return form.convert(sympy.gamma(Integer(shift)))
    if _is_reflected(base):  # gamma(u) gamma(1 - u) = pi/sin(pi u), towards the larger leading term
        turned = form.convert(sympy.sin(sympy.pi * form.field.expression(base)))
        mirrored = form.convert(sympy.gamma(form.field.expression(integer(1) - base)))
        value = form.convert(sympy.pi) / (turned * mirrored)
        return _shifted(value, base, shift)
    plain = sympy.gamma(form.field.expression(base))
    value = _function(form, plain) if isinstance(plain, sympy.gamma) else form.convert(plain)
    return _shifted(value, base, shift)


def _is_reflected(base: Quotient) -> bool:
    """Tell whether the reflected argument is the one to keep: -x and 2/3 are, x and 1/3 are not."""
    number = base.rational
    if number is not None:
        return bool(number > sympy.Rational(1, 2))
    return bool(base.numerator.leading_coefficient() < 0)


def _shifted(value: Quotient, base: Quotient, shift: int) -> Quotient:
    """Return gamma at ``base + shift`` from its value at the base."""
    for step in range(shift):
        value = value * (base + integer(step))
    for step in range(1, -shift + 1):
        value = value / (base - integer(step))
    return value


def _polygamma(form: Form, expr: Expr) -> Quotient:
    order, argument = expr.args[0], form.convert(expr.args[1])
    if not order.is_Integer or order < 0:
        return _function(form, expr)
    shift = _whole_part(argument)
    base = argument - integer(shift)
    if base.is_zero:
        base, shift = base + integer(1), shift - 1
    plain = sympy.polygamma(order, form.field.expression(base))
    value = _function(form, plain) if isinstance(plain, sympy.polygamma) else form.convert(plain)
    term = integer(int((-1) ** order * sympy.factorial(order)))
    for step in range(shift):
        value = value + term / (base + integer(step)).power(int(order) + 1)
    for step in range(1, -shift + 1):
        value = value - term / (base - integer(step)).power(int(order) + 1)
    return value


def _bessel(
    family: Callable[..., Expr], lower: int, slope: int
) -> Callable[[Form, Expr], Quotient]:
    """Return the row of a family with ``B_(v+1) = lower B_(v-1) + slope 2 v B_v / z``."""

    def row(form: Form, expr: Expr) -> Quotient:
        order, argument = form.convert(expr.args[0]), form.convert(expr.args[1])
        shift = _whole_part(order)
        base = order - integer(shift)
        z = form.field.expression(argument)
        first, second = (
            _function_or_plain(form, family, form.field.expression(base + integer(step)), z)
            for step in (0, 1)
        )
        # first and second hold the orders base + k and base + k + 1.
        place = 0
        while place < shift:
            middle = base + integer(place + 1)
            raised = first * integer(lower) + second * middle * integer(2 * slope) / argument
            first, second, place = second, raised, place + 1
        while place > shift:
            middle = base + integer(place)
            lowered = (second - first * middle * integer(2 * slope) / argument) * integer(lower)
            first, second, place = lowered, first, place - 1
        return first

    return row


def _function_or_plain(
    form: Form, family: Callable[..., Expr], order: Expr, argument: Expr
) -> Quotient:
    plain: Any = family(order, argument)
    return _function(form, plain) if plain.func == family else form.convert(plain)


def _polylogarithm(form: Form, expr: Expr) -> Quotient:
    """Return the elementary cases: order 1 is ``-log(1 - z)``, order 0 and below are rational."""
    order, argument = expr.args
    if order.is_Integer and -8 <= order <= 1:
        return form.convert(sympy.expand_func(sympy.polylog(order, argument)))
    plain = sympy.polylog(order, form.field.expression(form.convert(argument)))
    return _function(form, plain) if isinstance(plain, sympy.polylog) else form.convert(plain)


RECURRENCES: dict[type, Callable[[Any, Expr], Quotient]] = {
    sympy.gamma: _gamma,
    sympy.polygamma: _polygamma,
    sympy.polylog: _polylogarithm,
    sympy.besselj: _bessel(sympy.besselj, -1, 1),
    sympy.bessely: _bessel(sympy.bessely, -1, 1),
    sympy.besseli: _bessel(sympy.besseli, 1, -1),
    sympy.besselk: _bessel(sympy.besselk, 1, 1),
}
