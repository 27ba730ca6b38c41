"""The rung for definite integrals: an antiderivative that is checked by differentiation.

Integrals of a polynomial times ``exp(a x**2 + b x + c)`` over the whole line, and of a power times
``exp(-a x)`` over the half-line, are taken from their closed forms.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, Symbol
from sympy.integrals.manualintegrate import manualintegrate

from symnum.derivation.provers.constancy import vanishes
from symnum.derivation.provers.continuity import is_continuous
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import POSITIVE
from symnum.derivation.provers.task import Proof, Task
from symnum.expressions.domains import Interval

__all__ = ["by_integration"]

_MOST_OPERATIONS = 60
_INFINITIES = (sympy.oo, -sympy.oo)


def by_integration(task: Task) -> Proof | None:
    """Replace definite integrals by differences of checked antiderivatives."""
    nodes = sorted(task.difference.atoms(sympy.Integral), key=sympy.count_ops)
    if not nodes or task.depth > 3:
        return None
    node = nodes[0]
    found = _value(node, task.setting)
    if found is None:
        return None
    value, how = found
    sides = (side.xreplace({node: value}) for side in (task.lhs, task.rhs))
    proof = task.prove(task.setting, *sides)
    if proof is None:
        return None
    return Proof("integration", (("by", how), *proof.details))


def _value(node: Expr, setting: Setting) -> tuple[Expr, str] | None:
    if len(node.limits) != 1 or len(node.limits[0]) != 3:
        inner = _inner(node)
        if inner is None:
            return None
        found = _value(inner, setting)
        if found is None:
            return None
        return sympy.Integral(found[0], *node.limits[1:]), found[1]
    bound, low, high = node.limits[0]
    body = node.function
    if sympy.count_ops(body) > _MOST_OPERATIONS:
        return None
    closed = _gaussian(body, bound, low, high, setting)
    if closed is not None:
        return closed, "closed form of a Gaussian integral"
    closed = _gamma(body, bound, low, high, setting)
    if closed is not None:
        return closed, "closed form of a gamma integral"
    antiderivative = _antiderivative(body, bound, low, high, setting)
    if antiderivative is not None:
        start = _at_end(antiderivative, bound, low, "+")
        finish = _at_end(antiderivative, bound, high, "-")
        if start is not None and finish is not None:
            return finish - start, f"antiderivative {setting.original(antiderivative)}"
    value = _by_sympy(node)
    return (value, "integration by SymPy") if value is not None else None


def _inner(node: Expr) -> Expr | None:
    """Return the innermost integral of an iterated one."""
    first = node.limits[0]
    return sympy.Integral(node.function, first) if len(first) == 3 else None


def _antiderivative(
    body: Expr, bound: Symbol, low: Expr, high: Expr, setting: Setting
) -> Expr | None:
    try:
        found = manualintegrate(body, bound)
    except (ValueError, TypeError, NotImplementedError, ZeroDivisionError, RecursionError):
        return None
    if found.has(sympy.Integral, sympy.Piecewise):
        return None
    ends = [end for end in (low, high) if end.free_symbols]
    if ends or low.is_extended_real is not True or high.is_extended_real is not True:
        domain = Interval(-sympy.oo, sympy.oo)
    else:
        domain = Interval(min(low, high), max(low, high), left_open=True, right_open=True)
    inside = Setting({**setting.domains, bound: domain}, setting.facts, setting.names)
    if not vanishes(inside, sympy.diff(found, bound) - body):
        return None
    return found if is_continuous(found, inside) and not _has_pole(found, inside) else None


def _has_pole(expr: Expr, setting: Setting) -> bool:
    """Tell whether an antiderivative may have a pole between the ends."""
    bases = [
        node.base
        for node in sympy.preorder_traversal(expr)
        if isinstance(node, sympy.Pow) and node.exp.is_negative
    ]
    bases += [sympy.cos(node.args[0]) for node in expr.atoms(sympy.tan, sympy.sec)]
    bases += [sympy.sin(node.args[0]) for node in expr.atoms(sympy.cot, sympy.csc)]
    bases += [node.args[0] for node in expr.atoms(sympy.log)]
    return any(0 in setting.signs(base) for base in bases)


_UNUSABLE = (sympy.nan, sympy.zoo, *_INFINITIES, sympy.Limit, sympy.AccumBounds)


def _at_end(expr: Expr, bound: Symbol, end: Expr, side: str) -> Expr | None:
    """Return the value at an end, by a limit from inside where there is none at the end."""
    if end not in _INFINITIES:
        value = expr.subs(bound, end)
        if not value.has(*_UNUSABLE):
            return value
    try:
        value = sympy.limit(expr, bound, end, side)
    except (ValueError, TypeError, NotImplementedError, RecursionError):
        return None
    return None if value.has(*_UNUSABLE) else value


def _gaussian(body: Expr, bound: Symbol, low: Expr, high: Expr, setting: Setting) -> Expr | None:
    """Return the integral of ``polynomial * exp(-a x**2 + b x + c)`` over the whole line.

    With ``x = m + s y``, ``m = b/(2 a)``, ``s**2 = 1/(2 a)``, the moments of a normal distribution
    remain: ``E[y**(2 k)] = (2 k - 1)!!``.
    """
    if (low, high) != (-sympy.oo, sympy.oo):
        return None
    total: Expr = Integer(0)
    for term in sympy.Add.make_args(sympy.expand(sympy.powsimp(sympy.expand(body)))):
        factors = sympy.Mul.make_args(term)
        exponent = sympy.Add(*(f.args[0] for f in factors if isinstance(f, sympy.exp)))
        rest = sympy.Mul(*(f for f in factors if not isinstance(f, sympy.exp)))
        if not exponent.is_polynomial(bound) or not rest.is_polynomial(bound):
            return None
        quadratic = sympy.Poly(exponent, bound)
        if quadratic.degree() != 2:
            return None
        minus_a, b, c = quadratic.all_coeffs()
        if setting.signs(-minus_a) != POSITIVE:
            return None
        centre, variance = -b / (2 * minus_a), -1 / (2 * minus_a)
        shift = sympy.Dummy("y")
        moments = sympy.Poly(rest.subs(bound, centre + shift), shift)
        mean = sum(
            coefficient * sympy.factorial2(power - 1) * variance ** (power // 2)
            for (power,), coefficient in moments.terms()
            if power % 2 == 0
        )
        size = sympy.sqrt(2 * sympy.pi * variance)
        total += mean * size * sympy.exp(c - b**2 / (4 * minus_a))
    return total


def _gamma(body: Expr, bound: Symbol, low: Expr, high: Expr, setting: Setting) -> Expr | None:
    """Return the integral of ``x**p * exp(-a x)`` over x > 0, ``gamma(p + 1)/a**(p + 1)``."""
    if low != 0 or high != sympy.oo:
        return None
    total: Expr = Integer(0)
    for term in sympy.Add.make_args(sympy.expand(sympy.powsimp(sympy.expand(body)))):
        factors = sympy.Mul.make_args(term)
        exponent = sympy.Add(*(f.args[0] for f in factors if isinstance(f, sympy.exp)))
        rest = sympy.Mul(*(f for f in factors if not isinstance(f, sympy.exp)))
        coefficient, power = sympy.powsimp(rest).as_independent(bound)
        if not exponent.is_polynomial(bound) or sympy.degree(exponent, bound) != 1:
            return None
        rate, offset = -exponent.coeff(bound, 1), exponent.coeff(bound, 0)
        base, order = power.as_base_exp() if power != 1 else (bound, Integer(0))
        if base != bound or bound in order.free_symbols or setting.signs(rate) != POSITIVE:
            return None
        if setting.signs(order + 1) != POSITIVE:
            return None
        total += coefficient * sympy.exp(offset) * sympy.gamma(order + 1) / rate ** (order + 1)
    return total


def _by_sympy(node: Expr) -> Expr | None:
    """Ask SymPy for the definite integral of a small integrand."""
    if sympy.count_ops(node.function) > 14:
        return None
    try:
        value = node.doit(heurisch=False, risch=False)
    except (ValueError, TypeError, NotImplementedError, ZeroDivisionError, RecursionError):
        return None
    return None if value.has(sympy.Integral, sympy.nan, sympy.zoo) else value
