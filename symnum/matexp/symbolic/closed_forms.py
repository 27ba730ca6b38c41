"""Closed forms of exp(tA), from the factors of the minimal polynomial: a table of families."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sympy import Expr, exp, factorial

from symnum.matexp.symbolic.coefficient_rings import CoefficientRing, Polynomial
from symnum.matexp.symbolic.entire_functions import Phi
from symnum.matexp.symbolic.forms import (
    HALF,
    Centre,
    Fold,
    Form,
    Problem,
    Term,
    Wave,
    centres_of,
    stumpff_term,
)
from symnum.matexp.symbolic.impulse_responses import ImpulseResponse
from symnum.matexp.symbolic.partial_fractions import fraction_form
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix

__all__ = ["closed_form"]


def closed_form(problem: Problem) -> Form:
    """Return the first form that fits; the last one always does."""
    centres = centres_of(problem.annihilator)
    if centres is not None:
        for build in FAMILIES:
            form = build(problem, centres)
            if form is not None:
                return form
    return _impulse_form(problem)


def _series(problem: Problem, centre: Polynomial, count: int) -> list[Term]:
    """Return the first terms of e^{at} exp(t(A - a))."""
    ring = problem.ring
    shifted = problem.matrix.plus(-centre)
    scale = exp(problem.rate(centre) * problem.t)
    power, terms = problem.identity(), []
    for j in range(count):
        slope = [(j, centre)] + ([(j - 1, ring.one)] if j else [])
        function = scale * problem.t**j / factorial(j)
        terms.append(Term(function, power, ring.one, j, tuple(slope)))
        power = shifted @ power
    return terms


def _power(matrix: PolynomialMatrix, k: int) -> PolynomialMatrix:
    value = PolynomialMatrix.scalar(matrix.ring, matrix.size, matrix.ring.one)
    for _ in range(k):
        value = matrix @ value
    return value


def _nilpotent(problem: Problem, centres: list[Centre]) -> Form | None:
    """(s - a)^d: the series of exp(t(A - a)) ends."""
    if len(centres) > 1 or centres[0].square is not None:
        return None
    return Form(tuple(_series(problem, centres[0].a, centres[0].power)), family="finite series")


def _one_more_root(problem: Problem, centres: list[Centre]) -> Form | None:
    """(s - a)^k (s - b): phi_k of the difference."""
    if len(centres) != 2 or any(c.square is not None for c in centres):
        return None
    simple = [c for c in centres if c.power == 1]
    if not simple:
        return None
    # Of two simple roots, zero is the better centre.
    other = next((c for c in simple if not c.a.is_zero()), simple[0])
    centre = next(c for c in centres if c is not other)
    ring, t, k = problem.ring, problem.t, centre.power
    gap = ring.reduced(other.a - centre.a)
    if problem.rate(gap).is_number and not centre.a.is_zero():
        return None
    terms = _series(problem, centre.a, k)
    function = exp(problem.rate(centre.a) * t) * t**k * Phi(k, problem.rate(gap) * t)
    slope = ((k, other.a), (k - 1, ring.one))
    power = _power(problem.matrix.plus(-centre.a), k)
    terms.append(Term(function, power, ring.one, k, slope))
    return Form(tuple(terms), family=f"phi_{k}")


def _paired_roots(problem: Problem, centres: list[Centre]) -> Form | None:
    """(s - a)^k ((s - a)^2 - D): Stumpff's functions c_k and c_{k+1} of -D t^2."""
    read = _as_pair(problem.ring, centres)
    if read is None:
        return None
    a, k, square = read
    ring = problem.ring
    scale = exp(problem.rate(a) * problem.t)
    terms = _series(problem, a, k)
    shifted = problem.matrix.plus(-a)
    power = _power(shifted, k)
    even: tuple[tuple[int, Polynomial], ...] = ((k, a), (k + 1, square))
    slopes = ((*even, (k - 1, ring.one)) if k else even, ((k + 1, a), (k, ring.one)))
    for j, slope in zip((k, k + 1), slopes, strict=True):
        function, wave = _scaled(scale, stumpff_term(problem, square, j))
        fold = None
        if j > 1:
            fold = Fold(j - 2, square, *_scaled(scale, stumpff_term(problem, square, j - 2)))
        terms.append(Term(function, power, ring.one, j, slope, wave, fold))
        power = shifted @ power
    return Form(tuple(terms), family=f"c_{k}, c_{k + 1}")


def _scaled(scale: Expr, written: Wave) -> Wave:
    function, wave = written
    return scale * function, (wave[0], scale * wave[1]) if wave else None


def _as_pair(
    ring: CoefficientRing, centres: list[Centre]
) -> tuple[Polynomial, int, Polynomial] | None:
    """Return a, k and D where the factors are (s - a)^k ((s - a)^2 - D)."""
    quadratic = [c for c in centres if c.square is not None]
    linear = [c for c in centres if c.square is None]
    if len(quadratic) == 1 and quadratic[0].power == 1 and len(linear) <= 1:
        a = quadratic[0].a
        if linear and not ring.reduced(linear[0].a - a).is_zero():
            return None
        return a, linear[0].power if linear else 0, quadratic[0].square
    if quadratic or len(linear) not in (2, 3):
        return None
    for middle in linear if len(linear) == 3 else [None]:
        low, high = (c for c in linear if c is not middle)
        a, half = (low.a + high.a) * HALF, (low.a - high.a) * HALF
        if low.power > 1 or high.power > 1:
            continue
        if middle is None or ring.reduced(middle.a - a).is_zero():
            return a, middle.power if middle else 0, ring.reduced(half * half)
    return None


def _impulse_form(problem: Problem) -> Form:
    """Any minimal polynomial: exp(tA) = sum h^(k)(t) B_k with B_{k-1} = A B_k + c_k."""
    ring, matrix = problem.ring, problem.matrix
    own = problem.annihilator.coefficients
    d = len(own) - 1
    rates = [ring.quotient(own[k], problem.delta ** (d - k)) for k in range(d)]
    factor, terms = problem.identity(), list[Term]()
    closing = tuple((k, -own[k]) for k in range(d) if not own[k].is_zero())
    for k in reversed(range(d)):
        function = ImpulseResponse(k, problem.t, *rates)
        slope = closing if k == d - 1 else ((k + 1, ring.one),)
        terms.append(Term(function, factor, ring.one, d - 1 - k, slope))
        factor = (matrix @ factor).plus(own[k])
    return Form(tuple(reversed(terms)), family=f"impulse response of order {d}")


Family: TypeAlias = Callable[[Problem, list[Centre]], Form | None]

# In this order; the first that fits answers.
FAMILIES: tuple[Family, ...] = (
    _nilpotent,
    _one_more_root,
    _paired_roots,
    fraction_form,
)
