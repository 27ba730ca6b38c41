"""Inequalities by derivatives: a monotone, convex or concave function is least where one can look.

==============================  ==========================================================
``g_v >= 0``                    the least value is at the lower end of v
``g_v <= 0``                    the least value is at the upper end of v
``h_v >= 0, h(v*) = 0``         the least value is at ``v = v*``, which may depend on the rest
``h_v <= 0``                    the least value is at one of the two ends
``f_v >= 0, f(v*) = 0``         ``(v - v*) f >= 0``
==============================  ==========================================================

Here h is ``g_v`` without factors that are known to be nonnegative, so that a function that is only
quasiconvex, such as ``1 - exp(-v**2)``, is covered as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Dummy, Expr, Integer, Symbol

from symnum.derivation.provers.constancy import vanishes
from symnum.derivation.provers.continuity import is_analytic, is_continuous
from symnum.derivation.provers.field import TooLargeError
from symnum.derivation.provers.form import factors_of
from symnum.derivation.provers.goal import Goal, joined
from symnum.derivation.provers.kernels import stripped
from symnum.derivation.provers.limits import expanded_limit
from symnum.derivation.provers.normalform import normal_form
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import Proof
from symnum.expressions.domains import Interval

__all__ = ["by_common_factor", "by_concavity", "by_convexity", "by_monotony"]

_MOST_OPERATIONS = 250
_MOST_DEPTH = 3
_INFINITIES = (sympy.oo, -sympy.oo)
_KINKED = (
    sympy.Abs, sympy.Max, sympy.Min, sympy.sign, sympy.Heaviside, sympy.floor, sympy.ceiling,
    sympy.Piecewise,
)  # fmt: skip
_UNUSABLE = (sympy.nan, sympy.zoo, *_INFINITIES)


def _axes(goal: Goal) -> Iterator[tuple[Symbol, Interval]]:
    """Yield the symbols along which calculus applies: real, free of joint conditions."""
    if goal.depth > _MOST_DEPTH or sympy.count_ops(goal.expr) > _MOST_OPERATIONS:
        return
    if goal.expr.has(*_KINKED):
        return
    bound = {symbol for fact, _ in goal.setting.facts for symbol in fact.free_symbols}
    for symbol, domain in goal.setting.domains.items():
        free = symbol in goal.expr.free_symbols and symbol not in bound
        if free and isinstance(domain, Interval):
            yield symbol, domain


def _slope(expr: Expr, symbol: Symbol, order: int = 1) -> Expr | None:
    slope = sympy.diff(expr, symbol, order)
    if slope.has(sympy.Derivative, sympy.Subs, sympy.DiracDelta):
        return None
    return slope


def _plain(slope: Expr, goal: Goal) -> Expr:
    """Return a slope without the factors of known sign, where the rest is continuous."""
    rest = stripped(slope, goal.setting)
    if rest is None or not is_analytic(rest, _interior(goal.setting)):
        return slope
    return rest


def _interior(setting: Setting) -> Setting:
    """Return the setting without the ends of its intervals."""
    domains = {
        symbol: Interval(d.low, d.high, left_open=True, right_open=True)
        for symbol, d in setting.domains.items()
        if isinstance(d, Interval)
    }
    return setting.with_domains(domains)


def _is_smooth(expr: Expr, setting: Setting) -> bool:
    """Tell whether an expression is continuous on the domain and analytic inside of it.

    Without that a second derivative of one sign does not make a function convex:
    ``-(v**2)**(1/3)`` bends upwards on both sides of its peak.
    """
    return is_continuous(expr, setting) and is_analytic(expr, _interior(setting))


def _at(goal: Goal, symbol: Symbol, place: Expr) -> Proof | None:
    """Prove the goal where a symbol has a value that its domain contains, in one symbol less."""
    value = goal.expr.subs(symbol, place)
    if value.has(*_UNUSABLE):
        return None
    return goal.prove(goal.setting.without(symbol, place), value)


def _at_end(goal: Goal, symbol: Symbol, domain: Interval, *, lower: bool) -> Proof | None:
    """Prove the goal at an end, by the limit from inside where the end is not in the domain."""
    end = domain.low if lower else domain.high
    if not (domain.left_open if lower else domain.right_open):
        return _at(goal, symbol, end)
    variable = Dummy("t", positive=True)
    side = 1 if lower else -1
    place = -side / variable if end in _INFINITIES else end + side * variable
    rest = goal.setting.without(symbol, Integer(0))
    value = expanded_limit(goal.expr.subs(symbol, place), variable, rest)
    if value is None or value == -sympy.oo:
        return None
    row = ("limit", str(goal.setting.original(value)))
    if value == sympy.oo:
        return Proof("expansion at an end", (row,))
    proof = goal.prove(rest, value)
    return None if proof is None else joined("expansion at an end", [proof], row)


def by_monotony(goal: Goal) -> Proof | None:
    """Look at the end where a monotone function is least."""
    for symbol, domain in _axes(goal):
        if not is_continuous(goal.expr, goal.setting):
            return None
        slope = _slope(goal.expr, symbol)
        if slope is None:
            continue
        for sign in (1, -1):
            least = _at_end(goal, symbol, domain, lower=sign > 0)
            if least is None:
                continue
            premise = goal.is_nonnegative(sign * slope)
            if premise is not None:
                end = domain.low if sign > 0 else domain.high
                where = f"{goal.setting.original(symbol)} = {end}"
                return joined("monotonicity", [premise, least], ("least at", where))
    return None


def by_convexity(goal: Goal) -> Proof | None:
    """Look at the place where the derivative of a convex function vanishes."""
    for symbol, domain in _axes(goal):
        slope = _slope(goal.expr, symbol)
        if slope is None or not _is_smooth(goal.expr, goal.setting):
            continue
        slope = _plain(slope, goal)
        place = _stationary(slope, symbol, domain, goal.setting)
        if place is None:
            continue
        least = _at(goal, symbol, place)
        if least is None:
            continue
        bend = _slope(slope, symbol)
        premise = None if bend is None else goal.is_nonnegative(bend)
        if premise is not None:
            where = f"{goal.setting.original(symbol)} = {goal.setting.original(place)}"
            return joined("convexity", [premise, least], ("stationary at", where))
    return None


def _stationary(slope: Expr, symbol: Symbol, domain: Interval, setting: Setting) -> Expr | None:
    """Return a zero of the derivative among simple candidates."""
    for candidate in _candidates(slope, symbol, domain, setting):
        if candidate.free_symbols:
            rest = setting.without(symbol, candidate)
            inside = _is_inside(candidate, domain, rest)
        else:
            rest = setting.without(symbol, candidate)
            inside = candidate in domain
        if not inside:
            continue
        value = slope.subs(symbol, candidate)
        if not value.has(*_UNUSABLE) and vanishes(rest, value):
            return candidate
    return None


def _candidates(slope: Expr, symbol: Symbol, domain: Interval, setting: Setting) -> Iterator[Expr]:
    for place in (0, 1, -1, 2):
        yield Integer(place)
    for other in setting.symbols:
        if other != symbol:
            yield from (other, -other, 1 / other, 1 - other, other**2, sympy.exp(other))
            yield from (sympy.log(other), sympy.sqrt(other)) if other.is_positive else ()
    if slope.is_polynomial(symbol) and sympy.degree(slope, symbol) == 1:
        yield -slope.subs(symbol, 0) / sympy.diff(slope, symbol)
    yield from _inverted(slope, symbol)
    if domain.is_bounded:
        yield domain.midpoint


def _inverted(slope: Expr, symbol: Symbol) -> Iterator[Expr]:
    """Yield the zero of ``a f(k v) + b`` for an exponential, a logarithm or a power f."""
    rest, term = sympy.expand(slope).as_independent(symbol, as_Add=True)
    factor, inner = term.as_independent(symbol, as_Add=False)
    if rest == 0 or isinstance(inner, sympy.Add):
        return
    target = -rest / factor
    if isinstance(inner, sympy.exp):
        rate = inner.args[0] / symbol
        if symbol not in rate.free_symbols:
            yield sympy.log(target) / rate
    elif isinstance(inner, sympy.log):
        rate = inner.args[0] / symbol
        if symbol not in rate.free_symbols:
            yield sympy.exp(target) / rate
    elif isinstance(inner, sympy.Pow) and inner.base == symbol and not inner.exp.has(symbol):
        yield target ** (1 / inner.exp)


def _is_inside(candidate: Expr, domain: Interval, rest: Setting) -> bool:
    above = frozenset({1}) if domain.left_open else frozenset({0, 1})
    below = frozenset({1}) if domain.right_open else frozenset({0, 1})
    if domain.low not in _INFINITIES and not rest.signs(candidate - domain.low) <= above:
        return False
    return domain.high in _INFINITIES or rest.signs(domain.high - candidate) <= below


def by_concavity(goal: Goal) -> Proof | None:
    """Look at both ends of an axis along which the function rises first and falls then."""
    for symbol, domain in _axes(goal):
        slope = _slope(goal.expr, symbol)
        if slope is None or not _is_smooth(goal.expr, goal.setting):
            continue
        ends = [_at_end(goal, symbol, domain, lower=lower) for lower in (True, False)]
        proofs = [proof for proof in ends if proof is not None]
        bend = _slope(_plain(slope, goal), symbol)
        if len(proofs) < 2 or bend is None:
            continue
        premise = goal.is_nonnegative(-bend)
        if premise is not None:
            along = str(goal.setting.original(symbol))
            return joined("concavity", [premise, *proofs], ("along", along))
    return None


def by_common_factor(goal: Goal) -> Proof | None:
    """Prove ``(v - v*) h >= 0`` by an h that grows with v and vanishes where the factor does."""
    if goal.depth > 1 or sympy.count_ops(goal.expr) > _MOST_OPERATIONS:
        return None
    if not goal.setting.is_product:
        return None
    try:
        form, (value,) = normal_form(goal.setting, goal.expr)
        _, factors = factors_of(form.field.reduced(value))
    except (TooLargeError, ZeroDivisionError):
        return None
    for factor, count in factors:
        if count % 2 == 0 or not form.field.is_real(factor):
            continue
        line = form.field.polynomial_expression(factor)
        if any(form.field.generators[p].kind != "symbol" for p in form.field.used(factor)):
            continue
        rest = form.expression(form.field.reduced(value / form.convert(line)))
        for symbol in sorted(line.free_symbols, key=str):
            proof = _grows_through(goal, line, rest, symbol)
            if proof is not None:
                return proof
    return None


def _grows_through(goal: Goal, line: Expr, rest: Expr, symbol: Symbol) -> Proof | None:
    if not line.is_polynomial(symbol) or sympy.degree(line, symbol) != 1:
        return None
    steep = goal.setting.signs(sympy.diff(line, symbol))
    if len(steep) != 1 or 0 in steep:
        return None
    root = -line.subs(symbol, 0) / sympy.diff(line, symbol)
    others, domain = goal.setting.without(symbol, root), goal.setting.domains[symbol]
    if not isinstance(domain, Interval) or not _is_inside(root, domain, others):
        return None  # from a root outside nothing leads to the domain
    if not is_continuous(rest, goal.setting) or not vanishes(others, rest.subs(symbol, root)):
        return None
    slope = _slope(rest, symbol)
    premise = None if slope is None else goal.is_nonnegative(next(iter(steep)) * slope)
    if premise is None:
        return None
    factor = str(goal.setting.original(line))
    return joined("monotone factor", [premise], ("common factor", factor))
