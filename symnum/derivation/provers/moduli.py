"""Moduli and signs of quotients, factor by factor."""

from __future__ import annotations

import sympy
from flint import fmpq_mpoly
from sympy import Rational

from symnum.derivation.provers.conjugates import (
    conjugate_of,
    is_real_quotient,
    modulus_of,
    modulus_of_real,
    real_expression,
)
from symnum.derivation.provers.field import (
    ONE,
    Generator,
    Quotient,
    TooLargeError,
    integer,
    rational_quotient,
)
from symnum.derivation.provers.form import Form, factors_of
from symnum.derivation.provers.powers import generator_at, principal_power

__all__ = ["absolute_value", "sign_function"]


def absolute_value(form: Form, value: Quotient) -> Quotient:
    """Return ``|value|``: factor by factor, or by the product with its conjugate."""
    if value.is_zero:
        return value
    value = form.field.reduced(value)
    if not is_real_quotient(form.field, value):
        if real_expression(form, value) is not None:
            return modulus_of_real(form, value)
        square = form.field.reduced(value * conjugate_of(form, value))
        return principal_power(form, square, Rational(1, 2))
    constant, factors = factors_of(value)
    result = rational_quotient(abs(constant))
    for factor, count in factors:
        result = result * modulus_of(form, factor).power(count)
    return result


def sign_function(form: Form, value: Quotient) -> Quotient:
    """Return ``sign(value)`` of a real value, zero at zero."""
    if value.is_zero:
        return value
    constant, factors = factors_of(form.field.reduced(value))
    result = integer(1 if constant > 0 else -1)
    for factor, count in factors:
        if not form.field.is_real(factor):
            raise TooLargeError("the sign of a complex number")
        single = _sign_of_factor(form, factor)
        result = result * (single.power(2) if count % 2 == 0 else single)
    return result


def _sign_of_factor(form: Form, factor: fmpq_mpoly) -> Quotient:
    signs = form.polynomial_sign(factor)
    if len(signs) == 1:
        return integer(next(iter(signs)))
    expr = form.field.polynomial_expression(factor)
    form.note_kink(expr)
    if 0 not in signs:
        return modulus_of(form, factor) / Quotient(factor, ONE)
    form.note_jump(expr)

    def make() -> Generator:
        place = len(form.field.generators)
        return Generator(
            sympy.sign(expr),
            "sign",
            is_real=True,
            degree=3,
            replacement=Quotient(generator_at(place), ONE),
        )

    return form.field.adjoin(("sign", expr), make)
