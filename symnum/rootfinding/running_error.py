"""A program evaluated in floats together with a bound on its rounding error.

Beside each value v stands a bound e of its error, to first order in u = 2**-53:

* sum: ``e1 + e2 + u|v|``
* product: ``|v1| e2 + |v2| e1 + u|v|``
* quotient: ``(e1 + |v| e2) / (|v2| - e2) + u|v|``, without bound where v2 may be zero
* function: ``|g'| e1`` and a few u|v|, since libraries round less well than arithmetic.

The numbers are Python's own floats or complex numbers: for a handful of evaluations this is faster
than any compilation.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import sympy as sp

from symnum.compiler.program import Node, Program
from symnum.rootfinding.float_functions import float_function

__all__ = ["UNIT_ROUNDOFF", "RunningErrorProgram"]

UNIT_ROUNDOFF = 2.0**-53

Number = Any  # float or complex
_Pair = tuple[Number, float]
_Rule = Callable[[list[Number], list[float]], _Pair]

_UNDEFINED: _Pair = (math.nan, math.inf)

_COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class RunningErrorProgram:
    """A program that answers with values and error bounds.

    Parameters
    ----------
    program : Program
        Of any number of arguments.
    real : bool
        Whether it is evaluated in the reals: what leaves the real line is NaN.

    Raises
    ------
    UnsupportedNodeError
        If it calls a function that is not in the table of `float_functions`.
    """

    def __init__(self, program: Program, real: bool) -> None:
        self._arity = program.arity
        # A complex operation consists of a few real ones.
        unit = UNIT_ROUNDOFF if real else 4.0 * UNIT_ROUNDOFF
        self._rules = [_rule(node, program.arity, unit, real) for node in program.nodes]
        self._outputs = [program.arity + output for output in program.outputs]

    def __call__(self, *arguments: Number) -> list[_Pair]:
        """Return each output with the bound of its error; (nan, inf) where it is undefined."""
        values: list[Number] = list(arguments)
        errors: list[float] = [0.0] * self._arity
        for rule in self._rules:
            try:
                value, error = rule(values, errors)
            except (ArithmeticError, ValueError):
                value, error = _UNDEFINED
            values.append(value)
            errors.append(error)
        return [(values[k], errors[k]) for k in self._outputs]


def _rule(node: Node, offset: int, unit: float, real: bool) -> _Rule:
    operands = [offset + operand for operand in node.operands]
    if node.operation == "constant":
        return _constant(node.value, unit, real)
    if node.operation == "call":
        return _call(node.value, operands, unit, real)
    return _FACTORIES[node.operation](operands, node.value, unit)


def _constant(number: sp.Expr, unit: float, real: bool) -> _Rule:
    value: Number = complex(number) if not real and not number.is_extended_real else None
    if value is None:
        try:
            value = float(number)
        except OverflowError:
            value = math.inf if number > 0 else -math.inf
    exact = bool(number.is_Rational) and math.isfinite(abs(value)) and sp.Rational(value) == number
    pair = (value, 0.0 if exact else unit * abs(value))
    return lambda v, e: pair


def _argument(operands: list[int], position: int, unit: float) -> _Rule:
    return lambda v, e: (v[position], 0.0)


def _negative(operands: list[int], _: Any, unit: float) -> _Rule:
    (i,) = operands
    return lambda v, e: (-v[i], e[i])


def _add(operands: list[int], _: Any, unit: float) -> _Rule:
    i, j = operands

    def rule(v: list[Number], e: list[float]) -> _Pair:
        value = v[i] + v[j]
        return value, e[i] + e[j] + unit * abs(value)

    return rule


def _subtract(operands: list[int], _: Any, unit: float) -> _Rule:
    i, j = operands

    def rule(v: list[Number], e: list[float]) -> _Pair:
        value = v[i] - v[j]
        return value, e[i] + e[j] + unit * abs(value)

    return rule


def _multiply(operands: list[int], _: Any, unit: float) -> _Rule:
    i, j = operands

    def rule(v: list[Number], e: list[float]) -> _Pair:
        left, right = v[i], v[j]
        value = left * right
        return value, abs(left) * e[j] + abs(right) * e[i] + unit * abs(value)

    return rule


def _divide(operands: list[int], _: Any, unit: float) -> _Rule:
    i, j = operands

    def rule(v: list[Number], e: list[float]) -> _Pair:
        below = v[j]
        value = v[i] / below
        size, depth = abs(value), abs(below)
        if e[j] > 0.25 * depth:
            return value, math.inf  # the divisor may be zero
        return value, (e[i] + size * e[j]) / (depth - e[j]) + unit * size

    return rule


def _integer_power(operands: list[int], exponent: int, unit: float) -> _Rule:
    (i,) = operands

    def rule(v: list[Number], e: list[float]) -> _Pair:
        base = v[i]
        try:
            value = base**exponent
        except OverflowError:
            if isinstance(base, complex):
                return _UNDEFINED
            value = -math.inf if base < 0.0 and exponent % 2 else math.inf
            return value, math.inf
        size = abs(value)
        error = 2.0 * unit * size
        if e[i]:
            error += abs(exponent) * e[i] * (size / abs(base) if base else 1.0)
        return value, error

    return rule


def _square_root(operands: list[int], _: Any, unit: float) -> _Rule:
    (i,) = operands

    def rule(v: list[Number], e: list[float]) -> _Pair:
        inside = v[i]
        value = inside**0.5 if isinstance(inside, complex) else math.sqrt(inside)
        size = abs(value)
        return value, (0.5 * e[i] / size if size else math.sqrt(e[i])) + unit * size

    return rule


def _call(name: str, operands: list[int], unit: float, real: bool) -> _Rule:
    function, slopes = float_function(name, real)

    def rule(v: list[Number], e: list[float]) -> _Pair:
        arguments = [v[k] for k in operands]
        value = function(*arguments)
        error = 4.0 * unit * abs(value)
        for k, slope in zip(operands, slopes, strict=True):
            if e[k]:
                error += abs(slope(*arguments, value)) * e[k]
        return value, error

    return rule


def _truth(operands: list[int], value: bool, unit: float) -> _Rule:
    return lambda v, e: (value, 0.0)


def _compare(operands: list[int], relation: str, unit: float) -> _Rule:
    i, j = operands
    compare = _COMPARE[relation]

    def rule(v: list[Number], e: list[float]) -> _Pair:
        left, right = v[i], v[j]
        if isinstance(left, complex) or isinstance(right, complex):
            if relation in ("==", "!="):
                return compare(left, right), 0.0
            left, right = complex(left), complex(right)
            return left.imag == right.imag == 0.0 and compare(left.real, right.real), 0.0
        return compare(left, right), 0.0

    return rule


def _both(operands: list[int], _: Any, unit: float) -> _Rule:
    i, j = operands
    return lambda v, e: (v[i] and v[j], 0.0)


def _either(operands: list[int], _: Any, unit: float) -> _Rule:
    i, j = operands
    return lambda v, e: (v[i] or v[j], 0.0)


def _negate(operands: list[int], _: Any, unit: float) -> _Rule:
    (i,) = operands
    return lambda v, e: (not v[i], 0.0)


def _select(operands: list[int], _: Any, unit: float) -> _Rule:
    condition, then, otherwise = operands

    def rule(v: list[Number], e: list[float]) -> _Pair:
        chosen = then if v[condition] else otherwise
        return v[chosen], e[chosen]

    return rule


_FACTORIES: dict[str, Callable[[list[int], Any, float], _Rule]] = {
    "argument": _argument,
    "negative": _negative,
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "integer_power": _integer_power,
    "square_root": _square_root,
    "truth": _truth,
    "compare": _compare,
    "both": _both,
    "either": _either,
    "negate": _negate,
    "select": _select,
}
