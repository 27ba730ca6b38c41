"""What an expression approaches as its variable grows, and the terms by which it differs from that.

Functions that settle are written as their limit and the rest, exactly: tanh(u) becomes
1 - 2/(exp(2*u) + 1) where u grows. Then the limit cancels symbolically, and what remains decays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy

__all__ = ["Tail", "direction", "tail_of"]

Rule = Callable[[Any, sympy.Symbol], Any]


@dataclass(frozen=True, slots=True)
class Tail:
    """An expression for large values of a variable.

    Attributes
    ----------
    line : Expr
        A polynomial in the variable.
    rest : tuple of Expr
        Terms that tend to 0; together with the line they are the expression.
    """

    line: sympy.Expr
    rest: tuple[sympy.Expr, ...]


def tail_of(expr: Any, t: sympy.Symbol) -> Tail | None:
    """Return a polynomial that an expression approaches as t grows, or None where none is found.

    Parameters
    ----------
    expr : Expr
    t : Symbol
        Positive.
    """
    line: Any = sympy.Integer(0)
    rest: list[Any] = []
    algebraic: Any = sympy.Integer(0)
    for term in sympy.Add.make_args(_spread(_settled(expr, t))):
        if _decays(term, t):
            rest.append(term)
        else:
            algebraic += term
    if algebraic.is_rational_function(t):
        above, below = sympy.fraction(sympy.together(algebraic))
        whole, remainder = sympy.div(sympy.Poly(above, t), sympy.Poly(below, t))
        line = whole.as_expr()
        if not remainder.is_zero:
            rest.append(remainder.as_expr() / below)
        return Tail(sympy.expand(line), tuple(rest))
    return _by_limits(algebraic, t, rest)


def _by_limits(expr: Any, t: sympy.Symbol, rest: list[Any]) -> Tail | None:
    """Return the line that an expression approaches by SymPy's limits, where they are quick."""
    if any(type(node) not in LIMITED for node in expr.atoms(sympy.Function)):
        return None
    try:
        slope = sympy.limit(expr / t, t, sympy.oo)
        height = sympy.limit(expr - slope * t, t, sympy.oo) if _is_number(slope) else slope
    except (NotImplementedError, ValueError, TypeError, AttributeError):
        return None
    if not _is_number(height):
        return None
    line = slope * t + height
    roots = [term for term in expr.args if expr.is_Add and _has_root(term, t)]
    if line and len(roots) == 1:
        # a - b = (a**2 - b**2)/(a + b), where the squares have no root
        others = line - (expr - roots[0])
        return Tail(
            line,
            (*rest, sympy.expand(roots[0] ** 2 - others**2) / (roots[0] + others)),
        )
    return Tail(line, (*rest, expr - line))


#: Functions that may be left where SymPy is asked for a limit.
LIMITED = (sympy.atan, sympy.log)


def _has_root(term: Any, t: sympy.Symbol) -> bool:
    powers = term.atoms(sympy.Pow)
    return any(power.exp == sympy.Rational(1, 2) and power.has(t) for power in powers)


def _is_number(limit: Any) -> bool:
    return bool(limit.is_finite) and not limit.has(sympy.AccumBounds)


def direction(expr: Any, t: sympy.Symbol) -> int:
    """Return 1 or -1 where an expression grows beyond all bounds upwards or downwards, else 0."""
    expr = sympy.sympify(expr)
    if not expr.has(t):
        return 0
    if not expr.is_rational_function(t):
        try:
            limit = sympy.limit(expr, t, sympy.oo)
        except (NotImplementedError, ValueError, TypeError, AttributeError):
            return 0
        return 1 if limit == sympy.oo else -1 if limit == -sympy.oo else 0
    above, below = (sympy.Poly(part, t) for part in sympy.fraction(sympy.together(expr)))
    if above.degree() <= below.degree():
        return 0
    return 1 if sympy.N(above.LC() / below.LC(), 30) > 0 else -1


def _decays(term: Any, t: sympy.Symbol) -> bool:
    """Whether a product has a factor that falls faster than every power."""
    for factor in sympy.Mul.make_args(term):
        if isinstance(factor, sympy.exp) and direction(factor.args[0], t) < 0:
            return True
        if isinstance(factor, sympy.erfc) and direction(factor.args[0], t) > 0:
            return True
        if isinstance(factor, SMALL) and all(
            _decays(part, t) for part in sympy.Add.make_args(factor.args[0])
        ):
            return True
        if isinstance(factor, sympy.log) and all(
            _decays(part, t) for part in sympy.Add.make_args(sympy.expand(factor.args[0] - 1))
        ):
            return True
        if factor.is_Pow and factor.exp.is_positive and _decays_fully(factor.base, t):
            return True
    return False


def _decays_fully(expr: Any, t: sympy.Symbol) -> bool:
    return all(_decays(part, t) for part in sympy.Add.make_args(sympy.expand(expr)))


#: Functions that vanish at 0 and there have a finite slope.
SMALL = (sympy.tanh, sympy.atan, sympy.asinh, sympy.sin, sympy.erf, sympy.sinh)


def _spread(expr: Any) -> Any:
    """Multiply sums out; denominators stay as they are."""
    if expr.is_Add:
        return sympy.Add(*(_spread(part) for part in expr.args))
    terms = [sympy.Integer(1)]
    for factor in sympy.Mul.make_args(expr):
        times = 1
        if factor.is_Pow and factor.base.is_Add and factor.exp.is_Integer and factor.exp > 0:
            factor, times = factor.base, int(factor.exp)
        parts = sympy.Add.make_args(_spread(factor) if factor.is_Add else factor)
        for _ in range(times):
            terms = [left * right for left in terms for right in parts]
    return sympy.Add(*terms)


