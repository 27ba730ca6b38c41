"""exp(tA) for any square matrix of expressions: blocks that nothing connects, each by its form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import sympy
from sympy import Dummy, Expr, ImmutableMatrix, Integer, Poly

from symnum.matexp.symbolic.closed_forms import closed_form
from symnum.matexp.symbolic.coefficient_rings import CoefficientRing, Polynomial
from symnum.matexp.symbolic.forms import Fold, Form, Problem, Term
from symnum.matexp.symbolic.minimal_polynomials import Annihilator, minimal_annihilator
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix
from symnum.matexp.symbolic.structures import structure_of

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
        joined: dict[int, Fold] = {}
        for place, term in reversed(list(enumerate(self.form.terms))):
            above, fold = term.matrix.rows[i][j], term.fold
            if above.is_zero():
                continue
            if fold is not None:
                before = self.form.terms[fold.place].matrix.rows[i][j]
                if ring.reduced(above - fold.square * before).is_zero():
                    joined[fold.place] = fold
                    continue
            written: Fold | Term = joined.get(place, term)
            total.append(self._written(term, above, written.function, written.wave))
        return sympy.Add(*total)

    def _written(
        self,
        term: Term,
        above: Polynomial,
        function: Expr,
        wave: tuple[Polynomial, Expr] | None,
    ) -> Expr:
        """Return a function times a fraction, by a sine or cosine where its root divides."""
        ring = self.problem.ring
        if wave is not None:
            quotient, rest = divmod(above, wave[0])
            if rest.is_zero():
                return wave[1] * ring.quotient(quotient, term.below)
        return function * ring.quotient(above, term.below * self.problem.delta**term.order)

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
    return block.structure == "rank 1" or (family.startswith("c_") and _is_motion(matrix))


def _is_motion(matrix: PolynomialMatrix) -> bool:
    """Tell whether it is a rotation of 2 or 3 dimensions, maybe with a translation in a column."""
    moved = all(entry.is_zero() for entry in matrix.rows[-1])
    turned = range(matrix.size - 1 if moved else matrix.size)
    return len(turned) in (2, 3) and all(
        matrix.ring.reduced(matrix.rows[i][j] + matrix.rows[j][i]).is_zero()
        for i in turned
        for j in turned
    )


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
