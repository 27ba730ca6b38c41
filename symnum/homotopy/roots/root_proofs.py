"""The derivation of one branch of the roots: the dominant balance, and the equation order by order.

With ``eps = s**r`` and ``x = s**a X`` the equation is a power of s times Q(X, s). Its part at s = 0
balances the leading terms; the series X(s) leaves nothing of Q below the order reached. Where the
coefficients lie in the field of a root theta that has no closed form, theta stays a symbol: what is
left is then a multiple of its minimal polynomial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from symnum.algebra.extensions import SimpleExtension
from symnum.derivation import Derivation
from symnum.expressions import Interval
from symnum.homotopy.proofs import domain_of

if TYPE_CHECKING:
    from symnum.homotopy.roots.root_branches import RootBranch

__all__ = ["derive_root"]

CHECKED_STEPS = 4  # of s after the leading term
POSITIVE = Interval(0, "oo", left_open=True)


def derive_root(branch: RootBranch) -> Derivation:
    """Derive the first terms of a branch from its equation.

    Parameters
    ----------
    branch : RootBranch

    Returns
    -------
    Derivation
        Its result is the branch through the order that was checked.
    """
    count = min(branch.order, CHECKED_STEPS)
    s, scaled = _unused("s", branch), _unused("X", branch)
    lead = branch.exponents[0] * branch.ramification
    coefficients, theta, modulus = _coefficients(branch, count)
    symbols = branch.equation.free_symbols - {branch.unknown, branch.small}
    positive = _under_roots(coefficients) & symbols
    others = {*symbols, scaled, *([] if theta is None else [theta])}
    d = Derivation(
        "perturbed_root",
        title=f"A root of {branch.equation} = 0 for small {branch.small}",
        domain={s: POSITIVE, branch.small: POSITIVE, **domain_of(others, positive)},
    )
    rules = {branch.unknown: s**lead * scaled, branch.small: s**branch.ramification}
    stretched = branch.equation.xreplace(rules)
    reduced, power = _without_power(stretched, s)
    d.equal(
        stretched,
        s**power * reduced,
        why=f"with {branch.small} = {s}**{branch.ramification} and {branch.unknown} = {s}**"
        f"{lead}*{scaled} all terms that balance have the same power of {s}",
    )
    vanishing = "" if theta is None else f", a multiple of {modulus}, which vanishes at {theta}"
    balance = reduced.xreplace({scaled: coefficients[0]})
    d.series(
        balance,
        s,
        1,
        _multiple(balance, s, 1, theta, modulus),
        why=f"dominant balance: at {s} = 0 the leading coefficient is a root of what is left"
        + vanishing,
    )
    series = sympy.Add(*(value * s**k for k, value in enumerate(coefficients)))
    rest = reduced.xreplace({scaled: series})
    d.series(
        rest,
        s,
        count + 1,
        _multiple(rest, s, count + 1, theta, modulus),
        why="put into the equation, the series leaves no power of its own" + vanishing,
    )
    small = branch.small
    terms = zip(coefficients, branch.exponents[: count + 1], strict=True)
    result = sympy.Add(*(value * small**exponent for value, exponent in terms))
    root = small ** sympy.Rational(1, branch.ramification)
    d.equal(
        (s**lead * series).xreplace({s: root}),
        result,
        why=f"back in {branch.unknown} and {small}",
    )
    d.result(result, [small, *sorted(result.free_symbols - {small}, key=lambda s: str(s.name))])
    return d


def _coefficients(
    branch: RootBranch, count: int
) -> tuple[list[sympy.Expr], sympy.Symbol | None, sympy.Expr]:
    """Return coefficients, and the symbol theta with its minimal polynomial where one is needed."""
    field = branch.algebra.field
    if not isinstance(field, SimpleExtension) or not field.has_nameless_roots():
        return branch.coefficients[: count + 1], None, sympy.S.Zero
    theta = _unused("theta", branch)
    elements = branch.source.coefficients(count)
    return [field.in_symbol(c, theta) for c in elements], theta, field.minimal_polynomial(theta)


def _multiple(
    expr: sympy.Expr, s: sympy.Symbol, order: int, theta: sympy.Symbol | None, modulus: sympy.Expr
) -> sympy.Expr:
    """Return what is left below an order of s: 0, or a multiple of the minimal polynomial."""
    if theta is None:
        return sympy.S.Zero
    polynomial = sympy.Poly(expr, s)
    total = sympy.S.Zero
    for k in range(order):
        total += sympy.quo(polynomial.coeff_monomial(s**k), modulus, theta) * s**k
    return modulus * total


def _unused(name: str, branch: RootBranch) -> sympy.Symbol:
    taken = {symbol.name for symbol in branch.equation.free_symbols}
    while name in taken:
        name += "_"
    return sympy.Symbol(name)


def _under_roots(values: list[sympy.Expr]) -> set[sympy.Symbol]:
    """Return the symbols that stand under a root."""
    powers = {node for value in values for node in value.atoms(sympy.Pow)}
    return {s for node in powers if not node.exp.is_Integer for s in node.base.free_symbols}


def _without_power(expr: sympy.Expr, s: sympy.Symbol) -> tuple[sympy.Expr, sympy.Integer]:
    """Divide by the lowest power of s, where the terms are products with powers of s."""
    terms = sympy.Add.make_args(sympy.expand(expr))
    powers = [term.as_coeff_exponent(s)[1] for term in terms]
    if not all(p.is_Integer for p in powers):
        return expr, sympy.S.Zero
    lowest = min(powers)
    pairs = (term.as_coeff_exponent(s) for term in terms)
    return sympy.Add(*(c * s ** (p - lowest) for c, p in pairs)), lowest
