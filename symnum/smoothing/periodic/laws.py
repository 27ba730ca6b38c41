"""What the smoothing of periodic functions needs of each mollifier, right in floating point.

With T_k(v) = A_k(-v), v >= 0, the repeated integrals in a tail, and the characteristic function,
a law says how the smoothed periodic Bernoulli functions are computed: as sums of images where the
bandwidth is a small part of the period, from the Fourier series where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import mpmath
import sympy
from sympy import (
    Dummy,
    Expr,
    Float,
    Integer,
    Max,
    Min,
    Piecewise,
    Rational,
    cos,
    erfc,
    exp,
    factorial,
    pi,
    sin,
    sqrt,
)

__all__ = ["LAWS", "PeriodicLaw", "horner"]

# Decimal digits of coefficients that are not rational.
_DIGITS = 40
_V = Dummy("v", nonnegative=True)


@dataclass(frozen=True, slots=True)
class PeriodicLaw:
    """A symmetric mollifier as the smoothing of periodic functions sees it.

    Attributes
    ----------
    name : str
    tail : callable
        From k and an expression v >= 0 to T_k(v), to about 1e-17 of T_k(0).
    moment : callable
        From even k to E T^k.
    characteristic : callable
        From s > 0 to E cos(s T), as it is written in textbooks.
    border : Rational
        The ratio of bandwidth and period from which on the Fourier series is used.
    images : int
        How many images on each side count below the border.
    harmonics : int
        How many terms of the Fourier series count above it; 0 where `breaks` take its place.
    breaks : callable or None
        From the ratio's lower bound to triples (a, i, J): the i-th derivative of the density jumps
        by J at a. For densities that are determined by their jumps.
    gentle : callable or None
        The characteristic function without cancellation; None where the textbook has none.
    """

    name: str
    tail: Callable[[int, Expr], Expr]
    moment: Callable[[int], Expr]
    characteristic: Callable[[Expr], Expr]
    border: Rational
    images: int
    harmonics: int = 0
    breaks: Callable[[], tuple[tuple[Expr, int, Expr], ...]] | None = None
    gentle: Callable[[Expr], Expr] | None = None

    def stable_characteristic(self, s: Expr) -> Expr:
        """Return the characteristic function without cancellation."""
        return (self.gentle or self.characteristic)(s)


def horner(coefficients: Sequence[Expr], x: Expr) -> Expr:
    """Return a polynomial; the coefficients start with the constant one."""
    value: Expr = Integer(0)
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


# The Gaussian: m A_{m+1} = u A_m + A_{m-1}.


@cache
def _gaussian_tail(k: int) -> Expr:
    if k < 0:
        return -_gaussian_tail(k + 1).diff(_V)
    density, distribution = exp(-(_V**2) / 2) / sqrt(2 * pi), erfc(_V / sqrt(2)) / 2
    rows = [density, distribution]
    for m in range(1, k):
        rows.append((-_V * rows[m] + rows[m - 1]) / m)
    return rows[k]


def _gaussian(k: int, v: Expr) -> Expr:
    return _gaussian_tail(k).subs(_V, v)


# Logistic and sech: polylogarithms, near 0 by Taylor's series, further out by powers of e^-w.


@cache
def _tail_series(name: str, k: int, terms: int) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """Return coefficients of T_k in powers of w and of e^-w; w is v, or pi v/2 for sech."""
    context = mpmath.mp.clone()
    context.dps = 2 * _DIGITS
    near = []
    for j in range(2 * terms):
        if name == "logistic":
            # Li_s(-e^-w) = sum over j of -eta(s - j) (-w)^j/j!, s = k - 1
            value = context.altzeta(k - 1 - j)
        else:
            # Im Li_s(i e^-w) = sum over j of beta(s - j) (-w)^j/j!, s = k
            value = _dirichlet_beta(context, k - j) * (2 / context.pi) ** k
        value *= (-1) ** j / context.factorial(j)
        near.append(Float(context.nstr(value, _DIGITS), _DIGITS) if value else Integer(0))
    if name == "logistic":
        far = [Integer(0)] + [
            Rational((-1) ** (n + 1)) / Integer(n) ** (k - 1) for n in range(1, terms + 1)
        ]
    else:
        far = [Rational((-1) ** n) / Integer(2 * n + 1) ** k for n in range(terms)]
    return tuple(near), tuple(far)


def _dirichlet_beta(context: mpmath.ctx_mp.MPContext, s: int) -> mpmath.mpf:
    quarter = context.mpf(1) / 4
    if s == 1:
        return context.pi / 4
    if s <= 0:
        # zeta(-n, a) = -B_{n+1}(a)/(n + 1)
        n = -s
        both = context.bernpoly(n + 1, 3 * quarter) - context.bernpoly(n + 1, quarter)
        return 4**n * both / (n + 1)
    return (context.zeta(s, quarter) - context.zeta(s, 3 * quarter)) / context.mpf(4) ** s


_NEAR_TERMS = 28


def _logistic(k: int, v: Expr) -> Expr:
    if k <= 1:
        ratio = exp(-_V) / (1 + exp(-_V))
        for _ in range(1 - k):
            ratio = -ratio.diff(_V)
        return ratio.subs(_V, v)
    near, far = _tail_series("logistic", k, _NEAR_TERMS)
    middle = Rational(3, 2)
    return Piecewise(
        (horner(near, Min(v, middle)), v < middle), (horner(far, exp(-Max(v, middle))), True)
    )


def _sech(k: int, v: Expr) -> Expr:
    if k <= 1:
        w = exp(-pi * _V / 2)
        density = w / (1 + w**2)
        for _ in range(-k):
            density = -density.diff(_V)
        value = 2 * sympy.atan(w) / pi if k == 1 else density
        return value.subs(_V, v)
    near, far = _tail_series("sech", k, _NEAR_TERMS)
    w, middle = pi * v / 2, Rational(3, 4)
    decay = exp(-Max(w, middle))
    outside = (2 / pi) ** k * decay * horner(far, decay**2)
    return Piecewise((horner(near, Min(w, middle)), w < middle), (outside, True))


@cache
def _secant_number(k: int) -> Expr:
    # E T^k for the density sech(pi t/2)/2 is |E_k|, the secant number.
    return sympy.Abs(sympy.euler(k))


# Densities on [-1, 1] and Laplace's: determined by their jumps.


@cache
def _compact_rows(inside: Expr) -> tuple[Callable[[int], Expr], Callable[[int], Expr]]:
    """Return T_k in `_V` on [0, 1], and the even moments, of an even density given for v >= 0."""

    @cache
    def tail(k: int) -> Expr:
        if k < 0:
            return -tail(k + 1).diff(_V)
        if k == 0:
            return inside
        t = Dummy("t", nonnegative=True)
        # Integrated from the end of the support, where the tail vanishes.
        antiderivative = sympy.integrate(sympy.expand(tail(k - 1).subs(_V, t)), t)
        return sympy.expand(antiderivative.subs(t, 1) - antiderivative.subs(t, _V))

    @cache
    def moment(k: int) -> Expr:
        return sympy.simplify(2 * sympy.integrate(sympy.expand(inside * _V**k), (_V, 0, 1)))

    return tail, moment


def _about_one(expr: Expr, v: Expr) -> Expr:
    """Return a tail at v <= 1; a polynomial in powers of 1 - v, in which nothing cancels."""
    if not expr.is_polynomial(_V):
        return expr.subs(_V, v)
    d = Dummy("d")
    ascending = sympy.Poly(expr.subs(_V, 1 - d), d).all_coeffs()[::-1]
    return horner(ascending, 1 - v)


def _jumps(inside: Expr, most: int) -> tuple[tuple[Expr, int, Expr], ...]:
    """Return the jumps of an even density that is 0 beyond 1, up to an order."""
    found = []
    for i in range(most):
        slope = inside.diff(_V, i)
        end, middle = slope.subs(_V, 1), slope.subs(_V, 0)
        if end != 0:
            found += [(Integer(1), i, -end), (Integer(-1), i, (-1) ** i * end)]
        if i % 2 and middle != 0:
            found.append((Integer(0), i, 2 * middle))
    return tuple(found)


def _compact(
    name: str,
    inside: Expr,
    characteristic: Callable[[Expr], Expr],
    *,
    border: int = 1,
    orders: int = 8,
    gentle: Callable[[Expr], Expr] | None = None,
) -> PeriodicLaw:
    tail, moment = _compact_rows(inside)

    def clipped(k: int, v: Expr) -> Expr:
        return Piecewise((_about_one(tail(k), Min(v, 1)), v < 1), (Integer(0), True))

    def series(s: Expr) -> Expr:
        # Taylor's series below 2, where the textbook form cancels.
        even = [(-1) ** j * moment(2 * j) / factorial(2 * j) for j in range(14)]
        return Piecewise((horner(even, Min(s, 2) ** 2), s < 2), (characteristic(Max(s, 2)), True))

    return PeriodicLaw(
        name,
        clipped,
        moment,
        characteristic,
        Rational(border),
        border + 1,
        breaks=cache(lambda: _jumps(inside, orders)),
        gentle=gentle or series,
    )


def _raised_cosine_gentle(s: Expr) -> Expr:
    # sin s/(pi - s) = sinc(s - pi)
    low, high = Min(s, 2), Max(s, 2)
    return Piecewise(
        (sympy.sinc(low) * pi**2 / ((pi - low) * (pi + low)), s < 2),
        (pi**2 * sympy.sinc(high - pi) / (high * (high + pi)), True),
    )


def _laplace(k: int, v: Expr) -> Expr:
    return exp(-v) / 2


def _logistic_moment(k: int) -> Expr:
    if k == 0:
        return Integer(1)
    return 2 * (1 - Rational(2) ** (1 - k)) * factorial(k) * sympy.zeta(k)


def _logistic_gentle(s: Expr) -> Expr:
    # pi s/sinh(pi s) without the overflow of sinh
    decay = exp(-pi * s)
    return 2 * pi * s * decay / ((1 - decay) * (1 + decay))


_P2 = 1 - _V**2

_ROWS = (
    PeriodicLaw(
        "gaussian",
        _gaussian,
        lambda k: sympy.factorial2(k - 1) if k else Integer(1),
        lambda s: exp(-(s**2) / 2),
        Rational(3, 10),
        3,
        5,
    ),
    PeriodicLaw(
        "logistic",
        _logistic,
        _logistic_moment,
        lambda s: pi * s / sympy.sinh(pi * s),
        Rational(1, 4),
        11,
        9,
        gentle=_logistic_gentle,
    ),
    PeriodicLaw(
        "sech",
        _sech,
        _secant_number,
        lambda s: 1 / sympy.cosh(s),
        Rational(1, 2),
        14,
        13,
        gentle=lambda s: 2 * exp(-s) / (1 + exp(-2 * s)),
    ),
    PeriodicLaw(
        "laplace",
        _laplace,
        lambda k: factorial(k),
        lambda s: 1 / (1 + s**2),
        Rational(1, 2),
        0,
        breaks=cache(lambda: tuple((Integer(0), i, Integer(-1)) for i in range(1, 40, 2))),
    ),
    PeriodicLaw(
        "cauchy",
        lambda k, v: Integer(0),
        lambda k: Integer(1),
        lambda s: exp(-s),
        Rational(3, 10),
        0,
        22,
    ),
    PeriodicLaw(
        "student_t2",
        lambda k, v: Integer(0),
        lambda k: Integer(1),
        lambda s: s * sympy.besselk(1, s),
        Integer(1),
        10,
        7,
    ),
    _compact("uniform", Rational(1, 2) + 0 * _V, lambda s: sin(s) / s),
    _compact("triangular", 1 - _V, lambda s: (2 - 2 * cos(s)) / s**2),
    _compact("epanechnikov", sympy.expand(3 * _P2 / 4), lambda s: 3 * (sin(s) - s * cos(s)) / s**3),
    _compact(
        "biweight",
        sympy.expand(15 * _P2**2 / 16),
        lambda s: 15 * ((3 - s**2) * sin(s) - 3 * s * cos(s)) / s**5,
    ),
    _compact(
        "triweight",
        sympy.expand(35 * _P2**3 / 32),
        lambda s: 105 * ((15 - 6 * s**2) * sin(s) - (15 - s**2) * s * cos(s)) / s**7,
    ),
    _compact(
        "cosine",
        pi * cos(pi * _V / 2) / 4,
        lambda s: pi**2 * cos(s) / (pi**2 - 4 * s**2),
        orders=30,
        # cos s/(pi/2 - s) = sinc(s - pi/2)
        gentle=lambda s: pi**2 * sympy.sinc(s - pi / 2) / (4 * (s + pi / 2)),
    ),
    _compact(
        "raised_cosine",
        (1 + cos(pi * _V)) / 2,
        lambda s: pi**2 * sin(s) / (s * (pi**2 - s**2)),
        border=2,
        orders=34,
        gentle=_raised_cosine_gentle,
    ),
)

LAWS: tuple[PeriodicLaw, ...] = _ROWS
