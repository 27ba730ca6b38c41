r"""A boundary-value problem on pieces of an interval, collocated at Chebyshev points.

The unknowns are the values of the highest derivative: on each piece, with the left end ``x_i``,

    u^(n-1) = c_(n-1) + int w dt,   u^(k) = c_k + int u^(k+1) x'(t) dt,

so that integration, which is harmless in floating point, takes the place of differentiation.
``x = x(t)`` is the identity, or a power of t where fractional powers of x occur. The equations are
the differential equation at all nodes, continuity of u, ..., u^(n-1) between the pieces, and the
conditions; unknown numbers of the equation stand beside the unknown function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
import sympy
from numpy.typing import NDArray

from symnum.algebra.chebyshev import ChebyshevGrid, PiecewiseChebyshev
from symnum.homotopy.boundary.problem import BoundaryProblem, Condition
from symnum.homotopy.sampled_equation import SampledEquation, SampledProgram

__all__ = ["CollocatedBoundary", "Domain", "Factorization", "Profile", "SingularMatrixError"]

Array = NDArray[np.float64]

NULL_STEPS = 3


class SingularMatrixError(ArithmeticError):
    """The linearised problem has no unique solution."""


@final
@dataclass(frozen=True, slots=True)
class Domain:
    """The interval on which a problem is solved.

    Parameters
    ----------
    low, high : float
        The ends, cut where they are infinite.
    power : int
        q in ``x = low + t**q``; 1 for the identity.
    """

    low: float
    high: float
    power: int = 1

    def x(self, t: Any) -> Array:
        """Return x at the parameter t."""
        return np.asarray(t, dtype=np.float64) if self.power == 1 else self.low + t**self.power

    def t(self, x: Any) -> Array:
        """Return the parameter t at x."""
        given = np.asarray(x, dtype=np.float64)
        return given if self.power == 1 else np.maximum(given - self.low, 0.0) ** (1 / self.power)

    def rate(self, t: Array) -> Array:
        """Return x'(t)."""
        return np.ones_like(t) if self.power == 1 else self.power * t ** (self.power - 1)


@final
@dataclass(frozen=True, slots=True)
class Profile:
    """A candidate for the solution.

    Parameters
    ----------
    slopes : ndarray, shape (P, K)
        The values w of ``d u^(n-1) / dt`` at the nodes.
    ends : ndarray, shape (P, n)
        u, ..., u^(n-1) at the left ends of the pieces.
    numbers : ndarray, shape (p,)
        The unknown numbers.
    """

    slopes: Array
    ends: Array
    numbers: Array

    def plus(self, other: Profile, factor: float = 1.0) -> Profile:
        """Return the sum with a multiple of another profile."""
        return Profile(
            self.slopes + factor * other.slopes,
            self.ends + factor * other.ends,
            self.numbers + factor * other.numbers,
        )

    def flat(self) -> Array:
        """Return all unknowns, piece by piece, the numbers last."""
        joined = np.concatenate([self.slopes, self.ends], axis=1).ravel()
        return np.concatenate([joined, self.numbers])


@final
class Factorization:
    """An equilibrated sparse matrix and its triangular factors."""

    def __init__(self, matrix: Any) -> None:
        if not np.all(np.isfinite(matrix.data)):
            raise SingularMatrixError
        self._rows = 1 / np.maximum(np.abs(matrix).max(axis=1).toarray().ravel(), 1e-300)
        scaled = scipy.sparse.diags(self._rows) @ matrix
        self._columns = 1 / np.maximum(np.abs(scaled).max(axis=0).toarray().ravel(), 1e-300)
        self._matrix = (scaled @ scipy.sparse.diags(self._columns)).tocsc()
        try:
            self._factors = scipy.sparse.linalg.splu(self._matrix)
        except RuntimeError as error:
            raise SingularMatrixError from error

    def solve(self, side: Array) -> Array:
        """Return the solution, refined once."""
        scaled = self._rows * side
        solution = self._factors.solve(scaled)
        solution += self._factors.solve(scaled - self._matrix @ solution)
        return np.asarray(self._columns * solution)

    def null_vector(self) -> Array:
        """Return the vector that a nearly singular matrix makes smallest, by inverse iteration."""
        vector = np.cos(np.arange(self._matrix.shape[0], dtype=np.float64))
        for _ in range(NULL_STEPS):
            vector = self._factors.solve(self._factors.solve(vector, trans="T"))
            vector = vector / np.max(np.abs(vector))
        return np.asarray(self._columns * vector)

    def condition(self) -> float:
        """Return an estimate of the condition number."""
        size = self._matrix.shape[0]
        inverse = scipy.sparse.linalg.LinearOperator(
            (size, size),
            matvec=self._factors.solve,
            rmatvec=lambda v: self._factors.solve(v, trans="T"),
            dtype=np.float64,
        )
        norm = float(np.max(np.abs(self._matrix).sum(axis=0)))
        return norm * float(scipy.sparse.linalg.onenormest(inverse))


