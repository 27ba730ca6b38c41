"""Waves that start at 0, smoothed by a Gaussian: the error function of a complex argument."""

from __future__ import annotations

from functools import reduce
from typing import Any, ClassVar, final

import sympy
from sympy import (
    Abs,
    Expr,
    Integer,
    Max,
    Min,
    Piecewise,
    Rational,
    cos,
    erfc,
    exp,
    floor,
    pi,
    sin,
    sqrt,
)
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.mollifiers.normal import NormalCdf, normal_density
from symnum.smoothing.mollifiers.normal_tails import mills_ratio, normal_tail, split_density

__all__ = ["NormalCosine", "NormalSine", "normal_tilted", "normal_wave", "steady_normal_tilted"]

# Nodes of the trapezoidal rules for w(z); their step leaves errors below 2^-53.
_NODES = 11
_STEP = sqrt(pi / (_NODES + 1))
# Beyond, w(x + i y) is below the smallest numbers that matter, and squares would overflow.
_FAR = Integer(10) ** 70


def _definition(alpha: Expr, omega: Expr, u: Expr) -> Expr:
    gamma = alpha + sympy.I * omega
    return exp(gamma * u + gamma**2 / 2) * erfc(-(u + gamma) / sqrt(2)) / 2


class _Wave(NamedFunction):
    """The real or the imaginary part of e^(g u + g^2/2) Phi(u + g), g = alpha + i omega."""

    nargs = 3
    # 0 for the real part, 1 for the imaginary one.
    _part: ClassVar[int]

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the sum of a trapezoidal rule for w(z), with the residue of its pole."""
        return _stable(*arguments)[cls._part]

    def fdiff(self, argindex: int = 3) -> Expr:
        """Return the derivative by an argument."""
        alpha, omega, u = self.args
        if argindex == 3:
            # W' = phi(u) + g W.
            cosine, sine = NormalCosine(*self.args), NormalSine(*self.args)
            slopes = (
                normal_density(u) + alpha * cosine - omega * sine,
                alpha * sine + omega * cosine,
            )
            return slopes[self._part]
        real, imaginary = normal_wave(1, alpha, omega, u)
        if argindex == 1:
            return (real, imaginary)[self._part]
        if argindex == 2:
            return (-imaginary, real)[self._part]
        raise ArgumentIndexError(self, argindex)

    def _latex(self, printer: Any) -> str:
        alpha, omega, u = (printer.doprint(argument) for argument in self.args)
        return rf"\operatorname{{{'CS'[self._part]}}}_{{{alpha}, {omega}}}\left({u}\right)"

    def _eval_evalf(self, precision: int) -> Any:
        # SymPy may leave a rounded imaginary part.
        value = super()._eval_evalf(precision)
        return None if value is None else value.as_real_imag()[0]


@final
class NormalCosine(_Wave):
    r"""The smoothing of e^(alpha s) cos(omega s), s > 0, by a Gaussian of bandwidth 1.

    .. math:: \Re\left[e^{\gamma u + \gamma^2/2}\,\Phi(u + \gamma)\right], \qquad
              \gamma = \alpha + i\omega

    Parameters
    ----------
    alpha, omega, u : Expr

    Examples
    --------
    >>> NormalCosine(0, 1, 0).evalf(10)
    0.3032653299
    """

    _part = 0

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the real part in terms of erfc."""
        return sympy.re(_definition(*arguments))


