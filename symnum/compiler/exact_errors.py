"""The error of one computed number, in units in the last place of the exact one.

Balls settle nearly every point: a ball that is a thousand times smaller than the spacing of the
floats gives the error to three digits. What balls cannot settle goes to mpmath.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy
from flint import acb, arb, fmpq
from sympy import Basic

from symnum.errors import UnsupportedNodeError
from symnum.reference import BallFunction, Reference, ulp_distance

__all__ = ["ErrorMeter"]

# Bits of precision that are tried in turn; the first settles ordinary points.
PRECISIONS = (96, 192, 384, 768, 1536)

# The radius of a ball must be this much smaller than the spacing of the floats.
SMALL = 2.0**-10

# Decimal digits of the reference that decides about the worst points.
DIGITS = 40


# The spacing of subnormal numbers.
SMALLEST: dict[type, float] = {float: 5e-324, np.float32: 2.0**-149}


class ErrorMeter:
    """Measures errors of one expression.

    Parameters
    ----------
    symbols : sequence of sympy.Symbol
        The arguments.
    expression : sympy.Basic
        What is exact.
    dtype : numpy.dtype
        What the computed numbers are; decides the spacing.
    """

    def __init__(
        self, symbols: Sequence[sympy.Symbol], expression: Basic, dtype: np.dtype[Any]
    ) -> None:
        self._reference = Reference(symbols, expression)
        self._scalar = np.float32 if dtype.name in ("float32", "complex64") else float
        self._complex = dtype.kind == "c"
        try:
            self._ball: BallFunction | None = BallFunction(symbols, expression)
        except UnsupportedNodeError:
            self._ball = None

    @property
    def uses_balls(self) -> bool:
        """Whether the quick way exists."""
        return self._ball is not None

    def quick(self, computed: Any, point: Sequence[Any]) -> float:
        """Return the error in ulps to about three digits, never less than it is.

        NaN means that the expression has no value at the point.
        """
        if self._ball is None or not np.isfinite(computed):
            return self.careful(computed, point)
        for precision in PRECISIONS:
            ball = _ball_at(self._ball, point, precision, self._complex)
            if ball is not None:
                error = self._from_ball(computed, ball)
                if error is not None:
                    return error
        return self.careful(computed, point)

    def _from_ball(self, computed: Any, ball: Any) -> float | None:
        size = float(abs(ball).mid())
        if not math.isfinite(size) or size >= float(np.finfo(self._scalar).max):
            return None
        spacing = self._spacing(size, lambda: abs(ball).mid() < size)
        if _radius(ball) > SMALL * spacing:
            return None
        number = acb(complex(computed)) if isinstance(ball, acb) else float(computed)
        difference = ball - number
        return float(abs(difference).mid()) / spacing

    def _spacing(self, size: float, is_below: Callable[[], bool]) -> float:
        """Return the spacing at a positive number, given as the nearest double.

        `is_below` tells whether the number is smaller than that double: just below a power of two
        the spacing is half as large.
        """
        spacing = float(np.spacing(self._scalar(size)))
        if math.frexp(size)[0] == 0.5 and is_below():
            return max(spacing / 2, SMALLEST[self._scalar])
        return spacing

    def careful(self, computed: Any, point: Sequence[Any]) -> float:
        """Return the error in ulps from mpmath, with the rules for what is not finite.

        NaN means that the expression has no value at the point, or no real one for a real kernel.
        Where it has none, a kernel that gives a real number for a complex one is infinitely wrong.
        """
        exact = self.exact(point)
        if isinstance(exact, bool):
            exact = mpmath.mpf(exact)
        if isinstance(exact, mpmath.mpc) and not self._complex:
            return math.inf if math.isfinite(computed) and mpmath.isfinite(exact) else math.nan
        if mpmath.isnan(exact):
            return math.nan
        if self._complex:
            return self._complex_distance(complex(computed), mpmath.mpc(exact))
        return ulp_distance(self._scalar(computed), exact)

    def exact(self, point: Sequence[Any]) -> Any:
        """Return the exact value at a point, from mpmath."""
        return self._reference.value(list(point), DIGITS)

    def _complex_distance(self, computed: complex, exact: Any) -> float:
        """Measure the modulus of the difference in spacings at the modulus of the exact value."""
        if not mpmath.isfinite(exact):
            return 0.0 if not np.isfinite(computed) else math.inf
        if not np.isfinite(computed):
            largest = mpmath.mpf(float(np.finfo(self._scalar).max))
            return 0.0 if abs(exact) >= largest else math.inf
        context = mpmath.MPContext()
        context.prec = 200
        distance = abs(context.mpc(computed) - context.mpc(exact))
        modulus = abs(context.mpc(exact))
        size = float(modulus)
        return float(distance / self._spacing(size, lambda: bool(modulus < size)))


def _ball_at(function: BallFunction, point: Sequence[Any], precision: int, field: bool) -> Any:
    """Return a finite ball around the value, None where this precision gives none."""
    ball: Any = function.complex(point, precision) if field else function(point, precision)
    if isinstance(ball, fmpq):
        ball = arb(ball)
    return ball if ball.is_finite() else None


def _radius(ball: Any) -> float:
    if isinstance(ball, acb):
        return math.hypot(float(ball.real.rad()), float(ball.imag.rad()))
    return float(ball.rad())
