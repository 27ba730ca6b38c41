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
from sympy import Expr, I, Integer, Rational, S
from sympy.logic.boolalg import Boolean

from symnum.derivation.provers.field import (
    Field,
    Generator,
    Quotient,
    TooLargeError,
    integer,
    is_real,
    rational_quotient,
)
from symnum.derivation.provers.powers import (
    absolute_value,
    conjugate_of,
    exponential,
    logarithm,
    principal_power,
    real_expression,
    sign_function,
)
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.special import RECURRENCES
from symnum.derivation.provers.truth import HOLDS, truth_of

__all__ = ["NormalForm", "normal_form"]

_MOST_RESTARTS = 40
_MOST_NODES = 4000
_MOST_PIECES = 60
_LARGEST_INDEX = 5040


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
        self._fractions: dict[Any, int] = {}
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
        if handler is None and expr.func in _REWRITES:
            value = self.convert(_REWRITES[expr.func](*expr.args))
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

    def fraction_of(self, key: Any, ratio: Rational) -> int:
        """Return the index of the root that stands for a key, once it suits `ratio`."""
        index = self._fractions.get(key)
        if index is None:
            self._fractions[key] = index = int(ratio.q)
        elif index % int(ratio.q):
            self._fractions[key] = int(sympy.ilcm(index, ratio.q))
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


_BINDERS = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Derivative, sympy.Subs)


def opaque(form: NormalForm, expr: Expr) -> Quotient:
    """Return a function of normalised arguments as a generator of its own."""
    plain_arguments = all(isinstance(argument, Expr) for argument in expr.args)
    if not expr.args or not plain_arguments or expr.has(*_BINDERS):
        return _generator(form, expr)
    arguments = [form.convert(argument) for argument in expr.args]
    sign = 1
    parity = _PARITY.get(expr.func)
    if parity is not None and _leads_negative(arguments[0]):
        arguments[0] = -arguments[0]
        sign = parity
    plain = expr.func(*(_readable(form, argument) for argument in arguments))
    if plain.func != expr.func and plain != expr:
        value = form.convert(plain)
    else:
        value = _generator(form, plain)
    return -value if sign < 0 else value


def _readable(form: NormalForm, value: Quotient) -> Expr:
    expr = real_expression(form, value)
    return form.expression(value) if expr is None else expr


def _leads_negative(value: Quotient) -> bool:
    return not value.is_zero and bool(value.numerator.leading_coefficient() < 0)


def _generator(form: NormalForm, expr: Expr) -> Quotient:
    kind = "constant" if expr.is_number else "function"
    return form.field.adjoin(
        ("function", expr), lambda: Generator(expr, kind, is_real=is_real(expr))
    )


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
            return _generator(form, form.expression(base) ** exponent)
        if rest == 1:
            result = result * base.power(int(ratio))
        else:
            result = result * _generator(form, form.expression(base) ** rest).power(int(ratio))
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


def _floor(form: NormalForm, expr: Expr) -> Quotient:
    """Return ``floor(u)`` where the integer is the same on the whole domain."""
    place = _integer_below(form, expr.args[0])
    if place is not None:
        return integer(place)
    return opaque(form, expr)


def _integer_below(form: NormalForm, argument: Expr, *, closed: bool = False) -> int | None:
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


def _max(form: NormalForm, expr: Expr) -> Quotient:
    return _extreme(form, expr, 1)


def _min(form: NormalForm, expr: Expr) -> Quotient:
    return _extreme(form, expr, -1)


def _extreme(form: NormalForm, expr: Expr, sign: int) -> Quotient:
    """Return the largest argument, or the smallest, by ``(a + b +- |a - b|)/2``."""
    arguments = sorted(expr.args, key=sympy.default_sort_key)
    result = form.convert(arguments[0])
    for argument in arguments[1:]:
        other = form.convert(argument)
        gap = absolute_value(form, form.field.reduced(result - other))
        result = (result + other + gap * integer(sign)) / integer(2)
    return result


def _heaviside(form: NormalForm, expr: Expr) -> Quotient:
    signum = sign_function(form, form.convert(expr.args[0]))
    at_zero = form.convert(expr.args[1]) if len(expr.args) > 1 else rational_quotient(S.Half)
    half = rational_quotient(S.Half)
    correction = (integer(1) - signum * signum) * (at_zero - half)
    return half + signum * half + correction


def _piecewise(form: NormalForm, expr: Expr) -> Quotient:
    for value, condition in expr.args:
        truth = _truth(form, condition)
        if truth is None:
            return _generator(form, expr)
        if truth:
            return form.convert(value)
    raise ZeroDivisionError("no condition of a piecewise expression holds")


def _truth(form: NormalForm, condition: Boolean) -> bool | None:
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


