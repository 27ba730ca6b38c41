"""A periodic solution with a symbolic amplitude: exact polynomials in the amplitude."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import flint
import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from symnum.algebra.harmonics import HarmonicAlgebra, Harmonics, RationalRing, rational, to_rational
from symnum.algebra.jets import JetProgram
from symnum.expressions.parsing import as_expression
from symnum.homotopy.acceleration import pade_polynomials
from symnum.homotopy.arguments import read_c0, read_count, read_order
from symnum.homotopy.convergence_control import family_terms
from symnum.homotopy.errors import HomotopyError
from symnum.homotopy.periodic.graded import GradedTerms, deform_graded
from symnum.homotopy.periodic.oscillator import Oscillator
from symnum.homotopy.periodic.periodic_solution import HomotopySeries, PeriodicSolution
from symnum.homotopy.presentation import (
    TAU,
    deformation_equation_of,
    squared_frequency_symbol,
)

if TYPE_CHECKING:
    from symnum.derivation import Derivation

__all__ = ["GradedSolution"]

RATIO_TOLERANCE = 1e-6  # of the last term to the sum, for forces of one degree


@final
class GradedSolution(PeriodicSolution):
    """A homotopy series whose terms are polynomials in the amplitude.

    Parameters
    ----------
    oscillator : Oscillator
    amplitude : Symbol
    terms : GradedTerms
        At c0 = -1.
    c0 : Expr
        The parameter at which the series is summed.
    """

    def __init__(
        self,
        oscillator: Oscillator,
        amplitude: sympy.Symbol,
        terms: GradedTerms,
        c0: sympy.Expr,
    ) -> None:
        self.oscillator: Oscillator = oscillator
        self.amplitude = amplitude
        self.c0 = c0
        self._terms = terms

    @property
    def order(self) -> int:
        """M, the order of the highest terms."""
        return len(self._terms.motions) - 1

    @property
    def highest_power(self) -> int:
        """The power of the amplitude through which the motion is exact."""
        return max(self._motion)

    @property
    def linear_scale(self) -> sympy.Expr:
        """The factor of the linear operator ``L[v] = scale (v'' + v)``."""
        return self._terms.scale * self.amplitude ** (self._terms.degree - 1)

    @cached_property
    def squared_frequency(self) -> sympy.Expr:
        """The squared frequency as a polynomial in the amplitude."""
        return sympy.expand(sympy.Add(*self.series()))

    @property
    def frequency(self) -> sympy.Expr:
        """The frequency: the square root of `squared_frequency`."""
        return sympy.sqrt(self.squared_frequency)

    @cached_property
    def _motion(self) -> dict[int, Harmonics]:
        """The summed motion: power of the amplitude -> harmonics."""
        weights = _sum_weights(self.c0, self.order)
        total: dict[int, Harmonics] = {}
        for weight, motion in zip(weights, self._terms.motions, strict=True):
            for power, harmonics in motion.items():
                term = harmonics.times(to_rational(weight))
                total[power] = total[power] + term if power in total else term
        return dict(sorted(total.items()))

    @cached_property
    def coefficients(self) -> Mapping[int, sympy.Expr]:
        """The cosine coefficients, polynomials in the amplitude: harmonic n -> coefficient."""
        result: dict[int, list[sympy.Expr]] = {}
        for power, harmonics in self._motion.items():
            for n, value in harmonics.cosine_coefficients().items():
                result.setdefault(n, []).append(rational(value) * self.amplitude**power)
        return MappingProxyType({n: sympy.Add(*terms) for n, terms in sorted(result.items())})

    @property
    def condition(self) -> sympy.Expr:
        """The conditioning ``|d ln w / d ln A|`` as an expression in the amplitude."""
        squared = self.squared_frequency
        slope = sympy.diff(squared, self.amplitude)
        return sympy.Abs(self.amplitude * slope / (2 * squared))

    @cached_property
    def error_estimate(self) -> sympy.Expr:
        """The relative error of the frequency to leading order in the amplitude.

        For a force of one degree, where every amplitude is alike, a number: the larger of the last
        two terms over twice the sum.
        """
        if self._terms.degree > 1:
            ratios = [term / self.squared_frequency for term in self.series()[-2:]]
            return sympy.Max(*(abs(sympy.cancel(ratio)) for ratio in ratios)) / 2
        better = deform_graded(self.oscillator, self.order + 1)
        exact = _polynomial(better.squared_frequencies, self.amplitude)
        error = sympy.Poly(exact - self.squared_frequency, self.amplitude)
        if error.is_zero:
            return sympy.S.Zero
        (power,), value = error.terms()[-1]
        return abs(value) / (2 * self._terms.scale) * sympy.Abs(self.amplitude) ** power

    @property
    def converged(self) -> bool:
        """Whether the series can be used: a power series is exact to its order, always."""
        return self._terms.degree == 1 or bool(self.error_estimate <= RATIO_TOLERANCE)

    @property
    def largest_force_error(self) -> sympy.Expr:
        """The residual per mass, to leading order in the amplitude."""
        return self.residual() / abs(self._mass)

    @property
    def _mass(self) -> sympy.Expr:
        return self.oscillator.mass.xreplace({self.oscillator.position: sympy.S.Zero})

    def residual(self) -> sympy.Expr:
        """Return the largest ``|N[u]|`` over a period, to leading order in the amplitude."""
        power, harmonics = self.leading_residual()
        if harmonics.is_zero():
            return sympy.S.Zero
        coefficients = [float(rational(value)) for value in harmonics.powers()]
        cosines = np.cos(np.linspace(0, np.pi, 2049))
        largest = np.max(np.abs(np.polynomial.polynomial.polyval(cosines, coefficients)))
        return abs(self._mass) * sympy.Float(float(largest)) * sympy.Abs(self.amplitude) ** power

    def leading_residual(self) -> tuple[int, Harmonics]:
        """Return the lowest power of the amplitude in ``W u'' + f(u)`` and its coefficient.

        Returns
        -------
        power : int
        coefficient : Harmonics
            Zero where no power is left up to twice the degree of the motion.
        """
        algebra = HarmonicAlgebra(RationalRing())
        highest = 2 * max(self._motion) + 4
        motion = [self._motion.get(power, algebra.zero) for power in range(highest + 1)]
        squared = sympy.Poly(self.squared_frequency, self.amplitude)
        frequencies = [
            to_rational(squared.coeff_monomial(self.amplitude**k))
            for k in range(squared.degree() + 1)
        ]
        program: JetProgram[Harmonics] = JetProgram(algebra)
        program.declare(self.oscillator.position, motion)
        force = program.compile(self.oscillator.force)
        accelerations = [part.second_derivative() for part in motion]
        for power in range(highest + 1):
            residual = force.coefficient(power)
            for k, frequency in enumerate(frequencies[: power + 1]):
                residual = residual + accelerations[power - k].times(frequency)
            if not residual.is_zero():
                return power, residual
        return highest, algebra.zero

    def series(self, c0: Any = None) -> HomotopySeries:
        """Return the terms of the squared frequency at `c0`: polynomials in the amplitude."""
        parameter = self.c0 if c0 is None else as_expression(c0, "c0")
        if not parameter.is_Symbol:
            parameter = read_c0(parameter)
        terms = [_term(part, self.amplitude) for part in self._terms.squared_frequencies]

        def solution() -> list[sympy.Expr]:
            motions = [
                sympy.Add(
                    *(
                        self.amplitude**power * harmonics.expression(TAU)
                        for power, harmonics in motion.items()
                    )
                )
                for motion in self._terms.motions
            ]
            return [sympy.expand(term) for term in family_terms(motions, parameter)]

        family = [sympy.expand(term) for term in family_terms(terms, parameter)]
        return HomotopySeries(family, parameter, solution)

    def c0_curve(self, c0s: ArrayLike) -> NDArray[Any]:
        """Return the frequency, an expression in the amplitude, at each of many c0."""
        values = np.asarray(c0s, dtype=np.float64)
        curve = np.empty(values.shape, dtype=object)
        for index in np.ndindex(values.shape):
            terms = self.series(float(values[index]))
            curve[index] = sympy.sqrt(sympy.expand(sympy.Add(*terms)).evalf(17))
        return curve

    def optimal_c0(self) -> sympy.Expr:
        """Return -1: there the residual starts with the highest power of the amplitude.

        At any other c0 each order of the series only gains a factor, not a power.
        """
        return sympy.S.NegativeOne

    def pade(self) -> sympy.Expr:
        """Return the frequency by the diagonal Padé approximant in the amplitude; exact."""
        if self._terms.degree > 1:
            power = self._terms.degree - 1
            values = [part[power] for part in self._terms.squared_frequencies]
            numerator, denominator = pade_polynomials(_fractions(values))
            ratio = rational(numerator(flint.fmpq(1)) / denominator(flint.fmpq(1)))
            return sympy.sqrt(ratio * self.amplitude**power)
        exact = sympy.Poly(
            _polynomial(self._terms.squared_frequencies, self.amplitude), self.amplitude
        )
        numerator, denominator = pade_polynomials(_fractions(exact.all_coeffs()[::-1]))
        ratio = _expression(numerator, self.amplitude) / _expression(denominator, self.amplitude)
        return sympy.sqrt(ratio)

    def iterate(
        self, cycles: int | None = None, order: int = 3, tol: float | None = None
    ) -> PeriodicSolution:
        """Refuse: cycles need an amplitude with a value."""
        name = self.amplitude
        raise HomotopyError(f"iterate: needs a number as amplitude, not the symbol {name}")

    def refine(self, digits: int) -> PeriodicSolution:
        """Refuse: digits need an amplitude with a value."""
        name = self.amplitude
        raise HomotopyError(f"refine: needs a number as amplitude, not the symbol {name}")

    def deformation_equation(self, m: int) -> sympy.Eq:
        """Return the deformation equation of order m; order 0 holds the embedding parameter q."""
        order = read_order(m, "m")
        return deformation_equation_of(self.oscillator, order, self.c0, self.linear_scale)

    def solvability_condition(self, m: int) -> sympy.Eq:
        """Return the condition on order m, linear in the symbol ``W_(m-1)``, that fixes it."""
        m = read_count(m, "m")
        if m > self.order + 1:
            raise ValueError(f"m: expected at most {self.order + 1}, the order plus one, got {m}")
        known = sympy.expand(self.amplitude * self.series()[m - 1])
        unknown = self.amplitude * squared_frequency_symbol(m - 1)
        return sympy.Eq(known - unknown, 0, evaluate=False)

    @property
    def derivation(self) -> Derivation:
        """The derivation of the solution, each step checked."""
        from symnum.homotopy.proofs import derive_graded

        return derive_graded(self)


def _sum_weights(c0: sympy.Expr, order: int) -> list[sympy.Expr]:
    """Return the exact weights with which the terms at c0 = -1 enter the sum at `c0`."""
    units = [
        [sympy.S.One if k == n else sympy.S.Zero for k in range(order + 1)]
        for n in range(order + 1)
    ]
    return [sympy.Add(*family_terms(unit, c0)) for unit in units]


def _term(part: dict[int, sympy.Rational], amplitude: sympy.Symbol) -> sympy.Expr:
    return sympy.Add(*(value * amplitude**power for power, value in part.items()))


def _polynomial(parts: list[dict[int, sympy.Rational]], amplitude: sympy.Symbol) -> sympy.Expr:
    return sympy.Add(*(_term(part, amplitude) for part in parts))


def _fractions(values: list[sympy.Rational]) -> list[Fraction]:
    return [Fraction(int(value.p), int(value.q)) for value in values]


def _expression(polynomial: Any, symbol: sympy.Symbol) -> sympy.Expr:
    return sympy.Add(*(rational(value) * symbol**k for k, value in enumerate(polynomial.coeffs())))
