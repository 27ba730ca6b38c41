"""Several functions of several unknowns in balls, with the Jacobian that is derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sympy as sp
from flint import arb, arb_mat, fmpq

from symnum.reference.ball_rules import ball_plan, run_balls
from symnum.reference.graph import build_graph
from symnum.reference.precision import working_precision
from symnum.rootfinding.continuity import Guard, continuity_guards
from symnum.rootfinding.kinks import derivatives

__all__ = ["BallSystem", "ball_system", "derived_jacobian"]

Ball = Any  # flint.arb
Box = Sequence[Ball]


def derived_jacobian(
    functions: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]
) -> tuple[tuple[sp.Expr, ...], ...]:
    """Return the Jacobian, row by row, correct wherever the functions are differentiable.

    Parameters
    ----------
    functions : sequence of Expr
        The rows.
    unknowns : sequence of Symbol
        The columns.

    Returns
    -------
    tuple of tuple of Expr

    Raises
    ------
    UnsupportedNodeError
        If a derivative is not known in closed form; the message names it.

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> derived_jacobian([x * y, sp.Abs(x)], [x, y])
    ((y, x), (sign(x), 0))
    """
    zero = sp.Integer(0)
    return tuple(
        tuple(
            derivatives(expr, unknown, 1)[0] if unknown in expr.free_symbols else zero
            for unknown in unknowns
        )
        for expr in functions
    )


class BallSystem:
    """n functions of n real unknowns, evaluated over boxes with everything that may happen there.

    Equal parts of the functions are evaluated once, and so are those of the Jacobian.

    Parameters
    ----------
    functions : sequence of Expr
        In the unknowns alone.
    unknowns : sequence of Symbol
        Real ones.
    slopes : sequence of sequence of Expr, optional
        The Jacobian, row by row, where it has been derived before.

    Raises
    ------
    UnsupportedNodeError
        If a function has no implementation in balls, naming it.

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> system = BallSystem([x + y, x * y], [x, y])
    >>> [str(value) for value in system.values([arb(2), arb(3)], 64)]
    ['5.00000000000000', '6.00000000000000']
    """

    def __init__(
        self,
        functions: Sequence[sp.Expr],
        unknowns: Sequence[sp.Symbol],
        slopes: Sequence[Sequence[sp.Expr]] | None = None,
    ) -> None:
        self.functions = tuple(functions)
        self.unknowns = tuple(unknowns)
        self._derived = slopes
        self._values = _Shared(self.functions, self.unknowns)
        self._slopes: _Shared | None = None
        self._guards: tuple[Guard, ...] | None = None

    def values(self, point: Box, precision: int) -> list[Ball]:
        """Return each function over a box; a ball that is not finite where one is undefined."""
        return self._values(point, precision)

    def jacobian(self, point: Box, precision: int) -> Any:
        """Return the derivatives over a box as an ``arb_mat``; not finite where unknown.

        Raises
        ------
        UnsupportedNodeError
            If a derivative is not known in closed form or has no implementation in balls.
        """
        if self._slopes is None:
            rows = self._derived or derived_jacobian(self.functions, self.unknowns)
            self._slopes = _Shared(tuple(entry for row in rows for entry in row), self.unknowns)
        entries = self._slopes(point, precision)
        return arb_mat(len(self.functions), len(self.unknowns), entries)

    def is_continuous_over(self, box: Box, precision: int) -> bool:
        """Whether no function jumps in a box over which all are finite.

        Then the derivatives over the box tell all about the differences of values in it.
        """
        if self._guards is None:
            self._guards = tuple(
                guard
                for expr in self.functions
                for guard in continuity_guards(expr, self.unknowns, True)
            )
        return all(guard.holds(box, precision) for guard in self._guards)


@lru_cache(maxsize=64)
def ball_system(functions: tuple[sp.Expr, ...], unknowns: tuple[sp.Symbol, ...]) -> BallSystem:
    """Return the `BallSystem` of some functions; equal ones share their derivatives."""
    return BallSystem(functions, unknowns)


class _Shared:
    """Several real functions whose equal parts are evaluated once."""

    def __init__(self, functions: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]) -> None:
        self._graph = build_graph(functions)
        self._rules = ball_plan(self._graph)
        self._unknowns = tuple(unknowns)

    def __call__(self, point: Box, precision: int) -> list[Ball]:
        bindings = dict(zip(self._unknowns, point, strict=True))
        with working_precision(precision):
            found = run_balls(self._graph, self._rules, self._graph.prompt, bindings)
            return [_real(found[root]) for root in self._graph.roots]


def _real(value: Any) -> Ball:
    if isinstance(value, fmpq):
        return arb(value)
    return value if isinstance(value, arb) else arb.nan()
