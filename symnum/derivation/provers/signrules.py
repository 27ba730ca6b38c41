"""Rules for the sign of an expression on a setting, each from another kind of knowledge.

A rule returns a set of signs that contains every sign the expression takes; the sets of all rules
are intersected until one sign is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Poly

from symnum.derivation.provers.constants import sign_by_balls
from symnum.derivation.provers.enclosures import signs_of
from symnum.derivation.provers.realroots import box_signs, line_signs, rational_polynomial
from symnum.derivation.provers.signs import ANY, NEGATIVE, POSITIVE, ZERO, Signs, sign_of_number
from symnum.derivation.provers.squares import by_squares
from symnum.errors import UnsupportedNodeError
from symnum.reference.bounds import prove_nonnegative

if TYPE_CHECKING:
    from symnum.derivation.provers.setting import Setting

__all__ = ["RULES", "by_covering", "by_range", "logarithm_of_product"]

Rule = Callable[["Setting", Expr], Signs]

_INFINITIES = (sympy.oo, -sympy.oo)
_MOST_OPERATIONS = 300
_CHEAP_BOXES = 60
_MOST_ROOTS = 3
_ODD_INCREASING = (sympy.tanh, sympy.sinh, sympy.erf, sympy.atan, sympy.asinh, sympy.asin)


def _by_facts(setting: Setting, expr: Expr) -> Signs:
    """Compare with the facts: an expression that is a number times a fact has its sign."""
    found = ANY
    for fact, signs in setting.facts:
        ratio = expr / fact
        if ratio.free_symbols:
            ratio = sympy.cancel(ratio) if _is_small_rational(expr, fact) else ratio
        if not ratio.free_symbols and ratio.is_number:
            side = sign_by_balls(ratio)
            if len(side) == 1 and 0 not in side:
                found &= frozenset(next(iter(side)) * sign for sign in signs)
    return found


def _is_small_rational(expr: Expr, fact: Expr) -> bool:
    symbols = tuple(expr.free_symbols | fact.free_symbols)
    return bool(
        expr.free_symbols == fact.free_symbols
        and expr.is_rational_function(*symbols)
        and fact.is_rational_function(*symbols)
        and sympy.count_ops(expr) + sympy.count_ops(fact) < 80
    )


def _by_structure(setting: Setting, expr: Expr) -> Signs:
    """Multiply the signs of factors, join those of terms that agree."""
    if isinstance(expr, sympy.Mul):
        found = POSITIVE
        for factor in expr.args:
            signs = setting.signs(factor)
            found = frozenset(left * right for left in found for right in signs)
            if found == ANY:
                return ANY
        return found
    if isinstance(expr, sympy.Pow) and expr.exp.is_Rational and expr.exp.is_real:
        signs = setting.signs(expr.base)
        if expr.exp.q == 1:
            return frozenset(sign ** (int(expr.exp.p) % 2 or 2) for sign in signs)
        return signs if signs <= {0, 1} else ANY
    if isinstance(expr, sympy.Add):
        parts = [setting.signs(term) for term in expr.args]
        signs = frozenset().union(*parts)
        for one_side, strict in ((frozenset({0, 1}), POSITIVE), (frozenset({-1, 0}), NEGATIVE)):
            if signs <= one_side:
                return strict if strict in parts else signs
        return ANY
    if isinstance(expr, _ODD_INCREASING):
        return setting.signs(expr.args[0])
    if isinstance(expr, sympy.log):
        return setting.signs(expr.args[0] - 1)
    return ANY


def _by_line(setting: Setting, expr: Expr) -> Signs:
    """Decide an expression that is linear in its only symbol by the place of its zero."""
    if len(expr.free_symbols) != 1:
        return ANY
    (symbol,) = expr.free_symbols
    if symbol not in setting.domains or not expr.is_polynomial(symbol):
        return ANY
    poly = Poly(expr, symbol)
    if poly.degree() != 1:
        return ANY
    slope, offset = poly.all_coeffs()
    rising = sign_by_balls(slope)
    if len(rising) != 1 or 0 in rising:
        return ANY
    side, root = next(iter(rising)), -offset / slope
    domain = setting.domains[symbol]
    low = sign_of_number(domain.low - root) if domain.low not in _INFINITIES else NEGATIVE
    high = sign_of_number(domain.high - root) if domain.high not in _INFINITIES else POSITIVE
    if low == ZERO and domain.left_open:
        low = POSITIVE
    if high == ZERO and domain.right_open:
        high = NEGATIVE
    if -1 not in low:
        found = low | POSITIVE if 0 in low else POSITIVE
    elif 1 not in high:
        found = high | NEGATIVE if 0 in high else NEGATIVE
    else:
        return ANY
    return frozenset(side * sign for sign in found)


def _by_turn(setting: Setting, expr: Expr) -> Signs:
    """Decide a sine or cosine by the half turn that its angle lies in."""
    if not isinstance(expr, sympy.sin | sympy.cos):
        return ANY
    angle = expr.args[0] if isinstance(expr, sympy.sin) else expr.args[0] + sympy.pi / 2
    low, high = setting.bounds(angle / sympy.pi)
    if not (-1e6 < low <= high < 1e6) or high - low > 1.5:
        return ANY
    middle = (low + high) / 2
    turn = int(middle // 1)
    above = setting.signs(angle - turn * sympy.pi)
    below = setting.signs(angle - (turn + 1) * sympy.pi)
    if not (above <= {0, 1} and below <= {-1, 0}):
        return ANY
    sign = 1 if turn % 2 == 0 else -1
    return frozenset({sign, 0}) if 0 in above | below else frozenset({sign})


def _by_square(setting: Setting, expr: Expr) -> Signs:
    """Compare the two terms of ``a + b sqrt(r)`` by their squares."""
    if not isinstance(expr, sympy.Add) or sympy.count_ops(expr) > _MOST_OPERATIONS:
        return ANY
    roots = [
        part
        for term in expr.args
        for part in sympy.Mul.make_args(term)
        if isinstance(part, sympy.Pow) and part.exp == sympy.S.Half
    ]
    different = list(dict.fromkeys(roots))
    # Each step squares and expands, and leads to a question with one root less.
    for root in different if len(different) <= _MOST_ROOTS else ():
        with_root = [term for term in expr.args if root in sympy.Mul.make_args(term)]
        rest = sympy.Add(*(term for term in expr.args if term not in with_root))
        factor = sympy.Add(*(term / root for term in with_root))
        if rest.has(root) or factor.has(root):
            continue
        gap = setting.signs(sympy.expand(factor**2 * root.base - rest**2))
        if len(gap) == 1 and 0 not in gap:
            return setting.signs(factor) - ZERO if gap == POSITIVE else setting.signs(rest) - ZERO
    return ANY


def _by_exponentials(setting: Setting, expr: Expr) -> Signs:
    """Compare the two terms of a difference of products of exponentials by their logarithms."""
    if not isinstance(expr, sympy.Add) or len(expr.args) != 2 or not expr.has(sympy.exp):
        return ANY
    logs = []
    for term in expr.args:
        log = logarithm_of_product(setting, term)
        if log is None:
            return ANY
        logs.append(log)
    (first, above), (second, below) = logs
    if first * second != -1:
        return ANY
    gap = above - below if first > 0 else below - above
    return setting.signs(sympy.expand(gap))


def logarithm_of_product(setting: Setting, term: Expr) -> tuple[int, Expr] | None:
    """Return the sign of a product and the logarithm of its modulus.

    Parameters
    ----------
    setting : Setting
    term : sympy.Expr

    Returns
    -------
    int
    sympy.Expr
        None instead of both where a factor has no known sign.
    """
    sign, total = 1, sympy.S.Zero
    for factor in sympy.Mul.make_args(term):
        if isinstance(factor, sympy.exp):
            total += factor.args[0]
            continue
        base, exponent = factor.as_base_exp()
        signs = setting.signs(base)
        if signs == POSITIVE and isinstance(base, sympy.gamma):
            total += exponent * sympy.loggamma(base.args[0])
        elif signs == POSITIVE:
            total += exponent * sympy.log(base)
        elif signs == NEGATIVE and exponent.is_Integer:
            sign *= -1 if exponent % 2 else 1
            total += exponent * sympy.log(-base)
        else:
            return None
    return sign, total


def _by_polynomial(setting: Setting, expr: Expr) -> Signs:
    """Decide a polynomial by its real roots, one of several variables by its coefficients."""
    symbols = [symbol for symbol in setting.symbols if symbol in expr.free_symbols]
    poly = rational_polynomial(expr, symbols)
    if poly is None:
        return ANY
    if len(symbols) == 1:
        return line_signs(poly, setting.domains[symbols[0]]) or ANY
    found = box_signs(poly, setting.domains)
    if found is None:
        found = _by_factors(setting, poly)
    if found == ANY:
        found = _by_squares(poly)
    return found


def _by_squares(poly: Poly) -> Signs:
    """Write a polynomial, or its negative, as a sum of squares; plus a constant it is positive."""
    constant = poly.nth(*(0,) * len(poly.gens))
    for sign, signs in ((1, POSITIVE), (-1, NEGATIVE)):
        if constant * sign > 0 and by_squares(sign * poly - sign * constant / 2) is not None:
            return signs
        if by_squares(sign * poly) is not None:
            return signs | ZERO
    return ANY


def _by_factors(setting: Setting, poly: Poly) -> Signs:
    constant, factors = poly.factor_list()
    if len(factors) == 1 and factors[0][1] == 1:
        return ANY
    found = frozenset({1 if constant > 0 else -1})
    for factor, count in factors:
        signs = setting.signs(factor.as_expr())
        found = frozenset(left * right**count for left in found for right in signs)
    return found


def by_range(setting: Setting, expr: Expr) -> Signs:
    """Enclose the expression over the domain in outward-rounded arithmetic."""
    return signs_of(setting.range(expr))


def _by_quotient(setting: Setting, expr: Expr) -> Signs:
    """Bring a rational function to one denominator."""
    symbols = tuple(expr.free_symbols)
    if not isinstance(expr, sympy.Add) or sympy.count_ops(expr) > _MOST_OPERATIONS:
        return ANY
    if expr.is_polynomial(*symbols) or not expr.is_rational_function(*symbols):
        return ANY
    top, bottom = sympy.fraction(sympy.cancel(expr))
    if not bottom.free_symbols:
        return ANY
    above, below = setting.signs(top), setting.signs(bottom) - ZERO
    return frozenset(left * right for left in above for right in below)


def by_covering(setting: Setting, expr: Expr, found: Signs) -> Signs:
    """Try to exclude zero and one sign by a few boxes."""
    if sympy.count_ops(expr) > _MOST_OPERATIONS:
        return ANY
    used = {s: d for s, d in setting.domains.items() if s in expr.free_symbols}
    for sign in (1, -1):
        if sign not in found:
            continue
        try:
            report = prove_nonnegative(
                sign * expr, used, where=setting.relations(used), budget=_CHEAP_BOXES, strict=True
            )
        except UnsupportedNodeError:
            return ANY
        if report.proved:
            return frozenset({sign})
    return ANY


# From the cheapest to the dearest; each returns a set that holds every sign taken.
RULES: tuple[Rule, ...] = (
    _by_facts,
    by_range,
    _by_line,
    _by_structure,
    _by_turn,
    _by_polynomial,
    _by_quotient,
    _by_square,
    _by_exponentials,
)
