"""Inequalities made simpler: logarithms removed, a square root removed, a period used."""

from __future__ import annotations

import math

import sympy
from sympy import Expr, Rational, Symbol

from symnum.derivation.provers.cases import solve_for
from symnum.derivation.provers.field import Quotient, TooLargeError, integer
from symnum.derivation.provers.goal import Goal, joined
from symnum.derivation.provers.kinks import resolved
from symnum.derivation.provers.normalform import NormalForm, normal_form
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signrules import logarithm_of_product
from symnum.derivation.provers.signs import ZERO
from symnum.derivation.provers.task import Proof
from symnum.derivation.provers.turns import linear_in
from symnum.expressions.domains import Integers, Interval

__all__ = [
    "by_cases",
    "by_exponential",
    "by_floor",
    "by_logarithm",
    "by_multiplier",
    "by_period",
    "by_root",
]

_LARGEST_POWER = 12


def by_cases(goal: Goal) -> Proof | None:
    """Replace kinks by their branches, splitting at the sign of a switch where it changes."""
    plain, switches = resolved(goal.expr, goal.setting)
    if plain.has(sympy.nan):
        return None
    if not switches:
        return goal.prove_part(goal.setting, plain) if plain != goal.expr else None
    switch = min(switches, key=lambda expr: (sympy.count_ops(expr), sympy.default_sort_key(expr)))
    cases = [frozenset({0, 1}), frozenset({-1, 0})]
    if switches[switch]:
        cases = [frozenset({sign}) for sign in sorted(goal.setting.signs(switch))]
    proofs = []
    for case in cases:
        part = goal.setting.assume(switch, case)
        if part is None:
            continue
        proof = _on_zeros(goal, part, switch) if case == ZERO else goal.prove_part(part, plain)
        if proof is None:
            return None
        proofs.append(proof)
    where = str(goal.setting.original(switch))
    return joined("case split", proofs, ("cases", f"{len(proofs)}, at the sign of {where}"))


def _on_zeros(goal: Goal, part: Setting, switch: Expr) -> Proof | None:
    for symbol in part.symbols:
        if symbol not in switch.free_symbols:
            continue
        roots = solve_for(switch, symbol, goal.setting)
        if roots is None:
            continue
        found = [
            goal.prove(goal.setting.without(symbol, root), goal.expr.subs(symbol, root))
            for root in roots
        ]
        proofs = [proof for proof in found if proof is not None]
        return joined("zeros of the switch", proofs) if len(proofs) == len(found) else None
    return None


def by_floor(goal: Goal) -> Proof | None:
    """Write an unbounded symbol below a floor as an integer plus a fraction."""
    if not goal.expr.has(sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod) or goal.depth > 1:
        return None
    for symbol, domain in goal.setting.domains.items():
        if not isinstance(domain, Interval) or domain.is_bounded or goal.setting.facts:
            continue
        whole = sympy.Dummy("n", integer=True)
        part = sympy.Dummy("f", nonnegative=True)
        rest = {s: d for s, d in goal.setting.domains.items() if s != symbol}
        domains = {**rest, whole: Integers(), part: Interval(0, 1, right_open=True)}
        inside = Setting(domains, (), goal.setting.names)
        proof = goal.prove(inside, goal.expr.subs(symbol, whole + part))
        if proof is not None:
            return joined("integer and fractional part", [proof])
    return None


def by_exponential(goal: Goal) -> Proof | None:
    """Take the exponential of a sum of logarithms: ``sum c log(u) + r >= 0`` is a product >= 1."""
    if not goal.expr.has(sympy.log):
        return None
    setting = goal.setting
    try:
        form, (value,) = normal_form(setting, goal.expr)
        value = form.field.reduced(value)
    except (TooLargeError, ZeroDivisionError):
        return None
    split = _logarithms(form, value)
    if split is None:
        return None
    coefficients, rest, scale = split
    above, below = sympy.exp(form.expression(rest) * scale), sympy.Integer(1)
    for place, coefficient in coefficients.items():
        base = form.expression(form.field.generators[place].argument)
        power = int(coefficient * scale)
        if abs(power) > _LARGEST_POWER:
            return None
        if power > 0:
            above *= base**power
        else:
            below *= base**-power
    proof = goal.is_nonnegative(above - below)
    return None if proof is None else joined("exponential of both sides", [proof])


