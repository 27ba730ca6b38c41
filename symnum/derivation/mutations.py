"""Small changes to an expression, each of which ought to change what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, zip_longest

import sympy
from sympy import Add, Basic, Expr, Integer, Number, Pow, Rational, preorder_traversal

__all__ = ["variants"]

_STRETCH = Rational(101, 100)
# How many places each rule may change.
_PLACES = 3

EXCHANGED: dict[type[Basic], type[Basic]] = {
    sympy.sin: sympy.cos,
    sympy.cos: sympy.sin,
    sympy.tan: sympy.sin,
    sympy.sinh: sympy.cosh,
    sympy.cosh: sympy.sinh,
    sympy.tanh: sympy.sinh,
    sympy.asin: sympy.acos,
    sympy.acos: sympy.asin,
    sympy.atan: sympy.asinh,
    sympy.asinh: sympy.atan,
    sympy.erf: sympy.erfc,
    sympy.erfc: sympy.erf,
    sympy.Max: sympy.Min,
    sympy.Min: sympy.Max,
    sympy.floor: sympy.ceiling,
    sympy.ceiling: sympy.floor,
}

Change = tuple[str, Expr]
Plan = tuple[str, Callable[[], Expr]]


def variants(expr: Expr) -> Iterator[Change]:
    """Yield changed copies of an expression, one rule after the other in turn.

    Parameters
    ----------
    expr : sympy.Expr

    Yields
    ------
    (str, sympy.Expr)
        What was changed, and the changed expression; it may happen to be equal to the original.

    Examples
    --------
    >>> from sympy.abc import x
    >>> from sympy import exp
    >>> [str(changed) for _, changed in variants(2 * exp(x))][:3]
    ['3*exp(x)', '2*exp(-x)', '2*exp(101*x/100)']
    """
    seen = {expr}
    infinite = [value for value in _INFINITE if not expr.has(value)]
    for plan in chain.from_iterable(zip_longest(*(rule(expr) for rule in RULES))):
        changed = _carried_out(plan[1]) if plan is not None else None
        if changed is not None and changed not in seen and not changed.has(*infinite):
            seen.add(changed)
            yield plan[0], changed


_INFINITE = (sympy.nan, sympy.oo, -sympy.oo, sympy.zoo)


def _carried_out(build: Callable[[], Expr]) -> Expr | None:
    """Build a variant, None where a function refuses the changed argument."""
    try:
        return build()
    except (ArithmeticError, NotImplementedError, TypeError, ValueError):
        return None


def _numbers_up(expr: Expr) -> Iterator[Plan]:
    for number in _finite_numbers(expr):
        yield f"{number} became {number + 1}", partial(_replaced, expr, number, number + 1)


def _numbers_negated(expr: Expr) -> Iterator[Plan]:
    for number in _finite_numbers(expr):
        yield f"{number} was negated", partial(_replaced, expr, number, -number)


def _signs_in_sums(expr: Expr) -> Iterator[Plan]:
    for node in _places(expr, lambda node: isinstance(node, Add)):
        term = node.args[-1]
        yield f"the sign of {term} was changed", partial(_replaced, expr, node, node - 2 * term)


def _exponents_negated(expr: Expr) -> Iterator[Plan]:
    for node in _places(expr, lambda node: isinstance(node, sympy.exp)):
        yield f"{node} became its reciprocal", partial(_replaced, expr, node, 1 / node)


def _functions_exchanged(expr: Expr) -> Iterator[Plan]:
    for node in _places(expr, lambda node: type(node) in EXCHANGED):
        other = EXCHANGED[type(node)](*node.args)
        yield f"{node} became {other}", partial(_replaced, expr, node, other)


def _symbols_stretched(expr: Expr) -> Iterator[Plan]:
    series = expr.atoms(sympy.Sum, sympy.Product)
    counting = {s for node in series for limit in node.limits for s in limit[-1].free_symbols}
    for symbol in sorted(expr.free_symbols, key=lambda symbol: symbol.name)[:_PLACES]:
        # Substitution leaves bound variables of integrals and sums alone.
        if symbol in counting:  # a number of terms stays whole
            yield f"{symbol} was raised by 1", partial(expr.subs, symbol, symbol + 1)
        else:
            yield f"{symbol} was stretched by 1 %", partial(expr.subs, symbol, _STRETCH * symbol)


def _exponents_up(expr: Expr) -> Iterator[Plan]:
    for node in _places(expr, lambda node: isinstance(node, Pow) and node.exp.is_number):
        changed = Pow(node.base, node.exp + 1)
        yield f"the exponent of {node} was raised by one", partial(_replaced, expr, node, changed)


def _whole(expr: Expr) -> Iterator[Plan]:
    yield "1 was added", lambda: expr + 1
    yield "the whole was negated", lambda: -expr
    yield "the whole was stretched by 1 %", lambda: _STRETCH * expr
    yield "1 was subtracted", lambda: expr - 1
    yield "the whole was doubled", lambda: 2 * expr
    yield "1/1000 was added", lambda: expr + Rational(1, 1000)
    yield "the square of the whole was added", lambda: expr + expr**2 + Rational(1, 7)


# Rules take turns, so that the first few variants are of different kinds.
RULES: tuple[Callable[[Expr], Iterator[Plan]], ...] = (
    _numbers_up,
    _signs_in_sums,
    _exponents_negated,
    _functions_exchanged,
    _symbols_stretched,
    _exponents_up,
    _numbers_negated,
    _whole,
)


def _places(expr: Expr, wanted: Callable[[Basic], bool]) -> list[Basic]:
    found = (node for node in preorder_traversal(expr) if wanted(node))
    return list(dict.fromkeys(found))[:_PLACES]


def _finite_numbers(expr: Expr) -> list[Number]:
    """Return the numbers of an expression, without the signs that SymPy keeps as factors -1."""
    numbers = _places(expr, lambda node: isinstance(node, Number) and node.is_finite)
    return [number for number in numbers if number != Integer(-1)] or numbers


def _replaced(expr: Expr, node: Basic, changed: Basic) -> Expr:
    """Replace a node wherever it occurs; limits of sums and integrals count as places too."""
    replaced: Expr = expr.xreplace({node: changed})
    return replaced
