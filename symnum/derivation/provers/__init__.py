"""The provers: one entry, `prove`, and a table from kinds of claims to what checks them."""

from __future__ import annotations

from collections.abc import Callable

from symnum.derivation.claims import (
    Approximation,
    Claim,
    Equality,
    Inequality,
    LimitClaim,
    Refutation,
    RootClaim,
    SeriesClaim,
)
from symnum.derivation.evidence import Evidence
from symnum.derivation.provers.equality import prove_equality
from symnum.derivation.provers.inequality import prove_approximation, prove_inequality
from symnum.derivation.provers.lemmas import LEMMAS
from symnum.derivation.provers.limits import prove_limit
from symnum.derivation.provers.refutation import prove_refutation
from symnum.derivation.provers.roots import prove_root
from symnum.derivation.provers.series import prove_series
from symnum.expressions.box import Box

__all__ = ["CHECKER_VERSION", "LEMMAS", "prove"]

# Part of the key of every archived certificate: a change here makes all of them void.
CHECKER_VERSION = "2"

_PROVERS: dict[type[Claim], Callable[[Claim, Box, tuple[str, ...]], Evidence]] = {
    Approximation: prove_approximation,  # type: ignore[dict-item]
    Equality: prove_equality,  # type: ignore[dict-item]
    Inequality: prove_inequality,  # type: ignore[dict-item]
    LimitClaim: prove_limit,  # type: ignore[dict-item]
    Refutation: prove_refutation,  # type: ignore[dict-item]
    RootClaim: prove_root,  # type: ignore[dict-item]
    SeriesClaim: prove_series,  # type: ignore[dict-item]
}


def prove(claim: Claim, box: Box, *, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove a scalar claim on a box."""
    return _PROVERS[type(claim)](claim, box, lemmas)
