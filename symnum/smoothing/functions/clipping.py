"""A number, free or kept between two ends, as one node that SymPy does not try to simplify."""

from __future__ import annotations

from typing import Any, final

from sympy import Expr, Integer, Max, Min, Piecewise
from sympy.core.function import ArgumentIndexError

from symnum.expressions.named_functions import NamedFunction

__all__ = ["Clip", "Held"]


@final
class Clip(NamedFunction):
    r"""The nearest number between two ends.

    .. math:: \max(a, \min(x, b))

    Parameters
    ----------
    x, a, b : Expr
        a <= b.

    Examples
    --------
    >>> Clip(3, 0, 1).evalf(5)
    1.0000
    """

    nargs = 3

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the minimum and maximum."""
        x, low, high = arguments
        return Max(low, Min(x, high))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the three cases; nan stays nan."""
        x, low, high = arguments
        return Piecewise((low, x < low), (high, x > high), (x, True))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return 1 between the ends, else 0."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        x, low, high = self.args
        return Piecewise((Integer(0), x < low), (Integer(0), x > high), (Integer(1), True))

    def _latex(self, printer: Any) -> str:
        x, low, high = (printer.doprint(argument) for argument in self.args)
        return rf"\operatorname{{clip}}\left({x}; {low}, {high}\right)"


@final
class Held(NamedFunction):
    """A real number as it is; what it is made of is not looked into.

    Parameters
    ----------
    x : Expr
    """

    nargs = 1
    is_real = True

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the argument."""
        return arguments[0]

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the argument."""
        return arguments[0]

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return 1."""
        return Integer(1)

    def _latex(self, printer: Any) -> str:
        return str(printer.doprint(self.args[0]))
