"""Rules for sums whose terms cancel: the law of each is in its row.

A rule takes a sum and yields forms that are equal to it, wherever both are defined; which of them
is accurate is measured, not argued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Add, Expr, Mul, Pow, S
from sympy.codegen.cfunctions import expm1, log1p

from symnum.compiler.stability.addition_theorems import differences
from symnum.compiler.stability.algebra import (
    coefficient_and_rest,
    expanded,
    factored,
    fraction,
    kernels,
)
from symnum.compiler.stability.raising import (
    SplitSquareExp,
    below,
    dominated_by,
    is_exact,
    scaled_erfc,
)

__all__ = ["SUM_RULES", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A law and how it is applied.

    Parameters
    ----------
    law : str
        What holds, for the reader of the choices.
    apply : callable
        Yields equivalent forms of an expression.
    """

    law: str
    apply: Callable[[Expr], Iterator[Expr]]


# ------------------------------------------------------------------ a constant cancels


def _shifted(expression: Expr, shifts: dict[Expr, tuple[Expr, Expr]]) -> Iterator[Expr]:
    """Replace kernels by a constant and a small part, and expand; the constants may cancel."""
    if not shifts:
        return
    parts: dict[Expr, Expr] = {}
    replaced: dict[Expr, Expr] = {}
    for index, (kernel, (base, small)) in enumerate(shifts.items()):
        symbol = sympy.Symbol(f"d{index}", real=True)
        parts[symbol] = small
        replaced[kernel] = base + symbol
    changed = expression.xreplace(replaced)
    top, bottom = fraction(changed)
    result = factored(top) if len(parts) == 1 else top
    # A denominator is better off with the kernels as they were.
    back = {value: kernel for kernel, value in replaced.items()}
    yield (result / bottom.subs(back)).xreplace(parts)
    if result != top:
        yield (top / bottom.subs(back)).xreplace(parts)


def _exponentials(expression: Expr) -> Iterator[Expr]:
    found = [kernel for kernel in kernels(expression) if isinstance(kernel, sympy.exp)]
    if not found:
        return
    for base in _bases([kernel.exp for kernel in found]):
        powers = {kernel: kernel.exp / base for kernel in found}
        symbol = sympy.Symbol("d0", real=True)
        replaced = {
            kernel: (1 + symbol) ** power
            for kernel, power in powers.items()
            if power.is_Integer and abs(power) <= 8
        }
        if not replaced:
            continue
        top, bottom = fraction(expression.xreplace(replaced))
        bottom = bottom.subs(1 + symbol, sympy.exp(base))
        for form in dict.fromkeys((factored(top), top)):
            yield (form / bottom).xreplace({symbol: expm1(base), 1 + symbol: sympy.exp(base)})


def _bases(exponents: list[Expr]) -> list[Expr]:
    """Return exponents that the others may be integer multiples of."""
    return sorted(exponents, key=lambda u: (u.count_ops(), sympy.default_sort_key(u)))[:2]


def _cosines(expression: Expr) -> Iterator[Expr]:
    found = [k for k in kernels(expression) if isinstance(k, sympy.cos)]
    yield from _shifted(expression, {k: (S.One, -2 * sympy.sin(k.args[0] / 2) ** 2) for k in found})


def _hyperbolic_cosines(expression: Expr) -> Iterator[Expr]:
    found = [k for k in kernels(expression) if isinstance(k, sympy.cosh)]
    yield from _shifted(expression, {k: (S.One, 2 * sympy.sinh(k.args[0] / 2) ** 2) for k in found})


def _tangents(expression: Expr) -> Iterator[Expr]:
    found = [k for k in kernels(expression) if isinstance(k, sympy.tanh)]
    for sign in (1, -1):
        yield from _shifted(
            expression,
            {
                k: (sympy.Integer(sign), -2 * sign / (sympy.exp(2 * sign * k.args[0]) + 1))
                for k in found
            },
        )


