"""One check for each kind of claim: what has to be proved before a step can be issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

from sympy import Expr

from symnum.derivation.chain import facts_of, find_result
from symnum.derivation.claims import (
    Approximation,
    Claim,
    Definition,
    Entrywise,
    Equality,
    LimitClaim,
    PairClaim,
    Refutation,
    RefutedEquality,
    ResultClaim,
    RootClaim,
)
from symnum.derivation.evidence import Evidence
from symnum.derivation.proofs import Proof, prove_with_facts, weakest
from symnum.derivation.records import Record
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box

__all__ = ["Checked", "Context", "check", "check_constant"]


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may look at besides the claim."""

    box: Box
    steps: Sequence[Record]
    used: Sequence[Record]
    lemmas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found."""

    evidence: Evidence
    cached: bool
    using: tuple[int, ...] = ()


def check(claim: Claim, written: Claim, context: Context) -> Checked:
    """Check a claim; an error speaks of the claim as it was written.

    Parameters
    ----------
    claim, written : Claim
        With definitions substituted, and without.
    context : Context

    Returns
    -------
    Checked

    Raises
    ------
    Refuted, Undecided
    """
    try:
        return _check(claim, context)
    except Refuted as verdict:
        place = _place_of(claim, verdict.claim)
        reason = "; ".join(filter(None, [place, verdict.reason]))
        raise Refuted(written, verdict.point, verdict.lhs, verdict.rhs, reason) from None
    except Undecided as verdict:
        place = _place_of(claim, verdict.claim)
        tried = [f"{place}: {attempt}" if place else attempt for attempt in verdict.tried]
        raise Undecided(written, tried, verdict.hint) from None


def _place_of(claim: Claim, part: object) -> str:
    if not isinstance(claim, Entrywise):
        return ""
    return next((f"entry {place}" for place, entry in claim.parts if entry is part), "")


@singledispatch
def _check(claim: Claim, context: Context) -> Checked:
    raise TypeError(f"no check for {type(claim).__name__}")


@_check.register(PairClaim)
def _(claim: PairClaim, context: Context) -> Checked:
    return _checked(_proved(claim, context))


@_check.register(Refutation | RootClaim)
def _(claim: Refutation | RootClaim, context: Context) -> Checked:
    return _checked(_proved(claim, context))


def _checked(proof: Proof) -> Checked:
    return Checked(proof.evidence, proof.cached)


def _proved(claim: Claim, context: Context) -> Proof:
    try:
        return prove_with_facts(claim, context.box, facts_of(context.used), context.lemmas)
    except Refuted as verdict:
        raise Refuted(claim, verdict.point, verdict.lhs, verdict.rhs, verdict.reason) from None
    except Undecided as verdict:
        raise Undecided(claim, verdict.tried, verdict.hint) from None


@_check.register
def _(claim: Entrywise, context: Context) -> Checked:
    proofs = [(place, _proved(part, context)) for place, part in claim.parts]
    evidences = [proof.evidence for _, proof in proofs]
    methods = dict.fromkeys(evidence.method for evidence in evidences)
    details = [("entries", str(len(proofs)))]
    for place, proof in proofs:
        facts = [f"{name} {value}" for name, value in proof.evidence.details]
        details.append((place, ", ".join([proof.evidence.method, *facts])))
    evidence = Evidence(
        weakest(evidence.level for evidence in evidences), "; ".join(methods), tuple(details)
    )
    return Checked(evidence, any(proof.cached for _, proof in proofs))


@_check.register
def _(claim: RefutedEquality, context: Context) -> Checked:
    tried: list[str] = []
    held: Refuted | None = None
    for place, refutation in claim.alternatives:
        try:
            proof = _proved(refutation, context)
        except Refuted as verdict:
            held = verdict
        except Undecided as verdict:
            tried += [f"entry {place}: {attempt}" for attempt in verdict.tried]
        else:
            details = (("entry", place), *proof.evidence.details)
            evidence = Evidence(proof.evidence.level, proof.evidence.method, details)
            return Checked(evidence, proof.cached)
    if tried or held is None:
        raise Undecided(claim, tried, "name a point at which one entry differs visibly")
    raise Refuted(claim, dict(claim.at), reason="the two sides agree in every entry at this point")


@_check.register
def _(claim: Definition, context: Context) -> Checked:
    return Checked(Evidence("exact", "definition", ()), cached=False)


@_check.register
def _(claim: ResultClaim, context: Context) -> Checked:
    using = find_result(claim, context.steps, context.box)
    steps = ", ".join(str(number) for number in using)
    evidence = Evidence("exact", "found among proved steps", (("steps", steps),))
    return Checked(evidence, cached=False, using=using)


def check_constant(claim: Claim, evidence: Evidence) -> Expr:
    """Return the number that a named step proves.

    Parameters
    ----------
    claim : Claim
        With definitions substituted.
    evidence : Evidence

    Returns
    -------
    sympy.Expr
        Without symbols: the enclosed root, or the right side.

    Raises
    ------
    ValueError
        If the claim proves no number.
    """
    if isinstance(claim, RootClaim):
        return evidence.value
    if isinstance(claim, Equality | LimitClaim | Approximation):
        value = claim.sides[1]
        if value.is_number and value.is_finite is not False:
            return value
    raise ValueError(f"name= needs a claim whose right side is a number, got {claim}")
