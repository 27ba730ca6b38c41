"""One canonical form for functions with kinks and jumps: intervals with a smooth piece on each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import sympy
from sympy import Abs, Expr, Heaviside, Integer, Max, Min, Piecewise, Symbol, sign
from sympy.core.relational import Relational

__all__ = ["Piece", "is_below", "pieces_of", "real_zeros", "sample_between", "with_replaced"]

# Left end, right end, expression.
Piece = tuple[Expr, Expr, Expr]

_SWITCHES = (Abs, Heaviside, Max, Min, Piecewise, sign)
_TINY = sympy.Rational(1, 10**20)
_PERIODIC = (sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sec, sympy.csc)
_STEPS = (sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod)


def pieces_of(expr: Expr, x: Symbol) -> list[Piece]:
    """Return the pieces of a function from left to right; equal neighbours are joined.

    Parameters
    ----------
    expr : Expr
        Joined by Abs, sign, Heaviside, Max, Min and Piecewise, in any nesting.
    x : Symbol
        Real.

    Raises
    ------
    ValueError
        Breaks whose order is unknown, that accumulate, or that have no closed form; a function
        that is not real or not defined somewhere.
    """
    joined: list[Piece] = []
    for low, high, piece in _pieces(expr, x, -sympy.oo, sympy.oo):
        if joined and joined[-1][2] == piece:
            joined[-1] = (joined[-1][0], high, piece)
        else:
            joined.append((low, high, piece))
    return joined


def _pieces(expr: Expr, x: Symbol, low: Expr, high: Expr) -> Iterator[Piece]:
    switch = _next_switch(expr, x)
    if switch is None:
        step = next((node for kind in _STEPS for node in expr.atoms(kind) if node.has(x)), None)
        if step is not None:
            raise ValueError(f"f: {_shown(step, x)} has infinitely many breaks in this function")
        yield low, high, expr
        return
    ends = [low, *_breaks(switch, x, low, high), high]
    for left, right in pairwise(ends):
        branch = _branch(switch, x, sample_between(left, right))
        yield from _pieces(with_replaced(expr, switch, branch), x, left, right)


def _next_switch(expr: Expr, x: Symbol) -> Expr | None:
    """Return the outermost Piecewise, once its conditions are free of switches, else the innermost.

    A branch is looked at only where it is in force: elsewhere it may have no value.
    """
    for node in sympy.preorder_traversal(expr):
        if isinstance(node, Piecewise) and node.has(x):
            conditions = (condition for _, condition in node.args if condition.has(*_SWITCHES))
            inside = (_innermost_switch(condition, x) for condition in conditions)
            return next((switch for switch in inside if switch is not None), node)
    return _innermost_switch(expr, x)


def with_replaced(expr: Expr, old: Expr, new: Expr) -> Expr:
    """Return an expression with a part replaced; Max and Min of what remains stay unevaluated.

    Their evaluation compares all arguments, which takes longer than all the rest.
    """
    if expr == old:
        return new
    if not expr.args or not expr.has(old):
        return expr
    parts = [with_replaced(part, old, new) for part in expr.args]
    if isinstance(expr, Max | Min) and any(part.free_symbols for part in parts):
        return expr.func(*parts, evaluate=False)
    return expr.func(*parts)


def _innermost_switch(expr: Expr, x: Symbol) -> Expr | None:
    if not expr.has(*_SWITCHES):
        return None
    for node in sympy.postorder_traversal(expr):
        if isinstance(node, _SWITCHES) and node.has(x):
            inside = (part for argument in node.args for part in sympy.preorder_traversal(argument))
            if not any(isinstance(part, _SWITCHES) and part.has(x) for part in inside):
                return node
    return None


def _switching(switch: Expr) -> list[Expr]:
    """Return the expressions at whose zeros the switch may change its branch."""
    if isinstance(switch, Max | Min):
        arguments = list(switch.args)
        return [a - b for i, a in enumerate(arguments) for b in arguments[i + 1 :]]
    if isinstance(switch, Piecewise):
        relations = [r for _, condition in switch.args for r in condition.atoms(Relational)]
        return [relation.lhs - relation.rhs for relation in relations]
    return [switch.args[0]]


def _breaks(switch: Expr, x: Symbol, low: Expr, high: Expr) -> list[Expr]:
    found: set[Expr] = set()
    for argument in _switching(switch):
        if argument.has(x):
            found.update(real_zeros(argument, x))
    return _ordered([at for at in found if is_below(low, at) and is_below(at, high)])


def real_zeros(argument: Expr, x: Symbol) -> list[Expr]:
    """Return all real points where an expression is zero or has a pole, in closed form.

    Raises
    ------
    ValueError
        There are infinitely many, or they have no closed form.
    """
    if argument.is_infinite or argument.has(sympy.nan, sympy.zoo):
        raise ValueError(f"f: {_shown(argument, x)} is not finite")
    numerator, denominator = sympy.fraction(sympy.together(argument))
    zeros: list[Expr] = []
    for part in (numerator, denominator):
        for factor in sympy.Mul.make_args(part):
            base = factor.as_base_exp()[0] if not isinstance(factor, sympy.exp) else Integer(1)
            if base.has(x):
                zeros += _zeros_of_factor(base, x)
    return zeros


def _zeros_of_factor(factor: Expr, x: Symbol) -> list[Expr]:
    if factor.is_polynomial(x):
        return _polynomial_zeros(factor, x)
    for node in factor.atoms(sympy.Function):
        if isinstance(node, _PERIODIC) and node.has(x):
            inner = node.args[0]
            if not inner.is_polynomial(x):
                raise ValueError(f"f: the breaks at the zeros of {_shown(factor, x)} accumulate")
            raise ValueError(
                f"f: the zeros of {_shown(factor, x)}, infinitely many perhaps, have no closed form"
            )
    zeros = _exponential_zeros(factor, x)
    if zeros is None:
        raise ValueError(f"f: the zeros of {_shown(factor, x)} have no closed form")
    return zeros


def _polynomial_zeros(polynomial: Expr, x: Symbol) -> list[Expr]:
    poly = sympy.Poly(polynomial, x)
    if poly.degree() < 1:
        return []
    if poly.degree() == 1:
        (slope, constant) = poly.all_coeffs()
        return [sympy.expand(-constant / slope)]
    if poly.get_domain().is_QQ or poly.get_domain().is_ZZ:
        return list(dict.fromkeys(poly.real_roots()))
    if not poly.free_symbols_in_domain and poly.degree() == 3:
        return _cubic_zeros(poly)
    roots = sympy.roots(poly)
    if sum(roots.values()) != poly.degree():
        raise ValueError(f"f: the zeros of {_shown(polynomial, x)} have no closed form")
    if not poly.free_symbols_in_domain:
        real = [root for root in roots if abs(sympy.im(_value(root))) < _TINY]
        if not all(_value(root).is_extended_real for root in real):
            raise ValueError(f"f: the zeros of {_shown(polynomial, x)} have no real closed form")
        return real
    return [root for root in roots if root.is_real is not False]


def _cubic_zeros(poly: sympy.Poly) -> list[Expr]:
    """Return the real zeros of a cubic with numbers as coefficients, in real terms (Cardano)."""
    a, b, c, d = poly.all_coeffs()
    shift, p = -b / (3 * a), c / a - b**2 / (3 * a**2)
    q = 2 * b**3 / (27 * a**3) - b * c / (3 * a**2) + d / a
    discriminant = q**2 / 4 + p**3 / 27
    size = _value(discriminant)
    if abs(size) < _TINY and discriminant.equals(0):
        if p.equals(0):
            return [shift]
        return [shift + 3 * q / p, shift - 3 * q / (2 * p)]
    if size > 0:
        root = sympy.sqrt(discriminant)
        return [shift + _cube_root(-q / 2 + root) + _cube_root(-q / 2 - root)]
    angle = sympy.acos(3 * q / (2 * p) * sympy.sqrt(-3 / p)) / 3
    turns = (angle - 2 * sympy.pi * k / 3 for k in range(3))
    return [shift + 2 * sympy.sqrt(-p / 3) * sympy.cos(turn) for turn in turns]


def _cube_root(number: Expr) -> Expr:
    third = sympy.Rational(1, 3)
    return number**third if _value(number) > 0 else -((-number) ** third)


def _exponential_zeros(factor: Expr, x: Symbol) -> list[Expr] | None:
    """Return the zeros of what is a polynomial in e^(c x), or the logarithm of something."""
    if isinstance(factor, sympy.log):
        return [*real_zeros(factor.args[0] - 1, x), *real_zeros(factor.args[0], x)]
    if isinstance(factor, sympy.exp):
        return []
    power = Symbol("power", positive=True)
    rates = [node.args[0] for node in factor.atoms(sympy.exp) if node.has(x)]
    if not rates or any(not (rate / x).is_Rational for rate in rates):
        return None
    unit = sympy.gcd_list([rate / x for rate in rates])
    replaced = factor.xreplace({sympy.exp(rate): power ** (rate / x / unit) for rate in rates})
    if replaced.has(x):
        return None
    numerator, _ = sympy.fraction(sympy.together(replaced))
    zeros = _polynomial_zeros(sympy.expand(numerator), power)
    return [sympy.log(zero) / unit for zero in zeros if _value(zero) > 0]


def _value(number: Expr) -> Any:
    return sympy.N(number, 30)


def is_below(left: Expr, right: Expr) -> bool:
    """Tell whether left < right; `ValueError` where assumptions do not tell."""
    if left == right:
        return False
    if left is -sympy.oo or right is sympy.oo:
        return True
    difference = right - left
    if difference.is_Rational:
        return bool(difference > 0)
    if not difference.free_symbols:
        value = sympy.N(difference, 30)
        if value.is_extended_real and abs(value) > _TINY:
            return bool(value > 0)
    verdict = sympy.simplify(difference).is_positive
    if verdict is None:
        if difference.equals(0):
            return False
        raise ValueError(f"f: is {left} below {right}? declare assumptions that order the breaks")
    return bool(verdict)


def _ordered(values: list[Expr]) -> list[Expr]:
    ordered: list[Expr] = []
    for value in sorted(values, key=sympy.default_sort_key):
        if any(not is_below(other, value) and not is_below(value, other) for other in ordered):
            continue
        place = sum(1 for other in ordered if is_below(other, value))
        ordered.insert(place, value)
    return ordered


def sample_between(low: Expr, high: Expr) -> Expr:
    """Return a point strictly between two ends, which may be infinite."""
    if low is -sympy.oo:
        return Integer(0) if high is sympy.oo else high - 1
    return low + 1 if high is sympy.oo else (low + high) / 2


def _branch(switch: Expr, x: Symbol, sample: Expr) -> Expr:
    """Return what the switch is on a piece that contains `sample` and no break."""
    if isinstance(switch, Piecewise):
        for value, condition in switch.args:
            if _holds(condition, x, sample):
                return value
        raise ValueError(f"f: {_shown(switch, x)} has no value at {sample}")
    if isinstance(switch, Max | Min):
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
    value = argument.subs(x, sample)
    if not value.is_Rational and not value.free_symbols:
        number = sympy.N(value, 30)
        if number.is_extended_real and abs(number) > _TINY:
            return bool(number > 0)
    value = sympy.simplify(value)
    if value.is_extended_real is False:
        raise ValueError(f"f: expected a real function, got the complex {_shown(argument, x)}")
    if value.is_positive is None:
        raise ValueError(f"f: is {value} positive? declare assumptions that order the breaks")
    return bool(value.is_positive)


def _holds(condition: Any, x: Symbol, sample: Expr) -> bool:
    verdict = condition.subs(x, sample)
    if verdict not in (sympy.true, sympy.false) and not verdict.free_symbols:
        verdict = sympy.simplify(verdict)
    if verdict in (sympy.true, sympy.false):
        return bool(verdict)
    raise ValueError(f"f: does {verdict} hold? declare assumptions that order the breaks")


def _shown(expr: Any, x: Symbol) -> Any:
    """Return an expression with the variable as the user wrote it."""
    return expr.subs(x, Symbol(x.name))
