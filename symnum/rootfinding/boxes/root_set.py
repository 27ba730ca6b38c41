"""The answer to a search for all roots: what is proved of each, and what is left open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symnum.rootfinding.boxes.singular import exact_point
from symnum.rootfinding.boxes.zero_isolation import hull_of
from symnum.rootfinding.certificates import RootCertificate, certificate_of
from symnum.rootfinding.scalar.confirmation import confirm
from symnum.rootfinding.scalar_functions import scalar_function
from symnum.rootfinding.systems.balls import ball_system
from symnum.rootfinding.systems.certificates import SystemCertificate, system_certificate_of
from symnum.rootfinding.systems.krawczyk_operator import enclose_near

__all__ = ["POSSIBLE", "PROVED", "RootSet"]

PROVED = "proved"
POSSIBLE = "possible"

#: How many roots a message lists.
LISTED = 8


@dataclass(frozen=True, slots=True)
class RootSet:
    """All roots in a closed box.

    Attributes
    ----------
    roots : tuple
        Floats in increasing order, each the double nearest to its root; complex numbers, by real
        and then imaginary part; or, for several unknowns, points of n floats in the order of the
        sides of the box.
    statuses : tuple of str
        ``"proved"``: there is exactly one root in the enclosure; ``"possible"``: a place where
        neither a root nor its absence could be proved.
    multiplicities : tuple of (int or None)
        Of the roots, where known.
    enclosures : tuple
        The exact ends ``(low, high)`` of an interval around each root; n such pairs for several
        unknowns, and those of real and imaginary part for a complex root.
    unresolved : tuple
        Parts of the box about which nothing could be decided, written as the enclosures are.
    complete : bool
        Whether every root is proved and nothing is unresolved: then there are no other roots, and
        an empty answer is a proof that there is none.
    equation, unknown : str
        For messages.
    boxes : int
        How many boxes were looked at; 0 where none was needed.
    functions, unknowns : tuple
        The equations and their variables, as they are evaluated.
    real : bool
        Whether the roots are real.
    proved_functions : tuple of Expr
        Numerators and factors of the equations that the proofs are about, where they are others.
    """

    roots: tuple[Any, ...]
    statuses: tuple[str, ...]
    multiplicities: tuple[int | None, ...]
    enclosures: tuple[Any, ...]
    unresolved: tuple[Any, ...]
    complete: bool
    equation: str
    unknown: str
    boxes: int = 0
    functions: tuple[sp.Expr, ...] = field(default=(), repr=False)
    unknowns: tuple[sp.Symbol, ...] = field(default=(), repr=False)
    real: bool = field(default=True, repr=False)
    proved_functions: tuple[sp.Expr, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.roots)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.roots)

    def __getitem__(self, index: int) -> Any:
        return self.roots[index]

    @property
    def certificates(self) -> tuple[RootCertificate | SystemCertificate, ...]:
        """The proof behind each root, in their order; of kind ``"none"`` where there is none."""
        return tuple(map(self._certificate, self.roots, self.enclosures))

    def _certificate(self, root: Any, enclosure: Any) -> RootCertificate | SystemCertificate:
        if len(self.unknowns) > 1:
            system = ball_system(self.proved_functions or self.functions, self.unknowns)
            found = enclose_near(system, root)
            exact = None
            if found is None:
                sides = [hull_of(low, high) for low, high in enclosure]
                exact = exact_point(self.functions, self.unknowns, sides)
            return system_certificate_of(system, found, self.functions, exact)
        function = scalar_function(self.functions[0], self.unknowns[0], self.real)
        verdict = confirm(function, root)
        return certificate_of(
            verdict.kind,
            function.expr,
            function.unknown,
            verdict.target,
            verdict.enclosure,
            verdict.exact,
        )

    def verify(self) -> bool:
        """Check the proof of every proved root again, from the equations alone.

        Returns
        -------
        bool
            False where a proof fails or nothing was proved of a root.
        """
        pairs = zip(self.statuses, self.certificates, strict=True)
        return all(status == PROVED and certificate.verify() for status, certificate in pairs)

    def __str__(self) -> str:
        count = len(self.roots)
        what = "no root" if count == 0 else "1 root" if count == 1 else f"{count} roots"
        places = ", ".join(map(repr, self.roots[:LISTED])) + (", ..." if count > LISTED else "")
        name = f"({self.unknown})" if ", " in self.unknown else self.unknown
        listed = f": {name} = {places}" if count else ""
        if self.complete:
            return f"{what} of {self.equation}, proved complete{listed}"
        doubtful = self.statuses.count(POSSIBLE)
        open_places = len(self.unresolved) + doubtful
        noun = "place" if open_places == 1 else "places"
        advice = "narrow the box around .unresolved" if self.unresolved else "see .enclosures"
        return (
            f"{what} of {self.equation}, not complete ({open_places} {noun} undecided){listed}; "
            f"{advice}"
        )
