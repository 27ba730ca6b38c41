"""A function of one variable on a closed interval, its removable singularities filled in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sympy
from flint import arb, arb_series, fmpq

from symnum.approximation.ordering import binary_exponent
from symnum.approximation.taylor import Anchor, TaylorFunction
from symnum.errors import UnsupportedNodeError
from symnum.reference.roots import isolate_roots

__all__ = ["RegularFunction"]

# A box closer to a singularity than this many of its radii is widened up to it.
NEAR = 8
ROOT_BUDGET = 400


class RegularFunction:
    """An expression with Taylor series at every point of an interval.

    Parameters
    ----------
    expr : Expr
    variable : Symbol
    low, high : Expr
        The ends of the interval; exact numbers.
    parameters : sequence of Symbol
        Further symbols, whose values come with each call.
    sample : sequence of arb
        Values of the parameters at which to look for removable singularities.

    Attributes
    ----------
    anchors : tuple of (arb, Anchor)
        The removable singularities.
    """

    def __init__(
        self,
        expr: Any,
        variable: sympy.Symbol,
        low: sympy.Expr,
        high: sympy.Expr,
        parameters: Sequence[sympy.Symbol] = (),
        sample: Sequence[arb] = (),
    ) -> None:
        self.expr = expr
        self.variable = variable
        self.function = TaylorFunction([variable, *parameters], expr)
        found: list[tuple[arb, Anchor]] = []
        for place in _suspects(self.function.expr, variable, low, high):
            side = 1 if place == low else -1 if place == high else 0
            anchor = self.function.find_anchor(place, sample, side)
            if anchor is not None:
                found.append((arb(fmpq(int(place.p), int(place.q))), anchor))
        self.anchors = tuple(found)

    @cached_property
    def is_constant(self) -> bool:
        """Whether the variable does not occur."""
        return self.variable not in self.function.expr.free_symbols

    def series(self, box: arb, prec: int, terms: int, parameters: Sequence[arb] = ()) -> arb_series:
        """Return the Taylor series over a box; nan where nothing is known.

        Parameters
        ----------
        box : arb
            A point or a box.
        prec : int
            Precision in bits.
        terms : int
            Number of coefficients.
        parameters : sequence of arb
            Values of the further symbols.
        """
        values = [box, *parameters]
        for place, anchor in self.anchors:
            distance = abs(box.mid() - place)
            if distance <= (NEAR + 1) * box.rad():
                widened = [box.union(place), *parameters]
                return self.function.beside(anchor, widened, prec, terms)
            if distance < 1:
                # Near the singularity the parts cancel: as many bits more as the powers of the
                # distance that are divided out.
                prec += anchor.loss * max(0, -binary_exponent(distance)) + 16
        series: arb_series = self.function.at(values, prec, terms)
        return series


def _suspects(
    expr: Any, variable: sympy.Symbol, low: sympy.Expr, high: sympy.Expr
) -> list[sympy.Rational]:
    """Return the rational places in the interval at which a denominator vanishes, ascending."""
    places: set[sympy.Rational] = set()
    for base in _denominators(expr, variable):
        places.update(_rational_zeros(base, variable, low, high))
    for base in _radicands(expr, variable):
        ends = (end for end in (low, high) if end.is_Rational)
        places.update(end for end in ends if base.subs(variable, end) == 0)
    return sorted(places)


def _denominators(expr: Any, variable: sympy.Symbol) -> list[Any]:
    found = {
        node.base
        for node in expr.atoms(sympy.Pow)
        if node.exp.is_Integer and node.exp.is_negative and variable in node.base.free_symbols
    }
    return sorted(found, key=sympy.default_sort_key)


def _radicands(expr: Any, variable: sympy.Symbol) -> list[Any]:
    found = {
        node.base
        for node in expr.atoms(sympy.Pow)
        if node.exp.is_Rational and not node.exp.is_Integer and variable in node.base.free_symbols
    }
    return sorted(found, key=sympy.default_sort_key)


def _rational_zeros(
    base: Any, variable: sympy.Symbol, low: sympy.Expr, high: sympy.Expr
) -> list[sympy.Rational]:
    if base.is_polynomial(variable):
        polynomial = sympy.Poly(base, variable)
        if all(coefficient.is_Rational for coefficient in polynomial.coeffs()):
            zeros = [zero for zero in sympy.roots(polynomial, filter="Q") if low <= zero <= high]
            return [sympy.Rational(zero) for zero in zeros]
    if low == -sympy.oo or high == sympy.oo or base.free_symbols != {variable}:
        candidates = [sympy.Integer(0)] if low <= 0 <= high else []
        return [zero for zero in candidates if base.subs(variable, zero) == 0]
    try:
        isolation = isolate_roots(base, variable, low, high, budget=ROOT_BUDGET)
    except UnsupportedNodeError:
        isolation = None
    exact = (
        [root.lower for root in isolation.roots if root.lower == root.upper] if isolation else []
    )
    candidates = sorted(
        {*exact, *(place for place in (sympy.Integer(0), low, high) if place.is_Rational)}
    )
    return [
        place for place in candidates if low <= place <= high and base.subs(variable, place) == 0
    ]
