"""Normal form of an expression: a quotient over a field of named generators.

Each node is one row of a table: hyperbolic and circular functions become exponentials, gamma and
Bessel functions are shifted to one base argument or order, roots and logarithms are taken factor by
factor with the signs that hold on the domain. Two expressions are equal wherever both are defined
if the numerator of their difference reduces to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import sympy
from flint import fmpq_mpoly
from sympy import Expr, I, Rational, S

from symnum.derivation.provers.branching import BRANCHES
from symnum.derivation.provers.conjugates import conjugate_of
from symnum.derivation.provers.field import (
    Field,
    Generator,
    Quotient,
    TooLargeError,
    integer,
    rational_quotient,
)
from symnum.derivation.provers.moduli import absolute_value, sign_function
from symnum.derivation.provers.opaque_parts import generator, opaque
from symnum.derivation.provers.powers import exponential, logarithm, principal_power
from symnum.derivation.provers.rewrites import REWRITES
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.special import RECURRENCES

__all__ = ["NormalForm", "normal_form"]

_MOST_RESTARTS = 40
_MOST_NODES = 4000
_LARGEST_INDEX = 5040
_PLAIN_INDEX = 24


class _RefineError(Exception):
    """A root of higher index is needed than the one in use; the conversion starts again."""


@final
class NormalForm:
    """The conversion of expressions to quotients on one domain.

    Parameters
    ----------
    setting : Setting
        Tells signs and ranges of expressions on the domain.

    Attributes
    ----------
    field : Field
        The generators met so far.
    kinks : list of sympy.Expr
        Expressions whose unknown sign left an ``Abs``, ``sign``, ``floor`` or ``Piecewise`` behind.
    jumps : list of sympy.Expr
        Those of them at whose zeros a side may jump.
    """

    __slots__ = ("_fractions", "_memory", "_signs", "field", "jumps", "kinks", "setting")

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._fractions: dict[Any, Rational] = {}
        self._forget()

    def _forget(self) -> None:
        self.field = Field()
        self._memory: dict[Expr, Quotient] = {}
        self._signs: dict[Any, frozenset[int]] = {}
        self.kinks: list[Expr] = []
        self.jumps: list[Expr] = []

    def of(self, *exprs: Expr) -> tuple[Quotient, ...]:
        """Return the quotients of expressions, over one set of generators.

        Parameters
        ----------
        *exprs : sympy.Expr
            Over the symbols of the setting.

        Returns
        -------
        tuple of Quotient

        Raises
        ------
        TooLargeError
            The normal form would grow beyond its limits.
        ZeroDivisionError
            A denominator vanishes identically.
        """
        for _ in range(_MOST_RESTARTS):
            self._forget()
            try:
                return tuple(self.convert(expr) for expr in exprs)
            except _RefineError:
                continue
        raise TooLargeError("roots of too many different indices")

    def convert(self, expr: Expr) -> Quotient:
        """Return an expression as a quotient of polynomials in the generators."""
        known = self._memory.get(expr)
        if known is not None:
            return known
        if len(self._memory) > _MOST_NODES:
            raise TooLargeError("too many subexpressions")
        handler = _HANDLERS.get(expr.func)
        if handler is None and expr.func in REWRITES:
            value = self.convert(REWRITES[expr.func](*expr.args))
        elif handler is None:
            value = opaque(self, expr)
        else:
            value = handler(self, expr)
        self._memory[expr] = value
        return value

    def polynomial_sign(self, polynomial: fmpq_mpoly) -> frozenset[int]:
        """Return the signs that a polynomial in the generators may take on the domain."""
        expr = self.field.polynomial_expression(polynomial)
        known = self._signs.get(expr)
        if known is None:
            known = frozenset((-1, 0, 1))
            if self.field.is_real(polynomial):
                known = self.setting.signs(expr)
            self._signs[expr] = known
        return known

    def fraction_of(self, key: Any, ratio: Rational) -> Rational:
        """Return the index of the root that stands for a key, once it suits `ratio`.

        Of an exponential the index may be a fraction, so that ``exp(8943*m/100000)`` is no high
        power of a root of ``exp(m)``.
        """
        index = self._fractions.get(key)
        if index is None:
            plain = key[0] != "exponential" or max(abs(ratio.p), ratio.q) <= _PLAIN_INDEX
            self._fractions[key] = index = Rational(ratio.q) if plain else 1 / Rational(abs(ratio))
        elif not (ratio * index).is_Integer:
            top, bottom = sympy.igcd(index.q * ratio.q, ratio.p * index.p), index.p * ratio.q
            self._fractions[key] = Rational(bottom, top)
            if self._fractions[key] > _LARGEST_INDEX:
                raise TooLargeError("a root of a high index")
            raise _RefineError
        return index

    def note_kink(self, expr: Expr) -> None:
        """Remember an expression whose sign would have to be known."""
        if expr not in self.kinks:
            self.kinks.append(expr)

    def note_jump(self, expr: Expr) -> None:
        """Remember an expression whose zero is a place of discontinuity."""
        self.note_kink(expr)
        if expr not in self.jumps:
            self.jumps.append(expr)

    def expression(self, value: Quotient) -> Expr:
        """Return a quotient as a SymPy expression."""
        return self.field.expression(value)


def normal_form(setting: Setting, *exprs: Expr) -> tuple[NormalForm, tuple[Quotient, ...]]:
    """Return expressions as quotients over common generators.

    Parameters
    ----------
    setting : Setting
        The domain.
    *exprs : sympy.Expr
        The expressions.

    Returns
    -------
    NormalForm
        With the generators, kinks and jumps.
    tuple of Quotient
        One for each expression.
    """
    form = NormalForm(setting)
    return form, form.of(*exprs)


def _symbol(form: NormalForm, expr: Expr) -> Quotient:
    return form.field.adjoin(
        ("symbol", expr), lambda: Generator(expr, "symbol", is_real=bool(expr.is_real))
    )


def _imaginary(form: NormalForm, expr: Expr) -> Quotient:
    return form.field.adjoin(
        ("imaginary",),
        lambda: Generator(I, "imaginary", is_real=False, degree=2, replacement=integer(-1)),
    )


def _number(form: NormalForm, expr: Expr) -> Quotient:
    return rational_quotient(Rational(expr))


def _sum(form: NormalForm, expr: Expr) -> Quotient:
    total = integer(0)
    for term in expr.args:
        total = total + form.convert(term)
    return total


def _product(form: NormalForm, expr: Expr) -> Quotient:
    total = integer(1)
    for factor in expr.args:
        total = total * form.convert(factor)
    return total


def _power(form: NormalForm, expr: Expr) -> Quotient:
    base, exponent = expr.as_base_exp() if expr.base == S.Exp1 else (expr.base, expr.exp)
    if exponent.is_Integer:
        return form.convert(base).power(int(exponent))
    if exponent.is_Rational:
        return principal_power(form, form.convert(base), exponent)
    converted = form.convert(base)
    number = converted.rational
    if form.setting.signs(base) <= {0, 1}:
        return exponential(form, form.convert(exponent) * logarithm(form, converted))
    if number is not None and number < 0 and exponent.is_integer:
        size = integer(1)
        if number != -1:
            size = exponential(
                form, form.convert(exponent) * logarithm(form, rational_quotient(-number))
            )
        return _alternating(form, exponent) * size
    if exponent.is_integer:
        return _integer_power(form, converted, exponent)
    if base.is_number and not converted.is_zero:
        return exponential(form, form.convert(exponent) * logarithm(form, converted))
    return opaque(form, expr)


def _alternating(form: NormalForm, exponent: Expr) -> Quotient:
    """Return ``(-1)**exponent`` of an integer exponent by the parity of its terms."""
    result = integer(1)
    for term in sympy.Add.make_args(sympy.expand(exponent)):
        ratio, rest = term.as_coeff_Mul()
        if not ratio.is_Integer or rest.is_integer is False or rest.is_integer is None:
            return _sign_generator(form, exponent)
        if ratio % 2 == 0:
            continue
        result = result * (integer(-1) if rest == 1 else _sign_generator(form, rest))
    return result


def _sign_generator(form: NormalForm, exponent: Expr) -> Quotient:
    return form.field.adjoin(
        ("alternating", exponent),
        lambda: Generator(
            S.NegativeOne**exponent, "sign", is_real=True, degree=2, replacement=integer(1)
        ),
    )


def _integer_power(form: NormalForm, base: Quotient, exponent: Expr) -> Quotient:
    """Return a power with a symbolic integer exponent by the terms of the exponent."""
    result = integer(1)
    for term in sympy.Add.make_args(sympy.expand(exponent)):
        ratio, rest = term.as_coeff_Mul()
        if not ratio.is_Integer or not (rest == 1 or rest.is_integer):
            return generator(form, form.expression(base) ** exponent)
        if base == form.convert(I) and ratio % 4 == 0:
            continue
        if rest == 1:
            result = result * base.power(int(ratio))
        else:
            result = result * generator(form, form.expression(base) ** rest).power(int(ratio))
    return result


def _exponential(form: NormalForm, expr: Expr) -> Quotient:
    return exponential(form, form.convert(expr.args[0]))


def _logarithm(form: NormalForm, expr: Expr) -> Quotient:
    return logarithm(form, form.convert(expr.args[0]))


def _turn(form: NormalForm, expr: Expr) -> tuple[Quotient, Quotient]:
    """Return ``exp(i u)`` and ``exp(-i u)``."""
    turned = exponential(form, form.convert(expr.args[0]) * form.convert(I))
    return turned, turned.power(-1)


def _sine(form: NormalForm, expr: Expr) -> Quotient:
    forward, backward = _turn(form, expr)
    return (forward - backward) / (integer(2) * form.convert(I))


def _cosine(form: NormalForm, expr: Expr) -> Quotient:
    forward, backward = _turn(form, expr)
    return (forward + backward) / integer(2)


def _modulus(form: NormalForm, expr: Expr) -> Quotient:
    return absolute_value(form, form.convert(expr.args[0]))


def _sign(form: NormalForm, expr: Expr) -> Quotient:
    return sign_function(form, form.convert(expr.args[0]))


def _conjugate(form: NormalForm, expr: Expr) -> Quotient:
    return conjugate_of(form, form.convert(expr.args[0]))


_HANDLERS: dict[type, Callable[[NormalForm, Expr], Quotient]] = {
    sympy.Symbol: _symbol,
    sympy.Dummy: _symbol,
    type(I): _imaginary,
    sympy.Rational: _number,
    sympy.Integer: _number,
    type(S.One): _number,
    type(S.NegativeOne): _number,
    type(S.Zero): _number,
    type(S.Half): _number,
    sympy.Add: _sum,
    sympy.Mul: _product,
    sympy.Pow: _power,
    sympy.exp: _exponential,
    type(S.Exp1): lambda form, expr: exponential(form, integer(1)),
    sympy.log: _logarithm,
    sympy.sin: _sine,
    sympy.cos: _cosine,
    sympy.Abs: _modulus,
    sympy.sign: _sign,
    sympy.conjugate: _conjugate,
    **BRANCHES,
    **RECURRENCES,
}
