"""A function of one variable on a closed interval, its removable singularities filled in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sympy
from flint import arb, arb_series

from symnum.approximation.ordering import binary_exponent
from symnum.approximation.singularities import suspects
from symnum.approximation.taylor import Anchor, TaylorFunction, place_ball

__all__ = ["RegularFunction"]

# A box closer to a singularity than this many of its radii is widened up to it.
NEAR = 8
# Bits beyond the precision with which an irrational place is known.
SPARE_BITS = 64


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
    anchors : tuple of Anchor
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
        found: list[Anchor] = []
        for place in suspects(self.function.expr, variable, low, high):
            side = 1 if place == low else -1 if place == high else 0
            anchor = self.function.find_anchor(place, sample, side)
            if anchor is not None:
                found.append(anchor)
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
        for anchor in self.anchors:
            place = place_ball(anchor.place, 2 * prec + SPARE_BITS)
            distance = abs(box.mid() - place)
            if not distance > (NEAR + 1) * box.rad():
                widened = [box.union(place), *parameters]
                return self.function.beside(anchor, widened, prec, terms)
            if distance < 1:
                # Near the singularity the parts cancel: as many bits more as the powers of the
                # distance that are divided out.
                prec += anchor.loss * max(0, -binary_exponent(distance)) + 16
        series: arb_series = self.function.at(values, prec, terms)
        return series
