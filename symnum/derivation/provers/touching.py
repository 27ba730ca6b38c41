"""Inequalities that touch: zeros of the difference inside the domain, by a local argument.

Near a point p with ``g(p) = g'(p) = ... = g^(k-1)(p) = 0`` the sign of g is that of its k-th
derivative (Taylor, with the remainder in the k-th derivative); away from these points the
difference is strictly positive, which boxes can show.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy
from sympy import Expr, Rational, Symbol

from symnum.derivation.provers.enclosures import enclosed_at, ends_as_floats, number_span, signs_of
from symnum.derivation.provers.goal import Goal
from symnum.derivation.provers.ladder import prove_equal
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import CounterexampleError, Proof
from symnum.errors import UnsupportedNodeError
from symnum.expressions.domains import Interval
from symnum.reference.bounds import prove_nonnegative
from symnum.reference.roots import isolate_roots

__all__ = ["by_touching"]

_MOST_OPERATIONS = 200
_MOST_ORDER = 6
_ROOT_BUDGET = 400
_BOXES = 600
_RADII = (Rational(1, 4), Rational(1, 32), Rational(1, 512))
_CONSTANTS = (sympy.pi, sympy.sqrt(2), sympy.sqrt(3), sympy.log(2), sympy.E)


def by_touching(goal: Goal) -> Proof | None:
    """Prove nonnegativity on a bounded interval with finitely many touching points inside.

    Parameters
    ----------
    goal : Goal

    Returns
    -------
    Proof or None
    """
    if len(goal.setting.domains) != 1 or goal.setting.facts or goal.depth > 2:
        return None
    ((symbol, domain),) = goal.setting.domains.items()
    if not isinstance(domain, Interval) or not domain.is_bounded:
        return None
    if sympy.count_ops(goal.expr) > _MOST_OPERATIONS:
        return None
    touching = _touching_points(goal.expr, symbol, domain)
    if not touching:
        return None
    parts: list[tuple[Expr, Expr]] = []
    for point in touching:
        radius = _radius(goal.expr, symbol, point)
        if radius is None:
            return None
        near = _near(point)
        parts.append((near - radius, near + radius))
    boxes = 0
    for low, high in _gaps(domain, parts):
        try:
            report = prove_nonnegative(goal.expr, {symbol: (low, high)}, budget=_BOXES, strict=True)
        except (UnsupportedNodeError, ValueError):
            return None
        if not report.proved:
            if report.refuted_at is not None and report.reason == "negative":
                raise CounterexampleError(dict(report.refuted_at))
            return None
        boxes += report.boxes
    places = ", ".join(str(point) for point in touching)
    rows = (("touches at", places), ("boxes", str(boxes)))
    return Proof("Taylor at the touching points, boxes elsewhere", rows, "interval")


def _touching_points(expr: Expr, symbol: Symbol, domain: Interval) -> list[Expr] | None:
    """Return the stationary points inside at which the expression vanishes, in closed form."""
    try:
        found = isolate_roots(
            sympy.diff(expr, symbol),
            symbol,
            domain.low,
            domain.high,
            budget=_ROOT_BUDGET,
            digits=60,
        )
    except (UnsupportedNodeError, ValueError):
        return None
    points = []
    for root in found.roots:
        middle = (root.lower + root.upper) / 2
        value = enclosed_at(expr, {symbol: middle}, 400)
        if signs_of(value) == {-1} and middle in domain:
            raise CounterexampleError({symbol: _shortest(expr, symbol, middle, domain)})
        if ends_as_floats(value)[0] > 1e-9:
            continue
        exact = _recognised(expr, symbol, middle)
        if exact is not None:
            points.append(exact)
    return points


def _shortest(expr: Expr, symbol: Symbol, place: Rational, domain: Interval) -> Rational:
    """Return a fraction near a place, with a denominator as short as a negative value allows."""
    exact = Fraction(int(place.p), int(place.q))
    for digits in (2, 4, 8, 16):
        near = exact.limit_denominator(10**digits)
        short = Rational(near.numerator, near.denominator)
        if short in domain and signs_of(enclosed_at(expr, {symbol: short}, 400)) == {-1}:
            return short
    return place


def _recognised(expr: Expr, symbol: Symbol, near: Rational) -> Expr | None:
    """Return the closed form of a zero that is known to about 30 digits."""
    for candidate in _candidates(near):
        gap = number_span(candidate - near, 160)
        if max(abs(end) for end in ends_as_floats(gap)) > 1e-11:
            continue
        value = expr.subs(symbol, candidate)
        if _is_zero(value):
            return candidate
    return None


def _is_zero(number: Expr) -> bool:
    try:
        return prove_equal(Setting({}), number, sympy.Integer(0)) is not None
    except CounterexampleError:
        return False


def _candidates(near: Rational) -> Iterator[Expr]:
    yield sympy.nsimplify(near, rational=True, tolerance=1e-20)
    short = sympy.Float(near, 25)
    for constant in _CONSTANTS:
        ratio = sympy.nsimplify((short / constant).evalf(25), rational=True, tolerance=1e-15)
        if ratio.q < 1000:
            yield ratio * constant
    square = sympy.nsimplify(short**2, rational=True, tolerance=1e-15)
    if square.q < 1000:
        yield sympy.sign(short) * sympy.sqrt(square)
    for name in (sympy.exp, sympy.tan):
        value = sympy.nsimplify(name(short), rational=True, tolerance=1e-15)
        if value.q < 1000:
            yield sympy.log(value) if name is sympy.exp else sympy.atan(value)


def _radius(expr: Expr, symbol: Symbol, point: Expr) -> Rational | None:
    """Return a distance within which the sign follows from the first derivative not zero there."""
    slope = expr
    for order in range(1, _MOST_ORDER + 1):
        slope = sympy.diff(slope, symbol)
        signs = Setting({}).signs(slope.subs(symbol, point))
        if signs == {0} or (0 in signs and _is_zero(slope.subs(symbol, point))):
            continue
        if signs != {1} or order % 2:
            return None
        near = _near(point)
        for radius in _RADII:
            # The interval holds the point itself, which is closer to its middle than the radius.
            report = prove_nonnegative(
                slope, {symbol: (near - radius, near + radius)}, budget=_BOXES
            )
            if report.proved:
                return radius
        return None
    return None


def _near(point: Expr) -> Rational:
    return point if point.is_Rational else Rational(point.evalf(30))


def _gaps(domain: Interval, parts: list[tuple[Expr, Expr]]) -> Iterator[tuple[Expr, Expr]]:
    """Yield what neighbourhoods of points leave of an interval."""
    low = domain.low
    for left, right in sorted(parts, key=lambda part: part[0]):
        if (left - low).evalf(30) > 0:
            yield low, left
        if (right - low).evalf(30) > 0:
            low = right
    if (domain.high - low).evalf(30) > 0:
        yield low, domain.high
