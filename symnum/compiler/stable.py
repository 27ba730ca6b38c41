"""The protocol by which a symbolic function says how it is to be evaluated.

An engine that invents a function (a periodic sum, the function (e**x - 1)/x) has one exact meaning
for SymPy and one numerically stable form for a kernel. `StableFunction` holds the two together.
"""

from __future__ import annotations

import sympy

__all__ = ["StableFunction"]


class StableFunction(sympy.Function):  # type: ignore[misc]  # SymPy is untyped
    """A function of an engine's own that is evaluated through an equivalent stable expression.

    A subclass defines `stable_form`; the lowering replaces every application by it. The form
    must equal the function for all real arguments, may use `Piecewise`, and its branches are
    differentiated one by one: at a join the branches must agree in as many derivatives as a
    kernel is asked for.

    Examples
    --------
    >>> class Softplus(StableFunction):
    ...     @classmethod
    ...     def stable_form(cls, *args):
    ...         (x,) = args
    ...         return sympy.Max(x, 0) + sympy.log(1 + sympy.exp(-sympy.Abs(x)))
    >>> Softplus.stable_form(sympy.Symbol("x"))
    log(1 + exp(-Abs(x))) + Max(0, x)
    """

    @classmethod
    def stable_form(cls, *args: sympy.Expr) -> sympy.Expr:
        """Return an expression, in functions the compiler knows, equal to the function at `args`.

        Raises
        ------
        NotImplementedError
            In a subclass that has not defined it.
        """
        raise NotImplementedError(f"{cls.__name__} is a StableFunction without a stable_form")
