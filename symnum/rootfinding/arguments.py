"""The numbers among the arguments: starts, brackets and parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symnum.expressions import Interval, as_expression
from symnum.expressions.exact import exact_number, without_floats

__all__ = ["Params", "as_number", "read_bracket", "read_params", "read_start"]

Params = Mapping[Any, Any]
Admitted = tuple[float, float]  # lowest and highest number


def read_start(value: Any, name: str, real: bool, admitted: Admitted) -> float | complex | None:
    """Return the start as a number, or None where none is given.

    Parameters
    ----------
    value : number, str, array of size 1, or None
        The start.
    name : str
        The unknown, for messages.
    real : bool
        Whether the root is wanted in the reals.
    admitted : tuple of float
        What the assumptions of the unknown admit.

    Returns
    -------
    float, complex or None

    Raises
    ------
    ValueError
        If it is not one finite number, or complex for a problem in the reals.
    TypeError
        If it is no number at all.
    """
    if value is None:
        return None
    number = as_number(value, "x0")
    if number.imag and real:
        raise ValueError(f"x0: {value} is complex and the domain is real; pass domain='complex'")
    if real and not admitted[0] <= number.real <= admitted[1]:
        raise ValueError(
            f"x0: {value} contradicts the assumptions of {name}: expected a number in "
            f"[{admitted[0]}, {admitted[1]}]"
        )
    return number.real if real else number


def read_bracket(
    value: Any, name: str, real: bool, admitted: Admitted
) -> tuple[float, float] | None:
    """Return a bracket in increasing order, or None where none is given.

    Parameters
    ----------
    value : sequence of two numbers, Interval, or None
        The bracket.
    name : str
        The unknown, for messages.
    real : bool
        Whether the root is wanted in the reals.
    admitted : tuple of float
        What the assumptions of the unknown admit.

    Returns
    -------
    tuple of float or None

    Raises
    ------
    ValueError
        If it is not two different finite real numbers, or the domain is complex.
    TypeError
        If it is no sequence.
    """
    if value is None:
        return None
    if not real:
        raise ValueError("bracket: complex numbers have no order; pass x0 or domain='real'")
    ends = _pair(value)
    if len(ends) != 2:
        raise ValueError(f"bracket: expected two numbers, got {len(ends)}")
    numbers = [as_number(end, "bracket") for end in ends]
    if any(number.imag for number in numbers) or numbers[0] == numbers[1]:
        raise ValueError(f"bracket: expected two different finite real numbers, got {value}")
    low, high = sorted(number.real for number in numbers)
    low, high = max(low, admitted[0]), min(high, admitted[1])
    if not low < high:
        raise ValueError(f"bracket: {value} contradicts the assumptions of {name}")
    return low, high


def _pair(value: Any) -> Sequence[Any]:
    if isinstance(value, Interval):
        return (value.low, value.high)
    if isinstance(value, sp.Interval):
        return (value.start, value.end)
    if isinstance(value, (str, Mapping, set)):
        raise TypeError(f"bracket: expected a sequence of two numbers, got {value!r}")
    try:
        return list(value)
    except TypeError:
        raise TypeError(f"bracket: expected a sequence of two numbers, got {value!r}") from None


def as_number(value: Any, name: str) -> complex:
    """Return one finite number; text and SymPy numbers are evaluated, arrays of size 1 unpacked.

    Parameters
    ----------
    value : number, str, or a sequence of one
        The argument.
    name : str
        Its name, for the message.

    Returns
    -------
    complex

    Raises
    ------
    ValueError, TypeError
        If it is not one finite number.
    """
    if isinstance(value, bool):
        raise TypeError(f"{name}: expected a number, got {value!r}")
    shape, item = getattr(value, "shape", None), value
    if shape is not None and not isinstance(value, sp.Basic):
        flat = list(value) if isinstance(value, sp.MatrixBase) else value.ravel().tolist()
        if len(flat) != 1:
            raise ValueError(f"{name}: expected one number, got an array of shape {shape}")
        item = flat[0]
    elif isinstance(value, (list, tuple)):
        if len(value) != 1:
            raise ValueError(f"{name}: expected one number, got {len(value)}")
        item = value[0]
    if not isinstance(item, (int, float, complex)):
        expression = as_expression(item, name) if isinstance(item, str) else sp.sympify(item)
        if not isinstance(expression, sp.Expr) or expression.free_symbols:
            raise TypeError(f"{name}: expected a number, got {str(item)[:60]}")
        item = complex(expression)
    try:
        number = complex(item)
    except OverflowError:
        number = complex(math.inf)
    if not (math.isfinite(number.real) and math.isfinite(number.imag)):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return number


def read_params(params: Params | None, real: bool) -> dict[str, sp.Expr]:
    """Return the parameters by name, as exact numbers.

    Parameters
    ----------
    params : mapping or None
        From names or symbols to numbers.
    real : bool
        Whether complex numbers are refused.

    Returns
    -------
    dict from str to Expr

    Raises
    ------
    ValueError
        If a value is not finite, or a parameter is given twice.
    TypeError
        If it is no mapping, a key is no symbol, or a value is no number.
    """
    if params is None:
        return {}
    if not isinstance(params, Mapping):
        raise TypeError(f"params: expected a mapping from names to numbers, got {params!r:.60}")
    values: dict[str, sp.Expr] = {}
    for key, value in params.items():
        if not isinstance(key, (str, sp.Symbol)):
            raise TypeError(f"params: expected names or symbols as keys, got {key!r:.60}")
        name = key if isinstance(key, str) else key.name
        if name in values:
            raise ValueError(f"params: {name!r} is given twice")
        values[name] = _parameter(value, name, real)
    return values


def _parameter(value: Any, name: str, real: bool) -> sp.Expr:
    label = f"params[{name!r}]"
    given = as_expression(value, label) if isinstance(value, str) else value
    if real:
        number = exact_number(given, label)
    else:
        try:
            number = without_floats(sp.sympify(given, strict=True))
        except sp.SympifyError:
            number = None
        if not isinstance(number, sp.Expr) or number.free_symbols:
            raise TypeError(f"{label}: expected a number, got {value!r:.60}")
    if number.has(sp.oo, -sp.oo, sp.nan, sp.zoo):
        raise ValueError(f"{label}: expected a finite number, got {value}")
    return number
