"""Equality by algebra: a ladder of arguments, each of bounded cost, the cheapest first.

A rung returns how it proved that two sides agree wherever both are defined on the domain, or None.
Whether they are defined there is settled before (`definedness`), and the refuter has looked for
counterexamples.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr

from symnum.derivation.provers.algebra import by_normal_form, by_separation, by_simplifiers
from symnum.derivation.provers.cases import by_cases, by_enumeration, by_fraction, by_residues
from symnum.derivation.provers.constancy import by_derivative
from symnum.derivation.provers.expanding import by_expansion
from symnum.derivation.provers.integrals import by_integration
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.sums import by_induction, by_summation
from symnum.derivation.provers.task import Proof, Task
from symnum.derivation.provers.turns import by_logarithms, by_turns

__all__ = ["LADDER", "prove_equal"]

_MOST_DEPTH = 7
_MOST_OPERATIONS = 2500

# From the cheapest to the dearest.
LADDER: tuple[Callable[[Task], Proof | None], ...] = (
    by_normal_form,
    by_separation,
    by_cases,
    by_logarithms,
    by_turns,
    by_enumeration,
    by_fraction,
    by_residues,
    by_summation,
    by_induction,
    by_derivative,
    by_integration,
    by_simplifiers,
)


def prove_equal(setting: Setting, lhs: Expr, rhs: Expr) -> Proof | None:
    """Prove that two sides agree wherever both are defined on a setting.

    Parameters
    ----------
    setting : Setting
    lhs, rhs : sympy.Expr
        Over the symbols of the setting.

    Returns
    -------
    Proof or None

    Raises
    ------
    CounterexampleError
        A point at which they differ turned up.
    """
    return _climb(Task(setting, lhs, rhs, _climb))


def _climb(task: Task) -> Proof | None:
    if task.lhs == task.rhs:
        return Proof("both sides are the same expression")
    proof = by_expansion(task)
    if proof is not None:
        return proof
    if task.depth > _MOST_DEPTH or sympy.count_ops(task.difference) > _MOST_OPERATIONS:
        return None
    for rung in LADDER:
        proof = rung(task)
        if proof is not None:
            return proof
    return None
