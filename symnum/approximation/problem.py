"""What is approximated, where and by which measure, in a variable in which it is smooth."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import lcm
from typing import Any

import sympy
from flint import arb, arb_series

from symnum.approximation.regular import RegularFunction
from symnum.reference.balls import BallFunction

__all__ = ["Problem", "state_problem"]

Datum = tuple[arb_series, arb_series | None]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A target with its weight on an interval, as functions of an inner variable s.

    Attributes
    ----------
    x, s : Symbol
        The variable of the user, and the inner one: the same unless the target has a branch point
        at an end of the interval.
    place : Expr
        x as a function of s.
    low, high : Expr
        The ends in s, exact.
    target_expr, weight_expr : Expr
        In x; the weight by which the error is divided.
    target : RegularFunction
    inverse_weight : RegularFunction or None
        None for the weight 1.
    """

    x: sympy.Symbol
    s: sympy.Symbol
    place: sympy.Expr
    low: sympy.Expr
    high: sympy.Expr
    interval: tuple[sympy.Expr, sympy.Expr]
    target_expr: sympy.Expr
    weight_expr: sympy.Expr
    target: RegularFunction
    inverse_weight: RegularFunction | None
    cache: dict[Any, Datum] = field(default_factory=dict)

    @property
    def is_direct(self) -> bool:
        """Whether x itself is the inner variable."""
        return bool(self.place == self.s)

    def ends(self, prec: int) -> tuple[arb, arb]:
        """Return balls around the ends in s."""
        low, high = (BallFunction((), end)((), prec) for end in (self.low, self.high))
        return low, high

    def data(self, box: arb, prec: int, terms: int) -> Datum:
        """Return the series of the target and of one over the weight over a box."""
        inverse = self.inverse_weight
        weighted = None if inverse is None else inverse.series(box, prec, terms)
        return self.target.series(box, prec, terms), weighted

    def cached_data(self, place: arb, prec: int, terms: int) -> Datum:
        """Return the same for a point that will be asked for again."""
        mantissa, exponent = place.man_exp()
        key = (int(mantissa), int(exponent), prec, terms)
        datum = self.cache.get(key)
        if datum is None:
            datum = self.cache[key] = self.data(place, prec, terms)
        return datum

    def x_at(self, s: arb, prec: int) -> arb:
        """Return x at a point of the inner variable."""
        return s if self.is_direct else BallFunction([self.s], self.place)([s], prec)


def state_problem(
    target: sympy.Expr,
    x: sympy.Symbol,
    interval: tuple[sympy.Expr, sympy.Expr],
    weight: sympy.Expr,
    forms: tuple[sympy.Expr, ...] = (),
) -> Problem:
    """Return the problem in a variable in which no root branches at an end.

    Parameters
    ----------
    target : Expr
        In x.
    x : Symbol
    interval : tuple of Expr
        The ends in x.
    weight : Expr
        In x.
    forms : tuple of Expr
        Further expressions that must become smooth.
    """
    low, high = interval
    s, place, ends = x, x, (low, high)
    together = sympy.Tuple(target, weight, *forms)
    degrees = [_branching(together, x, end) for end in interval]
    if max(degrees) > 1:
        s = sympy.Symbol(f"{x.name}_root", nonnegative=True)
    if degrees == [2, 2]:
        # A polynomial from [0, 1] onto the interval that is flat at both ends.
        place, ends = (
            low + (high - low) * (3 * s**2 - 2 * s**3),
            (sympy.Integer(0), sympy.Integer(1)),
        )
    elif max(degrees) > 1:
        end, sign, degree = (low, 1, degrees[0]) if degrees[0] > 1 else (high, -1, degrees[1])
        place = end + sign * s**degree
        ends = (sympy.Integer(0), sympy.root(high - low, degree))
    inner = {x: place}
    inverse = sympy.Integer(1) / weight
    return Problem(
        x,
        s,
        place,
        *ends,
        interval,
        target,
        weight,
        RegularFunction(target.subs(inner), s, *ends),
        None if inverse == 1 else RegularFunction(inverse.subs(inner), s, *ends),
    )


def _branching(expressions: sympy.Tuple, x: sympy.Symbol, end: sympy.Expr) -> int:
    """Return by which power to replace the distance to an end so that no root of it remains."""
    if not end.is_finite:
        return 1
    degrees = [1]
    for node in expressions.atoms(sympy.Pow):
        if not node.exp.is_Rational or node.exp.is_Integer or x not in node.base.free_symbols:
            continue
        base = sympy.expand(node.base)
        # Only a simple zero branches: the root of a square is smooth up to the end.
        simple = base.is_polynomial(x) and sympy.diff(base, x).subs(x, end) != 0
        if simple and base.subs(x, end) == 0:
            degrees.append(int(node.exp.q))
    return lcm(*degrees)
