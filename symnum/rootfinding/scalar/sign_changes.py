"""Roots, poles and jumps where f has no usable derivative: what a change of sign means."""

from __future__ import annotations

import math
from fractions import Fraction

import sympy as sp
from flint import arb, ctx

from symnum.reference import evaluate
from symnum.rootfinding.enclosure import Enclosure, radius_of
from symnum.rootfinding.factors import simplest_between
from symnum.rootfinding.scalar.multiple_roots import is_exactly_zero
from symnum.rootfinding.scalar.verdicts import Verdict
from symnum.rootfinding.scalar_functions import ScalarFunction
from symnum.rootfinding.status import Status

__all__ = ["break_of_sign", "exact_root", "root_between_signs", "sign_change_around"]

Bracket = tuple[float, float]

#: Numbers that are 0 but for the way there.
TINY = 1e-290

#: Points this far apart, as a part of their size, are close.
CLOSE = 1e-9

#: Longer fractions are no guess for a root in closed form.
LARGEST_CANDIDATE = 10**9

#: SymPy writes 2**n out for an integer n.
LARGEST_EXPONENT = 10**3


def sign_change_around(
    function: ScalarFunction, x: float, ends: Bracket | None = None
) -> Bracket | None:
    """Return the closest points around x, a few roundings away, at which f has opposite signs.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float
        Where an iteration stopped.
    ends : tuple of float, optional
        Two points of opposite sign, which are returned if they are close and no closer ones exist.

    Returns
    -------
    tuple of float or None
    """
    unit = max(math.ulp(x), 5e-324)
    for k in range(12):
        low, high = x - 2**k * unit, x + 2**k * unit
        if function.resolved(low).sign * function.resolved(high).sign < 0:
            return low, high
    close = ends is not None and ends[1] - ends[0] <= CLOSE * max(*map(abs, ends), 1e-290)
    return ends if close else None


def break_of_sign(function: ScalarFunction, x: float, bracket: Bracket) -> Verdict | None:
    """Tell a pole from a jump by how |f| behaves on the way to a change of sign.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float
        Between the two points.
    bracket : tuple of float
        Two points of opposite sign, a few roundings apart.

    Returns
    -------
    Verdict or None
        ``pole``, ``discontinuity``, or None where f is continuous, or falls as it should at a root.
    """
    low, high = bracket
    if function.is_smooth_over(arb(low).union(arb(high)), 128):
        return None  # the signs of a continuous function, or of its rounding errors
    reach = max(256.0 * (high - low), 1e-150)
    growths = [_growth(function, low, low - reach), _growth(function, high, high + reach)]
    if max(growths) >= 4.0:
        return Verdict(Status.POLE, x, detail="|f| grows without bound towards the change of sign")
    if max(growths) >= 0.9:
        return Verdict(Status.DISCONTINUITY, x, detail="f jumps across zero")
    return None


def _growth(function: ScalarFunction, near: float, far: float) -> float:
    """Return how often |f| at a point is as large as further off; by balls outside the floats."""
    inner, outer = (abs(function.resolved(x).value) for x in (near, far))
    if math.isinf(inner):
        return math.inf
    if min(inner, outer) > 1e-300:
        return float(inner / outer)
    with ctx.workprec(512):
        above, below = (abs(function.ball(0, arb(x), 512)) for x in (near, far))
        ratio = above / below
        return float(ratio.mid()) if ratio.is_finite() else math.inf


