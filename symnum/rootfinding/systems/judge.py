"""What the points are at which the iterations for systems stop: roots, or something with a name."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import sympy as sp
from flint import arb

from symnum.errors import UnsupportedNodeError
from symnum.reference import enclose, evaluate
from symnum.reference.precision import working_precision
from symnum.rootfinding.kinks import may_jump
from symnum.rootfinding.status import Status
from symnum.rootfinding.systems.balls import ball_system
from symnum.rootfinding.systems.factors import without_powers
from symnum.rootfinding.systems.functions import SystemFunction, SystemSample, Vector
from symnum.rootfinding.systems.numbers import root_in_numbers
from symnum.rootfinding.systems.reduction import reduced_root
from symnum.rootfinding.systems.singular import descend, exact_root_in, exact_root_near
from symnum.rootfinding.systems.verdicts import (
    SystemVerdict,
    failure,
    regular_root,
    root_of_factors,
    rounded,
)

__all__ = ["Judge"]

#: How often one search may look for a singular root.
MOST_SINGULAR = 3

#: How often points this close to each other, in units of the point, are looked at in vain.
SAME_PLACE = 1e-6
MOST_REFUSALS = 2

#: Functions that are complex for some real arguments, and imaginary parts that count as rounding.
PARTLY_REAL = (
    sp.log,
    sp.asin,
    sp.acos,
    sp.asec,
    sp.acsc,
    sp.acosh,
    sp.atanh,
    sp.acoth,
    sp.LambertW,
)
IMAGINARY = 1e-6

#: Distances, as powers of ten, at which a function that may jump is compared with its limit.
CLOSE = (20, 80, 320)


class Judge:
    """Decides about points at which iterations stop.

    Parameters
    ----------
    function : SystemFunction
        F.
    start : ndarray
        Where the search began; it tells the size of the coordinates of a root at the origin.
    """

    def __init__(self, function: SystemFunction, start: Vector) -> None:
        self._function = function
        self._unit = min(1.0, float(np.abs(start).max()))
        self._singular_left = MOST_SINGULAR
        self._refusals: list[Vector] = []

    def verdict(self, sample: SystemSample) -> SystemVerdict:
        """Return what a point is that looks like a root.

        The proofs are tried in this order: a regular root; a regular root of factors; a simple
        rational point; a descent in many digits. Functions that have no enclosure are judged by
        Newton's correction at high precision.
        """
        function, x = self._function, sample.x
        if self._is_known(x):
            return self._refused(sample)
        try:
            found = regular_root(function, x) or root_of_factors(function, x, self._unit)
            if found is None and self._singular_left > 0:
                self._singular_left -= 1
                found = self._singular(sample)
        except UnsupportedNodeError:
            found = root_in_numbers(function, x)
        if found is None or not found.status.success:
            self._refusals.append(x)
        return found or self._refused(sample)

    def _is_known(self, x: Vector) -> bool:
        """Whether enough points as good as this one were refused."""
        near = SAME_PLACE * float(np.abs(x).max())
        close = sum(float(np.abs(x - other).max()) <= near for other in self._refusals)
        return close >= MOST_REFUSALS

    def failure(self, sample: SystemSample, status: Status) -> SystemVerdict:
        """Return the verdict on the last point of an iteration that did not arrive."""
        detail = ""
        if status is Status.STALLED:
            detail = f"|F| = {sample.norm:.2g} has a minimum there or nearly so"
        return failure(status, sample.x, detail)

    def undefined(self, x: Vector) -> SystemVerdict:
        """Return the verdict on a start at which the system has no finite value."""
        if not self._function.admits(x):
            return failure(Status.LEFT_DOMAIN, x, "the start contradicts the assumptions")
        point = dict(zip(self._function.unknowns, x.tolist(), strict=True))
        for index, expr in enumerate(self._function.functions):
            value = evaluate(expr, point, 15)
            if value != value or not mpmath.isfinite(value):
                return failure(Status.NAN, x, f"equations[{index}] is not defined there")
            if complex(value).imag != 0.0:
                return failure(Status.LEFT_DOMAIN, x, f"equations[{index}] is not real there")
        return failure(Status.NAN, x, "the values overflow there")

    def exactly(self, exact: tuple[sp.Expr, ...], multiplicity: int | None = None) -> SystemVerdict:
        """Return the verdict on a point at which all functions are exactly zero."""
        root = np.array([float(number) for number in exact])
        if not self._function.admits(root):
            return failure(Status.STALLED, root, "the assumptions of the unknowns exclude the root")
        if not _is_real(self._function, exact):
            return failure(Status.LEFT_DOMAIN, root, "a part of the equations is not real there")
        if not self._is_limit(exact):
            what = "the equations hold there, yet one of them jumps"
            return failure(Status.DISCONTINUITY, root, what)
        bound = np.array([_distance(place, n) for place, n in zip(root, exact, strict=True)])
        status = Status.CONVERGED if bound.any() else Status.EXACT
        return SystemVerdict(status, root, bound, multiplicity, exact=exact)

    def _singular(self, sample: SystemSample) -> SystemVerdict | None:
        """Look for a root at which the Jacobian is singular."""
        function, x = self._function, sample.x
        descent = reduced_root(function.balls(), x, function.jacobian(x), self._unit)
        if descent is None:
            exact = exact_root_near(function, x, self._unit)
            if exact is not None:
                return self.exactly(exact)
            simpler = ball_system(without_powers(function.functions), function.unknowns)
            descent = descend(simpler, x.tolist(), self._unit)
        if descent is None:
            return None
        # So many digits may show that the root was regular, and only out of reach.
        nearer = np.array([float(place) for place in descent.point])
        found = regular_root(function, nearer) if descent.multiplicity is None else None
        if found is not None:
            return found
        exact = exact_root_in(function, descent)
        if exact is not None:
            return self.exactly(exact, descent.multiplicity)
        with working_precision(descent.bits):
            sides = [c + arb(0, descent.reach) for c in descent.point]
        root, bound = rounded(sides)
        place = tuple(sp.Rational(number) for number in nearer.tolist())
        if not function.admits(root) or not _is_real(function, place):
            return None
        what = "the Jacobian is singular there; all equations hold to hundreds of bits"
        return SystemVerdict(Status.NOISE_LIMITED, root, bound, descent.multiplicity, detail=what)

    def _is_limit(self, exact: tuple[sp.Expr, ...]) -> bool:
        """Whether functions that may jump tend to zero at a point, looked at from very close."""
        jumping = [expr for expr in self._function.functions if may_jump(expr)]
        directions = _directions(len(exact)) if jumping else []
        return all(
            _tends_to_zero(expr, self._function.unknowns, exact, direction)
            for expr in jumping
            for direction in directions
        )

    def _refused(self, sample: SystemSample) -> SystemVerdict:
        """Name what a point is that looked like a root to floats and is none."""
        function, x = self._function, sample.x
        if sample.vanishes and not sample.noise.any():
            try:
                values = function.balls().values([arb(place) for place in x.tolist()], 256)
            except UnsupportedNodeError:
                values = []
            if any(value.is_finite() and not value.contains(0) for value in values):
                what = "F is not zero there, it only underflows"
                return failure(Status.UNDERFLOW, x, what)
        return failure(Status.STALLED, x, "that it is a root could not be proved")


def _is_real(function: SystemFunction, point: tuple[sp.Expr, ...]) -> bool:
    """Whether all parts of the functions are real at a point, up to rounding."""
    place = dict(zip(function.unknowns, point, strict=True))
    parts = {part for expr in function.functions for part in expr.atoms(sp.Pow, *PARTLY_REAL)}
    for part in sorted(parts, key=sp.default_sort_key):
        if not part.is_Pow or not part.exp.is_Integer:
            value = complex(evaluate(part, place, 15))
            if abs(value.imag) > IMAGINARY * max(1.0, abs(value)):
                return False
    return True


def _directions(size: int) -> list[tuple[int, ...]]:
    """Return the directions along the axes, both ways, and two diagonals."""
    axes = [tuple(int(i == k) for i in range(size)) for k in range(size)]
    axes.append(tuple(k + 2 for k in range(size)))
    return [tuple(sign * part for part in axis) for axis in axes for sign in (1, -1)]


def _tends_to_zero(
    expr: sp.Expr,
    unknowns: tuple[sp.Symbol, ...],
    point: tuple[sp.Expr, ...],
    direction: tuple[int, ...],
) -> bool:
    sizes = []
    for power in CLOSE:
        near = [p + sp.Rational(part, 10**power) for p, part in zip(point, direction, strict=True)]
        value = evaluate(expr, dict(zip(unknowns, near, strict=True)), 20)
        sizes.append(abs(complex(value)) if value == value else math.inf)
    defined = [size for size in sizes if math.isfinite(size)]
    return not defined or sizes[-1] == 0.0 or sizes[-1] <= 0.6 * sizes[0]


def _distance(place: float, number: sp.Expr) -> float:
    """Return a bound on the distance of a double to an exact number, 0 where they are equal."""
    difference = sp.Rational(place) - number
    if difference == 0:
        return 0.0
    return math.nextafter(float(enclose(difference, {}).abs_upper()), math.inf)
