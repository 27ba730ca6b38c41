"""What `newton_kernel` and its `solve` are given, checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.errors import near_names
from symnum.expressions import as_symbol
from symnum.rootfinding.problem import equation_text, equation_to_expression

__all__ = ["KernelProblem", "as_columns", "broadcast_shape", "number_array", "read_kernel"]

#: The methods, and which of them are for real equations alone.
METHODS = ("auto", "newton", "halley", "householder", "schroeder", "bracketed")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class KernelProblem:
    """n equations in n unknowns and parameters.

    Attributes
    ----------
    equations : tuple of Expr
        Left side minus right side, in `unknowns` and `params`.
    unknowns, params : tuple of Symbol
        As the user knows them.
    text : str
        The equations for messages.
    single : bool
        Whether it is one equation in one unknown, given as such.
    """

    equations: tuple[sp.Expr, ...]
    unknowns: tuple[sp.Symbol, ...]
    params: tuple[sp.Symbol, ...]
    text: str
    single: bool

    def exchanged(self, *, real: bool, real_params: bool = True) -> KernelProblem:
        """Return the problem in dummies that are real, or of which nothing is assumed.

        Names of symbols never reach generated code, and no two of them can be confused.

        Parameters
        ----------
        real : bool
            Whether the unknowns are real.
        real_params : bool, optional
            Whether the parameters are.
        """
        exchange = {symbol: _dummy(symbol, real) for symbol in self.unknowns}
        exchange.update((symbol, _dummy(symbol, real_params)) for symbol in self.params)
        return KernelProblem(
            tuple(equation.xreplace(exchange) for equation in self.equations),
            tuple(exchange[symbol] for symbol in self.unknowns),
            tuple(exchange[symbol] for symbol in self.params),
            self.text,
            self.single,
        )


def _dummy(symbol: sp.Symbol, real: bool) -> sp.Symbol:
    if not real:
        return sp.Dummy(symbol.name)
    facts = {"real": True}
    for fact in ("positive", "negative", "nonnegative", "nonpositive", "nonzero"):
        if getattr(symbol, f"is_{fact}"):
            facts[fact] = True
    return sp.Dummy(symbol.name, **facts)


def read_kernel(equation: Any, unknown: Any, params: Any, method: Any) -> KernelProblem:
    """Read equations, unknowns and parameters.

    Parameters
    ----------
    equation : text, Expr or Eq, or a sequence of them or Matrix
        What is to vanish.
    unknown : symbol or name, or a sequence of them
        As many as there are equations.
    params : symbol or name, or a sequence of them
        What has a value of its own in every lane, in the order of the call.
    method : str
        One of the methods.

    Returns
    -------
    KernelProblem

    Raises
    ------
    ValueError
        If the numbers of equations and unknowns differ, a symbol is declared twice or not at all,
        one that is declared does not occur, or an equation is an identity.
    TypeError
        If an equation or a symbol has the wrong type.
    """
    if method not in METHODS:
        near = near_names(str(method), METHODS)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, got {method!r}{hint}")
    single = not _is_several(unknown)
    unknowns = _symbols(unknown, "unknown")
    parameters = _symbols(params, "params")
    if not unknowns:
        raise ValueError("unknown: expected at least one symbol, got none")
    declared: dict[str, sp.Symbol] = {}
    for name, symbols in (("unknown", unknowns), ("params", parameters)):
        for symbol in symbols:
            if symbol.name in declared:
                raise ValueError(f"{name}: {symbol.name!r} is declared twice")
            declared[symbol.name] = symbol
    equations = _listed(equation) if not single or _is_several(equation) else [equation]
    if len(equations) != len(unknowns):
        raise ValueError(
            f"equation: expected {len(unknowns)} for the unknowns "
            f"{', '.join(s.name for s in unknowns)}, got {len(equations)}"
        )
    expressions = tuple(_expression(each, declared) for each in equations)
    text = "; ".join(equation_text(each) for each in equations)
    problem = KernelProblem(expressions, unknowns, parameters, text, single)
    _check_symbols(problem, declared)
    return problem


def _is_several(value: Any) -> bool:
    return isinstance(value, (list, tuple, sp.Tuple, sp.MatrixBase, np.ndarray))


def _listed(equation: Any) -> list[Any]:
    # Systems bring more than one real equation needs.
    from symnum.rootfinding.systems.problem import listed_equations

    return listed_equations(equation)


def _symbols(value: Any, name: str) -> tuple[sp.Symbol, ...]:
    if isinstance(value, (set, frozenset, dict)):
        raise TypeError(f"{name}: expected symbols or names in an order, got {value!r:.60}")
    entries = (
        list(np.ravel(value) if isinstance(value, np.ndarray) else value)
        if _is_several(value)
        else [value]
    )
    if len(entries) == 1 and isinstance(entries[0], str):
        # "a b" and "a, b", as SymPy's own `symbols` takes them.
        entries = entries[0].replace(",", " ").split() or entries
    return tuple(as_symbol(entry, name) for entry in entries)


def _expression(equation: Any, declared: dict[str, sp.Symbol]) -> sp.Expr:
    expr = equation_to_expression(equation, declared)
    # A symbol is known by its name: the same one with other assumptions is meant.
    other = {
        symbol: declared[symbol.name]
        for symbol in expr.free_symbols
        if symbol.name in declared and symbol != declared[symbol.name]
    }
    return expr.xreplace(other)


def _check_symbols(problem: KernelProblem, declared: dict[str, sp.Symbol]) -> None:
    free = {symbol.name for expr in problem.equations for symbol in expr.free_symbols}
    strange = sorted(free - set(declared))
    if strange:
        raise ValueError(
            f"equation: {problem.text} contains {', '.join(strange)}, which is neither the unknown "
            f"nor among the params ({', '.join(s.name for s in problem.params) or 'none'})"
        )
    for equation in problem.equations:
        if equation == 0:
            raise ValueError(f"equation: {problem.text} is an identity; there is nothing to solve")
        if equation.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise ValueError(f"equation: {problem.text} has no finite value")
    for name, symbols in (("unknown", problem.unknowns), ("params", problem.params)):
        for symbol in symbols:
            if symbol.name not in free:
                near = near_names(symbol.name, sorted(free))
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(
                    f"{name}: the equation {problem.text} does not contain {symbol.name!r}{hint}"
                )


# --------------------------------------------------------------------------- arrays


def number_array(value: Any, name: str) -> Array:
    """Return numbers as an array of doubles, or of complex numbers.

    Parameters
    ----------
    value : number or array of them
        Integers and single-precision numbers are widened.
    name : str
        The argument, for the message.

    Raises
    ------
    TypeError
        If it holds anything but numbers.
    """
    if isinstance(value, sp.Basic) or (
        isinstance(value, (list, tuple)) and any(isinstance(v, sp.Basic) for v in value)
    ):
        value = _evaluated(value, name)
    if isinstance(value, sp.MatrixBase):
        value = np.array(value.tolist(), dtype=object)
    array = np.asarray(value)
    if array.dtype == object:
        array = _from_objects(array, name)
    if array.dtype.kind not in "iufc":
        raise TypeError(f"{name}: expected numbers, got {array.dtype} {str(value)[:60]}")
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)


def _evaluated(value: Any, name: str) -> Any:
    if isinstance(value, (list, tuple)):
        return [_evaluated(entry, name) for entry in value]
    if not isinstance(value, sp.Expr):
        return value
    if value.free_symbols:
        raise TypeError(f"{name}: expected a number, got {str(value)[:60]}")
    number = complex(value)
    return number.real if number.imag == 0 else number


def _from_objects(array: Array, name: str) -> Array:
    entries = [_evaluated(entry, name) for entry in array.ravel()]
    if not all(isinstance(entry, (int, float, complex, np.number)) for entry in entries):
        strange = next(e for e in entries if not isinstance(e, (int, float, complex, np.number)))
        raise TypeError(f"{name}: expected numbers, got {strange!r:.60}")
    return np.array(entries).reshape(array.shape)


def broadcast_shape(shapes: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[int, ...]:
    """Return the common shape of the arguments.

    Parameters
    ----------
    shapes : sequence of (str, tuple)
        The name of each argument and its shape.

    Raises
    ------
    ValueError
        If they do not broadcast; the message names them all.
    """
    try:
        return tuple(np.broadcast_shapes(*(shape for _, shape in shapes)))
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes)
        raise ValueError(f"the shapes of the arguments do not broadcast: {listed}") from None


def as_columns(arrays: Sequence[Array], shape: tuple[int, ...]) -> list[Array]:
    """Return arrays of a shape as one-dimensional ones, without a copy where all is the same."""
    size = int(np.prod(shape, dtype=np.int64))
    columns = []
    for array in arrays:
        if array.size == 1:
            columns.append(np.broadcast_to(array.reshape(()), (size,)))
        else:
            columns.append(np.broadcast_to(array, shape).reshape(-1))
    return columns
