"""Where a formula may break: zeros of the expressions on which its kinks, jumps and poles depend.

Random points never meet a spike of width 1e-5, a single point, or a pole. These places are solved
for along each axis, and the refuter looks at them and between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import sympy
from sympy import Expr, Rational, Symbol

from symnum.derivation.provers.enclosures import enclosed, enclosed_at, ends_as_floats, signs_of
from symnum.derivation.provers.realroots import rational_polynomial, roots_inside
from symnum.expressions.domains import Integers, Interval

__all__ = ["axis_points", "closed_forms", "switches"]

_MOST_SWITCHES = 24
_MOST_TURNS = 12
_MOST_POINTS = 40
_GRID = 33
_INFINITIES = (sympy.oo, -sympy.oo)


def switches(expr: Expr) -> list[Expr]:
    """Return the expressions at whose zeros a formula may have a kink, a jump or a pole.

    Parameters
    ----------
    expr : sympy.Expr
        As it was written; nothing is evaluated again.

    Returns
    -------
    list of sympy.Expr
        Without repetitions, in a fixed order.
    """
    found: dict[Expr, None] = {}
    for node in sympy.preorder_traversal(expr):
        for switch in _of_node(node):
            if switch.free_symbols:
                found.setdefault(switch)
    return sorted(found, key=sympy.default_sort_key)[:_MOST_SWITCHES]


def _of_node(node: sympy.Basic) -> Iterator[Expr]:
    if isinstance(node, sympy.Abs | sympy.sign | sympy.Heaviside | sympy.log):
        yield node.args[0]
        if isinstance(node, sympy.log):
            yield node.args[0] - 1
    elif isinstance(node, sympy.Max | sympy.Min):
        arguments = sorted(node.args, key=sympy.default_sort_key)
        for place, left in enumerate(arguments):
            for right in arguments[place + 1 :]:
                yield left - right
    elif isinstance(node, sympy.core.relational.Relational):
        yield node.lhs - node.rhs
    elif isinstance(node, sympy.Pow):
        if not node.exp.is_Integer or node.exp < 0:
            yield node.base
    elif isinstance(node, sympy.floor | sympy.ceiling | sympy.frac):
        yield sympy.sin(sympy.pi * node.args[0])
    elif isinstance(node, sympy.Mod):
        yield sympy.sin(sympy.pi * node.args[0] / node.args[1])
    elif isinstance(node, sympy.acos | sympy.asin | sympy.acosh | sympy.atanh):
        yield node.args[0] - 1
        yield node.args[0] + 1
    elif isinstance(node, sympy.atan):
        inner = node.args[0]
        if isinstance(inner, sympy.tan):
            yield sympy.cos(inner.args[0])
    elif isinstance(node, sympy.tan | sympy.sec):
        yield sympy.cos(node.args[0])
    elif isinstance(node, sympy.cot | sympy.csc):
        yield sympy.sin(node.args[0])
    elif isinstance(node, sympy.coth | sympy.csch | sympy.acot):
        yield node.args[0]


def axis_points(
    expressions: list[Expr],
    symbol: Symbol,
    domain: Interval | Integers,
    others: Mapping[Symbol, Expr],
) -> list[Expr]:
    """Return the breaks along one axis and a point between each two neighbours.

    Parameters
    ----------
    expressions : list of sympy.Expr
        Switches.
    symbol : sympy.Symbol
        The axis.
    domain : Interval or Integers
    others : mapping from sympy.Symbol to sympy.Expr
        Values of the other symbols.

    Returns
    -------
    list of sympy.Expr
        Members of the domain; a break without closed form is left out, its neighbours are not.
    """
    places: list[tuple[Rational, Expr | None]] = []
    for expr in expressions:
        if symbol not in expr.free_symbols:
            continue
        if any(node.exp.free_symbols - {symbol} for node in expr.atoms(sympy.Pow)):
            continue  # numbers in an exponent may make a power too long to be written out
        line = expr.xreplace(dict(others))
        if line.free_symbols == {symbol}:
            places += _zeros(line, symbol, domain)
    if not places:
        return []
    exact = [value for _, value in places if value is not None]
    cuts = sorted({near for near, _ in places})[:_MOST_POINTS]
    for end in (domain.low, domain.high):
        if end not in _INFINITIES:
            cuts.append(_near(end))
    cuts = sorted(set(cuts))
    between = [(left + right) / 2 for left, right in itertools.pairwise(cuts)]
    if domain.low in _INFINITIES:
        between.append(cuts[0] - 1)
    if domain.high in _INFINITIES:
        between.append(cuts[-1] + 1)
    if isinstance(domain, Integers):
        between = [sympy.floor(value) for value in between]
    found = dict.fromkeys([*exact, *between])
    return [value for value in found if value in domain][: 2 * _MOST_POINTS]


def closed_forms(expr: Expr, symbol: Symbol, domain: Interval | Integers) -> list[Expr]:
    """Return zeros of an expression of one symbol that have a simple closed form.

    Parameters
    ----------
    expr : sympy.Expr
    symbol : sympy.Symbol
    domain : Interval or Integers

    Returns
    -------
    list of sympy.Expr
        Candidates in the closure of the domain; there may be other zeros.
    """
    found: list[Expr] = []
    for factor in sympy.Mul.make_args(expr):
        if symbol in factor.free_symbols:
            found += [value for _, value in _zeros(factor, symbol, domain) if value is not None]
    return found


def _near(number: Expr) -> Rational:
    """Return a rational number close to a real one."""
    if number.is_Rational:
        return number
    return Rational(sympy.Float(number.evalf(30)))


def _zeros(
    line: Expr, symbol: Symbol, domain: Interval | Integers
) -> list[tuple[Rational, Expr | None]]:
    """Return zeros of an expression of one symbol: near, and in closed form where there is one."""
    poly = rational_polynomial(sympy.numer(line) if line.is_rational_function() else line, [symbol])
    if poly is not None and not poly.is_zero:
        roots = roots_inside(poly, domain) or []
        return [
            (
                root.exact
                if root.exact is not None and root.exact.is_Rational
                else Rational(sympy.Float(str(root.ball.mid().str(30, radius=False)), 30)),
                root.exact,
            )
            for root in roots
        ]
    if isinstance(line, sympy.sin | sympy.cos):
        return _turns(line, symbol, domain)
    if isinstance(line, sympy.Add | sympy.Mul):
        simple = _inverted(line, symbol)
        if simple is not None:
            return [(_near(value), value) for value in simple if value in domain]
    return _scanned(line, symbol, domain)


def _turns(
    line: Expr, symbol: Symbol, domain: Interval | Integers
) -> list[tuple[Rational, Expr | None]]:
    """Solve ``sin(a x + b) = 0`` or ``cos(a x + b) = 0`` for as many turns as the domain holds."""
    angle = line.args[0]
    shift = sympy.pi / 2 if isinstance(line, sympy.cos) else sympy.Integer(0)
    if not angle.is_polynomial(symbol) or sympy.degree(angle, symbol) != 1:
        return _scanned(line, symbol, domain)
    slope = angle.coeff(symbol, 1)
    offset = angle.subs(symbol, 0)
    low, high = ends_as_floats(enclosed(angle, {symbol: domain}))
    low, high = max(low, -_MOST_TURNS * 1.6), min(high, _MOST_TURNS * 1.6)
    first = int(sympy.ceiling((low - 1e-9) / 3.1415926535 - 1))
    turns = [first + step for step in range(int((high - low) / 3.1) + 4)]
    turns = sorted(turns, key=abs)[: 2 * _MOST_TURNS] if len(turns) > 2 * _MOST_TURNS else turns
    values = [(turn * sympy.pi + shift - offset) / slope for turn in turns]
    return [(_near(value), value) for value in values if value in domain]


def _inverted(line: Expr, symbol: Symbol) -> list[Expr] | None:
    """Solve ``a f(x) + b = 0`` for an invertible elementary f of the symbol itself."""
    rest, term = line.as_independent(symbol, as_Add=True)
    factor, inner = term.as_independent(symbol, as_Add=False)
    inverse = _INVERSES.get(inner.func)
    if inverse is None or not inner.args or inner.args[0] != symbol:
        return None
    target = -rest / factor
    value = inverse(target)
    return [value] if value.is_extended_real and value.is_finite else []


_INVERSES = {
    sympy.exp: sympy.log,
    sympy.log: sympy.exp,
    sympy.tanh: sympy.atanh,
    sympy.sinh: sympy.asinh,
    sympy.atan: sympy.tan,
}


def _scanned(
    line: Expr, symbol: Symbol, domain: Interval | Integers
) -> list[tuple[Rational, Expr | None]]:
    """Bisect the changes of sign that a grid over the domain shows."""
    grid = _grid(domain)
    signs = [_sign_at(line, symbol, place) for place in grid]
    zeros: list[tuple[Rational, Expr | None]] = []
    for place, sign in zip(grid, signs, strict=True):
        if sign == 0:
            zeros.append((place, place))
    steps = zip(zip(grid, signs, strict=True), zip(grid[1:], signs[1:], strict=True), strict=False)
    for (left, before), (right, after) in steps:
        if before and after and before != after:
            zeros.append((_bisected(line, symbol, left, right, before), None))
    return zeros


def _grid(domain: Interval | Integers) -> list[Rational]:
    low = _near(domain.low) if domain.low not in _INFINITIES else None
    high = _near(domain.high) if domain.high not in _INFINITIES else None
    if low is not None and high is not None:
        return [low + (high - low) * Rational(step, _GRID - 1) for step in range(_GRID)]
    reach = [Rational(step**3, 200) for step in range(_GRID)]
    if low is not None:
        return [low + part for part in reach]
    if high is not None:
        return [high - part for part in reversed(reach)]
    return [-part for part in reversed(reach)] + reach[1:]


def _sign_at(line: Expr, symbol: Symbol, place: Rational) -> int | None:
    signs = signs_of(enclosed_at(line, {symbol: place}))
    return next(iter(signs)) if len(signs) == 1 else None


def _bisected(line: Expr, symbol: Symbol, left: Rational, right: Rational, before: int) -> Rational:
    for _ in range(50):
        middle = (left + right) / 2
        sign = _sign_at(line, symbol, middle)
        if sign is None or sign == 0:
            return middle
        left, right = (middle, right) if sign == before else (left, middle)
    return (left + right) / 2
