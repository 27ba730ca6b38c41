"""From SymPy nodes to rules for Taylor series: sums, powers, branches, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import flint
import sympy
from flint import arb, arb_series, fmpq

from symnum.approximation.taylor_fallback import derivative_rule
from symnum.approximation.taylor_rules import FUNCTION_RULES, Value, head, power, unknown

__all__ = ["vertex_rule", "without_fillings", "without_quotient_functions"]

QUOTIENTS: dict[type, Callable[[Any], Any]] = {
    sympy.sec: lambda u: 1 / sympy.cos(u),
    sympy.csc: lambda u: 1 / sympy.sin(u),
    sympy.cot: lambda u: sympy.cos(u) / sympy.sin(u),
    sympy.sech: lambda u: 1 / sympy.cosh(u),
    sympy.csch: lambda u: 1 / sympy.sinh(u),
    sympy.coth: lambda u: sympy.cosh(u) / sympy.sinh(u),
    sympy.sinc: lambda u: sympy.sin(u) / u,
}


def without_fillings(expr: Any, variable: Any) -> Any:
    """Leave out the branch for a single point where it only fills in the limit there."""

    def is_filling(node: Any) -> bool:
        if not isinstance(node, sympy.Piecewise) or len(node.args) != 2:
            return False
        (branch, condition), (filling, rest) = node.args
        if not (isinstance(condition, sympy.Ne) and rest == sympy.true):
            return False
        place = condition.rhs if condition.lhs == variable else None
        return place is not None and sympy.limit(branch, variable, place) == filling

    return expr.replace(is_filling, lambda node: node.args[0][0])


def without_quotient_functions(expr: Any) -> Any:
    """Write the functions that are quotients as such, so that their poles can cancel."""
    for function, quotient in QUOTIENTS.items():
        if expr.has(function):
            expr = expr.replace(function, quotient)
    return expr


def vertex_rule(expr: Any) -> tuple[Sequence[Any], Callable[..., Value]]:
    """Return the operands of a vertex and the rule that combines their values.

    Raises
    ------
    UnsupportedNodeError
        Where a part has no Taylor series here, naming it.
    """
    if expr.is_Add:
        return expr.args, lambda *operands: reduce(add, operands)
    if expr.is_Mul:
        return expr.args, lambda *operands: reduce(mul, operands)
    if expr.is_Pow:
        exact = fmpq(int(expr.exp.p), int(expr.exp.q)) if expr.exp.is_Rational else None
        return expr.args, lambda base, exponent: power(base, exponent, exact)
    if isinstance(expr, sympy.Piecewise):
        return [part for pair in expr.args for part in pair.args], _piecewise
    if expr.is_Relational:
        return expr.args, RELATIONS[type(expr)]
    if type(expr) in FUNCTION_RULES:
        return expr.args, FUNCTION_RULES[type(expr)]
    return derivative_rule(expr)


def _piecewise(*operands: Value) -> Value:
    taken = []
    for branch, condition in zip(operands[::2], operands[1::2], strict=True):
        if condition is not False:
            taken.append(branch)
        if condition is True:
            break
    else:
        return unknown()
    if len(taken) == 1:
        return taken[0]
    union = reduce(lambda a, b: a.union(b), [head(branch) for branch in taken])
    return arb_series([arb(union), *[arb.nan()] * (flint.ctx.cap - 1)])


def _relation(compare: Callable[[arb, arb], bool], against: Callable[[arb, arb], bool]) -> Any:
    def rule(left: Value, right: Value) -> bool | None:
        a, b = head(left), head(right)
        return True if compare(a, b) else False if against(a, b) else None

    return rule


def _same(left: arb, right: arb) -> bool:
    return bool(left.is_exact() and right.is_exact() and left == right)


RELATIONS: dict[type, Callable[[Value, Value], bool | None]] = {
    sympy.StrictLessThan: _relation(lambda a, b: a < b, lambda a, b: a >= b),
    sympy.LessThan: _relation(lambda a, b: a <= b, lambda a, b: a > b),
    sympy.StrictGreaterThan: _relation(lambda a, b: a > b, lambda a, b: a <= b),
    sympy.GreaterThan: _relation(lambda a, b: a >= b, lambda a, b: a < b),
    sympy.Unequality: _relation(lambda a, b: not a.overlaps(b), lambda a, b: _same(a, b)),
    sympy.Equality: _relation(lambda a, b: _same(a, b), lambda a, b: not a.overlaps(b)),
}
