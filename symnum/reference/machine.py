"""One run over a graph at one precision: exact rationals as long as possible, then mpmath.

A value is a `flint.fmpq` (exact), a number of the private context, or a bool. Besides the values a
run collects *doubts*: vertices at which rounding could have changed more than the last digits. A
sum that came out as 0, a sign or a floor within reach of the rounding error, a pole met by a
rounded number. A result with doubts is not accepted; the precision is raised, and what is still
within the rounding error at the highest precision is taken to lie exactly on the spot (`snapped`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy
from flint import fmpq
from mpmath.libmp import NoConvergence

from symnum.reference.exact import EXACT_BITS, IMAGINARY, POLE, REAL, WHOLE
from symnum.reference.graph import MISSING, Graph, Vertex, execute

__all__ = ["GIVEN_UP", "SAFETY", "UNDEFINED", "Key", "Rule", "Run", "Value"]

Value = Any
Rule = Callable[["Run", int, Vertex, list[Value]], Value]
Key = tuple[int, int]

# The difference between two precisions, times this, bounds the error at the lower one.
SAFETY = 16
# What mpmath raises where a value is undefined, and where only its method fails.
UNDEFINED = (ValueError, ZeroDivisionError)
GIVEN_UP = (OverflowError, NoConvergence, NotImplementedError)


class Run:
    """The values of the vertices of a graph at one precision.

    Parameters
    ----------
    graph : Graph
    rules : tuple of Rule
        What computes each vertex.
    ctx : mpmath context
        Private to the caller; its precision is the precision of the run.
    bindings : mapping
        From symbol to its value, or to a callable that computes the value in a context.
    previous : Run, optional
        A run at a lower precision: the difference of the two measures the rounding error.
    snapped : frozenset
        Values and decisions that are known to be exactly zero, by position and slot.
    """

    def __init__(
        self,
        graph: Graph,
        rules: tuple[Rule, ...],
        ctx: Any,
        bindings: Mapping[sympy.Symbol, Value],
        previous: Run | None = None,
        snapped: frozenset[Key] = frozenset(),
    ) -> None:
        self.graph = graph
        self.rules = rules
        self.ctx = ctx
        self.bindings = bindings
        self.previous = previous
        self.snapped = snapped
        self.values: list[Value] = [MISSING] * len(graph.vertices)
        self.doubts: set[Key] = set()
        self.watched: dict[Key, Value] = {}
        self.depth = 0

    def evaluate(self, positions: Iterable[int]) -> None:
        """Compute the vertices at these positions, given in ascending order."""
        execute(self.graph, positions, self.values, self._apply)

    def _apply(self, position: int) -> None:
        if (position, WHOLE) in self.snapped:
            self.values[position] = fmpq(0)
            return
        vertex = self.graph.vertices[position]
        operands = [self.values[operand] for operand in vertex.operands]
        try:
            value = self.rules[position](self, position, vertex, operands)
        except GIVEN_UP:
            self.doubts.add((position, POLE))
            value = self.ctx.nan
        except UNDEFINED:
            value = self.ctx.nan
        if isinstance(value, self.ctx.mpc):
            value = self._split(position, value)
        self.values[position] = value

    def _split(self, position: int, value: Any) -> Any:
        """Return a complex value without the part that is exactly, or known to be, zero."""
        if value.imag == 0 or (position, IMAGINARY) in self.snapped:
            return value.real
        if (position, REAL) in self.snapped:
            return self.ctx.mpc(0, value.imag)
        return value

    def number(self, value: Value) -> Any:
        """Return a value as a number of the context, rounded to its precision."""
        if isinstance(value, fmpq):
            return self.ctx.mpf(int(value.p)) / int(value.q)
        if isinstance(value, bool):
            return self.ctx.mpf(int(value))
        return value

    def exact(self, value: fmpq) -> Value:
        """Return a rational as it is, or rounded where it has grown too long."""
        return value if value.height_bits() <= EXACT_BITS else self.number(value)

    def sign(self, key: Key, distance: Value, watched: Value | None = None) -> int:
        """Return the sign of a real number, with a doubt where it is within the rounding error.

        Parameters
        ----------
        key : (int, int)
            The vertex and the slot of the decision.
        distance : value
            What the sign is wanted of.
        watched : value, optional
            The number that carries the error, where it is not `distance` itself.
        """
        if isinstance(distance, fmpq):
            return int(distance > 0) - int(distance < 0)
        if key in self.snapped:
            return 0
        sign = int(distance > 0) - int(distance < 0)
        if not self.ctx.isfinite(distance):
            return sign
        watched = distance if watched is None else watched
        self.watched[key] = watched
        before = self.previous.watched.get(key) if self.previous is not None else None
        if before is None or abs(distance) <= SAFETY * abs(watched - before):
            self.doubts.add(key)
        return sign

    def real(self, key: Key, value: Any) -> Any:
        """Return a complex number as a real one where it is known to be real.

        An imaginary part within the rounding error is a doubt: it decides the side of a cut.
        """
        if not isinstance(value, self.ctx.mpc):
            return value
        if self.sign(key, value.imag) == 0:
            return value.real
        return value
