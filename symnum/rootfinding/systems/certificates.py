"""What was proved about a root of a system, in a form that can be checked again from scratch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb, fmpq

from symnum.reference.precision import working_precision
from symnum.rootfinding.certificates import exact_ends
from symnum.rootfinding.systems.balls import BallSystem
from symnum.rootfinding.systems.krawczyk_operator import SystemEnclosure, krawczyk
from symnum.rootfinding.systems.singular import vanish_exactly

__all__ = ["SystemCertificate", "system_certificate_of"]

Side = tuple[sp.Rational, sp.Rational]

#: Rational ends of a box have at most this many bits more than the proof.
SPARE_BITS = 64


@dataclass(frozen=True, slots=True)
class SystemCertificate:
    """The proof that there is a root in a box, or the word that there is none.

    Attributes
    ----------
    kind : str
        ``"krawczyk"``: K(X) lies inside X, so that X holds exactly one root of `functions`.
        ``"none"``: no proof in balls.
    box : tuple of (Rational, Rational)
        The exact ends of each side; empty without a proof.
    center : tuple of Rational
        The point of the box at which the functions are evaluated.
    precision : int
        Bits of the ball arithmetic.
    functions : tuple of Expr
        The functions of which the proof speaks: the equations or factors of them.
    unknowns : tuple of Symbol
        Their variables, in the order of the sides.
    equations : tuple of Expr
        The whole equations.
    exact : tuple of Expr or None
        The root in closed form, where it was recognised; it is substituted to prove that all
        equations vanish.
    """

    kind: str
    box: tuple[Side, ...]
    center: tuple[sp.Rational, ...]
    precision: int
    functions: tuple[sp.Expr, ...]
    unknowns: tuple[sp.Symbol, ...]
    equations: tuple[sp.Expr, ...]
    exact: tuple[sp.Expr, ...] | None = None

    def verify(self) -> bool:
        """Check the proof again, from the expressions alone.

        Returns
        -------
        bool
            False where nothing was proved.
        """
        if self.exact is not None:
            return vanish_exactly(self.equations, self.unknowns, self.exact)
        if self.kind != "krawczyk":
            return False
        # A system of its own: nothing is taken over from the search.
        system = BallSystem(self.functions, self.unknowns)
        with working_precision(self.precision + SPARE_BITS):
            box = [_hull(low, high) for low, high in self.box]
            center = [arb(_fraction(place)) for place in self.center]
        step = krawczyk(system, box, self.precision, center)
        if step.verdict != "unique":
            return False
        whole = BallSystem(self.equations, self.unknowns)
        values = whole.values(step.image, self.precision)
        return all(value.contains(0) or not value.is_finite() for value in values)

    def __str__(self) -> str:
        if self.kind == "none":
            return "no certificate" if self.exact is None else f"exact at {self.exact}"
        sides = " x ".join(_side_text(low, high) for low, high in self.box[:4])
        more = f" x ... ({len(self.box)} sides)" if len(self.box) > 4 else ""
        return f"{self.kind} on {sides}{more} at {self.precision} bits"


def system_certificate_of(
    system: BallSystem,
    enclosure: SystemEnclosure | None,
    equations: Sequence[sp.Expr] = (),
    exact: tuple[sp.Expr, ...] | None = None,
) -> SystemCertificate:
    """Return the certificate of an enclosure, or of a root that is known exactly.

    Parameters
    ----------
    system : BallSystem
        The functions of which the enclosure holds a root.
    enclosure : SystemEnclosure or None
        None where nothing was proved in balls.
    equations : sequence of Expr, optional
        The whole equations, where `system` consists of factors of them.
    exact : tuple of Expr, optional
        The root in closed form.

    Returns
    -------
    SystemCertificate

    Examples
    --------
    >>> from symnum.rootfinding.systems.krawczyk_operator import enclose_near
    >>> x, y = sp.symbols("x y", real=True)
    >>> system = BallSystem([x**2 + y**2 - 1, x - y], [x, y])
    >>> certificate = system_certificate_of(system, enclose_near(system, [0.7, 0.7]))
    >>> certificate.kind, certificate.verify()
    ('krawczyk', True)
    """
    whole = tuple(equations) or system.functions
    about = (system.functions, system.unknowns, whole, exact)
    if enclosure is None:
        return SystemCertificate("none", (), (), 0, *about)
    box = tuple(exact_ends(side) for side in enclosure.box)
    center = tuple(exact_ends(place)[0] for place in enclosure.center)
    return SystemCertificate("krawczyk", box, center, enclosure.precision, *about)


def _fraction(number: sp.Rational) -> fmpq:
    return fmpq(int(number.p), int(number.q))


def _hull(low: sp.Rational, high: sp.Rational) -> Any:
    """Return the ball between two numbers; both are dyadic, so that it is the original one."""
    return arb(_fraction((low + high) / 2), arb(_fraction((high - low) / 2)))


def _side_text(low: sp.Rational, high: sp.Rational) -> str:
    middle = (low + high) / 2
    return f"[{sp.Float(middle, 17)} +/- {float(high - middle):.2g}]"
