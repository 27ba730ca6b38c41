"""Equality of rational expressions: cleared of denominators and expanded, in exact arithmetic."""

from __future__ import annotations

import random
from collections.abc import Iterator

from flint import fmpq, fmpq_mpoly
from sympy import Expr, Symbol

from symnum.derivation.provers.atoms import Atoms
from symnum.derivation.provers.field import TooLargeError
from symnum.derivation.provers.rational_forms import RationalForms
from symnum.derivation.provers.task import Proof, Task
from symnum.expressions.box import Box

__all__ = ["Identity", "by_expansion", "points_off", "rational_identity"]

_MOST_POINTS = 12


class Identity:
    """Two sides whose difference was expanded.

    Attributes
    ----------
    gap : fmpq_mpoly
        The numerator of the difference.
    forms : RationalForms
    """

    __slots__ = ("forms", "gap")

    def __init__(self, forms: RationalForms, gap: fmpq_mpoly) -> None:
        self.forms = forms
        self.gap = gap

    @property
    def proof(self) -> Proof | None:
        """The proof that the difference vanishes wherever it is defined, None where it does not."""
        if self.gap != 0:
            return None
        kinds = {key[0] for key in self.forms.atoms.table}
        below = self.forms.denominators
        count = len(self.forms.atoms.table)
        rows = [("reduced to 0", f"expanded in {count} variables")]
        if below:
            rows.append(("cleared of denominators", str(len(below))))
        if kinds <= {"symbol"}:
            name = "rational identity" if below else "polynomial identity"
        else:
            name = "rational identity over roots and functions"
        return Proof(name, tuple(rows))


def rational_identity(lhs: Expr, rhs: Expr, *, total: bool = False) -> Identity | None:
    """Expand the difference of two sides over their atoms.

    Parameters
    ----------
    lhs, rhs : sympy.Expr
    total : bool
        Whether to do so only where nothing but a denominator can keep a side from being defined.

    Returns
    -------
    Identity or None
        None where the expansion would be too large, or a denominator vanishes identically.
    """
    atoms = Atoms()
    try:
        atoms.collect(lhs)
        atoms.collect(rhs)
        if total and not atoms.is_total:
            return None
        forms = RationalForms(atoms)
        gap = forms.gap(lhs, rhs)
    except (OverflowError, RecursionError, TooLargeError, ZeroDivisionError):
        return None
    return Identity(forms, gap)


def by_expansion(task: Task) -> Proof | None:
    """Clear the difference of denominators and expand it."""
    identity = rational_identity(task.lhs, task.rhs)
    return None if identity is None else identity.proof


def points_off(identity: Identity, box: Box, seed: str) -> Iterator[dict[Symbol, Expr]]:
    """Yield points of a box at which a rational function of the symbols alone is not zero.

    Parameters
    ----------
    identity : Identity
    box : symnum.expressions.Box
    seed : str

    Yields
    ------
    dict from sympy.Symbol to sympy.Expr
        Rational, with nonzero denominators.
    """
    table = identity.forms.atoms.table
    if identity.gap == 0 or not identity.forms.atoms.is_plain:
        return
    if any(symbol not in box for _, symbol in table):
        return
    rng = random.Random(seed)
    for _ in range(_MOST_POINTS):
        point = box.sample(rng, 1)[0] if box.symbols else {}
        if not all(value.is_Rational for value in point.values()):
            continue
        place = [fmpq(int(point[symbol].p), int(point[symbol].q)) for _, symbol in table]
        place = place or [fmpq(0)]
        if all(part(*place) != 0 for part in (identity.gap, *identity.forms.denominators)):
            yield point
