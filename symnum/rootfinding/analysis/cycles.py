"""Cycles of Newton's iteration, found exactly and proved to attract or to repel.

For a polynomial f the step N = x - f/f' is a rational function. The points of period p are the
roots of the numerator of ``N(N(...N(x))) - x`` that are not points of a shorter period. A cycle
attracts, so that no start near it ever reaches a root, where its multiplier
``(N^p)' = product of f f''/f'**2`` over its points is below 1 in modulus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, acb_poly, arb, ctx, fmpq, fmpq_poly, fmpz, fmpz_poly

from symnum.expressions import as_expression, as_symbol
from symnum.expressions.exact import without_floats

__all__ = ["NewtonCycle", "newton_cycles"]

Ball = Any  # flint.acb

PRECISION = 256

#: The degree of the numerator grows like degree**period.
HIGHEST_DEGREE = 1200


@dataclass(frozen=True, slots=True)
class NewtonCycle:
    """Points that Newton's iteration visits for ever.

    Attributes
    ----------
    points : tuple of float or complex
        In the order in which they are visited, each the double nearest to the exact point.
    multiplier : float or complex
        The derivative of the p-fold iteration at the points.
    kind : str
        ``"superattracting"`` (the multiplier is 0), ``"attracting"``, ``"repelling"``, or
        ``"undecided"``, proved in exact and ball arithmetic.
    expr : Expr
        The factor of the numerator of ``N^p(x) - x`` of which the points are roots.
    function : Expr
        f.
    unknown : Symbol
        x.
    """

    points: tuple[Any, ...]
    multiplier: Any
    kind: str
    expr: sp.Expr
    function: sp.Expr
    unknown: sp.Symbol

    @property
    def period(self) -> int:
        """How many points the cycle has."""
        return len(self.points)

    @property
    def attracting(self) -> bool:
        """Whether it is proved that all starts near the cycle are drawn into it."""
        return self.kind in ("attracting", "superattracting")

    def verify(self) -> bool:
        """Check again, by SymPy alone, that N maps each root of the factor to itself in p steps."""
        x, modulus = self.unknown, sp.Poly(self.expr, self.unknown, domain="QQ")
        f, slope = (sp.Poly(g, x, domain="QQ") for g in (self.function, sp.diff(self.function, x)))
        start = image = sp.Poly(x, x, domain="QQ").rem(modulus)
        for _ in range(self.period):
            value, steepness = (g.compose(image).rem(modulus) for g in (f, slope))
            image = (image - value * steepness.invert(modulus)).rem(modulus)
        return bool(image == start)

    def __str__(self) -> str:
        places = " -> ".join(f"{point:.10g}" for point in (*self.points, self.points[0]))
        return (
            f"{self.kind} cycle of period {self.period}: {places}, multiplier {self.multiplier:.6g}"
        )


def newton_cycles(
    f: sp.Expr | str,
    x: sp.Symbol | str,
    period: int = 2,
    *,
    complex: bool = False,  # noqa: A002
) -> tuple[NewtonCycle, ...]:
    """Return all cycles of Newton's iteration of one period for a polynomial.

    Parameters
    ----------
    f : Expr or str
        A polynomial with rational coefficients, of degree 2 at least.
    x : Symbol or str
        The unknown.
    period : int, optional
        From 2 on.
    complex : bool, optional
        Whether cycles in the complex plane are wanted too.

    Returns
    -------
    tuple of NewtonCycle
        Attracting ones first. An empty tuple is a proof that there is none.

    Raises
    ------
    ValueError
        If f is no such polynomial, the period is below 2, or the numerator has too high a degree.

    Examples
    --------
    >>> print(newton_cycles("x**3 - 2*x + 2", "x")[0])
    superattracting cycle of period 2: 0 -> 1 -> 0, multiplier 0
    >>> newton_cycles("x**2 - 2", "x")
    ()

    Notes
    -----
    B. Barna, Ueber die Divergenzpunkte des Newtonschen Verfahrens, 1956.
    """
    unknown = as_symbol(x, "x")
    function = without_floats(as_expression(f, "f", {unknown.name: unknown}))
    polynomial = _polynomial(function, unknown)
    if isinstance(period, bool) or not isinstance(period, int):
        raise TypeError(f"period: expected an integer, got {period!r}")
    if period < 2:
        raise ValueError(f"period: expected at least 2, got {period}")
    if polynomial.degree() ** period > HIGHEST_DEGREE:
        raise ValueError(
            f"period: the points of period {period} of a polynomial of degree "
            f"{polynomial.degree()} are roots of one of degree about "
            f"{polynomial.degree() ** period}; up to {HIGHEST_DEGREE} is done"
        )
    with ctx.workprec(PRECISION):
        found = [
            _described(orbit, factor, polynomial, function, unknown)
            for orbit, factor in _orbits(polynomial, period)
            if complex or all(point.imag.contains(0) for point in orbit)
        ]
    return tuple(sorted(found, key=lambda cycle: (abs(cycle.multiplier), _place(cycle.points[0]))))


def _polynomial(function: sp.Expr, unknown: sp.Symbol) -> fmpq_poly:
    text = str(function)[:80]
    if not function.is_polynomial(unknown) or function.free_symbols != {unknown}:
        raise ValueError(f"f: expected a polynomial in {unknown} with rational numbers, got {text}")
    coefficients = sp.Poly(function, unknown).all_coeffs()
    if len(coefficients) < 3 or not all(number.is_Rational for number in coefficients):
        raise ValueError(
            f"f: expected a polynomial of degree 2 at least with rational numbers, got {text}"
        )
    return fmpq_poly([fmpq(fmpz(int(c.p)), fmpz(int(c.q))) for c in reversed(coefficients)])


def _orbits(f: fmpq_poly, period: int) -> list[tuple[tuple[Ball, ...], fmpz_poly]]:
    """Return the cycles of one period, each with the factors whose roots its points are."""
    value, slope = _function(f), _function(f.derivative())
    points: list[tuple[Ball, fmpz_poly]] = []
    for factor in _factors(f, period):
        found: Any = factor.complex_roots()
        points += [(root, factor) for root, _ in found]
    orbits = []
    left = list(range(len(points)))
    while left:
        orbit = [left.pop(0)]
        while len(orbit) < period:
            z = points[orbit[-1]][0]
            image = z - value(z) / slope(z)
            (following,) = [k for k in left if points[k][0].overlaps(image)]
            left.remove(following)
            orbit.append(following)
        product = fmpz_poly([1])
        for k in orbit:
            if product.gcd(points[k][1]).degree() == 0:
                product *= points[k][1]
        orbits.append((tuple(points[k][0] for k in orbit), product))
    return orbits


def _factors(f: fmpq_poly, period: int) -> list[fmpz_poly]:
    """Return the irreducible factors whose roots are the points of exactly this period."""
    x = fmpq_poly([0, 1])
    above, below = x, fmpq_poly([1])
    shorter = []
    numerator = fmpq_poly([1])
    for count in range(1, period + 1):
        above, below = _newton_step(f, above, below)
        numerator = above - x * below
        if count < period and period % count == 0:
            shorter.append(numerator)
    for other in shorter:
        while (common := numerator.gcd(other)).degree() > 0:
            numerator = numerator / common
    _, factors = numerator.numer().factor()
    return [factor for factor, _ in factors]


def _newton_step(f: fmpq_poly, above: fmpq_poly, below: fmpq_poly) -> tuple[fmpq_poly, fmpq_poly]:
    """Return numerator and denominator of N(above/below) without common factors."""
    x = fmpq_poly([0, 1])
    slope = f.derivative()
    top, degree = x * slope - f, f.degree()
    up = [fmpq_poly([1])]
    down = [fmpq_poly([1])]
    for _ in range(degree):
        up.append(up[-1] * above)
        down.append(down[-1] * below)
    zero = fmpq_poly([0])
    terms = [up[k] * down[degree - k] for k in range(degree + 1)]
    new_above = sum((top[k] * terms[k] for k in range(degree + 1)), zero)
    new_below = sum((slope[k] * terms[k] for k in range(degree + 1)), zero)
    common = new_above.gcd(new_below)
    return new_above / common, new_below / common


def _described(
    orbit: tuple[Ball, ...], factor: fmpz_poly, f: fmpq_poly, function: sp.Expr, x: sp.Symbol
) -> NewtonCycle:
    curvature = f.derivative().derivative()
    value, first, second = map(_function, (f, f.derivative(), curvature))
    multiplier: Any = acb(1)
    for z in orbit:
        multiplier *= value(z) * second(z) / first(z) ** 2
    # A point at which f'' vanishes is a common root, and there is one in the factor exactly.
    flat = fmpq_poly(factor).gcd(curvature).degree() > 0 and multiplier.contains(0)
    if flat:
        kind, multiplier = "superattracting", acb(0)
    else:
        size = multiplier.abs_upper(), multiplier.abs_lower()
        kind = "attracting" if size[0] < 1 else "repelling" if size[1] > 1 else "undecided"
    start = min(range(len(orbit)), key=lambda k: _place(_number(orbit[k])))
    points = tuple(_number(z) for z in (*orbit[start:], *orbit[:start]))
    expr = sum((int(c) * x**k for k, c in enumerate(factor.coeffs())), sp.S.Zero)
    return NewtonCycle(points, _number(multiplier), kind, expr, function, x)


def _function(polynomial: fmpq_poly) -> Callable[[Ball], Ball]:
    """Return a polynomial as a function of complex balls."""
    return acb_poly(polynomial)


def _number(ball: Ball) -> float | complex:
    """Return the double nearest to a ball, a complex one only where it is not real."""
    real = _double(ball.real)
    return real if ball.imag.contains(0) else complex(real, _double(ball.imag))


def _double(ball: arb) -> float:
    return 0.0 if ball.contains(0) else float(ball.mid())


def _place(point: Any) -> tuple[float, float]:
    number = complex(point)
    return number.real, number.imag
