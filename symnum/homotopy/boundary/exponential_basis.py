r"""Half-line problems in ``x**k exp(-n rate x)``, with exact rational coefficients.

With r decaying solutions asked for, ``L = D**(n-r) (D + rate)**r``. On ``f(x) exp(a x)`` the
operator p(D) acts as ``p(D + a)`` on f: triangular in the powers of x, and where a is a root of p
the power of x rises by its multiplicity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import mpmath
import numpy as np
import sympy

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.exponential_polynomials import ExponentialAlgebra, ExponentialPolynomial
from symnum.algebra.power_series import NumberAlgebra, rational_number, shortened_number
from symnum.expressions.parsing import as_expression
from symnum.homotopy.boundary.problem import BoundaryProblem, Condition
from symnum.homotopy.boundary.series_boundary_solution import SeriesBoundarySolution
from symnum.homotopy.boundary.trial_space import TrialSpace, deform_exactly, solve_exactly
from symnum.homotopy.errors import HomotopyError, NonAnalyticError

__all__ = ["ExponentialSpace", "Exponentials", "solve_in_exponentials"]

Poly = flint.fmpq_poly

# Rates that are tried, at a low order, where none is given.
RATES = tuple(
    sympy.Rational(*pair)
    for pair in (
        (1, 4),
        (1, 2),
        (1, 1),
        (3, 2),
        (2, 1),
        (3, 1),
        (4, 1),
        (5, 1),
        (7, 1),
        (10, 1),
        (15, 1),
    )
)
TRIAL_ORDER = 8
FIXED_BITS = 640
REACH = 12.0  # the residual is measured as far as exp(-REACH)
EXTRA_EXPONENTIALS = 12


@final
@dataclass(frozen=True, slots=True)
class Exponentials:
    """The basis ``x**k exp(-n rate x)``.

    Parameters
    ----------
    rate : number, str or None
        Positive; None for the one of least residual.

    Examples
    --------
    >>> Exponentials(rate=3).rate
    3
    """

    rate: Any = None

    def __post_init__(self) -> None:
        if self.rate is None:
            return
        rate = as_expression(self.rate, "rate")
        if rate.is_Float:
            rate = sympy.Rational(rate)
        if not (rate.is_Rational and rate > 0):
            raise ValueError(f"rate: expected a positive rational number, got {self.rate}")
        object.__setattr__(self, "rate", rate)


@final
class ExponentialSpace(TrialSpace[ExponentialPolynomial]):
    """Sums of ``x**k E**n``, x the distance from the left end and ``E = exp(-rate x)``.

    Parameters
    ----------
    problem : BoundaryProblem
    rate : Rational
    """

    def __init__(self, problem: BoundaryProblem, rate: sympy.Rational) -> None:
        self.problem = problem
        self.rate = rate
        self._rate = flint.fmpq(int(rate.p), int(rate.q))
        self.numbers = NumberAlgebra()
        self.algebra = ExponentialAlgebra(self.numbers)
        self.origin = problem.points[0]
        self._context = mpmath.mp.clone()
        self._context.prec = 2 * FIXED_BITS
        self._places: dict[float, tuple[int, int]] = {}
        x = problem.variable
        self.expr = problem.expr if self.origin == 0 else problem.expr.subs(x, x + self.origin)
        self._decaying = _decaying_count(problem)
        self._leading = self._leading_coefficient()
        n = problem.order
        self._polynomial = Poly([0, 1]) ** (n - self._decaying)
        self._polynomial *= Poly([self._rate, 1]) ** self._decaying * self._leading

    def _leading_coefficient(self) -> flint.fmpq:
        at_rest = dict.fromkeys(self.problem.slots, sympy.S.Zero)
        value = sympy.diff(self.expr, self.problem.slots[-1]).xreplace(at_rest)
        return rational_number(value)[0] if value.is_Rational and value != 0 else flint.fmpq(1)

    @property
    def is_closed(self) -> bool:
        """Whether all coefficients are exact."""
        return self.numbers.is_exact

    def known(self, expr: sympy.Expr) -> ExponentialPolynomial:
        """Return a polynomial in x, also with ``exp(-n rate x)``."""
        x = self.problem.variable
        decay = sympy.Dummy("E", positive=True)

        def in_decay(node: sympy.Expr) -> sympy.Expr:
            slope, rest = sympy.Poly(node.args[0], x).all_coeffs()
            return sympy.exp(rest) * decay ** (-slope / self.rate)

        found = sympy.expand(expr).replace(
            lambda node: (
                node.func is sympy.exp
                and node.args[0].is_polynomial(x)
                and sympy.degree(node.args[0], x) == 1
            ),
            in_decay,
        )
        if not found.is_polynomial(x, decay):
            raise NoJetError(str(expr), f"it is no sum of x**k exp(-n {self.rate} x)")
        rows: dict[int, dict[int, flint.fmpq]] = {}
        for (k, n), value in sympy.Poly(found, x, decay).terms():
            rows.setdefault(n, {})[k] = self.numbers.constant(value)
        return ExponentialPolynomial(
            [
                Poly(
                    [
                        rows.get(n, {}).get(k, flint.fmpq(0))
                        for k in range(max(rows.get(n, {0: 0})) + 1)
                    ]
                )
                for n in range(max(rows) + 1)
            ]
        )

    def start(self) -> ExponentialPolynomial:
        """Return an element of the kernel, and more exponentials where conditions ask for them."""
        conditions = self.problem.conditions
        extra = [self._single(0, n) for n in range(2, 2 + EXTRA_EXPONENTIALS)]
        functions = self.kernel()
        for more in range(EXTRA_EXPONENTIALS):
            trial = functions + extra[:more]
            rows, sides = [], []
            for condition in conditions:
                values = [self.condition_values(condition, f) for f in trial]
                length = max(len(value) for value in values)
                for i in range(length):
                    rows.append([v[i] if i < len(v) else flint.fmpq(0) for v in values])
                    target = self.numbers.constant(condition.target)
                    sides.append(target if i == 0 else flint.fmpq(0))
            solution = solve_exactly(rows, sides)
            if solution is not None:
                total: ExponentialPolynomial = self.algebra.zero
                for value, function in zip(solution[0], trial, strict=True):
                    total = total + function.times(value)
                return total
        raise HomotopyError("conditions: no sum of exponentials of this basis satisfies them")

    def _single(self, k: int, n: int) -> ExponentialPolynomial:
        return ExponentialPolynomial([Poly([0])] * n + [Poly([0] * k + [1])])

    def kernel(self) -> list[ExponentialPolynomial]:
        """Return the functions that L maps to zero."""
        count = self.problem.order - self._decaying
        return [self._single(k, 0) for k in range(count)] + [
            self._single(k, 1) for k in range(self._decaying)
        ]

    def invert(self, side: ExponentialPolynomial) -> ExponentialPolynomial:
        """Solve ``p(D) v = side``, for each exponential from the highest power of x down."""
        return ExponentialPolynomial(
            [self._invert_row(row, -n * self._rate) for n, row in enumerate(side.rows())]
        )

    def _invert_row(self, row: Poly, a: flint.fmpq) -> Poly:
        """Solve ``p(D + a) f = row`` for a polynomial f."""
        shifted = self._polynomial(Poly([a, 1])).coeffs()
        multiplicity = next(j for j, value in enumerate(shifted) if value)
        operator = shifted[multiplicity:]
        rest = row.coeffs()
        solution = [flint.fmpq(0)] * len(rest)
        for k in range(len(rest) - 1, -1, -1):
            value = rest[k] / operator[0]
            solution[k] = value
            falling = value
            for j in range(1, min(len(operator), k + 1)):
                falling = falling * (k - j + 1)
                rest[k - j] -= operator[j] * falling
        result = Poly(solution)
        for _ in range(multiplicity):
            result = result.integral()
        return result

    def derivative(self, function: ExponentialPolynomial) -> ExponentialPolynomial:
        """Return the derivative."""
        return function.derivative(self._rate)

    def condition_values(
        self, condition: Condition, function: ExponentialPolynomial
    ) -> list[flint.fmpq]:
        """Return the combination of values; of a limit also what would grow."""
        total: list[flint.fmpq] = [flint.fmpq(0)]
        for place, weight in condition.weights():
            derivative = function
            for _ in range(place.derivative):
                derivative = self.derivative(derivative)
            factor = self.numbers.constant(weight)
            rows = derivative.rows()
            if place.point.is_finite:
                total[0] += factor * sum((row[0] for row in rows), flint.fmpq(0))
                continue
            limit = rows[0].coeffs() if rows else []
            total.extend([flint.fmpq(0)] * (len(limit) - len(total)))
            for k, value in enumerate(limit):
                total[k] += factor * value
        return total

    def combine(
        self, function: ExponentialPolynomial, other: ExponentialPolynomial, factor: flint.fmpq
    ) -> ExponentialPolynomial:
        """Return ``function + factor * other``."""
        return function + other.times(factor)

    def rounded(self, function: ExponentialPolynomial) -> ExponentialPolynomial:
        """Return the function with shorter coefficients where these are rounded anyway."""
        if self.numbers.is_exact:
            return ExponentialPolynomial(function.rows())
        return ExponentialPolynomial(
            [
                Poly([shortened_number(c, FIXED_BITS) for c in row.coeffs()])
                for row in function.rows()
            ]
        )

    def expression(self, function: ExponentialPolynomial) -> sympy.Expr:
        """Return the sum as an expression in x."""
        step = self.problem.variable - self.origin
        return sympy.Add(
            *(
                sympy.Rational(int(c.p), int(c.q)) * step**k * sympy.exp(-n * self.rate * step)
                for n, row in enumerate(function.rows())
                for k, c in enumerate(row.coeffs())
            )
        )

    def fractions(self, function: ExponentialPolynomial, x: Sequence[float]) -> list[Fraction]:
        """Return the values at points with 640 bits after the binary point."""
        one = 1 << FIXED_BITS
        rows = [[int((c * one).floor()) for c in row.coeffs()] for row in function.rows()]
        found = []
        for point in x:
            step, shrink = self._place(float(point))
            total = 0
            for row in reversed(rows):
                inner = 0
                for value in reversed(row):
                    inner = ((inner * step) >> FIXED_BITS) + value
                total = ((total * shrink) >> FIXED_BITS) + inner
            found.append(Fraction(total, one))
        return found

    def _place(self, point: float) -> tuple[int, int]:
        """Return the distance from the left end and E there, in units of ``2**-640``."""
        known = self._places.get(point)
        if known is None:
            begin = rational_number(self.origin)[0]
            distance = Fraction(point) - Fraction(int(begin.p), int(begin.q))
            exponent = Fraction(int(self.rate.p), int(self.rate.q)) * distance
            context = self._context
            decay = context.exp(-context.mpf(exponent.numerator) / exponent.denominator)
            step = (distance.numerator << FIXED_BITS) // distance.denominator
            known = self._places[point] = step, int(context.floor(context.ldexp(decay, FIXED_BITS)))
        return known

    def operator(self, function: sympy.Expr) -> sympy.Expr:
        """Return ``L[function]``."""
        total = sympy.S.Zero
        for k, value in enumerate(self._polynomial.coeffs()):
            derivative = sympy.Derivative(function, (self.problem.variable, k)) if k else function
            total += sympy.Rational(int(value.p), int(value.q)) * derivative
        return total

    @property
    def factor(self) -> sympy.Expr:
        """The number 1: the equation is taken as it is."""
        return sympy.S.One


def _decaying_count(problem: BoundaryProblem) -> int:
    """Return how many decaying solutions the conditions at infinity leave."""
    far = [
        place.derivative
        for condition in problem.conditions
        for place in condition.values.values()
        if not place.point.is_finite
    ]
    count = problem.order - len(far) - min(far)
    if count < 1:
        raise ValueError(
            "basis: the conditions leave no decaying exponential; use basis='chebyshev'"
        )
    return min(count, problem.order)


def solve_in_exponentials(
    problem: BoundaryProblem, order: int, c0: sympy.Expr | None, rate: sympy.Rational | None
) -> SeriesBoundarySolution:
    """Solve a problem on ``[a, oo)`` in ``x**k exp(-n rate x)``.

    Parameters
    ----------
    problem : BoundaryProblem
    order : int
        The last homotopy term.
    c0 : Expr or None
        None for the one of least residual.
    rate : Rational or None
        None for the one of least residual at a low order.

    Returns
    -------
    SeriesBoundarySolution
    """
    _check(problem)
    if rate is not None:
        return _with_rate(problem, order, c0, rate)
    residuals: list[tuple[float, sympy.Rational]] = []
    for candidate in RATES:
        try:
            trial = _with_rate(problem, min(order, TRIAL_ORDER), c0, candidate)
        except NonAnalyticError:
            if candidate == RATES[-1] and not residuals:
                raise
            continue
        residuals.append((trial.sum_residual(), candidate))
    finite = [pair for pair in residuals if np.isfinite(pair[0])]
    best = min(finite, key=lambda pair: pair[0])[1] if finite else sympy.S.One
    return _with_rate(problem, order, c0, best)


def _check(problem: BoundaryProblem) -> None:
    ends = problem.points
    if not (len(ends) == 2 and ends[0].is_finite and ends[1] is sympy.oo):
        shown = ", ".join(str(point) for point in ends)
        raise ValueError(
            "basis: exponentials need conditions at the beginning of a half line and at oo, got "
            f"conditions at {shown}"
        )
    for condition in problem.conditions:
        if not condition.is_linear:
            raise ValueError(
                f"conditions: basis='exponentials' needs linear ones, got {condition.text}; "
                "basis='chebyshev' has no such limit"
            )


def _with_rate(
    problem: BoundaryProblem, order: int, c0: sympy.Expr | None, rate: sympy.Rational
) -> SeriesBoundarySolution:
    terms = deform_exactly(ExponentialSpace(problem, rate), order)
    low = float(problem.points[0])
    reach = low + REACH / float(rate)
    return SeriesBoundarySolution(problem, terms, c0, (low, reach), (low, float("inf")))
