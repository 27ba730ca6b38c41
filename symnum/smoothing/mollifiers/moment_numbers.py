"""Moments of densities without a closed form, to forty digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import mpmath
import sympy
from sympy import Expr, Float, Integer

from symnum.expressions.named_functions import unfold
from symnum.reference import evaluate
from symnum.reference.precision import private_context
from symnum.smoothing.functions.evaluation import context_function
from symnum.smoothing.mollifiers.laws import U
from symnum.smoothing.pieces.canonical_pieces import Piece

__all__ = ["moment_number"]

_DIGITS = 40
# Where two results at these precisions differ, the density cancels, and is evaluated with care.
_WORKING = (55, 75)
# Ends of the intervals on which tanh-sinh quadrature is used.
_PANELS = (-64, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 64)
# Where the integrand is looked at, times t: over these twelve powers of ten it falls by so much.
_FAR, _FURTHER, _FALL = 8, 20, 1e-3

Function = Callable[[Any], Any]


def moment_number(pieces: Sequence[Piece], k: int) -> Expr:
    """Return E T^k of a density in `U`, rounded to 40 digits; oo where it diverges.

    Parameters
    ----------
    pieces : sequence of (Expr, Expr, Expr)
        Left end, right end and density.
    k : int
    """
    for low, high, piece in pieces:
        for end, direction in ((low, -1), (high, 1)):
            if not end.is_finite and _diverges(piece, k, direction):
                return sympy.oo
    (first, scale), (second, _) = (_total(pieces, k, digits, _plain) for digits in _WORKING)
    if abs(first - second) > 10.0 ** (-3 - _DIGITS) * scale:
        second, scale = _total(pieces, k, _WORKING[0], _careful)
    if abs(second) < scale * mpmath.mpf(10) ** -_DIGITS:
        return Integer(0)
    return Float(mpmath.nstr(second, _DIGITS + 5), _DIGITS)


def _total(
    pieces: Sequence[Piece], k: int, digits: int, kind: Callable[[Any, Expr], Function]
) -> tuple[Any, Any]:
    """Return the integral, and the sum of the sizes of its parts."""
    context = private_context()
    context.dps = digits
    parts = []
    for low, high, piece in pieces:
        density = kind(context, piece)
        ends = [_number(context, end) for end in (low, high)]
        inside = [p for p in map(context.mpf, _PANELS) if ends[0] < p < ends[1]]
        for left, right in pairwise([ends[0], *inside, ends[1]]):
            parts.append(context.quad(lambda t, f=density: t**k * f(t), [left, right]))
    return context.fsum(parts), context.fsum(parts, absolute=True)


def _plain(context: Any, piece: Expr) -> Function:
    return context_function(context, piece, [U])


def _careful(context: Any, piece: Expr) -> Function:
    """Return a density each of whose values has all digits."""
    plain = unfold(piece)
    return lambda t: context.mpf(evaluate(plain, {U: t}, _WORKING[0]))


def _number(context: Any, end: Expr) -> Any:
    if not end.is_finite:
        return context.inf if end is sympy.oo else -context.inf
    return context.mpf(end.evalf(_WORKING[1])._to_mpmath(context.prec))


def _diverges(piece: Expr, k: int, direction: int) -> bool:
    integrand = unfold(piece) * U ** (k + 1)
    sizes = [abs(evaluate(integrand, {U: direction * 10**power}, 10)) for power in (_FAR, _FURTHER)]
    return bool(sizes[0] > 0 and not sizes[1] < sizes[0] * _FALL)
