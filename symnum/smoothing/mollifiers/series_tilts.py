r"""Exponentials and waves that start at 0, smoothed by densities that are alternating series.

The logistic and the hyperbolic secant density are sums of (-1)^k w_k e^(l_k t) for t < 0, so that

.. math:: B_n(\gamma, u) = \sum_k (-1)^k \frac{w_k e^{l_k u}}{(l_k - \gamma)^{n+1}}, \qquad u \le 0
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import pairwise
from typing import Any, final

import sympy
from sympy import Expr, I, Integer, Piecewise, Rational, Symbol, exp, factorial, pi
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.functions.evaluation import evaluated_function
from symnum.smoothing.functions.quadrature_rules import alternating_weights, gauss_legendre
from symnum.smoothing.mollifiers.logistic import Logistic, Softplus
from symnum.smoothing.mollifiers.series_densities import LogisticSeries, SechSeries, Series
from symnum.smoothing.mollifiers.series_values import smoothed_exponential

__all__ = [
    "LogisticCosine",
    "LogisticSine",
    "LogisticTilt",
    "SechCosine",
    "SechSine",
    "SechTilt",
    "series_tail",
]

# Terms of the accelerated series: 5.8^-30 times weights of at most 30.
_TERMS = 30
# Below this share of the rate of the density, residues and series have nothing to cancel.
_RESONANCE = Rational(9, 10)
# Ends of the panels for e^(-q), q from 0 to 40, and the nodes on each.
_PANELS = (0, 2, 4, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40)
_NODES = 12


class _Evaluated(NamedFunction):
    """A named function that is evaluated by its series, as SymPy's polylogarithm hangs."""

    evaluated_directly = True

    def _eval_evalf(self, precision: int) -> Any:
        return evaluated_function(self, precision)

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(argument.is_real for argument in self.args) else None


