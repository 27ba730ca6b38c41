"""exp(tA) for any square matrix of expressions: blocks that nothing connects, each by its form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import sympy
from sympy import Dummy, Expr, ImmutableMatrix, Integer, Poly

from symnum.matexp.closed_forms import closed_form
from symnum.matexp.coefficient_rings import CoefficientRing
from symnum.matexp.forms import Form, Problem
from symnum.matexp.minimal_polynomials import Annihilator, minimal_annihilator
from symnum.matexp.polynomial_matrices import PolynomialMatrix
from symnum.matexp.structures import structure_of

__all__ = ["Block", "BlockSolution", "Solution", "solve_blocks"]


class Solution(ABC):
    """What is known of exp(tA) in closed form."""

    @property
    @abstractmethod
    def expr(self) -> ImmutableMatrix:
        """exp(tA)."""

    @property
    @abstractmethod
    def structure(self) -> str:
        """What A is, and which law was used."""

    @property
    @abstractmethod
    def minimal_polynomial(self) -> Poly:
        """Of A, monic."""

    @property
    @abstractmethod
    def degenerate_set(self) -> tuple[Expr, ...]:
        """What must not vanish."""

    @property
    @abstractmethod
    def is_stable(self) -> bool:
        """Whether the formula itself is as accurate in floating point as anything."""


@final
@dataclass(frozen=True)
class Block:
    """A part of a matrix that nothing connects with the rest.

    Attributes
    ----------
    indices : tuple of int
        Its rows and columns.
    problem : Problem
    form : Form
    """

    indices: tuple[int, ...]
    problem: Problem
    form: Form

    def entry(self, i: int, j: int) -> Expr:
        """Return an entry of the exponential."""
        ring, total = self.problem.ring, []
        for term in self.form.terms:
            above = term.matrix.rows[i][j]
            if above.is_zero():
                continue
            if term.wave is not None:
                root, written = term.wave
                quotient, rest = divmod(above, root)
                if rest.is_zero():
                    total.append(written * ring.quotient(quotient, term.below))
                    continue
            below = term.below * self.problem.delta**term.order
            total.append(term.function * ring.quotient(above, below))
        return sympy.Add(*total)

    @cached_property
    def structure(self) -> str:
        """What the block is."""
        degree = self.problem.annihilator.degree
        return structure_of(self.problem.matrix, degree, self.form.family)


@final
@dataclass(frozen=True)
class BlockSolution(Solution):
    """exp(tA), block by block.

    Attributes
    ----------
    blocks : tuple of Block
    size : int
    annihilator : Annihilator
        The minimal polynomial of delta A.
    delta : Polynomial
    """

    blocks: tuple[Block, ...]
    matrix: PolynomialMatrix
    delta: object

    @cached_property
    def expr(self) -> ImmutableMatrix:
        """exp(tA)."""
        n = self.matrix.size
        entries: list[list[Expr]] = [[Integer(0)] * n for _ in range(n)]
        for block in self.blocks:
            for row, i in enumerate(block.indices):
                for column, j in enumerate(block.indices):
                    entries[i][j] = block.entry(row, column)
        return ImmutableMatrix(n, n, [entry for row in entries for entry in row])

    @cached_property
    def structure(self) -> str:
        """What A is, and which law was used."""
        if len(self.blocks) == 1:
            return self.blocks[0].structure
        if self.matrix.is_zero or all(len(block.indices) == 1 for block in self.blocks):
            return "zero" if self.matrix.is_zero else "diagonal"
        parts = ", ".join(f"{len(b.indices)}x{len(b.indices)}: {b.structure}" for b in self.blocks)
        return f"block diagonal ({parts})"

    @cached_property
    def annihilator(self) -> Annihilator:
        """The minimal polynomial of N = delta A."""
        if len(self.blocks) == 1:
            return self.blocks[0].problem.annihilator
        return minimal_annihilator(self.matrix)

    @cached_property
    def minimal_polynomial(self) -> Poly:
        """Of A, monic."""
        return polynomial_of(self.annihilator, self.matrix.ring, self.delta)

    @property
    def degenerate_set(self) -> tuple[Expr, ...]:
        """What must not vanish."""
        found: dict[Expr, None] = {}
        for block in self.blocks:
            found |= dict.fromkeys(map(block.problem.ring.expression, block.form.degenerate))
        return tuple(found)

    @property
    def is_stable(self) -> bool:
        """Whether the formula itself is as accurate in floating point as anything."""
        return all(_is_stable(block) for block in self.blocks)


def _is_stable(block: Block) -> bool:
    """Nothing cancels: one exponential, a finite series, phi_1 alone, or a rotation."""
    family, matrix = block.form.family, block.problem.matrix
    if matrix.size == 1 or family == "finite series":
        return True
    if block.problem.ring.has_imaginary_unit:
        return False
    if block.structure == "rank 1":
        return True
    return matrix.size == 3 and block.structure.startswith("skew")


def polynomial_of(annihilator: Annihilator, ring: CoefficientRing, delta: object) -> Poly:
    """Return the polynomial of A for one of N = delta A."""
    own, s = annihilator.coefficients, Dummy("s")
    d = len(own) - 1
    terms = (ring.quotient(c, delta ** (d - k)) * s**k for k, c in enumerate(own))  # type: ignore[operator]
    return Poly(sympy.Add(*terms), s)


def solve_blocks(A: ImmutableMatrix, t: Expr) -> BlockSolution:
    """Return exp(tA) for any square matrix."""
    ring = CoefficientRing(list(A))
    rows, delta = ring.read_matrix(A)
    matrix = PolynomialMatrix.of(ring, rows)
    pattern = matrix.pattern()
    linked = pattern.reach | pattern.reach.T
    blocks = []
    for indices in _connected(linked.tolist()):
        part = A.extract(list(indices), list(indices))
        blocks.append(_solved(indices, ImmutableMatrix(part), t))
    return BlockSolution(tuple(blocks), matrix, delta)


def _connected(linked: Sequence[Sequence[bool]]) -> list[tuple[int, ...]]:
    """Return the sets of indices that nothing connects, in order."""
    left, found = set(range(len(linked))), []
    while left:
        group, waiting = set[int](), [min(left)]
        while waiting:
            index = waiting.pop()
            if index not in group:
                group.add(index)
                waiting += [j for j in left if linked[index][j] and j not in group]
        left -= group
        found.append(tuple(sorted(group)))
    return found


def _solved(indices: tuple[int, ...], A: ImmutableMatrix, t: Expr) -> Block:
    ring = CoefficientRing(list(A))
    rows, delta = ring.read_matrix(A)
    matrix = PolynomialMatrix.of(ring, rows)
    problem = Problem(matrix, delta, minimal_annihilator(matrix), t)
    return Block(indices, problem, closed_form(problem))
