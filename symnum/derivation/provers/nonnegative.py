"""Nonnegativity on a domain: a ladder from algebra over calculus to boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import sympy
from sympy import Expr

from symnum.derivation.provers.calculus import (
    by_common_factor,
    by_concavity,
    by_convexity,
    by_monotony,
)
from symnum.derivation.provers.goal import Goal
from symnum.derivation.provers.jensen import by_jensen
from symnum.derivation.provers.kernels import by_cofactor, by_kernels, by_line, number_verdict
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.shifts import by_shift
from symnum.derivation.provers.task import CounterexampleError, Proof
from symnum.derivation.provers.terms import by_terms
from symnum.derivation.provers.touching import by_touching
from symnum.derivation.provers.transforms import (
    by_cases,
    by_exponential,
    by_floor,
    by_logarithm,
    by_multiplier,
    by_period,
    by_root,
)
from symnum.errors import UnsupportedNodeError
from symnum.expressions.domains import Integers
from symnum.reference.bounds import prove_nonnegative as cover

__all__ = ["Ladder", "prove_nonnegative"]

_MOST_GOALS = 120
_MOST_DEPTH = 6
_MOST_OPERATIONS = 1500
# What one proof may spend at each stage, and one claim in all.
_FIRST_BOXES = 250
_INNER_BOXES = 60
_LAST_BOXES = 1500
_MOST_BOXES = 4000

Rung = Callable[[Goal], Proof | None]


@final
class Ladder:
    """The rungs in order, with a limit on the number of goals that one claim may give rise to.

    Parameters
    ----------
    lemmas : sequence of Rung
        Tried before everything else on the claim itself.
    """

    __slots__ = ("_boxes", "_goals", "_known", "lemmas", "stuck")

    def __init__(self, lemmas: tuple[Rung, ...] = ()) -> None:
        self.lemmas = lemmas
        self.stuck = ""
        self._goals = 0
        self._boxes = 0
        self._known: dict[tuple[Any, ...], Proof | None] = {}

    def climb(self, goal: Goal) -> Proof | None:
        """Return the first proof that a rung finds, None where all fail."""
        self._goals += 1
        too_large = sympy.count_ops(goal.expr) > _MOST_OPERATIONS
        if goal.depth > _MOST_DEPTH or self._goals > _MOST_GOALS or too_large:
            return None
        key = (tuple(goal.setting.domains.items()), goal.setting.facts, goal.expr)
        if key in self._known:
            return self._known[key]
        self._known[key] = None  # a goal that leads back to itself proves nothing
        proof = self._climbed(goal)
        self._known[key] = proof
        return proof

    def _climbed(self, goal: Goal) -> Proof | None:
        budget = _INNER_BOXES if goal.depth else _FIRST_BOXES
        alone = len(goal.expr.free_symbols) == 1

        def boxes(goal: Goal) -> Proof | None:
            return self._by_boxes(goal, budget)

        rungs = [*_ALGEBRA, *((boxes,) if alone else ()), *_TRANSFORMS]
        rungs += [*(() if alone else (boxes,)), *_CALCULUS]
        if goal.depth == 0:
            rungs = [*self.lemmas, *rungs, lambda goal: self._by_boxes(goal, _LAST_BOXES)]
        for rung in rungs:
            proof: Proof | None = rung(goal)
            if proof is not None:
                return proof
        return None

    def _by_boxes(self, goal: Goal, budget: int) -> Proof | None:
        """Cover the domain with boxes on which outward-rounded arithmetic decides."""
        used = {s: d for s, d in goal.setting.domains.items() if s in goal.expr.free_symbols}
        if any(isinstance(domain, Integers) for domain in used.values()) or not used:
            return None
        budget = min(budget, _MOST_BOXES - self._boxes)
        if budget < 1:
            return None
        try:
            where = goal.setting.relations(used)
            report = cover(goal.expr, used, where=where, budget=budget)
        except (UnsupportedNodeError, ValueError):
            return None
        self._boxes += report.boxes
        if report.proved:
            return Proof("branch and bound", (("boxes", str(report.boxes)),), "interval")
        if report.refuted_at is not None and report.reason == "negative" and goal.is_faithful:
            raise CounterexampleError(dict(report.refuted_at))
        if goal.depth == 0 and report.stuck is not None:
            sides = (
                f"{goal.setting.original(symbol)} in [{_short(low)}, {_short(high)}]"
                for symbol, (low, high) in report.stuck.items()
            )
            self.stuck = f"the box that would not close: {', '.join(sides)}"
        return None


def _short(number: Expr) -> str:
    return str(number) if number in (sympy.oo, -sympy.oo) else str(sympy.Float(number, 12))


def prove_nonnegative(
    setting: Setting, expr: Expr, lemmas: tuple[Rung, ...] = ()
) -> tuple[Proof | None, str]:
    """Prove that an expression is nonnegative on a setting.

    Parameters
    ----------
    setting : Setting
    expr : sympy.Expr
        Defined and real on the setting.
    lemmas : sequence of Rung
        Tried first.

    Returns
    -------
    Proof or None
    str
        Where branch and bound got stuck, for the message.

    Raises
    ------
    CounterexampleError
        A point at which the expression is negative turned up.
    """
    ladder = Ladder(lemmas)
    return ladder.climb(Goal(setting, expr, ladder.climb)), ladder.stuck


_ALGEBRA: tuple[Rung, ...] = (number_verdict, by_line, by_terms, by_kernels, by_cases)
_TRANSFORMS: tuple[Rung, ...] = (
    by_floor,
    by_period,
    by_common_factor,
    by_logarithm,
    by_cofactor,
    by_exponential,
    by_root,
    by_multiplier,
    by_shift,
)
_CALCULUS: tuple[Rung, ...] = (
    by_convexity,
    by_monotony,
    by_concavity,
    by_jensen,
    by_touching,
)
