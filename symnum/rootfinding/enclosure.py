"""Balls that hold exactly one root: interval Newton in arbitrary precision, real and complex.

For a box X with midpoint c and a derivative that does not vanish over it, every root in X lies in
``N = c - f(c)/f'(X)``. If N lies inside X, there is exactly one root in X, and it lies in N.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import acb, arb, ctx

from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = [
    "PRECISIONS",
    "Enclosure",
    "double_in",
    "exact_ball",
    "isolate_near",
    "radius_of",
    "refine",
]

Ball = Any  # flint.arb or flint.acb

#: Bits tried in turn; the later ones are for functions that cancel.
PRECISIONS = (64, 128, 256, 512, 1024)

#: Newton steps in balls before the box is set up.
POLISHING_STEPS = 12


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A ball that holds exactly one root of the derivative of some order.

    Attributes
    ----------
    root : arb or acb
        Holds the root.
    box : arb or acb
        The root in it is unique.
    center : arb or acb
        The point of the box, without radius, at which f was evaluated.
    order : int
        Of the derivative of f whose simple root this is; 0 for f itself.
    precision : int
        Bits of the proof.
    """

    root: Ball
    box: Ball
    center: Ball
    order: int
    precision: int


def exact_ball(x: Any, real: bool) -> Ball:
    """Return a number of Python as a ball of radius 0, or a ball itself."""
    if isinstance(x, (arb, acb)):
        return x
    if real:
        return arb(x.real if isinstance(x, complex) else x)
    number = complex(x)
    return acb(arb(number.real), arb(number.imag))


def double_in(ball: arb) -> float:
    """Return the double nearest to the middle of a real ball, exactly 0 where the ball holds it."""
    return 0.0 if ball.contains(0) else float(ball.mid())


def radius_of(ball: Ball) -> arb:
    """Return the radius of a ball, of a complex one the larger of the two."""
    return max(ball.real.rad(), ball.imag.rad()) if isinstance(ball, acb) else ball.rad()


def isolate_near(
    function: ScalarFunction, x: Any, order: int = 0, precisions: tuple[int, ...] = PRECISIONS
) -> Enclosure | None:
    """Prove that there is exactly one simple root next to a point, and enclose it.

    Parameters
    ----------
    function : ScalarFunction
        f.
    x : float, complex or ball
        The point.
    order : int, optional
        The root is one of this derivative of f.
    precisions : tuple of int, optional
        Bits tried in turn, until the enclosure is narrower than a double resolves.

    Returns
    -------
    Enclosure or None
        None where no proof was found.
    """
    best = None
    center = exact_ball(x, function.real)
    for precision in precisions:
        with ctx.workprec(precision):
            found = _isolate(function, center, order, precision)
            if found is None:
                if best is not None:
                    break
                continue
            best = found
            if _resolved(found.root):
                break
            center = found.root.mid()
    return best


def _resolved(root: Ball) -> bool:
    return bool(radius_of(root) <= root.abs_lower() * arb(2) ** -60 or radius_of(root) == 0)


def _isolate(function: ScalarFunction, start: Ball, order: int, precision: int) -> Enclosure | None:
    settled = _settle(function, start, order, precision)
    if settled is None:
        return None
    center, value, correction = settled
    floor = center.abs_upper() if not center.contains(0) else arb(1)
    radius = 4 * correction.abs_upper() + floor * arb(2) ** (10 - precision)
    box = _box(center, radius)
    slope = function.ball(order + 1, box, precision)
    if not slope.is_finite() or slope.contains(0):
        return None
    step = value / slope
    if not _inside(step, radius) or not function.is_smooth_over(box, precision, order):
        return None
    root = _exactly(function, center - step, order, precision)
    return Enclosure(root, box, center, order, precision)


def _exactly(function: ScalarFunction, root: Ball, order: int, precision: int) -> Ball:
    """Return the root without radius where the function is exactly 0 at 0 or at a double in it."""
    candidate: Ball = (
        acb(arb(double_in(root.real)), arb(double_in(root.imag)))
        if isinstance(root, acb)
        else arb(double_in(root))
    )
    if root.contains(candidate) and function.ball(order, candidate, precision).is_zero():
        return candidate
    return root


def _settle(
    function: ScalarFunction, start: Ball, order: int, precision: int
) -> tuple[Ball, Ball, Ball] | None:
    """Return the point where Newton's iteration in midpoints settles, f there and f/f'."""
    center, previous = start, None
    for _ in range(POLISHING_STEPS):
        value = function.ball(order, center, precision)
        slope = function.ball(order + 1, center, precision)
        if not value.is_finite() or not slope.is_finite() or slope.contains(0):
            return None
        correction = value / slope
        size = correction.abs_upper()
        if correction.contains(0) or (previous is not None and size >= previous):
            break
        if size <= center.abs_lower() * arb(2) ** (4 - precision):
            break
        center, previous = (center - correction).mid(), size
    return center, value, correction


def _box(center: Ball, radius: arb) -> Ball:
    """Return a box that reaches at least `radius` to every side of a point.

    The point is not its middle: a power of a ball with middle 0 is not finite in python-flint, and
    x - 1 has the middle 0 where a root at 1 is the middle of the box.
    """
    side = (-radius).union(radius + radius / 2)
    return center + acb(side, side) if isinstance(center, acb) else center + side


def _inside(step: Ball, radius: arb) -> bool:
    if isinstance(step, acb):
        return bool(step.real.abs_upper() < radius and step.imag.abs_upper() < radius)
    return bool(step.abs_upper() < radius)


def refine(function: ScalarFunction, found: Enclosure, bits: int) -> Enclosure | None:
    """Narrow an enclosure until its radius is below ``2**-bits`` of the root.

    Newton's iteration doubles the precision: f at what has been earned, f' at half of it; one
    interval Newton step at the end proves the result. At a root that is 0 the radius is absolute.

    Parameters
    ----------
    function : ScalarFunction
        f.
    found : Enclosure
        Where to start.
    bits : int
        Relative accuracy wanted.

    Returns
    -------
    Enclosure or None
        None where the function cannot be evaluated well enough.
    """
    order, center = found.order, found.root.mid()
    earned = max(32, _accuracy(found.root))
    guard = 32
    while earned < bits + 8:
        earned = min(2 * earned - 4, bits + 16)
        precision = earned + guard
        with ctx.workprec(precision):
            value = function.ball(order, center, precision)
            slope = function.ball(order + 1, center, precision // 2 + guard)
            if not value.is_finite() or not slope.is_finite() or slope.contains(0):
                return None
            center = (center - value / slope).mid()
    for precision in (bits + guard, bits + 4 * guard, 2 * bits + 4 * guard, 4 * bits):
        with ctx.workprec(precision):
            proved = _isolate(function, center, order, precision)
            if proved is not None and _accuracy(proved.root) >= bits:
                return proved
    return None


def _accuracy(root: Ball) -> int:
    """Return the correct bits of a root; for a ball around 0 those behind the point."""
    accuracy = int(root.rel_accuracy_bits())
    if accuracy > 0:
        return accuracy
    return -_exponent(radius_of(root))


def _exponent(radius: arb) -> int:
    if radius == 0:
        return -(2**30)
    mantissa, exponent = radius.mid().man_exp()
    return int(exponent) + int(mantissa).bit_length()
