"""All zeros of an expression of one symbol on its domain, with proof that there are no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import sympy
from sympy import Expr, Integer, Poly, Rational, Symbol

from symnum.derivation.provers.breaks import closed_forms
from symnum.derivation.provers.enclosures import number_span
from symnum.derivation.provers.realroots import RealRoot, rational_polynomial, roots_inside
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import sign_of_number
from symnum.errors import UnsupportedNodeError
from symnum.expressions.domains import Integers, Interval
from symnum.reference.boxes import as_symbolic
from symnum.reference.roots import RootEnclosure, isolate_roots

__all__ = ["Zeros", "zeros_on_line"]

_BUDGET = 600
_FAR = Integer(64)
_DIGITS = 30
_INFINITIES = (sympy.oo, -sympy.oo)


@final
@dataclass(frozen=True, slots=True)
class Zeros:
    """Zeros on a domain.

    Attributes
    ----------
    inside : tuple of sympy.Expr
        In closed form where one is known, otherwise the middle of an enclosure of 30 digits.
    complete : bool
        Whether it is proved that there are no others.
    about : str
        What the points without closed form stand for.
    """

    inside: tuple[Expr, ...]
    complete: bool
    about: str = ""


def zeros_on_line(expr: Expr, symbol: Symbol, setting: Setting) -> Zeros:
    """Return the zeros of an expression on the domain of its only symbol.

    Parameters
    ----------
    expr : sympy.Expr
        Real, over `symbol` alone.
    symbol : sympy.Symbol
    setting : Setting

    Returns
    -------
    Zeros
    """
    domain = setting.domains[symbol]
    poly = rational_polynomial(expr, [symbol])
    if poly is not None and not poly.is_zero:
        roots = roots_inside(poly, domain)
        if roots is not None:
            values = [_value_of(root, poly, domain) for root in roots]
            return Zeros(tuple(value for value in values if value in domain), complete=True)
    return _isolated(expr, symbol, setting)


def _value_of(root: RealRoot, poly: Poly, domain: Interval | Integers) -> Expr:
    if root.exact is not None:
        return root.exact
    for candidate in poly.real_roots():
        place = number_span(Rational(candidate.evalf(40)))
        if root.ball.overlaps(place.low + root.ball * 0) and candidate in domain:
            return candidate
    return as_symbolic(root.ball.mid())


def _isolated(expr: Expr, symbol: Symbol, setting: Setting) -> Zeros:
    domain = setting.domains[symbol]
    known = [
        value
        for value in closed_forms(expr, symbol, domain)
        if sign_of_number(expr.subs(symbol, value)) == {0}
    ]
    low, high, tails_clear = _finite_part(expr, symbol, setting)
    try:
        found = isolate_roots(expr, symbol, low, high, budget=_BUDGET, digits=_DIGITS)
    except UnsupportedNodeError:
        return Zeros(tuple(value for value in known if value in domain), complete=False)
    inside: list[Expr] = [value for value in known if value in domain]
    about = ""
    certain = found.complete
    for root in found.roots:
        if any(_matches(value, root) for value in known) or not root.proved:
            continue
        end = _end_of(expr, symbol, domain, root)
        if end is not None:
            inside += [end] if end in domain else []
            continue
        middle = root.lower if root.lower == root.upper else (root.lower + root.upper) / 2
        if middle in domain:
            inside.append(middle)
            if root.lower != root.upper:
                about = f"a zero lies within 1e-{_DIGITS} of this point"
    return Zeros(tuple(dict.fromkeys(inside)), certain and tails_clear, about)


def _matches(value: Expr, root: RootEnclosure) -> bool:
    """Tell whether a zero in closed form is the only one that an enclosure holds."""
    gaps = (value - root.lower, root.upper - value)
    return all(-1 not in sign_of_number(gap) for gap in gaps)


def _end_of(
    expr: Expr, symbol: Symbol, domain: Interval | Integers, root: RootEnclosure
) -> Expr | None:
    """Return the end of the domain that a root is, if it is one."""
    for end in (domain.low, domain.high):
        at_root = end not in _INFINITIES and _matches(end, root)
        if at_root and sign_of_number(expr.subs(symbol, end)) == {0}:
            return end
    return None


def _finite_part(expr: Expr, symbol: Symbol, setting: Setting) -> tuple[Expr, Expr, bool]:
    """Return a bounded part of the domain and whether the rest is free of zeros."""
    domain = setting.domains[symbol]
    low, high, clear = domain.low, domain.high, True
    if high in _INFINITIES:
        high = _FAR if low in _INFINITIES else sympy.ceiling(low) + _FAR
        tail = setting.with_domains({symbol: Interval(high, sympy.oo)})
        clear = 0 not in tail.signs(expr)
    if low in _INFINITIES:
        low = -_FAR if domain.high in _INFINITIES else sympy.floor(domain.high) - _FAR
        tail = setting.with_domains({symbol: Interval(-sympy.oo, low)})
        clear = clear and 0 not in tail.signs(expr)
    return low, high, clear