def by_logarithm(goal: Goal) -> Proof | None:
    """Compare two positive terms, one with a symbolic exponent, by their logarithms."""
    expr = goal.expr
    if not isinstance(expr, sympy.Add) or len(expr.args) != 2:
        return None
    if not any(node.exp.free_symbols for node in expr.atoms(sympy.Pow)) and not expr.has(
        sympy.gamma
    ):
        return None
    sides: dict[int, Expr] = {}
    for term in expr.args:
        found = logarithm_of_product(goal.setting, term)
        if found is None:
            return None
        sides[found[0]] = found[1]
    if set(sides) != {1, -1}:
        return None
    proof = goal.is_nonnegative(sympy.expand(sides[1] - sides[-1]))
    return None if proof is None else joined("logarithm of both sides", [proof])


def by_multiplier(goal: Goal) -> Proof | None:
    """Subtract a multiple of a condition, ``g = m c + rest``, ``m >= 0``, and prove the rest."""
    if goal.depth > 2:
        return None
    for place, (fact, signs) in enumerate(goal.setting.facts):
        side = 1 if signs <= {0, 1} else -1 if signs <= {-1, 0} else 0
        gap = side * fact
        symbols = goal.setting.symbols
        if not side or not gap.is_polynomial(*symbols) or not goal.expr.is_polynomial(*symbols):
            continue  # what is no polynomial may be undefined where the condition fails
        others = tuple(f for index, f in enumerate(goal.setting.facts) if index != place)
        free = Setting(goal.setting.domains, others, goal.setting.names)
        for multiplier in _multipliers(goal.expr, gap, goal.setting):
            proof = goal.prove(free, sympy.expand(goal.expr - multiplier * gap))
            if proof is not None:
                row = ("multiplier", f"{multiplier} of {goal.setting.original(gap)}")
                return joined("multiple of a condition", [proof], row)
    return None


def _multipliers(expr: Expr, gap: Expr, setting: Setting) -> list[Expr]:
    """Return simple candidates: the ratio of the constant terms, and parts of it."""
    zeros = dict.fromkeys(setting.symbols, sympy.Integer(0))
    top, bottom = expr.subs(zeros), gap.subs(zeros)
    if bottom == 0 or not top.is_number or not top.is_finite or top == 0:
        return [sympy.Integer(1), Rational(1, 2)]
    ratio = top / bottom
    if setting.signs(ratio) != {1}:
        return [sympy.Integer(1), Rational(1, 2)]
    return [ratio, ratio / 2]


def _logarithms(
    form: NormalForm, value: Quotient
) -> tuple[dict[int, Rational], Quotient, int] | None:
    """Split a value into logarithms with rational coefficients and a rest without any."""
    field = form.field
    if not value.denominator.is_constant() or not field.is_real(value.numerator):
        return None
    places = [
        place
        for place in field.used(value.numerator)
        if field.generators[place].kind == "logarithm"
    ]
    coefficients = linear_in(value, places) if places else None
    if not coefficients:
        return None
    rest = value
    for place, coefficient in coefficients.items():
        ratio = integer(int(coefficient.p)) / integer(int(coefficient.q))
        rest = rest - field.element(place) * ratio
    return coefficients, rest, math.lcm(*(int(c.q) for c in coefficients.values()))


