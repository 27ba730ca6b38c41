r"""Taylor series of an expression at a point or over a whole box, with proved coefficients.

Over a box the coefficient of order k encloses :math:`f^{(k)}(x)/k!` for every x of the box. At a
removable singularity a, numerator and denominator vanish to an order m; their series over any box
that contains a may then be divided by :math:`(x - a)^m`: the coefficients of the quotient are those
of the higher orders, because :math:`(f(x)-f(a))/(x-a) = \int_0^1 f'(a+s(x-a))\,ds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add, mul
from typing import Any

import flint
import sympy
from flint import acb, arb, arb_series, fmpq

from symnum.approximation.taylor_rules import (
    Value,
    head,
    integer_power,
    is_series,
    power,
    unknown,
)
from symnum.approximation.taylor_vertices import (
    vertex_rule,
    without_fillings,
    without_quotient_functions,
)
from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import unfold
from symnum.reference.ball_rules import constant_ball
from symnum.reference.balls import BallFunction
from symnum.reference.precision import working_precision

__all__ = ["Anchor", "TaylorFunction", "place_ball", "series_precision"]

# A numerator may vanish to this order at a removable singularity.
HIGHEST_ORDER = 24


@contextmanager
def series_precision(prec: int, terms: int) -> Iterator[None]:
    """Set Arb's precision in bits and the number of terms of its series for a block."""
    with working_precision(prec):
        before = flint.ctx.cap
        flint.ctx.cap = terms
        try:
            yield
        finally:
            flint.ctx.cap = before


