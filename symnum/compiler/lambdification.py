"""`lambdify`: from arguments and expressions, as a user gives them, to a kernel."""

from __future__ import annotations

from typing import Any

from sympy.logic.boolalg import Boolean

from symnum.compiler.kernel import Kernel
from symnum.compiler.recipe import read_recipe

__all__ = ["build_kernel", "lambdify"]


def lambdify(
    args: Any,
    expr: Any,
    *,
    dtype: Any = "float64",
    parallel: bool | int | str = "auto",
    stable: bool = True,
) -> Kernel:
    """Return a fast function of arrays for an expression.

    Parameters
    ----------
    args : symbol, name, or (nested) sequence of them
        The arguments, in the order of the call.
    expr : expression or text, or list, tuple, dict or Matrix of them
        What to evaluate. In a text, names that are no arguments are unknown symbols.
    dtype : dtype
        Type of every result: float64, float32, complex128 or complex64.
    parallel : "auto", bool or int
        Threads: as many as the processors if the work is worth it, always, never, or a number.
        The result does not depend on it.
    stable : bool
        Whether the expression may be rewritten for accuracy; False keeps it as it is written.

    Returns
    -------
    Kernel

    Raises
    ------
    ValueError
        An argument that occurs twice, a symbol that is no argument, a text that is no formula.
    TypeError
        What is no expression; an imaginary number in a real kernel; an unsupported dtype.
    UnsupportedNodeError
        A function or operation that cannot be evaluated, by name.

    Examples
    --------
    >>> import numpy as np
    >>> k = lambdify(["x", "y"], ["x + y", "x*y"])
    >>> [float(row[1]) for row in k(np.array([1.0, 2.0]), 3.0)]
    [5.0, 6.0]
    """
    return build_kernel(args, expr, dtype=dtype, parallel=parallel, stable=stable)


def build_kernel(
    args: Any,
    expr: Any,
    *,
    guard: Boolean | None = None,
    dtype: Any = "float64",
    parallel: bool | int | str = "auto",
    stable: bool = True,
    wide: bool = False,
) -> Kernel:
    """Return a kernel that is NaN where a condition on the arguments does not hold.

    Parameters
    ----------
    args, expr, dtype, parallel, stable
        As for `lambdify`.
    guard : sympy Boolean, optional
        The domain. Outside, results, derivatives and the reference are NaN.
    wide : bool
        Whether float32 arrays are computed in double precision and rounded at the end.

    Returns
    -------
    Kernel

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> build_kernel([x], x + 1, guard=x > 0)(-1.0)
    nan
    """
    return Kernel.validated(read_recipe(args, expr, dtype, parallel, stable, guard, wide))
