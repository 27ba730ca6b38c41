"""Sums that are multiples of each other are computed once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sympy import Expr, S

from symnum.compiler.passes.rewriting import Rewriter, rewrite
from symnum.compiler.passes.sums import Monomial, Sums
from symnum.compiler.program import Node, Program

__all__ = ["share_multiples"]

# The sums and their ratio must be computable in every format without overflow of one alone.
LARGEST_RATIO = S(2) ** 30

Factors = tuple[tuple[int, int], ...]


def share_multiples(program: Program) -> Program:
    """Replace a sum that is an exact multiple of one before it by a product.

    Law: c a + c b = c (a + b). It arises where a number has been multiplied into one of two equal
    sums. The value has one rounding more than the sum, relative to the result.

    Parameters
    ----------
    program : Program
        Any program.
    """
    ratios = _ratios(program)
    if not ratios:
        return program

    def replace(rewriter: Rewriter, node: Node) -> int | None:
        found = ratios.get(rewriter.position)
        if found is None:
            return None
        base, ratio = found
        value = rewriter.term(rewriter.places[base])
        if ratio is S.One:
            return value.position
        return (-value if ratio is S.NegativeOne else value * rewriter.number(ratio)).position

    return rewrite(program, replace)


def _ratios(program: Program) -> dict[int, tuple[int, Expr]]:
    """Return for each sum that is a multiple of an earlier one that one and the ratio."""
    sums = Sums(program)
    by_factors: dict[frozenset[Factors], list[tuple[int, dict[Factors, Expr]]]] = defaultdict(list)
    for root in sums.roots:
        terms = [sums.monomial(position, negative) for position, negative in sums.terms(root)]
        coefficients = _coefficients(terms)
        if coefficients is not None:
            by_factors[frozenset(coefficients)].append((root, coefficients))
    found: dict[int, tuple[int, Expr]] = {}
    for alike in by_factors.values():
        bases: list[tuple[int, dict[Factors, Expr]]] = []
        for root, coefficients in alike:
            for base, others in bases:
                ratio = _ratio(coefficients, others)
                if ratio is not None:
                    found[root] = base, ratio
                    break
            else:
                if len(bases) < MOST_BASES:
                    bases.append((root, coefficients))
    return found


# Of sums of the same nodes with other coefficients, this many are compared with.
MOST_BASES = 8


def _coefficients(terms: Sequence[Monomial]) -> dict[Factors, Expr] | None:
    """Return the rational coefficient of each product of nodes, None where there are others."""
    if len(terms) < 2 or not all(term.coefficient.is_Rational for term in terms):
        return None
    coefficients = {term.factors: term.coefficient for term in terms}
    return coefficients if len(coefficients) == len(terms) else None


def _ratio(left: dict[Factors, Expr], right: dict[Factors, Expr]) -> Expr | None:
    first = next(iter(left))
    ratio = left[first] / right[first]
    if not 1 / LARGEST_RATIO <= abs(ratio) <= LARGEST_RATIO:
        return None
    if all(left[factors] == ratio * right[factors] for factors in left):
        return ratio
    return None
