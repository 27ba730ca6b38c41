"""Where a function may jump: conditions under which its derivative tells all about it.

An interval Newton step concludes from f' over a box what f does there. That holds where f has no
jump in the box: no break of a floor or a sign, no change of branch of a Piecewise, and in the
complex plane no branch cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from symnum.reference import BallFunction

__all__ = ["Guard", "continuity_guards"]

Ball = Any  # flint.arb or flint.acb


@dataclass(frozen=True, slots=True)
class Guard:
    """One condition on a box: an expression stays away from zero, from integers or from a cut.

    Attributes
    ----------
    kind : str
        ``"nonzero"``, ``"no integer"``, ``"off the cut"`` or ``"never"``.
    function : BallFunction or None
        What is looked at.
    """

    kind: str
    function: BallFunction | None

    def holds(self, point: Sequence[Ball], precision: int) -> bool:
        """Whether the condition holds in all of the box, as far as balls can tell."""
        if self.function is None:
            return False
        if self.kind == "off the cut":
            plane = self.function.complex(point, precision)
            clear = plane.real.lower() > 0 or not plane.imag.contains(0)
            return bool(plane.is_finite() and clear)
        value = self.function(point, precision)
        if not value.is_finite():
            return False
        return not (value.contains(0) if self.kind == "nonzero" else value.contains_integer())


#: Functions that jump where their first argument is zero.
_JUMP_AT_ZERO = (sp.sign, sp.Heaviside, sp.arg, sp.acot)

#: Functions with branch cuts of their own in the complex plane.
_CUTS = (
    sp.asin,
    sp.acos,
    sp.atan,
    sp.acot,
    sp.asec,
    sp.acsc,
    sp.asinh,
    sp.acosh,
    sp.atanh,
    sp.acoth,
    sp.asech,
    sp.acsch,
    sp.LambertW,
    sp.polylog,
    sp.loggamma,
)


def continuity_guards(
    expr: sp.Expr, unknowns: Sequence[sp.Symbol], real: bool
) -> tuple[Guard, ...]:
    """Return the conditions under which a function is continuous over a box.

    Parameters
    ----------
    expr : Expr
        The function.
    unknowns : sequence of Symbol
        Its variables.
    real : bool
        Whether the box is real; in the complex plane branch cuts count.

    Returns
    -------
    tuple of Guard
        Empty for most functions.
    """
    found = _real_conditions(expr) if real else _complex_conditions(expr)
    relevant = sorted(
        {(kind, inner) for kind, inner in found if inner is None or inner.has(*unknowns)}, key=str
    )
    return tuple(
        Guard(kind, None if inner is None else BallFunction(unknowns, inner))
        for kind, inner in relevant
    )


def _real_conditions(expr: sp.Expr) -> list[tuple[str, sp.Expr | None]]:
    found: list[tuple[str, sp.Expr | None]] = []
    found += [("nonzero", node.args[0]) for node in expr.atoms(*_JUMP_AT_ZERO)]
    # atan2(v, u) jumps where u + i v is on the negative axis or zero, and nowhere else.
    angles = [node.args for node in expr.atoms(sp.atan2)]
    found += [("off the cut", u + sp.I * v) for v, u in angles]
    found += [("no integer", node.args[0]) for node in expr.atoms(sp.floor, sp.ceiling, sp.frac)]
    found += [("no integer", node.args[0] / node.args[1]) for node in expr.atoms(sp.Mod)]
    for piecewise in expr.atoms(sp.Piecewise):
        for _, condition in piecewise.args:
            found += [("nonzero", r.lhs - r.rhs) for r in condition.atoms(Relational)]
    return found


def _complex_conditions(expr: sp.Expr) -> list[tuple[str, sp.Expr | None]]:
    found: list[tuple[str, sp.Expr | None]] = []
    found += [("off the cut", node.args[0]) for node in expr.atoms(sp.log)]
    found += [("off the cut", p.base) for p in expr.atoms(sp.Pow) if not p.exp.is_Integer]
    if expr.has(*_CUTS):
        found.append(("never", None))
    return found
