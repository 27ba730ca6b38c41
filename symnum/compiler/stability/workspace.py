"""A program in the making together with what its nodes are worth: in doubles, and exactly.

Nodes are only ever appended. Doubles are computed for every node, a column of points at once;
balls for those that are asked for, at the precision that each point needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from symnum.compiler.program import BOOLEAN, OPERATIONS, Program, ProgramBuilder
from symnum.compiler.stability.balls import evaluate_balls
from symnum.compiler.stability.doubles import Column, evaluate_node
from symnum.compiler.terms import Term
from symnum.reference.balls import working_precision

__all__ = ["Exact", "Workspace"]

# Bits that are tried in turn for the points whose nodes are not known well enough.
PRECISIONS = (160, 560, 2400)

# Bits to which every node must be known.
WANTED = 72

# Arguments are perturbed by this for the conditions, at twice the precision.
PERTURBATION = 2.0**-76

# The smallest positive double, and the exponent above which doubles end.
SMALLEST = 5e-324


@dataclass(frozen=True, slots=True)
class Exact:
    """The exact values of one node.

    Parameters
    ----------
    high : ndarray
        The nearest doubles; NaN where the value is not defined or not known.
    low : ndarray
        What is missing to the exact values, as doubles.
    """

    high: NDArray[np.float64]
    low: NDArray[np.float64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a value."""
        return ~np.isnan(self.high)

    def spacing(self) -> NDArray[np.float64]:
        """Return the spacing of doubles at the exact values."""
        return np.maximum(np.spacing(np.abs(self.high)), SMALLEST)

    def errors(self, computed: Column) -> NDArray[np.float64]:
        """Return the errors of computed values in ulps; NaN where nothing is known."""
        with np.errstate(all="ignore"):
            errors = np.abs((computed - self.high) - self.low) / self.spacing()
            # Beyond the largest double, what is not a number is counted apart.
            same = (computed == self.high) | (np.isinf(self.high) & np.isnan(computed))
            errors = np.where(np.isinf(self.high), np.where(same, 0.0, np.inf), errors)
            errors = np.where(np.isfinite(computed), errors, np.where(same, 0.0, np.inf))
            return np.where(self.known, errors, np.nan)