def _error_functions(expression: Expr) -> Iterator[Expr]:
    signed = [k for k in kernels(expression) if isinstance(k, sympy.erf)]
    complements = [k for k in kernels(expression) if isinstance(k, sympy.erfc)]
    for found, end, factor, sign in (
        (signed, 1, 1, 1),
        (signed, -1, -1, -1),
        (complements, 2, 1, -1),
    ):
        yield from _by_complements(expression, found, end, factor, sign)


def _by_complements(
    expression: Expr, found: list[Expr], end: int, factor: int, sign: int
) -> Iterator[Expr]:
    """Write functions of u as end - factor*erfc(sign*u)."""
    limit = sympy.Integer(end)
    yield from _shifted(
        expression, {k: (limit, -factor * _opposite_erfc(sign, k.args[0])) for k in found}
    )
    # The square of a rounded number is not worth more digits.
    exact = [k for k in found if is_exact(coefficient_and_rest(k.args[0])[1])]
    yield from _shifted(
        expression, {k: (limit, -factor * _split_erfc(sign * k.args[0])) for k in exact}
    )


def _opposite_erfc(sign: int, u: Expr) -> Expr:
    return sympy.erfc(sign * u, evaluate=False)


def _split_erfc(u: Expr) -> Expr:
    """Return erfc(u) as exp(-u**2)*erfcx(u), in which the square is not rounded."""
    number, variable = coefficient_and_rest(u)
    size = sympy.Abs(variable)
    tail = SplitSquareExp(variable, number**2) * scaled_erfc(sympy.Abs(number) * size)
    return dominated_by(u, 2 - tail, tail)


def _roots(expression: Expr) -> Iterator[Expr]:
    found = [k for k in kernels(expression) if isinstance(k, Pow) and k.exp is S.Half]
    for kernel in found:
        constant, rest = kernel.base.as_coeff_Add()
        if not constant.is_positive or rest.is_zero:
            continue
        root = sympy.sqrt(constant)
        # x**2/(...) would overflow and vanish long before the result does.
        yield from _shifted(expression, {kernel: (root, rest / (root + kernel))})
        base, exponent = rest.as_base_exp()
        if exponent == 2:
            yield from _shifted(expression, {kernel: (root, base * (base / (root + kernel)))})


def _reciprocals(expression: Expr) -> Iterator[Expr]:
    for term in Add.make_args(expression):
        number, rest = coefficient_and_rest(term)
        top, bottom = sympy.fraction(rest)
        constant, small = bottom.as_coeff_Add()
        if top.is_number and not constant.is_zero and not small.is_zero:
            others = expression - term
            shifted = -number * small / (constant * bottom)
            yield expanded(others + number / constant) + shifted


def _powers(expression: Expr) -> Iterator[Expr]:
    for term in Add.make_args(expression):
        number, rest = coefficient_and_rest(term)
        if not isinstance(rest, Pow) or rest.exp.is_number is None:
            continue
        base, exponent = rest.args
        if base is S.Exp1 or abs(exponent) == 1:
            continue
        others = expanded(expression - term + number)
        logarithm = log1p(expanded(base - 1)) if base.is_Add else sympy.log(base)
        form = number * expm1(exponent * logarithm) + others
        yield form
        if exponent.is_Integer:
            # For a negative base only the power itself is defined.
            yield below(sympy.Abs(expanded(base - 1)), S.Half, form, expression)


# ------------------------------------------------------------------ conjugates and turns


def _conjugates(expression: Expr) -> Iterator[Expr]:
    terms = Add.make_args(expression)
    for index, term in enumerate(terms):
        number, root = coefficient_and_rest(term)
        if not isinstance(root, Pow) or root.exp is not S.Half or not number.is_real:
            continue
        other = Add(*terms[:index], *terms[index + 1 :]) / number
        product = expanded(root.base - other**2)
        form = number * product / (root - other)
        yield form
        # On the side where both have the same sign nothing cancels; both sides share the sum.
        size = root + sympy.Abs(other)
        yield number * dominated_by(other, product / size, size)
        yield dominated_by(other, form, expression)


