"""Rungs that split: at a kink, into integer and fraction, into finitely many members."""

from __future__ import annotations

import itertools
import math

import sympy
from sympy import Dummy, Expr, Integer, Symbol

from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import ZERO
from symnum.derivation.provers.task import CounterexampleError, Proof, Task, differs
from symnum.derivation.provers.witness import points_of
from symnum.expressions.domains import Integers, Interval

__all__ = ["by_cases", "by_enumeration", "by_fraction", "by_residues", "solve_for"]

_MOST_MEMBERS = 400
_LARGEST_MODULUS = 24


def by_cases(task: Task) -> Proof | None:
    """Split at the sign of an expression on which a kink or a jump depends."""
    converted = task.converted(task.lhs, task.rhs)
    if converted is None or not converted[0].kinks:
        return None
    form = converted[0]
    kink = min(form.kinks, key=lambda expr: (sympy.count_ops(expr), sympy.default_sort_key(expr)))
    signs = task.setting.signs(kink)
    if len(signs) < 2:
        return None
    cases: list[frozenset[int]]
    if kink in form.jumps or not task.setting.is_product:
        cases = [frozenset({sign}) for sign in sorted(signs)]
    else:
        cases = [frozenset({0, 1}), frozenset({-1, 0})]
    count = 0
    for case in cases:
        part = task.setting.assume(kink, case)
        if part is None:
            continue
        count += 1
        if _prove_case(task, part, kink, case) is None:
            return None
    return Proof(
        "case split", (("cases", f"{count}, at the sign of {task.setting.original(kink)}"),)
    )


def _prove_case(task: Task, part: Setting, kink: Expr, case: frozenset[int]) -> Proof | None:
    """Prove one case of a split: on the narrowed setting, or on the zeros of the kink."""
    proof = task.prove(part, task.lhs, task.rhs) if case != ZERO else None
    if proof is not None:
        return proof
    if case == ZERO:
        # Where the zeros have no closed form, the pieces there may still agree as they stand.
        return _on_zeros(task, part, kink) or task.prove(part, task.lhs, task.rhs)
    for point in points_of(part):
        if differs(task.lhs, task.rhs, point):
            raise CounterexampleError(point)
    return None


def _on_zeros(task: Task, part: Setting, kink: Expr) -> Proof | None:
    """Prove equality where an expression vanishes, by solving it for one symbol."""
    for symbol in task.setting.symbols:
        if symbol not in kink.free_symbols:
            continue
        roots = solve_for(kink, symbol, task.setting)
        if roots is None:
            continue
        for root in roots:
            setting = task.setting.without(symbol, root)
            sides = (task.lhs.subs(symbol, root), task.rhs.subs(symbol, root))
            if task.prove(setting, *sides) is None:
                if not setting.symbols and differs(*sides, {}):
                    raise CounterexampleError({symbol: root})
                return None
        return Proof("zeros of the kink", (("zeros", str(len(roots))),))
    return None


def solve_for(expr: Expr, symbol: Symbol, setting: Setting) -> list[Expr] | None:
    """Return all zeros of an expression in one symbol on its domain, None where unknown.

    Parameters
    ----------
    expr : sympy.Expr
    symbol : sympy.Symbol
    setting : Setting

    Returns
    -------
    list of sympy.Expr or None
        In closed form; those that are numbers lie in the domain.
    """
    if not expr.is_polynomial(symbol):
        return _solve_turns(expr, symbol, setting)
    poly = sympy.Poly(expr, symbol)
    if poly.degree() == 1:
        slope, offset = poly.all_coeffs()
        if 0 in setting.signs(slope):
            return None
        roots = [-offset / slope]
    elif poly.degree() == 2 and not poly.free_symbols_in_domain:
        roots = [root for root in sympy.roots(poly) if root.is_real]
    else:
        return None
    domain = setting.domains[symbol]
    return [root for root in roots if root.free_symbols or root in domain]


def _solve_turns(expr: Expr, symbol: Symbol, setting: Setting) -> list[Expr] | None:
    """Return the zeros of a sine or cosine of a linear expression on a bounded domain."""
    domain = setting.domains[symbol]
    if not isinstance(expr, sympy.sin | sympy.cos) or not domain.is_bounded:
        return None
    angle = expr.args[0]
    if not angle.is_polynomial(symbol) or sympy.degree(angle, symbol) != 1:
        return None
    if angle.free_symbols != {symbol}:
        return None
    shift = sympy.pi / 2 if isinstance(expr, sympy.cos) else Integer(0)
    low, high = setting.bounds(angle)
    turns = range(int(low / 3.15) - 2, int(high / 3.14) + 3)
    if len(turns) > 40:
        return None
    slope, offset = angle.coeff(symbol, 1), angle.subs(symbol, 0)
    roots = [(turn * sympy.pi + shift - offset) / slope for turn in turns]
    return [root for root in roots if root in domain]