@final
class NormalSine(_Wave):
    r"""The smoothing of e^(alpha s) sin(omega s), s > 0, by a Gaussian of bandwidth 1.

    .. math:: \Im\left[e^{\gamma u + \gamma^2/2}\,\Phi(u + \gamma)\right], \qquad
              \gamma = \alpha + i\omega

    Parameters
    ----------
    alpha, omega, u : Expr

    Examples
    --------
    >>> NormalSine(0, 1, 0).evalf(10)
    0.2891447712
    """

    _part = 1

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the imaginary part in terms of erfc."""
        return sympy.im(_definition(*arguments))


def normal_wave(n: int, alpha: Expr, omega: Expr, u: Expr) -> tuple[Expr, Expr]:
    """Return the smoothings of s^n/n! e^(alpha s) times cos(omega s) and sin(omega s), s > 0."""
    v = u + alpha
    # n B_n = (v + i omega) B_{n-1} + B_{n-2} with B_{-1} = phi; B_n = a B_0 + b phi.
    rows = [((Integer(0), Integer(0)), (Integer(1), Integer(0)))]
    rows.append((rows[0][1], rows[0][0]))
    for k in range(1, n + 1):
        rows.append(
            tuple(  # type: ignore[arg-type]
                (
                    sympy.expand((v * c[0] - omega * c[1] + e[0]) / k),
                    sympy.expand((v * c[1] + omega * c[0] + e[1]) / k),
                )
                for c, e in zip(rows[-1], rows[-2], strict=True)
            )
        )
    (a, b), (c, d) = rows[n + 1]
    cosine, sine, phi = (
        NormalCosine(alpha, omega, u),
        NormalSine(alpha, omega, u),
        normal_density(u),
    )
    return a * cosine - b * sine + c * phi, a * sine + b * cosine + d * phi


def normal_tilted(n: int, gamma: Expr, u: Expr) -> Expr:
    """Return the smoothing of s^n/n! e^(gamma s), s > 0, by a Gaussian of bandwidth 1."""
    return _from_start(n, gamma, u, exp(gamma * u + gamma**2 / 2) * NormalCdf(u + gamma))


def steady_normal_tilted(n: int, gamma: Expr, u: Expr) -> Expr:
    """Return the same where neither the exponential nor the distribution function loses digits."""
    v = u + gamma
    left = split_density(Min(Abs(u), 40)) * mills_ratio(Max(-v, 0))
    right = exp(gamma * u + gamma**2 / 2) * (1 - normal_tail(1, Max(v, 0)))
    return _from_start(n, gamma, u, Piecewise((left, v < 0), (right, True)))


def _from_start(n: int, gamma: Expr, u: Expr, start: Expr) -> Expr:
    below, value = normal_density(u), start
    for k in range(1, n + 1):
        below, value = value, ((u + gamma) * value + below) / k
    return value


def _stable(alpha: Expr, omega: Expr, u: Expr) -> tuple[Expr, Expr]:
    v = u + alpha
    y = Min(Abs(v), _FAR) / sqrt(2)
    x = omega / sqrt(2)
    real, imaginary = _faddeeva(x, y)
    density = exp(-(u**2) / 2) / 2
    growth = exp(alpha * u + (alpha**2 - omega**2) / 2)
    # w(-z) = 2 exp(-z^2) - w(z) joins the two half planes.
    return (
        Piecewise((density * real, v < 0), (growth * cos(omega * v) - density * real, True)),
        Piecewise(
            (density * imaginary, v < 0), (growth * sin(omega * v) + density * imaginary, True)
        ),
    )


def _faddeeva(x: Expr, y: Expr) -> tuple[Expr, Expr]:
    r"""Return the parts of w(x + i y) = e^(-z^2) erfc(-i z) for x > 0 and y >= 0.

    References
    ----------
    M. Al Azah, S. N. Chandler-Wilde, Computation of the complex error function using modified
    trapezoidal rules, SIAM Journal on Numerical Analysis 59 (2021).
    """
    p, q = (x - y) * (x + y), 2 * x * y
    half = [(k + Rational(1, 2)) * _STEP for k in range(_NODES + 1)]
    whole = [k * _STEP for k in range(1, _NODES + 1)]
    midpoint = _rule(x, y, p, q, half)
    size = x**2 + y**2
    endpoint = _added(_rule(x, y, p, q, whole), (_STEP / pi * y / size, _STEP / pi * x / size))
    corrected = _added(midpoint, _residue(x, y, p, q, 1))
    trapezoid = _added(endpoint, _residue(x, y, p, q, -1))
    fraction = x / _STEP - floor(x / _STEP)
    plain = sympy.And(y >= x, y >= pi / _STEP)
    shifted = sympy.And(y < x, fraction >= Rational(1, 4), fraction <= Rational(3, 4))
    parts = [
        Piecewise((midpoint[k], plain), (trapezoid[k], shifted), (corrected[k], True))
        for k in (0, 1)
    ]
    return parts[0], parts[1]


def _added(first: tuple[Expr, Expr], second: tuple[Expr, Expr]) -> tuple[Expr, Expr]:
    return first[0] + second[0], first[1] + second[1]


def _rule(x: Expr, y: Expr, p: Expr, q: Expr, nodes: list[Expr]) -> tuple[Expr, Expr]:
    """Return (2 i z step/pi) sum e^(-t^2)/(z^2 - t^2)."""
    terms = [(exp(-(t**2)).evalf(30), p - (t**2).evalf(30)) for t in nodes]
    real = reduce(sympy.Add, (e * d / (d**2 + q**2) for e, d in terms))
    imaginary = -q * reduce(sympy.Add, (e / (d**2 + q**2) for e, d in terms))
    scale = (2 * _STEP / pi).evalf(30)
    return -scale * (x * imaginary + y * real), scale * (x * real - y * imaginary)


def _residue(x: Expr, y: Expr, p: Expr, q: Expr, sign: int) -> tuple[Expr, Expr]:
    """Return 2 e^(-z^2)/(1 + sign e^(-2 pi i z/step))."""
    decay = exp(-2 * pi * y / _STEP)
    angle = 2 * pi * x / _STEP
    scale = 2 * exp(-p - 2 * pi * y / _STEP)
    real, imaginary = decay + sign * cos(angle), -sign * sin(angle)
    norm = real**2 + imaginary**2
    return (
        scale * (cos(q) * real - sin(q) * imaginary) / norm,
        -scale * (sin(q) * real + cos(q) * imaginary) / norm,
    )
