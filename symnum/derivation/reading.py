"""From the arguments of a call to the claim that it makes, with what must hold beforehand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sympy import Eq, Expr, MatrixBase, Order, Symbol

from symnum.derivation import provers
from symnum.derivation.chain import expanded
from symnum.derivation.claims import (
    Claim,
    Definition,
    Entrywise,
    LimitClaim,
    PairClaim,
    Refutation,
    RefutedEquality,
    ResultClaim,
    RootClaim,
    SeriesClaim,
)
from symnum.derivation.intake import (
    check_symbols,
    read_equation,
    read_number,
    read_point,
    read_relation,
    read_scalar,
    read_structure,
    read_symbol,
)
from symnum.derivation.records import View
from symnum.derivation.steps import Step
from symnum.derivation.structures import Coordinated, Structure, entries, is_scalar
from symnum.errors import near_names
from symnum.expressions.conditions import holds, readable
from symnum.expressions.exact import compare
from symnum.expressions.names import is_plausible_name

__all__ = [
    "read_bound",
    "read_constant_name",
    "read_definition",
    "read_limit",
    "read_pair",
    "read_refutation",
    "read_result",
    "read_root",
    "read_series",
    "read_using",
]

Build = Callable[[Expr, Expr], PairClaim]

_FEWEST_DIGITS = 30
_MOST_DIGITS = 10_000


def read_definition(symbol: Any, expr: Any, view: View) -> Definition:
    """Return the claim of `Derivation.define`."""
    declared = view.declared
    return Definition(read_symbol(symbol, "symbol", declared), read_scalar(expr, "expr", declared))


def read_pair(
    values: tuple[Any, Any],
    build: Build,
    view: View,
    names: tuple[str, str] = ("lhs", "rhs"),
    *,
    infinite: bool = False,
) -> Claim:
    """Return a claim about two sides, entry by entry where they have several.

    Parameters
    ----------
    values : tuple of two objects
        The sides as given.
    build : callable
        From two expressions to the claim about them.
    view : View
    names : tuple of two str
        What messages call the sides.
    infinite : bool
        Whether the right side may be infinite.

    Returns
    -------
    Claim

    Raises
    ------
    ValueError
        If the sides do not have the same entries.
    """
    declared = view.declared
    left = read_structure(values[0], names[0], declared)
    right = read_structure(values[1], names[1], declared, infinite=infinite)
    if is_scalar(left) and is_scalar(right):
        return build(left, right)
    partners = dict(entries(right))
    if _frame(left) != _frame(right) or {place for place, _ in entries(left)} != partners.keys():
        raise ValueError(
            f"{names[0]} and {names[1]} do not have the same entries: "
            f"{_in_words(left)} against {_in_words(right)}"
        )
    parts = tuple((place, build(entry, partners[place])) for place, entry in entries(left))
    return Entrywise(left, right, parts)


def _frame(side: Structure) -> object:
    return side.frame if isinstance(side, Coordinated) else None


def _in_words(side: Structure) -> str:
    if isinstance(side, Coordinated):
        return f"the coordinates of {side.description}"
    places = [place for place, _ in entries(side)]
    if places == [""]:
        return "a scalar"
    return f"{len(places)} entries {', '.join(places[:4])}{', ...' if len(places) > 4 else ''}"


def read_bound(bound: Any, view: View) -> Expr:
    """Return the bound of an approximation."""
    expr = read_scalar(bound, "bound", view.declared)
    if expr.is_negative and not expr.free_symbols:
        raise ValueError(f"bound must not be negative, got {expr}")
    return expr


def read_limit(expr: Any, x: Any, x0: Any, value: Any, view: View) -> Claim:
    """Return the claim of `Derivation.limit`."""
    declared = view.declared
    variable = read_symbol(x, "x", declared)
    point = read_scalar(x0, "x0", declared, infinite=True)
    _check_limit_point(variable, point, view)

    def build(left: Expr, right: Expr) -> LimitClaim:
        return LimitClaim(left, variable, point, right)

    return read_pair((expr, value), build, view, ("expr", "value"), infinite=True)


def _check_limit_point(variable: Symbol, point: Expr, view: View) -> None:
    check_symbols([variable], view.declared)
    domain = view.box.get(variable)
    if domain is None:
        raise ValueError(f"x = {variable} is defined, a limit needs a symbol with a domain")
    if variable in point.free_symbols:
        raise ValueError(f"x0 = {point} contains x itself")
    if point.free_symbols:
        return
    if compare(point, domain.low) == -1 or compare(point, domain.high) == 1:
        raise ValueError(f"x0 = {point} is outside the domain of {variable}, {domain}")


def read_series(expr: Any, x: Any, order: Any, value: Any, view: View) -> Claim:
    """Return the claim of `Derivation.series`."""
    variable = read_symbol(x, "x", view.declared)
    check_symbols([variable], {symbol.name: symbol for symbol in view.box.symbols})
    if isinstance(order, bool) or not isinstance(order, int):
        raise TypeError(f"order must be an int, got {type(order).__name__}")
    if order < 1:
        raise ValueError(f"order must be at least 1, got {order}")

    def build(left: Expr, right: Expr) -> SeriesClaim:
        return SeriesClaim(left, variable, order, _without_order(right, variable, order))

    return read_pair((expr, value), build, view, ("expr", "value"))


def _without_order(value: Expr, variable: Symbol, order: int) -> Expr:
    """Drop a term O(x**order) of an expansion; a cruder one would leave terms open."""
    remainder = value.getO()
    if remainder is None:
        return value
    if remainder != Order(variable**order, variable):
        raise ValueError(f"value ends in {remainder}, expected O({variable**order})")
    return value.removeO()


def read_refutation(relation: Any, at: Any, view: View) -> Claim:
    """Return the claim of `Derivation.refute`.

    Raises
    ------
    ValueError
        If the point lies outside the domain or leaves a symbol open.
    """
    declared = view.declared
    point = read_point(at, declared)
    wanted = read_relation(relation, declared)
    left, right = wanted.lhs, wanted.rhs
    claim: Refutation | RefutedEquality
    if isinstance(left, MatrixBase) and isinstance(right, MatrixBase):
        if not isinstance(wanted, Eq) or left.shape != right.shape:
            raise ValueError("matrices are compared by Eq, and only if their shapes agree")
        first, second = (read_structure(side, "claim", declared) for side in (left, right))
        claim = RefutedEquality(first, second, point)
    else:
        scalars = (read_scalar(side, "claim", declared) for side in (left, right))
        claim = Refutation(type(wanted)(*scalars, evaluate=False), point)
    _check_point(claim, dict(point), view)
    return claim


def _check_point(claim: Claim, point: Mapping[Symbol, Expr], view: View) -> None:
    box = view.box
    check_symbols(claim.free_symbols, view.declared)
    check_symbols(point, {symbol.name: symbol for symbol in box.symbols})
    for symbol, value in point.items():
        if value not in box[symbol]:
            raise ValueError(f"at: {symbol} = {value} is outside the domain {box[symbol]}")
    needed = set(expanded(claim, view.definitions).free_symbols)
    for relation in box.where:
        if relation.free_symbols & point.keys():
            needed |= relation.free_symbols
    missing = sorted(symbol.name for symbol in needed - point.keys())
    if missing:
        raise ValueError(f"at gives no value for {', '.join(missing)}")
    for relation in box.where:
        if relation.free_symbols <= point.keys() and not holds(relation, point):
            raise ValueError(f"at: the point does not satisfy {readable(relation)}")


def read_root(equation: Any, unknown: Any, near: Any, digits: Any, view: View) -> RootClaim:
    """Return the claim of `Derivation.solve`.

    Raises
    ------
    ValueError
        If the equation has another free symbol, or lacks the unknown.
    """
    declared = view.declared
    symbol = read_symbol(unknown, "unknown", declared)
    if symbol.name in {known.name for known in view.definitions}:
        raise ValueError(f"unknown: {symbol} is defined already")
    if isinstance(digits, bool) or not isinstance(digits, int):
        raise TypeError(f"digits must be an int, got {type(digits).__name__}")
    if not 1 <= digits <= _MOST_DIGITS:
        raise ValueError(f"digits must be between 1 and {_MOST_DIGITS}, got {digits}")
    residual = read_equation(equation, {symbol.name: symbol, **declared})
    start = read_number(near, "near", {})
    claim = RootClaim(residual, symbol, start, max(digits, _FEWEST_DIGITS))
    _check_unknown(claim, view)
    return claim


def _check_unknown(claim: RootClaim, view: View) -> None:
    check_symbols(claim.free_symbols, view.declared)
    checked = expanded(claim, view.definitions)
    others = sorted(symbol.name for symbol in checked.free_symbols)
    if others:
        raise ValueError(
            f"the equation may contain no other free symbol than {claim.unknown}, "
            f"it contains {', '.join(others)}"
        )
    if claim.unknown not in {symbol for side in checked.sides for symbol in side.free_symbols}:
        raise ValueError(f"the unknown {claim.unknown} does not occur in the equation")


def read_result(expr: Any, args: Any, view: View) -> ResultClaim:
    """Return the claim of `Derivation.result`.

    Raises
    ------
    ValueError
        If there is a result already, an argument has no domain, or a free symbol is no argument.
    """
    if view.result is not None:
        raise ValueError("the derivation has a result already; there can be only one")
    declared = view.declared
    claim = ResultClaim(read_structure(expr, "expr", declared), _read_arguments(args, view))
    check_symbols(claim.free_symbols, declared)
    checked = expanded(claim, view.definitions)
    missing = sorted(symbol.name for symbol in checked.free_symbols - set(claim.args))
    if missing:
        raise ValueError(f"args leaves out {', '.join(missing)}, on which the result depends")
    return claim


def _read_arguments(args: Any, view: View) -> tuple[Symbol, ...]:
    listed = args if isinstance(args, list | tuple) else [args]
    domain = {symbol.name: symbol for symbol in view.box.symbols}
    symbols = tuple(read_symbol(argument, "args", domain) for argument in listed)
    names = [symbol.name for symbol in symbols]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"args names {', '.join(doubled)} twice")
    without = sorted(name for name in names if name not in domain)
    if without:
        raise ValueError(f"args: {', '.join(without)} has no domain")
    check_symbols(symbols, domain)
    return symbols


def read_using(using: Any, steps: Sequence[Step]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return what a check may lean on: numbers of steps, and names of lemmas.

    Parameters
    ----------
    using : Step, int, str, or a sequence of them
        Steps of this derivation, indices into its steps, names of lemmas.
    steps : sequence of Step

    Returns
    -------
    numbers : tuple of int
        Counted from 1, in order.
    lemmas : tuple of str

    Raises
    ------
    ValueError
        For a step of another derivation or an unknown lemma.
    IndexError
        For an index without a step.
    TypeError
        For anything else.
    """
    listed = using if isinstance(using, list | tuple) else [using]
    numbers: set[int] = set()
    lemmas: list[str] = []
    for item in listed:
        if isinstance(item, str):
            lemmas.append(_read_lemma(item))
        else:
            numbers.add(_read_step(item, steps))
    return tuple(sorted(numbers)), tuple(dict.fromkeys(lemmas))


