"""What has no closed form: whether its integral converges, and the integral as nodes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import mpmath
import sympy
from sympy import Expr, Integer, Max, Min, Piecewise, Rational, Symbol

from symnum.expressions.named_functions import unfold
from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.functions.clipping import Clip, Held
from symnum.smoothing.functions.quadrature_rules import gauss_legendre
from symnum.smoothing.mollifiers.laws import U
from symnum.smoothing.mollifiers.mollifier import Mollifier
from symnum.smoothing.pieces.canonical_pieces import Piece, is_below, pieces_of

__all__ = ["check_convergence", "density_pieces", "node_derivative", "node_form"]

_NODES = 16
# Ends of panels on [0, oo) for densities that fall off like e^(-t^2/2), e^(-t) and t^-2.
_GAUSSIAN = (0, 1, 2, Rational(7, 2), 6, 9)
_EXPONENTIAL = (0, 1, 2, 4, 7, 11, 17, 25, 40)
_ALGEBRAIC = (0, 1, 2, 4, 7, 12, 20, 40)
_BUMP = (0, Rational(1, 2), 1, Rational(9, 5), Rational(27, 10))


def density_pieces(mollifier: Mollifier) -> list[Piece]:
    """Return the pieces of K in `U`, split at 0 and without those where it is 0."""
    low, high = mollifier.support
    density = unfold(mollifier.density).xreplace({mollifier.variable: U})
    found: list[Piece] = []
    for left, right, piece in pieces_of(density, U):
        start = left if is_below(low, left) else low
        end = right if is_below(right, high) else high
        if piece == 0 or not is_below(start, end):
            continue
        if is_below(start, Integer(0)) and is_below(Integer(0), end):
            found += [(start, Integer(0), piece), (Integer(0), end, piece)]
        else:
            found.append((start, end, piece))
    return found


def _bounds(low: Expr, high: Expr, x: Symbol, h: Expr) -> tuple[Expr, Expr]:
    """Return the limits of t where low < x - h t < high."""
    start = -sympy.oo if high is sympy.oo else (x - high) / h
    end = sympy.oo if low is -sympy.oo else (x - low) / h
    return start, end


def _clipped(value: Expr, low: Expr, high: Expr) -> Expr:
    if value is sympy.oo:
        return high
    return low if value is -sympy.oo else Max(low, Min(value, high))


def _node(value: Expr, low: Expr, high: Expr) -> Expr:
    """Return what `_clipped` returns, as one node where it depends on anything."""
    if value.is_infinite or value.is_number:
        return _clipped(value, low, high)
    return Clip(value, low, high)


def node_form(pieces: Sequence[Piece], mollifier: Mollifier, h: Expr, x: Symbol) -> Expr:
    """Return S_h f as a sum over the nodes of Gauss's rule between all breaks."""
    total: list[Expr] = []
    s = Symbol("s", real=True)
    panels = [
        (panel, density)
        for left, right, density in density_pieces(mollifier)
        for panel in _panels(mollifier, left, right)
    ]
    for low, high, piece in pieces:
        if piece == 0:
            continue
        start, end = _bounds(low, high, x, h)
        for ((first, last), forward, backward), density in panels:
            begin = _node(backward(start), first, last)
            length = _node(backward(end), first, last) - begin
            t = forward(s)
            weighted = density.xreplace({U: t}) * t.diff(s)
            values = []
            for node, weight in gauss_legendre(_NODES):
                at = Held(begin + length * node)
                place = Held(x - h * t.xreplace({s: at}))
                factors = (weight, weighted.xreplace({s: at}), piece.xreplace({x: place}))
                values.append(sympy.Mul(*factors, evaluate=False))
            # Beyond the ends of a piece its formula may overflow.
            panel = sympy.Mul(length, sympy.Add(*values, evaluate=False), evaluate=False)
            total.append(Piecewise((Integer(0), length <= 0), (panel, True)))
    return sympy.Add(*total, evaluate=False)


