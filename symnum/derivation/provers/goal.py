"""What the rungs for inequalities share: an expression that is to be proved nonnegative."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import final

from sympy import Expr

from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import CounterexampleError, Proof

__all__ = ["Goal", "joined", "named"]

_LEVELS = ("exact", "interval", "identity", "statistical")


@final
@dataclass(frozen=True, slots=True)
class Goal:
    """An expression that is to be proved nonnegative on a setting.

    Attributes
    ----------
    setting : Setting
    expr : sympy.Expr
        Defined and real on the setting.
    prover : callable
        The whole ladder, for the smaller goals that a rung makes.
    depth : int
        How many rungs led here.
    is_faithful : bool
        Whether a counterexample to this goal is one to the claim.
    """

    setting: Setting
    expr: Expr
    prover: Callable[[Goal], Proof | None]
    depth: int = 0
    is_faithful: bool = True

    def prove(self, setting: Setting, expr: Expr) -> Proof | None:
        """Climb the ladder for a goal that is enough; its failure means nothing."""
        try:
            return self.prover(Goal(setting, expr, self.prover, self.depth + 1, False))
        except CounterexampleError:
            return None

    def prove_part(self, setting: Setting, expr: Expr) -> Proof | None:
        """Climb the ladder for a part of the domain; a counterexample there is one here."""
        return self.prover(Goal(setting, expr, self.prover, self.depth + 1, self.is_faithful))

    def is_nonnegative(self, expr: Expr) -> Proof | None:
        """Prove another expression nonnegative on the same setting."""
        return self.prove(self.setting, expr)


def joined(method: str, parts: Iterable[Proof], *details: tuple[str, str]) -> Proof:
    """Return the proof that rests on some others; its level is the weakest of theirs.

    Parameters
    ----------
    method : str
    parts : iterable of Proof
    *details : (str, str)

    Returns
    -------
    Proof
    """
    pieces = list(parts)
    level = _LEVELS[max((_LEVELS.index(part.level) for part in pieces), default=0)]
    methods = dict.fromkeys(part.method for part in pieces)
    rows = (*details, *((("premises", "; ".join(methods)),) if methods else ()))
    boxes = [value for part in pieces for name, value in part.details if name == "boxes"]
    if boxes:
        rows = (*rows, ("boxes", str(sum(int(count) for count in boxes))))
    return Proof(method, rows, level)


def named(proof: Proof | None, lemma: str) -> Proof | None:
    """Return a proof with the lemma that it rests on among its details."""
    if proof is None:
        return None
    return Proof(proof.method, (("lemma", lemma), *proof.details), proof.level)
