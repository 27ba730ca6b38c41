"""The functions of a program in Python's own floats and complex numbers, with their slopes."""

from __future__ import annotations

import cmath
import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from symnum.compiler.interpretation import interpret
from symnum.compiler.native import NATIVE
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term
from symnum.compiler.vocabulary import FUNCTIONS, no_derivative
from symnum.compiler.vocabulary.rows import Formula
from symnum.errors import UnsupportedNodeError

__all__ = ["FLOAT_FUNCTIONS", "FloatFunction", "float_function"]

Number = Any  # float or complex
Function = Callable[..., Number]


@dataclass(frozen=True, slots=True)
class FloatFunction:
    """A function of the compiler's table as Python evaluates it.

    Attributes
    ----------
    real : callable
        In floats; ValueError or NaN outside its domain.
    complex : callable or None
        The principal value, None where there is none.
    slopes : tuple of callable
        The partial derivatives, called with the operands and the value.
    """

    real: Function
    complex: Function | None
    slopes: tuple[Function, ...]


def _flat(*_: Number) -> float:
    return 0.0


def _saturated(function: Function) -> Function:
    """Return an exponential that answers inf where it overflows."""

    def evaluate(x: float) -> float:
        try:
            return float(function(x))
        except OverflowError:
            return -math.inf if x < 0.0 and function is math.sinh else math.inf

    return evaluate


def _power(x: float, y: float) -> float:
    if x == 0.0 and y < 0.0:
        return math.nan
    try:
        value = x**y
    except OverflowError:
        return math.inf
    return math.nan if isinstance(value, complex) else value


def _cube_root(x: float) -> float:
    return math.cbrt(x)


def _log_derivative(x: Number, y: Number, f: Number) -> Number:
    return f * cmath.log(x) if x else 0.0


def _rounded(function: Callable[[float], int]) -> Function:
    return lambda x: float(function(x)) if math.isfinite(x) else x


def _modulo(x: float, y: float) -> float:
    return x % y if y else math.nan


def _maximum(x: float, y: float) -> float:
    return math.nan if x != x or y != y else max(x, y)


def _minimum(x: float, y: float) -> float:
    return math.nan if x != x or y != y else min(x, y)


def _gamma(x: float) -> float:
    try:
        return math.gamma(x)
    except OverflowError:
        return math.copysign(math.inf, x)  # large x, or x next to the pole at 0


def _loggamma(x: float) -> float:
    return math.nan if x < 0.0 else math.lgamma(x)


def _special(name: str) -> Function:
    """Return a function of SciPy, which is loaded at the first call only."""

    def evaluate(*operands: Number) -> Number:
        return getattr(importlib.import_module("scipy.special"), name)(*operands).item()

    return evaluate


@cache
def _native(name: str) -> FloatFunction | None:
    """Return a function that the compiler binds by symbol, with the slopes of its vocabulary."""
    origin = NATIVE.get(name)
    if origin is None:
        return None

    def evaluate(*operands: float) -> float:
        value = getattr(importlib.import_module("scipy.special"), origin.name)(*operands)
        return float(value[origin.output] if origin.outputs else value)

    row = FUNCTIONS.get(name)
    formulas = row.partials if row is not None else (no_derivative,) * origin.arity
    slopes = tuple(
        _difference(evaluate, place) if formula is no_derivative else _slope(formula, origin.arity)
        for place, formula in enumerate(formulas)
    )
    return FloatFunction(evaluate, None, slopes)


def _slope(formula: Formula | None, arity: int) -> Function:
    """Return the partial derivative that a formula of the vocabulary gives."""
    if formula is None:
        return _flat
    builder = ProgramBuilder(arity + 1)
    places = [builder.add("argument", value=index) for index in range(arity + 1)]
    value = formula(*(Term(builder, place) for place in places))
    program = builder.finish((value.position,))
    return lambda *values: float(interpret(program, values, digits=17)[0])


def _difference(function: Function, place: int) -> Function:
    """Return a difference quotient: enough for a bound of rounding errors."""

    def slope(*values: float) -> float:
        ahead, behind = list(values[:-1]), list(values[:-1])
        step = 1e-5 * max(abs(values[place]), 1e-3)
        ahead[place] += step
        behind[place] -= step
        return float((function(*ahead) - function(*behind)) / (2.0 * step))

    return slope


def _gauss(x: Number) -> Number:
    """Return the derivative of erf."""
    return 1.1283791670955126 * cmath.exp(-x * x)


_digamma = _special("digamma")
_polygamma = _special("polygamma")


