"""A periodic solution with numbers: cosine coefficients in double precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import flint
import numpy as np
import scipy.optimize
import sympy
from numpy.typing import ArrayLike, NDArray

from symnum.algebra.harmonics import rational
from symnum.expressions.parsing import as_expression
from symnum.homotopy.acceleration import diagonal_pade, steadiest_pade
from symnum.homotopy.arguments import read_c0, read_count, read_order
from symnum.homotopy.collocated_equations import CollocatedEquations
from symnum.homotopy.collocation import Array
from symnum.homotopy.convergence_control import family_terms, partial_sum_weights
from symnum.homotopy.deformation import ExactMotions, Terms, deform
from symnum.homotopy.errors import HomotopyError, NonAnalyticError
from symnum.homotopy.orbit import Orbit
from symnum.homotopy.oscillator import Oscillator
from symnum.homotopy.periodic_solution import HomotopySeries, PeriodicSolution
from symnum.homotopy.presentation import (
    TAU,
    deformation_equation_of,
    squared_frequency_symbol,
)

if TYPE_CHECKING:
    from symnum.derivation import Derivation

__all__ = ["CollocatedSolution", "HomotopyRun"]

ROUNDING = 2.0**-53
SERIES_TOLERANCE = 1e-5  # the relative error of the frequency up to which a series counts as summed
TAIL_TOLERANCE = 1e-10  # of the last harmonics to the amplitude
BALANCE_TOLERANCE = 1e-10  # harmonic balance converges geometrically, or its force has a corner


@final
@dataclass(frozen=True, slots=True)
class HomotopyRun:
    """The homotopy series behind a solution.

    Attributes
    ----------
    terms : Terms
        At c0 = -1, in double precision.
    bias, swing : Fraction
        The start ``u_0 = bias + swing cos(tau)``.
    c0 : Expr
        The parameter at which the solution was summed.
    exact : bool
        The amplitude was given exactly.
    """

    terms: Terms[Array]
    bias: Fraction
    swing: Fraction
    c0: sympy.Expr
    exact: bool

    @property
    def order(self) -> int:
        """M, the order of the highest terms."""
        return len(self.terms.motions) - 1

    def sums(self, c0: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the summed squared frequency and the summed coefficients at each c0."""
        weights = partial_sum_weights(c0, self.order)
        return weights @ np.array(self.terms.squared_frequencies), weights @ np.array(
            self.terms.motions
        )


