"""Roots, poles and jumps where f has no usable derivative: what a change of sign means."""

from __future__ import annotations

import math
from fractions import Fraction

import sympy as sp
from flint import arb, ctx

from symnum.reference import evaluate
from symnum.rootfinding.enclosure import Enclosure, radius_of
from symnum.rootfinding.multiple_roots import is_exactly_zero
from symnum.rootfinding.scalar_functions import ScalarFunction
from symnum.rootfinding.status import Status
from symnum.rootfinding.verdicts import Verdict

__all__ = ["break_of_sign", "exact_root", "root_between_signs", "sign_change_around"]

Bracket = tuple[float, float]

#: Longer fractions are no guess for a root in closed form.
LARGEST_CANDIDATE = 10**9

#: SymPy writes 2**n out for an integer n.
LARGEST_EXPONENT = 10**3


def sign_change_around(function: ScalarFunction, x: float) -> Bracket | None:
    """Return the closest points around x, a few roundings away, at which f has opposite signs.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float
        Where an iteration stopped.

    Returns
    -------
    tuple of float or None
    """
    unit = max(math.ulp(x), 5e-324)
    for k in range(12):
        low, high = x - 2**k * unit, x + 2**k * unit
        if function.sample(low).sign * function.sample(high).sign < 0:
            return low, high
    return None


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
        ``pole``, ``discontinuity``, or None where |f| falls as it should at a root.
    """
    low, high = bracket
    reach = max(256.0 * (high - low), 1e-150)
    growths = []
    for near, far in ((low, low - reach), (high, high + reach)):
        inner, outer = abs(function.sample(near).value), abs(function.sample(far).value)
        infinite = outer == 0.0 or math.isinf(inner)
        growths.append(math.inf if infinite else inner / outer)
    if max(growths) >= 4.0:
        return Verdict(Status.POLE, x, detail="|f| grows without bound towards the change of sign")
    if max(growths) >= 0.9:
        return Verdict(Status.DISCONTINUITY, x, detail="f jumps across zero")
    return None


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
    number = _simplest_between(Fraction(low) - Fraction(spread), Fraction(high) + Fraction(spread))
    candidate = sp.Rational(number.numerator, number.denominator)
    if function.ball(0, arb(x), 64).is_zero():
        candidate = sp.Rational(x)  # such as a point of a flat piece at height 0
    elif not _may_vanish(function, candidate) or not is_exactly_zero(
        function.exact_value(candidate)
    ):
        return None
    if not _tends_to_zero(function, candidate):
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


def _simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction of smallest denominator in a closed interval."""
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -_simplest_between(-high, -low)
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    floor = math.floor(low)
    return floor + 1 / _simplest_between(1 / (high - floor), 1 / (low - floor))


def _tends_to_zero(function: ScalarFunction, point: sp.Expr) -> bool:
    """Whether f falls towards 0 from both sides, looked at very close to the point."""
    for side in (1, -1):
        sizes = []
        for power in (20, 80, 320):
            near = point + sp.Rational(side, 10**power)
            value = evaluate(function.expr, {function.unknown: near}, 20)
            sizes.append(abs(complex(value)) if value == value else math.inf)
        defined = [size for size in sizes if math.isfinite(size)]
        if not defined:
            continue  # outside the domain, as for sqrt(x) to the left of 0
        if sizes[-1] > 0.6 * sizes[0] and sizes[0] > 0.0:
            return False
    return True
