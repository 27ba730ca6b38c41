"""The bump function e^(-1/(1 - u^2)): smooth, of bounded support, without elementary integrals."""

from __future__ import annotations

from functools import cache
from typing import Any, final

import mpmath
import sympy
from sympy import Expr, Integer, Max, Min, Piecewise, Rational, Symbol, exp, factorial
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.functions.clipping import Clip
from symnum.smoothing.functions.evaluation import evaluated_function
from symnum.smoothing.mollifiers.bump_values import (
    INTERVALS,
    bump_integral,
    bump_moment,
    tail_polynomials,
)
from symnum.smoothing.mollifiers.laws import Law, U, moments_from

__all__ = ["BumpIntegral", "bump_law"]

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
    evaluated_directly = True

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
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context."""
        m, u = arguments
        return bump_integral(context, int(m), u)

    @classmethod
    def eval(cls, m: Expr, u: Expr) -> Expr | None:
        """Evaluate at the infinities."""
        if u is sympy.oo and m == 1:
            return Integer(1)
        return Integer(0) if u is -sympy.oo else None

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the tail on the left, and on the right what mirrors it."""
        m, u = int(arguments[0]), arguments[1]
        powers = (
            u ** (m - 1 - k) / factorial(m - 1 - k) * _even_moment(k) / factorial(k)
            for k in range(2, m, 2)
        )
        polynomial = u ** (m - 1) / factorial(m - 1) + sympy.Add(*powers)
        tail = bump_tail(m, Clip(sympy.Abs(u), Integer(0), Integer(1)))
        return Piecewise((tail, u < 0), (polynomial + (-1) ** m * tail, True))

    def _eval_evalf(self, precision: int) -> Any:
        return evaluated_function(self, precision)

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
    context = mpmath.mp.clone()
    context.dps = _DIGITS + 5
    return sympy.Float(context.nstr(bump_moment(context, k), _DIGITS + 5), _DIGITS)


def bump_tail(m: int, z: Expr) -> Expr:
    """Return A_m(-z) for 0 <= z <= 1: an exponential, a power, and a polynomial on each interval.

    Parameters
    ----------
    m : int
    z : Expr
    """
    ends = [Rational(end) for end in INTERVALS]
    branches: list[tuple[Expr, Any]] = []
    for low, high, powers in zip(ends, ends[1:], tail_polynomials(m), strict=False):
        s = (2 * z - (low + high)) / (high - low)
        value: Expr = Integer(0)
        for coefficient in reversed(powers):
            value = sympy.Add(sympy.Mul(value, s, evaluate=False), coefficient, evaluate=False)
        branches.append((value, z <= high))
    near = Clip(z, Integer(0), ends[-1])
    scale = exp(-1 / ((1 - near) * (1 + near))) * (1 - near) ** (2 * m)
    return sympy.Mul(scale, Piecewise(*branches, (Integer(0), True)), evaluate=False)


def bump_law() -> Law:
    """Return the law of the bump density on [-1, 1]."""
    return Law(
        _antiderivative,
        moments_from(_even_moment),
        tail=lambda m, z: (
            bump_tail(m, Clip(z, Integer(0), Integer(1))) if z.free_symbols else BumpIntegral(m, -z)
        ),
    )
