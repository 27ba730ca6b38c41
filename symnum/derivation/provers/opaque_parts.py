"""Functions that stay as they are: generators of the normal form, with normalised arguments."""

from __future__ import annotations

import sympy
from sympy import Expr

from symnum.derivation.provers.conjugates import real_expression
from symnum.derivation.provers.field import Generator, Quotient, is_real
from symnum.derivation.provers.form import Form

__all__ = ["generator", "leads_negative", "opaque", "readable"]

_BINDERS = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Derivative, sympy.Subs)

# Function -> f(-u) + f(u), a constant.
_REFLECTIONS: dict[type, int] = {
    sympy.erf: 0,
    sympy.erfc: 2,
    sympy.erfi: 0,
    sympy.atan: 0,
    sympy.Si: 0,
    sympy.Shi: 0,
    sympy.fresnels: 0,
    sympy.fresnelc: 0,
    sympy.erfinv: 0,
}


def opaque(form: Form, expr: Expr) -> Quotient:
    """Return a function of normalised arguments as a generator of its own."""
    plain_arguments = all(isinstance(argument, Expr) for argument in expr.args)
    if not expr.args or not plain_arguments or expr.has(*_BINDERS):
        return generator(form, expr)
    arguments = [form.convert(argument) for argument in expr.args]
    total = _REFLECTIONS.get(expr.func)
    is_reflected = total is not None and leads_negative(arguments[0])
    if is_reflected:
        arguments[0] = -arguments[0]
    texts = [readable(form, argument) for argument in arguments]
    plain = expr.func(*texts)
    if total is not None and plain.func != expr.func and plain.has(expr.func):
        # SymPy goes by another sign: it would reflect each reflection.
        plain = expr.func(*texts, evaluate=False)
    if plain.func != expr.func and plain != expr:
        value = form.convert(plain)
    else:
        value = generator(form, plain)
    return form.convert(sympy.Integer(total)) - value if is_reflected else value


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