def _read_step(item: Any, steps: Sequence[Step]) -> int:
    if isinstance(item, Step):
        if not any(item is step for step in steps):
            raise ValueError(f"using: {item!r} belongs to another derivation")
        return item.number
    if isinstance(item, bool) or not isinstance(item, int):
        raise TypeError(
            f"using takes steps, indices and names of lemmas, got {type(item).__name__}"
        )
    if not -len(steps) <= item < len(steps):
        raise IndexError(f"using: there is no step with index {item}, only {len(steps)} steps")
    return steps[item].number


def _read_lemma(name: str) -> str:
    if name in provers.LEMMAS:
        return name
    near = near_names(name, provers.LEMMAS) or sorted(provers.LEMMAS)
    raise ValueError(f"using: there is no lemma {name!r}; there is {', '.join(near)}")


def read_constant_name(name: Any, taken: Collection[str]) -> str:
    """Return the name of a constant, empty if the step records none.

    Parameters
    ----------
    name : str
    taken : collection of str
        The names so far.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        For a name that is taken or could not be the name of a symbol.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a text, got {type(name).__name__}")
    if name and not is_plausible_name(name):
        raise ValueError(f"name: {name!r} cannot be the name of a constant")
    if name and name in taken:
        raise ValueError(f"name: there is a constant {name!r} already")
    return name
