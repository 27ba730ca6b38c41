"""Pieces with e^(q x^2), smoothed by a Gaussian: the square is completed."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, exp, sqrt

from symnum.smoothing.convolution.half_lines import decomposed, smoothed
from symnum.smoothing.convolution.pieced_functions import PiecedFunction
from symnum.smoothing.mollifiers.mollifier import Mollifier
from symnum.smoothing.pieces.exponential_polynomials import Terms

__all__ = ["smoothed_squares"]

_NONE = Integer(0)


def smoothed_squares(
    function: PiecedFunction, density: Mollifier, h: Expr, *, evaluate: bool = True
) -> Expr | None:
    r"""Return the smoothed function, or None for other densities than the Gaussian.

    .. math:: e^{q y^2 + c y}\,\varphi_h(x - y) = \frac{s}{h}\,e^{E}\,\varphi_s(\mu - y), \qquad
              s^{-2} = h^{-2} - 2q, \quad \mu = s^2 (c + x/h^2), \quad
              E = \frac{\mu^2}{2 s^2} - \frac{x^2}{2 h^2}

    Parameters
    ----------
    function : PiecedFunction
    density : Mollifier
    h : Expr
        Bandwidth.
    evaluate : bool
        Whether SymPy may join the factors of the terms.
    """
    if density.name != "gaussian":
        return None
    x, rows = function.real, function.rows
    squares = sorted({q for _, _, terms in rows for _, q in terms}, key=sympy.default_sort_key)
    total: list[Expr] = []
    for q in squares:
        of_square: list[tuple[Expr, Expr, Terms]] = [
            (low, high, {(c, _NONE): row for (c, p), row in terms.items() if p == q})
            for low, high, terms in rows
        ]
        if q == 0:
            parts = [smoothed(term, density.law, h, x) for term in decomposed(of_square)]
            total += [part for part in parts if part is not None]
            continue
        s = h / sqrt(1 - 2 * q * h**2)
        place = s**2 * x / h**2
        weight = s / h * exp(q * s**2 * x**2 / h**2)
        # With c = 0 the exponent is q (s x/h)^2; rates c remain, at the place s^2 x/h^2.
        for term in decomposed(of_square):
            value = smoothed(term, density.law, s, x)
            if value is None:
                return None
            total.append(sympy.Mul(weight, value.xreplace({x: place}), evaluate=evaluate))
    return sympy.Add(*total, evaluate=evaluate)
