"""exp(tA) by partial fractions: each factor of degree 1 or 2 in its own invariant subspace."""

from __future__ import annotations

import random
from math import comb

import sympy
from sympy import Dummy, Expr, Rational, exp, factorial

from symnum.matexp.symbolic.coefficient_rings import CoefficientRing, Polynomial
from symnum.matexp.symbolic.entire_functions import Stumpff
from symnum.matexp.symbolic.forms import Centre, Form, Problem, Term, explicit_term, stumpff_term
from symnum.matexp.symbolic.minimal_polynomials import Annihilator
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix, evaluated

__all__ = ["fraction_form"]

SMALLEST = Rational(1, 10**30)


def fraction_form(problem: Problem, centres: list[Centre]) -> Form | None:
    """Any factors of degree 1 and 2: each contributes in its own invariant subspace."""
    ring, terms, poles = problem.ring, list[Term](), list[Polynomial]()
    for factor, centre in zip(problem.annihilator.factors, centres, strict=True):
        others = (f for f in problem.annihilator.factors if f is not factor)
        cofactor = list(Annihilator(ring, tuple(others)).coefficients)
        taylor = [ring.reduced(c) for c in _shifted_argument(ring, cofactor, centre.a)]
        start = evaluated(cofactor, problem.matrix)
        if centre.square is None:
            terms += _from_linear(problem, centre, taylor, start, len(terms))
            poles.append(taylor[0])
        else:
            added, pole = _from_quadratic(problem, centre, taylor, start, len(terms))
            terms += added
            poles.append(pole)
    # Relations between generators may have been missed, such as those of sin(x) and sin(2x).
    if any(_vanishes(ring, pole) for pole in poles):
        return None
    degenerate = list[Polynomial]()
    for pole in poles:
        factors = [] if pole.is_constant() else [factor for factor, _ in pole.factor()[1]]
        # Where delta vanishes A itself is not defined.
        fresh = [f for f in factors if not divmod(problem.delta, f)[1].is_zero()]
        degenerate += [factor for factor in fresh if factor not in degenerate]
    return Form(tuple(terms), tuple(degenerate), "partial fractions")


def _vanishes(ring: CoefficientRing, pole: Polynomial) -> bool:
    """Whether a denominator is zero, as far as a random point tells."""
    if pole.is_constant():
        return bool(pole.is_zero())
    expression = ring.expression(pole)
    draws = random.Random(0)
    symbols = sorted(expression.free_symbols, key=lambda symbol: symbol.name)
    point = {symbol: Rational(draws.randrange(1, 10**6), 10**6) for symbol in symbols}
    return bool(abs(expression.subs(point).evalf(40)) < SMALLEST)


def _shifted_argument(
    ring: CoefficientRing, coefficients: list[Polynomial], at: Polynomial
) -> list[Polynomial]:
    """Return the Taylor coefficients of a polynomial at a point, by repeated division."""
    values = list(coefficients)
    for start in range(len(values) - 1):
        for k in reversed(range(start, len(values) - 1)):
            values[k] = ring.reduced(values[k] + at * values[k + 1])
    return values


def _inverse_series(
    ring: CoefficientRing, series: list[Polynomial], count: int
) -> list[Polynomial]:
    """Return G_j with 1/(u_0 + u_1 x + ...) = sum G_j x^j/u_0^(j+1)."""
    padded = series[:count] + [ring.zero] * (count - len(series))
    found = [ring.one]
    for j in range(1, count):
        total = ring.zero
        for i in range(1, j + 1):
            total = total - padded[i] * padded[0] ** (i - 1) * found[j - i]
        found.append(ring.reduced(total))
    return found


def _from_linear(
    problem: Problem,
    centre: Centre,
    taylor: list[Polynomial],
    start: PolynomialMatrix,
    first: int,
) -> list[Term]:
    ring, t, e = problem.ring, problem.t, centre.power
    inverse = _inverse_series(ring, taylor, e)
    shifted, chain = problem.matrix.plus(-centre.a), [start]
    for _ in range(e - 1):
        chain.append(shifted @ chain[-1])
    terms = []
    for j in range(e):
        total = PolynomialMatrix.scalar(ring, start.size, ring.zero)
        for i in range(e - j):
            weight = inverse[i] * taylor[0] ** (e - j - 1 - i)
            total = total + chain[i + j].scaled(weight)
        function = exp(problem.rate(centre.a) * t) * t**j / factorial(j)
        slope = [(first + j, centre.a)] + ([(first + j - 1, ring.one)] if j else [])
        below = ring.reduced(taylor[0] ** (e - j))
        terms.append(Term(function, total, below, j, tuple(slope)))
    return terms


