"""How far a number exceeds the logarithm of one plus it: what divergences are made of."""

from __future__ import annotations

from typing import Any, final

from sympy import Abs, Expr, Integer, Piecewise, Rational, log
from sympy.codegen.cfunctions import log1p

from symnum.expressions.named_functions import NamedFunction

__all__ = ["LogExcess"]

# Terms of the series in z = v/(2 + v), |z| <= 1/3: the first one left out is below 2^-53 of it.
_TERMS = 18


@final
class LogExcess(NamedFunction):
    r"""The function v - log(1 + v) for v > -1, without cancellation near 0.

    .. math:: v - \log(1 + v) = \frac{v^2}{2} - \frac{v^3}{3} + \dots

    It is never negative, and half of it, at v = s^2 - 1, is the divergence of N(0, s^2) from
    N(0, 1).

    Parameters
    ----------
    v : Expr
        Above -1.

    Examples
    --------
    >>> import symnum as sn
    >>> from symnum.algebra import LogExcess
    >>> LogExcess(0)
    0
    >>> float(sn.lambdify("v", LogExcess(sn.parse("v")))(1e-10))
    4.999999999666667e-21
    """

    nargs = 1

    @classmethod
    def eval(cls, v: Expr) -> Expr | None:
        """Evaluate at 0."""
        return Integer(0) if v.is_zero else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return v - log(1 + v)."""
        (v,) = arguments
        return v - log(1 + v)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the definition for |v| > 1/2, else a series in z = v/(2 + v).

        There log(1 + v) = 2 (z + z^3/3 + z^5/5 + ...) and v = 2 z/(1 - z).
        """
        (v,) = arguments
        z = v / (2 + v)
        tail: Expr = Integer(0)
        for k in reversed(range(1, _TERMS + 1)):
            tail = tail * z**2 + Rational(2, 2 * k + 1)
        series = z * (v - z**2 * tail)
        return Piecewise((series, Abs(v) <= Rational(1, 2)), (v - log1p(v), True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return v/(1 + v)."""
        (v,) = self.args
        return v / (1 + v)

    def _latex(self, printer: Any) -> str:
        return printer.doprint(self.definition(*self.args))  # type: ignore[no-any-return]
