"""Several equations in as many unknowns and a start, read and checked before any work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symnum.errors import near_names
from symnum.expressions import as_symbol
from symnum.rootfinding.arguments import as_number
from symnum.rootfinding.problem import admitted_interval, equation_text, equation_to_expression

__all__ = ["SystemProblem", "listed_equations", "natural_order", "read_system"]

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SystemProblem:
    """n equations ``functions[i] = 0`` in n real unknowns, and where the search begins.

    Attributes
    ----------
    functions : tuple of Expr
        Left sides minus right sides, in `unknowns` alone and exact.
    unknowns : tuple of Dummy
        Real ones.
    names : tuple of str
        What the user calls the unknowns.
    keys : tuple or None
        The keys of the start where it is a mapping, else None.
    start : tuple of float
        One number for each unknown.
    admitted : tuple of (float, float)
        Lowest and highest value that the assumptions of each symbol admit.
    text : str
        The equations for messages, on one line.
    """

    functions: tuple[sp.Expr, ...]
    unknowns: tuple[sp.Dummy, ...]
    names: tuple[str, ...]
    keys: tuple[Any, ...] | None
    start: tuple[float, ...]
    admitted: tuple[Interval, ...]
    text: str


def read_system(equations: Any, x0: Any) -> SystemProblem:
    """Read equations and a start, and find the unknowns.

    Parameters
    ----------
    equations : text, Expr, Eq, Matrix, or a sequence of them
        As many as there are unknowns.
    x0 : mapping or sequence
        From names or symbols to numbers; a sequence, an array or a Matrix is in the natural order
        of the names of the unknowns, x2 before x10.

    Returns
    -------
    SystemProblem

    Raises
    ------
    ValueError
        If the numbers of equations and unknowns differ, a start is missing, superfluous, complex
        or not finite, or an equation has no unknown.
    TypeError
        If an equation or the start has the wrong type.

    Examples
    --------
    >>> read_system(["x + y = 3", "x - y = 1"], {"x": 0, "y": 0}).names
    ('x', 'y')
    """
    listed = listed_equations(equations)
    starts = _starts_by_key(x0) if isinstance(x0, Mapping) else None
    expressions = _expressions(listed, starts or {})
    text = _system_text(listed)
    symbols = {symbol.name: symbol for expr in expressions for symbol in expr.free_symbols}
    if starts is None:
        names = tuple(natural_order(symbols))
        _check_counts(len(listed), names)
        values = _sequence(x0, names)
    else:
        names = tuple(starts)
        _check_names(symbols, names)
        _check_counts(len(listed), names)
        values = [value for _, value in starts.values()]
    admitted = tuple(admitted_interval(symbols[name], "real") for name in names)
    start = tuple(map(_start, values, names, admitted))
    unknowns = tuple(
        _dummy(index, low == 0.0, high == 0.0) for index, (low, high) in enumerate(admitted)
    )
    exchange = {symbols[name]: dummy for name, dummy in zip(names, unknowns, strict=True)}
    return SystemProblem(
        functions=tuple(expr.xreplace(exchange) for expr in expressions),
        unknowns=unknowns,
        names=names,
        keys=None if starts is None else tuple(key for key, _ in starts.values()),
        start=start,
        admitted=admitted,
        text=text,
    )


def natural_order(names: Iterable[str]) -> list[str]:
    """Return names in the order in which one counts: numbers in them compare as numbers.

    Examples
    --------
    >>> natural_order(["x10", "x2", "a", "x1"])
    ['a', 'x1', 'x2', 'x10']
    """

    def key(name: str) -> tuple[list[tuple[int, int, str]], str]:
        parts = re.findall(r"\d+|\D+", name)
        numbered = [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]
        return numbered, name

    return sorted(names, key=key)


def listed_equations(equations: Any) -> list[Any]:
    """Return the equations one by one: a Matrix or a nested sequence is several.

    Raises
    ------
    TypeError
        For a mapping or a set, which have no order of their own.
    ValueError
        If there is none.
    """
    if isinstance(equations, (Mapping, set, frozenset, bytes)):
        raise TypeError(
            "equations: expected a sequence of equations, got "
            f"{type(equations).__name__} {str(equations)[:60]}"
        )
    found = list(_flattened(equations))
    if not found:
        raise ValueError("equations: expected at least one equation, got none")
    return found


def _flattened(item: Any) -> Iterator[Any]:
    if isinstance(item, sp.Eq) and isinstance(item.lhs, sp.MatrixBase):
        left, right = item.lhs, item.rhs
        if not isinstance(right, sp.MatrixBase) or left.shape != right.shape:
            raise TypeError("equations: expected matrices of the same shape on both sides")
        yield from map(sp.Eq, left, right)
    elif isinstance(item, (sp.MatrixBase, list, tuple, sp.Tuple, np.ndarray, Iterator)):
        for part in np.ravel(item) if isinstance(item, np.ndarray) else item:
            yield from _flattened(part)
    else:
        yield item


def _expressions(listed: Sequence[Any], starts: Mapping[str, tuple[Any, Any]]) -> list[sp.Expr]:
    """Return all equations as expressions in which equal names are equal symbols."""
    declared = {name: as_symbol(key, "x0") for name, (key, _) in starts.items()}
    given: dict[str, sp.Symbol] = {}
    for equation in listed:
        for symbol in sorted(getattr(equation, "free_symbols", ()), key=str):
            other = given.setdefault(symbol.name, symbol)
            if other != symbol:
                raise ValueError(
                    f"equations: two different symbols are called {symbol.name}; they differ in "
                    "their assumptions, so make them one"
                )
    declared.update(given)
    expressions = []
    for index, equation in enumerate(listed):
        label = f"equations[{index}]" if len(listed) > 1 else "equations"
        expr = _expression(equation, declared, label)
        _refuse_constant(expr, equation, label)
        expressions.append(expr)
    return expressions


def _expression(equation: Any, declared: Mapping[str, sp.Symbol], label: str) -> sp.Expr:
    try:
        return equation_to_expression(equation, declared)
    except (TypeError, ValueError) as error:
        message = str(error)
        if message.startswith("equation:"):
            message = message.removeprefix("equation:").lstrip()
        raise type(error)(f"{label}: {message}") from None


def _refuse_constant(expr: sp.Expr, equation: Any, label: str) -> None:
    text = equation_text(equation)
    if expr.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise ValueError(f"{label}: {text} has no finite value")
    if expr.has(sp.I):
        raise ValueError(
            f"{label}: {text} contains the imaginary unit; systems are solved in the reals, so "
            "write real and imaginary part as two equations"
        )
    if not expr.free_symbols:
        kind = "is an identity" if expr == 0 else "contains no unknown and is never satisfied"
        raise ValueError(f"{label}: {text} {kind}; there is nothing to solve")


def _starts_by_key(x0: Mapping[Any, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the start by name, each with the key as it was given."""
    found: dict[str, tuple[Any, Any]] = {}
    for key, value in x0.items():
        if not isinstance(key, (str, sp.Symbol)):
            raise TypeError(f"x0: expected names or symbols as keys, got {key!r:.60}")
        name = as_symbol(key, "x0").name
        if name in found:
            raise ValueError(f"x0: {name!r} is given twice")
        found[name] = (key, value)
    if not found:
        raise ValueError("x0: expected a number for each unknown, got an empty mapping")
    return found


