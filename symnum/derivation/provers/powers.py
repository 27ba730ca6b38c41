"""Principal powers, logarithms, exponentials and moduli of quotients.

The laws used, each valid for principal values at every point where the left side is defined:

==============================================  =======================================
``(a z)**r = a**r z**r``                        ``a >= 0``
``(-a)**r = exp(i pi r) a**r``                  ``a >= 0``
``(f**(2 m))**r = |f|**(2 m r)``                ``f`` real
``log(a z) = log(a) + log(z)``                  ``a > 0``
``log(-a) = log(a) + i pi``                     ``a > 0``
``exp(sum c_j m_j) = prod exp(m_j)**c_j``       with rational ``c_j`` on a common denominator
==============================================  =======================================

Which factor has which sign is asked of the setting, so ``sqrt((x - 1)**2)`` becomes ``x - 1`` on
``[1, 2]``, ``1 - x`` on ``[0, 1]`` and ``|x - 1|``, a kink to split at, on ``[0, 2]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import sympy
from flint import fmpq_mpoly
from sympy import Expr, I, Poly, Rational

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
from symnum.derivation.provers.setting import Setting

__all__ = [
    "Form",
    "absolute_value",
    "exponential",
    "factors_of",
    "logarithm",
    "principal_power",
    "sign_function",
    "unity",
]

_LARGEST_FACTORED = 10**24
_TRIAL_LIMIT = 10_000
_PLAIN_ANGLES = (1, 2, 3, 4, 6)


class Form(Protocol):
    """What the laws need of a normal form: generators, signs, and a place to note kinks."""

    field: Field
    setting: Setting

    def convert(self, expr: Expr) -> Quotient:
        """Return an expression as a quotient."""

    def polynomial_sign(self, polynomial: fmpq_mpoly) -> frozenset[int]:
        """Return the signs that a polynomial in the generators may take."""

    def fraction_of(self, key: Any, ratio: Rational) -> int:
        """Return the index of the root that stands for a key, once it suits `ratio`."""

    def note_kink(self, expr: Expr) -> None:
        """Remember an expression whose sign would have to be known."""

    def note_jump(self, expr: Expr) -> None:
        """Remember an expression whose zero is a place of discontinuity."""


def factors_of(value: Quotient) -> tuple[Rational, list[tuple[fmpq_mpoly, int]]]:
    """Return the constant and the irreducible factors, negative multiplicity below the line."""
    constant, upper = value.numerator.factor()
    below, lower = value.denominator.factor()
    ratio = constant / below
    factors = [(base, int(count)) for base, count in upper]
    factors += [(base, -int(count)) for base, count in lower]
    return Rational(int(ratio.p), int(ratio.q)), factors


def exponential(form: Form, exponent: Quotient) -> Quotient:
    """Return ``exp(exponent)``."""
    exponent = form.field.reduced(exponent)
    whole, rest = exponent.numerator, None
    if not exponent.denominator.is_constant():
        whole, rest = divmod(exponent.numerator, exponent.denominator)
    result = integer(1)
    for basis, ratio in _terms(whole, ONE):
        result = result * _exponential_of(form, basis, ratio)
    if rest is not None:
        for basis, ratio in _terms(rest, exponent.denominator):
            result = result * _exponential_of(form, basis, ratio)
    return result


def _terms(numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> list[tuple[Quotient, Rational]]:
    """Return the terms of a numerator over a denominator, each without its coefficient."""
    context = numerator.context()
    return [
        (
            Quotient(context.from_dict({monomial: 1}), denominator),
            Rational(int(value.p), int(value.q)),
        )
        for monomial, value in numerator.terms()
    ]


def _exponential_of(form: Form, basis: Quotient, ratio: Rational) -> Quotient:
    field = form.field
    if basis.denominator == 1:
        single = field.single(basis.numerator)
        if single is not None and single.kind == "logarithm":
            return principal_power(form, single.argument, ratio)
        if field.polynomial_expression(basis.numerator) == I * sympy.pi:
            return unity(form, ratio)
    expr = field.expression(basis)
    key = ("exponential", expr)
    index = form.fraction_of(key, ratio)

    def make() -> Generator:
        exponent = basis * rational_quotient(Rational(1, index))
        return Generator(
            sympy.exp(expr / index), "exponential", _is_real(field, basis), argument=exponent
        )

    return field.adjoin((key, index), make).power(int(ratio * index))


def unity(form: Form, ratio: Rational) -> Quotient:
    """Return the root of unity ``exp(i pi ratio)``."""
    ratio = ratio - 2 * sympy.floor((ratio + 1) / 2)
    if ratio.q in _PLAIN_ANGLES:
        angle = sympy.pi * ratio
        return form.convert(sympy.cos(angle)) + form.convert(I) * form.convert(sympy.sin(angle))
    key = ("unity",)
    index = form.fraction_of(key, ratio)

    def make() -> Generator:
        cyclotomic = Poly(sympy.cyclotomic_poly(2 * index, sympy.Symbol("w")))
        place = len(form.field.generators)
        itself = Quotient(_generator(place), ONE)
        replacement = integer(0)
        for (power,), value in cyclotomic.terms()[1:]:
            replacement = replacement - itself.power(power) * rational_quotient(Rational(value))
        return Generator(
            sympy.exp(I * sympy.pi / index),
            "unity",
            is_real=False,
            degree=cyclotomic.degree(),
            replacement=replacement,
        )

    return form.field.adjoin((key, index), make).power(int(ratio * index))


def _generator(place: int) -> fmpq_mpoly:
    if place >= ONE.context().nvars():
        raise TooLargeError("too many generators")
    generator: fmpq_mpoly = ONE.context().gens()[place]
    return generator


def principal_power(form: Form, base: Quotient, ratio: Rational) -> Quotient:
    """Return the principal value of ``base**ratio``."""
    if ratio.q == 1:
        return base.power(int(ratio))
    if base.is_zero:
        if ratio < 0:
            raise ZeroDivisionError("a negative power of zero")
        return base
    base = form.field.reduced(base)
    square = circular_square(form, base)
    if square is not None:
        rest, root = square
        return principal_power(form, rest, ratio) * principal_power(
            form, _modulus_of_real(form, root), 2 * ratio
        )
    constant, factors = factors_of(base)
    negative = bool(constant < 0)
    result = _power_of_number(form, abs(constant), ratio)
    rest = integer(1)
    for factor, count in factors:
        flips, positive, remaining = _split(form, factor, count, ratio)
        negative ^= flips
        result = result * positive
        rest = rest * remaining
    if rest.is_constant:
        return result * unity(form, ratio) if negative else result
    rest = -rest if negative else rest
    return result * _root(form, rest, ratio, is_real=_is_nonnegative(form, rest))


def _is_nonnegative(form: Form, value: Quotient) -> bool:
    """Tell whether a value that is real for all its complex generators is not negative."""
    expr = real_expression(form, value)
    return expr is not None and form.setting.signs(expr) <= {0, 1}


def _split(
    form: Form, factor: fmpq_mpoly, count: int, ratio: Rational
) -> tuple[bool, Quotient, Quotient]:
    """Return whether a factor is negative, the power of its modulus, and what stays below."""
    signs = form.polynomial_sign(factor)
    one = integer(1)
    if signs <= {0, 1}:
        return False, _power_of_factor(form, factor, count * ratio), one
    if signs <= {-1, 0}:
        return count % 2 == 1, _power_of_factor(form, -factor, count * ratio), one
    if not form.field.is_real(factor):
        return False, one, Quotient(factor, ONE).power(count)
    odd = count % 2
    positive = one
    if count - odd:
        modulus = modulus_of(form, factor)
        positive = _power_of_factor(form, modulus.numerator, (count - odd) * ratio)
    return False, positive, Quotient(factor, ONE) if odd else one


def _power_of_number(form: Form, number: Rational, ratio: Rational) -> Quotient:
    """Return a power of a positive rational number by powers of primes."""
    result = integer(1)
    for prime, count in number_factors(number):
        result = result * _root(form, integer(prime), count * ratio, is_real=True)
    return result


def number_factors(number: Rational) -> list[tuple[int, int]]:
    """Return the prime factors of a positive rational number; huge ones are factored in part."""
    factors: list[tuple[int, int]] = []
    for part, sign in ((int(number.p), 1), (int(number.q), -1)):
        limit = None if part < _LARGEST_FACTORED else _TRIAL_LIMIT
        found = sympy.factorint(part, limit=limit) if part > 1 else {}
        factors += [(int(prime), sign * int(count)) for prime, count in sorted(found.items())]
    return factors


def _power_of_factor(form: Form, factor: fmpq_mpoly, exponent: Rational) -> Quotient:
    """Return a power of a factor that is nonnegative."""
    if exponent.q == 1:
        return Quotient(factor, ONE).power(int(exponent))
    single = form.field.single(factor)
    if single is not None and single.is_real:
        if single.kind == "exponential":
            return exponential(form, single.argument * rational_quotient(exponent))
        if single.kind == "root":
            return principal_power(form, single.argument, exponent / single.degree)
    return _root(form, Quotient(factor, ONE), exponent, is_real=True)


def _root(form: Form, base: Quotient, exponent: Rational, *, is_real: bool) -> Quotient:
    """Return a power of a base that is kept whole: its root is a generator."""
    if exponent.q == 1:
        return base.power(int(exponent))
    expr = form.field.expression(base)
    key = ("root", expr)
    index = form.fraction_of(key, exponent)

    def make() -> Generator:
        return Generator(
            expr ** Rational(1, index),
            "root",
            is_real,
            argument=base,
            degree=index,
            replacement=base,
        )

    return form.field.adjoin((key, index), make).power(int(exponent * index))


def logarithm(form: Form, value: Quotient) -> Quotient:
    """Return the principal value of ``log(value)``."""
    if value.is_zero:
        raise ZeroDivisionError("the logarithm of zero")
    constant, factors = factors_of(form.field.reduced(value))
    negative = bool(constant < 0)
    result = integer(0)
    for prime, count in number_factors(abs(constant)):
        result = result + _plain_logarithm(form, integer(prime)) * integer(count)
    rest = integer(1)
    for factor, count in factors:
        signs = form.polynomial_sign(factor)
        odd = count % 2
        if signs <= {0, 1} or signs <= {-1, 0}:
            positive = factor if signs <= {0, 1} else -factor
            negative ^= positive is not factor and odd == 1
            result = result + _logarithm_of_factor(form, positive) * integer(count)
        elif not form.field.is_real(factor):
            rest = rest * Quotient(factor, ONE).power(count)
        else:
            if count - odd:
                modulus = modulus_of(form, factor)
                result = result + _logarithm_of_factor(form, modulus.numerator) * integer(
                    count - odd
                )
            rest = rest * Quotient(factor, ONE) if odd else rest
    if not rest.is_constant:
        return result + _plain_logarithm(form, -rest if negative else rest)
    return result + form.convert(I * sympy.pi) if negative else result


def _logarithm_of_factor(form: Form, factor: fmpq_mpoly) -> Quotient:
    """Return the logarithm of a factor that is positive."""
    single = form.field.single(factor)
    if single is not None and single.is_real:
        if single.kind == "exponential":
            return single.argument  # type: ignore[no-any-return]
        if single.kind == "root":
            return logarithm(form, single.argument) * rational_quotient(Rational(1, single.degree))
    return _plain_logarithm(form, Quotient(factor, ONE))


def _plain_logarithm(form: Form, value: Quotient) -> Quotient:
    expr = form.field.expression(value)
    result = sympy.log(expr)
    if not isinstance(result, sympy.log):
        return form.convert(result)

    def make() -> Generator:
        is_real = value.is_constant or form.polynomial_sign(value.numerator) <= {0, 1}
        return Generator(result, "logarithm", is_real, argument=value)

    return form.field.adjoin(("logarithm", expr), make)


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


def absolute_value(form: Form, value: Quotient) -> Quotient:
    """Return ``|value|``: of a real one factor by factor, else by the product with its conjugate."""
    if value.is_zero:
        return value
    value = form.field.reduced(value)
    if not _is_real(form.field, value):
        if real_expression(form, value) is not None:
            return _modulus_of_real(form, value)
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
            replacement=Quotient(_generator(place), ONE),
        )

    return form.field.adjoin(("sign", expr), make)


def _modulus_of_real(form: Form, value: Quotient) -> Quotient:
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
    return _is_real(form.field, turned)


def _is_real(field: Field, value: Quotient) -> bool:
    return field.is_real(value.numerator) and field.is_real(value.denominator)
