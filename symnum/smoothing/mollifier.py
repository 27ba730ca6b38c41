"""Mollifiers: densities that smooth by convolution, with their repeated integrals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy
from sympy import (
    Expr,
    Integer,
    Piecewise,
    Rational,
    Symbol,
    atan,
    cos,
    exp,
    factorial,
    log,
    pi,
    sqrt,
)

from symnum.smoothing.logistic import Logistic, Softplus
from symnum.smoothing.normal import NormalCdf, NormalRamp, normal_density

__all__ = ["MOLLIFIERS", "Mollifier", "U", "mollifier_named"]

U = Symbol("u", real=True)


@dataclass(frozen=True, slots=True)
class Mollifier:
    r"""A symmetric probability density K with its repeated integrals.

    .. math:: A_0 = K, \qquad A_{m+1}(u) = \int_{-\infty}^u A_m(t)\,dt

    Where an integral diverges, A_m is one antiderivative of A_{m-1}; differences in which the
    divergent part cancels are right (Hadamard's finite part).

    Attributes
    ----------
    name : str
    density : Expr
        K in the symbol `U`.
    law : callable
        From m >= 0 to A_m in `U`.
    moments : callable
        From even k to E T^k.
    degree : int or None
        The highest degree of polynomial growth that K integrates; None where every degree is.
    characteristic : Expr
        E cos(U T) in `U`.
    continuous : bool
        Whether K has no jumps, so that it is the derivative of A_1 everywhere.
    """

    name: str
    density: Expr
    law: Callable[[int], Expr]
    moments: Callable[[int], Expr]
    degree: int | None
    characteristic: Expr
    continuous: bool = True

    def antiderivative(self, m: int) -> Expr:
        """Return A_m as an expression in `U`; A_1 is the distribution function."""
        if m < 0:
            raise ValueError(f"m: expected at least 0, got {m}")
        return self.law(m)

    @property
    def cdf(self) -> Expr:
        """The distribution function A_1 in `U`."""
        return self.law(1)

    def moment(self, k: int) -> Expr:
        """Return E T^k, the odd ones being 0 by symmetry."""
        if k < 0:
            raise ValueError(f"k: expected at least 0, got {k}")
        return Integer(0) if k % 2 else self.moments(k)


@cache
def _gaussian(m: int) -> Expr:
    if m <= 2:
        return (normal_density(U), NormalCdf(U), NormalRamp(U))[m]
    # m A_{m+1} = u A_m + A_{m-1}
    return sympy.expand((U * _gaussian(m - 1) + _gaussian(m - 2)) / (m - 1))


@cache
def _logistic(m: int) -> Expr:
    if m <= 2:
        return (Logistic(U) * Logistic(-U), Logistic(U), Softplus(U))[m]
    return -sympy.polylog(m - 1, -exp(U))


@cache
def _laplace(m: int) -> Expr:
    if m == 0:
        return exp(-sympy.Abs(U)) / 2
    powers = (U ** (m - 1 - j) / factorial(m - 1 - j) for j in range(0, m, 2))
    right = sympy.Add(*powers) + (-1) ** m * exp(-U) / 2
    return Piecewise((exp(U) / 2, U < 0), (right, True))


@cache
def _cauchy(m: int) -> Expr:
    if m == 0:
        return 1 / (pi * (1 + U**2))
    # A_m = u^(m-1)/(m-1)! - Im[z^(m-1) (log z - H_(m-1))]/(pi (m-1)!), z = u + i, and
    # log z = log(1 + u^2)/2 + i (pi/2 - atan u); A_2 is normalised to u A_1 - log(1+u^2)/(2 pi).
    z = sympy.expand((U + sympy.I) ** (m - 1))
    real, imaginary = z.as_real_imag()
    modulus = log(1 + U**2) / 2 - sympy.harmonic(m - 1)
    angle = pi / 2 - atan(U)
    value = U ** (m - 1) - (imaginary * modulus + real * angle) / pi
    constant = U ** (m - 2) / (pi * factorial(m - 2)) if m >= 2 else Integer(0)
    return sympy.expand(value / factorial(m - 1) - constant)


@cache
def _student(m: int) -> Expr:
    root = sqrt(1 + U**2)
    if m <= 2:
        return (1 / (2 * root**3), (1 + U / root) / 2, (U + root) / 2)[m]
    return sympy.integrate(_student(m - 1), U)


def _compact(inside: Expr) -> Callable[[int], Expr]:
    """Return the law of an even density on [-1, 1], given there in `U`."""

    @cache
    def moments(k: int) -> Expr:
        return sympy.integrate(inside * U**k, (U, -1, 1))

    @cache
    def middle(m: int) -> Expr:
        if m == 0:
            return inside
        t = sympy.Dummy("t", real=True)
        return sympy.expand(sympy.integrate(middle(m - 1).subs(U, t), (t, -1, U)))

    @cache
    def law(m: int) -> Expr:
        if m == 0:
            return Piecewise((inside, sympy.Abs(U) <= 1), (Integer(0), True))
        # To the right of the support A_m = E (u - T)^(m-1)/(m-1)!.
        right = sympy.Add(
            *(sympy.binomial(m - 1, k) * U ** (m - 1 - k) * moments(k) for k in range(0, m, 2))
        ) / factorial(m - 1)
        return Piecewise((Integer(0), U <= -1), (right, U >= 1), (middle(m), True))

    return law


def _bounded(name: str, inside: Expr, characteristic: Expr) -> Mollifier:
    law = _compact(inside)
    return Mollifier(
        name,
        law(0),
        law,
        lambda k: sympy.integrate(inside * U**k, (U, -1, 1)),
        None,
        characteristic,
        continuous=inside.subs(U, 1) == 0,
    )


def _no_moment(k: int) -> Expr:
    return Integer(1) if k == 0 else sympy.oo


_SINC = sympy.sin(U) / U

_ROWS = (
    Mollifier(
        "gaussian",
        normal_density(U),
        _gaussian,
        lambda k: sympy.factorial2(k - 1),
        None,
        exp(-(U**2) / 2),
    ),
    Mollifier(
        "logistic",
        Logistic(U) * Logistic(-U),
        _logistic,
        # E T^k = 2 (1 - 2^(1-k)) k! zeta(k)
        lambda k: (
            Integer(1)
            if k == 0
            else 2 * (1 - Rational(2) ** (1 - k)) * factorial(k) * sympy.zeta(k)
        ),
        None,
        pi * U / sympy.sinh(pi * U),
    ),
    Mollifier("laplace", _laplace(0), _laplace, lambda k: factorial(k), None, 1 / (1 + U**2)),
    Mollifier("cauchy", _cauchy(0), _cauchy, _no_moment, 0, exp(-sympy.Abs(U))),
    Mollifier(
        "student_t2",
        _student(0),
        _student,
        _no_moment,
        1,
        sympy.Abs(U) * sympy.besselk(1, sympy.Abs(U)),
    ),
    _bounded("uniform", Rational(1, 2), _SINC),
    _bounded("epanechnikov", 3 * (1 - U**2) / 4, 3 * (sympy.sin(U) - U * cos(U)) / U**3),
    _bounded(
        "biweight",
        15 * (1 - U**2) ** 2 / 16,
        15 * ((3 - U**2) * sympy.sin(U) - 3 * U * cos(U)) / U**5,
    ),
    _bounded("raised_cosine", (1 + cos(pi * U)) / 2, pi**2 * sympy.sin(U) / (U * (pi**2 - U**2))),
)

MOLLIFIERS: dict[str, Mollifier] = {row.name: row for row in sorted(_ROWS, key=lambda r: r.name)}


def mollifier_named(name: str) -> Mollifier:
    """Return a mollifier of the table; `ValueError` lists the known ones."""
    if not isinstance(name, str) or name not in MOLLIFIERS:
        raise ValueError(f"mollifier: expected one of {', '.join(MOLLIFIERS)}, got {name!r}")
    return MOLLIFIERS[name]
