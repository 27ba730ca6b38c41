"""The form in which a smoothed function becomes a kernel: nothing cancels far from the breaks.

Between its breaks f is a polynomial and exponentials; the smoothing of that polynomial is one
again. What each break adds falls off on both sides, because A_m(u) is a polynomial plus
(-1)^m A_m(-u): only left tails are ever evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Abs, Expr, Integer, Piecewise, Symbol

from symnum.smoothing.convolution.half_lines import Term, derivative, smoothed
from symnum.smoothing.convolution.pieced_functions import PiecedFunction
from symnum.smoothing.mollifiers.laws import Law
from symnum.smoothing.mollifiers.mollifier import Mollifier
from symnum.smoothing.pieces.exponential_polynomials import Terms

__all__ = ["steady_form", "wave_terms"]

_STEADY = (Integer(0), Integer(0))
# So many times their scale from the last break exponentials are 0.
_VANISHED = 5000


def steady_form(
    pieces: Sequence[tuple[Expr, Expr, Terms]],
    terms: Sequence[Term],
    law: Law,
    h: Expr,
    x: Symbol,
) -> Expr | None:
    """Return the smoothed function for floating point, or None where the law has no tails.

    Parameters
    ----------
    pieces : sequence of (Expr, Expr, Terms)
        The function between its breaks.
    terms : sequence of Term
        The same function as a sum over half lines.
    law : Law
    h : Expr
        Bandwidth.
    x : Symbol
    """
    if law.tail is None or not law.symmetric:
        return None
    steady = [term for term in terms if term.rate == 0 and term.side == "right"]
    parts = [_between(pieces, law, h, x)]
    parts += [_at_break(term, law, h, x) for term in steady]
    waves = [term for term in terms if term.rate != 0]
    for term in waves:
        value = smoothed(term, law, h, x, steady=True)
        if value is None:
            return None
        parts.append(value)
    whole = sympy.Add(*parts)
    # Tails of powers of x do not vanish.
    return _with_limits(whole, pieces, law, h, x) if waves and law.rate != 0 else whole


def wave_terms(
    function: PiecedFunction, mollifier: Mollifier, order: int
) -> tuple[Term, ...] | None:
    """Return the terms of a derivative that a kernel can smooth, though no closed form does.

    None where something else than constant waves, or no wave at all, is to be integrated.

    Parameters
    ----------
    function : PiecedFunction
    mollifier : Mollifier
    order : int
        Of the derivative.
    """
    law = mollifier.law
    if law.steady_wave is None or law.wave is not None:
        return None
    if function.terms is None or function.has_squares:
        return None
    terms = list(function.decomposed)
    for term in terms:
        alpha, omega = term.rate.as_real_imag()
        constant = alpha == 0 and omega.is_positive and term.order == 0
        if term.rate != 0 and not constant:
            return None
    for _ in range(order):
        terms = derivative(terms)
    return tuple(terms)


def _polynomial(row: dict[int, Expr], law: Law, h: Expr, x: Symbol) -> Expr:
    parts = (
        smoothed(Term("whole", Integer(0), Integer(0), n, value), law, h, x)
        for n, value in row.items()
    )
    total = sympy.expand(sympy.Add(*(part for part in parts if part is not None)))
    return sympy.horner(total, x) if total.has(x) else total


def _between(pieces: Sequence[tuple[Expr, Expr, Terms]], law: Law, h: Expr, x: Symbol) -> Expr:
    """Return, piece by piece, the polynomial that the smoothing tends to."""
    cases = [(_polynomial(terms.get(_STEADY, {}), law, h, x), high) for _, high, terms in pieces]
    branches = [(value, x < high) for value, high in cases[:-1]]
    return Piecewise(*branches, (cases[-1][0], True))


def _at_break(term: Term, law: Law, h: Expr, x: Symbol) -> Expr:
    distance = x - term.at
    u = distance / h
    if term.order < 0:
        return term.coefficient * h**term.order * law.at(term.order + 1, u)
    assert law.tail is not None
    value = term.coefficient * h**term.order * law.tail(term.order + 1, Abs(u))
    if term.order % 2:
        return value
    return value * Piecewise((Integer(1), distance < 0), (Integer(-1), True))


def _with_limits(
    whole: Expr,
    pieces: Sequence[tuple[Expr, Expr, Terms]],
    law: Law,
    h: Expr,
    x: Symbol,
) -> Expr:
    """Leave the exponentials out where they have vanished, before anything overflows."""
    branches = []
    for (low, high, terms), direction in ((pieces[0], -1), (pieces[-1], 1)):
        rates = [sympy.re(c) * direction for c, _ in terms if c != 0]
        if not all(rate.is_negative for rate in rates):
            continue
        end = low if direction == 1 else high
        start = Integer(0) if end.is_infinite else end
        reach = _VANISHED * sympy.Add(h, *(-1 / rate for rate in rates))
        condition = x > start + reach if direction == 1 else x < start - reach
        branches.append((_polynomial(terms.get(_STEADY, {}), law, h, x), condition))
    return Piecewise(*branches, (whole, True)) if branches else whole
