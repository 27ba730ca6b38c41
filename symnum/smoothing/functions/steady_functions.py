"""Functions of SymPy made of an exact expression and of one for floating point."""

from __future__ import annotations

import copyreg
from functools import lru_cache
from typing import Any

from sympy import Expr, Integer, Symbol
from sympy.core.function import FunctionClass

from symnum.expressions.named_functions import NamedFunction
from symnum.smoothing.functions.convolution_integrals import is_closed

__all__ = ["steady_function"]


class _SteadyClass(FunctionClass):  # type: ignore[misc]
    """The class of functions that are made at run time; they are pickled by what they are."""


class _Steady(NamedFunction, metaclass=_SteadyClass):
    """A function given by an exact expression and by one for floating point."""

    arguments: tuple[Symbol, ...] = ()
    exact: Expr = Integer(0)
    steady: Expr = Integer(0)
    origin: tuple[Any, ...] = ()

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """Return the exact expression."""
        return cls.exact.subs(dict(zip(cls.arguments, arguments, strict=True)), simultaneous=True)

    @classmethod
    def stable_form(cls, *arguments: Expr) -> Expr:
        """Return the expression for floating point."""
        if arguments == cls.arguments:
            return cls.steady
        return cls.steady.xreplace(dict(zip(cls.arguments, arguments, strict=True)))

    @classmethod
    def written_form(cls) -> tuple[tuple[Symbol, ...], Expr]:
        """Return the arguments and the expression for floating point."""
        return cls.arguments, cls.steady

    def fdiff(self, argindex: int = 1) -> Expr:
        """Return the derivative: by x the smoothed derivative, else that of the expressions."""
        symbol = self.arguments[argindex - 1]
        if self.origin and symbol == self.origin[1]:
            slope = _slope(self.origin)
        elif not is_closed(self.exact):
            exact, steady = (part.diff(symbol) for part in (self.exact, self.steady))
            slope = steady_function(self.arguments, exact, steady)(*self.arguments)
        else:
            slope = self.exact.diff(symbol)
        return slope.xreplace(dict(zip(self.arguments, self.args, strict=True)))

    def _sympystr(self, printer: Any) -> str:
        return str(printer.doprint(self.definition(*self.args)))

    def _latex(self, printer: Any) -> str:
        return str(printer.doprint(self.definition(*self.args)))


def _slope(origin: tuple[Any, ...]) -> Expr:
    from symnum.smoothing.convolution.mollification import mollify

    f, x, mollifier, bandwidth, order = origin
    smooth: Any = mollify(f, x, mollifier, bandwidth, principal_value=True)
    slope: Expr = smooth.diff(order + 1).kernel_expr
    return slope


@lru_cache(maxsize=256)
def steady_function(
    arguments: tuple[Symbol, ...], exact: Expr, steady: Expr, origin: tuple[Any, ...] = ()
) -> Any:
    """Return a function class of SymPy with a definition and a form for floating point.

    Parameters
    ----------
    arguments : tuple of Symbol
    exact : Expr
        What the function is, in the arguments.
    steady : Expr
        What a kernel computes.
    origin : tuple
        f, x, mollifier, bandwidth and the order of the derivative: what was smoothed.
    """
    content = {
        "nargs": len(arguments),
        "arguments": arguments,
        "exact": exact,
        "steady": steady,
        "origin": origin,
        "__module__": __name__,
    }
    return _SteadyClass("Smoothed", (_Steady,), content)


copyreg.pickle(
    _SteadyClass,
    lambda kind: (steady_function, (kind.arguments, kind.exact, kind.steady, kind.origin)),
)
