"""The homotopy series behind a solution with numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from symnum.homotopy.acceleration import diagonal_pade, steadiest_pade
from symnum.homotopy.convergence_control import partial_sum_weights
from symnum.homotopy.errors import NonAnalyticError
from symnum.homotopy.periodic.collocation import Array
from symnum.homotopy.periodic.deformation import ExactMotions, Terms, deform
from symnum.homotopy.periodic.oscillator import Oscillator

__all__ = ["HomotopyRun"]

ROUNDING = 2.0**-53


@final
@dataclass(frozen=True, slots=True)
class HomotopyRun:
    """The terms of a homotopy series at c0 = -1, and the parameter at which they were summed.

    Attributes
    ----------
    terms : Terms
        In double precision.
    bias, swing : Fraction
        The parts of the start ``u_0 = bias + swing cos(tau) + ...``.
    c0 : Expr
        The parameter at which the solution was summed.
    exact : bool
        The amplitude was given exactly, and the start is ``bias + swing cos(tau)``.
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
        squared = weights @ np.array(self.terms.squared_frequencies)
        return squared, weights @ np.array(self.terms.motions)

    def at(self, c0: sympy.Expr) -> HomotopyRun:
        """Return the same terms, to be summed at another parameter."""
        return replace(self, c0=c0)

    def exact_terms(self, oscillator: Any) -> Terms[Any] | None:
        """Return the exact terms, where the problem is exact and the force a polynomial."""
        if not isinstance(oscillator, Oscillator) or not self.exact or oscillator.has_floats():
            return None
        bias, swing = (
            flint.fmpq(value.numerator, value.denominator) for value in (self.bias, self.swing)
        )
        try:
            return deform(oscillator, ExactMotions(bias, swing), self.order)
        except NonAnalyticError:
            return None

    def pade(self, exact: Terms[Any] | None) -> float:
        """Return the frequency by the diagonal homotopy-Padé approximant of its square."""
        values = self.terms.squared_frequencies
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
