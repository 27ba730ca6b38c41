"""A confirmed root to any number of digits, as an mpmath number with a rigorous bound."""

from __future__ import annotations

import math
from typing import Any

import mpmath
from flint import acb, arb, ctx, fmpq, fmpz

from symnum.rootfinding.enclosure import Enclosure, radius_of, refine
from symnum.rootfinding.scalar.verdicts import Verdict
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["as_mpf", "bits_of", "precise_root", "rounded_root"]

Ball = Any  # flint.arb or flint.acb

#: Bits beyond the digits asked for, so that the last digit is right after rounding.
SPARE_BITS = 12


def precise_root(
    function: ScalarFunction, verdict: Verdict, digits: int
) -> tuple[Any, Any, Enclosure | None] | None:
    """Return a root to so many digits, a bound on its error, and the enclosure that proves it.

    Parameters
    ----------
    function : ScalarFunction
        The equation.
    verdict : Verdict
        A success.
    digits : int
        Decimal digits, relative to the root; absolute for the root 0.

    Returns
    -------
    tuple or None
        mpf or mpc, mpf, Enclosure; None where the precision could not be reached.
    """
    bits = bits_of(digits)
    found = verdict.enclosure
    with ctx.workprec(bits + 64):
        if verdict.exact is not None and verdict.exact.is_Rational:
            ball = arb(fmpq(fmpz(int(verdict.exact.p)), fmpz(int(verdict.exact.q))))
        elif found is not None and radius_of(found.root) == 0:
            ball = found.root
        elif found is None or verdict.target is None:
            return None
        else:
            found = (
                _narrowed(function, found, bits)
                if verdict.kind == "sign-change"
                else refine(verdict.target, found, bits)
            )
            if found is None:
                return None
            ball = found.root
        return *rounded_root(ball, bits), found


def bits_of(digits: int) -> int:
    """Return the bits that so many correct decimal digits take."""
    return math.ceil(digits * 3.3219280948873626) + SPARE_BITS


def rounded_root(ball: Ball, bits: int) -> tuple[Any, Any]:
    """Return the middle of a ball as an mpmath number of so many bits, and a bound on its error."""
    root = _rounded(ball, bits)
    return root, as_mpf((ball - _as_ball(root)).abs_upper(), up=True)


def as_mpf(number: arb, *, up: bool = False) -> Any:
    """Return the middle of a ball as an mpmath number, every bit of it or rounded up to 60."""
    mantissa, exponent = number.mid().man_exp()
    exact = mpmath.mp.make_mpf(mpmath.libmp.from_man_exp(int(mantissa), int(exponent)))
    if not up:
        return exact
    return mpmath.mp.make_mpf(mpmath.libmp.mpf_pos(exact._mpf_, 60, "u"))


def _rounded(ball: Ball, bits: int) -> Any:
    """Return the middle as an mpmath number of so many bits."""
    if isinstance(ball, acb):
        parts = tuple(_rounded(part, bits)._mpf_ for part in (ball.real, ball.imag))
        # The constructor of mpc would round to the precision of the global context.
        return mpmath.mp.make_mpc(parts)
    if ball.contains(0):
        return mpmath.mpf(0)
    whole = as_mpf(ball)
    return mpmath.mp.make_mpf(mpmath.libmp.mpf_pos(whole._mpf_, bits, "n"))


def _as_ball(number: Any) -> Ball:
    if isinstance(number, mpmath.mpc):
        return acb(_as_ball(number.real), _as_ball(number.imag))
    sign, mantissa, exponent, _ = number._mpf_
    return arb(fmpz(-int(mantissa) if sign else int(mantissa))) * arb(2) ** int(exponent)


def _narrowed(function: ScalarFunction, found: Enclosure, bits: int) -> Enclosure | None:
    """Halve a bracket with a change of sign until it is narrow enough."""
    precision = 2 * bits + 64
    with ctx.workprec(precision):
        low, high = found.box.lower(), found.box.upper()
        rising = bool(function.ball(0, high, precision) > 0)
        for _ in range(4 * bits):
            middle = ((low + high) / 2).mid()
            value = function.ball(0, middle, precision)
            if value.is_zero():
                return Enclosure(middle, found.box, middle, 0, precision)
            if value.contains(0) or not value.is_finite():
                return None
            low, high = (low, middle) if bool(value > 0) == rising else (middle, high)
            if bool((high - low) <= abs(middle) * arb(2) ** -bits):
                hull = low.union(high)
                return Enclosure(hull, hull, hull.mid(), 0, precision)
    return None
