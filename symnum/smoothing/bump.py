"""The bump function e^(-1/(1 - u^2)): smooth, of bounded support, without elementary integrals."""

from __future__ import annotations

from functools import cache
from typing import Any, final

import sympy
from sympy import Expr, Integer, Max, Min, Piecewise, Rational, Symbol, cosh, exp, factorial, tanh
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction
from symnum.reference import evaluate
from symnum.smoothing.clipping import Clip
from symnum.smoothing.laws import Law, U, moments_from
from symnum.smoothing.quadrature_rules import gauss_legendre

__all__ = ["BumpIntegral", "bump_law"]

# Under t = tanh s the bump is exp(-cosh^2 s): below 2^-80 beyond |s| = 2.7.
_REACH = Rational(27, 10)
_NODES = 48
_DIGITS = 40


@cache
def _mass() -> Expr:
    half = Rational(1, 2)
    return exp(-half) * (sympy.besselk(1, half) - sympy.besselk(0, half))


def _density(u: Expr) -> Expr:
    return Piecewise((Integer(0), sympy.Abs(u) >= 1), (exp(-1 / (1 - u**2)) / _mass(), True))


@final
class BumpIntegral(NamedFunction):
    r"""The m-th repeated integral of the bump density.

    .. math:: A_m(u) = \frac1c \int_{-1}^{\min(u, 1)} \frac{(u-t)^{m-1}}{(m-1)!}
              e^{-1/(1-t^2)}\,dt

    Parameters
    ----------
    m : int
        At least 1.
    u : Expr
    """

    nargs = 2

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the integral."""
        m, u = int(arguments[0]), arguments[1]
        t = Symbol("t", real=True)
        while t in u.free_symbols:
            t = Symbol(t.name + "_", real=True)
        power = (u - t) ** (m - 1) / factorial(m - 1)
        end = Max(-1, Min(u, 1))
        return sympy.Integral(power * exp(-1 / (1 - t**2)), (t, -1, end)) / _mass()

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return Gauss's rule in s, t = tanh s: a sum of positive terms."""
        m, u = int(arguments[0]), arguments[1]
        edge = tanh(_REACH).evalf(30)
        length = sympy.atanh(Clip(u, -edge, edge)) + _REACH
        total = []
        for node, weight in gauss_legendre(_NODES):
            s = length * node - _REACH
            power = (u - tanh(s)) ** (m - 1) / factorial(m - 1)
            total.append(weight * power * exp(-(cosh(s) ** 2)) / cosh(s) ** 2)
        return length * sympy.Add(*total) / _mass().evalf(30)

    def fdiff(self, argindex: int = 2) -> Expr:
        """Return A_(m-1)."""
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        m, u = self.args
        return _density(u) if m == 1 else BumpIntegral(m - 1, u)

    def _latex(self, printer: Any) -> str:
        m, u = (printer.doprint(argument) for argument in self.args)
        return rf"A^{{\mathrm{{bump}}}}_{{{m}}}\left({u}\right)"


@cache
def _antiderivative(m: int) -> Expr:
    return _density(U) if m == 0 else BumpIntegral(m, U)


@cache
def _even_moment(k: int) -> Expr:
    t = Symbol("t", real=True)
    integral = sympy.Integral(t**k * exp(-1 / (1 - t**2)), (t, 0, 1)) * 2 / _mass()
    return sympy.Float(str(evaluate(integral, {}, digits=_DIGITS)), _DIGITS)


def bump_law() -> Law:
    """Return the law of the bump density on [-1, 1]."""
    return Law(
        _antiderivative,
        moments_from(_even_moment),
        tail=lambda m, z: BumpIntegral(m, -Min(z, 1)),
    )
