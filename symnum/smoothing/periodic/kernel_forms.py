"""Smoothed periodic Bernoulli functions as expressions that floating point evaluates well."""

from __future__ import annotations

from functools import cache

import mpmath
import sympy
from sympy import (
    Expr,
    Float,
    Integer,
    Piecewise,
    Rational,
    cos,
    exp,
    factorial,
    floor,
    log,
    pi,
    sin,
)

from symnum.smoothing.periodic.laws import PeriodicLaw, horner
from symnum.smoothing.periodic.student_sine import stable_student_sine

__all__ = ["bernoulli_function", "stable_rectified_sine", "stable_wave"]

# Terms of smaller size than this change no digit of a number about 1.
_NEGLIGIBLE = 1e-18
_DIGITS = 40
_WHOLE = 2**60
# Terms of |sin x| that are split off by its jumps, and of what is left in its Fourier series.
_SPLIT, _LEFT = 6, 8


def _distance(y: Expr) -> Expr:
    """Return y - floor(y), which is exact in floating point."""
    return y - floor(y)


def bernoulli_function(k: int, r: Expr) -> Expr:
    """Return B_k(r)/k! for 0 <= r <= 1, in powers of r - 1/2."""
    t = sympy.Dummy("t")
    row = sympy.Poly(sympy.bernoulli(k, t + Rational(1, 2)), t).all_coeffs()[::-1]
    middle = r - Rational(1, 2)
    scaled = [coefficient / factorial(k) for coefficient in row]
    even = horner(scaled[k % 2 :: 2], middle**2)
    return even * middle if k % 2 else even


def stable_wave(law: PeriodicLaw, k: int, y: Expr, h: Expr) -> Expr:
    """Return W_k(y, h): images or closed forms below the border, a fast series above it.

    Parameters
    ----------
    law : PeriodicLaw
    k : int
    y, h : Expr
        h > 0.

    Returns
    -------
    Expr
    """
    # Numbers of this size are whole; an infinite one then gives 0, NaN stays NaN.
    r = Piecewise((Integer(0), sympy.Abs(y) > _WHOLE), (_distance(y), True))
    if h.is_number:
        small = bool(h < law.border)
        return _small(law, k, r, h) if small else _large(law, k, r, h)
    low, high = sympy.Min(h, law.border), sympy.Max(h, law.border)
    return Piecewise((_small(law, k, r, low), h < law.border), (_large(law, k, r, high), True))


def _small(law: PeriodicLaw, k: int, r: Expr, h: Expr) -> Expr:
    if law.name == "cauchy":
        return _polylogarithm(k, r, h)
    if law.name == "student_t2":
        return _student(k, r, h) if k > 0 else _student_derivative(k, r, h)
    smooth = [
        bernoulli_function(k - i, r) * h**i * law.moment(i) / factorial(i)
        for i in range(0, k + 1, 2)
    ]
    sign = (-1) ** (k - 1)
    if law.name == "laplace":
        # The images form a geometric series.
        both = sign * exp(-r / h) - exp(-(1 - r) / h)
        return sympy.Add(*smooth, h ** (k - 1) * both / (2 * (1 - exp(-1 / h))))
    tails = [-law.tail(k, (m - r) / h) for m in range(1, law.images + 1)]
    tails += [sign * law.tail(k, (r + m) / h) for m in range(law.images)]
    return sympy.Add(*smooth, h ** (k - 1) * sympy.Add(*tails))


def _large(law: PeriodicLaw, k: int, r: Expr, h: Expr) -> Expr:
    if law.breaks is not None:
        return _by_breaks(law, k, r, h)
    # Within half a period of 0 the argument of the sine keeps more digits.
    angle = 2 * pi * (r - floor(r + Rational(1, 2)))
    terms = []
    for n in range(1, law.harmonics + 1):
        weight = law.stable_characteristic(2 * pi * n * h) / (2 * pi * n) ** k
        terms.append(weight * (sin(n * angle) if k % 2 else cos(n * angle)))
    return 2 * _sign(k) * sympy.Add(*terms)


