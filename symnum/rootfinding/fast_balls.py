"""A function and its derivative in real balls, for the functions that Arb knows directly.

What the general evaluator of balls decides at every step is decided here once: the expression
becomes a list of operations on a list of values. A function that may jump, or has more than one
real branch, is not among them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import sympy as sp
from flint import arb, fmpq, fmpz

from symnum.errors import UnsupportedNodeError
from symnum.reference.graph import Vertex, build_graph
from symnum.rootfinding.fast_derivatives import quick_derivative

__all__ = ["QuickBalls", "quick_balls"]

Ball = Any  # flint.arb or flint.fmpq
Operation = Callable[[list[Ball]], Ball]

#: Functions that are continuous wherever Arb answers with a finite ball.
FUNCTIONS: dict[type, Callable[[arb], arb]] = {
    sp.exp: arb.exp,
    sp.log: arb.log,
    sp.sin: arb.sin,
    sp.cos: arb.cos,
    sp.tan: arb.tan,
    sp.atan: arb.atan,
    sp.sinh: arb.sinh,
    sp.cosh: arb.cosh,
    sp.tanh: arb.tanh,
    sp.asinh: arb.asinh,
    sp.erf: arb.erf,
}

CONSTANTS: dict[Any, Callable[[], arb]] = {sp.pi: arb.pi, sp.E: arb.const_e}


class QuickBalls:
    """A function and its derivative, in balls at the precision that is set.

    Parameters
    ----------
    expr : Expr
        The function.
    unknown : Symbol
        Its real variable.

    Raises
    ------
    UnsupportedNodeError
        If it contains anything but arithmetic, whole powers, square roots and the functions of the
        table.
    """

    def __init__(self, expr: sp.Expr, unknown: sp.Symbol) -> None:
        graph = build_graph([expr, quick_derivative(expr, unknown)])
        self._operations = [_operation(vertex) for vertex in graph.vertices]
        self._value, self._slope = graph.roots
        self._place = graph.symbols[unknown]
        # The vertices stand in order, and those of the function stand first.
        self._short = self._operations[: self._value + 1]

    def value(self, x: arb) -> arb:
        """Return f over a ball; not finite where it is not defined."""
        return arb(self._run(x, self._short)[self._value])

    def both(self, x: arb) -> tuple[arb, arb]:
        """Return f and f' over a ball."""
        values = self._run(x, self._operations)
        return arb(values[self._value]), arb(values[self._slope])

    def _run(self, x: arb, operations: list[Operation | None]) -> list[Ball]:
        values: list[Ball] = []
        for operation in operations:
            values.append(x if operation is None else operation(values))
        return values


def quick_balls(expr: sp.Expr, unknown: sp.Symbol) -> QuickBalls | None:
    """Return a function in quick balls, None where it contains what they do not know.

    Parameters
    ----------
    expr : Expr
        The function.
    unknown : Symbol
        Its real variable.

    Returns
    -------
    QuickBalls or None

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> quick_balls(x - sp.cos(x), x).both(arb(0))
    (-1.00000000000000, 1.00000000000000)
    >>> quick_balls(sp.floor(x), x) is None
    True
    """
    known = all(isinstance(part, tuple(FUNCTIONS)) for part in expr.atoms(sp.Function))
    if not known or not expr.has(unknown):
        return None
    try:
        return QuickBalls(expr, unknown)
    except UnsupportedNodeError:
        return None


def _operation(vertex: Vertex) -> Operation | None:
    """Return what computes a vertex from the values before it; None for the variable."""
    payload, operands = vertex.payload, vertex.operands
    if isinstance(payload, sp.Symbol):
        return None
    if not operands:
        return _leaf(payload)
    if vertex.head is sp.Add or vertex.head is sp.Mul:
        return _folded(operator.add if vertex.head is sp.Add else operator.mul, operands)
    if vertex.head is sp.Pow:
        return _deferred_power(*operands)
    function = FUNCTIONS.get(vertex.head)
    if function is None or len(operands) != 1:
        raise UnsupportedNodeError(f"{vertex.head.__name__} is not among the quick functions")
    return _applied(function, operands[0])


def _leaf(number: Any) -> Operation:
    if number.is_Rational:
        exact = fmpq(fmpz(int(number.p)), fmpz(int(number.q)))
        return lambda values: exact
    constant = CONSTANTS.get(number)
    if constant is None:
        raise UnsupportedNodeError(f"{number} is not among the quick constants")
    return lambda values: constant()


def _folded(combine: Callable[[Any, Any], Any], operands: tuple[int, ...]) -> Operation:
    if len(operands) == 2:
        i, j = operands
        return lambda values: combine(values[i], values[j])
    return lambda values: reduce(combine, [values[k] for k in operands])


def _deferred_power(base: int, exponent: int) -> Operation:
    def power(values: list[Ball]) -> Ball:
        x, n = arb(values[base]), values[exponent]
        if not isinstance(n, fmpq):
            # Arb's own power is real for positive bases only.
            return x**n if x > 0 else arb.nan()
        if n.q == 2 and abs(n.p) == 1:
            return x.sqrt() if n.p > 0 else x.rsqrt()
        if n.q != 1:
            return x**n if x > 0 else arb.nan()
        return _whole_power(x, int(n.p))

    return power


def _whole_power(x: arb, n: int) -> arb:
    if n < 2 or not x.contains(0):
        return arb.nan() if n < 0 and x.contains(0) else x**n
    # Arb's power of a ball around 0 is not finite.
    if n % 2 == 0:
        return arb(0).union(x.abs_upper() ** n)
    return (x.lower() ** n).union(x.upper() ** n)


def _applied(function: Callable[[arb], arb], place: int) -> Operation:
    def apply(values: list[Ball]) -> Ball:
        x = arb(values[place])
        # A bounded function of an unbounded ball looks defined to Arb.
        return function(x) if x.is_finite() else arb.nan()

    return apply