def _from_quadratic(
    problem: Problem,
    centre: Centre,
    taylor: list[Polynomial],
    start: PolynomialMatrix,
    first: int,
) -> tuple[list[Term], Polynomial]:
    """With w = s - a and E = w^2 - D: the cofactor is alpha(E) + beta(E) w."""
    ring, e, square = problem.ring, centre.power, centre.square
    even = _in_excess(ring, taylor[0::2], square, e)
    odd = _in_excess(ring, taylor[1::2], square, e)
    norm = [
        ring.reduced(x)
        for x in _minus(ring, _product(ring, even, even, e), _weighted(ring, odd, square, e))
    ]
    inverse = _inverse_series(ring, norm, e)
    lifted = [inverse[j] * norm[0] ** (e - 1 - j) for j in range(e)]
    upper = _product(ring, even, lifted, e)
    lower = [-x for x in _product(ring, odd, lifted, e)]
    shifted, chain = problem.matrix.plus(-centre.a), [start]
    for _ in range(2 * e - 1):
        chain.append(shifted @ chain[-1])
    plain = _excess_powers(chain, square, e)
    below, terms = ring.reduced(norm[0] ** e), list[Term]()
    nothing = PolynomialMatrix.scalar(ring, start.size, ring.zero)
    for j in range(e):
        cosine, sine = nothing, nothing
        for i in range(e - j):
            straight, turned = plain[i + j]
            # w^2 = D + E, and E lifts to the next pair.
            following = plain[i + j + 1][0] if i + j + 1 < e else nothing
            cosine = cosine + straight.scaled(upper[i]) + turned.scaled(lower[i])
            sine = sine + turned.scaled(upper[i])
            sine = sine + (straight.scaled(square) + following).scaled(lower[i])
        here = first + 2 * j
        behind = ((here - 1, ring.one),) if j else ()
        slopes = (
            ((here, centre.a), (here + 1, square), *behind),
            ((here + 1, centre.a), (here, ring.one)),
        )
        terms += _wave_terms(problem, centre, j, (cosine, sine), below, slopes)
    return terms, ring.reduced(norm[0])


def _wave_terms(
    problem: Problem,
    centre: Centre,
    j: int,
    matrices: tuple[PolynomialMatrix, PolynomialMatrix],
    below: Polynomial,
    slopes: tuple[tuple[tuple[int, Polynomial], ...], ...],
) -> list[Term]:
    """Return the j-th derivatives by D of cosh(t sqrt D) and sinh(t sqrt D)/sqrt D."""
    scale = exp(problem.rate(centre.a) * problem.t)
    terms = []
    for k in (0, 1):
        function, wave = stumpff_term(problem, centre.square, k)
        if j:
            function, wave = _derivative_by_square(problem, centre.square, k, j), None
        written = (wave[0], scale * wave[1]) if wave else None
        terms.append(Term(scale * function, matrices[k], below, 2 * j + k, slopes[k], written))
    return terms


def _derivative_by_square(problem: Problem, square: Polynomial, k: int, j: int) -> Expr:
    rate, t = problem.ring.quotient(square, problem.delta**2), problem.t
    place = Dummy("D")
    if rate.is_number:
        slope = sympy.diff(explicit_term(place, t, k), place, j).subs(place, rate)
        return sympy.expand(slope / factorial(j))
    slope = sympy.diff(t**k * Stumpff(k, -place * t**2), place, j)
    return sympy.expand(slope / factorial(j)).subs(place, rate)


def _excess_powers(
    chain: list[PolynomialMatrix], square: Polynomial, e: int
) -> list[tuple[PolynomialMatrix, PolynomialMatrix]]:
    """Return E^r C and w E^r C for r < e, from w^i C."""
    ring, rows = chain[0].ring, []
    for r in range(e):
        pair = []
        for offset in (0, 1):
            total = PolynomialMatrix.scalar(ring, chain[0].size, ring.zero)
            for i in range(r + 1):
                weight = (-square) ** (r - i) * comb(r, i)
                total = total + chain[2 * i + offset].scaled(weight)
            pair.append(total)
        rows.append((pair[0], pair[1]))
    return rows


def _in_excess(
    ring: CoefficientRing, coefficients: list[Polynomial], square: Polynomial, count: int
) -> list[Polynomial]:
    """Return sum c_i (D + E)^i as a series in E."""
    shifted = _shifted_argument(ring, coefficients, square) if coefficients else []
    return [*shifted, *[ring.zero] * count][:count]


def _product(
    ring: CoefficientRing, left: list[Polynomial], right: list[Polynomial], count: int
) -> list[Polynomial]:
    return [
        ring.reduced(sum((left[i] * right[n - i] for i in range(n + 1)), ring.zero))
        for n in range(count)
    ]


def _weighted(
    ring: CoefficientRing, odd: list[Polynomial], square: Polynomial, count: int
) -> list[Polynomial]:
    """Return beta^2 (D + E)."""
    squared = _product(ring, odd, odd, count)
    return [squared[n] * square + (squared[n - 1] if n else ring.zero) for n in range(count)]


def _minus(
    ring: CoefficientRing, left: list[Polynomial], right: list[Polynomial]
) -> list[Polynomial]:
    return [ring.reduced(x - y) for x, y in zip(left, right, strict=True)]
