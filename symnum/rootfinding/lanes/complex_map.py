"""Newton's map of an analytic function as a quotient without what cancels.

The step of Newton's method is f/f'. Written by the logarithmic derivative it needs no function that
never vanishes: of f = exp(w) g it is g/(g' + w' g), which does not overflow where f does, and of
f = g/h it is g h/(g' h - g h'). The powers of factors count the multiplicities of roots; without
them convergence is quadratic at every root.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symnum.rootfinding.kinks import derivatives
from symnum.rootfinding.problem import NOT_ANALYTIC

__all__ = ["STEPS", "NewtonQuotient", "newton_quotient", "refuse_not_analytic"]

#: Polynomials of a higher degree are not searched for multiple roots beforehand.
HIGHEST_DEGREE = 64
#: Up to this degree derivatives are expanded, for Horner's rule.
EXPANDED_DEGREE = 12


def refuse_not_analytic(expr: sp.Expr, unknown: sp.Symbol) -> None:
    """Raise `ValueError` if a function has no complex derivative in the unknown."""
    for kind in NOT_ANALYTIC:
        found = [node for node in expr.atoms(kind) if node.has(unknown)]
        if found:
            names = {symbol: sp.Symbol(symbol.name) for symbol in expr.free_symbols}
            shown = min(str(node.xreplace(names)) for node in found)
            raise ValueError(
                f"equation: {shown} is not analytic, so it has no derivative in the complex "
                f"{unknown.name}; write it without {kind.__name__}"
            )


@dataclass(frozen=True, slots=True)
class NewtonQuotient:
    """The quotient p/q that equals f/f', or f/f' with all roots of f made simple.

    Attributes
    ----------
    numerator, denominator : Expr
        p and q. Roots of f are zeros of p where p'/q > 0; poles of f are zeros where p'/q < 0.
    simple : bool
        Whether it is known that p has simple zeros only.
    """

    numerator: sp.Expr
    denominator: sp.Expr
    simple: bool


def newton_quotient(expr: sp.Expr, unknown: sp.Symbol, *, simple_roots: bool) -> NewtonQuotient:
    """Return numerator and denominator of Newton's step.

    Parameters
    ----------
    expr : Expr
        An analytic function f.
    unknown : Symbol
        Its variable.
    simple_roots : bool
        Whether powers of factors are taken off. If not, the step is that of f itself.

    Returns
    -------
    NewtonQuotient

    Raises
    ------
    UnsupportedNodeError
        If the derivative is not known in closed form.

    Examples
    --------
    >>> z = sp.Symbol("z")
    >>> quotient = newton_quotient(z**3 - 1, z, simple_roots=True)
    >>> quotient.numerator, quotient.denominator, quotient.simple
    (z**3 - 1, 3*z**2, True)
    >>> newton_quotient((z + 800) * sp.exp(z), z, simple_roots=True).denominator
    z + 801
    """
    top, bottom = sp.fraction(sp.together(expr))
    rational = _rational_quotient(top, bottom, unknown, simple_roots)
    if rational is not None:
        return rational
    slope: sp.Expr = sp.Integer(0)
    factors: dict[sp.Expr, sp.Expr] = {}
    for sign, product in ((1, top), (-1, bottom)):
        for factor in sp.Mul.make_args(sp.factor_terms(product)):
            if not factor.has(unknown):
                continue
            if isinstance(factor, sp.exp):
                slope += sign * derivatives(factor.exp, unknown, 1)[0]
                continue
            base, power = factor.as_base_exp()
            if power.has(unknown) or not power.is_Rational:
                base, power = factor, sp.Integer(1)
            factors[base] = factors.get(base, sp.Integer(0)) + sign * power
    if simple_roots:
        factors = {
            base: sp.Integer(1) if power.is_Integer and power > 0 else power
            for base, power in factors.items()
        }
    return _from_factors(factors, slope, unknown)


def _from_factors(
    factors: dict[sp.Expr, sp.Expr], slope: sp.Expr, unknown: sp.Symbol
) -> NewtonQuotient:
    """Return 1/(slope + sum of e h'/h) over factors h with powers e, as one quotient."""
    numerator = sp.Mul(*factors)
    terms = [slope * numerator] if slope != 0 else []
    for base, power in factors.items():
        others = sp.Mul(*(other for other in factors if other is not base))
        terms.append(power * derivatives(base, unknown, 1)[0] * others)
    return NewtonQuotient(numerator, sp.Add(*terms), False)


def _rational_quotient(
    top: sp.Expr, bottom: sp.Expr, unknown: sp.Symbol, simple_roots: bool
) -> NewtonQuotient | None:
    """Return the quotient of a rational function with exact coefficients, None for others."""
    above, below = (_polynomial(part, unknown) for part in (top, bottom))
    if above is None or below is None:
        return None
    common = above.gcd(below)
    if common.degree() > 0:
        above, below = above.quo(common), below.quo(common)
        top, bottom = above.as_expr(), below.as_expr()
    if not above.is_sqf:
        if not simple_roots:
            return _reduced(above, below, unknown)
        above = above.sqf_part()
        top = _without_powers(top, above, unknown)
    if below.degree() == 0:
        return NewtonQuotient(top, _derivative(top, above, unknown), True)
    if above.degree() + below.degree() <= EXPANDED_DEGREE or not below.is_sqf:
        return _reduced(above, below, unknown)
    slope = sp.diff(top, unknown) * bottom - top * sp.diff(bottom, unknown)
    return NewtonQuotient(top * bottom, slope, True)


def _reduced(above: sp.Poly, below: sp.Poly, unknown: sp.Symbol) -> NewtonQuotient:
    """Return the step for a quotient of polynomials in lowest terms."""
    top = above * below
    bottom = above.diff(unknown) * below - above * below.diff(unknown)
    shared = top.gcd(bottom)
    return NewtonQuotient(top.quo(shared).as_expr(), bottom.quo(shared).as_expr(), True)


def _polynomial(expr: sp.Expr, unknown: sp.Symbol) -> sp.Poly | None:
    if not expr.is_polynomial(unknown):
        return None
    polynomial = sp.Poly(expr, unknown)
    domain = polynomial.domain
    exact = domain.is_ZZ or domain.is_QQ or domain.is_ZZ_I or domain.is_QQ_I
    if not exact or polynomial.degree() > HIGHEST_DEGREE or polynomial.is_zero:
        return None
    return polynomial.to_field()


def _without_powers(expr: sp.Expr, wanted: sp.Poly, unknown: sp.Symbol) -> sp.Expr:
    """Return a square-free polynomial, in the factors of the user where that is possible."""
    bases = [factor.as_base_exp()[0] for factor in sp.Mul.make_args(expr)]
    product = sp.Mul(*dict.fromkeys(base for base in bases if base.has(unknown)))
    if sp.Poly(product, unknown).degree() == wanted.degree():
        return product
    return wanted.as_expr()


def _derivative(expr: sp.Expr, polynomial: sp.Poly, unknown: sp.Symbol) -> sp.Expr:
    if polynomial.degree() > EXPANDED_DEGREE or expr.is_Mul:
        return sp.diff(expr, unknown)
    return sp.diff(sp.expand(expr), unknown)


def _newton(p: sp.Expr, q: sp.Expr, unknown: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    return p, q


def _halley(p: sp.Expr, q: sp.Expr, unknown: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    # 2 s/(1 + s') of s = p/q
    above, below = derivatives(p, unknown, 1)[0], derivatives(q, unknown, 1)[0]
    return 2 * p * q, q**2 + above * q - p * below


def _schroeder(p: sp.Expr, q: sp.Expr, unknown: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    # s/s', Newton's step for s itself
    above, below = derivatives(p, unknown, 1)[0], derivatives(q, unknown, 1)[0]
    return p * q, above * q - p * below


def _householder(p: sp.Expr, q: sp.Expr, unknown: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    # s (1 - t/2)/(1 - t + r/6) with s = p/q, t = 1 - s', r = 2 t**2 - t - s s"
    above, below = derivatives(p, unknown, 1)[0], derivatives(q, unknown, 1)[0]
    slope = above * q - p * below  # s' q**2
    curve = derivatives(slope, unknown, 1)[0] * q - 2 * slope * below  # s" q**3
    rest = q**2 - slope  # t q**2
    third = 2 * rest**2 - rest * q**2 - p * curve  # r q**4
    return 3 * p * q * (q**2 + slope), 6 * slope * q**2 + third


#: Numerator and denominator of the step of each method, from those of Newton's.
STEPS = {
    "auto": _newton,
    "newton": _newton,
    "halley": _halley,
    "householder": _householder,
    "schroeder": _schroeder,
}
