"""Piecewise polynomials as sums of truncated powers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from symnum.smoothing.convolution.pieced_functions import PiecedFunction, read_function

__all__ = ["PiecewiseForm", "form_of", "jump_form"]

_STEADY = (Integer(0), Integer(0))


@dataclass(frozen=True, slots=True)
class PiecewiseForm:
    r"""A piecewise polynomial in terms of its jumps.

    .. math:: f(x) = p_0(x) + \sum_{j,k} J_{jk} \frac{(x - a_j)_+^k}{k!}

    Attributes
    ----------
    variable : Symbol
    polynomial : Expr
        p_0, the leftmost piece.
    jumps : tuple of (Expr, int, Expr)
        Triples (a, k, J): the k-th derivative jumps by J at a; a ascends.
    """

    variable: Symbol
    polynomial: Expr
    jumps: tuple[tuple[Expr, int, Expr], ...]

    @property
    def last_polynomial(self) -> Expr:
        """The rightmost piece."""
        x = self.variable
        terms = (J * (x - a) ** k / sympy.factorial(k) for a, k, J in self.jumps)
        return sympy.expand(self.polynomial + sympy.Add(*terms))


def jump_form(f: Any, x: Any) -> PiecewiseForm:
    """Return the jump form of a piecewise polynomial.

    Parameters
    ----------
    f : Expr or str
        Polynomials joined by Abs, sign, Heaviside, Max, Min and Piecewise; other symbols are
        parameters, on whose assumptions the order of the breaks may depend.
    x : Symbol or str

    Returns
    -------
    PiecewiseForm

    Raises
    ------
    ValueError
        A piece that is no polynomial, breaks whose order is unknown, or a function that is not
        real.

    Examples
    --------
    >>> from sympy import Symbol, Abs
    >>> jump_form(Abs(Symbol("x") - 1), "x").jumps
    ((1, 1, 2),)
    """
    function = read_function(f, x)
    if not function.is_polynomial:
        rows = zip(function.pieces, function.terms or [None] * len(function.pieces), strict=True)
        shown = next(
            piece for (_, _, piece), terms in rows if terms is None or set(terms) - {_STEADY}
        )
        raise ValueError(f"f: expected polynomial pieces, got {function.plain(shown)}")
    return form_of(function)


def form_of(function: PiecedFunction) -> PiecewiseForm:
    """Return the jump form of a function whose pieces are polynomials."""
    jumps = []
    polynomial: Expr = Integer(0)
    for term in function.decomposed:
        if term.side == "whole":
            polynomial += term.coefficient * function.real**term.order
        else:
            jump = function.plain(sympy.simplify(term.coefficient))
            jumps.append((function.plain(term.at), term.order, jump))
    return PiecewiseForm(function.variable, function.plain(polynomial), tuple(jumps))