@lru_cache(maxsize=256)
def place_ball(place: sympy.Expr, prec: int) -> arb:
    """Return a ball around an exact number, its radius far below the precision."""
    return BallFunction((), place)((), prec)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A point at which an expression has a removable singularity.

    Attributes
    ----------
    place : Expr
        Where: an exact number.
    stripped : tuple of (position, order)
        The vertices whose series starts with so many zeros, proved, that are divided out.
    loss : int
        How many terms the divisions cost in all.
    side : int
        1 or -1 where the place is the lower or upper end of what is looked at, so that the root
        of the square of x - place is known; 0 elsewhere.
    """

    place: sympy.Expr
    stripped: tuple[tuple[int, int], ...]
    loss: int
    side: int = 0


@dataclass(frozen=True, slots=True)
class _Vertex:
    expr: Any
    operands: tuple[int, ...]
    rule: Callable[..., Value] | None


class TaylorFunction:
    """An expression compiled to run on Taylor series with balls for coefficients.

    Parameters
    ----------
    args : sequence of Symbol
        The order in which values will come; the first is the variable, the others are constants.
    expr : Expr

    Raises
    ------
    UnsupportedNodeError
        Where a part has no Taylor series here, naming it.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> f = TaylorFunction([x], sympy.exp(2 * x))
    >>> f.at([arb(0)], prec=64, terms=3)[2].str(5, radius=False)
    '2.0000'
    """

    def __init__(self, args: Sequence[sympy.Symbol], expr: Any) -> None:
        self.args = tuple(args)
        self.expr = without_quotient_functions(without_fillings(unfold(expr), self.args[0]))
        self.vertices: list[_Vertex] = []
        self._positions: dict[Any, int] = {}
        self._constants: dict[tuple[int, int], Value] = {}
        self.root = self._add(self.expr)
        self.anchors: list[Anchor] = []

    # compiling

    def _add(self, expr: Any) -> int:
        position = self._positions.get(expr)
        if position is not None:
            return position
        if expr in self.args:
            vertex = _Vertex(expr, (), None)
        elif not expr.args or (expr.is_Rational):
            if isinstance(expr, sympy.Symbol):
                raise ValueError(f"no value will come for {expr}")
            vertex = _Vertex(expr, (), self._constant(expr))
        else:
            parts, rule = vertex_rule(expr)
            vertex = _Vertex(expr, tuple(self._add(part) for part in parts), rule)
        self._positions[expr] = len(self.vertices)
        self.vertices.append(vertex)
        return len(self.vertices) - 1

    def _constant(self, leaf: Any) -> Callable[[], Value]:
        if leaf in (sympy.true, sympy.false):
            truth = bool(leaf)
            return lambda: truth
        make = constant_ball(leaf)
        if make is None:
            raise UnsupportedNodeError(f"{type(leaf).__name__} has no Taylor series here: {leaf}")
        cached: dict[int, Any] = {}

        def value() -> Value:
            prec = flint.ctx.prec
            if prec not in cached:
                ball = make()
                cached[prec] = arb.nan() if isinstance(ball, acb) else arb(ball)
            return cached[prec]

        return value

    # running

    def at(self, values: Sequence[Any], prec: int, terms: int) -> Value:
        """Return the series over a box, or at a point, that contains no singularity.

        Parameters
        ----------
        values : sequence of arb
            The box of the variable and the values of the other arguments.
        prec : int
            Precision in bits.
        terms : int
            Number of coefficients.

        Returns
        -------
        arb_series
        """
        with series_precision(prec, terms):
            return self.run(values, terms)

    def run(self, values: Sequence[Any], terms: int) -> arb_series:
        """Return the same at the precision and the number of terms that are set."""
        variable = arb_series([values[0], 1][:terms], terms)
        inputs = dict(zip(self.args, [variable, *values[1:]], strict=True))
        results: list[Value] = []
        push = results.append
        for vertex in self.vertices:
            if vertex.rule is None:
                push(inputs[vertex.expr])
            elif vertex.operands:
                push(vertex.rule(*[results[operand] for operand in vertex.operands]))
            else:
                push(vertex.rule())
        value = results[self.root]
        return value if is_series(value) else arb_series([value], terms)

    def beside(self, anchor: Anchor, values: Sequence[Any], prec: int, terms: int) -> arb_series:
        """Return the series over a box that contains the place of an anchor.

        Parameters
        ----------
        anchor : Anchor
            One of `anchors`.
        values, prec, terms
            As in `at`; the box of the variable must contain the place of the anchor.
        """
        place = place_ball(anchor.place, prec + 64)
        with series_precision(prec, terms + anchor.loss):
            walk = _Walk(self, place, values, dict(anchor.stripped), anchor.side)
            series, pole = walk.run()
            if pole or not is_series(series):
                return unknown() if pole else arb_series([series], terms)
            return arb_series([series[k] for k in range(terms)], min(terms, series.prec))

    # removable singularities

    def find_anchor(
        self, place: sympy.Expr, values: Sequence[Any] = (), side: int = 0
    ) -> Anchor | None:
        """Look for a removable singularity at a place, and keep it for `beside`.

        Parameters
        ----------
        place : Expr
            An exact number.
        values : sequence of arb
            Of the other arguments.
        side : int
            As in `Anchor`.

        Returns
        -------
        Anchor or None
            None where the expression has a pole, or no singularity.
        """
        exact = place_ball(place, 320)
        for terms in (8, HIGHEST_ORDER + 8):
            with series_precision(256, terms):
                walk = _Walk(self, exact, [arb(exact), *values], None, side, symbolic=place)
                series, pole = walk.run()
                if pole or not is_series(series) or series.prec < 2 or not series[0].is_finite():
                    continue
                loss = terms - series.prec
            if not walk.stripped:
                return None
            anchor = Anchor(place, tuple(sorted(walk.stripped.items())), loss, side)
            self.anchors.append(anchor)
            return anchor
        return None


class _Walk:
    """One evaluation with Laurent series: a value is t**-pole times a series, t = x - place."""

    def __init__(
        self,
        function: TaylorFunction,
        place: arb,
        values: Sequence[Any],
        stripped: dict[int, int] | None,
        side: int = 0,
        symbolic: sympy.Expr | None = None,
    ) -> None:
        self.function = function
        self.known = stripped
        self.side = side
        self.stripped: dict[int, int] = dict(stripped or {})
        self.symbolic = symbolic
        terms = flint.ctx.cap
        self.step = arb_series([arb(values[0]) - place, arb(1)][:terms], terms)
        variable = arb_series([arb(values[0]), arb(1)][:terms], terms)
        self.inputs = dict(zip(function.args, [variable, *values[1:]], strict=True))
        self.values: list[tuple[Value, int]] = []

    def run(self) -> tuple[Value, int]:
        for position, vertex in enumerate(self.function.vertices):
            self.values.append(self._vertex(position, vertex))
        return self.values[self.function.root]

    def _vertex(self, position: int, vertex: _Vertex) -> tuple[Value, int]:
        if vertex.rule is None:
            return self.inputs[vertex.expr], 0
        if not vertex.operands:
            return vertex.rule(), 0
        operands = [self.values[operand] for operand in vertex.operands]
        if vertex.expr.is_Add:
            value, pole = self._sum(operands)
        elif vertex.expr.is_Mul:
            value = reduce(mul, (operand for operand, _ in operands))
            pole = sum(order for _, order in operands)
        elif vertex.expr.is_Pow and vertex.expr.exp.is_Integer:
            value, pole = self._power(vertex, operands[0])
        elif any(order for _, order in operands):
            return unknown(), 0
        elif self.side and vertex.expr.is_Pow and vertex.expr.exp.is_Rational:
            value, pole = self._root(vertex, operands[0][0])
        else:
            value, pole = vertex.rule(*[operand for operand, _ in operands]), 0
        if pole < 0:
            return value * self.step**-pole, 0
        return self._reduced(position, value, pole) if pole else (value, 0)

    def _sum(self, operands: list[tuple[Value, int]]) -> tuple[Value, int]:
        most = max(order for _, order in operands)
        raised = [
            value * self.step ** (most - order) if most > order else value
            for value, order in operands
        ]
        return reduce(add, raised), most

    def _power(self, vertex: _Vertex, operand: tuple[Value, int]) -> tuple[Value, int]:
        (base, order), exponent = operand, int(vertex.expr.exp)
        if exponent > 0:
            return base**exponent, order * exponent
        if order:  # one over a pole is a zero
            if head(base).contains(0):
                return unknown(), 0
            return integer_power(base, exponent) * self.step ** (-order * exponent), 0
        base, zeros = self._without_zeros(vertex.operands[0], base, HIGHEST_ORDER)
        return integer_power(base, exponent), -zeros * exponent

    def _root(self, vertex: _Vertex, base: Value) -> tuple[Value, int]:
        """Return a fractional power at an end, where the sign of t is known."""
        exponent = vertex.expr.exp
        exact = fmpq(int(exponent.p), int(exponent.q))
        base, zeros = self._without_zeros(vertex.operands[0], base, HIGHEST_ORDER)
        order = zeros * exponent
        if not zeros:
            return power(base, arb(exact), exact), 0
        if not order.is_Integer or (zeros % 2 and self.side < 0):
            return unknown(), 0
        sign = -1 if self.side < 0 and order % 2 else 1
        return sign * power(base, arb(exact), exact), -int(order)

    def _reduced(self, position: int, value: Value, pole: int) -> tuple[Value, int]:
        value, zeros = self._without_zeros(position, value, pole, pole)
        return value, pole - zeros

    def _without_zeros(
        self, position: int, value: Value, most: int, pole: int = 0
    ) -> tuple[Value, int]:
        """Divide by t as often as the series at the place is proved to start with zero.

        The series is that of the vertex times t**pole.
        """
        if not is_series(value):
            return value, 0
        if self.known is not None:
            zeros = self.known.get(position, 0)
        else:
            zeros = 0
            limit = min(most, value.prec)
            while zeros < limit and self._is_zero(position, value[zeros], zeros, pole):
                zeros += 1
            if zeros:
                self.stripped[position] = zeros
        if not zeros:
            return value, 0
        return arb_series([value[k] for k in range(zeros, value.prec)], value.prec - zeros), zeros

    def _is_zero(self, position: int, coefficient: arb, order: int, pole: int) -> bool:
        if coefficient.is_zero():
            return True
        if not coefficient.contains(0) or not coefficient.is_finite():
            return False
        return self._is_symbolic_zero(position, order, pole)

    def _is_symbolic_zero(self, position: int, order: int, pole: int) -> bool:
        """Prove by SymPy that a coefficient which is a small ball around zero is zero."""
        variable = self.function.args[0]
        expr = self.function.vertices[position].expr * (variable - self.symbolic) ** pole
        if len(expr.free_symbols) > 1:
            return False
        try:
            exact = sympy.diff(expr, variable, order).subs(variable, self.symbolic)
            if exact.has(sympy.nan, sympy.zoo, sympy.oo):
                shifted = expr.subs(variable, variable + self.symbolic)
                exact = sympy.series(shifted, variable, 0, order + 1).removeO()
                exact = sympy.expand(exact).coeff(variable, order)
            return bool(sympy.simplify(exact) == 0)
        except (NotImplementedError, ValueError, TypeError, AttributeError):
            return False