def _turns(expression: Expr) -> Iterator[Expr]:
    constant = Add(*(term for term in Add.make_args(expression) if term.is_number))
    for term in Add.make_args(expression):
        number, kernel = coefficient_and_rest(term)
        if kernel.is_number or not number.is_number:
            continue
        for kind, half_turns, form in TURNS:
            if isinstance(kernel, kind) and expanded(constant + half_turns * number).is_zero:
                rest = expression - constant - term
                yield number * form(kernel.args[0]) + rest


# f(u) - c pi/2 without cancellation: the function, c, the form.
TURNS: tuple[tuple[Any, Expr, Callable[[Expr], Expr]], ...] = (
    (sympy.atan, sympy.pi / 2, lambda u: -sympy.atan2(1, u, evaluate=False)),
    (sympy.atan, -sympy.pi / 2, lambda u: sympy.atan2(1, -u, evaluate=False)),
    (sympy.asin, sympy.pi / 2, lambda u: -sympy.acos(u, evaluate=False)),
    (sympy.asin, -sympy.pi / 2, lambda u: sympy.acos(-u, evaluate=False)),
    (sympy.acos, sympy.pi / 2, lambda u: -sympy.asin(u, evaluate=False)),
    (sympy.acos, sympy.pi, lambda u: -sympy.acos(-u, evaluate=False)),
)


# ------------------------------------------------------------------ algebra


def _factors(expression: Expr) -> Iterator[Expr]:
    form = factored(expression)
    if form != expression:
        yield form


def _common_denominator(expression: Expr) -> Iterator[Expr]:
    top, bottom = fraction(expression)
    if bottom.is_number:
        return
    factor = factored(top)
    yield factor / bottom
    number, rest = coefficient_and_rest(factor)
    if rest is S.One:
        # One division after the other: the product of the denominators may overflow.
        parts = Mul.make_args(bottom)
        if len(parts) == 2:
            yield sympy.Mul(number / parts[0], 1 / parts[1], evaluate=False)


def _expansions(expression: Expr) -> Iterator[Expr]:
    form = expanded(expression)
    if form != expression:
        yield form


SUM_RULES: tuple[Rule, ...] = (
    Rule("e^u = 1 + expm1(u)", _exponentials),
    Rule("cos u = 1 - 2 sin(u/2)^2", _cosines),
    Rule("cosh u = 1 + 2 sinh(u/2)^2", _hyperbolic_cosines),
    Rule("tanh u = 1 - 2/(e^(2u) + 1) = 2/(e^(-2u) + 1) - 1", _tangents),
    Rule(
        "erf u = 1 - erfc u = erfc(-u) - 1, erfc u = 2 - erfc(-u) = e^(-u^2) erfcx u",
        _error_functions,
    ),
    Rule("sqrt(c + v) = sqrt(c) + v/(sqrt(c) + sqrt(c + v))", _roots),
    Rule("1/(c + v) = 1/c - v/(c (c + v))", _reciprocals),
    Rule("v^a = 1 + expm1(a log v), (1 + v)^a = 1 + expm1(a log1p(v))", _powers),
    Rule("f(a) - f(b) by the addition theorem of f", differences),
    Rule("sqrt(b) + a = (b - a^2)/(sqrt(b) - a)", _conjugates),
    Rule("pi/2 - atan u = atan2(1, u), pi/2 - asin u = acos u", _turns),
    Rule("a sum of products is a product of sums: a^2 - b^2 = (a - b)(a + b)", _factors),
    Rule("1/a - 1/b = (b - a)/(a b)", _common_denominator),
    Rule("products of sums are sums of products", _expansions),
)
