"""The arguments of `minimax`: read, checked and named in every complaint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from symnum.errors import near_names
from symnum.expressions import Interval, as_expression, as_symbol
from symnum.expressions.exact import compare, exact_number, without_floats
from symnum.expressions.parsing import parse_expression

__all__ = [
    "FORMS",
    "read_degree",
    "read_digits",
    "read_family",
    "read_fixed",
    "read_interval",
    "read_target",
    "read_weight",
]

FORMS = ("polynomial", "rational")
WEIGHTS = ("absolute", "relative")
MOST_DIGITS = 1000
HIGHEST_DEGREE = 200


@dataclass(frozen=True, slots=True)
class StatedFamily:
    """A form with its parameters, as they were given.

    Attributes
    ----------
    form : Expr
    params : tuple of Symbol
    starts : mapping
        From some parameters to where to start.
    fixed : mapping
        From some parameters to exact numbers.
    """

    form: sympy.Expr
    params: tuple[sympy.Symbol, ...]
    starts: Mapping[sympy.Symbol, float]
    fixed: Mapping[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True, slots=True)
class _Pair:
    low: Any
    high: Any


def read_target(target: Any, x: Any, interval: Any) -> tuple[sympy.Symbol, sympy.Expr]:
    """Return the variable and the target in it.

    Raises
    ------
    ValueError, TypeError
        Where the target has other symbols, or is no expression.
    """
    symbol = as_symbol(x, "x")
    expr = without_floats(as_expression(target, "target", {symbol.name: symbol}))
    others = sorted(str(other) for other in expr.free_symbols - {symbol})
    if others:
        raise ValueError(f"target: expected a function of {symbol}, {expr} contains {others[0]}")
    if expr.has(sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
        raise ValueError(f"target: {expr} is not finite")
    return symbol, expr


def read_interval(value: Any, x: sympy.Symbol, *, bounded: bool) -> tuple[sympy.Expr, sympy.Expr]:
    """Return the two ends, exact.

    Parameters
    ----------
    value : pair of numbers or Interval
    x : Symbol
        The variable, whose assumptions must allow the interval.
    bounded : bool
        Whether infinite ends are refused.

    Raises
    ------
    ValueError, TypeError
        Where it is no interval with more than one point.
    """
    if isinstance(value, Interval):
        pair = _Pair(value.low, value.high)
    elif isinstance(value, str | Mapping | set) or not isinstance(value, Sequence | sympy.Tuple):
        raise TypeError(f"interval: expected a pair of numbers, got {value!r:.60}")
    elif len(value) != 2:
        raise ValueError(f"interval: expected a pair of numbers, got {len(value)}")
    else:
        pair = _Pair(*value)
    low, high = (_end(end) for end in (pair.low, pair.high))
    order = compare(low, high)
    if order is None or order >= 0:
        kind = "one point only" if order == 0 else "reversed: the ends must ascend"
        raise ValueError(f"interval: [{low}, {high}] is {kind}")
    if bounded and not (low.is_finite and high.is_finite):
        raise ValueError(f"interval: [{low}, {high}] is infinite; this form needs finite ends")
    if (x.is_nonnegative and compare(low, sympy.Integer(0)) == -1) or x.is_real is False:
        raise ValueError(f"interval: [{low}, {high}] contradicts the assumptions of {x}")
    if x.is_integer or (x.is_nonpositive and compare(high, sympy.Integer(0)) == 1):
        raise ValueError(f"interval: [{low}, {high}] contradicts the assumptions of {x}")
    return low, high


def _end(end: Any) -> sympy.Expr:
    if isinstance(end, str):
        end = parse_expression(end)
    return exact_number(end, "interval")


def read_degree(degree: Any, form: str) -> tuple[int, int]:
    """Return the degrees of numerator and denominator; the latter 0 for a polynomial.

    Raises
    ------
    ValueError, TypeError
        Where it is no such degree.
    """
    wanted = "one number" if form == "polynomial" else "a pair (m, n)"
    if degree is None:
        raise ValueError(f"degree: the form {form!r} needs {wanted}")
    if form == "polynomial":
        return _whole(degree, wanted), 0
    if isinstance(degree, str) or not isinstance(degree, Sequence):
        raise ValueError(f"degree: the form 'rational' needs a pair (m, n), got {degree!r:.60}")
    if len(degree) != 2:
        raise ValueError(f"degree: the form 'rational' needs a pair (m, n), got {degree!r:.60}")
    return _whole(degree[0], wanted), _whole(degree[1], wanted)


def _whole(value: Any, wanted: str) -> int:
    try:
        whole = int(value)
        exact = not isinstance(value, bool) and whole == value
    except (TypeError, ValueError):
        exact = False
    if not exact:
        raise ValueError(f"degree: expected {wanted}, got {value!r:.60}")
    if not 0 <= whole <= HIGHEST_DEGREE:
        raise ValueError(f"degree: expected 0 to {HIGHEST_DEGREE}, got {value}")
    return whole


def read_digits(digits: Any) -> int:
    """Return the number of digits.

    Raises
    ------
    ValueError, TypeError
        Where it is no number from 1 to 1000.
    """
    if isinstance(digits, bool) or not isinstance(digits, int):
        raise TypeError(f"digits: expected an integer, got {digits!r:.60}")
    if not 1 <= digits <= MOST_DIGITS:
        raise ValueError(f"digits: expected 1 to {MOST_DIGITS}, got {digits}")
    return digits


def read_weight(weight: Any, x: sympy.Symbol, target: sympy.Expr) -> sympy.Expr:
    """Return the expression by which the error is divided.

    Raises
    ------
    ValueError, TypeError
        Where it is unknown, or has other symbols.
    """
    if weight == "absolute":
        return sympy.Integer(1)
    if weight == "relative":
        return target
    if isinstance(weight, str) and weight.isidentifier() and weight != x.name:
        near = near_names(weight, WEIGHTS)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"weight: expected 'absolute', 'relative' or an expression, got {weight!r}{hint}"
        )
    expr = without_floats(as_expression(weight, "weight", {x.name: x}))
    others = sorted(str(other) for other in expr.free_symbols - {x})
    if others:
        raise ValueError(f"weight: expected a function of {x}, {expr} contains {others[0]}")
    return expr


def read_fixed(fixed: Any, names: Sequence[str]) -> dict[str, sympy.Expr]:
    """Return fixed parameters by name, as exact numbers.

    Parameters
    ----------
    fixed : mapping or None
        From names or symbols to numbers.
    names : sequence of str
        What may be fixed.

    Raises
    ------
    ValueError, TypeError
        Where there is no such parameter, or its value is no finite real number.
    """
    if fixed is None:
        return {}
    if not isinstance(fixed, Mapping):
        raise TypeError(f"fixed: expected a mapping from names to numbers, got {fixed!r:.60}")
    values: dict[str, sympy.Expr] = {}
    for key, value in fixed.items():
        name = key.name if isinstance(key, sympy.Symbol) else key
        if name not in names:
            known = ", ".join(names) if len(names) <= 8 else f"{names[0]} ... {names[-1]}"
            raise ValueError(f"fixed: the form has no parameter {key!s:.40}; it has {known}")
        if name in values:
            raise ValueError(f"fixed: {name!r} is given twice")
        number = parse_expression(value) if isinstance(value, str) else value
        exact = exact_number(number, f"fixed[{name!r}]")
        if not exact.is_finite:
            raise ValueError(f"fixed[{name!r}]: expected a finite number, got {value}")
        values[name] = exact
    return values


def read_family(form: Any, params: Any, fixed: Any, x: sympy.Symbol) -> StatedFamily:
    """Return a parametric family.

    Raises
    ------
    ValueError, TypeError
        Where the form has other symbols, or lacks a parameter, or has none.
    """
    if params is None:
        raise ValueError(
            f"params: a form that is an expression needs its parameters; form: one of {FORMS} or "
            f"an expression, got {form!s:.60}"
        )
    if isinstance(params, str | sympy.Symbol):
        params = [params]
    if not isinstance(params, Sequence | Mapping | sympy.Tuple):
        raise TypeError(f"params: expected symbols, got {params!r:.60}")
    symbols = [as_symbol(key, "params") for key in params]
    if not symbols:
        raise ValueError("params: the form needs at least one parameter")
    if len({symbol.name for symbol in symbols}) < len(symbols):
        raise ValueError("params: a name is given twice")
    if x.name in {symbol.name for symbol in symbols}:
        raise ValueError(f"params: {x} is the variable")
    declared = {symbol.name: symbol for symbol in (x, *symbols)}
    expr = without_floats(as_expression(form, "form", declared))
    for symbol in symbols:
        if symbol not in expr.free_symbols:
            raise ValueError(f"params: the form {expr} has no parameter {symbol}")
    others = sorted(str(other) for other in expr.free_symbols - {x, *symbols})
    if others:
        raise ValueError(f"form: {others[0]} is neither {x} nor one of params")
    exact = read_fixed(fixed, [symbol.name for symbol in symbols])
    kept = {symbol: exact[symbol.name] for symbol in symbols if symbol.name in exact}
    starts: dict[sympy.Symbol, float] = {}
    if isinstance(params, Mapping):
        for symbol, value in zip(symbols, params.values(), strict=True):
            if value is not None:
                number = parse_expression(value) if isinstance(value, str) else value
                starts[symbol] = float(exact_number(number, f"params[{symbol.name!r}]"))
    return StatedFamily(expr, tuple(symbols), starts, kept)
