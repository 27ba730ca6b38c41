"""The logarithm of a sum of exponentials at a temperature: a smooth maximum of any size."""

from __future__ import annotations

from typing import Any, final

from sympy import Add, Expr, Max, Min, exp, log
from sympy.codegen.cfunctions import log1p

from symnum.expressions.named_functions import NamedFunction

__all__ = ["SoftMaximum"]


@final
class SoftMaximum(NamedFunction):
    r"""The logarithm of a sum of exponentials, with a temperature.

    .. math:: M_\tau(x_1, \dots, x_n) = \tau \log\left(e^{x_1/\tau} + \dots + e^{x_n/\tau}\right)

    Kernels add what the smaller numbers contribute to the largest one, so nothing overflows at
    low temperatures, and a small contribution to a maximum near zero is not lost.

    Parameters
    ----------
    temperature : Expr
        Positive.
    *values : Expr
        Real, at least one.

    Raises
    ------
    TypeError
        For no value.

    Examples
    --------
    >>> import sympy
    >>> import symnum as sn
    >>> from symnum.algebra import SoftMaximum
    >>> t, x, y = sympy.symbols("t x y")
    >>> kernel = sn.lambdify([t, x, y], SoftMaximum(t, x, y))
    >>> kernel(0.001, 1e4, 9999.0), kernel(1.0, -800.0, -800.0), kernel(1.0, 0.0, -100.0)
    (10000.0, -799.3068528194401, 3.720075976020836e-44)
    """

    @classmethod
    def eval(cls, *arguments: Expr) -> Expr | None:
        """Return a single value as it is."""
        if len(arguments) < 2:
            raise TypeError(
                f"SoftMaximum takes a temperature and values, got {len(arguments)} argument"
                f"{'s' * (len(arguments) != 1)}"
            )
        return arguments[1] if len(arguments) == 2 else None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return tau log(e^(x1/tau) + ...)."""
        temperature, *values = arguments
        return temperature * log(Add(*(exp(value / temperature) for value in values)))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return m + tau log1p(e^((y1 - m)/tau) + ...), m the largest and y1, ... the others."""
        temperature, top, *rest = arguments
        smaller = []
        for value in rest:
            smaller.append(Min(top, value))
            top = Max(top, value)
        weights = (exp((value - top) / temperature) for value in smaller)
        return top + temperature * log1p(Add(*weights))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the share of a value, or the entropy of the shares for the temperature."""
        temperature, *values = self.args
        if argindex > 1:
            return exp((values[argindex - 2] - self) / temperature)
        gaps = [(self - value) / temperature for value in values]
        return Add(*(gap * exp(-gap) for gap in gaps))

    def _latex(self, printer: Any) -> str:
        return printer.doprint(self.definition(*self.args))  # type: ignore[no-any-return]