def _sign(k: int) -> int:
    return int((-1) ** ((k + 1) // 2) if k % 2 else (-1) ** (k // 2 + 1))


def _by_breaks(law: PeriodicLaw, k: int, r: Expr, h: Expr) -> Expr:
    """Return the sum over the jumps of the density: it converges as these and 1/h allow."""
    assert law.breaks is not None
    terms: list[Expr] = []
    for a, i, jump in law.breaks():
        order = k + i + 1
        if order < 0:
            continue
        # |B_n({y})/n!| <= 4 (2 pi)^-n
        size = float(abs(jump)) * float(law.border) ** (-i - 1) * 4 * 6.28 ** (-order)
        if size < _NEGLIGIBLE and law.breaks()[-1][1] > 8:
            continue
        place = r if a == 0 else _distance(r - a * h)
        terms.append(jump * h ** (-i - 1) * bernoulli_function(order, place))
    return sympy.Add(*terms)


@cache
def _polylogarithm_row(k: int) -> tuple[Expr, ...]:
    """Return zeta(k - j)/j! for j = 0, 1, ..., 0 where the zeta function has its pole."""
    context = mpmath.mp.clone()
    context.dps = _DIGITS
    row: list[Expr] = []
    for j in range(64 + 2 * k):
        value = context.zeta(k - j) / context.factorial(j) if j != k - 1 else 0
        row.append(Float(context.nstr(value, _DIGITS), _DIGITS) if value else Integer(0))
    return tuple(row)


def _polylogarithm(k: int, r: Expr, h: Expr) -> Expr:
    """Return the Cauchy wave from Li_k(e^w) about w = 0.

    Li_k(e^w) = w^(k-1)/(k-1)! (H_(k-1) - log(-w)) + sum over j of zeta(k - j) w^j/j!
    """
    rho = r - floor(r + Rational(1, 2))
    # In units of 2 pi: w = 2 pi z
    z = (-h, rho)
    row = [c * (2 * pi) ** j for j, c in enumerate(_polylogarithm_row(k))]
    square = (z[0] ** 2 - z[1] ** 2, 2 * z[0] * z[1])
    even, odd = (_complex_horner(row[start::2], square) for start in (0, 1))
    turned = _product(odd, z)
    total = (even[0] + turned[0], even[1] + turned[1])
    power: tuple[Expr, Expr] = (Integer(1), Integer(0))
    for _ in range(k - 1):
        power = _product(power, z)
    scale = (2 * pi) ** (k - 1) / factorial(k - 1)
    modulus = sympy.harmonic(k - 1) - log(2 * pi) - log(h**2 + rho**2) / 2
    logarithm = (modulus, sympy.atan2(rho, h))
    singular = _product(power, logarithm)
    part = k % 2
    return 2 * _sign(k) * (total[part] + scale * singular[part]) / (2 * pi) ** k


def _product(a: tuple[Expr, Expr], b: tuple[Expr, Expr]) -> tuple[Expr, Expr]:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def _complex_horner(row: list[Expr], z: tuple[Expr, Expr]) -> tuple[Expr, Expr]:
    real: Expr = Integer(0)
    imaginary: Expr = Integer(0)
    for coefficient in reversed(row):
        real, imaginary = _product((real, imaginary), z)
        real += coefficient
    return real, imaginary


def _student(k: int, r: Expr, h: Expr) -> Expr:
    """Return the sum of near images, and of the far ones by their expansion in powers of h."""
    first = 10
    total: list[Expr] = [bernoulli_function(k, r)]
    sign = (-1) ** (k - 1)
    for v, weight in [((m - r) / h, -1) for m in range(1, first)] + [
        ((r + m) / h, sign) for m in range(first)
    ]:
        root = sympy.sqrt(1 + v**2)
        tail = 1 / (2 * root * (root + v)) if k == 1 else h / (2 * (root + v))
        total.append(weight * tail)
    if k == 2:
        harmonic = sum((Rational(1, m) for m in range(1, first)), Integer(0))
        constant = log(2 / h) + Rational(1, 2) - sympy.EulerGamma + harmonic
        far = _digamma(first - r) + _digamma(first + r) - 2 * sympy.digamma(first)
        total.append(h**2 / 2 * constant + h**2 / 4 * far)
    for j in range(k, 10):
        power = 2 * j + 1 - k
        weight = sympy.binomial(Rational(-1, 2) if k == 1 else Rational(1, 2), j) / 2
        left, right = _hurwitz(power, first - r), _hurwitz(power, first + r)
        total.append(weight * h ** (2 * j) * (left - right if k == 1 else -(left + right)))
    return sympy.Add(*total)


def _student_derivative(k: int, r: Expr, h: Expr) -> Expr:
    place = sympy.Dummy("r", real=True)
    return _student(1, place, h).diff(place, 1 - k).xreplace({place: r})


def _hurwitz(s: int, a: Expr) -> Expr:
    """Return zeta(s, a) for a >= 9 by Euler and Maclaurin's formula."""
    inverse = 1 / a
    row: list[Expr] = [Rational(1, s - 1), Rational(1, 2)]
    for i in range(1, 8):
        row += [sympy.bernoulli(2 * i) * sympy.rf(s, 2 * i - 1) / factorial(2 * i), Integer(0)]
    return inverse ** (s - 1) * horner(row, inverse)


def _digamma(a: Expr) -> Expr:
    row: list[Expr] = [Integer(0), -Rational(1, 2)]
    for i in range(1, 8):
        row += [-sympy.bernoulli(2 * i) / (2 * i), Integer(0)]
    return log(a) + horner(row, 1 / a)


def stable_rectified_sine(law: PeriodicLaw, order: int, x: Expr, h: Expr) -> Expr:
    """Return the derivative of this order, 0 or 1, of the smoothed |sin x|."""
    if law.name == "student_t2":
        return stable_student_sine(order, x, h)
    terms: list[Expr] = [] if order else [2 / pi]
    for j in range(_SPLIT):
        wave = stable_wave(law, 2 * j + 2 - order, x / pi, h / pi)
        terms.append(-2 * (-1) ** j * pi ** (2 * j + 1 - order) * wave)
    angle = 2 * pi * (x / pi - floor(x / pi + Rational(1, 2)))
    for n in range(1, _LEFT + 1):
        weight = -4 / pi / ((2 * n) ** (2 * _SPLIT) * Integer(4 * n**2 - 1))
        weight *= law.stable_characteristic(2 * n * h)
        terms.append(weight * (-2 * n * sin(n * angle) if order else cos(n * angle)))
    return sympy.Add(*terms)
