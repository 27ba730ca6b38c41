"""Sums of x^n e^(c x) with their algebra: what each piece of a function is taken apart into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy
from sympy import Expr, I, Integer, Symbol, binomial, cos, exp, factorial, sin

__all__ = [
    "Terms",
    "antiderivative_of",
    "as_terms",
    "expression_of",
    "shifted_power",
    "taylor_at",
]

# From the rates (c, q) of e^(c x + q x^2) to {n: coefficient of x^n}.
Terms = dict[tuple[Expr, Expr], dict[int, Expr]]

_WAVES: dict[Any, Any] = {
    sin: lambda z: (exp(I * z) - exp(-I * z)) / (2 * I),
    cos: lambda z: (exp(I * z) + exp(-I * z)) / 2,
    sympy.sinh: lambda z: (exp(z) - exp(-z)) / 2,
    sympy.cosh: lambda z: (exp(z) + exp(-z)) / 2,
}
_STEADY = (Integer(0), Integer(0))
# A number that is evaluated to more than this is not 0.
_CLEARLY = 1e-9


def as_terms(piece: Expr, x: Symbol) -> Terms | None:
    """Return a piece as a sum of x^n e^(c x + q x^2), or None where it is no such sum.

    Parameters
    ----------
    piece : Expr
        Polynomials, exponentials, sines and cosines in x, without switches.
    x : Symbol
    """
    if piece.is_polynomial(x):
        steady = _coefficients(piece, x)
        return {_STEADY: steady} if steady else {}
    for wave, exponential in _WAVES.items():
        if piece.has(wave):
            piece = piece.replace(
                lambda node, wave=wave: isinstance(node, wave) and node.has(x),
                lambda node, exponential=exponential: exponential(node.args[0]),
            )
    found: Terms = {}
    # Expanding 1/(1 - e^-2) times e^x would mix the two.
    constant, piece = piece.as_independent(x, as_Add=False)
    for summand in sympy.Add.make_args(sympy.expand(piece)):
        term = _monomial(summand, x)
        if term is None:
            return None
        rates, n, coefficient = term
        row = found.setdefault(rates, {})
        row[n] = row.get(n, Integer(0)) + constant * coefficient
    return _without_zeros(found)


def _coefficients(polynomial: Expr, x: Symbol) -> dict[int, Expr]:
    poly = sympy.Poly(polynomial, x)
    return {n: value for (n,), value in poly.terms() if value != 0}


def _without_zeros(terms: Terms) -> Terms:
    kept: Terms = {}
    for rates, row in terms.items():
        clean = {n: value for n, value in row.items() if value != 0}
        if clean:
            kept[rates] = clean
    return kept


def _monomial(summand: Expr, x: Symbol) -> tuple[tuple[Expr, Expr], int, Expr] | None:
    """Return rates, power and coefficient of one summand."""
    coefficient, dependent = summand.as_independent(x, as_Add=False)
    n, exponent = 0, Integer(0)
    for factor in sympy.Mul.make_args(dependent):
        base, power = factor.as_base_exp()
        if base == x and power.is_Integer and power > 0:
            n += int(power)
        elif isinstance(factor, exp):
            exponent += factor.args[0]
        elif not base.has(x) and base.is_positive:
            exponent += power * sympy.log(base)
        elif factor != 1:
            return None
    if not exponent.is_polynomial(x):
        return None
    rates = _coefficients(exponent, x)
    if any(degree > 2 for degree in rates):
        return None
    c, q = rates.get(1, Integer(0)), rates.get(2, Integer(0))
    if q.is_real is False or (q != 0 and c.is_real is False):
        return None
    return (c, q), n, coefficient * exp(rates.get(0, Integer(0)))


def taylor_at(row: Mapping[int, Expr], a: Expr) -> dict[int, Expr]:
    """Return the derivatives of sum row[n] x^n at a, by their order."""
    derivatives: dict[int, Expr] = {}
    for k in range(max(row, default=-1) + 1):
        value = sympy.Add(
            *(c * factorial(n) / factorial(n - k) * a ** (n - k) for n, c in row.items() if n >= k)
        )
        value = sympy.expand(value)
        if value != 0 and not value.is_Rational:
            clear = not value.free_symbols and abs(value.evalf(15)) > _CLEARLY
            value = sympy.Integer(0) if not clear and value.equals(0) else value
        if value != 0:
            derivatives[k] = value
    return derivatives


def antiderivative_of(n: int, rate: Expr, t: Expr) -> Expr:
    """Return an antiderivative of t^n e^(rate t), at t."""
    if rate.is_zero:
        return t ** (n + 1) / (n + 1)
    powers = (
        (-1) ** r * factorial(n) / factorial(n - r) * t ** (n - r) / rate ** (r + 1)
        for r in range(n + 1)
    )
    return exp(rate * t) * sympy.Add(*powers)


def shifted_power(n: int, u: Expr) -> Iterable[tuple[int, Expr]]:
    """Yield (i, coefficient) with (u - t)^n/n! = sum coefficient t^i."""
    for i in range(n + 1):
        yield i, binomial(n, i) * (-1) ** i * u ** (n - i) / factorial(n)


def expression_of(terms: Terms, x: Expr) -> Expr:
    """Return a sum of terms as a real expression in x; conjugate rates come in pairs."""
    parts: list[Expr] = []
    for (c, q), row in terms.items():
        rate, frequency = c.as_real_imag()
        if frequency.could_extract_minus_sign():
            continue
        polynomial = [(value, x**n) for n, value in row.items()]
        growth = exp(rate * x + q * x**2)
        if frequency == 0:
            parts += [value * power * growth for value, power in polynomial]
            continue
        for value, power in polynomial:
            real, imaginary = value.as_real_imag()
            wave = 2 * real * cos(frequency * x) - 2 * imaginary * sin(frequency * x)
            parts.append(power * growth * wave)
    return sympy.Add(*parts)
