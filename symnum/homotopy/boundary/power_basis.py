r"""Boundary-value and initial-value problems in powers of x, with exact rational coefficients.

L is the highest derivative; at a regular singular point the terms of the same weight belong to it,
so that on powers ``x**s L[x**j] = p(j) x**(j-n+s)``. Polynomial equations have polynomial terms;
where other functions occur, the terms are power series about the middle of the interval, or about
the point of the initial values or of the singularity.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import final

import flint
import sympy

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.power_series import (
    NumberAlgebra,
    PowerSeriesAlgebra,
    rational_number,
    shortened_number,
)
from symnum.homotopy.boundary.problem import BoundaryProblem, Condition
from symnum.homotopy.boundary.series_boundary_solution import SeriesBoundarySolution
from symnum.homotopy.boundary.trial_space import (
    ExactTerms,
    TrialSpace,
    deform_exactly,
    solve_exactly,
)
from symnum.homotopy.errors import HomotopyError, NonAnalyticError, ResonanceError
from symnum.homotopy.sampled_equation import separate

__all__ = ["PowerSpace", "solve_in_powers"]

Poly = flint.fmpq_poly

LARGEST_ROOT = 40  # of the indicial polynomial
DEGREES_PER_ORDER = 3
LEAST_DEGREE = 40


@final
class PowerSpace(TrialSpace[Poly]):
    """Polynomials or power series in the distance from a point.

    Parameters
    ----------
    problem : BoundaryProblem
    degree : int or None
        Where the series end; None for polynomials.
    origin : Expr
        The point about which functions are expanded.
    """

    def __init__(self, problem: BoundaryProblem, degree: int | None, origin: sympy.Expr) -> None:
        self.problem = problem
        self.numbers = NumberAlgebra()
        self.algebra = self._series = PowerSeriesAlgebra(degree, self.numbers)
        self.origin = origin
        self._begin = self._number(self.origin)
        x = problem.variable
        shifted = problem.expr if self.origin == 0 else problem.expr.subs(x, x + self.origin)
        self._pole = _pole(shifted, problem)
        if self._pole:
            shifted = sympy.expand_mul(shifted * x**self._pole)
        self.expr = shifted
        self.weight = self._pole or _zero(shifted, problem)
        self._indicial = self._leading_terms()

    def _number(self, value: sympy.Expr) -> flint.fmpq:
        number, exact = rational_number(value)
        self.numbers.is_exact = self.numbers.is_exact and exact
        return number

    def _leading_terms(self) -> list[sympy.Rational]:
        """Return the coefficients a_i of ``x**(s-n+i) u^(i)`` in L."""
        problem, n = self.problem, self.problem.order
        at_rest = dict.fromkeys(problem.slots, sympy.S.Zero)
        found = []
        for i, slot in enumerate(problem.slots):
            power = self.weight - n + i
            value = sympy.S.Zero
            if power >= 0:
                slope = sympy.diff(self.expr, slot).xreplace(at_rest)
                value = _coefficient(slope, problem.variable, power)
            found.append(value)
        if found[n] == 0:
            found = [sympy.S.Zero] * n + [sympy.S.One]
            if self.weight:
                raise NonAnalyticError(
                    f"basis: the pole of {problem.equation.lhs} at {self.origin} is no regular "
                    "singular point; basis='powers' does not treat it"
                )
        return found

    def _indicial_value(self, j: int) -> flint.fmpq:
        """Return p(j): what L makes of ``x**j``."""
        total = sympy.S.Zero
        for i, coefficient in enumerate(self._indicial):
            total += coefficient * sympy.ff(j, i)
        return flint.fmpq(int(total.p), int(total.q))

    @property
    def is_closed(self) -> bool:
        """Whether the terms are polynomials with exact coefficients."""
        return self._series.degree is None and self.numbers.is_exact

    def known(self, expr: sympy.Expr) -> Poly:
        """Return a function of x about the origin of the powers."""
        return self._series.expand(expr, self.problem.variable)

    def start(self) -> Poly:
        """Return the polynomial of lowest degree that satisfies the conditions."""
        conditions = self.problem.conditions
        targets = [self._number(condition.target) for condition in conditions]
        for count in range(1, len(conditions) + LARGEST_ROOT):
            powers = [Poly([0] * j + [1]) for j in range(count)]
            rows = [[self.condition_values(c, p)[0] for p in powers] for c in conditions]
            solution = solve_exactly(rows, targets)
            if solution is not None:
                return Poly(solution[0])
        raise HomotopyError("conditions: no polynomial satisfies them")

    def kernel(self) -> list[Poly]:
        """Return the powers that L maps to zero."""
        count = self.problem.order if self.weight == 0 else LARGEST_ROOT
        return [Poly([0] * j + [1]) for j in range(count) if not self._indicial_value(j)]

    def invert(self, side: Poly) -> Poly:
        """Divide by p(j), power by power."""
        shift = self.problem.order - self.weight
        result = [flint.fmpq(0)] * max(side.degree() + 1 + shift, 0)
        for i, value in enumerate(side.coeffs()):
            if not value:
                continue
            divisor = self._indicial_value(i + shift) if i + shift >= 0 else flint.fmpq(0)
            if not divisor:
                raise ResonanceError(
                    f"basis: resonance at {self.origin}: a logarithm occurs that "
                    "basis='powers' does not have; try basis='chebyshev'"
                )
            result[i + shift] = value / divisor
        return self._series.scale(Poly(result), 1)

    def derivative(self, function: Poly) -> Poly:
        """Return the derivative."""
        return function.derivative()

    def condition_values(self, condition: Condition, function: Poly) -> list[flint.fmpq]:
        """Return the value of the homogeneous condition."""
        total = flint.fmpq(0)
        for place, weight in condition.weights():
            derivative = function
            for _ in range(place.derivative):
                derivative = derivative.derivative()
            total += self._number(weight) * derivative(self._number(place.point) - self._begin)
        return [total]

    def combine(self, function: Poly, other: Poly, factor: flint.fmpq) -> Poly:
        """Return ``function + factor * other``."""
        return function + factor * other

    def rounded(self, function: Poly) -> Poly:
        """Return the function with coefficients of 320 bits after the point, unless exact."""
        if self.numbers.is_exact:
            return function
        return Poly([shortened_number(c) for c in function.coeffs()])

    def expression(self, function: Poly) -> sympy.Expr:
        """Return the polynomial in x."""
        step = self.problem.variable - self.origin
        return sympy.Add(
            *(sympy.Rational(int(c.p), int(c.q)) * step**j for j, c in enumerate(function.coeffs()))
        )

    def fractions(self, function: Poly, x: Sequence[float]) -> list[Fraction]:
        """Return the exact values at points."""
        values = [function(flint.fmpq(*float(v).as_integer_ratio()) - self._begin) for v in x]
        return [Fraction(int(v.p), int(v.q)) for v in values]

    def operator(self, function: sympy.Expr) -> sympy.Expr:
        """Return ``x**s L[function]``."""
        x, n = self.problem.variable - self.origin, self.problem.order
        total = sympy.S.Zero
        for i, coefficient in enumerate(self._indicial):
            derivative = sympy.Derivative(function, (self.problem.variable, i)) if i else function
            total += coefficient * x ** (self.weight - n + i) * derivative
        return total

    @property
    def factor(self) -> sympy.Expr:
        """The power of x by which the equation was multiplied."""
        return (self.problem.variable - self.origin) ** self._pole


def _pole(expr: sympy.Expr, problem: BoundaryProblem) -> int:
    """Return the order of the pole of the equation's coefficients at 0."""
    x = problem.variable
    _, known = separate(sympy.expand_mul(expr), x, {*problem.slots, *problem.unknowns})
    order = 0
    for part in known.values():
        denominator = sympy.fraction(sympy.together(part))[1]
        if denominator.is_polynomial(x):
            powers = [power for (power,), _ in sympy.Poly(denominator, x).terms()]
            order = max(order, min(powers))
    return int(order)


