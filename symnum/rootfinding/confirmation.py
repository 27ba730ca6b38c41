"""Is this point a root? A proof in balls where there is one, and the name of what it is if not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, ctx

from symnum.errors import UnsupportedNodeError
from symnum.reference import evaluate
from symnum.rootfinding.enclosure import Enclosure, exact_ball, isolate_near, radius_of
from symnum.rootfinding.factors import simple_numbers, vanishing_factors
from symnum.rootfinding.scalar_function import ScalarFunction, scalar_function
from symnum.rootfinding.status import Status

__all__ = ["Verdict", "confirm", "multiple_root", "nearest_double"]

Number = Any  # float or complex
Bracket = tuple[float, float]

#: Orders of multiplicity that the derivatives are asked for.
HIGHEST_MULTIPLICITY = 24

#: Derivatives longer than this are not looked at.
MOST_OPERATIONS = 3000

#: Bits to which a multiple root is enclosed before its exact form is guessed.
MULTIPLE_ROOT_BITS = (64, 256)


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


def confirm(function: ScalarFunction, x: Number) -> Verdict:
    """Decide what a point is at which an iteration stopped.

    The proofs are tried in this order: a simple root by interval Newton; a simple root of a factor;
    a multiple root through the derivatives; an exact number of simple form; a change of sign of a
    continuous function.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float or complex
        The point.

    Returns
    -------
    Verdict
    """
    try:
        return _confirm_in_balls(function, x)
    except UnsupportedNodeError:
        return _confirm_in_numbers(function, x)


def _confirm_in_balls(function: ScalarFunction, x: Number) -> Verdict:
    smooth = function.differentiable
    found = isolate_near(function, x) if smooth else None
    if found is not None:
        return _proved(function, function, found, 1)
    bracket = _sign_change_around(function, x) if function.real else None
    verdict = None if bracket is None else _break_of_sign(function, x, bracket)
    if verdict is None and smooth:
        verdict = _root_of_a_factor(function, x) or multiple_root(function, x)
    if verdict is None and function.real:
        verdict = _exact_root(function, x, bracket)
        if verdict is None and bracket is not None:
            verdict = _between_signs(function, bracket)
    return verdict or _refused(function, x)


def _proved(
    function: ScalarFunction,
    target: ScalarFunction,
    found: Enclosure,
    multiplicity: int | None,
    exact: sp.Expr | None = None,
) -> Verdict:
    """Return the success that an enclosure stands for."""
    root, bound = nearest_double(found.root, function.real)
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
    """Return the double (or complex) nearest to the middle of a ball, and how far off it may be."""
    root: Number = float(ball.mid()) if real else complex(_part(ball.real), _part(ball.imag))
    if not math.isfinite(abs(root)):
        return root, math.inf
    with ctx.workprec(min(max(64, ball.rel_accuracy_bits() + 32), 4096)):
        distance = ball - exact_ball(root, real)
        bound = float(distance.abs_upper())
    return root, math.nextafter(bound, math.inf) if bound or distance != 0 else 0.0


def _part(ball: arb) -> float:
    """Return the middle of a part of a complex ball, exactly 0 where it may be."""
    return 0.0 if ball.contains(0) else float(ball.mid())


def _root_of_a_factor(function: ScalarFunction, x: Number) -> Verdict | None:
    """Prove a simple root of one factor at which the others stay finite."""
    factors = vanishing_factors(function.expr)
    for factor in factors:
        if factor.exponent.is_positive is not True or (
            len(factors) == 1 and factor.expr == function.expr
        ):
            continue
        target = scalar_function(factor.expr, function.unknown, function.real)
        found = isolate_near(target, x)
        if found is None or not _is_near(found, x):
            continue
        others = [other for other in factors if other is not factor]
        values = [_ball_of(other.expr, function, found) for other in others]
        if not all(value.is_finite() for value in values):
            continue
        zeros = [other for other, value in zip(others, values, strict=True) if value.contains(0)]
        if any(not other.exponent.is_positive for other in zeros):
            continue
        return _proved(function, target, found, None if zeros else factor.multiplicity)
    return None


def _ball_of(expr: sp.Expr, function: ScalarFunction, found: Enclosure) -> Any:
    other = scalar_function(expr, function.unknown, function.real)
    return other.ball(0, found.root, found.precision)


def _is_near(found: Enclosure, x: Number, reach: float = 0.05) -> bool:
    """Whether an enclosure is still the root that the iteration was after."""
    middle = complex(found.root.mid())
    return abs(middle - x) <= reach * max(abs(x), 1e-3) + 1e-6


def multiple_root(function: ScalarFunction, x: Number) -> Verdict | None:
    """Look for a derivative with a simple root here at which all lower ones vanish."""
    for order in range(1, HIGHEST_MULTIPLICITY):
        if sp.count_ops(function.derivative(order)) > MOST_OPERATIONS:
            return None
        found = isolate_near(function, x, order, MULTIPLE_ROOT_BITS)
        if found is None or not _is_near(found, x):
            continue
        lower = [function.ball(k, found.root, found.precision) for k in range(order)]
        if not all(value.is_finite() for value in lower):
            return None
        if not all(value.contains(0) for value in lower):
            return Verdict(
                Status.STALLED, x, detail="the residual has an extremum there and does not vanish"
            )
        for number in _candidates(function, found):
            if all(_is_zero(function.exact_value(number, k)) for k in range(order)):
                return _proved(function, function, found, order + 1, number)
        root, bound = nearest_double(found.root, function.real)
        return Verdict(
            Status.NOISE_LIMITED,
            root,
            bound,
            order + 1,
            enclosure=found,
            target=function,
            detail="f and its lower derivatives vanish there to all digits that were tried",
        )
    return None


def _candidates(function: ScalarFunction, found: Enclosure) -> list[sp.Expr]:
    with ctx.workprec(found.precision):
        if function.real:
            return list(simple_numbers(found.root))
        if found.root.imag.contains(0):
            return list(simple_numbers(found.root.real))
        if found.root.real.contains(0):
            return [sp.I * number for number in simple_numbers(found.root.imag)]
    return []


def _is_zero(value: sp.Expr) -> bool:
    if value == 0:
        return True
    if value.is_Rational or not value.is_number or value.has(sp.nan, sp.zoo, sp.oo):
        return False
    return bool(sp.count_ops(value) < 500 and sp.simplify(value) == 0)


def _exact_root(function: ScalarFunction, x: float, bracket: Bracket | None) -> Verdict | None:
    """Check whether the simplest number near x is a root at which f is continuous."""
    low, high = bracket if bracket is not None else (x, x)
    spread = 4.0 * math.ulp(max(abs(low), abs(high)))
    number = _simplest_between(Fraction(low) - Fraction(spread), Fraction(high) + Fraction(spread))
    candidate = sp.Rational(number.numerator, number.denominator)
    if not _is_zero(function.exact_value(candidate)):
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


def _sign_change_around(function: ScalarFunction, x: float) -> Bracket | None:
    """Return the closest points around x, a few roundings away, at which f has opposite signs."""
    unit = max(math.ulp(x), 5e-324)
    for k in range(12):
        low, high = x - 2**k * unit, x + 2**k * unit
        if function.sample(low).sign * function.sample(high).sign < 0:
            return low, high
    return None


def _break_of_sign(function: ScalarFunction, x: float, bracket: Bracket) -> Verdict | None:
    """Tell a pole from a jump by how |f| behaves on the way to the change of sign."""
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


def _between_signs(function: ScalarFunction, bracket: Bracket) -> Verdict | None:
    """Prove a root by a change of sign of a function that is continuous between the two points."""
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
            found = Enclosure(hull, hull, 0, precision)
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


def _refused(function: ScalarFunction, x: Number) -> Verdict:
    """Name what a point is that looked like a root to floats and is none."""
    sample = function.sample(x)
    if not sample.defined:
        return Verdict(Status.NAN, x, detail="f is not defined there")
    if sample.value == 0 and sample.noise == 0.0:
        for precision in (64, 1024):
            value = function.ball(0, exact_ball(x, function.real), precision)
            if value.is_finite() and not value.contains(0):
                return Verdict(
                    Status.UNDERFLOW, x, detail="f is not zero there, it only underflows"
                )
    return Verdict(Status.STALLED, x, detail="that it is a root could not be proved")


def _confirm_in_numbers(function: ScalarFunction, x: Number) -> Verdict:
    """Judge by Newton's correction at high precision, for functions that have no balls."""
    if not function.differentiable:
        return Verdict(Status.STALLED, x, detail="neither a derivative nor an enclosure is known")
    point, sizes = sp.sympify(x), []
    for digits in (30, 45, 60):
        place = {function.unknown: point}
        value = evaluate(function.expr, place, digits)
        slope = evaluate(function.derivative(1), place, digits)
        if value != value or slope != slope or slope == 0:
            return Verdict(Status.STALLED, x, detail="that it is a root could not be checked")
        correction = sp.sympify(value / slope)
        sizes.append(abs(complex(correction)))
        point = point - correction
    scale = max(abs(x), 1e-300)
    if sizes[0] > 1e-6 * scale or sizes[-1] > 1e-20 * scale or sizes[-1] > sizes[0]:
        return Verdict(Status.STALLED, x, detail="Newton's correction does not vanish there")
    root: Number = float(sp.re(point)) if function.real else complex(point)
    bound = abs(complex(point - sp.sympify(root))) + 4.0 * sizes[-1]
    return Verdict(
        Status.NOISE_LIMITED,
        root,
        math.nextafter(bound, math.inf),
        1,
        detail="its functions have no rigorous enclosure",
    )
