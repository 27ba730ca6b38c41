"""What agreement at points is worth: points at which nothing is lost, and a closer look at them.

``log(1 + exp(x))`` and x agree to 400 digits at 1000. A point where a sum swallows one of its
terms, or where a function has come to rest, is no evidence for an equality, however many digits
agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy
from sympy import Expr, Rational

from symnum.derivation.fingerprints import nodes_of
from symnum.derivation.refuter import Point, value_at
from symnum.errors import UnsupportedNodeError
from symnum.reference.balls import BallFunction

__all__ = ["apart", "is_clear"]

_PRECISIONS = (400, 1600, 8000, 65536)
_MOST_BITS = 400_000
_SHORT = 20
_BINDERS = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Derivative, sympy.Subs, sympy.Limit)


def apart(lhs: Expr, rhs: Expr, point: Point) -> bool:
    """Tell whether balls of many digits prove that two sides differ at a point.

    Parameters
    ----------
    lhs, rhs : sympy.Expr
    point : mapping from sympy.Symbol to sympy.Expr

    Returns
    -------
    bool
        False where they may be equal, or no balls are known for a function.
    """
    gap = lhs - rhs
    symbols = sorted(gap.free_symbols, key=str)
    try:
        difference = BallFunction(symbols, gap)
    except (UnsupportedNodeError, ValueError):
        return False
    values = [point[symbol] for symbol in symbols]
    for precision in (*_PRECISIONS, min(2 * _height([gap]) + 8000, _MOST_BITS)):
        place = difference.complex(values, precision)
        if place.is_finite() and not place.contains(0):
            return True
    return False


def _height(exprs: Iterable[Expr]) -> int:
    """Return the length in bits of the longest number that is written in some expressions."""
    numbers = {number for expr in exprs for number in expr.atoms(Rational)}
    return max((max(int(n.p).bit_length(), int(n.q).bit_length()) for n in numbers), default=1)


def is_clear(exprs: Iterable[Expr], point: Point, digits: int) -> bool:
    """Tell whether values at a point depend visibly on every part of the expressions.

    Parameters
    ----------
    exprs : iterable of sympy.Expr
    point : mapping from sympy.Symbol to sympy.Expr
    digits : int
        To which the values are compared.

    Returns
    -------
    bool
    """
    least = Rational(1, 10 ** (digits * 6 // 10))
    return all(_node_is_clear(node, point, least) for expr in exprs for node in _visible(expr))


def _visible(expr: Expr) -> Iterable[Expr]:
    hidden = {
        inner for node in expr.atoms(*_BINDERS) for part in node.args for inner in nodes_of(part)
    }
    return [node for node in nodes_of(expr) if isinstance(node, Expr) and node not in hidden]


def _node_is_clear(node: Expr, point: Point, least: Rational) -> bool:
    if isinstance(node, sympy.Add):
        sizes = [size for term in node.args if (size := _size(term, point)) is not None]
        return not sizes or min(sizes) >= float(least) * max(sizes)
    if isinstance(node, sympy.Function) and len(node.args) == 1 and node.free_symbols:
        # A function that does not notice that its argument doubles has come to rest.
        argument = node.args[0]
        here = value_at(node, point, 2 * _SHORT)
        change = _size(node.func(2 * argument, evaluate=False) - node, point)
        return change is None or here is None or change >= float(least) * abs(here)
    return True


def _size(expr: Expr, point: Point) -> Any:
    """Return the modulus of a finite value other than zero, None for anything else."""
    value = value_at(expr, point, _SHORT)
    if value is None or value != value or value == 0 or abs(value) == float("inf"):
        return None
    return abs(value)
