"""The impulse response of a linear differential equation, as a function of its coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias, final

import flint
import sympy
from sympy import Dummy, Expr, Integer, Lambda, Poly, RootSum, exp, factorial
from sympy.core.function import ArgumentIndexError

from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import NamedFunction
from symnum.matexp.symbolic.enclosures import number_ball, sharpened, sharpened_ball
from symnum.reference.balls import to_ball

__all__ = ["ImpulseResponse"]

Balls: TypeAlias = tuple[Any, ...]


@final
class ImpulseResponse(NamedFunction):
    r"""The k-th derivative of the impulse response of m(d/dt).

    .. math:: h^{(k)}(t), \quad m(d/dt)\, h = 0, \quad h^{(j)}(0) = 0 \; (j < d-1), \quad
              h^{(d-1)}(0) = 1, \quad m(s) = s^d + c_{d-1} s^{d-1} + \dots + c_0

    It is the inverse Laplace transform of s^k/m(s), and the divided difference of z^k e^{tz} at all
    roots of m; it is entire in t and in the coefficients, so that roots may meet.

    Parameters
    ----------
    k : int
        From 0 to d - 1.
    t : Expr
    c_0, ..., c_{d-1} : Expr
        The coefficients of m below its leading one.

    Raises
    ------
    ValueError
        `k` is no such integer, or there are no coefficients.

    Examples
    --------
    >>> t = sympy.Symbol("t")
    >>> ImpulseResponse(0, t, 0, 0)
    t
    >>> ImpulseResponse(0, 1, -2, 0, 1).evalf(20)
    0.38007919336128157957
    >>> ImpulseResponse(0, t, -1, 1, 2).diff(t)
    ImpulseResponse(1, t, -1, 1, 2)
    """

    evaluated_directly = True
    has_enclosure = True

    @classmethod
    def eval(cls, k: Expr, t: Expr, *coefficients: Expr) -> Expr | None:
        """Evaluate at t = 0 and where all coefficients vanish."""
        d = len(coefficients)
        if not d:
            raise ValueError("coefficients: expected at least one")
        if not (k.is_Integer and 0 <= k < d):
            raise ValueError(f"k: expected an integer from 0 to {d - 1}, got {k}")
        if t.is_zero:
            return Integer(k == d - 1)
        if all(c.is_zero for c in coefficients):
            return t ** (d - 1 - k) / factorial(d - 1 - k)
        return exp(-coefficients[0] * t) if d == 1 else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the sum over the roots of m, which has no value where roots meet."""
        k, t, *coefficients = arguments
        s = Dummy("s")
        m = Poly.from_list([1, *reversed(coefficients)], s)
        return RootSum(m, Lambda(s, s**k * exp(s * t) / m.as_expr().diff(s)), auto=False)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Refuse: there is no formula, but an algorithm; kernels of `matrix_exp` have it."""
        raise UnsupportedNodeError("ImpulseResponse has no machine code")

    @classmethod
    def value(cls, context: Any, *arguments: Any) -> Any:
        """Return the value at numbers of an mpmath context."""
        k, *numbers = arguments
        balls = [to_ball(number, "argument") for number in numbers]

        def compute(bits: int) -> Any:
            with flint.ctx.workprec(bits):
                return _column(balls)[int(k)]

        ball = sharpened_ball(compute, context.prec)
        if not ball.is_finite():
            return context.nan
        if isinstance(ball, flint.acb):
            return context.make_mpc((ball.real.mid()._mpf_, ball.imag.mid()._mpf_))
        return context.make_mpf(ball.mid()._mpf_)

    @classmethod
    def enclosure(cls, *arguments: Any) -> Any:
        """Return a ball that contains all values at balls."""
        k, *balls = arguments
        return _column(balls)[int(k.unique_fmpz())]

    def fdiff(self, argindex: int = 2) -> Expr:
        """Return the next derivative in t, or minus the response of s^(j+k)/m^2 in c_j."""
        k, t, *coefficients = self.args
        d = len(coefficients)
        if argindex == 2 and k < d - 1:
            return ImpulseResponse(k + 1, t, *coefficients)
        if argindex == 2:
            terms = (c * ImpulseResponse(j, t, *coefficients) for j, c in enumerate(coefficients))
            return -sympy.Add(*terms)
        if not 2 < argindex <= d + 2:
            raise ArgumentIndexError(self, argindex)
        return -ImpulseResponse(k + argindex - 3, t, *_square(tuple(coefficients)))

    def _eval_evalf(self, precision: int) -> Any:
        k, *numbers = self.args
        if not all(number.is_number for number in numbers):
            return None
        return sharpened(lambda bits: _responses(tuple(numbers), bits)[int(k)], precision)

    def _latex(self, printer: Any) -> str:
        k, t, *coefficients = (printer.doprint(argument) for argument in self.args)
        listed = ", ".join(coefficients)
        return rf"h^{{({k})}}\left({t}; {listed}\right)"


@lru_cache(maxsize=64)
def _square(coefficients: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Return the coefficients of m^2 below its leading one."""
    full, d = (*coefficients, Integer(1)), len(coefficients)
    return tuple(
        sympy.Add(*(full[i] * full[n - i] for i in range(max(0, n - d), min(n, d) + 1)))
        for n in range(2 * d)
    )


@lru_cache(maxsize=64)
def _responses(numbers: tuple[Expr, ...], bits: int) -> Balls:
    """Return h, h', ..., the last column of exp(tC) for the companion matrix C of m."""
    with flint.ctx.workprec(bits):
        return _column([number_ball(number, bits) for number in numbers])


def _column(balls: Sequence[Any]) -> Balls:
    """Return h, h', ... for balls of t and of the coefficients, at the precision that is set."""
    t, *coefficients = balls
    is_complex = any(isinstance(ball, flint.acb) for ball in balls)
    d = len(coefficients)
    rows = [[t if j == i + 1 else t * 0 for j in range(d)] for i in range(d - 1)]
    rows.append([-t * c for c in coefficients])
    exponential = (flint.acb_mat if is_complex else flint.arb_mat)(rows).exp()
    return tuple(exponential[i, d - 1] for i in range(d))
