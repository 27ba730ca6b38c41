"""Checks of the arguments that the solvers share; each message names the argument."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Mapping
from typing import Any

import sympy
from sympy.core.function import AppliedUndef, UndefinedFunction

from symnum.expressions.names import is_plausible_name
from symnum.expressions.parsing import as_expression, parse_equation

__all__ = [
    "is_exact",
    "read_amplitude",
    "read_c0",
    "read_count",
    "read_difference",
    "read_order",
    "read_unknown",
]


def read_unknown(u: Any, variable: sympy.Symbol) -> sympy.Expr:
    """Return the unknown function, given as function, applied function, symbol or name, applied."""
    if isinstance(u, AppliedUndef):
        if u.args != (variable,):
            raise ValueError(f"u: expected a function of {variable} alone, got {u}")
        return u
    if isinstance(u, UndefinedFunction):
        return u(variable)
    name = u.name if isinstance(u, sympy.Symbol) else u
    if not isinstance(name, str):
        raise TypeError(f"u: expected a function or its name, got {type(u).__name__} {u!r:.60}")
    if not is_plausible_name(name.strip()) or name.strip() == variable.name:
        raise ValueError(f"u: expected the name of the unknown function, got {name!r:.60}")
    return sympy.Function(name.strip())(variable)


def read_difference(
    equation: Any,
    name: str,
    declared: tuple[sympy.Symbol, ...],
    unknown: sympy.Expr | None = None,
) -> sympy.Expr:
    """Return the left side minus the right side of an equation in any form.

    Parameters
    ----------
    equation : str, Eq or Expr
    name : str
        The argument's, for the message.
    declared : tuple of Symbol
        What a text means by their names.
    unknown : applied function, optional
        What a text means by its name and its primes.
    """
    if isinstance(equation, str):
        symbols = {symbol.name: symbol for symbol in declared}
        unknowns: Mapping[str, tuple[Any, sympy.Symbol]] = (
            {unknown.func.__name__: (unknown.func, unknown.args[0])} if unknown is not None else {}
        )
        try:
            lhs, rhs = parse_equation(equation, symbols, unknowns=unknowns)
        except ValueError as error:
            raise type(error)(f"{name}: {error}") from None
        return lhs - rhs
    if isinstance(equation, sympy.Equality):
        return equation.lhs - equation.rhs
    if isinstance(equation, sympy.Expr):
        return equation
    raise TypeError(
        f"{name}: expected text, an Eq or an expression, "
        f"got {type(equation).__name__} {equation!r:.60}"
    )


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
