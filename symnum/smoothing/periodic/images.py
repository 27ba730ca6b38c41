r"""Periodic functions smoothed by any density on a bounded support.

Between two neighbouring breaks a periodic function is a polynomial or a sine; each break further
away changes it. Only finitely many of these changes are in reach of the density.
"""

from __future__ import annotations

from typing import Any, final

import sympy
from sympy import Expr, Integer, Symbol, factorial, floor, pi, sin
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction

__all__ = ["Phase", "imaged_sine", "imaged_wave"]

# The bandwidth reaches so many periods at most: each one adds terms.
_MOST_IMAGES = 40
_WHOLE = 2**60


@final
class Phase(NamedFunction):
    """The fractional part of a number, whose derivative is taken between its jumps.

    Parameters
    ----------
    y : Expr

    Examples
    --------
    >>> Phase(sympy.Rational(-1, 3))
    2/3
    """

    nargs = 1

    @classmethod
    def eval(cls, y: Expr) -> Expr | None:
        """Evaluate at numbers that are known exactly."""
        return y - floor(y) if y.is_Rational else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return y - floor(y)."""
        (y,) = arguments
        return y - floor(y)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the difference, which is exact; huge numbers are whole, infinity gives 0."""
        (y,) = arguments
        return sympy.Piecewise((Integer(0), sympy.Abs(y) > _WHOLE), (y - floor(y), True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return 1."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return Integer(1)

    def _eval_is_real(self) -> bool | None:
        return True if self.args[0].is_real else None

    def _latex(self, printer: Any) -> str:
        return rf"\left\{{{printer.doprint(self.args[0])}\right\}}"


def _reach(density: Any, width: Expr) -> tuple[int, int]:
    """Return how many breaks to the right of a period, and to its left, the density reaches."""
    low, high = density.support
    if not (low.is_finite and high.is_finite):
        raise ValueError(
            "mollifier: infinitely many breaks are smoothed by the densities with a name and by "
            f"those on a bounded support, not by {density.name}"
        )
    if not width.is_number:
        raise ValueError(
            f"bandwidth: the {density.name} mollifier smooths infinitely many breaks for a number "
            f"as bandwidth, which must be positive, got {width} periods"
        )
    # T > low reaches r - width low < 1 - width low.
    right, left = (int(sympy.ceiling(end)) for end in (1 - width * low - 1, width * high))
    right, left = max(right, 0), max(left, 0)
    if right + left > _MOST_IMAGES:
        raise ValueError(
            f"bandwidth: the {density.name} mollifier smooths infinitely many breaks where it "
            f"reaches at most {_MOST_IMAGES} of them, got {right + left}"
        )
    return right, left


def imaged_wave(density: Any, k: int, y: Expr, width: Expr) -> Expr:
    r"""Return the smoothed periodic Bernoulli function B_k({y})/k!, with finitely many images.

    .. math:: E \frac{B_k(r - wT)}{k!} - \sum_{m \ge 1} w^{k-1} A_k\left(\frac{r-m}w\right)
              + \sum_{m \ge 0} w^{k-1}\,G_k\left(\frac{r+m}w\right), \qquad
              A_k(u) + G_k(u) = E \frac{(u - T)^{k-1}}{(k-1)!}

    Parameters
    ----------
    density : Mollifier
        On a bounded support.
    k : int
        At least 1.
    y : Expr
        A place that rises with x.
    width : Expr
        The bandwidth in periods, a number.
    """
    right, left = _reach(density, width)
    r, t = Phase(y), sympy.Dummy("t", real=True)
    bernoulli = sympy.bernoulli(k, t) / factorial(k)
    total = _mean(bernoulli, t, density, r, width)
    law = density.law
    for m in range(1, right + 1):
        total -= width ** (k - 1) * law.at(k, (r - m) / width)
    for m in range(left):
        u = (r + m) / width
        whole = _mean(t ** (k - 1) / factorial(k - 1), t, density, u, Integer(1))
        total += width ** (k - 1) * (whole - law.at(k, u))
    return total


def _mean(polynomial: Expr, t: Symbol, density: Any, place: Expr, width: Expr) -> Expr:
    """Return E p(place - width T)."""
    parts = []
    for i in range(sympy.degree(polynomial, t) + 1 if polynomial.has(t) else 1):
        derivative = polynomial.diff(t, i).subs(t, place)
        parts.append(derivative * (-width) ** i * density.moment(i) / factorial(i))
    return sympy.Add(*parts)


def imaged_sine(density: Any, place: Expr, width: Expr, *, steady: bool = False) -> Expr:
    r"""Return the smoothed |sin| with a density whose waves have closed forms.

    .. math:: |\sin s| = \sin s + 2 \sum_{m \ge 1} \sin(s - m\pi)_{s > m\pi}
              - 2 \sum_{m \ge 0} \sin(s + m\pi)_{s < -m\pi}

    Parameters
    ----------
    density : Mollifier
        On a bounded support.
    place : Expr
        A place that rises with x.
    width : Expr
        A number.
    steady : bool
        Whether to take the form without cancellation.
    """
    right, left = _reach(density, width / pi)
    law = density.law
    wave = law.steady_wave if steady and law.steady_wave else law.wave
    s = pi * Phase(place / pi)
    cosine, sine = _whole_wave(law, width)
    total = sin(s) * cosine - sympy.cos(s) * sine
    for m in range(1, right + 1):
        total += 2 * wave(0, Integer(0), width, (s - m * pi) / width)[1]
    for m in range(left):
        at = s + m * pi
        whole = sin(at) * cosine - sympy.cos(at) * sine
        total -= 2 * (whole - wave(0, Integer(0), width, at / width)[1])
    return total


def _whole_wave(law: Any, width: Expr) -> tuple[Expr, Expr]:
    """Return E cos(width T) and E sin(width T)."""
    value = law.tilted_moment(0, sympy.I * width)
    real, imaginary = sympy.expand(value, complex=True).as_real_imag()
    return sympy.simplify(real), -sympy.simplify(imaginary)
