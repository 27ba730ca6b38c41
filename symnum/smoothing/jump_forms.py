"""Piecewise polynomials as sums of truncated powers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy
from sympy import Abs, Dummy, Expr, Heaviside, Integer, Max, Min, Piecewise, Poly, Symbol, sign
from sympy.core.relational import Relational

from symnum.expressions import as_expression, as_symbol

__all__ = ["JumpForm", "jump_form"]

_SWITCHES = (Abs, Heaviside, Max, Min, Piecewise, sign)


@dataclass(frozen=True, slots=True)
class JumpForm:
    r"""A piecewise polynomial in terms of its jumps.

    .. math:: f(x) = p_0(x) + \sum_{j,k} J_{jk} \frac{(x - a_j)_+^k}{k!}

    Attributes
    ----------
    variable : Symbol
    polynomial : Expr
        p_0, the leftmost piece.
    jumps : tuple of (Expr, int, Expr)
        Triples (a, k, J): the k-th derivative jumps by J at a; a ascends.
    """

    variable: Symbol
    polynomial: Expr
    jumps: tuple[tuple[Expr, int, Expr], ...]

    @property
    def last_polynomial(self) -> Expr:
        """The rightmost piece."""
        x = self.variable
        terms = (J * (x - a) ** k / sympy.factorial(k) for a, k, J in self.jumps)
        return sympy.expand(self.polynomial + sympy.Add(*terms))


def jump_form(f: Any, x: Any) -> JumpForm:
    """Return the jump form of a piecewise polynomial.

    Parameters
    ----------
    f : Expr or str
        Polynomials joined by Abs, sign, Heaviside, Max, Min and Piecewise; other symbols are
        parameters, on whose assumptions the order of the breaks may depend.
    x : Symbol or str

    Returns
    -------
    JumpForm

    Raises
    ------
    ValueError
        A piece that is no polynomial, breaks whose order is unknown, or a function that is not
        real.

    Examples
    --------
    >>> from sympy import Symbol, Abs
    >>> jump_form(Abs(Symbol("x") - 1), "x").jumps
    ((1, 1, 2),)
    """
    variable = as_symbol(x, "x")
    expr = as_expression(f, "f", declared={variable.name: variable})
    real = Dummy(variable.name, real=True)
    pieces = list(_pieces(expr.subs(variable, real), real, -sympy.oo, sympy.oo))
    polynomials = [_polynomial(piece, real) for _, piece in pieces]
    jumps: list[tuple[Expr, int, Expr]] = []
    starts = (start for start, _ in pieces[1:])
    for at, (left, right) in zip(starts, pairwise(polynomials), strict=True):
        difference = Poly(right.as_expr() - left.as_expr(), real)
        for k in range(difference.degree() + 1 if difference else 0):
            height = sympy.simplify(difference.diff((real, k)).eval(at))
            if height != 0:
                jumps.append((at, k, height))
    return JumpForm(variable, polynomials[0].as_expr().subs(real, variable), tuple(jumps))


def _polynomial(piece: Expr, x: Symbol) -> Poly:
    try:
        return Poly(sympy.expand(piece), x)
    except sympy.PolynomialError as refused:
        shown = piece.subs(x, Symbol(x.name))
        raise ValueError(f"f: expected polynomial pieces, got {shown}") from refused


def _pieces(expr: Expr, x: Symbol, low: Expr, high: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Yield (left end, expression) for the pieces of `expr` between `low` and `high`."""
    switch = _innermost_switch(expr, x)
    if switch is None:
        yield low, expr
        return
    ends = [low, *_breaks(switch, x, low, high), high]
    for left, right in pairwise(ends):
        branch = _branch(switch, x, _sample(left, right))
        yield from _pieces(expr.xreplace({switch: branch}), x, left, right)


def _innermost_switch(expr: Expr, x: Symbol) -> Expr | None:
    for node in sympy.postorder_traversal(expr):
        if isinstance(node, _SWITCHES) and node.has(x):
            inside = (part for argument in node.args for part in sympy.preorder_traversal(argument))
            if not any(isinstance(part, _SWITCHES) and part.has(x) for part in inside):
                return node
    return None


def _switching(switch: Expr) -> list[Expr]:
    """Return the expressions at whose zeros the switch may change its branch."""
    if isinstance(switch, (Max, Min)):
        arguments = list(switch.args)
        return [a - b for i, a in enumerate(arguments) for b in arguments[i + 1 :]]
    if isinstance(switch, Piecewise):
        relations = [r for _, condition in switch.args for r in condition.atoms(Relational)]
        return [relation.lhs - relation.rhs for relation in relations]
    return [switch.args[0]]


def _breaks(switch: Expr, x: Symbol, low: Expr, high: Expr) -> list[Expr]:
    found: set[Expr] = set()
    for argument in _switching(switch):
        polynomial = _polynomial(argument, x)
        if polynomial.degree() > 0:
            found.update(root for root in sympy.roots(polynomial) if root.is_real is not False)
            if sum(sympy.roots(polynomial).values()) != polynomial.degree():
                raise ValueError(f"f: the zeros of {argument} have no closed form")
    inside = [at for at in found if _less(low, at) and _less(at, high)]
    return _ordered(inside)


def _less(left: Expr, right: Expr) -> bool:
    if left == right:
        return False
    if left is -sympy.oo or right is sympy.oo:
        return True
    verdict = sympy.simplify(right - left).is_positive
    if verdict is None:
        verdict = (right - left).equals(0)
        if not verdict:
            raise ValueError(
                f"f: is {left} below {right}? declare assumptions that order the breaks"
            )
        return False
    return bool(verdict)


def _ordered(values: list[Expr]) -> list[Expr]:
    ordered: list[Expr] = []
    for value in sorted(values, key=sympy.default_sort_key):
        place = sum(1 for other in ordered if _less(other, value))
        ordered.insert(place, value)
    return ordered


def _sample(low: Expr, high: Expr) -> Expr:
    if low is -sympy.oo:
        return Integer(0) if high is sympy.oo else high - 1
    return low + 1 if high is sympy.oo else (low + high) / 2


def _branch(switch: Expr, x: Symbol, sample: Expr) -> Expr:
    """Return what the switch is on a piece that contains `sample` and no break."""
    if isinstance(switch, Piecewise):
        for value, condition in switch.args:
            if _holds(condition, x, sample):
                return value
        raise ValueError(f"f: {switch} has no value at {sample}")
    if isinstance(switch, (Max, Min)):
        best = switch.args[0]
        for candidate in switch.args[1:]:
            above = _positive(candidate - best, x, sample)
            if above == isinstance(switch, Max):
                best = candidate
        return best
    positive = _positive(switch.args[0], x, sample)
    if isinstance(switch, Abs):
        return switch.args[0] if positive else -switch.args[0]
    if isinstance(switch, sign):
        return Integer(1) if positive else Integer(-1)
    return Integer(1) if positive else Integer(0)


def _positive(argument: Expr, x: Symbol, sample: Expr) -> bool:
    value = sympy.simplify(argument.subs(x, sample))
    if value.is_extended_real is False:
        raise ValueError(f"f: expected a real function, got the complex {argument}")
    if value.is_positive is None:
        raise ValueError(f"f: is {value} positive? declare assumptions that order the breaks")
    return bool(value.is_positive)


def _holds(condition: Any, x: Symbol, sample: Expr) -> bool:
    verdict = condition.subs(x, sample)
    if verdict in (sympy.true, sympy.false):
        return bool(verdict)
    raise ValueError(f"f: does {verdict} hold? declare assumptions that order the breaks")