def root_between_signs(function: ScalarFunction, bracket: Bracket) -> Verdict | None:
    """Prove a root by a change of sign of a function that is continuous between the two points.

    Parameters
    ----------
    function : ScalarFunction
        f.
    bracket : tuple of float
        Two points of opposite sign.

    Returns
    -------
    Verdict or None
    """
    low, high = bracket
    for precision in (64, 256):
        with ctx.workprec(precision):
            left = function.ball(0, arb(low), precision)
            right = function.ball(0, arb(high), precision)
            if left.contains(0) or right.contains(0):
                continue
            hull = arb(low).union(arb(high))
            if bool(left > 0) == bool(right > 0) or not function.is_smooth_over(hull, precision):
                return None
            root = low if abs(left) < abs(right) else high
            found = Enclosure(hull, hull, hull.mid(), 0, precision)
            bound = float(radius_of(hull) * 2)
            return Verdict(
                Status.CONVERGED,
                root,
                math.nextafter(bound, math.inf),
                None,
                "sign-change",
                function,
                found,
            )
    return None


def exact_root(function: ScalarFunction, x: float, bracket: Bracket | None) -> Verdict | None:
    """Check whether x itself or the simplest number near it is a root at which f is continuous.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float
        Where an iteration stopped.
    bracket : tuple of float or None
        Two points of opposite sign around x.

    Returns
    -------
    Verdict or None
        ``discontinuity`` where f is 0 at a point at which it jumps.
    """
    low, high = bracket if bracket is not None else (x, x)
    spread = 4.0 * math.ulp(max(abs(low), abs(high)))
    number = simplest_between(Fraction(low) - Fraction(spread), Fraction(high) + Fraction(spread))
    candidate = sp.Rational(number.numerator, number.denominator)
    if function.ball(0, arb(x), 64).is_zero():
        # Such as a point of a flat piece at height 0; then 0 is better than a number next to it.
        next_to_zero = abs(x) < TINY and function.ball(0, arb(0), 64).is_zero()
        candidate = sp.Integer(0) if next_to_zero else sp.Rational(x)
    elif not _may_vanish(function, candidate) or not is_exactly_zero(
        function.exact_value(candidate)
    ):
        return None
    continuous = _tends_to_zero(function, candidate)
    if continuous is None:
        return None
    if not continuous:
        return Verdict(
            Status.DISCONTINUITY,
            float(candidate),
            detail=f"f({candidate}) = 0, yet f jumps there",
        )
    root = float(candidate)
    bound = abs(float(sp.Rational(root) - candidate))
    status = Status.CONVERGED if bound else Status.EXACT
    kind = "none" if bracket is None else "sign-change"
    return Verdict(
        status,
        root,
        math.nextafter(bound, math.inf) if bound else 0.0,
        kind=kind,
        target=function,
        exact=candidate,
    )


def _may_vanish(function: ScalarFunction, candidate: sp.Rational) -> bool:
    """Whether a number is worth an exact substitution: it is short, and f may be 0 there."""
    if max(abs(candidate.p), candidate.q) > LARGEST_CANDIDATE:
        return False
    powers = [p for p in function.expr.atoms(sp.Pow) if p.exp.has(function.unknown)]
    if powers and abs(candidate) > LARGEST_EXPONENT:
        return False
    with ctx.workprec(256):
        value = function.ball(0, arb(int(candidate.p)) / int(candidate.q), 256)
    return bool(not value.is_finite() or value.contains(0))


def _tends_to_zero(function: ScalarFunction, point: sp.Rational) -> bool | None:
    """Whether f falls towards 0 from both sides, looked at very close to the point.

    None where the point is at the edge of the domain and outside it, as 0 is for 1/log(x).
    """
    sides = 0
    for side in (1, -1):
        sizes = []
        for power in (20, 80, 320):
            near = point + sp.Rational(side, 10**power)
            value = evaluate(function.expr, {function.unknown: near}, 20)
            real = value == value and complex(value).imag == 0.0
            sizes.append(abs(complex(value)) if real else math.inf)
        defined = [size for size in sizes if math.isfinite(size)]
        if not defined:
            continue  # outside the domain, as for sqrt(x) to the left of 0
        sides += 1
        if sizes[-1] > 0.6 * sizes[0] and sizes[0] > 0.0:
            return False
    with ctx.workprec(64):
        inside = function.ball(0, arb(int(point.p)) / int(point.q), 64).is_finite()
    return True if inside or sides == 2 else None
