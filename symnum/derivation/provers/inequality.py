"""Inequalities and approximations on a domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy import Expr, Symbol

from symnum.derivation.claims import Approximation, Inequality
from symnum.derivation.evidence import Evidence
from symnum.derivation.provers.binders import tidied
from symnum.derivation.provers.equality import full_point, require_defined
from symnum.derivation.provers.goal import joined
from symnum.derivation.provers.integers import prove_on_integers
from symnum.derivation.provers.lemmas import rungs_of
from symnum.derivation.provers.nonnegative import prove_nonnegative
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import CounterexampleError, Proof
from symnum.derivation.refuter import Survey, Violation, distance, judge, refute
from symnum.errors import Undecided
from symnum.expressions.box import Box
from symnum.expressions.domains import Integers

__all__ = ["prove_approximation", "prove_inequality"]

_HINT = "split the domain where the sides touch, name a lemma with using=, or prove a sharper step"


def prove_inequality(claim: Inequality, box: Box, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove that the left side is at most the right one at every point of a box.

    Parameters
    ----------
    claim : Inequality
    box : symnum.expressions.Box
    lemmas : tuple of str
        Names of lemmas to try first.

    Returns
    -------
    Evidence

    Raises
    ------
    Refuted, Undecided
    """
    survey = refute(claim, box)
    setting, images = Setting.of(box)
    sides = (claim.lhs, claim.rhs)
    require_defined(claim, sides, setting, images, box, strictly_real=True)
    low, high = (tidied(side, images) for side in sides)
    place = _Place(claim, box, images, survey)
    proof = _nonnegative(setting, high - low, lemmas, place, (claim.lhs, claim.rhs))
    return Evidence(proof.level, proof.method, (*proof.details, *survey.details()))


def prove_approximation(claim: Approximation, box: Box, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove that two sides differ by at most a bound at every point of a box.

    Parameters
    ----------
    claim : Approximation
    box : symnum.expressions.Box
    lemmas : tuple of str
        Names of lemmas to try first.

    Returns
    -------
    Evidence

    Raises
    ------
    Refuted, Undecided
    """
    survey = refute(claim, box)
    setting, images = Setting.of(box)
    sides = (claim.lhs, claim.rhs, claim.bound)
    require_defined(claim, sides, setting, images, box, strictly_real=True)
    lhs, rhs, bound = (tidied(side, images) for side in sides)
    place = _Place(claim, box, images, survey)
    pair = (distance(claim.lhs, claim.rhs), claim.bound)
    above = _nonnegative(setting, bound - (lhs - rhs), lemmas, place, pair)
    below = _nonnegative(setting, bound + (lhs - rhs), lemmas, place, pair)
    proof = joined(above.method, [above, below], ("sides", "both signs of the difference"))
    return Evidence(proof.level, proof.method, (*proof.details, *survey.details()))


class _Place:
    """The claim with its box, to turn a point of the setting into a counterexample of the claim."""

    __slots__ = ("box", "claim", "images", "survey")

    def __init__(
        self, claim: object, box: Box, images: Mapping[Symbol, Expr], survey: Survey
    ) -> None:
        self.claim = claim
        self.box = box
        self.images = images
        self.survey = survey

    def refute_at(self, point: Mapping[Symbol, Expr], pair: tuple[Expr, Expr]) -> None:
        """Raise the counterexample if the claim fails at a point of the setting."""
        filled = dict(point)
        place = full_point(filled, self.box, self.images)
        if place is None:
            return
        verdict = judge(*pair, place, "<=")
        if isinstance(verdict, Violation):
            raise verdict.error(self.claim) from None


def _nonnegative(
    setting: Setting,
    expr: Expr,
    lemmas: tuple[str, ...],
    place: _Place,
    pair: tuple[Expr, Expr],
) -> Proof:
    prover: Callable[..., tuple[Proof | None, str]] = prove_nonnegative
    if any(isinstance(domain, Integers) for domain in setting.domains.values()):
        prover = prove_on_integers
    try:
        proof, stuck = prover(setting, expr, rungs_of(lemmas))
    except CounterexampleError as found:
        point = {symbol: domain.midpoint for symbol, domain in setting.domains.items()}
        point.update(found.point)
        place.refute_at(point, pair)
        proof, stuck = None, f"a point near which the claim may fail: {found.point}"
    if proof is not None:
        return proof
    text = str(setting.original(expr))
    survey = place.survey
    tried = [
        f"a counterexample at {survey.random_points} random points and {survey.probes} probes",
        "signs of factors, squares, means, exponentials, derivatives",
        "branch and bound" + (f": {stuck}" if stuck else ""),
        f"what would have to be nonnegative: {text if len(text) < 300 else text[:300] + ' ...'}",
    ]
    raise Undecided(place.claim, tried, _HINT)
