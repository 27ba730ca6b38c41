"""Joint conditions put to use: intervals cut by linear ones, equalities solved for a symbol."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr, Poly, Symbol
from sympy.core.relational import Relational

from symnum.derivation.provers.constants import sign_by_balls
from symnum.derivation.provers.signs import ANY, NEGATIVE, POSITIVE, Signs, sign_of_number
from symnum.expressions.domains import Integers, Interval

__all__ = ["ADMITTED", "Domain", "assumptions", "cut", "ends_as_facts", "narrowed", "solved"]

Domain = Interval | Integers

_INFINITIES = (sympy.oo, -sympy.oo)

# Relation -> signs of lhs - rhs that it admits.
ADMITTED: dict[type, Signs] = {
    sympy.StrictLessThan: frozenset({-1}),
    sympy.LessThan: frozenset({-1, 0}),
    sympy.StrictGreaterThan: frozenset({1}),
    sympy.GreaterThan: frozenset({0, 1}),
    sympy.Unequality: frozenset({-1, 1}),
}


def assumptions(symbol: Symbol, domain: Domain, relations: list[Relational]) -> dict[str, bool]:
    """Return the assumptions of a domain, with zero excluded where a condition says so."""
    facts = domain.assumptions()
    for relation in relations:
        if isinstance(relation, sympy.Unequality) and {relation.lhs, relation.rhs} == {symbol, 0}:
            weak = {"nonnegative": "positive", "nonpositive": "negative"}
            strong = [new for old, new in weak.items() if facts.pop(old, False)]
            facts[strong[0] if strong else "nonzero"] = True
    return facts


def narrowed(
    domains: dict[Symbol, Domain], relations: list[Relational]
) -> tuple[dict[Symbol, Domain], list[Relational]]:
    """Put conditions on one real symbol, linear in it, into its interval."""
    kept = []
    for relation in relations:
        symbols = relation.free_symbols
        gap = relation.lhs - relation.rhs
        symbol = next(iter(symbols)) if len(symbols) == 1 else None
        signs = ADMITTED.get(type(relation), ANY)
        if (
            symbol is None
            or not isinstance(domains[symbol], Interval)
            or signs in (ANY, frozenset({-1, 1}))
            or not gap.is_polynomial(symbol)
            or sympy.degree(gap, symbol) != 1
        ):
            kept.append(relation)
            continue
        shorter = cut({symbol: domains[symbol]}, gap, signs)
        if shorter is not None:
            domains = {**domains, **shorter}
    return domains, kept


def cut(domains: Mapping[Symbol, Domain], expr: Expr, signs: Signs) -> dict[Symbol, Domain] | None:
    """Narrow the interval of the only symbol of a linear expression to where it has some signs."""
    result = dict(domains)
    symbols = [symbol for symbol in domains if symbol in expr.free_symbols]
    if len(symbols) != 1 or signs == frozenset({-1, 1}):
        return result
    symbol = symbols[0]
    domain = domains[symbol]
    if not isinstance(domain, Interval) or not expr.is_polynomial(symbol):
        return result
    poly = Poly(expr, symbol)
    if poly.degree() != 1 or poly.free_symbols_in_domain:
        return result
    slope, offset = poly.all_coeffs()
    root, rising = -offset / slope, sign_by_balls(slope)
    if len(rising) != 1:
        return result
    sides = frozenset(next(iter(rising)) * sign for sign in signs)
    low, high = domain.low, domain.high
    left_open, right_open = domain.left_open, domain.right_open
    if -1 not in sides and sign_of_number(root - low) <= {0, 1} and low != root:
        low, left_open = root, 0 not in sides
    elif -1 not in sides and 0 not in sides and low == root:
        left_open = True
    if 1 not in sides and sign_of_number(high - root) <= {0, 1} and high != root:
        high, right_open = root, 0 not in sides
    elif 1 not in sides and 0 not in sides and high == root:
        right_open = True
    try:
        result[symbol] = Interval(low, high, bool(left_open), bool(right_open))
    except ValueError:
        return None
    return result


def solved(
    relation: Relational, domains: Mapping[Symbol, Domain], replaced: Mapping[Symbol, Expr]
) -> tuple[Symbol, Expr] | None:
    """Return a symbol of an equality and what it is, by a linear equation with constant slope."""
    gap = (relation.lhs - relation.rhs).subs(replaced)
    for symbol in reversed(tuple(domains)):
        if symbol in replaced or symbol not in gap.free_symbols or not gap.is_polynomial(symbol):
            continue
        poly = Poly(gap, symbol)
        if poly.degree() == 1:
            slope, offset = poly.all_coeffs()
            if not slope.free_symbols:
                return symbol, sympy.expand(-offset / slope)
    return None


def ends_as_facts(value: Expr, domain: Domain) -> list[tuple[Expr, Signs]]:
    """Return what the ends of the domain of a replaced symbol say about its value."""
    facts = []
    if domain.low not in _INFINITIES:
        facts.append((value - domain.low, POSITIVE if domain.left_open else frozenset({0, 1})))
    if domain.high not in _INFINITIES:
        facts.append((value - domain.high, NEGATIVE if domain.right_open else frozenset({-1, 0})))
    return facts
