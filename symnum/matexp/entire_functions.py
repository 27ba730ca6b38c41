"""The entire functions in which closed forms of matrix exponentials are written."""

from __future__ import annotations

from typing import Any, final

import sympy
from sympy import Eq, Expr, Integer, Piecewise, exp, factorial
from sympy.codegen.cfunctions import expm1
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction

__all__ = ["Phi"]

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

    def fdiff(self, argindex: int = 2) -> Expr:
        """Return phi_k' = phi_k - k phi_{k+1}."""
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        k, z = self.args
        return Phi(k, z) - k * Phi(k + 1, z)

    def _latex(self, printer: Any) -> str:
        k, z = (printer.doprint(argument) for argument in self.args)
        return rf"\varphi_{{{k}}}\left({z}\right)"