class _Tilt(_Evaluated):
    """B_n(gamma, u) for a real gamma."""

    nargs = 3
    summands: type[Series]

    @classmethod
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context."""
        n, gamma, u = arguments
        return smoothed_exponential(context, cls.summands.numbers, int(n), gamma, u)

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the hypergeometric function that continues the series to all u."""
        n, gamma, u = arguments
        return cls.summands.exact(int(n), gamma, u)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the accelerated series for u < 0, with the residue of its pole for u > 0."""
        n, gamma, u = int(arguments[0]), arguments[1], arguments[2]
        series = cls.summands
        left = _accelerated(series, n, gamma, u)
        whole = _whole(series, n, gamma, u)
        mirrored = (-1) ** n * _accelerated(series, n, -gamma, -u)
        limit = -_RESONANCE * series.first
        near = Piecewise((left, u < 0), (whole - mirrored, True))
        if gamma.is_number and gamma > limit:
            return near
        far = Piecewise((left, u < 0), (_by_panels(series, n, gamma, u), True))
        return far if gamma.is_number else Piecewise((near, gamma > limit), (far, True))

    def fdiff(self, argindex: int = 3) -> Expr:
        """Return the derivative by gamma or by u."""
        n, gamma, u = self.args
        if argindex == 3:
            below = self.summands.textbook(u) if n == 0 else type(self)(n - 1, gamma, u)
            return below + gamma * self
        if argindex == 2:
            return (n + 1) * type(self)(n + 1, gamma, u)
        raise ArgumentIndexError(self, argindex)

    def _latex(self, printer: Any) -> str:
        n, gamma, u = (printer.doprint(argument) for argument in self.args)
        name = self.summands.__name__[:-6].lower()
        return rf"B^{{\mathrm{{{name}}}}}_{{{n}}}\left({gamma}, {u}\right)"


@final
class LogisticTilt(_Tilt):
    r"""The smoothing of s^n e^(gamma s)/n!, s > 0, by a logistic density.

    .. math:: \int_{-\infty}^u \frac{(u-t)^n}{n!} e^{\gamma (u-t)} \sigma'(t)\,dt

    Parameters
    ----------
    n : int
    gamma : Expr
        Below 1.
    u : Expr

    Examples
    --------
    >>> LogisticTilt(0, -1, 0).evalf(10)
    0.1931471806
    """

    summands = LogisticSeries

    @classmethod
    def eval(cls, n: Expr, gamma: Expr, u: Expr) -> Expr | None:
        """Take the distribution function and its integral for what they are."""
        if gamma == 0 and n in (0, 1):
            return Softplus(u) if n else Logistic(u)
        return Integer(0) if u is -sympy.oo else None


@final
class SechTilt(_Tilt):
    r"""The smoothing of s^n e^(gamma s)/n!, s > 0, by a hyperbolic secant density.

    .. math:: \int_{-\infty}^u \frac{(u-t)^n}{n!} e^{\gamma (u-t)} \frac{dt}{2 \cosh(\pi t/2)}

    Parameters
    ----------
    n : int
    gamma : Expr
        Below pi/2.
    u : Expr

    Examples
    --------
    >>> SechTilt(1, 0, 0).evalf(10)
    0.3712268727
    """

    summands = SechSeries

    @classmethod
    def eval(cls, n: Expr, gamma: Expr, u: Expr) -> Expr | None:
        """Take the distribution function for what it is."""
        if u is -sympy.oo:
            return Integer(0)
        return 2 * sympy.atan(exp(pi * u / 2)) / pi if n == 0 and gamma == 0 else None


class _Wave(_Evaluated):
    """The real or imaginary part of B_n(alpha + i omega, u)."""

    nargs = 4
    summands: type[Series]
    part: int

    @classmethod
    def eval(cls, n: Expr, alpha: Expr, omega: Expr, u: Expr) -> Expr | None:
        """Evaluate at minus infinity."""
        return Integer(0) if u is -sympy.oo else None

    @classmethod
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context."""
        n, alpha, omega, u = arguments
        rate = context.mpc(alpha, omega)
        whole = smoothed_exponential(context, cls.summands.numbers, int(n), rate, u)
        return context.im(whole) if cls.part else context.re(whole)

    @classmethod
    @abstractmethod
    def partner(cls) -> type[_Wave]:
        """Return the other part."""

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the part of the hypergeometric function."""
        n, alpha, omega, u = arguments
        whole = cls.summands.exact(int(n), alpha + I * omega, u)
        return sympy.re(whole) if cls.part == 0 else sympy.im(whole)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the accelerated series for u < 0, with the residue of its pole for u > 0."""
        n, alpha, omega, u = int(arguments[0]), *arguments[1:]
        left = _complex_series(cls.summands, n, alpha, omega, u)[cls.part]
        # B_n(-g, -u) has rate -alpha - i omega: the imaginary part changes its sign.
        sign = (-1) ** n * (-1 if cls.part else 1)
        mirrored = sign * _complex_series(cls.summands, n, -alpha, omega, -u)[cls.part]
        rate, place = Symbol("gamma"), Symbol("u", real=True)
        real = [Symbol(name, real=True) for name in ("alpha", "omega")]
        whole = _whole(cls.summands, n, rate, place).subs(rate, real[0] + I * real[1])
        value = sympy.expand(whole, complex=True).as_real_imag()[cls.part]
        value = value.subs({real[0]: alpha, real[1]: omega, place: u})
        return Piecewise((left, u < 0), (value - mirrored, True))

    def fdiff(self, argindex: int = 4) -> Expr:
        """Return the derivative by a rate or by u."""
        n, alpha, omega, u = self.args
        partner = self.partner()
        if argindex == 4:
            below: Expr = Integer(0)
            if n > 0:
                below = type(self)(n - 1, alpha, omega, u)
            elif self.part == 0:
                below = self.summands.textbook(u)
            turned = partner(n, alpha, omega, u)
            return below + alpha * self + (omega if self.part else -omega) * turned
        if argindex == 2:
            return (n + 1) * type(self)(n + 1, alpha, omega, u)
        if argindex == 3:
            return (n + 1) * (1 if self.part else -1) * partner(n + 1, alpha, omega, u)
        raise ArgumentIndexError(self, argindex)

    def _latex(self, printer: Any) -> str:
        n, alpha, omega, u = (printer.doprint(argument) for argument in self.args)
        part = r"\Im" if self.part else r"\Re"
        name = self.summands.__name__[:-6].lower()
        return rf"{part} B^{{\mathrm{{{name}}}}}_{{{n}}}\left({alpha} + i {omega}, {u}\right)"


@final
class LogisticCosine(_Wave):
    """The smoothing of s^n e^(alpha s) cos(omega s)/n!, s > 0, by a logistic density.

    Parameters
    ----------
    n : int
    alpha, omega, u : Expr
    """

    summands, part = LogisticSeries, 0

    @classmethod
    def partner(cls) -> type[_Wave]:
        """Return the sine."""
        return LogisticSine


@final
class LogisticSine(_Wave):
    """The smoothing of s^n e^(alpha s) sin(omega s)/n!, s > 0, by a logistic density.

    Parameters
    ----------
    n : int
    alpha, omega, u : Expr
    """

    summands, part = LogisticSeries, 1

    @classmethod
    def partner(cls) -> type[_Wave]:
        """Return the cosine."""
        return LogisticCosine


