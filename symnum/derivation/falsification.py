"""Can the checks of a derivation fail? Each step is made false and checked again."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symnum.derivation import provers
from symnum.derivation.chain import owners_of
from symnum.derivation.claims import (
    Claim,
    Definition,
    Entrywise,
    Equality,
    Inequality,
    PairClaim,
    RefutedEquality,
    ResultClaim,
    RootClaim,
)
from symnum.derivation.evidence import Evidence
from symnum.derivation.mutants import Mutant, mutate, sample_points
from symnum.derivation.records import Record
from symnum.derivation.refuter import Violation, judge, value_at
from symnum.derivation.steps import records_of
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box

if TYPE_CHECKING:
    from symnum.derivation.derivation import Derivation

__all__ = ["MutationReport", "StepMutants", "Survivor", "mutation_report"]

_DIGITS = 30
_SAME = 1e-25
_FIRST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that was not refuted.

    Attributes
    ----------
    claim, change : str
        The mutant, and what was changed.
    accepted : bool
        Whether the check proved it; otherwise it could not decide.
    explanation : str
        Why it is no false claim after all; empty if nothing explains it.
    """

    claim: str
    change: str
    accepted: bool
    explanation: str


@dataclass(frozen=True, slots=True)
class StepMutants:
    """What became of the mutants of one step."""

    number: int
    claim: str
    total: int
    refuted: int
    survivors: tuple[Survivor, ...]

    @property
    def unexplained(self) -> tuple[Survivor, ...]:
        """The survivors that nothing explains."""
        return tuple(survivor for survivor in self.survivors if not survivor.explanation)

    def __str__(self) -> str:
        if not self.total:
            return f"step {self.number}: nothing to falsify"
        lines = [f"step {self.number}: {self.refuted} of {self.total} mutants refuted"]
        for survivor in self.survivors:
            verdict = "accepted" if survivor.accepted else "not decided"
            lines.append(f"  {verdict}: {survivor.claim} ({survivor.change})")
            lines.append(f"    {survivor.explanation or 'unexplained'}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What became of the mutants of all steps; printable."""

    steps: tuple[StepMutants, ...]

    @property
    def total(self) -> int:
        """The number of mutants."""
        return sum(step.total for step in self.steps)

    @property
    def refuted(self) -> int:
        """The number of mutants that were refuted."""
        return sum(step.refuted for step in self.steps)

    @property
    def unexplained(self) -> tuple[Survivor, ...]:
        """The survivors of all steps that nothing explains; a sound derivation has none."""
        return tuple(survivor for step in self.steps for survivor in step.unexplained)

    def __str__(self) -> str:
        head = f"{self.refuted} of {self.total} mutants refuted"
        return "\n".join([head, *map(str, self.steps)])


def mutation_report(derivation: Derivation) -> MutationReport:
    """Make each step of a derivation false in several ways and check it again.

    Parameters
    ----------
    derivation : Derivation

    Returns
    -------
    MutationReport
        The same in each run.
    """
    steps, box = records_of(derivation.steps), derivation.domain
    return MutationReport(tuple(_of_step(step, steps[: step.number - 1], box) for step in steps))


def _of_step(step: Record, before: tuple[Record, ...], box: Box) -> StepMutants:
    claim = step.expanded
    if isinstance(claim, PairClaim | Entrywise):
        # As in the proof: conditions on other symbols only make points hard to find.
        box = box.restricted(claim.free_symbols)
    mutants = () if isinstance(claim, Definition) else mutate(claim, box)
    verdicts = [_survivor(mutant, step, before, box) for mutant in mutants]
    survivors = tuple(verdict for verdict in verdicts if verdict is not None)
    refuted = len(mutants) - len(survivors)
    return StepMutants(step.number, str(step.claim), len(mutants), refuted, survivors)


def _survivor(
    mutant: Mutant, step: Record, before: tuple[Record, ...], box: Box
) -> Survivor | None:
    """Return None for a mutant that was refuted."""
    claim = mutant.claim
    if isinstance(claim, ResultClaim):
        if any(owner is None for _, owner in owners_of(claim, before)):
            return None
        return Survivor(str(claim), mutant.change, True, "a formula of another proved step")
    if _fails_at_a_point(claim, box):
        return None
    try:
        evidence = _evidence(claim, box)
    except Refuted:
        return None
    except Undecided:
        if isinstance(claim, RootClaim):
            return None
        return Survivor(str(claim), mutant.change, False, _equivalence(claim, box))
    if isinstance(claim, RootClaim):
        if evidence.value != step.value:
            return None
        return Survivor(str(claim), mutant.change, True, "the changed equation has the same root")
    return Survivor(str(claim), mutant.change, True, _equivalence(claim, box))


def _evidence(claim: Claim, box: Box) -> Evidence:
    """Prove a mutant; a refuted equality of matrices holds as soon as one entry differs."""
    if not isinstance(claim, RefutedEquality):
        return provers.prove(claim, box)
    *others, last = (refutation for _, refutation in claim.alternatives)
    for refutation in others:
        with contextlib.suppress(Refuted):
            return provers.prove(refutation, box)
    return provers.prove(last, box)


def _fails_at_a_point(claim: Claim, box: Box) -> bool:
    """Tell whether the refuter sees a violation at one of a few points; most mutants end here."""
    if not isinstance(claim, Equality | Inequality):
        return False
    relation = "=" if isinstance(claim, Equality) else "<="
    points = sample_points(box, claim.fingerprint())[:_FIRST_POINTS]
    return any(
        isinstance(judge(claim.lhs, claim.rhs, point, relation), Violation) for point in points
    )


def _equivalence(claim: Claim, box: Box) -> str:
    """Explain a mutated equality that holds at all sampled points, such as sin(0) for 0."""
    if not isinstance(claim, Equality):
        return ""
    points = sample_points(box, claim.fingerprint())
    for point in points:
        gap = value_at(claim.lhs - claim.rhs, point, _DIGITS)
        if gap is None or not abs(gap) <= _SAME:
            return ""
    return f"the change alters nothing: both sides agree at {len(points)} points"
