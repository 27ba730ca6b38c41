"""The derivation of an entry: its origin, what it tends to, its numeric form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from symnum.derivation import Derivation
from symnum.expressions import Interval
from symnum.smoothing.catalog.forms import V
from symnum.smoothing.catalog.rows import Convolution, X
from symnum.smoothing.convolution.mollification import Mollified, mollify

if TYPE_CHECKING:
    from symnum.smoothing.catalog.entries import Entry

__all__ = ["convolved", "entry_derivation"]


def convolved(origin: Convolution) -> Mollified:
    """Return the convolution that an entry comes from."""
    smooth = mollify(origin.f, X, origin.mollifier, origin.bandwidth)
    assert isinstance(smooth, Mollified)
    return smooth


def entry_derivation(entry: Entry) -> Derivation:
    """Return the derivation of an entry; each of its steps is checked here.

    Parameters
    ----------
    entry : Entry

    Returns
    -------
    Derivation
        Its result is the formula.
    """
    periodic = _periodic_origin(entry)
    if periodic is not None:
        return periodic.derivation
    reals = Interval(-sympy.oo, sympy.oo)
    proof = Derivation(entry.name, title=entry.about, domain={**entry.domain(), V: reals})
    if entry.origin is not None:
        _prove_origin(proof, entry, entry.origin)
    if entry.row.limits is not None:
        _prove_limits(proof, entry, *entry.row.limits(**entry.params))
    for left, right, why in entry.form.pieces:
        proof.equal(left, right, why=f"how it keeps its digits: {why}")
    if entry.expr not in _sides(proof):
        proof.define(sympy.Symbol("F"), entry.expr, why=entry.about)
    proof.result(entry.expr, args=entry.symbols, why=entry.about)
    return proof


def _periodic_origin(entry: Entry) -> Mollified | None:
    """Return the convolution with equally spaced jumps that an entry is, with its own proof."""
    if entry.origin is None:
        return None
    smooth = convolved(entry.origin)
    same = smooth.method == "periodic" and smooth.expr == entry.expr
    return smooth if same else None


def _sides(proof: Derivation) -> list[Expr]:
    return [getattr(step.claim, "rhs", None) for step in proof.steps]


def _prove_origin(proof: Derivation, entry: Entry, origin: Convolution) -> None:
    words = [f"{origin.f} smoothed by the {origin.mollifier} density of width {origin.bandwidth}"]
    if origin.factor != 1:
        words.append(f"times {origin.factor}")
    if origin.offset != 0:
        words.append(f"plus {origin.offset}")
    smooth = convolved(origin)
    proof.equal(origin.combined(smooth.expr), entry.expr, why=", ".join(words))


def _prove_limits(proof: Derivation, entry: Entry, left: Expr, right: Expr) -> None:
    for end, value in ((-sympy.oo, left), (sympy.oo, right)):
        side = sympy.refine(_on_side(entry.stands_for, end))
        proof.limit(
            entry.expr - side,
            X,
            end,
            value,
            why=f"how far it is from {side} in the end, to the {'left' if end < 0 else 'right'}",
        )


def _on_side(expr: Expr, end: Expr) -> Expr:
    """Return a piecewise linear function as it is beyond its last kink on one side."""
    far = sympy.Dummy("far", positive=True)
    at = expr.subs(X, -far if end < 0 else far)
    return sympy.simplify(at).subs(far, -X if end < 0 else X)