def by_root(goal: Goal) -> Proof | None:
    """Compare ``a`` and ``b sqrt(r)`` by their squares in ``a + b sqrt(r) >= 0``."""
    try:
        form, (value,) = normal_form(goal.setting, goal.expr)
        value = form.field.reduced(value)
    except (TooLargeError, ZeroDivisionError):
        return None
    field = form.field
    if not field.is_real(value.numerator) or not field.is_real(value.denominator):
        return None
    below = goal.setting.signs(field.polynomial_expression(value.denominator))
    if len(below - {0}) != 1:
        return None
    side = next(iter(below - {0}))
    expr = side * field.polynomial_expression(value.numerator)
    candidates: list[tuple[int, Expr]] = []
    for place in reversed(field.used(value.numerator)):
        generator = field.generators[place]
        if generator.kind not in ("root", "modulus") or generator.degree != 2:
            continue
        if not generator.expr.free_symbols:
            continue
        root = sympy.Dummy("r", nonnegative=True)
        line = sympy.expand(expr.subs(generator.expr, root))
        if line.is_polynomial(root) and sympy.degree(line, root) == 1:
            a, b = line.coeff(root, 0), line.coeff(root, 1)
            candidates += _compared(goal.setting, a, b, generator.expr**2)
    for _, smaller in sorted(candidates, key=lambda row: row[0]):
        proof = goal.is_nonnegative(smaller)
        if proof is not None:
            return joined("squares of both sides", [proof])
    return None


def _compared(setting: Setting, a: Expr, b: Expr, square: Expr) -> list[tuple[int, Expr]]:
    """Return what is enough for ``a + b sqrt(square) >= 0``; rank 0 where it is also needed."""
    signs_a, signs_b = setting.signs(a), setting.signs(b)
    if signs_b <= {-1, 0} and signs_a <= {0, 1}:
        return [(0, sympy.expand(a**2 - b**2 * square))]
    if signs_b <= {0, 1}:
        return [(0 if signs_a <= {-1, 0} else 1, sympy.expand(b**2 * square - a**2))]
    return []


def by_period(goal: Goal) -> Proof | None:
    """Replace an unbounded domain by one period."""
    for symbol, domain in goal.setting.domains.items():
        if not isinstance(domain, Interval) or domain.is_bounded or goal.setting.facts:
            continue
        period = _period(goal.expr, symbol)
        if period is None:
            continue
        # An interval a little longer than the period, so that its length is an exact number.
        length = sympy.ceiling(period * 64) / Rational(64)
        around = goal.setting.with_domains({symbol: _stretch(domain, length)})
        proof = goal.prove_part(around, goal.expr)
        if proof is not None:
            return joined("one period", [proof], ("period", str(period)))
    return None


def _stretch(domain: Interval, length: Rational) -> Interval:
    """Return a bounded part of an unbounded interval."""
    if domain.low != -sympy.oo:
        return Interval(domain.low, domain.low + length, left_open=domain.left_open)
    if domain.high != sympy.oo:
        return Interval(domain.high - length, domain.high, right_open=domain.right_open)
    return Interval(-length / 2, length / 2)


def _period(expr: Expr, symbol: Symbol) -> Expr | None:
    """Return a common period of circular functions of rational multiples of one symbol."""
    if symbol not in expr.free_symbols:
        return None
    angles = [
        node.args[0]
        for node in sympy.preorder_traversal(expr)
        if isinstance(node, sympy.sin | sympy.cos | sympy.tan | sympy.cot)
    ]
    mark = sympy.Dummy("turn")
    bare = expr.replace(
        lambda node: isinstance(node, sympy.sin | sympy.cos | sympy.tan | sympy.cot),
        lambda node: mark,
    )
    if symbol in bare.free_symbols:
        return None
    slopes = []
    for angle in angles:
        slope = sympy.diff(angle, symbol)
        if slope != 0:
            slopes.append(slope)
    if not slopes:
        return None  # the symbol cancels inside every angle
    base = slopes[0]
    ratios = [sympy.nsimplify(slope / base) for slope in slopes]
    if base.free_symbols or not all(ratio.is_Rational for ratio in ratios):
        return None
    step = Rational(
        math.gcd(*(int(abs(ratio.p)) for ratio in ratios)), math.lcm(*(int(r.q) for r in ratios))
    )
    return 2 * sympy.pi / abs(base * step)
