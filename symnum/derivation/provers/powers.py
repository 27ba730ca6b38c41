"""Principal powers, logarithms and exponentials of quotients.

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

import sympy
from flint import fmpq_mpoly
from sympy import I, Poly, Rational

from symnum.derivation.provers.conjugates import (
    circular_square,
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

__all__ = ["exponential", "generator_at", "logarithm", "principal_power", "unity"]

_LARGEST_FACTORED = 10**24
_TRIAL_LIMIT = 10_000
_PLAIN_ANGLES = (1, 2, 3, 4, 6)


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
            sympy.exp(expr / index),
            "exponential",
            is_real_quotient(field, basis),
            argument=exponent,
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
        itself = Quotient(generator_at(place), ONE)
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


def generator_at(place: int) -> fmpq_mpoly:
    """Return the polynomial that is the generator of a place, used or not."""
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
            form, modulus_of_real(form, root), 2 * ratio
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
    quarter = _quarter_turn(form, rest, negative=negative)
    if quarter is not None:
        return result * unity(form, quarter * ratio)
    rest = -rest if negative else rest
    return result * _root(form, rest, ratio, is_real=_is_nonnegative(form, rest))


def _quarter_turn(form: Form, rest: Quotient, *, negative: bool) -> Rational | None:
    """Return the angle of i or -i over pi, None for anything else."""
    if rest != form.convert(I):
        return None
    return Rational(-1 if negative else 1, 2)


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
            degree=int(index),
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
        quarter = _quarter_turn(form, rest, negative=negative)
        if quarter is not None:
            return result + form.convert(I * sympy.pi * quarter)
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
