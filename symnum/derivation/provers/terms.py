"""Sums whose terms are nonnegative as they are written: squares, roots, exponentials, moduli."""

from __future__ import annotations

import sympy
from sympy import Expr

from symnum.derivation.provers.goal import Goal
from symnum.derivation.provers.task import Proof

__all__ = ["by_terms"]


def by_terms(goal: Goal) -> Proof | None:
    """Prove a sum of even powers and other nonnegative terms, without expanding it."""
    expr = goal.expr
    terms = sympy.Add.make_args(expr)
    if expr.has(sympy.I) or not all(_is_nonnegative(term) for term in terms):
        return None
    squares = sum(_is_square(term) for term in terms)
    row = ("terms", f"{len(terms)}, of which {squares} are even powers")
    return Proof("sum of nonnegative terms", (row,))


def _is_nonnegative(term: Expr) -> bool:
    """Tell whether a term, real on the domain, is nonnegative by its outermost function."""
    if _is_square(term) or isinstance(term, sympy.exp | sympy.Abs | sympy.cosh):
        return True
    if isinstance(term, sympy.Mul):
        return all(_is_nonnegative(factor) for factor in term.args)
    if isinstance(term, sympy.Pow) and term.exp.is_Rational and term.exp.q % 2 == 0:
        return True  # a principal root that is real
    if isinstance(term, sympy.Pow) and term.exp.is_Integer:
        return _is_nonnegative(term.base)
    return bool((term.is_Rational or term.is_Symbol) and term.is_nonnegative)


def _is_square(term: Expr) -> bool:
    return bool(isinstance(term, sympy.Pow) and term.exp.is_Integer and term.exp % 2 == 0)
