"""Exponentials that start at 0, smoothed by a Laplace density, at its own rate too."""

from __future__ import annotations

from typing import Any, final

import sympy
from sympy import Abs, Eq, Expr, Integer, Piecewise, exp, factorial
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction

__all__ = ["LaplaceTilt"]

_TERMS = 30


@final
class LaplaceTilt(NamedFunction):
    r"""The smoothing of s^n e^(gamma s)/n!, s > 0, by a Laplace density.

    .. math:: \int_{-\infty}^u \frac{(u-t)^n}{n!} e^{\gamma (u-t)} \tfrac12 e^{-|t|}\,dt

    Parameters
    ----------
    n : int
    gamma : Expr
        Below 1.
    u : Expr

    Examples
    --------
    >>> LaplaceTilt(0, -1, 1)
    LaplaceTilt(0, -1, 1)
    >>> LaplaceTilt(0, -1, 1).evalf(10)
    0.2759095809
    """

    nargs = 3

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the elementary form on both sides of 0; at gamma = -1 its limit."""
        n, gamma, u = int(arguments[0]), arguments[1], arguments[2]
        left = exp(u) / (2 * (1 - gamma) ** (n + 1))
        near = Piecewise(
            (u ** (n + 1) / factorial(n + 1) * exp(-u), Eq(gamma, -1)),
            (_difference(n, gamma, u), True),
        )
        return Piecewise((left, u < 0), (near / 2 + _beyond(n, gamma, u), True))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the same with Taylor's sum where gamma + 1 is small."""
        n, gamma, u = int(arguments[0]), arguments[1], arguments[2]
        left = exp(sympy.Min(u, 0)) / (2 * (1 - gamma) ** (n + 1))
        w = (1 + gamma) * u
        taylor: Expr = Integer(0)
        for j in reversed(range(_TERMS)):
            taylor = taylor * w + 1 / (factorial(j) * (n + j + 1) * factorial(n))
        near = Piecewise(
            (u ** (n + 1) * exp(-u) * taylor, Abs(w) <= n + 1), (_difference(n, gamma, u), True)
        )
        return Piecewise((left, u < 0), (near / 2 + _beyond(n, gamma, u), True))

    def fdiff(self, argindex: int = 3) -> Expr:
        """Return the derivative by gamma or by u."""
        n, gamma, u = self.args
        if argindex == 3:
            below = exp(-Abs(u)) / 2 if n == 0 else LaplaceTilt(n - 1, gamma, u)
            return below + gamma * self
        if argindex == 2:
            return (n + 1) * LaplaceTilt(n + 1, gamma, u)
        raise ArgumentIndexError(self, argindex)

    def _latex(self, printer: Any) -> str:
        n, gamma, u = (printer.doprint(argument) for argument in self.args)
        return rf"B^{{\mathrm{{laplace}}}}_{{{n}}}\left({gamma}, {u}\right)"


def _difference(n: int, gamma: Expr, u: Expr) -> Expr:
    """Return the integral of s^n/n! e^(gamma s) e^(s - u) for 0 < s < u."""
    rate = 1 + gamma
    powers = ((-1) ** r * u ** (n - r) / factorial(n - r) / rate ** (r + 1) for r in range(n + 1))
    return exp(gamma * u) * sympy.Add(*powers) - (-1) ** n * exp(-u) / rate ** (n + 1)


def _beyond(n: int, gamma: Expr, u: Expr) -> Expr:
    """Return half of the integral of s^n/n! e^(gamma s) e^(u - s) for s > u."""
    powers = (u ** (n - j) / factorial(n - j) / (1 - gamma) ** (j + 1) for j in range(n + 1))
    return exp(gamma * u) * sympy.Add(*powers) / 2
