"""The provers: one entry, `prove`, and a table from kinds of claims to what checks them."""

from __future__ import annotations

from collections.abc import Callable

from symnum.derivation.claims import Claim, Equality
from symnum.derivation.evidence import Evidence
from symnum.derivation.provers.equality import prove_equality
from symnum.expressions.box import Box

__all__ = ["CHECKER_VERSION", "LEMMAS", "prove"]

# Part of the key of every archived certificate: a change here makes all of them void.
CHECKER_VERSION = "1"
LEMMAS: dict[str, str] = {}

_PROVERS: dict[type[Claim], Callable[[Claim, Box, tuple[str, ...]], Evidence]] = {
    Equality: prove_equality,  # type: ignore[dict-item]
}


def prove(claim: Claim, box: Box, *, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove a scalar claim on a box."""
    return _PROVERS[type(claim)](claim, box, lemmas)
