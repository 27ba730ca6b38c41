"""The condition under which a compiled result answers: its arguments lie in the domain."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Abs, And, Eq, Ge, Gt, Integer, Le, Lt, Rational, Symbol, floor, oo, true
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symnum.expressions.box import Box
from symnum.expressions.domains import Integers

__all__ = ["domain_guard"]

# An equality among the joint conditions holds for rounded numbers only up to this, relative to
# the size of its sides.
_ROUNDING = Rational(1, 2**40)


def domain_guard(box: Box, args: Sequence[Symbol]) -> Boolean:
    """Return the conditions of a domain that can be tested on the arguments alone.

    Infinite ends give no condition. Joint conditions that involve a symbol which is no argument
    are left out, and an equality counts as fulfilled up to rounding.

    Parameters
    ----------
    box : symnum.expressions.Box
    args : sequence of sympy.Symbol

    Returns
    -------
    sympy.logic.boolalg.Boolean
        ``true`` where every number is admitted.

    Examples
    --------
    >>> from symnum.expressions import Box, Interval
    >>> x = Symbol("x")
    >>> domain_guard(Box({x: Interval(0, oo, left_open=True)}), [x])
    x > 0
    """
    conditions: list[Boolean] = []
    for argument in args:
        domain = box[argument]
        if domain.low != -oo:
            conditions.append((Gt if domain.left_open else Ge)(argument, domain.low))
        if domain.high != oo:
            conditions.append((Lt if domain.right_open else Le)(argument, domain.high))
        if isinstance(domain, Integers):
            conditions.append(Eq(argument, floor(argument), evaluate=False))
    known = set(args)
    conditions += [
        _up_to_rounding(relation) for relation in box.where if relation.free_symbols <= known
    ]
    return And(*conditions, evaluate=False) if conditions else true


def _up_to_rounding(relation: Relational) -> Boolean:
    if not isinstance(relation, Eq):
        return relation
    left, right = relation.lhs, relation.rhs
    size = Integer(1) + Abs(left) + Abs(right)
    return Le(Abs(left - right), _ROUNDING * size, evaluate=False)
