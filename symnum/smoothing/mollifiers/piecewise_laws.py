"""Densities that consist of pieces t^n e^(c t): every integral of theirs is elementary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import sympy
from sympy import Expr, Integer, Max, Piecewise, Symbol, exp, factorial

from symnum.smoothing.mollifiers.laws import GAMMA, Law, U, put_in
from symnum.smoothing.mollifiers.tilted_pieces import DensityPiece, steady_tilted, steady_wave
from symnum.smoothing.pieces.exponential_polynomials import (
    Terms,
    antiderivative_of,
    expression_of,
    shifted_power,
)

__all__ = ["DensityPiece", "piecewise_law"]

# Taylor terms of a tail whose frequencies are at most pi.
_TAIL_TERMS = 15


def piecewise_law(
    pieces: Sequence[DensityPiece], *, smoothness: int, symmetric: bool, transform: bool = True
) -> Law:
    """Return the law of a density given by its pieces, in ascending order and without gaps.

    Parameters
    ----------
    pieces : sequence of DensityPiece
        The outermost ends may be infinite if the density decays there.
    smoothness : int
        How many derivatives of the density are functions.
    symmetric : bool
    transform : bool
        Whether rates of any size are integrated.
    """
    rows = tuple(pieces)

    @cache
    def regions(n: int, gamma: Expr) -> tuple[Expr, Expr]:
        return _regions(rows, n, gamma, U)

    def density() -> Expr:
        inside = [
            (expression_of(terms, U), high > U) for _, high, terms in rows if high is not sympy.oo
        ]
        if rows[-1][1] is sympy.oo:
            return Piecewise(
                (Integer(0), rows[0][0] > U), *inside, (expression_of(rows[-1][2], U), True)
            )
        return Piecewise((Integer(0), rows[0][0] > U), *inside, (Integer(0), True))

    @cache
    def antiderivative(m: int) -> Expr:
        return density() if m == 0 else regions(m - 1, Integer(0))[0]

    @cache
    def moment(k: int) -> Expr:
        total = Integer(0)
        for low, high, terms in rows:
            for (rate, _), row in terms.items():
                for n, value in row.items():
                    total += value * _definite(n + k, rate, low, high)
        return sympy.simplify(_real(total))

    @cache
    def bilateral() -> Expr:
        total = Integer(0)
        for low, high, terms in rows:
            for (rate, _), row in terms.items():
                for n, value in row.items():
                    total += value * _definite(n, rate - GAMMA, low, high)
        return sympy.simplify(_real(total))

    def tilted(n: int, gamma: Expr, u: Expr) -> Expr:
        return put_in(regions(n, gamma)[0], u)

    def wave(n: int, alpha: Expr, omega: Expr, u: Expr) -> tuple[Expr, Expr]:
        real, imaginary = regions(n, alpha + sympy.I * omega)
        return put_in(real, u), put_in(imaginary, u)

    bounded = rows[0][0] is not -sympy.oo and rows[-1][1] is not sympy.oo
    return Law(
        antiderivative,
        moment,
        bilateral if transform else None,
        tilted,
        wave,
        rate=sympy.oo if bounded else _decay(rows),
        smoothness=Integer(smoothness),
        tail=_tail_of(rows) if bounded and symmetric else None,
        steady_tilted=steady_tilted(rows) if bounded else None,
        steady_wave=steady_wave(rows) if bounded else None,
        symmetric=symmetric,
    )


def _decay(rows: Sequence[DensityPiece]) -> Expr:
    """Return the slowest rate of decay at an infinite end."""
    rates = []
    if rows[0][0] is -sympy.oo:
        rates += [sympy.re(rate) for rate, _ in rows[0][2]]
    if rows[-1][1] is sympy.oo:
        rates += [-sympy.re(rate) for rate, _ in rows[-1][2]]
    return min(rates, key=lambda rate: float(rate))


def _definite(n: int, rate: Expr, low: Expr, high: Expr) -> Expr:
    """Return the integral of t^n e^(rate t) over a piece; it decays at an infinite end."""
    above = Integer(0) if high is sympy.oo else antiderivative_of(n, rate, high)
    below = Integer(0) if low is -sympy.oo else antiderivative_of(n, rate, low)
    return above - below


def _real(value: Expr) -> Expr:
    return sympy.expand_complex(value) if value.has(sympy.I) else value


def _truncated(terms: Terms, n: int, gamma: Expr, low: Expr, high: Expr, u: Expr) -> Expr:
    """Return the part of B_n(gamma, u) that comes from low < t < high."""
    total: list[Expr] = []
    for (rate, _), row in terms.items():
        for p, value in row.items():
            for i, weight in shifted_power(n, u):
                total.append(value * weight * _definite(p + i, rate - gamma, low, high))
    return exp(gamma * u) * sympy.Add(*total)


def _regions(rows: Sequence[DensityPiece], n: int, gamma: Expr, u: Expr) -> tuple[Expr, Expr]:
    """Return the real and the imaginary part of B_n as functions of u."""
    left: Expr = Integer(0)
    cases: list[tuple[tuple[Expr, Expr], Expr]] = []
    for low, high, terms in rows:
        inside = left + _truncated(terms, n, gamma, low, u, u)
        if high is not sympy.oo:
            cases.append((_parts(inside, gamma), high))
            left += _truncated(terms, n, gamma, low, high, u)
        else:
            cases.append((_parts(inside, gamma), high))
    first = rows[0][0]
    last = cases[-1][1]
    found = []
    for k in (0, 1):
        branches: list[tuple[Expr, object]] = []
        if first is not -sympy.oo:
            branches.append((Integer(0), u <= first))
        if last is not sympy.oo:
            branches.append((_parts(left, gamma)[k], u >= last))
        branches += [(parts[k], u < high) for parts, high in cases[:-1]]
        branches.append((cases[-1][0][k], sympy.true))
        found.append(Piecewise(*branches))
    return found[0], found[1]


def _parts(value: Expr, gamma: Expr) -> tuple[Expr, Expr]:
    value = sympy.expand(value)
    if not value.has(sympy.I):
        return value, Integer(0)
    real, imaginary = sympy.expand(value, complex=True).as_real_imag()
    return sympy.expand(real), sympy.expand(imaginary) if gamma.has(sympy.I) else Integer(0)


def _tail_of(rows: Sequence[DensityPiece]) -> Callable[[int, Expr], Expr] | None:
    """Return A_m(-z) as a polynomial in v = z_0 - z, the distance from the end of the support.

    Its terms fall off and the first dominates, so that nothing cancels.
    """
    low, high, terms = rows[0]
    if high < 0:
        return None

    def tail(m: int, z: Expr) -> Expr:
        v = Max(-low - z, 0)
        t = Symbol("t", real=True)
        inside = sympy.expand(expression_of(terms, t + low))
        if not inside.is_polynomial(t):
            inside = sympy.series(inside, t, 0, 2 * _TAIL_TERMS).removeO()
        powers = sympy.Poly(sympy.expand(inside), t).terms()
        polynomial = sympy.Add(
            *(value * factorial(n) / factorial(n + m) * t ** (n + m) for (n,), value in powers)
        )
        return sympy.horner(polynomial, t).xreplace({t: v})

    return tail
