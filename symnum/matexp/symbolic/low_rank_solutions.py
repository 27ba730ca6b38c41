"""exp(t U V^T) = I + U (t phi_1(t V^T U)) V^T: only a small matrix is exponentiated."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import final

import sympy
from sympy import Dummy, Expr, ImmutableMatrix, Poly

from symnum.matexp.symbolic.coefficient_rings import CoefficientRing
from symnum.matexp.symbolic.entire_functions import Phi
from symnum.matexp.symbolic.factored import LowRank
from symnum.matexp.symbolic.impulse_responses import ImpulseResponse
from symnum.matexp.symbolic.minimal_polynomials import generic_rank, minimal_annihilator
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix
from symnum.matexp.symbolic.solutions import Block, Solution, polynomial_of, solve_blocks

__all__ = ["LowRankSolution", "solve"]


def solve(A: ImmutableMatrix | LowRank, t: Expr) -> Solution:
    """Return exp(tA), by the factors of A where they are given and say more than their product."""
    if not isinstance(A, LowRank):
        return solve_blocks(A, t)
    return _solve_low_rank(A, t) or solve_blocks(A.as_explicit(), t)


@final
@dataclass(frozen=True)
class LowRankSolution(Solution):
    """exp(t U V^T) by the k x k matrix G = V^T U.

    Attributes
    ----------
    factors : LowRank
        U and V, both of rank k, with more rows than columns.
    t : Expr
    gram_polynomial : Poly
        The minimal polynomial of G.
    """

    factors: LowRank
    t: Expr
    gram_polynomial: Poly

    @cached_property
    def core(self) -> ImmutableMatrix:
        r"""T phi_1(tG) = sum_j H_j(t) B_j, where H_j has the Laplace transform s^j/(s m(s)/s)."""
        k, gram = self.factors.rank, self.factors.gram
        *coefficients, _ = reversed(self.gram_polynomial.all_coeffs())
        identity = ImmutableMatrix.eye(k)
        if len(coefficients) == 1:
            return ImmutableMatrix(self.t * Phi(1, -coefficients[0] * self.t) * identity)
        factor, total = identity, ImmutableMatrix.zeros(k, k)
        for j in reversed(range(len(coefficients))):
            response = ImpulseResponse(j, self.t, 0, *coefficients)
            total += response * factor
            factor = gram * factor + coefficients[j] * identity
        return total

    def gram_blocks(self) -> tuple[Block, ...]:
        """Return the blocks of exp(tG), on which the proof rests."""
        places = [
            sympy.Symbol(f"g{i}{j}")
            for i, j in itertools.product(range(self.factors.rank), repeat=2)
        ]
        generic = self.gram_polynomial.domain == sympy.EX
        gram = (
            ImmutableMatrix(self.factors.rank, self.factors.rank, places)
            if generic
            else self.factors.gram
        )
        return solve_blocks(gram, self.t).blocks

    @cached_property
    def expr(self) -> ImmutableMatrix:
        """exp(tA)."""
        U, V = self.factors.U, self.factors.V
        return ImmutableMatrix(sympy.eye(U.rows) + U * self.core * V.T)

    @property
    def structure(self) -> str:
        """What A is, and which law was used."""
        k = self.factors.rank
        return "rank 1" if k == 1 else f"rank {k} (factors given)"

    @cached_property
    def minimal_polynomial(self) -> Poly:
        """S m(s) for the minimal polynomial m of G: A p(A) = U p(G) V^T, and A is singular."""
        s = self.gram_polynomial.gen
        return self.gram_polynomial * Poly(s, s)

    @property
    def degenerate_set(self) -> tuple[Expr, ...]:
        """Nothing: the form is entire in the entries of U and V."""
        return ()

    @property
    def is_stable(self) -> bool:
        """Whether the formula itself is as accurate in floating point as anything."""
        return self.factors.rank == 1


def _solve_low_rank(factors: LowRank, t: Expr) -> LowRankSolution | None:
    """Return exp(t U V^T), or None where the factors say no more than their product."""
    U, V = factors.U, factors.V
    if factors.rank >= U.rows or any(_rank(side) < factors.rank for side in (U, V)):
        return None
    gram = factors.gram
    ring = CoefficientRing(list(gram))
    rows, delta = ring.read_matrix(gram)
    own = minimal_annihilator(PolynomialMatrix.of(ring, rows))
    if own.degree < factors.rank:
        return LowRankSolution(factors, t, polynomial_of(own, ring, delta))
    return LowRankSolution(factors, t, _characteristic_polynomial(gram))


def _characteristic_polynomial(gram: ImmutableMatrix) -> Poly:
    """Return it without multiplying the entries out: they are put in last."""
    places = ImmutableMatrix(gram.rows, gram.cols, [Dummy("g") for _ in gram])
    ring = CoefficientRing(list(places))
    rows, _ = ring.read_matrix(places)
    whole = PolynomialMatrix.of(ring, rows).characteristic_polynomial()
    entries = dict(zip(places, gram, strict=True))
    s = Dummy("s")
    coefficients = [ring.expression(c).xreplace(entries) for c in ring.coefficients(whole)]
    # The entries stay as they are in a domain of expressions.
    return Poly.from_list(coefficients[::-1], s, domain=sympy.EX)


def _rank(side: ImmutableMatrix) -> int:
    ring = CoefficientRing(list(side))
    fractions = [ring.read(entry) for entry in side]
    below = ring.common(bottom for _, bottom in fractions)
    entries = [top * (below // bottom) for top, bottom in fractions]
    rows = [entries[i * side.cols : (i + 1) * side.cols] for i in range(side.rows)]
    return generic_rank(ring, rows)
