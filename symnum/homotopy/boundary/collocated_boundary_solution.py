"""A solution of a boundary-value problem by values at Chebyshev points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import numpy as np
import sympy
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from symnum.algebra.chebyshev import PiecewiseChebyshev
from symnum.homotopy.boundary.collocated_boundary import Profile
from symnum.homotopy.boundary.collocated_boundary_series import deform_collocated
from symnum.homotopy.boundary.problem import BoundaryProblem
from symnum.homotopy.boundary.searching import Finding
from symnum.homotopy.boundary.series import HomotopyTerms
from symnum.homotopy.boundary.solution import (
    HAMSolution,
    asymptotic_form,
    read_derivative,
    read_points,
)

if TYPE_CHECKING:
    from symnum.derivation import Derivation

__all__ = [
    "CollocatedBoundarySolution",
    "CollocatedTerms",
    "horner_polynomial",
    "piecewise_polynomial",
]

Array = NDArray[np.float64]

TRUSTED = 1e-7  # of the residual, beside the largest term of the equation
PROBES = 61  # of each piece, between the nodes
NEGLIGIBLE = 2.0**-60


@final
class CollocatedTerms(HomotopyTerms):
    """Homotopy terms by values at Chebyshev points."""

    def __init__(self, finding: Finding, profiles: Sequence[Profile]) -> None:
        self._finding = finding
        self._profiles = profiles
        self._functions = [_Functions(finding, profile) for profile in profiles]

    @property
    def order(self) -> int:
        """M."""
        return len(self._profiles) - 1

    @property
    def numbers(self) -> Mapping[sympy.Symbol, Sequence[float]]:
        """The terms of each unknown number."""
        symbols = self._finding.system.problem.unknowns
        return {
            symbol: [float(profile.numbers[j]) for profile in self._profiles]
            for j, symbol in enumerate(symbols)
        }

    def expressions(self) -> list[sympy.Expr]:
        """Return the terms as piecewise polynomials."""
        return [piecewise_polynomial(self._finding, f.parts[0]) for f in self._functions]

    def values(self, x: Array, derivative: int) -> Array:
        """Return a derivative of each term at points."""
        return np.array([function(x, derivative) for function in self._functions])

    def exact_table(self, x: Array, derivative: int) -> list[list[Fraction]] | None:
        """Return None: the terms are rounded."""
        return None


@final
class _Functions:
    """A profile as a function with derivatives."""

    def __init__(self, finding: Finding, profile: Profile) -> None:
        self.domain = finding.system.domain
        self.order = finding.system.problem.order
        self.parts = finding.system.functions(profile)

    def __call__(self, x: Array, derivative: int) -> Array:
        """Return a derivative at points of the interval."""
        t = self.domain.t(x)
        if derivative < self.order:
            return self.parts[derivative](t)
        if derivative > self.order and self.domain.power > 1:
            raise ValueError(
                f"derivative: up to {self.order} where the equation has fractional powers of the "
                f"variable, got {derivative}"
            )
        highest: PiecewiseChebyshev = self.parts[self.order]
        for _ in range(derivative - self.order):
            highest = highest.derivative()
        with np.errstate(divide="ignore", invalid="ignore"):
            values: Array = highest(t) / self.domain.rate(t)
        return values


@final
class CollocatedBoundarySolution(HAMSolution):
    """A solution found on pieces of the interval.

    Parameters
    ----------
    finding : Finding
    order : int
        Of `series`.
    c0 : Expr or None
        None for the one of least residual.
    """

    def __init__(self, finding: Finding, order: int, c0: sympy.Expr | None) -> None:
        self.finding = finding
        self.problem: BoundaryProblem = finding.system.problem
        self._given_c0 = c0
        self._order = order
        self._functions = _Functions(finding, finding.settlement.profile)

    @cached_property
    def c0(self) -> sympy.Expr:
        """The convergence-control parameter of `series`; the solution does not depend on it."""
        if self._given_c0 is not None:
            return self._given_c0
        return self._optimal_c0(self._series_terms, self._probes()[:: PROBES // 8])

    @property
    def interval(self) -> tuple[float, float]:
        """Where the equation was solved; infinite ends are cut."""
        return self.finding.system.domain.low, self.finding.system.domain.high

    @property
    def unknowns(self) -> Mapping[sympy.Symbol, float]:
        """The unknown numbers."""
        numbers = self.finding.settlement.profile.numbers
        pairs = zip(self.problem.unknowns, numbers, strict=True)
        return MappingProxyType({symbol: float(number) for symbol, number in pairs})

    @property
    def error_estimate(self) -> float:
        """The estimated relative error: last correction, unresolved part, influence of the cut."""
        return self.finding.error

    @cached_property
    def converged(self) -> bool:
        """Whether iteration, pieces and cut came to rest and the residual is small."""
        if not self.finding.stands:
            return False
        self.finding.system.start(self.finding.settlement.profile)
        size = self.finding.system.size_of_terms()
        return bool(self.residual() <= TRUSTED * max(size, 1e-300) or self.residual() == 0.0)

    def value(self, x: ArrayLike, derivative: int = 0) -> Any:
        """Return u or one of its derivatives; beyond a cut by the form that u takes at infinity."""
        count = read_derivative(derivative)
        ends = self.problem.points
        points = read_points(x, float(ends[0]), float(ends[-1]))
        flat = points.ravel()
        low, high = self.interval
        values = self._functions(np.clip(flat, low, high), count)
        for side, cut in ((0, low), (1, high)):
            beyond = flat < cut if side == 0 else flat > cut
            if not ends[-side].is_finite and np.any(beyond):
                distance = flat[beyond] - cut
                coefficients = np.polynomial.Polynomial(self._asymptotic(side))
                values[beyond] = (
                    coefficients.deriv(count)(distance) if count else coefficients(distance)
                )
        return values.reshape(points.shape)[()]

    def _asymptotic(self, side: int) -> list[float]:
        """Return the Taylor coefficients at a cut with which the solution goes on."""
        cut = np.array([self.interval[side]])
        return asymptotic_form(self.problem, side, lambda k: float(self._functions(cut, k)[0]))

    def residual(self) -> float:
        """Return the largest absolute value of the original equation's left side."""
        return self._largest_residual(self._functions, list(self.unknowns.values()))

    def _probes(self) -> Array:
        """Return points of each piece, close at its ends."""
        system = self.finding.system
        inside = -np.cos(np.pi * (np.arange(PROBES) + 0.5) / PROBES)
        middles = (system.breaks[:-1] + system.breaks[1:])[:, None] / 2
        return system.domain.x((middles + system.half[:, None] * inside).ravel())

    def sample_points(self, count: int) -> list[Fraction]:
        """Return points of several pieces; fractions of which the roots are fractions as well."""
        breaks, power = self.finding.system.breaks, self.finding.system.domain.power
        places = np.interp(
            (np.arange(count) + 0.4) * (len(breaks) - 1) / count, np.arange(len(breaks)), breaks
        )
        return [Fraction(float(t)).limit_denominator(10**4) ** power for t in places]

    @cached_property
    def expr(self) -> sympy.Expr:
        """The solution as polynomials on pieces, and nan where the problem is not stated."""
        finding = self.finding
        return piecewise_polynomial(
            finding,
            self._functions.parts[0],
            tuple(
                None if self.problem.points[-side].is_finite else self._asymptotic(side)
                for side in (0, 1)
            ),
        )

    @cached_property
    def _series_terms(self) -> CollocatedTerms:
        return CollocatedTerms(self.finding, deform_collocated(self.finding.system, self._order))

    def _terms(self) -> HomotopyTerms:
        return self._series_terms

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of the solution, each step checked."""
        from symnum.homotopy.boundary.proofs import derive_collocated_boundary

        return derive_collocated_boundary(self)


def piecewise_polynomial(
    finding: Finding,
    function: PiecewiseChebyshev,
    outside: Sequence[list[float] | None] = (None, None),
) -> sympy.Expr:
    """Return a function on pieces as an expression in x.

    Parameters
    ----------
    finding : Finding
        Its variable and its domain.
    function : PiecewiseChebyshev
        In the parameter t.
    outside : two lists of float, or None
        Taylor coefficients at the ends, for what lies beyond; None for nan.
    """
    domain, x = finding.system.domain, finding.system.problem.variable
    t = x if domain.power == 1 else (x - sympy.Float(domain.low)) ** sympy.Rational(1, domain.power)
    if domain.power > 1 and domain.low == 0:
        t = x ** sympy.Rational(1, domain.power)
    pieces = []
    first, last = (None if part is None else part for part in outside)
    low, high = sympy.Float(domain.low), sympy.Float(domain.high)
    pieces.append((sympy.nan if first is None else horner_polynomial(first, x - low), x < low))
    for k in range(len(function.breaks) - 1):
        start, end = function.breaks[k], function.breaks[k + 1]
        middle, half = (start + end) / 2, (end - start) / 2
        powers = np.asarray(chebyshev.cheb2poly(_trimmed(function.coefficients[k])), np.float64)
        scaled = [float(c) / half**j for j, c in enumerate(_trimmed(powers))]
        limit = high if k == len(function.breaks) - 2 else sympy.Float(float(domain.x(end)))
        pieces.append((horner_polynomial(scaled, t - sympy.Float(float(middle))), x <= limit))
    pieces.append((sympy.nan if last is None else horner_polynomial(last, x - high), sympy.true))
    return sympy.Piecewise(*pieces, evaluate=False)


def _trimmed(coefficients: Array) -> Array:
    """Drop the last coefficients where they are nothing beside the largest."""
    size = float(np.max(np.abs(coefficients)))
    (kept,) = np.nonzero(np.abs(coefficients) > NEGLIGIBLE * size)
    return coefficients[: kept[-1] + 1] if len(kept) else coefficients[:1]


def horner_polynomial(coefficients: Sequence[float], step: sympy.Expr) -> sympy.Expr:
    """Return a polynomial in `step` with nested brackets.

    Parameters
    ----------
    coefficients : sequence of float
        The constant one first.
    step : Expr
    """
    result: sympy.Expr = sympy.Float(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = step * result + sympy.Float(coefficient)
    return result