def _settled(expr: Any, t: sympy.Symbol) -> Any:
    """Write an expression with its limits split off, from the inside to the outside."""
    if not expr.has(t) or expr == t:
        return expr
    rebuilt = expr.func(*(_settled(part, t) for part in expr.args))
    if rebuilt.func != expr.func and not rebuilt.is_Add:
        return _settled(rebuilt, t)
    expr = rebuilt
    if expr.is_Mul:
        return _spread(expr)
    if isinstance(expr, sympy.Pow) and not isinstance(expr, sympy.exp):
        return _settled_power(expr, t)
    rule = SETTLING.get(type(expr))
    if rule is None:
        return expr
    written = rule(expr.args[0], t)
    return expr if written is None else written


def _signed(rule: Rule) -> Rule:
    """Return the rule of an odd function from the one for arguments that grow upwards."""

    def either(u: Any, t: sympy.Symbol) -> Any:
        sign = direction(u, t)
        return sign * rule(sign * u, t) if sign else None

    return either


def _error_complement(u: Any, t: sympy.Symbol) -> Any:
    return 2 - sympy.erfc(-u) if direction(u, t) < 0 else None


def _even(rule: Rule) -> Rule:
    def either(u: Any, t: sympy.Symbol) -> Any:
        sign = direction(u, t)
        return rule(sign * u, t) if sign else None

    return either


def _logarithm(u: Any, t: sympy.Symbol) -> Any:
    """Return log(c + exp(v)) as v + log(1 + c*exp(-v)), or as log(c) + log(1 + exp(v)/c)."""
    main, small, large = _sorted_terms(u, t)
    if large is not None:
        grown = large.args[0]
        scaled = _spread(u * sympy.exp(-grown))
        inner = _logarithm(scaled, t)
        return grown + (sympy.log(scaled) if inner is None else inner)
    if main and not main.has(t) and small and main != 1:
        return sympy.log(main) + sympy.log(1 + small / main)
    return None


def _settled_power(expr: Any, t: sympy.Symbol) -> Any:
    base, exponent = _spread(expr.base), expr.exp
    if not exponent.is_Rational:
        return expr
    if exponent.is_Integer and exponent > 0:
        return _spread(base**exponent)
    main, small, large = _sorted_terms(base, t)
    if large is not None and base != large:
        scaled = _spread(base * sympy.exp(-large.args[0]))
        inner = _settled_power(sympy.Pow(scaled, exponent, evaluate=False), t)
        return _spread(sympy.exp(large.args[0] * exponent) * inner)
    if not small or not main or main.has(t):
        return _squared_root(base, t) if exponent == sympy.Rational(1, 2) else expr
    if exponent == -1:
        return 1 / main - small / (main * base)
    if exponent.is_Integer and exponent < 0:
        return _spread((1 / main - small / (main * base)) ** -exponent)
    if exponent == sympy.Rational(1, 2):
        return sympy.sqrt(main) + small / (sympy.sqrt(main) + sympy.sqrt(base))
    return expr


def _squared_root(base: Any, t: sympy.Symbol) -> Any:
    """Return the root of a polynomial of degree 2 as its asymptote and the rest."""
    plain = sympy.sqrt(base)
    if not base.is_polynomial(t):
        return plain
    polynomial = sympy.Poly(base, t)
    if polynomial.degree() != 2:
        return plain
    first, second, _ = polynomial.all_coeffs()
    lead = sympy.sqrt(first)
    line = lead * t + second / (2 * lead)
    return line + sympy.expand(base - line**2) / (plain + line)


def _grows(term: Any, t: sympy.Symbol) -> bool:
    return isinstance(term, sympy.exp) and direction(term.args[0], t) > 0


def _sorted_terms(expr: Any, t: sympy.Symbol) -> tuple[Any, Any, Any]:
    """Return what stays, what decays, and the one exponential that outgrows the rest."""
    main: Any = sympy.Integer(0)
    small: Any = sympy.Integer(0)
    growing = []
    for term in sympy.Add.make_args(expr):
        if _decays(term, t):
            small += term
        elif _grows(term.as_coeff_Mul()[1], t):
            growing.append(term.as_coeff_Mul()[1])
        else:
            main += term
    largest = None
    for term in growing:
        if largest is None or direction(term.args[0] - largest.args[0], t) > 0:
            largest = term
    return main, small, largest


# function -> how it is written where its argument grows
SETTLING: dict[type, Rule] = {
    sympy.tanh: _signed(lambda u, t: 1 - 2 * sympy.exp(-2 * u) / (1 + sympy.exp(-2 * u))),
    sympy.coth: _signed(lambda u, t: 1 + 2 * sympy.exp(-2 * u) / (1 - sympy.exp(-2 * u))),
    sympy.erf: _signed(lambda u, t: 1 - sympy.erfc(u)),
    sympy.erfc: _error_complement,
    sympy.atan: _signed(lambda u, t: sympy.pi / 2 - sympy.atan(1 / u)),
    sympy.sech: _even(lambda u, t: 2 * sympy.exp(-u) / (1 + sympy.exp(-2 * u))),
    sympy.csch: _signed(lambda u, t: 2 * sympy.exp(-u) / (1 - sympy.exp(-2 * u))),
    sympy.cosh: _even(lambda u, t: sympy.exp(u) / 2 + sympy.exp(-u) / 2),
    sympy.sinh: _signed(lambda u, t: sympy.exp(u) / 2 - sympy.exp(-u) / 2),
    sympy.Abs: _even(lambda u, t: u),
    sympy.log: _logarithm,
}