def by_fraction(task: Task) -> Proof | None:
    """Write a real symbol below a floor as an integer plus a fraction."""
    if not task.difference.has(sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod):
        return None
    for symbol, domain in task.setting.domains.items():
        if not isinstance(domain, Interval) or domain.is_bounded or task.setting.facts:
            continue
        whole, part = Dummy("n", integer=True), Dummy("f", nonnegative=True)
        rest = {s: d for s, d in task.setting.domains.items() if s != symbol}
        domains = {**rest, whole: Integers(), part: Interval(0, 1, right_open=True)}
        setting = Setting(domains, (), task.setting.names)
        sides = (side.subs(symbol, whole + part) for side in (task.lhs, task.rhs))
        try:
            proof = task.prove(setting, *sides)
        except CounterexampleError:
            proof = None  # the integer may lie outside the domain
        if proof is not None:
            return Proof("integer and fractional part", proof.details)
    return None


def by_residues(task: Task) -> Proof | None:
    """Write an integer as ``m q + r`` for each remainder r, where floors divide it by m."""
    floors = task.difference.atoms(sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod)
    for symbol, domain in task.setting.domains.items():
        if not isinstance(domain, Integers) or task.setting.facts:
            continue
        modulus = _modulus(floors, symbol)
        if modulus is None:
            continue
        quotient = Dummy("q", integer=True)
        rest = {s: d for s, d in task.setting.domains.items() if s != symbol}
        setting = Setting({**rest, quotient: Integers()}, (), task.setting.names)
        try:
            proofs = [
                task.prove(setting, *(_placed(side, symbol, modulus * quotient + remainder)
                                      for side in (task.lhs, task.rhs)))
                for remainder in range(modulus)
            ]  # fmt: skip
        except CounterexampleError:
            return None  # the integer may lie outside of the domain
        if None not in proofs:
            return Proof("remainders", (("modulus", str(modulus)),))
    return None


def _modulus(floors: set[sympy.Basic], symbol: Symbol) -> int | None:
    """Return the common denominator of an integer below floors and in remainders."""
    numbers = [1]
    for node in floors:
        if symbol not in node.free_symbols:
            continue
        argument = node.args[0] / node.args[1] if isinstance(node, sympy.Mod) else node.args[0]
        for term in sympy.Add.make_args(sympy.expand(argument)):
            if symbol in term.free_symbols:
                ratio = term.as_coeff_Mul()[0]
                if not ratio.is_Rational:
                    return None
                numbers.append(int(ratio.q))
    modulus = math.lcm(*numbers)
    return modulus if 1 < modulus <= _LARGEST_MODULUS else None


def _placed(side: Expr, symbol: Symbol, value: Expr) -> Expr:
    """Substitute an integer and take whole terms out of floors."""
    plain = side.subs(symbol, value).replace(
        sympy.Mod, lambda u, v: u - v * sympy.floor(sympy.expand(u / v))
    )
    return plain.replace(sympy.floor, lambda u: sympy.floor(sympy.expand(u)))


def by_enumeration(task: Task) -> Proof | None:
    """Look at each member of a finite domain."""
    domains = task.setting.domains
    if not domains or not all(isinstance(d, Integers) and d.is_bounded for d in domains.values()):
        return None
    sizes = [int(domain.high - domain.low) + 1 for domain in domains.values()]
    if sympy.prod(sizes) > _MOST_MEMBERS:
        return None
    members = [
        [Integer(value) for value in range(int(d.low), int(d.high) + 1)] for d in domains.values()
    ]
    count = 0
    for values in itertools.product(*members):
        point = dict(zip(domains, values, strict=True))
        if not all(_fact_holds(fact.subs(point), signs) for fact, signs in task.setting.facts):
            continue
        sides = (_evaluated(side.subs(point)) for side in (task.lhs, task.rhs))
        if task.prove(Setting({}), *sides) is None:
            return None
        count += 1
    return Proof("finite enumeration", (("members", str(count)),))


def _fact_holds(value: Expr, signs: frozenset[int]) -> bool:
    return bool(Setting({}).signs(value) & signs)


def _evaluated(expr: Expr) -> Expr:
    return expr.doit() if expr.has(sympy.Sum, sympy.Product) else expr
