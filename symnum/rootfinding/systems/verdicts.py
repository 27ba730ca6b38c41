"""Is this point a root of a system? A proof in balls where there is one, and its name if not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from symnum.rootfinding.scalar.verdicts import nearest_double
from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.balls import BallSystem, ball_system
from symnum.rootfinding.systems.factors import factors_at
from symnum.rootfinding.systems.functions import SystemFunction, Vector
from symnum.rootfinding.systems.krawczyk_operator import SystemEnclosure, enclose_near

__all__ = ["SystemVerdict", "failure", "regular_root", "root_of_factors", "rounded"]

#: Bits tried in turn for a proof.
PRECISIONS = (64, 128, 256, 512)

#: A root of factors farther away than this, in units of the point, is not the one that was met.
NEAR = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class SystemVerdict:
    """What a point turned out to be.

    Attributes
    ----------
    status : Status
        A success, or what stands in the way.
    root : ndarray
        The doubles nearest to the root, or the point itself.
    bound : ndarray
        Bounds on the distances to the root, coordinate by coordinate; inf after a failure.
    multiplicity : int or None
        Of the root, where it is known.
    target : tuple of Expr
        The functions of which the enclosure is a root: F itself or factors of it.
    enclosure : SystemEnclosure or None
        The box with the root.
    exact : tuple of Expr or None
        The root in closed form, where it was recognised and checked.
    detail : str
        What happened, for the message.
    """

    status: Status
    root: Vector
    bound: Vector
    multiplicity: int | None = None
    target: tuple[sp.Expr, ...] = ()
    enclosure: SystemEnclosure | None = None
    exact: tuple[sp.Expr, ...] | None = None
    detail: str = ""


def failure(status: Status, x: Vector, detail: str = "") -> SystemVerdict:
    """Return the verdict that a point is no root as far as can be told."""
    return SystemVerdict(status, x, np.full(len(x), math.inf), detail=detail)


def regular_root(function: SystemFunction, x: Vector) -> SystemVerdict | None:
    """Prove that there is a regular root next to a point: one where the Jacobian is not singular.

    Parameters
    ----------
    function : SystemFunction
        F.
    x : ndarray
        Close to the root.

    Returns
    -------
    SystemVerdict or None
        None where there is no proof.

    Raises
    ------
    UnsupportedNodeError
        If a function or a derivative has no enclosure.
    """
    return _proved(function, function.balls(), x, 1)


def root_of_factors(function: SystemFunction, x: Vector, unit: float = 1.0) -> SystemVerdict | None:
    """Prove a root that is a regular one of factors of the functions.

    Parameters
    ----------
    function : SystemFunction
        F.
    x : ndarray
        Close to the root.
    unit : float, optional
        The size of coordinates where all are close to zero.

    Returns
    -------
    SystemVerdict or None
        None where the functions have no factors, or no proof was found.
    """
    near = NEAR * max(unit, float(np.abs(x).max()))
    for choice in factors_at(function, x):
        verdict = _proved(function, ball_system(choice.functions, function.unknowns), x, None)
        if verdict is None or verdict.enclosure is None:
            continue
        if np.abs(verdict.root - x).max() > near:
            continue
        values: list[Any] = []
        if choice.others:
            system = ball_system(choice.others, function.unknowns)
            values = system.values(verdict.enclosure.root, verdict.enclosure.precision)
        if all(value.is_finite() for value in values):
            away = not any(value.contains(0) for value in values)
            return replace(verdict, multiplicity=choice.multiplicity if away else None)
    return None


def _proved(
    function: SystemFunction, system: BallSystem, x: Vector, multiplicity: int | None
) -> SystemVerdict | None:
    found = enclose_near(system, x.tolist(), PRECISIONS)
    if found is None:
        return None
    root, bound = rounded(found.root)
    sound = np.isfinite(root).all() and np.isfinite(bound).all() and function.admits(root)
    if not sound:
        return None
    status = Status.CONVERGED if bound.any() else Status.EXACT
    return SystemVerdict(status, root, bound, multiplicity, system.functions, found)


def rounded(balls: Sequence[Any]) -> tuple[Vector, Vector]:
    """Return the doubles nearest to the middles of balls, and bounds on their distances."""
    pairs = [nearest_double(ball, True) for ball in balls]
    return np.array([root for root, _ in pairs]), np.array([bound for _, bound in pairs])
