"""The logistic distribution's repeated integrals, without overflow and right in their tails."""

from __future__ import annotations

from typing import Any, final

import sympy
from sympy import Abs, Expr, Integer, Max, Piecewise, Rational, exp, log
from sympy.codegen.cfunctions import log1p

from symnum.expressions.named_functions import NamedFunction

__all__ = ["Logistic", "Softplus"]


@final
class Logistic(NamedFunction):
    r"""The logistic distribution function.

    .. math:: \sigma(u) = \frac{1}{1 + e^{-u}}

    Parameters
    ----------
    u : Expr
    """

    nargs = 1

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        """Evaluate at 0 and at the infinities."""
        special = {Integer(0): Rational(1, 2), sympy.oo: Integer(1), -sympy.oo: Integer(0)}
        return special.get(u)

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return 1/(1 + e^-u)."""
        return 1 / (1 + exp(-arguments[0]))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the form whose exponential cannot overflow."""
        (u,) = arguments
        small = exp(-Abs(u))
        return Piecewise((small / (1 + small), u < 0), (1 / (1 + small), True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return sigma(u) sigma(-u)."""
        (u,) = self.args
        return Logistic(u) * Logistic(-u)

    def _latex(self, printer: Any) -> str:
        return rf"\sigma\left({printer.doprint(self.args[0])}\right)"


@final
class Softplus(NamedFunction):
    r"""The integral of the logistic distribution function.

    .. math:: \log(1 + e^u) = \int_{-\infty}^u \sigma(t)\,dt

    Parameters
    ----------
    u : Expr
    """

    nargs = 1

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        """Evaluate at 0 and at the infinities."""
        special = {Integer(0): log(2), sympy.oo: sympy.oo, -sympy.oo: Integer(0)}
        return special.get(u)

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return log(1 + e^u)."""
        return log(1 + exp(arguments[0]))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return max(u, 0) + log1p(e^-|u|)."""
        (u,) = arguments
        return Max(u, 0) + log1p(exp(-Abs(u)))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the logistic function."""
        return Logistic(self.args[0])

    def _latex(self, printer: Any) -> str:
        return rf"\log\left(1 + e^{{{printer.doprint(self.args[0])}}}\right)"
