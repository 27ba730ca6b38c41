"""Polynomials by Horner's scheme, where that takes fewer operations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from symnum.compiler.passes.contraction import contract
from symnum.compiler.passes.powers import addition_chain, share_powers
from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.passes.sums import (
    Monomial,
    Signed,
    Sums,
    multiplied,
    product_of,
    settled,
    signed_sum,
)
from symnum.compiler.program import Node, Program

__all__ = ["nest_polynomials"]

# Coefficients are polynomials in other nodes, their coefficients again, up to this depth.
DEEPEST = 12

# With more polynomials in one variable than this, all of them or none are nested.
MOST_CHOICES = 16


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Some terms of a sum as a polynomial in one node.

    Parameters
    ----------
    base : int
        The position of the node.
    groups : dict of int to tuple of Monomial
        The terms by their exponent, which is positive, whole.
    holds_start : bool
        Whether the sum has terms that are no products, to which the first product is added in one
        operation, and all of them are in the polynomial.
    """

    base: int
    groups: dict[int, tuple[Monomial, ...]]
    holds_start: bool

    @property
    def exponents(self) -> frozenset[int]:
        """The powers that the terms need as they stand."""
        return frozenset(self.groups) - {1}

    @property
    def steps(self) -> frozenset[int]:
        """The powers that Horner's scheme multiplies by: the gaps between the exponents."""
        return frozenset(self._gaps) - {1}

    @property
    def _gaps(self) -> list[int]:
        return [high - low for low, high in pairwise([0, *sorted(self.groups)])]

    @property
    def first_gap(self) -> int:
        """What the leading coefficient is multiplied by, if it occurs once; else 0."""
        *others, gap = self._gaps
        return 0 if gap in others else gap

    @property
    def is_monic(self) -> bool:
        """Whether the leading term is a power by itself."""
        leading = self.groups[max(self.groups)]
        return len(leading) == 1 and leading[0].parts == 1

    @property
    def fewer_products(self) -> int:
        """How many products of coefficients the scheme saves; one fused with a sum is free."""
        as_terms = sum(max(1, term.parts - 1) for group in self.groups.values() for term in group)
        nested = len(self.groups)
        for group in self.groups.values():
            sizes = sorted((max(1, term.parts - 1) for term in group), reverse=True)
            # One coefficient is what the product of the step before it is fused with.
            nested += sum(max(1, size - 1) for size in sizes[1:]) + sizes[0] - 1
        return as_terms - nested - self.holds_start


def nest_polynomials(program: Program) -> Program:
    """Write polynomials as nested products: c + x (b + x a) for c + b x + a x**2.

    Law: the terms are the same, grouped by powers of one node. Terms without that node are added
    at the end. Gaps between exponents become powers, so an even polynomial is one in x**2. The
    coefficients may be other nodes; sums among them are nested in their turn. A polynomial stays
    as it is where its powers are needed elsewhere and nesting saves nothing, and so does a program
    that would not become shorter. The error is that of
    the sum of the terms: each is rounded no more often than as a product of its own.

    Parameters
    ----------
    program : Program
        Any program.
    """
    choice = _Choice(program)
    plans = choice.plans()
    if not plans:
        return program

    def nest(rewriter: Rewriter, node: Node) -> int | None:
        plan = plans.get(rewriter.position)
        if plan is None:
            return None
        terms = choice.terms[rewriter.position]
        return settled(rewriter, _nested_sum(rewriter, terms, plan, DEEPEST))

    nested = rewrite(program, nest)
    return nested if _operations(nested) < _operations(program) else program


def _operations(program: Program) -> int:
    """Count the operations in the end, a product fused with an addition being one."""
    final = contract(share_powers(program))
    return sum(1 for node in final.nodes if node.operands)


class _Choice:
    """Which polynomials of a program are nested."""

    def __init__(self, program: Program) -> None:
        self.program = program
        sums = Sums(program)
        self.terms: dict[int, list[Monomial]] = {}
        self.found: dict[int, list[Polynomial]] = {}
        for root in sums.roots:
            terms = [sums.monomial(position, negative) for position, negative in sums.terms(root)]
            polynomials = _polynomials(terms)
            if polynomials:
                self.terms[root], self.found[root] = terms, polynomials

    def plans(self) -> dict[int, list[Polynomial]]:
        """Return the polynomials to nest in each sum, decided for all uses of a node together."""
        elsewhere = self._powers_elsewhere()
        by_base: dict[int, list[tuple[int, Polynomial]]] = defaultdict(list)
        for root, polynomials in self.found.items():
            for polynomial in polynomials:
                by_base[polynomial.base].append((root, polynomial))
        plans: dict[int, list[Polynomial]] = defaultdict(list)
        for base, uses in by_base.items():
            for root, polynomial in _worth_nesting(uses, elsewhere[base]):
                plans[root].append(polynomial)
        return plans

    def _powers_elsewhere(self) -> dict[int, set[int]]:
        """Return the powers of each node that are needed outside of the polynomials."""
        nodes = self.program.nodes
        alive: set[int | None] = set(self.program.outputs)
        powers: dict[int, set[int]] = defaultdict(set)
        for position in range(len(nodes) - 1, -1, -1):
            if position not in alive:
                continue
            node = nodes[position]
            if node.operation == "integer_power":
                powers[node.operands[0]].add(abs(node.value))
            if position not in self.found:
                alive.update(node.operands)
                continue
            nested = {polynomial.base for polynomial in self.found[position]}
            for term in self.terms[position]:
                if not any(base in nested for base, _ in term.factors):
                    alive.add(term.origin)
                    continue
                for base, exponent in term.factors:
                    alive.add(base)
                    if base not in nested and exponent > 1:
                        powers[base].add(exponent)
        return powers