def node_derivative(
    pieces: Sequence[Piece], mollifier: Mollifier, h: Expr, x: Symbol, order: int
) -> Expr:
    """Return a derivative of S_h f: that of f at the nodes, and the density at each jump."""
    total: list[Expr] = []
    rows = list(pieces)
    for k in range(order):
        for (_, at, before), (_, _, after) in pairwise(rows):
            jump = (after - before).subs(x, at)
            if jump.has(sympy.nan, sympy.oo, sympy.zoo):
                return node_form(pieces, mollifier, h, x).diff(x, order)
            if jump != 0:
                density = mollifier.law.at(k + 1 - order, (x - at) / h)
                total.append(jump * density / h ** (order - k))
        rows = [(low, high, piece.diff(x)) for low, high, piece in rows]
    return sympy.Add(*total, node_form(rows, mollifier, h, x), evaluate=False)


def _panels(mollifier: Mollifier, left: Expr, right: Expr) -> list[Any]:
    """Return intervals of s with t(s) and s(t), on which the density is easy."""
    if mollifier.name == "bump":
        ends = _signed(_BUMP, left)
        # Beyond the last end, so that what lies farther away has no length, not a rounded one.
        edge = sympy.tanh(_BUMP[-1] + Rational(1, 10)).evalf(30)
        return [(pair, sympy.tanh, lambda t: sympy.atanh(_node(t, -edge, edge))) for pair in ends]
    if left.is_finite and right.is_finite:
        middle = (left + right) / 2
        return [(pair, lambda s: s, lambda t: t) for pair in ((left, middle), (middle, right))]
    tails = {"gaussian": _GAUSSIAN, "logistic": _EXPONENTIAL, "laplace": _EXPONENTIAL}
    tails["sech"] = _EXPONENTIAL
    if mollifier.name in tails:
        return [(pair, lambda s: s, lambda t: t) for pair in _signed(tails[mollifier.name], left)]
    return [(pair, sympy.sinh, _inverse_sinh) for pair in _signed(_ALGEBRAIC, left)]


def _inverse_sinh(t: Expr) -> Expr:
    return t if t.is_infinite else sympy.asinh(t)


def _signed(ends: Sequence[Expr | int], left: Expr) -> list[tuple[Expr, Expr]]:
    numbers = [sympy.sympify(end) for end in ends]
    pairs = list(pairwise(numbers))
    if left.is_nonnegative:
        return pairs
    return [(-high, -low) for low, high in reversed(pairs)]


def check_convergence(pieces: Sequence[Piece], mollifier: Mollifier, h: Expr, x: Symbol) -> None:
    """Refuse a function whose integral diverges at an infinity, as far as numbers can tell.

    The integrand times t must fall off; it is looked at for t up to 10^6.

    Raises
    ------
    NonIntegrableGrowth
    """
    if all(end.is_finite for end in mollifier.support):
        return
    context = mpmath.mp.clone()
    context.dps = 30
    free = sorted(
        (h.free_symbols | pieces[0][2].free_symbols | pieces[-1][2].free_symbols) - {x},
        key=lambda symbol: symbol.name,
    )
    fixed = {symbol: Rational(13, 10) for symbol in free}
    density = unfold(mollifier.density).xreplace({mollifier.variable: U})
    for side, piece, direction in (("left", pieces[0][2], 1), ("right", pieces[-1][2], -1)):
        if pieces[0 if side == "left" else -1][2] == 0:
            continue
        integrand = sympy.lambdify(
            U, (piece.subs(x, -h * U) * density * U).subs(fixed), modules=[context, "mpmath"]
        )
        if _diverges(integrand, context, direction):
            shown = piece.subs(x, Symbol(x.name))
            raise NonIntegrableGrowth(
                f"the {mollifier.name} mollifier cannot integrate {shown}, the growth of f to the "
                f"{side}, for h = {h}"
            )


def _diverges(integrand: Any, context: Any, direction: int) -> bool:
    """Look whether t f(x - h t) K(t) falls off; at places further and further out."""
    before = None
    small = False
    for distance in (30, 100, 1000, 10**4, 10**6):
        size = _size(integrand, context, direction * context.mpf(distance))
        # What has fallen may grow again, e^(x^3) e^(-t^2/2); a place without a value tells nothing.
        if small and not context.isfinite(size):
            return False
        if before is not None and size >= before * 0.999 and size > 1e-25:
            return True
        small = small or (before is not None and size < 1e-40)
        before = size
    return False


def _size(integrand: Any, context: Any, at: Any) -> Any:
    try:
        value = abs(integrand(at))
    except (OverflowError, ZeroDivisionError, ValueError):
        return context.inf
    return value if context.isfinite(value) else context.inf
