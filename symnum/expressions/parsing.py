"""Text to expressions, without evaluating code: formulas, equations, conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol
from sympy.core.assumptions import _assume_defined
from sympy.logic.boolalg import Boolean

from symnum.errors import ParseError, near_names
from symnum.expressions.builder import Builder
from symnum.expressions.exact import python_number
from symnum.expressions.scanner import Token, complaint, scan
from symnum.expressions.scope import Scope


def parse(text: str, /, **assumptions: bool) -> Expr:
    """Read a formula.

    Numbers are exact: ``1/3`` is a third and ``0.1`` is a tenth. ``E I pi oo`` are constants,
    every other bare name is a symbol, and only known functions can be called.

    Parameters
    ----------
    text : str
        A formula in SymPy's notation: ``+ - * / **``, brackets, ``sin(x)``,
        ``Piecewise((x, x > 0), (0, True))``.
    **assumptions : bool
        Assumptions of all symbols in it, such as ``positive=True``.

    Returns
    -------
    sympy.Expr
        The expression.

    Raises
    ------
    ParseError
        A ValueError that names the piece which is not read, its position and what to write.
    ValueError
        An assumption that SymPy does not know, or assumptions that contradict each other.
    TypeError
        `text` is no string.

    Examples
    --------
    >>> parse("sin(x)/3 + 0.5")
    sin(x)/3 + 1/2
    """
    return parse_expression(text, assumptions=assumptions)


def parse_expression(
    text: str,
    declared: Mapping[str, Expr] | None = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    assumptions: Mapping[str, bool] | None = None,
    unknowns: Mapping[str, tuple[Any, Symbol]] | None = None,
) -> Expr:
    """Read a formula whose names may be declared.

    Parameters
    ----------
    text : str
        As for `parse`.
    declared : mapping from str to sympy.Expr, optional
        What names stand for, usually symbols; they win over ``E I pi oo``.
    functions : mapping from str to callable, optional
        Functions that can be called besides the known ones.
    assumptions : mapping from str to bool, optional
        Assumptions of the symbols that are not declared.
    unknowns : mapping from str to (function class, sympy.Symbol), optional
        Unknown functions: with ``{"u": (Function("u"), t)}`` the name ``u`` is ``u(t)``, ``u''``
        its second derivative and ``u'(0)`` the derivative at 0.

    Returns
    -------
    sympy.Expr
        The expression.

    Raises
    ------
    ParseError
        Anything that is no formula.

    Examples
    --------
    >>> t = Symbol("t")
    >>> parse_expression("u'' + sin(u)", unknowns={"u": (sympy.Function("u"), t)})
    sin(u(t)) + Derivative(u(t), (t, 2))
    """
    scope = _scope(declared, functions, assumptions, unknowns)
    tokens = scan(text)
    for token in tokens:
        if token.kind == "equals":
            raise complaint(text, token.start, "a formula has no '='", "only equations have one")
    return Builder(text, tokens, scope).expression()


def parse_equation(
    text: str,
    declared: Mapping[str, Expr] | None = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    assumptions: Mapping[str, bool] | None = None,
    unknowns: Mapping[str, tuple[Any, Symbol]] | None = None,
) -> tuple[Expr, Expr]:
    """Read an equation: ``lhs = rhs``, or a formula that is to be zero.

    Parameters
    ----------
    text : str
        With at most one ``=``.
    declared, functions, assumptions, unknowns
        As for `parse_expression`.

    Returns
    -------
    tuple of two sympy.Expr
        Left and right side; the right side is 0 where the text has no ``=``.

    Raises
    ------
    ParseError
        Anything that is no equation.

    Examples
    --------
    >>> parse_equation("x**2 = 2")
    (x**2, 2)
    >>> t = Symbol("t")
    >>> parse_equation("u'(oo) = 1", unknowns={"u": (sympy.Function("u"), t)})
    (Subs(Derivative(u(t), t), t, oo), 1)
    """
    scope = _scope(declared, functions, assumptions, unknowns)
    tokens = scan(text)
    left, right = _sides(text, tokens)
    for token in tokens:
        if token.text == "==" and not right:
            raise complaint(text, token.start, "an equation has no '=='", "write = once")
    lhs = Builder(text, left, scope).expression()
    return lhs, Builder(text, right, scope).expression() if right else Integer(0)


def _sides(text: str, tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """Split the tokens of an equation at its ``=``."""
    depth = 0
    split: int | None = None
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind != "equals":
            continue
        if depth:
            raise complaint(text, token.start, "'=' stands inside brackets", "name no arguments")
        if split is not None:
            raise complaint(text, token.start, "a second '='", "an equation has one")
        split = index
    return (tokens, []) if split is None else (tokens[:split], tokens[split + 1 :])


def parse_condition(text: str, declared: Mapping[str, Expr] | None = None) -> Boolean:
    """Read a condition such as ``a*z < 2``.

    Parameters
    ----------
    text : str
        Comparisons, joined by ``&``, ``|`` and ``~`` with brackets round each of them; ``=``, not
        only ``==``, means equality.
    declared : mapping from str to sympy.Expr, optional
        What names stand for.

    Returns
    -------
    sympy.logic.boolalg.Boolean
        A relation, or relations that are joined.

    Raises
    ------
    ParseError
        Anything that is no condition.

    Examples
    --------
    >>> parse_condition("(x > 0) & (x < 1)")
    (x > 0) & (x < 1)
    """
    scope = _scope(declared, None, None, None)
    left, right = _sides(text, scan(text))
    if not right:
        return Builder(text, left, scope).condition()
    lhs, rhs = (Builder(text, side, scope).expression() for side in (left, right))
    return sympy.Eq(lhs, rhs)


def _scope(
    declared: Mapping[str, Expr] | None,
    functions: Mapping[str, Callable[..., Any]] | None,
    assumptions: Mapping[str, bool] | None,
    unknowns: Mapping[str, tuple[Any, Symbol]] | None,
) -> Scope:
    facts = dict(assumptions or {})
    for name, value in facts.items():
        if name not in _assume_defined or name == "commutative":
            near = near_names(name, sorted(_assume_defined - {"commutative"}))
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise ValueError(f"assumptions: {name} is none that SymPy knows{hint}")
        if not isinstance(value, bool):
            raise ValueError(f"assumptions: {name} is {value!r:.40}, expected True or False")
    try:
        Symbol("x", **facts)
    except ValueError as error:
        raise ValueError(f"assumptions: {error}") from None
    return Scope(dict(declared or {}), dict(functions or {}), dict(unknowns or {}), facts)


def as_expression(value: Any, name: str, declared: Mapping[str, Expr] | None = None) -> Expr:
    """Return an argument as an expression.

    Parameters
    ----------
    value : sympy.Expr, number or str
        Expressions pass as they are, text is parsed, numbers are taken exactly.
    name : str
        The argument, for the message.
    declared : mapping from str to sympy.Expr, optional
        What names in a text stand for.

    Returns
    -------
    sympy.Expr
        The expression.

    Raises
    ------
    ParseError
        A text that is no formula.
    ValueError
        A number that is not finite.
    TypeError
        Anything that is no expression: truth values, relations, matrices, lists.

    Examples
    --------
    >>> as_expression("x + 1/2", "expr"), as_expression(0.5, "expr")
    (x + 1/2, 1/2)
    """
    if isinstance(value, Expr):
        return value
    if isinstance(value, str):
        try:
            return parse_expression(value, declared)
        except ParseError as error:
            raise ParseError(f"{name}: {error}") from None
    expected = f"{name}: expected an expression, a number or text"
    if isinstance(value, bool | Boolean):
        raise TypeError(f"{expected}, got {type(value).__name__} {value}"[:200])
    number = python_number(value)
    if number is None:
        raise TypeError(f"{expected}, got {type(value).__name__} {value!r:.60}")
    if not number.is_finite:
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return number
