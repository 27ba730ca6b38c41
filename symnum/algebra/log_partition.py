"""The logarithm of a sum of exponentials with one reference state, at any size of its exponents."""

from __future__ import annotations

from typing import Any, final

from sympy import Abs, Add, Expr, Integer, Max, Piecewise, exp, log
from sympy.codegen.cfunctions import expm1, log1p

from symnum.expressions.named_functions import NamedFunction

__all__ = ["LogPartition"]

# Exponentials of smaller numbers are far from overflow, and from losing digits.
_SAFE = 690


@final
class LogPartition(NamedFunction):
    r"""The log-partition function of weighted states beside one of energy zero.

    .. math:: L(w_1, u_1, \dots, w_n, u_n) = \log\left(1 + \sum_i w_i e^{u_i}\right)

    Kernels neither overflow for large exponents nor lose small sums beside 1, and a weight of zero
    removes its state whatever the exponent is.

    Parameters
    ----------
    *weights_and_exponents : Expr
        Pairs of a weight, not negative, and a real exponent.

    Raises
    ------
    TypeError
        For no pair, or a weight without an exponent.

    Examples
    --------
    >>> import sympy
    >>> import symnum as sn
    >>> from symnum.algebra.log_partition import LogPartition
    >>> w, u = sympy.symbols("w u")
    >>> kernel = sn.lambdify([w, u], LogPartition(w, u))
    >>> kernel(1.0, 1000.0), kernel(1.0, -100.0), kernel(0.0, 1000.0)
    (1000.0, 3.720075976020836e-44, 0.0)
    """

    @classmethod
    def eval(cls, *arguments: Expr) -> Expr | None:
        """Leave out the states whose weight is zero."""
        if not arguments or len(arguments) % 2:
            got = f"{len(arguments)} argument{'s' * (len(arguments) != 1)}"
            raise TypeError(f"LogPartition takes pairs of a weight and an exponent, got {got}")
        kept = [pair for pair in _pairs(arguments) if not pair[0].is_zero]
        if not kept:
            return Integer(0)
        if 2 * len(kept) < len(arguments):
            return cls(*(part for pair in kept for part in pair))
        return None

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return log(1 + w1 e^u1 + ...)."""
        return log(1 + Add(*(weight * exp(exponent) for weight, exponent in _pairs(arguments))))

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return m + log1p(expm1(-m) + e^(log w1 + u1 - m) + ...) with the largest exponent m."""
        levels = [(weight, log(weight) + exponent) for weight, exponent in _pairs(arguments)]
        top = Max(0, *(Piecewise((level, weight > 0), (0, True)) for weight, level in levels))
        states = []
        for weight, exponent in _pairs(arguments):
            # Where it can be had, w e^u is more accurate than the exponential of log w + u.
            plain = (top <= 0) & (Abs(exponent) < _SAFE)
            factor = Piecewise((weight, plain), (1, True))
            # The two arguments stay apart: SymPy would turn e^(log w + u) into w e^u.
            power = exp(Piecewise((exponent, plain), (log(weight) + exponent - top, True)))
            states.append(Piecewise((factor * power, weight > 0), (0, True)))
        return top + log1p(Add(expm1(-top), *states))

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the probability of a state, divided by its weight for the slope in that."""
        weight, exponent = self.args[(argindex - 1) // 2 * 2 :][:2]
        share = exp(exponent - self)
        return share if argindex % 2 else weight * share

    def _latex(self, printer: Any) -> str:
        return printer.doprint(self.definition(*self.args))  # type: ignore[no-any-return]


def _pairs(arguments: tuple[Expr, ...]) -> list[tuple[Expr, Expr]]:
    return list(zip(arguments[::2], arguments[1::2], strict=True))
