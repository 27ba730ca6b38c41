"""Newton's iteration in balls from a start that is close: the short way to many digits."""

from __future__ import annotations

from flint import arb, ctx

from symnum.rootfinding.enclosure import Enclosure
from symnum.rootfinding.fast_balls import QuickBalls

__all__ = ["polished_enclosure"]

#: Steps at the first precision; a start that needs more, or strays, is one for the search.
FIRST_STEPS = 12
FIRST_BITS = 64

#: Bits beyond those that are earned.
GUARD = 32


def polished_enclosure(
    function: QuickBalls, start: float, bits: int
) -> tuple[Enclosure, int] | None:
    """Enclose a simple root next to a start so that its relative radius is below ``2**-bits``.

    Every step doubles the correct bits, f at the precision that has been earned and f' at half of
    it. One interval Newton step at the end proves that the box holds exactly one root.

    Parameters
    ----------
    function : QuickBalls
        f and f'.
    start : float
        Close enough that every Newton step is at most half as long as the one before.
    bits : int
        Relative accuracy wanted.

    Returns
    -------
    tuple of (Enclosure, int), or None
        And the number of steps; None where the start strays, or the root is 0 or not simple.
    """
    before = ctx.prec
    try:
        ctx.prec = FIRST_BITS
        settled = _settle(function, arb(start))
        if settled is None:
            return None
        center, earned, steps = settled
        while earned < bits + 8:
            earned = min(2 * earned - 4, bits + 16)
            ctx.prec = earned // 2 + GUARD
            _, slope = function.both(center)
            ctx.prec = earned + GUARD
            value = function.value(center)
            if not value.is_finite() or not slope.is_finite() or slope.contains(0):
                return None
            center = (center - value / slope).mid()
            steps += 1
        ctx.prec = bits + 2 * GUARD
        proved = _enclose(function, center, bits)
        return None if proved is None else (proved, steps)
    finally:
        ctx.prec = before


def _settle(function: QuickBalls, center: arb) -> tuple[arb, int, int] | None:
    """Return a point, its correct bits and the steps taken; None where Newton's steps stray."""
    previous = None
    for count in range(1, FIRST_STEPS + 1):
        value, slope = function.both(center)
        if not value.is_finite() or not slope.is_finite() or slope.contains(0):
            return None
        correction = value / slope
        size = float(correction.abs_upper())
        if previous is not None and not size <= 0.5 * previous:
            return None
        center = (center - correction).mid()
        scale = abs(float(center))
        if size <= 2.0**-26 * scale:
            return center, 44, count
        if scale == 0.0 or size == 0.0:
            return None
        previous = size
    return None


def _enclose(function: QuickBalls, center: arb, bits: int) -> Enclosure | None:
    """Prove by one interval Newton step that there is exactly one root next to a point."""
    value = function.value(center)
    reach = center.abs_upper() * arb(2) ** (8 - bits)
    box = center + (-reach).union(reach)
    over, slope = function.both(box)
    if not over.is_finite() or not slope.is_finite() or slope.contains(0):
        return None
    step = value / slope
    root = center - step
    if not step.abs_upper() < reach or root.rel_accuracy_bits() < bits:
        return None
    return Enclosure(root, box, center, 0, ctx.prec)
