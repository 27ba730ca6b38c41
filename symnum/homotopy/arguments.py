"""Checks of the arguments that the solvers share; each message names the argument."""

from __future__ import annotations

import numbers
import operator
from typing import Any

import sympy

from symnum.expressions.parsing import as_expression

__all__ = ["is_exact", "read_amplitude", "read_c0", "read_count", "read_order"]


def read_order(order: Any, name: str = "order") -> int:
    """Return an order as an int of at least 0."""
    return _read_integer(order, name, 0)


def read_count(count: Any, name: str) -> int:
    """Return a count as an int of at least 1."""
    return _read_integer(count, name, 1)


def _read_integer(value: Any, name: str, least: int) -> int:
    expected = f"{name}: expected an integer of at least {least}"
    if isinstance(value, bool):
        raise TypeError(f"{expected}, got {value}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{expected}, got {type(value).__name__} {value!r:.60}") from None
    if number < least:
        raise ValueError(f"{expected}, got {number}")
    return number


def is_exact(value: Any) -> bool:
    """Tell whether a number was given exactly: 1/10 or "0.1", and not 0.1.

    A decimal in a text stands for itself; a float stands for a binary fraction near it, which its
    user did not mean.
    """
    if isinstance(value, sympy.Expr):
        return not value.atoms(sympy.Float)
    return isinstance(value, str | numbers.Rational)


def read_amplitude(amplitude: Any) -> sympy.Expr:
    """Return an amplitude: a symbol, or a finite real number other than 0."""
    if amplitude is None:
        raise ValueError(
            "amplitude: expected a number or a symbol, got None, which asks solve_periodic and "
            "harmonic_balance for a limit cycle"
        )
    given = as_expression(amplitude, "amplitude")
    if given.is_Symbol:
        return given
    if given.free_symbols:
        raise ValueError(f"amplitude: expected a number or a symbol, got the expression {given}")
    number = given.evalf(30)
    if not (number.is_comparable and number.is_finite) or number == 0:
        raise ValueError(f"amplitude: expected a finite real number other than 0, got {given}")
    return given


def read_c0(c0: Any) -> sympy.Expr:
    """Return a convergence-control parameter: a finite real number other than 0."""
    given = as_expression(c0, "c0")
    number = given.evalf(30)
    if not (number.is_comparable and number.is_finite) or number == 0:
        raise ValueError(f"c0: expected a finite real number other than 0, got {given}")
    return given
