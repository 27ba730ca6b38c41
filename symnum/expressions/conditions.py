"""Joint conditions on several symbols: reading them, testing them, solving the equalities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy
from sympy import And, Eq, Expr, Ge, Gt, Integer, Le, Lt, Ne, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from symnum.expressions.exact import compare, is_real, without_floats
from symnum.expressions.parsing import parse_condition
from symnum.expressions.rational import as_fractions, fraction_at

# Relation -> the signs of lhs - rhs that fulfil it.
_SIGNS: dict[type, frozenset[int]] = {
    sympy.StrictLessThan: frozenset({-1}),
    sympy.LessThan: frozenset({-1, 0}),
    sympy.StrictGreaterThan: frozenset({1}),
    sympy.GreaterThan: frozenset({0, 1}),
    sympy.Equality: frozenset({0}),
    sympy.Unequality: frozenset({-1, 1}),
}
_RELATIONS = {Lt: "<", Le: "<=", Gt: ">", Ge: ">=", Eq: "=", Ne: "!="}


def read_conditions(where: Any, declared: Mapping[str, Symbol]) -> tuple[Relational, ...]:
    """Return joint conditions as a flat tuple of relations without floating-point numbers.

    Parameters
    ----------
    where : relation, str, or a sequence of them
        ``And`` counts as the sequence of its parts; what SymPy has already evaluated to true is
        dropped.
    declared : mapping from str to sympy.Symbol
        The symbols of the box by name.

    Returns
    -------
    tuple of sympy.core.relational.Relational
        In the order given, without repetitions.

    Raises
    ------
    ValueError
        A condition that is false already or mentions a symbol without a domain.
    TypeError
        Anything that is no relation.

    Examples
    --------
    >>> x, y = sympy.symbols("x y")
    >>> read_conditions(["x < y", And(x > 0, y < 1)], {"x": x, "y": y})
    (x < y, x > 0, y < 1)
    """
    relations: list[Relational] = []
    for part in _parts(where, declared):
        if part is sympy.true:
            continue
        if part is sympy.false:
            raise ValueError("where: one of the conditions is false everywhere, the box is empty")
        _check_symbols(part, declared)
        relations.append(without_floats(part))
    return tuple(dict.fromkeys(relations))


def _parts(where: Any, declared: Mapping[str, Symbol]) -> Iterable[Relational]:
    if isinstance(where, str):
        yield from _parts(parse_condition(where, declared), declared)
    elif isinstance(where, And):
        for part in sorted(where.args, key=sympy.default_sort_key):
            yield from _parts(part, declared)
    elif isinstance(where, Relational | sympy.logic.boolalg.BooleanAtom):
        yield where
    elif isinstance(where, list | tuple | set | frozenset):
        ordered = where if isinstance(where, list | tuple) else sorted(where, key=str)
        for part in ordered:
            yield from _parts(part, declared)
    else:
        raise TypeError(
            "where: expected relations such as a*z < 2, joined by a list or by And, "
            f"got {type(where).__name__} {where!r:.60}"
        )


def _check_symbols(relation: Relational, declared: Mapping[str, Symbol]) -> None:
    unknown = relation.atoms(AppliedUndef)
    if unknown:
        first = min(str(function) for function in unknown)
        raise ValueError(f"where: {relation} contains the undefined function {first}")
    for symbol in sorted(relation.free_symbols, key=str):
        if declared.get(symbol.name) == symbol:
            continue
        if symbol.name in declared:
            raise ValueError(
                f"where: the {symbol} in {relation} carries other assumptions than the {symbol} "
                "that has a domain; use one symbol for both"
            )
        raise ValueError(f"where: {symbol} in {relation} has no domain")


def holds(relation: Relational, point: Mapping[Symbol, Expr]) -> bool:
    """Tell whether a relation is true at a point, exactly.

    Parameters
    ----------
    relation : sympy.core.relational.Relational
        One of ``< <= > >= = !=``.
    point : mapping from sympy.Symbol to sympy.Expr
        A value for each symbol.

    Returns
    -------
    bool
        False also where a side is undefined, infinite or not real.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> holds(sympy.log(x) < 1, {x: Integer(2)}), holds(sympy.log(x) < 1, {x: Integer(-2)})
    (True, False)
    """
    signs = _SIGNS[type(relation)]
    rational = as_fractions(point)
    left, right = (fraction_at(side, rational) for side in (relation.lhs, relation.rhs))
    if left is not None and right is not None:
        return (left > right) - (left < right) in signs
    sides = [side.xreplace(dict(point)) for side in (relation.lhs, relation.rhs)]
    if any(side.has(sympy.nan, sympy.zoo) or not is_real(side) for side in sides):
        return False
    order = compare(*sides)
    return order is not None and order in signs


def margin(relation: Relational) -> Expr | None:
    """Return an expression that is positive inside the region of an inequality.

    Parameters
    ----------
    relation : sympy.core.relational.Relational
        One of ``< <= > >= !=``; equalities have no inside.

    Returns
    -------
    sympy.Expr or None
        None for ``!=``, which almost every point fulfils.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> margin(x < 2)
    2 - x
    """
    signs = _SIGNS[type(relation)]
    if signs == frozenset({-1, 1}):
        return None
    return relation.rhs - relation.lhs if -1 in signs else relation.lhs - relation.rhs


def solve_equalities(relations: Iterable[Relational]) -> dict[Symbol, Expr]:
    """Solve the equalities among joint conditions, each for a symbol in which it is linear.

    Parameters
    ----------
    relations : iterable of sympy.core.relational.Relational
        All conditions; inequalities are passed over.

    Returns
    -------
    dict from sympy.Symbol to sympy.Expr
        The symbols that the others determine.

    Raises
    ------
    ValueError
        An equality that is linear in none of its symbols, or that contradicts the others.

    Examples
    --------
    >>> p, q = sympy.symbols("p q")
    >>> solve_equalities([Eq(p + q, 1)])
    {q: 1 - p}
    """
    solved: dict[Symbol, Expr] = {}
    for relation in relations:
        if not isinstance(relation, Eq):
            continue
        difference = sympy.expand((relation.lhs - relation.rhs).xreplace(solved))
        if difference == 0:
            continue
        pivot, value = _pivot(difference, relation)
        solved = {symbol: expr.xreplace({pivot: value}) for symbol, expr in solved.items()}
        solved[pivot] = value
    return solved


def _pivot(difference: Expr, relation: Relational) -> tuple[Symbol, Expr]:
    """Return the last symbol with a constant coefficient, else one with a coefficient at all."""
    symbols = sorted(difference.free_symbols, key=lambda symbol: symbol.name, reverse=True)
    linear = []
    for symbol in symbols:
        slope = sympy.simplify(difference.diff(symbol))
        if slope != 0 and symbol not in slope.free_symbols:
            linear.append((bool(slope.free_symbols), symbol, slope))
    if not linear:
        raise ValueError(
            f"where: cannot solve the equality {relation} for any of its symbols; state it up to "
            f"a tolerance, such as Abs({relation.lhs - relation.rhs}) <= 1e-9"
        )
    _, symbol, slope = min(linear, key=lambda row: row[0])
    return symbol, sympy.expand(-difference.xreplace({symbol: Integer(0)}) / slope)


def readable(relation: Relational) -> str:
    """Print a relation the way it is written by hand.

    Parameters
    ----------
    relation : sympy.core.relational.Relational
        Any relation.

    Returns
    -------
    str
        Infix, ``=`` for an equality.

    Examples
    --------
    >>> x, y = sympy.symbols("x y")
    >>> readable(Eq(x, y**2))
    'x = y**2'
    """
    return f"{relation.lhs} {_RELATIONS[type(relation)]} {relation.rhs}"