def _polynomials(terms: Sequence[Monomial]) -> list[Polynomial]:
    """Give each term to one polynomial, the most profitable ones first."""
    by_base: dict[int, list[Monomial]] = defaultdict(list)
    for term in terms:
        for base, _ in term.factors:
            by_base[base].append(term)
    starts = sum(map(_is_plain, terms))
    candidates = []
    for base, members in by_base.items():
        polynomial = _polynomial(base, members, starts)
        if polynomial is not None:
            candidates.append((-_gain([polynomial], frozenset()), -len(members), base, polynomial))
    chosen: list[Polynomial] = []
    taken: set[int] = set()
    for _, _, base, polynomial in sorted(candidates, key=lambda entry: entry[:3]):
        members = [term for term in by_base[base] if id(term) not in taken]
        left: Polynomial | None = polynomial
        if len(members) < len(by_base[base]):
            left = _polynomial(base, members, starts)
        if left is not None:
            chosen.append(left)
            taken.update(map(id, members))
    return chosen


def _is_plain(term: Monomial) -> bool:
    return not term.factors or (term.parts == 1 and term.factors[0][1] == 1)


def _polynomial(base: int, terms: Sequence[Monomial], starts: int) -> Polynomial | None:
    """Return the polynomial of some terms in a node, if nesting it by itself saves operations."""
    if len(terms) < 2:
        return None
    groups: dict[int, list[Monomial]] = defaultdict(list)
    for term in terms:
        groups[term.exponent(base)].append(term)
    if max(groups) < 2:
        return None
    holds_start = 0 < starts == sum(map(_is_plain, terms))
    whole = {exponent: tuple(group) for exponent, group in groups.items()}
    polynomial = Polynomial(base, whole, holds_start)
    return polynomial if _gain([polynomial], frozenset()) > 0 else None


def _gain(polynomials: Sequence[Polynomial], elsewhere: frozenset[int]) -> int:
    """Return how many operations nesting saves, the powers needed elsewhere being there anyway."""
    terms = Counter(elsewhere)
    steps = Counter(elsewhere)
    saved = 0
    for polynomial in polynomials:
        terms.update(polynomial.exponents)
        steps.update(polynomial.steps)
        saved += polynomial.fewer_products
    for polynomial in polynomials:
        if polynomial.is_monic:
            # A power that is used once is fused with the sum that it is added to.
            highest, gap = max(polynomial.groups), polynomial.first_gap
            saved += (gap > 1 and steps[gap] == 1) - (terms[highest] == 1)
    return saved + _chain_length(frozenset(terms)) - _chain_length(frozenset(steps))


@lru_cache(maxsize=10_000)
def _chain_length(exponents: frozenset[int]) -> int:
    return len(addition_chain(sorted(exponents)))


def _worth_nesting(
    uses: Sequence[tuple[int, Polynomial]], elsewhere: Iterable[int]
) -> list[tuple[int, Polynomial]]:
    """Choose among the polynomials in one node: all, none, or those that gain one by one."""
    outside = frozenset(elsewhere)
    if _gain([polynomial for _, polynomial in uses], outside) > 0:
        return list(uses)
    chosen: list[tuple[int, Polynomial]] = []
    if 1 < len(uses) <= MOST_CHOICES:
        for index, (root, polynomial) in enumerate(uses):
            others = outside.union(
                *(other.exponents for place, (_, other) in enumerate(uses) if place != index)
            )
            if _gain([polynomial], others) > 0:
                chosen.append((root, polynomial))
    return chosen


def _nested_sum(
    rewriter: Rewriter, terms: Sequence[Monomial], plan: Sequence[Polynomial], depth: int
) -> Signed:
    """Append a sum, some of its terms as polynomials."""
    groups = (group for polynomial in plan for group in polynomial.groups.values())
    taken = {id(term) for group in groups for term in group}
    parts = [product_of(rewriter, term) for term in terms if id(term) not in taken]
    parts.extend(_nested(rewriter, polynomial, depth) for polynomial in plan)
    return signed_sum(rewriter, parts)


def _nested(rewriter: Rewriter, polynomial: Polynomial, depth: int) -> Signed:
    """Append a polynomial by Horner's scheme."""
    variable = rewriter.term(rewriter.places[polynomial.base])
    exponents = sorted(polynomial.groups, reverse=True)
    total = _coefficient(rewriter, polynomial, exponents[0], depth)
    for exponent, below in zip(exponents, [*exponents[1:], 0], strict=True):
        power = variable ** (exponent - below)
        total = multiplied(rewriter, total, power.position)
        if below:
            coefficient = _coefficient(rewriter, polynomial, below, depth)
            total = signed_sum(rewriter, (coefficient, total))
    return total


def _coefficient(rewriter: Rewriter, polynomial: Polynomial, exponent: int, depth: int) -> Signed:
    """Append the coefficient of one power, itself a sum of nested polynomials."""
    terms = [term.without(polynomial.base) for term in polynomial.groups[exponent]]
    plan = _polynomials(terms) if depth > 0 and len(terms) > 1 else ()
    return _nested_sum(rewriter, terms, plan, depth - 1)
