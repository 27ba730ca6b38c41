"""What a point at which an iteration stopped turned out to be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import ctx

from symnum.rootfinding.enclosure import Enclosure, double_in, exact_ball
from symnum.rootfinding.scalar_functions import ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["Verdict", "nearest_double", "proved_root"]

Number = Any  # float or complex

#: Bits beyond which the distance of a ball to a double is not resolved any further.
MOST_BITS = 4096


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a point turned out to be.

    Attributes
    ----------
    status : Status
        A success, or what stands in the way.
    root : float or complex
        The double nearest to the root, or the point itself.
    bound : float
        A bound on the distance to the root; inf after a failure.
    multiplicity : int or None
        Of the root, where it is known.
    kind : str
        Of the certificate: ``"interval-newton"``, ``"sign-change"`` or ``"none"``.
    target : ScalarFunction or None
        The function of which the enclosure is a root: f itself or a factor of it.
    enclosure : Enclosure or None
        The ball with the root.
    exact : Expr or None
        The root in closed form, where it was recognised and checked.
    detail : str
        What happened, for the message.
    """

    status: Status
    root: Number
    bound: float = math.inf
    multiplicity: int | None = None
    kind: str = "none"
    target: ScalarFunction | None = None
    enclosure: Enclosure | None = None
    exact: sp.Expr | None = None
    detail: str = ""


def proved_root(
    function: ScalarFunction,
    target: ScalarFunction,
    found: Enclosure,
    multiplicity: int | None,
    exact: sp.Expr | None = None,
) -> Verdict:
    """Return the success that an enclosure stands for.

    Parameters
    ----------
    function : ScalarFunction
        The equation.
    target : ScalarFunction
        The function of which the enclosure is a root: the equation or a factor of it.
    found : Enclosure
        The proof.
    multiplicity : int or None
        Of the root in the equation.
    exact : Expr, optional
        The root in closed form, checked.

    Returns
    -------
    Verdict
        ``exact`` where the equation is proved to vanish at the double itself.
    """
    root, bound = nearest_double(found.root, function.real)
    if not target.is_smooth_over(found.box, found.precision, found.order + 1):
        multiplicity = None  # a kink at the root
    with ctx.workprec(found.precision):
        vanishes = function.ball(0, exact_ball(root, function.real), found.precision)
        known = vanishes == 0 and found.root.contains(exact_ball(root, function.real))
    if known or (exact is not None and exact.is_Rational and sp.Rational(root) == exact):
        return Verdict(
            Status.EXACT, root, 0.0, multiplicity, "interval-newton", target, found, exact
        )
    return Verdict(
        Status.CONVERGED, root, bound, multiplicity, "interval-newton", target, found, exact
    )


def nearest_double(ball: Any, real: bool) -> tuple[Number, float]:
    """Return the double nearest to the middle of a ball, and a bound on its distance to the ball.

    Parameters
    ----------
    ball : arb or acb
        Holds a root.
    real : bool
        Whether a float or a complex number is wanted.

    Returns
    -------
    tuple of (float or complex, float)
        The bound is rounded up; 0 where the ball is exactly this number.
    """
    root: Number = double_in(ball) if real else complex(double_in(ball.real), double_in(ball.imag))
    if not math.isfinite(abs(root)):
        return root, math.inf
    with ctx.workprec(min(max(64, ball.rel_accuracy_bits() + 32), MOST_BITS)):
        distance = ball - exact_ball(root, real)
        bound = float(distance.abs_upper())
    return root, math.nextafter(bound, math.inf) if bound or distance != 0 else 0.0
