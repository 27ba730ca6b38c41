"""A periodic solution with numbers: Fourier coefficients in double precision."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import numpy as np
import scipy.optimize
import sympy
from numpy.typing import ArrayLike, NDArray

from symnum.algebra.harmonics import rational
from symnum.expressions.parsing import as_expression
from symnum.homotopy.arguments import read_c0, read_count, read_order
from symnum.homotopy.convergence_control import family_terms
from symnum.homotopy.errors import HomotopyError
from symnum.homotopy.periodic.balance import Balance
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import Array
from symnum.homotopy.periodic.deformation import Terms
from symnum.homotopy.periodic.homotopy_run import HomotopyRun
from symnum.homotopy.periodic.orbit import Orbit
from symnum.homotopy.periodic.periodic_solution import HomotopySeries, Motion, PeriodicSolution
from symnum.homotopy.presentation import (
    TAU,
    deformation_equation_of,
    original_residuals,
    squared_frequency_symbol,
    wave,
)

if TYPE_CHECKING:
    from symnum.derivation import Derivation

__all__ = ["CollocatedSolution"]

ROUNDING = 2.0**-53
SERIES_TOLERANCE = 1e-5  # the relative error of the frequency up to which a series counts as summed
TAIL_TOLERANCE = 1e-10  # of the last harmonics to the amplitude
MOTION_TAIL_TOLERANCE = 1e-8  # the same where its error is known from twice the harmonics
BALANCE_TOLERANCE = 1e-10  # harmonic balance converges geometrically, or its force has a corner
QUADRATURE_TOLERANCE = 1e-12  # its uncertainty where the integrand is smooth
DAMPING_TOLERANCE = 1e-12  # of the damping, an auxiliary unknown, to the frequency


@final
class CollocatedSolution(PeriodicSolution):
    """A solution on a grid of sines and cosines, by a homotopy series or by harmonic balance.

    Parameters
    ----------
    oscillator : Oscillator or MotionEquation
    amplitude : Expr
        A number, given or found.
    balance : Balance
        The equations, the coefficients on their basis, the squared frequency, and whether Newton's
        steps had shrunk to rounding error.
    orbit : Orbit or None
        The turning points, and the frequency by quadrature as an independent witness; None where
        the velocity matters.
    run : HomotopyRun or None
        None for harmonic balance.
    """

    def __init__(
        self,
        oscillator: Motion,
        amplitude: sympy.Expr,
        balance: Balance,
        orbit: Orbit | None = None,
        run: HomotopyRun | None = None,
    ) -> None:
        self.oscillator = oscillator
        self.amplitude = amplitude
        self.balance = balance
        self.orbit = orbit
        self.run = run
        self._values = balance.coefficients
        self._squared = balance.squared

    @property
    def _equations(self) -> CollocatedEquations:
        return self.balance.equations

    @property
    def frequency(self) -> float:
        """The frequency w; nan where the sum of its square is negative."""
        return float(np.sqrt(self._squared)) if self._squared > 0 else float("nan")

    @property
    def coefficients(self) -> Mapping[int, float]:
        """The cosine coefficients: harmonic n -> coefficient of cos(n w t); 0 is the bias."""
        return self._mapping(slice(None, self._equations.basis.cosines))

    @property
    def sine_coefficients(self) -> Mapping[int, float]:
        """The sine coefficients: none where the motion retraces its path."""
        return self._mapping(slice(self._equations.basis.cosines, None))

    def _mapping(self, part: slice) -> Mapping[int, float]:
        harmonics = self._equations.basis.harmonics[part].tolist()
        values = self._values[part].tolist()
        return MappingProxyType({int(n): v for n, v in zip(harmonics, values, strict=True)})

    @property
    def starting_position(self) -> float:
        """u(0) as a float."""
        return float(self.amplitude)

    @cached_property
    def condition(self) -> float:
        """How the frequency answers to relative changes, kappa.

        ``|d ln w / d ln A|``; for a limit cycle, whose amplitude is not free, the answer to changes
        of its forces by the same fraction, of the worst signs.
        """
        if not self._squared > 0:
            return float("inf")
        return self._equations.condition(self._values, self._squared)

    @cached_property
    def error_estimate(self) -> float:
        """The estimated relative error of the frequency, never less than rounding allows.

        Where the motion has a potential, the smaller of two witnesses: the residual times the
        conditioning, and the distance from the frequency by the period integral. Otherwise twice
        the change of the frequency in a Newton step with twice the harmonics.
        """
        if not self._squared > 0:
            return float("inf")
        rounding = (4 + 4 * self.condition) * ROUNDING
        if self.orbit is None:
            return max(rounding, 2 * self._equations.correction(self._values, self._squared))
        if self._error_by_residual <= rounding:
            return rounding
        distance = abs(self.frequency - self.orbit.frequency) / self.orbit.frequency
        by_quadrature = distance + 4 * self.orbit.uncertainty
        if self.orbit.uncertainty > QUADRATURE_TOLERANCE:
            # The quadrature is no better than the balance: its agreement may be chance.
            correction = self._equations.correction(self._values, self._squared)
            by_quadrature = max(by_quadrature, 2 * correction)
        return max(rounding, min(self._error_by_residual, by_quadrature))

    @cached_property
    def _error_by_residual(self) -> float:
        size = self._squared * abs(self.starting_position)
        return (1 + self.condition) * self.largest_force_error / size

    @property
    def converged(self) -> bool:
        """Whether the frequency is right and the harmonics have decayed."""
        tolerance = BALANCE_TOLERANCE if self.run is None else SERIES_TOLERANCE
        limit = tolerance * (1 + self.condition)
        tolerance = TAIL_TOLERANCE if self.orbit is not None else MOTION_TAIL_TOLERANCE
        decayed = self.tail <= tolerance * abs(self.starting_position)
        if not (self.balance.settled and decayed and self._squared > 0) or self.is_damped:
            return False
        # The quadrature of the other witness is work: it is asked only where that matters.
        quick = self.orbit is not None and self._error_by_residual <= limit
        return quick or bool(self.error_estimate <= limit)

    @property
    def is_damped(self) -> bool:
        """Whether the motion needs a damping to be periodic, beyond rounding errors."""
        limit = DAMPING_TOLERANCE * (1 + self.condition) * self.frequency
        return abs(self.balance.damping) > limit

    @property
    def tail(self) -> float:
        """The largest of the last sixteenth of the coefficients."""
        part = self._equations.basis.cosines
        sizes = [
            np.max(np.abs(values[-max(1, len(values) // 16) :]))
            for values in (self._values[:part], self._values[part:])
            if len(values)
        ]
        return float(max(sizes))

    def residual(self) -> float:
        """Return the largest ``|N[u]|`` of the equation as it was given, over a period."""
        basis = self._equations.basis
        elements = basis.values_matrix(8)
        velocity = self.frequency * (basis.slopes_matrix(8) @ self._values)
        acceleration = -self._squared * (elements @ (basis.harmonics**2 * self._values))
        position = elements @ self._values
        residuals = original_residuals(self.oscillator, position, velocity, acceleration)
        return float(np.max(np.abs(residuals)))

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
        basis = self._equations.basis
        terms = enumerate(zip(basis.harmonics.tolist(), motion.tolist(), strict=True))
        return sympy.Add(
            *(
                sympy.Float(value) * wave(k >= basis.cosines)(int(n) * TAU)
                for k, (n, value) in terms
                if value
            )
        )

    @cached_property
    def _exact_terms(self) -> Terms[Any] | None:
        """The exact terms, where the problem was given exactly and the force is a polynomial."""
        return self._homotopy("series").exact_terms(self.oscillator)

    @property
    def has_exact_terms(self) -> bool:
        """Whether the solution comes from a homotopy series with exact terms."""
        return self.run is not None and self._exact_terms is not None

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
            if not squared > 0 and self._equations.force.moving:
                return float("inf")
            residuals = self._equations.residuals(values, float(squared), 2)
            mean = float(np.mean(residuals**2))
            return mean if np.isfinite(mean) else float("inf")

        rounding = 16 * ROUNDING * abs(self._squared * self.starting_position)
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
        return self._homotopy("pade").pade(self._exact_terms)

    def iterate(
        self, cycles: int | None = None, order: int = 3, tol: float | None = None
    ) -> PeriodicSolution:
        """Return the solution after cycles of homotopy analysis, each from the sum of the last."""
        from symnum.homotopy.periodic.iteration import iterated

        return iterated(self, cycles, order, tol)

    def refine(self, digits: int) -> PeriodicSolution:
        """Return the solution to many digits."""
        from symnum.homotopy.periodic.refinement import refined

        return refined(self, digits)

    def deformation_equation(self, m: int) -> sympy.Eq:
        """Return the deformation equation of order m; order 0 holds the embedding parameter q."""
        run = self._homotopy("deformation_equation")
        mass = run.terms.mass
        scale = squared_frequency_symbol(0) * (1 if mass == 1 else sympy.Float(mass))
        order, damped = read_order(m, "m"), self._equations.has_damping
        return deformation_equation_of(self.oscillator, order, run.c0, scale, damped=damped)

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
        if self.run is None:
            raise HomotopyError(
                f"{name}: harmonic_balance solves the collocated equations directly and has no "
                "homotopy series; solve_periodic has one"
            )
        return self.run