@final
class CollocatedBoundary:
    """The discrete equations of a problem on given pieces.

    Parameters
    ----------
    equation : SampledEquation
    domain : Domain
    breaks : ndarray, shape (P + 1,)
        In the parameter t.
    size : int
        K, the nodes of each piece.
    """

    def __init__(self, equation: SampledEquation, domain: Domain, breaks: Array, size: int) -> None:
        self.equation, self.domain, self.breaks = equation, domain, breaks
        self.problem: BoundaryProblem = equation.problem
        self.grid = ChebyshevGrid(size)
        self.pieces, self.size = len(breaks) - 1, size
        self.half = np.diff(breaks) / 2
        self.t = (breaks[:-1] + breaks[1:])[:, None] / 2 + self.half[:, None] * self.grid.nodes
        self.rate = domain.rate(self.t)
        self.x = domain.x(self.t)
        self.program = equation.on(self.x.ravel())
        self.operators = self._operators()
        self._place_rows()
        self._conditions = [self._condition_program(c) for c in self.problem.conditions]

    @property
    def unknown_count(self) -> int:
        """The number of all unknowns."""
        problem = self.problem
        return self.pieces * (self.size + problem.order) + len(problem.unknowns)

    def _operators(self) -> list[Array]:
        """Return for k = 0..n the matrices from the unknowns of a piece to u^(k) at its nodes."""
        n, size = self.problem.order, self.size
        width = size + n
        matrix = np.zeros((self.pieces, size, width))
        matrix[:, :, :size] = np.eye(size) / self.rate[:, :, None]
        found = [matrix]
        integral = self.half[:, None, None] * self.grid.integration
        for k in range(n - 1, -1, -1):
            above = integral * self.rate[:, None, :] @ found[0]
            above[:, :, size + k] += 1
            found.insert(0, above)
        return found

    def row(self, piece: int, k: int, place: float) -> Array:
        """Return the weights of the unknowns of a piece in u^(k) at a place in [-1, 1]."""
        weights = self.half[piece] * self.grid.integral_row(place) * self.rate[piece]
        row: Array = weights @ self.operators[k + 1][piece]
        row[self.size + k] += 1
        return row

    def _place_rows(self) -> None:
        """Prepare the rows that do not change: continuity."""
        n, width = self.problem.order, self.size + self.problem.order
        rows: list[int] = []
        columns: list[int] = []
        data: list[float] = []
        first = self.pieces * self.size
        for piece in range(self.pieces - 1):
            for k in range(n):
                line = first + piece * n + k
                row = self.row(piece, k, 1.0)
                rows.extend([line] * (width + 1))
                columns.extend(range(piece * width, (piece + 1) * width))
                columns.append((piece + 1) * width + self.size + k)
                data.extend(row)
                data.append(-1.0)
        self._continuity = (np.array(rows, int), np.array(columns, int), np.array(data))
        block = np.arange(self.pieces * self.size)
        self._block_rows = np.repeat(block, width)
        starts = np.repeat(np.arange(self.pieces) * width, self.size)
        self._block_columns = (starts[:, None] + np.arange(width)).ravel()

    def _condition_program(self, condition: Condition) -> tuple[SampledProgram, Array, Condition]:
        """Return the program of a condition and the weights of the unknowns in its values."""
        problem, width = self.problem, self.size + self.problem.order
        inputs = (*condition.values, *problem.unknowns)
        slopes = [sympy.diff(condition.expr, symbol) for symbol in inputs]
        program = SampledProgram(condition.expr, slopes, inputs, {}, 1)
        weights = np.zeros((len(condition.values), self.unknown_count))
        for line, place in enumerate(condition.values.values()):
            point = float(np.clip(float(place.point), self.domain.low, self.domain.high))
            target = PiecewiseChebyshev(self.breaks, np.zeros((self.pieces, 1)))
            index, inside = target.locate(self.domain.t(np.array([point])))
            piece = int(index[0])
            weights[line, piece * width : (piece + 1) * width] = self.row(
                piece, place.derivative, float(inside[0])
            )
        return program, weights, condition

    def split(self, flat: Array) -> Profile:
        """Return the profile of a vector of unknowns."""
        n, count = self.problem.order, len(self.problem.unknowns)
        body = flat[: len(flat) - count].reshape(self.pieces, self.size + n)
        return Profile(
            body[:, : self.size].copy(),
            body[:, self.size :].copy(),
            flat[len(flat) - count :].copy(),
        )

    def inputs(self, profile: Profile) -> list[Array]:
        """Return u, ..., u^(n) at all nodes, and the numbers."""
        local = np.concatenate([profile.slopes, profile.ends], axis=1)
        values = [np.einsum("pij,pj->pi", m, local).ravel() for m in self.operators]
        return [*values, *(np.full(1, number) for number in profile.numbers)]

    def _condition_inputs(self, weights: Array, flat: Array, numbers: Array) -> list[Array]:
        return [*(np.array([v]) for v in weights @ flat), *(np.array([v]) for v in numbers)]

    def start(self, profile: Profile) -> Array:
        """Put a profile into the equations and return what they leave over."""
        self.program.start(self.inputs(profile))
        flat = profile.flat()
        for program, weights, _ in self._conditions:
            program.start(self._condition_inputs(weights, flat, profile.numbers))
        rows, columns, data = self._continuity
        jumps = np.zeros((self.pieces - 1) * self.problem.order)
        np.add.at(jumps, rows - self.pieces * self.size, data * flat[columns])
        return np.concatenate([self.program.coefficient(0), jumps, self._condition_values(0)])

    def follow(self, profile: Profile, order: int) -> Array:
        """Feed the next term of the series; return the coefficient of ``q**order`` of all."""
        self.feed(profile)
        return self.coefficient(order)

    def feed(self, profile: Profile) -> None:
        """Feed the next term of the series."""
        self.program.feed(self.inputs(profile))
        flat = profile.flat()
        for program, weights, _ in self._conditions:
            program.feed(self._condition_inputs(weights, flat, profile.numbers))

    def replace_last(self, profile: Profile) -> None:
        """Put another term in the place of the one that was fed last."""
        self.program.withdraw()
        for program, _, _ in self._conditions:
            program.withdraw()
        self.feed(profile)

    def coefficient(self, order: int) -> Array:
        """Return the coefficient of ``q**order`` of what the equations leave over."""
        jumps = np.zeros((self.pieces - 1) * self.problem.order)
        return np.concatenate(
            [self.program.coefficient(order), jumps, self._condition_values(order)]
        )

    def _condition_values(self, order: int) -> Array:
        return np.concatenate([p.coefficient(order) for p, _, _ in self._conditions])

    def linearise(self) -> Factorization:
        """Return the factors of the derivative of the equations at the profile of `start`."""
        return self.assemble(self.program.slopes())

    def assemble(self, slopes: list[Array]) -> Factorization:
        """Return the factors of `matrix`."""
        return Factorization(self.matrix(slopes))

    def condition_row(self, line: int) -> Array:
        """Return a linear condition as weights of all unknowns."""
        program, weights, condition = self._conditions[line]
        found = np.array([slope[0] for slope in program.slopes()])
        row: Array = found[: len(condition.values)] @ weights
        if self.problem.unknowns:
            row[-len(self.problem.unknowns) :] += found[len(condition.values) :]
        return row

    def matrix(self, slopes: list[Array]) -> Any:
        """Return the matrix of a linear problem, the conditions linearised at `start`.

        Parameters
        ----------
        slopes : list of ndarray
            The coefficients of u, ..., u^(n) and of the numbers at the nodes.
        """
        n, count = self.problem.order, len(self.problem.unknowns)
        parts = zip(slopes[: n + 1], self.operators, strict=True)
        shape = (self.pieces, self.size, 1)
        block = sum(slope.reshape(shape) * matrix for slope, matrix in parts)
        rows = [self._block_rows, self._continuity[0]]
        columns = [self._block_columns, self._continuity[1]]
        data = [np.asarray(block).ravel(), self._continuity[2]]
        total, equations = self.unknown_count, np.arange(self.pieces * self.size)
        for j, slope in enumerate(slopes[n + 1 :]):
            rows.append(equations)
            columns.append(np.full(len(equations), total - count + j))
            data.append(slope)
        for line in range(len(self._conditions)):
            row = self.condition_row(line)
            (places,) = np.nonzero(row)
            rows.append(np.full(len(places), total - len(self._conditions) + line))
            columns.append(places)
            data.append(row[places])
        entries = (np.concatenate(rows), np.concatenate(columns))
        return scipy.sparse.csr_array((np.concatenate(data), entries), shape=(total, total))

    def size_of_terms(self) -> float:
        """Return the size of the largest term of the linearised equation at the nodes.

        Where all terms vanish, what the highest one would be for a function that varies.
        """
        n = self.problem.order
        slopes, values = self.program.slopes()[: n + 1], self.program.origin[: n + 1]
        length = self.domain.high - self.domain.low
        usual = float(np.max(np.abs(slopes[n]))) * float(np.max(np.abs(values[0]))) / length**n
        parts = [float(np.max(np.abs(a * b))) for a, b in zip(slopes, values, strict=True)]
        return max(usual, *parts)

    def functions(self, profile: Profile) -> list[PiecewiseChebyshev]:
        """Return u, ..., u^(n-1) and w as functions of t."""
        found = [PiecewiseChebyshev(self.breaks, profile.slopes @ self.grid.to_coefficients.T)]
        values = profile.slopes
        for k in range(self.problem.order - 1, -1, -1):
            coefficients = self.half[:, None] * (values @ self.grid.integral_coefficients.T)
            coefficients[:, 0] += profile.ends[:, k]
            function = PiecewiseChebyshev(self.breaks, coefficients)
            found.insert(0, function)
            at_nodes = self.half[:, None] * (values @ self.grid.integration.T)
            values = (at_nodes + profile.ends[:, k : k + 1]) * self.rate
        return found
