"""Equality of two sides on a domain: refuter, definedness, algebra, points as a last resort."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Symbol

from symnum.derivation.claims import Equality
from symnum.derivation.evidence import Evidence
from symnum.derivation.provers.binders import tidied
from symnum.derivation.provers.definedness import Flaw, check_defined
from symnum.derivation.provers.expanding import points_off, rational_identity
from symnum.derivation.provers.identity import prove_by_points
from symnum.derivation.provers.ladder import prove_equal
from symnum.derivation.provers.scrutiny import apart
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import CounterexampleError, Proof, Task
from symnum.derivation.refuter import Survey, Violation, allows_complex, judge, refute
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box

__all__ = ["full_point", "prove_equality", "require_defined"]


def prove_equality(claim: Equality, box: Box, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove that two sides are equal at every point of a box.

    Parameters
    ----------
    claim : Equality
    box : symnum.expressions.Box
    lemmas : tuple of str
        Not needed here.

    Returns
    -------
    Evidence

    Raises
    ------
    Refuted, Undecided
    """
    evidence = _by_expansion(claim, box)
    if evidence is not None:
        return evidence
    survey = refute(claim, box)
    setting, images = Setting.of(box)
    needs_real = not allows_complex(claim.lhs, claim.rhs)
    require_defined(claim, (claim.lhs, claim.rhs), setting, images, box, needs_real=needs_real)
    lhs, rhs = tidied(claim.lhs, images), tidied(claim.rhs, images)
    task = Task(setting, lhs, rhs, lambda _: None)
    proof = _proved(task, claim, box, images)
    if proof is None:
        proof = prove_by_points(task, survey, claim, box)
    if proof is None:
        raise Undecided(claim, _tried(task, survey), _HINT)
    return Evidence(proof.level, proof.method, (*proof.details, *survey.details()))


_HINT = (
    "split the domain at the break points, state an intermediate step, or give the side that "
    "SymPy cannot simplify in another form"
)


def _by_expansion(claim: Equality, box: Box) -> Evidence | None:
    """Decide an equality of rational functions, also in exponentials, without looking at points."""
    identity = rational_identity(claim.lhs, claim.rhs, total=True)
    if identity is None:
        return None
    for point in points_off(identity, box, claim.fingerprint() + box.fingerprint):
        verdict = judge(claim.lhs, claim.rhs, point)
        if isinstance(verdict, Violation):
            raise verdict.error(claim)
    proof = identity.proof
    if proof is None:
        return None
    setting, images = Setting.of(box)
    if check_defined((claim.lhs, claim.rhs), setting, images):
        return None
    return Evidence(proof.level, proof.method, proof.details)


def _proved(task: Task, claim: Equality, box: Box, images: Mapping[Symbol, Expr]) -> Proof | None:
    try:
        return prove_equal(task.setting, task.lhs, task.rhs)
    except CounterexampleError as found:
        point = full_point(found.point, box, images)
        if point is not None:
            verdict = judge(claim.lhs, claim.rhs, point)
            if isinstance(verdict, Violation):
                raise verdict.error(claim) from None
            if apart(claim.lhs, claim.rhs, point):
                raise Refuted(claim, point, reason="the sides differ, if only by little") from None
        tried = [f"a point at which algebra, but no value, tells the sides apart: {found.point}"]
        raise Undecided(claim, tried, _HINT) from None


def full_point(
    point: Mapping[Symbol, Expr], box: Box, images: Mapping[Symbol, Expr]
) -> dict[Symbol, Expr] | None:
    """Return a point of a setting as a point of the box, None where it is not one.

    Parameters
    ----------
    point : mapping from sympy.Symbol to sympy.Expr
        Over the symbols of the setting.
    box : symnum.expressions.Box
    images : mapping from sympy.Symbol to sympy.Expr

    Returns
    -------
    dict from sympy.Symbol to sympy.Expr, or None
    """
    place = {symbol: images[symbol].subs(dict(point)) for symbol in box.symbols}
    if any(value.free_symbols for value in place.values()):
        return None
    return place if not place or box.contains(place) else None


def require_defined(
    claim: object,
    sides: tuple[Expr, ...],
    setting: Setting,
    images: Mapping[Symbol, Expr],
    box: Box,
    *,
    needs_real: bool = True,
    strictly_real: bool = False,
) -> None:
    """Raise unless every side is defined, and real where that is needed, on the whole domain.

    Parameters
    ----------
    claim : object
        For the exception.
    sides : tuple of sympy.Expr
        As written.
    setting : Setting
    images : mapping from sympy.Symbol to sympy.Expr
    box : symnum.expressions.Box
    needs_real : bool
        Whether values off the real line violate the claim.
    strictly_real : bool
        Whether every part has to be real, not only the values that were looked at.

    Raises
    ------
    Refuted
        A pole or branch point inside the domain.
    Undecided
        A node of which it is open whether it is defined everywhere.
    """
    for flaw in check_defined(sides, setting, images):
        if flaw.only_real and not needs_real:
            continue
        _raise_if_real_flaw(claim, sides, flaw, box, images)
        if flaw.only_real and strictly_real:
            tried = [f"to show that {flaw.requirement.node} is real on the whole domain"]
            raise Undecided(claim, tried, "narrow the domain")


def _raise_if_real_flaw(
    claim: object,
    sides: tuple[Expr, ...],
    flaw: Flaw,
    box: Box,
    images: Mapping[Symbol, Expr],
) -> None:
    node = flaw.requirement.node
    for found in flaw.points:
        point = full_point(found, box, images)
        if point is None:
            continue
        if not flaw.only_real:
            reason = f"{node} is not defined there" + (f": {flaw.about}" if flaw.about else "")
            raise Refuted(claim, point, reason=reason)
        for side in sides:
            verdict = judge(side, side, point)
            if isinstance(verdict, Violation):
                raise verdict.error(claim)
    if flaw.only_real and flaw.points:
        return  # the node is complex at places where both sides were seen to be real
    what = "real" if flaw.only_real else "defined"
    tried = [f"to show that {node} is {what} on the whole domain"]
    raise Undecided(claim, tried, "narrow the domain, or add a condition with where=")


def _tried(task: Task, survey: Survey) -> list[str]:
    gap = task.setting.original(task.difference)
    text = str(gap)
    return [
        f"a counterexample at {survey.random_points} random points and {survey.probes} probes",
        "normal form, case splits, derivatives and the simplifiers of SymPy",
        f"the difference that would not vanish: {text if len(text) < 300 else text[:300] + ' ...'}",
    ]