@dataclass(slots=True)
class Workspace:
    """Nodes with their values at sample points.

    Parameters
    ----------
    builder : ProgramBuilder
        What collects the nodes.
    points : ndarray of shape (arity, count)
        The sample points.
    ordinary : ndarray of bool
        The points at which errors count; at the others only whether there is a value.
    inside : ndarray of bool
        The points in the domain.
    """

    builder: ProgramBuilder
    points: NDArray[np.float64]
    ordinary: NDArray[np.bool_] = field(default_factory=lambda: np.ones(1, dtype=bool))
    inside: NDArray[np.bool_] = field(default_factory=lambda: np.ones(1, dtype=bool))
    doubles: list[Column] = field(default_factory=list)
    # The exact value of a node, where another node was proved or measured to be the same.
    aliases: dict[int, int] = field(default_factory=dict)
    balls: dict[int, list[Any]] = field(default_factory=dict)
    levels: NDArray[np.int64] = field(init=False)
    highs: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    exacts: dict[int, Exact] = field(default_factory=dict)
    _conditions: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    # Nodes with one argument perturbed: by the argument, then by node, one for each point.
    _perturbed: dict[int, dict[int, list[Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.levels = np.zeros(self.points.shape[1], dtype=np.int64)
        self.ordinary = np.broadcast_to(self.ordinary, self.levels.shape)
        self.inside = np.broadcast_to(self.inside, self.levels.shape)

    @classmethod
    def of(cls, program: Program, points: NDArray[np.float64]) -> tuple[Workspace, list[int]]:
        """Return a workspace that holds a program, and the positions of its outputs."""
        workspace = cls(ProgramBuilder(program.arity, program.complex_valued), points)
        places = workspace.builder.include(program)
        return workspace, [places[output] for output in program.outputs]

    @property
    def count(self) -> int:
        """The number of sample points."""
        return int(self.points.shape[1])

    def term(self, position: int) -> Term:
        """Return a node ready for arithmetic."""
        return Term(self.builder, position)

    def double(self, position: int) -> Column:
        """Return what a node computes in doubles, one value for each point."""
        if position >= len(self.doubles):
            arguments = list(self.points)
            with np.errstate(all="ignore"):
                for node in self.builder.nodes[len(self.doubles) :]:
                    operands = [self.doubles[operand] for operand in node.operands]
                    self.doubles.append(evaluate_node(node, operands, arguments))
        return np.broadcast_to(self.doubles[position], (self.count,))

    def with_values(self, position: int, values: Column, outputs: Sequence[int]) -> list[Column]:
        """Return what outputs would be if a node had other values."""
        changed: dict[int, Column] = {position: values}
        arguments = list(self.points)
        with np.errstate(all="ignore"):
            for place in self.reached(outputs):
                node = self.builder.nodes[place]
                if place <= position or not any(k in changed for k in node.operands):
                    continue
                operands = [changed.get(k, self.doubles[k]) for k in node.operands]
                changed[place] = evaluate_node(node, operands, arguments)
        return [changed.get(output, self.double(output)) for output in outputs]

    def reached(self, positions: Iterable[int]) -> list[int]:
        """Return the nodes that some nodes are made of, themselves included, in order."""
        needed: set[int] = set()
        stack = list(positions)
        while stack:
            position = stack.pop()
            if position not in needed:
                needed.add(position)
                stack.extend(self.builder.nodes[position].operands)
        return sorted(needed)

    def product_above(self, position: int, outputs: Sequence[int]) -> int | None:
        """Return the product of which a product is a factor, if nothing else takes it."""
        if self.builder.nodes[position].operation != "multiply" or position in outputs:
            return None
        users = [k for k in self.reached(outputs) if position in self.builder.nodes[k].operands]
        if len(users) != 1 or self.builder.nodes[users[0]].operation != "multiply":
            return None
        return users[0]

    def exact(self, position: int) -> Exact:
        """Return the exact values of a node."""
        position = self.aliases.get(position, position)
        found = self.exacts.get(position)
        if found is None:
            high = self.nearest(position)
            balls = self.balls[position]
            low = np.zeros(self.count)
            for index in np.flatnonzero(np.isfinite(high)):
                low[index] = float(balls[index] - float(high[index]))
            found = self.exacts[position] = Exact(high, low)
        return found

    def nearest(self, position: int) -> NDArray[np.float64]:
        """Return the doubles nearest to the exact values of a node, NaN where there is none."""
        position = self.aliases.get(position, position)
        found = self.highs.get(position)
        if found is None:
            if position not in self.balls:
                self._enclose(position)
            found = np.array([_double(ball) for ball in self.balls[position]])
            self.highs[position] = found
        return found

    def _enclose(self, position: int) -> None:
        """Evaluate a node and what it needs in balls, each point as precisely as it must be."""
        missing = [k for k in self.reached([position]) if k not in self.balls]
        points = np.arange(self.count)
        for node in missing:
            self.balls[node] = [None] * self.count
        level = 0
        while len(points) and level < len(PRECISIONS):
            # A point that needed more bits before needs them for everything that is new.
            here = [int(p) for p in points if self.levels[p] <= level]
            unclear = self._evaluate(missing, here, PRECISIONS[level]) if here else []
            level += 1
            self.levels[unclear] = level
            points = np.array([p for p in points if self.levels[p] >= level], dtype=np.int64)
            if unclear and level < len(PRECISIONS):
                # Their operands must be as precise.
                missing = self.reached([position])
        self.levels = np.minimum(self.levels, len(PRECISIONS) - 1)

    def _evaluate(self, nodes: Sequence[int], points: Sequence[int], precision: int) -> list[int]:
        """Evaluate nodes at some points; return the points that need more bits."""
        with working_precision(precision):
            values = self._run(nodes, points, self._arguments(points), self.balls)
        unclear: set[int] = set()
        for node in nodes:
            if OPERATIONS[self.builder.nodes[node].operation].result == BOOLEAN:
                continue
            unclear.update(
                point
                for point, ball in zip(points, values[node], strict=True)
                if ball.rel_accuracy_bits() < WANTED and not ball.is_zero()
            )
        for node in nodes:
            column = self.balls[node]
            for point, ball in zip(points, values[node], strict=True):
                column[point] = ball
        return sorted(unclear)

    def _arguments(self, points: Sequence[int]) -> list[list[Any]]:
        return [[arb(float(row[p])) for p in points] for row in self.points]

    def _run(
        self,
        nodes: Sequence[int],
        points: Sequence[int],
        arguments: list[list[Any]],
        known: dict[int, list[Any]],
    ) -> dict[int, list[Any]]:
        if not arguments:
            arguments = [[arb(0)] * len(points)]
        values: dict[int, list[Any]] = {}
        for position in nodes:
            node = self.builder.nodes[position]
            for operand in node.operands:
                if operand not in values:
                    values[operand] = [known[operand][p] for p in points]
            operands = [values[operand] for operand in node.operands]
            values[position] = evaluate_balls(node, operands, arguments)
        return values

    def condition(self, position: int, points: Sequence[int]) -> NDArray[np.float64]:
        r"""Return sum of |x_i df/dx_i| / |f| for a node at some points.

        The derivatives are differences at a distance that is far below the rounding of doubles.
        """
        position = self.aliases.get(position, position)
        column = self._conditions.setdefault(position, np.full(self.count, -1.0))
        wanted = [int(p) for p in points if column[p] < 0]
        for level in sorted({int(self.levels[p]) for p in wanted}):
            group = [p for p in wanted if self.levels[p] == level]
            self._fill_conditions(position, column, group, 2 * PRECISIONS[level])
        return column[list(points)]

    def _fill_conditions(
        self, position: int, column: NDArray[np.float64], group: list[int], precision: int
    ) -> None:
        nodes = self.reached([position])
        used = sorted({self.builder.nodes[k].value for k in nodes if self._is_argument(k)})
        with working_precision(precision):
            centre = self._moved_balls(-1, nodes, group)
            total = np.zeros(len(group))
            for place in used:
                shifted = self._moved_balls(int(place), nodes, group)
                changes = [
                    abs((there - here) / here) for there, here in zip(shifted, centre, strict=True)
                ]
                total += np.array([_double(change) for change in changes]) / PERTURBATION
        # Where it is not known, no error is excused.
        column[group] = np.where(np.isfinite(total), total, 0.0)

    def _moved_balls(self, moved: int, nodes: Sequence[int], group: list[int]) -> list[Any]:
        """Return the last of some nodes with one argument perturbed, none for -1."""
        table = self._perturbed.setdefault(moved, {})
        factor = 1 + arb(PERTURBATION)
        rows: dict[tuple[int, ...], list[list[Any]]] = {}
        for node in nodes:
            column = table.setdefault(node, [None] * self.count)
            missing = tuple(p for p in group if column[p] is None)
            if not missing:
                continue
            if missing not in rows:
                rows[missing] = [
                    [arb(float(x[p])) * (factor if k == moved else 1) for p in missing]
                    for k, x in enumerate(self.points)
                ]
            operands = [[table[k][p] for p in missing] for k in self.builder.nodes[node].operands]
            values = evaluate_balls(self.builder.nodes[node], operands, rows[missing])
            for p, ball in zip(missing, values, strict=True):
                column[p] = ball
        return [table[nodes[-1]][p] for p in group]

    def _is_argument(self, position: int) -> bool:
        return self.builder.nodes[position].operation == "argument"


def _double(ball: Any) -> float:
    """Return the double nearest to a ball, NaN if the ball does not determine it."""
    if ball is None or isinstance(ball, bool):
        return 0.0 if ball is None else float(ball)
    if not ball.is_finite():
        return float(ball) if ball.is_exact() else float("nan")
    if ball.rel_accuracy_bits() < 60 and not ball.is_zero():
        # So close to zero that only the radius is known: nothing, for doubles.
        return 0.0 if float(ball.abs_upper()) == 0.0 else float("nan")
    return float(ball)
