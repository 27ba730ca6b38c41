"""The densities that are alternating series of exponentials."""

from __future__ import annotations

from abc import abstractmethod
from typing import final

import sympy
from sympy import Abs, Expr, Integer, Rational, cos, cosh, exp, factorial, pi, sin

from symnum.smoothing.mollifiers.logistic import Logistic
from symnum.smoothing.mollifiers.series_values import LOGISTIC, SECH, AlternatingSeries

__all__ = ["LogisticSeries", "SechSeries", "Series"]


class Series:
    """A density sum (-1)^k weight(k) e^(l_k t), l_k = first + step k."""

    first: Expr
    step: Expr
    # The least share of `_PANELS` that resolves the density.
    panels: int
    # The same series for numbers of any precision.
    numbers: AlternatingSeries

    @staticmethod
    @abstractmethod
    def weight(k: int) -> Expr:
        """Return w_k."""

    @staticmethod
    @abstractmethod
    def density(t: Expr) -> Expr:
        """Return K(t)."""

    @staticmethod
    @abstractmethod
    def textbook(t: Expr) -> Expr:
        """Return K(t) as the law has it."""

    @staticmethod
    @abstractmethod
    def transform(gamma: Expr) -> Expr:
        """Return E e^(-gamma T)."""

    @staticmethod
    @abstractmethod
    def moment(k: int) -> Expr:
        """Return E T^k."""

    @staticmethod
    @abstractmethod
    def exact(n: int, gamma: Expr, u: Expr) -> Expr:
        """Return B_n(gamma, u) in terms of hypergeometric functions."""


def _lerch(s: int, a: Expr, z: Expr) -> Expr:
    """Return sum z^k/(k + a)^s."""
    return sympy.hyper([1] + [a] * s, [a + 1] * s, z) / a**s


@final
class LogisticSeries(Series):
    """The logistic density: w_k = k + 1, l_k = k + 1."""

    first, step, panels, numbers = Integer(1), Integer(1), 1, LOGISTIC

    @staticmethod
    def weight(k: int) -> Expr:
        """Return w_k."""
        return Integer(k + 1)

    @staticmethod
    def density(t: Expr) -> Expr:
        """Return K(t)."""
        small = exp(-Abs(t))
        return small / (1 + small) ** 2

    @staticmethod
    def textbook(t: Expr) -> Expr:
        """Return K(t) as the law has it."""
        return Logistic(t) * Logistic(-t)

    @staticmethod
    def transform(gamma: Expr) -> Expr:
        """Return E e^(-gamma T)."""
        return pi * gamma / sin(pi * gamma)

    @staticmethod
    def moment(k: int) -> Expr:
        """Return E T^k."""
        # 2 (1 - 2^(1-k)) k! zeta(k)
        if k % 2 or k == 0:
            return Integer(1 - k % 2)
        return 2 * (1 - Rational(2) ** (1 - k)) * factorial(k) * sympy.zeta(k)

    @staticmethod
    def exact(n: int, gamma: Expr, u: Expr) -> Expr:
        """Return B_n(gamma, u) in terms of hypergeometric functions."""
        if gamma == 0 and n > 1:
            return -sympy.polylog(n, -exp(u), evaluate=False)
        # k/(k - gamma)^(n+1) = 1/(k - gamma)^n + gamma/(k - gamma)^(n+1)
        z = -exp(u)
        lower = 1 / (1 + exp(-u)) if n == 0 else exp(u) * _lerch(n, 1 - gamma, z)
        return lower + gamma * exp(u) * _lerch(n + 1, 1 - gamma, z)


@final
class SechSeries(Series):
    """The hyperbolic secant density: w_k = 1, l_k = (k + 1/2) pi."""

    first, step, panels, numbers = pi / 2, pi, 2, SECH

    @staticmethod
    def weight(k: int) -> Expr:
        """Return w_k."""
        return Integer(1)

    @staticmethod
    def density(t: Expr) -> Expr:
        """Return K(t)."""
        small = exp(-pi * Abs(t) / 2)
        return small / (1 + small**2)

    @staticmethod
    def textbook(t: Expr) -> Expr:
        """Return K(t) as the law has it."""
        return 1 / (2 * cosh(pi * t / 2))

    @staticmethod
    def transform(gamma: Expr) -> Expr:
        """Return E e^(-gamma T)."""
        return 1 / cos(gamma)

    @staticmethod
    def moment(k: int) -> Expr:
        """Return E T^k."""
        # Euler's numbers
        return Integer(0) if k % 2 else Abs(sympy.euler(k))

    @staticmethod
    def exact(n: int, gamma: Expr, u: Expr) -> Expr:
        """Return B_n(gamma, u) in terms of hypergeometric functions."""
        series = _lerch(n + 1, Rational(1, 2) - gamma / pi, -exp(pi * u))
        return exp(pi * u / 2) * series / pi ** (n + 1)
