"""The mollifiers that have a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy
from sympy import (
    Abs,
    Expr,
    Integer,
    Piecewise,
    Rational,
    Symbol,
    asinh,
    atan,
    cos,
    cosh,
    exp,
    factorial,
    log,
    pi,
    sin,
    sinh,
    sqrt,
)

from symnum.smoothing.mollifiers.algebraic_waves import cauchy_wave, student_wave
from symnum.smoothing.mollifiers.bump import bump_law
from symnum.smoothing.mollifiers.laplace_tilt import LaplaceTilt
from symnum.smoothing.mollifiers.laws import GAMMA, Law, U, moments_from
from symnum.smoothing.mollifiers.logistic import Logistic, Softplus
from symnum.smoothing.mollifiers.mollifier import Mollifier
from symnum.smoothing.mollifiers.normal import NormalCdf, NormalRamp, normal_density
from symnum.smoothing.mollifiers.normal_tails import normal_tail
from symnum.smoothing.mollifiers.normal_waves import (
    normal_tilted,
    normal_wave,
    steady_normal_tilted,
)
from symnum.smoothing.mollifiers.piecewise_laws import piecewise_law
from symnum.smoothing.mollifiers.series_tilts import (
    LogisticCosine,
    LogisticSine,
    LogisticTilt,
    SechCosine,
    SechSine,
    SechTilt,
    series_tail,
)
from symnum.smoothing.mollifiers.tilted_pieces import steady_by_ends
from symnum.smoothing.pieces.exponential_polynomials import as_terms

__all__ = ["MOLLIFIERS", "mollifier_named"]

_WHOLE = (-sympy.oo, sympy.oo)
_UNIT = (Integer(-1), Integer(1))


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
    return LogisticTilt(m - 1, 0, U)


@cache
def _sech(m: int) -> Expr:
    if m == 0:
        return 1 / (2 * cosh(pi * U / 2))
    return 2 * atan(exp(pi * U / 2)) / pi if m == 1 else SechTilt(m - 1, 0, U)


@cache
def _laplace(m: int) -> Expr:
    if m == 0:
        return exp(-Abs(U)) / 2
    powers = (U ** (m - 1 - j) / factorial(m - 1 - j) for j in range(0, m, 2))
    right = sympy.Add(*powers) + (-1) ** m * exp(-U) / 2
    return Piecewise((exp(U) / 2, U < 0), (right, True))


@cache
def _cauchy(m: int) -> Expr:
    if m == 0:
        return 1 / (pi * (1 + U**2))
    # A_m = p/(m-1)! - Im[z^(m-1) (log z - H_(m-1))]/(pi (m-1)!), z = u + i, and
    # log z = log(1 + u^2)/2 + i (pi/2 - atan u); A_2 is normalised to u A_1 - log(1+u^2)/(2 pi).
    # p = (u^(m-1) + Re z^(m-1))/2 makes A_m(u) + (-1)^(m-1) A_m(-u) the power u^(m-1)/(m-1)!, so
    # that the finite parts of all moments are 0.
    real, imaginary = sympy.expand((U + sympy.I) ** (m - 1)).as_real_imag()
    modulus = log(1 + U**2) / 2 - sympy.harmonic(m - 1)
    angle = pi / 2 - atan(U)
    value = (U ** (m - 1) + real) / 2 - (imaginary * modulus + real * angle) / pi
    constant = U ** (m - 2) / (pi * factorial(m - 2)) if m >= 2 else Integer(0)
    return sympy.expand(value / factorial(m - 1) - constant)


def _cauchy_tail(m: int, z: Expr) -> Expr:
    z = sympy.Min(z, 10**100)
    angle = sympy.atan2(1, z) / pi
    if m == 1:
        return angle
    if m == 2:
        return -z * angle - log(1 + z**2) / (2 * pi)
    return _cauchy(m).xreplace({U: -z})


@cache
def _student(m: int) -> Expr:
    root = sqrt(1 + U**2)
    if m <= 2:
        return (1 / (2 * root**3), (1 + U / root) / 2, (U + root) / 2)[m]
    # The integrals of t^i sqrt(1 + t^2) from 0 to u: (i + 2) J_i = u^(i-1) r^3 - (i-1) J_(i-2).
    rows = [(U * root + asinh(U)) / 2, (root**3 - 1) / 3]
    for i in range(2, m - 2):
        rows.append((U ** (i - 1) * root**3 - (i - 1) * rows[i - 2]) / (i + 2))
    k = m - 3
    repeated = (sympy.binomial(k, i) * (-1) ** i * U ** (k - i) * rows[i] for i in range(k + 1))
    return sympy.expand((U ** (m - 1) / factorial(m - 1) + sympy.Add(*repeated) / factorial(k)) / 2)


def _student_tail(m: int, z: Expr) -> Expr:
    z = sympy.Min(z, 10**100)
    root = sqrt(1 + z**2)
    if m <= 2:
        return (1 / (2 * root * (root + z)), 1 / (2 * (root + z)))[m - 1]
    if m == 3:
        return -(z / (root + z) + asinh(z)) / 4
    return _student(m).xreplace({U: -z})


def _infinite(degree: int) -> Callable[[int], Expr]:
    return lambda k: (
        Integer(1) if k == 0 else (Integer(0) if k % 2 and k <= degree else _moment_beyond(k))
    )


def _moment_beyond(k: int) -> Expr:
    return Integer(0) if k % 2 else sympy.oo


def _named_tilted(kind: Any) -> Callable[[int, Expr, Expr], Expr]:
    return lambda n, gamma, u: kind(n, gamma, u)


def _named_wave(cosine: Any, sine: Any) -> Callable[..., tuple[Expr, Expr]]:
    return lambda n, alpha, omega, u: (
        cosine(n, alpha, omega, u),
        sine(n, alpha, omega, u),
    )


def _gaussian_row() -> Mollifier:
    law = Law(
        _gaussian,
        moments_from(lambda k: sympy.factorial2(k - 1)),
        lambda: exp(GAMMA**2 / 2),
        normal_tilted,
        normal_wave,
        tail=normal_tail,
        steady_tilted=steady_normal_tilted,
        steady_wave=normal_wave,
    )
    return Mollifier.of_law("gaussian", law, _WHOLE, exp(-(U**2) / 2))


def _logistic_row() -> Mollifier:
    wave = _named_wave(LogisticCosine, LogisticSine)
    tilted = _named_tilted(LogisticTilt)
    law = Law(
        _logistic,
        LogisticTilt.summands.moment,
        lambda: pi * GAMMA / sin(pi * GAMMA),
        tilted,
        wave,
        rate=Integer(1),
        tail=lambda m, z: (
            (Logistic(-z), Softplus(-z))[m - 1] if m <= 2 else series_tail(LogisticTilt, m, z)
        ),
        steady_tilted=tilted,
        steady_wave=wave,
    )
    return Mollifier.of_law("logistic", law, _WHOLE, pi * U / sinh(pi * U))


def _sech_row() -> Mollifier:
    wave = _named_wave(SechCosine, SechSine)
    tilted = _named_tilted(SechTilt)
    law = Law(
        _sech,
        SechTilt.summands.moment,
        lambda: 1 / cos(GAMMA),
        tilted,
        wave,
        rate=pi / 2,
        tail=lambda m, z: _sech(1).xreplace({U: -z}) if m == 1 else series_tail(SechTilt, m, z),
        steady_tilted=tilted,
        steady_wave=wave,
    )
    return Mollifier.of_law("sech", law, _WHOLE, 1 / cosh(U))


def _laplace_row() -> Mollifier:
    t = Symbol("t", real=True)
    pieces = [
        (-sympy.oo, Integer(0), as_terms(exp(t) / 2, t) or {}),
        (Integer(0), sympy.oo, as_terms(exp(-t) / 2, t) or {}),
    ]
    waves = piecewise_law(pieces, smoothness=1, symmetric=True, transform=False)
    law = Law(
        _laplace,
        moments_from(factorial),
        lambda: 1 / (1 - GAMMA**2),
        _named_tilted(LaplaceTilt),
        waves.wave,
        rate=Integer(1),
        smoothness=Integer(1),
        tail=lambda m, z: exp(-z) / 2,
        steady_tilted=_named_tilted(LaplaceTilt),
        steady_wave=lambda n, alpha, omega, u: steady_by_ends(pieces, n, alpha, omega, u),
    )
    return Mollifier.of_law("laplace", law, _WHOLE, 1 / (1 + U**2))


def _algebraic_rows() -> list[Mollifier]:
    cauchy = Law(
        _cauchy,
        _infinite(0),
        degree=0,
        rate=Integer(0),
        tail=_cauchy_tail,
        steady_wave=cauchy_wave,
        cosine=lambda w: exp(-w),
    )
    student = Law(
        _student,
        _infinite(1),
        degree=1,
        rate=Integer(0),
        tail=_student_tail,
        steady_wave=student_wave,
        cosine=lambda w: w * sympy.besselk(1, w),
    )
    return [
        Mollifier.of_law("cauchy", cauchy, _WHOLE, exp(-Abs(U))),
        Mollifier.of_law(
            "student_t2",
            student,
            _WHOLE,
            Piecewise((Integer(1), sympy.Eq(U, 0)), (Abs(U) * sympy.besselk(1, Abs(U)), True)),
        ),
    ]


def _compact(
    name: str, inside: Expr, smoothness: int, characteristic: Expr, *, kink: bool = False
) -> Mollifier:
    terms = as_terms(inside, U) or {}
    if kink:
        mirrored = as_terms(inside.subs(U, -U), U) or {}
        pieces = [(Integer(-1), Integer(0), terms), (Integer(0), Integer(1), mirrored)]
    else:
        pieces = [(Integer(-1), Integer(1), terms)]
    law = piecewise_law(pieces, smoothness=smoothness, symmetric=True)
    at_zero = Piecewise((Integer(1), sympy.Eq(U, 0)), (characteristic, True))
    return Mollifier.of_law(name, law, _UNIT, at_zero)


def _compact_rows() -> list[Mollifier]:
    s, c = sin(U), cos(U)
    rows = [
        _compact("uniform", Rational(1, 2), 0, s / U),
        _compact("triangular", 1 + U, 1, 2 * (1 - c) / U**2, kink=True),
        _compact("epanechnikov", 3 * (1 - U**2) / 4, 1, 3 * (s - U * c) / U**3),
        _compact(
            "biweight",
            15 * (1 - U**2) ** 2 / 16,
            2,
            15 * ((3 - U**2) * s - 3 * U * c) / U**5,
        ),
        _compact(
            "triweight",
            35 * (1 - U**2) ** 3 / 32,
            3,
            105 * ((15 - 6 * U**2) * s - (15 * U - U**3) * c) / U**7,
        ),
    ]
    half = Piecewise((pi / 4, sympy.Eq(Abs(U), pi / 2)), (pi**2 * c / (pi**2 - 4 * U**2), True))
    rows.append(_compact("cosine", pi * cos(pi * U / 2) / 4, 1, half))
    whole = Piecewise(
        (Rational(1, 2), sympy.Eq(Abs(U), pi)), (pi**2 * s / (U * (pi**2 - U**2)), True)
    )
    rows.append(_compact("raised_cosine", (1 + cos(pi * U)) / 2, 2, whole))
    return rows


def _table() -> dict[str, Mollifier]:
    bump = Mollifier.of_law("bump", bump_law(), _UNIT, None)
    rows = [
        _gaussian_row(),
        _logistic_row(),
        _sech_row(),
        _laplace_row(),
        *_algebraic_rows(),
        *_compact_rows(),
        bump,
    ]
    return {row.name: row for row in sorted(rows, key=lambda row: row.name)}


MOLLIFIERS: dict[str, Mollifier] = _table()


def mollifier_named(name: Any) -> Mollifier:
    """Return a mollifier of the table; `ValueError` lists the known ones."""
    if isinstance(name, Mollifier):
        return name
    if not isinstance(name, str) or name not in MOLLIFIERS:
        raise ValueError(f"mollifier: expected one of {', '.join(MOLLIFIERS)}, got {name!r}")
    return MOLLIFIERS[name]
