"""Exact signs of polynomials: certified real roots of one variable, coefficients of several."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy
from flint import acb, arb, ctx, fmpq, fmpz_poly
from sympy import Expr, Integer, Poly, Rational, Symbol

from symnum.derivation.provers.enclosures import number_span, signs_of
from symnum.expressions.domains import Integers, Interval
from symnum.reference.boxes import as_symbolic

__all__ = [
    "RealRoot",
    "box_signs",
    "folded",
    "line_signs",
    "points_between",
    "rational_polynomial",
    "real_roots",
    "roots_inside",
]

_PRECISIONS = (80, 300, 1200)
_MOST_DEGREE = 120
_MOST_TERMS = 2000
_INFINITIES = (sympy.oo, -sympy.oo)


@final
@dataclass(frozen=True, slots=True)
class RealRoot:
    """One real root: a ball that isolates it, its multiplicity, and its value where rational."""

    ball: Any
    multiplicity: int
    exact: Expr | None


def rational_polynomial(expr: Expr, symbols: Sequence[Symbol]) -> Poly | None:
    """Return an expression as a polynomial with rational coefficients.

    Parameters
    ----------
    expr : sympy.Expr
        Any expression.
    symbols : sequence of sympy.Symbol
        The variables.

    Returns
    -------
    sympy.Poly or None
        None where it is no such polynomial, or a large one.
    """
    if not expr.is_polynomial(*symbols) or expr.free_symbols - set(symbols):
        return None
    try:
        poly = Poly(expr, *symbols)
    except sympy.PolynomialError:
        return None
    if not (poly.domain.is_ZZ or poly.domain.is_QQ) or poly.total_degree() > _MOST_DEGREE:
        return None
    return poly.set_domain(sympy.QQ) if len(poly.terms()) <= _MOST_TERMS else None


def _integral(poly: Poly) -> fmpz_poly:
    _, cleared = poly.clear_denoms(convert=True)
    return fmpz_poly([int(value) for value in reversed(cleared.all_coeffs())])


def _places(polynomial: Any) -> list[acb]:
    """Return the complex roots of a square-free polynomial, without their multiplicities."""
    return [place for place, _ in polynomial.complex_roots()]


def real_roots(poly: Poly) -> list[RealRoot]:
    """Return the real roots of a univariate polynomial in increasing order.

    Parameters
    ----------
    poly : sympy.Poly
        With rational coefficients, not constant.

    Returns
    -------
    list of RealRoot
    """
    whole = _integral(poly)
    roots: list[RealRoot] = []
    for base, multiplicity in whole.factor()[1]:
        if base.degree() == 1:
            value = Rational(-int(base[0]), int(base[1]))
            ball = arb(fmpq(int(value.p), int(value.q)))
            roots.append(RealRoot(ball, int(multiplicity), value))
        elif base.degree() > 1:
            roots += [
                RealRoot(place.real, int(multiplicity), _square_root(base, place.real))
                for place in _places(base)
                if place.imag.is_zero()
            ]
    return sorted(roots, key=lambda root: as_symbolic(root.ball.mid()))


def _square_root(base: fmpz_poly, ball: Any) -> Expr | None:
    """Return the root of a quadratic in closed form."""
    if base.degree() != 2:
        return None
    c, b, a = (Integer(int(base[place])) for place in range(3))
    root = sympy.sqrt(b**2 - 4 * a * c)
    for sign in (1, -1):
        value = (-b + sign * root) / (2 * a)
        span = number_span(value)
        if span.low <= ball.upper() and ball.lower() <= span.high:
            return value
    return None


def roots_inside(poly: Poly, domain: Interval | Integers) -> list[RealRoot] | None:
    """Return the real roots in the closure of a domain, in increasing order.

    Parameters
    ----------
    poly : sympy.Poly
        Univariate, rational coefficients, not zero.
    domain : Interval or Integers

    Returns
    -------
    list of RealRoot or None
        None where a root cannot be told from an irrational end, or from another root.
    """
    if poly.degree() <= 0:
        return []
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            verdicts = [(root, _is_inside(root, domain)) for root in real_roots(poly)]
        if all(verdict is not None for _, verdict in verdicts):
            inside = [root for root, verdict in verdicts if verdict]
            if points_between(inside, domain) is not None:
                return inside
    return None


def _is_inside(root: RealRoot, domain: Interval | Integers) -> bool | None:
    for end, sign in ((domain.low, 1), (domain.high, -1)):
        if end in _INFINITIES:
            continue
        side = _side(root, end)
        if side is None:
            return None
        if side * sign < 0:
            return False
    return True


def _side(root: RealRoot, end: Expr) -> int | None:
    """Return on which side of a number a root lies, 0 where they are equal."""
    if isinstance(root.exact, Rational) and isinstance(end, Rational):
        return int(bool(root.exact > end)) - int(bool(root.exact < end))
    if root.exact is not None and (root.exact - end).is_zero:
        return 0
    place = number_span(end, ctx.prec)
    if root.ball.lower() > place.high:
        return 1
    return -1 if root.ball.upper() < place.low else None


def line_signs(poly: Poly, domain: Interval | Integers) -> frozenset[int] | None:
    """Return the signs that a univariate polynomial takes on a domain, exactly.

    Parameters
    ----------
    poly : sympy.Poly
        Univariate, rational coefficients.
    domain : Interval or Integers
        A range of integers counts as the interval that it spans.

    Returns
    -------
    frozenset of int or None
    """
    if poly.is_zero:
        return frozenset({0})
    roots = roots_inside(poly, domain)
    if roots is None:
        return None
    signs = set()
    for root in roots:
        at_end = (domain.left_open and _equals(root, domain.low)) or (
            domain.right_open and _equals(root, domain.high)
        )
        if not at_end:
            signs.add(0)
    for point in points_between(roots, domain) or ():
        value = poly.eval(point)
        signs.add(int(bool(value > 0)) - int(bool(value < 0)))
    if domain.is_point and not roots:
        signs |= signs_of(number_span(poly.as_expr().subs(poly.gen, domain.low)))
    return frozenset(signs)


def _equals(root: RealRoot, end: Expr) -> bool:
    return root.exact is not None and bool((root.exact - end).is_zero)


def points_between(roots: Sequence[RealRoot], domain: Interval | Integers) -> list[Rational] | None:
    """Return a rational point in each gap that the roots leave of the domain.

    Parameters
    ----------
    roots : sequence of RealRoot
        In the closure of the domain, in increasing order.
    domain : Interval or Integers

    Returns
    -------
    list of sympy.Rational or None
        None where two enclosures overlap, so that a gap would be missed.
    """
    places: list[Any] = [root.ball if root.exact is None else root.exact for root in roots]
    if domain.low not in _INFINITIES:
        places.insert(0, domain.low)
    if domain.high not in _INFINITIES:
        places.append(domain.high)
    if not places:
        return [Rational(0)]
    ends = [_sides(place) for place in places]
    points = [ends[0][0] - 1] if domain.low in _INFINITIES else []
    for place in range(len(places) - 1):
        left, right = ends[place][1], ends[place + 1][0]
        if left < right:
            points.append((left + right) / 2)
        elif not _are_equal(places[place], places[place + 1]):
            return None
    if domain.high in _INFINITIES:
        points.append(ends[-1][1] + 1)
    return points


def _are_equal(first: Any, second: Any) -> bool:
    if isinstance(first, Expr) and isinstance(second, Expr):
        return bool((first - second).is_zero)
    return False


def _sides(place: Any) -> tuple[Rational, Rational]:
    """Return rational numbers around a root or an end, equal ones where it is rational."""
    if isinstance(place, Rational):
        return place, place
    with ctx.workprec(2 * _PRECISIONS[-1]):
        if isinstance(place, Expr):
            span = number_span(place, 2 * _PRECISIONS[-1])
            return as_symbolic(span.low), as_symbolic(span.high)
        return as_symbolic(place.lower()), as_symbolic(place.upper())


def box_signs(poly: Poly, domains: Mapping[Symbol, Interval | Integers]) -> frozenset[int] | None:
    """Return what the coefficients tell about the signs of a polynomial on a box.

    Each variable is replaced by one that runs from zero to infinity, ``x = a + t``,
    ``x = b - t`` or ``x = (a + b t)/(1 + t)``. If no coefficient of the outcome is negative, the
    polynomial is not either.

    Parameters
    ----------
    poly : sympy.Poly
        Rational coefficients.
    domains : mapping from sympy.Symbol to Interval or Integers

    Returns
    -------
    frozenset of int or None
        None where the coefficients have both signs.
    """
    faces: list[tuple[str, ...]] = []
    for symbol in poly.gens:
        domain = domains[symbol]
        low, high = domain.low, domain.high
        if any(end not in _INFINITIES and not end.is_Rational for end in (low, high)):
            return None
        faces.append(_faces(domain))
        if low not in _INFINITIES or high not in _INFINITIES:
            poly = folded(poly, symbol, low, high)
        if len(poly.terms()) > _MOST_TERMS:
            return None
    return _coefficient_signs(poly, faces)


def _faces(domain: Interval | Integers) -> tuple[str, ...]:
    """Return the exponents that a term must have so as not to vanish at an end of the domain."""
    if not (domain.left_open and domain.low in _INFINITIES):
        if domain.high in _INFINITIES:
            return () if domain.left_open else ("zero",)
        return tuple(
            face
            for face, is_open in (("zero", domain.left_open), ("degree", domain.right_open))
            if not is_open
        )
    if domain.high in _INFINITIES:
        return ("line",)
    return () if domain.right_open else ("zero",)


def folded(poly: Poly, symbol: Symbol, low: Expr, high: Expr) -> Poly:
    """Return a polynomial in a variable that runs from zero to infinity instead of low to high.

    Parameters
    ----------
    poly : sympy.Poly
    symbol : sympy.Symbol
        One of its variables.
    low, high : sympy.Expr
        Rational or infinite, not both infinite.

    Returns
    -------
    sympy.Poly
        Of the same sign: a positive denominator is dropped.
    """
    if high in _INFINITIES:
        return poly if low == 0 else Poly(poly.as_expr().subs(symbol, symbol + low), *poly.gens)
    if low in _INFINITIES:
        return Poly(poly.as_expr().subs(symbol, high - symbol), *poly.gens)
    degree = poly.degree(symbol)
    total = Poly(0, *poly.gens, domain=sympy.QQ)
    top, bottom = Poly(low + high * symbol, *poly.gens), Poly(1 + symbol, *poly.gens)
    place = poly.gens.index(symbol)
    for monomial, value in poly.terms():
        rest = tuple(0 if i == place else exponent for i, exponent in enumerate(monomial))
        term = Poly.from_dict({rest: value}, *poly.gens, domain=sympy.QQ)
        total += term * top ** monomial[place] * bottom ** (degree - monomial[place])
    return total


def _coefficient_signs(poly: Poly, faces: Sequence[tuple[str, ...]]) -> frozenset[int] | None:
    terms = poly.terms()
    signs = {1 if value > 0 else -1 for _, value in terms if value != 0}
    if len(signs) != 1:
        return frozenset({0}) if not signs else None
    sign = next(iter(signs))
    for place, face in enumerate(faces):
        if face == ("line",) and any(monomial[place] % 2 for monomial, _ in terms):
            return None
    degrees = poly.degree_list()
    # At each corner some term has to stay: then the polynomial vanishes nowhere.
    for corner in itertools.product(*(face or ("any",) for face in faces)):
        needed = [
            {"zero": 0, "line": 0, "degree": degrees[place], "any": None}[name]
            for place, name in enumerate(corner)
        ]
        if not any(
            all(
                want is None or exponent == want for exponent, want in zip(row, needed, strict=True)
            )
            for row, _ in terms
        ):
            return frozenset({0, sign})
    return frozenset({sign})
