"""Sums and products of a program taken apart into terms and factors, and put together again.

A sum of many terms is a tree of additions, subtractions and negations whose inner nodes have no
other use. Polynomials and Fourier sums are recognised in its terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sympy import Expr, S

from symnum.compiler.constants import numeric_constant, working_context
from symnum.compiler.passes.rewriting import Rewriter
from symnum.compiler.program import Node, Program

__all__ = [
    "Monomial",
    "Sums",
    "is_moderate",
    "multiplied",
    "product_of",
    "signed_sum",
]

# A position, and whether it is subtracted.
Signed = tuple[int, bool]

# Sums of up to this many terms go from left to right, longer ones are halved, so that rounding
# errors do not pile up; the lowering does the same.
BLOCK = 8

# Coefficients outside of 2**-LIMIT ... 2**LIMIT stay where they are: moved to another place in a
# formula they might overflow.
LIMIT = 300


@dataclass(frozen=True, slots=True)
class Monomial:
    """A term of a sum: an exact coefficient times powers of nodes.

    Parameters
    ----------
    coefficient : Expr
        The sign of the term is in it.
    factors : tuple of (int, int)
        Positions and positive exponents.
    origin : int or None
        The position of the whole term, as long as it is whole.
    negative : bool
        Whether the term is subtracted where it stands.
    """

    coefficient: Expr
    factors: tuple[tuple[int, int], ...]
    origin: int | None = None
    negative: bool = False

    def exponent(self, base: int) -> int:
        """Return the exponent of a node, 0 where it is no factor."""
        return next((exponent for factor, exponent in self.factors if factor == base), 0)

    def without(self, base: int) -> Monomial:
        """Return the term divided by its power of a node."""
        rest = tuple(factor for factor in self.factors if factor[0] != base)
        return Monomial(self.coefficient, rest)

    @property
    def parts(self) -> int:
        """How many numbers are multiplied, a power being one."""
        return len(self.factors) + (self.coefficient not in (S.One, S.NegativeOne))


class Sums:
    """The sums of a program.

    Parameters
    ----------
    program : Program
        Any program.
    """

    __slots__ = ("bases", "nodes", "roots", "uses")

    def __init__(self, program: Program) -> None:
        self.nodes = program.nodes
        self.uses = Counter(operand for node in program.nodes for operand in node.operands)
        self.uses.update(program.outputs)
        self.bases = self._bases()
        # The positions of the sums that are no part of another one.
        self.roots = self._roots()

    def _roots(self) -> list[int]:
        inner = [False] * len(self.nodes)
        roots: list[int] = []
        for position in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[position]
            if node.operation not in SUM:
                continue
            if not inner[position]:
                # The opposite of a sum is a sum; that of anything else is none.
                if node.operation == "negative" and not self._is_sum(node.operands[0]):
                    continue
                roots.append(position)
            for operand in node.operands:
                inner[operand] = self._may_be_inner(operand)
        return roots[::-1]

    def _is_sum(self, position: int) -> bool:
        return self._may_be_inner(position) and self.nodes[position].operation != "negative"

    def _may_be_inner(self, position: int) -> bool:
        return self.uses[position] == 1 and self.nodes[position].operation in SUM

    def terms(self, root: int) -> list[Signed]:
        """Return the terms of a sum from left to right, each with its sign."""
        found: list[Signed] = []
        stack: list[Signed] = [(root, False)]
        while stack:
            position, negative = stack.pop()
            node = self.nodes[position]
            if position != root and not self._may_be_inner(position):
                found.append((position, negative))
            elif node.operation == "negative":
                stack.append((node.operands[0], not negative))
            else:
                left, right = node.operands
                stack.append((right, negative != (node.operation == "subtract")))
                stack.append((left, negative))
        return found

    def monomial(self, position: int, negative: bool) -> Monomial:
        """Take a term apart as far as its parts have no other use."""
        coefficient: Expr = S.NegativeOne if negative else S.One
        factors: Counter[int] = Counter()
        stack = [(position, 1)]
        while stack:
            place, exponent = stack.pop()
            node = self.nodes[place]
            if node.operation == "constant":
                coefficient *= node.value**exponent
            elif node.operation == "negative" and self._is_open(place):
                coefficient *= S.NegativeOne**exponent
                stack.append((node.operands[0], exponent))
            elif node.operation == "multiply" and self._is_open(place):
                stack.extend((operand, exponent) for operand in node.operands)
            elif node.operation == "integer_power" and node.value > 0:
                factors[node.operands[0]] += exponent * node.value
            else:
                factors[place] += exponent
        if not is_moderate(coefficient):
            sign = S.NegativeOne if negative else S.One
            return Monomial(sign, ((position, 1),), position, negative)
        return Monomial(coefficient, tuple(sorted(factors.items())), position, negative)

    def _is_open(self, position: int) -> bool:
        """Tell whether a product may be taken apart: it is not shared, or it is a power."""
        return self.uses[position] == 1 or self.bases[position] != position

    def _bases(self) -> list[int | None]:
        """Return what each node is a power of, up to a constant factor; None for a constant."""
        bases: list[int | None] = []
        for position, node in enumerate(self.nodes):
            base: int | None = position
            if node.operation == "constant":
                base = None
            elif node.operation == "negative" or (
                node.operation == "integer_power" and node.value > 0
            ):
                base = bases[node.operands[0]]
            elif node.operation == "multiply":
                known = {bases[operand] for operand in node.operands} - {None}
                base = known.pop() if len(known) == 1 else position
            bases.append(base)
        return bases


SUM = frozenset(["add", "subtract", "negative"])


@lru_cache(maxsize=10_000)
def is_moderate(constant: Expr) -> bool:
    """Tell whether a constant is a number other than 0 that is neither huge nor tiny."""
    if constant.is_Rational:
        top, bottom = int(constant.p), int(constant.q)
        return top != 0 and abs(top.bit_length() - bottom.bit_length()) < LIMIT
    if constant is S.NaN or constant.is_infinite:
        return False
    size = float(abs(numeric_constant(constant, working_context(15))))
    return 2.0**-LIMIT < size < 2.0**LIMIT


def product_of(rewriter: Rewriter, monomial: Monomial) -> Signed:
    """Append a term; its sign is left outside where that costs nothing."""
    coefficient = monomial.coefficient
    if monomial.origin is not None and monomial.factors:
        return rewriter.places[monomial.origin], monomial.negative
    powers = [
        (rewriter.term(rewriter.places[base]) ** exponent).position
        for base, exponent in monomial.factors
    ]
    if not powers:
        return rewriter.number(coefficient).position, False
    product = powers[0]
    for power in powers[1:]:
        product = rewriter.builder.add("multiply", product, power)
    if coefficient is S.One or coefficient is S.NegativeOne:
        return product, coefficient is S.NegativeOne
    constant = rewriter.number(coefficient).position
    return rewriter.builder.add("multiply", product, constant), False


def multiplied(rewriter: Rewriter, term: Signed, factor: int) -> Signed:
    """Append the product of a signed term and a node, leaving out a factor 1."""
    position, negative = term
    constant = rewriter.constant(position)
    if constant is S.One or constant is S.NegativeOne:
        return factor, negative != (constant is S.NegativeOne)
    return rewriter.builder.add("multiply", position, factor), negative


def signed_sum(rewriter: Rewriter, terms: Sequence[Signed]) -> Signed:
    """Append a sum; its sign is left outside where all terms are negative."""
    if len(terms) > BLOCK:
        blocks = -(-len(terms) // BLOCK)
        half = (blocks - blocks // 2) * BLOCK
        terms = [signed_sum(rewriter, terms[:half]), signed_sum(rewriter, terms[half:])]
    total, negative = terms[0]
    for position, opposite in terms[1:]:
        if opposite == negative:
            total = rewriter.builder.add("add", total, position)
        else:
            operands = (position, total) if negative else (total, position)
            total, negative = rewriter.builder.add("subtract", *operands), False
    return total, negative


def settled(rewriter: Rewriter, term: Signed) -> int:
    """Append the negation that a sign outside stands for."""
    position, negative = term
    if not negative:
        return position
    return rewriter.builder.add("negative", position)


def is_call(node: Node, names: frozenset[str]) -> bool:
    """Tell whether a node calls one of some functions."""
    return node.operation == "call" and node.value in names