@final
class SechCosine(_Wave):
    """The smoothing of s^n e^(alpha s) cos(omega s)/n!, s > 0, by a hyperbolic secant density.

    Parameters
    ----------
    n : int
    alpha, omega, u : Expr
    """

    summands, part = SechSeries, 0

    @classmethod
    def partner(cls) -> type[_Wave]:
        """Return the sine."""
        return SechSine


@final
class SechSine(_Wave):
    """The smoothing of s^n e^(alpha s) sin(omega s)/n!, s > 0, by a hyperbolic secant density.

    Parameters
    ----------
    n : int
    alpha, omega, u : Expr
    """

    summands, part = SechSeries, 1

    @classmethod
    def partner(cls) -> type[_Wave]:
        """Return the cosine."""
        return SechCosine


def _powers(series: type[Series], u: Expr, terms: list[Expr]) -> Expr:
    """Return sum terms[k] e^(l_k u), the exponential of u > 0 left out."""
    left = sympy.Min(u, 0)
    ratio = exp(series.step * left)
    value: Expr = Integer(0)
    for term in reversed(terms):
        value = value * ratio + term
    return exp(series.first * left) * value


def _accelerated(series: type[Series], n: int, gamma: Expr, u: Expr) -> Expr:
    weights = alternating_weights(_TERMS)
    rates = [series.first + series.step * k - gamma for k in range(_TERMS)]
    terms = [
        weight * series.weight(k) / rate ** (n + 1)
        for k, (weight, rate) in enumerate(zip(weights, rates, strict=True))
    ]
    return _powers(series, u, terms)


def _complex_series(
    series: type[Series], n: int, alpha: Expr, omega: Expr, u: Expr
) -> tuple[Expr, Expr]:
    weights = alternating_weights(_TERMS)
    real, imaginary = [], []
    for k, weight in enumerate(weights):
        # 1/(d - i omega)^(n+1) = (d + i omega)^(n+1)/(d^2 + omega^2)^(n+1)
        d = series.first + series.step * k - alpha
        norm = (d**2 + omega**2) ** (n + 1)
        scale = weight * series.weight(k) / norm
        pairs = range(n + 2)
        parts = [sympy.binomial(n + 1, j) * omega**j * d ** (n + 1 - j) for j in pairs]
        real.append(scale * sympy.Add(*(parts[j] * (-1) ** (j // 2) for j in pairs if j % 2 == 0)))
        imaginary.append(scale * sympy.Add(*(parts[j] * (-1) ** (j // 2) for j in pairs if j % 2)))
    return _powers(series, u, real), _powers(series, u, imaginary)


def _whole(series: type[Series], n: int, gamma: Expr, u: Expr) -> Expr:
    """Return E (u - T)^n/n! e^(gamma (u - T))."""
    rate = Symbol("rate")
    total: Expr = Integer(0)
    if gamma == 0:
        powers = (
            u ** (n - j) / factorial(n - j) * (-1) ** j * series.moment(j) / factorial(j)
            for j in range(n + 1)
        )
        return sympy.Add(*powers)
    value = series.transform(rate)
    for j in range(n + 1):
        total += u ** (n - j) / factorial(n - j) * value.subs(rate, gamma) / factorial(j)
        value = value.diff(rate)
    return exp(gamma * u) * total


def _by_panels(series: type[Series], n: int, gamma: Expr, u: Expr) -> Expr:
    """Return the integral of s^n/n! e^(gamma s) K(u - s) over s > 0 for a fast decay."""
    total: list[Expr] = []
    shares = [
        (
            start + (end - start) * Rational(part, series.panels),
            Rational(end - start, series.panels),
        )
        for start, end in pairwise(_PANELS)
        for part in range(series.panels)
    ]
    for start, length in shares:
        for node, weight in gauss_legendre(_NODES):
            q = start + length * node
            scale = weight * length * (q**n * exp(-q)).evalf(25) / factorial(n)
            total.append(scale * series.density(u + q / gamma))
    return sympy.Add(*total) / (-gamma) ** (n + 1)


def series_tail(kind: type[_Tilt], m: int, z: Expr) -> Expr:
    """Return the m-th repeated integral of the density at -z, z >= 0."""
    if not z.free_symbols:
        return kind(m - 1, Integer(0), -z)
    return _accelerated(kind.summands, m - 1, Integer(0), -z)
