"""Iterations without machine code: each operation on the arrays of all elements still at work.

For a few hundred elements this takes less time than a compilation. Elementary functions are those
of NumPy and SciPy, which may differ from a kernel's in the last bit.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symnum.compiler.iteration import IterationOutcome
from symnum.compiler.iteration_code import IterationCode
from symnum.compiler.native import NATIVE
from symnum.compiler.passes import expand_definitions
from symnum.compiler.program import Node, Program
from symnum.compiler.stability.doubles import FUNCTIONS_OF_ARRAYS, evaluate_node
from symnum.errors import UnsupportedNodeError

__all__ = ["evaluate_arrays", "interpret_iteration"]

Column: TypeAlias = "NDArray[Any]"


def evaluate_arrays(program: Program, arguments: Sequence[Column]) -> list[Column]:
    """Evaluate a real program on arrays.

    Parameters
    ----------
    program : Program
        Of real numbers.
    arguments : sequence of ndarray
        One for each argument, of one shape.

    Returns
    -------
    list of ndarray
        One for each output; of shape () where it is the same everywhere.

    Raises
    ------
    UnsupportedNodeError
        If a function is known neither to NumPy nor to SciPy.

    Examples
    --------
    >>> import sympy
    >>> from symnum.compiler.lowering import lower
    >>> x = sympy.Symbol("x")
    >>> evaluate_arrays(lower((x,), (x**2 + 1,)), [np.array([1.0, 2.0])])[0].tolist()
    [2.0, 5.0]
    """
    values: list[Column] = []
    with np.errstate(all="ignore"):
        for node in program.nodes:
            operands = [values[operand] for operand in node.operands]
            if node.operation == "call":
                values.append(np.asarray(_function(node)(*operands)))
            else:
                values.append(evaluate_node(node, operands, arguments))
    return [values[output] for output in program.outputs]


def _function(node: Node) -> Callable[..., Any]:
    name = str(node.value)
    known = FUNCTIONS_OF_ARRAYS.get(name)
    if known is not None:
        return known
    if name == "argument":  # of a real number, by its sign bit
        return lambda x: np.where(np.signbit(x), np.pi, 0.0)
    origin = NATIVE.get(name)
    if origin is None:
        raise UnsupportedNodeError(f"no function {name!r} of arrays of real numbers")
    function: Callable[..., Any] = getattr(importlib.import_module("scipy.special"), origin.name)
    if not origin.outputs:
        return function
    place = origin.output
    return lambda *operands: function(*operands)[place]


def interpret_iteration(
    code: IterationCode, arrays: Sequence[Column], most: int
) -> IterationOutcome:
    """Iterate as the machine code of an iteration does.

    Parameters
    ----------
    code : IterationCode
        Programs before the passes.
    arrays : sequence of ndarray
        Inputs and parameters, one-dimensional and of one length.
    most : int
        The largest number of steps of one element.

    Returns
    -------
    IterationOutcome
    """
    programs = {name: expand_definitions(p) for name, p in code.programs.items()}
    size = arrays[0].shape[0]
    inputs, parameters = list(arrays[: code.inputs]), list(arrays[code.inputs :])
    begin = programs.get("begin")
    first = evaluate_arrays(begin, [*inputs, *parameters]) if begin else inputs
    states = [_whole(column, size).copy() for column in first]
    status = np.zeros(size)
    iterations = np.zeros(size, dtype=np.int32)
    active = np.arange(size)
    for _ in range(most):
        if not active.size:
            break
        rows = [column[active] for column in (*states, *parameters)]
        *following, codes = evaluate_arrays(programs["step"], rows)
        for column, new in zip(states, following, strict=True):
            column[active] = new
        iterations[active] += 1
        status[active] = codes
        active = active[_whole(codes, active.size) == 0.0]
    extras: list[Column] = []
    finish = programs.get("finish")
    if finish is not None:
        last = [status] if code.decides else []
        extras = [
            _whole(column, size).astype(np.float64)
            for column in evaluate_arrays(finish, [*states, *parameters, *last])
        ]
        if code.decides:
            status = extras.pop()
    with np.errstate(invalid="ignore"):
        codes = np.nan_to_num(np.clip(status, 0.0, 255.0)).astype(np.uint8)
    return IterationOutcome([states[k] for k in code.kept], codes, iterations, extras)


def _whole(column: Column, size: int) -> Column:
    return column if column.shape == (size,) else np.broadcast_to(column, (size,))