#: One row for each primitive of the compiler that is not bound by symbol.
FLOAT_FUNCTIONS: dict[str, FloatFunction] = {
    "sin": FloatFunction(math.sin, cmath.sin, (lambda x, f: cmath.cos(x),)),
    "cos": FloatFunction(math.cos, cmath.cos, (lambda x, f: cmath.sin(x),)),
    "tan": FloatFunction(math.tan, cmath.tan, (lambda x, f: 1 + f * f,)),
    "asin": FloatFunction(math.asin, cmath.asin, (lambda x, f: 1 / cmath.sqrt(1 - x * x),)),
    "acos": FloatFunction(math.acos, cmath.acos, (lambda x, f: 1 / cmath.sqrt(1 - x * x),)),
    "atan": FloatFunction(math.atan, cmath.atan, (lambda x, f: 1 / (1 + x * x),)),
    "atan2": FloatFunction(
        math.atan2,
        None,
        (
            lambda y, x, f: x / (x * x + y * y),
            lambda y, x, f: y / (x * x + y * y),
        ),
    ),
    "sinh": FloatFunction(_saturated(math.sinh), cmath.sinh, (lambda x, f: abs(f) + 1,)),
    "cosh": FloatFunction(_saturated(math.cosh), cmath.cosh, (lambda x, f: f,)),
    "tanh": FloatFunction(math.tanh, cmath.tanh, (lambda x, f: 1 - f * f,)),
    "asinh": FloatFunction(math.asinh, cmath.asinh, (lambda x, f: 1 / cmath.sqrt(1 + x * x),)),
    "acosh": FloatFunction(math.acosh, cmath.acosh, (lambda x, f: 1 / cmath.sqrt(x * x - 1),)),
    "atanh": FloatFunction(math.atanh, cmath.atanh, (lambda x, f: 1 / (1 - x * x),)),
    "exp": FloatFunction(_saturated(math.exp), cmath.exp, (lambda x, f: f,)),
    "expm1": FloatFunction(_saturated(math.expm1), _special("expm1"), (lambda x, f: f + 1,)),
    "log": FloatFunction(math.log, cmath.log, (lambda x, f: 1 / x,)),
    "log1p": FloatFunction(math.log1p, _special("log1p"), (lambda x, f: 1 / (1 + x),)),
    "log2": FloatFunction(
        math.log2, lambda z: cmath.log(z, 2), (lambda x, f: 1.4426950408889634 / x,)
    ),
    "log10": FloatFunction(math.log10, cmath.log10, (lambda x, f: 0.4342944819032518 / x,)),
    "power": FloatFunction(
        _power, lambda x, y: x**y, (lambda x, y, f: y * f / x if x else 0.0, _log_derivative)
    ),
    "cube_root": FloatFunction(_cube_root, None, (lambda x, f: 1 / (3 * f * f),)),
    "hypot": FloatFunction(
        math.hypot,
        lambda x, y: cmath.sqrt(x * x + y * y),
        (lambda x, y, f: x / f if f else 1.0, lambda x, y, f: y / f if f else 1.0),
    ),
    "absolute": FloatFunction(abs, abs, (lambda x, f: 1.0,)),
    "floor": FloatFunction(_rounded(math.floor), None, (_flat,)),
    "ceiling": FloatFunction(_rounded(math.ceil), None, (_flat,)),
    "modulo": FloatFunction(_modulo, None, (lambda x, y, f: 1.0, lambda x, y, f: (x - f) / y)),
    "maximum": FloatFunction(_maximum, None, (lambda x, y, f: 1.0, lambda x, y, f: 1.0)),
    "minimum": FloatFunction(_minimum, None, (lambda x, y, f: 1.0, lambda x, y, f: 1.0)),
    "real_part": FloatFunction(lambda x: x, lambda z: complex(z).real, (lambda x, f: 1.0,)),
    "imaginary_part": FloatFunction(lambda x: 0.0, lambda z: complex(z).imag, (lambda x, f: 1.0,)),
    "conjugate": FloatFunction(lambda x: x, lambda z: complex(z).conjugate(), (lambda x, f: 1.0,)),
    "argument": FloatFunction(lambda x: math.atan2(0.0, x), cmath.phase, (lambda x, f: 1 / x,)),
    "erf": FloatFunction(math.erf, _special("erf"), (lambda x, f: _gauss(x),)),
    "erfc": FloatFunction(math.erfc, _special("erfc"), (lambda x, f: _gauss(x),)),
    "gamma": FloatFunction(_gamma, _special("gamma"), (lambda x, f: f * _digamma(x),)),
    "polygamma": FloatFunction(
        lambda n, x: _polygamma(n, x), None, (_flat, lambda n, x, f: _polygamma(n + 1, x))
    ),
    "loggamma": FloatFunction(_loggamma, _special("loggamma"), (lambda x, f: _digamma(x),)),
}


def float_function(name: str, real: bool) -> tuple[Function, tuple[Function, ...]]:
    """Return a function of the table and its slopes.

    Parameters
    ----------
    name : str
        The compiler's name of a primitive.
    real : bool
        Whether it is wanted in the reals.

    Returns
    -------
    tuple

    Raises
    ------
    UnsupportedNodeError
        If the table has no such row; the message names the function.

    Examples
    --------
    >>> float_function("exp", True)[0](0.0)
    1.0
    """
    row = FLOAT_FUNCTIONS.get(name) or _native(name)
    function = None if row is None else (row.real if real else row.complex)
    if row is None or function is None:
        where = "reals" if real else "complex numbers"
        raise UnsupportedNodeError(f"no function {name!r} in the {where} of Python's floats")
    return function, row.slopes