@final
class CollocatedSolution(PeriodicSolution):
    """A solution on a grid of cosines, by a homotopy series or by harmonic balance.

    Parameters
    ----------
    oscillator : Oscillator
    amplitude : Expr
        A number.
    equations : CollocatedEquations
    values : ndarray
        The cosine coefficients on the basis of `equations`.
    squared : float
        The squared frequency.
    orbit : Orbit
        The turning points, and the frequency by quadrature as an independent witness.
    run : HomotopyRun or None
        None for harmonic balance.
    settled : bool
        Newton's steps had shrunk to rounding error.
    """

    def __init__(
        self,
        oscillator: Oscillator,
        amplitude: sympy.Expr,
        equations: CollocatedEquations,
        values: Array,
        squared: float,
        orbit: Orbit,
        run: HomotopyRun | None = None,
        settled: bool = True,
    ) -> None:
        self.oscillator = oscillator
        self.amplitude = amplitude
        self._equations = equations
        self._values = values
        self._squared = squared
        self._orbit = orbit
        self._run = run
        self._settled = settled

    @property
    def frequency(self) -> float:
        """The frequency w; nan where the sum of its square is negative."""
        return float(np.sqrt(self._squared)) if self._squared > 0 else float("nan")

    @property
    def coefficients(self) -> Mapping[int, float]:
        """The cosine coefficients: harmonic n -> coefficient of cos(n w t); 0 is the bias."""
        harmonics = self._equations.basis.harmonics
        return MappingProxyType(
            {int(n): float(value) for n, value in zip(harmonics, self._values, strict=True)}
        )

    @cached_property
    def condition(self) -> float:
        """The conditioning ``|d ln w / d ln A|`` of the frequency."""
        return self._equations.condition(self._values, self._squared)

    @cached_property
    def error_estimate(self) -> float:
        """The estimated relative error of the frequency.

        The smaller of two witnesses, and never less than rounding allows: the residual times the
        conditioning, and the distance from the frequency by the period integral.
        """
        if not self._squared > 0:
            return float("inf")
        rounding = (4 + 4 * self.condition) * ROUNDING
        size = self._squared * abs(float(self.amplitude))
        by_residual = (1 + self.condition) * self._equations.largest_residual(
            self._values, self._squared
        )
        distance = abs(self.frequency - self._orbit.frequency) / self._orbit.frequency
        by_quadrature = distance + 4 * self._orbit.uncertainty
        return max(rounding, min(by_residual / size, by_quadrature))

    @property
    def converged(self) -> bool:
        """Whether the frequency is right and the harmonics have decayed."""
        tolerance = BALANCE_TOLERANCE if self._run is None else SERIES_TOLERANCE
        limit = tolerance * (1 + self.condition)
        size = abs(float(self.amplitude))
        tail = float(np.max(np.abs(self._values[-max(1, len(self._values) // 16) :])))
        decayed = tail <= TAIL_TOLERANCE * size
        return bool(self._settled and self.error_estimate <= limit and decayed)

    def residual(self) -> float:
        """Return the largest ``|N[u]|`` of the equation as it was given, over a period."""
        cosines = self._equations.basis.values_matrix(8)
        residuals = self._equations.residuals(self._values, self._squared, 8)
        mass = sympy.lambdify(self.oscillator.position, self.oscillator.mass, "numpy")
        return float(np.max(np.abs(mass(cosines @ self._values) * residuals)))

    def series(self, c0: Any = None) -> HomotopySeries:
        """Return the terms of the squared frequency at `c0`: a number or a symbol."""
        run = self._homotopy("series")
        parameter = run.c0 if c0 is None else as_expression(c0, "c0")
        if not parameter.is_Symbol:
            parameter = read_c0(parameter)
        exact = self._exact_terms
        if exact is not None:
            terms = [rational(value) for value in exact.squared_frequencies]
        else:
            terms = [sympy.Float(value) for value in run.terms.squared_frequencies]

        def solution() -> list[sympy.Expr]:
            if exact is not None:
                motions = [motion.expression(TAU) for motion in exact.motions]
            else:
                motions = [self._shown(motion) for motion in run.terms.motions]
            return [sympy.expand(term) for term in family_terms(motions, parameter)]

        family = [sympy.expand(term) for term in family_terms(terms, parameter)]
        return HomotopySeries(family, parameter, solution)

    def _shown(self, motion: Array) -> sympy.Expr:
        harmonics = self._equations.basis.harmonics
        return sympy.Add(
            *(
                sympy.Float(value) * sympy.cos(int(n) * TAU)
                for n, value in zip(harmonics, motion, strict=True)
                if value
            )
        )

    @cached_property
    def _exact_terms(self) -> Terms[Any] | None:
        """The exact terms, where the problem was given exactly and the force is a polynomial."""
        run = self._homotopy("series")
        if not run.exact or self.oscillator.has_floats():
            return None
        bias, swing = (
            flint.fmpq(value.numerator, value.denominator) for value in (run.bias, run.swing)
        )
        try:
            return deform(self.oscillator, ExactMotions(bias, swing), run.order)
        except NonAnalyticError:
            return None

    @property
    def has_exact_terms(self) -> bool:
        """Whether the solution comes from a homotopy series with exact terms."""
        return self._run is not None and self._exact_terms is not None

    @property
    def largest_force_error(self) -> float:
        """The largest ``|W u'' + f(u)|``: the residual per mass."""
        return self._equations.largest_residual(self._values, self._squared)

    def c0_curve(self, c0s: ArrayLike) -> NDArray[np.float64]:
        """Return the frequency at each of many c0; nan where the sum of its square is negative."""
        squared, _ = self._homotopy("c0_curve").sums(np.asarray(c0s, dtype=np.float64))
        return np.asarray(np.sqrt(np.where(squared >= 0, squared, np.nan)))

    def optimal_c0(self) -> float:
        """Return the c0 in (-2, 0) whose sum has the least root mean square residual."""
        run = self._homotopy("optimal_c0")

        def size(c0: float) -> float:
            squared, values = run.sums(c0)
            residuals = self._equations.residuals(values, float(squared), 2)
            mean = float(np.mean(residuals**2))
            return mean if np.isfinite(mean) else float("inf")

        rounding = 16 * ROUNDING * abs(self._squared * float(self.amplitude))
        if size(-1.0) <= rounding**2:
            return -1.0  # nothing but rounding errors are left to be reduced
        grid = np.linspace(-1.975, -0.025, 79)
        best = int(np.argmin([size(c0) for c0 in grid]))
        step = grid[1] - grid[0]
        bounds = (grid[best] - step, grid[best] + step)
        found = scipy.optimize.minimize_scalar(
            size, bounds=bounds, method="bounded", options={"xatol": 1e-8}
        )
        return float(found.x) if found.fun <= size(float(grid[best])) else float(grid[best])

    def pade(self) -> float:
        """Return the frequency by the diagonal homotopy-Padé approximant of its square."""
        run = self._homotopy("pade")
        exact = self._exact_terms
        values = run.terms.squared_frequencies
        if exact is not None:
            squared = diagonal_pade(
                [Fraction(int(w.p), int(w.q)) for w in exact.squared_frequencies]
            )
        elif np.max(np.abs(values[-2:])) <= ROUNDING * abs(sum(values)):
            # A series summed to rounding error has nothing to extrapolate but rounding errors.
            return float(np.sqrt(sum(values)))
        else:
            squared = steadiest_pade(values)
        return float(squared.context.sqrt(squared)) if squared > 0 else float("nan")

    def deformation_equation(self, m: int) -> sympy.Eq:
        """Return the deformation equation of order m; order 0 holds the embedding parameter q."""
        run = self._homotopy("deformation_equation")
        scale = squared_frequency_symbol(0)
        return deformation_equation_of(self.oscillator, read_order(m, "m"), run.c0, scale)

    def solvability_condition(self, m: int) -> sympy.Eq:
        """Return the condition on order m, linear in the symbol ``W_(m-1)``, that fixes it."""
        run = self._homotopy("solvability_condition")
        m = read_count(m, "m")
        if m > run.order + 1:
            raise ValueError(f"m: expected at most {run.order + 1}, the order plus one, got {m}")
        swing = sympy.Rational(run.swing.numerator, run.swing.denominator)
        if not run.exact:
            swing = sympy.Float(float(swing))
        known = self.series()[m - 1]
        return sympy.Eq(swing * known - swing * squared_frequency_symbol(m - 1), 0, evaluate=False)

    @property
    def derivation(self) -> Derivation:
        """The derivation of the solution, each step checked."""
        from symnum.homotopy.proofs import derive_collocated

        return derive_collocated(self)

    def _homotopy(self, name: str) -> HomotopyRun:
        if self._run is None:
            raise HomotopyError(
                f"{name}: harmonic_balance solves the collocated equations directly and has no "
                "homotopy series; solve_periodic has one"
            )
        return self._run
