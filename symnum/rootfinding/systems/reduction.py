"""Multiple roots of systems whose Jacobian loses one rank: one equation in one unknown is left.

Let u and v span the null spaces of J^T and J next to the root (Lyapunov-Schmidt reduction). The
bordered system

    F(x) = mu u,    v . (x - x0) = t

is regular and gives x and mu as functions of t. The roots of F are those of mu(t), with the same
multiplicity m; mu/mu' has a simple root there, with slope 1/m.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat

from symnum.reference.precision import working_precision
from symnum.rootfinding.systems.balls import BallSystem
from symnum.rootfinding.systems.functions import Vector

__all__ = ["Descent", "reduced_root"]

Ball = Any  # flint.arb
Point = tuple[Ball, ...]

#: Bits of the search, and of the units of the point that its steps must fall below.
BITS = 1200
SETTLED_BITS = 160

#: How much smaller than the others the smallest singular value must be.
GAP = 0.02

#: How far above the radius of a ball a value must be to count.
SPARE = 2**40

#: mu is zero where it has fallen by so many bits.
VANISHED_BITS = 1100

#: Where the search begins, in units of the point.
FIRST_OFFSET = 1e-7

#: Steps of the secant rule, and of Newton's iteration for the bordered system.
SECANT_STEPS = 40
NEWTON_STEPS = 30

#: A root farther from the start than this, in units of the point, is another one.
NEAR = 0.1

#: Multiplicities that are recognised, and how close to an integer they must be.
HIGHEST_MULTIPLICITY = 6
INTEGER = 1e-3


@dataclass(frozen=True, slots=True)
class Descent:
    """A singular root, found with many digits.

    Attributes
    ----------
    point : tuple of arb
        Without radii.
    reach : arb
        How far from it the root is at most, if the corrections go on shrinking as they did.
    bits : int
        The precision.
    multiplicity : int or None
        Of the root, where it is known.
    """

    point: Point
    reach: Ball
    bits: int
    multiplicity: int | None = None


@dataclass(frozen=True, slots=True)
class _Bordered:
    """The bordered system around a point."""

    system: BallSystem
    center: Point
    left: Point
    right: Point
    unit: Ball

    def solve(self, t: Ball, guess: Point) -> tuple[Point, Ball, Ball, Ball] | None:
        """Return x and mu, mu', mu's noise at t, by Newton's iteration from a guess of x, mu."""
        size = len(self.center)
        unknown, previous = guess, None
        for _ in range(NEWTON_STEPS):
            matrix = self._matrix(unknown[:size])
            values = self.system.values(unknown[:size], BITS)
            if matrix is None or not all(value.is_finite() for value in values):
                return None
            rest = [unknown[size] * u - value for u, value in zip(self.left, values, strict=True)]
            offset = sum(
                (v * (x - c) for v, x, c in zip(self.right, unknown, self.center, strict=False)),
                arb(0),
            )
            step = _solution(matrix, [*rest, t - offset])
            if step is None:
                return None
            unknown = tuple((x + s).mid() for x, s in zip(unknown, step, strict=True))
            length = max(abs(s) for s in step).mid()
            if length == 0 or (previous is not None and length >= previous):
                break
            previous = length
        # Newton's iteration at a regular solution ends at rounding level.
        if not length <= self.unit * arb(2) ** (-BITS * 3 // 4):
            return None
        slopes = _solution(matrix, [*[arb(0)] * size, arb(1)])
        if slopes is None:
            return None
        largest = max(abs(u) for u in self.left)
        noise = (max(value.rad() for value in values) / largest * SPARE).mid()
        return unknown, unknown[size], slopes[size], noise

    def _matrix(self, x: Sequence[Ball]) -> Any | None:
        size = len(self.center)
        slopes = self.system.jacobian(x, BITS)
        if not all(entry.is_finite() for entry in slopes.entries()):
            return None
        rows = [[*row, -u] for row, u in zip(slopes.tolist(), self.left, strict=True)]
        rows.append([*self.right, arb(0)])
        return arb_mat(size + 1, size + 1, [entry for row in rows for entry in row]).mid()


def reduced_root(
    system: BallSystem, x: Vector, slopes: Vector, unit: float = 1.0
) -> Descent | None:
    """Find a root at which the Jacobian loses exactly one rank, and its multiplicity.

    Parameters
    ----------
    system : BallSystem
        F in balls.
    x : ndarray
        Close to the root.
    slopes : ndarray
        The Jacobian there.
    unit : float, optional
        The size of coordinates where all are close to zero.

    Returns
    -------
    Descent or None
        None where J loses no rank or more than one, or mu has no root here.
    """
    spaces = _null_spaces(slopes)
    if spaces is None:
        return None
    with working_precision(BITS):
        center = tuple(arb(place) for place in x.tolist())
        left, right = (tuple(arb(part) for part in space.tolist()) for space in spaces)
        scale = arb(max(unit, float(np.abs(x).max())))
        return _secant(_Bordered(system, center, left, right, scale))


def _null_spaces(slopes: Vector) -> tuple[Vector, Vector] | None:
    """Return the vectors u and v for which J loses rank; None unless it loses just one."""
    if not np.isfinite(slopes).all():
        return None
    size = len(slopes)
    rows = np.abs(slopes).max(axis=1)
    rows = np.where(rows > 0.0, rows, 1.0)
    left, values, right = np.linalg.svd(slopes / rows[:, None])
    if size > 1 and not values[-1] <= GAP * values[-2]:
        return None
    return left[:, -1] * rows, right[-1]


def _secant(bordered: _Bordered) -> Descent | None:
    """Find the simple root of mu/mu' by the secant rule; its slope there is 1/m.

    It goes on until mu cannot be told from rounding: where mu has a minimum above zero, however
    close to it, the rule does not settle.
    """
    unit = bordered.unit
    limit = unit * arb(2) ** -SETTLED_BITS
    before: tuple[Ball, Ball] | None = None
    # Not 0 itself: the center may be the root, where the ratio says nothing.
    t, slope, largest = (unit * FIRST_OFFSET).mid(), arb(1), arb(0)
    found = bordered.solve(t, (*bordered.center, arb(0)))
    for _ in range(SECANT_STEPS):
        if found is None:
            return None
        unknown, mu, rate, noise = found
        largest = max(largest, abs(mu)).mid()
        if before is not None and abs(mu) <= max(noise, largest * arb(2) ** -VANISHED_BITS):
            known = abs(t - before[0]) > limit
            slope = (before[1] / (before[0] - t)).mid() if known else slope
            return _finished(unknown[:-1], limit, slope)
        if rate == 0 or not (mu / rate).is_finite():
            return None
        ratio = (mu / rate).mid()
        if before is not None and abs(t - before[0]) > limit:
            slope = ((ratio - before[1]) / (t - before[0])).mid()
            if not slope.is_finite() or slope <= 0:
                return None
        before, t = (t, ratio), (t - ratio / slope).mid()
        if not abs(t) <= unit * NEAR:
            return None
        found = bordered.solve(t, unknown)
    return None


def _finished(point: Point, reach: Ball, slope: Ball) -> Descent | None:
    """Return what was found if the multiplicity is an integer above 1."""
    inverse = float(1 / slope)
    multiplicity = round(inverse)
    plausible = 1 < multiplicity <= HIGHEST_MULTIPLICITY
    if not plausible or abs(inverse - multiplicity) > INTEGER * multiplicity:
        return None
    return Descent(point, reach.mid(), BITS, multiplicity)


def _solution(matrix: Any, right: Sequence[Ball]) -> Point | None:
    try:
        found = matrix.solve(arb_mat(len(right), 1, right).mid(), algorithm="approx").entries()
    except (ZeroDivisionError, ValueError):
        return None
    middles = tuple(entry.mid() for entry in found)
    return middles if all(entry.is_finite() for entry in middles) else None