def _zero(expr: sympy.Expr, problem: BoundaryProblem) -> int:
    """Return the order of the zero at 0 of the coefficient of the highest derivative."""
    x = problem.variable
    leading = sympy.diff(expr, problem.slots[-1])
    leading = sympy.expand(leading.xreplace(dict.fromkeys(problem.slots, sympy.S.Zero)))
    if leading == 0 or not leading.is_polynomial(x):
        return 0
    return int(min(power for (power,), _ in sympy.Poly(leading, x).terms()))


def _coefficient(expr: sympy.Expr, x: sympy.Symbol, power: int) -> sympy.Rational:
    """Return a rational Taylor coefficient, 0 where there is none."""
    if expr.is_polynomial(x):
        value = sympy.Poly(expr, x).coeff_monomial(x**power) if expr != 0 else sympy.S.Zero
    else:
        algebra = PowerSeriesAlgebra(power, NumberAlgebra())
        try:
            found = algebra.expand(expr, x)[power]
        except NoJetError:
            return sympy.S.Zero
        value = (
            sympy.Rational(int(found.p), int(found.q)) if algebra.numbers.is_exact else sympy.S.Zero
        )
    return value if value.is_Rational else sympy.S.Zero


def solve_in_powers(
    problem: BoundaryProblem, order: int, c0: sympy.Expr | None
) -> SeriesBoundarySolution:
    """Solve a problem on a finite interval, or from initial values, in powers of x.

    Parameters
    ----------
    problem : BoundaryProblem
    order : int
        The last homotopy term.
    c0 : Expr or None
        None for the one of least residual.

    Returns
    -------
    SeriesBoundarySolution
    """
    if not all(point.is_finite for point in problem.points):
        raise ValueError(
            "basis: powers of x do not reach infinity; use 'exponentials' or 'chebyshev'"
        )
    for condition in problem.conditions:
        if not condition.is_linear:
            raise ValueError(
                f"conditions: basis='powers' needs linear ones, got {condition.text}; "
                "basis='chebyshev' has no such limit"
            )
    low, high = float(problem.points[0]), float(problem.points[-1])
    terms = _terms(problem, order)
    ends = (low, high) if high > low else (low, low + 1.0)
    stated = (low, high) if high > low else (-float("inf"), float("inf"))
    return SeriesBoundarySolution(problem, terms, c0, ends, stated)


def _terms(problem: BoundaryProblem, order: int) -> ExactTerms[Poly]:
    """Return polynomial terms, or power series where the equation has no polynomial ones."""
    try:
        return deform_exactly(PowerSpace(problem, None, problem.points[0]), order)
    except (NonAnalyticError, NoJetError):
        pass
    degree = max(LEAST_DEGREE, DEGREES_PER_ORDER * order)
    space = PowerSpace(problem, degree, problem.points[0])
    if space.weight == 0 and len(problem.points) > 1:
        # The middle is the point from which singularities are farthest, for what is known of them.
        middle = (problem.points[0] + problem.points[-1]) / 2
        space = PowerSpace(problem, degree, middle)
    return deform_exactly(space, order)
