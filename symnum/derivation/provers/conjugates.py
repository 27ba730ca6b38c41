"""Conjugates, real forms and moduli of quotients over complex exponentials.

A circular function is a quotient of complex exponentials that equals its own conjugate. Its square
factors, its modulus and its form by sines and cosines are found here.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from flint import fmpq_mpoly
from sympy import Expr, I, Rational

from symnum.derivation.provers.field import (
    ONE,
    Field,
    Generator,
    Quotient,
    TooLargeError,
    integer,
    polynomial_power,
    rational_quotient,
)
from symnum.derivation.provers.form import Form, factors_of

__all__ = [
    "circular_square",
    "conjugate_of",
    "is_real_quotient",
    "modulus_of",
    "modulus_of_real",
    "real_expression",
]


def modulus_of(form: Form, factor: fmpq_mpoly) -> Quotient:
    """Return the modulus of a real factor; where its sign changes, a generator of its own."""
    signs = form.polynomial_sign(factor)
    if signs <= {0, 1}:
        return Quotient(factor, ONE)
    if signs <= {-1, 0}:
        return Quotient(-factor, ONE)
    single = form.field.single(factor)
    if single is not None and single.kind == "modulus":
        return Quotient(factor, ONE)
    expr = form.field.polynomial_expression(factor)
    form.note_kink(expr)

    def make() -> Generator:
        return Generator(
            sympy.Abs(expr),
            "modulus",
            is_real=True,
            degree=2,
            replacement=Quotient(polynomial_power(factor, 2), ONE),
        )

    return form.field.adjoin(("modulus", expr), make)


def modulus_of_real(form: Form, value: Quotient) -> Quotient:
    """Return the modulus of a value that is real although complex generators occur in it."""
    expr = real_expression(form, value)
    if expr is None:
        raise TooLargeError("a real number without a real form")
    signs = form.setting.signs(expr)
    if signs <= {0, 1}:
        return value
    if signs <= {-1, 0}:
        return -value
    form.note_kink(expr)
    return form.field.adjoin(
        ("modulus", expr),
        lambda: Generator(
            sympy.Abs(expr), "modulus", is_real=True, degree=2, replacement=value.power(2)
        ),
    )


def circular_square(form: Form, value: Quotient) -> tuple[Quotient, Quotient] | None:
    """Split a real value over complex exponentials into a rest and the square of a real.

    ``1 - cos(2 x)`` is ``2 sin(x)**2``: in terms of ``exp(i x)`` a factor of even multiplicity,
    which a power of the exponential makes real.
    """
    field = form.field
    if field.is_real(value.numerator) and field.is_real(value.denominator):
        return None
    _, factors = factors_of(value)
    root = integer(1)
    for factor, count in factors:
        single = field.single(factor)
        if count // 2 and (single is None or single.is_real) and not field.is_real(factor):
            root = root * Quotient(factor, ONE).power(count // 2)
    if root.is_constant:
        return None
    turned = field.reduced(conjugate_of(form, root) / root)
    half = _half_turn(form, turned)
    if half is None:
        return None
    root = field.reduced(root * half)
    if not field.vanishes(conjugate_of(form, root) - root):
        return None
    return field.reduced(value / root.power(2)), root


def _half_turn(form: Form, value: Quotient) -> Quotient | None:
    """Return a square root of plus or minus a product of complex exponentials."""
    if len(value.numerator) != 1 or len(value.denominator) != 1:
        return None
    constant, factors = factors_of(value)
    if abs(constant) != 1:
        return None
    result = integer(1) if constant > 0 else form.convert(I)
    for factor, count in factors:
        place = form.field.used(factor)[0]
        generator = form.field.generators[place]
        if generator.kind != "exponential" or generator.is_real:
            return None
        if count % 2:
            key, index = form.field.keys[place]
            form.fraction_of(key, Rational(1, 2 * index))  # starts again with half the exponent
        result = result * form.field.element(place).power(count // 2)
    return result


def real_expression(form: Form, value: Quotient) -> Expr | None:
    """Return a real value over complex exponentials by sines and cosines.

    Parameters
    ----------
    form : NormalForm
    value : Quotient
        With a numerator over real generators, i and exponentials of imaginary exponents.

    Returns
    -------
    sympy.Expr or None
        None where the value is not its own conjugate.
    """
    field = form.field
    if field.is_real(value.numerator) and field.is_real(value.denominator):
        return field.expression(value)
    try:
        if not field.vanishes(conjugate_of(form, value) - value):
            return None
    except TooLargeError:
        return None
    top, bottom = value.numerator, value.denominator
    if len(bottom) > 1:
        mirrored = conjugate_of(form, Quotient(bottom, ONE))
        norm = field.reduced(Quotient(bottom, ONE) * mirrored)
        scaled = field.reduced(Quotient(top, ONE) * mirrored)
        if len(norm.denominator) > 1 or len(scaled.denominator) > 1:
            return None
        below = _real_terms(form, norm)
        return None if below is None else _real_terms(form, scaled) / below
    return _real_terms(form, value)


def _real_terms(form: Form, value: Quotient) -> Expr | None:
    """Return the real part of a polynomial over one monomial, term by term."""
    below, _ = next(iter(value.denominator.terms()))
    scale = value.denominator.leading_coefficient()
    total: list[Expr] = []
    for monomial, coefficient in value.numerator.terms():
        ratio = coefficient / scale
        factor: Expr = Rational(int(ratio.p), int(ratio.q))
        angle: Expr = sympy.Integer(0)
        quarter = 0
        for place, generator in enumerate(form.field.generators):
            count = int(monomial[place]) - int(below[place])
            if not count:
                continue
            if generator.is_real:
                factor *= generator.expr**count
            elif generator.kind == "imaginary":
                quarter += count
            elif generator.kind == "exponential":
                turned = form.field.expression(generator.argument * form.convert(-I))
                angle += count * sympy.expand(turned)
            else:
                return None
        # The real part of i**quarter * exp(i angle).
        total.append(factor * sympy.cos(angle + quarter * sympy.pi / 2))
    return sympy.Add(*total)


# Kind of a generator that is not real -> its conjugate.
_CONJUGATES: dict[str, Callable[[Quotient], Quotient]] = {
    "imaginary": lambda element: -element,
    "exponential": lambda element: element.power(-1),
    "unity": lambda element: element.power(-1),
}


def conjugate_of(form: Form, value: Quotient) -> Quotient:
    """Return the complex conjugate of a quotient of real and of unimodular generators."""
    field = form.field
    images: list[Quotient | None] = []
    for place, generator in enumerate(field.generators):
        element = field.element(place)
        if generator.is_real:
            images.append(element)
        elif generator.kind in _CONJUGATES and _is_unimodular(form, generator):
            images.append(_CONJUGATES[generator.kind](element))
        else:
            images.append(None)

    def image(polynomial: fmpq_mpoly) -> Quotient:
        total = integer(0)
        for monomial, coefficient in polynomial.terms():
            term = rational_quotient(Rational(int(coefficient.p), int(coefficient.q)))
            for place, exponent in enumerate(monomial):
                if exponent:
                    factor = images[place]
                    if factor is None:
                        raise TooLargeError("the conjugate of a function")
                    term = term * factor.power(int(exponent))
            total = total + term
        return total

    return image(value.numerator) / image(value.denominator)


def _is_unimodular(form: Form, generator: Generator) -> bool:
    """Tell whether a generator is i, a root of unity, or the exponential of i times a real."""
    if generator.kind != "exponential":
        return True
    turned = form.field.reduced(generator.argument * form.convert(I))
    return is_real_quotient(form.field, turned)


def is_real_quotient(field: Field, value: Quotient) -> bool:
    """Tell whether only real generators occur in a quotient."""
    return field.is_real(value.numerator) and field.is_real(value.denominator)
