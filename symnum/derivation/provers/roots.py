"""Roots of equations: interval Newton around a place, with a proof that the root is alone."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr, Rational

from symnum.derivation.claims import RootClaim
from symnum.derivation.evidence import Evidence
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box
from symnum.reference import RootEnclosure, isolate_roots

__all__ = ["prove_root"]

DIGITS = 30
# Neighbourhoods from 2^-12 to 2 times max(1, |near|).
_SMALLEST, _LARGEST = -12, 1
_BUDGET = 2_000
_SHOWN = 20


def prove_root(claim: RootClaim, box: Box, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove that an equation has exactly one root in a neighbourhood of a place.

    Parameters
    ----------
    claim : RootClaim
    box : symnum.expressions.Box
        The domain of the unknown bounds the neighbourhood.
    lemmas : tuple of str
        Not needed here.

    Returns
    -------
    Evidence
        Its value is the root: exact where it is rational, else with at least 30 digits.

    Raises
    ------
    Refuted
        There is no root in the largest neighbourhood.
    Undecided
        Roots could not be told apart.
    """
    digits = max(DIGITS, claim.digits)
    tried: list[str] = []
    for low, high in _neighbourhoods(claim, box):
        found = isolate_roots(
            claim.equation, claim.unknown, low, high, budget=_BUDGET, digits=digits
        )
        place = f"[{sympy.N(low, 6)}, {sympy.N(high, 6)}]"
        if not found.complete:
            tried.append(f"interval Newton on {place}, which leaves boxes undecided")
        elif len(found.roots) == 1:
            return _evidence(found.roots[0], digits, place)
        else:
            tried.append(f"interval Newton on {place}, which has {len(found.roots)} roots")
    if tried and tried[-1].endswith("has 0 roots"):
        point = {claim.unknown: claim.near}
        raise Refuted(claim, point, reason=f"there is no root: {tried[-1]}")
    raise Undecided(claim, tried, "a place nearer to the root, or a domain of the unknown")


def _neighbourhoods(claim: RootClaim, box: Box) -> Iterator[tuple[Expr, Expr]]:
    near = Rational(sympy.N(claim.near, 20))
    domain = box.get(claim.unknown, None)
    for exponent in range(_SMALLEST, _LARGEST + 1):
        radius = Rational(2) ** exponent * max(Rational(1), abs(near))
        low, high = near - radius, near + radius
        if domain is not None:
            low, high = sympy.Max(low, domain.low), sympy.Min(high, domain.high)
        if low < high:
            yield low, high


def _evidence(root: RootEnclosure, digits: int, place: str) -> Evidence:
    if root.lower == root.upper:
        return Evidence(
            "exact",
            "a rational root, alone by interval Newton",
            (("alone in", place),),
            root.lower,
        )
    middle = (root.lower + root.upper) / 2
    radius = sympy.N(root.upper - root.lower, 2)
    details = (
        ("alone in", place),
        ("enclosure", f"{sympy.N(middle, _SHOWN)}, width {radius}"),
        ("Newton steps", str(root.steps)),
    )
    return Evidence("interval", "interval Newton", details, sympy.N(middle, digits + 2))
