"""The refuter: it looks for a counterexample before anything is proved.

Random rational points, the ends and the middle of each domain, powers of ten towards infinite ends,
and the places where a formula may break. Two values are told apart by their difference at 100 and
at 200 digits: a residue that shrinks is rounding, one that stays is not zero, however small.
A side that is undefined, infinite or not real at a point of the domain violates the claim.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import mpmath
import sympy
from sympy import Expr, I, Symbol

from symnum.derivation.claims import Approximation, Claim, Equality, Inequality
from symnum.derivation.provers.breaks import axis_points, switches
from symnum.derivation.provers.enclosures import enclosed_at
from symnum.derivation.provers.summation import SlowSumError, with_sums_added
from symnum.errors import Refuted, UnsupportedNodeError
from symnum.expressions.box import Box
from symnum.reference.balls import BallFunction
from symnum.reference.evaluator import evaluate
from symnum.reference.spans import DEFINED

__all__ = ["Survey", "Violation", "allows_complex", "distance", "judge", "refute", "value_at"]

RANDOM_POINTS = 12
DIGITS = 100
_SLOW_DIGITS = 30
_BALL_PRECISIONS = (400, 1600, 8000)
_SHOWN = 20
_MOST_PROBES = 64
_MOST_BREAKS = 40
_SLOW_POINTS = 5
_COMPLEX = (I, sympy.re, sympy.im, sympy.conjugate, sympy.arg)
_BINDERS = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Derivative, sympy.Subs)

# Values come at many digits; a context of its own keeps them when they are compared.
_EXACT = mpmath.mp.clone()
_EXACT.dps = 450
# Beyond this a sum may cancel below every affordable precision.
_REMOTE = 1000

Point = Mapping[Symbol, Expr]


@final
@dataclass(frozen=True, slots=True)
class Violation:
    """A point at which a claim fails, with the values there."""

    point: dict[Symbol, Expr]
    lhs: Any
    rhs: Any
    reason: str

    def error(self, claim: Any) -> Refuted:
        """Return the exception that reports the violation."""
        return Refuted(claim, self.point, _shown(self.lhs), _shown(self.rhs), self.reason)


@final
@dataclass(frozen=True, slots=True)
class Survey:
    """What the refuter looked at without finding a counterexample."""

    random_points: int
    probes: int
    skipped: int
    digits: int

    def details(self) -> tuple[tuple[str, str], ...]:
        """Return the survey as rows of a certificate."""
        rows = [
            ("random points", f"{self.random_points} x {self.digits} digits"),
            ("probes", f"{self.probes} (ends, middle, powers of ten, breaks)"),
        ]
        if self.skipped:
            rows.append(("points without a value", str(self.skipped)))
        return tuple(rows)


def allows_complex(*sides: Expr) -> bool:
    """Tell whether a claim is about complex numbers: i or a part of a complex number is written.

    Parameters
    ----------
    *sides : sympy.Expr

    Returns
    -------
    bool
    """
    return any(side.has(*_COMPLEX) for side in sides)


def is_slow(*sides: Expr) -> bool:
    """Tell whether a sum, product or integral has to be computed numerically."""
    return any(side.has(*_BINDERS) for side in sides)


def distance(lhs: Expr, rhs: Expr) -> Expr:
    """Return the absolute value of a difference; to simplify it, SymPy would take minutes."""
    return sympy.Abs(lhs - rhs, evaluate=False)


def refute(claim: Claim, box: Box) -> Survey:
    """Look for a counterexample of a claim about two sides.

    Parameters
    ----------
    claim : Equality, Inequality or Approximation
    box : symnum.expressions.Box

    Returns
    -------
    Survey
        Where nothing was found.

    Raises
    ------
    Refuted
        With the point and both values.
    """
    if isinstance(claim, Approximation):
        lhs, rhs, relation = distance(claim.lhs, claim.rhs), claim.bound, "<="
        sides: tuple[Expr, ...] = (claim.lhs, claim.rhs, claim.bound)
    elif isinstance(claim, Equality | Inequality):
        lhs, rhs = claim.lhs, claim.rhs
        relation = "=" if isinstance(claim, Equality) else "<="
        sides = (lhs, rhs)
    else:
        raise TypeError(f"the refuter compares two sides; got {type(claim).__name__}")
    slow = is_slow(*sides)
    rng = random.Random(claim.fingerprint() + box.fingerprint)
    count = _SLOW_POINTS if slow else RANDOM_POINTS
    points = _sample(sides, box, rng, count) if box.symbols else [{}]

    def count_skipped(places: list[dict[Symbol, Expr]]) -> int:
        verdicts = (judge(lhs, rhs, place, relation) for place in places)
        return sum(_passed(verdict, claim) for verdict in verdicts)

    skipped = count_skipped(points)  # most false claims end here, before probes are searched for
    probes = _probes(sides, box, points)
    if slow:
        probes = [point for point in probes if _is_moderate(point)][:_SLOW_POINTS]
    skipped += count_skipped(probes)
    digits = _SLOW_DIGITS if slow else DIGITS
    return Survey(len(points), len(probes), skipped, digits)


def _passed(verdict: Violation | bool | None, claim: Claim) -> bool:
    """Tell whether a point was passed over without a verdict; a violation is raised."""
    if isinstance(verdict, Violation):
        raise verdict.error(claim)
    return verdict is None


def _sample(
    sides: Sequence[Expr], box: Box, rng: random.Random, count: int
) -> list[dict[Symbol, Expr]]:
    return _distinct(sides, box.sample(rng, count))


def _distinct(
    sides: Sequence[Expr], points: Iterable[dict[Symbol, Expr]]
) -> list[dict[Symbol, Expr]]:
    """Return points without those that differ only in symbols that no side contains."""
    relevant = frozenset().union(*(side.free_symbols for side in sides))
    found: dict[tuple[Any, ...], dict[Symbol, Expr]] = {}
    for point in points:
        key = tuple(value for symbol, value in point.items() if symbol in relevant)
        found.setdefault(key, point)
    return list(found.values())


def _probes(
    sides: Sequence[Expr], box: Box, points: Sequence[dict[Symbol, Expr]]
) -> list[dict[Symbol, Expr]]:
    """Return the places where the sides may break, then ends, middles and powers of ten."""
    if not any(symbol in side.free_symbols for side in sides for symbol in box.symbols):
        return []
    found = _break_points(sides, box, points)[:_MOST_BREAKS]
    return _distinct(sides, [*found, *box.probes()])[:_MOST_PROBES]


def _break_points(
    sides: Sequence[Expr], box: Box, points: Sequence[dict[Symbol, Expr]]
) -> list[dict[Symbol, Expr]]:
    breaks = list(dict.fromkeys(switch for side in sides for switch in switches(side)))
    found: list[dict[Symbol, Expr]] = []
    for symbol in box.symbols if breaks else ():
        for others in points[:3]:
            rest = {key: value for key, value in others.items() if key != symbol}
            for value in axis_points(breaks, symbol, box[symbol], rest):
                point = {key: value if key == symbol else others[key] for key in box.symbols}
                if not box.where or box.contains(point):
                    found.append(point)
            if len(box.symbols) == 1:
                break
    return found


def _is_moderate(point: Point) -> bool:
    """Tell whether a sum or integral may be expected to be computed quickly at a point."""
    return all(value == 0 or 0.05 < abs(value) < 20 for value in point.values())


def value_at(expr: Expr, point: Point, digits: int) -> Any:
    """Return the value of an expression at a point, None where it could not be computed.

    Parameters
    ----------
    expr : sympy.Expr
    point : mapping from sympy.Symbol to number
    digits : int

    Returns
    -------
    mpf, mpc or None
        nan or infinite where the expression is undefined.
    """
    try:
        if expr.has(sympy.Sum):
            expr = with_sums_added(expr, point, digits)
        value = evaluate(expr, point, digits)
    except (UnsupportedNodeError, SlowSumError):
        return None
    if _is_nan(value) and expr.has(*_BINDERS):
        return None  # a sum or integral that did not converge numerically proves nothing
    return _kept(value)


def _kept(value: Any) -> Any:
    """Return an mpmath number in the context that rounds none of its digits away."""
    if isinstance(value, mpmath.mpc):
        return _EXACT.make_mpc(value._mpc_)
    return _EXACT.make_mpf(value._mpf_)


def judge(lhs: Expr, rhs: Expr, point: Point, relation: str = "=") -> Violation | bool | None:
    """Compare two sides at one point.

    Parameters
    ----------
    lhs, rhs : sympy.Expr
    point : mapping from sympy.Symbol to number
    relation : str
        ``"="`` or ``"<="``.

    Returns
    -------
    Violation, True or None
        None where a side cannot be evaluated.
    """
    digits = _SLOW_DIGITS if is_slow(lhs, rhs) else DIGITS
    if any(not value.is_Rational for value in point.values()):
        # Near a pole at an irrational point no precision is enough; that is for the algebra.
        spans = [enclosed_at(side, point, _BALL_PRECISIONS[0]) for side in (lhs, rhs)]
        if not all(span.flags & DEFINED for span in spans):
            return None
    left, right = value_at(lhs, point, digits), value_at(rhs, point, digits)
    if left is None or right is None:
        return None
    place = dict(point)
    complex_allowed = relation == "=" and allows_complex(lhs, rhs)
    for name, side, value in (("left", lhs, left), ("right", rhs, right)):
        flaw = _flaw(value, digits, complex_allowed=complex_allowed)
        if flaw:
            if _is_doubtful(side, point, flaw):
                return None
            return Violation(place, left, right, f"the {name} side is {flaw} there")
    gap = _gap(left, right, relation)
    if not gap > _tolerance(digits):
        return True
    more_left, more_right = value_at(lhs, point, 2 * digits), value_at(rhs, point, 2 * digits)
    if more_left is None or more_right is None:
        return None
    stays = _gap(more_left, more_right, relation)
    if not (stays > _tolerance(2 * digits) and stays > gap / 1000):
        return True
    if _balls_disagree(lhs - rhs, point, relation):
        return None
    return Violation(place, left, right, _size_of(stays))


def _is_doubtful(side: Expr, point: Point, flaw: str) -> bool:
    """Tell whether a value that was not found may have been lost to cancellation.

    ``1/(1 + c*(exp(c) - 1)/c)`` looks undefined at -10**6 at any affordable precision. Whether a
    side is defined everywhere is proved for itself, so nothing is lost by passing over the point.
    """
    if any(abs(value) > _REMOTE for value in point.values()):
        return True
    if enclosed_at(side, point, _BALL_PRECISIONS[0]).flags & DEFINED:
        return True
    symbols = sorted(side.free_symbols, key=str)
    try:
        ball = BallFunction(symbols, side).complex([point[symbol] for symbol in symbols], 400)
    except (UnsupportedNodeError, ValueError):
        return False
    # A finite ball has a value in it; that it is not real is for the digits to say.
    return bool(ball.is_finite()) and flaw != "not real"


def _balls_disagree(gap: Expr, point: Point, relation: str) -> bool:
    """Tell whether balls, where they exist, do not confirm what two precisions suggest.

    Numbers of many more digits than were computed, as in ``cosh(x)**2 - sinh(x)**2`` at a million,
    may seem to differ; then no verdict is better than a wrong one.
    """
    symbols = sorted(gap.free_symbols, key=str)
    try:
        difference = BallFunction(symbols, gap)
    except (UnsupportedNodeError, ValueError):
        return False  # no balls for some function: the digits have to be trusted
    values = [point[symbol] for symbol in symbols]
    for precision in _BALL_PRECISIONS:
        if relation == "<=":
            ball = difference(values, precision)
            if ball > 0:
                return False
        else:
            place = difference.complex(values, precision)
            if place.is_finite() and not place.contains(0):
                return False
    return True


def _tolerance(digits: int) -> float:
    return float(f"1e-{digits - 8}")


def _size_of(gap: Any) -> str:
    return f"relative difference {float(gap):.3g}" if gap > 1e-300 else "the sides differ"


def _flaw(value: Any, digits: int, *, complex_allowed: bool) -> str:
    if _is_nan(value):
        return "undefined"
    if _is_infinite(value):
        return "infinite"
    if not complex_allowed and not _is_real(value, digits):
        return "not real"
    return ""


def _is_nan(value: Any) -> bool:
    return bool(value != value)


def _is_infinite(value: Any) -> bool:
    parts = (value.real, value.imag)
    return any(abs(part) == float("inf") for part in parts)


def _is_real(value: Any, digits: int) -> bool:
    return bool(value.imag == 0 or abs(value.imag) < abs(value.real) * _tolerance(digits))


def _gap(left: Any, right: Any, relation: str) -> Any:
    """Return by how much the relation fails, relative to the larger side."""
    size = max(abs(left), abs(right))
    if size == 0:
        return size
    if relation == "=":
        return abs(left - right) / size
    return (left.real - right.real) / size


def _shown(value: Any) -> Any:
    return None if value is None else _EXACT.nstr(value, _SHOWN)
