"""Differences of two values of one function, by its addition theorem: one row a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Add, Expr, Mul, Pow, S
from sympy.codegen.cfunctions import expm1, log1p

from symnum.compiler.stability.algebra import expanded, factored
from symnum.compiler.stability.raising import dominated_by, not_below_zero

__all__ = ["differences"]


def differences(expression: Expr) -> Iterator[Expr]:
    """Yield a sum with two of its terms, f(a) and -f(b), taken together.

    Parameters
    ----------
    expression : Expr
        A sum.
    """
    terms = list(Add.make_args(expression))
    split = [_function_of(term) for term in terms]
    for i, first in enumerate(split):
        for j in range(i + 1, len(split)):
            second = split[j]
            if first is None or second is None or first[0] != second[0]:
                continue
            kind, factor, a = first
            _, other, b = second
            rest = Add(*(term for k, term in enumerate(terms) if k not in (i, j)))
            if expanded(factor + other).is_zero:
                for form in DIFFERENCES[kind](a, b, expanded(a - b)):
                    yield factor * form + rest


def _function_of(term: Expr) -> tuple[str, Expr, Expr] | None:
    """Return the kind of the last function in a product, the other factors, its argument."""
    parts = Mul.make_args(term)
    for index, part in enumerate(parts):
        kind, argument = _kind_of(part)
        if kind in DIFFERENCES:
            return kind, Mul(*parts[:index], *parts[index + 1 :]), argument
    return None


def _kind_of(part: Expr) -> tuple[str, Expr]:
    if isinstance(part, sympy.exp):
        return "exp", part.exp
    if isinstance(part, Pow) and part.exp is S.Half:
        return "sqrt", part.base
    if isinstance(part, Pow) and part.exp == -S.Half:
        return "rsqrt", part.base
    if isinstance(part, Pow) and part.exp == sympy.Rational(1, 3):
        return "cbrt", part.base
    if isinstance(part, Pow) and part.exp.is_Rational and part.exp.q == 2 and abs(part.exp.p) <= 9:
        return f"half{part.exp.p}", part.base
    if isinstance(part, Pow) and part.exp.is_Integer and -5 < part.exp < -1:
        return f"power{part.exp}", part.base
    if isinstance(part, Pow) and part.exp.is_Integer and part.exp > 2:
        return f"power{part.exp}", part.base
    if isinstance(part, sympy.Function) and len(part.args) == 1:
        return type(part).__name__, part.args[0]
    return "", part


def _difference_of_roots(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield d / (sympy.sqrt(a) + sympy.sqrt(b))
    yield (d / sympy.sqrt(a)) / (1 + sympy.sqrt(b) / sympy.sqrt(a))


def _difference_of_reciprocal_roots(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    root_a, root_b = sympy.sqrt(a), sympy.sqrt(b)
    yield -d / (root_a * root_b * (root_a + root_b))
    yield -d / (a * root_b + b * root_a)


def _difference_of_cube_roots(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    third = sympy.Rational(1, 3)
    yield d / (a ** (2 * third) + a**third * b**third + b ** (2 * third))


def _difference_of_logarithms(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield not_below_zero(log1p(factored(d / b), evaluate=False), b)
    yield not_below_zero(-log1p(factored(-d / a), evaluate=False), a)
    yield not_below_zero(sympy.log(a / b), b)


def _difference_of_arctangents(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield sympy.atan2(d, 1 + a * b, evaluate=False)
    yield sympy.atan2(d, expanded(1 + a * b), evaluate=False)


def _difference_of_sines(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield 2 * sympy.cos(expanded(a + b) / 2) * sympy.sin(d / 2)


def _difference_of_cosines(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield -2 * sympy.sin(expanded(a + b) / 2) * sympy.sin(d / 2)


def _difference_of_tangents(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield sympy.sin(d) / (sympy.cos(a) * sympy.cos(b))


def _difference_of_sinh(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield 2 * sympy.cosh(expanded(a + b) / 2) * sympy.sinh(d / 2)


def _difference_of_cosh(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield 2 * sympy.sinh(expanded(a + b) / 2) * sympy.sinh(d / 2)


def _difference_of_tanh(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield sympy.sinh(d) / (sympy.cosh(a) * sympy.cosh(b))
    # tanh(a) - tanh(b) = tanh(a - b) (1 - tanh(a) tanh(b)); nothing overflows.
    yield sympy.tanh(d) * (1 - sympy.tanh(a) * sympy.tanh(b))


def _difference_of_atanh(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield sympy.atanh(d / (1 - a * b), evaluate=False)


def _difference_of_exponentials(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    yield sympy.exp(b) * expm1(d)
    yield -sympy.exp(a) * expm1(-d)


def _difference_of_erf(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
    upper = sympy.erfc(b, evaluate=False) - sympy.erfc(a, evaluate=False)
    lower = sympy.erfc(-a, evaluate=False) - sympy.erfc(-b, evaluate=False)
    yield dominated_by(a + b, lower, upper)


def _difference_of_half_powers(count: int) -> Callable[[Expr, Expr, Expr], Iterator[Expr]]:
    """Return the rule for a**(count/2): a power of roots, whose difference is (a - b)/(s + t)."""
    size = abs(count)

    def rule(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
        s, t = sympy.sqrt(a), sympy.sqrt(b)
        chain = Add(*(s**k * t ** (size - 1 - k) for k in range(size)))
        form = d / (s + t) * chain
        if count < 0:
            # Divided term by term: the powers of both roots together may overflow.
            chain = Add(*(s ** (k - size) * t ** (-1 - k) for k in range(size)))
            form = -d / (s + t) * chain
        yield form

    return rule


def _difference_of_reciprocal_powers(
    size: int,
) -> Callable[[Expr, Expr, Expr], Iterator[Expr]]:
    def rule(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
        yield -d * Add(*(a ** (k - size) * b ** (-1 - k) for k in range(size)))

    return rule


def _difference_of_powers(exponent: int) -> Callable[[Expr, Expr, Expr], Iterator[Expr]]:
    def rule(a: Expr, b: Expr, d: Expr) -> Iterator[Expr]:
        yield d * Add(*(a**k * b ** (exponent - 1 - k) for k in range(exponent)))

    return rule


DIFFERENCES: dict[str, Callable[[Expr, Expr, Expr], Iterator[Expr]]] = {
    "sqrt": _difference_of_roots,
    "rsqrt": _difference_of_reciprocal_roots,
    "cbrt": _difference_of_cube_roots,
    "log": _difference_of_logarithms,
    "atan": _difference_of_arctangents,
    "atanh": _difference_of_atanh,
    "sin": _difference_of_sines,
    "cos": _difference_of_cosines,
    "tan": _difference_of_tangents,
    "sinh": _difference_of_sinh,
    "cosh": _difference_of_cosh,
    "tanh": _difference_of_tanh,
    "exp": _difference_of_exponentials,
    "erf": _difference_of_erf,
    **{f"power{exponent}": _difference_of_powers(exponent) for exponent in range(3, 7)},
    **{f"power{-size}": _difference_of_reciprocal_powers(size) for size in range(2, 5)},
    **{f"half{count}": _difference_of_half_powers(count) for count in range(-9, 10, 2)},
}