def _inverse_cosine(form: NormalForm, expr: Expr) -> Quotient:
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
    if _leads_negative(argument):  # acos(-u) = pi - acos(u)
        return form.convert(sympy.pi) - _function(form, sympy.acos, -argument)
    return _function(form, sympy.acos, argument)


def _function(form: NormalForm, function: type[Expr], argument: Quotient) -> Quotient:
    """Return a function of a quotient as a generator, or by what SymPy makes of it."""
    plain = function(_readable(form, argument))
    return _generator(form, plain) if plain.func == function else form.convert(plain)


def _inverse_sine(form: NormalForm, expr: Expr) -> Quotient:
    """Return ``asin(u)`` as ``pi/2 - acos(u)``; of a sine by the half turn of its argument."""
    inner = expr.args[0]
    if isinstance(inner, sympy.sin):
        angle = inner.args[0]
        turn = _integer_below(form, angle / sympy.pi + S.Half, closed=True)
        if turn is not None:
            return form.convert((-1) ** turn * (angle - turn * sympy.pi))
        return opaque(form, expr)
    return form.convert(sympy.pi / 2) - form.convert(sympy.acos(inner))


def _inverse_tangent(form: NormalForm, expr: Expr) -> Quotient:
    inner = expr.args[0]
    if isinstance(inner, sympy.tan):
        angle = inner.args[0]
        turn = _integer_below(form, angle / sympy.pi + S.Half)
        if turn is not None:
            return form.convert(angle - turn * sympy.pi)
    return opaque(form, expr)


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
    sympy.floor: _floor,
    sympy.Max: _max,
    sympy.Min: _min,
    sympy.Heaviside: _heaviside,
    sympy.Piecewise: _piecewise,
    sympy.acos: _inverse_cosine,
    sympy.asin: _inverse_sine,
    sympy.atan: _inverse_tangent,
    **RECURRENCES,
}

_exp, _log, _sqrt = sympy.exp, sympy.log, sympy.sqrt

# Function -> the same by functions that have a row above.
_REWRITES: dict[type, Callable[..., Expr]] = {
    sympy.tan: lambda u: sympy.sin(u) / sympy.cos(u),
    sympy.cot: lambda u: sympy.cos(u) / sympy.sin(u),
    sympy.sec: lambda u: 1 / sympy.cos(u),
    sympy.csc: lambda u: 1 / sympy.sin(u),
    sympy.sinh: lambda u: (_exp(u) - _exp(-u)) / 2,
    sympy.cosh: lambda u: (_exp(u) + _exp(-u)) / 2,
    sympy.tanh: lambda u: (_exp(u) - _exp(-u)) / (_exp(u) + _exp(-u)),
    sympy.coth: lambda u: (_exp(u) + _exp(-u)) / (_exp(u) - _exp(-u)),
    sympy.sech: lambda u: 2 / (_exp(u) + _exp(-u)),
    sympy.csch: lambda u: 2 / (_exp(u) - _exp(-u)),
    sympy.asinh: lambda u: _log(u + _sqrt(u**2 + 1)),
    sympy.acosh: lambda u: _log(u + _sqrt(u - 1) * _sqrt(u + 1)),
    sympy.atanh: lambda u: (_log(1 + u) - _log(1 - u)) / 2,
    sympy.acoth: lambda u: (_log(1 + 1 / u) - _log(1 - 1 / u)) / 2,
    sympy.acot: lambda u: sympy.atan(1 / u),
    sympy.asec: lambda u: sympy.acos(1 / u),
    sympy.acsc: lambda u: sympy.asin(1 / u),
    sympy.erfc: lambda u: 1 - sympy.erf(u),
    sympy.re: lambda u: (u + sympy.conjugate(u)) / 2,
    sympy.im: lambda u: (u - sympy.conjugate(u)) / (2 * I),
    sympy.ceiling: lambda u: -sympy.floor(-u),
    sympy.frac: lambda u: u - sympy.floor(u),
    sympy.Mod: lambda u, v: u - v * sympy.floor(u / v),
    sympy.factorial: lambda u: sympy.gamma(u + 1),
    sympy.binomial: lambda n, k: sympy.gamma(n + 1) / (sympy.gamma(k + 1) * sympy.gamma(n - k + 1)),
    sympy.beta: lambda u, v: sympy.gamma(u) * sympy.gamma(v) / sympy.gamma(u + v),
    sympy.RisingFactorial: lambda u, n: sympy.gamma(u + n) / sympy.gamma(u),
    sympy.FallingFactorial: lambda u, n: sympy.gamma(u + 1) / sympy.gamma(u - n + 1),
    sympy.sinc: lambda u: sympy.sin(u) / u,
    type(S.GoldenRatio): lambda: (1 + _sqrt(5)) / 2,
    type(S.TribonacciConstant): lambda: S.TribonacciConstant._eval_expand_func(),
}

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


def constant_value(value: Quotient) -> Integer | Rational | None:
    """Return the rational number that a quotient is, None where generators occur."""
    return value.rational
