"""The entire functions in which closed forms of matrix exponentials are written."""

from __future__ import annotations

from typing import Any, final

import flint
import sympy
from sympy import Eq, Expr, Integer, Piecewise, cos, cosh, exp, factorial, sin, sinh, sqrt
from sympy.codegen.cfunctions import expm1
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction
from symnum.matexp.symbolic.enclosures import number_ball, sharpened

__all__ = ["Phi", "Stumpff"]

# Terms of the Taylor sum: at |z| = k the first one left out is below 2^-53 of the sum.
_TAYLOR_TERMS = 24


@final
class Phi(NamedFunction):
    r"""The entire function phi_k of exponential integrators.

    .. math:: \varphi_0(z) = e^z, \qquad \varphi_{k+1}(z) = \frac{\varphi_k(z) - 1/k!}{z},
              \qquad \varphi_k(0) = \frac{1}{k!}

    Parameters
    ----------
    k : int
        The index, at least 0.
    z : Expr

    Raises
    ------
    ValueError
        `k` is no non-negative integer.

    Examples
    --------
    >>> Phi(1, 0)
    1
    >>> Phi(1, 2).evalf(20)
    3.1945280494653251136

    References
    ----------
    N. J. Higham, Functions of Matrices, section 10.7.4.
    """

    nargs = 2

    @classmethod
    def eval(cls, k: Expr, z: Expr) -> Expr | None:
        """Evaluate at z = 0 and for k = 0; leave the rest to numbers."""
        if not (k.is_Integer and k >= 0):
            raise ValueError(f"k: expected an integer of at least 0, got {k}")
        if z.is_zero:
            return 1 / factorial(k)
        return exp(z) if k == 0 else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return (e^z - sum_{j<k} z^j/j!)/z^k, and 1/k! at z = 0."""
        k, z = arguments
        start = sympy.Add(*(z**j / factorial(j) for j in range(int(k))))
        return Piecewise((1 / factorial(k), Eq(z, 0)), ((exp(z) - start) / z**k, True))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return expm1(z)/z for k = 1, else Taylor's sum for |z| <= k and the recurrence beyond."""
        k, z = int(arguments[0]), arguments[1]
        value: Expr = expm1(z) / z
        if k == 1:
            return Piecewise((Integer(1), Eq(z, 0)), (value, True))
        for j in range(1, k):
            value = (value - 1 / factorial(j)) / z
        taylor: Expr = Integer(0)
        for j in reversed(range(_TAYLOR_TERMS + 2 * k)):
            taylor = taylor * z + 1 / factorial(j + k)
        return Piecewise((taylor, sympy.Abs(z) <= k), (value, True))

    def _eval_evalf(self, precision: int) -> Any:
        # Balls know a zero argument even where its formula does not show it.
        k, z = int(self.args[0]), self.args[1]
        return _evaluated(z, [1], [k + 1], 1 / factorial(k), precision)

    def fdiff(self, argindex: int = 2) -> Expr:
        """Return phi_k' = phi_k - k phi_{k+1}."""
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        k, z = self.args
        return Phi(k, z) - k * Phi(k + 1, z)

    def _latex(self, printer: Any) -> str:
        k, z = (printer.doprint(argument) for argument in self.args)
        return rf"\varphi_{{{k}}}\left({z}\right)"


@final
class Stumpff(NamedFunction):
    r"""Stumpff's entire function c_k: cosine and sine of the square root, and what follows them.

    .. math:: c_k(x) = \sum_{i \ge 0} \frac{(-x)^i}{(k + 2i)!}, \qquad
              c_0(\theta^2) = \cos\theta, \quad c_1(\theta^2) = \frac{\sin\theta}{\theta}, \quad
              c_2(\theta^2) = \frac{1 - \cos\theta}{\theta^2}

    For negative x the cosine and the sine are hyperbolic; there is no branch at 0.

    Parameters
    ----------
    k : int
        The index, at least 0.
    x : Expr

    Raises
    ------
    ValueError
        `k` is no non-negative integer.

    Examples
    --------
    >>> Stumpff(2, 0)
    1/2
    >>> Stumpff(1, -4).evalf(20)
    1.8134302039235093838

    References
    ----------
    J. M. A. Danby, Fundamentals of Celestial Mechanics, section 6.9.
    """

    nargs = 2

    @classmethod
    def eval(cls, k: Expr, x: Expr) -> Expr | None:
        """Evaluate at x = 0; leave the rest to numbers."""
        if not (k.is_Integer and k >= 0):
            raise ValueError(f"k: expected an integer of at least 0, got {k}")
        return 1 / factorial(k) if x.is_zero else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the trigonometric form, and 1/k! at x = 0."""
        k, x = int(arguments[0]), arguments[1]
        value = cos(sqrt(x)) if k % 2 == 0 else sin(sqrt(x)) / sqrt(x)
        return Piecewise((1 / factorial(k), Eq(x, 0)), (_raised(value, k, x), True))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return sines and cosines, c_2(x) = c_1(x/4)^2/2, and for k > 2 Taylor's sum near 0."""
        k, x = int(arguments[0]), arguments[1]
        if k == 2:
            return cls.stable_form(Integer(1), x / 4) ** 2 / 2
        forward, backward = sqrt(x), sqrt(-x)
        waves = (cos(forward), cosh(backward))
        if k % 2:
            waves = (sin(forward) / forward, sinh(backward) / backward)
        right, left = (_raised(wave, k, x) for wave in waves)
        if k < 3:
            return Piecewise((Integer(1), Eq(x, 0)), (right, x > 0), (left, True))
        taylor: Expr = Integer(0)
        for i in reversed(range(_TAYLOR_TERMS)):
            taylor = taylor * -x + 1 / factorial(2 * i + k)
        # Up to here neither the sum nor, beyond, the differences of the recurrence cancel.
        near = sympy.Abs(x) <= k * (k - 1)
        return Piecewise((taylor, near), (right, x > 0), (left, True))

    def _eval_evalf(self, precision: int) -> Any:
        k, x = int(self.args[0]), self.args[1]
        lower = [flint.fmpq(k + 1, 2), flint.fmpq(k + 2, 2)]
        return _evaluated(-x / 4, [1], lower, 1 / factorial(k), precision)

    def fdiff(self, argindex: int = 2) -> Expr:
        """Return c_k' = (k c_{k+2} - c_{k+1})/2."""
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        k, x = self.args
        return (k * Stumpff(k + 2, x) - Stumpff(k + 1, x)) / 2

    def _latex(self, printer: Any) -> str:
        k, x = (printer.doprint(argument) for argument in self.args)
        return rf"c_{{{k}}}\left({x}\right)"


def _raised(value: Expr, k: int, x: Expr) -> Expr:
    """Apply c_{j+2} = (1/j! - c_j)/x until the index is k."""
    for j in range(k % 2, k - 1, 2):
        value = (1 / factorial(j) - value) / x
    return value


def _evaluated(z: Expr, upper: list[Any], lower: list[Any], factor: Expr, precision: int) -> Any:
    """Return a multiple of a hypergeometric function at a number."""
    if not z.is_number:
        return None

    def value(bits: int) -> Any:
        with flint.ctx.workprec(bits):
            place = number_ball(z, bits)
            ball = flint.acb(place).hypgeom(list(upper), list(lower))
            ball = ball * flint.fmpq(int(factor.p), int(factor.q))
            return ball.real if isinstance(place, flint.arb) else ball

    return sharpened(value, precision)
