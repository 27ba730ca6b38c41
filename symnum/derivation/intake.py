"""Reading what a caller hands to a derivation; a misuse is refused before any proof starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sympy import Basic, Expr, Limit, MatrixBase, MatrixExpr, Symbol, nan, oo, zoo
from sympy.calculus.accumulationbounds import AccumulationBounds
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.relational import Eq, Relational
from sympy.logic.boolalg import Boolean, BooleanAtom

from symnum.derivation.structures import Structure, freeze
from symnum.expressions.names import as_symbol
from symnum.expressions.parsing import as_expression, parse_condition, parse_equation

__all__ = [
    "check_symbols",
    "read_equation",
    "read_number",
    "read_point",
    "read_reason",
    "read_relation",
    "read_scalar",
    "read_structure",
    "read_symbol",
]

Declared = Mapping[str, Symbol]

_WRITE_OUT = "write it with evaluate=False, as text, or as its two sides"


def read_reason(why: Any) -> str:
    """Return the reason of a step, stripped.

    Parameters
    ----------
    why : str
        A few words for the reader.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        For anything but a text.
    ValueError
        For a blank text.
    """
    if not isinstance(why, str):
        raise TypeError(f"why must be a text, got {type(why).__name__}")
    if not why.strip():
        raise ValueError("why is blank; a reader needs the reason of the step")
    return " ".join(why.split())


def read_symbol(value: Any, name: str, declared: Declared) -> Symbol:
    """Return a symbol; a name stands for the declared symbol of that name, if there is one.

    Parameters
    ----------
    value : sympy.Symbol or str
    name : str
        The argument, for messages.
    declared : mapping from str to sympy.Symbol

    Returns
    -------
    sympy.Symbol
    """
    symbol = as_symbol(value, name)
    if isinstance(value, str):
        return declared.get(symbol.name, symbol)
    return symbol


def read_scalar(value: Any, name: str, declared: Declared, *, infinite: bool = False) -> Expr:
    """Return one scalar side of a claim as an expression.

    Parameters
    ----------
    value : sympy.Expr, number or str
    name : str
        The argument, for messages.
    declared : mapping from str to sympy.Symbol
        What names in a text stand for.
    infinite : bool
        Whether oo and -oo are allowed as the whole value.

    Returns
    -------
    sympy.Expr

    Raises
    ------
    ValueError
        For a truth value, a relation, and a number that is not finite.
    TypeError
        For anything that is not an expression.
    """
    if isinstance(value, bool | Boolean) and not isinstance(value, Symbol):
        raise ValueError(f"{name} is a truth value or a relation, expected an expression: {value}")
    if isinstance(value, MatrixExpr | MatrixBase):
        raise TypeError(f"{name} is a matrix, expected a scalar expression")
    expr = as_expression(value, name, declared)
    if not (infinite and expr in (oo, -oo)):
        _check_finite(expr, name)
    return expr


def read_number(value: Any, name: str, declared: Declared, *, infinite: bool = False) -> Expr:
    """Return a real number without symbols; see `read_scalar`."""
    number = read_scalar(value, name, declared, infinite=infinite)
    if number.free_symbols:
        raise ValueError(f"{name} must be a number, got {number}")
    if number.is_extended_real is False:
        raise ValueError(f"{name} must be real, got {number}")
    return number


def read_structure(
    value: Any, name: str, declared: Declared, *, infinite: bool = False
) -> Structure:
    """Return a side that may be a list, tuple, dictionary, matrix or `Coordinates`.

    Parameters
    ----------
    value : object
    name : str
        The argument, for messages.
    declared : mapping from str to sympy.Symbol
    infinite : bool
        Whether entries may be oo or -oo.

    Returns
    -------
    Structure
    """

    def convert(entry: Any, place: str) -> Expr:
        return read_scalar(entry, place, declared, infinite=infinite)

    return freeze(value, name, convert)


def _check_finite(expr: Expr, name: str) -> None:
    for node in _leaves(expr):
        if node in (oo, -oo, nan, zoo) or isinstance(node, AccumulationBounds):
            raise ValueError(f"{name} contains {node}, which is not a finite number: {expr}")


def _leaves(expr: Basic) -> Iterator[Basic]:
    """Yield the leaves of an expression, without the limits of sums and integrals."""
    seen: set[Basic] = set()
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if not node.args or isinstance(node, AccumulationBounds):
            yield node
        waiting += node.args[:1] if isinstance(node, ExprWithLimits | Limit) else node.args


def read_equation(value: Any, declared: Declared) -> Expr:
    """Return an equation as the expression that must vanish.

    Parameters
    ----------
    value : str, sympy.Expr or sympy.Eq
        The text ``"lhs = rhs"``, an expression that has to be 0, or an equation.
    declared : mapping from str to sympy.Symbol

    Returns
    -------
    sympy.Expr
        Left side minus right side.
    """
    if isinstance(value, str):
        left, right = parse_equation(value, declared)
    elif isinstance(value, Eq):
        left, right = value.lhs, value.rhs
    elif isinstance(value, BooleanAtom | bool):
        raise ValueError(f"equation is already {value}: {_WRITE_OUT}")
    elif isinstance(value, Relational):
        raise ValueError(f"equation must be an equation, got {value}")
    else:
        return read_scalar(value, "equation", declared)
    sides = [read_scalar(side, "equation", declared) for side in (left, right)]
    return sides[0] - sides[1]


def read_relation(value: Any, declared: Declared) -> Relational:
    """Return a relation that SymPy has not evaluated.

    Parameters
    ----------
    value : sympy relation or str
    declared : mapping from str to sympy.Symbol

    Returns
    -------
    sympy.core.relational.Relational

    Raises
    ------
    ValueError
        For a relation that is true or false already.
    TypeError
        For anything but a relation.
    """
    if isinstance(value, str):
        value = parse_condition(value, declared)
    if isinstance(value, BooleanAtom | bool):
        raise ValueError(f"the claim to refute is already {value}: {_WRITE_OUT}")
    if not isinstance(value, Relational):
        raise TypeError(f"the claim to refute must be a relation, got {type(value).__name__}")
    return value


def read_point(at: Any, declared: Declared) -> tuple[tuple[Symbol, Expr], ...]:
    """Return a point as pairs of symbol and number.

    Parameters
    ----------
    at : mapping
        From symbol or name to number.
    declared : mapping from str to sympy.Symbol

    Returns
    -------
    tuple of (sympy.Symbol, sympy.Expr)
    """
    if not isinstance(at, Mapping):
        raise TypeError(f"at must map symbols to numbers, got {type(at).__name__}")
    return tuple(
        (read_symbol(key, "at", declared), read_number(value, f"at[{key}]", declared))
        for key, value in at.items()
    )


def check_symbols(symbols: Iterable[Symbol], declared: Declared) -> None:
    """Refuse a symbol that has neither a domain nor a definition.

    Parameters
    ----------
    symbols : iterable of sympy.Symbol
    declared : mapping from str to sympy.Symbol
        The symbols of the domain and of the definitions, by name.

    Raises
    ------
    ValueError
        Names the first such symbol in alphabetical order, or the one that differs from a declared
        symbol by its assumptions only.
    """
    for symbol in sorted(symbols, key=lambda symbol: symbol.name):
        known = declared.get(symbol.name)
        if known is None:
            have = ", ".join(sorted(declared)) or "none"
            raise ValueError(
                f"symbol {symbol} has neither a domain nor a definition (declared: {have})"
            )
        if known != symbol:
            raise ValueError(
                f"two symbols are called {symbol}: one has the assumptions "
                f"{_assumptions(symbol)}, the declared one {_assumptions(known)}"
            )


def _assumptions(symbol: Symbol) -> str:
    facts = symbol._assumptions_orig
    return ", ".join(f"{name}={facts[name]}" for name in sorted(facts)) or "none"
