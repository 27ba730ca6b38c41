"""Signs of polynomials in exponentials, roots and symbols, decided by algebra alone.

The numerator of the normal form is factored; each factor is a polynomial in generators that are
known to be positive, nonnegative, at least one, or just real. Treating the generators as
independent of each other can only lose a proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from flint import fmpq_mpoly
from sympy import Dummy, Integer, Poly, Rational, Symbol

from symnum.derivation.provers.enclosures import number_span, signs_of
from symnum.derivation.provers.field import ONE, Generator, Quotient, TooLargeError, quotient
from symnum.derivation.provers.form import factors_of
from symnum.derivation.provers.goal import Goal, joined
from symnum.derivation.provers.normalform import NormalForm, normal_form
from symnum.derivation.provers.realroots import (
    box_signs,
    folded,
    line_signs,
    points_between,
    rational_polynomial,
    roots_inside,
)
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import ANY
from symnum.derivation.provers.squares import by_means, by_squares
from symnum.derivation.provers.task import CounterexampleError, Proof
from symnum.expressions.domains import Integers, Interval

__all__ = [
    "by_cofactor",
    "by_kernels",
    "by_line",
    "number_verdict",
    "polynomial_verdict",
    "stripped",
]

_WHOLE = Interval(-sympy.oo, sympy.oo)
_HALF_LINE = Interval(0, sympy.oo)
_MOST_TERMS = 400

Domain = Interval | Integers


def by_line(goal: Goal) -> Proof | None:
    """Decide a rational function of one symbol by the real roots of its numerator."""
    symbols = sorted(goal.expr.free_symbols, key=str)
    if len(symbols) != 1 or not goal.expr.is_rational_function(*symbols):
        return None
    symbol = symbols[0]
    domain = goal.setting.domains[symbol]
    top, bottom = sympy.fraction(sympy.together(goal.expr))
    product = rational_polynomial(sympy.expand(top * bottom), [symbol])
    if product is None or goal.setting.facts:
        return None
    signs = line_signs(product, domain)
    if signs is None:
        return None
    if -1 not in signs:
        roots = roots_inside(product, domain) or []
        return Proof("real roots of the numerator", (("roots in the domain", str(len(roots))),))
    for point in points_between(roots_inside(product, domain) or [], domain) or ():
        if product.eval(point) < 0 and point in domain:
            raise CounterexampleError({symbol: point})
    return None


def by_kernels(goal: Goal) -> Proof | None:
    """Factor the normal form and decide the sign of each factor."""
    found = _factored(goal.expr, goal.setting.exactly)
    if found is None:
        return None
    form, constant, factors = found
    if constant == 0:
        return Proof("normal form", (("reduced to", "0"),))
    sign = 1 if constant > 0 else -1
    reasons: dict[str, None] = {}
    for factor, count in factors:
        if not form.field.is_real(factor):
            return None
        if count % 2 == 0:
            reasons.setdefault("even powers")
            continue
        verdict = _factor_sign(form, factor)
        if verdict is None:
            return None
        sign *= verdict[0]
        reasons.setdefault(verdict[1])
    if sign < 0:
        return None
    return Proof("signs of the factors", (("by", "; ".join(reasons)),))


Factored = tuple[NormalForm, Rational, list[tuple[fmpq_mpoly, int]]]


def _factored(expr: sympy.Expr, setting: Setting) -> Factored | None:
    """Return the factors of the normal form, with symbols written as powers of their roots."""
    try:
        form, (value,) = normal_form(setting, expr)
        value = _in_roots(form, form.field.reduced(value))
        if value.is_zero:
            return form, Rational(0), []
        if len(value.numerator) > _MOST_TERMS or len(value.denominator) > _MOST_TERMS:
            return None
        constant, factors = factors_of(value)
    except (TooLargeError, ZeroDivisionError):
        return None
    return form, constant, factors


def _in_roots(form: NormalForm, value: Quotient) -> Quotient:
    """Replace each generator whose root is a generator too by the power of that root."""
    images = list(ONE.context().gens())
    for place, generator in enumerate(form.field.generators):
        if generator.kind != "root" or not generator.is_real or generator.argument is None:
            continue
        base = generator.argument
        used = form.field.used(base.numerator)
        if base.denominator == 1 and len(used) == 1 and form.field.single(base.numerator):
            images[used[0]] = images[place] ** generator.degree
    top = value.numerator.compose(*images, ctx=ONE.context())
    bottom = value.denominator.compose(*images, ctx=ONE.context())
    return quotient(top, bottom)


def stripped(expr: sympy.Expr, setting: Setting) -> sympy.Expr | None:
    """Return an expression without its factors of known sign; it is a nonnegative multiple of it.

    Parameters
    ----------
    expr : sympy.Expr
    setting : Setting

    Returns
    -------
    sympy.Expr or None
        None where the normal form is too large, or no factor could be taken out.
    """
    found = _factored(expr, setting)
    if found is None or found[1] == 0:
        return None
    form, constant, factors = found
    sign, rest, removed = (1 if constant > 0 else -1), Integer(1), 0
    for factor, count in factors:
        if not form.field.is_real(factor):
            return None
        if count % 2 == 0:
            removed += 1
            continue
        known = form.polynomial_sign(factor)
        if known <= {0, 1} or known <= {-1, 0}:
            sign *= 1 if known <= {0, 1} else -1
            removed += 1
        else:
            rest *= form.field.polynomial_expression(factor)
    return sign * rest if removed else None


def by_cofactor(goal: Goal) -> Proof | None:
    """Leave out the factors of the normal form whose sign is known."""
    rest = stripped(goal.expr, goal.setting)
    if rest is None or rest == goal.expr or not rest.free_symbols:
        return None
    proof = goal.is_nonnegative(rest)
    return None if proof is None else joined("factors of known sign left out", [proof])


def _factor_sign(form: NormalForm, factor: fmpq_mpoly) -> tuple[int, str] | None:
    known = form.polynomial_sign(factor)
    if known <= {0, 1}:
        return 1, "signs of the parts"
    if known <= {-1, 0}:
        return -1, "signs of the parts"
    symbols = {place: Dummy(f"g{place}", real=True) for place in form.field.used(factor)}
    domains = {
        symbols[place]: _domain_of(form.setting, form.field.generators[place]) for place in symbols
    }
    poly = _poly_of(factor, symbols)
    for sign in (1, -1):
        how = polynomial_verdict(poly * sign, domains)
        if how is not None:
            return sign, how
    return None


def _poly_of(polynomial: fmpq_mpoly, symbols: Mapping[int, Symbol]) -> Poly:
    terms: dict[tuple[int, ...], Any] = {}
    for monomial, value in polynomial.terms():
        key = tuple(int(monomial[place]) for place in symbols)
        terms[key] = Rational(int(value.p), int(value.q))
    return Poly.from_dict(terms, *symbols.values(), domain=sympy.QQ)


def _domain_of(setting: Setting, generator: Generator) -> Domain:
    """Return a domain with rational ends in which a generator lies."""
    expr = generator.expr
    if generator.kind == "symbol":
        domain: Domain = setting.domains[expr]
        return domain
    signs = setting.signs(expr)
    if isinstance(expr, sympy.exp):
        side = setting.signs(expr.args[0])
        if side <= {0, 1}:
            return Interval(1, sympy.oo, left_open=0 not in side)
        return Interval(0, 1 if side <= {-1, 0} else sympy.oo, left_open=True)
    if generator.kind == "root" and generator.argument is not None:
        found = _domain_of_root(setting, generator)
        if found is not None:
            return found
    if signs <= {0, 1}:
        return Interval(0, sympy.oo, left_open=0 not in signs)
    if signs <= {-1, 0}:
        return Interval(-sympy.oo, 0, right_open=0 not in signs)
    return _WHOLE


def _domain_of_root(setting: Setting, generator: Generator) -> Domain | None:
    """Return the interval of a root of a symbol whose ends have rational roots."""
    base = generator.expr**generator.degree
    domain = setting.domains.get(base)
    if domain is None or domain.low.is_extended_negative:
        return None
    low, high = (sympy.root(end, generator.degree) for end in (domain.low, domain.high))
    if not _is_plain(low) or not _is_plain(high):
        return None
    return Interval(low, high, bool(domain.left_open), bool(domain.right_open))


def polynomial_verdict(poly: Poly, domains: Mapping[Symbol, Domain]) -> str | None:
    """Return by what a polynomial is nonnegative on a box, None where that was not found.

    Parameters
    ----------
    poly : sympy.Poly
        Rational coefficients.
    domains : mapping from sympy.Symbol to Interval or Integers

    Returns
    -------
    str or None
    """
    if len(poly.gens) == 1:
        signs = line_signs(poly, domains[poly.gens[0]])
        if signs is not None:
            return "real roots" if -1 not in signs else None
    if (box_signs(poly, domains) or ANY) <= {0, 1}:
        return "signs of the coefficients"
    how = by_squares(poly)
    if how is not None:
        return how
    raised = _on_half_lines(poly, domains)
    if raised is None:
        return None
    how = by_means(raised)
    if how is not None:
        return how
    squared = Poly.from_dict(
        {tuple(2 * exponent for exponent in monomial): value for monomial, value in raised.terms()},
        *raised.gens,
        domain=sympy.QQ,
    )
    how = by_squares(squared)
    return f"{how} of square roots" if how is not None else None


def _on_half_lines(poly: Poly, domains: Mapping[Symbol, Domain]) -> Poly | None:
    """Return a lower bound in variables that run from zero to infinity.

    On a whole line the variable is its modulus, and each term of odd degree counts as negative.
    """
    lines = [place for place, symbol in enumerate(poly.gens) if domains[symbol] == _WHOLE]
    for symbol in poly.gens:
        domain = domains[symbol]
        if domain == _WHOLE:
            continue
        if not all(_is_plain(end) for end in (domain.low, domain.high)):
            return None
        poly = folded(poly, symbol, domain.low, domain.high)
        if len(poly.terms()) > _MOST_TERMS:
            return None
    # Only now all other variables are nonnegative, so that the size of a term is its modulus.
    terms = {
        monomial: -abs(value) if any(monomial[place] % 2 for place in lines) else value
        for monomial, value in poly.terms()
    }
    return Poly.from_dict(terms, *poly.gens, domain=sympy.QQ)


def _is_plain(end: sympy.Expr) -> bool:
    return bool(end.is_Rational or end in (sympy.oo, -sympy.oo))


def number_verdict(goal: Goal) -> Proof | None:
    """Decide the sign of a number: by algebra where it is zero, by balls where it is not."""
    if goal.expr.free_symbols:
        return None
    signs = signs_of(number_span(goal.expr))
    if signs == {1} and not goal.expr.is_Rational:
        return Proof("enclosure of a number", (), "interval")
    found = goal.setting.signs(goal.expr)
    if found == {-1}:
        raise CounterexampleError({})
    if found <= {0, 1}:
        level = "exact" if found == {0} or goal.expr.is_Rational else "interval"
        return Proof("sign of a number", (), level)
    return None
