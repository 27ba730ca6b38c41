"""Functions that stay as they are: generators of the normal form, with normalised arguments."""

from __future__ import annotations

import sympy
from sympy import Expr

from symnum.derivation.provers.conjugates import real_expression
from symnum.derivation.provers.field import Generator, Quotient, is_real
from symnum.derivation.provers.form import Form

__all__ = ["generator", "leads_negative", "opaque", "readable"]

_BINDERS = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Derivative, sympy.Subs)

# Function -> f(-u)/f(u).
_PARITY: dict[type, int] = {
    sympy.erf: -1,
    sympy.erfi: -1,
    sympy.atan: -1,
    sympy.Si: -1,
    sympy.Shi: -1,
    sympy.fresnels: -1,
    sympy.fresnelc: -1,
    sympy.erfinv: -1,
}


def opaque(form: Form, expr: Expr) -> Quotient:
    """Return a function of normalised arguments as a generator of its own."""
    plain_arguments = all(isinstance(argument, Expr) for argument in expr.args)
    if not expr.args or not plain_arguments or expr.has(*_BINDERS):
        return generator(form, expr)
    arguments = [form.convert(argument) for argument in expr.args]
    sign = 1
    parity = _PARITY.get(expr.func)
    if parity is not None and leads_negative(arguments[0]):
        arguments[0] = -arguments[0]
        sign = parity
    plain = expr.func(*(readable(form, argument) for argument in arguments))
    if plain.func != expr.func and plain != expr:
        value = form.convert(plain)
    else:
        value = generator(form, plain)
    return -value if sign < 0 else value


def readable(form: Form, value: Quotient) -> Expr:
    """Return a quotient as an expression, by sines and cosines where it is real."""
    expr = real_expression(form, value)
    return form.field.expression(value) if expr is None else expr


def leads_negative(value: Quotient) -> bool:
    """Tell whether the leading coefficient of a quotient is negative."""
    return not value.is_zero and bool(value.numerator.leading_coefficient() < 0)


def generator(form: Form, expr: Expr) -> Quotient:
    """Return an expression as a generator of its own."""
    kind = "constant" if expr.is_number else "function"
    return form.field.adjoin(
        ("function", expr), lambda: Generator(expr, kind, is_real=is_real(expr))
    )
