"""What all claims have in common: pieces to print, expressions to change, a fingerprint."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from typing import Any

from sympy import Basic, Expr, Symbol

from symnum.derivation.fingerprints import combine, digest
from symnum.derivation.structures import Coordinated, Listed, Named, Structure, entries
from symnum.derivation.typography import Piece, as_latex, as_text

__all__ = ["Claim", "PairClaim", "Substitution"]

Substitution = Callable[[Expr], Expr]


class Claim(ABC):
    """A statement about expressions over the domain of a derivation."""

    __slots__ = ()

    @abstractmethod
    def pieces(self) -> tuple[Piece, ...]:
        """Return the claim as marks and expressions in reading order."""

    @abstractmethod
    def rebuilt(self, function: Substitution) -> Claim:
        """Return the claim with `function` applied to each of its expressions."""

    @property
    @abstractmethod
    def sides(self) -> tuple[Expr, ...]:
        """The expressions that the claim is about, without points and bounds of it."""

    @property
    def free_symbols(self) -> frozenset[Symbol]:
        """The symbols that need a domain."""
        return frozenset(symbol for side in self.sides for symbol in side.free_symbols)

    def fingerprint(self) -> str:
        """Return a digest of the claim: equal claims have equal ones, in any process."""
        return _fingerprint(self)

    def latex(self) -> str:
        """Return the claim as LaTeX without dollar signs."""
        return as_latex(self.pieces())

    def __str__(self) -> str:
        return as_text(self.pieces())


class PairClaim(Claim):
    """A claim about a left and a right expression."""

    __slots__ = ()

    @abstractmethod
    def phrase(self, left: Structure, right: Structure) -> tuple[Piece, ...]:
        """Return what the claim would say of these two sides, lists and matrices included."""

    @abstractmethod
    def rebuilt(self, function: Substitution) -> PairClaim:
        """Return the claim with `function` applied to each of its expressions."""

    def pieces(self) -> tuple[Piece, ...]:
        """Return the claim as marks and expressions in reading order."""
        return self.phrase(*self.sides)


# A claim that was altered in place has another hash, so that its old digest is not found.
@lru_cache(maxsize=4096)
def _fingerprint(claim: Claim) -> str:
    values = (getattr(claim, field.name) for field in fields(claim))  # type: ignore[arg-type]
    return combine(type(claim).__name__, *(_digest_of_field(value) for value in values))


def _digest_of_field(value: Any) -> str:
    if isinstance(value, Claim):
        return value.fingerprint()
    if isinstance(value, Basic):
        return digest(value)
    if type(value) is tuple:
        return combine("tuple", *(_digest_of_field(entry) for entry in value))
    if isinstance(value, Coordinated):
        return combine("coordinates", value.description, _digest_of_field(value.items))
    if isinstance(value, Listed | Named):
        return combine(type(value).__name__, _digest_of_field(entries(value)))
    return digest(value)