def _check_names(symbols: Mapping[str, sp.Symbol], names: Sequence[str]) -> None:
    missing = natural_order(set(symbols) - set(names))
    if missing:
        raise ValueError(
            f"x0: no start for {', '.join(missing)}; every symbol of the equations is an unknown, "
            "so give it a start, or substitute its value"
        )
    for name in names:
        if name not in symbols:
            near = near_names(name, sorted(symbols))
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"x0: no equation contains {name!r}{hint}")


def _check_counts(count: int, names: Sequence[str]) -> None:
    """Raise where the numbers of equations and unknowns differ."""
    if count == len(names):
        return
    what = f"{_counted(count, 'equation')} in {_counted(len(names), 'unknown')}"
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    if count > len(names):
        why = "more equations than unknowns is least squares, which this does not solve"
    else:
        why = "there is no single root to find; add equations, or fix unknowns by substitution"
    raise ValueError(f"equations: {what} ({listed}): {why}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _sequence(x0: Any, names: Sequence[str]) -> list[Any]:
    """Return the start as a list of as many values as there are unknowns."""
    expected = f"expected {_counted(len(names), 'number')}, for {', '.join(names)}"
    if len(names) == 1 and isinstance(x0, (int, float, complex, sp.Expr, np.number)):
        return [x0]
    if isinstance(x0, (str, bytes, set, frozenset)) or x0 is None:
        raise TypeError(f"x0: {expected}, as a mapping or a sequence, got {x0!r:.60}")
    shape = getattr(x0, "shape", None)
    try:
        values = list(np.ravel(x0)) if isinstance(x0, np.ndarray) else list(x0)
    except TypeError:
        raise TypeError(f"x0: {expected}, as a mapping or a sequence, got {x0!r:.60}") from None
    if len(values) != len(names) or (shape is not None and max(shape, default=1) != len(values)):
        got = len(values) if shape is None else f"an array of shape {tuple(shape)}"
        raise ValueError(f"x0: {expected}, got {got}")
    return values


def _start(value: Any, name: str, admitted: Interval) -> float:
    number = as_number(value, f"x0[{name!r}]")
    if number.imag:
        raise ValueError(
            f"x0[{name!r}]: {value} is complex; systems are solved in the reals, so write real and "
            "imaginary part as two equations"
        )
    if not admitted[0] <= number.real <= admitted[1]:
        raise ValueError(
            f"x0[{name!r}]: {value} contradicts the assumptions of {name}: expected a number in "
            f"[{admitted[0]}, {admitted[1]}]"
        )
    return number.real


def _system_text(listed: Sequence[Any]) -> str:
    text = ", ".join(equation_text(equation) for equation in listed)
    if len(listed) > 1:
        text = f"[{text}]"
    return text if len(text) <= 120 else f"{text[:117]}..."


@lru_cache(maxsize=1024)
def _dummy(index: int, nonnegative: bool, nonpositive: bool) -> sp.Dummy:
    """Return the same dummy for the same place, so that equal systems compare equal."""
    facts = {"real": True}
    if nonnegative:
        facts["nonnegative"] = True
    if nonpositive:
        facts["nonpositive"] = True
    return sp.Dummy(f"x{index}", **facts)
