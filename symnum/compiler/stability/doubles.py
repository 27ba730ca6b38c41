"""Nodes of a program evaluated in double precision at many points at once.

This is what a kernel will compute, but for the last bit of its elementary functions, so the error
of a form can be measured without compiling it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import sympy
from numpy.typing import NDArray

from symnum.compiler.constants import numeric_constant, working_context
from symnum.compiler.program import Node

__all__ = ["UNKNOWN_FUNCTION", "Column", "double_constant", "evaluate_node"]

# The values of one node, one for each point, or one number for all of them.
Column: TypeAlias = "NDArray[Any]"

# What stands for the values of a function that has no row here.
UNKNOWN_FUNCTION = np.asarray(np.nan)

# Veltkamp's constant: it splits a double into two halves of 26 bits.
SPLITTER = 134217729.0


def evaluate_node(node: Node, operands: Sequence[Column], arguments: Sequence[Column]) -> Column:
    """Return the values of one node; NumPy's floating-point warnings are the caller's concern.

    Parameters
    ----------
    node : Node
        Any node but a named function.
    operands : sequence of ndarray
        The values of its operands.
    arguments : sequence of ndarray
        The values of the arguments of the program.

    Returns
    -------
    ndarray
        NaN where a function has no row here.
    """
    operation = node.operation
    if operation == "argument":
        return arguments[int(node.value)]
    if operation == "constant":
        return np.asarray(double_constant(node.value))
    if operation == "truth":
        return np.asarray(node.value)
    if operation == "integer_power":
        return np.asarray(_integer_power(operands[0], int(node.value)))
    if operation == "compare":
        return np.asarray(COMPARED[node.value](*operands))
    if operation == "call":
        return _call(node.value, operands)
    simple = SIMPLE.get(operation)
    return UNKNOWN_FUNCTION if simple is None else np.asarray(simple(*operands))


def _call(name: str, operands: Sequence[Column]) -> Column:
    function = FUNCTIONS_OF_ARRAYS.get(name)
    if function is None:
        return UNKNOWN_FUNCTION
    values = np.asarray(function(*operands))
    if name in EXACT_FUNCTIONS or values.ndim == 0:
        return values
    # A kernel's own functions may be off by one and a half ulps, and a form must bear that: so are
    # these, in turn upwards, downwards and not at all.
    moved = values + np.resize(TURNS, values.shape) * np.spacing(np.abs(values))
    return np.where((np.abs(values) > SUBNORMAL) & np.isfinite(moved), moved, values)


# Zeros and what is nearly none are exact.
SUBNORMAL = 1e-307

TURNS = np.array([1.0, -1.0, 0.0, -1.0, 1.0])

# Functions whose values are never rounded.
EXACT_FUNCTIONS = frozenset(
    ["absolute", "sign", "floor", "ceiling", "modulo", "heaviside", "maximum", "minimum"]
)


def _special(name: str) -> Callable[..., Column]:
    """Return a function of SciPy, which is loaded at the first call only."""

    def evaluate(*operands: Column) -> Column:
        return np.asarray(getattr(importlib.import_module("scipy.special"), name)(*operands))

    return evaluate


def double_constant(value: Any) -> float:
    """Return the double nearest to an exact constant.

    Examples
    --------
    >>> double_constant(sympy.Rational(1, 4))
    0.25
    """
    if isinstance(value, sympy.Rational):
        try:
            return float(int(value.p) / int(value.q))
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    known = CONSTANTS.get(value)
    if known is None:
        number = numeric_constant(value, working_context(40))
        known = float(number.real)
        if len(CONSTANTS) < 10_000:
            CONSTANTS[value] = known
    return known


CONSTANTS: dict[Any, float] = {}


def _integer_power(base: Column, exponent: int) -> Column:
    if exponent < 0:
        return 1.0 / _integer_power(base, -exponent)
    result: Column | None = None
    power = base
    while exponent:
        if exponent & 1:
            result = power if result is None else result * power
        exponent >>= 1
        if exponent:
            power = power * power
    return np.ones_like(base) if result is None else result


def _fused(a: Column, b: Column, c: Column) -> Column:
    """Return a*b + c, exact to more than the last bit also where it cancels."""
    product = a * b
    a_high = SPLITTER * a - (SPLITTER * a - a)
    b_high = SPLITTER * b - (SPLITTER * b - b)
    a_low, b_low = a - a_high, b - b_high
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    part = total - product
    rest = (product - (total - part)) + (c - part)
    # Where the halves overflow there is nothing to correct.
    return np.where(np.isfinite(error) & np.isfinite(rest), total + (rest + error), total)


def _power(base: Column, exponent: Column) -> Column:
    return np.power(base, exponent)


SIMPLE: Mapping[str, Callable[..., Any]] = {
    "negative": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "square_root": np.sqrt,
    "multiply_add": _fused,
    "fused_multiply_add": _fused,
    "both": np.logical_and,
    "either": np.logical_or,
    "negate": np.logical_not,
    "select": np.where,
}

COMPARED: Mapping[str, Callable[..., Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}

FUNCTIONS_OF_ARRAYS: Mapping[str, Callable[..., Any]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "cot": lambda x: 1 / np.tan(x),
    "sec": lambda x: 1 / np.cos(x),
    "csc": lambda x: 1 / np.sin(x),
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "acot": lambda x: np.where(x == 0, np.pi / 2, np.arctan(1 / x)),
    "asec": lambda x: np.arccos(1 / x),
    "acsc": lambda x: np.arcsin(1 / x),
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "coth": lambda x: 1 / np.tanh(x),
    "sech": lambda x: 1 / np.cosh(x),
    "csch": lambda x: 1 / np.sinh(x),
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "acoth": lambda x: np.arctanh(1 / x),
    "asech": lambda x: np.arccosh(1 / x),
    "acsch": lambda x: np.arcsinh(1 / x),
    "power": _power,
    "cube_root": np.cbrt,
    "hypot": np.hypot,
    "sinc": lambda x: np.where(x == 0, 1.0, np.sin(x) / x),
    "absolute": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceiling": np.ceil,
    "modulo": np.mod,
    "heaviside": lambda x, at_zero: np.where(x == 0, at_zero, np.heaviside(x, 0.5)),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "erf": _special("erf"),
    "erfc": _special("erfc"),
    "erfcx": _special("erfcx"),
    "erfi": _special("erfi"),
    "gamma": _special("gamma"),
    "loggamma": lambda x: np.where(x > 0, _special("gammaln")(x), np.nan),
    "digamma": _special("digamma"),
}
