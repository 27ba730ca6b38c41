"""Bounds of sup |S_h f - f|."""

from __future__ import annotations

import sympy
from sympy import Abs, Expr, Integer, exp

from symnum.smoothing.convolution.pieced_functions import PiecedFunction
from symnum.smoothing.mollifiers.mollifier import Mollifier

__all__ = ["sup_error_of"]


def sup_error_of(function: PiecedFunction | None, mollifier: Mollifier, h: Expr) -> Expr | None:
    r"""Return a bound of sup |S_h f - f|, attained for one kink or jump; None where there is none.

    For piecewise polynomials it is the sum of what each jump adds; else it comes from the Lipschitz
    constants of the pieces.

    .. math:: \sum |J_0|/2 + h A_2(0) \sum |J_1| + \tfrac12 h^2 m_2 \left(\sum |J_2|
              + |p_0''|\right), \qquad \sum |J_0|/2 + 2 h A_2(0) \operatorname{Lip} f
    """
    if function is None or function.terms is None or mollifier.signed or not mollifier.symmetric:
        return None
    bound = _by_jumps(function, mollifier, h) if function.is_polynomial else None
    if bound is None:
        bound = _by_slopes(function, mollifier, h)
    return None if bound is None else function.plain(sympy.simplify(bound))


def _by_jumps(function: PiecedFunction, mollifier: Mollifier, h: Expr) -> Expr | None:
    bearable = 2 if mollifier.degree is None else min(mollifier.degree, 2)
    total: Expr = Integer(0)
    for term in function.decomposed:
        if term.order > bearable:
            return None
        size = Abs(term.coefficient)
        if term.side == "whole":
            total += size * h**2 * mollifier.moment(2) if term.order == 2 else 0
        elif term.order == 0:
            total += size / 2
        elif term.order == 1:
            total += size * h * mollifier.law.at(2, Integer(0))
        else:
            total += size * h**2 * mollifier.moment(2) / 2
    return total


def _by_slopes(function: PiecedFunction, mollifier: Mollifier, h: Expr) -> Expr | None:
    """Return half of all jumps and E|h T| times the largest slope, 2 A_2(0) being E|T|."""
    if mollifier.degree is not None and mollifier.degree < 1:
        return None
    assert function.terms is not None
    slopes: list[Expr] = []
    for low, high, terms in function.rows:
        slope = _largest_slope(low, high, terms)
        if slope is None:
            return None
        slopes.append(slope)
    jumps: Expr = Integer(0)
    x = function.real
    for (_, at, left), (_, _, right) in zip(function.pieces, function.pieces[1:], strict=False):
        jumps += Abs(right.subs(x, at) - left.subs(x, at)) / 2
    steepest = slopes[0] if len(set(slopes)) == 1 else sympy.Max(*slopes)
    return jumps + 2 * h * mollifier.law.at(2, Integer(0)) * steepest


def _largest_slope(
    low: Expr, high: Expr, terms: dict[tuple[Expr, Expr], dict[int, Expr]]
) -> Expr | None:
    total: Expr = Integer(0)
    for (c, q), row in terms.items():
        if q != 0:
            return None
        growth, frequency = c.as_real_imag()
        if c == 0:
            if max(row) > 1:
                return None
            total += Abs(row.get(1, Integer(0)))
            continue
        end = high if growth.is_positive else low
        if max(row) > 0 or (growth != 0 and not end.is_finite):
            return None
        factor = exp(growth * end) if growth != 0 else Integer(1)
        rate = Abs(c) if frequency == 0 else sympy.sqrt(growth**2 + frequency**2)
        total += Abs(row[0]) * rate * factor
    return total
