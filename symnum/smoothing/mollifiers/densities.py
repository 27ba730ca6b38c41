"""Densities that a user gives: their checks, and the law that follows from their form."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
import sympy
from sympy import Expr, Integer, Symbol, exp, factorial, pi, sqrt

from symnum.reference import evaluate
from symnum.smoothing.functions.convolution_integrals import convolution
from symnum.smoothing.functions.evaluation import context_function
from symnum.smoothing.mollifiers.laws import Law, U
from symnum.smoothing.mollifiers.logistic_polynomials import logistic_density
from symnum.smoothing.mollifiers.moment_numbers import moment_number
from symnum.smoothing.mollifiers.normal import NormalCdf, NormalRamp, normal_density
from symnum.smoothing.mollifiers.piecewise_laws import DensityPiece, piecewise_law
from symnum.smoothing.mollifiers.tail_classes import tail_of_pieces
from symnum.smoothing.pieces.canonical_pieces import Piece, is_below, pieces_of
from symnum.smoothing.pieces.exponential_polynomials import as_terms

__all__ = ["characteristic_of", "checked_mass", "law_of_density"]

# How far the mass may be from 1: a density with decimals in it is taken as what it means.
_MASS_ERROR = 1e-9
_SAMPLES = 200
_SMOOTHEST = 8


def checked_mass(inside: Expr, low: Expr, high: Expr, *, signed: bool) -> None:
    """Refuse a density in `U` whose mass on its support is not 1, or that is negative."""
    context = mpmath.mp.clone()
    context.dps = 20
    mass = context.mpf(0)
    try:
        pieces = _clipped(inside, low, high)
        for left, right, piece in pieces:
            function = context_function(context, piece, [U])
            ends = [context.mpf(sympy.N(end, 20)._to_mpmath(70)) for end in (left, right)]
            middle = _middle(context, ends)
            mass += context.quad(function, [ends[0], *middle, ends[1]])
            if not signed:
                _check_sign(function, context, ends)
    except (TypeError, ZeroDivisionError, OverflowError, AttributeError) as failure:
        raise ValueError(f"density: its mass cannot be computed: {failure}") from failure
    if not (abs(mass - 1) <= _MASS_ERROR):
        raise ValueError(f"density: expected mass 1, got mass {context.nstr(mass, 8)}")


def _middle(context: Any, ends: list[Any]) -> list[Any]:
    """Return points that keep narrow densities from falling between nodes."""
    points = [context.mpf(p) for p in (-8, -2, -0.5, 0, 0.5, 2, 8)]
    return [p for p in points if ends[0] < p < ends[1]]


def _check_sign(function: Any, context: Any, ends: list[Any]) -> None:
    low, high = max(ends[0], -30), min(ends[1], 30)
    for k in range(1, _SAMPLES):
        at = low + (high - low) * k / _SAMPLES
        value = function(at)
        if context.im(value) != 0 or context.isnan(value):
            raise ValueError(f"density: expected real values, got {value} at {float(at):.3g}")
        if context.re(value) < -1e-15:
            raise ValueError(
                f"density: negative at {float(at):.3g}; pass signed=True for a kernel of that kind"
            )


def _clipped(inside: Expr, low: Expr, high: Expr) -> list[Piece]:
    found: list[Piece] = []
    for left, right, piece in pieces_of(inside, U):
        start = left if is_below(low, left) else low
        end = right if is_below(right, high) else high
        if is_below(start, end) and piece != 0:
            found.append((start, end, piece))
    return found


def law_of_density(inside: Expr, low: Expr, high: Expr) -> Law:
    """Return the law of a density in `U`, elementary where its pieces are."""
    pieces = _clipped(inside, low, high)
    symmetric = _is_even(inside, low, high)
    rows: list[DensityPiece] = []
    for left, right, piece in pieces:
        terms = as_terms(piece, U)
        if terms is None or any(q != 0 for _, q in terms):
            break
        rows.append((left, right, terms))
    gapless = all(a[1] == b[0] for a, b in pairwise(pieces))
    if len(rows) == len(pieces) and gapless:
        return piecewise_law(
            rows, smoothness=_smoothness(pieces), symmetric=symmetric, transform=True
        )
    if len(pieces) == 1 and pieces[0][:2] == (-sympy.oo, sympy.oo):
        law = _normal_times_polynomial(pieces[0][2], symmetric)
        if law is not None:
            return law
        found = logistic_density(pieces[0][2])
        if found is not None:
            return found.law(_by_quadrature(pieces, symmetric))
    return _by_quadrature(pieces, symmetric)


def _is_even(inside: Expr, low: Expr, high: Expr) -> bool:
    if low != -high:
        return False
    mirrored = inside.subs(U, -U)
    if mirrored == inside:
        return True
    difference = inside - mirrored
    # Functions that differ almost always differ at such a place; then nothing is simplified.
    if abs(evaluate(difference, {U: sympy.Rational(17, 29)}, 10)) > 1e-30:
        return False
    return bool(sympy.simplify(difference) == 0)


def _smoothness(pieces: list[Piece]) -> int:
    """Return how many derivatives of the density are functions."""
    ends = [(Integer(0), pieces[0][2], pieces[0][0])]
    ends += [(a[2], b[2], b[0]) for a, b in pairwise(pieces)]
    ends.append((pieces[-1][2], Integer(0), pieces[-1][1]))
    finite = [row for row in ends if row[2].is_finite]
    for k in range(_SMOOTHEST):
        for left, right, at in finite:
            jump = (right - left).diff(U, k).subs(U, at)
            if sympy.simplify(jump) != 0:
                return k
    return _SMOOTHEST


def _normal_times_polynomial(density: Expr, symmetric: bool) -> Law | None:
    r"""Return the law of P(t) e^(c t + q t^2), q < 0.

    With z = (t - mu)/s it is a sum of Hermite polynomials times the normal density, and He_j phi
    is (-1)^j times the j-th derivative of phi.
    """
    terms = as_terms(density, U)
    if terms is None or len(terms) != 1:
        return None
    ((c, q), row), *_ = terms.items()
    if not (c.is_real and q.is_negative):
        return None
    s = sqrt(-1 / (2 * q))
    mu = -c / (2 * q)
    z = Symbol("z", real=True)
    scale = s * sqrt(2 * pi) * exp(-(c**2) / (4 * q))
    shifted = sympy.expand(sum(value * (mu + s * z) ** n for n, value in row.items()) * scale)
    rest, weights = sympy.Poly(shifted, z), {}
    while not rest.is_zero:
        j = rest.degree()
        weights[j] = rest.LC()
        rest -= sympy.Poly(weights[j] * sympy.hermite_prob(j, z), z)

    def repeated(m: int, u: Expr) -> Expr:
        if m <= 0:
            return (-1) ** m * sympy.hermite_prob(-m, u) * normal_density(u)
        if m <= 2:
            return NormalCdf(u) if m == 1 else NormalRamp(u)
        return (u * repeated(m - 1, u) + repeated(m - 2, u)) / (m - 1)

    @cache
    def antiderivative(m: int) -> Expr:
        if m == 0:
            return density
        u = (U - mu) / s
        parts = (w * (-1) ** j * repeated(m - j, u) for j, w in sorted(weights.items()))
        return sympy.expand(s ** (m - 1) * sympy.Add(*parts))

    @cache
    def moment(k: int) -> Expr:
        powers = sympy.Poly(sympy.expand((mu + s * z) ** k * shifted / s), z).terms()
        even = (value * sympy.factorial2(n - 1) for (n,), value in powers if n % 2 == 0)
        return sympy.simplify(sympy.Add(*even))

    return Law(antiderivative, moment, symmetric=symmetric)


def _by_quadrature(pieces: list[Piece], symmetric: bool) -> Law:
    t = Symbol("t", real=True)

    @cache
    def antiderivative(m: int) -> Expr:
        if m == 0:
            inside = [(piece, sympy.And(low <= U, high > U)) for low, high, piece in pieces]
            return sympy.Piecewise(*inside, (Integer(0), True))
        ramp = U ** (m - 1) / factorial(m - 1)
        rows: list[Piece] = [
            (-sympy.oo, Integer(0), Integer(0)),
            (Integer(0), sympy.oo, ramp),
        ]
        shifted: list[Piece] = [(low, high, piece.xreplace({U: t})) for low, high, piece in pieces]
        return convolution(rows, shifted, U, Integer(1), t)

    @cache
    def moment(k: int) -> Expr:
        if k == 0:
            return Integer(1)
        return Integer(0) if symmetric and k % 2 else moment_number(pieces, k)

    degree, rate = tail_of_pieces(pieces)
    return Law(
        antiderivative,
        moment,
        degree=degree,
        rate=rate,
        smoothness=Integer(0),
        symmetric=symmetric,
    )


def characteristic_of(law: Law, variable: Symbol, density: Expr, support: tuple[Any, Any]) -> Expr:
    """Return E e^(-i u T) of a law without a formula of its own."""
    from symnum.smoothing.mollifiers.laws import GAMMA

    if law.transform is not None:
        return sympy.simplify(law.transform().xreplace({GAMMA: sympy.I * variable}))
    t = Symbol("t" if variable.name != "t" else "t_", real=True)
    wave = sympy.cos(variable * t) if law.symmetric else exp(-sympy.I * variable * t)
    return sympy.Integral(density.subs(variable, t) * wave, (t, *support))
