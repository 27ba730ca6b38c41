"""A function of one variable as the engine sees it: pieces, their terms, all symbols real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy import Expr, I, Integer, Rational, Symbol

from symnum.expressions import as_expression, as_symbol
from symnum.smoothing.convolution.half_lines import Term, decomposed
from symnum.smoothing.pieces.canonical_pieces import (
    Piece,
    is_below,
    pieces_of,
    real_zeros,
    sample_between,
    with_replaced,
)
from symnum.smoothing.pieces.exponential_polynomials import Terms, as_terms

__all__ = ["PiecedFunction", "read_expression", "read_function", "split_function"]

_PROBES = 257
# Texts that are read as symbols.
_NO_NUMBERS = ("inf", "infinity", "nan", "zoo")
# Functions with poles, and what is 0 where they have them.
_POLES: tuple[tuple[Any, Callable[[Expr], Expr]], ...] = (
    (sympy.tan, sympy.cos),
    (sympy.sec, sympy.cos),
    (sympy.cot, sympy.sin),
    (sympy.csc, sympy.sin),
    (sympy.coth, sympy.sinh),
    (sympy.csch, sympy.sinh),
    (sympy.gamma, lambda z: 1 / sympy.gamma(z)),
    (sympy.loggamma, lambda z: 1 / sympy.gamma(z)),
    (sympy.polygamma, lambda z: 1 / sympy.gamma(z)),
    (sympy.zeta, lambda z: z - 1),
)


@dataclass(frozen=True)
class PiecedFunction:
    """A function with its pieces.

    Attributes
    ----------
    original : Expr
        f as it was given.
    variable : Symbol
        x.
    real : Symbol
        The real symbol that stands for x in the pieces.
    back : dict
        From the real symbols to those of the user.
    pieces : tuple of Piece
    terms : tuple of Terms or None
        The pieces as sums of x^n e^(c x + q x^2), where they are.
    """

    original: Expr
    variable: Symbol
    real: Symbol
    back: dict[Symbol, Symbol]
    pieces: tuple[Piece, ...]
    terms: tuple[Terms, ...] | None

    def plain(self, expr: Expr) -> Expr:
        """Return an expression in the symbols of the user."""
        return expr.xreplace(self.back)

    @property
    def is_polynomial(self) -> bool:
        """Whether every piece is a polynomial."""
        return self.terms is not None and all(
            c == 0 and q == 0 for terms in self.terms for c, q in terms
        )

    @property
    def has_squares(self) -> bool:
        """Whether e^(q x^2) occurs."""
        return self.terms is not None and any(q != 0 for terms in self.terms for _, q in terms)

    @property
    def rows(self) -> list[tuple[Expr, Expr, Terms]]:
        """Left end, right end and terms of each piece."""
        assert self.terms is not None
        ends = ((low, high) for low, high, _ in self.pieces)
        return [(low, high, terms) for (low, high), terms in zip(ends, self.terms, strict=True)]

    @cached_property
    def decomposed(self) -> list[Term]:
        """The function as a sum of terms on half lines."""
        return decomposed(self.rows)


def read_expression(f: Any, x: Any) -> tuple[Expr, Symbol]:
    """Return f and x as SymPy objects; decimals become the rationals that they show.

    Raises
    ------
    ValueError
        What is no expression of one variable.
    """
    try:
        variable = as_symbol(x, "x")
    except TypeError as refused:
        raise ValueError(f"x: expected one variable, got {x!r}") from refused
    try:
        expr = as_expression(f, "f", declared={variable.name: variable})
    except TypeError as refused:
        raise ValueError(f"f: expected an expression in {variable}, got {f!r}") from refused
    if not isinstance(expr, Expr) or getattr(expr, "is_Matrix", False):
        raise ValueError(f"f: expected an expression in {variable}, got {f!r}")
    if any(symbol.name in _NO_NUMBERS for symbol in expr.free_symbols - {variable}):
        raise ValueError(f"f: expected a finite function, got {f!r}")
    decimals = {number: Rational(str(number)) for number in expr.atoms(sympy.Float)}
    return expr.xreplace(decimals), variable


def read_function(f: Any, x: Any) -> PiecedFunction:
    """Return f with its pieces.

    Raises
    ------
    ValueError
        What is no real function of one variable with finitely many breaks and without poles.
    """
    return split_function(*read_expression(f, x))


def split_function(expr: Expr, variable: Symbol) -> PiecedFunction:
    """Return an expression with its pieces; see `read_function`."""
    if expr.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise ValueError(f"f: expected a finite function, got {expr}")
    if expr.atoms(
        sympy.DiracDelta, sympy.Integral, sympy.Derivative, sympy.core.function.AppliedUndef
    ):
        raise ValueError(f"f: expected a function given by a formula, got {expr}")
    real = Symbol(variable.name, real=True)
    back: dict[Symbol, Symbol] = {real: variable}
    for symbol in sorted(expr.free_symbols - {variable}, key=lambda s: s.name):
        # Complex but perhaps real is only what was declared complex.
        declared = symbol.is_complex and symbol.is_extended_real is None
        if symbol.is_extended_real is False or declared:
            raise ValueError(f"f: expected real parameters, got the complex {symbol}")
        if symbol.is_extended_real is None:
            back[Symbol(symbol.name, real=True)] = symbol
    forward = {user: own for own, user in back.items()}
    inside = expr
    for user, own in forward.items():
        inside = with_replaced(inside, user, own)
    pieces = tuple(pieces_of(inside, real))
    terms = []
    for piece in pieces:
        _check_finite(piece[2], expr)
        row = as_terms(piece[2], real)
        if row is None:
            _check_real(piece, real, expr)
            _check_poles(piece, real, expr)
        else:
            _check_real_terms(row, expr)
        terms.append(row)
    known = tuple(row for row in terms if row is not None)
    return PiecedFunction(
        expr, variable, real, back, pieces, known if len(known) == len(pieces) else None
    )


def _check_finite(piece: Expr, expr: Expr) -> None:
    if piece.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise ValueError(f"f: {expr} is not defined everywhere")


def _check_real_terms(terms: Terms, expr: Expr) -> None:
    """Refuse coefficients whose imaginary parts do not cancel."""
    for (c, q), row in terms.items():
        conjugate = terms.get((sympy.conjugate(c), sympy.conjugate(q)), {})
        for n, value in row.items():
            difference = value - sympy.conjugate(conjugate.get(n, Integer(0)))
            if difference != 0 and sympy.simplify(difference) != 0:
                raise ValueError(f"f: expected a real function, got the complex {expr}")


def _check_real(piece: Piece, x: Symbol, expr: Expr) -> None:
    low, high, value = piece
    at = sample_between(low, high)
    right, left = sample_between(at, high), sample_between(low, at)
    # Powers of negative numbers are real at integers.
    far = [at - Rational(205, 7)] if low is -sympy.oo else []
    far += [at + Rational(218, 7)] if high is sympy.oo else []
    for point in (at, right, left, *far):
        number = value.subs(x, point)
        if number.free_symbols:
            if number.is_extended_real is False:
                raise ValueError(f"f: expected a real function, got the complex {expr}")
            continue
        number = sympy.N(number, 20)
        if not number.is_number or (number.has(I) and abs(sympy.im(number)) > 1e-15):
            raise ValueError(f"f: expected a real function, got the complex {expr}")


def _check_poles(piece: Piece, x: Symbol, expr: Expr) -> None:
    """Refuse poles in a piece, its ends included."""
    low, high, value = piece
    powers = (power.as_base_exp() for power in value.atoms(sympy.Pow))
    bases = [base for base, exponent in powers if exponent.is_negative and exponent <= -1]
    for kind, below in _POLES:
        bases += [
            below(node.args[-1 if kind is sympy.polygamma else 0]) for node in value.atoms(kind)
        ]
    for base in bases:
        if base.has(x) and _vanishes(base, x, low, high):
            raise ValueError(f"f: {expr} has a pole where {base.subs(x, Symbol(x.name))} = 0")


def _vanishes(base: Expr, x: Symbol, low: Expr, high: Expr) -> bool:
    try:
        zeros = real_zeros(base, x)
    except ValueError:
        return _changes_sign(base, x, low, high)
    for zero in zeros:
        if zero in (low, high) or (is_below(low, zero) and is_below(zero, high)):
            return True
    return False


def _changes_sign(base: Expr, x: Symbol, low: Expr, high: Expr) -> bool:
    """Look for a zero among probes; for what has no zeros in closed form."""
    if base.free_symbols - {x}:
        return False
    function = sympy.lambdify(x, base, "mpmath")
    start = max(float(low), -50.0) if low.is_number else -50.0
    end = min(float(high), 50.0) if high.is_number else 50.0
    values = [function(start + (end - start) * (k + 0.5) / _PROBES) for k in range(_PROBES)]
    return bool(min(values) <= 0 <= max(values))
