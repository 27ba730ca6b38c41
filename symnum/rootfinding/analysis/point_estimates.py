"""Tests at one point that prove a root near it: Smale's alpha and Kantorovich's theorem."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, acb_poly, arb, ctx

from symnum.expressions import as_expression, as_symbol
from symnum.expressions.exact import without_floats
from symnum.rootfinding.arguments import as_number
from symnum.rootfinding.enclosure import exact_ball
from symnum.rootfinding.kinks import has_kinks
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["PointEstimate", "kantorovich", "smale"]

Ball = Any  # flint.arb or flint.acb

#: Bits tried in turn where the answer hangs on rounding.
PRECISIONS = (64, 256, 1024)


@dataclass(frozen=True, slots=True)
class PointEstimate:
    """What was proved of a root from the values at one point.

    Attributes
    ----------
    kind : str
        ``"smale"`` or ``"kantorovich"``.
    certified : bool
        Whether the test holds: then Newton's iteration from the point converges quadratically to a
        root at most `bound` away.
    alpha, beta, gamma : float
        Upper bounds: beta of abs(f/f'), gamma of the curvature; alpha = beta*gamma must be below
        0.1576... (Smale) or at most 1/2 (Kantorovich).
    bound : float
        On the distance to the root; inf without a proof.
    point : float or complex
        Where the test was made.
    function : Expr
        f.
    unknown : Symbol
        x.
    """

    kind: str
    certified: bool
    alpha: float
    beta: float
    gamma: float
    bound: float
    point: Any
    function: sp.Expr
    unknown: sp.Symbol

    def verify(self) -> bool:
        """Make the test again from the function and the point."""
        test = smale if self.kind == "smale" else kantorovich
        return test(self.function, self.unknown, self.point).certified

    def __str__(self) -> str:
        head = f"{self.kind} at {self.unknown} = {self.point!r}: alpha <= {self.alpha:.3g}"
        if not self.certified:
            return f"{head}, too large for a proof; start closer to the root"
        return f"{head}, proved: a root within {self.bound:.3g}"


def smale(f: sp.Expr | str, x: sp.Symbol | str, x0: Any) -> PointEstimate:
    """Test by Smale's alpha whether a point is a certified start for a root of a polynomial.

    ``alpha = beta*gamma`` with ``beta = |f/f'|`` and ``gamma = max |f^(k)/(k! f')|**(1/(k-1))``.
    For ``alpha < (13 - 3*sqrt(17))/4`` Newton's iteration converges quadratically from the point;
    the root is at most ``2*beta`` away.

    Parameters
    ----------
    f : Expr or str
        A polynomial with rational coefficients.
    x : Symbol or str
        The unknown.
    x0 : number
        The point, real or complex, taken exactly.

    Returns
    -------
    PointEstimate

    Raises
    ------
    ValueError, TypeError
        For anything else than a polynomial and a finite number.

    Examples
    --------
    >>> print(smale("x**2 - 2", "x", 1.4))
    smale at x = 1.4: alpha <= 0.0051, proved: a root within 0.0286
    >>> smale("x**2 - 2", "x", 0.1).certified
    False

    Notes
    -----
    L. Blum, F. Cucker, M. Shub, S. Smale, Complexity and Real Computation, 1998, chapter 8.
    """
    unknown, function, point = _read(f, x, x0)
    coefficients = sp.Poly(function, unknown).all_coeffs() if _is_polynomial(function) else []
    if len(coefficients) < 2 or not all(number.is_Rational for number in coefficients):
        raise ValueError(
            f"f: expected a polynomial in {unknown} with rational numbers, got {str(function)[:80]}"
        )
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            taylor = acb_poly([acb(arb(int(c.p)) / int(c.q)) for c in reversed(coefficients)])
            values = taylor(acb_poly([exact_ball(point, False), acb(1)])).coeffs()
            beta, gamma = _beta_gamma(values)
            limit = (13 - 3 * arb(17).sqrt()) / 4
            alpha = beta * gamma
            if alpha < limit or alpha > limit:
                break
    certified = bool(alpha < limit)
    return _estimate("smale", certified, (alpha, beta, gamma, 2 * beta), point, function, unknown)


def kantorovich(f: sp.Expr | str, x: sp.Symbol | str, x0: Any) -> PointEstimate:
    """Test by Kantorovich's theorem whether there is a root close to a point.

    With ``beta = |f/f'|`` and ``gamma >= |f''/f'(x0)|`` over the ball of radius ``2*beta``:
    for ``alpha = beta*gamma <= 1/2`` there is a root within
    ``beta * 2/(1 + sqrt(1 - 2*alpha))``.

    Parameters
    ----------
    f : Expr or str
        A smooth function.
    x : Symbol or str
        The unknown.
    x0 : number
        The point, real or complex, taken exactly.

    Returns
    -------
    PointEstimate

    Raises
    ------
    ValueError, TypeError
        For a function with kinks or other symbols, or a point that is no finite number.

    Examples
    --------
    >>> print(kantorovich("x - cos(x)", "x", 0.75))
    kantorovich at x = 0.75: alpha <= 0.00483, proved: a root within 0.0109

    Notes
    -----
    L. V. Kantorovich, G. P. Akilov, Functional Analysis, 1982, chapter XVIII.
    """
    unknown, function, point = _read(f, x, x0)
    if has_kinks(function):
        raise ValueError(f"f: expected a smooth function, got {str(function)[:80]}")
    real = not isinstance(point, complex)
    smooth = ScalarFunction(function, unknown, real)
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            center = exact_ball(point, real)
            slope = smooth.ball(1, center, precision)
            beta = abs(smooth.ball(0, center, precision) / slope)
            radius = (2 * beta).abs_upper()
            side = (-radius).union(radius)
            box = center + (side if real else acb(side, side))
            gamma = abs(smooth.ball(2, box, precision) / slope).abs_upper()
            alpha = beta * gamma
            sound = alpha.is_finite() and smooth.is_smooth_over(box, precision, 1)
            if not sound or alpha <= 0.5 or alpha > 0.5:
                break
    certified = bool(sound and alpha <= 0.5)
    root = (1 - 2 * alpha).max(arb(0)).sqrt() if certified else arb(0)
    figures = (alpha, beta, gamma, 2 * beta / (1 + root))
    return _estimate("kantorovich", certified, figures, point, function, unknown)


def _read(f: Any, x: Any, x0: Any) -> tuple[sp.Symbol, sp.Expr, Any]:
    unknown = as_symbol(x, "x")
    function = without_floats(as_expression(f, "f", {unknown.name: unknown}))
    if function.free_symbols != {unknown}:
        raise ValueError(f"f: expected a function of {unknown} alone, got {str(function)[:80]}")
    number = as_number(x0, "x0")
    return unknown, function, number if number.imag else number.real


def _is_polynomial(function: sp.Expr) -> bool:
    return bool(function.is_polynomial(*function.free_symbols))


def _beta_gamma(values: list[acb]) -> tuple[arb, arb]:
    """Return beta and gamma from the Taylor coefficients at the point."""
    beta = abs(values[0] / values[1])
    gamma = arb(0)
    for k, value in enumerate(values[2:], start=2):
        gamma = gamma.max(abs(value / values[1]) ** (arb(1) / (k - 1)))
    return beta, gamma


def _estimate(
    kind: str,
    certified: bool,
    figures: tuple[arb, arb, arb, arb],
    point: Any,
    function: sp.Expr,
    unknown: sp.Symbol,
) -> PointEstimate:
    alpha, beta, gamma, bound = map(_above, figures)
    return PointEstimate(
        kind,
        certified,
        alpha,
        beta,
        gamma,
        bound if certified else math.inf,
        point,
        function,
        unknown,
    )


def _above(ball: arb) -> float:
    """Return a double that is not below the ball."""
    if not ball.is_finite():
        return math.inf
    upper = float(ball.upper())
    return math.nextafter(upper, math.inf) if upper else 0.0
