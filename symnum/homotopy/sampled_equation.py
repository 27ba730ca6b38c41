"""A differential equation on samples of x: its power series in q, point by point.

What depends on x alone (``1/x``, ``besselj(0, x)``, ``Abs(x - 1)``) is evaluated once and enters as
a known coefficient; what contains the unknown function goes through the jets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import sympy
from numpy.typing import NDArray

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.jets import Jet, JetProgram, NotYetKnownError
from symnum.homotopy.boundary.problem import BoundaryProblem
from symnum.homotopy.errors import NonAnalyticError
from symnum.homotopy.periodic.collocation import GridAlgebra

__all__ = ["SampledEquation", "SampledProgram", "separate"]

Array = NDArray[np.float64]


def separate(
    expr: sympy.Expr, variable: sympy.Symbol, active: set[sympy.Symbol]
) -> tuple[sympy.Expr, dict[sympy.Symbol, sympy.Expr]]:
    """Replace the largest parts that depend on x alone by symbols.

    Parameters
    ----------
    expr : Expr
    variable : Symbol
        x.
    active : set of Symbol
        What stands for the unknown function, its derivatives and the unknown numbers.

    Returns
    -------
    expr : Expr
        Without x.
    known : dict
        New symbol -> function of x.
    """
    known: dict[sympy.Expr, sympy.Symbol] = {}

    def replaced(node: sympy.Expr) -> sympy.Expr:
        if variable not in node.free_symbols:
            return node
        if not node.free_symbols & active:
            return known.setdefault(node, sympy.Dummy(f"g{len(known)}", real=True))
        if node.is_Add or node.is_Mul:
            alone = node.func(*(part for part in node.args if not part.free_symbols & active))
            rest = [replaced(part) for part in node.args if part.free_symbols & active]
            return node.func(replaced(alone), *rest)
        return node.func(*(replaced(part) for part in node.args))

    result = replaced(expr)
    return result, {symbol: part for part, symbol in known.items()}


@final
class SampledProgram:
    """An expression and its slopes as networks of series on a fixed set of points.

    Parameters
    ----------
    expr : Expr
    inputs : sequence of Symbol
        The symbols whose series are fed.
    coefficients : mapping from Symbol to ndarray
        The known functions of x.
    size : int
        The number of points.
    """

    def __init__(
        self,
        expr: sympy.Expr,
        slopes: Sequence[sympy.Expr],
        inputs: Sequence[sympy.Symbol],
        coefficients: dict[sympy.Symbol, Array],
        size: int,
    ) -> None:
        self.size = size
        self.inputs = tuple(inputs)
        self.origin: list[Array] = []
        self._lengths: list[int] = []
        self._program: JetProgram[Any] = JetProgram(GridAlgebra(size))
        for symbol, values in coefficients.items():
            self._program.declare(symbol, [values])
        for symbol in self.inputs:
            self._program.declare(symbol)
        try:
            self._value = self._program.compile(expr)
            self._slopes: list[Jet[Any]] = [self._program.compile(slope) for slope in slopes]
        except NoJetError as error:
            raise NonAnalyticError(
                f"equation: {error.function} has no power series in the unknown function: "
                f"{error.reason}; homotopy analysis needs one"
            ) from error

    def start(self, values: Sequence[Array]) -> None:
        """Forget everything and feed the coefficients of order 0, one array an input."""
        self._program.restart()
        self.origin = [np.broadcast_to(value, (self.size,)) for value in values]
        self.feed(self.origin)

    def withdraw(self) -> None:
        """Take back what was fed last, and all that was computed from it."""
        self._program.retract(self._lengths)
        for symbol in self.inputs:
            self._program.withdraw(symbol)

    def feed(self, values: Sequence[Array]) -> None:
        """Feed the coefficients of the next order."""
        self._lengths = self._program.lengths()
        for symbol, value in zip(self.inputs, values, strict=True):
            self._program.feed(symbol, np.broadcast_to(value, (self.size,)))

    def coefficient(self, order: int) -> Array:
        """Return the coefficient of ``q**order`` of the expression; nan where there is none."""
        return self._guarded(self._value, order)

    def slopes(self) -> list[Array]:
        """Return the derivatives with respect to the inputs at order 0."""
        return [self._guarded(jet, 0) for jet in self._slopes]

    def _guarded(self, jet: Jet[Any], order: int) -> Array:
        with np.errstate(all="ignore"):
            try:
                return np.asarray(jet.coefficient(order), dtype=np.float64)
            except (NoJetError, NotYetKnownError):
                # A pole or a branch point at this very start: the solvers look for nan.
                return np.full(self.size, np.nan)


@final
class SampledEquation:
    """The equation of a problem, ready to be put on any set of points.

    Parameters
    ----------
    problem : BoundaryProblem
    """

    def __init__(self, problem: BoundaryProblem) -> None:
        self.problem = problem
        self.inputs = (*problem.slots, *problem.unknowns)
        self.expr, known = separate(problem.expr, problem.variable, set(self.inputs))
        self._slopes = [sympy.diff(self.expr, symbol) for symbol in self.inputs]
        self._functions = {
            symbol: sympy.lambdify(problem.variable, expr, modules=["scipy", "numpy"])
            for symbol, expr in known.items()
        }

    def on(self, points: Array) -> SampledProgram:
        """Return the program of the equation and its slopes on points."""
        coefficients = {}
        for symbol, function in self._functions.items():
            with np.errstate(all="ignore"):
                values = np.asarray(function(points))
            if np.iscomplexobj(values):
                values = np.where(np.abs(values.imag) > 0, np.nan, values.real)
            coefficients[symbol] = np.broadcast_to(values, points.shape).astype(np.float64)
        return SampledProgram(self.expr, self._slopes, self.inputs, coefficients, points.size)
