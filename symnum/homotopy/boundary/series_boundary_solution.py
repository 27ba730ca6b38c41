"""A solution of a boundary-value problem by its exact homotopy series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import flint
import numpy as np
import sympy
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from symnum.algebra.chebyshev import ChebyshevGrid
from symnum.homotopy.boundary.problem import BoundaryProblem
from symnum.homotopy.boundary.series import HomotopyPade, HomotopyTerms
from symnum.homotopy.boundary.solution import (
    HAMSolution,
    asymptotic_form,
    read_derivative,
    read_points,
)
from symnum.homotopy.boundary.trial_space import ExactTerms
from symnum.homotopy.convergence_control import family_terms, partial_sum_weights
from symnum.homotopy.sampled_equation import SampledEquation

if TYPE_CHECKING:
    from symnum.derivation import Derivation

__all__ = ["SeriesBoundarySolution"]

Array = NDArray[np.float64]

COARSE_PROBES = 24
FINE_PROBES = 101
PADE_PROBES = 21
POLE = 10.0
ACCEPTABLE = 1e-3  # estimated relative error of a series that counts as converged
ROUNDING = 1e-13
INTERPOLATION_NODES = 20
INTERPOLATION_PIECES = 4


@final
@dataclass(frozen=True, slots=True)
class _Residual:
    """The largest and the median residual, and the largest term of the equation."""

    largest: float
    typical: float
    size: float


@final
class SeriesBoundarySolution(HAMSolution):
    """A solution as the sum of exact terms, or as their homotopy-Padé sum.

    Whichever has the smaller residual gives `value`, `residual` and `compile`.

    Parameters
    ----------
    problem : BoundaryProblem
    terms : ExactTerms
        At c0 = -1.
    c0 : Expr or None
        None for the one of least residual.
    interval : tuple of float
        Where the residual is measured.
    stated : tuple of float
        Where the problem is stated.
    """

    def __init__(
        self,
        problem: BoundaryProblem,
        terms: ExactTerms[Any],
        c0: sympy.Expr | None,
        interval: tuple[float, float],
        stated: tuple[float, float],
    ) -> None:
        self.problem = problem
        self.terms = terms
        self._interval, self._stated = interval, stated
        if c0 is None and self._terminates():
            c0 = sympy.S.NegativeOne
        self._c0 = self._optimal_c0(terms, self._points(COARSE_PROBES)) if c0 is None else c0

    @property
    def c0(self) -> sympy.Expr:
        """The convergence-control parameter of the sum and of `series`."""
        return self._c0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the residual is measured."""
        return self._interval

    def _terminates(self) -> bool:
        """Tell whether the series ends by itself, so that its sum at c0 = -1 is the solution."""
        return self.terms.order >= 2 and all(
            self.terms.space.algebra.is_zero(function) for function in self.terms.functions[2:]
        )

    def _points(self, count: int) -> Array:
        """Return points inside the interval, denser at the ends."""
        low, high = self._interval
        inside = -np.cos(np.pi * (np.arange(count) + 0.5) / count)
        return low + (high - low) * (inside + 1) / 2

    def _probes(self) -> Array:
        return self._points(FINE_PROBES if self._uses_sum else PADE_PROBES)

    @cached_property
    def _sum_table(self) -> dict[int, Any]:
        return {}

    def _sum_value(self, x: Array, derivative: int) -> Array:
        """Return the partial sum at c0; added exactly, rounded last."""
        function = self._sum_table.get(derivative)
        if function is None:
            function = self._sum_function
            for _ in range(derivative):
                function = self.terms.space.derivative(function)
            self._sum_table[derivative] = function
        points = [float(v) for v in np.ravel(x)]
        return np.array([float(v) for v in self.terms.space.fractions(function, points)])

    @cached_property
    def _sum_function(self) -> Any:
        space = self.terms.space
        total = self.terms.functions[0]
        for weight, function in zip(self._exact_weights, self.terms.functions[1:], strict=True):
            total = space.combine(total, function, flint.fmpq(int(weight.p), int(weight.q)))
        return total

    @cached_property
    def _exact_weights(self) -> list[sympy.Rational]:
        """Return the weights of u_1, ..., u_M in the sum at c0."""
        c0, order = sympy.Rational(self.c0) if self.c0.is_Float else self.c0, self.terms.order
        if not c0.is_Rational:
            c0 = sympy.Rational(str(c0.evalf(30)))
        return family_terms_weights(c0, order)

    def weighted_terms(self) -> list[sympy.Expr]:
        """Return the terms at c0 = -1 with their weights in the sum at c0."""
        start, *others = self.terms.expressions()
        pairs = zip(self._exact_weights, others, strict=True)
        return [start, *(weight * term for weight, term in pairs)]

    @cached_property
    def _sum_numbers(self) -> list[sympy.Rational]:
        return [
            values[0] + sum(w * v for w, v in zip(self._exact_weights, values[1:], strict=True))
            for values in self.terms.numbers.values()
        ]

    @cached_property
    def _pade_sum(self) -> HomotopyPade:
        return self.pade()

    @cached_property
    def _chosen(self) -> tuple[bool, _Residual]:
        """Return whether the sum is better than the Padé sum, and the residual of the better one.

        They are compared by what is usual: a Padé sum may have a pole near one of the points, and
        is refused only where that matters.
        """
        by_sum = self._residual_on(FINE_PROBES, self._sum_value, self._sum_numbers)
        if by_sum.largest <= ROUNDING * by_sum.size or self.terms.order < 2:
            return True, by_sum
        pade = self._pade_sum
        by_pade = self._residual_on(PADE_PROBES, pade.value, list(pade.unknowns.values()))
        better = by_pade.typical < by_sum.typical and by_pade.largest < POLE * by_sum.largest
        return (False, by_pade) if better else (True, by_sum)

    def _residual_on(
        self, count: int, function: Callable[[Array, int], Any], numbers: Sequence[Any]
    ) -> _Residual:
        """Return the residual of a function and its derivatives."""
        points = self._points(count)
        program = SampledEquation(self.problem).on(points)
        values = [np.asarray(function(points, k)) for k in range(self.problem.order + 1)]
        program.start([*values, *(np.full(1, float(number)) for number in numbers)])
        found = np.abs(program.coefficient(0))
        if not np.all(np.isfinite(found)):
            return _Residual(np.inf, np.inf, 1.0)
        parts = zip(program.slopes(), values, strict=False)
        size = max(1e-300, *(float(np.max(np.abs(a * b))) for a, b in parts))
        return _Residual(float(np.max(found)), float(np.median(found)), size)

    def sample_points(self, count: int) -> list[Fraction]:
        """Return points inside the interval, short fractions."""
        return [Fraction(float(x)).limit_denominator(64) for x in self._points(count)]

    def sum_residual(self) -> float:
        """Return the residual of the sum at c0, whether or not the Padé sum is better."""
        return self._residual_on(COARSE_PROBES, self._sum_value, self._sum_numbers).largest

    @property
    def _uses_sum(self) -> bool:
        return self._chosen[0]

    @property
    def unknowns(self) -> Mapping[sympy.Symbol, Any]:
        """The unknown numbers."""
        numbers = self._sum_numbers if self._uses_sum else list(self._pade_sum.unknowns.values())
        pairs = zip(self.problem.unknowns, numbers, strict=True)
        return MappingProxyType({symbol: float(number) for symbol, number in pairs})

    def value(self, x: ArrayLike, derivative: int = 0) -> Any:
        """Return u or one of its derivatives."""
        count = read_derivative(derivative)
        points = read_points(x, *self._stated)
        values = (
            self._sum_value(points, count)
            if self._uses_sum
            else self._pade_sum.value(points, count)
        )
        return np.reshape(values, points.shape)[()]

    def residual(self) -> float:
        """Return the largest absolute value of the original equation's left side."""
        return self._chosen[1].largest

    @cached_property
    def error_estimate(self) -> float:
        """The estimated relative error: how far the sum moved with the last two orders."""
        if self._terminates():
            return 2.0**-52
        if self.terms.order < 3:
            return 1.0
        points = self._points(7)
        shorter = ExactTerms(
            self.terms.space,
            self.terms.functions[:-2],
            {symbol: list(values)[:-2] for symbol, values in self.terms.numbers.items()},
        )
        here = np.asarray(self.value(points))
        if self._uses_sum:
            weights = partial_sum_weights(float(self.c0), shorter.order)
            there = weights @ shorter.values(points, 0)
        else:
            there = HomotopyPade(shorter, self._largest_residual).value(points)
        size = max(float(np.max(np.abs(here))), 1e-300)
        change = float(np.max(np.abs(here - there))) / size
        return max(change, 2.0**-52) if np.isfinite(change) else 1.0

    @cached_property
    def converged(self) -> bool:
        """Whether the sum moves no more and the residual is small beside the equation's terms."""
        if not np.isfinite(self.residual()):
            return False
        size = self._chosen[1].size
        small = self.residual() <= ROUNDING * size
        settled = self.error_estimate < ACCEPTABLE and self.residual() < 1e-2 * size
        return bool(small or settled)

    @cached_property
    def expr(self) -> sympy.Expr:
        """The sum at c0, exact; or polynomials through the homotopy-Padé sum."""
        return self.partial_sum if self._uses_sum else self._interpolated()

    @cached_property
    def partial_sum(self) -> sympy.Expr:
        """The sum of all terms at c0, exact."""
        return self.terms.space.expression(self._sum_function)

    def _interpolated(self) -> sympy.Expr:
        """Return polynomials on pieces through the Padé sums."""
        from symnum.homotopy.boundary.collocated_boundary_solution import horner_polynomial

        grid = ChebyshevGrid(INTERPOLATION_NODES)
        x = self.problem.variable
        low, high = self._interval
        breaks = np.linspace(low, high, INTERPOLATION_PIECES + 1)
        pieces = [(sympy.nan, x < sympy.Float(low))]
        for start, end in pairwise(breaks):
            middle, half = (start + end) / 2, (end - start) / 2
            values = np.asarray(self._pade_sum.value(middle + half * grid.nodes))
            powers = chebyshev.cheb2poly(grid.to_coefficients @ values)
            scaled = [float(c) / half**j for j, c in enumerate(powers)]
            pieces.append(
                (horner_polynomial(scaled, x - sympy.Float(middle)), x <= sympy.Float(end))
            )
        last = sympy.nan
        if self.problem.points[-1] is sympy.oo:
            form = asymptotic_form(self.problem, 1, lambda k: float(self._pade_sum.value(high, k)))
            last = horner_polynomial(form, x - sympy.Float(high))
        pieces.append((last, sympy.true))
        return sympy.Piecewise(*pieces, evaluate=False)

    def _terms(self) -> HomotopyTerms:
        return self.terms

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of the solution, each step checked."""
        from symnum.homotopy.boundary.proofs import derive_series_boundary

        return derive_series_boundary(self)


def family_terms_weights(c0: sympy.Rational, order: int) -> list[sympy.Rational]:
    """Return the exact weights of u_1, ..., u_M at c0 = -1 in the sum at another c0."""
    weights = []
    for n in range(1, order + 1):
        unit = [sympy.S.Zero] * (order + 1)
        unit[n] = sympy.S.One
        weights.append(sympy.Add(*family_terms(unit, c0)[1:]))
    return weights
